"""Looks at directories, as a process of its own: one that never answers, on a dead network disk, holds up nobody.

It is run as a script and imports nothing of the package, so that it starts at once. Standard input is
`{"seconds": number, "paths": {path: {"links": bool, "staging": bool}}}`. For each path one line of JSON is
printed as soon as it is known: `{"path", "state"}`, and where its jobs are looked through a second one:
`{"path", "jobs"}`. Nothing is changed.
"""

from __future__ import annotations

import collections
import errno
import json
import os
import stat
import sys
import threading
import time
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

SHOWN = 3
"""So many examples are given of what is found many times."""
STALE_AFTER = 24 * 3600
"""A staging directory that was not touched for so long (seconds) belongs to nobody."""
_GRACE = 0.2
"""What was found until the deadline takes no longer than this (seconds) to be printed."""

_MAX_THREADS = 256
_STACK = 256 << 10
"""Each thread takes so much memory (bytes) for its calls, instead of the usual 8 MiB."""

_GONE = (errno.ENOENT, errno.ENOTDIR, errno.ELOOP, errno.ESTALE, errno.ENOTCONN)


def state(path: str) -> dict[str, Any]:
    """What a path is: `kind` is directory, file, missing or error, and the rest depends on it.

    The `errno` of an error is that of the system, 0 where no file can have such a name.
    """
    try:
        return _state(path)
    except OSError as error:
        return {"kind": "error", "errno": error.errno, "reason": error.strerror}
    except ValueError:
        return {"kind": "error", "errno": 0, "reason": "this cannot be a file name"}


def _state(path: str) -> dict[str, Any]:
    try:
        found = os.stat(path)
    except FileNotFoundError:
        return _missing(path)
    except NotADirectoryError:
        return {"kind": "file"}
    return _directory(path, found) if stat.S_ISDIR(found.st_mode) else {"kind": "file"}


def _directory(path: str, found: os.stat_result) -> dict[str, Any]:
    system = os.statvfs(path)
    return {
        "kind": "directory",
        "real": os.path.realpath(path),
        "device": found.st_dev,
        "readable": _allowed(path, os.R_OK | os.X_OK),
        "writable": _allowed(path, os.W_OK | os.X_OK),
        "read_only": bool(system.f_flag & os.ST_RDONLY),
        "free_bytes": system.f_bavail * system.f_frsize,
        "bytes": system.f_blocks * system.f_frsize,
        "free_files": system.f_favail,
        "files": system.f_files,
        "has_jobs": os.path.isdir(os.path.join(path, "jobs")),
    }


def _missing(path: str) -> dict[str, Any]:
    real = os.path.realpath(path)
    above = os.path.dirname(real)
    parent_is_there = os.path.isdir(above)
    while not os.path.exists(above):
        above = os.path.dirname(above)
    return {
        "kind": "missing",
        "real": real,
        "link": os.path.islink(path),
        "parent_is_there": parent_is_there,
        "above": above,
        "above_writable": os.path.isdir(above) and _allowed(above, os.W_OK | os.X_OK),
    }


def _allowed(path: str, mode: int) -> bool:
    return os.access(path, mode, effective_ids=os.access in os.supports_effective_ids)


def jobs(path: str, deadline: float, *, links: bool, staging: bool) -> dict[str, Any]:
    """Links that lead nowhere and staging directories that were left, in `jobs/*/`, until a point in time."""
    dangling, left = _Found(), _Found()
    looked = 0
    complete = True
    for name, job in _jobs(os.path.join(path, "jobs")):
        if time.monotonic() > deadline:
            complete = False
            break
        looked += 1
        if job.is_symlink():
            if links and _leads_nowhere(job.path):
                dangling.add(name)
        elif staging and job.name.startswith(".tmp.") and _is_stale(job):
            left.add(name)
    return {"dangling": dangling.as_json(), "staging": left.as_json(), "looked_at": looked, "complete": complete}


def _jobs(path: str) -> Iterator[tuple[str, os.DirEntry[str]]]:
    for task in _entries(path):
        for job in _entries(task.path):
            yield f"jobs/{task.name}/{job.name}", job


class _Found:
    """What is found many times: how often, and the first ones."""

    def __init__(self) -> None:
        self.count = 0
        self.first: list[str] = []

    def add(self, name: str) -> None:
        self.count += 1
        if len(self.first) < SHOWN:
            self.first.append(name)

    def as_json(self) -> dict[str, Any]:
        return {"count": self.count, "first": sorted(self.first)}


def _entries(path: str) -> Iterator[os.DirEntry[str]]:
    """The entries of a directory; none where it cannot be read, which its state tells."""
    try:
        with os.scandir(path) as entries:
            yield from entries
    except OSError:
        return


def _leads_nowhere(path: str) -> bool:
    try:
        os.stat(path)
    except OSError as error:
        return error.errno in _GONE
    return False


def _is_stale(entry: os.DirEntry[str]) -> bool:
    try:
        return entry.is_dir() and time.time() - entry.stat().st_mtime > STALE_AFTER
    except OSError:
        return False


def _started(work: Callable[[], None], count: int) -> list[threading.Thread]:
    """Threads that do the work: so many, or as many as the limits of the user allow."""
    threading.stack_size(_STACK)
    threads: list[threading.Thread] = []
    for _ in range(count):
        thread = threading.Thread(target=work, daemon=True)
        try:
            thread.start()
        except RuntimeError:
            if not threads:
                raise
            break
        threads.append(thread)
    return threads


def main() -> None:
    """Look at many paths at the same time, since each may keep its thread for ever."""
    request = json.load(sys.stdin)
    deadline = time.monotonic() + request["seconds"]
    printing = threading.Lock()

    def report(**line: Any) -> None:
        with printing:
            sys.stdout.write(json.dumps(line) + "\n")
            sys.stdout.flush()

    # What takes long, the jobs, comes behind all that is quick.
    waiting = collections.deque(request["paths"].items())
    with_jobs: collections.deque[tuple[str, dict[str, bool]]] = collections.deque()

    def look() -> None:
        while waiting:
            try:
                path, wanted = waiting.popleft()
            except IndexError:
                break
            known = state(path)
            report(path=path, state=known)
            if any(wanted.values()) and known["kind"] == "directory":
                with_jobs.append((path, wanted))
        while with_jobs:
            try:
                path, wanted = with_jobs.popleft()
            except IndexError:
                break
            report(path=path, jobs=jobs(path, deadline, **wanted))

    for thread in _started(look, min(len(waiting), _MAX_THREADS)):
        thread.join(max(0.0, deadline + _GRACE - time.monotonic()))
    sys.stdout.flush()
    # A thread that waits in the system would keep the interpreter from ending.
    os._exit(0)


if __name__ == "__main__":
    main()
