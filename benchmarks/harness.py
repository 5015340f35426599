"""What the benchmarks share: environments, timed processes, and rows of a table."""

from __future__ import annotations

import statistics
import subprocess
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

ROOT = Path(__file__).parent.parent
HEADER = f"{'whole process, median':<28} {'ours ms':>8} {'peer ms':>8} {'ratio':>7} {'limit':>7}"


def install(place: Path, *what: str) -> Path:
    """A fresh environment with packages in it; its folder of scripts."""
    subprocess.run([sys.executable, "-m", "venv", str(place)], check=True)
    subprocess.run([str(place / "bin/pip"), "install", "--quiet", *what], check=True)
    return place / "bin"


def wall(command: list[str]) -> float:
    """How long a process takes, in milliseconds."""
    start = time.perf_counter()
    subprocess.run(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, check=False)
    return (time.perf_counter() - start) * 1000


def compare(
    title: str,
    ours: list[str],
    peer: list[str],
    runs: int,
    limit: float,
    *,
    prepare: Callable[[], object] = lambda: None,
) -> None:
    """Run the two in turn and print one row; `prepare` is called before each process, outside its time."""

    def timed(command: list[str]) -> float:
        prepare()
        return wall(command)

    timed(ours), timed(peer)
    pairs = [(timed(ours), timed(peer)) for _ in range(runs)]
    mine, theirs = (statistics.median(column) for column in zip(*pairs, strict=True))
    ratio = statistics.median(one / other for one, other in pairs)
    print(f"{title:<28} {mine:>8.0f} {theirs:>8.0f} {ratio:>7.2f} {limit:>7.2f}")
