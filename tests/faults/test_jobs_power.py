"""A power cut at the steps of archive, move and restore: what had not been flushed is gone, and no job is lost.

The workspace and the folder are disks of their own. The process is killed at a system call, and at the same moment
the disks lose what they had not been told to keep. One of them may happen to have written everything just before.
"""

from __future__ import annotations

import os
import shutil
from contextlib import ExitStack
from typing import TYPE_CHECKING

import pytest

from tests.faults import points as faults
from tests.faults.disks import Disk, disk, missing
from tests.faults.scene import Scene

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

EVERY = 1 if os.environ.get("XPM_ALL_POINTS") else 40


@pytest.fixture
def disks(tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[list[Disk]]:
    """Two disks of the kind that the test asks for."""
    kind = str(request.param)
    if missing(kind):
        pytest.skip(missing(kind))
    with ExitStack() as mounted:
        try:
            made = [mounted.enter_context(disk(tmp_path / name, kind)) for name in ("one", "two")]
        except OSError as error:
            pytest.skip(f"nothing can be mounted here: {error}")
        yield made


def on_disks(place: Path, scenario: str, disks: list[Disk], name: str) -> Scene:
    """A scene whose workspace is on one disk, and whose folder is on the other; all of it durable."""
    place.mkdir()
    for each, link in zip(disks, ("workspace", "folder"), strict=True):
        (each.path / name).mkdir()
        (place / link).symlink_to(each.path / name)
    scene = Scene(place, scenario)
    os.sync()
    return scene


@pytest.mark.skipif(faults.STRACE is None, reason="strace is not installed")
@pytest.mark.parametrize("scenario", ["archive over a stale copy", "move", "restore over a dangling link"])
@pytest.mark.parametrize("disks", ["ext4", "xfs"], indirect=True)
def test_peer_01_a_power_cut_at_any_step_loses_no_job(
    tmp_path: Path, scenario: str, disks: list[Disk], capsys: pytest.CaptureFixture[str]
) -> None:
    """The job is whole and found, the next command repairs, and nothing empty is taken for a copy."""
    caches = tmp_path / "caches"
    for attempt in ("warm", "recorded"):
        scene = on_disks(tmp_path / attempt, scenario, disks, attempt)
        assert faults.run(scene.arguments, caches, tmp_path / "trace").returncode == 0
    calls = faults.points((tmp_path / "trace").read_text())
    # The last one: all is done, and the power goes seconds before the disks would have been written anyway.
    tried = [*faults.chosen(calls, EVERY, faults.offset(EVERY)), faults.Point("write", 100_000)]
    for number, point in enumerate(tried):
        scene = on_disks(tmp_path / str(number), scenario, disks, str(number))
        faults.run(scene.arguments, caches, tmp_path / "trace", *faults.inject(point, "signal=KILL"))
        for index, each in enumerate(disks):
            each.cut_power(written=index == number % 3)
        try:
            scene.assert_survived()
        except AssertionError as error:
            raise AssertionError(f"{scenario}, power cut at {point}: {error}") from error
        for each in disks:
            shutil.rmtree(each.path / str(number))
    with capsys.disabled():
        print(f"\n{scenario}: power cut at {len(tried)} of {len(calls)} calls, the job was whole and found every time")


@pytest.mark.skipif(faults.STRACE is None, reason="strace is not installed")
@pytest.mark.parametrize("disks", ["ext4", "xfs"], indirect=True)
def test_without_flushes_the_power_cut_would_lose_the_job(tmp_path: Path, disks: list[Disk]) -> None:
    """It is the flushes that save the job: the test above would notice if one were missing."""
    scene = on_disks(tmp_path / "scene", "move", disks, "scene")
    arguments = ["--without-flush", *scene.arguments]
    assert faults.run(arguments, tmp_path / "caches", tmp_path / "trace").returncode == 0
    for index, each in enumerate(disks):
        each.cut_power(written=index == 0)
    with pytest.raises(AssertionError):
        scene.assert_whole()
