"""`xpm-config jobs archive`: what it does, tells and leaves alone."""

from __future__ import annotations

import json
import os
import pty
import shutil
import signal
import sys
import time
from pathlib import Path

import pytest

from tests.cli.jobs_scene import JOB, OTHER, THIRD, Scene, program, run
from xpm_config.jobs.layout import JobId


def output(capsys: pytest.CaptureFixture[str]) -> list[str]:
    """The lines of standard output."""
    return capsys.readouterr().out.splitlines()


def test_archive(scene: Scene, capsys: pytest.CaptureFixture[str]) -> None:
    """A job is copied into the backup folder, which is created; a second time it is there already."""
    scene.settings("backup")
    assert run("jobs", "archive", str(JOB)) == 0
    backup = scene.folder("backup")
    assert output(capsys) == [f"{JOB}: archived in {backup} (48.9 KiB)", "1 archived (48.9 KiB)"]
    assert (scene.copy("backup") / "model" / "weights.bin").read_bytes() == (
        scene.workspace.job() / "model" / "weights.bin"
    ).read_bytes()
    assert run("jobs", "archive", str(JOB)) == 0
    assert output(capsys) == [f"{JOB}: already in {backup}", "1 there already"]


def test_backups_come_before_moves(scene: Scene, capsys: pytest.CaptureFixture[str]) -> None:
    """With both kinds of folders, a job is copied into the one and moved into the other."""
    scene.settings("move", "backup")
    assert run("jobs", "archive", "--all") == 0
    assert output(capsys)[-1] == "3 archived (147 KiB), 3 moved (147 KiB)"
    for job in (JOB, OTHER, THIRD):
        assert scene.workspace.job(job).readlink() == scene.copy("move", job)
        assert (scene.copy("backup", job) / f"{job.name}.done").exists()
    assert run("jobs", "archive", "--all") == 0
    assert output(capsys)[-1] == "6 there already"


def test_dry_run(scene: Scene, capsys: pytest.CaptureFixture[str]) -> None:
    """`--dry-run` tells what would be done, with sizes, and writes nothing, not even the folder."""
    scene.settings("backup", "move")
    scene.workspace.make(JobId("nlp.index", "unfinished"), done=False)
    before = sorted(scene.path.rglob("*"))
    assert run("jobs", "archive", "nlp.index/*", "--dry-run") == 0
    backup, move = scene.folder("backup"), scene.folder("move")
    assert output(capsys) == [
        f"nlp.index/77: would be archived in {backup} (48.9 KiB)",
        f"nlp.index/77: would be moved to {move} (48.9 KiB)",
        "nlp.index/unfinished: skipped: it is not done",
        "nlp.index/unfinished: skipped: it is not done",
        "1 to be archived (48.9 KiB), 1 to be moved (48.9 KiB), 2 skipped",
    ]
    assert sorted(scene.path.rglob("*")) == before


def test_json(scene: Scene, capsys: pytest.CaptureFixture[str]) -> None:
    """`--format json` has each outcome, and the sums."""
    scene.settings("backup")
    assert run("jobs", "archive", str(JOB), "nlp.none/1", "--format", "json") == 1
    told = json.loads(capsys.readouterr().out)
    size = told["outcomes"][0]["size"]
    assert 50_000 < size < 51_000
    assert told == {
        "version": 1,
        "command": "archive",
        "workspace": {"id": "main", "path": str(scene.workspace.path)},
        "dry_run": False,
        "interrupted": False,
        "outcomes": [
            {"job": str(JOB), "folder": str(scene.folder("backup")), "what": "archived", "reason": "", "hint": "",
             "size": size}
        ],
        "unmatched": ["nlp.none/1"],
        "summary": {"archived": {"count": 1, "size": size}},
    }  # fmt: skip


def test_what_did_not_go_well_is_told(scene: Scene, capsys: pytest.CaptureFixture[str]) -> None:
    """A job with a FIFO is copied in part: its reason and the next step are told, also when quiet, exit code 1."""
    scene.settings("backup")
    os.mkfifo(scene.workspace.job() / "pipe")
    assert run("jobs", "archive", "--all", "-q") == 1
    lines = output(capsys)
    assert lines[0] == f"{JOB}: partly in {scene.folder('backup')}: pipe: a FIFO"
    assert lines[1].startswith("  help: ")
    assert lines[2] == "2 archived (97.8 KiB), 1 partial"
    assert run("jobs", "status", str(JOB)) == 1
    assert "  lacks pipe: a FIFO" in output(capsys)


def test_quiet(scene: Scene, capsys: pytest.CaptureFixture[str]) -> None:
    """With `-q`, nothing is said when all went well."""
    scene.settings("backup")
    assert run("jobs", "archive", "--all", "-q") == 0
    assert capsys.readouterr() == ("", "")


def test_peer_10_a_missing_mount_point_stays_missing(scene: Scene, capsys: pytest.CaptureFixture[str]) -> None:
    """A folder whose parent is missing may be on a disk that is not mounted: nothing is created."""
    scene.settings(more=f"    folders:\n      - path: {scene.path}/disk/backup\n        mode: backup\n")
    assert run("jobs", "archive", str(JOB)) == 1
    lines = output(capsys)
    assert lines[0].startswith(f"{JOB}: not done in {scene.path}/disk/backup: {scene.path}/disk is not there")
    assert lines[1].startswith("  help: mount it")
    assert not (scene.path / "disk").exists()


def test_many_outcomes_are_grouped(scene: Scene, capsys: pytest.CaptureFixture[str]) -> None:
    """Of many jobs, only those that need attention are named, jobs with one reason together."""
    scene.settings("backup")
    for index in range(30):
        job = JobId("nlp.fifo", f"{index:02}")
        os.mkfifo(scene.workspace.make(job) / "pipe")
    assert run("jobs", "archive", "--all", "--processes", "1") == 1
    assert output(capsys) == [
        f"30 jobs partly in {scene.folder('backup')}: pipe: a FIFO",
        *(f"  nlp.fifo/{index:02}" for index in range(5)),
        "  and 25 more",
        "  help: what is named is not in the copy",
        "3 archived (147 KiB), 30 partial",
    ]


def test_processes_do_the_same(scene: Scene) -> None:
    """Several processes archive each job once, and all is reported."""
    scene.settings("backup")
    jobs = [JobId("nlp.many", f"{index:02}") for index in range(40)]
    for job in jobs:
        scene.workspace.make(job)
    process = program(scene, "jobs", "archive", "nlp.many", "--processes", "2")
    assert process.communicate(timeout=60)[1].startswith("error: `nlp.many` is no job")
    process = program(scene, "jobs", "archive", "nlp.many/*", "--processes", "2", "--format", "json")
    told = json.loads(process.communicate(timeout=60)[0])
    assert process.returncode == 0
    assert [one["job"] for one in told["outcomes"]] == [str(job) for job in jobs]
    assert {one["what"] for one in told["outcomes"]} == {"archived"}
    for job in jobs:
        assert scene.copy("backup", job).is_dir()


def begun(scene: Scene) -> bool:
    """Whether copies have been made, or are being made."""
    return any(scene.folder("backup").glob("jobs/nlp.many/*"))


@pytest.mark.parametrize("processes", ["1", "2"])
@pytest.mark.parametrize("to_all", [True, False])
def test_interrupted(processes: str, to_all: bool, scene: Scene) -> None:
    """^C, be it to all processes or to the first one, undoes what is under way, tells what was done, and exits 130."""
    scene.settings("backup")
    jobs = [JobId("nlp.many", f"{index:03}") for index in range(400)]
    for job in jobs:
        path = scene.workspace.job(job)
        path.mkdir(parents=True)
        for index in range(20):
            (path / str(index)).write_bytes(b"x" * 5000)
        (path / "many.done").touch()
    process = program(scene, "jobs", "archive", "nlp.many/*", "--processes", processes, "--format", "json")
    end = time.monotonic() + 30
    while not begun(scene) and time.monotonic() < end:
        time.sleep(0.005)
    (os.killpg if to_all else os.kill)(process.pid, signal.SIGINT)
    out, err = process.communicate(timeout=60)
    assert process.returncode == 130, err
    assert err == ""
    told = json.loads(out)
    assert told["interrupted"]
    assert len(told["outcomes"]) < len(jobs)
    # Nothing is left of what was under way, and what has its name is whole.
    assert not list(scene.folder("backup").glob("jobs/nlp.many/.tmp.*"))
    records = scene.folder("backup") / ".xpm-config" / "staging"
    assert os.listdir(records) == []
    assert run("jobs", "archive", "nlp.many/*", "-q", "--processes", "1") == 0
    assert run("jobs", "verify", "nlp.many/*", "-q", "--processes", "1") == 0
    assert all(scene.copy("backup", job).is_dir() for job in jobs)


def test_bar_on_a_terminal(scene: Scene) -> None:
    """On a terminal a bar tells how far it is, and is gone at the end; the results follow."""
    scene.settings("backup")
    for index in range(60):
        scene.workspace.make(JobId("nlp.many", f"{index:02}"))
    pid, terminal = pty.fork()
    if pid == 0:
        root = str(Path(__file__).parent.parent.parent)
        environment = {**os.environ, "PYTHONPATH": root, "TERM": "xterm", "COLUMNS": "120"}
        arguments = [sys.executable, "-m", "xpm_config", "jobs", "archive", "nlp.many/*", "--settings", "s.yaml"]
        os.execve(sys.executable, arguments, environment)
    shown = b""
    try:
        while new := os.read(terminal, 65536):
            shown += new
    except OSError:
        pass
    _, status = os.waitpid(pid, 0)
    os.close(terminal)
    text = shown.decode(errors="replace")
    assert os.waitstatus_to_exitcode(status) == 0, text
    assert "archiving" in text
    assert "60/60" in text
    assert "60 archived (2.9 MiB)" in text.splitlines()[-1]


def test_lines_elsewhere(scene: Scene, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    """Without a terminal, a plain line tells now and then how far it is, with the rate and the time left."""
    monkeypatch.setattr("xpm_config.cli.progress.EVERY", 0.0)
    scene.settings("backup")
    assert run("jobs", "archive", "--all") == 0
    lines = capsys.readouterr().err.splitlines()
    assert len(lines) == 3
    assert lines[0].startswith("archiving: 1 of 3 (")
    assert "jobs/s, " in lines[0]
    assert lines[0].endswith(" left")


def test_pending_work_is_finished(scene: Scene, capsys: pytest.CaptureFixture[str]) -> None:
    """What an earlier process left to be archived is told by `status`, and done by `archive`."""
    from xpm_config.jobs.root import Root
    from xpm_config.jobs.spool import Spool

    scene.settings("backup")
    with Root(str(scene.workspace.path)) as root:
        Spool(root).add(JOB, str(scene.folder("backup")))
    assert run("jobs", "status") == 0
    assert "  1 copy to be made still: `xpm-config jobs archive --all`" in output(capsys)
    assert run("jobs", "archive", "--all", "-q") == 0
    assert run("jobs", "status") == 0
    assert "to be made" not in capsys.readouterr().out


def test_jobs_that_opted_out(scene: Scene, capsys: pytest.CaptureFixture[str]) -> None:
    """`--all` and globs pass by what `backup=False` kept from being archived; its name does not."""
    from xpm_config.jobs.root import Root
    from xpm_config.jobs.spool import Spool

    scene.settings("backup")
    with Root(str(scene.workspace.path)) as root:
        Spool(root).opt_out(JOB)
    assert run("jobs", "archive", "--all") == 0
    assert f"{JOB}: skipped: it was submitted with `backup=False`" in output(capsys)
    assert not scene.copy("backup").exists()
    assert run("jobs", "archive", str(JOB), "-q") == 0
    assert scene.copy("backup").is_dir()


def test_rewritten_paths(scene: Scene, capsys: pytest.CaptureFixture[str]) -> None:
    """Absolute paths in an old params.json are told, and rewritten when that is asked for."""
    scene.settings("backup")
    inside = f"{scene.workspace.path}/data"
    (scene.workspace.job() / "params.json").write_text(json.dumps({"version": 2, "path": inside}))
    assert run("jobs", "archive", str(JOB)) == 0
    assert "`jobs archive --rewrite-paths` rewrites them" in output(capsys)[0]
    shutil.rmtree(scene.folder("backup") / "jobs")
    assert run("jobs", "archive", str(JOB), "--rewrite-paths", "-q") == 0
    text = (scene.copy("backup") / "params.json").read_text()
    assert json.loads(text)["path"] == f"{scene.folder('backup')}/data"
