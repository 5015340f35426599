"""Which files of a job are not copied: gitignore rules, built in and from a workspace's `.xpmignore`.

Paths are relative to the workspace, as git takes them relative to the directory of a `.gitignore`. What lies in
an excluded directory is excluded with it, whatever later rules say.
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from pathspec import GitIgnoreSpec

from xpm_config.errors import FileUnreadableError, XpmConfigError
from xpm_config.files import read

if TYPE_CHECKING:
    from collections.abc import Iterable

    from xpm_config.jobs.layout import JobId

DEFAULT_RULES = ("*.lock", "*.pid", ".scheduler/", ".tmp.*")
IGNORE_FILE = ".xpmignore"


class Rules:
    """Gitignore rules, later ones winning."""

    def __init__(self, lines: Iterable[str] = ()) -> None:
        own = tuple(lines)
        self._spec = GitIgnoreSpec.from_lines((*DEFAULT_RULES, *own))
        # Without a rule that names a place, only the names count, and jobs have many names in common.
        self._by_name = not any("/" in line.rstrip().rstrip("/") for line in own if not line.startswith("#"))
        self._known: dict[str, bool] = {}

    def excludes(self, path: str, *, is_directory: bool) -> bool:
        """Whether a path relative to the workspace is excluded, its parents not being so."""
        key = (path.rpartition("/")[2] if self._by_name else path) + ("/" if is_directory else "")
        known = self._known.get(key)
        if known is None:
            known = self._spec.match_file(key)
            if self._by_name:
                self._known[key] = known
        return known


def read_rules(workspace: str) -> Rules:
    """The rules of a workspace; raises XpmConfigError where its `.xpmignore` cannot be read."""
    path = os.path.join(workspace, IGNORE_FILE)
    if not os.path.lexists(path):
        return Rules()
    try:
        return Rules(read(path).decode("utf-8").splitlines())
    except UnicodeDecodeError:
        raise FileUnreadableError(path, "it is not UTF-8", "save it as UTF-8") from None
    except ValueError as error:
        raise XpmConfigError(f"{path}: {error}", "write rules as in a .gitignore") from None


def is_runtime(job: JobId, path: str, *, is_directory: bool) -> bool:
    """Whether a path relative to the job is one of its runtime files."""
    return (path + "/" if is_directory else path) in job.runtime_files
