"""Files: reading never waits, replacing never loses."""

from __future__ import annotations

import errno
import os
from typing import TYPE_CHECKING

import pytest

from xpm_config import files
from xpm_config.errors import FileUnreadableError

if TYPE_CHECKING:
    from pathlib import Path


def test_replace_changes_the_content_only(tmp_path: Path) -> None:
    """Mode and extended attributes stay, and nothing else is left in the directory."""
    path = tmp_path / "a.yaml"
    path.write_bytes(b"old")
    path.chmod(0o604)
    try:
        os.setxattr(path, "user.note", b"mine")
    except OSError:
        has_attributes = False
    else:
        has_attributes = True
    files.replace(str(path), b"old", b"new")
    assert path.read_bytes() == b"new"
    assert path.stat().st_mode & 0o777 == 0o604
    if has_attributes:
        assert os.getxattr(path, "user.note") == b"mine"
    assert list(tmp_path.iterdir()) == [path]


def test_replace_goes_through_links(tmp_path: Path) -> None:
    """Of a chain of symbolic links, each stays, and the file at its end is replaced."""
    (tmp_path / "dotfiles").mkdir()
    real = tmp_path / "dotfiles/settings.yaml"
    real.write_bytes(b"old")
    (tmp_path / "one").symlink_to("dotfiles/settings.yaml")
    (tmp_path / "two").symlink_to("one")
    files.replace(str(tmp_path / "two"), b"old", b"new")
    assert real.read_bytes() == b"new"
    assert (tmp_path / "two").is_symlink()
    assert (tmp_path / "one").is_symlink()


def test_replace_refuses_a_file_that_changed(tmp_path: Path) -> None:
    """What somebody else wrote meanwhile is never overwritten."""
    path = tmp_path / "a.yaml"
    path.write_bytes(b"theirs")
    with pytest.raises(files.FileUnwritableError, match="changed meanwhile"):
        files.replace(str(path), b"old", b"new")
    assert path.read_bytes() == b"theirs"
    assert list(tmp_path.iterdir()) == [path]


@pytest.mark.parametrize("call", ["fsync", "rename", "fchmod"])
@pytest.mark.parametrize("code", [errno.ENOSPC, errno.EIO, errno.EROFS])
def test_failed_replace_leaves_the_original(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, call: str, code: int
) -> None:
    """Whatever call fails, the original is intact and no temporary file is left."""
    path = tmp_path / "a.yaml"
    path.write_bytes(b"old")

    def fail(*_: object) -> None:
        raise OSError(code, os.strerror(code))

    monkeypatch.setattr(os, call, fail)
    with pytest.raises(files.FileUnwritableError, match="cannot be written") as caught:
        files.replace(str(path), b"old", b"new")
    assert caught.value.hint
    assert path.read_bytes() == b"old"
    assert list(tmp_path.iterdir()) == [path]


def test_vanished_file(tmp_path: Path) -> None:
    """A file that has gone is not written anew."""
    with pytest.raises(files.FileUnwritableError):
        files.replace(str(tmp_path / "a.yaml"), b"old", b"new")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("name", ["", "a\0b", "x" * 5000, "missing/a.yaml", "file/a.yaml", "loop"])
def test_impossible_names_are_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    """Names that cannot be opened give an error with a reason, never another exception."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "file").touch()
    (tmp_path / "loop").symlink_to("loop")
    with pytest.raises(FileUnreadableError) as caught:
        files.read(name)
    assert caught.value.message


def test_devices_are_refused() -> None:
    """A device is no settings file, however long it could be read."""
    with pytest.raises(FileUnreadableError, match="no regular file"):
        files.read("/dev/zero")


def test_a_directory_is_refused(tmp_path: Path) -> None:
    """The hint has the usual name of such a file, and no slash twice."""
    with pytest.raises(FileUnreadableError) as caught:
        files.read(f"{tmp_path}/")
    assert caught.value.hint == f"name the file in it, as in {tmp_path}/settings.yaml"


def test_a_pipe_is_refused(tmp_path: Path) -> None:
    """The hint names the commands that read from a pipe: for others `-` is a name like any other."""
    os.mkfifo(tmp_path / "pipe")
    with pytest.raises(FileUnreadableError) as caught:
        files.read(str(tmp_path / "pipe"))
    assert caught.value.hint == "name a regular file; `validate` and `migrate` use `-` to read from a pipe"


def test_create_and_remove(tmp_path: Path) -> None:
    """A new file is written whole, never over another one; it is removed only while it holds what is expected."""
    path = tmp_path / "a.json"
    files.create(str(path), b"new")
    assert path.read_bytes() == b"new"
    with pytest.raises(files.FileUnwritableError, match="there is such a file now"):
        files.create(str(path), b"newer")
    assert path.read_bytes() == b"new"
    with pytest.raises(files.FileUnwritableError, match="changed meanwhile"):
        files.remove(str(path), b"old")
    files.remove(str(path), b"new")
    assert list(tmp_path.iterdir()) == []


def test_create_without_hard_links(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A file system that has no hard links gets the file all the same."""

    def link(source: str, target: str) -> None:
        raise PermissionError(errno.EPERM, "Operation not permitted")

    monkeypatch.setattr(os, "link", link)
    files.create(str(tmp_path / "a.json"), b"new")
    assert [path.name for path in tmp_path.iterdir()] == ["a.json"]
    assert (tmp_path / "a.json").read_bytes() == b"new"


def test_create_in_no_folder(tmp_path: Path) -> None:
    """Where the folder is missing, the error names the file."""
    path = str(tmp_path / "missing/a.json")
    with pytest.raises(files.FileUnwritableError, match="No such file or directory") as caught:
        files.create(path, b"new")
    assert caught.value.path == path
