"""The copy of one job into a staging, with its manifest."""

from __future__ import annotations

import os
import stat
from typing import TYPE_CHECKING, NamedTuple

from xpm_config.jobs import params
from xpm_config.jobs.content import digest_of
from xpm_config.jobs.looking import look
from xpm_config.jobs.manifest import ManifestWriter, Summary
from xpm_config.jobs.tree import OPEN_FILE, Entry, SourceChangedError, TreeCopy

if TYPE_CHECKING:
    from xpm_config.jobs.exclude import Rules
    from xpm_config.jobs.layout import JobId
    from xpm_config.jobs.root import Root
    from xpm_config.jobs.source import Source
    from xpm_config.jobs.staging import Staging
    from xpm_config.jobs.tree import Excludes, Problem

_NAMED = 3
"""So many things are named in a message."""


class Copied(NamedTuple):
    """A staged copy: `problems` names what it lacks, `warning` is for the user; both may be empty."""

    state: bytes
    summary: Summary
    problems: str
    warning: str


def excludes(job: JobId, rules: Rules | None) -> Excludes:
    """What is left out of a copy: the job's own runtime files, and what the rules say."""
    runtime = frozenset(job.runtime_files)
    base = f"{job.relative}/"

    def excluded(path: str, is_directory: bool) -> bool:
        if (path + "/" if is_directory else path) in runtime:
            return True
        return rules is not None and rules.excludes(base + path, is_directory=is_directory)

    return excluded


class Copying:
    """The copying of an open source into an empty staging."""

    def __init__(
        self, workspace: Root, source: Source, staging: Staging, rules: Rules | None, *, rewrite: bool = False
    ) -> None:
        self._workspace, self._source, self._staging = workspace, source, staging
        self._excludes = excludes(source.job, rules)
        self._whole = rules is None
        self._rewrite = rewrite
        self._rewritten = ""
        self._warning = ""

    def run(self) -> Copied:
        """Copy; raises SourceChangedError when somebody writes to the source, and OSError."""
        staging, source = self._staging, self._source
        self._manifest = ManifestWriter(staging.manifest, staging.records, staging.root.mode)
        try:
            link_text = self._absolute if self._whole else _unchanged
            copy = TreeCopy(source.directory, staging.directory, self._excludes, self._record, link_text)
            copied = copy.run()
            if look(source.directory, self._excludes) != copied.state or not source.is_same():
                raise SourceChangedError(source.job.relative)
            for problem in copied.problems:
                self._manifest.add_missing("problem", problem.path, problem.reason)
            # What belongs to a run, and not to the job, is not missed.
            left_out = sorted(set(copied.left_out) - set(source.job.runtime_files))
            for path in left_out:
                self._manifest.add_missing("left out", path)
            summary = self._manifest.finish(
                Summary(
                    job=str(source.job),
                    owner=self._workspace.path,
                    done=source.state.done or 0,
                    inode=os.fstat(staging.directory).st_ino,
                    files=copied.files,
                    size=copied.size,
                    left_out=len(left_out),
                    problems=len(copied.problems),
                    rewritten=self._rewritten,
                )
            )
        finally:
            self._manifest.close()
        return Copied(copied.state, summary, _named(copied.problems), self._warning)

    def _record(self, entry: Entry) -> None:
        if entry.path == params.PARAMS and entry.kind == "file" and entry.size <= params.MAX:
            entry = self._checked_params(entry)
        self._manifest.add(entry)

    def _checked_params(self, entry: Entry) -> Entry:
        """Look for absolute paths in an old parameter file, and rewrite the copy's where that is asked for."""
        data = _read(entry.path, self._staging.directory, entry.size)
        workspace = self._workspace.path
        if not params.mentions(data, workspace) or params.is_portable(data):
            return entry
        found = params.paths_below(data, workspace)
        if not found:
            return entry
        if not self._rewrite:
            names = ", ".join(found[:_NAMED]) + (f" and {len(found) - _NAMED} more" if len(found) > _NAMED else "")
            self._warning = (
                f"its params.json is of an old version and has absolute paths ({names}); "
                "`jobs archive --rewrite-paths` rewrites them"
            )
            return entry
        self._rewritten = self._staging.root.given
        data = params.rewrite(data, workspace, self._rewritten)
        _overwrite(entry, self._staging.directory, data)
        return entry._replace(size=len(data), value=digest_of(data))

    def _absolute(self, path: str, text: str) -> str:
        """The text of a link in a moved job: one that leaves the job would lead elsewhere from the folder."""
        if text.startswith("/"):
            return text
        inside = os.path.normpath(os.path.join(os.path.dirname(path), text))
        if inside != ".." and not inside.startswith("../"):
            return text
        self._manifest.add_missing("original", path, text)
        job = os.path.join(os.path.realpath(os.path.dirname(self._source.job.path(self._workspace.path))), "job")
        return os.path.normpath(os.path.join(job, inside))


def rewrite_params(directory: int, old: str, new: str) -> None:
    """Let the paths of an old parameter file in an open directory begin with another one; raises OSError."""
    with os.fdopen(os.open(params.PARAMS, OPEN_FILE, dir_fd=directory), "rb") as file:
        status = os.fstat(file.fileno())
        data = file.read(params.MAX)
    mode = stat.S_IMODE(status.st_mode)
    entry = Entry("file", params.PARAMS, mode, status.st_size, status.st_mtime_ns, "")
    _overwrite(entry, directory, params.rewrite(data, old, new))


def _unchanged(path: str, text: str) -> str:
    return text


def _read(name: str, directory: int, size: int) -> bytes:
    with os.fdopen(os.open(name, OPEN_FILE, dir_fd=directory), "rb") as file:
        return file.read(size)


def _overwrite(entry: Entry, directory: int, data: bytes) -> None:
    """Give the copy of a file, which is no hard link, another content; its mode and times stay."""
    os.chmod(entry.path, 0o600, dir_fd=directory)
    with os.fdopen(os.open(entry.path, os.O_WRONLY | os.O_TRUNC | os.O_CLOEXEC, dir_fd=directory), "wb") as file:
        file.write(data)
        file.flush()
        os.fchmod(file.fileno(), entry.mode)
        os.utime(file.fileno(), ns=(entry.modified, entry.modified))


def _named(problems: tuple[Problem, ...]) -> str:
    words = ", ".join(f"{problem.path}: {problem.reason}" for problem in problems[:_NAMED])
    return words + (f" and {len(problems) - _NAMED} more" if len(problems) > _NAMED else "")
