"""Which folder stands at a path."""

from __future__ import annotations

import json
import os
import shutil
import threading
from typing import TYPE_CHECKING

import pytest

from tests.jobs.scene import Place
from xpm_config.errors import XpmConfigError
from xpm_config.jobs.folder import FolderError, accept, condition, forget, memory, open_folder
from xpm_config.jobs.root import Root

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@pytest.fixture
def here(workspace: Place, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Root]:
    """The open workspace of a user with a memory of their own."""
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    with Root(str(workspace.path)) as root:
        yield root


def use(path: Path, here: Root) -> str:
    """Use a folder as a transaction does; the id of its marker."""
    open_folder(str(path), here).close()
    return str(json.loads((path / ".xpm-config" / "folder.json").read_text())["id"])


def refusal(path: Path | str, here: Root, *others: str) -> FolderError:
    """The error that using a folder ends in."""
    with pytest.raises(FolderError) as caught:
        open_folder(str(path), here, others)
    assert caught.value.hint
    return caught.value


def test_the_first_use_creates_and_marks_the_folder(here: Root, tmp_path: Path) -> None:
    """It stays the same afterwards, in the memory of the workspace and of the user."""
    path = tmp_path / "backup"
    assert condition(str(path), here) == ("new", "")
    first = use(path, here)
    assert use(path, here) == first
    assert condition(str(path), here) == ("mounted", "")
    for place in (tmp_path / "workspace" / ".xpm-config", tmp_path / "state" / "xpm-config"):
        assert json.loads((place / "folders.json").read_text()) == {str(path): [first]}


def test_peer_10_a_missing_mount_point_is_never_created(here: Root, tmp_path: Path) -> None:
    """The parent of a folder may be a disk: it has to be there."""
    error = refusal(tmp_path / "disk" / "backup", here)
    assert error.condition == "not mounted"
    assert not (tmp_path / "disk").exists()


@pytest.mark.parametrize("left", ["nothing", "an empty mount point"])
@pytest.mark.parametrize("where", ["workspace", "user", "both"])
def test_peer_10_a_folder_without_its_marker_is_not_mounted(
    here: Root, workspace: Place, tmp_path: Path, left: str, where: str
) -> None:
    """Nothing is written there, also when the workspace was deleted meanwhile."""
    path = tmp_path / "backup"
    use(path, here)
    path.rename(tmp_path / "unmounted")
    if left == "an empty mount point":
        path.mkdir()
    if where == "user":
        shutil.rmtree(workspace / ".xpm-config")
    elif where == "workspace":
        shutil.rmtree(tmp_path / "state")
    with Root(str(workspace.path)) as again:
        assert condition(str(path), again)[0] == "not mounted"
        error = refusal(path, again)
    assert error.condition == "not mounted"
    assert "folders accept" in str(error.hint)
    assert not path.exists() or list(path.iterdir()) == []


def test_another_folder_at_the_same_path_is_noticed(here: Root, tmp_path: Path) -> None:
    """It may be the disk of somebody else."""
    path = tmp_path / "backup"
    use(path, here)
    path.rename(tmp_path / "ours")
    path.mkdir()
    (path / ".xpm-config").mkdir()
    (path / ".xpm-config" / "folder.json").write_text('{"id": "theirs"}')
    assert refusal(path, here).condition == "another"
    assert condition(str(path), here)[0] == "another"


def test_accept_and_forget_are_the_ways_out(here: Root, tmp_path: Path) -> None:
    """A disk that was replaced is accepted; one that is forgotten is new again."""
    path = tmp_path / "backup"
    first = use(path, here)
    shutil.rmtree(path)
    path.mkdir()
    accept(str(path), here)
    second = use(path, here)
    assert second != first
    shutil.rmtree(path)
    assert forget(str(path), here)
    assert not forget(str(path), here)
    assert use(path, here) not in (first, second)


def test_a_folder_that_another_workspace_marked_keeps_its_marker(here: Root, tmp_path: Path) -> None:
    """Several workspaces may share a folder."""
    other = Place(tmp_path / "other")
    with Root(str(other.path)) as there:
        first = use(tmp_path / "backup", there)
    assert use(tmp_path / "backup", here) == first


def test_peer_08_a_relative_folder_is_refused(here: Root) -> None:
    """It would be another one in every directory."""
    error = refusal("backup", here)
    assert error.condition == "refused"
    assert "relative" in error.message


@pytest.mark.parametrize("place", ["is", "contains", "lies in", "is, through a link"])
def test_peer_09_a_folder_is_no_workspace(here: Root, workspace: Place, tmp_path: Path, place: str) -> None:
    """Whoever cleans the workspace would take the copies for its own."""
    paths = {"is": workspace.path, "contains": tmp_path, "lies in": workspace / "backup"}
    path = paths.get(place, tmp_path / "link")
    if place == "is, through a link":
        path.symlink_to(workspace.path)
    error = refusal(path, here)
    assert error.condition == "refused"
    assert place.partition(",")[0] in error.message
    assert not (workspace / "backup").exists()
    # The same holds for the other workspaces of the settings.
    other = Place(tmp_path / "elsewhere")
    assert refusal(other / "backup", here, str(other.path)).condition == "refused"


def test_peer_09_a_workspace_that_no_settings_name_is_told_by_its_marker(here: Root, tmp_path: Path) -> None:
    """Experimaestro marks each workspace."""
    other = Place(tmp_path / "other")
    (other / ".__experimaestro__").touch()
    assert refusal(other.path, here).condition == "refused"
    assert refusal(other / "backup", here).condition == "refused"
    assert sorted(os.listdir(other.path)) == [".__experimaestro__"]


def test_a_damaged_memory_is_told_and_not_overwritten(here: Root, workspace: Place, tmp_path: Path) -> None:
    """Who cannot remember must not guess."""
    use(tmp_path / "backup", here)
    damaged = workspace / ".xpm-config" / "folders.json"
    damaged.write_text("{")
    with pytest.raises(XpmConfigError, match="damaged"):
        open_folder(str(tmp_path / "backup"), here)
    assert damaged.read_text() == "{"
    assert condition(str(tmp_path / "backup"), here)[0] == "refused"


def test_two_folders_are_remembered_beside_each_other(here: Root, tmp_path: Path) -> None:
    """One does not take the place of the other."""
    first, second = use(tmp_path / "one", here), use(tmp_path / "two", here)
    found = json.loads((tmp_path / "state" / "xpm-config" / "folders.json").read_text())
    assert found == {str(tmp_path / "one"): [first], str(tmp_path / "two"): [second]}
    assert memory(here) == {path: set(ids) for path, ids in found.items()}


def test_without_a_home_the_workspace_remembers(here: Root, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """On some machines nobody has a home that can be written to."""
    (tmp_path / "file").touch()
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "file"))
    first = use(tmp_path / "backup", here)
    assert use(tmp_path / "backup", here) == first


def test_many_that_use_a_folder_for_the_first_time_agree(here: Root, workspace: Place, tmp_path: Path) -> None:
    """One of them creates and marks it, and all of them find that one."""
    found: list[str] = []
    start = threading.Barrier(8)

    def work() -> None:
        with Root(str(workspace.path)) as root:
            start.wait()
            found.append(use(tmp_path / "backup", root))

    threads = [threading.Thread(target=work) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(found) == 8
    assert len(set(found)) == 1
    assert memory(here) == {str(tmp_path / "backup"): set(found)}
