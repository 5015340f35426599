"""Reading files, and replacing them so that at every instant the old or the new one is whole."""

from __future__ import annotations

import errno
import os
import stat
from contextlib import contextmanager
from typing import TYPE_CHECKING

from xpm_config.errors import FileUnreadableError, XpmConfigError

if TYPE_CHECKING:
    from collections.abc import Iterator

MAX_READ = 64 << 20
"""No more than this is ever read of a file (bytes)."""

_REASONS = {
    errno.ENOENT: ("there is no such file", "check the name"),
    errno.ENOTDIR: ("there is no such file: a part of its path is no directory", "check the name"),
    errno.EACCES: ("you have no permission to read it", "check its permissions with `ls -l`"),
    errno.EPERM: ("you have no permission to read it", "check its permissions with `ls -l`"),
    errno.ELOOP: ("its symbolic links go round in circles", "check them with `ls -l`"),
    errno.ENAMETOOLONG: ("the name is too long", "check the name"),
}


class FileUnwritableError(XpmConfigError):
    """A file could not be replaced; it is as it was. `path` is the name as given."""

    def __init__(self, path: str, message: str, hint: str | None = None) -> None:
        super().__init__(f"{path}: {message}", hint)
        self.path = path


def read(path: str, *, usual: str = "settings.yaml") -> bytes:
    """The bytes of a regular file; raises FileUnreadableError for everything else, and never waits.

    `usual` is what such a file is called, for the user who names its directory.
    """
    try:
        # Without O_NONBLOCK, opening a FIFO would wait for a writer.
        descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
    except OSError as error:
        raise unreadable(path, error) from None
    except ValueError:
        raise FileUnreadableError(path, "this cannot be a file name", "check the name") from None
    try:
        mode = os.fstat(descriptor).st_mode
        if stat.S_ISDIR(mode):
            example = os.path.join(path, usual)
            raise FileUnreadableError(path, "this is a directory", f"name the file in it, as in {example}")
        if not stat.S_ISREG(mode):
            advice = "name a regular file; `validate` and `migrate` use `-` to read from a pipe"
            raise FileUnreadableError(path, "this is no regular file", advice)
        with os.fdopen(descriptor, "rb", closefd=False) as file:
            return file.read(MAX_READ)
    except OSError as error:
        raise unreadable(path, error) from None
    finally:
        os.close(descriptor)


def unreadable(path: str, error: OSError) -> FileUnreadableError:
    """The error of a call of the system, in words, with the next step where there is one."""
    message, hint = _REASONS.get(error.errno or 0, (error.strerror or "it cannot be read", None))
    return FileUnreadableError(path, message, hint)


def replace(path: str, old: bytes, new: bytes) -> None:
    """Replace the content `old` of a file by `new`, atomically and durably.

    A symbolic link stays, and the file behind it is replaced. Mode, extended attributes and, where
    permitted, the owner are kept. Raises FileUnwritableError, the file being as it was, also when it no
    longer holds `old`.
    """
    real = os.path.realpath(path)
    with _staged(real, path) as temporary:
        before = os.stat(real)
        _write(temporary, new, real, before)
        if read(real) != old:
            raise FileUnwritableError(path, "it was changed meanwhile", "run the command again")
        os.rename(temporary, real)
    _flush_directory(os.path.dirname(real))


def create(path: str, data: bytes, mode: int = 0o666) -> None:
    """Write a new file, whole or not at all, and durably; raises FileUnwritableError where there is one already.

    `mode` holds its permissions, of which the umask takes some.
    """
    with _staged(path, path) as temporary:
        descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, mode)
        with os.fdopen(descriptor, "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        # Unlike a rename, a link replaces nothing that came meanwhile; not every file system has links.
        try:
            os.link(temporary, path)
        except FileExistsError:
            raise FileUnwritableError(path, "there is such a file now", "run the command again") from None
        except OSError:
            _claim(path)
            os.rename(temporary, path)
        else:
            os.unlink(temporary)
    _flush_directory(os.path.dirname(path))


def _claim(path: str) -> None:
    """Take a name that is free with an empty file, for a rename to replace."""
    try:
        os.close(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600))
    except FileExistsError:
        raise FileUnwritableError(path, "there is such a file now", "run the command again") from None


def remove(path: str, old: bytes) -> None:
    """Remove a file that holds `old`, durably; raises FileUnwritableError, also when it holds something else."""
    if read(path) != old:
        raise FileUnwritableError(path, "it was changed meanwhile", "run the command again")
    try:
        os.unlink(path)
    except OSError as error:
        raise FileUnwritableError(path, f"it cannot be removed: {error.strerror}", _advice(error)) from None
    _flush_directory(os.path.dirname(path))


def keep_copy(path: str, backup: str, data: bytes) -> None:
    """Write `data`, the content of `path`, to a backup file with the same mode; an older backup is replaced."""
    with _staged(backup, backup) as temporary:
        _write(temporary, data, path, os.stat(path))
        os.rename(temporary, backup)
    _flush_directory(os.path.dirname(backup))


@contextmanager
def _staged(target: str, shown: str) -> Iterator[str]:
    """A new name beside the target to write to; whatever fails, nothing stays there, and the error names `shown`.

    The name is random: what a killed process left, in a container even of our own number, is in no way.
    """
    temporary = f"{target}.{os.urandom(4).hex()}.tmp"
    try:
        yield temporary
    except FileUnreadableError as error:
        _discard(temporary)
        raise FileUnwritableError(shown, error.message, "run the command again") from None
    except OSError as error:
        _discard(temporary)
        raise FileUnwritableError(shown, f"it cannot be written: {error.strerror}", _advice(error)) from None
    except BaseException:
        _discard(temporary)
        raise


def _advice(error: OSError) -> str:
    if error.errno in (errno.ENOSPC, errno.EDQUOT):
        return "free some space, and run the command again"
    if error.errno in (errno.ENOENT, errno.ENOTDIR):
        return "its directory is not there: check the name, or make the directory"
    return "check the permissions of the file and of its directory"


def _write(temporary: str, data: bytes, model: str, before: os.stat_result) -> None:
    # 0600 until the mode of the original is known to fit: the file may hold a token.
    descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
    with os.fdopen(descriptor, "wb") as file:
        file.write(data)
        file.flush()
        if (before.st_uid, before.st_gid) != (os.geteuid(), os.getegid()):
            try:
                os.fchown(file.fileno(), before.st_uid, before.st_gid)
            except PermissionError:
                pass
        os.fchmod(file.fileno(), stat.S_IMODE(before.st_mode))
        _copy_attributes(model, file.fileno())
        os.fsync(file.fileno())


def _copy_attributes(model: str, descriptor: int) -> None:
    if not hasattr(os, "listxattr"):
        return
    try:
        names = os.listxattr(model)
    except OSError:
        return
    for name in names:
        try:
            os.setxattr(descriptor, name, os.getxattr(model, name))
        except OSError:
            # Attributes of the system, such as security labels, are not ours to set.
            continue


def _discard(temporary: str) -> None:
    try:
        os.unlink(temporary)
    except OSError:
        pass


def _flush_directory(directory: str) -> None:
    try:
        descriptor = os.open(directory or ".", os.O_RDONLY | os.O_DIRECTORY)
    except OSError:
        return
    try:
        os.fsync(descriptor)
    except OSError:
        # Some file systems cannot flush a directory; the file itself is flushed.
        pass
    finally:
        os.close(descriptor)
