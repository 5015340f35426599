"""`xpm-config jobs verify`: all of a copy is read, and what is damaged is listed."""

from __future__ import annotations

import json
import os
import shutil
from typing import TYPE_CHECKING

import pytest

from tests.cli.jobs_scene import JOB, OTHER, THIRD, Scene, run
from xpm_config.jobs.layout import JobId

if TYPE_CHECKING:
    from pathlib import Path


def output(capsys: pytest.CaptureFixture[str]) -> list[str]:
    """The lines of standard output."""
    return capsys.readouterr().out.splitlines()


@pytest.fixture
def archived(scene: Scene) -> Scene:
    """A workspace whose jobs a backup folder has."""
    scene.settings("backup")
    assert run("jobs", "archive", "--all", "-q") == 0
    return scene


def flip(path: Path) -> None:
    """Change one bit in the middle of a file, and nothing that can be seen from outside."""
    status = path.stat()
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    path.write_bytes(content)
    os.utime(path, ns=(status.st_atime_ns, status.st_mtime_ns))


def test_sound_copies(archived: Scene, capsys: pytest.CaptureFixture[str]) -> None:
    """Copies that are as they were made are sound."""
    assert run("jobs", "verify", "--all") == 0
    backup = archived.folder("backup")
    assert output(capsys) == [
        f"{THIRD}: sound in {backup} (48.9 KiB)",
        f"{JOB}: sound in {backup} (48.9 KiB)",
        f"{OTHER}: sound in {backup} (48.9 KiB)",
        "3 sound (147 KiB)",
    ]


def test_one_bit(archived: Scene, capsys: pytest.CaptureFixture[str]) -> None:
    """One bit that has changed is found, also when quiet: the file is named, exit code 1."""
    flip(archived.copy("backup") / "model" / "weights.bin")
    assert run("jobs", "verify", "--all", "-q") == 1
    assert output(capsys) == [
        f"{JOB}: damaged in {archived.folder('backup')}: model/weights.bin: its contents are not what was copied",
        "  help: `xpm-config jobs archive` replaces it if the workspace has the job",
        "2 sound (97.8 KiB), 1 damaged",
    ]


@pytest.mark.parametrize("damage", ["truncated", "gone", "no manifest", "cut manifest", "file", "empty"])
def test_damage(damage: str, archived: Scene, capsys: pytest.CaptureFixture[str]) -> None:
    """Whatever became of a copy or its manifest, it is told, and `archive` mends it."""
    copy = archived.copy("backup")
    manifest = archived.folder("backup") / ".xpm-config" / "manifests" / JOB.task / f"{JOB.hash}.jsonl"
    if damage == "truncated":
        os.truncate(copy / "model" / "weights.bin", 10)
    elif damage in ("gone", "file", "empty"):
        shutil.rmtree(copy)
        if damage == "file":
            copy.touch()
        elif damage == "empty":
            copy.mkdir()
    elif damage == "no manifest":
        manifest.unlink()
    else:
        lines = manifest.read_text().splitlines(keepends=True)
        manifest.write_text("".join(lines[1:]))
    assert run("jobs", "verify", str(JOB), "--format", "json") == 1
    told = json.loads(capsys.readouterr().out)
    outcome = told["outcomes"][0] if told["outcomes"] else {"what": "damaged"}
    assert outcome["what"] == ("unverified" if damage == "no manifest" else "damaged"), outcome
    assert run("jobs", "archive", str(JOB), "-q") == 0
    assert run("jobs", "verify", str(JOB), "-q") == 0


def test_sample(archived: Scene, capsys: pytest.CaptureFixture[str]) -> None:
    """`--sample` reads a share of the jobs, at least one, and without a name or `--all` it is one of all jobs."""
    for share, number in (("1%", 1), ("34%", 1), ("67%", 2), ("100%", 3)):
        assert run("jobs", "verify", "--sample", share, "--format", "json") == 0
        assert len(json.loads(capsys.readouterr().out)["outcomes"]) == number
    assert run("jobs", "verify", "nlp.index/*", "--sample", "1%", "--format", "json") == 0
    assert json.loads(capsys.readouterr().out)["outcomes"][0]["job"] == str(THIRD)


@pytest.mark.parametrize("share", ["5", "0%", "101%", "-5%", "x%", "nan%", ""])
def test_no_share(share: str, archived: Scene, capsys: pytest.CaptureFixture[str]) -> None:
    """What is no share is refused with the way to write it."""
    assert run("jobs", "verify", f"--sample={share}") == 2
    assert "write it as 5%" in capsys.readouterr().err


def test_dry_run(archived: Scene, capsys: pytest.CaptureFixture[str]) -> None:
    """`--dry-run` tells how much would be read."""
    flip(archived.copy("backup") / "model" / "weights.bin")
    assert run("jobs", "verify", "--all", "--dry-run") == 0
    lines = output(capsys)
    assert lines[0] == f"{THIRD}: would be read in {archived.folder('backup')} (48.9 KiB)"
    assert lines[-1] == "3 to be read (147 KiB)"


def test_copies_in_use(scene: Scene, capsys: pytest.CaptureFixture[str]) -> None:
    """What was written to a moved job through its link is no damage, and is told; what is missing is damage."""
    scene.settings("move")
    assert run("jobs", "archive", "--all", "-q") == 0
    (scene.workspace.job() / "bert.out").write_text("more\n")
    (scene.workspace.job(OTHER) / "model" / "weights.bin").unlink()
    assert run("jobs", "verify", "nlp.train.*") == 1
    lines = output(capsys)
    assert lines[0] == f"{JOB}: sound in {scene.folder('move')} (48.9 KiB): written to through the link since: bert.out"
    assert lines[1] == f"{OTHER}: damaged in {scene.folder('move')}: model/weights.bin: it is missing"


def test_use_folders_without_manifests(scene: Scene, capsys: pytest.CaptureFixture[str]) -> None:
    """Another workspace has no manifests: nothing can be said of its jobs, and nothing is."""
    scene.settings("use")
    shutil.copytree(scene.workspace.job(), scene.copy("use"))
    assert run("jobs", "verify", "--all") == 0
    assert output(capsys) == ["no jobs"]


def test_folder_that_is_away(archived: Scene, capsys: pytest.CaptureFixture[str]) -> None:
    """Copies in a folder that is not there are not verified: exit code 1."""
    archived.settings("backup", "move")
    archived.workspace.make(JobId("nlp.index", "new"))
    assert run("jobs", "verify", str(JOB)) == 1
    lines = output(capsys)
    assert lines[1] == f"{JOB}: not done in {archived.folder('move')}: No such file or directory"
