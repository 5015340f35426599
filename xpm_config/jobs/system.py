"""Calls of the operating system that Python does not have, each with what is done where they are missing."""

from __future__ import annotations

import ctypes
import errno
import os
from functools import cache
from typing import Any

_NOREPLACE, _EXCHANGE = 1, 2
# The file system, the kernel or the C library does not know the call.
_UNKNOWN = frozenset((errno.ENOSYS, errno.EINVAL, errno.EOPNOTSUPP, errno.ENOTSUP, errno.EPERM))
_TAKEN = frozenset((errno.EEXIST, errno.ENOTEMPTY, errno.ENOTDIR, errno.EISDIR))


@cache
def _libc() -> Any:
    return ctypes.CDLL(None, use_errno=True)


def _renameat2(old: str, new: str, directory: int, flags: int) -> None:
    try:
        call = _libc().renameat2
    except AttributeError:
        raise OSError(errno.ENOSYS, os.strerror(errno.ENOSYS)) from None
    if call(directory, os.fsencode(old), directory, os.fsencode(new), flags) != 0:
        number = ctypes.get_errno()
        raise OSError(number, os.strerror(number), new)


def rename_new(old: str, new: str, directory: int) -> None:
    """Rename a directory within an open one; raises FileExistsError where the new name is taken, by whatever it is."""
    try:
        _renameat2(old, new, directory, _NOREPLACE)
    except OSError as error:
        if error.errno not in _UNKNOWN:
            raise
        _rename_where_free(old, new, directory)


def _rename_where_free(old: str, new: str, directory: int) -> None:
    taken = FileExistsError(errno.EEXIST, os.strerror(errno.EEXIST), new)
    if _is_there(new, directory):
        raise taken
    try:
        # If another process takes the name in between: a directory replaces nothing but an empty one.
        os.rename(old, new, src_dir_fd=directory, dst_dir_fd=directory)
    except OSError as error:
        if error.errno in _TAKEN:
            raise taken from None
        raise


def exchange(one: str, other: str, directory: int) -> bool:
    """Let two names within an open directory change places in one step; False where that cannot be had."""
    try:
        _renameat2(one, other, directory, _EXCHANGE)
    except OSError as error:
        if error.errno not in _UNKNOWN:
            raise
        return False
    return True


def _is_there(name: str, directory: int) -> bool:
    try:
        os.stat(name, dir_fd=directory, follow_symlinks=False)
    except FileNotFoundError:
        return False
    return True


def flush(descriptor: int) -> None:
    """Make all that was written to the file system of an open file durable; raises OSError where it could not be.

    After an error nothing may be believed, and a second call would only answer that all is well.
    """
    try:
        call = _libc().syncfs
    except AttributeError:
        os.sync()
        return
    if call(descriptor) != 0:
        number = ctypes.get_errno()
        raise OSError(number, os.strerror(number))
