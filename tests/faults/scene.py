"""The states from which operations on a job begin, and what must hold after any fault."""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING

from tests.faults import operate
from tests.jobs.scene import JOB, Place
from xpm_config.jobs.lookup import Shelf
from xpm_config.jobs.restore import restore
from xpm_config.jobs.root import Root

if TYPE_CHECKING:
    from pathlib import Path

SCENARIOS = ["archive", "archive over a stale copy", "move", "restore", "restore over a dangling link", "materialise"]


class Scene:
    """A workspace and a folder in the state before an operation."""

    def __init__(self, place: Path, scenario: str) -> None:
        place.mkdir(exist_ok=True)
        self.workspace, self.folder = Place(place / "workspace"), Place(place / "folder")
        self.operation = scenario.split(maxsplit=1)[0]
        path = self.workspace.make()
        (path / "model" / "large.bin").write_bytes(bytes(range(256)) * 4100)
        self.contents = self.workspace.contents()
        if self.operation == "restore":
            self.run_here("archive")
            shutil.rmtree(path)
        if self.operation == "materialise":
            self.run_here("move")
        if scenario == "restore over a dangling link":
            path.symlink_to(place / "gone")
        if scenario == "archive over a stale copy":
            self.run_here("archive")
            (path / "bert.out").write_text("another run\n")
            (path / "bert.done").unlink()
            (path / "bert.done").touch()
            self.contents = self.workspace.contents()

    @property
    def arguments(self) -> list[str]:
        """What `operate.py` is called with."""
        return [self.operation, str(self.workspace.path), str(self.folder.path), *JOB]

    def run_here(self, operation: str) -> None:
        """Do something in this process, which must go well."""
        outcomes = operate.operate(operation, str(self.workspace.path), str(self.folder.path), JOB)
        assert all(outcome.good for outcome in outcomes), outcomes

    def assert_whole(self) -> None:
        """The job is complete at its path, or can be restored, without any repair."""
        if not (self.workspace.job() / "bert.done").exists():
            with Root(str(self.workspace.path)) as here, Root(str(self.folder.path)) as there:
                assert restore(here, [Shelf(there, in_use=True)], JOB).good
        assert self.workspace.contents() == self.contents

    def assert_clean(self) -> None:
        """Nothing is left of what was under way."""
        for place in (self.workspace, self.folder):
            assert place.tasks() in ([], [JOB.hash]), place.tasks()
            assert place.records() == []

    def assert_survived(self) -> None:
        """The job is whole now; the next command repairs, and its work is done; the copy is whole, too."""
        self.assert_whole()
        self.run_here(self.operation)
        assert self.workspace.contents() == self.contents
        self.assert_clean()
        if self.operation != "restore":
            shutil.rmtree(self.workspace.path / "jobs")
            self.run_here("restore")
            assert self.workspace.contents() == self.contents
