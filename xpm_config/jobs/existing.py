"""What stands in a folder where a copy would: looked at, never believed for its name."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, NamedTuple

from xpm_config.jobs.manifest import ManifestError, read_copied, read_summary
from xpm_config.jobs.outcome import Outcome
from xpm_config.jobs.verify import examine

if TYPE_CHECKING:
    from xpm_config.jobs.layout import JobId
    from xpm_config.jobs.manifest import Summary
    from xpm_config.jobs.root import Root
    from xpm_config.jobs.source import Source


class Found(NamedTuple):
    """Why a copy that is there stays, as the outcome of the attempt to replace it; else what is wrong with it."""

    stays: Outcome | None
    reason: str = ""


def is_copy_itself(folder: Root, source: Source) -> bool:
    """Whether the link of a moved job leads to its copy in this folder."""
    try:
        found = os.stat(source.job.relative, dir_fd=folder.descriptor)
    except OSError:
        return False
    return os.path.samestat(found, os.fstat(source.directory))


def archived_before(workspace: Root, folder: Root, source: Source, *, thorough: bool) -> Outcome | None:
    """The outcome where the folder has this very result already, at the cost of a few system calls.

    `thorough` looks at the sizes of all its files.
    """
    job = source.job
    try:
        summary = read_summary(folder, job)
        if summary is None or summary.owner != workspace.path or summary.done != source.state.done:
            return None
        if os.stat(job.relative, dir_fd=folder.descriptor, follow_symlinks=False).st_ino != summary.inode:
            return None
        if thorough and (summary.problems or _damage(folder, job, digests=False, in_use=False)):
            return None
    except OSError:
        # Whatever it is, copying will find out.
        return None
    if summary.problems:
        return Outcome(job, folder.path, "partial", "the copy that is there lacks files", "`jobs status` names them")
    return Outcome(job, folder.path, "already", size=summary.size)


def judge(folder: Root, job: JobId, ours: Summary) -> Found:
    """Look at what has the name of a copy, all contents read; it gives way only to a complete copy."""
    try:
        inode = os.stat(job.relative, dir_fd=folder.descriptor, follow_symlinks=False).st_ino
        summary = read_summary(folder, job)
        # Who owns it may use it through a link, and have written to it; our own job is still in the workspace.
        in_use = summary is not None and summary.owner != ours.owner
        damage = "it had no manifest" if summary is None else _damage(folder, job, digests=True, in_use=in_use)
    except OSError as error:
        summary, damage, inode = None, f"it could not be read ({error.strerror})", 0
    if summary is not None and not damage and not summary.problems and summary.owner != ours.owner:
        reason = f"{summary.owner} has archived the same job there; this workspace keeps its own"
        return Found(Outcome(job, folder.path, "kept", reason, "nothing needs to be done", summary.size))
    if summary is not None and not damage and (summary.content, summary.inode) == (ours.content, inode):
        return Found(Outcome(job, folder.path, "partial" if summary.problems else "already", size=summary.size))
    if ours.problems:
        reason = "some files of the job cannot be copied, so that what the folder has is not replaced"
        return Found(Outcome(job, folder.path, "failed", reason, "`jobs status` names them"))
    return Found(None, damage or ("it lacked files" if summary and summary.problems else "it was of an earlier run"))


def _damage(folder: Root, job: JobId, *, digests: bool, in_use: bool) -> str:
    """What is wrong with a copy, in words; empty where nothing is."""
    try:
        directory = folder.job(job)
    except OSError:
        return "it was no directory"
    try:
        condition = examine(directory, read_copied(folder, job), digests=digests, in_use=in_use)
    except ManifestError as error:
        return error.message
    finally:
        os.close(directory)
    return condition.words
