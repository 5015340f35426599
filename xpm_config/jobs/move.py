"""Moving: a job that has been archived in full gives its place to a link, and is deleted when that is durable.

The copy is compared with its manifest; the job is locked as experimaestro does and looked at once more; then the
link and the job's directory change places in one step. Where the system cannot do that, two renames do, and a
record that was flushed before lets another process finish or undo them.
"""

from __future__ import annotations

import os
import stat
from contextlib import ExitStack
from itertools import islice
from typing import TYPE_CHECKING

from xpm_config.jobs import locks
from xpm_config.jobs.archive import BATCH, Archived, Archiver
from xpm_config.jobs.aside import set_aside
from xpm_config.jobs.copying import excludes
from xpm_config.jobs.looking import look
from xpm_config.jobs.lookup import Shelf, find_copies
from xpm_config.jobs.manifest import ManifestError, read_copied
from xpm_config.jobs.outcome import Outcome, failure
from xpm_config.jobs.removal import remove_tree
from xpm_config.jobs.root import Root
from xpm_config.jobs.source import Source, unfit
from xpm_config.jobs.staging import GONE, SPARE, Staged, remove
from xpm_config.jobs.system import flush, rename_new
from xpm_config.jobs.tree import OPEN_DIRECTORY
from xpm_config.jobs.verify import examine

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from xpm_config.jobs.layout import JobId
    from xpm_config.jobs.records import Record

_WRITTEN = "its files are being written to"
_LATER = "run it again when the job has ended"


class Original(Staged):
    """A job's directory that gives its place to a link, and stays under a staging name until it is deleted.

    Until the link has its place, the job is held open and locked as experimaestro does.
    """

    def __init__(self, source: Source, target: str, state: bytes, held: list[locks.Lock]) -> None:
        """Take a staging name, and put a link to the copy under it; raises OSError, leaving nothing."""
        super().__init__(source.workspace, source.job, "move", target, state.hex())
        self._source, self._state, self._held = source, state, held
        try:
            os.symlink(target, self.name, dir_fd=self.task)
        except BaseException:
            self.release()
            raise

    def try_swap(self) -> bool:
        """Let the link and the directory change places; False, and nothing changed, where somebody interfered."""
        if not self._source.is_same() or not self._is_untouched(self._source.directory):
            return False
        self.swap()
        found = os.stat(self.name, dir_fd=self.task, follow_symlinks=False)
        if os.path.samestat(found, os.fstat(self._source.directory)):
            self._let_go()
            return True
        self.swap()
        return False

    def _is_untouched(self, directory: int) -> bool:
        """Whether nobody has written to the job since it was copied."""
        return look(directory, excludes(self.job, None)) == self._state

    def delete(self) -> Outcome | None:
        """Delete the directory, which the copy has replaced; an outcome where that could not be."""
        try:
            directory = os.open(self.name, OPEN_DIRECTORY, dir_fd=self.task)
            try:
                untouched = self._is_untouched(directory)
            finally:
                os.close(directory)
            if not untouched:
                path = set_aside(self.root, self.job, self.task, self.name)
                return Outcome(self.job, "", "moved", f"somebody wrote to it after that: it is kept in {path}")
            delete(self.name, self.task)
        except OSError as error:
            return failure(self.job, "", error, "it was moved, and its original could not be deleted")
        finally:
            self.release()
        return None

    def undo(self) -> None:
        """Put the directory back where the link has its place, and remove the link.

        Where that fails, the next process does it.
        """
        try:
            if _kind(self.job.hash, self.task) == "link" and _kind(self.name, self.task) == "directory":
                self.swap()
            for name in self.taken:
                if _kind(name, self.task) == "link":
                    os.unlink(name, dir_fd=self.task)
        except OSError:
            pass
        self._let_go()
        self.release()

    def _let_go(self) -> None:
        locks.release_all(self._held)
        self._source.close()


class Mover:
    """The moving of jobs of one workspace into one folder, both open.

    The originals of what was moved wait in `originals` until `finish` deletes them, since jobs of the same run may
    read them.
    """

    def __init__(self, workspace: Root, folder: Root, *, rewrite: bool = False) -> None:
        self._workspace, self._folder = workspace, folder
        self._archiver = Archiver(workspace, folder, None, rewrite=rewrite)
        self.originals: list[Original] = []

    def run(self, jobs: Iterable[JobId]) -> Iterator[Outcome]:
        """Move jobs; what happened to them is told when it is durable, batch by batch."""
        remaining = iter(jobs)
        while batch := list(islice(remaining, BATCH)):
            ready: list[tuple[Outcome, Original]] = []
            for archived in self._archiver.run(batch):
                prepared = self._prepared(archived)
                if isinstance(prepared, Outcome):
                    yield prepared
                else:
                    ready.append((archived.outcome, prepared))
            if ready:
                yield from self._swapped(ready)

    def finish(self) -> list[Outcome]:
        """Delete the originals; the outcomes tell which could not be."""
        outcomes = []
        while self.originals:
            outcome = self.originals.pop().delete()
            if outcome is not None:
                outcomes.append(outcome)
        return outcomes

    def _prepared(self, archived: Archived) -> Outcome | Original:
        """Everything up to the exchange: what was archived is compared, locked and looked at."""
        outcome = archived.outcome
        if outcome.what == "partial":
            reason = f"it stays in the workspace, since the copy lacks {outcome.reason}"
            return outcome._replace(reason=reason, hint="remove or mend what is named, and run it again")
        if outcome.what not in ("archived", "already") or not archived.state:
            return outcome
        try:
            damage = self._damage(outcome.job)
            if damage:
                return outcome._replace(what="failed", reason=f"the copy is damaged: {damage}", hint="check the disk")
            return self._locked(outcome, archived.state)
        except OSError as error:
            return self._failed(outcome, error, "it was archived, and could not be moved")

    def _damage(self, job: JobId) -> str:
        directory = self._folder.job(job)
        try:
            return examine(directory, read_copied(self._folder, job), digests=True).words
        except ManifestError as error:
            return error.message
        finally:
            os.close(directory)

    def _locked(self, outcome: Outcome, state: bytes) -> Outcome | Original:
        job, folder = outcome.job, self._folder.path
        with ExitStack() as undo:
            source = undo.enter_context(Source(self._workspace, job))
            hindrance = unfit(source, folder)
            if hindrance is not None:
                return hindrance
            held = locks.take_job(job, source.directory)
            if held is None:
                return Outcome(job, folder, "busy", "experimaestro holds its lock", _LATER)
            undo.callback(locks.release_all, held)
            # The link keeps leading there when the user's path comes to stand for another disk.
            original = Original(source, job.path(self._folder.given), state, held)
            undo.pop_all()
            return original

    def _swapped(self, ready: list[tuple[Outcome, Original]]) -> list[Outcome]:
        outcomes: list[Outcome] = []
        swapped: list[tuple[Outcome, Original]] = []

        def give_up(outcome: Outcome, original: Original) -> None:
            original.undo()
            outcomes.append(outcome)

        try:
            # The records first: they tell what to do about every state that follows.
            flush(self._workspace.descriptor)
            while ready:
                archived, original = ready.pop(0)
                try:
                    if original.try_swap():
                        swapped.append((archived, original))
                    else:
                        give_up(archived._replace(what="busy", reason=_WRITTEN, hint=_LATER), original)
                except OSError as error:
                    give_up(self._failed(archived, error, "it was archived, and could not be moved"), original)
            flush(self._workspace.descriptor)
        except OSError as error:
            for archived, original in (*swapped, *ready):
                give_up(self._failed(archived, error, "the link could not be made durable"), original)
            return outcomes
        self.originals += [original for _, original in swapped]
        return outcomes + [archived._replace(what="moved") for archived, _ in swapped]

    def _failed(self, archived: Outcome, error: OSError, doing: str) -> Outcome:
        return failure(archived.job, self._folder.path, error, doing)


def delete(name: str, task: int) -> None:
    """Delete an original, under a name that tells others that a part of it may be gone; raises OSError."""
    os.rename(name, name + GONE, src_dir_fd=task, dst_dir_fd=task)
    remove_tree(task, name + GONE)


def repair_move(workspace: Root, task: int, name: str, record: Record) -> str:
    """Finish or undo the move of a dead process; the reason in words where it has to stay as it is."""
    job = record.job
    remove(name + GONE, task)
    kinds = {each: _kind(each, task) for each in (name, name + SPARE)}
    original = next((each for each, kind in kinds.items() if kind == "directory"), None)
    place = _kind(job.hash, task)
    if original is not None and place == "missing":
        rename_new(original, job.hash, task)
    elif original is not None and place == "link":
        _settle(workspace, task, original, record)
    elif original is not None:
        # The job is there again without us.
        set_aside(workspace, job, task, original)
    for each in (name, name + SPARE):
        if _kind(each, task) == "link":
            os.unlink(each, dir_fd=task)
    return ""


def _settle(workspace: Root, task: int, original: str, record: Record) -> None:
    """The link has its place, and the original is still there: one of them stays."""
    job = record.job
    if not _is_complete(record):
        os.unlink(job.hash, dir_fd=task)
        rename_new(original, job.hash, task)
        return
    flush(workspace.descriptor)
    directory = os.open(original, OPEN_DIRECTORY, dir_fd=task)
    try:
        untouched = look(directory, excludes(job, None)).hex() == record.state
    finally:
        os.close(directory)
    if untouched:
        delete(original, task)
    else:
        set_aside(workspace, job, task, original)


def _is_complete(record: Record) -> bool:
    """Whether the copy that a link was made to is there and complete."""
    try:
        with Root(os.path.dirname(os.path.dirname(os.path.dirname(record.target)))) as folder:
            return any(not copy.reason for copy in find_copies([Shelf(folder, in_use=True)], record.job))
    except OSError:
        return False


def _kind(name: str, directory: int) -> str:
    try:
        mode = os.stat(name, dir_fd=directory, follow_symlinks=False).st_mode
    except FileNotFoundError:
        return "missing"
    return "link" if stat.S_ISLNK(mode) else "directory"
