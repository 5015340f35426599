"""Renaming never replaces, exchanging is one step, and a failed flush is not believed."""

from __future__ import annotations

import ctypes
import errno
import os
import shutil
import tempfile
import threading
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from xpm_config.jobs import system
from xpm_config.jobs.system import exchange, flush, rename_new

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator


class Calls:
    """A C library in which some calls are missing, or answer with an error."""

    def __init__(self, answers: dict[str, int | None]) -> None:
        self._real = ctypes.CDLL(None, use_errno=True)
        self._answers = answers

    def __getattr__(self, name: str) -> Any:
        if name not in self._answers:
            return getattr(self._real, name)
        number = self._answers[name]
        if number is None:
            raise AttributeError(name)

        def fail(*_: object) -> int:
            ctypes.set_errno(number)
            return -1

        return fail


@pytest.fixture(params=["disk", "tmpfs"])
def directory(request: pytest.FixtureRequest) -> Iterator[Path]:
    """A directory on each kind of file system."""
    where = "/dev/shm" if request.param == "tmpfs" else None
    if where and not os.access(where, os.W_OK):
        pytest.skip("there is no tmpfs at /dev/shm")
    path = Path(tempfile.mkdtemp(dir=where))
    yield path
    shutil.rmtree(path)


@pytest.fixture
def descriptor(directory: Path) -> Iterator[int]:
    """The directory, open."""
    number = os.open(directory, os.O_RDONLY | os.O_DIRECTORY)
    yield number
    os.close(number)


UNKNOWN = [None, errno.ENOSYS, errno.EINVAL, errno.EOPNOTSUPP, errno.EPERM]
"""How a system says that it has no such call."""


@pytest.fixture(params=["with the call", *UNKNOWN])
def perhaps_without(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """A system with `renameat2`, and systems without it."""
    if request.param != "with the call":
        monkeypatch.setattr(system, "_libc", lambda: Calls({"renameat2": request.param}))


def make_link(path: Path) -> None:
    """A link that leads nowhere."""
    path.symlink_to("nowhere")


def make_full(path: Path) -> None:
    """A directory with something in it."""
    path.mkdir()
    (path / "file").touch()


TAKERS: list[Callable[[Path], object]] = [Path.mkdir, make_full, Path.touch, make_link, os.mkfifo]


@pytest.mark.usefixtures("perhaps_without")
@pytest.mark.parametrize("name", ["new", "n\new", "n" * 255, "\udcff"])
def test_a_free_name_is_taken(directory: Path, descriptor: int, name: str) -> None:
    """Renaming to a free name works whatever bytes it has."""
    make_full(directory / "old")
    rename_new("old", name, descriptor)
    assert os.listdir(directory) == [name]
    assert os.listdir(directory / name) == ["file"]


@pytest.mark.usefixtures("perhaps_without")
@pytest.mark.parametrize("take", TAKERS)
def test_a_taken_name_is_never_replaced(directory: Path, descriptor: int, take: Callable[[Path], object]) -> None:
    """Whatever has the name keeps it: a directory, an empty one, a file, a dangling link, a FIFO."""
    make_full(directory / "old")
    take(directory / "new")
    before = (directory / "new").lstat()
    with pytest.raises(FileExistsError) as raised:
        rename_new("old", "new", descriptor)
    assert raised.value.filename == "new"
    assert sorted(os.listdir(directory)) == ["new", "old"]
    assert (directory / "new").lstat() == before


@pytest.mark.usefixtures("perhaps_without")
def test_what_is_not_there_is_not_renamed(descriptor: int) -> None:
    """The error says what is missing."""
    with pytest.raises(FileNotFoundError):
        rename_new("old", "new", descriptor)


def test_of_many_who_rename_to_one_name_one_succeeds(directory: Path, descriptor: int) -> None:
    """Two never believe that they have published the same name."""
    for round_ in range(30):
        for number in range(4):
            make_full(directory / f"{round_}.{number}")
        start = threading.Barrier(4)
        won: list[int] = []

        def rename(number: int, start: threading.Barrier = start, won: list[int] = won, at: int = round_) -> None:
            start.wait()
            try:
                rename_new(f"{at}.{number}", f"new{at}", descriptor)
            except FileExistsError:
                return
            won.append(number)

        threads = [threading.Thread(target=rename, args=(number,)) for number in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert len(won) == 1
        assert not (directory / f"{round_}.{won[0]}").exists()


@pytest.mark.parametrize("take", [make_full, Path.touch, make_link, os.mkfifo])
def test_without_the_call_nothing_is_lost_in_a_race(
    directory: Path, descriptor: int, monkeypatch: pytest.MonkeyPatch, take: Callable[[Path], object]
) -> None:
    """When somebody takes the name between look and rename, the rename itself refuses all but an empty directory."""
    monkeypatch.setattr(system, "_libc", lambda: Calls({"renameat2": None}))
    monkeypatch.setattr(system, "_is_there", lambda *_: False)
    make_full(directory / "old")
    take(directory / "new")
    with pytest.raises(FileExistsError):
        rename_new("old", "new", descriptor)
    assert sorted(os.listdir(directory)) == ["new", "old"]


@pytest.mark.parametrize("take", TAKERS)
def test_two_names_change_places(directory: Path, descriptor: int, take: Callable[[Path], object]) -> None:
    """A directory and whatever is under the other name are exchanged."""
    make_full(directory / "one")
    take(directory / "other")
    inodes = [(directory / name).lstat().st_ino for name in ("one", "other")]
    assert exchange("one", "other", descriptor)
    assert [(directory / name).lstat().st_ino for name in ("other", "one")] == inodes


@pytest.mark.parametrize("number", UNKNOWN)
def test_without_an_exchange_nothing_is_done(
    directory: Path, descriptor: int, monkeypatch: pytest.MonkeyPatch, number: int | None
) -> None:
    """A system that cannot exchange says so, and both names stay as they are."""
    monkeypatch.setattr(system, "_libc", lambda: Calls({"renameat2": number}))
    make_full(directory / "one")
    make_link(directory / "other")
    assert not exchange("one", "other", descriptor)
    assert (directory / "one").is_dir()
    assert (directory / "other").is_symlink()


def test_exchanging_with_nothing_is_an_error(directory: Path, descriptor: int) -> None:
    """Both names must be there."""
    make_full(directory / "one")
    with pytest.raises(FileNotFoundError):
        exchange("one", "other", descriptor)
    assert os.listdir(directory) == ["one"]


@pytest.mark.parametrize("number", [errno.EIO, errno.EROFS, errno.ENOSPC, errno.EACCES])
def test_real_errors_of_renaming_are_raised(
    directory: Path, descriptor: int, monkeypatch: pytest.MonkeyPatch, number: int
) -> None:
    """A failing disk is not mistaken for a system without the call."""
    monkeypatch.setattr(system, "_libc", lambda: Calls({"renameat2": number}))
    make_full(directory / "one")
    with pytest.raises(OSError, match=os.strerror(number)) as raised:
        rename_new("one", "two", descriptor)
    assert raised.value.errno == number
    make_full(directory / "other")
    with pytest.raises(OSError, match=os.strerror(number)):
        exchange("one", "other", descriptor)


def test_flushing_works(descriptor: int) -> None:
    """An open directory's file system can be flushed."""
    flush(descriptor)


@pytest.mark.parametrize("number", [errno.EIO, errno.ENOSPC, errno.EDQUOT, errno.ENOSYS])
def test_a_failed_flush_is_raised(descriptor: int, monkeypatch: pytest.MonkeyPatch, number: int) -> None:
    """The error of the first flush is raised, and no second one is tried, which would hide it."""
    calls: list[int] = []
    real = Calls({"syncfs": number})

    class Counting:
        def __getattr__(self, name: str) -> Any:
            calls.append(1)
            return getattr(real, name)

    monkeypatch.setattr(system, "_libc", Counting)
    monkeypatch.setattr(os, "sync", lambda: calls.append(2))
    with pytest.raises(OSError, match=os.strerror(number)) as raised:
        flush(descriptor)
    assert raised.value.errno == number
    assert calls == [1]


def test_a_closed_descriptor_is_an_error() -> None:
    """What is not open cannot have been flushed."""
    with pytest.raises(OSError, match=os.strerror(errno.EBADF)):
        flush(-1)


def test_without_the_call_everything_is_flushed(descriptor: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """A system that cannot flush one file system flushes all."""
    flushed: list[int] = []
    monkeypatch.setattr(system, "_libc", lambda: Calls({"syncfs": None}))
    monkeypatch.setattr(os, "sync", lambda: flushed.append(1))
    flush(descriptor)
    assert flushed == [1]
