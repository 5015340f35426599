r"""Gitignore patterns as regular expressions that mean exactly what git makes of them, byte by byte.

pathspec's own translation knows no classes such as `[[:digit:]]`, takes `out/**` for `out/`, lets `a/` decide on
what is in a re-included `a`, and refuses lines such as `!` and `\`, which git passes over.
"""

from __future__ import annotations

import re
import string
from typing import NamedTuple

_CLASSES = {
    "alnum": string.ascii_letters + string.digits,
    "alpha": string.ascii_letters,
    "blank": " \t",
    "cntrl": "".join(map(chr, range(32))) + "\x7f",
    "digit": string.digits,
    "graph": "".join(map(chr, range(33, 127))),
    "lower": string.ascii_lowercase,
    "print": "".join(map(chr, range(32, 127))),
    "punct": string.punctuation,
    "space": string.whitespace,
    "upper": string.ascii_uppercase,
    "xdigit": string.hexdigits,
}
_STARS = re.compile(r"\*+")
_LITERAL = re.compile(r"[^*?\[\\]*")
_KEPT = re.compile(r"(?:\\.|[^\\ ]|\\\Z| +(?! *\Z))*", re.DOTALL)
"""What is left of a line without the spaces at its end that no backslash protects."""


class Pattern(NamedTuple):
    """What one line says about whole paths that have a character for each byte, and no `/` at their end."""

    regex: re.Pattern[str]
    excludes: bool
    only_directories: bool
    names_place: bool


class _NeverMatchesError(Exception):
    """git takes the pattern for malformed, and then it matches nothing."""


def as_bytes(text: str) -> str:
    """A line or path with one character for each of its bytes, as git compares them."""
    return text.encode("utf-8", "surrogateescape").decode("latin-1")


def parse(line: str) -> Pattern | None:
    """The pattern of a line; None where it has none, or one that never matches."""
    kept = _KEPT.match(line)
    pattern = kept[0] if kept else ""
    if pattern.startswith("#"):
        return None
    excludes = not pattern.startswith("!")
    pattern = pattern.removeprefix("!")
    only_directories = pattern.endswith("/")
    pattern = pattern.removesuffix("/")
    names_place = "/" in pattern
    pattern = pattern.removeprefix("/")
    if not pattern:
        return None
    try:
        body = "".join(_parts(pattern))
    except _NeverMatchesError:
        return None
    # pathspec searches, and a pattern is about the whole path.
    anywhere = "" if names_place else "(?:.*/)?"
    return Pattern(re.compile(rf"\A{anywhere}{body}\Z", re.DOTALL), excludes, only_directories, names_place)


def _parts(pattern: str) -> list[str]:
    # git compares what stands before the first wildcard by itself, and the rest as if it began there.
    literal = _LITERAL.match(pattern)
    start = literal.end() if literal else 0
    parts = []
    at = 0
    while at < len(pattern):
        char = pattern[at]
        if char == "*":
            stars = _STARS.match(pattern, at)
            end = stars.end() if stars else at
            is_segment = (at == start or pattern[at - 1] == "/") and pattern[end : end + 1] in ("", "/")
            if end - at == 1 or not is_segment:
                parts.append("[^/]*")
            elif end == len(pattern):
                parts.append(".*")
            else:
                parts.append("(?:.*/)?")
                end += 1
            at = end
        elif char == "[":
            characters, at = _bracket(pattern, at + 1)
            parts.append(characters)
        elif char == "?":
            parts.append("[^/]")
            at += 1
        else:
            at += char == "\\"
            if at == len(pattern):
                raise _NeverMatchesError
            parts.append(re.escape(pattern[at]))
            at += 1
    return parts


def _bracket(pattern: str, at: int) -> tuple[str, int]:
    """The characters of a bracket that begins before `at`, as a regular expression, and where it ends."""
    # The end of the pattern stands as a character of its own: no bracket ends there.
    text = pattern + "\0\0"
    negated = text[at] in "!^"
    at += negated
    found: set[str] = set()
    before = ""
    first = True
    while first or text[at] != "]":
        first = False
        char = text[at]
        if char == "\0":
            raise _NeverMatchesError
        if char == "[" and text[at + 1] == ":":
            end = text.find("]", at + 2)
            if end < 0:
                raise _NeverMatchesError
            if end - 1 >= at + 2 and text[end - 1] == ":":
                name = text[at + 2 : end - 1]
                if name not in _CLASSES:
                    raise _NeverMatchesError
                found.update(_CLASSES[name])
                before, at = "", end + 1
                continue
        if char == "-" and before and text[at + 1] not in "]\0":
            at += 1 + (text[at + 1] == "\\")
            found.update(map(chr, range(ord(before), ord(text[at]) + 1)))
            before = ""
        else:
            at += char == "\\"
            found.add(text[at])
            before = text[at]
        if text[at] == "\0":
            raise _NeverMatchesError
        at += 1
    listed = "".join(map(re.escape, sorted(found - {"/"})))
    if negated:
        return f"[^/{listed}]", at + 1
    return f"[{listed}]" if listed else "(?!)", at + 1
