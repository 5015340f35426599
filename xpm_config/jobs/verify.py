"""Comparing a copy with its manifest."""

from __future__ import annotations

import os
import stat
from typing import TYPE_CHECKING, NamedTuple

from xpm_config.jobs.content import SMALL, digest_file, digest_of
from xpm_config.jobs.tree import OPEN_FILE, Entry, Problem, open_below

if TYPE_CHECKING:
    from collections.abc import Iterable


_KINDS = {"directory": stat.S_ISDIR, "link": stat.S_ISLNK, "file": stat.S_ISREG, "same": stat.S_ISREG}
_LONG = 1000
"""Longer paths (characters) are not given to the system in one piece: it takes 4096 bytes."""
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
            reason, newer = _compared(directory, entry, digests=digests)
        except OSError as error:
            reason, newer = error.strerror or "it cannot be read", False
        if newer and in_use:
            changed.append(entry.path)
        elif reason:
            damaged.append(Problem(entry.path, reason))
    return Condition(tuple(damaged), tuple(changed))


def _compared(directory: int, entry: Entry, *, digests: bool) -> tuple[str, bool]:
    """What is wrong with a copied thing, in words, and whether it is newer; raises OSError."""
    if len(entry.path) < _LONG:
        return _contradiction(directory, entry, digests=digests)
    parent, _, name = entry.path.rpartition("/")
    try:
        inside = open_below(directory, parent)
    except FileNotFoundError:
        return "it is missing", False
    try:
        return _contradiction(inside, entry._replace(path=name), digests=digests)
    finally:
        os.close(inside)


def _contradiction(directory: int, entry: Entry, *, digests: bool) -> tuple[str, bool]:
    try:
        status = os.stat(entry.path, dir_fd=directory, follow_symlinks=False)
    except FileNotFoundError:
        return "it is missing", False
    newer = stat.S_ISREG(status.st_mode) and status.st_mtime_ns > entry.modified
    if not _KINDS[entry.kind](status.st_mode):
        return f"it is no {'file' if entry.kind == 'same' else entry.kind} any more", newer
    if entry.kind == "link" and os.readlink(entry.path, dir_fd=directory) != entry.value:
        return "it leads elsewhere", False
    if entry.kind in ("directory", "link"):
        return "", False
    if status.st_size != entry.size:
        return f"it has {status.st_size:,} bytes instead of {entry.size:,}", newer
    # A copy that is not in use was written to by somebody who should not have: its contents are read.
    if entry.kind == "file" and (digests or status.st_mtime_ns != entry.modified):
        descriptor = os.open(entry.path, OPEN_FILE, dir_fd=directory)
        try:
            if _digest(descriptor, entry.size) != entry.value:
                return "its contents are not what was copied", newer
        finally:
            os.close(descriptor)
    return "", newer


def _digest(descriptor: int, size: int) -> str:
    """The digest of an open file: a small one is read in one piece."""
    if size <= SMALL:
        data = os.read(descriptor, size + 1)
        if len(data) == size:
            return digest_of(data)
    return digest_file(descriptor)
