"""A workspace or a folder as an open directory: its tasks, and what stands of ours beside them."""

from __future__ import annotations

import os
import stat
from typing import TYPE_CHECKING

from xpm_config.jobs.layout import JOBS, OURS
from xpm_config.jobs.tree import OPEN_DIRECTORY

if TYPE_CHECKING:
    from typing_extensions import Self

    from xpm_config.jobs.layout import JobId

_OPEN = os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC


class Root:
    """An open workspace or folder: `path` is its one true path, `given` the one that the user knows it by.

    Everything goes through its descriptor, which stays with what was opened: when a folder is unmounted meanwhile,
    nothing lands in the empty mount point. What is made in it can be used by whom `mode` lets in.
    """

    def __init__(self, path: str, mode: int | None = None) -> None:
        """Open a directory; without a mode, its own is taken for what is made in it. Raises OSError."""
        self.path, self.given = os.path.realpath(path), os.path.abspath(path)
        self.descriptor = os.open(self.path, _OPEN)
        self.mode = stat.S_IMODE(os.fstat(self.descriptor).st_mode) if mode is None else mode
        self._ours: dict[tuple[str, ...], int] = {}

    def close(self) -> None:
        """Close the directory."""
        for descriptor in (*self._ours.values(), self.descriptor):
            os.close(descriptor)
        self._ours.clear()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def task(self, job: JobId, *, create: bool = False) -> int:
        """A descriptor of the directory of a task; raises OSError where it is not there."""
        return self._directory((JOBS, job.task), create=create)

    def job(self, job: JobId) -> int:
        """A descriptor of the directory of a job; raises OSError where it is no directory, a link included."""
        task = self.task(job)
        try:
            return os.open(job.hash, OPEN_DIRECTORY, dir_fd=task)
        finally:
            os.close(task)

    def ours(self, *names: str, create: bool = True) -> int:
        """The descriptor of a directory of ours, which stays open; raises OSError."""
        if names not in self._ours:
            opened = self._directory((OURS, *names), create=create)
            if self._ours.setdefault(names, opened) != opened:
                # Another thread was faster.
                os.close(opened)
        return self._ours[names]

    def _directory(self, names: tuple[str, ...], *, create: bool) -> int:
        path = "/".join(names)
        try:
            return os.open(path, _OPEN, dir_fd=self.descriptor)
        except FileNotFoundError:
            if not create:
                raise
        for end in range(1, len(names) + 1):
            self.make("/".join(names[:end]), self.descriptor)
        return os.open(path, _OPEN, dir_fd=self.descriptor)

    def make(self, name: str, directory: int) -> None:
        """Make a directory that can be used by whom the root lets in, unless it is there."""
        try:
            os.mkdir(name, dir_fd=directory)
        except FileExistsError:
            return
        # The umask must not keep out who may use the root.
        os.chmod(name, 0o700 | self.mode | (self.mode & 0o444) >> 2, dir_fd=directory)
