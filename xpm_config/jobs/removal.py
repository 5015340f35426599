"""Deleting directory trees through descriptors: no link is followed, and no depth or width is too much."""

from __future__ import annotations

import os
import stat
from itertools import islice
from typing import TYPE_CHECKING

from xpm_config.jobs.tree import DEEP, OPEN_DIRECTORY

if TYPE_CHECKING:
    from collections.abc import Callable

_BATCH = 10_000
"""So many entries of a directory are deleted before the next ones are read, as `rm` does."""


def remove_tree(parent: int, name: str) -> None:
    """Delete a directory with all that is in it, following no link; raises OSError where something stays.

    What another process deletes at the same time is deleted, too.
    """
    try:
        inside = _open_to_change(parent, name)
    except FileNotFoundError:
        return
    try:
        deep: list[str] = []
        _empty(inside, inside, deep, 0)
        while deep:
            _remove(inside, deep.pop(), inside, deep, 0)
    finally:
        os.close(inside)
    _ignoring_absence(os.rmdir, name, parent)


def _remove(parent: int, name: str, top: int, deep: list[str], depth: int) -> None:
    try:
        inside = _open_to_change(parent, name)
    except FileNotFoundError:
        return
    try:
        _empty(inside, top, deep, depth)
    finally:
        os.close(inside)
    _ignoring_absence(os.rmdir, name, parent)


def _empty(directory: int, top: int, deep: list[str], depth: int) -> None:
    """Delete what is in a directory; what is too deep is moved up to the top, and its new name added to `deep`."""
    directories = []
    with os.scandir(directory) as scan:
        while entries := list(islice(scan, _BATCH)):
            for entry in entries:
                if entry.is_dir(follow_symlinks=False):
                    directories.append(entry.name)
                else:
                    _ignoring_absence(os.unlink, entry.name, directory)
    for name in directories:
        if depth < DEEP:
            _remove(directory, name, top, deep, depth + 1)
        else:
            new = f"deep.{os.urandom(8).hex()}"
            os.close(_open_to_change(directory, name))
            os.rename(name, new, src_dir_fd=directory, dst_dir_fd=top)
            deep.append(new)


def _open_to_change(parent: int, name: str) -> int:
    """Open a directory whose entries will be removed, making a read-only one writable."""
    try:
        inside = os.open(name, OPEN_DIRECTORY, dir_fd=parent)
    except PermissionError:
        _let_in(parent, name)
        inside = os.open(name, OPEN_DIRECTORY, dir_fd=parent)
    mode = stat.S_IMODE(os.fstat(inside).st_mode)
    if mode & stat.S_IRWXU != stat.S_IRWXU:
        try:
            os.fchmod(inside, mode | stat.S_IRWXU)
        except OSError:
            # Perhaps it is empty, or we are root: the removal will tell.
            pass
    return inside


def _let_in(parent: int, name: str) -> None:
    """Make a directory readable that cannot be opened, without following a link that takes its place."""
    if not hasattr(os, "O_PATH"):
        os.chmod(name, stat.S_IRWXU, dir_fd=parent, follow_symlinks=False)
        return
    place = os.open(name, os.O_PATH | os.O_NOFOLLOW | os.O_DIRECTORY | os.O_CLOEXEC, dir_fd=parent)
    try:
        os.chmod(f"/proc/self/fd/{place}", stat.S_IRWXU)
    finally:
        os.close(place)


def _ignoring_absence(remove: Callable[..., None], name: str, directory: int) -> None:
    try:
        remove(name, dir_fd=directory)
    except FileNotFoundError:
        pass
