"""`kill -9` at the system calls of archive, move and restore: the job is whole and found, whatever was under way.

Every name of a call is tried, and each seventh call, from the offset that XPM_FAULT_OFFSET gives; with
XPM_ALL_POINTS set, every call.
"""

from __future__ import annotations

import os
import shutil
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

import pytest

from tests.faults import points as faults
from tests.faults.scene import SCENARIOS, Scene

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

EVERY = 1 if os.environ.get("XPM_ALL_POINTS") else 7


def killed_everywhere(place: Path, scenario: str, options: list[str], report: Callable[[str], None]) -> None:
    """Kill the operation at each chosen call, recover, and look."""
    caches = place / "caches"
    for attempt in ("warm", "recorded"):
        scene = Scene(place / attempt, scenario)
        done = faults.run([*options, *scene.arguments], caches, place / "trace")
        assert done.returncode == 0, done.stdout + done.stderr
    calls = faults.points((place / "trace").read_text())
    assert len(calls) > 100
    tried = faults.chosen(calls, EVERY, faults.offset(EVERY))

    def killed(numbered: tuple[int, faults.Point]) -> bool:
        number, point = numbered
        scene = Scene(place / str(number), scenario)
        done = faults.run(
            [*options, *scene.arguments], caches, place / f"trace-{number}", *faults.inject(point, "signal=KILL")
        )
        try:
            scene.assert_survived()
        except AssertionError as error:
            raise AssertionError(f"{scenario}, killed at {point}: {error}") from error
        shutil.rmtree(place / str(number))
        return done.returncode in (-9, 137)

    with ThreadPoolExecutor(2) as pool:
        outcomes = list(pool.map(killed, enumerate(tried)))
    assert sum(outcomes) > 0.9 * len(outcomes)
    counts = Counter(point.call for point in tried)
    report(
        f"\n{scenario}{' '.join(['', *options])}: killed at {sum(outcomes)} of {len(calls)} calls, the job was whole "
        f"and found every time ({', '.join(f'{call} {count}' for call, count in sorted(counts.items()))})"
    )


@pytest.mark.skipif(faults.STRACE is None, reason="strace is not installed")
@pytest.mark.parametrize(
    ("scenario", "options"),
    [
        *((scenario, []) for scenario in SCENARIOS),
        *((scenario, ["--without-exchange"]) for scenario in SCENARIOS if not scenario.startswith("restore")),
    ],
)
def test_peer_05_a_job_survives_a_kill_at_every_call(
    tmp_path: Path, scenario: str, options: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    """Whatever was under way when the process died, the job is whole and found, and the next command repairs."""

    def report(text: str) -> None:
        with capsys.disabled():
            print(text)

    killed_everywhere(tmp_path, scenario, options, report)
