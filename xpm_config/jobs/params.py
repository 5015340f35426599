"""Old parameter files: below version 3, `params.json` has absolute paths, which a copy elsewhere cannot follow.

They are rewritten in the text: every byte outside the strings that change stays as it is.
"""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator

PARAMS = "params.json"
PORTABLE = 3
"""The first version whose paths are relative to the job or the workspace."""
MAX = 64 << 20
"""No file of parameters is longer (bytes)."""
# In valid JSON, quotes stand only around strings; what a colon follows is a key.
_STRING = re.compile(rb'("(?:[^"\\]|\\.)*")(\s*:)?')


def mentions(data: bytes, root: str) -> bool:
    """Whether a parameter file has the text of a path at all; most have not, and need no further look."""
    return root.encode("utf-8", "surrogateescape") in data or json.dumps(root)[1:-1].encode("ascii") in data


def is_portable(data: bytes) -> bool:
    """Whether a parameter file is of a version without absolute paths, or cannot be read as one."""
    try:
        content: Any = json.loads(data)
    except (ValueError, RecursionError):
        return True
    version = content.get("version", 0) if isinstance(content, dict) else PORTABLE
    return isinstance(version, int) and version >= PORTABLE


def paths_below(data: bytes, root: str) -> list[str]:
    """The strings of a parameter file that are a directory's path or start with it, in order and once."""
    return list(dict.fromkeys(text for _, text in _strings(data) if _is_below(text, root)))


def rewrite(data: bytes, old: str, new: str) -> bytes:
    """The parameter file with paths at and below one directory turned into those of another."""
    pieces = []
    end = 0
    for found, text in _strings(data):
        if _is_below(text, old):
            written = json.dumps(new + text[len(old) :], ensure_ascii=found.group(1).isascii())
            pieces += [data[end : found.start(1)], written.encode("utf-8")]
            end = found.end(1)
    return b"".join((*pieces, data[end:]))


def _strings(data: bytes) -> Iterator[tuple[re.Match[bytes], str]]:
    for found in _STRING.finditer(data):
        if found.group(2) is not None:
            continue
        try:
            yield found, json.loads(found.group(1))
        except ValueError:
            continue


def _is_below(text: str, root: str) -> bool:
    return text == root or text.startswith(root.rstrip("/") + "/")
