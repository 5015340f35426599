"""The content of one file: copied by the fastest way that the system has, and digested.

The ways and their fall-backs are those of GNU cp: a reflink, `copy_file_range`, `sendfile`, and reading and
writing; holes stay holes. None of them needs to be there.
"""

from __future__ import annotations

import errno
import os
import threading
from typing import TYPE_CHECKING

from xxhash import xxh3_128, xxh3_128_hexdigest

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

DIGEST = "xxh3-128"
"""The name of the digest, as manifests have it."""
SMALL = 1 << 20
"""Files up to this size (bytes) are copied by one read and one write."""
BLOCK = 1 << 18
"""So much (bytes) is read at once: it stays in a processor's cache until it is digested or written."""
_STEP = 1 << 26
"""The system is asked to copy so much (bytes) at once, so that an interrupt is soon noticed."""
_FICLONE = 0x40049409
# Another way may work where one answers with these; what else goes wrong is an error.
_TRY_ANOTHER = frozenset(
    (errno.EXDEV, errno.ENOSYS, errno.EOPNOTSUPP, errno.EINVAL, errno.EPERM, errno.ENOTTY, errno.EBADF, errno.ENOENT,
     errno.EACCES, errno.ETXTBSY, errno.ENOTSUP, errno.ENOTSOCK)
)  # fmt: skip


def digest_of(data: bytes) -> str:
    """The digest of a content that is in memory."""
    return xxh3_128_hexdigest(data)


def digest_file(descriptor: int, stop: threading.Event | None = None) -> str:
    """The digest of a whole open file, or, once it shall stop, of some of it; the file's offset stays."""
    digest = xxh3_128()
    view = memoryview(bytearray(BLOCK))
    offset = 0
    while (stop is None or not stop.is_set()) and (read := _read_into(view, descriptor, offset)):
        digest.update(view[:read])
        offset += read
    return digest.hexdigest()


def _read_into(view: memoryview, descriptor: int, offset: int) -> int:
    if hasattr(os, "preadv"):
        return os.preadv(descriptor, (view,), offset)
    data = os.pread(descriptor, len(view), offset)
    view[: len(data)] = data
    return len(data)


def write_all(descriptor: int, data: bytes) -> None:
    """Write all of the data, in as many pieces as the system takes."""
    written = os.write(descriptor, data)
    while written < len(data):
        written += os.write(descriptor, data[written:])


def copy_content(source: int, target: int, size: int) -> str:
    """Copy an open file of `size` bytes into an empty one, and give the digest of the source.

    The source is read a second time for the digest, beside the copying where that is worth a thread.
    """
    if size <= SMALL:
        _copy(source, target, size)
        return digest_file(source)
    found: list[str | OSError] = []
    stop = threading.Event()

    def digest() -> None:
        try:
            found.append(digest_file(source, stop))
        except OSError as error:
            found.append(error)

    beside = threading.Thread(target=digest)
    beside.start()
    try:
        _copy(source, target, size)
    except BaseException:
        stop.set()
        raise
    finally:
        beside.join()
    if isinstance(found[0], OSError):
        raise found[0]
    return found[0]


def _copy(source: int, target: int, size: int) -> None:
    if not _reflink(source, target):
        for start, end in _data(source, size):
            _copy_range(source, target, start, end)
        os.ftruncate(target, size)


def _reflink(source: int, target: int) -> bool:
    """Let the copy share the blocks of the source; False where the file system does not."""
    try:
        import fcntl

        fcntl.ioctl(target, _FICLONE, source)
    except (ImportError, OSError):
        # Whatever the reason, copying will find out whether it is a real one.
        return False
    return True


def _data(source: int, size: int) -> Iterator[tuple[int, int]]:
    """The parts of a file that are no holes; the whole file where the system cannot tell."""
    start = 0
    while start < size:
        try:
            start = os.lseek(source, start, os.SEEK_DATA)
            end = os.lseek(source, start, os.SEEK_HOLE)
        except AttributeError:
            end = size
        except OSError as error:
            if error.errno == errno.ENXIO:
                return
            if error.errno not in _TRY_ANOTHER:
                raise
            end = size
        yield start, min(end, size)
        start = end


def _copy_range(source: int, target: int, start: int, end: int) -> None:
    for way in (_by_range, _by_sendfile, _by_reading):
        start = way(source, target, start, end)
        if start >= end:
            return


def _by_range(source: int, target: int, start: int, end: int) -> int:
    if not hasattr(os, "copy_file_range"):
        return start
    return _until_refused(lambda at: os.copy_file_range(source, target, min(_STEP, end - at), at, at), start, end)


def _by_sendfile(source: int, target: int, start: int, end: int) -> int:
    if not hasattr(os, "sendfile"):
        return start
    os.lseek(target, start, os.SEEK_SET)
    return _until_refused(lambda at: os.sendfile(target, source, at, min(_STEP, end - at)), start, end)


def _until_refused(copy: Callable[[int], int], at: int, end: int) -> int:
    """Copy on until the end, or until this way answers that it cannot; where it got to."""
    while at < end:
        try:
            copied = copy(at)
        except OSError as error:
            if error.errno in _TRY_ANOTHER:
                return at
            raise
        # Some file systems answer 0 for what they cannot copy so.
        if copied == 0:
            return at
        at += copied
    return at


def _by_reading(source: int, target: int, start: int, end: int) -> int:
    while start < end:
        data = os.pread(source, min(BLOCK, end - start), start)
        if not data:
            # The file has become shorter: the comparison with what it was will tell.
            return end
        os.lseek(target, start, os.SEEK_SET)
        write_all(target, data)
        start += len(data)
    return end
