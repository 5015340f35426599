"""Released migrations and schemas never change: files of users were made and are checked with them."""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING

import pytest

from tests import freeze

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    """The migrations and schemas at another place."""
    for folder in ("migrations", "schema"):
        shutil.copytree(freeze.ROOT / folder, tmp_path / folder)
    return tmp_path


def test_released_files_are_what_they_were() -> None:
    """The digest of each released file is that of its release; `tests/freeze.py` says what to do instead."""
    assert freeze.changed(freeze.ROOT, freeze.read(freeze.RELEASED)) == []


def test_a_release_freezes_every_step_and_every_schema(copy: Path) -> None:
    """Freezing lists all of them, and finds them unchanged."""
    released = freeze.frozen(copy, {})
    assert set(released) == {
        "migrations/v1_to_v2.py",
        "schema/settings.v1.schema.json",
        "schema/settings.v2.schema.json",
    }
    assert freeze.changed(copy, released) == []


@pytest.mark.parametrize("name", ["migrations/v1_to_v2.py", "schema/settings.v1.schema.json"])
def test_a_change_of_a_released_file_is_found(copy: Path, name: str) -> None:
    """One byte is enough, and so is a file that has gone."""
    released = freeze.frozen(copy, {})
    with (copy / name).open("ab") as file:
        file.write(b" ")
    assert freeze.changed(copy, released) == [name]
    (copy / name).unlink()
    assert freeze.changed(copy, released) == [name]


def test_a_later_release_keeps_the_digests_of_the_first(copy: Path) -> None:
    """Freezing again adds the new files, and does not forgive a change of an old one."""
    released = freeze.frozen(copy, {})
    (copy / "migrations/v1_to_v2.py").write_text("# changed\n")
    (copy / "migrations/v2_to_v3.py").write_text("# new\n")
    again = freeze.frozen(copy, released)
    assert set(again) - set(released) == {"migrations/v2_to_v3.py"}
    assert again["migrations/v1_to_v2.py"] == released["migrations/v1_to_v2.py"]
    assert freeze.changed(copy, again) == ["migrations/v1_to_v2.py"]
