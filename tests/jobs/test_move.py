"""Moving a job into a folder."""

from __future__ import annotations

import os
import shutil
import threading
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.jobs.scene import JOB, Opened, Place
from xpm_config.jobs import locks, move, system
from xpm_config.jobs.archive import Archiver
from xpm_config.jobs.exclude import Rules
from xpm_config.jobs.lookup import Shelf
from xpm_config.jobs.manifest import read_originals
from xpm_config.jobs.move import Mover
from xpm_config.jobs.restore import restore
from xpm_config.jobs.root import Root

if TYPE_CHECKING:
    from xpm_config.jobs.outcome import Outcome

EXCHANGE = pytest.mark.parametrize("exchange", [True, False], ids=["exchange", "two renames"])


def switch(monkeypatch: pytest.MonkeyPatch, *, exchange: bool) -> None:
    """Take the exchange of two names away from the system."""
    if not exchange:
        monkeypatch.setattr("xpm_config.jobs.staging.exchange", lambda *_: False)


def moved(opened: Opened) -> list[Outcome]:
    """Move the job to the end; all outcomes."""
    mover = Mover(opened.workspace, opened.folder)
    return [*mover.run([JOB]), *mover.finish()]


@EXCHANGE
def test_a_job_gives_its_place_to_a_link(
    workspace: Place, folder: Place, opened: Opened, monkeypatch: pytest.MonkeyPatch, exchange: bool
) -> None:
    """The job is reached through its path as before, and nothing else is left of it in the workspace."""
    switch(monkeypatch, exchange=exchange)
    workspace.make()
    before = workspace.contents()
    assert [outcome.what for outcome in moved(opened)] == ["moved"]
    assert workspace.job().is_symlink()
    assert os.readlink(workspace.job()) == str(folder.job())
    assert workspace.contents() == before
    assert folder.contents() == before
    assert workspace.tasks() == folder.tasks() == [JOB.hash]
    assert workspace.records() == folder.records() == []


def test_the_original_stays_until_the_end_of_the_run(workspace: Place, opened: Opened) -> None:
    """Jobs of the same run may have files of it open: it is deleted by `finish`."""
    workspace.make()
    mover = Mover(opened.workspace, opened.folder)
    assert [outcome.what for outcome in mover.run([JOB])] == ["moved"]
    assert len(workspace.tasks()) == 3
    assert mover.finish() == []
    assert workspace.tasks() == [JOB.hash]


def test_a_moved_job_is_not_copied_onto_itself(workspace: Place, folder: Place, opened: Opened) -> None:
    """A second move, and a backup into the same folder, find it there already."""
    workspace.make()
    moved(opened)
    before = folder.contents()
    assert [outcome.what for outcome in moved(opened)] == ["already"]
    archived = next(Archiver(opened.workspace, opened.folder, Rules()).run([JOB]))
    assert archived.outcome.what == "already"
    assert folder.contents() == before


def test_a_moved_job_can_be_backed_up_through_its_link(workspace: Place, opened: Opened, tmp_path: Path) -> None:
    """A backup folder that comes later gets its copy."""
    workspace.make()
    moved(opened)
    backup = Place(tmp_path / "backup")
    with Root(str(backup.path)) as there:
        assert next(Archiver(opened.workspace, there, Rules()).run([JOB])).outcome.what == "archived"
    assert backup.contents() == workspace.contents()


def test_peer_17_two_move_folders(workspace: Place, opened: Opened, tmp_path: Path) -> None:
    """The second one finds the job moved already, and nothing breaks."""
    workspace.make()
    before = workspace.contents()
    moved(opened)
    second = Place(tmp_path / "second")
    with Root(str(second.path)) as there:
        assert [outcome.what for outcome in Mover(opened.workspace, there).run([JOB])] == ["already"]
    assert workspace.contents() == before


def test_peer_07_files_that_rules_exclude_are_carried_along(workspace: Place, folder: Place, opened: Opened) -> None:
    """A user's `uv.lock` and a directory `final.pid/` are moved, the job's own locks are not."""
    path = workspace.make()
    (path / "uv.lock").write_text("mine")
    (path / "final.pid").mkdir()
    (path / "final.pid" / "x").write_text("mine, too")
    (path / ".scheduler").mkdir()
    assert [outcome.what for outcome in moved(opened)] == ["moved"]
    assert (folder.job() / "uv.lock").read_text() == "mine"
    assert (folder.job() / "final.pid" / "x").read_text() == "mine, too"
    assert not (folder.job() / "bert.lock").exists()
    assert not (folder.job() / ".scheduler").exists()


def test_peer_07_a_backup_that_lacks_files_is_no_reason_to_delete_them(
    workspace: Place, folder: Place, opened: Opened
) -> None:
    """The folder has a copy by rules: it is replaced by a full one before the job moves."""
    (workspace.make() / "uv.lock").write_text("mine")
    next(Archiver(opened.workspace, opened.folder, Rules()).run([JOB]))
    assert not (folder.job() / "uv.lock").exists()
    assert [outcome.what for outcome in moved(opened)] == ["moved"]
    assert (folder.job() / "uv.lock").read_text() == "mine"


def test_peer_08_a_relative_link_that_leaves_the_job_becomes_absolute(
    workspace: Place, folder: Place, opened: Opened
) -> None:
    """It leads where it led, and is what it was when the job comes back."""
    path = workspace.make()
    other = path.parent / "other"
    other.mkdir()
    (other / "w.bin").write_text("weights")
    (path / "dep").symlink_to("../other/w.bin")
    (path / "model" / "dep").symlink_to("../../other/w.bin")
    (path / "model" / "inner").symlink_to("../params.json")
    before = workspace.contents()
    assert [outcome.what for outcome in moved(opened)] == ["moved"]
    assert (folder.job() / "dep").read_text() == "weights"
    assert (folder.job() / "model" / "dep").read_text() == "weights"
    assert os.readlink(folder.job() / "model" / "inner") == "../params.json"
    assert read_originals(opened.folder, JOB) == {"dep": "../other/w.bin", "model/dep": "../../other/w.bin"}
    workspace.job().unlink()
    assert restore(opened.workspace, [Shelf(opened.folder, in_use=True)], JOB).what == "restored"
    assert workspace.contents() == before


def test_peer_21_a_job_that_cannot_be_copied_in_full_stays(workspace: Place, opened: Opened) -> None:
    """Move destroys nothing that it did not copy."""
    os.mkfifo(workspace.make() / "pipe")
    [outcome] = moved(opened)
    assert outcome.what == "partial"
    assert "pipe: a FIFO" in outcome.reason
    assert not workspace.job().is_symlink()
    assert (workspace.job() / "pipe").exists()


@pytest.mark.parametrize("when", ["before the look", "after the exchange", "before the deletion"])
@EXCHANGE
def test_peer_06_what_is_written_late_is_not_lost(
    workspace: Place, folder: Place, opened: Opened, monkeypatch: pytest.MonkeyPatch, when: str, exchange: bool
) -> None:
    """A log that grows between the copy and the deletion keeps the job in place, or its original aside."""
    switch(monkeypatch, exchange=exchange)
    log = workspace.make() / "bert.out"
    handle = log.open("a")

    def write() -> None:
        with handle:
            handle.write("late\n")

    if when == "before the look":

        def flush(descriptor: int) -> None:
            system.flush(descriptor)
            if not handle.closed:
                write()

        monkeypatch.setattr(move, "flush", flush)
    elif when == "after the exchange":
        original_swap = move.Original.swap

        def swap(self: move.Original) -> None:
            original_swap(self)
            if not handle.closed:
                write()

        monkeypatch.setattr(move.Original, "swap", swap)
    mover = Mover(opened.workspace, opened.folder)
    [outcome] = mover.run([JOB])
    if when != "before the look":
        assert outcome.what == "moved"
        if when == "before the deletion":
            write()
        [late] = mover.finish()
        assert "somebody wrote to it" in late.reason
        kept = Path(late.reason.rpartition(" ")[2])
        assert (kept / "bert.out").read_text().endswith("late\n")
    else:
        assert outcome.what == "busy"
        assert not workspace.job().is_symlink()
        assert log.read_text().endswith("late\n")
    assert workspace.tasks() == [JOB.hash]
    assert workspace.records() == []


def test_a_locked_job_is_not_moved(workspace: Place, opened: Opened) -> None:
    """While experimaestro looks at the job under its lock, the job stays."""
    workspace.make()
    lock = locks.take(".experimaestro/bert.lock", opened.workspace.job(JOB))
    assert lock is not None
    [outcome] = moved(opened)
    assert outcome.what == "busy"
    lock.release()
    assert [outcome.what for outcome in moved(opened)] == ["moved"]


def test_peer_01_nothing_is_deleted_before_it_is_durable(
    workspace: Place, opened: Opened, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Copy, flush, manifest, flush, record, flush, exchange, flush, and only then the deletion."""
    workspace.make()
    steps = []

    def flush(descriptor: int) -> None:
        steps.append("flush folder" if descriptor == opened.folder.descriptor else "flush workspace")

    monkeypatch.setattr("xpm_config.jobs.archive.flush", flush)
    monkeypatch.setattr(move, "flush", flush)
    for module, name in ((move.Original, "swap"), (move, "delete")):
        original = getattr(module, name)

        def step(*arguments: object, _name: str = name, _original: object = original) -> object:
            steps.append(_name)
            return _original(*arguments)  # type: ignore[operator]

        monkeypatch.setattr(module, name, step)
    assert [outcome.what for outcome in moved(opened)] == ["moved"]
    assert steps == ["flush folder", "flush folder", "flush workspace", "swap", "flush workspace", "delete"]


@pytest.mark.parametrize("number", [1, 2])
@EXCHANGE
def test_a_failed_flush_of_the_workspace_undoes_the_move(
    workspace: Place, opened: Opened, monkeypatch: pytest.MonkeyPatch, number: int, exchange: bool
) -> None:
    """The job is a directory again, and the next attempt succeeds."""
    switch(monkeypatch, exchange=exchange)
    workspace.make()
    before = workspace.contents()
    count = 0

    def flush(descriptor: int) -> None:
        nonlocal count
        count += 1
        if count == number:
            raise OSError(5, "Input/output error")
        system.flush(descriptor)

    monkeypatch.setattr(move, "flush", flush)
    [outcome] = moved(opened)
    assert outcome.what == "failed"
    assert not workspace.job().is_symlink()
    assert workspace.contents() == before
    assert workspace.tasks() == [JOB.hash]
    assert workspace.records() == []
    assert [outcome.what for outcome in moved(opened)] == ["moved"]


def test_a_copy_that_is_damaged_on_the_way_is_no_reason_to_delete(
    workspace: Place, opened: Opened, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The copy is read again and compared before the link gets its place."""
    workspace.make()
    original = Mover._prepared

    def damaged(self: Mover, archived: object) -> object:
        path = Path(opened.folder.path, JOB.relative, "model", "weights.bin")
        status = path.stat()
        path.write_bytes(bytes(50_000))
        os.utime(path, ns=(status.st_atime_ns, status.st_mtime_ns))
        return original(self, archived)  # type: ignore[arg-type]

    monkeypatch.setattr(Mover, "_prepared", damaged)
    [outcome] = moved(opened)
    assert outcome.what == "failed"
    assert "weights.bin" in outcome.reason
    assert not workspace.job().is_symlink()


def test_peer_18_a_read_only_directory_is_moved(workspace: Place, folder: Place, opened: Opened) -> None:
    """A subdirectory without permission to write is copied with its mode, and its original deleted."""
    path = workspace.make()
    (path / "model").chmod(0o555)
    assert [outcome.what for outcome in moved(opened)] == ["moved"]
    assert (folder.job() / "model").stat().st_mode & 0o777 == 0o555
    assert workspace.tasks() == [JOB.hash]


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can become somebody else")
def test_peer_18_a_read_only_directory_is_moved_by_an_ordinary_user(
    workspace: Place, folder: Place, opened: Opened
) -> None:
    """Whom the permissions bind gets there, too, and leaves nothing behind."""
    path = workspace.make()
    (path / "model").chmod(0o555)
    for place in (workspace.path, folder.path):
        for each in (place, *place.rglob("*")):
            os.chown(each, 65534, 65534, follow_symlinks=False)
    child = os.fork()
    if child == 0:
        # Nothing of the test may go on in the child, whatever happens.
        try:
            os.setgid(65534)
            os.setuid(65534)
            os._exit(0 if [outcome.what for outcome in moved(opened)] == ["moved"] else 1)
        finally:
            os._exit(2)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
    assert workspace.job().is_symlink()
    assert workspace.tasks() == [JOB.hash]
    assert (folder.job() / "model" / "weights.bin").stat().st_size == 50_000


@pytest.mark.parametrize("working", [True, False], ids=["locks", "no locks"])
@pytest.mark.parametrize("number", [2, 8])
def test_many_that_archive_restore_and_move_one_job_lose_nothing(
    workspace: Place, folder: Place, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, number: int, working: bool
) -> None:
    """Whatever the order, the job is whole at its path in the end."""
    if not working:
        monkeypatch.setattr(locks, "fcntl", None)
    backup = Place(tmp_path / "backup")
    workspace.make()
    before = workspace.contents()
    found: list[Outcome] = []
    start = threading.Barrier(number)

    def work(index: int) -> None:
        with Root(str(workspace.path)) as here, Root(str(folder.path)) as there, Root(str(backup.path)) as other:
            start.wait()
            for turn in range(6):
                if (index + turn) % 3 == 0:
                    mover = Mover(here, there)
                    found.extend([*mover.run([JOB]), *mover.finish()])
                elif (index + turn) % 3 == 1:
                    found.extend(archived.outcome for archived in Archiver(here, other, Rules()).run([JOB]))
                else:
                    found.append(restore(here, [Shelf(there, in_use=True), Shelf(other)], JOB, wait=1))

    threads = [threading.Thread(target=work, args=(index,)) for index in range(number)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert workspace.contents() == before
    assert workspace.tasks() == [JOB.hash]
    assert folder.tasks() == [JOB.hash]
    for outcome in found:
        assert outcome.what in ("archived", "already", "moved", "present", "restored", "busy"), outcome
    shutil.rmtree(workspace / "jobs")
    with Root(str(workspace.path)) as here, Root(str(folder.path)) as there:
        assert restore(here, [Shelf(there, in_use=True)], JOB).what == "restored"
    assert workspace.contents() == before
