"""`xpm-config folders`: which folders can be used, and the way out where one was replaced."""

from __future__ import annotations

import json
import shutil
from typing import TYPE_CHECKING

from tests.cli.jobs_scene import JOB, Scene, run

if TYPE_CHECKING:
    import pytest


def output(capsys: pytest.CaptureFixture[str]) -> list[str]:
    """The lines of standard output."""
    return capsys.readouterr().out.splitlines()


def test_list(scene: Scene, capsys: pytest.CaptureFixture[str]) -> None:
    """Each folder has a line with its condition; looking creates nothing, and one that cannot be used exits 1."""
    inside = f"      - path: {scene.workspace.path}/inside\n        mode: backup\n"
    scene.settings("backup", "move", more=inside + "  - id: far\n    path: /far\n    ssh: {host: me@cluster}\n")
    assert run("jobs", "archive", str(JOB), "-q") == 1
    shutil.rmtree(scene.folder("move"))
    capsys.readouterr()
    assert run("folders", "list") == 1
    lines = output(capsys)
    assert lines[:3] == [
        f"main: {scene.workspace.path}",
        f"  backup  {scene.folder('backup')}  mounted",
        f"  move    {scene.folder('move')}  not mounted: {scene.folder('move')} is not there",
    ]
    assert lines[3].startswith(
        f"  backup  {scene.workspace.path}/inside  refused: {scene.workspace.path}/inside lies in"
    )
    assert len(lines) == 4
    assert not scene.folder("move").exists()


def test_list_of_good_folders(scene: Scene, capsys: pytest.CaptureFixture[str]) -> None:
    """A folder that was never used is new, and a `use` folder is readable: exit code 0."""
    scene.settings("use", "backup")
    scene.folder("use").mkdir()
    assert run("folders", "list", "--workspace", "main") == 0
    assert output(capsys)[1:] == [
        f"  use     {scene.folder('use')}  readable",
        f"  backup  {scene.folder('backup')}  new",
    ]
    assert run("folders", "list", "--format", "json") == 0
    assert json.loads(capsys.readouterr().out)["workspaces"] == [
        {
            "id": "main",
            "path": str(scene.workspace.path),
            "folders": [
                {"path": str(scene.folder("use")), "mode": "use", "condition": "readable", "reason": None},
                {"path": str(scene.folder("backup")), "mode": "backup", "condition": "new", "reason": None},
            ],
            "former": [],
        }
    ]


def test_empty_mount_point(scene: Scene, capsys: pytest.CaptureFixture[str]) -> None:
    """Nothing is written to an empty mount point, until somebody says that it is the folder now."""
    scene.settings("backup")
    assert run("jobs", "archive", str(JOB), "-q") == 0
    backup = scene.folder("backup")
    backup.rename(scene.path / "unmounted")
    backup.mkdir()
    capsys.readouterr()
    assert run("jobs", "archive", str(JOB)) == 1
    lines = output(capsys)
    assert lines[0].startswith(f"{JOB}: not done in {backup}: {backup} is not mounted")
    assert "`xpm-config folders accept PATH`" in lines[1]
    assert list(backup.iterdir()) == []
    assert run("folders", "accept", "backup") == 0
    assert output(capsys) == [f"{backup}: accepted"]
    assert run("folders", "accept", "backup") == 0
    assert output(capsys) == [f"{backup}: it was accepted already"]
    assert run("jobs", "archive", str(JOB), "-q") == 0
    assert scene.copy("backup").is_dir()


def test_forget(scene: Scene, capsys: pytest.CaptureFixture[str]) -> None:
    """A folder that is forgotten is new again; nothing in it is touched, and a second time nothing is known."""
    scene.settings("backup")
    assert run("jobs", "archive", str(JOB), "-q") == 0
    before = sorted(scene.folder("backup").rglob("*"))
    assert run("folders", "forget", str(scene.folder("backup"))) == 0
    assert output(capsys) == [f"{scene.folder('backup')}: forgotten; nothing in it was touched"]
    assert sorted(scene.folder("backup").rglob("*")) == before
    assert run("folders", "forget", str(scene.folder("backup"))) == 1
    assert "nothing was known of it" in capsys.readouterr().err


def test_former_folders(scene: Scene, capsys: pytest.CaptureFixture[str]) -> None:
    """A folder that was used stays known when the settings lose it, and can still be forgotten."""
    scene.settings("backup")
    assert run("jobs", "archive", str(JOB), "-q") == 0
    scene.settings()
    assert run("folders", "list") == 0
    expected = f"  former  {scene.folder('backup')}  used before, and not in the settings any more"
    assert output(capsys)[-1] == expected
    assert run("folders", "forget", str(scene.folder("backup")), "--workspace", "main") == 0
    assert run("folders", "list") == 0
    assert expected not in output(capsys)


def test_accept_of_what_is_no_folder(scene: Scene, capsys: pytest.CaptureFixture[str]) -> None:
    """Only the backup and move folders of the workspace can be accepted, and only when they are there."""
    scene.settings("use", "backup")
    scene.folder("use").mkdir()
    assert run("folders", "accept", "use") == 2
    error = capsys.readouterr().err
    assert f"{scene.folder('use')} is no backup or move folder of workspace main" in error
    assert f"its folders are: {scene.folder('backup')}" in error
    assert run("folders", "accept", "backup") == 2
    assert "is not there" in capsys.readouterr().err
    assert not scene.folder("backup").exists()
