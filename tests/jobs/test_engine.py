"""The engine inside a program: prepare, finished, and the work in the background."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import textwrap
import threading
import time
from typing import TYPE_CHECKING

import pytest

from tests.jobs.scene import JOB, Place
from xpm_config.jobs import locks, worker
from xpm_config.jobs.engine import Engine, Folder
from xpm_config.jobs.layout import JobId
from xpm_config.jobs.root import Root
from xpm_config.jobs.spool import Spool

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@pytest.fixture(autouse=True)
def _memory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A user with a memory of their own, who is patient only for a moment."""
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    monkeypatch.setattr(worker, "DELAYS", (0.01, 0.02, 0.05))
    monkeypatch.setattr(worker, "_DELAYS_AT_THE_END", (0.01,))


@pytest.fixture
def told() -> list[str]:
    """What the user was told."""
    return []


@pytest.fixture
def engine(workspace: Place, folder: Place, told: list[str]) -> Iterator[Engine]:
    """An engine with one backup folder."""
    with Engine(str(workspace.path), [Folder(str(folder.path), "backup")], tell=told.append) as running:
        yield running


def pending(workspace: Place) -> list[str]:
    """The jobs and folders that are pending."""
    with Root(str(workspace.path)) as root:
        return [f"{each.job} in {each.folder}" for each in Spool(root).pending()]


def test_a_finished_job_is_archived_and_comes_back(engine: Engine, workspace: Place, folder: Place) -> None:
    """The program does nothing but say that the job has ended."""
    workspace.make()
    before = workspace.contents()
    engine.finished(JOB)
    assert [outcome.what for outcome in engine.wait(10)] == ["archived"]
    assert folder.contents() == before
    assert pending(workspace) == []
    assert engine.prepare(JOB).what == "present"
    shutil.rmtree(workspace.job())
    assert engine.prepare(JOB).what == "restored"
    assert workspace.contents() == before


def test_a_job_that_no_folder_has_must_run(engine: Engine, workspace: Place, tmp_path: Path) -> None:
    """A link to nowhere is out of its way, so that nothing hangs."""
    assert engine.prepare(JOB).what == "missing"
    workspace.job().parent.mkdir(parents=True)
    workspace.job().symlink_to(tmp_path / "gone")
    assert engine.prepare(JOB).what == "missing"
    assert workspace.tasks() == []
    [kept] = (workspace / ".xpm-config" / "aside").glob("*/*")
    assert os.readlink(kept) == str(tmp_path / "gone")


def test_opting_out_is_remembered(engine: Engine, workspace: Place, folder: Place) -> None:
    """The job is not archived, now or later; opting in again is possible."""
    workspace.make()
    engine.finished(JOB, backup=False)
    assert engine.wait(10) == []
    assert folder.tasks() == []
    with Root(str(workspace.path)) as root:
        assert Spool(root).opted_out() == {JOB}
    engine.finished(JOB)
    assert [outcome.what for outcome in engine.wait(10)] == ["archived"]
    with Root(str(workspace.path)) as root:
        assert Spool(root).opted_out() == set()


def test_all_folders_get_the_job_in_order(workspace: Place, tmp_path: Path) -> None:
    """Backups, then a copy for the later move folder, then the move; a folder that is listed twice counts once."""
    workspace.make()
    before = workspace.contents()
    modes = ["backup", "move", "move", "backup", "use"]
    folders = [Folder(str(tmp_path / f"f{number}"), mode) for number, mode in enumerate(modes)]  # type: ignore[arg-type]
    with Engine(str(workspace.path), [*folders, folders[0]], tell=lambda _: None) as engine:
        engine.finished(JOB)
        outcomes = engine.wait(10)
    assert [(outcome.folder[-2:], outcome.what) for outcome in outcomes] == [
        ("f0", "archived"), ("f2", "archived"), ("f3", "archived"), ("f1", "moved")
    ]  # fmt: skip
    assert os.readlink(workspace.job()) == JOB.path(folders[1].path)
    assert workspace.contents() == before
    assert workspace.tasks() == [JOB.hash]
    assert not (tmp_path / "f4").exists()


def test_a_folder_reached_through_a_link_is_known_by_its_name(workspace: Place, folder: Place, tmp_path: Path) -> None:
    """What is pending is found and removed by the path of the settings."""
    (tmp_path / "link").symlink_to(folder.path)
    workspace.make()
    with Engine(str(workspace.path), [Folder(str(tmp_path / "link"), "backup")], tell=lambda _: None) as engine:
        engine.finished(JOB)
        [outcome] = engine.wait(10)
    assert (outcome.what, outcome.folder) == ("archived", str(tmp_path / "link"))
    assert pending(workspace) == []


def test_originals_stay_until_the_end(workspace: Place, tmp_path: Path) -> None:
    """Jobs of the run may still read them; leaving the context deletes them."""
    workspace.make()
    with Engine(str(workspace.path), [Folder(str(tmp_path / "fast"), "move")], tell=lambda _: None) as engine:
        engine.finished(JOB)
        assert [outcome.what for outcome in engine.wait(10)] == ["moved"]
        assert len(workspace.tasks()) == 3
    assert workspace.tasks() == [JOB.hash]


def test_peer_27_what_is_pending_outlives_the_process(workspace: Place, folder: Place, tmp_path: Path) -> None:
    """Another start archives what a killed process left, also when nobody mentions the jobs again."""
    jobs = [JobId(JOB.task, f"{number:08x}") for number in range(5)]
    for job in jobs:
        workspace.make(job)
    with Root(str(workspace.path)) as root:
        for job in jobs:
            Spool(root).add(job, str(folder.path))
    with Engine(str(workspace.path), [Folder(str(folder.path), "backup")], tell=lambda _: None) as engine:
        assert [outcome.what for outcome in engine.wait(10)] == ["archived"] * 5
    assert folder.tasks() == [job.hash for job in jobs]
    assert pending(workspace) == []


def test_peer_27_the_program_waits_for_the_rest_at_its_end(workspace: Place, folder: Place, tmp_path: Path) -> None:
    """Without a context, without waiting: the interpreter ends when all is archived, and says what it waits for."""
    jobs = [JobId(JOB.task, f"{number:08x}") for number in range(20)]
    for job in jobs:
        workspace.make(job)
    program = f"""
        import time
        from xpm_config.jobs import archive
        from xpm_config.jobs.engine import Engine, Folder
        from xpm_config.jobs.layout import JobId

        flush = archive.flush
        archive.flush = lambda descriptor: (time.sleep(0.2), flush(descriptor))
        engine = Engine({str(workspace.path)!r}, [Folder({str(folder.path)!r}, "backup")])
        for number in range(20):
            engine.finished(JobId({JOB.task!r}, f"{{number:08x}}"))
    """
    done = subprocess.run(
        [sys.executable, "-c", textwrap.dedent(program)],
        capture_output=True,
        text=True,
        check=True,
        timeout=60,
        env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)},
    )
    assert folder.tasks() == [job.hash for job in jobs]
    assert "still to be copied" in done.stderr
    assert pending(workspace) == []


def test_an_idle_engine_does_not_delay_the_end(workspace: Place, folder: Place) -> None:
    """A program with nothing to archive ends at once, and says nothing."""
    program = (
        "from xpm_config.jobs.engine import Engine, Folder\n"
        f"Engine({str(workspace.path)!r}, [Folder({str(folder.path)!r}, 'backup')])\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", program],
        capture_output=True,
        text=True,
        check=True,
        timeout=10,
        env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)},
    )
    assert done.stdout + done.stderr == ""


def test_peer_28_a_failure_is_tried_again_and_then_reported(workspace: Place, told: list[str], tmp_path: Path) -> None:
    """A folder that is not mounted is named, with the next step; the job stays pending and nothing is lost."""
    workspace.make()
    folder = Folder(str(tmp_path / "disk" / "backup"), "backup")
    with Engine(str(workspace.path), [folder], tell=told.append) as engine:
        engine.finished(JOB)
        [outcome] = engine.wait(10)
        assert outcome.what == "unavailable"
        assert not outcome.good
        assert any(folder.path in line and "mount it" in line for line in told)
        assert len(pending(workspace)) == 1
        (tmp_path / "disk").mkdir()
        engine.finished(JOB)
        assert [each.what for each in engine.wait(10)] == ["archived"]


def test_a_job_that_is_still_locked_is_archived_a_moment_later(engine: Engine, workspace: Place) -> None:
    """Experimaestro says that a job has ended while it holds its lock."""
    path = workspace.make()
    directory = os.open(path, os.O_RDONLY)
    lock = locks.take("bert.lock", directory)
    assert lock is not None
    engine.finished(JOB)
    time.sleep(0.015)
    lock.release()
    os.close(directory)
    assert [outcome.what for outcome in engine.wait(10)] == ["archived"]


def test_an_error_that_nobody_thought_of_is_no_silence(
    engine: Engine, workspace: Place, told: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The thread goes on, and the outcome says what happened."""
    workspace.make()

    def broken(*_: object) -> None:
        raise ZeroDivisionError("oh")

    with monkeypatch.context() as patch:
        patch.setattr(engine._delivery, "run", broken)
        engine.finished(JOB)
        [outcome] = engine.wait(10)
    assert outcome.what == "failed"
    assert "ZeroDivisionError: oh" in outcome.reason
    assert told
    assert len(pending(workspace)) == 1
    engine.finished(JOB)
    assert {outcome.what for outcome in engine.wait(10)} >= {"archived"}


def test_peer_25_the_submitter_is_never_blocked(
    engine: Engine, workspace: Place, folder: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    """However slow the folder is, and however many jobs there are: memory has a bound, and the spool has the rest."""
    monkeypatch.setattr(worker, "MAX_QUEUED", 3)
    jobs = [JobId(JOB.task, f"{number:08x}") for number in range(30)]
    for job in jobs:
        workspace.job(job).mkdir(parents=True)
        (workspace.job(job) / "bert.done").touch()
    hold = threading.Event()
    run = engine._delivery.run

    def slow(wanted: object) -> object:
        hold.wait(10)
        return run(wanted)  # type: ignore[arg-type]

    monkeypatch.setattr(engine._delivery, "run", slow)
    start = time.monotonic()
    for job in jobs:
        engine.finished(job)
    assert time.monotonic() - start < 1
    assert engine.status().queued <= 3
    hold.set()
    assert {outcome.what for outcome in engine.wait(20)} == {"archived"}
    assert folder.tasks() == [job.hash for job in jobs]
    assert pending(workspace) == []
    assert engine.status().outcomes == {"archived": 30}


def test_peer_14_an_unmounted_folder_does_not_hide_a_good_one(workspace: Place, folder: Place, tmp_path: Path) -> None:
    """The job comes back from the next folder."""
    workspace.make()
    with Engine(str(workspace.path), [Folder(str(folder.path), "backup")], tell=lambda _: None) as engine:
        engine.finished(JOB)
        engine.wait(10)
    shutil.rmtree(workspace.job())
    folders = [Folder(str(tmp_path / "not there"), "use"), Folder(str(folder.path), "backup")]
    with Engine(str(workspace.path), folders, tell=lambda _: None) as engine:
        assert engine.prepare(JOB).what == "restored"
