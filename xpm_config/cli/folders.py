"""`xpm-config folders`: which folders the workspaces use, whether they are there, and whether they are the same ones.

`folders list --format json` prints

    {"version": 1, "workspaces": [{"id", "path", "folders": [{"path", "mode", "condition", "reason": text | null}],
                                   "former": [path]}]}

where `former` are folders that were used, and that the settings do not have any more. `condition` is mounted, new
(nothing was archived there yet), not mounted, another (than was used before), refused (nothing is ever written
there), or, of `use` folders, readable or not readable.
"""

from __future__ import annotations

import json
import os
import sys
from typing import TYPE_CHECKING, Any, NamedTuple

from xpm_config.cli import effective, streams
from xpm_config.cli.jobs.place import Where, find
from xpm_config.errors import UsageError
from xpm_config.jobs import folder as folders
from xpm_config.jobs.lookup import shelf_paths
from xpm_config.jobs.root import Root
from xpm_config.report.text import printable
from xpm_config.selection import select

if TYPE_CHECKING:
    from collections.abc import Sequence

    from xpm_config.cli.jobs.place import Found
    from xpm_config.settings import Settings, Workspace

FORMATS = ("text", "json")
_WELL = ("mounted", "new", "readable")


class Listed(NamedTuple):
    """A folder of a workspace, and its condition; `reason` is empty where all is well."""

    path: str
    mode: str
    condition: str
    reason: str


def run_list(where: Where, format: str) -> int:
    """List the folders of one workspace, or of all local ones; the exit code is 1 where one cannot be used."""
    settings = effective.load(where.settings)
    if where.workspace is None and where.workdir is None:
        workspaces: Sequence[Workspace] = settings.local_workspaces
    else:
        workspaces = [select(settings, workspace=where.workspace, workdir=where.workdir).workspace]
    listed = [(workspace, _listed(settings, workspace), _former(workspace)) for workspace in workspaces]
    if format == "json":
        streams.write_json(json.dumps(_data(listed), indent=2, ensure_ascii=False) + "\n")
    else:
        _print(listed)
    return int(any(one.condition not in _WELL for _, found, _ in listed for one in found))


def run_accept(where: Where, path: str) -> int:
    """Take what stands at the path of a folder for that folder from now on."""
    found, named = _folder(where, path)
    if not os.path.isdir(named):
        raise UsageError(f"{named} is not there", "mount or create it first")
    with Root(found.plan.workspace, found.plan.mode) as workspace:
        before, _ = folders.condition(named, workspace, found.plan.others)
        try:
            folders.accept(named, workspace, mode=found.plan.mode)
        except OSError as error:
            raise UsageError(f"{named}: {error.strerror}", "check the folder and its permissions") from None
    print(printable(f"{named}: " + ("it was accepted already" if before == "mounted" else "accepted")))
    return 0


def run_forget(where: Where, path: str) -> int:
    """Forget which folder stands at a path: the next copy takes what is there then."""
    found = find(where)
    named = os.path.abspath(os.path.expanduser(path))
    with Root(found.plan.workspace, found.plan.mode) as workspace:
        known = folders.forget(named, workspace)
    if not known:
        print(f"{printable(named)}: nothing was known of it", file=sys.stderr)
        return 1
    print(f"{printable(named)}: forgotten; nothing in it was touched")
    return 0


def _folder(where: Where, path: str) -> tuple[Found, str]:
    """The workspace, and its backup or move folder at this path; raises UsageError where it has none."""
    found = find(where)
    named = os.path.abspath(os.path.expanduser(path))
    written = [folder.path for folder in found.plan.folders if folder.mode != "use"]
    for one in written:
        if os.path.abspath(one) == named:
            return found, one
    known = ", ".join(written) or "none"
    raise UsageError(f"{named} is no backup or move folder of {found.name}", f"its folders are: {known}")


def _listed(settings: Settings, workspace: Workspace) -> list[Listed]:
    others = [str(other.path) for other in settings.local_workspaces if other.path != workspace.path]
    listed = []
    for folder in workspace.attached:
        path = str(folder.path)
        if folder.mode == "use":
            readable = any(os.access(shelf, os.R_OK | os.X_OK) for shelf in shelf_paths(path, folder.mode))
            condition, reason = ("readable", "") if readable else ("not readable", f"{path} is not there, or closed")
        else:
            condition, reason = _condition(workspace, path, others)
        listed.append(Listed(path, folder.mode, condition, reason))
    return listed


def _condition(workspace: Workspace, path: str, others: list[str]) -> tuple[str, str]:
    try:
        with Root(str(workspace.path)) as root:
            return folders.condition(path, root, others)
    except OSError as error:
        return "unknown", f"the workspace, {workspace.path}, cannot be looked into: {error.strerror}"


def _former(workspace: Workspace) -> list[str]:
    """The folders that the workspace has used, and that the settings do not have any more."""
    known = {os.path.abspath(folder.path) for folder in workspace.attached}
    try:
        with Root(str(workspace.path)) as root:
            return sorted(path for path in folders.memory(root) if path not in known)
    except OSError:
        return []


def _print(listed: list[tuple[Workspace, list[Listed], list[str]]]) -> None:
    for workspace, found, former in listed:
        print(printable(f"{workspace.id or 'workspace'}: {workspace.path}"))
        if not found:
            print("  no folders")
        for one in found:
            reason = f": {one.reason}" if one.reason else ""
            print(printable(f"  {one.mode:<7} {one.path}  {one.condition}{reason}"))
        for path in former:
            print(printable(f"  {'former':<7} {path}  used before, and not in the settings any more"))


def _data(listed: list[tuple[Workspace, list[Listed], list[str]]]) -> dict[str, Any]:
    return {
        "version": 1,
        "workspaces": [
            {
                "id": workspace.id,
                "path": str(workspace.path),
                "folders": [{**one._asdict(), "reason": one.reason or None} for one in found],
                "former": former,
            }
            for workspace, found, former in listed
        ],
    }
