"""Where a job is: in the workspace, or in which folders, complete or not, and why."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, NamedTuple

from xpm_config.errors import UsageError
from xpm_config.jobs.layout import JOBS, JobId
from xpm_config.jobs.manifest import ManifestError, Summary, read_copied, read_summary
from xpm_config.jobs.state import is_running, read_state
from xpm_config.jobs.verify import examine

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from xpm_config.jobs.root import Root

_OPEN = os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC


class Shelf(NamedTuple):
    """An open folder to look in. `in_use` tells that links of moved jobs lead into it: then contents may be newer."""

    root: Root
    in_use: bool = False


class Copy(NamedTuple):
    """A copy of a job in a folder; without a `reason` it is complete. `path` is that of its directory."""

    root: Root
    path: str
    summary: Summary | None
    in_use: bool
    reason: str


def shelf_paths(path: str, mode: str) -> list[str]:
    """The directories in which jobs of a folder are looked for, as `jobs/TASK/HASH` below them.

    A `use` folder may be named by its directory of jobs, as the specification's example does.
    """
    parent, name = os.path.split(os.path.abspath(path))
    return [path, parent] if mode == "use" and name == JOBS else [path]


def find_copies(shelves: Iterable[Shelf], job: JobId) -> Iterator[Copy]:
    """The copies of a job in folders, in their order, complete ones or not; raises OSError of failing disks."""
    for shelf in shelves:
        try:
            directory = os.open(job.relative, _OPEN, dir_fd=shelf.root.descriptor)
        except (FileNotFoundError, NotADirectoryError):
            continue
        try:
            summary = read_summary(shelf.root, job)
            reason = _incomplete(shelf, job, directory, summary)
        except OSError as error:
            summary, reason = None, error.strerror or "it cannot be read"
        finally:
            os.close(directory)
        yield Copy(shelf.root, job.path(shelf.root.path), summary, shelf.in_use, reason)


def _incomplete(shelf: Shelf, job: JobId, directory: int, summary: Summary | None) -> str:
    """Why a copy is not complete, in words; empty where it is."""
    state = read_state(directory, job)
    if state.failed:
        return "the job has failed there"
    if state.done is None:
        return "the job is not done there"
    if summary is None:
        return "it is running there" if is_running(directory, job, succeeded=True) else ""
    if summary.problems:
        return f"{summary.problems} of its files could not be copied"
    try:
        return examine(directory, read_copied(shelf.root, job), digests=False, in_use=shelf.in_use).words
    except ManifestError as error:
        return error.message


def resolve(text: str, roots: Iterable[str]) -> list[JobId]:
    """The jobs that a user may mean by TASK/HASH, in workspaces and folders: the hash may be cut short.

    A task is meant exactly, else by its one match without regard to case. Raises UsageError for what could lead
    elsewhere; several jobs, or none, are for the caller to tell.
    """
    task, separator, prefix = text.partition("/")
    if not separator or "/" in prefix or "\0" in text or not prefix or {task, prefix} & {"", ".", ".."}:
        raise UsageError(f"`{text}` is no job", "write it as TASK/HASH, as `xpm-config jobs list` does")
    places = list(roots)
    tasks = {name for root in places for name in _names(os.path.join(root, JOBS))}
    if task not in tasks:
        alike = {name for name in tasks if name.casefold() == task.casefold()}
        if len(alike) > 1:
            raise UsageError(f"`{task}` may be {' or '.join(sorted(alike))}", "write it as it is written there")
        if not alike:
            return []
        task = alike.pop()
    found = {name for root in places for name in _names(os.path.join(root, JOBS, task)) if name.startswith(prefix)}
    return [JobId(task, prefix)] if prefix in found else [JobId(task, name) for name in sorted(found)]


def _names(directory: str) -> list[str]:
    try:
        return [name for name in os.listdir(directory) if not name.startswith(".")]
    except OSError:
        return []
