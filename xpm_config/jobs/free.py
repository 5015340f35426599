"""Freeing: the directory of a job is deleted from its workspace where a folder has a whole, verified copy of it.

The copy is read in full just before; the job is locked as experimaestro does, and gets another name before
its first file is deleted: at no instant a half deleted job stands at its path.
"""

from __future__ import annotations

import os
import stat
import time
from contextlib import ExitStack
from typing import TYPE_CHECKING

from xpm_config.jobs import locks
from xpm_config.jobs.copying import excludes
from xpm_config.jobs.folder import condition
from xpm_config.jobs.looking import look
from xpm_config.jobs.lookup import Shelf
from xpm_config.jobs.manifest import ManifestError, read_copied, read_summary
from xpm_config.jobs.outcome import Outcome, failure
from xpm_config.jobs.params import PARAMS
from xpm_config.jobs.plan import Away
from xpm_config.jobs.removal import remove_tree
from xpm_config.jobs.root import Root
from xpm_config.jobs.staging import GONE, Staged
from xpm_config.jobs.state import is_running, read_state
from xpm_config.jobs.system import flush, rename_new
from xpm_config.jobs.verify import examine

if TYPE_CHECKING:
    from collections.abc import Sequence

    from xpm_config.jobs.layout import JobId
    from xpm_config.jobs.manifest import Summary
    from xpm_config.jobs.plan import Plan
    from xpm_config.jobs.state import State

_ARCHIVE = "run `xpm-config jobs archive` first"


def free(workspace: Root, shelves: Sequence[Shelf], job: JobId, *, older_than: float = 0) -> Outcome:
    """Delete a job's directory from the workspace, if it succeeded so long ago (s) and a copy can stand in for it."""
    with ExitStack() as held:
        try:
            found = candidate(workspace, shelves, job, older_than=older_than)
            if isinstance(found, Outcome):
                return found
            shelf, summary = found
            directory = workspace.job(job)
            held.callback(os.close, directory)
            for path in job.locks:
                lock = _lock(path, directory)
                if lock is None:
                    return Outcome(job, "", "busy", "experimaestro holds its lock", "try again later")
                held.callback(lock.release)
            state = look(directory, excludes(job, None))
            reason = _unsafe(shelf, summary, directory, job)
            if reason:
                return Outcome(job, shelf.root.path, "kept", reason, _ARCHIVE)
            outcome = Outcome(job, shelf.root.path, "freed", size=summary.size)
            return outcome if _deleted(workspace, directory, job, state) else _disturbed(outcome)
        except OSError as error:
            return failure(job, "", error, "it could not be freed")


def backups(plan: Plan, workspace: Root, opened: ExitStack) -> tuple[list[Shelf], list[Away]]:
    """The backup folders of a workspace, open, and those that are not there or not what they were."""
    shelves: list[Shelf] = []
    away: list[Away] = []
    for folder in plan.folders:
        if folder.mode == "backup":
            found, reason = condition(folder.path, workspace, plan.others)
            if found == "mounted":
                shelves.append(Shelf(opened.enter_context(Root(folder.path))))
            else:
                away.append(Away(folder.path, reason or "nothing was archived there yet"))
    return shelves, away


def candidate(
    workspace: Root, shelves: Sequence[Shelf], job: JobId, *, older_than: float = 0
) -> tuple[Shelf, Summary] | Outcome:
    """The folder whose copy could stand in for a job, by its manifest alone, or why there is none; raises OSError."""
    try:
        kind = os.stat(job.relative, dir_fd=workspace.descriptor, follow_symlinks=False).st_mode
    except (FileNotFoundError, NotADirectoryError):
        return Outcome(job, "", "skipped", "the workspace does not have it")
    if not stat.S_ISDIR(kind):
        return Outcome(job, "", "skipped", "it was moved: the workspace has only a link")
    directory = workspace.job(job)
    try:
        state = read_state(directory, job)
        running = is_running(directory, job, succeeded=state.succeeded)
    finally:
        os.close(directory)
    if running:
        return Outcome(job, "", "busy", "it is running", "try again when it has ended")
    if state.done is None or state.failed:
        return Outcome(job, "", "skipped", "it has failed" if state.failed else "it is not done")
    if time.time() - state.done / 1e9 < older_than:
        return Outcome(job, "", "skipped", "it is too young")
    return _stand_in(workspace, shelves, job, state)


def _stand_in(workspace: Root, shelves: Sequence[Shelf], job: JobId, state: State) -> tuple[Shelf, Summary] | Outcome:
    reasons = []
    for shelf in shelves:
        summary = read_summary(shelf.root, job)
        reason = _lacking(workspace, summary, state)
        if summary is not None and not reason:
            return shelf, summary
        reasons.append(f"{shelf.root.path}: {reason}")
    return Outcome(job, "", "kept", "; ".join(reasons) or "no folder is there", _ARCHIVE)


def _lacking(workspace: Root, summary: Summary | None, state: State) -> str:
    """Why a copy cannot stand in for a job, in words, as far as its manifest tells."""
    if summary is None:
        return "no copy with a manifest"
    if summary.problems:
        return "the copy lacks files that could not be copied"
    if summary.left_out:
        return "the copy lacks what rules leave out"
    if summary.owner != workspace.path:
        return f"the copy is that of {summary.owner}"
    return "" if summary.done == state.done else "the copy is of an earlier run"


def _unsafe(shelf: Shelf, summary: Summary, directory: int, job: JobId) -> str:
    """Why the copy cannot stand in after all, in words, now that everything is read."""
    try:
        copy = shelf.root.job(job)
    except OSError as error:
        return f"the copy cannot be opened: {error.strerror}"
    try:
        if os.path.samestat(os.fstat(copy), os.fstat(directory)):
            return "the copy is the job's own directory"
        if os.fstat(copy).st_ino != summary.inode:
            return "the copy was replaced by something else"
        entries = list(read_copied(shelf.root, job))
        damage = examine(copy, entries, digests=True).words
        if damage:
            return f"the copy is damaged: {damage}"
        # What was written to the job since would be lost. The copy may have other paths in its parameters.
        same = [entry for entry in entries if not (summary.rewritten and entry.path == PARAMS)]
        changed = examine(directory, same, digests=False).words
        if changed:
            return f"the job has changed since it was copied: {changed}"
        added = _added(directory, job, {entry.path for entry in entries})
    except ManifestError as error:
        return error.message
    finally:
        os.close(copy)
    return f"the copy lacks {added}, which was added since" if added else ""


def _added(directory: int, job: JobId, copied: set[str]) -> str:
    """The first thing in the job that the copy lacks; empty where it has everything."""
    new: list[str] = []

    def visit(path: str, is_directory: bool) -> bool:
        if path == ".experimaestro" or (path + "/" if is_directory else path) in job.runtime_files:
            return True
        if path not in copied:
            new.append(path)
        return False

    look(directory, visit)
    return min(new, default="")


def _lock(path: str, directory: int) -> locks.Lock | None:
    try:
        return locks.take(path, directory)
    except FileNotFoundError:
        # Without the directory `.experimaestro`, nobody has a lock in it.
        return locks.Lock(-1, works=False)


def _deleted(workspace: Root, directory: int, job: JobId, state: bytes) -> bool:
    """Delete the job's directory; False, and nothing changed, where somebody wrote to it. Raises OSError."""
    # What stands under this name is finished off by the next process when this one dies.
    staged = Staged(workspace, job, "copy")
    try:
        name = staged.name + GONE
        os.rename(job.hash, name, src_dir_fd=staged.task, dst_dir_fd=staged.task)
        found = os.stat(name, dir_fd=staged.task, follow_symlinks=False)
        untouched = os.path.samestat(found, os.fstat(directory)) and look(directory, excludes(job, None)) == state
        try:
            if untouched:
                flush(workspace.descriptor)
        except OSError:
            rename_new(name, job.hash, staged.task)
            raise
        if not untouched:
            rename_new(name, job.hash, staged.task)
            return False
        remove_tree(staged.task, name)
    finally:
        staged.release()
    return True


def _disturbed(outcome: Outcome) -> Outcome:
    return Outcome(outcome.job, "", "busy", "somebody writes to it", "try again later")
