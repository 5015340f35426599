"""What a copy of a job holds: a line for each thing, and at the end what stands for the whole.

A manifest is a text file of JSON lines, `<folder>/.xpm-config/manifests/<task>/<hash>.jsonl`:

    ["file", path, mode, size, modified, digest]      bytes; nanoseconds; digest by the name in the summary
    ["directory", path, mode, 0, 0, ""]
    ["link", path, 0, 0, modified, text]              the text of the copy
    ["original", path, 0, 0, 0, text]                 the text of a link that the copy has changed
    ["same", path, mode, size, modified, first]       a hard link to the file `first`
    ["left out", path, 0, 0, 0, ""]                   excluded by a rule: the copy is partial by rule
    ["problem", path, 0, 0, 0, reason]                could not be copied: the copy is not complete
    {"manifest": 1, …}                                the summary

It is written while the copy is made, so that a tree of any size takes no memory, and gets its name last.
"""

from __future__ import annotations

import itertools
import json
import os
from json.encoder import encode_basestring_ascii as _quoted
from typing import TYPE_CHECKING, Any, NamedTuple

from xxhash import xxh3_128, xxh3_128_intdigest

from xpm_config.errors import XpmConfigError
from xpm_config.jobs.content import DIGEST, write_all
from xpm_config.jobs.layout import OURS
from xpm_config.jobs.tree import OPEN_FILE, Entry

if TYPE_CHECKING:
    from collections.abc import Iterator

    from xpm_config.jobs.layout import JobId
    from xpm_config.jobs.root import Root

VERSION = 1
MANIFESTS = "manifests"
_TAIL = 8192
"""No summary is longer (bytes)."""
_BATCH = 1000
_CHUNK = 1 << 16
"""So much of a manifest is read at once (bytes)."""
_ALL_BITS = (1 << 128) - 1
_NOT_COPIED = ("left out", "problem", "original")


class Summary(NamedTuple):
    """What stands for a whole copy.

    `owner` is the workspace that made it, `done` the modification time (ns) of the job's marker of success
    when it was copied, `inode` that of the copy's directory, `size` in bytes. `left_out` and `problems` are
    counts; `rewritten` is the path that `params.json` has instead of the owner's, where it was rewritten;
    `digest` names the digests; `content` stands for all lines whatever their order, `sum` for the file as it is.
    """

    job: str
    owner: str
    done: int
    inode: int
    files: int
    size: int
    left_out: int
    problems: int
    rewritten: str = ""
    digest: str = DIGEST
    content: str = ""
    sum: str = ""


class ManifestWriter:
    """A manifest that is being written, under a name that nobody looks for."""

    def __init__(self, name: str, directory: int, mode: int = 0o666) -> None:
        """Make the file in an open directory; raises OSError."""
        self._lines: list[bytes] = []
        self._sum = xxh3_128()
        self._content = 0
        self._descriptor = os.open(name, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600, dir_fd=directory)
        os.fchmod(self._descriptor, mode & 0o666)

    def add(self, entry: Entry) -> None:
        """Add the line of one entry."""
        kind, path, mode, size, modified, value = entry
        # Every file of every job comes by here: the encoder of json takes three times as long.
        self._add(f'["{kind}", {_quoted(path)}, {mode}, {size}, {modified}, {_quoted(value)}]\n'.encode("ascii"))

    def add_missing(self, kind: str, path: str, value: str = "") -> None:
        """Add a line about something that the copy lacks: `left out`, a `problem`, or the `original` of a link."""
        self._add(json.dumps([kind, path, 0, 0, 0, value]).encode("ascii") + b"\n")

    def finish(self, summary: Summary) -> Summary:
        """Write the summary, which gets its `sum`, and close the file."""
        self._write()
        content = f"{self._content & _ALL_BITS:032x}"
        complete = summary._replace(content=content, sum=self._sum.hexdigest())
        self._lines.append(json.dumps({"manifest": VERSION, **complete._asdict()}).encode("ascii") + b"\n")
        self._write()
        self.close()
        return complete

    def close(self) -> None:
        """Close the file, finished or not."""
        if self._descriptor >= 0:
            os.close(self._descriptor)
            self._descriptor = -1

    def _add(self, line: bytes) -> None:
        self._content += xxh3_128_intdigest(line)
        self._lines.append(line)
        if len(self._lines) >= _BATCH:
            self._write()

    def _write(self) -> None:
        data = b"".join(self._lines)
        self._lines.clear()
        self._sum.update(data)
        if data:
            write_all(self._descriptor, data)


class ManifestError(XpmConfigError):
    """A manifest that cannot be believed."""


def manifest_name(job: JobId) -> str:
    """The name of a job's manifest below the directory of manifests."""
    return f"{job.task}/{job.hash}.jsonl"


def manifest_path(root: Root, job: JobId) -> str:
    """Where the manifest of a job stands, for messages."""
    return os.path.join(root.path, OURS, MANIFESTS, manifest_name(job))


def read_summary(root: Root, job: JobId) -> Summary | None:
    """The summary of a manifest, by a few system calls; None where there is no manifest or it has none."""
    try:
        return read_staged_summary(manifest_name(job), root.ours(MANIFESTS, create=False))
    except FileNotFoundError:
        return None


def read_staged_summary(name: str, directory: int) -> Summary | None:
    """The summary of a manifest by its name in an open directory; None where it has none. Raises OSError."""
    descriptor = os.open(name, OPEN_FILE, dir_fd=directory)
    try:
        size = os.fstat(descriptor).st_size
        tail = os.pread(descriptor, _TAIL, max(size - _TAIL, 0))
    finally:
        os.close(descriptor)
    return _summary(tail.rstrip(b"\n").rpartition(b"\n")[2])


def publish_manifest(root: Root, job: JobId, name: str, directory: int) -> None:
    """Give a manifest that has been written its final name, in place of an older one."""
    manifests = root.ours(MANIFESTS)
    try:
        os.rename(name, manifest_name(job), src_dir_fd=directory, dst_dir_fd=manifests)
    except FileNotFoundError:
        root.make(job.task, manifests)
        os.rename(name, manifest_name(job), src_dir_fd=directory, dst_dir_fd=manifests)


def remove_manifest(root: Root, job: JobId) -> None:
    """Remove the manifest of a job whose copy cannot be believed any more."""
    try:
        os.unlink(manifest_name(job), dir_fd=root.ours(MANIFESTS))
    except FileNotFoundError:
        pass


def _open(root: Root, job: JobId) -> int:
    return os.open(manifest_name(job), OPEN_FILE, dir_fd=root.ours(MANIFESTS, create=False))


def _summary(line: bytes) -> Summary | None:
    try:
        data: dict[str, Any] = json.loads(line)
        if data.pop("manifest") != VERSION:
            return None
        return Summary(**data)
    except (ValueError, TypeError, KeyError, AttributeError):
        return None


def read_entries(root: Root, job: JobId) -> Iterator[Entry]:
    """The entries of a manifest, in its order; raises ManifestError where it is not as it was written."""
    digest = xxh3_128()
    path = manifest_path(root, job)
    try:
        descriptor = _open(root, job)
    except OSError as error:
        raise ManifestError(f"{path}: it cannot be read: {error.strerror}") from None
    with os.fdopen(descriptor, "rb") as file:
        # Many lines at once: a call for each of them would take most of the time.
        while lines := file.readlines(_CHUNK):
            last = lines[-1]
            summary = None if last.startswith(b"[") else _summary(lines.pop())
            data = b"".join(lines)
            digest.update(data)
            try:
                yield from itertools.starmap(Entry, json.loads(b"[" + b",".join(lines) + b"]"))
            except (ValueError, TypeError):
                break
            if summary is not None and summary.sum == digest.hexdigest() and not file.read(1):
                return
    raise ManifestError(f"{path}: it is cut or was changed")


def read_copied(root: Root, job: JobId) -> Iterator[Entry]:
    """The entries of what has been copied."""
    return (entry for entry in read_entries(root, job) if entry.kind not in _NOT_COPIED)


def read_originals(root: Root, job: JobId) -> dict[str, str]:
    """The texts that links had, by path, where the copy has others."""
    return {entry.path: entry.value for entry in read_entries(root, job) if str(entry.kind) == "original"}
