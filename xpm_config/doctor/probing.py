"""Asks the probe about directories, and waits no longer than it was told to."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

PROBE = os.path.join(os.path.dirname(os.path.abspath(__file__)), "probe.py")

_GRACE = 1.0
"""The time (seconds) that the probe has on top, to start and to end."""


class Wanted(NamedTuple):
    """What to look for among the jobs of a directory: links that lead nowhere, staging directories left over."""

    links: bool
    staging: bool


class Answer(NamedTuple):
    """What the probe said of a directory; None is what it did not say in time. See `probe` for the keys."""

    state: dict[str, Any] | None = None
    jobs: dict[str, Any] | None = None


def look(paths: Mapping[str, Wanted], seconds: float) -> dict[str, Answer]:
    """What is known of each path after at most about so many seconds."""
    if not paths:
        return {}
    request = {"seconds": seconds, "paths": {path: wanted._asdict() for path, wanted in paths.items()}}
    process = subprocess.Popen(  # noqa: S603 - our own script
        [sys.executable, "-I", "-S", PROBE], stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE
    )
    try:
        output, errors = process.communicate(json.dumps(request).encode(), timeout=seconds + _GRACE)
    except subprocess.TimeoutExpired as expired:
        output, errors = expired.output or b"", b""
        _abandon(process)
    if process.returncode and errors:
        raise RuntimeError(errors.decode(errors="replace"))
    answers = dict.fromkeys(paths, Answer())
    for line in _whole_lines(output):
        path = line.pop("path")
        answers[path] = answers[path]._replace(**line)
    return answers


def answers(path: str, seconds: float) -> bool:
    """Whether the system says in time what is at a path, be it that nothing is."""
    path = absolute(path)
    return look({path: Wanted(links=False, staging=False)}, seconds)[path].state is not None


def absolute(path: str) -> str:
    """A path from the root on, its links left alone; as it is where there is no current directory any more."""
    try:
        return path if os.path.isabs(path) else os.path.join(os.getcwd(), path)
    except OSError:
        return path


def _abandon(process: subprocess.Popen[bytes]) -> None:
    """Kill the probe without waiting: a process that waits for a dead disk may not even die."""
    process.kill()
    for stream in (process.stdin, process.stdout, process.stderr):
        if stream is not None:
            try:
                stream.close()
            except OSError:
                continue
    try:
        process.wait(0.2)
    except subprocess.TimeoutExpired:
        pass


def _whole_lines(output: bytes) -> Iterator[dict[str, Any]]:
    for line in output.split(b"\n")[:-1]:
        yield json.loads(line)
