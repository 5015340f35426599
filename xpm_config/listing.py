"""Edits of the lists of a settings file: renaming, adding entries in front, and removing a pair.

Comments that speak of entries go where the entries go; every other comment keeps its place.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from xpm_config.diagnostics import Diagnostic, Edit
from xpm_config.document import Alias, Mapping, Node, Scalar, Sequence
from xpm_config.editing import Comment
from xpm_config.rewriting import RefusalError

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from xpm_config.rewriting import Source
    from xpm_config.values import Entry


class Written(NamedTuple):
    """One entry to write: its path, as `node` writes it where that can be, and its mode ("" for none)."""

    node: Node
    path: str
    mode: str = ""


Piece = Written | Comment
"""What moves from one list to another."""


class ListEditor:
    """Collects the edits and the findings of one step."""

    def __init__(self, source: Source) -> None:
        self.source = source
        self.layout = source.layout
        self.edits: list[Edit] = []
        self.diagnostics: list[Diagnostic] = []
        self.quote = ""
        self._done: set[int] = set()

    def first_time(self, node: Node) -> bool:
        """Whether a node is met for the first time: what is shared is rewritten once."""
        known = id(node) in self._done
        self._done.add(id(node))
        return not known

    def replace(self, start: int, end: int, text: str) -> None:
        """Put a text in the place of another one."""
        self.edits.append(Edit(start, end, text))

    def rename(self, key: Node, name: str) -> None:
        """Give a key another name, quoted as it is."""
        if not isinstance(key, Scalar) or key.style not in ("", "'", '"'):
            raise RefusalError("XPM401", "this key cannot be rewritten", key, "write it as a plain word")
        self.replace(key.content, key.end, f"{key.style}{name}{key.style}")

    # -- who shares what --------------------------------------------------------------------------

    def check_single(self, mapping: Mapping, *names: str) -> None:
        """Refuse a mapping in which one of these keys stands twice."""
        for name in names:
            keys = [key for key, _ in mapping.pairs if self.source.text(key) == name]
            if len(keys) > 1:
                hint = "remove the first one: the last counts"
                raise RefusalError("XPM401", f"`{name}` stands twice here", keys[0], hint)

    def check_unshared(self, node: Node) -> None:
        """Refuse a node that aliases refer to: it would change for them, too."""
        if self.source.references[id(node)]:
            raise RefusalError("XPM403", "this is used in another place, too, by an alias", node, "write that one out")

    def shared_as(self, sequence: Sequence, name: str, owners: set[int]) -> bool:
        """Whether every alias of a list is the value of this key, in mappings that are rewritten as well."""
        if not self.source.references[id(sequence)]:
            return True
        uses = sum(
            isinstance(value, Alias) and value.target is sequence and self.source.text(key) == name
            for mapping in self.source.mappings
            if id(mapping) in owners
            for key, value in mapping.pairs
        )
        return uses == self.source.references[id(sequence)]

    # -- comments ---------------------------------------------------------------------------------

    def pair_end(self, key: Node, value: Node) -> int:
        """Where a pair ends: an absent value stands, with no width, at whatever comes next."""
        if value.end > value.start:
            return value.end
        colon = self.layout.find(":", key.end, len(self.layout.text))
        return key.end if colon is None else colon + 1

    def comments_of(self, mapping: Mapping, key: Node, site: Node) -> list[Comment]:
        """The comments that speak of a list or of its entries, in order."""
        layout = self.layout
        end = self.pair_end(key, site)
        own_line = layout.begins_line(key.start)
        found = layout.comments(key.start, end)
        if own_line and mapping.pairs[0][0] is not key:
            found = [*layout.comments_above(key.start), *found]
        if own_line or not mapping.flow:
            beside = layout.comments(end, layout.line_end(end))
            found += [comment for comment in beside if not layout.text[end : comment.start].strip(" \t,")]
        if isinstance(site, Sequence) and not site.flow:
            found += layout.comments_under(end, layout.column(key.start))
        return found

    def on_one_line(self, site: Node) -> bool:
        """Whether a list is written as `[a, b]`, on one line."""
        return isinstance(site, Sequence) and site.flow and self.layout.on_one_line(site)

    def pieces(self, site: Node, entries: list[Written], comments: list[Comment]) -> list[Piece]:
        """Entries and comments in the order in which they stand; those of a single line speak of the list."""
        if isinstance(site, Alias) or self.on_one_line(site):
            return [*comments, *entries]
        assert isinstance(site, Sequence)  # the caller sees to it
        placed: list[tuple[int, Piece]] = [(comment.start, comment) for comment in comments]
        placed += [(node.start, entry) for node, entry in zip(site.items, entries, strict=True)]
        return [piece for _, piece in sorted(placed, key=lambda pair: pair[0])]

    # -- removing a pair --------------------------------------------------------------------------

    def remove_pair(self, mapping: Mapping, key: Node, value: Node, moved: Iterable[Comment] = ()) -> None:
        """Remove a pair and the comments that moved elsewhere; other comments in it stay."""
        index = next(number for number, pair in enumerate(mapping.pairs) if pair[0] is key)
        following = mapping.pairs[index + 1][0] if index + 1 < len(mapping.pairs) else None
        if self._explicit(mapping, index) or (following is not None and self._explicit(mapping, index + 1)):
            raise RefusalError("XPM401", "a pair with `?` cannot be taken out", key, "write it as `key: value`")
        moved = set(moved)
        layout = self.layout
        end = self.pair_end(key, value)
        spans = layout.without_comments(key.start, end, moved)
        spans += [(comment.start, comment.end) for comment in moved if not key.start <= comment.start < end]
        if mapping.flow:
            spans += self._comma(mapping, index)
        elif not layout.begins_line(key.start):
            # It shares its line with a dash: what follows moves up.
            if following is None:
                raise RefusalError("XPM401", "this pair cannot be taken out", key, "write it below another key")
            kept = [comment for comment in layout.comments(key.start, following.start) if comment not in moved]
            target = kept[0].start if kept else following.start
            self.replace(key.start, target, "")
            spans = [span for span in spans if span[0] >= target]
        self._erase(spans)

    def _explicit(self, mapping: Mapping, index: int) -> bool:
        begin = mapping.pairs[index - 1][1].end if index else mapping.start
        return self.layout.find("?", begin, mapping.pairs[index][0].start) is not None

    def _comma(self, mapping: Mapping, index: int) -> list[tuple[int, int]]:
        """The comma that goes with a pair of a flow mapping: the one behind it, else the one in front."""
        key, value = mapping.pairs[index]
        limit = mapping.pairs[index + 1][0].start if index + 1 < len(mapping.pairs) else mapping.end
        comma = self.layout.find(",", self.pair_end(key, value), limit)
        if comma is None and index:
            comma = self.layout.find(",", self.pair_end(*mapping.pairs[index - 1]), key.start)
        return [] if comma is None else [(comma, comma + 1)]

    def _erase(self, spans: list[tuple[int, int]]) -> None:
        """Remove pieces of the text, with the lines and the blanks that would be left over."""
        layout, text = self.layout, self.layout.text
        for start, end in self._joined(spans):
            begin, stop = start, end
            ends_line = not text[end : layout.line_end(end)].strip(" \t")
            if ends_line and layout.begins_line(start):
                begin, stop = layout.line_start(start), layout.next_line(end)
                if begin and layout.is_blank(layout.line_start(begin - 1)) and layout.is_blank(stop):
                    # Of the blank lines above and below, one is enough.
                    stop = layout.next_line(stop)
                if layout.line_end(end) == len(text) and begin:
                    # The file ended without a line break: it still does.
                    begin -= 2 if text[begin - 2 : begin] == "\r\n" else 1
            elif ends_line:
                while text[begin - 1] in " \t":
                    begin -= 1
                stop = layout.line_end(end)
            elif layout.begins_line(start) or text[end - 1] == ",":
                while text[stop] in " \t":
                    stop += 1
                if text[stop] == "#" and not layout.begins_line(start):
                    stop = end
            # Without a blank in front of it, `#` would begin no comment.
            glued = text[stop : stop + 1] == "#" and text[begin - 1 : begin] not in ("", " ", "\t", "\r", "\n")
            self.replace(begin, stop, " " if glued else "")

    def _joined(self, spans: list[tuple[int, int]]) -> Iterator[tuple[int, int]]:
        """The spans in order, as one where nothing but white space is between them."""
        pending: tuple[int, int] | None = None
        for start, end in sorted(spans):
            if pending is not None and not self.layout.text[pending[1] : start].strip(" \t\r\n"):
                pending = (pending[0], max(end, pending[1]))
                continue
            if pending is not None:
                yield pending
            pending = (start, end)
        if pending is not None:
            yield pending

    # -- putting entries in front of a list -------------------------------------------------------

    def prepend(self, new: Entry, pieces: list[Piece]) -> None:
        """Put entries with their comments in front of a list of folders."""
        if isinstance(new.site, Alias):
            entries = [*pieces, *self.copies(new.value)]
            self.replace(new.site.start, new.site.end, f"[{self._flow_text(entries, new.site.start)}]")
            return
        if not isinstance(new.value, Sequence):
            # `folders:` without a value.
            space = "" if new.value.end > new.value.start else " "
            self.replace(new.site.start, new.site.end, f"{space}[{self._flow_text(pieces, new.key.start)}]")
            return
        self.check_unshared(new.value)
        first = new.value.items[0] if new.value.items else None
        if isinstance(first, Mapping) and first.pairs:
            self.quote_like(first.pairs[0][0])
        if new.value.flow:
            self._prepend_flow(new, new.value, pieces)
        else:
            self._prepend_block(new.value, pieces)

    def _prepend_flow(self, new: Entry, sequence: Sequence, pieces: list[Piece]) -> None:
        layout = self.layout
        opening = layout.find("[", self._behind_anchor(sequence), sequence.end)
        assert opening is not None  # it is a flow sequence
        if not sequence.items:
            self.replace(opening + 1, opening + 1, self._flow_text(pieces, opening))
            return
        first = sequence.items[0]
        if layout.line_start(opening) != layout.line_start(first.start):
            # One entry on each line, below the bracket and the comment beside it.
            at = layout.line_end(opening)
            self.replace(at, at, self._flow_lines(pieces, opening, layout.column(first.start)))
            return
        if sum(isinstance(piece, Written) for piece in pieces) == 1:
            # All comments speak of the one entry.
            pieces = sorted(pieces, key=lambda piece: isinstance(piece, Written))
        while isinstance(comment := pieces[0], Comment) and layout.begins_line(new.key.start):
            # What speaks of the whole list stands above its key.
            pieces = pieces[1:]
            line = layout.text_of(comment) + layout.line_break(opening) + " " * layout.column(new.key.start)
            self.replace(new.key.start, new.key.start, line)
        self.replace(first.start, first.start, self._flow_text(pieces, opening) + self._separator(pieces))

    @staticmethod
    def _separator(pieces: list[Piece]) -> str:
        return "" if any(isinstance(piece, Comment) for piece in pieces) else ", "

    def _flow_text(self, pieces: list[Piece], at: int) -> str:
        """Entries in flow style: on one line, where there are no comments; else one entry on each line."""
        if any(isinstance(piece, Comment) for piece in pieces):
            column = len(self.layout.indentation(at)) + 4
            return self._flow_lines(pieces, at, column) + self.layout.line_break(at) + " " * column
        return ", ".join(self.flow(piece) for piece in pieces if isinstance(piece, Written))

    def _flow_lines(self, pieces: list[Piece], at: int, column: int) -> str:
        start = self.layout.line_break(at) + " " * column
        lines: list[str] = []
        beside = False
        for piece in pieces:
            if isinstance(piece, Written):
                lines.append(f"{start}{self.flow(piece)},")
            elif beside and not piece.alone:
                lines[-1] += self._gap(piece) + self.layout.text_of(piece)
            else:
                lines.append(start + self.layout.text_of(piece))
            beside = isinstance(piece, Written)
        return "".join(lines)

    def _prepend_block(self, sequence: Sequence, pieces: list[Piece]) -> None:
        layout = self.layout
        first = sequence.items[0]
        dash = layout.find("-", self._behind_anchor(sequence), first.start + 1)
        assert dash is not None  # it is a block sequence
        indent = " " * layout.column(dash)
        same_line = layout.line_start(first.start) == layout.line_start(dash)
        gap = " " * (first.start - dash - 1 if same_line and first.start > dash else 1)
        chunk = "".join(line + layout.line_break(dash) for line in self._block_lines(pieces, indent, gap, like=first))
        if layout.begins_line(dash):
            # Above the comments of the first entry.
            above = layout.comments_above(dash)
            at = layout.line_start(above[0].start if above else dash)
            self.replace(at, at, chunk)
        else:
            self.replace(dash, dash, chunk[len(indent) :] + indent)

    def _block_lines(self, pieces: list[Piece], indent: str, gap: str, like: Node) -> list[str]:
        lines: list[str] = []
        beside: int | None = None
        for piece in pieces:
            if isinstance(piece, Written) and isinstance(like, Mapping) and like.flow:
                beside = len(lines)
                lines.append(f"{indent}-{gap}{self.flow(piece)}")
            elif isinstance(piece, Written):
                beside = len(lines)
                lines.append(f"{indent}-{gap}{self.word('path')}: {self.path(piece, flow=False)}")
                if piece.mode:
                    lines.append(f"{indent} {gap}{self.word('mode')}: {self.word(piece.mode)}")
            elif beside is not None and not piece.alone:
                lines[beside] += self._gap(piece) + self.layout.text_of(piece)
                beside = None
            else:
                lines.append(indent + self.layout.text_of(piece))
                beside = None
        return lines

    @staticmethod
    def _gap(comment: Comment) -> str:
        return comment.gap or "  "

    @staticmethod
    def _behind_anchor(node: Node) -> int:
        return node.start + (len(node.anchor) + 1 if node.anchor is not None else 0)

    # -- writing an entry -------------------------------------------------------------------------

    def quote_like(self, key: Node) -> None:
        """Quote new keys and modes as this key is quoted, which JSON needs."""
        self.quote = key.style if isinstance(key, Scalar) and key.style in ("'", '"') else ""

    def word(self, name: str) -> str:
        """A key or a mode, quoted as the file does it."""
        return self.quote + name + self.quote

    def flow(self, entry: Written) -> str:
        """An entry as a flow mapping."""
        pad = " " if self.layout.pads_braces else ""
        mode = f", {self.word('mode')}: {self.word(entry.mode)}" if entry.mode else ""
        return f"{{{pad}{self.word('path')}: {self.path(entry, flow=True)}{mode}{pad}}}"

    def path(self, entry: Written, *, flow: bool) -> str:
        """The path of an entry as YAML, in flow or in block context."""
        return self.layout.written(entry.node, entry.path, flow=flow)

    def copies(self, folders: Node) -> list[Written]:
        """The entries of a list of folders, to be written again."""
        return [self.folder(item) for item in folders.items] if isinstance(folders, Sequence) else []

    def folder(self, item: Node) -> Written:
        """An entry of `folders`; the mode is empty where it is left out."""
        entries = self.source.entries(item.resolved)
        path = self.source.text(entries["path"].value) if "path" in entries else None
        mode = self.source.text(entries["mode"].value) if "mode" in entries else ""
        if path is None or mode is None or set(entries) - {"path", "mode"}:
            raise RefusalError("XPM401", "this folder cannot be written again", item, "leave only `path` and `mode`")
        return Written(entries["path"].value, path, mode)
