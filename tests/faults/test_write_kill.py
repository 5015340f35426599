"""`kill -9` at every system call of the write: the file is the old or the new one, whole.

strace records the calls of one `xpm-config migrate --backup FILE`, from the first that has to do with the
backup to the last of the process. Then the command runs again for each of them, and is killed there.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import tempfile
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import pytest

from xpm_config import cli

if TYPE_CHECKING:
    from collections.abc import Iterator

ROOT = Path(__file__).parents[2]
STRACE = shutil.which("strace")

NAME = "settings.yaml"
OLD = b"workspaces:\n  - id: a\n    path: /a\n    alt_workspaces: [/old]\n"
NEW = b"workspaces:\n  - id: a\n    path: /a\n    folders: [{path: /old, mode: use}]\n"
MODE = 0o640

# How often the memory of a process is asked for differs from run to run.
_UNSTEADY = {"mmap", "munmap", "mremap", "mprotect", "madvise", "brk", "futex", "rt_sigaction", "rt_sigprocmask"}
_CALL = re.compile(r"(?:\d+ +)?(\w+)\((.*)")


class Point(NamedTuple):
    """A system call: the `number`-th of its name in the process; `renamed` tells that it comes after the rename."""

    call: str
    number: int
    renamed: bool


def prepared(place: Path) -> Path:
    """A fresh copy of the settings, with all that has to be kept."""
    place.mkdir()
    path = place / NAME
    path.write_bytes(OLD)
    path.chmod(MODE)
    if os.geteuid() == 0:
        os.chown(path, 65534, 65534)
    try:
        os.setxattr(path, "user.note", b"mine")
    except OSError:
        pass
    return path


def traced(path: Path, output: Path, *options: str) -> int:
    """Run the command under strace; its exit code, negative where it was killed."""
    assert STRACE is not None
    caches = path.parents[1] / "caches"
    command = [STRACE, "-f", "-qq", "-o", str(output), *options]
    command += [sys.executable, "-m", "xpm_config", "migrate", "--target", "2.7.0", "--backup", NAME]
    environ = {**os.environ, "PYTHONPATH": str(ROOT), "PYTHONHASHSEED": "0", "PYTHONPYCACHEPREFIX": str(caches)}
    done = subprocess.run(command, cwd=path.parent, env=environ, capture_output=True, check=False, timeout=60)
    return done.returncode


def points(trace: str) -> Iterator[Point]:
    """The calls of the writing part: from the one before the first temporary file on."""
    counts: Counter[str] = Counter()
    calls: list[Point] = []
    begin = None
    renamed = False
    for line in trace.splitlines():
        found = _CALL.match(line)
        if found is None:
            continue
        call, arguments = found.groups()
        counts[call] += 1
        if begin is None and ".tmp" in arguments and NAME in arguments:
            begin = max(len(calls) - 2, 0)
        calls.append(Point(call, counts[call], renamed))
        renamed |= call.startswith("rename") and f'{NAME}"' in arguments
    assert begin is not None
    return (point for point in calls[begin:] if point.call not in _UNSTEADY)


@pytest.fixture
def place() -> Iterator[Path]:
    """A directory on a file system that knows extended attributes, where there is one."""
    with tempfile.TemporaryDirectory() as name:
        yield Path(name)


@pytest.mark.skipif(STRACE is None, reason="strace is not installed")
def test_killed_anywhere_the_file_is_whole(
    place: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Wherever the process dies, the old or the new file is there with its mode, and the next run succeeds."""
    # The first run fills the caches, so that all others make the same calls.
    for attempt in ("warm", "recorded"):
        path = prepared(place / attempt)
        assert traced(path, place / "trace") == 0
        assert path.read_bytes() == NEW
    found = list(points((place / "trace").read_text()))
    assert {"openat", "write", "fchmod", "fsync", "close", "rename"} <= {point.call for point in found}
    assert sum(point.renamed for point in found) > 3

    def killed(numbered: tuple[int, Point]) -> tuple[Point, Path, int]:
        number, point = numbered
        path = prepared(place / str(number))
        inject = f"inject={point.call}:signal=KILL:when={point.number}"
        return point, path, traced(path, place / f"trace-{number}", "-e", f"trace={point.call}", "-e", inject)

    with ThreadPoolExecutor(2) as pool:
        outcomes = list(pool.map(killed, enumerate(found)))
    leftovers = 0
    for point, path, code in outcomes:
        assert code in (-9, 137), f"{point}: not killed"
        assert path.read_bytes() == (NEW if point.renamed else OLD), point
        assert path.stat().st_mode & 0o7777 == MODE, point
        backup = Path(f"{path}.bak")
        if backup.exists():
            assert backup.read_bytes() == OLD, point
            assert backup.stat().st_mode & 0o7777 == MODE, point
        stale = set(path.parent.iterdir()) - {path, backup}
        assert all(other.suffix == ".tmp" and not other.stat().st_mode & 0o7777 & ~MODE for other in stale), point
        leftovers += bool(stale)
        monkeypatch.chdir(path.parent)
        assert cli.main(["migrate", "--target", "2.7.0", NAME]) == 0, point
        assert path.read_bytes() == NEW, point
        assert path.stat().st_mode & 0o7777 == MODE, point
    counts = Counter(point.call for point in found)
    old = sum(not point.renamed for point in found)
    with capsys.disabled():
        listed = ", ".join(f"{call} {count}" for call, count in sorted(counts.items()))
        print(f"\nkilled at {len(found)} calls: {old} left the old file, {len(found) - old} the new one;")
        print(f"{leftovers} left a temporary file ({listed})")
