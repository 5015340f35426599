"""From version 1 (experimaestro up to 2.3) to version 2: `alt_workspaces` become `folders` of mode `use`.

An entry of `alt_workspaces` is the id of a workspace, of equal ids the last, else a path; the entries come
before the folders. A list is rewritten where it stands, item by item; where the mapping has `folders`
already, the entries move in front of these, with the comments that speak of them.
"""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING

from xpm_config.diagnostics import Severity
from xpm_config.document import Alias, Mapping, Node, Scalar, Sequence
from xpm_config.listing import ListEditor, Written
from xpm_config.rewriting import RefusalError, Rewrite, Source, Workspace

if TYPE_CHECKING:
    from xpm_config.values import Entry

FROM, TO = 1, 2
SUMMARY = "`alt_workspaces` become `folders` of mode `use`"
SUMMARY_DOWN = "`folders` of mode `use` become `alt_workspaces`"
REWRITES = "alt_workspaces"
"""The key without which there is nothing to upgrade."""

OLD, NEW = "alt_workspaces", "folders"
VALIDATE = "run `xpm-config validate`"


def upgrade(source: Source) -> Rewrite:
    """Edits that turn every `alt_workspaces` into `folders` entries."""
    return _Upgrade(source).run()


def downgrade(source: Source) -> Rewrite:
    """Edits that turn `folders` of mode `use` into `alt_workspaces`; other modes cannot be said in version 1."""
    return _Downgrade(source).run()


class _Step(ListEditor):
    """What both directions share: the way through the workspaces, and lists that are rewritten in place."""

    name: str
    """The key that is rewritten."""

    def run(self) -> Rewrite:
        """Rewrite all workspaces; with one refusal, there are no edits."""
        for workspace in self.source.workspaces:
            try:
                self.workspace(workspace)
            except RefusalError as refusal:
                self.diagnostics.append(refusal.diagnostic)
        found = tuple(dict.fromkeys(self.diagnostics))
        refused = any(diagnostic.severity is Severity.ERROR for diagnostic in found)
        return Rewrite(() if refused else tuple(self.edits), found)

    def workspace(self, workspace: Workspace) -> None:
        """Rewrite what counts for one workspace, wherever it is written."""
        raise NotImplementedError

    def owner(self, entry: Entry) -> Mapping:
        """The mapping in which a setting is written."""
        return self.source.owners[id(entry.key)]

    def sources_of(self, workspace: Workspace) -> list[Mapping]:
        """The mappings from which the key that is rewritten comes, those among them that `<<` overrides."""
        triples = self.source.constructor.flattened(workspace.node)
        return [self.source.owners[id(key)] for key, _, _ in triples if self.source.text(key) == self.name]

    @cached_property
    def owners(self) -> set[int]:
        """The identities of all mappings in which the key is rewritten."""
        return {id(owner) for workspace in self.source.workspaces for owner in self.sources_of(workspace)}

    def list_of(self, entry: Entry) -> Sequence:
        """The list that a setting holds."""
        if not isinstance(entry.value, Sequence):
            raise RefusalError("XPM401", "this must be a list", entry.site, VALIDATE)
        return entry.value

    def rewrite_list(self, entry: Entry) -> None:
        """Rewrite a list in place: where it is defined, or as a copy in the place of its alias."""
        sequence = self.list_of(entry)
        if self.shared_as(sequence, self.name, self.owners):
            if self.first_time(sequence):
                self.in_place(sequence)
        elif isinstance(entry.site, Alias):
            self.replace(entry.site.start, entry.site.end, f"[{', '.join(self.flow_items(sequence))}]")
        else:
            self.check_unshared(sequence)

    def in_place(self, sequence: Sequence) -> None:
        """Rewrite a list item by item."""
        raise NotImplementedError

    def flow_items(self, sequence: Sequence) -> list[str]:
        """The items of a list, rewritten, in flow style."""
        raise NotImplementedError

    @cached_property
    def ids(self) -> dict[str, Workspace]:
        """The workspaces by id: of equal ids the last counts."""
        found = {}
        for workspace in self.source.workspaces:
            name = self.source.text(workspace.entries["id"].value) if "id" in workspace.entries else None
            if name is not None:
                found[name] = workspace
        return found


class _Upgrade(_Step):
    name = OLD

    def workspace(self, workspace: Workspace) -> None:
        """Rewrite the alternatives of one workspace, wherever they are written."""
        old, new = workspace.entries.get(OLD), workspace.entries.get(NEW)
        if old is None:
            return
        self._check_merges(old, new)
        for owner in self.sources_of(workspace):
            if self.first_time(owner):
                self._rewrite(owner, self.source.entries(owner)[OLD])
        if new is not None and self.owner(old) is not workspace.node is self.owner(new):
            self._add_inherited(workspace, old, new)

    def _check_merges(self, old: Entry, new: Entry | None) -> None:
        """Refuse where folders that are merged would no longer count, or would hide the new ones."""
        if new is None or not new.inherited or self.owner(new) is self.owner(old):
            return
        if old.inherited or not _is_empty(new.value):
            hint = f"write `{OLD}` and `{NEW}` in this workspace, without `<<`, then migrate"
            raise RefusalError("XPM403", f"`{OLD}` and `{NEW}` come from different mappings", old.key, hint)

    def _rewrite(self, owner: Mapping, old: Entry) -> None:
        """Rewrite the pair in the mapping that holds it."""
        self.check_single(owner, OLD, NEW)
        self.quote_like(old.key)
        new = self.source.entries(owner).get(NEW)
        if new is None or new.inherited:
            self.rename(old.key, NEW)
            self.rewrite_list(old)
        elif isinstance(new.value, Scalar) or (_is_empty(new.value) and not self.on_one_line(old.site)):
            self.check_unshared(new.site)
            self.remove_pair(owner, new.key, new.site)
            self.rename(old.key, NEW)
            self.rewrite_list(old)
        else:
            sequence = self.list_of(old)
            self.check_unshared(old.site)
            comments = self.comments_of(owner, old.key, old.site)
            if sequence.items:
                self.prepend(new, self.pieces(old.site, self.entries(sequence), comments))
            self.remove_pair(owner, old.key, old.site, comments if sequence.items else ())

    def _add_inherited(self, workspace: Workspace, old: Entry, new: Entry) -> None:
        """Put alternatives that are merged in front of the folders that would hide them."""
        self.check_single(workspace.node, NEW)
        self.quote_like(new.key)
        entries = self.entries(self.list_of(old))
        if entries and self.first_time(workspace.node):
            self.prepend(new, [*entries])

    def in_place(self, sequence: Sequence) -> None:
        """Turn a list of references into a list of folders, item by item."""
        layout = self.layout
        for node, entry in zip(sequence.items, self.entries(sequence), strict=True):
            comments = layout.comments(node.start, node.end)
            if sequence.flow:
                if comments:
                    raise RefusalError("XPM401", "a comment is in the way here", node, "move it to a line of its own")
                self.replace(node.start, node.end, self.flow(entry))
                continue
            beside = "".join(f"  {layout.text_of(comment)}" for comment in comments[:1])
            self.replace(node.start, node.end, f"{self.word('path')}: {self.path(entry, flow=False)}{beside}")
            start = layout.line_break(node.end) + " " * layout.column(node.start)
            lines = [layout.text_of(comment) for comment in comments[1:]]
            if entry.mode:
                lines.append(f"{self.word('mode')}: {self.word(entry.mode)}")
            end = layout.line_end(node.end)
            self.replace(end, end, "".join(start + line for line in lines))

    def flow_items(self, sequence: Sequence) -> list[str]:
        """The folders that a list of references stands for, in flow style."""
        return [self.flow(entry) for entry in self.entries(sequence)]

    # -- what an entry means ----------------------------------------------------------------------

    def entries(self, sequence: Sequence) -> list[Written]:
        """The folders that references stand for; one that is refused stands as it is."""
        found = []
        for node in sequence.items:
            try:
                self.check_unshared(node)
                found.append(self._entry(node))
            except RefusalError as refusal:
                self.diagnostics.append(refusal.diagnostic)
                found.append(Written(node, ""))
        return found

    def _entry(self, node: Node) -> Written:
        text = self.source.text(node)
        if text is None:
            raise RefusalError("XPM401", "this entry must be text", node, VALIDATE)
        self._check_references(text, node)
        target = self.ids.get(text)
        mode = "use" if self.source.options.write_mode else ""
        if target is None:
            self._check_path(text, node)
            return Written(node.resolved, text or ".", mode)
        found = target.entries.get("path")
        path = self.source.text(found.value) if found is not None else None
        if found is None or path is None:
            raise RefusalError("XPM401", "the workspace behind this id has no path", node, "give it a `path`")
        self._check_target(target, path, node)
        return Written(found.value, path, mode)

    def _check_target(self, target: Workspace, path: str, node: Node) -> None:
        ssh = target.entries.get("ssh")
        host = self.source.entries(ssh.value).get("host") if ssh is not None else None
        if host is not None and self.source.text(host.value):
            message = "this is a remote workspace: its path is looked for on this machine, as before"
            self.diagnostics.append(self.source.warning("XPM203", message, node))
        elif not path.startswith(("/", "~", "$")):
            message = (
                "the path behind this id is relative: it depends on the directory in which experimaestro is started"
            )
            self.diagnostics.append(self.source.warning("XPM212", message, node))

    def _check_path(self, text: str, node: Node) -> None:
        if "/" in text or text.startswith(("~", ".")) or "${" in text or self.source.options.keep_unknown_ids:
            return
        close = [name for name in self.ids if name.lower() == text.lower()]
        hint = f"did you mean `{close[0]}`? " if close else ""
        hint += "experimaestro takes it for a path in the current directory: `--unknown-ids keep-as-path` does so, too"
        raise RefusalError("XPM402", f"there is no workspace `{text}`", node, hint)

    def _check_references(self, text: str, node: Node) -> None:
        """Refuse an entry for which the environment decides whether it is an id."""
        for name in self.ids if "${" in text else self._variable_ids:
            if _may_equal(name, text):
                hint = "write the path, or the id, without `${…}`"
                raise RefusalError("XPM401", "what this stands for depends on the environment", node, hint)

    @cached_property
    def _variable_ids(self) -> list[str]:
        return [name for name in self.ids if "${" in name]


def _is_empty(folders: Node) -> bool:
    return not (isinstance(folders, Sequence) and folders.items)


def _may_equal(one: str, other: str) -> bool:
    """Whether two texts may become the same once `${…}` is replaced: their ends tell, mostly."""
    (head, tail), (other_head, other_tail) = (
        (text.partition("${")[0], text.rpartition("}")[2] if "${" in text else text) for text in (one, other)
    )
    heads = head.startswith(other_head) or other_head.startswith(head)
    return heads and (tail.endswith(other_tail) or other_tail.endswith(tail))


class _Downgrade(_Step):
    name = NEW

    def workspace(self, workspace: Workspace) -> None:
        """Rewrite the folders of one workspace, wherever they are written."""
        old, new = workspace.entries.get(OLD), workspace.entries.get(NEW)
        if new is None:
            return
        if old is not None:
            hint = "migrate to version 2 first, then back"
            raise RefusalError("XPM404", f"`{OLD}` and `{NEW}` in one workspace", new.key, hint)
        for owner in self.sources_of(workspace):
            if self.first_time(owner):
                entry = self.source.entries(owner)[NEW]
                self.check_single(owner, NEW)
                self.rename(entry.key, OLD)
                self.rewrite_list(entry)

    def in_place(self, sequence: Sequence) -> None:
        """Turn a list of folders into a list of references, item by item; comments keep their order."""
        layout = self.layout
        for item, reference in zip(sequence.items, self._references(sequence), strict=True):
            start = layout.line_break(item.start) + " " * layout.column(item.start)
            comments = layout.comments(item.start, item.end)
            if sequence.flow:
                inside = "".join(f" {layout.text_of(comment)}{start}" for comment in comments)
                self.replace(item.start, item.end, self.path(reference, flow=True) + inside)
                continue
            end = item.end
            text = self.path(reference, flow=False)
            if comments:
                end = layout.line_end(item.end)
                comments = layout.comments(item.start, end)
                text += "  " + start.join(layout.text_of(comment) for comment in comments)
            self.replace(item.start, end, text)

    def flow_items(self, sequence: Sequence) -> list[str]:
        """The references that folders are, in flow style."""
        return [self.path(reference, flow=True) for reference in self._references(sequence)]

    def _references(self, sequence: Sequence) -> list[Written]:
        """The folders as references; one that is refused stands as it is."""
        found = []
        for item in sequence.items:
            try:
                self.check_unshared(item)
                found.append(self._reference(item))
            except RefusalError as refusal:
                self.diagnostics.append(refusal.diagnostic)
                found.append(Written(item, ""))
        return found

    def _reference(self, item: Node) -> Written:
        folder = self.folder(item)
        if folder.mode not in ("", "use"):
            raise RefusalError("XPM404", f"version 1 has no folders of mode `{folder.mode}`", item, "remove it first")
        if folder.path not in self.ids:
            return folder
        # As a reference it would be the id: `./` in front makes it a path again.
        if folder.path.startswith(("/", "~")):
            raise RefusalError("XPM404", "in version 1 this path would be an id", item, "rename that workspace")
        return folder._replace(path=f"./{folder.path}")
