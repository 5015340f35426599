"""`xpm-config jobs free`: only what a backup has in full is deleted, and only when somebody wants it."""

from __future__ import annotations

import json
import os
import pty
import shutil
import subprocess
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.cli.jobs_scene import JOB, OTHER, THIRD, Scene, run
from xpm_config.jobs import locks
from xpm_config.jobs.layout import JobId

if TYPE_CHECKING:
    from collections.abc import Callable

DAY = 86_400


def output(capsys: pytest.CaptureFixture[str]) -> list[str]:
    """The lines of standard output."""
    return capsys.readouterr().out.splitlines()


@pytest.fixture
def archived(scene: Scene) -> Scene:
    """A workspace whose jobs a backup folder has."""
    scene.settings("backup")
    assert run("jobs", "archive", "--all", "-q") == 0
    return scene


def test_free(archived: Scene, capsys: pytest.CaptureFixture[str]) -> None:
    """A job that the backup has is deleted from the workspace, without leftovers, and comes back as it was."""
    before = archived.workspace.contents()
    assert run("jobs", "free", str(JOB), "--yes") == 0
    assert output(capsys) == [
        f"{JOB}: freed, it is in {archived.folder('backup')} (48.9 KiB)",
        "1 freed (48.9 KiB)",
    ]
    assert archived.workspace.tasks() == [OTHER.hash]
    assert archived.workspace.records() == []
    assert run("jobs", "list", str(JOB)) == 0
    assert output(capsys) == [f"absent      {JOB}  {archived.folder('backup')}"]
    assert run("jobs", "recover", str(JOB), "-q") == 0
    assert archived.workspace.contents() == before


def test_dry_run(archived: Scene, capsys: pytest.CaptureFixture[str]) -> None:
    """`--dry-run` needs no consent, and deletes nothing."""
    archived.workspace.make(JobId("nlp.index", "new"))
    assert run("jobs", "free", "nlp.*", "--dry-run") == 1
    lines = output(capsys)
    backup = archived.folder("backup")
    assert lines[0] == f"{THIRD}: would be freed if its copy in {backup} is sound (48.9 KiB)"
    assert lines[1] == f"nlp.index/new: kept: {backup}: no copy with a manifest"
    assert lines[-1] == "3 to be freed (147 KiB), 1 kept"
    assert len(list(archived.workspace.path.glob("jobs/*/*"))) == 4


def test_consent_is_needed(
    archived: Scene, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Without a terminal to ask and without `--yes`, nothing is deleted."""
    monkeypatch.setattr("sys.stdin", None)
    assert run("jobs", "free", "--all") == 2
    assert "give `--yes`" in capsys.readouterr().err
    assert archived.workspace.job().is_dir()


@pytest.mark.parametrize(("answer", "code"), [("y", 0), ("n", 1), ("", 1), ("\x04", 1)])
def test_question(answer: str, code: int, archived: Scene) -> None:
    """On a terminal it asks, with the number of jobs and their size; only a yes deletes."""
    pid, terminal = pty.fork()
    if pid == 0:
        root = str(Path(__file__).parent.parent.parent)
        arguments = [sys.executable, "-m", "xpm_config", "jobs", "free", "--all", "--settings", "s.yaml"]
        os.execve(sys.executable, arguments, {**os.environ, "PYTHONPATH": root})
    shown = b""
    while b"[y/N]" not in shown:
        shown += os.read(terminal, 4096)
    os.write(terminal, (answer + ("" if answer == "\x04" else "\n")).encode())
    try:
        while new := os.read(terminal, 4096):
            shown += new
    except OSError:
        pass
    _, status = os.waitpid(pid, 0)
    os.close(terminal)
    assert os.waitstatus_to_exitcode(status) == code, shown
    assert f"3 jobs (147 KiB) of {archived.workspace.path} would be deleted there" in shown.decode()
    assert archived.workspace.job().is_dir() == bool(code)


def test_older_than(archived: Scene, capsys: pytest.CaptureFixture[str]) -> None:
    """An age selects among all jobs; it is that of the marker of success."""
    marker = archived.workspace.job() / "bert.done"
    old = time.time() - 31 * DAY
    os.utime(marker, (old, old))
    assert run("jobs", "archive", str(JOB), "-q") == 0
    capsys.readouterr()
    assert run("jobs", "free", "--older-than", "30d", "--yes") == 0
    assert output(capsys)[-1] == "1 freed (48.9 KiB), 2 skipped"
    assert archived.workspace.tasks() == [OTHER.hash]


@pytest.mark.parametrize("age", ["30", "d", "-1d", "1y", "1e3d", "", "nan d"])
def test_no_age(age: str, archived: Scene, capsys: pytest.CaptureFixture[str]) -> None:
    """What is no span of time is refused: nothing is deleted by mistake."""
    assert run("jobs", "free", f"--older-than={age}", "--yes") == 2
    assert "30d, 12h" in capsys.readouterr().err


def _flip(scene: Scene) -> None:
    path = scene.copy("backup") / "model" / "weights.bin"
    status = path.stat()
    path.write_bytes(b"x" * status.st_size)
    os.utime(path, ns=(status.st_atime_ns, status.st_mtime_ns))


def _partial(scene: Scene) -> None:
    shutil.rmtree(scene.folder("backup") / "jobs")
    (scene.workspace / ".xpmignore").write_text("*.bin\n")
    assert run("jobs", "archive", "--all", "-q") == 0


def _incomplete(scene: Scene) -> None:
    shutil.rmtree(scene.folder("backup") / "jobs")
    os.mkfifo(scene.workspace.job() / "pipe")
    assert run("jobs", "archive", str(JOB), "-q") == 1


def _again(scene: Scene) -> None:
    (scene.workspace.job() / "bert.done").unlink()
    (scene.workspace.job() / "bert.done").touch()


def _foreign(scene: Scene) -> None:
    scene.workspace.path = scene.workspace.path.rename(scene.path / "other")
    scene.settings("backup")


def _link(scene: Scene) -> None:
    shutil.rmtree(scene.copy("backup"))
    scene.copy("backup").symlink_to(scene.workspace.job())


def _mount(scene: Scene) -> None:
    scene.folder("backup").rename(scene.path / "elsewhere")
    scene.folder("backup").mkdir()


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        (_flip, "the copy is damaged: model/weights.bin: its contents are not what was copied"),
        (_partial, "the copy lacks what rules leave out"),
        (_incomplete, "the copy lacks files that could not be copied"),
        (_again, "the copy is of an earlier run"),
        (_foreign, "the copy is that of"),
        (_mount, "could not be looked into"),
        (lambda scene: (scene.workspace.job() / "late.txt").write_text("x"), "the copy lacks late.txt"),
        (
            lambda scene: (scene.workspace.job() / "model" / "weights.bin").write_text("x"),
            "the job has changed since it was copied: model/weights.bin",
        ),
        (lambda scene: shutil.rmtree(scene.copy("backup")), "the copy cannot be opened"),
        (
            _link,
            "the copy cannot be opened",
        ),
    ],
)
def test_jobs_that_stay(
    change: Callable[[Scene], object], reason: str, archived: Scene, capsys: pytest.CaptureFixture[str]
) -> None:
    """A job whose copy could not stand in for all of it stays, and why is told; exit code 1."""
    change(archived)
    capsys.readouterr()
    before = sorted(archived.workspace.job().rglob("*"))
    assert run("jobs", "free", str(JOB), "--yes") == 1
    lines = output(capsys)
    assert lines[0].startswith(f"{JOB}: kept")
    assert reason in lines[0]
    assert sorted(archived.workspace.job().rglob("*")) == before


def test_jobs_that_are_passed_by(archived: Scene, capsys: pytest.CaptureFixture[str]) -> None:
    """Jobs that are unfinished, have failed or were moved are no candidates, whatever the folder has."""
    (archived.workspace.job() / "bert.done").unlink()
    (archived.workspace.job(OTHER) / "bert.failed").touch()
    archived.workspace.job(THIRD).rename(archived.path / "moved")
    archived.workspace.job(THIRD).symlink_to(archived.path / "moved")
    assert run("jobs", "free", "--all", "--yes") == 0
    assert output(capsys) == [
        f"{THIRD}: skipped: it was moved: the workspace has only a link",
        f"{JOB}: skipped: it is not done",
        f"{OTHER}: skipped: it has failed",
        "3 skipped",
    ]
    assert (archived.path / "moved" / "index.done").exists()


def test_running_jobs_stay(archived: Scene, capsys: pytest.CaptureFixture[str]) -> None:
    """A job whose lock is held, or whose process is alive, is not touched."""
    directory = os.open(archived.workspace.job(), os.O_RDONLY)
    lock = locks.take(".experimaestro/bert.lock", directory)
    assert lock is not None
    with subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE) as process:
        (archived.workspace.job(OTHER) / "bert.pid").write_text(json.dumps({"pid": process.pid}))
        assert run("jobs", "free", "nlp.train.*", "--yes") == 1
        process.communicate(b"\n")
    lines = output(capsys)
    assert lines[0] == f"{JOB}: busy: it is running"
    assert lines[2] == f"{OTHER}: busy: it is running"
    assert archived.workspace.job().is_dir()
    assert archived.workspace.job(OTHER).is_dir()
    lock.release()
    os.close(directory)


def test_leftovers_of_a_dead_one(archived: Scene) -> None:
    """What a process left that died while it deleted is cleared by the next command, and the job comes back."""
    from xpm_config.jobs.staging import GONE, staging_name

    code = (
        "import sys; from xpm_config.jobs.root import Root; from xpm_config.jobs.records import write_record\n"
        "from xpm_config.jobs.layout import JobId\n"
        "write_record(Root(sys.argv[1]), 'abc', 'copy', JobId(*sys.argv[2:]))"
    )
    subprocess.run([sys.executable, "-c", code, archived.workspace.path, *JOB], check=True)
    job = archived.workspace.job()
    job.rename(job.parent / (staging_name(JOB, "abc") + GONE))
    assert run("jobs", "recover", str(JOB), "-q") == 0
    assert archived.workspace.tasks() == [JOB.hash, OTHER.hash]
    assert archived.workspace.records() == []
