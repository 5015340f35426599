"""Where a job and what belongs to it stand: experimaestro's layout below a workspace, and ours beside it.

A job is `<root>/jobs/<task>/<hash>/`, where the root is a workspace or a folder. `NAME.done` in it says that it
succeeded, where NAME is what follows the last dot of the task.
"""

from __future__ import annotations

import os
from typing import NamedTuple

from xpm_config.errors import UsageError

JOBS = "jobs"
OURS = ".xpm-config"
"""The directory of a workspace or folder in which everything of ours stands."""
STAGING = ".tmp."
"""How names of unfinished copies begin; experimaestro sweeps those whose lock is free, as we do."""


class JobId(NamedTuple):
    """A job of a workspace: its task, such as `module.mytask`, and its hash."""

    task: str
    hash: str

    def __str__(self) -> str:
        return f"{self.task}/{self.hash}"

    @property
    def name(self) -> str:
        """What the names of the job's own files begin with."""
        return self.task.rpartition(".")[2]

    @property
    def runtime_files(self) -> tuple[str, ...]:
        """Files that belong to one run on one machine: no copy has them, and a move may destroy them."""
        return (*self.locks, f"{self.name}.pid", ".experimaestro/.status.json.lock", ".scheduler/")

    @property
    def locks(self) -> tuple[str, str]:
        """The locks that experimaestro takes when it runs the job, and when it looks at its state."""
        return f"{self.name}.lock", f".experimaestro/{self.name}.lock"

    @property
    def relative(self) -> str:
        """The path of the job's directory below a workspace or folder."""
        return f"{JOBS}/{self.task}/{self.hash}"

    def path(self, root: str) -> str:
        """The directory of the job in a workspace or folder."""
        return os.path.join(root, JOBS, self.task, self.hash)


def parse_job(text: str) -> JobId:
    """A job as the user writes it, `TASK/HASH`; raises UsageError for what could lead elsewhere."""
    parts = text.split("/")
    if len(parts) != 2 or not all(_is_name(part) for part in parts):
        raise UsageError(f"`{text}` is no job", "write it as TASK/HASH, as `xpm-config jobs list` does")
    return JobId(*parts)


def _is_name(part: str) -> bool:
    """Whether this can be the name of a directory of jobs, and nothing else."""
    return part not in ("", ".", "..") and "\0" not in part and not part.startswith(STAGING)
