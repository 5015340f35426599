"""`xpm-config jobs recover`: jobs come back from the first folder with a complete copy, or the reason is told."""

from __future__ import annotations

import json
import shutil
from typing import TYPE_CHECKING

from tests.cli.jobs_scene import JOB, OTHER, THIRD, Scene, run

if TYPE_CHECKING:
    import pytest


def output(capsys: pytest.CaptureFixture[str]) -> list[str]:
    """The lines of standard output."""
    return capsys.readouterr().out.splitlines()


def archived(scene: Scene, *modes: str) -> None:
    """Archive all jobs into folders."""
    scene.settings(*modes)
    assert run("jobs", "archive", "--all", "-q") == 0


def test_recover(scene: Scene, capsys: pytest.CaptureFixture[str]) -> None:
    """A job that was deleted comes back as it was; one that is there is present, and not called recovered."""
    before = scene.workspace.contents()
    archived(scene, "backup")
    shutil.rmtree(scene.workspace.job())
    assert run("jobs", "recover", "NLP.Train.Bert/0a1", str(THIRD)) == 0
    assert output(capsys) == [
        f"{THIRD}: present",
        f"{JOB}: recovered from {scene.folder('backup')} (48.9 KiB)",
        "1 recovered (48.9 KiB), 1 present",
    ]
    assert scene.workspace.contents() == before


def test_recover_all(scene: Scene, capsys: pytest.CaptureFixture[str]) -> None:
    """A whole workspace comes back from its folder."""
    archived(scene, "backup")
    shutil.rmtree(scene.workspace / "jobs")
    assert run("jobs", "recover", "--all", "--dry-run") == 0
    assert output(capsys)[-1] == "3 to be recovered (147 KiB)"
    assert not (scene.workspace / "jobs").exists()
    assert run("jobs", "recover", "--all") == 0
    assert output(capsys)[-1] == "3 recovered (147 KiB)"
    assert all((scene.workspace.job(job) / f"{job.name}.done").exists() for job in (JOB, OTHER, THIRD))


def test_peer_29_failure_is_no_success(scene: Scene, capsys: pytest.CaptureFixture[str]) -> None:
    """A job that no folder has in full is not recovered: each copy's reason is told, and the exit code is 1."""
    archived(scene, "backup")
    shutil.rmtree(scene.workspace.job())
    (scene.copy("backup") / "model" / "weights.bin").unlink()
    assert run("jobs", "recover", str(JOB)) == 1
    lines = output(capsys)
    assert lines[0] == (
        f"{JOB}: not recovered: no copy is complete: {scene.copy('backup')}: model/weights.bin: it is missing"
    )
    assert lines[-1] == "1 not recovered"
    assert not scene.workspace.job().exists()


def test_peer_29_alternatives_count(scene: Scene, capsys: pytest.CaptureFixture[str]) -> None:
    """A job comes back from another workspace that `alt_workspaces` names."""
    scene.settings(more=f"    alt_workspaces: [old]\n  - id: old\n    path: {scene.path}/old\n")
    (scene.path / "old").mkdir()
    (scene.workspace / "jobs").rename(scene.path / "old" / "jobs")
    assert run("jobs", "recover", str(JOB)) == 0
    assert output(capsys)[0] == f"{JOB}: recovered from {scene.path}/old (48.9 KiB)"
    assert (scene.path / "old" / JOB.relative / "bert.done").exists()


def test_use_folder_named_by_its_jobs(scene: Scene) -> None:
    """The specification's `path: /scratch/old-workspace/jobs` works."""
    scene.settings(more=f"    folders:\n      - path: {scene.path}/old/jobs\n        mode: use\n")
    (scene.path / "old").mkdir()
    (scene.workspace / "jobs").rename(scene.path / "old" / "jobs")
    assert run("jobs", "recover", "nlp.*", "-q") == 0
    assert (scene.workspace.job() / "bert.done").exists()


def test_peer_14_a_failed_copy_is_passed_over(scene: Scene, capsys: pytest.CaptureFixture[str]) -> None:
    """The first complete copy counts, not the first one."""
    archived(scene, "backup")
    scene.settings("use", "backup")
    shutil.copytree(scene.workspace.job(), scene.copy("use"))
    (scene.copy("use") / "bert.failed").touch()
    shutil.rmtree(scene.workspace.job())
    assert run("jobs", "recover", str(JOB)) == 0
    line = output(capsys)[0]
    assert line.startswith(f"{JOB}: recovered from {scene.folder('backup')} (48.9 KiB): passed over")
    assert "the job has failed there" in line


def test_peer_11_dangling_link(scene: Scene, capsys: pytest.CaptureFixture[str]) -> None:
    """A link to a folder that is not mounted gives way to the backup's copy, and is set aside."""
    archived(scene, "backup", "move")
    shutil.rmtree(scene.folder("move"))
    assert run("jobs", "list", str(JOB)) == 0
    assert output(capsys)[0].startswith("dangling")
    assert run("jobs", "recover", str(JOB)) == 0
    assert f"{JOB}: recovered from {scene.folder('backup')}" in output(capsys)[0]
    assert not scene.workspace.job().is_symlink()
    assert len(list((scene.workspace / ".xpm-config" / "aside").rglob(f"{JOB.hash}*"))) == 1


def test_folder_that_is_away_is_told(scene: Scene, capsys: pytest.CaptureFixture[str]) -> None:
    """When no copy is found, the folders that could not be looked into are named."""
    archived(scene, "backup")
    shutil.rmtree(scene.workspace.job())
    scene.folder("backup").rename(scene.path / "unmounted")
    scene.settings("use", "backup")
    assert run("jobs", "recover", f"{JOB}", "--format", "json") == 1
    told = json.loads(capsys.readouterr().out)
    # Nobody knows the job now: its name is all there is.
    assert told["unmatched"] == [str(JOB)]
    (scene.workspace.job()).mkdir()
    assert run("jobs", "recover", str(JOB)) == 1
    lines = output(capsys)
    assert "no folder has a copy of it" in lines[0]
    assert f"{scene.folder('backup')} could not be looked into (No such file or directory)" in lines[0]
    assert lines[1] == "  help: mount the folder, and try again"


def test_materialise(scene: Scene, capsys: pytest.CaptureFixture[str]) -> None:
    """A moved job becomes a directory again where that is asked for; the folder keeps its copy."""
    before = scene.workspace.contents()
    archived(scene, "move")
    assert run("jobs", "recover", str(JOB)) == 0
    assert output(capsys) == [f"{JOB}: present", "1 present"]
    assert scene.workspace.job().is_symlink()
    assert run("jobs", "recover", str(JOB), "--materialise", "--dry-run") == 0
    assert output(capsys)[0] == f"{JOB}: would be recovered from {scene.folder('move')} (48.9 KiB)"
    assert scene.workspace.job().is_symlink()
    assert run("jobs", "recover", str(JOB), "--materialise") == 0
    assert output(capsys)[0] == f"{JOB}: recovered from {scene.folder('move')} (48.9 KiB)"
    assert not scene.workspace.job().is_symlink()
    assert scene.workspace.contents() == before
    assert scene.copy("move").is_dir()
    assert run("jobs", "recover", str(JOB), "--materialise") == 0
    assert output(capsys) == [f"{JOB}: present", "1 present"]
