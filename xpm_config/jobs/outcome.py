"""What happened to a job: never an exception that stops the others, never silence."""

from __future__ import annotations

import errno
from typing import TYPE_CHECKING, Literal, NamedTuple

if TYPE_CHECKING:
    from xpm_config.jobs.layout import JobId

What = Literal[
    "archived",  # there is a new complete copy
    "already",  # the copy was there
    "partial",  # there is a copy, which lacks something
    "moved",  # the copy is there, and the workspace has a link to it
    "restored",  # the job is in the workspace again
    "present",  # the job was in the workspace
    "freed",  # it was deleted from the workspace, since a folder has it
    "sound",  # the copy was read again, and is as its manifest says
    "skipped",  # not to be copied
    "kept",  # another workspace's copy is there: ours stays where it is
    "damaged",  # the copy is not as its manifest says
    "unverified",  # the copy has no manifest
    "busy",  # somebody works on it
    "unavailable",  # the folder is not mounted
    "missing",  # it is not there, or no folder has a complete copy
    "failed",  # something went wrong
]
GOOD: frozenset[What] = frozenset(("archived", "already", "moved", "restored", "present", "freed", "sound", "skipped"))
PASSING: frozenset[What] = frozenset(("busy", "unavailable", "failed"))
"""What may go better later."""

_FULL = "free some space there, and run `xpm-config jobs archive` again"
_HINTS = {
    errno.ENOSPC: _FULL,
    errno.EDQUOT: _FULL,
    errno.EACCES: "check the permissions there",
    errno.EPERM: "check the permissions there",
    errno.EROFS: "mount it so that it can be written",
    errno.EIO: "check the disk: its errors stand in the system's log",
    errno.EMFILE: "raise the limit of open files (`ulimit -n`)",
}


class Outcome(NamedTuple):
    """What happened to one job in one folder, with the reason and the next step in words.

    `folder` is empty where it is about the workspace; `size` is in bytes.
    """

    job: JobId
    folder: str
    what: What
    reason: str = ""
    hint: str = ""
    size: int = 0

    @property
    def good(self) -> bool:
        """Whether the job is where it should be."""
        return self.what in GOOD

    @property
    def passing(self) -> bool:
        """Whether trying again later makes sense."""
        return self.what in PASSING


def failure(job: JobId, folder: str, error: OSError, doing: str) -> Outcome:
    """The outcome of a system call that failed; the job is where it was."""
    where = f" ({_shown(error.filename)})" if error.filename else ""
    reason = f"{doing}: {error.strerror or error}{where}"
    return Outcome(job, folder, "failed", reason, _HINTS.get(error.errno or 0, "nothing was lost: run it again"))


def _shown(name: object) -> str:
    return name.decode("utf-8", "backslashreplace") if isinstance(name, bytes) else str(name)
