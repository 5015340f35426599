"""What experimaestro itself makes of files before and after a migration.

The file is read, and the folders are computed, by the installed package, in this process.
"""

from __future__ import annotations

import sys
import warnings
from itertools import count, islice
from random import Random
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import pytest

from tests.settings_texts import draw_case
from xpm_config.migrate import migrate

if TYPE_CHECKING:
    from pathlib import Path

FILES = 400
"""How many files are migrated."""


class Experimaestro:
    """The parts of the package that read settings and compute folders."""

    def __init__(self) -> None:
        """Import the package; skips the test where it is not installed."""
        reason = "experimaestro is not installed: pip install 'xpm-config[experimaestro]'"
        with warnings.catch_warnings():
            # What it and its dependencies warn of is not ours.
            warnings.simplefilter("ignore")
            self.settings: Any = pytest.importorskip("experimaestro.settings", reason=reason)
            self.workspace: Any = pytest.importorskip("experimaestro.scheduler.workspace", reason=reason)

    def folders(self, path: Path) -> list[list[tuple[str, str]]]:
        """The folders of every workspace of a file, absolute, with symbolic links resolved."""
        settings = self.settings.get_settings.__wrapped__(path)
        found = []
        for workspace in settings.workspaces:
            # The property needs these two; a real workspace would open locks and connections.
            stub = SimpleNamespace(settings=settings, workspace_settings=workspace)
            with warnings.catch_warnings():
                warnings.simplefilter("ignore", DeprecationWarning)
                folders = self.workspace.Workspace.folders.func(stub)
            found.append([(str(folder.path.expanduser().resolve()), folder.mode.value) for folder in folders])
        return found


@pytest.fixture
def experimaestro(monkeypatch: pytest.MonkeyPatch) -> Experimaestro:
    """The package, reading files as it does outside of its own tests."""
    package = Experimaestro()
    monkeypatch.delattr(sys, "_called_from_test", raising=False)
    monkeypatch.setattr(package.workspace.Workspace, "_folders_beta_warned", True)
    return package


def test_the_folders_are_those_that_experimaestro_computes(experimaestro: Experimaestro, tmp_path: Path) -> None:
    """For every generated file that is migrated, experimaestro finds the same folders before and after."""
    path = tmp_path / "settings.yaml"
    drawn = (draw_case(Random(seed)) for seed in count())
    results = (migrate(case.data, to=2, release=(2, 7, 0)) for case in drawn)
    for result in islice((result for result in results if result.changed), FILES):
        path.write_bytes(result.old)
        before = experimaestro.folders(path)
        path.write_bytes(result.new)
        assert experimaestro.folders(path) == before, result.new.decode()
