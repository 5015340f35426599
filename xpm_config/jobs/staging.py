"""Copies that are being made: under a name of their own, known to be unfinished, and swept when their maker is dead.

A staging is a directory `.tmp.<hash>.<unique>` beside the job, a lock `.tmp.<hash>.<unique>.lock` that a plain
experimaestro respects, and a record `<root>/.xpm-config/staging/<unique>.json` that says whose it is: so leftovers
are found without a look at any job. Only what the record's own host knows to be dead is swept.
"""

from __future__ import annotations

import json
import os
import socket
from typing import TYPE_CHECKING

from xpm_config.jobs import locks
from xpm_config.jobs.layout import STAGING, JobId
from xpm_config.jobs.manifest import ManifestWriter
from xpm_config.jobs.tree import OPEN_DIRECTORY, remove_tree

if TYPE_CHECKING:
    from xpm_config.jobs.root import Root

_RECORDS = "staging"


class Staging:
    """A directory that becomes the copy of a job, or is discarded."""

    def __init__(self, root: Root, job: JobId) -> None:
        """Make the staging; raises OSError, leaving nothing."""
        self.root, self.job = root, job
        self._unique = os.urandom(8).hex()
        self.name = f"{STAGING}{job.hash}.{self._unique}"
        self._records = root.ours(_RECORDS, create=True)
        self.task = root.task(job, create=True)
        self._lock: locks.Lock | None = None
        try:
            _write_record(self._records, self._unique, job)
            # The lock first: a directory without one is swept by others at once.
            self._lock = locks.take(f"{self.name}.lock", self.task, root.mode & 0o666)
            os.mkdir(self.name, 0o700, dir_fd=self.task)
            self.directory = os.open(self.name, OPEN_DIRECTORY, dir_fd=self.task)
            self.manifest = ManifestWriter(self._manifest_path)
        except BaseException:
            self.discard()
            raise

    @property
    def _manifest_path(self) -> str:
        return os.path.join(self.root.path, ".xpm-config", _RECORDS, f"{self._unique}.jsonl")

    def discard(self) -> None:
        """Remove what has been staged; what cannot be removed now is swept later."""
        self._remove(self.name)
        self.release()

    def release(self) -> None:
        """Forget the staging, which has its final name now or is gone."""
        if getattr(self, "manifest", None) is not None:
            self.manifest.close()
        _unlink(f"{self._unique}.jsonl", self._records)
        if getattr(self, "directory", -1) >= 0:
            os.close(self.directory)
            self.directory = -1
        _unlink(f"{self.name}.lock", self.task)
        if self._lock is not None:
            self._lock.release()
        if not _is_there(self.name, self.task):
            _unlink(f"{self._unique}.json", self._records)
        os.close(self.task)
        os.close(self._records)

    def _remove(self, name: str) -> None:
        try:
            remove_tree(self.task, name)
        except OSError:
            pass


def sweep(root: Root) -> list[str]:
    """Remove the leftovers of dead processes of this host; gives the names of those that stay, with their host."""
    try:
        records = root.ours(_RECORDS)
    except FileNotFoundError:
        return []
    staying = []
    try:
        for name in os.listdir(records):
            if name.endswith(".json") and not _swept(root, records, name):
                staying.append(name)
    finally:
        os.close(records)
    return staying


def _swept(root: Root, records: int, name: str) -> bool:
    record = _read_record(records, name)
    if record is None or record.get("host") != _host() or _is_alive(record):
        return False
    job = JobId(*record["job"])
    unique = name.removesuffix(".json")
    staging = f"{STAGING}{job.hash}.{unique}"
    try:
        task = root.task(job)
    except FileNotFoundError:
        task = -1
    try:
        if task >= 0:
            lock = locks.take(f"{staging}.lock", task)
            if lock is None:
                return False
            try:
                if _is_there(staging, task):
                    remove_tree(task, staging)
                _unlink(f"{staging}.lock", task)
            finally:
                lock.release()
        _unlink(f"{unique}.jsonl", records)
        _unlink(name, records)
    except OSError:
        return False
    finally:
        if task >= 0:
            os.close(task)
    return True


# -- records ------------------------------------------------------------------------------------------


def _write_record(records: int, unique: str, job: JobId) -> None:
    record = {"host": _host(), "pid": os.getpid(), "started": _started(os.getpid()), "job": list(job)}
    descriptor = os.open(f"{unique}.json", os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o666, dir_fd=records)
    try:
        os.write(descriptor, json.dumps(record).encode("ascii"))
    finally:
        os.close(descriptor)


def _read_record(records: int, name: str) -> dict[str, object] | None:
    descriptor = os.open(name, os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC, dir_fd=records)
    try:
        record = json.loads(os.read(descriptor, 1 << 16))
        return record if isinstance(record, dict) else None
    except ValueError:
        return None
    finally:
        os.close(descriptor)


# -- processes ----------------------------------------------------------------------------------------


def _host() -> str:
    return socket.gethostname()


def _started(pid: int) -> str | None:
    """When a process of this host was started, in the kernel's words; None where the system does not tell."""
    try:
        with open(f"/proc/{pid}/stat", encoding="ascii", errors="replace") as file:
            return file.read().rpartition(")")[2].split()[19]
    except (OSError, IndexError):
        return None


def _is_alive(record: dict[str, object]) -> bool:
    pid = record.get("pid")
    if not isinstance(pid, int):
        return False
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        pass
    # The number may have gone to another process meanwhile.
    return record.get("started") in (None, _started(pid))


def _is_there(name: str, directory: int) -> bool:
    try:
        os.stat(name, dir_fd=directory, follow_symlinks=False)
    except FileNotFoundError:
        return False
    return True


def _unlink(name: str, directory: int) -> None:
    try:
        os.unlink(name, dir_fd=directory)
    except FileNotFoundError:
        pass
