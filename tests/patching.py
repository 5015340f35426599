"""Applying a unified diff, with the `patch` program and without it."""

from __future__ import annotations

import re
import shutil
import subprocess
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from pathlib import Path

PATCH = shutil.which("patch")

_HEADER = re.compile(rb"@@ -(\d+),(\d+) \+(\d+),(\d+) @@\n")


class Hunk(NamedTuple):
    """The lines that a hunk takes away and those that it puts in their place; line numbers count from 0."""

    start: int
    new_start: int
    old: list[bytes]
    new: list[bytes]


def with_program(old: bytes, diff: bytes, place: Path) -> bytes:
    """The bytes after `patch`, which must take every hunk where it says that it belongs."""
    assert PATCH is not None
    before, after = place / "patch-before", place / "patch-after"
    before.write_bytes(old)
    after.unlink(missing_ok=True)
    command = [PATCH, "--binary", "--fuzz=0", "--batch", f"--output={after}", str(before)]
    done = subprocess.run(command, input=diff, capture_output=True, check=False)
    assert done.returncode == 0, (done.stdout + done.stderr + diff).decode()
    assert b"offset" not in done.stdout
    return after.read_bytes()


def by_hand(old: bytes, diff: bytes) -> bytes:
    """The bytes after the hunks, each of which must fit."""
    lines = _lines(old)
    new: list[bytes] = []
    taken = 0
    for hunk in hunks(diff):
        new += lines[taken : hunk.start]
        assert len(new) == hunk.new_start
        taken = hunk.start + len(hunk.old)
        assert lines[hunk.start : taken] == hunk.old
        new += hunk.new
    return b"".join(new + lines[taken:])


def hunks(diff: bytes) -> list[Hunk]:
    """The hunks of a diff, which must be as long as they say."""
    found: list[Hunk] = []
    sizes: list[tuple[int, int]] = []
    last: list[list[bytes]] = []
    for line in _lines(diff)[2:]:
        header = _HEADER.fullmatch(line)
        if header is not None:
            start, size, new_start, new_size = map(int, header.groups())
            sizes.append((size, new_size))
            found.append(Hunk(start - (size > 0), new_start - (new_size > 0), [], []))
            continue
        sign, text = line[:1], line[1:]
        if sign == b"\\":
            for side in last:
                side[-1] = side[-1].removesuffix(b"\n")
            continue
        last = {b" ": [found[-1].old, found[-1].new], b"-": [found[-1].old], b"+": [found[-1].new]}[sign]
        for side in last:
            side.append(text)
    assert sizes == [(len(hunk.old), len(hunk.new)) for hunk in found]
    return found


def _lines(data: bytes) -> list[bytes]:
    return re.findall(rb"[^\n]*\n|[^\n]+\Z", data)
