"""A content is copied byte for byte by whatever ways the system has, and real errors are errors."""

from __future__ import annotations

import errno
import fcntl
import os
import random
import shutil
import subprocess
import sys
import threading
from typing import TYPE_CHECKING, Any

import pytest
from xxhash import xxh3_128

from xpm_config.jobs import content
from xpm_config.jobs.content import BLOCK, SMALL, copy_content, digest_file, digest_of, write_all
from xpm_config.jobs.tree import OPEN_DIRECTORY, TreeCopy

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

REFUSALS = [
    errno.EXDEV,
    errno.EPERM,
    errno.EACCES,
    errno.EINVAL,
    errno.ENOSYS,
    errno.EOPNOTSUPP,
    errno.ENOTTY,
    errno.EBADF,
    errno.ETXTBSY,
    # CIFS answers so.
    errno.ENOENT,
]
"""After these GNU cp tries another way."""
REAL = [errno.EIO, errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.ENOMEM, errno.ESTALE]
MISSING = {
    "nothing": (),
    "reflinks": ("ioctl",),
    "reflinks and copy_file_range": ("ioctl", "copy_file_range"),
    "reflinks and sendfile": ("ioctl", "sendfile"),
    "all but reading": ("ioctl", "copy_file_range", "sendfile"),
    "a way to find holes": ("ioctl", "SEEK_DATA", "SEEK_HOLE"),
    "all that only Linux has": ("fcntl", "copy_file_range", "sendfile", "preadv", "SEEK_DATA", "SEEK_HOLE"),
}


def switch_off(monkeypatch: pytest.MonkeyPatch, *names: str) -> None:
    """Let this be a system without these calls."""
    for name in names:
        if name == "fcntl":
            monkeypatch.setitem(sys.modules, "fcntl", None)
        elif name == "ioctl":
            monkeypatch.setattr(fcntl, "ioctl", failing(errno.EOPNOTSUPP))
        else:
            monkeypatch.delattr(os, name)


def failing(number: int) -> Callable[..., Any]:
    """A call that fails."""

    def fail(*_: object, **__: object) -> None:
        raise OSError(number, os.strerror(number))

    return fail


def sparse(size: int) -> bytes:
    """Contents with data and long runs of zeros, among them at the start and at the end."""
    dice = random.Random(size)
    data = bytearray(size)
    for start in range(128 << 10, size, 512 << 10):
        part = dice.randbytes(min(100 << 10, size - start))
        data[start : start + len(part)] = part
    return bytes(data[:-1]) + b"\0" if size else b""


def make(path: Path, data: bytes) -> Path:
    """A file in which runs of zeros are holes."""
    with path.open("wb") as file:
        for start in range(0, len(data), 4096):
            if (part := data[start : start + 4096]).strip(b"\0"):
                file.seek(start)
                file.write(part)
        file.truncate(len(data))
    return path


def copy(source: Path, target: Path) -> str:
    """Copy one file, and give its digest."""
    with source.open("rb") as one, target.open("xb") as other:
        return copy_content(one.fileno(), other.fileno(), source.stat().st_size)


SIZES = [0, 1, 4097, SMALL, SMALL + 1, 3 * SMALL + 17]


@pytest.mark.parametrize("missing", MISSING)
@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("kind", ["dense", "sparse"])
def test_every_way_alone_copies_all(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, missing: str, size: int, kind: str
) -> None:
    """Whatever a system lacks, the copy is the source, the digest right, and holes are holes if they can be found."""
    data = sparse(size) if kind == "sparse" else random.Random(size).randbytes(size)
    source = make(tmp_path / "source", data)
    switch_off(monkeypatch, *MISSING[missing])
    digest = copy(source, tmp_path / "target")
    assert (tmp_path / "target").read_bytes() == data
    assert digest == digest_of(data) == xxh3_128(data).hexdigest()
    if "SEEK_HOLE" not in MISSING[missing]:
        assert (tmp_path / "target").stat().st_blocks <= source.stat().st_blocks + 8


@pytest.mark.parametrize(
    ("missing", "used"),
    [((), ["copy_file_range"]), (("copy_file_range",), ["sendfile"]), (("copy_file_range", "sendfile"), ["pread"])],
)
def test_the_fastest_way_is_used(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, missing: tuple[str, ...], used: list[str]
) -> None:
    """Slower ways are not touched where a faster one works."""
    calls: set[str] = set()

    def counting(name: str) -> Callable[..., Any]:
        real = getattr(os, name)

        def call(*values: Any) -> Any:
            calls.add(name)
            return real(*values)

        return call

    switch_off(monkeypatch, "ioctl", *missing)
    for name in {"copy_file_range", "sendfile", "pread"} - set(missing):
        monkeypatch.setattr(os, name, counting(name))
    copy(make(tmp_path / "source", random.Random(1).randbytes(2 * SMALL)), tmp_path / "target")
    assert sorted(calls) == used


@pytest.mark.parametrize("number", REFUSALS)
@pytest.mark.parametrize("call", ["ioctl", "copy_file_range", "sendfile", "lseek"])
@pytest.mark.parametrize("after", [0, 2])
def test_a_refusal_leads_to_the_next_way(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, call: str, number: int, after: int
) -> None:
    """What GNU cp takes for a refusal is one, at the first call and later."""
    data = sparse(3 * SMALL)
    source = make(tmp_path / "source", data)
    if call != "ioctl":
        switch_off(monkeypatch, "ioctl")
    if call == "sendfile":
        switch_off(monkeypatch, "copy_file_range")
    calls = []
    module: Any = fcntl if call == "ioctl" else os
    real = getattr(module, call)

    def refuse(*values: Any) -> Any:
        # Setting an offset is never refused; looking for data may be.
        if call == "lseek" and values[2] == os.SEEK_SET:
            return real(*values)
        calls.append(1)
        if len(calls) > after:
            raise OSError(number, os.strerror(number))
        if call in ("copy_file_range", "sendfile"):
            values = (values[0], values[1], *_less(call, values))
        return real(*values)

    monkeypatch.setattr(module, call, refuse)
    assert copy(source, tmp_path / "target") == digest_of(data)
    assert (tmp_path / "target").read_bytes() == data
    assert calls


def _less(call: str, values: tuple[Any, ...]) -> tuple[Any, ...]:
    """The arguments after the descriptors, with a smaller count."""
    count, *offsets = values[2:] if call == "copy_file_range" else (values[3], values[2])
    count = min(count, 10_001)
    return (count, *offsets) if call == "copy_file_range" else (offsets[0], count)


@pytest.mark.parametrize("call", ["copy_file_range", "sendfile"])
@pytest.mark.parametrize("after", [0, 1, 3])
def test_nothing_copied_means_reading_instead(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, call: str, after: int
) -> None:
    """A system that answers 0 before the end, at once or midway, has not copied the rest."""
    data = random.Random(2).randbytes(3 * SMALL)
    switch_off(monkeypatch, "ioctl", *(("copy_file_range",) if call == "sendfile" else ()))
    real, calls = getattr(os, call), list[int]()

    def lazy(*values: Any) -> Any:
        calls.append(1)
        return 0 if len(calls) > after else real(values[0], values[1], *_less(call, values))

    monkeypatch.setattr(os, call, lazy)
    assert copy(make(tmp_path / "source", data), tmp_path / "target") == digest_of(data)
    assert (tmp_path / "target").read_bytes() == data


@pytest.mark.parametrize("number", REAL)
@pytest.mark.parametrize("call", ["copy_file_range", "sendfile", "pread", "write", "ftruncate", "preadv", "lseek"])
def test_a_real_error_is_raised(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, call: str, number: int) -> None:
    """A failing disk is not tried to be got round, whichever call tells of it."""
    before = {"sendfile": ("copy_file_range",), "pread": ("copy_file_range", "sendfile")}
    before["write"] = before["pread"]
    switch_off(monkeypatch, "ioctl", *before.get(call, ()))
    monkeypatch.setattr(os, call, failing(number))
    with pytest.raises(OSError, match=os.strerror(number)) as raised:
        copy(make(tmp_path / "source", random.Random(3).randbytes(2 * SMALL)), tmp_path / "target")
    assert raised.value.errno == number


def test_an_error_ends_the_digesting(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """When the copy has failed, the rest of a large file is not read for a digest that nobody wants."""
    source = make(tmp_path / "source", b"")
    os.truncate(source, 64 << 30)
    switch_off(monkeypatch, "ioctl", "SEEK_DATA")
    monkeypatch.setattr(os, "copy_file_range", failing(errno.ENOSPC))
    with pytest.raises(OSError, match=os.strerror(errno.ENOSPC)):
        # 64 GiB of zeros take at least ten seconds to read, and a long time to write.
        copy(source, tmp_path / "target")
    assert threading.active_count() == 1 or not any("digest" in thread.name for thread in threading.enumerate())


@pytest.mark.parametrize("missing", ["nothing", "reflinks and copy_file_range", "all but reading"])
def test_a_source_that_has_become_shorter_ends(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, missing: str) -> None:
    """Copying ends when the source does, with another digest than that of what was expected."""
    data = random.Random(4).randbytes(2 * SMALL)
    source = make(tmp_path / "source", data)
    switch_off(monkeypatch, *MISSING[missing])
    with source.open("rb") as one, (tmp_path / "target").open("xb") as other:
        digest = copy_content(one.fileno(), other.fileno(), 3 * SMALL)
    assert digest == digest_of(data)
    assert (tmp_path / "target").stat().st_size in (2 * SMALL, 3 * SMALL)


@pytest.mark.parametrize("size", [0, 1, BLOCK - 1, BLOCK, BLOCK + 1, 5 * BLOCK])
@pytest.mark.parametrize("missing", [(), ("preadv",)])
def test_the_digest_of_a_file_is_that_of_its_bytes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, size: int, missing: tuple[str, ...]
) -> None:
    """A file is digested in blocks, from its start wherever its offset is, which stays."""
    data = random.Random(size).randbytes(size)
    (tmp_path / "file").write_bytes(data)
    switch_off(monkeypatch, *missing)
    with (tmp_path / "file").open("rb", buffering=0) as file:
        file.seek(size // 2)
        assert digest_file(file.fileno()) == digest_of(data)
        assert file.tell() == size // 2


def test_short_reads_and_writes_go_on(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A system that takes and gives little at once still gets and gives all."""
    data = random.Random(5).randbytes(100_000)
    write, read = os.write, os.read
    monkeypatch.setattr(os, "write", lambda descriptor, part: write(descriptor, part[:7001]))
    with (tmp_path / "file").open("xb") as file:
        write_all(file.fileno(), data)
    assert (tmp_path / "file").read_bytes() == data
    monkeypatch.setattr(os, "read", lambda descriptor, count: read(descriptor, min(count, 7001)))
    (tmp_path / "source").mkdir()
    (tmp_path / "target").mkdir()
    (tmp_path / "file").rename(tmp_path / "source/file")
    source, target = (os.open(tmp_path / name, OPEN_DIRECTORY) for name in ("source", "target"))
    TreeCopy(source, target).run()
    os.close(source)
    os.close(target)
    assert (tmp_path / "target/file").read_bytes() == data


# -- file systems -------------------------------------------------------------------------------------


@pytest.fixture
def xfs(tmp_path: Path) -> Iterator[Path]:
    """A file system with reflinks."""
    if os.geteuid() != 0:
        pytest.skip("loop devices cannot be mounted")
    if shutil.which("mkfs.xfs") is None:
        pytest.skip("xfsprogs is not installed")
    image, place = tmp_path / "image", tmp_path / "xfs"
    image.touch()
    os.truncate(image, 400 << 20)
    place.mkdir()
    subprocess.run(["mkfs.xfs", "-q", "-m", "reflink=1", str(image)], check=True)
    mounted = subprocess.run(["mount", "-o", "loop", str(image), str(place)], capture_output=True, check=False)
    if mounted.returncode:
        pytest.skip("loop devices cannot be mounted")
    yield place
    subprocess.run(["umount", str(place)], check=True)


def test_a_reflink_takes_no_space(xfs: Path) -> None:
    """Where a file system shares blocks, copies of a large file cost none, and have its contents and digest."""
    data = random.Random(6).randbytes(64 << 20)
    (xfs / "source").write_bytes(data)
    os.sync()
    before = os.statvfs(xfs)
    for number in range(4):
        assert copy(xfs / "source", xfs / str(number)) == digest_of(data)
    os.sync()
    after = os.statvfs(xfs)
    assert (before.f_bfree - after.f_bfree) * before.f_frsize < 1 << 20
    assert (xfs / "3").read_bytes() == data
    # What is written to one of them stays in it.
    with (xfs / "0").open("r+b") as file:
        file.write(b"changed")
    assert (xfs / "1").read_bytes() == (xfs / "source").read_bytes() == data


def test_copies_across_file_systems_are_whole(xfs: Path, tmp_path: Path) -> None:
    """From one kind of file system to another the same contents and holes arrive."""
    data = sparse(3 * SMALL)
    source = make(tmp_path / "source", data)
    assert copy(source, xfs / "there") == digest_of(data)
    assert copy(xfs / "there", tmp_path / "back") == digest_of(data)
    assert (xfs / "there").read_bytes() == (tmp_path / "back").read_bytes() == data
    # XFS takes space in advance, so that small holes are none there.
    assert (tmp_path / "back").stat().st_blocks * 512 < len(data) // 2


def fill(place: Path) -> None:
    """Leave no free block."""
    with (place / "filler").open("wb") as file:
        while True:
            os.posix_fallocate(file.fileno(), file.seek(0, os.SEEK_END), 8 << 20)


def test_a_full_disk_is_an_error(xfs: Path) -> None:
    """A copy that does not fit is never taken for one."""
    (xfs / "source").write_bytes(random.Random(7).randbytes(64 << 20))
    with pytest.raises(OSError, match=os.strerror(errno.ENOSPC)):
        fill(xfs)
    with pytest.MonkeyPatch.context() as patched:
        # This call, too, shares blocks where it can.
        switch_off(patched, "ioctl", "copy_file_range")
        with pytest.raises(OSError, match=os.strerror(errno.ENOSPC)):
            copy(xfs / "source", xfs / "target")


def test_the_name_of_the_digest_is_that_of_what_is_computed() -> None:
    """Manifests name the digest; it must be the one."""
    assert content.DIGEST == "xxh3-128"
    assert digest_of(b"") == "99aa06d3014798d86001c324468d497f"
