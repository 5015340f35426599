"""Times the copying of trees against `cp -a`, as whole processes in turn.

    python benchmarks/jobs_tree.py [--runs N] [--only WORD]

This is the layer below the commands: each job is copied with digests and everything that a file system keeps, and
then looked at once more; nothing is flushed, as with `cp -a`. On tmpfs and on an ext4 with a journal, mounted for the
purpose (needs root): 1,000 jobs of 26 small files with one thread, two threads and two processes, and 4 files of
1 GiB. Prints medians (ms), the median of the ratios of the pairs, and for 1,000,000 files in one directory the memory
that copying, looking and deleting take (MB).
"""

from __future__ import annotations

import argparse
import concurrent.futures
import os
import resource
import shutil
import subprocess
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent.parent))

from benchmarks.harness import HEADER, compare
from benchmarks.jobs_places import GIGABYTE, ext4, make_jobs, make_large, tmpfs
from xpm_config.jobs.looking import look
from xpm_config.jobs.removal import remove_tree
from xpm_config.jobs.tree import OPEN_DIRECTORY, TreeCopy

WAYS = ("1 thread", "2 threads", "2 processes")
LIMITS = {"tmpfs": (1.25, 1.25, 0.70), "ext4": (1.20, 1.20, 1.00)}
"""Those of a whole durable backup, of which this is a part."""
LARGE_LIMIT = 1.10
MEMORY_LIMIT = 100
MANY = 1_000_000


def copy(source: str, target: str) -> None:
    """Copy a tree as the engine does, without flushing."""
    os.mkdir(target)
    one, other = os.open(source, OPEN_DIRECTORY), os.open(target, OPEN_DIRECTORY)
    try:
        if TreeCopy(one, other).run().state != look(one):
            sys.exit("nothing was measured: the source changed")
    finally:
        os.close(one)
        os.close(other)


def copy_some(source: str, target: str, names: list[str]) -> None:
    """Copy some of the trees in a directory."""
    for name in names:
        copy(os.path.join(source, name), os.path.join(target, name))


def copy_all(way: str, source: str, target: str) -> None:
    """Copy each tree in a directory."""
    names = sorted(os.listdir(source))
    os.mkdir(target)
    if way == WAYS[0]:
        copy_some(source, target, names)
        return
    kind = concurrent.futures.ThreadPoolExecutor if way == WAYS[1] else concurrent.futures.ProcessPoolExecutor
    parts = [names[start : start + 64] for start in range(0, len(names), 64)]
    with kind(2) as pool:
        for done in [pool.submit(copy_some, source, target, part) for part in parts]:
            done.result()


def clear(target: Path) -> None:
    """Make room for the next copy; what the last one left to write is no business of the next."""
    if target.exists():
        shutil.rmtree(target)
    os.sync()


def check(ours: list[str], source: Path, target: Path) -> None:
    """What is timed must do its work."""
    clear(target)
    subprocess.run(ours, check=True)
    if subprocess.run(["diff", "-r", str(source), str(target)], check=False).returncode:
        sys.exit("nothing was measured: the copy is not the source")


def measure(kind: str, place: Path, runs: int) -> None:
    """Measure on one file system."""
    me, small, large, target = [sys.executable, __file__, "--copy"], place / "small", place / "large", place / "target"
    peer = ["cp", "-a", str(small), str(target)]
    make_jobs(small, 1000)
    for way, limit in zip(WAYS, LIMITS[kind], strict=True):
        ours = [*me, way, str(small), str(target)]
        check(ours, small, target)
        compare(f"{kind}: 1,000 jobs, {way}", ours, peer, runs, limit, prepare=lambda: clear(target))
    clear(target)
    large.mkdir()
    make_large(large / "job", 4)
    ours = [*me, WAYS[0], str(large), str(target)]
    check(ours, large, target)
    peer = ["cp", "-a", str(large), str(target)]
    compare(f"{kind}: 4 x 1 GiB", ours, peer, max(runs // 2, 3), LARGE_LIMIT, prepare=lambda: clear(target))


def measure_memory(place: Path) -> None:
    """Copy, look at and delete a million files in one directory, in a process of its own."""
    (place / "wide").mkdir()
    directory = os.open(place / "wide", OPEN_DIRECTORY)
    for number in range(MANY):
        os.close(os.open(f"{number:08}.txt", os.O_CREAT | os.O_WRONLY, dir_fd=directory))
    os.close(directory)
    subprocess.run([sys.executable, __file__, "--memory", str(place)], check=True)


def use_memory(place: str) -> None:
    """Handle the wide directory, and print the largest memory of this process."""
    copy(os.path.join(place, "wide"), os.path.join(place, "copy"))
    parent = os.open(place, OPEN_DIRECTORY)
    remove_tree(parent, "copy")
    if os.path.exists(os.path.join(place, "copy")):
        sys.exit("nothing was measured: the copy is still there")
    used = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(f"1,000,000 files in a directory: {used:.0f} MB at most, limit {MEMORY_LIMIT}")


def main() -> None:
    """Measure and print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--runs", type=int, default=7)
    parser.add_argument("--only", choices=("tmpfs", "ext4", "memory"))
    parser.add_argument("--copy", nargs=3, metavar=("WAY", "SOURCE", "TARGET"), help="what is timed")
    parser.add_argument("--memory", metavar="PLACE", help="what is measured")
    options = parser.parse_args()
    if options.copy:
        copy_all(*options.copy)
        return
    if options.memory:
        use_memory(options.memory)
        return
    if options.only != "memory":
        print(HEADER)
    for kind in ("tmpfs", "ext4"):
        if options.only in (None, kind):
            with tmpfs() if kind == "tmpfs" else ext4(12 * GIGABYTE) as place:
                measure(kind, place, options.runs)
    if options.only in (None, "memory"):
        with tmpfs() as place:
            measure_memory(place)


if __name__ == "__main__":
    main()
