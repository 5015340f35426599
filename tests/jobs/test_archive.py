"""Archiving a job into a folder."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import sys
import threading
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.jobs.scene import JOB, Opened, Place
from xpm_config.jobs import archive as archive_module
from xpm_config.jobs import locks, system
from xpm_config.jobs.archive import Archiver
from xpm_config.jobs.exclude import Rules
from xpm_config.jobs.layout import JobId
from xpm_config.jobs.manifest import manifest_path, read_entries, read_summary
from xpm_config.jobs.root import Root
from xpm_config.jobs.tree import TreeCopy

if TYPE_CHECKING:
    from xpm_config.jobs.outcome import Outcome


def archive(opened: Opened, *jobs: JobId, rules: tuple[str, ...] = (), **options: bool) -> Outcome:
    """Archive jobs, JOB without others, and give the first outcome."""
    archiver = Archiver(opened.workspace, opened.folder, Rules(rules), **options)
    return next(iter([archived.outcome for archived in archiver.run(jobs or (JOB,))]))


def test_a_job_is_copied_with_all_that_belongs_to_it(workspace: Place, folder: Place, opened: Opened) -> None:
    """The copy has the job's files, links and directories, and nothing else stands beside it."""
    workspace.make()
    outcome = archive(opened)
    assert outcome.what == "archived"
    assert folder.contents() == workspace.contents()
    assert folder.tasks() == [JOB.hash]
    assert folder.records() == []


def test_what_is_archived_already_is_not_copied_again(workspace: Place, folder: Place, opened: Opened) -> None:
    """The second time, the copy's directory stays the one that it was."""
    workspace.make()
    archive(opened)
    before = folder.job().stat().st_ino
    assert archive(opened).what == "already"
    assert archive(opened, thorough=True).what == "already"
    assert folder.job().stat().st_ino == before


def test_a_second_look_costs_few_system_calls_whatever_the_size(workspace: Place, opened: Opened) -> None:
    """To know that a job with many files is archived, none of them is looked at."""
    many = workspace.make() / "many"
    many.mkdir()
    for number in range(2000):
        (many / str(number)).touch()
    archive(opened)
    calls: list[str] = []
    sys.addaudithook(lambda name, _: calls.append(name) if recording and name.startswith("os.") else None)
    recording = True
    assert archive(opened).what == "already"
    recording = False
    assert calls.count("os.scandir") == 0
    assert len(calls) < 20


def test_the_manifest_names_each_thing_and_whose_copy_it_is(workspace: Place, opened: Opened) -> None:
    """Sizes, digests and the texts of links stand there, and the workspace that made it."""
    workspace.make()
    archive(opened)
    entries = {entry.path: entry for entry in read_entries(opened.folder, JOB)}
    assert set(entries) == set(workspace.contents())
    assert entries["model/weights.bin"].size == 50_000
    assert entries["model/best"].value == "weights.bin"
    summary = read_summary(opened.folder, JOB)
    assert summary is not None
    assert (summary.owner, summary.left_out, summary.problems) == (str(workspace.path), 0, 0)


def test_excluded_files_are_listed_so_that_the_copy_is_partial_by_rule(workspace: Place, opened: Opened) -> None:
    """What a rule left out stands in the manifest; the job's own locks are nobody's loss."""
    (workspace.make() / "uv.lock").write_text("mine")
    assert archive(opened, rules=("*.out",)).what == "archived"
    summary = read_summary(opened.folder, JOB)
    assert summary is not None
    assert summary.left_out == 2
    left_out = {entry.path for entry in read_entries(opened.folder, JOB) if str(entry.kind) == "left out"}
    assert left_out == {"uv.lock", "bert.out"}


def test_a_job_that_is_missing_is_told(opened: Opened) -> None:
    """What is not there is told, with the next step."""
    outcome = archive(opened)
    assert outcome.what == "missing"
    assert "does not have it" in outcome.reason
    assert outcome.hint


@pytest.mark.parametrize(
    "damage",
    ["truncated", "flipped", "missing file", "empty directory", "plain file", "link", "no manifest", "cut manifest"],
)
def test_peer_12_an_existing_destination_is_looked_at(
    workspace: Place, folder: Place, opened: Opened, tmp_path: Path, damage: str
) -> None:
    """Whatever has the name of the copy gives way to a complete one, and the outcome says what was wrong."""
    workspace.make()
    archive(opened)
    copy = folder.job()
    weights = copy / "model" / "weights.bin"
    if damage == "truncated":
        os.truncate(weights, 7)
    elif damage == "flipped":
        data = weights.read_bytes()
        weights.write_bytes(data[:-1] + bytes([data[-1] ^ 1]))
    elif damage == "missing file":
        weights.unlink()
    elif damage == "no manifest":
        Path(manifest_path(opened.folder, JOB)).unlink()
    elif damage == "cut manifest":
        path = Path(manifest_path(opened.folder, JOB))
        path.write_bytes(path.read_bytes()[:-30])
    else:
        shutil.rmtree(copy)
        if damage == "empty directory":
            copy.mkdir()
        elif damage == "plain file":
            copy.write_text("what is this?")
        else:
            elsewhere = tmp_path / "elsewhere"
            shutil.copytree(workspace.job(), elsewhere, symlinks=True)
            copy.symlink_to(elsewhere)
    outcome = archive(opened, thorough=True)
    assert outcome.what == "archived"
    assert "it replaces what was there" in outcome.reason
    assert folder.contents() == workspace.contents()
    assert folder.tasks() == [JOB.hash]
    assert archive(opened, thorough=True).what == "already"


def test_peer_13_a_job_that_ran_again_gets_a_new_copy(workspace: Place, folder: Place, opened: Opened) -> None:
    """The marker of success is newer: the old copy is replaced."""
    path = workspace.make()
    archive(opened)
    (path / "bert.out").write_text("a better run\n")
    (path / "bert.done").unlink()
    (path / "bert.done").touch()
    outcome = archive(opened)
    assert outcome.what == "archived"
    assert "earlier run" in outcome.reason
    assert folder.contents() == workspace.contents()


def test_a_stale_copy_is_replaced_where_names_cannot_be_exchanged(
    workspace: Place, folder: Place, opened: Opened, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Two renames do then."""
    monkeypatch.setattr("xpm_config.jobs.staging.exchange", lambda *_: False)
    path = workspace.make()
    archive(opened)
    (path / "bert.done").unlink()
    (path / "bert.done").touch()
    assert archive(opened).what == "archived"
    assert folder.contents() == workspace.contents()
    assert folder.tasks() == [JOB.hash]


def test_the_complete_copy_of_another_workspace_is_never_replaced(
    workspace: Place, folder: Place, opened: Opened, tmp_path: Path
) -> None:
    """Ours stays in the workspace, and the outcome names whose copy is there."""
    other = Place(tmp_path / "other")
    other.make()
    workspace.make()
    with Root(str(other.path)) as there:
        assert next(Archiver(there, opened.folder, Rules()).run([JOB])).outcome.what == "archived"
    outcome = archive(opened)
    assert outcome.what == "kept"
    assert str(other.path) in outcome.reason
    assert folder.contents() == other.contents()
    (folder.job() / "model" / "weights.bin").unlink()
    assert archive(opened).what == "archived"
    assert folder.contents() == workspace.contents()


def test_peer_21_what_cannot_be_copied_is_named_and_the_copy_is_partial(
    workspace: Place, folder: Place, opened: Opened, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A FIFO and a socket do not stop the rest, and are no secret."""
    path = workspace.make()
    os.mkfifo(path / "pipe")
    monkeypatch.chdir(path)
    with socket.socket(socket.AF_UNIX) as server:
        server.bind("socket")
    outcome = archive(opened)
    assert outcome.what == "partial"
    assert "pipe: a FIFO" in outcome.reason
    assert "socket: a socket" in outcome.reason
    assert (folder.job() / "model" / "weights.bin").exists()
    assert not outcome.good
    # A later look costs little, and still does not call it complete.
    assert archive(opened).what == "partial"
    (path / "pipe").unlink()
    (path / "socket").unlink()
    assert archive(opened, thorough=True).what == "archived"
    assert archive(opened).what == "already"


def test_a_partial_copy_replaces_nothing(workspace: Place, folder: Place, opened: Opened) -> None:
    """A complete copy of an earlier run is better than one that lacks something."""
    path = workspace.make()
    archive(opened)
    before = folder.contents()
    os.mkfifo(path / "pipe")
    (path / "bert.done").unlink()
    (path / "bert.done").touch()
    outcome = archive(opened)
    assert outcome.what == "failed"
    assert folder.contents() == before


@pytest.mark.parametrize("state", ["not done", "failed", "locked", "alive"])
def test_peer_23_only_jobs_that_are_done_and_stand_still_are_archived(
    workspace: Place, folder: Place, opened: Opened, state: str
) -> None:
    """A job that has not succeeded is passed by; one that is running is for later."""
    path = workspace.make(done=state != "not done")
    lock = None
    if state == "failed":
        (path / "bert.failed").write_text("1")
    elif state == "locked":
        lock = locks.take("bert.lock", opened.workspace.job(JOB))
    elif state == "alive":
        (path / "bert.pid").write_text(f'{{"type": "local", "pid": {os.getpid()}}}')
    outcome = archive(opened)
    assert outcome.what == ("busy" if state in ("locked", "alive") else "skipped")
    assert outcome.reason
    assert folder.tasks() == []
    if lock is not None:
        lock.release()


def test_peer_06_a_writer_during_the_copy_is_noticed(
    workspace: Place, folder: Place, opened: Opened, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The copy starts again until the job stands still; where it never does, nothing is published."""
    path = workspace.make()
    original = TreeCopy.run
    attempts = []

    def written_to(self: TreeCopy) -> object:
        copied = original(self)
        attempts.append(1)
        if len(attempts) < writes:
            with (path / "bert.out").open("a") as file:
                file.write("late\n")
        return copied

    monkeypatch.setattr(TreeCopy, "run", written_to)
    writes = 3
    assert archive(opened).what == "archived"
    assert folder.contents() == workspace.contents()
    writes = 1000
    (path / "bert.done").unlink()
    (path / "bert.done").touch()
    before = folder.contents()
    outcome = archive(opened)
    assert outcome.what == "busy"
    assert "written to" in outcome.reason
    assert folder.contents() == before
    assert folder.tasks() == [JOB.hash]


def failing_flush(monkeypatch: pytest.MonkeyPatch, *numbers: int) -> None:
    """Let some flushes fail."""
    count = 0

    def flush(descriptor: int) -> None:
        nonlocal count
        count += 1
        if count in numbers:
            raise OSError(5, "Input/output error")
        system.flush(descriptor)

    monkeypatch.setattr(archive_module, "flush", flush)


def test_a_failed_flush_drops_the_copies_and_keeps_the_jobs(
    workspace: Place, folder: Place, opened: Opened, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nothing is believed after an error, nothing is tried twice; the next run succeeds."""
    workspace.make()
    failing_flush(monkeypatch, 1)
    outcome = archive(opened)
    assert outcome.what == "failed"
    assert "made durable" in outcome.reason
    assert folder.tasks() == []
    assert folder.records() == []
    assert archive(opened).what == "archived"


def test_a_copy_whose_last_flush_failed_is_made_again(
    workspace: Place, folder: Place, opened: Opened, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It has its name, but nobody may call it archived."""
    workspace.make()
    failing_flush(monkeypatch, 2)
    assert archive(opened).what == "failed"
    assert read_summary(opened.folder, JOB) is None
    assert archive(opened).what == "archived"
    assert folder.contents() == workspace.contents()


def test_flushes_are_shared_by_a_batch(workspace: Place, opened: Opened, monkeypatch: pytest.MonkeyPatch) -> None:
    """A hundred jobs take two batches of two flushes."""
    jobs = [JobId("nlp.train.bert", f"{number:08x}") for number in range(100)]
    for job in jobs:
        (workspace.job(job)).mkdir(parents=True)
        (workspace.job(job) / "bert.done").touch()
    flushes: list[int] = []
    monkeypatch.setattr(archive_module, "flush", flushes.append)
    outcomes = [archived.outcome.what for archived in Archiver(opened.workspace, opened.folder, Rules()).run(jobs)]
    assert outcomes == ["archived"] * 100
    assert len(flushes) == 4


def test_peer_22_old_parameters_are_archived_with_a_warning(workspace: Place, folder: Place, opened: Opened) -> None:
    """Absolute paths are named, and not touched."""
    path = workspace.make()
    text = f'{{"objects": ["{workspace.path}/jobs/x/y/w.bin", "\u00e9", 1e400]}}'
    (path / "params.json").write_text(text)
    outcome = archive(opened)
    assert outcome.what == "archived"
    assert f"{workspace.path}/jobs/x/y/w.bin" in outcome.reason
    assert "--rewrite-paths" in outcome.reason
    assert (folder.job() / "params.json").read_text() == text


def test_peer_22_rewriting_changes_the_paths_and_nothing_else(workspace: Place, folder: Place, opened: Opened) -> None:
    """Spaces, escapes, numbers and other strings stay byte for byte."""
    path = workspace.make()
    text = (
        '{ "objects":\t["HERE/jobs/x/y/w.bin", "HERE", "HEREafter", "a HERE/b", "\\u00e9", "\u00e9", 1e400],\n'
        '  "HERE/key": "\\/HERE", "version" : 2 }\n'
    )
    (path / "params.json").write_text(text.replace("HERE", str(workspace.path)))
    assert archive(opened, rewrite=True).what == "archived"
    expected = text.replace('"HERE/jobs', '"THERE/jobs').replace('"HERE",', '"THERE",')
    expected = expected.replace("THERE", str(folder.path)).replace("HERE", str(workspace.path))
    assert (folder.job() / "params.json").read_text() == expected
    assert (folder.job() / "params.json").stat().st_mtime_ns == (path / "params.json").stat().st_mtime_ns
    assert archive(opened, thorough=True).what == "already"


def test_peer_24_locks_of_stagings_go_with_their_unique_names(workspace: Place, folder: Place, opened: Opened) -> None:
    """The lock of a staging is never one that another process could wait for."""
    workspace.make()
    names = []
    original = locks.take

    def take(path: str, directory: int, mode: int = 0o666) -> locks.Lock | None:
        names.append(path)
        return original(path, directory, mode)

    locks.take, restore = take, locks.take
    try:
        archive(opened)
        shutil.rmtree(folder.job())
        archive(opened)
    finally:
        locks.take = restore
    assert len(names) == len(set(names)) == 2


@pytest.mark.parametrize("working", [True, False], ids=["locks", "no locks"])
@pytest.mark.parametrize("number", [2, 8])
def test_processes_that_archive_the_same_job_make_one_whole_copy(
    workspace: Place, folder: Place, opened: Opened, monkeypatch: pytest.MonkeyPatch, number: int, working: bool
) -> None:
    """With working locks one does the work; without them the names see to it."""
    if not working:
        monkeypatch.setattr(locks, "fcntl", None)
    workspace.make()
    outcomes: list[Outcome] = []
    start = threading.Barrier(number)

    def work() -> None:
        with Root(str(workspace.path)) as here, Root(str(folder.path)) as there:
            start.wait()
            outcomes.extend(archived.outcome for archived in Archiver(here, there, Rules()).run([JOB]))

    threads = [threading.Thread(target=work) for _ in range(number)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert {outcome.what for outcome in outcomes} <= {"archived", "already", "busy"}, outcomes
    assert any(outcome.what == "archived" for outcome in outcomes)
    assert folder.contents() == workspace.contents()
    assert folder.tasks() == [JOB.hash]
    assert folder.records() == []
    assert archive(opened, thorough=True).good


def test_what_is_ours_can_be_used_by_whom_the_folder_lets_in(workspace: Place, folder: Place) -> None:
    """A shared folder stays shared, whatever the umask says."""
    workspace.make()
    folder.path.chmod(0o2770)
    before = os.umask(0o077)
    try:
        with Root(str(workspace.path)) as here, Root(str(folder.path)) as there:
            list(Archiver(here, there, Rules()).run([JOB]))
    finally:
        os.umask(before)
    for path in (folder / ".xpm-config").rglob("*"):
        assert path.stat().st_mode & 0o7770 == (0o2770 if path.is_dir() else 0o660), path
    assert (folder / "jobs" / JOB.task).stat().st_mode & 0o7777 == 0o2770


def test_names_of_all_kinds_are_archived(workspace: Place, folder: Place, opened: Opened) -> None:
    """New lines, bytes that are no UTF-8, 255 bytes, and sixty levels."""
    path = workspace.make()
    (path / "new\nline").write_text("1")
    Path(os.fsdecode(bytes(path) + b"/\xff\xfe")).write_text("2")
    (path / ("n" * 255)).write_text("3")
    deep = path.joinpath(*["level"] * 60)
    deep.mkdir(parents=True)
    (deep / "bottom").write_text("4")
    assert archive(opened).what == "archived"
    assert folder.contents() == workspace.contents()
    assert archive(opened, thorough=True).what == "already"


def test_a_path_that_is_too_long_for_the_system_is_archived(
    workspace: Place, folder: Place, opened: Opened, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What can be reached only step by step is copied and compared so."""
    monkeypatch.chdir(workspace.make())
    for _ in range(30):
        os.mkdir("d" * 250)
        os.chdir("d" * 250)
    Path("bottom").write_text("deep")
    assert archive(opened).what == "archived"
    assert archive(opened, thorough=True).what == "already"


def test_a_read_only_workspace_is_archived(workspace: Place, folder: Place, opened: Opened) -> None:
    """Nothing is written into the source, not even a lock."""
    workspace.make()
    before = {str(path): path.stat().st_mtime_ns for path in workspace.path.rglob("*") if not path.is_symlink()}
    assert archive(opened).what == "archived"
    after = {str(path): path.stat().st_mtime_ns for path in workspace.path.rglob("*") if not path.is_symlink()}
    assert after == before


def test_a_folder_that_is_unmounted_meanwhile_gets_nothing(
    workspace: Place, folder: Place, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What was opened is written to, not what stands at its path now."""
    workspace.make()
    with Root(str(workspace.path)) as here, Root(str(folder.path)) as there:
        folder.path.rename(tmp_path / "the disk")
        folder.path.mkdir()
        list(Archiver(here, there, Rules()).run([JOB]))
    assert list(folder.path.iterdir()) == []


def mounted(place: Path) -> bool:
    """Mount a small file system, where that can be done."""
    command = ["mount", "-t", "tmpfs", "-o", "size=64k", "xpm", str(place)]
    return subprocess.run(command, check=False, capture_output=True).returncode == 0


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can mount")
def test_peer_28_a_full_disk_is_told_and_leaves_nothing(workspace: Place, tmp_path: Path) -> None:
    """The outcome names the reason and the next step, and the job is where it was."""
    path = workspace.make()
    (path / "large").write_bytes(os.urandom(200_000))
    place = tmp_path / "small"
    place.mkdir()
    if not mounted(place):
        pytest.skip("nothing can be mounted here")
    try:
        with Root(str(workspace.path)) as here, Root(str(place)) as there:
            outcome = next(Archiver(here, there, Rules()).run([JOB])).outcome
            assert outcome.what == "failed"
            assert "No space left" in outcome.reason
            assert "free some space" in outcome.hint
            assert os.listdir(place / "jobs" / JOB.task) == []
            (path / "large").unlink()
            (path / "model" / "weights.bin").write_bytes(b"small")
            assert next(Archiver(here, there, Rules()).run([JOB])).outcome.what == "archived"
    finally:
        subprocess.run(["umount", str(place)], check=True)
