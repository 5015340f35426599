"""Bytes to a document: nodes with exact spans, comments, positions, and edits on the text.

Nothing here knows what a setting means, and nothing is ever written back from the nodes: changes are
edits on the text, so that every byte outside them stays.
"""

from __future__ import annotations

from bisect import bisect_right
from typing import TYPE_CHECKING, Any, NamedTuple

from ruamel.yaml import events
from ruamel.yaml.error import MarkedYAMLError

from xpm_config.diagnostics import Diagnostic, Note, Position, Severity, Span
from xpm_config.yaml11 import MAX_DEPTH, EventReader

if TYPE_CHECKING:
    from collections.abc import Iterable

    from xpm_config.diagnostics import Edit
    from xpm_config.yaml11 import Dialect

MAX_BYTES = 1 << 20
"""Larger files are not read: a thousand workspaces take 160 KB, and reading time grows with the size."""

MAX_ALIAS_NODES = 100_000
"""How many nodes aliases may add to those that are written, before experimaestro would seem to hang."""


class Node:
    """A piece of YAML: `span` covers it with its anchor and tag; `tag` is the explicit tag, if any."""

    __slots__ = ("anchor", "end", "size", "start", "tag")

    def __init__(self, start: int, end: int, tag: str | None, anchor: str | None) -> None:
        self.start = start
        self.end = end
        self.tag = tag
        self.anchor = anchor
        # The number of nodes in it, with every alias counted as what it stands for.
        self.size = 1

    @property
    def span(self) -> Span:
        """Where it stands in the text."""
        return Span(self.start, self.end)

    @property
    def resolved(self) -> Node:
        """The node itself, or what an alias stands for."""
        return self


class Scalar(Node):
    """A scalar. `text` is its unescaped, folded content; `style` one of "", "'", '"', "|" and ">".

    `content` is the offset where it begins behind its anchor and tag. `plain` tells that its tag is
    found from its text.
    """

    __slots__ = ("content", "plain", "style", "text")

    def __init__(self, event: Any, content: int) -> None:
        super().__init__(event.start_mark, event.end_mark, event.tag, event.anchor)
        self.text: str = event.value
        self.style: str = event.style or ""
        self.plain: bool = event.implicit[0]
        self.content = content


class Sequence(Node):
    """A list; `flow` tells `[a, b]` from a block of `- a`."""

    __slots__ = ("flow", "items")

    def __init__(self, event: Any) -> None:
        super().__init__(event.start_mark, event.end_mark, event.tag, event.anchor)
        self.items: list[Node] = []
        self.flow: bool = event.flow_style


class Mapping(Node):
    """A mapping with its pairs as written: duplicates and `<<` included."""

    __slots__ = ("flow", "pairs")

    def __init__(self, event: Any) -> None:
        super().__init__(event.start_mark, event.end_mark, event.tag, event.anchor)
        self.pairs: list[tuple[Node, Node]] = []
        self.flow: bool = event.flow_style


class Alias(Node):
    """`*name`: the place where it stands; `resolved` is the node that it stands for."""

    __slots__ = ("name", "target")

    def __init__(self, event: Any, target: Node) -> None:
        super().__init__(event.start_mark, event.end_mark, None, None)
        self.name: str = event.anchor
        self.target = target
        self.size = target.size

    @property
    def resolved(self) -> Node:
        """The node that the alias stands for."""
        return self.target


class Document:
    """One settings file, read.

    `root` is None when the file is empty or could not be read; `problems` then says why. `text` is the
    decoded file with its byte order mark and line ends; `comments` are the spans of all comments.
    """

    def __init__(self, data: bytes, dialect: Dialect = "pyyaml") -> None:
        """Read `data`, never raising on what it holds; `dialect` is the scanner of the target release."""
        self.data = data
        self.dialect = dialect
        self.text = ""
        self.root: Node | None = None
        self.comments: list[tuple[int, int]] = []
        self.problems: list[Diagnostic] = []
        self.node_count = 0
        self._line_starts: list[int] | None = None
        self._read()

    # -- positions --------------------------------------------------------------------------------

    @property
    def line_starts(self) -> list[int]:
        """Offsets of the first character of each line; lines end at LF, CRLF or CR."""
        if self._line_starts is None:
            starts = [1 if self.text.startswith("\ufeff") else 0]
            offset = 0
            for line in self.text.replace("\r\n", "\n\n").replace("\r", "\n").split("\n")[:-1]:
                offset += len(line) + 1
                # A CRLF became two line feeds of the same length: only the second one ends a line.
                if self.text[offset - 1 : offset + 1] != "\r\n":
                    starts.append(offset)
            self._line_starts = starts
        return self._line_starts

    def position(self, offset: int) -> Position:
        """The line and column of an offset."""
        line = max(bisect_right(self.line_starts, offset), 1)
        return Position(line, max(offset - self.line_starts[line - 1], 0) + 1)

    def line(self, number: int) -> str:
        """The text of a line (from 1) without its line end."""
        start = self.line_starts[number - 1]
        end = self.line_starts[number] if number < len(self.line_starts) else len(self.text)
        return self.text[start:end].rstrip("\r\n")

    def edited(self, edits: Iterable[Edit]) -> bytes:
        """The bytes of the file after the edits; raises ValueError where two of them overlap."""
        return apply_edits(self.text, edits).encode("utf-8")

    # -- reading ----------------------------------------------------------------------------------

    def _read(self) -> None:
        if len(self.data) > MAX_BYTES:
            self._refuse(
                "XPM007",
                f"the file is too large for settings: {len(self.data):,} bytes, and at most {MAX_BYTES:,} are read",
                None,
                help_text="check that this is the settings file",
            )
            return
        try:
            self.text = self.data.decode("utf-8")
        except UnicodeDecodeError as error:
            self._not_utf8(error)
            return
        try:
            reader = EventReader(self.text, self.dialect)
            self.comments = reader.comments
            root = self._compose(reader)
        except _ComposeError as error:
            self.problems.append(error.diagnostic)
        except MarkedYAMLError as error:
            from xpm_config import syntax

            self.problems.append(syntax.diagnostic(error, self.text))
        else:
            if root is not None and root.size - self.node_count > MAX_ALIAS_NODES:
                self._refuse(
                    "XPM007",
                    f"aliases make this file {root.size:,} nodes large: experimaestro would seem to hang",
                    root.span if isinstance(root, Alias) else self._first_alias(root),
                    help_text="write the values out, or merge fewer aliases",
                )
                return
            self.root = root

    def _compose(self, reader: EventReader) -> Node | None:
        """Build the nodes from the events, without recursion; the root is None in an empty file."""
        anchors: dict[str, Node] = {}
        parents: list[_Open] = []
        root: Node | None = None
        for event in reader.stream():
            kind = type(event)
            node: Node
            if kind is events.ScalarEvent:
                node = self._scalar(event, reader.content_start)
            elif kind is events.MappingStartEvent or kind is events.SequenceStartEvent:
                collection = Mapping(event) if kind is events.MappingStartEvent else Sequence(event)
                self.node_count += 1
                _remember(anchors, collection)
                if len(parents) >= MAX_DEPTH:
                    # `[a: [a: …` makes two levels of every bracket, which the scanner counts as one.
                    raise _ComposeError("XPM007", f"more than {MAX_DEPTH} levels of nesting", event, _FLAT)
                parents.append(_Open(collection))
                continue
            elif kind is events.MappingEndEvent or kind is events.SequenceEndEvent:
                node = parents.pop().close(event.end_mark)
            elif kind is events.AliasEvent:
                node = _alias(event, anchors, parents)
            elif kind is events.DocumentStartEvent and root is not None:
                raise _ComposeError("XPM003", "a second YAML document begins here", event, _ONE_DOCUMENT)
            else:
                continue
            if kind is events.ScalarEvent:
                self.node_count += 1
                _remember(anchors, node)
            if parents:
                parents[-1].add(node)
            else:
                root = node
        return None if root is not None and _is_absent(root) else root

    def _scalar(self, event: Any, content: int) -> Scalar:
        # What is not written has no content: the offset is still that of the scalar before.
        node = Scalar(event, content if event.end_mark > event.start_mark else event.start_mark)
        if node.style in ("|", ">"):
            # The scanner ends a block scalar behind its trailing line breaks.
            node.end = node.start + len(self.text[node.start : node.end].rstrip("\r\n\x85\u2028\u2029 "))
        return node

    def _first_alias(self, root: Node) -> Span:
        waiting = [root]
        while waiting:
            node = waiting.pop()
            if isinstance(node, Alias) and node.size > MAX_ALIAS_NODES // 10:
                return node.span
            if isinstance(node, Sequence):
                waiting.extend(node.items)
            elif isinstance(node, Mapping):
                waiting.extend(part for pair in node.pairs for part in pair)
        return root.span

    def _refuse(self, code: str, message: str, span: Span | None, help_text: str | None = None) -> None:
        self.problems.append(Diagnostic(code, Severity.ERROR, message, span, (), help_text))

    def _not_utf8(self, error: UnicodeDecodeError) -> None:
        help_text = "save the file as UTF-8, in the editor or with `iconv -t UTF-8`"
        marks = ((b"\xff\xfe\0\0", "UTF-32"), (b"\xff\xfe", "UTF-16"), (b"\xfe\xff", "UTF-16"))
        for mark, name in marks:
            if self.data.startswith(mark):
                self._refuse("XPM001", f"the file is {name}, not UTF-8", None, help_text)
                return
        line = self.data.count(b"\n", 0, error.start) + 1
        if b"\0" in self.data[:4096]:
            self._refuse("XPM001", "the file is binary, not UTF-8 text", None, "check that this is the settings file")
            return
        byte = self.data[error.start]
        self._refuse("XPM001", f"byte 0x{byte:02x} in line {line} is not UTF-8", None, help_text)


_NO_CIRCLES = "write the values out: settings cannot contain themselves"
_FLAT = "settings need six levels at most"
_ONE_DOCUMENT = "keep one document: remove this `---` and what belongs to the other document"


class _ComposeError(Exception):
    """Reading stops here."""

    def __init__(self, code: str, message: str, event: Any, help_text: str | None, *notes: Note) -> None:
        super().__init__(message)
        span = Span(event.start_mark, max(event.end_mark, event.start_mark))
        self.diagnostic = Diagnostic(code, Severity.ERROR, message, span, notes, help_text)


class _Open:
    """A collection whose end has not been read yet."""

    __slots__ = ("collection", "key")

    def __init__(self, collection: Mapping | Sequence) -> None:
        self.collection = collection
        self.key: Node | None = None

    def add(self, node: Node) -> None:
        collection = self.collection
        collection.size += node.size
        if isinstance(collection, Sequence):
            collection.items.append(node)
        elif self.key is None:
            self.key = node
        else:
            collection.pairs.append((self.key, node))
            self.key = None

    def close(self, end: int) -> Node:
        """End the collection: a flow one at its bracket, a block one where its last leaf ends."""
        collection = self.collection
        if collection.flow:
            collection.end = end
        elif isinstance(collection, Sequence) and collection.items:
            collection.end = collection.items[-1].end
        elif isinstance(collection, Mapping) and collection.pairs:
            collection.end = collection.pairs[-1][1].end
        return collection


def _remember(anchors: dict[str, Node], node: Node) -> None:
    if node.anchor is None:
        return
    first = anchors.get(node.anchor)
    if first is not None:
        raise _ComposeError(
            "XPM002",
            f"the anchor `&{node.anchor}` is defined twice",
            _Marks(node.start, node.start + len(node.anchor) + 1),
            "give it another name",
            Note("first defined here", Span(first.start, first.start + len(node.anchor) + 1)),
        )
    anchors[node.anchor] = node


def _alias(event: Any, anchors: dict[str, Node], parents: list[_Open]) -> Alias:
    target = anchors.get(event.anchor)
    if target is None:
        raise _ComposeError("XPM002", f"the alias `*{event.anchor}` has no anchor before it", event, None)
    if any(parent.collection is target for parent in parents):
        note = Note("inside what it stands for", Span(target.start, target.start + len(event.anchor) + 1))
        raise _ComposeError("XPM006", f"the alias `*{event.anchor}` contains itself", event, _NO_CIRCLES, note)
    return Alias(event, target)


class _Marks(NamedTuple):
    start_mark: int
    end_mark: int


def _is_absent(node: Node) -> bool:
    """Whether a document is empty, apart from comments and markers."""
    return isinstance(node, Scalar) and node.plain and node.text == "" and node.start == node.end


def apply_edits(text: str, edits: Iterable[Edit]) -> str:
    """The text after the edits; insertions at one place keep their order. Overlaps raise ValueError."""
    pieces: list[str] = []
    done = 0
    for edit in sorted(edits, key=lambda edit: (edit.start, edit.end)):
        if edit.start < done:
            raise ValueError(f"edits overlap at offset {edit.start}")
        pieces += [text[done : edit.start], edit.text]
        done = edit.end
    return "".join([*pieces, text[done:]])
