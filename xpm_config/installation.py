"""What installing a schema beside a settings file would write, what uninstalling would, and what is there.

A schema lies beside the settings file, and the modeline names it. Where the settings file is a symbolic link, it
lies beside the link and beside the file behind it: editors take the modeline's path from either.

Nothing here writes: changes are values, in the order in which they are safe to make.
"""

from __future__ import annotations

import json
import os
import re
from typing import TYPE_CHECKING, Literal, NamedTuple

from xpm_config import files, registry
from xpm_config.diagnostics import Edit
from xpm_config.document import apply_edits
from xpm_config.errors import UsageError, XpmConfigError
from xpm_config.jsonc import line_break
from xpm_config.modeline import modeline_version, modelines

if TYPE_CHECKING:
    from collections.abc import Container, Iterator

    from xpm_config.modeline import Modeline

State = Literal["none", "current", "outdated", "foreign", "missing"]

# Others want the first line, too: the kernel, and Emacs.
_FIRST_LINE = re.compile(r"(?:#!|#[^\r\n]*-\*-)[^\r\n]*(?:\r\n?|\n|\Z)")
_BREAK_BEFORE = re.compile(r"(?:\r\n|\r|\n)\Z")


class Change(NamedTuple):
    """A file to write, or to remove where `new` is None; `old` is what it holds, None where it is not there."""

    path: str
    old: bytes | None
    new: bytes | None
    what: str


class Installed(NamedTuple):
    """What is installed for a settings file, and the file that this is said about.

    The state is `none`, `current`, `outdated` (a schema of another release of ours), `foreign` (the modeline, or
    the name of our schema, belongs to something else) or `missing` (the modeline names a file that is not there).
    """

    state: State
    path: str | None = None
    version: int | None = None


def schema_name(version: int) -> str:
    """The file name of a schema; the modeline's path ends at white space, so it holds none."""
    return f"settings.v{version}.schema.json"


def packaged_schema(version: int) -> str:
    """The path of the schema inside this package."""
    import xpm_config.schema as package

    return os.path.abspath(os.path.join(package.__path__[0], schema_name(version)))


def places(settings: str) -> list[str]:
    """The directories in which a schema belongs: that of the settings file, and that of the file behind a link."""
    named, real = os.path.dirname(os.path.abspath(settings)), os.path.dirname(os.path.realpath(settings))
    return [named] if os.path.realpath(named) == real else [named, real]


def candidates(settings: str) -> list[tuple[str, int]]:
    """Where schemas may be installed for a settings file, with the version of each."""
    return [(os.path.join(place, schema_name(one)), one) for place in places(settings) for one in registry.VERSIONS]


# -- the modeline -----------------------------------------------------------------------------------


def modeline_edit(path: str, text: str, version: int, *, force: bool = False) -> Edit | None:
    """What makes the modeline of a settings file name our schema beside it; None if it does already.

    Raises UsageError where it names a schema of others, unless `force` is given. `path` is for the message.
    """
    name = schema_name(version)
    first = next(modelines(text), None)
    if first is not None and first.schema:
        if first.version == version and _names_beside(first):
            return None
        if first.version is None and not force:
            line = len(re.findall(r"\r\n?|\n", text[: first.start])) + 1
            raise UsageError(
                f"{path}:{line}: the modeline names another schema, and a file has one only",
                "remove it, or give `--force` to let it name ours",
            )
        return Edit(first.schema_start, first.schema_end, name)
    comment = f"# yaml-language-server: $schema={name}"
    at = int(text.startswith("\ufeff"))
    taken = _FIRST_LINE.match(text, at)
    at = taken.end() if taken is not None else at
    if taken is not None and not taken[0].endswith(("\r", "\n")):
        return Edit(at, at, line_break(text) + comment)
    return Edit(at, at, comment + line_break(text))


def modeline_removals(text: str) -> list[Edit]:
    """What takes the modelines of `install` out of a text, each with its line if it has one to itself."""
    return [_removal(text, line.start, line.end) for line in modelines(text) if _names_beside(line)]


def _names_beside(line: Modeline) -> bool:
    """Whether a modeline names a schema of ours that lies beside the file."""
    return line.version is not None and os.path.normpath(line.schema) == schema_name(line.version)


def _removal(text: str, start: int, end: int) -> Edit:
    before = len(text[:start].rstrip(" \t"))
    alone = before == int(text.startswith("\ufeff")) or text[before - 1] in "\r\n"
    if not alone:
        return Edit(before, end, "")
    behind = re.compile(r"\r\n?|\n").match(text, end)
    if behind is not None:
        return Edit(before, behind.end(), "")
    last = _BREAK_BEFORE.search(text, 0, before)
    return Edit(last.start() if last is not None else before, end, "")


# -- changes ----------------------------------------------------------------------------------------


def schema_changes(settings: str, version: int) -> Iterator[Change]:
    """Write the schema wherever it belongs and is not; raises XpmConfigError where a file of others is in the way."""
    new = registry.schema_text(version).encode()
    for place in places(settings):
        path = os.path.join(place, schema_name(version))
        old = _content(path)
        if old is not None and not _is_ours(old):
            raise XpmConfigError(
                f"{path}: this is no schema of xpm-config, and it has the place of one",
                "move it away, and run the command again",
            )
        if old != new:
            yield Change(path, old, new, "written" if old is None else "brought up to date")


def schema_removals(settings: str, versions: Container[int], kept: Container[str] = ()) -> Iterator[Change]:
    """Remove our schemas of these versions, save those that are named in `kept` by their real path."""
    for path, version in candidates(settings):
        old = _content(path) if version in versions and os.path.realpath(path) not in kept else None
        if old is not None and _is_ours(old):
            yield Change(path, old, None, "removed")


def install(
    settings: str, data: bytes, version: int, kept: Container[str] = (), *, force: bool = False
) -> list[Change]:
    """Put the schema beside the settings file, then let the modeline of `data`, its content, name it.

    The schema that it named before is removed, unless it is in `kept`; see `schema_removals`.
    """
    text = data.decode()
    edit = modeline_edit(settings, text, version, force=force)
    changes = list(schema_changes(settings, version))
    if edit is not None:
        new = apply_edits(text, [edit])
        if modeline_version(new) != version:
            raise XpmConfigError(
                f"{settings}: editors would not heed a modeline behind the first line",
                "remove `yaml-language-server` from the first line",
            )
        what = "modeline added" if edit.start == edit.end else "modeline changed"
        changes.append(Change(settings, data, new.encode(), what))
    earlier = modeline_version(text)
    if earlier is not None and earlier != version:
        changes += schema_removals(settings, (earlier,), kept)
    return changes


def uninstall(settings: str, data: bytes | None, kept: Container[str] = ()) -> list[Change]:
    """Take our modeline out, then remove our schemas; `data` is None where there is no settings file."""
    changes = []
    if data is not None:
        text = data.decode()
        edits = modeline_removals(text)
        if edits:
            changes.append(Change(settings, data, apply_edits(text, edits).encode(), "modeline removed"))
    return [*changes, *schema_removals(settings, registry.VERSIONS, kept)]


# -- what is there ----------------------------------------------------------------------------------


def installed_schema(settings: str) -> Installed:
    """What is installed for a settings file; raises FileUnreadableError for one that cannot be read."""
    text = files.read(settings).decode(errors="replace")
    first = next(modelines(text), None)
    version = modeline_version(text)
    if first is None or not first.schema:
        # VS Code may know the schema by its own settings.
        found = [_file_state(path, one) for path, one in candidates(settings) if os.path.lexists(path)]
    elif version is None or re.match(r"[a-z][a-z0-9+.-]*:", first.schema):
        return Installed("foreign", settings, version)
    else:
        named = first.schema.partition("#")[0]
        found = [_file_state(os.path.join(place, named), version) for place in places(settings)]
    order = ("missing", "foreign", "outdated", "current")
    return min(found, key=lambda one: order.index(one.state), default=Installed("none"))


def _file_state(path: str, version: int) -> Installed:
    content = _content(path)
    if content is None:
        return Installed("missing", path, version)
    if content == registry.schema_text(version).encode():
        return Installed("current", path, version)
    return Installed("outdated" if _is_ours(content) else "foreign", path, version)


def _content(path: str) -> bytes | None:
    return files.read(path) if os.path.lexists(path) else None


def _is_ours(content: bytes) -> bool:
    """Whether this is a schema of some release of ours, by its `$id`."""
    try:
        schema = json.loads(content)
    except (ValueError, RecursionError):
        return False
    name = schema.get("$id") if isinstance(schema, dict) else None
    return isinstance(name, str) and re.fullmatch(r"urn:xpm-config:settings:v[0-9]+", name) is not None
