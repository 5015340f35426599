"""Copying directory trees through descriptors: no path is looked up twice, no link is followed.

Everything that a file system keeps is kept: modes, times to the nanosecond, owners where that is permitted,
extended attributes, symbolic and hard links, holes. What cannot be copied is named. A tree may be of any width
and depth: its entries are not held, and only a bounded number of descriptors is open.
"""

from __future__ import annotations

import errno
import os
import stat
from collections.abc import Callable
from struct import Struct
from typing import Literal, NamedTuple

from xxhash import xxh3_128_intdigest

from xpm_config.jobs.content import SMALL, copy_content, digest_of, write_all

Kind = Literal["file", "directory", "link", "same"]
Excludes = Callable[[str, bool], bool]

OPEN_FILE = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC
OPEN_DIRECTORY = os.O_RDONLY | os.O_NOFOLLOW | os.O_DIRECTORY | os.O_CLOEXEC
_CREATE = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC
_HAS_ATTRIBUTES = hasattr(os, "listxattr")
DEEP = 100
"""So many directories within each other are open at once; deeper ones have their turn afterwards."""
_REMEMBERED_LINKS = 100_000
"""Of so many hard-linked files the names are remembered; of further ones each name becomes a file of its own."""
_SPECIAL = (
    (stat.S_ISFIFO, "a FIFO"),
    (stat.S_ISSOCK, "a socket"),
    (stat.S_ISBLK, "a device"),
    (stat.S_ISCHR, "a device"),
)
# The source is as it is, and we are kept out of it.
FORBIDDEN = frozenset((errno.EACCES, errno.EPERM))
# What was scanned a moment ago is gone, or is something else by now: a link, a file, a socket, no link.
CHANGED = frozenset((errno.ENOENT, errno.ELOOP, errno.ENOTDIR, errno.ENXIO, errno.EINVAL, errno.ESTALE))
_pack = Struct("=Qqqq").pack


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


def keep_text(path: str, text: str) -> str:
    """The rule that leaves links as they are."""
    return text


class State:
    """A digest of a set of entries: a sum, so that their order does not matter and nothing need be sorted."""

    def __init__(self) -> None:
        self._sum = 0

    def add(self, path: str, status: os.stat_result | None) -> None:
        """Add one entry; of a directory only that it is there, since locks come and go in it."""
        data = path.encode("utf-8", "surrogateescape")
        if status is not None:
            data += _pack(status.st_ino, status.st_size, status.st_mtime_ns, status.st_ctime_ns)
        self._sum += xxh3_128_intdigest(data)

    def digest(self) -> bytes:
        """The digest of all that was added."""
        return (self._sum % (1 << 128)).to_bytes(16, "big")


def status_of(name: str, directory: int) -> os.stat_result | None:
    """The status of a name in an open directory; None where it cannot be had."""
    try:
        return os.stat(name, dir_fd=directory, follow_symlinks=False)
    except OSError as error:
        if error.errno not in FORBIDDEN | CHANGED:
            raise
        return None


def open_below(directory: int, path: str) -> int:
    """Open a directory by its path below another, of any length, following no link on the way; raises OSError."""
    inner = os.dup(directory)
    for name in path.split("/"):
        try:
            outer, inner = inner, os.open(name, OPEN_DIRECTORY, dir_fd=inner)
        except OSError:
            os.close(inner)
            raise
        os.close(outer)
    return inner


class TreeCopy:
    """One copying of the tree behind a descriptor into the empty directory behind another.

    `excludes` gets a path below the tree and whether it is a directory; `record` gets each entry, a
    directory before what is in it; `link_text` gets the path and the text of a link, and gives the text of
    its copy. Whether a file was written to while it was read is not looked at here:
    then `look` answers otherwise than `Copied.state` has it.
    """

    def __init__(
        self,
        source: int,
        target: int,
        excludes: Excludes = keep_all,
        record: Callable[[Entry], None] = ignore,
        link_text: Callable[[str, str], str] = keep_text,
    ) -> None:
        self._link_text = link_text
        self._source, self._target = source, target
        self._excludes = excludes
        self._record = record
        self._state = State()
        self._deep: list[str] = []
        self._links: dict[tuple[int, int], str] = {}
        self._problems: list[Problem] = []
        self._left_out: list[str] = []
        self._files = self._size = 0
        self._owner: tuple[int, int] | None = None
        self._is_root = os.geteuid() == 0

    def run(self) -> Copied:
        """Copy; raises SourceChangedError, and OSError where the source cannot be read or the target not written."""
        self._contents(self._source, self._target, "", 0)
        self._finish(self._source, self._target, os.fstat(self._source))
        while self._deep:
            self._deep_directory(self._deep.pop())
        return Copied(self._files, self._size, self._state.digest(), tuple(self._problems), tuple(self._left_out))

    def _contents(self, source: int, target: int, prefix: str, depth: int) -> None:
        directories = []
        with os.scandir(source) as scan:
            for entry in scan:
                name = entry.name
                path = prefix + name
                is_directory = entry.is_dir(follow_symlinks=False)
                if self._excludes(path, is_directory):
                    self._left_out.append(path + "/" * is_directory)
                elif is_directory:
                    # Entered when the scan is closed: one descriptor less on each level.
                    directories.append(name)
                elif entry.is_file(follow_symlinks=False):
                    self._file(name, path, source, target)
                elif entry.is_symlink():
                    self._link(name, path, source, target)
                else:
                    self._problems.append(Problem(path, _kind_of(name, source)))
        for name in directories:
            self._directory(name, prefix + name, source, target, depth)

    def _directory(self, name: str, path: str, source: int, target: int, depth: int) -> None:
        inside = into = -1
        try:
            inside = self._open(name, path, OPEN_DIRECTORY, source)
            if inside < 0:
                return
            status = os.fstat(inside)
            os.mkdir(name, 0o700, dir_fd=target)
            self._record(Entry("directory", path, stat.S_IMODE(status.st_mode), 0, 0, ""))
            self._state.add(path, None)
            if depth == DEEP:
                self._deep.append(path)
                return
            into = os.open(name, OPEN_DIRECTORY, dir_fd=target)
            self._contents(inside, into, path + "/", depth + 1)
            # Last, since writing into a directory changes its times.
            self._finish(inside, into, status)
        finally:
            _close(inside, into)

    def _deep_directory(self, path: str) -> None:
        inside = into = -1
        try:
            inside = open_below(self._source, path)
            into = open_below(self._target, path)
            status = os.fstat(inside)
            self._contents(inside, into, path + "/", 0)
            self._finish(inside, into, status)
        finally:
            _close(inside, into)

    def _link(self, name: str, path: str, source: int, target: int) -> None:
        try:
            status = os.stat(name, dir_fd=source, follow_symlinks=False)
            text = os.readlink(name, dir_fd=source)
        except OSError as error:
            self._unreadable(name, path, source, error)
            return
        text = self._link_text(path, text)
        os.symlink(text, name, dir_fd=target)
        if (status.st_uid, status.st_gid) != self._owner:
            try:
                user = status.st_uid if self._is_root else -1
                os.chown(name, user, status.st_gid, dir_fd=target, follow_symlinks=False)
            except OSError:
                # Not permitted here: the link belongs to who makes it.
                pass
        if os.utime in os.supports_follow_symlinks:
            os.utime(name, ns=(status.st_atime_ns, status.st_mtime_ns), dir_fd=target, follow_symlinks=False)
        self._record(Entry("link", path, 0, 0, status.st_mtime_ns, text))
        self._state.add(path, status)

    def _file(self, name: str, path: str, source: int, target: int) -> None:
        inside = into = -1
        try:
            inside = self._open(name, path, OPEN_FILE, source)
            if inside < 0:
                return
            status = os.fstat(inside)
            mode, size = status.st_mode, status.st_size
            if not stat.S_ISREG(mode):
                raise SourceChangedError(path)
            if status.st_nlink > 1 and self._same(name, path, status, target):
                return
            into = os.open(name, _CREATE, 0o600, dir_fd=target)
            # A file with holes has fewer blocks than bytes; tiny ones may have none at all.
            if size > SMALL or (size > 4096 and status.st_blocks * 512 < size):
                digest = copy_content(inside, into, size)
            else:
                data = os.read(inside, size + 1)
                while len(data) < size and (more := os.read(inside, size + 1 - len(data))):
                    data += more
                if len(data) != size:
                    raise SourceChangedError(path)
                write_all(into, data)
                digest = digest_of(data)
            self._finish(inside, into, status)
        except OSError as error:
            error.filename = path
            raise
        finally:
            _close(inside, into)
        self._files += 1
        self._size += size
        self._record(Entry("file", path, stat.S_IMODE(mode), size, status.st_mtime_ns, digest))
        self._state.add(path, status)

    def _same(self, name: str, path: str, status: os.stat_result, target: int) -> bool:
        """Link to the copy of the same file, if it has been copied under another name."""
        key = (status.st_dev, status.st_ino)
        first = self._links.get(key)
        if first is not None:
            try:
                os.link(first, name, src_dir_fd=self._target, dst_dir_fd=target, follow_symlinks=False)
            except OSError:
                # No hard links here, or too many of them: then it is a copy of its own, and the next name's first.
                first = None
        if first is None:
            if len(self._links) < _REMEMBERED_LINKS:
                self._links[key] = path
            return False
        self._files += 1
        self._record(Entry("same", path, stat.S_IMODE(status.st_mode), status.st_size, status.st_mtime_ns, first))
        self._state.add(path, status)
        return True

    def _finish(self, source: int, target: int, status: os.stat_result) -> None:
        """Give a copy its owner, mode, extended attributes and times, in an order in which none undoes another."""
        if self._owner is None:
            # Who owns what we make: the same throughout a tree, also where directories pass on their group.
            made = os.fstat(target)
            self._owner = (made.st_uid, made.st_gid)
        mode = stat.S_IMODE(status.st_mode)
        if (status.st_uid, status.st_gid) != self._owner and not self._give(target, status):
            # Nobody gets the rights of an owner who did not give them.
            mode &= ~(stat.S_ISUID | (stat.S_ISGID if stat.S_ISREG(status.st_mode) else 0))
        if _HAS_ATTRIBUTES:
            _copy_attributes(source, target)
        os.fchmod(target, mode)
        os.utime(target, ns=(status.st_atime_ns, status.st_mtime_ns))

    def _give(self, target: int, status: os.stat_result) -> bool:
        """Give a copy its owner and group, as far as that is permitted; whether it has both."""
        try:
            os.fchown(target, status.st_uid if self._is_root else -1, status.st_gid)
        except OSError:
            # Not permitted here: the copy belongs to who makes it.
            return False
        return self._is_root or (self._owner is not None and status.st_uid == self._owner[0])

    def _open(self, name: str, path: str, flags: int, source: int) -> int:
        try:
            return os.open(name, flags, dir_fd=source)
        except OSError as error:
            self._unreadable(name, path, source, error)
            return -1

    def _unreadable(self, name: str, path: str, source: int, error: OSError) -> None:
        if error.errno in CHANGED:
            raise SourceChangedError(path) from error
        if error.errno not in FORBIDDEN:
            raise error
        self._problems.append(Problem(path, error.strerror or "it cannot be read"))
        self._state.add(path, status_of(name, source))


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
    status = status_of(name, directory)
    mode = 0 if status is None else status.st_mode
    return next((words for test, words in _SPECIAL if test(mode)), "no regular file")


def _close(*descriptors: int) -> None:
    for descriptor in descriptors:
        if descriptor >= 0:
            os.close(descriptor)
