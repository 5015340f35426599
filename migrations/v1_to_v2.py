"""From version 1 (experimaestro up to 2.3) to version 2: `alt_workspaces` become `folders` of mode `use`.

An entry of `alt_workspaces` is the id of a workspace, of equal ids the last, else a path; the entries come
before the folders. A list is rewritten where it stands, item by item; where the workspace has `folders`
already, the entries move in front of these, with the comments that speak of them.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from xpm_config.diagnostics import Diagnostic, Edit, Severity
from xpm_config.document import Alias, Mapping, Node, Scalar, Sequence
from xpm_config.editing import Comment, scalar
from xpm_config.rewriting import RefusalError, Rewrite, Source, Workspace

if TYPE_CHECKING:
    from collections.abc import Iterator

    from xpm_config.values import Entry

FROM, TO = 1, 2
SUMMARY = "`alt_workspaces` become `folders` of mode `use`"

OLD, NEW = "alt_workspaces", "folders"


def upgrade(source: Source) -> Rewrite:
    """Edits that turn every `alt_workspaces` into `folders` entries."""
    return _collect(source, _Upgrade)


def downgrade(source: Source) -> Rewrite:
    """Edits that turn `folders` of mode `use` into `alt_workspaces`; other modes cannot be said in version 1."""
    return _collect(source, _Downgrade)


def _collect(source: Source, step: type[_Upgrade | _Downgrade]) -> Rewrite:
    run = step(source)
    for workspace in source.workspaces:
        try:
            run.workspace(workspace)
        except RefusalError as refusal:
            run.diagnostics.append(refusal.diagnostic)
    edits = () if any(found.severity is Severity.ERROR for found in run.diagnostics) else tuple(run.edits)
    return Rewrite(edits, tuple(run.diagnostics))


class Written(NamedTuple):
    """One entry to write: its path as YAML, in block and in flow context, and its mode."""

    path: str
    flow_path: str
    mode: str


class Item(NamedTuple):
    """One entry of a list with the comments that speak of it: above it, beside it and, of the last, under it."""

    node: Node
    above: list[Comment]
    beside: list[Comment]
    under: list[Comment]


class _Step:
    """What both directions share: where a key stands, and taking pairs and lists apart."""

    def __init__(self, source: Source) -> None:
        self.source = source
        self.layout = source.layout
        self.edits: list[Edit] = []
        self.diagnostics: list[Diagnostic] = []
        # Mappings and lists that are shared are rewritten once.
        self.done: set[int] = set()

    def first_time(self, node: Node) -> bool:
        if id(node) in self.done:
            return False
        self.done.add(id(node))
        return True

    def rename(self, key: Node, name: str) -> None:
        if not isinstance(key, Scalar) or key.style not in ("", "'", '"'):
            raise RefusalError("XPM401", "this key cannot be rewritten", key, "write it as a plain word")
        self.edits.append(Edit(key.content, key.end, f"{key.style}{name}{key.style}"))

    def own(self, mapping: Mapping, name: str) -> Entry | None:
        """A setting that is written in the mapping itself, not merged into it."""
        found = self.source.entries(mapping).get(name)
        return found if found is not None and not found.inherited else None

    def items(self, sequence: Sequence, end: int) -> list[Item]:
        """The items of a list with their comments; `end` is where the comments under the last one end."""
        layout, nodes = self.layout, sequence.items
        found = []
        begin = sequence.start
        for index, node in enumerate(nodes):
            line_end = layout.line_end(node.end)
            shares_line = index + 1 < len(nodes) and nodes[index + 1].start < line_end
            beside = [] if shares_line else layout.comments(node.end, min(line_end, end))
            stop = beside[-1].end if beside else node.end
            inside = layout.comments(node.start, node.end)
            above = layout.comments(begin, node.start)
            under = layout.comments(stop, end) if index + 1 == len(nodes) else []
            found.append(Item(node, above, inside + beside, under))
            begin = stop
        return found

    # -- removing a pair --------------------------------------------------------------------------

    def remove_pair(self, mapping: Mapping, key: Node, value: Node, taken: set[int]) -> None:
        """Remove a pair; comments in its place that are not taken elsewhere stay."""
        index = next(number for number, pair in enumerate(mapping.pairs) if pair[0] is key)
        following = mapping.pairs[index + 1][0] if index + 1 < len(mapping.pairs) else None
        if mapping.flow:
            self._remove_from_flow(mapping, index, key, value, following)
        else:
            self._remove_from_block(key, value, following, taken)

    def _remove_from_flow(
        self, mapping: Mapping, index: int, key: Node, value: Node, following: Node | None
    ) -> None:
        text = self.layout.text
        limit = following.start if following is not None else mapping.end
        comma = self.layout.find(",", value.end, limit)
        start, end = key.start, value.end
        if comma is not None:
            end = comma + 1
            while text[end] == " ":
                end += 1
        elif index > 0:
            previous = mapping.pairs[index - 1][1]
            found = self.layout.find(",", previous.end, key.start)
            if found is None:
                raise RefusalError("XPM401", "this pair cannot be taken out of the mapping", key, None)
            # Without a comma behind it, the one in front of it goes.
            self.edits.append(Edit(found, found + 1, ""))
            start = key.start
            while text[start - 1] == " " and start - 1 > found:
                start -= 1
        self.edits.append(Edit(start, end, ""))

    def _remove_from_block(self, key: Node, value: Node, following: Node | None, taken: set[int]) -> None:
        layout = self.layout
        last = max(value.end, key.end)
        region_end = layout.next_line(last)
        kept = [comment for comment in layout.comments(key.start, region_end) if comment.start not in taken]
        if kept:
            raise RefusalError("XPM401", "a comment is in the way here", key, "move it to a line of its own")
        if layout.begins_line(key.start):
            start = layout.line_start(key.start)
            if region_end >= len(layout.text) and layout.line_end(last) == len(layout.text):
                # The file ends without a line break: it still does.
                start -= len(layout.line_break(start - 1)) if start else 0
            self.edits.append(Edit(start, region_end, ""))
            return
        # The pair shares its line with a dash: what follows moves up.
        if following is None:
            raise RefusalError("XPM401", "this pair cannot be taken out of the mapping", key, None)
        comments = [c for c in layout.comments(region_end, following.start) if c.start not in taken]
        target = comments[0].start if comments else following.start
        self.edits.append(Edit(key.start, target, ""))

    # -- putting entries in front of a list -------------------------------------------------------

    def prepend(self, key: Node, value: Node, written: list[Written], items: list[Item], leading: list[Comment]) -> None:
        """Put entries in front of the list that is the value of a key; their comments come along."""
        target = value.resolved
        if isinstance(value, Alias):
            copies = self.copies(target)
            self.edits.append(Edit(value.start, value.end, "[" + ", ".join([*map(self.flow, written), *copies]) + "]"))
            self._comments_above(key, items, leading)
        elif isinstance(target, Sequence) and target.flow:
            separator = ", " if target.items else ""
            opening = self.layout.text.index("[", target.start) + 1
            mapping = self.source.owners[id(key)]
            if mapping.flow and self._has_comments(items, leading):
                self.edits.append(Edit(opening, opening, self._flow_chunk(written, items, leading, opening) + separator))
                return
            text = ", ".join(map(self.flow, written)) + separator
            self.edits.append(Edit(opening, opening, text))
            self._comments_above(key, items, leading)
        elif isinstance(target, Sequence):
            self._prepend_block(target, written, items, leading)
        else:
            # An empty value.
            text = "[" + ", ".join(map(self.flow, written)) + "]"
            at = target.end
            self.edits.append(Edit(target.start, at, text if target.end > target.start else " " + text))
            self._comments_above(key, items, leading)

    @staticmethod
    def _has_comments(items: list[Item], leading: list[Comment]) -> bool:
        return bool(leading) or any(item.above or item.beside or item.under for item in items)

    def _comments_above(self, key: Node, items: list[Item], leading: list[Comment]) -> None:
        """Where entries go into a list on one line, their comments stand above its key."""
        comments = [*leading, *(c for item in items for c in (*item.above, *item.beside, *item.under))]
        if not comments:
            return
        layout = self.layout
        if not layout.begins_line(key.start):
            raise RefusalError("XPM401", "there is no place for the comments here", key, "put `folders` on its own line")
        start = layout.line_start(key.start)
        indent, line_break = " " * layout.column(key.start), layout.line_break(key.start)
        lines = "".join(f"{indent}{layout.text_of(comment)}{line_break}" for comment in comments)
        self.edits.append(Edit(start, start, lines))

    def _flow_chunk(self, written: list[Written], items: list[Item], leading: list[Comment], at: int) -> str:
        """Entries inside a flow mapping, with their comments: each comment ends its line."""
        layout = self.layout
        indent = layout.line_break(at) + layout.indentation(at) + "    "
        text = "".join(f" {layout.text_of(comment)}{indent}" for comment in leading)
        for number, (entry, item) in enumerate(zip(written, items, strict=True)):
            text += "".join(f" {layout.text_of(comment)}{indent}" for comment in item.above)
            text += self.flow(entry) + (", " if number + 1 < len(written) else "")
            text += "".join(f" {layout.text_of(comment)}{indent}" for comment in (*item.beside, *item.under))
        return text

    def _prepend_block(
        self, sequence: Sequence, written: list[Written], items: list[Item], leading: list[Comment]
    ) -> None:
        layout, text = self.layout, self.layout.text
        first = sequence.items[0]
        dash = layout.find("-", self._behind_anchor(sequence), first.start + 1)
        if dash is None:
            raise RefusalError("XPM401", "these folders cannot be added to", sequence, None)
        # A list that begins on its own line is added to at its top, above the comments of its first item.
        at = layout.next_line(layout.line_start(dash) - 1) if layout.begins_line(dash) else dash
        if layout.begins_line(dash):
            at = self._top_of_list(sequence, dash)
        indent = " " * layout.column(dash)
        inner = " " * (layout.column(first.start) if layout.line_start(first.start) == layout.line_start(dash) else len(indent) + 2)
        gap = text[dash + 1 : first.start] if set(text[dash + 1 : first.start]) == {" "} else " "
        line_break = layout.line_break(dash)
        lines = [indent + layout.text_of(comment) for comment in leading]
        for number, entry in enumerate(written):
            item = items[number] if items else None
            lines += [indent + layout.text_of(comment) for comment in (item.above if item else ())]
            beside = "".join(comment.gap + layout.text_of(comment) for comment in (item.beside[:1] if item else ()))
            lines.append(f"{indent}-{gap}{self.key('path')}: {entry.path}{beside}")
            if entry.mode:
                lines.append(f"{inner}{self.key('mode')}: {self.word(entry.mode)}")
            lines += [indent + layout.text_of(comment) for comment in (item.beside[1:] + item.under if item else ())]
        chunk = "".join(line + line_break for line in lines)
        self.edits.append(Edit(at, at, chunk if at != dash else chunk[len(indent) :] + indent))

    @staticmethod
    def _behind_anchor(sequence: Sequence) -> int:
        return sequence.start + (len(sequence.anchor) + 1 if sequence.anchor is not None else 0)

    def _top_of_list(self, sequence: Sequence, dash: int) -> int:
        """The line behind the one on which the key of a block list stands."""
        layout = self.layout
        above = layout.comments(0, layout.line_start(dash))
        at = layout.line_start(dash)
        for comment in reversed(above):
            if not comment.alone or layout.next_line(comment.start) != at:
                break
            at = layout.line_start(comment.start)
        return at

    # -- writing an entry -------------------------------------------------------------------------

    quote_keys = False

    def key(self, name: str) -> str:
        return f'"{name}"' if self.quote_keys else name

    word = key

    def flow(self, entry: Written) -> str:
        pad = " " if self.layout.pads_braces else ""
        mode = f", {self.key('mode')}: {self.word(entry.mode)}" if entry.mode else ""
        return f"{{{pad}{self.key('path')}: {entry.flow_path}{mode}{pad}}}"

    def copies(self, target: Node) -> list[str]:
        """The entries of a list of folders, written again."""
        if not isinstance(target, Sequence):
            return []
        copies = []
        for item in target.items:
            entries = self.source.entries(item.resolved)
            path = self.source.text(entries["path"].value) if "path" in entries else None
            mode = self.source.text(entries["mode"].value) if "mode" in entries else ""
            if path is None or mode is None or set(entries) - {"path", "mode"}:
                raise RefusalError("XPM401", "this folder cannot be copied", item, "write it without an alias")
            copies.append(self.flow(Written("", self.layout.written(entries["path"].value, path, flow=True), mode)))
        return copies


class _Upgrade(_Step):
    def workspace(self, workspace: Workspace) -> None:
        """Rewrite the alternatives of one workspace, wherever they are written."""
        old = workspace.entries.get(OLD)
        if old is None:
            return
        new = workspace.entries.get(NEW)
        owner = self.source.owners[id(old.key)]
        if new is not None and new.inherited and self.source.owners[id(new.key)] is not owner:
            hint = f"write the entries of `{NEW}` in this workspace, then migrate"
            raise RefusalError("XPM403", f"`{NEW}` is merged into a workspace that has `{OLD}` of its own", old.key, hint)
        self.quote_keys = isinstance(old.key, Scalar) and old.key.style == '"'
        if self.first_time(owner):
            self._rewrite(owner, old)
        if old.inherited and new is not None and not new.inherited:
            written = [self.entry(node) for node in self._list(old).items]
            self.prepend(new.key, new.site, written, [], [])

    def _list(self, old: Entry) -> Sequence:
        if not isinstance(old.value, Sequence):
            raise RefusalError("XPM401", f"`{OLD}` must be a list", old.site, "run `xpm-config validate`")
        return old.value

    def _rewrite(self, owner: Mapping, old: Entry) -> None:
        """Rewrite the pair in the mapping that holds it."""
        new = self.own(owner, NEW)
        sequence = self._list(old)
        if new is not None:
            self._move(owner, old, new)
            return
        self.rename(old.key, NEW)
        if not isinstance(old.site, Alias):
            self._in_place(sequence)
        elif self._only_alternatives(sequence):
            if self.first_time(sequence):
                self._in_place(sequence)
        else:
            entries = ", ".join(self.flow(self.entry(node)) for node in sequence.items)
            self.edits.append(Edit(old.site.start, old.site.end, f"[{entries}]"))

    def _only_alternatives(self, sequence: Sequence) -> bool:
        """Whether a shared list is used as `alt_workspaces` alone, and moved nowhere."""
        uses = 0
        for owner in {id(node): node for node in self.source.owners.values()}.values():
            for key, value in owner.pairs:
                if isinstance(value, Alias) and value.target is sequence:
                    if self.source.text(key) != OLD or self.own(owner, NEW) is not None:
                        return False
                    uses += 1
        return uses == self.source.references[id(sequence)]

    def _in_place(self, sequence: Sequence) -> None:
        """Turn a list of references into a list of folders, item by item."""
        if self.source.references[id(sequence)] and not self._only_alternatives(sequence):
            raise RefusalError(
                "XPM403", "this list is used for something else as well", sequence, "write the other one out"
            )
        self.done.add(id(sequence))
        for node in sequence.items:
            entry = self.entry(node)
            if sequence.flow:
                self.edits.append(Edit(node.start, node.end, self.flow(entry)))
                continue
            self.edits.append(Edit(node.start, node.end, f"{self.key('path')}: {entry.path}"))
            if entry.mode:
                line_end = self.layout.line_end(node.end)
                indent = " " * self.layout.column(node.start)
                line = f"{self.layout.line_break(node.end)}{indent}{self.key('mode')}: {self.word(entry.mode)}"
                self.edits.append(Edit(line_end, line_end, line))

    def _move(self, owner: Mapping, old: Entry, new: Entry) -> None:
        """Put the entries in front of the folders that the mapping has, and remove the old pair."""
        written = [self.entry(node) for node in self._list(old).items]
        site = old.site
        if isinstance(site, Alias) or site.anchor is not None:
            items = [Item(node, [], [], []) for node in self._list(old).items]
            leading = self._comments_beside(old.key, site)
            if site.anchor is not None and self.source.references[id(site)]:
                raise RefusalError("XPM403", "this list is used in another place, too", site, "write that one out")
        else:
            assert isinstance(site, Sequence)
            items = self.items(site, self._end_of_comments(old.key, site))
            leading = self._leading(old.key, site)
            if site.flow and not owner.flow:
                # On one line, a comment at the end speaks of the list.
                leading += self._comments_beside(old.key, site)
        leading = [c for c in leading if not any(c in (*i.above, *i.beside, *i.under) for i in items)]
        taken = {c.start for c in leading} | {c.start for i in items for c in (*i.above, *i.beside, *i.under)}
        if not items and not written:
            self.remove_pair(owner, old.key, site, taken | {c.start for c in self._comments_beside(old.key, site)})
            self._comments_above(new.key, [], leading)
            return
        self.prepend(new.key, new.site, written, items, leading)
        for comment in self._own_lines(taken, old.key, site):
            self.edits.append(comment)
        self.remove_pair(owner, old.key, site, taken)

    def _leading(self, key: Node, value: Node) -> list[Comment]:
        """Comments between the key and the first entry, on the line of the key."""
        end = min(self.layout.line_end(key.end), value.start) if not value.start < key.end else key.end
        return self.layout.comments(key.end, max(end, key.end))

    def _comments_beside(self, key: Node, value: Node) -> list[Comment]:
        return self.layout.comments(max(key.end, value.end), self.layout.line_end(max(key.end, value.end)))

    def _end_of_comments(self, key: Node, value: Sequence) -> int:
        """Where the comments under the last entry end: they are indented more than the key."""
        if value.flow:
            return value.end
        layout = self.layout
        end = layout.line_end(value.end)
        column = layout.column(key.start)
        at = layout.next_line(end)
        while at < len(layout.text):
            line = layout.text[at : layout.line_end(at)]
            stripped = line.lstrip(" \t")
            if stripped and not (stripped.startswith("#") and len(line) - len(stripped) > column):
                break
            if stripped:
                end = layout.line_end(at)
            following = layout.next_line(at)
            if following == at:
                break
            at = following
        return end

    def _own_lines(self, taken: set[int], key: Node, value: Node) -> Iterator[Edit]:
        """Remove the lines of comments that moved and that the pair's own lines do not cover."""
        layout = self.layout
        last = layout.next_line(max(value.end, key.end))
        for start in sorted(taken):
            if start >= last:
                line = layout.line_start(start)
                yield Edit(line, layout.next_line(start), "")

    # -- what an entry means ----------------------------------------------------------------------

    def entry(self, node: Node) -> Written:
        """The folder that a reference stands for."""
        text = self.source.text(node)
        if text is None:
            raise RefusalError("XPM401", "this entry must be text", node, "run `xpm-config validate`")
        mode = "use" if self.source.options.write_mode else ""
        target = self._ids.get(text)
        if target is not None:
            path_node, path = self._path_of(target, node)
            self._check_target(target, path, node)
        else:
            path_node, path = node.resolved, self._as_path(text, node)
        layout = self.layout
        return Written(
            layout.written(path_node, path, flow=False), layout.written(path_node, path, flow=True), mode
        )

    @property
    def _ids(self) -> dict[str, Workspace]:
        """The workspaces by id: of equal ids the last counts."""
        ids = getattr(self, "_known_ids", None)
        if ids is None:
            ids = {}
            for workspace in self.source.workspaces:
                name = self.source.text(workspace.entries["id"].value) if "id" in workspace.entries else None
                if name is not None:
                    ids[name] = workspace
            self._known_ids = ids
        return ids

    def _path_of(self, workspace: Workspace, node: Node) -> tuple[Node, str]:
        found = workspace.entries.get("path")
        path = self.source.text(found.value) if found is not None else None
        if found is None or path is None:
            raise RefusalError("XPM401", "the workspace behind this id has no path", node, "give it a `path`")
        return found.value, path

    def _check_target(self, target: Workspace, path: str, node: Node) -> None:
        ssh = target.entries.get("ssh")
        host = self.source.entries(ssh.value).get("host") if ssh is not None else None
        if host is not None and self.source.text(host.value):
            message = "this is a remote workspace: its path is looked for on this machine, as before"
            self.diagnostics.append(self.source.warning("XPM203", message, node))
        elif not path.startswith(("/", "~", "$")):
            message = "the path behind this id is relative: it depends on the directory in which experimaestro is started"
            self.diagnostics.append(self.source.warning("XPM212", message, node))

    def _as_path(self, text: str, node: Node) -> str:
        if "${" in text and not self._is_surely_path(text):
            hint = "write the path, or the id, without `${…}`"
            raise RefusalError("XPM401", "what this stands for depends on the environment", node, hint)
        if "/" in text or text.startswith(("~", ".")) or self.source.options.keep_unknown_ids or "${" in text:
            return text or "."
        close = [name for name in self._ids if name.lower() == text.lower()]
        hint = f"did you mean `{close[0]}`? " if close else ""
        hint += "experimaestro takes it for a path in the current directory: `--unknown-ids keep-as-path` does so, too"
        raise RefusalError("XPM402", f"there is no workspace `{text}`", node, hint)

    def _is_surely_path(self, text: str) -> bool:
        """Whether a text with `${…}` cannot turn out to be an id."""
        before, after = text.partition("${")[0], text.rpartition("}")[2]
        return not any("${" in name or (name.startswith(before) and name.endswith(after)) for name in self._ids)


class _Downgrade(_Step):
    def workspace(self, workspace: Workspace) -> None:
        """Rewrite the folders of one workspace, wherever they are written."""
        new = workspace.entries.get(NEW)
        if "lock_mode" in workspace.entries:
            key = workspace.entries["lock_mode"].key
            raise RefusalError("XPM404", "version 1 has no `lock_mode`", key, "remove it first")
        if new is None:
            return
        if not isinstance(new.value, Sequence):
            raise RefusalError("XPM401", f"`{NEW}` must be a list", new.site, "run `xpm-config validate`")
        old = workspace.entries.get(OLD)
        owner = self.source.owners[id(new.key)]
        self.quote_keys = isinstance(new.key, Scalar) and new.key.style == '"'
        paths = [self._path(item) for item in new.value.items]
        if old is not None and (old.inherited or new.inherited):
            hint = "write the entries of both lists in this workspace, then migrate"
            raise RefusalError("XPM403", f"`{OLD}` and `{NEW}` are merged here", new.key, hint)
        if not self.first_time(owner):
            return
        if old is not None:
            raise RefusalError(
                "XPM404", f"`{OLD}` and `{NEW}` in one workspace", new.key, "migrate to version 2 first, then back"
            )
        self.rename(new.key, OLD)
        if isinstance(new.site, Alias):
            if self.source.references[id(new.value)] and self._shared_by_folders(new.value):
                if self.first_time(new.value):
                    self._in_place(new.value, paths)
                return
            listed = ", ".join(flow for _, flow in paths)
            self.edits.append(Edit(new.site.start, new.site.end, f"[{listed}]"))
        else:
            if self.source.references[id(new.value)] and not self._shared_by_folders(new.value):
                raise RefusalError("XPM403", "this list is used for something else as well", new.site, None)
            self.done.add(id(new.value))
            self._in_place(new.value, paths)

    def _shared_by_folders(self, sequence: Sequence) -> bool:
        owners = {id(node): node for node in self.source.owners.values()}.values()
        uses = [
            self.source.text(key) == NEW
            for owner in owners
            for key, value in owner.pairs
            if isinstance(value, Alias) and value.target is sequence
        ]
        return all(uses) and len(uses) == self.source.references[id(sequence)]

    def _path(self, item: Node) -> tuple[str, str]:
        """The path of a folder of mode `use`, as a reference in block and in flow context."""
        entries = self.source.entries(item.resolved)
        mode = self.source.text(entries["mode"].value) if "mode" in entries else "use"
        path = self.source.text(entries["path"].value) if "path" in entries else None
        if path is None or set(entries) - {"path", "mode"}:
            raise RefusalError("XPM401", "this entry is no folder", item, "run `xpm-config validate`")
        if mode != "use":
            raise RefusalError("XPM404", f"version 1 has no folders of mode `{mode}`", item, "remove it first")
        node = entries["path"].value
        if path in self._ids:
            # As a reference it would be the id: `./` in front makes it a path again.
            return scalar(f"./{path}", flow=False), scalar(f"./{path}", flow=True)
        return self.layout.written(node, path, flow=False), self.layout.written(node, path, flow=True)

    @property
    def _ids(self) -> set[str | None]:
        workspaces = self.source.workspaces
        return {self.source.text(found.value) for ws in workspaces if (found := ws.entries.get("id")) is not None}

    def _in_place(self, sequence: Sequence, paths: list[tuple[str, str]]) -> None:
        for item, (path, flow_path) in zip(sequence.items, paths, strict=True):
            if item.anchor is not None and self.source.references[id(item)]:
                raise RefusalError("XPM403", "this folder is used in another place, too", item, "write that one out")
            comments = self.layout.comments(item.start, self.layout.line_end(item.end))
            if sequence.flow or isinstance(item, Alias):
                inside = [comment for comment in comments if comment.start < item.end]
                if inside:
                    raise RefusalError("XPM401", "a comment is in the way here", item, "move it out of the entry")
                self.edits.append(Edit(item.start, item.end, flow_path if sequence.flow else path))
                continue
            self._block_item(item, path, comments)

    def _block_item(self, item: Node, path: str, comments: list[Comment]) -> None:
        """`path: X` and `mode: use` on lines of their own become `X`; comments keep their order."""
        layout = self.layout
        indent = " " * layout.column(item.start)
        lines = path
        first_line_end = layout.line_end(item.start)
        for comment in comments:
            if comment.start < first_line_end and "#" not in lines:
                lines += comment.gap + layout.text_of(comment)
            else:
                lines += layout.line_break(item.start) + indent + layout.text_of(comment)
        self.edits.append(Edit(item.start, layout.line_end(item.end) if comments else item.end, lines))


__all__ = ["FROM", "SUMMARY", "TO", "downgrade", "upgrade"]
