"""A talk with a process: what it leaves running ends with it."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

import pytest

from xpm_config.exchange import talk

if TYPE_CHECKING:
    from pathlib import Path


def is_running(number: int) -> bool:
    """Whether a process is there and has not ended; who its parent is does not count."""
    try:
        with open(f"/proc/{number}/stat", encoding="utf-8") as file:
            return file.read().rpartition(")")[2].split()[0] not in "ZX"
    except FileNotFoundError:
        return False


@pytest.mark.parametrize("end", ["exit 0", "exit 3", "cat", "sleep 1000"])
def test_nothing_is_left_running(tmp_path: Path, end: str) -> None:
    """However a process ends, what it put into the background ends, too."""
    script = f"sleep 1000 & echo $! >{tmp_path}/left; echo last; {end}"
    exchange = talk(["sh", "-c", script], b"", lambda line: line == b"last", time.monotonic() + 20)
    assert exchange.lines == [b"last"]
    left = int((tmp_path / "left").read_text())
    end_of_waiting = time.monotonic() + 10
    while is_running(left) and time.monotonic() < end_of_waiting:
        time.sleep(0.01)
    assert not is_running(left)
