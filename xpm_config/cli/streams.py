"""Standard input and output, as commands use them: whatever the terminal's encoding, nothing fails."""

from __future__ import annotations

import os
import sys
from typing import TYPE_CHECKING

from xpm_config import files
from xpm_config.errors import XpmConfigError

if TYPE_CHECKING:
    from collections.abc import Iterable


def prepare() -> None:
    """Give closed streams a substitute, and write escapes for what an encoding does not have."""
    if sys.stdout is None:
        sys.stdout = open(os.devnull, "w", encoding="utf-8")  # noqa: SIM115 - as long as the process
    if sys.stderr is None:
        sys.stderr = open(os.devnull, "w", encoding="utf-8")  # noqa: SIM115
    for stream in (sys.stdout, sys.stderr):
        if getattr(stream, "errors", None) in ("strict", "surrogateescape"):
            stream.reconfigure(errors="backslashreplace")  # type: ignore[union-attr]


def read_input() -> bytes:
    """All of standard input."""
    if sys.stdin is None:
        raise XpmConfigError("standard input is closed", "name a file, or pipe one in")
    return sys.stdin.buffer.read(files.MAX_READ)


def write_file(data: bytes) -> None:
    """Write a file to standard output, byte for byte."""
    sys.stdout.flush()
    sys.stdout.buffer.write(data)
    sys.stdout.buffer.flush()


def write_lines(lines: Iterable[str]) -> None:
    """Write lines for programs: file names and values byte for byte, whatever the encoding of the terminal.

    Raises XpmConfigError for text that no file name and no environment could hold.
    """
    try:
        data = b"".join(os.fsencode(line) + b"\n" for line in lines)
    except UnicodeEncodeError:
        raise XpmConfigError(
            "a value holds half of a character (a lone surrogate)", "mend it in the settings"
        ) from None
    write_file(data)


def write_json(text: str) -> None:
    """Write JSON to standard output, with JSON's own escapes where the encoding needs them."""
    try:
        text.encode(sys.stdout.encoding or "utf-8")
    except UnicodeEncodeError:
        import json

        text = json.dumps(json.loads(text), indent=2) + "\n"
    sys.stdout.write(text)


def different(paths: Iterable[str]) -> list[str]:
    """The paths in order, without those that lead to a file that is there already."""
    seen: dict[str, str] = {}
    for path in paths:
        seen.setdefault(path if path == "-" else os.path.realpath(path), path)
    return list(seen.values())
