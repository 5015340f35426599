"""What an editor does with a document: it knows where the cursor is, and puts accepted completions in."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Mapping

CURSOR = "‸"
"""Marks the place of the cursor in the text of a document."""

_BLANK = re.compile(r"[ \t]*")


class Accepted(NamedTuple):
    """A document after a completion: its text, and from where to where in it the inserted text stands."""

    text: str
    start: int
    end: int


def split_at_cursor(marked: str) -> tuple[str, int, int]:
    """The text without the mark, and the line and column of the cursor, from 0."""
    before, mark, after = marked.partition(CURSOR)
    assert mark
    assert CURSOR not in after
    return before + after, before.count("\n"), utf16_units(before.rpartition("\n")[2])


def accept(text: str, item: Mapping[str, Any], cursor: tuple[int, int]) -> Accepted:
    """The document once a completion item is accepted: placeholders keep their defaults, lines get their indent."""
    edit = item.get("textEdit")
    if edit is None:
        end = _offset(text, {"line": cursor[0], "character": cursor[1]})
        word = re.search(r"[\w-]*$", text[:end])
        assert word is not None
        start, new = word.start(), item.get("insertText", item["label"])
    else:
        span = edit.get("range") or edit["replace"]
        start, end, new = _offset(text, span["start"]), _offset(text, span["end"]), edit["newText"]
    if item.get("insertTextFormat") == 2:
        new = expanded(new)
    indent = _BLANK.match(text, text.rfind("\n", 0, start) + 1, start)
    assert indent is not None
    new = new.replace("\n", "\n" + indent.group())
    text = text[:start] + new + text[end:]
    # Other edits would have to be applied first; the server has none so far.
    assert not item.get("additionalTextEdits")
    return Accepted(text, start, start + len(new))


_FIELD = re.compile(
    r"\\(?P<plain>[$}\\,|])"
    r"|\$(?P<stop>\d+)"
    r"|\$\{(?P<bare>\d+)\}"
    r"|\$\{(?P<choice>\d+)\|(?P<first>(?:\\.|[^,|\\])*)(?:\\.|[^|\\])*\|\}"
    r"|\$\{(?P<field>\d+):(?P<default>(?:\\.|[^}\\])*)\}"
)


def expanded(snippet: str) -> str:
    """A snippet as it is inserted: each field with its default, each choice with its first word.

    A field that stands several times has the same text everywhere.
    """
    defaults: dict[str, str] = {}
    for match in _FIELD.finditer(snippet):
        number = match["field"] or match["choice"]
        if number:
            defaults.setdefault(number, expanded(match["default"] or match["first"] or ""))

    def text(match: re.Match[str]) -> str:
        if match["plain"]:
            return match["plain"]
        return defaults.get(match["stop"] or match["bare"] or match["choice"] or match["field"], "")

    return _FIELD.sub(text, snippet)


def utf16_units(text: str) -> int:
    """The length of a text as the protocol counts it, in UTF-16 code units."""
    return len(text.encode("utf-16-le")) // 2


def _offset(text: str, place: Mapping[str, int]) -> int:
    """The index in the text of a place of the protocol."""
    lines = text.split("\n")
    before = lines[place["line"]].encode("utf-16-le")[: 2 * place["character"]].decode("utf-16-le")
    return sum(len(line) + 1 for line in lines[: place["line"]]) + len(before)
