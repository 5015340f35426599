"""Where the benchmarks of the copy engine run: on tmpfs and on a mounted ext4 with a journal, with jobs to copy."""

from __future__ import annotations

import contextlib
import os
import random
import subprocess
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

FILES = 26
"""So many small files has a job."""
GIGABYTE = 1 << 30


@contextlib.contextmanager
def tmpfs() -> Iterator[Path]:
    """A fresh file system in memory, for any number of files; needs root."""
    with tempfile.TemporaryDirectory() as folder:
        subprocess.run(["mount", "-t", "tmpfs", "-o", "nr_inodes=0", "tmpfs", folder], check=True)
        try:
            yield Path(folder)
        finally:
            # After ^C what was timed may still be at work in it.
            subprocess.run(["umount", "--lazy", folder], check=True)


@contextlib.contextmanager
def ext4(size: int) -> Iterator[Path]:
    """A fresh ext4 with a journal of so many bytes, mounted from a file; needs root."""
    with tempfile.TemporaryDirectory() as folder:
        image, place = Path(folder) / "image", Path(folder) / "ext4"
        image.touch()
        os.truncate(image, size)
        place.mkdir()
        subprocess.run(["mkfs.ext4", "-q", "-O", "has_journal", str(image)], check=True)
        subprocess.run(["mount", "-o", "loop", str(image), str(place)], check=True)
        try:
            yield place
        finally:
            subprocess.run(["umount", "--lazy", str(place)], check=True)


def make_jobs(root: Path, count: int) -> None:
    """Make directories of jobs with 26 files of 0.2 to 2.7 KB each, in four directories."""
    dice = random.Random(0)
    for number in range(count):
        job = root / f"{number:08x}"
        (job / ".experimaestro").mkdir(parents=True)
        (job / "out" / "weights").mkdir(parents=True)
        for index in range(FILES):
            place = (job, job / ".experimaestro", job / "out", job / "out" / "weights")[index % 4]
            (place / f"file{index:02}.txt").write_bytes(dice.randbytes(200 + 97 * index))


def make_large(root: Path, count: int) -> None:
    """Make files of 1 GiB, which no file system compresses."""
    root.mkdir()
    block = random.Random(1).randbytes(1 << 26)
    for number in range(count):
        with (root / f"large{number}.bin").open("wb") as file:
            for _ in range(GIGABYTE // len(block)):
                file.write(block)
