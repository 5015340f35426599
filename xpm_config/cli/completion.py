"""Completers: what the values of options and arguments can be, for the shell's TAB.

Each takes the word as typed so far and gives values that begin with it, with a help text for the shells
that show one. They are given to typer as `autocompletion=`; none prints or fails.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import typer  # noqa: TC002 - typer reads the types of completers at run time

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

Candidates = list[tuple[str, str]]
"""Values and their help texts; the help may be empty."""

MAX_SETTINGS_BYTES = 128 << 10
"""Larger settings files are not read: nobody waits for a TAB longer than half a second."""


class Wanted:
    """What the parameter that completes now asks the shell to offer, besides the candidates."""

    files = False


def files(incomplete: str) -> Candidates:
    """Leave it to the shell, which knows how to offer files."""
    Wanted.files = True
    return []


def choices(*words: str) -> Callable[[str], Candidates]:
    """A completer for the words that an option takes."""
    return lambda incomplete: [(word, "") for word in words if word.startswith(incomplete)]


def codes(incomplete: str) -> Candidates:
    """The codes of findings; behind a comma the next one, without those that stand before it."""
    from xpm_config.codes import CODES

    before, comma, last = incomplete.rpartition(",")
    given = before.upper().split(",")
    return [
        (before + comma + _as_typed(last, code), CODES[code].title)
        for code in CODES
        if code.startswith(last.upper()) and code not in given
    ]


def topics(incomplete: str) -> Candidates:
    """What `explain` explains: keys by their paths, and codes."""
    from xpm_config import registry
    from xpm_config.cli.explain import keys

    typed = incomplete.replace("[]", "").lower()
    known = [
        (incomplete + name[len(typed) :], str(schema["title"]))
        for name, schema in keys(registry.schema(registry.NEWEST))
        if name.startswith(typed)
    ]
    return known if "," in incomplete else known + codes(incomplete)


def releases(incomplete: str) -> Candidates:
    """The releases of experimaestro that read the settings in another way than the one before, newest first."""
    from xpm_config import loaders, registry
    from xpm_config.cli.explain import keys
    from xpm_config.releases import parse_release, show_release

    brought: dict[tuple[int, ...], list[str]] = {loaders.PYDANTIC_SINCE: [], registry.NEWEST_RELEASE: []}
    for name, schema in keys(registry.schema(registry.NEWEST)):
        if "x-xpm-since" in schema:
            listed = brought.setdefault(parse_release(schema["x-xpm-since"]), [])
            if name.rpartition(".")[0] not in listed:
                listed.append(name)
    rows = [(show_release(release), _brought(brought[release])) for release in sorted(brought, reverse=True)]
    return [row for row in rows if row[0].startswith(incomplete)]


def _brought(names: list[str]) -> str:
    more = f" and {len(names) - 2} more" if len(names) > 2 else ""
    return f"brought {', '.join(names[:2])}{more}" if names else "reads the file with pydantic"


def versions(incomplete: str) -> Candidates:
    """The versions of the schema, with the releases that they describe."""
    from xpm_config import registry

    rows = [(str(version), f"experimaestro {registry.releases(version)}") for version in registry.VERSIONS]
    return [row for row in rows if row[0].startswith(incomplete)]


def workspace_ids(ctx: typer.Context, incomplete: str) -> Candidates:
    """The ids of workspaces in the settings that the command line means, with their paths; no secret among them.

    A settings file that is missing, broken, larger than MAX_SETTINGS_BYTES or no regular file gives nothing.
    """
    return [(name, place) for name, place, _ in _ids(ctx, incomplete)]


def remote_workspace_ids(ctx: typer.Context, incomplete: str) -> Candidates:
    """The same for the workspaces on other machines."""
    return [(name, place) for name, place, is_remote in _ids(ctx, incomplete) if is_remote]


def _ids(ctx: typer.Context, incomplete: str) -> list[tuple[str, str, bool]]:
    try:
        return [row for row in _workspaces(_settings(ctx)) if row[0].startswith(incomplete)]
    except Exception:  # noqa: BLE001 - whatever the file does to us, the line that is being typed stays as it is
        return []


def jobs(ctx: typer.Context, incomplete: str) -> Candidates:
    """The jobs of the workspace that the command line means: tasks first, then the hashes of one.

    A workspace that cannot be found, or a disk that does not answer as it should, gives nothing.
    """
    try:
        return [(job, "") for job in _jobs(ctx, incomplete)]
    except Exception:  # noqa: BLE001 - as above
        return []


def _jobs(ctx: typer.Context, incomplete: str) -> list[str]:
    import os

    from xpm_config.selection import select
    from xpm_config.settings import load

    path = _settings(ctx)
    if os.path.lexists(path) and os.stat(path).st_size > MAX_SETTINGS_BYTES:
        return []
    settings = load(path if os.path.lexists(path) else None)
    workspace = select(settings, workspace=ctx.params.get("workspace"), workdir=ctx.params.get("workdir")).workspace
    task, slash, name = incomplete.partition("/")
    found: set[str] = set()
    for root in (workspace.path, *(folder.path for folder in workspace.attached)):
        directory = os.path.join(root, "jobs", task if slash else "")
        if os.path.isdir(directory):
            found.update(entry for entry in os.listdir(directory) if not entry.startswith("."))
    begun = name if slash else task
    return [f"{task}/{each}" if slash else f"{each}/" for each in sorted(found) if each.startswith(begun)]


def _settings(ctx: typer.Context) -> str:
    """The settings file in effect; `--settings` may stand behind the command or in front of it."""
    import os

    from xpm_config.location import settings_path

    here: typer.Context | None = ctx
    while here is not None:
        named = here.params.get("settings")
        if named:
            # The shell has not expanded the word yet.
            return os.path.expandvars(os.path.expanduser(str(named)))
        here = here.parent  # type: ignore[assignment]
    return settings_path(None)


def _workspaces(path: str) -> Iterator[tuple[str, str, bool]]:
    """Id, help text, and whether it is remote, of each workspace."""
    import os

    from xpm_config import files, loaders, registry, target
    from xpm_config.context import Context
    from xpm_config.document import Document
    from xpm_config.secrets import Secrets

    if os.stat(path).st_size > MAX_SETTINGS_BYTES:
        return
    release = target.default()
    document = Document(files.read(path), loaders.dialect(release))
    if document.problems or document.root is None:
        return
    loaded, constructor = loaders.load(document, release, os.environ)
    secrets = Secrets(document)
    context = Context(document, constructor, loaded, registry.NEWEST, release, os.environ)
    for workspace in context.workspaces:
        shown = [
            setting.text if setting and setting.text and not secrets.hides(*setting.node.span) else None
            for setting in (workspace.id, workspace.path, workspace.host)
        ]
        if shown[0] is not None:
            place = shown[1] or ""
            if workspace.is_remote:
                place = f"remote, {shown[2] or 'host hidden'}:{place}"
            yield shown[0], place, workspace.is_remote


def _as_typed(typed: str, code: str) -> str:
    """A code in the case in which its beginning was typed: a shell only takes what begins with the word."""
    return typed + code[len(typed) :]
