"""What a copy of a job holds: a line for each thing, and at the end what stands for the whole.

A manifest is a text file of JSON lines, `<folder>/.xpm-config/manifests/<task>/<hash>.jsonl`:

    ["file", path, mode, size, modified, digest]      bytes; nanoseconds; digest by the name in the summary
    ["directory", path, mode, 0, 0, ""]
    ["link", path, 0, 0, modified, text]              the text of the original
    ["same", path, mode, size, modified, first]       a hard link to the file `first`
    ["left out", path, 0, 0, 0, ""]                   excluded by a rule: the copy is partial by rule
    ["problem", path, 0, 0, 0, reason]                could not be copied: the copy is not complete
    {"manifest": 1, …}                                the summary

It is written while the copy is made, so that a tree of any size takes no memory, and gets its name last.
"""

from __future__ import annotations

import json
import os
import stat
from json.encoder import encode_basestring_ascii
from typing import TYPE_CHECKING, Any, NamedTuple

from xxhash import xxh3_128

from xpm_config.errors import XpmConfigError
from xpm_config.jobs.content import DIGEST, digest_file
from xpm_config.jobs.tree import OPEN_FILE, Entry, Problem

if TYPE_CHECKING:
    from collections.abc import Iterator

VERSION = 1
_TAIL = 8192
"""No summary is longer (bytes)."""
_BATCH = 1000
_NOT_COPIED = ("left out", "problem")


class Summary(NamedTuple):
    """What stands for a whole copy.

    `owner` is the workspace that made it, `done` the modification time (ns) of the job's marker of success
    when it was copied, `inode` that of the copy's directory, `size` in bytes. `left_out` and `problems` are
    counts; `digest` names the digests, and `sum` is the one of all lines before.
    """

    job: str
    owner: str
    done: int
    inode: int
    files: int
    size: int
    left_out: int
    problems: int
    digest: str = DIGEST
    sum: str = ""


class ManifestWriter:
    """A manifest that is being written, under a name that nobody looks for."""

    def __init__(self, path: str) -> None:
        self.path = path
        self._lines: list[str] = []
        self._sum = xxh3_128()
        self._descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o666)

    def add(self, entry: Entry) -> None:
        """Add the line of one entry."""
        kind, path, mode, size, modified, value = entry
        quoted = encode_basestring_ascii
        self._lines.append(f'["{kind}", {quoted(path)}, {mode}, {size}, {modified}, {quoted(value)}]\n')
        if len(self._lines) >= _BATCH:
            self._write()

    def add_missing(self, kind: str, path: str, reason: str = "") -> None:
        """Add a line about something that was not copied, `left out` or a `problem`."""
        self._lines.append(json.dumps([kind, path, 0, 0, 0, reason]) + "\n")

    def finish(self, summary: Summary) -> None:
        """Write the summary and close the file."""
        self._write()
        complete = summary._replace(sum=self._sum.hexdigest())
        self._lines.append(json.dumps({"manifest": VERSION, **complete._asdict()}) + "\n")
        self._write()
        self.close()

    def close(self) -> None:
        """Close the file, finished or not."""
        if self._descriptor >= 0:
            os.close(self._descriptor)
            self._descriptor = -1

    def _write(self) -> None:
        data = "".join(self._lines).encode("ascii")
        self._lines.clear()
        self._sum.update(data)
        while data:
            data = data[os.write(self._descriptor, data) :]


class ManifestError(XpmConfigError):
    """A manifest that cannot be believed."""


def read_summary(path: str) -> Summary | None:
    """The summary of a manifest, by a few system calls; None where there is no manifest or it has none."""
    try:
        descriptor = os.open(path, OPEN_FILE)
    except FileNotFoundError:
        return None
    try:
        size = os.fstat(descriptor).st_size
        tail = os.pread(descriptor, _TAIL, max(size - _TAIL, 0))
    finally:
        os.close(descriptor)
    return _summary(tail.rstrip(b"\n").rpartition(b"\n")[2])


def _summary(line: bytes) -> Summary | None:
    try:
        data: dict[str, Any] = json.loads(line)
        if data.pop("manifest") != VERSION:
            return None
        return Summary(**data)
    except (ValueError, TypeError, KeyError, AttributeError):
        return None


def read_entries(path: str) -> Iterator[Entry]:
    """The entries of a manifest, in its order; raises ManifestError where it is not as it was written."""
    digest = xxh3_128()
    with open(path, "rb") as file:
        for line in file:
            if line.startswith(b"["):
                digest.update(line)
                try:
                    entry = Entry(*json.loads(line))
                except (ValueError, TypeError):
                    raise ManifestError(f"{path}: a line is no entry") from None
                if entry.kind not in _NOT_COPIED:
                    yield entry
            else:
                summary = _summary(line)
                if summary is not None and summary.sum == digest.hexdigest():
                    return
                break
    raise ManifestError(f"{path}: it is cut or was changed")


class Condition(NamedTuple):
    """What became of a copy: what is damaged in it, and what was written to since."""

    damaged: tuple[Problem, ...]
    changed: tuple[str, ...]


def examine(directory: int, entries: Iterator[Entry], *, digests: bool, in_use: bool = False) -> Condition:
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
