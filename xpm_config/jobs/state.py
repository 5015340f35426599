"""What a job's directory says of the job: whether it has succeeded, failed, or is running."""

from __future__ import annotations

import json
import os
import socket
from typing import TYPE_CHECKING, NamedTuple

from xpm_config.jobs import locks, processes
from xpm_config.jobs.tree import OPEN_FILE

if TYPE_CHECKING:
    from xpm_config.jobs.layout import JobId


class State(NamedTuple):
    """The markers of a job: `done` is when it succeeded (ns), by the marker's time; None where it did not."""

    done: int | None
    failed: bool

    @property
    def succeeded(self) -> bool:
        """Whether the job is done, and nothing says otherwise."""
        return self.done is not None and not self.failed


def read_state(directory: int, job: JobId) -> State:
    """The state of the job in an open directory."""
    return State(_modified(f"{job.name}.done", directory), _modified(f"{job.name}.failed", directory) is not None)


def is_running(directory: int, job: JobId, *, succeeded: bool) -> bool:
    """Whether a process works in the job's directory.

    What another machine may be running counts as running, unless the job has `succeeded`: the marker is the last
    thing that a job writes, and the number of its process may stay behind.
    """
    if any(locks.is_held(path, directory) for path in job.locks):
        return True
    try:
        descriptor = os.open(f"{job.name}.pid", OPEN_FILE, dir_fd=directory)
    except OSError:
        return False
    try:
        text = os.read(descriptor, 1 << 16)
        written = os.fstat(descriptor).st_mtime
    finally:
        os.close(descriptor)
    try:
        process = json.loads(text)
        host, number = process.get("host", socket.gethostname()), process.get("pid")
    except (ValueError, AttributeError):
        return not succeeded
    if host != socket.gethostname() or not isinstance(number, int):
        return not succeeded
    return processes.is_alive(number) and processes.started_before(number, written)


def _modified(name: str, directory: int) -> int | None:
    try:
        return os.stat(name, dir_fd=directory).st_mtime_ns
    except (FileNotFoundError, NotADirectoryError):
        return None
