"""A workspace or a folder as an open directory: its tasks, and what stands of ours beside them."""

from __future__ import annotations

import os
import stat
from typing import TYPE_CHECKING

from xpm_config.jobs.layout import JOBS, OURS
from xpm_config.jobs.tree import OPEN_DIRECTORY

if TYPE_CHECKING:
    from xpm_config.jobs.layout import JobId

_OPEN = os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC


class Root:
    """An open workspace or folder. What is made in it can be used by whom the root lets in."""

    def __init__(self, path: str) -> None:
        """Open a directory; raises OSError."""
        self.path = os.path.abspath(path)
        self.descriptor = os.open(self.path, _OPEN)
        self.mode = stat.S_IMODE(os.fstat(self.descriptor).st_mode)

    def close(self) -> None:
        """Close the directory."""
        os.close(self.descriptor)

    def __enter__(self) -> Root:
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

    def ours(self, *names: str, create: bool = False) -> int:
        """A descriptor of a directory of ours."""
        return self._directory((OURS, *names), create=create)

    def manifest(self, job: JobId) -> str:
        """The path of the manifest of a job."""
        return os.path.join(self.path, OURS, "manifests", job.task, f"{job.hash}.jsonl")

    def _directory(self, names: tuple[str, ...], *, create: bool) -> int:
        try:
            return os.open("/".join(names), _OPEN, dir_fd=self.descriptor)
        except FileNotFoundError:
            if not create:
                raise
        made = ""
        for name in names:
            made = f"{made}/{name}" if made else name
            try:
                os.mkdir(made, dir_fd=self.descriptor)
            except FileExistsError:
                continue
            # The umask must not keep out who may use the root.
            os.chmod(made, self.mode, dir_fd=self.descriptor)
        return os.open(made, _OPEN, dir_fd=self.descriptor)
