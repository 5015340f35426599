"""What dead processes leave, and what living ones are doing."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from typing import TYPE_CHECKING, Any

import pytest

from tests.jobs.scene import JOB, Opened, Place
from xpm_config.jobs import processes, records
from xpm_config.jobs.archive import Archiver
from xpm_config.jobs.exclude import Rules
from xpm_config.jobs.processes import Process, this_process
from xpm_config.jobs.recovery import recover
from xpm_config.jobs.staging import Staging

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from xpm_config.jobs.root import Root


def left_behind(root: Root, process: Process | None, monkeypatch: pytest.MonkeyPatch) -> str:
    """A staging as a process leaves it that dies; its name."""
    with monkeypatch.context() as patch:
        if process is not None:
            patch.setattr(records, "this_process", lambda: process)
        staging = Staging(root, JOB)
    os.write(os.open("half", os.O_CREAT | os.O_WRONLY, dir_fd=staging.directory), b"half")
    assert staging._lock is not None
    staging._lock.release()
    return staging.name


def a_dead_process() -> Process:
    """A process of this machine that has ended."""
    process = subprocess.Popen([sys.executable, "-c", ""])
    dead = this_process()._replace(number=process.pid, started="1")
    process.wait()
    return dead


def test_the_leftovers_of_a_dead_process_are_swept(
    folder: Place, opened: Opened, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Directory, lock and record go."""
    left_behind(opened.folder, a_dead_process(), monkeypatch)
    assert len(folder.tasks()) == 2
    assert recover(opened.folder) == []
    assert folder.tasks() == []
    assert folder.records() == []


def test_a_number_that_was_given_again_is_another_process(
    folder: Place, opened: Opened, monkeypatch: pytest.MonkeyPatch
) -> None:
    """This very process has the number, and was started at another time."""
    left_behind(opened.folder, this_process()._replace(started="7"), monkeypatch)
    assert recover(opened.folder) == []
    assert folder.tasks() == []


@pytest.mark.parametrize(
    "change",
    [{}, {"host": "elsewhere"}, {"machine": "another", "boot": "another"}],
    ids=["ourselves", "another host", "another machine of the same name"],
)
def test_the_work_of_living_processes_is_never_touched(
    folder: Place, opened: Opened, monkeypatch: pytest.MonkeyPatch, change: dict[str, str]
) -> None:
    """Whoever may be alive keeps the staging, and is named."""
    process = this_process()._replace(**change)  # type: ignore[arg-type]
    name = left_behind(opened.folder, process if change else None, monkeypatch)
    if change.get("host"):
        monkeypatch.setattr(processes, "_this_machine", lambda: ("here", "m", "b", "s"))
    assert len(recover(opened.folder)) == 1
    assert name in folder.tasks()
    assert len(folder.records()) == 1


def test_a_container_beside_us_is_told_by_its_lock(
    folder: Place, opened: Opened, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its numbers mean nothing here; a lock of the same kernel does."""
    left_behind(opened.folder, this_process()._replace(space="pid:[1]"), monkeypatch)
    assert recover(opened.folder) == []
    assert folder.tasks() == []
    with monkeypatch.context() as patch:
        patch.setattr(records, "this_process", lambda: this_process()._replace(space="pid:[1]"))
        staging = Staging(opened.folder, JOB)
    assert len(recover(opened.folder)) == 1
    assert staging.name in folder.tasks()
    staging.discard()


def test_leftovers_of_before_a_reboot_are_swept(folder: Place, opened: Opened, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever ran on this machine then is dead."""
    left_behind(opened.folder, this_process()._replace(boot="an earlier one"), monkeypatch)
    assert recover(opened.folder) == []
    assert folder.tasks() == []


def test_peer_26_the_cost_does_not_grow_with_the_number_of_jobs(
    workspace: Place, folder: Place, opened: Opened, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Neither archiving nor recovering lists the jobs of the folder."""
    for number in range(200):
        (folder / "jobs" / JOB.task / f"{number:08x}").mkdir(parents=True)
    workspace.make()
    listed = []
    scandir, listdir = os.scandir, os.listdir
    task = (folder / "jobs" / JOB.task).stat()

    def note(path: object) -> None:
        found = os.fstat(path) if isinstance(path, int) else os.stat(str(path))
        listed.append(os.path.samestat(found, task))

    def noted(look: Callable[..., Any]) -> Callable[..., Any]:
        def call(path: object) -> Any:
            note(path)
            return look(path)

        return call

    monkeypatch.setattr(os, "scandir", noted(scandir))
    monkeypatch.setattr(os, "listdir", noted(listdir))
    list(Archiver(opened.workspace, opened.folder, Rules()).run([JOB]))
    recover(opened.folder)
    assert listed
    assert not any(listed)


def test_a_record_that_leads_elsewhere_is_not_followed(folder: Place, opened: Opened, tmp_path: Path) -> None:
    """A record is written by whoever may write to the folder: it names a job or nothing."""
    victim = tmp_path / ".tmp.victim.abc"
    victim.mkdir()
    directory = folder / ".xpm-config" / "staging"
    directory.mkdir(parents=True)
    text = json.dumps(["copy", ["../..", "victim"], a_dead_process(), "", ""])
    (directory / "abc").symlink_to(text)
    assert len(recover(opened.folder)) == 1
    assert victim.exists()


def test_a_record_may_be_a_file_where_links_cannot_be_had(
    folder: Place, opened: Opened, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Some network file systems have no symbolic links."""

    def symlink(*_: object, **__: object) -> None:
        raise OSError(95, "Operation not supported")

    with monkeypatch.context() as patch:
        patch.setattr(os, "symlink", symlink)
        left_behind(opened.folder, a_dead_process(), monkeypatch)
    assert (folder / ".xpm-config" / "staging" / folder.records()[0]).is_file()
    assert recover(opened.folder) == []
    assert folder.records() == []


def test_a_plain_experimaestro_respects_the_staging(folder: Place, opened: Opened) -> None:
    """Its sweep takes the lock of the staging without waiting, and leaves alone what is locked."""
    filelock = pytest.importorskip("filelock", reason="filelock is not installed")
    staging = Staging(opened.folder, JOB)
    path = folder / "jobs" / JOB.task / f"{staging.name}.lock"
    with pytest.raises(filelock.Timeout):
        filelock.FileLock(str(path), timeout=0).acquire()
    staging.discard()
    assert folder.tasks() == []


def test_what_is_swept_meanwhile_by_others_is_no_error(
    folder: Place, opened: Opened, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The record stays behind when a plain experimaestro, or the user, was faster."""
    left_behind(opened.folder, a_dead_process(), monkeypatch)
    shutil.rmtree(folder / "jobs")
    assert recover(opened.folder) == []
    assert folder.records() == []
