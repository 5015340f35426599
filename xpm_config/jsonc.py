"""JSON with comments and trailing commas, as VS Code keeps its settings: read into spans, changed by edits.

Like the settings of experimaestro, such a file is never written from what was read of it: an edit leaves every byte
outside it alone, and follows the layout of what stands around.
"""

from __future__ import annotations

import json
import re
from typing import Any, NamedTuple, NoReturn

from xpm_config.diagnostics import Edit

MAX_DEPTH = 256
"""Deeper nesting is refused; settings need three levels."""

_TRIVIA = re.compile(r"(?:[ \t\r\n]|//[^\r\n]*|/\*.*?\*/)*", re.DOTALL)
_COMMENT = re.compile(r"//[^\r\n]*|/\*.*?\*/", re.DOTALL)
_REST_OF_LINE = re.compile(r"(?:[ \t]*(?://[^\r\n]*|/\*.*?\*/))*", re.DOTALL)
_BLANK_REST = re.compile(r"[ \t]*(?=[\r\n]|\Z)")
_INDENT = re.compile(r"(?:\r\n?|\n)([ \t]*)\Z")
_BREAK = re.compile(r"\r\n?|\n")
_STRING = re.compile(r'"(?:[^"\\\x00-\x1f]|\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4}))*"')
_PLAIN = re.compile(r"-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?|true|false|null")


class JsoncError(Exception):
    """The text is no JSON, even with comments and trailing commas; `offset` is where reading stopped."""

    def __init__(self, message: str, offset: int) -> None:
        super().__init__(message)
        self.message = message
        self.offset = offset


class Value(NamedTuple):
    """A value and where it stands, `end` exclusive. `members` are those of an object, `items` those of an array.

    `data` is the value as Python has it; of equal keys the last one counts.
    """

    start: int
    end: int
    data: Any
    members: tuple[Member, ...] | None = None
    items: tuple[Value, ...] | None = None

    @property
    def parts(self) -> list[tuple[int, int]]:
        """Where the members of an object, or the items of an array, begin and end."""
        if self.members is not None:
            return [(member.start, member.value.end) for member in self.members]
        return [(item.start, item.end) for item in self.items or ()]


class Member(NamedTuple):
    """A key and its value; `start` and `key_end` are where the quotes of the key begin and end."""

    start: int
    key_end: int
    key: str
    value: Value


def parse(text: str) -> Value | None:
    """Read a text, with or without a byte order mark; None where there are only comments. Raises JsoncError."""
    at = _skip(text, int(text.startswith("\ufeff")))
    if at == len(text):
        return None
    value = _value(text, at, 0)
    at = _skip(text, value.end)
    if at < len(text):
        raise JsoncError("nothing more is expected behind the value", at)
    return value


def position(text: str, offset: int) -> tuple[int, int]:
    """The line and the column of an offset, both from 1."""
    breaks = list(_BREAK.finditer(text, 0, offset))
    return len(breaks) + 1, offset - (breaks[-1].end() if breaks else int(text.startswith("\ufeff"))) + 1


def line_break(text: str) -> str:
    """The line break that the text uses first, else a line feed."""
    found = _BREAK.search(text)
    return found[0] if found is not None else "\n"


# -- reading --------------------------------------------------------------------------------------


def _skip(text: str, at: int) -> int:
    """The offset behind white space and comments."""
    found = _TRIVIA.match(text, at)
    assert found is not None  # it matches nothing, too
    end = found.end()
    if text.startswith("/*", end):
        raise JsoncError("this comment does not end", end)
    return end


def _value(text: str, at: int, depth: int) -> Value:
    if depth > MAX_DEPTH:
        raise JsoncError(f"more than {MAX_DEPTH} levels of nesting", at)
    if text.startswith("{", at):
        return _object(text, at, depth)
    if text.startswith("[", at):
        return _array(text, at, depth)
    found = _STRING.match(text, at) or _PLAIN.match(text, at)
    if found is None:
        _fail(text, at, "a value is expected here")
    # As in VS Code, numbers are floats; int() refuses those of thousands of digits.
    return Value(at, found.end(), json.loads(found[0], parse_int=float))


def _object(text: str, start: int, depth: int) -> Value:
    members: list[Member] = []
    at = _skip(text, start + 1)
    while not text.startswith("}", at):
        key = _STRING.match(text, at)
        if key is None:
            _fail(text, at, 'a key in `"` is expected here')
        colon = _skip(text, key.end())
        if not text.startswith(":", colon):
            _fail(text, colon, "a colon is expected here")
        value = _value(text, _skip(text, colon + 1), depth + 1)
        members.append(Member(at, key.end(), json.loads(key[0]), value))
        at = _next(text, value.end, "}")
    return Value(start, at + 1, {member.key: member.value.data for member in members}, members=tuple(members))


def _array(text: str, start: int, depth: int) -> Value:
    items: list[Value] = []
    at = _skip(text, start + 1)
    while not text.startswith("]", at):
        items.append(_value(text, at, depth + 1))
        at = _next(text, items[-1].end, "]")
    return Value(start, at + 1, [item.data for item in items], items=tuple(items))


def _next(text: str, at: int, bracket: str) -> int:
    """Behind the comma, or at the closing bracket."""
    at = _skip(text, at)
    if text.startswith(",", at):
        return _skip(text, at + 1)
    if not text.startswith(bracket, at):
        _fail(text, at, f"a comma or `{bracket}` is expected here")
    return at


def _fail(text: str, at: int, message: str) -> NoReturn:
    raise JsoncError("the file ends in the middle" if at == len(text) else message, at)


# -- edits ----------------------------------------------------------------------------------------


def indent(text: str, at: int) -> str | None:
    """The blanks in front of what stands first on its line; None for what does not."""
    found = _INDENT.search(text, 0, at)
    return found[1] if found is not None else None


def inner_indent(text: str, container: Value) -> str | None:
    """The indent that a further part of an object or array would get; None where it would stay on the line."""
    if container.parts:
        return indent(text, container.parts[-1][0])
    if _BREAK.search(text, container.start, container.end) is None:
        return None
    return (indent(text, container.end - 1) or "") + "    "


def append(text: str, container: Value, part: str) -> list[Edit]:
    """Add a part at the end of an object or array, on a line of its own if the last one has its own."""
    blanks = inner_indent(text, container)
    if not container.parts:
        added = f" {part} " if blanks is None else f"{line_break(text)}{blanks}{part}"
        return [Edit(container.start + 1, container.start + 1, added)]
    end = container.parts[-1][1]
    comma = _comma(text, end)
    if blanks is None:
        return [Edit(end, end, f", {part}") if comma is None else Edit(comma + 1, comma + 1, f" {part},")]
    rest = _REST_OF_LINE.match(text, end if comma is None else comma + 1)
    assert rest is not None  # it matches nothing, too
    added = f"{line_break(text)}{blanks}{part}"
    if comma is not None:
        return [Edit(rest.end(), rest.end(), f"{added},")]
    return [Edit(end, end, ","), Edit(rest.end(), rest.end(), added)]


def remove(text: str, container: Value, number: int) -> list[Edit]:
    """Take a part out again, with its comma, and with its line if nothing else stands there."""
    start, end = container.parts[number]
    comma = _comma(text, end)
    edits = []
    if comma is None and number > 0:
        last = _comma(text, container.parts[number - 1][1])
        assert last is not None  # it parts the two
        edits.append(Edit(last, last + 1, ""))
    if comma is not None and text[end:comma].strip(" \t") == "":
        end, comma = comma + 1, None
    blanks = indent(text, start)
    if blanks is not None:
        before = start - len(blanks) - (2 if text.endswith("\r\n", 0, start - len(blanks)) else 1)
        behind = container.parts[number - 1][1] if number > 0 else container.start + 1
        # A comment that ends the line above would swallow what stays on this one.
        if not _is_commented(text, behind, before) or _BLANK_REST.match(text, end) is not None:
            start = before
    elif len(container.parts) == 1:
        if text[start - 1] == text[end] == " ":
            start, end = start - 1, end + 1
    elif number > 0:
        start -= text[start - 1] == " "
    else:
        end += text[end] == " "
    edits.append(Edit(start, end, ""))
    if comma is not None:
        edits.append(Edit(comma, comma + 1, ""))
    return edits


def _comma(text: str, end: int) -> int | None:
    """Where the comma behind a part is, if there is one."""
    at = _skip(text, end)
    return at if text.startswith(",", at) else None


def _is_commented(text: str, start: int, end: int) -> bool:
    """Whether a `//` comment ends at `end`, where what begins at `start` is no value."""
    return any(found.end() == end and found[0].startswith("//") for found in _COMMENT.finditer(text, start, end))
