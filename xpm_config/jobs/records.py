"""Records of what is under way in a workspace or folder, so that another process can finish or undo it.

A record is a symbolic link `.xpm-config/staging/<unique>` whose text is the record: it is made in one step, and is
whole or not there even after a power cut. Where links cannot be had, or not of that length, it is a file.
"""

from __future__ import annotations

import errno
import json
import os
from typing import TYPE_CHECKING, Literal, NamedTuple

from xpm_config.jobs.layout import JobId
from xpm_config.jobs.processes import Process, this_process

if TYPE_CHECKING:
    from xpm_config.jobs.root import Root

RECORDS = "staging"
MANIFEST = ".jsonl"
"""How the name of a manifest ends that is being written, beside the record."""
_NO_LINKS = frozenset((errno.EPERM, errno.ENOSYS, errno.EOPNOTSUPP, errno.ENOTSUP, errno.ENAMETOOLONG, errno.EINVAL))
_MAX = 1 << 16

Kind = Literal["copy", "move"]


class Record(NamedTuple):
    """What is under way: a `copy` into this root, or a `move` of a job of this workspace.

    Of a move, `target` is the directory of the copy, and `state` that of the original when it was copied.
    """

    kind: Kind
    job: JobId
    owner: Process
    target: str = ""
    state: str = ""


def write_record(root: Root, unique: str, kind: Kind, job: JobId, target: str = "", state: str = "") -> None:
    """Write the record of something that this process is about to do; raises OSError."""
    directory = root.ours(RECORDS)
    text = json.dumps([kind, job, this_process(), target, state])
    try:
        os.symlink(text, unique, dir_fd=directory)
    except OSError as error:
        if error.errno not in _NO_LINKS:
            raise
        flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC
        descriptor = os.open(unique, flags, root.mode & 0o666, dir_fd=directory)
        try:
            os.write(descriptor, text.encode("ascii"))
        finally:
            os.close(descriptor)


def read_records(root: Root) -> dict[str, Record | None]:
    """All records of a root by their unique names; None for what cannot be read as one."""
    try:
        directory = root.ours(RECORDS, create=False)
    except FileNotFoundError:
        return {}
    names = [name for name in os.listdir(directory) if not name.endswith(MANIFEST)]
    return {name: _read(name, directory) for name in names}


def remove_record(root: Root, unique: str) -> None:
    """Remove a record, and the manifest beside it if nobody has renamed it."""
    for name in (unique + MANIFEST, unique):
        try:
            os.unlink(name, dir_fd=root.ours(RECORDS))
        except FileNotFoundError:
            continue


def _read(name: str, directory: int) -> Record | None:
    try:
        kind, job, owner, target, state = json.loads(_text(name, directory))
        return Record(kind, JobId(*job), Process(*owner), target, state)
    except (OSError, ValueError, TypeError):
        return None


def _text(name: str, directory: int) -> str:
    try:
        return os.readlink(name, dir_fd=directory)
    except OSError as error:
        if error.errno != errno.EINVAL:
            raise
    descriptor = os.open(name, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC, dir_fd=directory)
    try:
        return os.read(descriptor, _MAX).decode("ascii")
    finally:
        os.close(descriptor)
