"""Every system call of an operation, and runs of it that are killed or fail there."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from collections import Counter
from pathlib import Path
from typing import NamedTuple

from tests.faults.operate import BEGIN, END

ROOT = Path(__file__).parents[2]
STRACE = shutil.which("strace")

# How often the memory of a process is asked for differs from run to run.
_UNSTEADY = {"mmap", "munmap", "mremap", "mprotect", "madvise", "brk", "futex", "rt_sigaction", "rt_sigprocmask",
             "clone3", "rseq", "set_robust_list", "sched_yield", "exit", "exit_group"}  # fmt: skip
_CALL = re.compile(r"(?:\d+ +)?(\w+)\((.*)")


class Point(NamedTuple):
    """A system call: the `number`-th of its name in the process."""

    call: str
    number: int


def offset(every: int) -> int:
    """Where a series that takes one point of each `every` begins: XPM_FAULT_OFFSET gives each run points of its own."""
    return int(os.environ.get("XPM_FAULT_OFFSET", "0")) % every


def run(arguments: list[str], caches: Path, trace: Path, *options: str) -> subprocess.CompletedProcess[str]:
    """Run an operation under strace; its exit code is negative or 137 where it was killed."""
    assert STRACE is not None
    command = [
        STRACE,
        "-f",
        "-qq",
        "-o",
        str(trace),
        *options,
        sys.executable,
        str(Path(__file__).parent / "operate.py"),
    ]
    environ = {**os.environ, "PYTHONPATH": str(ROOT), "PYTHONHASHSEED": "0", "PYTHONPYCACHEPREFIX": str(caches)}
    return subprocess.run([*command, *arguments], env=environ, capture_output=True, text=True, check=False, timeout=120)


def inject(point: Point, what: str, *, lasting: bool = False) -> tuple[str, ...]:
    """Options of strace that let something happen at a point, or from there on: `signal=KILL` or `error=EIO`."""
    return "-e", f"trace={point.call}", "-e", f"inject={point.call}:{what}:when={point.number}{'+' * lasting}"


def points(trace: str) -> list[Point]:
    """The calls between the two marks of a trace."""
    counts: Counter[str] = Counter()
    calls: list[Point] = []
    inside = False
    for line in trace.splitlines():
        found = _CALL.match(line)
        if found is None:
            continue
        call, arguments = found.groups()
        counts[call] += 1
        if END in arguments:
            break
        if inside and call not in _UNSTEADY:
            calls.append(Point(call, counts[call]))
        inside |= BEGIN in arguments
    return calls


def chosen(calls: list[Point], every: int, offset: int) -> list[Point]:
    """Each so many-th call from an offset on, and the first of every name."""
    first = {point.call: point for point in reversed(calls)}
    return [point for index, point in enumerate(calls) if (index - offset) % every == 0 or first[point.call] == point]
