"""What is still to be archived, on disk: a small file for each job and folder, so that no dead process takes it along.

`.xpm-config/pending/<task>/<hash>@<digest of the folder's path>` holds the folder's path. That a job is not to be
archived at all is remembered, too: `.xpm-config/opted-out/<task>/<hash>`.
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, NamedTuple

from xxhash import xxh3_64_hexdigest

from xpm_config.jobs.layout import JobId

if TYPE_CHECKING:
    from collections.abc import Iterator

    from xpm_config.jobs.root import Root

PENDING = "pending"
OPTED_OUT = "opted-out"
_MAX = 4096


class Pending(NamedTuple):
    """A job that is to be archived in a folder; its path is empty where a power cut took it."""

    job: JobId
    folder: str


class Spool:
    """What is pending in an open workspace."""

    def __init__(self, workspace: Root) -> None:
        self._workspace = workspace

    def add(self, job: JobId, folder: str) -> None:
        """Remember that a job is to be archived in a folder; raises OSError."""
        self._write(PENDING, job, _name(job, folder), folder)

    def remove(self, job: JobId, folder: str) -> None:
        """Forget it, since it is done; raises OSError."""
        _unlink(f"{job.task}/{_name(job, folder)}", self._workspace.ours(PENDING))

    def has(self, job: JobId, folder: str) -> bool:
        """Whether a job is to be archived in a folder."""
        try:
            os.stat(f"{job.task}/{_name(job, folder)}", dir_fd=self._workspace.ours(PENDING))
        except FileNotFoundError:
            return False
        return True

    def pending(self, folders: tuple[str, ...] = ()) -> Iterator[Pending]:
        """All that is pending, in no order; the paths of `folders` are known by their digests alone."""
        known = {_digest(folder): folder for folder in folders}
        for task, name in self._names(PENDING):
            found, _, digest = name.rpartition("@")
            yield Pending(JobId(task, found), known.get(digest) or self._folder(f"{task}/{name}"))

    def opt_out(self, job: JobId) -> None:
        """Remember that a job is not to be archived; raises OSError."""
        self._write(OPTED_OUT, job, job.hash, "")

    def opt_in(self, job: JobId) -> None:
        """Forget that a job was not to be archived; raises OSError."""
        _unlink(f"{job.task}/{job.hash}", self._workspace.ours(OPTED_OUT))

    def opted_out(self) -> set[JobId]:
        """The jobs that are not to be archived."""
        return {JobId(task, name) for task, name in self._names(OPTED_OUT)}

    def _write(self, kind: str, job: JobId, name: str, text: str) -> None:
        directory = self._workspace.ours(kind)
        flags = os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_NOFOLLOW | os.O_CLOEXEC
        mode = self._workspace.mode & 0o666
        try:
            descriptor = os.open(f"{job.task}/{name}", flags, mode, dir_fd=directory)
        except FileNotFoundError:
            self._workspace.make(job.task, directory)
            descriptor = os.open(f"{job.task}/{name}", flags, mode, dir_fd=directory)
        try:
            os.write(descriptor, os.fsencode(text))
        finally:
            os.close(descriptor)

    def _folder(self, path: str) -> str:
        try:
            descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC, dir_fd=self._workspace.ours(PENDING))
        except FileNotFoundError:
            return ""
        try:
            return os.fsdecode(os.read(descriptor, _MAX))
        finally:
            os.close(descriptor)

    def _names(self, kind: str) -> Iterator[tuple[str, str]]:
        """The tasks and names of the files of one kind."""
        try:
            directory = self._workspace.ours(kind, create=False)
        except FileNotFoundError:
            return
        for task in os.listdir(directory):
            inside = os.open(task, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC, dir_fd=directory)
            try:
                names = os.listdir(inside)
            finally:
                os.close(inside)
            yield from ((task, name) for name in names)


def _name(job: JobId, folder: str) -> str:
    return f"{job.hash}@{_digest(folder)}"


def _digest(folder: str) -> str:
    return xxh3_64_hexdigest(os.fsencode(folder))


def _unlink(name: str, directory: int) -> None:
    try:
        os.unlink(name, dir_fd=directory)
    except FileNotFoundError:
        pass
