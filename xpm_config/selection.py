"""Which workspace a run uses, and why: a workspace that is named, a directory, a trigger, or the first local one."""

from __future__ import annotations

from dataclasses import dataclass, replace
from fnmatch import fnmatch
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from xpm_config.errors import UsageError
from xpm_config.settings import Origin, Origins

if TYPE_CHECKING:
    from collections.abc import Mapping

    from xpm_config.settings import Settings, Workspace

Reason = Literal["workspace", "workdir", "trigger", "default"]
Verdict = Literal["chosen", "remote", "other id", "no match", "later"]

FLAGS: Mapping[str, Origin] = {name: Origin("flag", variables=(f"--{name}",)) for name in ("workspace", "workdir")}


@dataclass(frozen=True)
class Considered:
    """A workspace that was looked at: what became of it, and which of its triggers were tried, in order.

    `remote`: no local run uses it; `other id`: another one was named; `no match`: none of its triggers
    matches; `later`: an earlier one won.
    """

    workspace: Workspace
    verdict: Verdict
    tried: tuple[str, ...] = ()


@dataclass(frozen=True)
class Selection:
    """The workspace of a run.

    `workspace` has its path replaced where a directory was given as well, and an empty id where there is
    nothing but the directory. `trigger` is the pattern that matched. `dropped` are the folders that
    `workspace.attached` lacks because the directory is not the workspace's own; `workspace.folders` keeps them.
    """

    workspace: Workspace
    reason: Reason
    trigger: str | None
    considered: tuple[Considered, ...]
    dropped: tuple[Path, ...] = ()


def select(
    settings: Settings,
    *,
    workspace: str | None = None,
    workdir: str | None = None,
    experiment_id: str | None = None,
    attach_folders: bool = False,
    asked_at: Mapping[str, Origin] = FLAGS,
) -> Selection:
    """The workspace that a run uses.

    In order: the `workspace` with this id, the directory `workdir`, the first local workspace with a
    trigger that matches `experiment_id`, the first local workspace. With both of the first two it is the
    workspace in another directory: then its backup and move folders, which hold the jobs of its own
    directory, are attached with `attach_folders` only. `asked_at` says where the first two were given.
    Raises UsageError where nothing can be selected.
    """
    if workspace is not None:
        chosen = _named(settings, workspace, asked_at["workspace"])
        considered = _by_id(settings, chosen)
        if workdir is None:
            return Selection(chosen, "workspace", None, considered)
        return _elsewhere(
            Selection(chosen, "workspace", None, considered), workdir, asked_at["workdir"], attach_folders
        )
    if workdir is not None:
        path = _directory(workdir, asked_at["workdir"])
        return Selection(settings.directory(path, asked_at["workdir"]), "workdir", None, ())
    return _by_trigger(settings, experiment_id)


def _named(settings: Settings, name: str, origin: Origin) -> Workspace:
    if not name:
        # experimaestro takes this as not given: an unset shell variable would select another workspace.
        raise UsageError(f"{origin}: the workspace is empty", "name one, or leave it out")
    found = settings.workspace(name)
    if found is None:
        raise UsageError(f"{origin}: there is no workspace `{name}`", suggestion(name, settings.workspaces, settings))
    if found.is_remote:
        import shlex

        raise UsageError(
            f"{origin}: workspace `{name}` is on another machine ({found.origin('ssh.host')}): no local run can use it",
            f"watch it with `xpm-config ssh-monitor --workspace {shlex.quote(name)}`, or name a local workspace",
        )
    return found


def suggestion(name: str, among: tuple[Workspace, ...], settings: Settings) -> str:
    """What may have been meant by an id that none of some workspaces has, and which ids there are."""
    from difflib import get_close_matches

    ids = list(dict.fromkeys(workspace.id for workspace in among))
    if not ids:
        where = f" in {settings.path}" if settings.path else ""
        return f"there are no workspaces{where}; `xpm-config explain workspaces` tells how to write one"
    close = get_close_matches(name, ids, n=1)
    # difflib compares case by case, and ids are mistyped so.
    close = close or [known for known in ids if known.lower() == name.lower()][:1]
    listed = ", ".join(ids[:20]) + (", …" if len(ids) > 20 else "")
    return f"did you mean `{close[0]}`? There are: {listed}" if close else f"there are: {listed}"


def _directory(text: str, origin: Origin) -> Path:
    if not text:
        raise UsageError(f"{origin}: the directory is empty", "name one, or leave it out")
    try:
        path = Path(text).expanduser().resolve()
        made = next(place for place in (path, *path.parents) if _is_there(place))
    except (RuntimeError, OSError, ValueError) as error:
        raise UsageError(f"{origin}: `{text}` cannot be resolved: {error}", "check the name") from None
    if not made.is_dir():
        raise UsageError(f"{origin}: {made} is a file", "name a directory; it is made if it is not there")
    return path


def _is_there(path: Path) -> bool:
    """Whether something is at a path; unlike `exists`, this raises OSError for all but what is missing."""
    try:
        path.stat()
    except (FileNotFoundError, NotADirectoryError):
        return False
    return True


def _elsewhere(selection: Selection, workdir: str, origin: Origin, attach_folders: bool) -> Selection:
    """The selection with another directory in place of the workspace's own."""
    own = selection.workspace
    path = _directory(workdir, origin)
    moved = replace(own, path=path, origins=Origins({**own.origins, "path": origin}))
    if attach_folders or path == own.path:
        return replace(selection, workspace=moved)
    # Copies of jobs from a trial directory must not mix with those of the workspace itself.
    dropped = tuple(folder.path for folder in own.attached if folder.mode != "use")
    moved = replace(moved, attached=tuple(folder for folder in own.attached if folder.mode == "use"))
    return replace(selection, workspace=moved, dropped=dropped)


def _by_id(settings: Settings, chosen: Workspace) -> tuple[Considered, ...]:
    place = next(index for index, workspace in enumerate(settings.workspaces) if workspace is chosen)

    def verdict(index: int) -> Verdict:
        return "chosen" if index == place else "other id" if index < place else "later"

    return tuple(Considered(workspace, verdict(index)) for index, workspace in enumerate(settings.workspaces))


def _by_trigger(settings: Settings, experiment_id: str | None) -> Selection:
    considered: list[Considered] = []
    won: tuple[Workspace, str] | None = None
    for workspace in settings.workspaces:
        if workspace.is_remote:
            considered.append(Considered(workspace, "remote"))
        elif won is not None:
            considered.append(Considered(workspace, "later"))
        else:
            tried: list[str] = []
            for trigger in workspace.triggers if experiment_id else ():
                tried.append(trigger)
                # As experimaestro matches: with fnmatch, which knows `!` in brackets and no `**`.
                if fnmatch(str(experiment_id), trigger):
                    won = (workspace, trigger)
                    break
            considered.append(Considered(workspace, "chosen" if won else "no match", tuple(tried)))
    if won is not None:
        return Selection(won[0], "trigger", won[1], tuple(considered))
    first = next(iter(settings.local_workspaces), None)
    if first is None:
        raise _nothing(settings)
    marked = [replace(one, verdict="chosen") if one.workspace is first else one for one in considered]
    return Selection(first, "default", None, tuple(marked))


def _nothing(settings: Settings) -> UsageError:
    if settings.workspaces:
        return UsageError(
            f"{settings.path}: every workspace is on another machine: there is none that a local run could use",
            "add a workspace without `ssh`, or name a directory, as with `select --workdir`",
        )
    if settings.path is None:
        return UsageError(
            "there is no settings file, and so no workspace",
            "`xpm-config init` writes a first one; or name a directory, as with `select --workdir`",
        )
    return UsageError(
        f"{settings.path}: there are no workspaces",
        "add one (`xpm-config explain workspaces` tells how), or name a directory, as with `select --workdir`",
    )
