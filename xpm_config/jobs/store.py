"""Small files of ours: JSON that is replaced as a whole, durably, by one process at a time."""

from __future__ import annotations

import json
import os
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from xpm_config.errors import XpmConfigError
from xpm_config.jobs import locks
from xpm_config.jobs.system import rename_new

if TYPE_CHECKING:
    from collections.abc import Iterator

_WAIT = 10.0
"""So long another process that writes is waited for (s); the last one wins then."""


def read_json(name: str, directory: int) -> dict[str, Any]:
    """The object in a file of an open directory, empty where there is none; raises OSError, XpmConfigError."""
    try:
        descriptor = os.open(name, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC, dir_fd=directory)
    except FileNotFoundError:
        return {}
    with os.fdopen(descriptor, "rb") as file:
        try:
            found = json.loads(file.read())
        except ValueError:
            found = None
    if not isinstance(found, dict):
        raise XpmConfigError(f"{name} was damaged", f"look into .xpm-config/{name}, and remove it if nothing helps")
    return found


def write_json(name: str, directory: int, content: dict[str, Any], mode: int, *, replace: bool = True) -> None:
    """Write a file in one step, and make it durable; raises OSError, FileExistsError where it must not replace."""
    temporary = f"{name}.{os.urandom(4).hex()}.tmp"
    flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC
    descriptor = os.open(temporary, flags, 0o600, dir_fd=directory)
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(json.dumps(content, indent=2).encode("ascii") + b"\n")
            file.flush()
            os.fchmod(file.fileno(), mode & 0o666)
            os.fsync(file.fileno())
        if replace:
            os.rename(temporary, name, src_dir_fd=directory, dst_dir_fd=directory)
        else:
            rename_new(temporary, name, directory)
    except BaseException:
        os.unlink(temporary, dir_fd=directory)
        raise
    os.fsync(directory)


@contextmanager
def changing(name: str, directory: int, mode: int) -> Iterator[dict[str, Any]]:
    """The object in a file, to be changed: it is written when that ends, if it differs. Raises as the two above do."""
    lock = locks.take_directory(directory, _WAIT)
    try:
        content = read_json(name, directory)
        before = json.dumps(content)
        yield content
        if json.dumps(content) != before:
            write_json(name, directory, content, mode)
    finally:
        if lock is not None:
            lock.release()
