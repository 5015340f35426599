"""`xpm-config select`: the workspace that a run would use, and why.

`--format json` prints `{"id": text, "path": text, "reason": "workspace" | "workdir" | "trigger" | "default",
"trigger": text | null}`, with an empty `id` for a bare `--workdir`; with `--explain` also

    "considered": [{"id", "path", "verdict": "chosen" | "remote" | "other id" | "no match" | "later",
                    "tried": [pattern]}], "not_attached": [path of a folder]
"""

from __future__ import annotations

import json
import os
import sys
from typing import TYPE_CHECKING, Any, NamedTuple

from xpm_config.cli import effective, streams
from xpm_config.errors import UsageError
from xpm_config.location import USERS_OWN
from xpm_config.report.text import printable
from xpm_config.selection import FLAGS, select

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from xpm_config.selection import Considered, Selection
    from xpm_config.settings import Origin, Settings

FORMATS = ("text", "json")


class Options(NamedTuple):
    """What was asked for; the defaults are those of the command."""

    experiment_id: str | None = None
    experiment: str | None = None
    workspace: str | None = None
    workdir: str | None = None
    attach_folders: bool = False
    explain: bool = False
    format: str = "text"
    settings: str | None = None
    target: str | None = None


def run(options: Options) -> int:
    """Print the directory of the workspace, and with `explain` the reasons behind it."""
    settings = effective.load(options.settings, options.target)
    asked = _asked(options)
    if options.attach_folders and (asked.workspace is None or asked.workdir is None):
        raise UsageError("--attach-folders says something about --workspace with --workdir only", "leave it out")
    selection = select(
        settings,
        workspace=asked.workspace,
        workdir=asked.workdir,
        experiment_id=asked.experiment_id,
        attach_folders=options.attach_folders,
        asked_at=asked.origins,
    )
    if options.format == "json":
        streams.write_json(json.dumps(_data(selection, options.explain), indent=2, ensure_ascii=False) + "\n")
        return 0
    # Not `printable`: the path is for programs to use.
    streams.write_lines([str(selection.workspace.path)])
    if options.explain:
        print("\n".join(printable(line) for line in _reasons(settings, selection, asked)))
    return 0


class _Asked(NamedTuple):
    """What the command line and the file of an experiment ask for, and what of the file they leave out."""

    experiment_id: str | None
    workspace: str | None
    workdir: str | None
    origins: Mapping[str, Origin] = FLAGS
    overridden: tuple[str, ...] = ()


def _asked(options: Options) -> _Asked:
    """What is asked for; flags count before the file of the experiment, which then says nothing of the place."""
    if options.experiment_id == "":
        raise UsageError("the id of the experiment is empty", "name one, or leave it out")
    flags = _Asked(options.experiment_id, options.workspace, options.workdir)
    if options.experiment is None:
        return flags
    if options.experiment in ("", "-"):
        raise UsageError("--experiment needs the name of a file", "name one, or leave it out")
    from xpm_config.experiment_file import read_experiment

    file = read_experiment(options.experiment)
    if file.id is None and flags.experiment_id is None:
        words = f"{options.experiment}: no `id`: a default in the experiment's code is not known here"
        print(f"warning: {printable(words)}", file=sys.stderr)
    flags = flags._replace(experiment_id=flags.experiment_id or file.id)
    if flags.workspace is None and flags.workdir is None:
        return flags._replace(workspace=file.workspace, workdir=file.workdir, origins={**FLAGS, **file.origins})
    places = (file.origins[name] for name in ("workspace", "workdir") if getattr(file, name) is not None)
    return flags._replace(overridden=tuple(map(str, places)))


def _data(selection: Selection, explain: bool) -> dict[str, Any]:
    workspace = selection.workspace
    data: dict[str, Any] = {
        "id": workspace.id,
        "path": str(workspace.path),
        "reason": selection.reason,
        "trigger": selection.trigger,
    }
    if explain:
        data["considered"] = [
            {
                "id": one.workspace.id,
                "path": str(one.workspace.path),
                "verdict": one.verdict,
                "tried": list(one.tried),
            }
            for one in selection.considered
        ]
        data["not_attached"] = [str(path) for path in selection.dropped]
    return data


def _reasons(settings: Settings, selection: Selection, asked: _Asked) -> Iterator[str]:
    """Why this workspace, in lines: the rule that decided first, then every workspace in order."""
    workspace = selection.workspace
    yield f"because: {_because(selection, asked)}"
    if selection.reason == "workspace" and asked.workdir is not None:
        yield f"note: {asked.origins['workdir']} gives another directory"
    for place in asked.overridden:
        yield f"note: {place} asks for another place: the command line stands in its stead"
    for path in selection.dropped:
        yield f"note: its folder {path} is not attached to another directory (--attach-folders attaches it)"
    if selection.reason == "workdir":
        for other in settings.local_workspaces:
            if other.path == workspace.path:
                yield (
                    f"note: this is the directory of workspace `{other.id}`, whose own settings do not hold: "
                    f"`--workspace {other.id}` uses them"
                )
    if settings.path is not None and os.path.realpath(settings.path) != os.path.realpath(os.path.expanduser(USERS_OWN)):
        yield f"note: experimaestro itself reads {USERS_OWN}, and not {settings.path}"
    yield from (f"  {_considered(one)}" for one in selection.considered)


def _because(selection: Selection, asked: _Asked) -> str:
    named = f"experiment `{asked.experiment_id}`" if asked.experiment_id else "no experiment id was given"
    if selection.reason == "workdir":
        return f"{asked.origins['workdir']} names the directory"
    if selection.reason == "workspace":
        return f"{asked.origins['workspace']} names workspace `{selection.workspace.id}`"
    if selection.reason == "trigger":
        return f"{named} matches the trigger `{selection.trigger}`"
    why = f"no trigger matches {named}" if asked.experiment_id else named
    return f"{why}, and this is the first local workspace"


def _considered(one: Considered) -> str:
    tried = ", ".join(f"`{trigger}`" for trigger in one.tried)
    verdicts = {
        "chosen": "chosen",
        "remote": "on another machine, so never used by a local run",
        "other id": "has another id",
        "no match": "has no trigger that matches",
        "later": "comes after the chosen one",
    }
    return f"{one.workspace.id}: {verdicts[one.verdict]}" + (f" (tried {tried})" if tried else "")
