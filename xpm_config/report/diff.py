"""A unified diff, built from the edits: the cost is that of the changed places, not of the file.

`patch` applies it, unless a shown line holds a secret or an unprintable character, or the lines of the file end
with a lone CR, which `patch` does not know.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, NamedTuple

from xpm_config.report.text import printable
from xpm_config.secrets import Secrets

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from xpm_config.diagnostics import Edit
    from xpm_config.document import Document

CONTEXT = 3
"""How many unchanged lines are shown around a change."""

_NO_NEWLINE = "\\ No newline at end of file"
# What `printable` would escape though it is harmless, and `patch` needs it.
_KEPT = re.compile("([\t\ufeff])")
_COLOURS = {"-": "\x1b[31m", "+": "\x1b[32m", "@": "\x1b[36m"}


class _Change(NamedTuple):
    """Lines of the old text (from 0, end exclusive) and the lines of the new text that replace them."""

    start: int
    end: int
    new_start: int
    new_end: int


def render(path: str, old: Document, new: Document, edits: Sequence[Edit], *, colour: bool) -> str:
    """The difference between two documents, `edits` leading from the first to the second; secrets are masked."""
    lines = [f"--- {printable(path)}", f"+++ {printable(path)}"]
    sides = _Side(old), _Side(new)
    for hunk in _hunks(_changes(old, new, edits, sides)):
        lines += _hunk(hunk, *sides)
    if colour:
        lines = [f"{_COLOURS[line[0]]}{line}\x1b[0m" if line[0] in _COLOURS else line for line in lines]
    return "".join(line + "\n" for line in lines)


class _Side:
    """The lines of one document, without what is secret in them."""

    def __init__(self, document: Document) -> None:
        self.document = document
        # The byte order mark belongs to the first line.
        self.starts = [0, *document.line_starts[1:]]
        self.text = document.text
        # A text that ends with a line break has no line behind it.
        self.count = len(self.starts) - (self.starts[-1] >= len(self.text))
        self._secrets = Secrets(document)

    def end(self, number: int) -> int:
        return self.starts[number + 1] if number + 1 < len(self.starts) else len(self.text)

    def raw(self, number: int) -> str:
        return self.text[self.starts[number] : self.end(number)]

    def shown(self, number: int) -> Iterator[str]:
        raw = self.raw(number)
        bare = raw.rstrip("\r\n")
        text = self._secrets.masked(self.starts[number], self.starts[number] + len(bare))
        shown = "".join(part if _KEPT.match(part) else printable(part) for part in _KEPT.split(text))
        yield shown + "\r" * raw.endswith("\r\n")
        if bare == raw:
            yield _NO_NEWLINE


def _changes(old: Document, new: Document, edits: Sequence[Edit], sides: tuple[_Side, _Side]) -> list[_Change]:
    """The changed lines, those of edits that share a line together, without equal lines at both ends."""
    changes: list[_Change] = []
    delta = 0
    for edit in sorted(edits, key=lambda edit: (edit.start, edit.end)):
        # Both ranges end with the line of the character behind the edit, so that they stay in step. A CR in front
        # of it may end a line in one text and not in the other: then the line before belongs to both.
        begin = edit.start - (old.text[edit.start - 1 : edit.start] == "\r")
        start, new_start = old.position(begin).line - 1, new.position(begin + delta).line - 1
        delta += len(edit.text) - (edit.end - edit.start)
        end, new_end = old.position(edit.end).line, new.position(edit.end + delta).line
        if changes and start <= changes[-1].end:
            last = changes.pop()
            start, new_start = last.start, last.new_start
        changes.append(_Change(start, end, new_start, new_end))
    trimmed = [_trimmed(change, *sides) for change in changes]
    return [change for change in trimmed if change.start < change.end or change.new_start < change.new_end]


def _trimmed(change: _Change, old: _Side, new: _Side) -> _Change:
    """The change without the equal lines at its ends."""
    start, end, new_start, new_end = change
    end, new_end = min(end, old.count), min(new_end, new.count)
    while start < end and new_start < new_end and old.raw(start) == new.raw(new_start):
        start, new_start = start + 1, new_start + 1
    while start < end and new_start < new_end and old.raw(end - 1) == new.raw(new_end - 1):
        end, new_end = end - 1, new_end - 1
    return _Change(start, end, new_start, new_end)


def _hunks(changes: list[_Change]) -> Iterator[list[_Change]]:
    """Changes whose context would meet, together."""
    hunk: list[_Change] = []
    for change in changes:
        if hunk and change.start - hunk[-1].end > 2 * CONTEXT:
            yield hunk
            hunk = []
        hunk.append(change)
    if hunk:
        yield hunk


def _hunk(changes: list[_Change], old: _Side, new: _Side) -> list[str]:
    first, last = changes[0], changes[-1]
    before = min(CONTEXT, first.start)
    after = min(CONTEXT, old.count - last.end)
    start, new_start = first.start - before, first.new_start - before
    size, new_size = last.end + after - start, last.new_end + after - new_start
    lines = [f"@@ -{_range(start, size)} +{_range(new_start, new_size)} @@"]
    at = start
    for change in changes:
        lines += _prefixed(" ", old, at, change.start)
        lines += _prefixed("-", old, change.start, change.end)
        lines += _prefixed("+", new, change.new_start, change.new_end)
        at = change.end
    return lines + _prefixed(" ", old, at, last.end + after)


def _range(start: int, size: int) -> str:
    return f"{start + 1 if size else start},{size}"


def _prefixed(sign: str, side: _Side, start: int, end: int) -> list[str]:
    return [line if line is _NO_NEWLINE else sign + line for number in range(start, end) for line in side.shown(number)]
