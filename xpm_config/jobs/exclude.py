"""Which files of a job are not copied: gitignore rules, built in and from a workspace's `.xpmignore`.

Paths are relative to the workspace, as git takes them relative to the directory of a `.gitignore`. What lies in
an excluded directory is excluded with it, whatever later rules say.
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from pathspec import PathSpec
from pathspec.pattern import RegexPattern

from xpm_config.files import read
from xpm_config.jobs.patterns import Pattern, as_bytes, parse

if TYPE_CHECKING:
    from collections.abc import Iterable

    from xpm_config.jobs.layout import JobId

DEFAULT_RULES = ("*.lock", "*.pid", ".scheduler/", ".tmp.*")
IGNORE_FILE = ".xpmignore"
_KNOWN = 50_000
"""So many answers are remembered at most."""


class Rules:
    """Gitignore rules, later ones winning."""

    def __init__(self, lines: Iterable[str] = ()) -> None:
        patterns = [pattern for line in (*DEFAULT_RULES, *lines) if (pattern := parse(as_bytes(line))) is not None]
        self._of_directories = _spec(patterns)
        self._of_files = _spec(pattern for pattern in patterns if not pattern.only_directories)
        # Without a rule that names a place, only the names count, and jobs have many names in common.
        self._by_name = not any(pattern.names_place for pattern in patterns)
        self._known: dict[tuple[str, bool], bool] = {}

    def excludes(self, path: str, *, is_directory: bool) -> bool:
        """Whether a path relative to the workspace is excluded, its parents not being so."""
        if not self._by_name:
            return self._match(path, is_directory=is_directory)
        name = path.rpartition("/")[2]
        known = self._known.get((name, is_directory))
        if known is None:
            if len(self._known) >= _KNOWN:
                self._known.clear()
            known = self._known[name, is_directory] = self._match(name, is_directory=is_directory)
        return known

    def _match(self, path: str, *, is_directory: bool) -> bool:
        return (self._of_directories if is_directory else self._of_files).match_file(as_bytes(path))


def read_rules(workspace: str) -> Rules:
    """The rules of a workspace; raises FileUnreadableError where its `.xpmignore` cannot be read."""
    path = os.path.join(workspace, IGNORE_FILE)
    if not os.path.lexists(path):
        return Rules()
    # As git does: only a line feed ends a line, and a BOM is passed over.
    text = read(path).removeprefix(b"\xef\xbb\xbf").decode("utf-8", "surrogateescape")
    return Rules(line.removesuffix("\r") for line in text.split("\n"))


def is_runtime(job: JobId, path: str, *, is_directory: bool) -> bool:
    """Whether a path relative to the job is one of its runtime files."""
    return (path + "/" if is_directory else path) in job.runtime_files


def _spec(patterns: Iterable[Pattern]) -> PathSpec[RegexPattern]:
    return PathSpec([RegexPattern(pattern.regex, pattern.excludes) for pattern in patterns], backend="simple")
