"""Which jobs the user means, and where they are."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.jobs.scene import JOB, Place
from xpm_config.errors import UsageError
from xpm_config.jobs.layout import JobId, parse_job
from xpm_config.jobs.lookup import Shelf, find_copies, resolve, shelf_paths
from xpm_config.jobs.restore import restore
from xpm_config.jobs.root import Root

WRONG = ["../secret", "../x/abc", "/etc/passwd", "a/b/c", "T/", "/h", "", "T", "T/..", "./h", "T/\0", "T/a\0b"]


@pytest.mark.parametrize("text", WRONG)
def test_peer_29_nothing_leads_out_of_the_tree(workspace: Place, text: str) -> None:
    """What is no TASK/HASH ends before anything is looked at."""
    workspace.make()
    with pytest.raises(UsageError):
        parse_job(text)
    with pytest.raises(UsageError):
        resolve(text, [str(workspace.path)])


def test_a_job_is_found_by_a_unique_part_of_its_hash(workspace: Place, folder: Place) -> None:
    """Also where only a folder has it; several are given to choose from."""
    workspace.make()
    other = JobId(JOB.task, "0affffff")
    folder.make(other)
    roots = [str(workspace.path), str(folder.path)]
    assert resolve(f"{JOB.task}/0a1", roots) == [JOB]
    assert resolve(f"{JOB.task}/0af", roots) == [other]
    assert resolve(f"{JOB.task}/0a", roots) == [JOB, other]
    assert resolve(f"{JOB.task}/ff", roots) == []


def test_a_whole_hash_is_that_job_even_if_another_one_begins_so(workspace: Place) -> None:
    """The exact name wins."""
    workspace.make()
    workspace.make(JobId(JOB.task, JOB.hash + "00"))
    assert resolve(str(JOB), [str(workspace.path)]) == [JOB]


def test_a_task_is_found_without_regard_to_case(workspace: Place) -> None:
    """Experimaestro writes it in lower case, the specification does not."""
    job = JobId("mymodule.mytask", "abc123")
    workspace.make(job)
    assert resolve("mymodule.MyTask/abc123", [str(workspace.path)]) == [job]
    upper = JobId("mymodule.MYTASK", "abc123")
    workspace.make(upper)
    with pytest.raises(UsageError, match="may be"):
        resolve("mymodule.MyTask/abc123", [str(workspace.path)])
    assert resolve("mymodule.MYTASK/abc123", [str(workspace.path)]) == [upper]
    assert resolve("mymodule.other/abc123", [str(workspace.path)]) == []


def test_a_used_folder_whose_path_ends_in_jobs_works(workspace: Place, tmp_path: Path) -> None:
    """The specification's own example names the directory of the jobs."""
    other = Place(tmp_path / "old-workspace")
    other.make()
    paths = shelf_paths(str(other / "jobs"), "use")
    assert paths == [str(other / "jobs"), str(other.path)]
    assert shelf_paths(str(other / "jobs"), "backup") == [str(other / "jobs")]
    assert shelf_paths(str(other.path), "use") == [str(other.path)]
    with Root(str(workspace.path)) as here, Root(paths[0]) as first, Root(paths[1]) as second:
        outcome = restore(here, [Shelf(first), Shelf(second)], JOB)
    assert outcome.what == "restored"
    assert workspace.contents() == other.contents()


def test_copies_are_found_in_the_order_of_the_folders(workspace: Place, folder: Place, tmp_path: Path) -> None:
    """Complete ones have no reason, others have one in words."""
    other = Place(tmp_path / "other")
    folder.make(done=False)
    other.make()
    with Root(str(folder.path)) as first, Root(str(other.path)) as second:
        found = list(find_copies([Shelf(first), Shelf(second)], JOB))
    assert [Path(copy.path) for copy in found] == [folder.job(), other.job()]
    assert [bool(copy.reason) for copy in found] == [True, False]
    assert "not done" in found[0].reason
