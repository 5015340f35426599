"""Copying and deleting directory trees through descriptors: no path is looked up twice, no link is followed.

Everything that a file system keeps is kept: modes, times to the nanosecond, owners where that is permitted,
extended attributes, symbolic and hard links, holes. What cannot be copied is named.
"""

from __future__ import annotations

import os
import stat
from collections.abc import Callable
from typing import Literal, NamedTuple

from xxhash import xxh3_128

from xpm_config.jobs.content import SMALL, copy_content, digest_of, write_all

Kind = Literal["file", "directory", "link", "same"]
Excludes = Callable[[str, bool], bool]

OPEN_FILE = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC
OPEN_DIRECTORY = os.O_RDONLY | os.O_NOFOLLOW | os.O_DIRECTORY | os.O_CLOEXEC
_CREATE = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC
_HAS_ATTRIBUTES = hasattr(os, "listxattr")
_SPECIAL = (
    (stat.S_ISFIFO, "a FIFO"),
    (stat.S_ISSOCK, "a socket"),
    (stat.S_ISBLK, "a device"),
    (stat.S_ISCHR, "a device"),
)


class Entry(NamedTuple):
    """One copied thing: its path below the tree, and what a copy must have.

    `size` is in bytes, of files; `modified` in nanoseconds; `value` is the digest of a file, the text of a
    link, or, of another name of the same file (`same`), the path of the first one.
    """

    kind: Kind
    path: str
    mode: int
    size: int
    modified: int
    value: str


class Problem(NamedTuple):
    """Something that could not be copied, and why."""

    path: str
    reason: str


class Copied(NamedTuple):
    """The outcome of copying a tree.

    `state` stands for the identity, size and times of every source file: while it is the same, nobody has
    written to the source. `left_out` are the paths that rules excluded.
    """

    files: int
    size: int
    state: bytes
    problems: tuple[Problem, ...]
    left_out: tuple[str, ...]


class SourceChangedError(Exception):
    """A file of the source was written to while it was copied."""


def keep_all(path: str, is_directory: bool) -> bool:
    """The rule that excludes nothing."""
    return False


def ignore(entry: Entry) -> None:
    """The record that nobody wants."""


class TreeCopy:
    """One copying of the tree behind a descriptor into the empty directory behind another.

    `excludes` gets a path below the tree and whether it is a directory; `record` gets each entry, a
    directory before what is in it.
    """

    def __init__(
        self,
        source: int,
        target: int,
        excludes: Excludes = keep_all,
        record: Callable[[Entry], None] = ignore,
    ) -> None:
        self._root, self._target = source, target
        self._excludes = excludes
        self._record = record
        self._state = xxh3_128()
        self._links: dict[tuple[int, int], str] = {}
        self._problems: list[Problem] = []
        self._left_out: list[str] = []
        self._files = self._size = 0
        self._user = os.geteuid()

    def run(self) -> Copied:
        """Copy; raises SourceChangedError, and OSError where the target cannot be written."""
        self._contents(self._root, self._target, "")
        self._finish(self._root, self._target, os.fstat(self._root))
        return Copied(self._files, self._size, self._state.digest(), tuple(self._problems), tuple(self._left_out))

    def _contents(self, source: int, target: int, prefix: str) -> None:
        with os.scandir(source) as scan:
            # Sorted, so that the state of two looks compares; kept as entries, which know their type.
            entries = sorted(scan, key=_name)
        for entry in entries:
            path = prefix + entry.name
            is_directory = entry.is_dir(follow_symlinks=False)
            if self._excludes(path, is_directory):
                self._left_out.append(path + "/" * is_directory)
            elif is_directory:
                self._directory(entry.name, path, source, target)
            elif entry.is_symlink():
                self._link(entry.name, path, source, target)
            elif entry.is_file(follow_symlinks=False):
                self._file(entry.name, path, source, target)
            else:
                self._problems.append(Problem(path, _kind_of(entry.name, source)))

    def _directory(self, name: str, path: str, source: int, target: int) -> None:
        try:
            inside = os.open(name, OPEN_DIRECTORY, dir_fd=source)
        except OSError as error:
            self._unreadable(path, error)
            return
        try:
            os.mkdir(name, 0o700, dir_fd=target)
            into = os.open(name, OPEN_DIRECTORY, dir_fd=target)
            try:
                status = os.fstat(inside)
                self._record(Entry("directory", path, stat.S_IMODE(status.st_mode), 0, 0, ""))
                self._state.update(_state_of(path, None))
                self._contents(inside, into, path + "/")
                # Last, since writing into a directory changes its times.
                self._finish(inside, into, status)
            finally:
                os.close(into)
        finally:
            os.close(inside)

    def _link(self, name: str, path: str, source: int, target: int) -> None:
        status = os.stat(name, dir_fd=source, follow_symlinks=False)
        text = os.readlink(name, dir_fd=source)
        os.symlink(text, name, dir_fd=target)
        self._owner(name, target, status)
        if os.utime in os.supports_follow_symlinks:
            os.utime(name, ns=(status.st_atime_ns, status.st_mtime_ns), dir_fd=target, follow_symlinks=False)
        self._record(Entry("link", path, 0, 0, status.st_mtime_ns, text))
        self._seen(path, status)

    def _owner(self, name: str, target: int, status: os.stat_result) -> None:
        if self._user == 0 and (status.st_uid, status.st_gid) != (0, 0):
            os.chown(name, status.st_uid, status.st_gid, dir_fd=target, follow_symlinks=False)

    def _file(self, name: str, path: str, source: int, target: int) -> None:
        try:
            inside = os.open(name, OPEN_FILE, dir_fd=source)
        except OSError as error:
            self._unreadable(path, error)
            return
        try:
            status = os.fstat(inside)
            if not stat.S_ISREG(status.st_mode):
                raise SourceChangedError(path)
            if status.st_nlink > 1 and self._same(name, path, status, target):
                return
            into = os.open(name, _CREATE, 0o600, dir_fd=target)
            try:
                digest = self._content(inside, into, path, status)
                self._finish(inside, into, status)
            finally:
                os.close(into)
            after = os.fstat(inside)
        finally:
            os.close(inside)
        if _changed(status, after):
            raise SourceChangedError(path)
        self._files += 1
        self._size += status.st_size
        self._record(Entry("file", path, stat.S_IMODE(status.st_mode), status.st_size, status.st_mtime_ns, digest))
        self._seen(path, status)

    def _content(self, inside: int, into: int, path: str, status: os.stat_result) -> str:
        size = status.st_size
        # A file with holes has fewer blocks than bytes; tiny files may have none at all.
        if size > SMALL or (size > 4096 and status.st_blocks * 512 < size):
            return copy_content(inside, into, size)
        data = os.read(inside, size + 1)
        while len(data) < size and (more := os.read(inside, size + 1 - len(data))):
            data += more
        if len(data) != size:
            raise SourceChangedError(path)
        if data:
            write_all(into, data)
        return digest_of(data)

    def _same(self, name: str, path: str, status: os.stat_result, target: int) -> bool:
        """Link to the copy of the same file, if it has been copied under another name."""
        key = (status.st_dev, status.st_ino)
        first = self._links.setdefault(key, path)
        if first == path:
            return False
        try:
            os.link(first, name, src_dir_fd=self._target, dst_dir_fd=target, follow_symlinks=False)
        except OSError:
            # No hard links here, or too many of them: then it is a copy of its own.
            return False
        self._files += 1
        self._record(Entry("same", path, stat.S_IMODE(status.st_mode), status.st_size, status.st_mtime_ns, first))
        self._seen(path, status)
        return True

    def _finish(self, source: int, target: int, status: os.stat_result) -> None:
        """Give a copy its owner, mode, extended attributes and times, in an order in which none undoes another."""
        made = os.fstat(target)
        if (made.st_uid, made.st_gid) != (status.st_uid, status.st_gid):
            try:
                os.fchown(target, status.st_uid if self._user == 0 else -1, status.st_gid)
            except OSError:
                # Not permitted here: the copy belongs to who makes it.
                pass
        if _HAS_ATTRIBUTES:
            _copy_attributes(source, target)
        os.fchmod(target, stat.S_IMODE(status.st_mode))
        os.utime(target, ns=(status.st_atime_ns, status.st_mtime_ns))

    def _seen(self, path: str, status: os.stat_result) -> None:
        self._state.update(_state_of(path, status))

    def _unreadable(self, path: str, error: OSError) -> None:
        self._problems.append(Problem(path, error.strerror or "it cannot be read"))


def look(source: int, excludes: Excludes = keep_all) -> bytes:
    """The state of a tree, as `Copied` has it: the same as long as nobody writes to it."""
    state = xxh3_128()

    def visit(directory: int, prefix: str) -> None:
        with os.scandir(directory) as scan:
            entries = sorted(scan, key=_name)
        for entry in entries:
            path = prefix + entry.name
            is_directory = entry.is_dir(follow_symlinks=False)
            if excludes(path, is_directory):
                continue
            if is_directory:
                try:
                    inside = os.open(entry.name, OPEN_DIRECTORY, dir_fd=directory)
                except OSError:
                    continue
                try:
                    state.update(_state_of(path, None))
                    visit(inside, path + "/")
                finally:
                    os.close(inside)
            elif entry.is_symlink() or entry.is_file(follow_symlinks=False):
                state.update(_state_of(path, entry.stat(follow_symlinks=False)))

    visit(source, "")
    return state.digest()


def remove_tree(parent: int, name: str) -> None:
    """Delete a directory with all that is in it, following no link; raises OSError where something stays."""
    inside = _open_to_change(parent, name)
    try:
        with os.scandir(inside) as scan:
            entries = list(scan)
        for entry in entries:
            if entry.is_dir(follow_symlinks=False):
                remove_tree(inside, entry.name)
            else:
                os.unlink(entry.name, dir_fd=inside)
    finally:
        os.close(inside)
    os.rmdir(name, dir_fd=parent)


def _open_to_change(parent: int, name: str) -> int:
    """Open a directory whose entries will be removed, making a read-only one writable."""
    status = os.stat(name, dir_fd=parent, follow_symlinks=False)
    if stat.S_ISDIR(status.st_mode) and status.st_mode & stat.S_IRWXU != stat.S_IRWXU:
        try:
            os.chmod(name, stat.S_IMODE(status.st_mode) | stat.S_IRWXU, dir_fd=parent)
        except OSError:
            # Perhaps it is empty, or we are root: the removal will tell.
            pass
    return os.open(name, OPEN_DIRECTORY, dir_fd=parent)


def _state_of(path: str, status: os.stat_result | None) -> bytes:
    """What is compared of one entry; of a directory only that it is there, since locks come and go in it."""
    identity = "" if status is None else (status.st_ino, status.st_size, status.st_mtime_ns, status.st_ctime_ns)
    return f"{path}\0{identity}\0".encode("utf-8", "surrogateescape")


def _changed(before: os.stat_result, after: os.stat_result) -> bool:
    return (before.st_size, before.st_mtime_ns, before.st_ctime_ns) != (
        after.st_size,
        after.st_mtime_ns,
        after.st_ctime_ns,
    )


def _copy_attributes(source: int, target: int) -> None:
    try:
        names = os.listxattr(source)
    except OSError:
        return
    for name in names:
        try:
            os.setxattr(target, name, os.getxattr(source, name))
        except OSError:
            # Attributes of the system, such as security labels, are not ours to set.
            continue


def _kind_of(name: str, directory: int) -> str:
    mode = os.stat(name, dir_fd=directory, follow_symlinks=False).st_mode
    return next((words for test, words in _SPECIAL if test(mode)), "no regular file")


def _name(entry: os.DirEntry[str]) -> str:
    return entry.name
