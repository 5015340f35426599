"""The job that is to be copied: opened once, known to be finished, and looked at again after the copying."""

from __future__ import annotations

import os
import stat
from typing import TYPE_CHECKING

from xpm_config.jobs.outcome import Outcome
from xpm_config.jobs.state import State, is_running, read_state

if TYPE_CHECKING:
    from typing_extensions import Self

    from xpm_config.jobs.layout import JobId
    from xpm_config.jobs.root import Root

_OPEN = os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC


class Source:
    """The open directory of a finished job of a workspace.

    Of a job that was moved, it is the directory that the link leads to, `moved` then.
    """

    def __init__(self, workspace: Root, job: JobId) -> None:
        """Open the directory; raises OSError where there is none."""
        self.workspace, self.job = workspace, job
        self.moved = stat.S_ISLNK(os.stat(job.relative, dir_fd=workspace.descriptor, follow_symlinks=False).st_mode)
        self.directory = os.open(job.relative, _OPEN, dir_fd=workspace.descriptor)
        self.state: State = read_state(self.directory, job)

    def is_same(self) -> bool:
        """Whether the job's path still leads to this very directory.

        A move puts the link there before it deletes the first file: while this holds, nothing has been deleted.
        Raises OSError.
        """
        try:
            found = os.stat(self.job.relative, dir_fd=self.workspace.descriptor)
        except (FileNotFoundError, NotADirectoryError):
            return False
        return os.path.samestat(found, os.fstat(self.directory))

    def close(self) -> None:
        """Close the directory, once."""
        if self.directory >= 0:
            os.close(self.directory)
            self.directory = -1

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


def unfit(source: Source, folder: str) -> Outcome | None:
    """Why a job is not to be copied into a folder, if so: only what has succeeded and stands still is."""
    job, state = source.job, source.state
    if state.failed:
        return Outcome(job, folder, "skipped", "it has failed", "only jobs that succeeded are archived")
    if state.done is None:
        return Outcome(job, folder, "skipped", "it is not done", "only jobs that succeeded are archived")
    if is_running(source.directory, job, succeeded=True):
        return Outcome(job, folder, "busy", "it is still running", "run it again when the job has ended")
    return None
