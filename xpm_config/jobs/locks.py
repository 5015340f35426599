"""Locks that experimaestro understands. They save work; nothing is lost where they do not work.

experimaestro takes its locks with `flock` (filelock does), and sweeps a staging directory whose lock is free.
"""

from __future__ import annotations

import errno
import os
import time
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from xpm_config.jobs.layout import JobId

try:
    import fcntl
except ImportError:  # pragma: no cover - no POSIX system
    fcntl = None  # type: ignore[assignment]

_HELD = frozenset((errno.EAGAIN, errno.EACCES))
# Some file systems have no locks, and network ones none for directories.
_NO_LOCKS = frozenset((errno.ENOSYS, errno.ENOLCK, errno.EOPNOTSUPP, errno.ENOTSUP, errno.EINVAL, errno.EBADF))
_PAUSE = 0.05


class Lock:
    """A lock that is held by this process until `release`; its file stays, since others may hold it.

    `works` is False where the file system has no locks: then everybody gets it.
    """

    def __init__(self, descriptor: int, *, works: bool) -> None:
        self._descriptor = descriptor
        self.works = works

    def release(self) -> None:
        """Give the lock back."""
        if self._descriptor >= 0:
            os.close(self._descriptor)
            self._descriptor = -1


def take(path: str, directory: int, mode: int = 0o666) -> Lock | None:
    """Take the lock at a path below an open directory without waiting; None where somebody else holds it."""
    flags = os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC
    return _lock(os.open(path, flags, mode, dir_fd=directory))


def take_directory(directory: int, seconds: float = 0) -> Lock | None:
    """Lock an open directory itself, waiting for so long; None where somebody else still holds it.

    This is among us only: who works on the same job need not do it twice.
    """
    end = time.monotonic() + seconds
    while True:
        lock = _lock(os.open(".", os.O_RDONLY | os.O_CLOEXEC, dir_fd=directory))
        if lock is not None or time.monotonic() >= end:
            return lock
        time.sleep(_PAUSE)


def take_job(job: JobId, directory: int) -> list[Lock] | None:
    """Take a job's own locks in its open directory, as experimaestro does; None where somebody holds one.

    Raises OSError, holding none.
    """
    held: list[Lock] = []
    try:
        for path in job.locks:
            try:
                lock = take(path, directory)
            except FileNotFoundError:
                # Without the directory `.experimaestro`, nobody has a lock in it.
                continue
            if lock is None:
                release_all(held)
                return None
            held.append(lock)
    except OSError:
        release_all(held)
        raise
    return held


def release_all(held: list[Lock]) -> None:
    """Give locks back."""
    while held:
        held.pop().release()


def is_held(path: str, directory: int) -> bool:
    """Whether somebody holds the lock at a path; nothing is made there."""
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC, dir_fd=directory)
    except OSError:
        return False
    lock = _lock(descriptor)
    if lock is None:
        return True
    lock.release()
    return False


def _lock(descriptor: int) -> Lock | None:
    works = fcntl is not None
    try:
        if works:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as error:
        if error.errno in _HELD:
            os.close(descriptor)
            return None
        if error.errno not in _NO_LOCKS:
            os.close(descriptor)
            raise
        works = False
    return Lock(descriptor, works=works)
