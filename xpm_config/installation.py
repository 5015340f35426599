"""What installing a schema beside a settings file would write, what uninstalling would, and what is there.

A schema lies beside the settings file, and the modeline or the settings of VS Code name it. Where the settings file is
a symbolic link, one for the modeline lies beside the link and beside the file behind it: editors take the modeline's
path from either.

Nothing here writes: changes are values, in the order in which they are safe to make.
"""

from __future__ import annotations

import json
import os
import re
from typing import TYPE_CHECKING, Literal, NamedTuple

from xpm_config import files, modeline, registry, vscode
from xpm_config.diagnostics import Edit
from xpm_config.document import apply_edits
from xpm_config.editors import associate
from xpm_config.errors import FileUnreadableError, UsageError, XpmConfigError
from xpm_config.jsonc import JsoncError
from xpm_config.modeline import modeline_version, modelines

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterator, Sequence

State = Literal["none", "current", "outdated", "foreign", "missing"]

# No null character, and of surrogates only those that stand for bytes.
_CAN_BE_PATH = re.compile("[^\0\ud800-\udc7f\udd00-\udfff]+")


class Change(NamedTuple):
    """A file to write, or to remove where `new` is None; `old` is what it holds, None where it is not there.

    Where both are the same, the file stays as it is, and `what` says why.
    """

    path: str
    old: bytes | None
    new: bytes | None
    what: str


class Installed(NamedTuple):
    """What is installed for a settings file, the file that this is said about, and the file that names it.

    The state is `none`, `current`, `outdated` (a schema of another release of ours), `foreign` (the modeline, or
    the name of our schema, belongs to something else) or `missing` (what is named is not there).
    """

    state: State
    path: str | None = None
    version: int | None = None
    named_by: str | None = None


# -- what is ours -----------------------------------------------------------------------------------


def places(settings: str) -> list[str]:
    """The directories in which a schema belongs: that of the settings file, and that of the file behind a link."""
    named, real = os.path.dirname(os.path.abspath(settings)), os.path.dirname(os.path.realpath(settings))
    return [named] if os.path.realpath(named) == real else [named, real]


def named_version(reference: str, settings: str) -> int | None:
    """The version of our schema that a modeline in a settings file names; None where it is one of others.

    Ours are the plain name, for a file beside the settings, our `$id`, and any file on this machine with that `$id`.
    """
    version = registry.version_called(os.path.normpath(reference))
    if version is not None:
        return version
    paths = [_local(reference, place) for place in places(settings)]
    contents = [_content(path) for path in paths if path is not None]
    return next((found for content in contents if content and (found := _schema_version(content))), None)


def is_association(key: str, vscode_settings: str, settings: str) -> bool:
    """Whether a key of `yaml.schemas` names a schema of ours where it belongs for a settings file."""
    path = _local(key, vscode.project(vscode_settings))
    if path is None or registry.version_called(os.path.basename(path)) is None:
        return False
    return os.path.realpath(os.path.dirname(path)) in map(os.path.realpath, places(settings))


def _local(reference: str, folder: str | None) -> str | None:
    """The path of a file on this machine that editors find under this name; None for an address of others."""
    from urllib.parse import unquote_to_bytes

    path = reference
    if reference.startswith("file://"):
        path = os.fsdecode(unquote_to_bytes(reference.removeprefix("file://")))
    elif re.match(r"[A-Za-z][A-Za-z0-9+.-]+:", reference):
        return None
    if not _CAN_BE_PATH.fullmatch(path) or (folder is None and not os.path.isabs(path)):
        return None
    return os.path.join(folder or "", path)


def _schema_version(content: bytes) -> int | None:
    """The version of a schema of some release of ours, by its `$id`."""
    try:
        schema = json.loads(content)
    except (ValueError, RecursionError):
        return None
    name = schema.get("$id") if isinstance(schema, dict) else None
    return registry.version_called(name) if isinstance(name, str) else None


def _candidates(where: Sequence[str]) -> list[tuple[str, int]]:
    """Where schemas may be installed in directories, with the version of each."""
    return [(os.path.join(place, registry.schema_name(one)), one) for place in where for one in registry.VERSIONS]


def _content(path: str) -> bytes | None:
    """What a file holds; None for what cannot be read."""
    try:
        return files.read(path)
    except FileUnreadableError:
        return None


def _own(path: str, settings: str) -> bytes | None:
    """The schema of ours that lies under its name, None where nothing does; XpmConfigError where it is not ours."""
    if not os.path.lexists(path):
        return None
    real = os.path.realpath(path)
    try:
        content = files.read(path)
    except FileUnreadableError as error:
        reason = "a symbolic link to nothing" if os.path.islink(path) else error.message
    else:
        # Behind a link, only what lies in a place of ours is ours to change.
        if os.path.islink(path) and os.path.dirname(real) not in map(os.path.realpath, places(settings)):
            reason = f"a symbolic link to {real}"
        elif _schema_version(content) is None:
            reason = "this is no schema of xpm-config"
        else:
            return content
    raise XpmConfigError(
        f"{path}: something else is in the way of the schema: {reason}", "move it away, and run the command again"
    )


# -- changes ----------------------------------------------------------------------------------------


def install(settings: str, data: bytes, version: int, *, force: bool = False) -> list[Change]:
    """Put the schema beside the settings file, then let the modeline of `data`, its content, name it.

    Raises UsageError where it names a schema of others, unless `force` is given.
    """
    text = data.decode()
    edit = modeline_edit(settings, text, version, force=force)
    where = places(settings)
    changes = list(schema_changes(settings, version, where))
    if edit is not None:
        new = apply_edits(text, [edit])
        if modeline_version(new) != version:
            raise XpmConfigError(
                f"{settings}: editors would not heed a modeline behind the first line",
                "remove `yaml-language-server` from the first line",
            )
        what = "modeline added" if edit.start == edit.end else "modeline changed"
        changes.append(Change(settings, data, new.encode(), what))
    return [*changes, *_unused(settings, changes, where, version)]


def uninstall(settings: str, data: bytes | None) -> list[Change]:
    """Take our modeline out, then remove our schemas; `data` is None where there is no settings file."""
    changes = []
    edits = modeline_removals(settings, data.decode()) if data is not None else []
    if data is not None and edits:
        new = apply_edits(data.decode(), edits).encode()
        changes.append(Change(settings, data, new, "modeline removed"))
    return [*changes, *_unused(settings, changes, places(settings))]


def install_for_vscode(settings: str, data: bytes, version: int, path: str) -> list[Change]:
    """Put the schema beside the settings file, then let the settings of VS Code at `path` name it.

    Raises UsageError where the modeline of `data` names a schema of others, which VS Code would heed.
    """
    _refuse_foreign(settings, data.decode(), "remove it: VS Code heeds it, and not its own settings")
    where = places(settings)[:1]
    association = associate(settings, os.path.join(where[0], registry.schema_name(version)), vscode.project(path))
    old = files.read(path) if os.path.lexists(path) else None
    new = vscode.edited(path, old, lambda text: vscode.with_entry(text, association, _ours(path, settings)))
    changes = list(schema_changes(settings, version, where))
    if new != old:
        changes.append(Change(path, old, new, "schema associated"))
    return [*changes, *_unused(settings, changes, where, version)]


def uninstall_for_vscode(settings: str, path: str | None) -> list[Change]:
    """Take our entry out of the settings of VS Code, then remove our schemas; `path` is None where there are none."""
    changes = []
    if path is not None and os.path.lexists(path):
        old = files.read(path)
        new = vscode.edited(path, old, lambda text: vscode.without_entry(text or "", _ours(path, settings)))
        if new != old:
            changes.append(Change(path, old, new, "association removed" if new is not None else "removed"))
    return [*changes, *_unused(settings, changes, places(settings)[:1])]


def modeline_edit(path: str, text: str, version: int, *, force: bool = False) -> Edit | None:
    """What makes the modeline of a settings file name our schema beside it; None if it does already.

    Raises UsageError where it names a schema of others, unless `force` is given.
    """
    if not force:
        _refuse_foreign(path, text, "remove it, or give `--force` to let it name ours")
    name = registry.schema_name(version)
    first = next(modelines(text), None)
    if first is None or not first.schema:
        return modeline.addition(text, name)
    if os.path.normpath(first.schema) == name:
        return None
    return Edit(first.schema_start, first.schema_end, name)


def modeline_removals(path: str, text: str) -> list[Edit]:
    """What takes the modelines that name a schema of ours out of a settings file."""
    return modeline.removals(text, [line for line in modelines(text) if named_version(line.schema, path) is not None])


def _refuse_foreign(path: str, text: str, hint: str) -> None:
    first = next(modelines(text), None)
    if first is not None and first.schema and named_version(first.schema, path) is None:
        raise UsageError(f"{path}:{first.number}: the modeline names another schema, and a file has one only", hint)


def schema_changes(settings: str, version: int, where: Sequence[str]) -> Iterator[Change]:
    """Write the schema wherever it belongs and is not; raises XpmConfigError where something else is in the way."""
    new = registry.schema_text(version).encode()
    for place in where:
        path = os.path.join(place, registry.schema_name(version))
        old = _own(path, settings)
        if old != new:
            yield Change(path, old, new, "written" if old is None else "brought up to date")


def _unused(
    settings: str, changes: Collection[Change], where: Sequence[str], but: int | None = None
) -> Iterator[Change]:
    """Remove our schemas, but one version, from directories; those that a file still names stay."""
    named = named_schemas(settings, changes)
    for path, version in _candidates(where):
        if version == but:
            continue
        try:
            old = _own(path, settings)
        except XpmConfigError:
            continue
        who = named.get(os.path.realpath(path))
        if old is not None:
            yield Change(path, old, old, f"stays, as {who} names it") if who else Change(path, old, None, "removed")


def _ours(path: str, settings: str) -> Callable[[str], bool]:
    return lambda key: is_association(key, path, settings)


# -- what is there ----------------------------------------------------------------------------------


def named_schemas(settings: str, changes: Collection[Change] = ()) -> dict[str, str]:
    """The real paths of the schemas that files around a settings file name once changes are made, and who names each.

    These files are the YAML files beside it, the user's settings of VS Code, and those of the projects it lies in.
    """
    after = {os.path.realpath(change.path): change.new for change in changes}
    named: dict[str, str] = {}
    for path, folder, read in _naming(settings):
        real = os.path.realpath(path)
        content = after[real] if real in after else _content(path)
        for reference in read((content or b"").decode(errors="replace")):
            schema = _local(reference, folder)
            if schema is not None:
                named.setdefault(os.path.realpath(schema), path)
    return named


def _naming(settings: str) -> Iterator[tuple[str, str | None, Callable[[str], list[str]]]]:
    """Files that may name a schema, each with the folder of its relative paths, and how its text is read."""
    own = {os.path.basename(os.path.abspath(settings)), os.path.basename(os.path.realpath(settings))}
    for place in places(settings):
        for name in sorted(_listed(place), key=lambda name: (name not in own, name)):
            if name in own or name.endswith((".yaml", ".yml")):
                yield os.path.join(place, name), place, _named_by_modeline
    default = vscode.default_settings()
    above = [path for place in places(settings) for path in vscode.settings_above(place)]
    for path in [*([default] if default is not None else []), *above]:
        yield path, vscode.project(path), _named_by_vscode


def _listed(directory: str) -> list[str]:
    try:
        return os.listdir(directory)
    except OSError:
        return []


def _named_by_modeline(text: str) -> list[str]:
    return [line.schema for line in modelines(text)][:1]


def _named_by_vscode(text: str) -> list[str]:
    try:
        return vscode.entry_schemas(text)
    except JsoncError:
        # Settings that nobody can read name nothing.
        return []


def installed_schema(settings: str) -> Installed:
    """What is installed for a settings file; raises FileUnreadableError for one that cannot be read."""
    first = next(modelines(files.read(settings).decode(errors="replace")), None)
    found = []
    if first is not None and first.schema:
        paths = [_local(first.schema, place) for place in places(settings)]
        if first.version is None or None in paths:
            return Installed("foreign", settings, first.version)
        found = [_file_state(path, first.version, settings) for path in paths if path is not None]
    else:
        named = named_schemas(settings)
        for path, version in _candidates(places(settings)):
            who = named.get(os.path.realpath(path))
            if who is not None or os.path.lexists(path):
                found.append(_file_state(path, version, who))
    order = ("missing", "foreign", "outdated", "current")
    return min(found, key=lambda one: order.index(one.state), default=Installed("none"))


def _file_state(path: str, version: int, who: str | None) -> Installed:
    state: State
    if not os.path.lexists(path):
        state = "missing"
    else:
        content = _content(path)
        if content == registry.schema_text(version).encode():
            state = "current"
        else:
            state = "outdated" if content is not None and _schema_version(content) is not None else "foreign"
    return Installed(state, path, version, who)
