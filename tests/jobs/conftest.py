"""Fixtures of the tests of the copy engine."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.jobs.scene import Opened, Place

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@pytest.fixture
def workspace(tmp_path: Path) -> Place:
    """A workspace."""
    return Place(tmp_path / "workspace")


@pytest.fixture
def folder(tmp_path: Path) -> Place:
    """A folder."""
    return Place(tmp_path / "folder")


@pytest.fixture
def opened(workspace: Place, folder: Place) -> Iterator[Opened]:
    """Both, open."""
    both = Opened(workspace, folder)
    with both.workspace, both.folder:
        yield both
