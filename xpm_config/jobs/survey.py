"""What a workspace and its folders hold: every job with its state, and in which condition its copies are.

Only names, markers and the ends of manifests are read; no file of a job is. Nothing is written.
"""

from __future__ import annotations

import os
from itertools import groupby
from typing import TYPE_CHECKING, Literal, NamedTuple

from xpm_config.jobs.layout import JOBS, STAGING, JobId
from xpm_config.jobs.manifest import Summary, read_summary
from xpm_config.jobs.state import is_running
from xpm_config.jobs.tree import OPEN_DIRECTORY

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from xpm_config.jobs.folder import Mode
    from xpm_config.jobs.plan import Shelved
    from xpm_config.jobs.root import Root

JobState = Literal["done", "failed", "running", "unfinished", "moved", "dangling", "absent"]
"""`unfinished`: neither marker is there, and nobody works on it; `dangling`: a link to nowhere; `absent`: only
folders have it."""
Condition = Literal["complete", "partial", "incomplete", "unfinished", "stale", "foreign", "unknown", "missing"]
"""`partial`: rules left something out; `incomplete`: something could not be copied; `unfinished`: it
is not done there; `stale`: the workspace has another result; `foreign`: another workspace's; `unknown`: it has no
manifest; `missing`: only its manifest is there. Those of `use` folders are complete whoever made them."""

_OPEN = os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC


class Seen(NamedTuple):
    """A copy of a job in a folder, as its manifest has it; nothing of it was read."""

    folder: str
    condition: Condition
    size: int = 0


class Surveyed(NamedTuple):
    """A job, its state in the workspace, where the link of a moved one leads to, and its copies in folders' order."""

    job: JobId
    state: JobState
    target: str
    copies: tuple[Seen, ...]


def jobs_of(root: str) -> Iterator[JobId]:
    """The jobs that stand in a workspace or folder, by task and hash; links of moved ones count."""
    for task in _names(os.path.join(root, JOBS)):
        yield from (JobId(task, name) for name in _names(os.path.join(root, JOBS, task)))


def survey(workspace: Root, folders: Sequence[Shelved]) -> Iterator[Surveyed]:
    """All jobs of a workspace, and those that only its backup and move folders have, in the order of their names.

    Raises OSError of failing disks.
    """
    tasks = {name for root in (workspace, *_own(folders)) for name in _names(JOBS, root)}
    for task in sorted(tasks):
        yield from _Task(workspace, folders, task).jobs()


def look_at(workspace: Root, folders: Sequence[Shelved], jobs: Iterable[JobId]) -> Iterator[Surveyed]:
    """Some jobs, by task; raises OSError of failing disks."""
    for task, of_task in groupby(sorted(jobs), key=lambda job: job.task):
        # The names of a task are read once, however many of its jobs are asked for.
        looked_into = _Task(workspace, folders, task)
        yield from (looked_into.job(job.hash) for job in of_task)


class _Task:
    """The jobs of one task."""

    def __init__(self, workspace: Root, folders: Sequence[Shelved], task: str) -> None:
        self._workspace, self._folders, self._task = workspace, folders, task
        self._path = f"{JOBS}/{task}"
        self._own = frozenset(_names(self._path, workspace))
        self._stored = [frozenset(_names(self._path, folder.root)) for folder in folders]

    def jobs(self) -> Iterator[Surveyed]:
        folders = zip(self._folders, self._stored, strict=True)
        written = [stored for folder, stored in folders if folder.mode != "use"]
        for name in sorted(self._own.union(*written)):
            surveyed = self.job(name)
            # What a folder has of others is no job of this workspace.
            if surveyed.state != "absent" or any(copy.condition != "foreign" for copy in surveyed.copies):
                yield surveyed

    def job(self, name: str) -> Surveyed:
        job = JobId(self._task, name)
        state, target, done = self._state(job) if name in self._own else ("absent", "", None)
        copies = (
            self._copy(folder, job, done, there=name in stored)
            for folder, stored in zip(self._folders, self._stored, strict=True)
        )
        return Surveyed(job, state, target, tuple(copy for copy in copies if copy is not None))

    def _state(self, job: JobId) -> tuple[JobState, str, int | None]:
        """The state, where the link leads to, and the time of the marker of success."""
        workspace = self._workspace.descriptor
        target = _link(job.relative, workspace)
        try:
            done = os.stat(f"{job.relative}/{job.name}.done", dir_fd=workspace).st_mtime_ns
        except (FileNotFoundError, NotADirectoryError):
            done = None
        if target:
            there = done is not None or os.access(job.relative, os.F_OK, dir_fd=workspace)
            return ("moved" if there else "dangling"), target, done
        if os.access(f"{job.relative}/{job.name}.failed", os.F_OK, dir_fd=workspace):
            return "failed", "", None
        if done is not None:
            return "done", "", done
        return ("running" if _runs(job, workspace) else "unfinished"), "", None

    def _copy(self, folder: Shelved, job: JobId, done: int | None, *, there: bool) -> Seen | None:
        try:
            summary = read_summary(folder.root, job)
        except OSError:
            summary = None
        path = folder.root.path
        if summary is not None:
            return Seen(path, self._condition(summary, folder.mode, done, there=there), summary.size)
        if not there:
            return None
        return Seen(path, _without_manifest(folder, job))

    def _condition(self, summary: Summary, mode: Mode, done: int | None, *, there: bool) -> Condition:
        if not there:
            return "missing"
        if mode != "use" and summary.owner != self._workspace.path:
            return "foreign"
        if summary.problems:
            return "incomplete"
        if mode != "use" and done is not None and summary.done != done:
            return "stale"
        return "partial" if summary.left_out else "complete"


def _own(folders: Sequence[Shelved]) -> list[Root]:
    return [folder.root for folder in folders if folder.mode != "use"]


def _without_manifest(folder: Shelved, job: JobId) -> Condition:
    if folder.mode != "use":
        return "unknown"
    root = folder.root.descriptor
    done, failed = (os.access(f"{job.relative}/{job.name}{end}", os.F_OK, dir_fd=root) for end in (".done", ".failed"))
    return "complete" if done and not failed else "unfinished"


def _runs(job: JobId, workspace: int) -> bool:
    try:
        directory = os.open(job.relative, OPEN_DIRECTORY, dir_fd=workspace)
    except OSError:
        return False
    try:
        return is_running(directory, job, succeeded=False)
    finally:
        os.close(directory)


def _link(path: str, directory: int) -> str:
    """The text of a link; empty for what is none."""
    try:
        return os.readlink(path, dir_fd=directory)
    except OSError:
        return ""


def _names(path: str, root: Root | None = None) -> list[str]:
    """The directories, and links, in a directory; nothing where there is none."""
    try:
        directory = os.open(path, _OPEN, dir_fd=None if root is None else root.descriptor)
    except (FileNotFoundError, NotADirectoryError):
        return []
    try:
        with os.scandir(directory) as entries:
            return [entry.name for entry in entries if not entry.name.startswith(STAGING) and _may_be_job(entry)]
    finally:
        os.close(directory)


def _may_be_job(entry: os.DirEntry[str]) -> bool:
    return not entry.name.startswith(".") and (entry.is_dir(follow_symlinks=False) or entry.is_symlink())
