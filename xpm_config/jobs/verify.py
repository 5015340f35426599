"""Comparing a copy with its manifest."""

from __future__ import annotations

import os
import stat
from typing import TYPE_CHECKING, NamedTuple

from xpm_config.jobs.content import digest_file
from xpm_config.jobs.tree import OPEN_FILE, Entry, Problem

if TYPE_CHECKING:
    from collections.abc import Iterable


_NAMED = 3
"""So many damaged files are named in a message."""


class Condition(NamedTuple):
    """What became of a copy: what is damaged in it, and what was written to since."""

    damaged: tuple[Problem, ...]
    changed: tuple[str, ...]

    @property
    def words(self) -> str:
        """What is damaged, in words; empty where nothing is."""
        named = ", ".join(f"{problem.path}: {problem.reason}" for problem in self.damaged[:_NAMED])
        return named + (f" and {len(self.damaged) - _NAMED} more" if len(self.damaged) > _NAMED else "")


def examine(directory: int, entries: Iterable[Entry], *, digests: bool, in_use: bool = False) -> Condition:
    """Compare the tree behind a descriptor with its manifest, reading all contents only for `digests`.

    A copy that is `in_use`, since a moved job's path leads to it, may have newer contents. What was added
    does not count, and neither does what experimaestro writes into a finished job.
    """
    damaged: list[Problem] = []
    changed: list[str] = []
    for entry in entries:
        if entry.path.startswith(".experimaestro/"):
            continue
        try:
            reason = _contradiction(directory, entry, digests=digests)
            newer = in_use and reason and _modified(directory, entry.path) > entry.modified
        except OSError as error:
            reason, newer = error.strerror or "it cannot be read", False
        if newer:
            changed.append(entry.path)
        elif reason:
            damaged.append(Problem(entry.path, reason))
    return Condition(tuple(damaged), tuple(changed))


def _modified(directory: int, path: str) -> int:
    status = os.stat(path, dir_fd=directory, follow_symlinks=False)
    return status.st_mtime_ns if stat.S_ISREG(status.st_mode) else 0


def _contradiction(directory: int, entry: Entry, *, digests: bool) -> str | None:
    """What is wrong with a copied thing, if anything; raises OSError where it cannot be looked at."""
    try:
        status = os.stat(entry.path, dir_fd=directory, follow_symlinks=False)
    except FileNotFoundError:
        return "it is missing"
    kinds = {"directory": stat.S_ISDIR, "link": stat.S_ISLNK, "file": stat.S_ISREG, "same": stat.S_ISREG}
    if not kinds[entry.kind](status.st_mode):
        return f"it is no {'file' if entry.kind == 'same' else entry.kind} any more"
    if entry.kind == "link" and os.readlink(entry.path, dir_fd=directory) != entry.value:
        return "it leads elsewhere"
    if entry.kind in ("directory", "link"):
        return None
    if status.st_size != entry.size:
        return f"it has {status.st_size:,} bytes instead of {entry.size:,}"
    # A copy that is not in use was written to by somebody who should not have: its contents are read.
    if entry.kind == "file" and (digests or status.st_mtime_ns != entry.modified):
        descriptor = os.open(entry.path, OPEN_FILE, dir_fd=directory)
        try:
            return None if digest_file(descriptor) == entry.value else "its contents are not what was copied"
        finally:
            os.close(descriptor)
    return None
