"""`xpm-config jobs list` and `status`, and which workspace and jobs the commands take."""

from __future__ import annotations

import json
import shutil
import socket
from typing import TYPE_CHECKING, Any

import pytest

from tests.cli.jobs_scene import JOB, OTHER, THIRD, Scene, run
from xpm_config import cli
from xpm_config.jobs import survey
from xpm_config.jobs.layout import JobId

if TYPE_CHECKING:
    from pathlib import Path

    from xpm_config.jobs.root import Root

COMMANDS = ("archive", "recover", "verify", "free")
ESCAPES = ("../x", "../../etc/passwd", "/etc/passwd", "a/b/c", "nlp.index/", "nlp.index/..", "nlp.index/.", "./77", "",
           "/", "nlp.index", "nlp.index//", "../*", "*/../*", "nlp.*/", "*/a/*")  # fmt: skip


def output(capsys: pytest.CaptureFixture[str]) -> list[str]:
    """The lines of standard output."""
    return capsys.readouterr().out.splitlines()


def data(capsys: pytest.CaptureFixture[str]) -> Any:
    """What was printed as JSON."""
    return json.loads(capsys.readouterr().out)


# -- which jobs -----------------------------------------------------------------------------------------


@pytest.mark.parametrize("word", ESCAPES)
@pytest.mark.parametrize("command", [*COMMANDS, "list", "status"])
def test_peer_29_no_word_leads_out_of_the_tree(
    command: str, word: str, scene: Scene, capsys: pytest.CaptureFixture[str]
) -> None:
    """A word that is no job, or could lead elsewhere, is an error of usage with the way to write it."""
    scene.settings("backup")
    secret = scene.path / "x"
    secret.mkdir()
    before = sorted(scene.path.rglob("*"))
    assert run("jobs", command, word) == 2
    error = capsys.readouterr().err
    assert "is no job" in error
    assert "help: write" in error
    assert sorted(scene.path.rglob("*")) == before


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        (["nlp.train.bert/0a1"], [JOB]),
        (["NLP.Train.Bert/0a1b2c3d"], [JOB]),
        (["nlp.train.bert/0a1", "nlp.index/7"], [THIRD, JOB]),
        (["nlp.train.*"], [JOB, OTHER]),
        (["NLP.*"], [THIRD, JOB, OTHER]),
        (["nlp.*/0a*"], [JOB, OTHER]),
        (["*/7?"], [THIRD]),
        (["nlp.index/77", "nlp.*"], [THIRD, JOB, OTHER]),
        (["--all"], [THIRD, JOB, OTHER]),
    ],
)
def test_words_for_jobs(
    words: list[str], expected: list[JobId], scene: Scene, capsys: pytest.CaptureFixture[str]
) -> None:
    """Short hashes, any case of tasks, globs over tasks or over both, and `--all` name jobs, each once."""
    scene.settings("backup")
    assert run("jobs", "archive", *words, "--dry-run", "--format", "json") == 0
    assert [one["job"] for one in data(capsys)["outcomes"]] == [str(job) for job in expected]


def test_hash_of_several_jobs(scene: Scene, capsys: pytest.CaptureFixture[str]) -> None:
    """A hash that is cut too short is refused with the jobs that it may mean."""
    scene.settings("backup")
    assert run("jobs", "archive", "nlp.train.bert/0a") == 2
    error = capsys.readouterr().err
    assert f"`nlp.train.bert/0a` may be {JOB}, {OTHER}" in error
    assert "write more of the hash, or 'nlp.train.bert/0a*' for all of them" in error


def test_word_without_a_job(scene: Scene, capsys: pytest.CaptureFixture[str]) -> None:
    """A word that means no job is told, the others are dealt with, and the exit code is 1."""
    scene.settings("backup")
    assert run("jobs", "archive", "nlp.nothing/1", "nope.*", str(THIRD)) == 1
    lines = output(capsys)
    assert lines[0].startswith(f"{THIRD}: archived in {scene.folder('backup')} (")
    assert lines[1:3] == ["nlp.nothing/1: no such job", "nope.*: no such job"]
    assert lines[3].endswith("2 not found")


@pytest.mark.parametrize("command", COMMANDS)
def test_no_job_is_named(command: str, scene: Scene, capsys: pytest.CaptureFixture[str]) -> None:
    """Nobody archives, recovers, verifies or frees everything by leaving out the names."""
    scene.settings("backup")
    assert run("jobs", command) == 2
    assert "no job is named" in capsys.readouterr().err
    assert run("jobs", command, "--all", "nlp.*") == 2
    assert "jobs are named, and `--all` is given" in capsys.readouterr().err


# -- which workspace ------------------------------------------------------------------------------------


@pytest.mark.parametrize("command", [*COMMANDS, "list", "status"])
def test_peer_30_remote_workspaces_are_refused(command: str, scene: Scene, capsys: pytest.CaptureFixture[str]) -> None:
    """The jobs of a remote workspace are on another machine."""
    scene.settings(more="  - id: far\n    path: /far\n    ssh: {host: me@cluster}\n")
    assert run("jobs", command, "--workspace", "far") == 2
    assert "workspace `far` is on another machine" in capsys.readouterr().err


def test_workspace_that_is_not_there(scene: Scene, capsys: pytest.CaptureFixture[str]) -> None:
    """A workspace whose directory is missing has no jobs that could be listed, and is not created."""
    scene.settings(more="  - id: gone\n    path: gone\n")
    assert run("jobs", "list", "--workspace", "gone") == 2
    error = capsys.readouterr().err
    assert f"the directory of the workspace is not there: {scene.path}/gone (s.yaml:5)" in error
    assert not (scene.path / "gone").exists()


def test_no_folders(scene: Scene, capsys: pytest.CaptureFixture[str]) -> None:
    """Without a folder of the right mode there is nothing to do, and how to write one is told."""
    scene.settings("use")
    for command, modes in (("archive", "backup or move"), ("free", "backup")):
        assert run("jobs", command, "--all") == 2
        error = capsys.readouterr().err
        assert f"workspace main ({scene.workspace.path}) has no folder of mode {modes}" in error


def test_workdir(scene: Scene, capsys: pytest.CaptureFixture[str]) -> None:
    """A bare directory is a workspace without folders; with a workspace, its own folders stay away from it."""
    scene.settings("use", "backup")
    shutil.copytree(scene.workspace.path, scene.path / "trial")
    assert run("jobs", "list", "--workdir", "trial") == 0
    assert [line.split()[1] for line in output(capsys)] == [str(THIRD), str(JOB), str(OTHER)]
    assert run("jobs", "archive", "--all", "--workspace", "main", "--workdir", "trial") == 2
    error = capsys.readouterr().err
    assert f"note: {scene.folder('backup')} is not attached to another directory than the workspace's own" in error
    assert "has no folder of mode backup or move" in error


# -- list -----------------------------------------------------------------------------------------------


@pytest.fixture
def mixed(scene: Scene) -> Scene:
    """A workspace with jobs in all states."""
    scene.settings("use", "backup", "move")
    assert run("jobs", "archive", str(JOB), "-q") == 0
    task = scene.workspace.job().parent
    for name in ("failed", "running", "unfinished"):
        scene.workspace.make(JobId("nlp.train.bert", name), done=False)
    (task / "failed" / "bert.failed").write_text("1")
    (task / "running" / "bert.pid").write_text(json.dumps({"host": f"not-{socket.gethostname()}", "pid": 1}))
    (task / "dangling").symlink_to(scene.path / "nowhere")
    (task / "note.txt").touch()
    (task / ".tmp.0a1b.lock").touch()
    shutil.copytree(scene.workspace.job(THIRD), scene.copy("use", THIRD))
    shutil.copytree(scene.workspace.job(THIRD), scene.copy("use", JobId("nlp.index", "of-others")))
    shutil.copytree(scene.workspace.job(OTHER), scene.copy("backup", JobId("nlp.train.bert", "by-hand")))
    return scene


def test_list(mixed: Scene, capsys: pytest.CaptureFixture[str]) -> None:
    """Each job has a line with its state and copies; jobs that only a `use` folder has belong to others."""
    assert run("jobs", "list") == 0
    use, backup, move = (mixed.folder(mode) for mode in ("use", "backup", "move"))
    assert output(capsys) == [
        f"done        nlp.index/77  {use}",
        f"moved       {JOB}  {backup}, {move}",
        f"done        {OTHER}",
        f"absent      nlp.train.bert/by-hand  {backup} (no manifest)",
        f"dangling    nlp.train.bert/dangling  leads to {mixed.path}/nowhere, which is not there",
        "failed      nlp.train.bert/failed",
        "running     nlp.train.bert/running",
        "unfinished  nlp.train.bert/unfinished",
    ]


def test_list_some(mixed: Scene, capsys: pytest.CaptureFixture[str]) -> None:
    """Words choose among the jobs, and a word without one is told on standard error, exit code 1."""
    assert run("jobs", "list", "nlp.index", "--size") == 2
    assert run("jobs", "list", "nlp.index/7", "none.*", "--size") == 1
    shown = capsys.readouterr()
    state, size, unit, job, where = shown.out.split()
    assert (state, unit, job, where) == ("done", "KiB", "nlp.index/77", str(mixed.folder("use")))
    assert 48 < float(size) < 50
    assert "none.*: no such job" in shown.err


def test_list_as_json(mixed: Scene, capsys: pytest.CaptureFixture[str]) -> None:
    """`--format json` has the same, with where links lead to and the conditions of copies."""
    assert run("jobs", "list", "--format", "json") == 0
    listed = data(capsys)
    assert listed["workspace"] == {"id": "main", "path": str(mixed.workspace.path)}
    jobs = {one["job"]: one for one in listed["jobs"]}
    assert jobs[str(JOB)] == {
        "job": str(JOB),
        "state": "moved",
        "target": str(mixed.copy("move")),
        "size": None,
        "copies": [
            {"folder": str(mixed.folder("backup")), "condition": "complete"},
            {"folder": str(mixed.folder("move")), "condition": "complete"},
        ],
    }
    assert jobs["nlp.train.bert/dangling"]["target"] == f"{mixed.path}/nowhere"


def test_names_are_printed_as_they_can_be(scene: Scene, capsys: pytest.CaptureFixture[str]) -> None:
    """A name that would move the cursor or is no UTF-8 is shown with escapes, on one line."""
    scene.workspace.make(JobId("nlp.index", "a\x1b[2Jb\n\udcff"))
    assert run("jobs", "list", "nlp.index/a") == 0
    lines = output(capsys)
    assert len(lines) == 1
    assert "\x1b" not in lines[0]


# -- status ---------------------------------------------------------------------------------------------


def test_status(mixed: Scene, capsys: pytest.CaptureFixture[str]) -> None:
    """The numbers of jobs and copies by state, and what somebody has to look at: then the exit code is 1."""
    (mixed.workspace / ".xpm-config" / "aside" / "nlp.index" / "77.1").mkdir(parents=True)
    assert run("jobs", "status") == 1
    lines = output(capsys)
    assert lines == [
        f"workspace main: {mixed.workspace.path}",
        "  jobs    2 done, 1 moved, 1 absent, 1 dangling, 1 failed, 1 running, 1 unfinished",
        f"  use     {mixed.folder('use')}: 1 complete",
        f"  backup  {mixed.folder('backup')}: 1 complete, 1 no manifest; 2 jobs without",
        f"  move    {mixed.folder('move')}: 1 complete",
        f"  1 thing set aside in {mixed.workspace.path}/.xpm-config/aside",
        f"nlp.train.bert/dangling: its link leads to {mixed.path}/nowhere, which is not there",
    ]


def test_status_of_a_good_workspace(scene: Scene, capsys: pytest.CaptureFixture[str]) -> None:
    """What is still to be archived goes by itself: exit code 0."""
    scene.settings("backup")
    assert run("jobs", "status") == 0
    assert output(capsys)[1:] == ["  jobs    3 done", f"  backup  {scene.folder('backup')}: no copies; 3 jobs without"]
    assert not scene.folder("backup").exists()


def test_status_names_what_copies_lack(scene: Scene, capsys: pytest.CaptureFixture[str]) -> None:
    """What rules left out is named, for a job and in the overview."""
    scene.settings("backup")
    (scene.workspace / ".xpmignore").write_text("*.bin\n")
    assert run("jobs", "archive", str(JOB), "-q") == 0
    capsys.readouterr()
    expected = [
        f"{JOB}: done, partial by rule in {scene.folder('backup')}",
        "  lacks model/weights.bin: a rule leaves it out",
    ]
    assert run("jobs", "status", str(JOB)) == 0
    assert output(capsys) == expected
    assert run("jobs", "status") == 0
    assert output(capsys)[-2:] == expected
    assert run("jobs", "status", "--format", "json") == 0
    assert data(capsys)["concerns"] == [
        {
            "job": str(JOB),
            "state": "done",
            "target": None,
            "folder": str(scene.folder("backup")),
            "condition": "partial",
            "lacks": [{"path": "model/weights.bin", "reason": "a rule leaves it out"}],
        }
    ]


def test_status_of_a_job_executed_again(scene: Scene, capsys: pytest.CaptureFixture[str]) -> None:
    """A copy of an earlier run is told from one of this run."""
    scene.settings("backup")
    assert run("jobs", "archive", str(JOB), "-q") == 0
    (scene.workspace.job() / "bert.done").unlink()
    (scene.workspace.job() / "bert.done").touch()
    capsys.readouterr()
    assert run("jobs", "list", str(JOB)) == 0
    assert output(capsys) == [f"done        {JOB}  {scene.folder('backup')} (of an earlier run)"]


def test_status_names_folders_that_are_away(scene: Scene, capsys: pytest.CaptureFixture[str]) -> None:
    """A folder that was used before and is not there now is told; the exit code is 1."""
    scene.settings("backup")
    assert run("jobs", "archive", str(JOB), "-q") == 0
    shutil.rmtree(scene.folder("backup"))
    capsys.readouterr()
    assert run("jobs", "status") == 1
    assert output(capsys)[2] == f"  backup  {scene.folder('backup')}: {scene.folder('backup')} is not there"


def make_many(root: Path, number: int) -> None:
    """So many finished jobs of one task."""
    for index in range(number):
        job = root / "jobs" / "a.b" / f"{index:06}"
        job.mkdir(parents=True)
        (job / "b.done").touch()


def test_listing_opens_no_file_of_a_job(scene: Scene, capsys: pytest.CaptureFixture[str]) -> None:
    """A thousand jobs are listed and counted without a look at their files: a job without permissions is, too."""
    make_many(scene.workspace.path, 1000)
    big = scene.workspace.path / "jobs" / "a.b" / "000000" / "unreadable"
    big.mkdir(mode=0)
    assert run("jobs", "list", "a.*") == 0
    assert len(output(capsys)) == 1000
    assert run("jobs", "status") == 0
    assert "1,003 done" in output(capsys)[1]
    big.chmod(0o700)


def test_many_named_jobs_cost_no_more_than_all(scene: Scene, monkeypatch: pytest.MonkeyPatch) -> None:
    """A glob over many jobs reads the names of a task once, not once for each job."""
    make_many(scene.workspace.path, 300)
    calls: list[str] = []
    names = survey._names

    def counted(path: str, root: Root | None = None) -> list[str]:
        calls.append(path)
        return names(path, root)

    monkeypatch.setattr(survey, "_names", counted)
    assert run("jobs", "list", "a.*") == 0
    assert len(calls) < 10


def test_completion_of_jobs(scene: Scene, capsys: pytest.CaptureFixture[str]) -> None:
    """TAB completes tasks, and behind the slash the hashes, those that only folders have among them."""
    scene.settings("backup")
    assert run("jobs", "archive", "--all", "-q") == 0
    shutil.rmtree(scene.workspace.job(THIRD))
    capsys.readouterr()
    line = "xpm-config --settings s.yaml jobs recover "
    for word, expected in (("nlp.", ["nlp.index/", "nlp.train.bert/"]), ("nlp.index/", ["nlp.index/77"]), ("x", [])):
        assert cli.main(["_complete", "bash", line + word, word]) == 0
        assert [each.strip() for each in output(capsys)[1:]] == expected
