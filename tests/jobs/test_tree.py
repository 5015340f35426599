"""A copied tree is the tree: nothing is lost, nothing is followed, and what cannot be copied is named."""

from __future__ import annotations

import contextlib
import errno
import os
import resource
import socket
import stat
import tempfile
import threading
import time
import tracemalloc
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from xpm_config.jobs import tree
from xpm_config.jobs.content import SMALL, digest_of
from xpm_config.jobs.looking import look
from xpm_config.jobs.removal import remove_tree
from xpm_config.jobs.tree import Copied, Entry, SourceChangedError, TreeCopy, open_below

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

IS_ROOT = os.geteuid() == 0
NOBODY = 65534
only_root = pytest.mark.skipif(not IS_ROOT, reason="only root gives files away and makes devices")


@pytest.fixture(params=["disk", "tmpfs"])
def place(request: pytest.FixtureRequest) -> Iterator[Path]:
    """A directory on each kind of file system that everybody can reach, with the umask of a careful user."""
    where = "/dev/shm" if request.param == "tmpfs" else None
    if where and not os.access(where, os.W_OK):
        pytest.skip("there is no tmpfs at /dev/shm")
    path = Path(tempfile.mkdtemp(dir=where))
    path.chmod(0o777)
    before = os.umask(0o077)
    yield path
    os.umask(before)
    with opened(path.parent) as parent:
        remove_tree(parent, path.name)


@contextlib.contextmanager
def opened(path: Path) -> Iterator[int]:
    """A descriptor of a directory."""
    descriptor = os.open(path, tree.OPEN_DIRECTORY)
    try:
        yield descriptor
    finally:
        os.close(descriptor)


@contextlib.contextmanager
def unprivileged() -> Iterator[None]:
    """Be a user who is not root, and in no group of root."""
    if not IS_ROOT:
        yield
        return
    groups = os.getgroups()
    os.setgroups([])
    os.setegid(NOBODY)
    os.seteuid(NOBODY)
    try:
        yield
    finally:
        os.seteuid(0)
        os.setegid(0)
        os.setgroups(groups)


def copy(source: Path, target: Path, excludes: tree.Excludes = tree.keep_all) -> tuple[Copied, list[Entry]]:
    """Copy a tree into a new directory."""
    target.mkdir()
    entries: list[Entry] = []
    with opened(source) as one, opened(target) as other:
        return TreeCopy(one, other, excludes, entries.append).run(), entries


def state(source: Path, excludes: tree.Excludes = tree.keep_all) -> bytes:
    """The state of a tree."""
    with opened(source) as descriptor:
        return look(descriptor, excludes)


def description(root: Path) -> dict[bytes, tuple[Any, ...]]:
    """All that a file system keeps of a tree, by path; which names are one file stands as the first of them."""
    found: dict[bytes, tuple[Any, ...]] = {}
    names: dict[int, bytes] = {}
    top = os.fsencode(root)
    for directory, directories, files in os.walk(top):
        directories.sort()
        for path in [directory] * (directory == top) + [
            os.path.join(directory, name) for name in sorted(directories + files)
        ]:
            status = os.lstat(path)
            below = os.path.relpath(path, top)
            content: object = None
            if stat.S_ISLNK(status.st_mode):
                content = os.readlink(path)
            elif stat.S_ISREG(status.st_mode):
                content = (status.st_size, Path(os.fsdecode(path)).read_bytes())
            attributes = {
                name: os.getxattr(path, name, follow_symlinks=False)
                for name in os.listxattr(path, follow_symlinks=False)
            }
            found[below] = (
                status.st_mode,
                status.st_uid,
                status.st_gid,
                status.st_mtime_ns,
                content,
                attributes,
                None if stat.S_ISDIR(status.st_mode) else names.setdefault(status.st_ino, below),
            )
    return found


def plant(root: Path) -> None:
    """Make a tree with one of everything."""
    (root / "deep/er").mkdir(parents=True)
    (root / "empty directory").mkdir()
    (root / "group").mkdir()
    (root / "mine").mkdir()
    (root / "read-only").mkdir()
    for name in ("plain", "deep/file", "deep/er/file", "group/file", "mine/file", "read-only/file", "deep/.hidden"):
        (root / name).write_text(f"content of {name}\n" * 10)
    (root / "empty").touch()
    (root / "large").write_bytes(os.urandom(3 * SMALL + 17))
    (root / "new\nline").write_text("new\nline")
    Path(os.fsdecode(os.fsencode(root) + b"/\xff\xfe not UTF-8")).write_text("bytes")
    (root / ("long" * 64)[:255]).write_text("255 bytes")
    (root / "é" / "ü").mkdir(parents=True)
    (root / "hole in front").write_bytes(b"")
    with (root / "hole in front").open("r+b") as file:
        file.seek(256 * 1024)
        file.write(b"end")
    with (root / "hole at the end").open("wb") as file:
        file.write(b"begin" * 5000)
        file.truncate(3 * SMALL)
    with (root / "all hole").open("wb") as file:
        file.truncate(SMALL // 2)
    for name, text in {
        "dangling": "nowhere",
        "absolute": "/etc/hostname",
        "to a directory": "deep",
        "to itself": "to itself",
        "upwards": "../../..",
        "deep/link": "../plain",
    }.items():
        (root / name).symlink_to(text)
    (root / "deep/other name").hardlink_to(root / "plain")
    (root / "plain too").hardlink_to(root / "plain")
    (root / "large too").hardlink_to(root / "large")
    for name, value in {"plain": b"one", "deep": b"two\0\xff", "large": b""}.items():
        os.setxattr(root / name, "user.note", value)
    if IS_ROOT:
        os.chown(root / "deep/file", 1234, 5678)
        os.chown(root / "deep/er", 1234, 5678)
        os.chown(root / "dangling", 1234, 5678, follow_symlinks=False)
    for name, mode in {
        "plain": 0o4755,
        "deep/file": 0o6711,
        "deep/er/file": 0o400,
        "empty": 0o000 if IS_ROOT else 0o400,
        "group": 0o2775,
        "mine": 0o2700,
        "empty directory": 0o1777,
        "read-only": 0o555,
    }.items():
        (root / name).chmod(mode)
    root.chmod(0o2750)
    times = iter(range(-5, 1000))
    for directory, directories, files in os.walk(root, topdown=False):
        for name in [*files, *directories]:
            seconds = next(times) * 12_345_678
            stamp = (seconds * 10**9 + 987_654_321, seconds * 10**9 + 123_456_789)
            os.utime(os.path.join(directory, name), ns=stamp, follow_symlinks=False)
    os.utime(root, ns=(1, 1_600_000_000_000_000_001))


def test_everything_is_kept(place: Path) -> None:
    """Modes, owners, times, attributes, links, holes and contents of a copy are those of the source."""
    source, target = place / "source", place / "target"
    source.mkdir()
    plant(source)
    before = description(source)
    copied, _ = copy(source, target)
    assert copied.problems == ()
    assert description(target) == before
    assert description(source) == before
    assert copied.state == state(source)


def test_owners_of_directories_that_pass_on_their_group_are_kept(place: Path) -> None:
    """Where the copy is made in a directory that passes on its group, files have the group of the source."""
    source = place / "source"
    source.mkdir()
    plant(source)
    shared = place / "shared"
    shared.mkdir()
    if IS_ROOT:
        os.chown(shared, 0, 4321)
    shared.chmod(0o2777)
    copy(source, shared / "target")
    assert description(shared / "target") == description(source)


def test_access_times_are_those_before_the_copying(place: Path) -> None:
    """The source's access times stand in the copy, too."""
    source = place / "source"
    (source / "deep").mkdir(parents=True)
    (source / "deep/file").write_text("text")
    (source / "link").symlink_to("deep")
    for name in ("deep/file", "deep", "link"):
        os.utime(source / name, ns=(1_500_000_000_000_000_001, 1_400_000_000_000_000_001), follow_symlinks=False)
    copy(source, place / "target")
    # Listing or reading the copy would change them.
    assert {(place / "target" / name).lstat().st_atime_ns for name in ("deep/file", "deep")} == {
        1_500_000_000_000_000_001
    }


def test_every_entry_is_recorded(place: Path) -> None:
    """Each thing has an entry, a directory before what is in it, with what is needed to check the copy."""
    source = place / "source"
    source.mkdir()
    plant(source)
    copied, entries = copy(source, place / "target")
    of = {entry.path: entry for entry in entries}
    assert len(of) == len(entries) == len(description(source)) - 1
    seen = {""}
    for entry in entries:
        assert entry.path.rpartition("/")[0] in seen
        if entry.kind == "directory":
            seen.add(entry.path)
    large = (source / "large").read_bytes()
    first, second = sorted((of["large"], of["large too"]))
    assert (first.kind, first.size, first.value) == ("file", len(large), digest_of(large))
    assert (second.kind, second.size, second.value) == ("same", len(large), first.path)
    assert of["deep/link"] == Entry("link", "deep/link", 0, 0, (source / "deep/link").lstat().st_mtime_ns, "../plain")
    assert of["mine"][:3] == ("directory", "mine", 0o2700)
    assert of["deep/er/file"].modified == (source / "deep/er/file").stat().st_mtime_ns
    files = [entry for entry in entries if entry.kind in ("file", "same")]
    assert copied.files == len(files)
    assert copied.size == sum(entry.size for entry in files if entry.kind == "file")


def test_holes_stay_holes(place: Path) -> None:
    """64 MiB of nothing take no space in the copy, wherever the hole is."""
    source = place / "source"
    source.mkdir()
    for name, offset in {"front": 64 << 20, "middle": 32 << 20, "end": 0, "all": None}.items():
        with (source / name).open("wb") as file:
            if offset is not None:
                file.seek(offset)
                file.write(b"data")
            file.truncate(64 << 20 | 4)
    copy(source, place / "target")
    for name in ("front", "middle", "end", "all"):
        status = (place / "target" / name).stat()
        assert status.st_size == 64 << 20 | 4
        assert status.st_blocks * 512 <= 128 * 1024
        assert (place / "target" / name).read_bytes() == (source / name).read_bytes()


# -- hard links ---------------------------------------------------------------------------------------


def hard_links(source: Path, count: int) -> None:
    """Make one file with many names, in two directories."""
    (source / "a").mkdir(parents=True)
    (source / "b").mkdir()
    (source / "a/0").write_text("one file")
    for number in range(1, count):
        (source / "ab"[number % 2] / str(number)).hardlink_to(source / "a/0")


def test_hard_links_beyond_what_a_file_system_allows_become_copies(
    place: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """When a file can have no more names, the next name is a file of its own, and further ones are linked to it."""
    hard_links(place / "source", 10)
    real = os.link

    def link(first: str, *rest: object, src_dir_fd: int, **options: Any) -> None:
        if os.stat(first, dir_fd=src_dir_fd).st_nlink >= 4:
            raise OSError(errno.EMLINK, os.strerror(errno.EMLINK))
        real(first, *rest, src_dir_fd=src_dir_fd, **options)  # type: ignore[arg-type]

    monkeypatch.setattr(os, "link", link)
    copied, _ = copy(place / "source", place / "target")
    files = [path for path in (place / "target").rglob("*") if path.is_file()]
    assert sorted(path.stat().st_nlink for path in files) == [2, 2, 4, 4, 4, 4, 4, 4, 4, 4]
    assert {path.read_text() for path in files} == {"one file"}
    assert copied.files == 10


@pytest.mark.parametrize("error", [errno.EPERM, errno.EOPNOTSUPP, errno.EXDEV, errno.EACCES])
def test_without_hard_links_each_name_is_a_file(place: Path, monkeypatch: pytest.MonkeyPatch, error: int) -> None:
    """Where the target has no hard links, every name gets the contents."""
    hard_links(place / "source", 4)

    def link(*_: object, **__: object) -> None:
        raise OSError(error, os.strerror(error))

    monkeypatch.setattr(os, "link", link)
    copied, entries = copy(place / "source", place / "target")
    assert {path.read_text() for path in (place / "target").rglob("?") if path.is_file()} == {"one file"}
    assert [entry.kind for entry in entries if entry.kind != "directory"] == ["file"] * 4
    assert copied.state == state(place / "source")


def test_names_of_hard_links_are_remembered_up_to_a_bound(place: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Of more hard-linked files than are remembered each name is copied, and memory stays bounded."""
    monkeypatch.setattr(tree, "_REMEMBERED_LINKS", 0)
    hard_links(place / "source", 4)
    copy(place / "source", place / "target")
    assert {path.stat().st_nlink for path in (place / "target").rglob("?") if path.is_file()} == {1}


# -- what cannot be copied ----------------------------------------------------------------------------


def test_special_files_are_named(place: Path) -> None:
    """A FIFO or a socket is passed over, named, and never waited for."""
    source = place / "source"
    (source / "deep").mkdir(parents=True)
    os.mkfifo(source / "deep/fifo")
    with contextlib.chdir(source) if hasattr(contextlib, "chdir") else contextlib.nullcontext():
        listener = socket.socket(socket.AF_UNIX)
        listener.bind("socket" if hasattr(contextlib, "chdir") else str(source / "socket"))
    (source / "file").write_text("text")
    copied, entries = copy(source, place / "target")
    listener.close()
    assert sorted(copied.problems) == [("deep/fifo", "a FIFO"), ("socket", "a socket")]
    assert {entry.path for entry in entries} == {"deep", "file"}
    assert copied.state == state(source)


@only_root
def test_devices_are_named(place: Path) -> None:
    """A device is passed over and named; it is not even opened."""
    source = place / "source"
    source.mkdir()
    os.mknod(source / "null", stat.S_IFCHR | 0o666, os.makedev(1, 3))
    os.mknod(source / "block", stat.S_IFBLK | 0o666, os.makedev(7, 200))
    copied, _ = copy(source, place / "target")
    assert sorted(copied.problems) == [("block", "a device"), ("null", "a device")]
    assert os.listdir(place / "target") == []


def test_unreadable_files_and_directories_are_named(place: Path) -> None:
    """What may not be read is named, the rest is copied, and the source does not seem to have changed."""
    source = place / "source"
    with unprivileged():
        (source / "closed").mkdir(parents=True)
        (source / "no search").mkdir()
        for name in ("open", "secret", "closed/file", "no search/file"):
            (source / name).write_text(name)
        (source / "no search/link").symlink_to("file")
        (source / "secret").chmod(0)
        (source / "closed").chmod(0)
        (source / "no search").chmod(0o400)
        copied, _ = copy(source, place / "target")
        assert sorted(copied.problems) == [
            ("closed", "Permission denied"),
            ("no search/file", "Permission denied"),
            ("no search/link", "Permission denied"),
            ("secret", "Permission denied"),
        ]
        assert copied.state == state(source)
        (source / "secret").chmod(0o600)
        assert copied.state != state(source)
        (source / "no search").chmod(0o700)


def test_a_read_only_directory_is_copied_and_deleted_without_privileges(place: Path) -> None:
    """A directory of mode 0555 with contents is no obstacle."""
    with unprivileged():
        (place / "source/a/b").mkdir(parents=True)
        (place / "source/a/b/file").write_text("text")
        (place / "source/a/file").write_text("text")
        (place / "source/a/b").chmod(0o555)
        (place / "source/a").chmod(0o555)
        (place / "source").chmod(0o555)
        copied, _ = copy(place / "source", place / "target")
        assert copied.problems == ()
        assert stat.S_IMODE((place / "target/a/b").stat().st_mode) == 0o555
        with opened(place) as parent:
            remove_tree(parent, "target")
            remove_tree(parent, "source")
    assert os.listdir(place) == []


@only_root
def test_rights_of_an_owner_go_with_the_owner(place: Path) -> None:
    """Who may not give files away gets no file that runs with the rights of somebody else."""
    source = place / "source"
    source.mkdir(mode=0o755)
    source.chmod(0o755)
    (source / "program").write_text("#!/bin/sh\n")
    (source / "program").chmod(0o6755)
    (source / "shared").mkdir()
    (source / "shared").chmod(0o2755)
    with unprivileged():
        copy(source, place / "target")
    program = (place / "target/program").stat()
    assert (program.st_uid, stat.S_IMODE(program.st_mode)) == (NOBODY, 0o755)


def test_excluded_directories_are_not_entered(place: Path) -> None:
    """What the rules exclude is listed, and what lies in an excluded directory is never looked at."""
    source = place / "source"
    (source / "out/deep").mkdir(parents=True)
    (source / "out/deep/file").write_text("text")
    (source / "kept").write_text("text")
    (source / "file.lock").write_text("text")
    asked: list[str] = []

    def excludes(path: str, is_directory: bool) -> bool:
        asked.append(path)
        return path.endswith(".lock") or (path == "out" and is_directory)

    copied, _ = copy(source, place / "target", excludes)
    assert sorted(copied.left_out) == ["file.lock", "out/"]
    assert sorted(asked) == ["file.lock", "kept", "out"]
    assert copied.state == state(source, excludes)
    (source / "out/deep/file").write_text("changed")
    (source / "file.lock").unlink()
    assert copied.state == state(source, excludes)


# -- size ---------------------------------------------------------------------------------------------


def dig(root: Path, levels: int, name: str) -> None:
    """Make directories within each other, deeper than any path can say, with a file in each."""
    root.mkdir()
    inner = os.open(root, tree.OPEN_DIRECTORY)
    for _ in range(levels):
        os.mkdir(name, dir_fd=inner)
        outer, inner = inner, os.open(name, tree.OPEN_DIRECTORY, dir_fd=inner)
        os.close(outer)
        os.close(os.open("file", os.O_CREAT | os.O_WRONLY, dir_fd=inner))
    os.close(inner)


@pytest.mark.parametrize(("levels", "name"), [(60, "n" * 255), (99, "n"), (100, "n"), (101, "n"), (102, "n")])
def test_deep_trees_are_copied_whole(place: Path, levels: int, name: str) -> None:
    """60 levels with names of 255 bytes each, more than a path can have, and what is around our own bound."""
    dig(place / "source", levels, name)
    copied, entries = copy(place / "source", place / "target")
    assert copied.problems == ()
    assert copied.files == levels
    assert len(entries) == 2 * levels
    assert copied.state == state(place / "source")
    with opened(place / "target") as target:
        assert copied.state != look(target)
        bottom = open_below(target, "/".join([name] * levels))
        assert os.listdir(bottom) == ["file"]
        os.close(bottom)


def test_trees_of_any_depth_take_few_descriptors_and_no_recursion(place: Path) -> None:
    """1,200 levels, more than Python recurses, are copied, looked at and deleted with 300 descriptors."""
    dig(place / "source", 1200, "d")
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    used = max(int(number) for number in os.listdir("/dev/fd"))
    resource.setrlimit(resource.RLIMIT_NOFILE, (used + 300, hard))
    try:
        copied, _ = copy(place / "source", place / "target")
        assert copied.files == 1200
        assert copied.problems == ()
        assert copied.state == state(place / "source")
        with opened(place) as parent:
            remove_tree(parent, "source")
            remove_tree(parent, "target")
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
    assert os.listdir(place) == []


def test_a_wide_directory_is_never_held_in_memory(place: Path) -> None:
    """20,000 files in one directory: copying, looking and deleting take no memory that grows with them."""
    source = place / "source"
    source.mkdir()
    with opened(source) as directory:
        for number in range(20_000):
            os.close(os.open(f"{number:08}.txt", os.O_CREAT | os.O_WRONLY, dir_fd=directory))
    (place / "target").mkdir()
    tracemalloc.start()
    try:
        with opened(source) as one, opened(place / "target") as other:
            begun = time.perf_counter()
            copied = TreeCopy(one, other).run()
            assert copied.state == look(one)
        assert tracemalloc.get_traced_memory()[1] < 500_000
        with opened(place) as parent:
            remove_tree(parent, "source")
        # A batch of entries is held when a directory is emptied.
        assert tracemalloc.get_traced_memory()[1] < 5_000_000
    finally:
        tracemalloc.stop()
    assert copied.files == 20_000
    # A quadratic step would take minutes.
    assert time.perf_counter() - begun < 60


# -- races --------------------------------------------------------------------------------------------


def swapping(monkeypatch: pytest.MonkeyPatch, name: str, swap: Callable[[], object]) -> None:
    """Do something just before a name is opened for reading, once."""
    real, done = os.open, list[int]()

    def open_(path: Any, flags: int, *rest: Any, **options: Any) -> int:
        if path == name and not flags & os.O_CREAT and not done:
            done.append(1)
            swap()
        return real(path, flags, *rest, **options)

    monkeypatch.setattr(os, "open", open_)


@pytest.mark.parametrize("kind", ["directory", "file"])
@pytest.mark.parametrize("what", ["link", "fifo", "nothing", "other"])
def test_what_takes_a_place_during_the_scan_leads_nowhere(
    place: Path, monkeypatch: pytest.MonkeyPatch, kind: str, what: str
) -> None:
    """A link, FIFO, or other thing swapped in between scan and open is seen; nothing of the outside is copied."""
    source, outside = place / "source", place / "outside"
    source.mkdir()
    victim = source / "victim"
    if kind == "directory":
        outside.mkdir()
        (outside / "secret").write_text("secret")
        victim.mkdir()
    else:
        outside.write_text("secret")
        victim.write_text("public")

    def swap() -> None:
        victim.rename(place / "away")
        if what == "link":
            victim.symlink_to(outside)
        elif what == "fifo":
            os.mkfifo(victim)
        elif what == "other":
            if kind == "file":
                victim.mkdir()
            else:
                victim.write_text("file")

    swapping(monkeypatch, "victim", swap)
    with pytest.raises(SourceChangedError, match="victim"):
        copy(source, place / "target")
    assert "secret" not in "".join(path.read_text() for path in (place / "target").rglob("*") if path.is_file())


def test_a_link_that_takes_a_directorys_place_is_not_emptied(place: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Deleting follows no link that is swapped in."""
    (place / "outside").mkdir()
    (place / "outside/secret").write_text("secret")
    (place / "doomed/victim").mkdir(parents=True)

    def swap() -> None:
        (place / "doomed/victim").rename(place / "away")
        (place / "doomed/victim").symlink_to(place / "outside")

    swapping(monkeypatch, "victim", swap)
    with opened(place) as parent, pytest.raises(OSError, match=r"Not a directory|symbolic links"):
        remove_tree(parent, "doomed")
    assert (place / "outside/secret").read_text() == "secret"


@pytest.mark.parametrize("size", [10, SMALL - 1, 2 * SMALL + 5])
@pytest.mark.parametrize("change", ["grow", "shrink", "rewrite", "replace", "empty"])
def test_a_file_that_is_written_to_while_it_is_copied_is_noticed(
    place: Path, monkeypatch: pytest.MonkeyPatch, size: int, change: str
) -> None:
    """It raises, or the source's state is another one than that of the copy."""
    source = place / "source"
    source.mkdir()
    file = source / "file"
    file.write_bytes(os.urandom(size))
    real = os.fstat

    def fstat(descriptor: int) -> os.stat_result:
        status = real(descriptor)
        if stat.S_ISREG(status.st_mode) and status.st_ino == inode and not changed:
            changed.append(1)
            apply()
        return status

    def apply() -> None:
        if change == "replace":
            (place / "new").write_bytes(os.urandom(size))
            os.utime(place / "new", ns=(stamp, stamp))
            (place / "new").rename(file)
            return
        with file.open("r+b") as writer:
            if change == "grow":
                writer.seek(0, os.SEEK_END)
            elif change != "rewrite":
                writer.truncate(0 if change == "empty" else size // 2)
            if change in ("grow", "rewrite"):
                writer.write(b"later")

    inode, stamp, changed = file.stat().st_ino, file.stat().st_mtime_ns, list[int]()
    monkeypatch.setattr(os, "fstat", fstat)
    try:
        copied, _ = copy(source, place / "target")
    except SourceChangedError:
        assert changed
        return
    assert changed
    assert copied.state != state(source)


# -- looking ------------------------------------------------------------------------------------------


def rewrite_in_place(path: Path) -> None:
    """Write as many bytes, and set the modification time to what it was."""
    before = path.stat()
    path.write_bytes(b"x" * before.st_size)
    os.utime(path, ns=(before.st_atime_ns, before.st_mtime_ns))


def replace_by_a_twin(path: Path) -> None:
    """Put another file of the same content and times in place."""
    before = path.stat()
    twin = path.with_name("twin")
    twin.write_bytes(path.read_bytes())
    os.utime(twin, ns=(before.st_atime_ns, before.st_mtime_ns))
    twin.rename(path)


def relink(path: Path) -> None:
    """Let a link lead elsewhere."""
    path.unlink()
    path.symlink_to("elsewhere")


CHANGES: dict[str, Callable[[Path], object]] = {
    "touch": lambda root: os.utime(root / "deep/file", ns=(1, 1)),
    "extend": lambda root: os.truncate(root / "deep/file", 1000),
    "rewrite in place": lambda root: rewrite_in_place(root / "deep/file"),
    "replace by a twin": lambda root: replace_by_a_twin(root / "deep/file"),
    "rename": lambda root: (root / "deep/file").rename(root / "deep/renamed"),
    "rename a directory": lambda root: (root / "deep").rename(root / "renamed"),
    "new file": lambda root: (root / "deep/new").touch(),
    "new directory": lambda root: (root / "deep/new").mkdir(),
    "delete": lambda root: (root / "plain").unlink(),
    "delete a directory": lambda root: (root / "empty directory").rmdir(),
    "lead a link elsewhere": lambda root: relink(root / "deep/link"),
    "swap two files": lambda root: (
        (root / "plain").rename(root / "x"),
        (root / "deep/file").rename(root / "plain"),
        (root / "x").rename(root / "deep/file"),
    ),
}


@pytest.mark.parametrize("change", CHANGES)
def test_any_change_is_another_state(place: Path, change: str) -> None:
    """Whatever is written to, made, renamed or deleted in a tree changes its state."""
    source = place / "source"
    source.mkdir()
    plant(source)
    before = state(source)
    assert state(source) == before
    # Time must have passed for a system whose clock is coarse.
    time.sleep(0.02)
    CHANGES[change](source)
    assert state(source) != before


def test_reading_and_other_locks_are_no_change(place: Path) -> None:
    """Reading a tree, and files that come and go in it again, leave the state."""
    source = place / "source"
    source.mkdir()
    plant(source)
    before = state(source)
    (source / "deep/file").read_text()
    (source / "deep/t.lock").touch()
    (source / "deep/t.lock").unlink()
    assert state(source) == before


def test_a_file_that_goes_while_it_is_looked_at_is_another_state(place: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What vanishes between scan and look is no error."""
    source = place / "source"
    source.mkdir()
    (source / "file").write_text("text")
    before = state(source)
    real = os.stat

    def stat_(path: Any, **options: Any) -> os.stat_result:
        if path == "file":
            (source / "file").unlink(missing_ok=True)
        return real(path, **options)

    monkeypatch.setattr(os, "stat", stat_)
    assert state(source) != before


# -- errors -------------------------------------------------------------------------------------------


@pytest.mark.parametrize("number", [errno.EIO, errno.EMFILE, errno.ENFILE, errno.ENOMEM])
def test_errors_that_are_not_about_permission_are_raised(
    place: Path, monkeypatch: pytest.MonkeyPatch, number: int
) -> None:
    """A failing disk or a lack of descriptors is no property of the source: it must not make a partial copy."""
    source = place / "source"
    source.mkdir()
    (source / "file").write_text("text")

    def fail() -> None:
        raise OSError(number, os.strerror(number))

    swapping(monkeypatch, "file", fail)
    with pytest.raises(OSError, match="file") as raised:
        copy(source, place / "target")
    assert raised.value.errno == number


@pytest.mark.parametrize("call", ["read", "write", "fchmod", "utime", "mkdir", "symlink"])
@pytest.mark.parametrize("number", [errno.EIO, errno.ENOSPC, errno.EDQUOT, errno.EROFS])
def test_a_failing_call_is_raised(place: Path, monkeypatch: pytest.MonkeyPatch, call: str, number: int) -> None:
    """No error of a disk is passed over, and no descriptor stays open."""
    source = place / "source"
    (source / "deep").mkdir(parents=True)
    (source / "deep/file").write_text("text")
    (source / "link").symlink_to("deep")
    (place / "target").mkdir()
    with opened(source) as one, opened(place / "target") as other:
        before = len(os.listdir("/dev/fd"))

        def fail(*_: object, **__: object) -> None:
            raise OSError(number, os.strerror(number))

        with monkeypatch.context() as patched:
            patched.setattr(os, call, fail)
            with pytest.raises(OSError, match=os.strerror(number)) as raised:
                TreeCopy(one, other).run()
        assert raised.value.errno == number
        assert len(os.listdir("/dev/fd")) == before


# -- deleting -----------------------------------------------------------------------------------------


def test_deleting_follows_no_link(place: Path) -> None:
    """What links in a deleted tree lead to stays."""
    (place / "outside").mkdir()
    (place / "outside/file").write_text("stays")
    (place / "doomed").mkdir()
    plant(place / "doomed")
    (place / "doomed/out").symlink_to(place / "outside")
    (place / "doomed/deep/out").symlink_to("../../outside/file")
    with opened(place) as parent:
        remove_tree(parent, "doomed")
    assert os.listdir(place) == ["outside"]
    assert (place / "outside/file").read_text() == "stays"


@pytest.mark.parametrize("make", [lambda path: path.symlink_to("other"), Path.touch, os.mkfifo])
def test_only_a_directory_is_deleted(place: Path, make: Callable[[Path], object]) -> None:
    """A link, file or FIFO under the name of a tree is an error and stays."""
    (place / "other").mkdir()
    make(place / "name")
    with opened(place) as parent, pytest.raises(OSError, match=r"Not a directory|symbolic links"):
        remove_tree(parent, "name")
    assert os.path.lexists(place / "name")
    assert (place / "other").is_dir()


def test_deleting_what_is_gone_is_no_error(place: Path) -> None:
    """Nothing to do is done."""
    with opened(place) as parent:
        remove_tree(parent, "gone")


def test_closed_directories_are_deleted_without_privileges(place: Path) -> None:
    """The owner's directories go whatever their modes are."""
    with unprivileged():
        (place / "doomed/a/b").mkdir(parents=True)
        (place / "doomed/a/b/file").touch()
        for mode, name in ((0o000, "doomed/a/b"), (0o300, "doomed/a"), (0o500, "doomed")):
            (place / name).chmod(mode)
        with opened(place) as parent:
            remove_tree(parent, "doomed")
    assert os.listdir(place) == []


def test_two_may_delete_the_same_tree(place: Path) -> None:
    """Whoever comes second to an entry goes on; afterwards everything is gone."""
    source = place / "doomed"
    for number in range(40):
        (source / str(number % 7) / str(number)).mkdir(parents=True)
        for name in "abcde":
            (source / str(number % 7) / str(number) / name).touch()
    errors: list[BaseException] = []

    def remove() -> None:
        try:
            with opened(place) as parent:
                start.wait()
                remove_tree(parent, "doomed")
        except OSError as error:
            errors.append(error)

    start = threading.Barrier(4)
    threads = [threading.Thread(target=remove) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert errors == []
    assert os.listdir(place) == []


def test_what_stays_is_an_error(place: Path) -> None:
    """A tree that somebody else's directory keeps from going is not reported as deleted."""
    (place / "doomed/theirs").mkdir(parents=True)
    (place / "doomed/theirs/file").touch()
    if not IS_ROOT:
        pytest.skip("only root gives files away and makes devices")
    (place / "doomed/theirs").chmod(0o755)
    os.chown(place / "doomed", NOBODY, NOBODY)
    with unprivileged(), opened(place) as parent, pytest.raises(PermissionError):
        remove_tree(parent, "doomed")
    assert (place / "doomed/theirs/file").exists()
