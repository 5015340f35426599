"""folders list, folders accept, folders forget."""

from __future__ import annotations

from typing import Annotated

import typer

from xpm_config.cli import completion
from xpm_config.cli.arguments.jobs import Format, Workdir, WorkspaceId, checked_format, where_from
from xpm_config.cli.arguments.shared import SettingsFile  # noqa: TC001 - typer reads the types at run time

Path = Annotated[
    str, typer.Argument(metavar="PATH", help="The folder, as the settings name it.", autocompletion=completion.files)
]


def list_folders(
    workspace: WorkspaceId = None, workdir: Workdir = None, format: Format = "text", settings: SettingsFile = None
) -> int:
    """List the folders of the local workspaces, or of one, and whether they can be used.

    Exit code 0: all can; 1: one is not mounted, not what it was, or must not be used.
    """
    from xpm_config.cli.folders import run_list

    return run_list(where_from(workspace, workdir, settings), checked_format(format))


def accept(path: Path, workspace: WorkspaceId = None, workdir: Workdir = None, settings: SettingsFile = None) -> int:
    """Take what stands at the path of a backup or move folder for that folder from now on.

    A folder is known by a marker in it, so that an empty mount point is never taken for it. This is for one that
    was really replaced.
    """
    from xpm_config.cli.folders import run_accept

    return run_accept(where_from(workspace, workdir, settings), path)


def forget(path: Path, workspace: WorkspaceId = None, workdir: Workdir = None, settings: SettingsFile = None) -> int:
    """Forget which folder stood at a path, so that the next copy takes what is there; nothing in it is touched."""
    from xpm_config.cli.folders import run_forget

    return run_forget(where_from(workspace, workdir, settings), path)
