"""Errors at the system calls of archive, move and restore: nothing is lost, the error is named, a retry succeeds.

Each error has its turn at some calls, from the offset that XPM_FAULT_OFFSET gives; with XPM_ALL_POINTS set, at every
call. In a second series, everything fails from a call on, as on a disk that dies.
"""

from __future__ import annotations

import os
import shutil
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

import pytest

from tests.faults import points as faults
from tests.faults.scene import Scene

if TYPE_CHECKING:
    from pathlib import Path

EVERY = 1 if os.environ.get("XPM_ALL_POINTS") else 90
ERRORS = {
    "EIO": "Input/output error",
    "ENOSPC": "No space left",
    "EACCES": "Permission denied",
    "EXDEV": "ross-device",
    "EPERM": "Operation not permitted",
    "EROFS": "Read-only file system",
}
# A job that we are kept out of for a moment looks like one that changes, and a lock that is refused like one held.
OTHER_WORDS = {
    "EACCES": ["being written to", "holds its lock", "another process"],
    "EPERM": ["being written to"],
    "EXDEV": ["on another disk"],
}


@pytest.mark.skipif(faults.STRACE is None, reason="strace is not installed")
@pytest.mark.parametrize("lasting", [False, True], ids=["once", "from then on"])
@pytest.mark.parametrize("scenario", ["archive", "move", "restore over a dangling link"])
def test_nothing_is_lost_when_a_call_fails(
    tmp_path: Path, scenario: str, lasting: bool, capsys: pytest.CaptureFixture[str]
) -> None:
    """The job is whole and found, and the next attempt succeeds; what was not done is told, by the error's name."""
    caches = tmp_path / "caches"
    for attempt in ("warm", "recorded"):
        scene = Scene(tmp_path / attempt, scenario)
        assert faults.run(scene.arguments, caches, tmp_path / "trace").returncode == 0
    calls = faults.points((tmp_path / "trace").read_text())
    tried = [
        (error, point) for error in (["EIO"] if lasting else ERRORS) for point in calls[faults.offset(EVERY) :: EVERY]
    ]

    def failed(numbered: tuple[int, tuple[str, faults.Point]]) -> bool:
        number, (error, point) = numbered
        scene = Scene(tmp_path / str(number), scenario)
        options = faults.inject(point, f"error={error}", lasting=lasting)
        done = faults.run(scene.arguments, caches, tmp_path / f"trace-{number}", *options)
        where = f"{scenario}, {error} at {point}: {done.stdout}{done.stderr}"
        try:
            if not lasting:
                assert "Traceback" not in done.stderr
                assert done.returncode in (0, 1)
                named = [ERRORS[error], *OTHER_WORDS.get(error, ())]
                assert done.returncode == 0 or any(words in done.stdout + done.stderr for words in named)
                if done.returncode == 0:
                    # It could be done in another way: then it is done.
                    assert scene.workspace.contents() == scene.contents
            scene.assert_survived()
        except AssertionError as cause:
            raise AssertionError(f"{where}: {cause}") from cause
        shutil.rmtree(tmp_path / str(number))
        return done.returncode != 0

    with ThreadPoolExecutor(2) as pool:
        outcomes = list(pool.map(failed, enumerate(tried)))
    with capsys.disabled():
        print(f"\n{scenario}: {len(outcomes)} errors, {sum(outcomes)} stopped it, nothing was lost")
