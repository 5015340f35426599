"""A workspace and its folders, as plain paths: what a process anywhere needs to know to work on jobs."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from xpm_config.jobs.lookup import shelf_paths
from xpm_config.jobs.root import Root

if TYPE_CHECKING:
    from collections.abc import Sequence
    from contextlib import ExitStack

    from xpm_config.jobs.folder import Folder, Mode


class Plan(NamedTuple):
    """A workspace and its folders in their order.

    `others` are the paths of other workspaces, in which no folder may lie; `mode` is for what is made, by default
    that of the directories.
    """

    workspace: str
    folders: tuple[Folder, ...]
    others: tuple[str, ...] = ()
    mode: int | None = None

    @property
    def shelves(self) -> list[str]:
        """The directories in which jobs of the folders are looked for."""
        return [path for folder in self.folders for path in shelf_paths(folder.path, folder.mode)]


class Shelved(NamedTuple):
    """An open folder, and what it is used for."""

    root: Root
    mode: Mode


class Away(NamedTuple):
    """A folder that cannot be looked into, and why."""

    path: str
    reason: str


def look_into(folders: Sequence[Folder], opened: ExitStack) -> tuple[list[Shelved], list[Away]]:
    """Open folders to read in them, and tell which are not there."""
    shelved: list[Shelved] = []
    away: list[Away] = []
    for folder in folders:
        # Of the two directories that a folder may be named by, one is enough.
        errors = []
        paths = shelf_paths(folder.path, folder.mode)
        for path in paths:
            try:
                shelved.append(Shelved(opened.enter_context(Root(path)), folder.mode))
            except OSError as error:
                errors.append(error)
        if len(errors) == len(paths):
            away.append(Away(folder.path, errors[0].strerror or str(errors[0])))
    return shelved, away
