"""What edits need to know of a text: lines, comments, quoting, and the style of what stands around."""

from __future__ import annotations

from bisect import bisect_left
from functools import cached_property
from typing import TYPE_CHECKING, NamedTuple

from xpm_config.document import Document, Mapping, Node, Scalar, Sequence
from xpm_config.values import STR, Constructor

if TYPE_CHECKING:
    from collections.abc import Container, Iterator

_BREAKS = "\r\n\x85\u2028\u2029"
_SAFE = frozenset("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_./-")


class Comment(NamedTuple):
    """A comment: its span, the blanks in front of it, and whether it has its line to itself."""

    start: int
    end: int
    gap: str
    alone: bool


class Layout:
    """The layout of one document."""

    def __init__(self, document: Document) -> None:
        self.document = document
        self.text = document.text
        self._starts = [start for start, _ in document.comments]

    # -- lines ------------------------------------------------------------------------------------

    def line_start(self, offset: int) -> int:
        """Where the line of an offset begins."""
        return self.document.line_starts[self.document.position(offset).line - 1]

    def line_end(self, offset: int) -> int:
        """Where the line of an offset ends: at its line break, or at the end of the text."""
        starts = self.document.line_starts
        number = self.document.position(offset).line
        if number == len(starts):
            return len(self.text)
        return starts[number] - (2 if self.text.startswith("\r\n", starts[number] - 2) else 1)

    def next_line(self, offset: int) -> int:
        """Where the next line begins."""
        end = self.line_end(offset)
        return end + (2 if self.text[end : end + 2] == "\r\n" else 1 if end < len(self.text) else 0)

    def line_break(self, offset: int) -> str:
        """The line break of the line of an offset; of the last line, that of the line before."""
        end = self.line_end(offset)
        if end == len(self.text):
            end = max(self.line_start(offset) - 1, 0)
            if self.text[end - 1 : end + 1] == "\r\n":
                return "\r\n"
        found = self.text[end : end + 2]
        return found if found == "\r\n" else found[:1] if found[:1] in ("\r", "\n") else "\n"

    def column(self, offset: int) -> int:
        """The number of characters in front of an offset in its line."""
        return offset - self.line_start(offset)

    def indentation(self, offset: int) -> str:
        """The blanks with which the line of an offset begins, up to the offset."""
        line = self.text[self.line_start(offset) : offset]
        return line[: len(line) - len(line.lstrip(" "))]

    def begins_line(self, offset: int) -> bool:
        """Whether only blanks stand in front of an offset in its line."""
        return not self.text[self.line_start(offset) : offset].strip(" ")

    def on_one_line(self, node: Node) -> bool:
        """Whether a node begins and ends on one line."""
        return self.line_start(node.start) == self.line_start(node.end)

    def is_blank(self, start: int) -> bool:
        """Whether the line that begins at an offset has nothing but blanks and a line break."""
        end = self.line_end(start)
        return end < len(self.text) and not self.text[start:end].strip(" \t")

    # -- comments ---------------------------------------------------------------------------------

    def comments(self, start: int, end: int) -> list[Comment]:
        """The comments that begin in a piece of the text."""
        found = []
        for index in range(bisect_left(self._starts, start), len(self._starts)):
            begin, stop = self.document.comments[index]
            if begin >= end:
                break
            line = self.text[self.line_start(begin) : begin]
            gap = line[len(line.rstrip(" \t")) :]
            found.append(Comment(begin, stop, gap, alone=not line.strip(" \t")))
        return found

    def comments_above(self, offset: int) -> list[Comment]:
        """The comments on the lines above an offset, without a gap, in its column."""
        found: list[Comment] = []
        line, column = self.line_start(offset), self.column(offset)
        for index in range(bisect_left(self._starts, line) - 1, -1, -1):
            begin, stop = self.document.comments[index]
            if self.next_line(stop) != line or self.column(begin) != column or not self.begins_line(begin):
                break
            found = self.comments(begin, stop) + found
            line = self.line_start(begin)
        return found

    def comments_under(self, offset: int, column: int) -> list[Comment]:
        """The comments on the lines below an offset that are indented deeper than a column."""
        found: list[Comment] = []
        at = self.line_end(offset)
        for index in range(bisect_left(self._starts, at), len(self._starts)):
            begin, stop = self.document.comments[index]
            if self.text[at:begin].strip(" \t\r\n") or self.column(begin) <= column:
                break
            found += self.comments(begin, stop)
            at = stop
        return found

    def without_comments(self, start: int, end: int, moved: Container[Comment]) -> list[tuple[int, int]]:
        """The spans of a piece of the text between its comments, those that moved aside."""
        spans = []
        for comment in self.comments(start, end):
            if comment not in moved:
                spans.append((start, comment.start))
                # What follows stays on a line of its own.
                start = min(self.next_line(comment.end), end)
                while start < end and self.text[start] in " \t\r\n":
                    start += 1
        spans.append((start, end))
        return [span for span in spans if span[0] < span[1]]

    def text_of(self, comment: Comment) -> str:
        """The text of a comment, from its `#`."""
        return self.text[comment.start : comment.end]

    def find(self, char: str, start: int, end: int) -> int | None:
        """The first place of a character in a piece of the text, comments aside."""
        skip = {offset for comment in self.comments(start, end) for offset in range(comment.start, comment.end)}
        return next((at for at in range(start, end) if self.text[at] == char and at not in skip), None)

    # -- scalars ----------------------------------------------------------------------------------

    def written(self, node: Node, value: str, *, flow: bool) -> str:
        """A text as a scalar, written as `node` writes it where that reads the same at the new place."""
        if isinstance(node, Scalar) and node.text == value and node.style in ("", "'", '"'):
            source = self.text[node.content : node.end]
            if not any(char in _BREAKS for char in source) and (node.style or not flow or _SAFE.issuperset(source)):
                return source if node.tag is None else scalar(value, flow=flow)
        return scalar(value, flow=flow)

    @cached_property
    def pads_braces(self) -> bool:
        """Whether the file writes `{ a: b }` rather than `{a: b}`: as its first flow mapping on one line does."""
        for node in walk(self.document.root):
            if isinstance(node, Mapping) and node.flow and node.pairs and self.on_one_line(node):
                return self.text[node.pairs[0][0].start - 1] == " "
        return False


def scalar(value: str, *, flow: bool) -> str:
    """A text as a scalar on one line: plain where that reads the same, else in double quotes."""
    if value and _SAFE.issuperset(value.removeprefix("~")) and _is_plain(value):
        return value
    if not flow and _is_plain(value):
        return value
    return quoted(value)


def _is_plain(value: str) -> bool:
    if not value or value != value.strip() or any(char in _BREAKS for char in value):
        return False
    for dialect in ("pyyaml", "libyaml"):
        document = Document(f"- {value}\n".encode("utf-8", "surrogatepass"), dialect)
        root = document.root
        item = root.items[0] if isinstance(root, Sequence) and len(root.items) == 1 else None
        if not (isinstance(item, Scalar) and item.text == value and item.plain and item.anchor is None):
            return False
        if Constructor().tag(item) != STR or document.comments:
            return False
    return True


_ESCAPES = {'"': '\\"', "\\": "\\\\", "\n": "\\n", "\t": "\\t", "\r": "\\r"}


def quoted(value: str) -> str:
    """A text as a scalar in double quotes, on one line."""
    return '"' + "".join(_ESCAPES.get(char) or (char if char.isprintable() else _escaped(char)) for char in value) + '"'


def _escaped(char: str) -> str:
    code = ord(char)
    return f"\\x{code:02x}" if code < 0x100 else f"\\u{code:04x}" if code < 0x10000 else f"\\U{code:08x}"


def walk(root: Node | None) -> Iterator[Node]:
    """Every node as it stands in the text: aliases are not followed."""
    waiting = [root] if root is not None else []
    while waiting:
        node = waiting.pop()
        yield node
        if isinstance(node, Sequence):
            waiting.extend(reversed(node.items))
        elif isinstance(node, Mapping):
            waiting.extend(part for pair in reversed(node.pairs) for part in reversed(pair))
