"""`xpm-config select`: the workspace that a run would use, and why.

`--format json` prints `{"id": text, "path": text, "reason": "workspace" | "workdir" | "trigger" | "default",
"trigger": text | null}`, with an empty `id` for a bare `--workdir`; with `--explain` also

    "considered": [{"id", "path", "verdict": "chosen" | "remote" | "other id" | "no match" | "later",
                    "tried": [pattern]}], "not_attached": [path of a folder]
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, NamedTuple

from xpm_config.cli import effective, streams
from xpm_config.report.text import printable
from xpm_config.selection import FLAGS, select

if TYPE_CHECKING:
    from collections.abc import Iterator

    from xpm_config.selection import Considered, Selection
    from xpm_config.settings import Settings

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
    options, origins = _with_experiment(options)
    selection = select(
        settings,
        workspace=options.workspace,
        workdir=options.workdir,
        experiment_id=options.experiment_id,
        attach_folders=options.attach_folders,
        asked_at=origins,
    )
    if options.format == "json":
        streams.write_json(json.dumps(_data(selection, options.explain), indent=2, ensure_ascii=False) + "\n")
        return 0
    # Not `printable`: the path is for programs to use.
    print(selection.workspace.path)
    if options.explain:
        print("\n".join(_reasons(settings, selection, options.experiment_id)))
    return 0


def _with_experiment(options: Options) -> tuple[Options, dict[str, Any]]:
    """The options with what the file of an experiment asks for; flags count before the file."""
    if options.experiment is None:
        return options, dict(FLAGS)
    from xpm_config.experiment_file import read_experiment

    asked = read_experiment(options.experiment)
    options = options._replace(experiment_id=asked.id if options.experiment_id is None else options.experiment_id)
    if options.workspace is not None or options.workdir is not None:
        return options, dict(FLAGS)
    return options._replace(workspace=asked.workspace, workdir=asked.workdir), {**FLAGS, **asked.origins}


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


def _reasons(settings: Settings, selection: Selection, experiment_id: str | None) -> Iterator[str]:
    """Why this workspace, in lines: the rule that decided first, then every workspace in order."""
    workspace, origin = selection.workspace, selection.workspace.origin("path")
    named = f"experiment `{printable(experiment_id)}`" if experiment_id else "no experiment id was given"
    if selection.reason == "workdir":
        yield f"because: {origin} names the directory"
        for other in settings.local_workspaces:
            if other.path == workspace.path:
                yield (
                    f"note: this is the directory of workspace `{printable(other.id)}`, whose own settings do not "
                    f"hold: `--workspace {printable(other.id)}` uses them"
                )
        return
    if selection.reason == "workspace":
        yield f"because: workspace `{printable(workspace.id)}` was named"
        if origin.kind == "flag" or all(one.workspace.path != workspace.path for one in selection.considered):
            yield f"note: {origin} gives another directory"
        for path in selection.dropped:
            yield f"note: its folder {path} is not attached to another directory (--attach-folders attaches it)"
    elif selection.reason == "trigger":
        yield f"because: {named} matches the trigger `{printable(str(selection.trigger))}`"
    else:
        why = f"no trigger matches {named}" if experiment_id else named
        yield f"because: {why}, and this is the first local workspace"
    yield from (f"  {_considered(one, selection)}" for one in selection.considered)


def _considered(one: Considered, selection: Selection) -> str:
    tried = ", ".join(f"`{printable(trigger)}`" for trigger in one.tried)
    verdicts = {
        "chosen": "chosen",
        "remote": "on another machine, so never used by a local run",
        "other id": "has another id",
        "no match": "has no trigger that matches",
        "later": "comes after the chosen one",
    }
    words = verdicts[one.verdict]
    return f"{printable(one.workspace.id)}: {words}" + (f" (tried {tried})" if tried else "")
