"""What a schema cannot say: one function for each question about the meaning of the settings.

Each rule takes the context and yields its findings; `RULES` lists them in the order of their codes. To
add one: write it here, describe its code in `codes.py`, and add an example on each side in
`tests/examples/`.
"""

from __future__ import annotations

import os.path
import re
from typing import TYPE_CHECKING, Any

from xpm_config import globs
from xpm_config.context import is_secret
from xpm_config.diagnostics import Diagnostic, Edit, Fix, Note, Severity
from xpm_config.document import Alias, Mapping, Node, Scalar, Sequence
from xpm_config.loaders import PYDANTIC_SINCE
from xpm_config.loaders.pydantic import VARIABLE, interpolate
from xpm_config.location import expanded
from xpm_config.values import INVALID, MERGE
from xpm_config.wording.keys import is_misspelled
from xpm_config.wording.parts import close_to, fixable, quote, span_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from xpm_config.context import Context, Workspace
    from xpm_config.outline import Setting

MAX_COMPARISONS = 1_000
"""No more pairs of triggers than this are compared in one file."""

_INTERPOLATION = re.compile(r"\$\{[^}]*\}?")
_SHELL_VARIABLE = re.compile(r"\$[A-Za-z_][A-Za-z0-9_]*")


def _warning(
    code: str, message: str, setting: Setting, help_text: str | None = None, *notes: Note, fix: Fix | None = None
) -> Diagnostic:
    return Diagnostic(code, Severity.WARNING, message, span_of(setting.site), notes, help_text, fix, setting.key)


def _error(code: str, message: str, setting: Setting, help_text: str | None = None, *notes: Note) -> Diagnostic:
    return Diagnostic(code, Severity.ERROR, message, span_of(setting.site), notes, help_text, None, setting.key)


# -- the file -----------------------------------------------------------------------------------------


def duplicate_keys(context: Context) -> Iterator[Diagnostic]:
    """XPM005: a key that stands twice in one mapping; the loader keeps the last one, or refuses the file."""
    waiting: list[Node] = [root] if (root := context.document.root) is not None else []
    while waiting:
        node = waiting.pop()
        if isinstance(node, Sequence):
            waiting.extend(node.items)
        elif isinstance(node, Mapping):
            waiting.extend(value for _, value in node.pairs)
            if len(node.pairs) > 1:
                yield from _duplicates(context, node)


def _duplicates(context: Context, node: Mapping) -> Iterator[Diagnostic]:
    seen: dict[Any, int] = {}
    for index, (key, _) in enumerate(node.pairs):
        if context.constructor.tag(key.resolved) == MERGE:
            continue
        value = context.constructor.value(key)
        if value is INVALID or isinstance(value, (list, dict, set)):
            continue
        if value not in seen:
            seen[value] = index
            continue
        first = node.pairs[seen[value]]
        written, before = context.source(span_of(key)), context.source(span_of(first[0]))
        message = f"the key `{written}` stands twice here: only the last one counts"
        if written != before and not isinstance(value, str):
            message = f"the keys `{before}` and `{written}` are the same value in YAML: only the last one counts"
        note = Note("first written here", span_of(first[0]))
        # Keys that are no text are equal by chance: `1` and `true`. They want quotes, not removal.
        fix = _removal(context, node, seen[value]) if isinstance(value, str) else None
        help_text = "remove one of the two" if isinstance(value, str) else "quote both"
        seen[value] = index
        yield Diagnostic("XPM005", Severity.ERROR, message, span_of(key), (note,), help_text, fix)


def _removal(context: Context, node: Mapping, index: int) -> Fix | None:
    """Remove a pair that does not count: whole lines of a block mapping, without anchors that others use."""
    key, value = node.pairs[index]
    text = context.document.text
    if node.flow or index == 0 or "&" in text[key.start : value.end] or not isinstance(value, Scalar):
        return None
    start = context.document.line_starts[context.document.position(key.start).line - 1]
    line = context.document.position(max(value.end - 1, key.start)).line
    if text[start : key.start].strip() or line >= len(context.document.line_starts):
        return None
    end = context.document.line_starts[line]
    if text[value.end : end].strip():
        return None
    return Fix("remove the one that does not count", (Edit(start, end, ""),), safe=True)


# -- workspaces ---------------------------------------------------------------------------------------


def duplicate_ids(context: Context) -> Iterator[Diagnostic]:
    """XPM201: two workspaces with one id; most look-ups find the first, `alt_workspaces` the last."""
    seen: dict[str, Setting] = {}
    for workspace in context.workspaces:
        name = workspace.id
        if name is None or not name.text:
            continue
        first = seen.setdefault(name.text, name)
        if first is name:
            continue
        place, message = name, f"the workspace id `{name.text}` is taken"
        if name.site is first.site:
            # It came in through `<<` or an alias: the item is what the user can change.
            place, message = _inheriting(context, workspace), f"this workspace inherits the id `{name.text}`"
        note = Note("first used here", span_of(first.site))
        yield _error("XPM201", message, place, "give this workspace an id of its own", note)


def _inheriting(context: Context, workspace: Workspace) -> Setting:
    """The item of a workspace, underlined where it inherits: at its `<<`, or at the alias that it is."""
    node = workspace.item.node
    if isinstance(node, Mapping) and not isinstance(workspace.item.site, Alias):
        for key, value in node.pairs:
            if context.constructor.tag(key.resolved) == MERGE:
                return workspace.item._replace(site=value)
    return workspace.item


def _references(context: Context) -> Iterator[tuple[Workspace, Setting, str]]:
    for workspace in context.workspaces:
        for reference in workspace.alternatives:
            if reference.text and "${" not in reference.text:
                yield workspace, reference, reference.text


def _is_path(text: str) -> bool:
    return "/" in text or text.startswith(("~", "."))


def unknown_references(context: Context) -> Iterator[Diagnostic]:
    """XPM202: an `alt_workspaces` entry that is no id and does not look like a path."""
    ids = {workspace.id.text for workspace in context.workspaces if workspace.id is not None and workspace.id.text}
    for workspace, reference, text in _references(context):
        if text in ids:
            continue
        if text.startswith("~") and expanded(text).startswith("~"):
            message = f"the user behind `{text.partition('/')[0]}` is not known on this machine: runs here would fail"
            yield _error("XPM202", message, reference, "write the path from `/`")
        if _is_path(text):
            continue
        others = sorted(ids - {workspace.id.text if workspace.id else ""})
        folded = [other for other in others if other.lower() == text.lower()]
        close = folded or close_to(text, others)
        help_text = f"did you mean `{close[0]}`?" if close else "write the path of the other workspace"
        message = f"there is no workspace `{text}`: experimaestro takes this for a path in the current directory"
        yield _error("XPM202", message, reference, help_text)


def remote_references(context: Context) -> Iterator[Diagnostic]:
    """XPM203: an `alt_workspaces` entry that names a remote workspace, whose path is on another machine."""
    remote = {ws.id.text: ws for ws in context.workspaces if ws.is_remote and ws.id is not None and ws.id.text}
    for _, reference, text in _references(context):
        if text in remote:
            host = remote[text].host
            assert host is not None  # that is what makes it remote
            note = Note("this `host` makes it remote", span_of(host.site))
            message = f"`{text}` is a remote workspace: its path is looked for on this machine"
            yield _warning("XPM203", message, reference, "write the path that it has on this machine", note)


def self_references(context: Context) -> Iterator[Diagnostic]:
    """XPM204: an `alt_workspaces` entry that names its own workspace."""
    for workspace, reference, text in _references(context):
        if workspace.id is not None and workspace.id.text == text:
            yield _warning("XPM204", f"{workspace.name} is its own alternative", reference, "remove this entry")


def repeated_references(context: Context) -> Iterator[Diagnostic]:
    """XPM205: an `alt_workspaces` entry that stands twice."""
    seen: dict[tuple[int, str], Setting] = {}
    for workspace, reference, text in _references(context):
        first = seen.setdefault((workspace.number, text), reference)
        if first is not reference:
            note = Note("first written here", span_of(first.site))
            yield _warning("XPM205", f"`{text}` stands twice in this list", reference, "remove one of the two", note)


# -- triggers -----------------------------------------------------------------------------------------


def _triggers(context: Context) -> Iterator[tuple[Workspace, Setting, str]]:
    for workspace in context.local_workspaces:
        for trigger in workspace.triggers:
            if trigger.text and "${" not in trigger.text:
                yield workspace, trigger, trigger.text


def shadowed_triggers(context: Context) -> Iterator[Diagnostic]:
    """XPM206: a trigger that never decides, because an earlier one matches all that it matches."""
    by_prefix: dict[str, list[tuple[Setting, str]]] = {}
    comparisons = 0
    for workspace, trigger, text in _triggers(context):
        prefix = globs.literal_prefix(text)
        # A pattern that covers this one begins with a part of its literal text.
        earlier = [pair for end in range(len(prefix) + 1) for pair in by_prefix.get(prefix[:end], ())]
        comparisons += len(earlier)
        if comparisons > MAX_COMPARISONS:
            return
        winner = next((setting for setting, other in earlier if globs.covers(other, text)), None)
        if winner is None:
            by_prefix.setdefault(prefix, []).append((trigger, text))
            continue
        note = Note("this one comes first and matches all of it", span_of(winner.site))
        same = winner.key.startswith(f"workspaces[{workspace.number}].")
        help_text = "remove it" if same else "move its workspace up, or narrow the earlier pattern"
        yield _warning("XPM206", f"the trigger `{text}` can never win", trigger, help_text, note)


def impossible_triggers(context: Context) -> Iterator[Diagnostic]:
    """XPM207: a trigger that no experiment id can match."""
    for _, trigger, text in _triggers(context):
        if not globs.can_match(text):
            help_text = "a range in brackets must run upwards, as in `[a-z]`"
            yield _warning("XPM207", f"the trigger `{text}` can never match", trigger, help_text)


def open_brackets(context: Context) -> Iterator[Diagnostic]:
    """XPM208: a `[` without its `]`, which then stands for itself."""
    for _, trigger, text in _triggers(context):
        index = 0
        while (index := text.find("[", index)) >= 0:
            end = globs.bracket_end(text, index + 1)
            if end is None:
                message = f"the `[` in the trigger `{text}` has no `]`: it stands for itself"
                yield _warning("XPM208", message, trigger, "close it, or write `[[]` for the character itself")
                break
            index = end


# -- folders ------------------------------------------------------------------------------------------


def _normal(context: Context, setting: Setting | None) -> str | None:
    """A path as experimaestro would see it, without a look at the disk; None where that cannot be told."""
    if setting is None or not setting.text:
        return None
    text = interpolate(setting.text, context.environ)
    path = os.path.normpath(expanded(text))
    # `//a` is a place of its own to POSIX and to normpath, but to no system that experimaestro runs on.
    path = "/" + path.lstrip("/") if path.startswith("//") else path
    return None if "${" in path else path


def _contains(outer: str, inner: str) -> bool:
    return inner == outer or inner.startswith(outer.rstrip("/") + "/")


def nested_folders(context: Context) -> Iterator[Diagnostic]:
    """XPM209: a folder that is, contains or lies in a workspace.

    In its own workspace it mixes copies with originals. In another one, what is archived there looks
    like jobs that no experiment refers to, and is cleaned away.
    """
    places = {ws.number: _normal(context, ws.path) for ws in context.local_workspaces}
    inside, above = _place_tables(context, places)
    for workspace in context.local_workspaces:
        for folder in workspace.folders:
            path = _normal(context, folder.path)
            if path is None:
                continue
            own = places[workspace.number]
            other: Workspace | None = None
            if own is not None and (_contains(path, own) or _contains(own, path)):
                other = workspace
            elif folder.mode in ("backup", "move"):
                other = above.get(path) or next((inside[up] for up in _ancestors(path) if up in inside), None)
            if other is not None:
                relation = _relation(path, places[other.number] or "")
                yield _nested(folder.path, folder.mode, other, other is workspace, relation)


def _place_tables(context: Context, places: dict[int, str | None]) -> tuple[dict[str, Workspace], dict[str, Workspace]]:
    """The workspaces by their path, and by every directory above it (or the path itself)."""
    inside: dict[str, Workspace] = {}
    above: dict[str, Workspace] = {}
    for workspace in context.local_workspaces:
        path = places[workspace.number]
        if path is not None:
            inside.setdefault(path, workspace)
            for up in _ancestors(path):
                above.setdefault(up, workspace)
    return inside, above


def _ancestors(path: str) -> Iterator[str]:
    """The path and every directory above it."""
    yield path
    while path not in ("/", ""):
        path = os.path.dirname(path)
        if path:
            yield path


def _relation(path: str, place: str) -> str:
    return "is" if path == place else "lies in" if _contains(place, path) else "contains"


def _nested(path: Setting, mode: str, other: Workspace, own: bool, relation: str) -> Diagnostic:
    assert other.path is not None  # it has a place
    note = Note("the path of the workspace", span_of(other.path.site))
    target = "its own workspace" if own else other.name
    finding = _warning if mode == "use" else _error
    message = f"this `{mode}` folder {relation} {target}"
    return finding("XPM209", message, path, "choose a directory outside every workspace", note)


def repeated_folders(context: Context) -> Iterator[Diagnostic]:
    """XPM210: a folder that a workspace lists twice."""
    for workspace in context.workspaces:
        seen: dict[str, Setting] = {}
        for folder in workspace.folders:
            path = _normal(context, folder.path)
            if path is None:
                continue
            first = seen.setdefault(path, folder.path)
            if first is not folder.path:
                note = Note("first listed here", span_of(first.site))
                yield _warning("XPM210", "this folder is listed twice", folder.path, "remove one of the two", note)


def jobs_folders(context: Context) -> Iterator[Diagnostic]:
    """XPM211: a `use` folder whose path ends in `/jobs`, below which experimaestro looks for another `jobs`."""
    for workspace in context.workspaces:
        for folder in workspace.folders:
            text = folder.path.text or ""
            if folder.mode == "use" and text.rstrip("/").endswith("/jobs"):
                help_text = f"write `{text.rstrip('/')[: -len('/jobs')]}`"
                message = "experimaestro looks for `jobs` inside this folder, and finds nothing in `…/jobs/jobs`"
                yield _warning("XPM211", message, folder.path, help_text)


def relative_paths(context: Context) -> Iterator[Diagnostic]:
    """XPM212: a path that depends on the directory in which experimaestro is started."""
    paths = [folder.path for workspace in context.workspaces for folder in workspace.folders]
    paths += [workspace.path for workspace in context.local_workspaces if workspace.path is not None]
    paths += [ref for _, ref, text in _references(context) if "/" in text or text in (".", "..")]
    for path in paths:
        if path.text and not path.text.startswith(("/", "~", "$")):
            message = "a relative path depends on the directory in which experimaestro is started"
            yield _warning("XPM212", message, path, "write it from `/` or from `~/`")


# -- remote workspaces --------------------------------------------------------------------------------


def missing_hosts(context: Context) -> Iterator[Diagnostic]:
    """XPM213: `ssh` without a host, which leaves the workspace local."""
    for ssh in context.outline.at("workspaces[].ssh"):
        if not isinstance(ssh.node, Mapping):
            continue
        host = context.outline.get(f"{ssh.key}.host")
        if host is None and ssh.key_node is not None and not is_misspelled(context, ssh, "host"):
            message = "`ssh` has no `host`: experimaestro treats the workspace as local"
            help_text = "add `host: user@machine`, or remove `ssh`"
            yield Diagnostic("XPM213", Severity.ERROR, message, span_of(ssh.key_node), (), help_text, None, ssh.key)
        elif host is not None and host.text == "":
            message = "`host` is empty: experimaestro treats the workspace as local"
            yield _error("XPM213", message, host, "write the machine, as in `user@machine`")


def unused_in_remote(context: Context) -> Iterator[Diagnostic]:
    """XPM214: triggers or folders of a remote workspace, which local runs never use."""
    for workspace in context.workspaces:
        if not workspace.is_remote:
            continue
        assert workspace.host is not None  # that is what makes it remote
        note = Note("this `host` makes it remote", span_of(workspace.host.site))
        for name in ("triggers", "folders", "alt_workspaces"):
            setting = context.outline.get(f"{workspace.item.key}.{name}")
            if setting is not None and setting.key_node is not None and setting.value:
                message = f"`{name}` has no effect in a remote workspace"
                span = span_of(setting.key_node)
                yield Diagnostic("XPM214", Severity.WARNING, message, span, (note,), "remove it", None, setting.key)


def flags_for_ssh(context: Context) -> Iterator[Diagnostic]:
    """XPM218: a host that ssh would take as an option, or that is none, or an option that it would take as the host."""
    if not context.outline.at("workspaces[].ssh"):
        return
    from xpm_config.ssh_words import misread_among_options, misread_value

    for name in ("host", "python", "shell_init", "xpm_path"):
        for setting in context.outline.at(f"workspaces[].ssh.{name}"):
            found = misread_value(name, setting.text or "")
            if found is not None:
                yield _error("XPM218", found.message, setting, found.hint)
    lists: dict[str, list[Setting]] = {}
    for word in context.outline.at("workspaces[].ssh.options[]"):
        lists.setdefault(word.key.rpartition("[")[0], []).append(word)
    for words in lists.values():
        for found in misread_among_options(word.text for word in words):
            yield _error("XPM218", found.message, words[found.place], found.hint)


def broken_commands(context: Context) -> Iterator[Diagnostic]:
    """XPM219: code or a path that experimaestro's own ssh-monitor makes a broken command of."""
    for setting in context.outline.at("workspaces[].ssh.shell_init"):
        from xpm_config.ssh_words import open_end

        found = open_end(setting.text or "")
        if found is not None:
            message = f"`shell_init` ends in {found}: behind it, the command of experimaestro's ssh-monitor breaks"
            help_text = "let a command stand last: in a block, write `|-` instead of `|`"
            yield _warning("XPM219", message, setting, help_text)
    for setting in context.outline.at("workspaces[].ssh.xpm_path"):
        if (setting.text or "").startswith("~"):
            message = "the `~` in `xpm_path` is not expanded: experimaestro quotes it"
            yield _warning("XPM219", message, setting, "write the whole path, as it is on the other machine")


def no_local_workspace(context: Context) -> Iterator[Diagnostic]:
    """XPM217: workspaces, and not one in which a local run could land."""
    if context.workspaces and not context.local_workspaces:
        setting = context.outline.at("workspaces")[0]
        if setting.key_node is not None:
            message = "every workspace is remote: there is none for experiments on this machine"
            help_text = "add a workspace without `ssh`"
            yield Diagnostic(
                "XPM217", Severity.WARNING, message, span_of(setting.key_node), (), help_text, None, setting.key
            )


# -- values -------------------------------------------------------------------------------------------


def changed_values(context: Context) -> Iterator[Diagnostic]:
    """XPM215: a value that experimaestro reads as something else than what is written."""
    for setting in context.outline.settings:
        node, kind = setting.node, setting.schema.get("x-xpm-type")
        if not isinstance(node, Scalar) or node.style or kind is None or isinstance(setting.value, str):
            continue
        if setting.value is None or setting.value is INVALID or id(setting.site) in context.refused:
            continue
        seen = context.loaded_value(setting)
        if kind in ("str", "path") and isinstance(seen, str) and seen != node.text:
            yield _changed(setting, node, seen)
        elif kind == "int" and isinstance(seen, int) and not isinstance(seen, bool) and _is_surprising(node.text):
            base = 60 if ":" in node.text else 8
            message = f"experimaestro will see `{seen}`: YAML reads this as a number to base {base}"
            fix = None
            if fixable(setting.site):
                fix = Fix(f"write `{seen}`", (Edit(node.content, node.end, str(seen)),), safe=True)
            yield _warning("XPM215", message, setting, f"write `{seen}`", fix=fix)


def _is_surprising(text: str) -> bool:
    digits = text.lstrip("+-")
    return ":" in digits or (len(digits) > 1 and digits[0] == "0" and digits[1] in "01234567_")


def _changed(setting: Setting, node: Scalar, seen: str) -> Diagnostic:
    if is_secret(setting):
        fix = None
        if fixable(setting.site):
            edits = (Edit(node.content, node.content, '"'), Edit(node.end, node.end, '"'))
            fix = Fix("quote it", edits, safe=False)
        return _warning("XPM215", "experimaestro will see something else than this: quote it", setting, fix=fix)
    fix = None
    if fixable(setting.site):
        fix = Fix("quote it", (Edit(node.content, node.end, quote(node.text)),), safe=False)
    return _warning("XPM215", f"experimaestro will see `{seen}`", setting, f"quote it: `{quote(node.text)}`", fix=fix)


def literal_variables(context: Context) -> Iterator[Diagnostic]:
    """XPM216: `${…}` or `$NAME` that experimaestro leaves as it is."""
    for setting in context.outline.settings:
        text = setting.text
        if text is None or "$" not in text or setting.schema.get("x-xpm-type") is None:
            continue
        if "${" in text:
            if context.release >= PYDANTIC_SINCE:
                yield from _unread_interpolation(context, setting, text)
        elif setting.schema.get("x-xpm-path") and (found := _SHELL_VARIABLE.search(text)) is not None:
            message = f"experimaestro does not expand `{found[0]}` in a path"
            yield _warning("XPM216", message, setting, f"write `${{oc.env:{found[0][1:]}}}`")


def _unread_interpolation(context: Context, setting: Setting, text: str) -> Iterator[Diagnostic]:
    """Releases from 2.6 on read the four spellings of an environment variable, and nothing else."""
    names = VARIABLE.findall(text)
    if any(not VARIABLE.fullmatch(found) for found in _INTERPOLATION.findall(text)):
        message = "experimaestro leaves this `${…}` as it is: it reads `${oc.env:NAME}` only"
        yield _warning("XPM216", message, setting, "write `${oc.env:NAME}`, or the value itself")
    elif any("," in name for name in names):
        message = "experimaestro 2.6 and later know no default value here, and leave the text as it is"
        yield _warning("XPM216", message, setting, "write `${oc.env:NAME}` and set the variable, or the value itself")
    elif any(name not in context.environ for name in names) and not is_secret(setting):
        name = next(name for name in names if name not in context.environ)
        message = f"the variable `{name}` is not set here: experimaestro would leave the text as it is"
        yield _warning("XPM216", message, setting, "set it before experimaestro is started")


RULES: tuple[Callable[[Context], Iterator[Diagnostic]], ...] = (
    duplicate_keys,
    duplicate_ids,
    unknown_references,
    remote_references,
    self_references,
    repeated_references,
    shadowed_triggers,
    impossible_triggers,
    open_brackets,
    nested_folders,
    repeated_folders,
    jobs_folders,
    relative_paths,
    missing_hosts,
    unused_in_remote,
    changed_values,
    literal_variables,
    no_local_workspace,
    flags_for_ssh,
    broken_commands,
)
