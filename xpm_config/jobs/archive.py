"""Archiving: jobs of a workspace are copied into a folder, so that at no instant a half copy is taken for a whole.

A job is staged, flushed, gets its name without replacing anything, then its manifest, and all is flushed again;
the flushes are shared by the jobs of a batch. The workspace is only read.
"""

from __future__ import annotations

import os
from itertools import islice
from typing import TYPE_CHECKING, NamedTuple

from xpm_config.jobs import existing, locks
from xpm_config.jobs.copying import Copying
from xpm_config.jobs.manifest import publish_manifest, remove_manifest
from xpm_config.jobs.outcome import Outcome, failure
from xpm_config.jobs.source import Source, unfit
from xpm_config.jobs.staging import Staging
from xpm_config.jobs.system import flush
from xpm_config.jobs.tree import SourceChangedError

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from xpm_config.jobs.copying import Copied
    from xpm_config.jobs.exclude import Rules
    from xpm_config.jobs.layout import JobId
    from xpm_config.jobs.root import Root

BATCH = 64
"""How many jobs share a flush."""
_ATTEMPTS = 3


class Archived(NamedTuple):
    """What happened to a job, and, where it was copied now, the state of the source then."""

    outcome: Outcome
    state: bytes = b""


class _Ready(NamedTuple):
    """A staged copy that waits for the flush, and the lock that keeps others from the same work."""

    staging: Staging
    copied: Copied
    lock: locks.Lock


class Archiver:
    """The archiving of jobs of one workspace into one folder, both open.

    `rules` say what is left out; without them, as for a move, only the job's own runtime files are, links that
    leave the job become absolute, and a copy that is there is compared in full. `thorough` looks at the sizes of
    all files of such a copy. `rewrite` points old parameter files into the folder.
    """

    def __init__(
        self, workspace: Root, folder: Root, rules: Rules | None, *, thorough: bool = False, rewrite: bool = False
    ) -> None:
        self._workspace, self._folder, self._rules = workspace, folder, rules
        self._thorough, self._rewrite = thorough, rewrite

    def run(self, jobs: Iterable[JobId]) -> Iterator[Archived]:
        """Archive jobs; what happened to them is told when it is durable, batch by batch."""
        remaining = iter(jobs)
        while batch := list(islice(remaining, BATCH)):
            yield from self._batch(batch)

    def _batch(self, jobs: list[JobId]) -> Iterator[Archived]:
        ready: list[_Ready] = []
        try:
            for job in jobs:
                staged = self._staged(job)
                if isinstance(staged, Outcome):
                    yield Archived(staged)
                else:
                    ready.append(staged)
            if ready:
                yield from self._published(ready)
        finally:
            for one in ready:
                one.staging.discard()
                one.lock.release()

    def _published(self, ready: list[_Ready]) -> list[Archived]:
        try:
            flush(self._folder.descriptor)
        except OSError as error:
            return [self._failed(one.staging.job, error, "it could not be made durable") for one in ready]
        results = [self._named(one) for one in ready]
        try:
            flush(self._folder.descriptor)
        except OSError as error:
            # What is on the disk is unknown: without a manifest, the next time copies again.
            for one in ready:
                remove_manifest(self._folder, one.staging.job)
            return [self._failed(one.staging.job, error, "it could not be made durable") for one in ready]
        return results

    def _failed(self, job: JobId, error: OSError, doing: str) -> Archived:
        return Archived(failure(job, self._folder.path, error, doing))

    # -- staging ----------------------------------------------------------------------------------------

    def _staged(self, job: JobId) -> _Ready | Outcome:
        try:
            with Source(self._workspace, job) as source:
                return self._fit(source) or self._locked(source)
        except (FileNotFoundError, NotADirectoryError) as error:
            if os.path.isdir(job.path(self._workspace.path)):
                return failure(job, self._folder.path, error, "it could not be copied")
            return Outcome(job, self._folder.path, "missing", "the workspace does not have it", "check the job's name")
        except OSError as error:
            return failure(job, self._folder.path, error, "it could not be copied")

    def _fit(self, source: Source) -> Outcome | None:
        """The outcome, where nothing is to be copied."""
        if source.moved and (self._rules is None or existing.is_copy_itself(self._folder, source)):
            path = os.path.realpath(source.job.path(self._workspace.path))
            return Outcome(source.job, self._folder.path, "already", f"it was moved to {path}")
        return unfit(source, self._folder.path) or (
            existing.archived_before(self._workspace, self._folder, source, thorough=self._thorough)
            if self._rules is not None
            else None
        )

    def _locked(self, source: Source) -> _Ready | Outcome:
        lock = locks.take_directory(source.directory)
        if lock is None:
            return Outcome(source.job, self._folder.path, "busy", "another process is copying it", "try again later")
        try:
            staged = self._copied(source, lock)
        except BaseException:
            lock.release()
            raise
        if isinstance(staged, Outcome):
            lock.release()
        return staged

    def _copied(self, source: Source, lock: locks.Lock) -> _Ready | Outcome:
        for _ in range(_ATTEMPTS):
            staging = Staging(self._folder, source.job)
            try:
                copying = Copying(self._workspace, source, staging, self._rules, rewrite=self._rewrite)
                copied = copying.run()
                staging.close()
                return _Ready(staging, copied, lock)
            except SourceChangedError:
                staging.discard()
            except BaseException:
                staging.discard()
                raise
        reason = "its files are being written to"
        return Outcome(source.job, self._folder.path, "busy", reason, "run it again when the job has ended")

    # -- publishing -------------------------------------------------------------------------------------

    def _named(self, ready: _Ready) -> Archived:
        staging, copied = ready.staging, ready.copied
        job, folder = staging.job, self._folder
        try:
            try:
                staging.publish()
                replaced = ""
            except FileExistsError:
                found = existing.judge(folder, job, copied.summary)
                if found.stays is not None:
                    return Archived(found.stays, copied.state)
                replaced = found.reason
                staging.swap()
            publish_manifest(folder, job, staging.manifest, staging.records)
        except OSError as error:
            return self._failed(job, error, "it could not be given its name")
        return Archived(_outcome(job, folder, copied, replaced), copied.state)


def _outcome(job: JobId, folder: Root, copied: Copied, replaced: str) -> Outcome:
    size = copied.summary.size
    if copied.problems:
        return Outcome(job, folder.path, "partial", copied.problems, "what is named is not in the copy", size)
    words = [f"it replaces what was there: {replaced}"] * bool(replaced) + [copied.warning] * bool(copied.warning)
    return Outcome(job, folder.path, "archived", "; ".join(words), "", size)
