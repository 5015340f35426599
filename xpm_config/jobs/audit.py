"""Looking after a copy that is at rest: all of it is read, and compared with its manifest."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from xpm_config.jobs.manifest import ManifestError, read_copied, read_summary
from xpm_config.jobs.outcome import Outcome, failure
from xpm_config.jobs.verify import examine

if TYPE_CHECKING:
    from xpm_config.jobs.layout import JobId
    from xpm_config.jobs.manifest import Summary
    from xpm_config.jobs.root import Root

_ATTEMPTS = 3
_ARCHIVE = "`xpm-config jobs archive` replaces it if the workspace has the job"


def audit(root: Root, job: JobId, *, in_use: bool) -> Outcome | None:
    """What became of a copy in a folder; None where there is none.

    A copy that is `in_use` may have newer contents, which are told and no damage.
    """
    for _ in range(_ATTEMPTS):
        try:
            summary = read_summary(root, job)
            outcome = _without_manifest(root, job) if summary is None else _compared(root, job, summary, in_use=in_use)
            if outcome is None or outcome.good or read_summary(root, job) == summary:
                return outcome
            # Another process has replaced the copy meanwhile.
        except OSError as error:
            return failure(job, root.path, error, "it could not be read")
    return Outcome(job, root.path, "busy", "it is being replaced all the time", "try again later")


def _without_manifest(root: Root, job: JobId) -> Outcome | None:
    if not os.access(job.relative, os.F_OK, dir_fd=root.descriptor):
        return None
    return Outcome(job, root.path, "unverified", "it has no manifest: nobody can tell what it should hold", _ARCHIVE)


def _compared(root: Root, job: JobId, summary: Summary, *, in_use: bool) -> Outcome:
    try:
        directory = root.job(job)
    except (FileNotFoundError, NotADirectoryError):
        return Outcome(job, root.path, "damaged", "it is not there any more", _ARCHIVE)
    try:
        condition = examine(directory, read_copied(root, job), digests=True, in_use=in_use)
    except ManifestError as error:
        return Outcome(job, root.path, "damaged", error.message, _ARCHIVE)
    finally:
        os.close(directory)
    if condition.damaged:
        return Outcome(job, root.path, "damaged", condition.words, _ARCHIVE)
    if summary.problems:
        reason = f"{summary.problems} of its files could not be copied"
        return Outcome(job, root.path, "partial", reason, f"`xpm-config jobs status {job}` names them")
    changed = f"written to through the link since: {', '.join(condition.changed[:3])}" if condition.changed else ""
    return Outcome(job, root.path, "sound", changed, size=summary.size)
