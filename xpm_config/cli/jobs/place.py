"""Which workspace a command is about, with its folders, and which of its jobs."""

from __future__ import annotations

import os
import sys
from typing import TYPE_CHECKING, NamedTuple

from xpm_config.cli import effective
from xpm_config.errors import UsageError
from xpm_config.jobs.choice import Choice, all_jobs, choose
from xpm_config.jobs.folder import Folder
from xpm_config.jobs.plan import Plan
from xpm_config.report.text import printable
from xpm_config.selection import select

if TYPE_CHECKING:
    from collections.abc import Sequence

    from xpm_config.settings import Workspace


class Where(NamedTuple):
    """What the command line says about the workspace."""

    workspace: str | None = None
    workdir: str | None = None
    settings: str | None = None
    target: str | None = None


class Found(NamedTuple):
    """A workspace whose directory is there, its settings, and it with its folders as paths."""

    settings: Workspace
    plan: Plan

    @property
    def name(self) -> str:
        """What it is called in messages."""
        return f"workspace {self.settings.id}" if self.settings.id else "workspace"


def find(where: Where) -> Found:
    """The workspace that is meant; raises UsageError where there is none, or where it is on another machine."""
    settings = effective.load(where.settings, where.target)
    selection = select(settings, workspace=where.workspace, workdir=where.workdir)
    workspace = selection.workspace
    path = str(workspace.path)
    if not os.path.isdir(path):
        raise UsageError(
            f"the directory of the workspace is not there: {path} ({workspace.origin('path')})",
            "mount its disk, or create it",
        )
    for dropped in selection.dropped:
        print(
            f"note: {printable(str(dropped))} is not attached to another directory than the workspace's own",
            file=sys.stderr,
        )
    folders = tuple(Folder(str(folder.path), folder.mode) for folder in workspace.attached)
    others = tuple(str(other.path) for other in settings.local_workspaces if other.path != workspace.path)
    return Found(workspace, Plan(path, folders, others, _mode(workspace.lock_mode)))


def need_folders(found: Found, *modes: str) -> None:
    """Raise UsageError where the workspace has no folder of these modes."""
    if not any(folder.mode in modes for folder in found.plan.folders):
        raise UsageError(
            f"{found.name} ({found.plan.workspace}) has no folder of mode {' or '.join(modes)}",
            "`xpm-config explain workspaces.folders` tells how to write one",
        )


def chosen(words: Sequence[str], roots: Sequence[str], *, everything: bool) -> Choice:
    """The jobs that are meant; raises UsageError where none are named, or both some and all."""
    if everything and words:
        raise UsageError("jobs are named, and `--all` is given", "give one of them")
    if everything:
        return Choice(tuple(all_jobs(roots)))
    if not words:
        raise UsageError("no job is named", "name some as TASK/HASH, with a glob such as 'nlp.*', or give `--all`")
    return choose(words, roots)


def _mode(lock_mode: str) -> int | None:
    """The permissions of what is made, as `lock_mode` asks for; None: those of the directory."""
    text = os.environ.get("XPM_LOCK_MODE", lock_mode).strip()
    if text == "umask":
        mask = os.umask(0)
        os.umask(mask)
        return 0o777 & ~mask
    try:
        bits = int(text, 8) & 0o666
    except ValueError:
        return None
    # Who may read a directory has to get into it.
    return bits | (bits & 0o444) >> 2
