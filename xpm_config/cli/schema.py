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
    if _is_for_vscode(options):
        path = _vscode_settings(options)
        if path is None:
            raise UsageError(
                "VS Code has no user settings on this machine",
                "name a settings file, as in `--vscode-settings .vscode/settings.json`",
            )
        changes = installation.install_for_vscode(settings, data, version, path)
    else:
        changes = installation.install(settings, data, version, force=options.force)
    if not any(change.old != change.new for change in changes):
        changes = []
    return _make(changes, f"{settings}: version {version} of the schema is installed already", options)


def uninstall(options: Options) -> int:
    """Undo what `install` did."""
    from xpm_config import installation

    settings = settings_path(options.settings)
    if _is_for_vscode(options):
        changes = installation.uninstall_for_vscode(settings, _vscode_settings(options))
    else:
        data = _settings_data(settings) if os.path.lexists(settings) else None
        changes = installation.uninstall(settings, data)
    return _make(changes, f"{settings}: no schema is installed", options)


def _print(editor: str, options: Options) -> int:
    """Print the settings of an editor; where they belong goes to standard error."""
    from xpm_config import installation
    from xpm_config.editors import SNIPPETS, associate

    settings = settings_path(options.settings)
    text = _settings_data(settings).decode() if os.path.lexists(settings) else ""
    version = _version(options, text)
    schema = os.path.join(installation.places(settings)[0], registry.schema_name(version))
    if not os.path.isfile(schema):
        schema = registry.schema_path(version)
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
    """The version that was asked for, else that of the experimaestro beside us, else that of the modeline."""
    from xpm_config import target
    from xpm_config.modeline import modeline_version

    if options.version is not None:
        return options.version
    if options.target is not None:
        return registry.version_for(target.parse(options.target))
    installed = target.installed()
    if installed is not None:
        return registry.version_for(installed)
    return modeline_version(text) or registry.NEWEST


def _is_for_vscode(options: Options) -> bool:
    return options.vscode or options.vscode_settings is not None


def _vscode_settings(options: Options) -> str | None:
    """The settings file of VS Code; an empty name, as of an unset variable, does not mean the user's own."""
    from xpm_config.vscode import default_settings

    if options.vscode_settings == "":
        raise UsageError("the name of the settings file of VS Code is empty", "name one, or give `--vscode`")
    return options.vscode_settings or default_settings()


# -- changes ----------------------------------------------------------------------------------------


def _make(changes: list[Change], nothing: str, options: Options) -> int:
    """Make the changes, or show them; a line for each, or one that says why there is none."""
    from xpm_config.report.text import printable

    if not options.diff:
        _write_all(changes)
    elif any(change.old != change.new for change in changes):
        for change in changes:
            _show(change)
        return 1
    if not options.quiet:
        for change in changes:
            print(printable(f"{change.path}: {change.what}"))
        if not changes:
            print(printable(nothing))
    return 0


def _write_all(changes: list[Change]) -> None:
    """Make all changes, or none: what was done before one that cannot be made is undone."""
    done: list[Change] = []
    try:
        for change in changes:
            if change.old != change.new:
                _write(change)
                done.append(change)
    except XpmConfigError:
        for change in reversed(done):
            with suppress(XpmConfigError):
                _write(change._replace(old=change.new, new=change.old))
        raise


def _write(change: Change) -> None:
    folder = os.path.dirname(os.path.abspath(change.path))
    is_of_project = os.path.basename(folder) == ".vscode"
    if change.new is None:
        assert change.old is not None  # what is removed is there
        files.remove(change.path, change.old)
        if is_of_project:
            # It is ours like the file, unless others have something in it.
            with suppress(OSError):
                os.rmdir(folder)
    elif change.old is not None:
        files.replace(change.path, change.old, change.new)
    else:
        if is_of_project:
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

    if change.old == change.new:
        print(printable(f"{change.path}: {change.what}"))
        return
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
