"""What dead processes left in a workspace or folder is finished or removed, at a cost that no number of jobs raises.

Only what is known to be dead is touched: by its number on this machine, or by a lock that is free where locks work.
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from xpm_config.errors import UsageError
from xpm_config.jobs import locks
from xpm_config.jobs.layout import parse_job
from xpm_config.jobs.manifest import publish_manifest, read_staged_summary
from xpm_config.jobs.move import repair_move
from xpm_config.jobs.processes import is_dead, same_kernel
from xpm_config.jobs.records import MANIFEST, RECORDS, read_records, remove_record
from xpm_config.jobs.staging import SPARE, all_names, is_there, remove, staging_name
from xpm_config.jobs.system import flush, rename_new

if TYPE_CHECKING:
    from xpm_config.jobs.layout import JobId
    from xpm_config.jobs.records import Record
    from xpm_config.jobs.root import Root


def recover(root: Root) -> list[str]:
    """Finish or undo what dead processes had under way; gives, in words, what has to stay for now."""
    staying = []
    for unique, record in read_records(root).items():
        reason = "its record cannot be read" if record is None else _recovered(root, unique, record)
        if reason:
            staying.append(f"{unique}: {reason}")
    return staying


def _recovered(root: Root, unique: str, record: Record) -> str:
    """Recover one thing; the reason in words where it stays, empty where it is done."""
    dead = is_dead(record.owner)
    if dead is False:
        return f"process {record.owner.number} works on {record.job}"
    try:
        job = parse_job(str(record.job))
        task = root.task(job)
    except UsageError:
        return "its record names no job"
    except FileNotFoundError:
        remove_record(root, unique)
        return ""
    name = staging_name(job, unique)
    lock = None
    try:
        lock = locks.take(f"{name}.lock", task, root.mode & 0o666)
        if lock is None:
            return f"a process works on {job}"
        if dead is None and not (lock.works and same_kernel(record.owner)):
            return f"{record.owner.host} may be working on {job}"
        reason = (
            repair_move(root, task, name, record) if record.kind == "move" else _repair_copy(root, task, unique, job)
        )
        if not reason:
            remove(f"{name}.lock", task)
            remove_record(root, unique)
    except OSError as error:
        return f"{job}: {error.strerror}"
    else:
        return reason
    finally:
        if lock is not None:
            lock.release()
        os.close(task)


def _repair_copy(root: Root, task: int, unique: str, job: JobId) -> str:
    name = staging_name(job, unique)
    if is_there(name + SPARE, task) and is_there(name, task) and not is_there(job.hash, task):
        # It died between two renames: what had the job's name gets it back.
        rename_new(name, job.hash, task)
    records = root.ours(RECORDS)
    try:
        summary = read_staged_summary(unique + MANIFEST, records)
        if summary is not None and summary.inode == _inode(job.hash, task):
            # The copy has its name, and was durable before: only its manifest is missing.
            publish_manifest(root, job, unique + MANIFEST, records)
            flush(root.descriptor)
    except FileNotFoundError:
        pass
    for each in all_names(name):
        remove(each, task)
    return ""


def _inode(name: str, directory: int) -> int | None:
    try:
        return os.stat(name, dir_fd=directory, follow_symlinks=False).st_ino
    except FileNotFoundError:
        return None
