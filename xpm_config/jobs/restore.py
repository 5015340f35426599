"""Restoring: a job comes back from the first folder with a complete copy, compared with its manifest on the way.

What stands at the job's path, a link to nowhere or an unfinished directory, is set aside and never lost. The
folders are only read.
"""

from __future__ import annotations

import os
import stat
from typing import TYPE_CHECKING

from xpm_config.jobs import locks
from xpm_config.jobs.aside import set_aside
from xpm_config.jobs.copying import excludes, rewrite_params
from xpm_config.jobs.looking import look
from xpm_config.jobs.lookup import Copy, find_copies
from xpm_config.jobs.manifest import read_copied, read_originals
from xpm_config.jobs.outcome import Outcome, failure
from xpm_config.jobs.staging import Staging
from xpm_config.jobs.state import is_running, read_state
from xpm_config.jobs.system import flush
from xpm_config.jobs.tree import SourceChangedError, TreeCopy
from xpm_config.jobs.verify import examine

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from xpm_config.jobs.layout import JobId
    from xpm_config.jobs.lookup import Shelf
    from xpm_config.jobs.root import Root
    from xpm_config.jobs.tree import Entry

WAIT = 600.0
"""So long another process that restores the same job is waited for (s); then both do the work."""
_ATTEMPTS = 3


class _UnfitError(Exception):
    """A copy that cannot be restored from, with the reason in words."""


def restore(workspace: Root, shelves: Iterable[Shelf], job: JobId, *, wait: float = WAIT) -> Outcome:
    """Bring a job back into the workspace, if it is not there, from the first folder with a complete copy."""
    try:
        return standing(workspace, job) or _from_folders(workspace, shelves, job, wait, over_link=False)
    except OSError as error:
        return failure(job, "", error, "it could not be restored")


def materialise(workspace: Root, shelves: Iterable[Shelf], job: JobId, *, wait: float = WAIT) -> Outcome:
    """Let a job that was moved be a directory of the workspace again; the copy in its folder stays."""
    try:
        if not _is_link(workspace, job):
            return restore(workspace, shelves, job, wait=wait)
        return _from_folders(workspace, shelves, job, wait, over_link=True)
    except OSError as error:
        return failure(job, "", error, "it could not be brought back")


def _is_link(workspace: Root, job: JobId) -> bool:
    try:
        status = os.stat(job.relative, dir_fd=workspace.descriptor, follow_symlinks=False)
    except (FileNotFoundError, NotADirectoryError):
        return False
    return stat.S_ISLNK(status.st_mode)


def _from_folders(workspace: Root, shelves: Iterable[Shelf], job: JobId, wait: float, *, over_link: bool) -> Outcome:
    passed = []
    for copy in find_copies(shelves, job):
        if copy.reason:
            passed.append(f"{copy.path}: {copy.reason}")
            continue
        try:
            outcome = _restored(workspace, copy, job, wait, over_link=over_link)
        except _UnfitError as error:
            passed.append(f"{copy.path}: {error}")
            continue
        if passed and outcome.what == "restored":
            outcome = outcome._replace(reason=f"passed over {'; '.join(passed)}")
        return outcome
    if passed:
        return Outcome(job, "", "missing", f"no copy is complete: {'; '.join(passed)}", "the job has to run again")
    return Outcome(job, "", "missing", "no folder has a copy of it")


def standing(workspace: Root, job: JobId) -> Outcome | None:
    """The outcome where the job is in the workspace already or somebody works there; raises OSError."""
    try:
        directory = os.open(job.relative, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC, dir_fd=workspace.descriptor)
    except (FileNotFoundError, NotADirectoryError):
        return None
    try:
        succeeded = read_state(directory, job).succeeded
        if not succeeded and is_running(directory, job, succeeded=False):
            return Outcome(job, "", "busy", "it is running in the workspace", "wait until it has ended")
    finally:
        os.close(directory)
    return Outcome(job, "", "present") if succeeded else None


def _restored(workspace: Root, copy: Copy, job: JobId, wait: float, *, over_link: bool) -> Outcome:
    try:
        source = os.open(copy.path, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    except OSError as error:
        raise _UnfitError(error.strerror) from None
    lock = None
    try:
        lock = locks.take_directory(source, wait)
        # Who held the lock may have restored it.
        present = standing(workspace, job)
        if present is not None and not (over_link and _is_link(workspace, job)):
            return present
        for _ in range(_ATTEMPTS):
            staging = Staging(workspace, job)
            try:
                size = _copy(source, copy, staging, workspace)
                flush(workspace.descriptor)
                return _published(workspace, staging, copy, size, over_link=over_link)
            except SourceChangedError:
                continue
            finally:
                staging.discard()
    finally:
        if lock is not None:
            lock.release()
        os.close(source)
    raise _UnfitError("its files are being written to")


def _copy(source: int, copy: Copy, staging: Staging, workspace: Root) -> int:
    """Copy back, and compare with the manifest; gives the size in bytes."""
    job = staging.job
    excluded = excludes(job, None)
    originals = {} if copy.summary is None else read_originals(copy.root, job)

    def original(path: str, text: str) -> str:
        return originals.get(path, text)

    copied = TreeCopy(source, staging.directory, excluded, link_text=original).run()
    if look(source, excluded) != copied.state:
        raise SourceChangedError(copy.path)
    if copied.problems:
        raise _UnfitError(f"{copied.problems[0].path}: {copied.problems[0].reason}")
    if copy.summary is not None:
        entries = _with_originals(read_copied(copy.root, job), originals)
        condition = examine(staging.directory, entries, digests=True, in_use=copy.in_use)
        if condition.damaged:
            raise _UnfitError(condition.words)
        if copy.summary.rewritten:
            rewrite_params(staging.directory, copy.summary.rewritten, workspace.path)
    return copied.size


def _with_originals(entries: Iterator[Entry], originals: dict[str, str]) -> Iterator[Entry]:
    return (entry._replace(value=originals.get(entry.path, entry.value)) for entry in entries)


def _published(workspace: Root, staging: Staging, copy: Copy, size: int, *, over_link: bool) -> Outcome:
    job = staging.job
    for _ in range(_ATTEMPTS):
        try:
            if over_link and _is_link(workspace, job):
                # The link gets the staging's name, and goes with it.
                staging.swap()
            else:
                staging.publish()
        except FileExistsError:
            present = standing(workspace, job)
            if present is not None:
                return present
            set_aside(workspace, job, staging.task)
            continue
        flush(workspace.descriptor)
        lacks = copy.summary is not None and copy.summary.left_out
        reason = f"the copy lacks {lacks} files or directories that rules exclude" if lacks else ""
        return Outcome(job, copy.root.path, "restored", reason, "`jobs status` names them" if lacks else "", size)
    return Outcome(job, "", "busy", "another process puts something in its place", "try again later")
