"""Locks that experimaestro understands. They save work; nothing is lost where they do not work.

experimaestro takes its locks with `flock` (filelock does), and sweeps a staging directory whose lock is free.
"""

from __future__ import annotations

import errno
import os

try:
    import fcntl
except ImportError:  # pragma: no cover - no POSIX system
    fcntl = None  # type: ignore[assignment]


class Lock:
    """A lock file that is held by this process until `release`; its file stays, since others may hold it."""

    def __init__(self, descriptor: int) -> None:
        self._descriptor = descriptor

    def release(self) -> None:
        """Give the lock back."""
        if self._descriptor >= 0:
            os.close(self._descriptor)
            self._descriptor = -1


def take(path: str, directory: int, mode: int = 0o666) -> Lock | None:
    """Take the lock at a path below an open directory without waiting; None where somebody else holds it.

    On a file system without locks everybody gets it: unique names and renames carry correctness.
    """
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC, mode, dir_fd=directory)
    try:
        if fcntl is not None:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as error:
        if error.errno in (errno.EAGAIN, errno.EACCES):
            os.close(descriptor)
            return None
        if error.errno not in (errno.ENOSYS, errno.ENOLCK, errno.EOPNOTSUPP, errno.ENOTSUP, errno.EINVAL):
            os.close(descriptor)
            raise
    return Lock(descriptor)
