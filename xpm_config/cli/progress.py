"""How far a long command has come, on standard error: a bar on a terminal, a line now and then elsewhere."""

from __future__ import annotations

import os
import sys
import time
from typing import TYPE_CHECKING

from xpm_config.cli.amounts import shown_size, shown_time

if TYPE_CHECKING:
    from rich.progress import Progress as Bar
    from rich.progress import TaskID
    from typing_extensions import Self

EVERY = 10.0
"""So many seconds lie between lines where there is no terminal."""


class Progress:
    """The progress of `total` steps, `doing` being the word for it; nothing is shown when `quiet`."""

    def __init__(self, doing: str, total: int, *, quiet: bool = False) -> None:
        self._doing, self._total = doing, total
        self._steps, self._bytes = 0, 0
        self._start = self._told = time.monotonic()
        self._quiet = quiet
        self._bar: tuple[Bar, TaskID] | None = None

    def __enter__(self) -> Self:
        if not self._quiet and sys.stderr.isatty() and os.environ.get("TERM") != "dumb":
            self._bar = _bar(self._doing, self._total)
            self._bar[0].start()
        return self

    def __exit__(self, *_: object) -> None:
        if self._bar is not None:
            self._bar[0].stop()

    @property
    def seconds(self) -> float:
        """Since when it runs."""
        return time.monotonic() - self._start

    def advance(self, size: int = 0) -> None:
        """One more step is done, which was about so many bytes."""
        self._steps += 1
        self._bytes += size
        if self._bar is not None:
            bar, task = self._bar
            bar.update(task, advance=1, speed=self._speed)
        elif not self._quiet and time.monotonic() - self._told >= EVERY:
            self._told = time.monotonic()
            print(self._line, file=sys.stderr)

    @property
    def _speed(self) -> str:
        seconds = max(self.seconds, 1e-3)
        jobs = f"{self._steps / seconds:.1f} jobs/s"
        return f"{jobs}, {shown_size(self._bytes / seconds)}/s" if self._bytes else jobs

    @property
    def _line(self) -> str:
        left = self.seconds / self._steps * max(self._total - self._steps, 0)
        return f"{self._doing}: {self._steps:,} of {self._total:,} ({self._speed}), about {shown_time(left)} left"


def _bar(doing: str, total: int) -> tuple[Bar, TaskID]:
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, TextColumn, TimeRemainingColumn
    from rich.progress import Progress as Bar

    bar = Bar(
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TextColumn("{task.fields[speed]}"),
        TimeRemainingColumn(),
        TextColumn("left"),
        console=Console(stderr=True),
        transient=True,
    )
    return bar, bar.add_task(doing, total=total, speed="")
