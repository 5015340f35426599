"""Bringing jobs into all folders of a workspace: backups first, in order, then the first move folder that is there."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from xpm_config.errors import XpmConfigError
from xpm_config.jobs import exclude
from xpm_config.jobs.archive import Archiver
from xpm_config.jobs.folder import open_folder
from xpm_config.jobs.move import Mover, Original
from xpm_config.jobs.outcome import Outcome
from xpm_config.jobs.recovery import recover

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from xpm_config.jobs.folder import Folder
    from xpm_config.jobs.layout import JobId
    from xpm_config.jobs.root import Root

MAX_ORIGINALS = 128
"""So many originals of moved jobs wait for the end of the run; each holds two descriptors."""


class Delivery:
    """The folders of an open workspace that copies are made in; `others` are the paths of other workspaces.

    A later move folder gets a copy, and a folder that is listed twice is used once, as it is listed first.
    `thorough` looks at the sizes of all files of copies that are there, `rewrite` points old parameter files into
    the folder.
    """

    def __init__(
        self,
        workspace: Root,
        folders: Sequence[Folder],
        others: Sequence[str] = (),
        *,
        mode: int | None = None,
        thorough: bool = False,
        rewrite: bool = False,
    ) -> None:
        self._workspace, self._others, self._mode = workspace, tuple(others), mode
        self._thorough, self._rewrite = thorough, rewrite
        self.folders = written(folders)
        self._originals: list[Original] = []
        self._recovered: set[str] = set()

    @property
    def holds(self) -> bool:
        """Whether originals of moved jobs wait to be deleted."""
        return bool(self._originals)

    def run(self, wanted: Mapping[str, Sequence[JobId]]) -> Iterator[Outcome]:
        """Bring jobs into folders, given by folder path; raises XpmConfigError where rules cannot be read."""
        listed = {os.path.realpath(folder.path): folder.path for folder in self.folders}
        for outcome in self._run(wanted):
            yield outcome._replace(folder=listed.get(outcome.folder, outcome.folder))

    def _run(self, wanted: Mapping[str, Sequence[JobId]]) -> Iterator[Outcome]:
        rules = exclude.read_rules(self._workspace.path)
        moving: list[tuple[Root, Sequence[JobId]]] = []
        copying: list[tuple[Root, Sequence[JobId]]] = []
        try:
            for folder in self.folders:
                jobs = wanted.get(folder.path, ())
                if not jobs:
                    continue
                try:
                    root = open_folder(folder.path, self._workspace, self._others, mode=self._mode)
                except XpmConfigError as error:
                    yield from (
                        Outcome(job, folder.path, "unavailable", error.message, error.hint or "") for job in jobs
                    )
                    continue
                (moving if folder.mode == "move" and not moving else copying).append((root, jobs))
                self._recover(root)
            for root, jobs in copying:
                archiver = Archiver(self._workspace, root, rules, thorough=self._thorough, rewrite=self._rewrite)
                yield from (archived.outcome for archived in archiver.run(jobs))
            for root, jobs in moving:
                mover = Mover(self._workspace, root, rewrite=self._rewrite)
                yield from mover.run(jobs)
                self._originals += mover.originals
            yield from self._finish(MAX_ORIGINALS)
        finally:
            for root, _ in (*copying, *moving):
                root.close()

    def finish(self) -> list[Outcome]:
        """Delete the originals of moved jobs; the outcomes tell which could not be."""
        return list(self._finish(0))

    def _finish(self, keep: int) -> Iterator[Outcome]:
        while len(self._originals) > keep:
            outcome = self._originals.pop(0).delete()
            if outcome is not None:
                yield outcome

    def _recover(self, root: Root) -> None:
        if root.path not in self._recovered:
            self._recovered.add(root.path)
            recover(root)


def written(folders: Sequence[Folder]) -> tuple[Folder, ...]:
    """The folders that copies are made in, each once."""
    found: dict[str, Folder] = {}
    for folder in folders:
        if folder.mode != "use":
            found.setdefault(os.path.realpath(folder.path), folder)
    return tuple(found.values())
