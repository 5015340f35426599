"""Bringing a job back from a folder."""

from __future__ import annotations

import os
import shutil
import threading
from typing import TYPE_CHECKING

import pytest

from tests.jobs.scene import JOB, Opened, Place
from xpm_config.jobs import locks
from xpm_config.jobs.archive import Archiver
from xpm_config.jobs.exclude import Rules
from xpm_config.jobs.lookup import Shelf
from xpm_config.jobs.move import Mover
from xpm_config.jobs.restore import materialise, restore
from xpm_config.jobs.root import Root

if TYPE_CHECKING:
    from pathlib import Path

    from xpm_config.jobs.outcome import Outcome


def archive(opened: Opened, folder: Root | None = None, **options: bool) -> None:
    """Archive the job, which must go well."""
    archiver = Archiver(opened.workspace, folder or opened.folder, Rules(), **options)
    assert [archived.outcome.what for archived in archiver.run([JOB])] == ["archived"]


def bring_back(opened: Opened, *others: Root) -> Outcome:
    """Restore the job from the folder, or from others in front of it."""
    return restore(opened.workspace, [Shelf(root) for root in (*others, opened.folder)], JOB, wait=1)


def aside(workspace: Place) -> list[Path]:
    """What has been set aside."""
    return sorted((workspace / ".xpm-config" / "aside").glob("*/*"))


def test_a_deleted_job_comes_back_whole(workspace: Place, folder: Place, opened: Opened) -> None:
    """Contents, links, modes and times are those that it had; the folder is as it was."""
    path = workspace.make()
    (path / "model").chmod(0o2750)
    os.utime(path / "bert.out", ns=(1, 123_456_789))
    before = workspace.contents()
    archive(opened)
    copied = folder.contents()
    shutil.rmtree(path)
    outcome = bring_back(opened)
    assert outcome.what == "restored"
    assert workspace.contents() == before
    assert (path / "model").stat().st_mode & 0o7777 == 0o2750
    assert (path / "bert.out").stat().st_mtime_ns == 123_456_789
    assert folder.contents() == copied
    assert workspace.tasks() == [JOB.hash]
    assert workspace.records() == []


def test_peer_29_a_job_that_is_there_is_left_alone(workspace: Place, opened: Opened) -> None:
    """Nothing is said to be recovered that was never lost."""
    workspace.make()
    archive(opened)
    before = workspace.job().stat().st_ino
    assert bring_back(opened).what == "present"
    assert workspace.job().stat().st_ino == before


def test_peer_29_what_no_folder_has_is_missing(opened: Opened) -> None:
    """The outcome is no success."""
    outcome = bring_back(opened)
    assert outcome.what == "missing"
    assert not outcome.good


def test_peer_11_a_link_to_an_unmounted_folder_is_set_aside(workspace: Place, opened: Opened, tmp_path: Path) -> None:
    """The job comes back from the backup elsewhere, and the link is kept."""
    workspace.make()
    before = workspace.contents()
    archive(opened)
    fast = Place(tmp_path / "fast")
    with Root(str(fast.path)) as there:
        mover = Mover(opened.workspace, there)
        assert [outcome.what for outcome in mover.run([JOB])] == ["moved"]
        mover.finish()
    fast.path.rename(tmp_path / "unmounted")
    assert bring_back(opened).what == "restored"
    assert workspace.contents() == before
    [kept] = aside(workspace)
    assert os.readlink(kept) == str(fast.job())


@pytest.mark.parametrize("state", ["empty", "half", "failed", "file"])
def test_peer_15_an_unfinished_directory_is_set_aside(workspace: Place, opened: Opened, state: str) -> None:
    """What stands in the way is neither taken for the job nor lost."""
    path = workspace.make()
    before = workspace.contents()
    archive(opened)
    shutil.rmtree(path)
    if state == "file":
        path.write_text("half")
    else:
        path.mkdir()
    if state in ("half", "failed"):
        (path / "checkpoint").write_text("days of work")
    if state == "failed":
        (path / "bert.failed").write_text("1")
    assert bring_back(opened).what == "restored"
    assert workspace.contents() == before
    [kept] = aside(workspace)
    if state in ("half", "failed"):
        assert (kept / "checkpoint").read_text() == "days of work"


def test_a_running_job_is_not_touched(workspace: Place, opened: Opened) -> None:
    """Somebody computes it right now: the outcome says so."""
    path = workspace.make()
    archive(opened)
    (path / "bert.done").unlink()
    (path / "bert.pid").write_text(f'{{"type": "local", "pid": {os.getpid()}}}')
    outcome = bring_back(opened)
    assert outcome.what == "busy"
    assert not (path / "bert.done").exists()
    (path / "bert.pid").write_text('{"type": "local", "pid": 1, "host": "another.machine"}')
    assert bring_back(opened).what == "busy"


@pytest.mark.parametrize("first", ["failed", "not done", "truncated", "flipped", "cut manifest", "partial"])
def test_peer_14_an_incomplete_copy_does_not_shadow_a_good_one(
    workspace: Place, folder: Place, opened: Opened, tmp_path: Path, first: str
) -> None:
    """It is passed over, and named with what is wrong."""
    path = workspace.make()
    before = workspace.contents()
    archive(opened)
    bad = Place(tmp_path / "bad")
    with Root(str(bad.path)) as there:
        if first == "partial":
            os.mkfifo(path / "pipe")
            list(Archiver(opened.workspace, there, Rules()).run([JOB]))
        else:
            archive(opened, there)
        copy = bad.job()
        if first == "failed":
            (copy / "bert.failed").write_text("1")
        elif first == "not done":
            (copy / "bert.done").unlink()
        elif first == "truncated":
            os.truncate(copy / "model" / "weights.bin", 10)
        elif first == "flipped":
            weights = copy / "model" / "weights.bin"
            status = weights.stat()
            weights.write_bytes(weights.read_bytes()[:-1] + b"!")
            os.utime(weights, ns=(status.st_atime_ns, status.st_mtime_ns))
        elif first == "cut manifest":
            manifest = bad / ".xpm-config/manifests" / JOB.task / f"{JOB.hash}.jsonl"
            manifest.write_bytes(manifest.read_bytes().replace(b"weights", b"wights."))
        shutil.rmtree(path)
        outcome = bring_back(opened, there)
    assert outcome.what == "restored"
    assert outcome.folder == str(folder.path)
    assert str(copy) in outcome.reason
    assert workspace.contents() == before
    assert aside(workspace) == []


def test_when_no_copy_is_complete_each_is_named(workspace: Place, folder: Place, opened: Opened) -> None:
    """Nothing half comes back."""
    path = workspace.make()
    archive(opened)
    shutil.rmtree(path)
    (folder.job() / "params.json").unlink()
    outcome = bring_back(opened)
    assert outcome.what == "missing"
    assert "params.json: it is missing" in outcome.reason
    assert workspace.tasks() == []


def test_a_copy_without_a_manifest_is_taken_when_its_job_is_done(
    workspace: Place, folder: Place, opened: Opened
) -> None:
    """Folders that are other workspaces, and copies made by hand, have none; their locks are not copied."""
    folder.make()
    (folder.job() / "uv.lock").write_text("theirs")
    assert bring_back(opened).what == "restored"
    assert workspace.contents() == folder.contents()
    assert not (workspace.job() / "bert.lock").exists()
    assert not (folder / ".xpm-config").exists()


def test_a_job_that_runs_in_a_used_workspace_is_not_taken(workspace: Place, folder: Place, opened: Opened) -> None:
    """It may be half of one."""
    lock = locks.take("bert.lock", os.open(folder.make(), os.O_RDONLY))
    assert bring_back(opened).what == "missing"
    assert workspace.tasks() == []
    assert lock is not None
    lock.release()


def test_newer_contents_of_a_moved_job_are_changed_and_not_damaged(
    workspace: Place, folder: Place, opened: Opened
) -> None:
    """The user edited a file through the link: it comes back as it is."""
    workspace.make()
    mover = Mover(opened.workspace, opened.folder)
    assert [outcome.what for outcome in mover.run([JOB])] == ["moved"]
    mover.finish()
    (workspace.job() / "bert.out").write_text("annotated\n")
    (workspace.job() / ".experimaestro" / "status.json").unlink()
    workspace.job().unlink()
    assert restore(opened.workspace, [Shelf(opened.folder, in_use=True)], JOB).what == "restored"
    assert (workspace.job() / "bert.out").read_text() == "annotated\n"
    assert workspace.contents() == folder.contents()


def test_rewritten_paths_lead_back_into_the_workspace(workspace: Place, folder: Place, opened: Opened) -> None:
    """What `--rewrite-paths` changed in the copy is undone."""
    path = workspace.make()
    text = f'{{"version": 2, "path": "{workspace.path}/jobs/a/b"}}'
    (path / "params.json").write_text(text)
    archive(opened, rewrite=True)
    assert str(folder.path) in (folder.job() / "params.json").read_text()
    shutil.rmtree(path)
    assert bring_back(opened).what == "restored"
    assert (path / "params.json").read_text() == text


@pytest.mark.parametrize("working", [True, False], ids=["locks", "no locks"])
@pytest.mark.parametrize("number", [2, 8])
def test_peer_16_another_process_that_restores_is_waited_for(
    workspace: Place, opened: Opened, folder: Place, monkeypatch: pytest.MonkeyPatch, number: int, working: bool
) -> None:
    """All of them find the job there in the end, and none of them lets it run again."""
    if not working:
        monkeypatch.setattr(locks, "fcntl", None)
    path = workspace.make()
    before = workspace.contents()
    archive(opened)
    shutil.rmtree(path)
    outcomes: list[Outcome] = []
    start = threading.Barrier(number)

    def work() -> None:
        with Root(str(workspace.path)) as here, Root(str(folder.path)) as there:
            start.wait()
            outcomes.append(restore(here, [Shelf(there)], JOB, wait=10))

    threads = [threading.Thread(target=work) for _ in range(number)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert {outcome.what for outcome in outcomes} <= {"restored", "present"}
    assert workspace.contents() == before
    assert workspace.tasks() == [JOB.hash]
    assert aside(workspace) == []


def test_a_damaged_file_is_noticed_while_it_is_copied_back(workspace: Place, folder: Place, opened: Opened) -> None:
    """What looks right by size and time is compared by its digest, and nothing of it stays."""
    path = workspace.make()
    archive(opened)
    shutil.rmtree(path)
    weights = folder.job() / "model" / "weights.bin"
    status = weights.stat()
    data = bytearray(weights.read_bytes())
    data[1000] ^= 4
    weights.write_bytes(data)
    os.utime(weights, ns=(status.st_atime_ns, status.st_mtime_ns))
    outcome = bring_back(opened)
    assert outcome.what == "missing"
    assert "its contents are not what was copied" in outcome.reason
    assert workspace.tasks() == []


@pytest.mark.parametrize("exchange", [True, False], ids=["exchange", "two renames"])
def test_a_moved_job_becomes_a_directory_again(
    workspace: Place, folder: Place, opened: Opened, monkeypatch: pytest.MonkeyPatch, exchange: bool
) -> None:
    """The link gives way to a verified copy, links get their own texts back, and the folder keeps what it has."""
    if not exchange:
        monkeypatch.setattr("xpm_config.jobs.staging.exchange", lambda *_: False)
    (workspace.make() / "dep").symlink_to("../other/w.bin")
    before = workspace.contents()
    mover = Mover(opened.workspace, opened.folder)
    assert [outcome.what for outcome in mover.run([JOB])] == ["moved"]
    mover.finish()
    shelves = [Shelf(opened.folder, in_use=True)]
    assert materialise(opened.workspace, shelves, JOB).what == "restored"
    assert not workspace.job().is_symlink()
    assert workspace.contents() == before
    assert (folder.job() / "model" / "weights.bin").exists()
    assert workspace.tasks() == [JOB.hash]
    assert workspace.records() == []
    assert materialise(opened.workspace, shelves, JOB).what == "present"


def test_a_moved_job_whose_copy_is_damaged_stays_a_link(workspace: Place, folder: Place, opened: Opened) -> None:
    """What is there is better than nothing."""
    workspace.make()
    mover = Mover(opened.workspace, opened.folder)
    assert [outcome.what for outcome in mover.run([JOB])] == ["moved"]
    mover.finish()
    (folder.job() / "params.json").unlink()
    outcome = materialise(opened.workspace, [Shelf(opened.folder, in_use=True)], JOB)
    assert outcome.what == "missing"
    assert workspace.job().is_symlink()
