"""Setting aside: what stands where a job has to be gets another place in the workspace, and is never lost."""

from __future__ import annotations

import errno
import os
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from xpm_config.jobs.layout import JobId
    from xpm_config.jobs.root import Root

ASIDE = "aside"


def set_aside(workspace: Root, job: JobId, task: int, name: str | None = None) -> str:
    """Move what has a name in a task's directory, by default the job's, to `.xpm-config/aside/`; gives its path.

    What is gone meanwhile needs no place. Raises OSError.
    """
    aside = workspace.ours(ASIDE)
    workspace.make(job.task, aside)
    new = f"{job.task}/{job.hash[:64]}.{os.urandom(4).hex()}"
    try:
        os.rename(name or job.hash, new, src_dir_fd=task, dst_dir_fd=aside)
    except FileNotFoundError:
        pass
    except OSError as error:
        if error.errno != errno.EXDEV:
            raise
        reason = "what stands there cannot be set aside, since `jobs` is on another disk; move it away yourself"
        raise OSError(errno.EXDEV, reason, job.path(workspace.path)) from None
    return os.path.join(workspace.path, ".xpm-config", ASIDE, new)


def set_aside_dangling(workspace: Root, job: JobId) -> str:
    """Set a link to nowhere aside, so that the job can be made anew; its new path, empty where there is none."""
    path = job.path(workspace.path)
    if not os.path.islink(path) or os.path.exists(path):
        return ""
    task = workspace.task(job)
    try:
        return set_aside(workspace, job, task)
    finally:
        os.close(task)
