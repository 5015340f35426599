"""`xpm-config schema`: the JSON Schemas themselves, and how editors come to know them."""

from __future__ import annotations

import os
import sys
from contextlib import suppress
from typing import TYPE_CHECKING, NamedTuple

from xpm_config import files, registry
from xpm_config.cli import streams
from xpm_config.errors import UsageError, XpmConfigError
from xpm_config.location import existing_settings, settings_path

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from xpm_config.editors import Association
    from xpm_config.installation import Change


class Options(NamedTuple):
    """What was asked for; the defaults are those of `schema install` and `schema uninstall`."""

    settings: str | None = None
    version: int | None = None
    target: str | None = None
    force: bool = False
    vscode: bool = False
    vscode_settings: str | None = None
    print_for: str | None = None
    diff: bool = False
    quiet: bool = False


def show(version: int) -> int:
    """Print a schema as it is in its file."""
    streams.write_json(registry.schema_text(version))
    return 0


def list_versions(format: str) -> int:
    """List the versions, newest last."""
    rows = [(version, registry.raw_schema(version)["$id"], registry.releases(version)) for version in registry.VERSIONS]
    if format == "json":
        import json

        listed = [{"version": version, "id": name, "releases": releases} for version, name, releases in rows]
        print(json.dumps(listed, indent=2))
        return 0
    for version, name, releases in rows:
        print(f"{version}  experimaestro {releases:<14}  {name}")
    return 0


def install(options: Options) -> int:
    """Put the schema beside the settings file, and let the modeline or VS Code's settings name it."""
    if options.version is not None and options.target is not None:
        raise UsageError("`--version` and `--target` both choose the schema", "give one of them")
    if options.print_for is not None:
        return _print(options.print_for, options)
    from xpm_config import installation

    settings = existing_settings(options.settings)
    data = _settings_data(settings)
    version = _version(options, data.decode())
    if options.vscode or options.vscode_settings is not None:
        changes = _install_for_vscode(settings, data, version, options)
    else:
        changes = installation.install(settings, data, version, _named_by_vscode(), force=options.force)
    return _make(changes, f"{settings}: version {version} of the schema is installed already", options)


def uninstall(options: Options) -> int:
    """Undo what `install` did."""
    from xpm_config import installation
    from xpm_config.modeline import modeline_version

    settings = settings_path(options.settings)
    data = _settings_data(settings) if os.path.lexists(settings) else None
    if options.vscode or options.vscode_settings is not None:
        path = _vscode_settings(options)
        unnamed = _versions_without(modeline_version(data.decode()) if data is not None else None)
        removed = installation.schema_removals(settings, unnamed, _named_by_vscode(other_than=path))
        changes = [*_dissociated(path), *removed]
    else:
        kept = _named_by_vscode()
        changes = installation.uninstall(settings, data, kept)
        left = [path for path, _ in installation.candidates(settings) if os.path.realpath(path) in kept]
        if left and not options.quiet:
            print(f"{left[0]}: stays, as VS Code uses it: `xpm-config schema uninstall --vscode` removes both")
    return _make(changes, f"{settings}: no schema is installed", options)


def _print(editor: str, options: Options) -> int:
    """Print the settings of an editor; where they belong goes to standard error."""
    from xpm_config import installation
    from xpm_config.editors import SNIPPETS, associate

    settings = settings_path(options.settings)
    text = _settings_data(settings).decode() if os.path.lexists(settings) else ""
    version = _version(options, text)
    schema = os.path.join(installation.places(settings)[0], installation.schema_name(version))
    if not os.path.isfile(schema):
        schema = installation.packaged_schema(version)
    render, place = SNIPPETS[editor]
    if not options.quiet:
        print(f"for {place}:", file=sys.stderr, flush=True)
    sys.stdout.write(render(associate(settings, schema)))
    return 0


def _settings_data(path: str) -> bytes:
    """The settings file, which may have errors, but has to be text."""
    if not os.path.lexists(path):
        raise UsageError(
            f"{path}: there is no such file", "check the name, or write a first one with `xpm-config init`"
        )
    from xpm_config.document import Document

    document = Document(files.read(path))
    if document.data and not document.text:
        problem = document.problems[0]
        raise XpmConfigError(f"{path}: {problem.message}", problem.help)
    return document.data


def _version(options: Options, text: str) -> int:
    """The version that was asked for, else that of the modeline, else that of the experimaestro in use."""
    from xpm_config import target
    from xpm_config.modeline import modeline_version

    if options.version is not None:
        return options.version
    if options.target is not None:
        return registry.version_for(target.parse(options.target))
    return modeline_version(text) or registry.version_for(target.default())


# -- VS Code ----------------------------------------------------------------------------------------


def _vscode_settings(options: Options) -> str | None:
    from xpm_config.vscode import default_settings

    return options.vscode_settings or default_settings()


def _install_for_vscode(settings: str, data: bytes, version: int, options: Options) -> list[Change]:
    """Put the schema beside the settings file, then let VS Code's settings name it, and nothing else of ours."""
    from xpm_config import installation
    from xpm_config.editors import associate
    from xpm_config.modeline import modeline_version

    path = _vscode_settings(options)
    if path is None:
        raise UsageError(
            "VS Code has no user settings on this machine",
            "name a settings file, as in `--vscode-settings .vscode/settings.json`",
        )
    schema = os.path.join(installation.places(settings)[0], installation.schema_name(version))
    unnamed = _versions_without(version, modeline_version(data.decode()))
    return [
        *installation.schema_changes(settings, version),
        *_associated(path, associate(settings, schema)),
        *installation.schema_removals(settings, unnamed, _named_by_vscode(other_than=path)),
    ]


def _versions_without(*named: int | None) -> list[int]:
    return [version for version in registry.VERSIONS if version not in named]


def _associated(path: str, association: Association) -> list[Change]:
    from xpm_config import vscode
    from xpm_config.installation import Change

    old = files.read(path) if os.path.lexists(path) else None
    new = _edited(path, old, lambda text: vscode.with_entry(text, association))
    assert new is not None  # settings with an entry hold something
    return [Change(path, old, new, "schema associated")] if new != old else []


def _dissociated(path: str | None) -> list[Change]:
    from xpm_config import vscode
    from xpm_config.installation import Change

    if path is None or not os.path.lexists(path):
        return []
    old = files.read(path)
    new = _edited(path, old, lambda text: vscode.without_entry(text or ""))
    return [Change(path, old, new, "association removed" if new is not None else "removed")] if new != old else []


def _named_by_vscode(other_than: str | None = None) -> set[str]:
    """The real paths of our schemas that the user's settings of VS Code name, unless these are `other_than`."""
    from urllib.parse import unquote

    from xpm_config import vscode
    from xpm_config.jsonc import JsoncError

    path = vscode.default_settings()
    if path is None or (other_than is not None and os.path.realpath(path) == os.path.realpath(other_than)):
        return set()
    try:
        text = files.read(path).decode() if os.path.lexists(path) else ""
        keys = vscode.entry_schemas(text)
    except (XpmConfigError, UnicodeDecodeError, JsoncError):
        # Settings that nobody can read name nothing.
        return set()
    return {os.path.realpath(unquote(key.removeprefix("file://"))) for key in keys}


def _edited(path: str, old: bytes | None, edit: Callable[[str | None], str | None]) -> bytes | None:
    """The content of a settings file of VS Code after an edit; raises XpmConfigError where it cannot be read."""
    from xpm_config.jsonc import JsoncError, position

    try:
        text = old.decode() if old is not None else None
    except UnicodeDecodeError:
        raise XpmConfigError(f"{path}: the file is not UTF-8", "save it as UTF-8 in VS Code") from None
    try:
        new = edit(text)
    except JsoncError as error:
        line, column = position(text or "", error.offset)
        raise XpmConfigError(f"{path}:{line}:{column}: {error.message}", "mend it, and run the command again") from None
    return new.encode() if new is not None else None


# -- changes ----------------------------------------------------------------------------------------


def _make(changes: Iterable[Change], nothing: str, options: Options) -> int:
    """Make the changes, or show them; a line for each, or one that says why there is none."""
    from xpm_config.report.text import printable

    changes = list(changes)
    if not changes and not options.quiet:
        print(printable(nothing))
    for change in changes:
        if options.diff:
            _show(change)
            continue
        _write(change)
        if not options.quiet:
            print(f"{printable(change.path)}: {change.what}")
    return int(options.diff and bool(changes))


def _write(change: Change) -> None:
    if change.new is None:
        assert change.old is not None  # what is removed is there
        files.remove(change.path, change.old)
    elif change.old is not None:
        files.replace(change.path, change.old, change.new)
    else:
        folder = os.path.dirname(change.path)
        if os.path.basename(folder) == ".vscode":
            # A project gets this folder with its first settings; where it cannot be made, the file cannot.
            with suppress(OSError):
                os.mkdir(folder)
        files.create(change.path, change.new)


def _show(change: Change) -> None:
    """The difference of a file that is edited, and a word about one that is written or removed."""
    from xpm_config.diagnostics import Edit
    from xpm_config.document import Document
    from xpm_config.report import diff
    from xpm_config.report.text import printable, wants_colour

    if change.old is None or change.new is None or change.path.endswith(".schema.json"):
        print(f"{printable(change.path)}: would be {change.what}")
        return
    old, new = Document(change.old), Document(change.new)
    start = _common(old.text, new.text)
    end = _common(old.text[start:][::-1], new.text[start:][::-1])
    edit = Edit(start, len(old.text) - end, new.text[start : len(new.text) - end])
    colour = wants_colour(sys.stdout, os.environ)
    sys.stdout.write(diff.render(change.path, old, new, [edit], colour=colour))


def _common(one: str, other: str) -> int:
    """How many characters two texts have in common at their beginning."""
    pairs = enumerate(zip(one, other))  # noqa: B905 - one may be longer
    return next((number for number, (mine, theirs) in pairs if mine != theirs), min(len(one), len(other)))
