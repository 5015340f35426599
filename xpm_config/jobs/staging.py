"""Copies that are being made: under a name of their own, known to be unfinished, and swept when their maker is dead.

A staging is a directory `.tmp.<hash>.<unique>` beside the job, and a lock `.tmp.<hash>.<unique>.lock` that a plain
experimaestro respects; its record says whose it is, so that leftovers are found without a look at any job.
"""

from __future__ import annotations

import errno
import os
from typing import TYPE_CHECKING

from xpm_config.jobs import locks
from xpm_config.jobs.layout import STAGING, JobId
from xpm_config.jobs.records import MANIFEST, RECORDS, remove_record, write_record
from xpm_config.jobs.removal import remove_tree
from xpm_config.jobs.system import exchange, rename_new
from xpm_config.jobs.tree import OPEN_DIRECTORY

if TYPE_CHECKING:
    from xpm_config.jobs.records import Kind
    from xpm_config.jobs.root import Root

SPARE = ".spare"
"""How a third name ends, which is needed where two names cannot be exchanged in one step."""
GONE = ".gone"
"""How the name of something ends that is being deleted."""


class Staged:
    """A unique name beside a job, locked and on record, for a directory or link that will get the job's name.

    `taken` are the names under which something may stand.
    """

    def __init__(self, root: Root, job: JobId, kind: Kind, target: str = "", state: str = "") -> None:
        """Take the name; raises OSError, leaving nothing."""
        self.root, self.job = root, job
        self.unique = os.urandom(8).hex()
        self.name = staging_name(job, self.unique)
        self.records = root.ours(RECORDS)
        self.task = root.task(job, create=True)
        self.taken = all_names(self.name)
        self._lock: locks.Lock | None = None
        try:
            write_record(root, self.unique, kind, job, target, state)
            # The lock first: a directory without one is swept by others at once.
            self._lock = locks.take(f"{self.name}.lock", self.task, root.mode & 0o666)
            if self._lock is None:
                raise BlockingIOError(errno.EAGAIN, "another process sweeps it", self.name)
        except BaseException:
            self.release()
            raise

    @property
    def manifest(self) -> str:
        """The name of the manifest of what is being made, in `records`."""
        return self.unique + MANIFEST

    def publish(self) -> None:
        """Give what stands under the name that of the job; raises FileExistsError where something has it."""
        rename_new(self.name, self.job.hash, self.task)
        self.taken = ()

    def swap(self) -> None:
        """Let what stands under the name and the job change places; raises OSError.

        Where the system cannot do that in one step, the spare name tells others how far it went.
        """
        if exchange(self.name, self.job.hash, self.task):
            return
        spare = self.name + SPARE
        os.rename(self.name, spare, src_dir_fd=self.task, dst_dir_fd=self.task)
        os.rename(self.job.hash, self.name, src_dir_fd=self.task, dst_dir_fd=self.task)
        rename_new(spare, self.job.hash, self.task)

    def discard(self) -> None:
        """Remove what stands under the names; what cannot be removed now is swept later."""
        try:
            for name in self.taken:
                remove(name, self.task)
        except OSError:
            pass
        self.release()

    def release(self) -> None:
        """Give up the name, when nothing stands under it any more; else another process will sweep it."""
        if self.task < 0:
            return
        try:
            if not any(is_there(name, self.task) for name in self.taken):
                remove(f"{self.name}.lock", self.task)
                remove_record(self.root, self.unique)
        except OSError:
            pass
        finally:
            if self._lock is not None:
                self._lock.release()
            os.close(self.task)
            self.task = -1


class Staging(Staged):
    """A directory under a unique name that becomes the copy of a job, or is discarded."""

    def __init__(self, root: Root, job: JobId) -> None:
        """Make the directory; raises OSError, leaving nothing."""
        self.directory = -1
        super().__init__(root, job, "copy")
        try:
            os.mkdir(self.name, 0o700, dir_fd=self.task)
            self.directory = os.open(self.name, OPEN_DIRECTORY, dir_fd=self.task)
        except BaseException:
            self.discard()
            raise

    def close(self) -> None:
        """Close the directory, which is complete: many of them wait for a flush."""
        if self.directory >= 0:
            os.close(self.directory)
            self.directory = -1

    def release(self) -> None:
        """Close the directory, and give up the name."""
        self.close()
        super().release()


def staging_name(job: JobId, unique: str) -> str:
    """The name of what is being made of a job, beside it."""
    # A name has 255 bytes at most; the unique part alone is enough.
    return f"{STAGING}{job.hash[:64]}.{unique}"


def all_names(name: str) -> tuple[str, ...]:
    """The names that belong to a staging name."""
    return name, name + SPARE, name + GONE


def is_there(name: str, directory: int) -> bool:
    """Whether something has this name in an open directory, be it a link to nowhere."""
    try:
        os.stat(name, dir_fd=directory, follow_symlinks=False)
    except FileNotFoundError:
        return False
    return True


def remove(name: str, directory: int) -> None:
    """Remove whatever has this name, a directory with all that is in it; raises OSError where something stays."""
    try:
        os.unlink(name, dir_fd=directory)
    except FileNotFoundError:
        pass
    except (IsADirectoryError, PermissionError):
        remove_tree(directory, name)
