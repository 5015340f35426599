"""Doing something to many jobs: in several processes where there is much to do, shown as it goes, to be interrupted."""

from __future__ import annotations

import sys
from concurrent.futures.process import BrokenProcessPool
from contextlib import nullcontext
from typing import TYPE_CHECKING, NamedTuple

from xpm_config.cli.jobs.report import Result, show
from xpm_config.cli.processes import Pool, default_number, interruptible
from xpm_config.cli.progress import Progress
from xpm_config.errors import XpmConfigError
from xpm_config.jobs import bulk
from xpm_config.report.text import printable

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from concurrent.futures import Executor

    from xpm_config.cli.jobs.place import Found
    from xpm_config.jobs.choice import Choice
    from xpm_config.jobs.outcome import Outcome

FORMATS = ("text", "json")
_MANY = 16
"""From so many jobs on, it is worth starting processes."""


class How(NamedTuple):
    """How a command works and reports; `processes` is how many it may use, by default as many as are of use."""

    dry_run: bool = False
    processes: int | None = None
    format: str = "text"
    quiet: bool = False


class Deed(NamedTuple):
    """What a command does: its name, the word for it in progress, what it would do, and the doing.

    `each` is how many outcomes a job has.
    """

    command: str
    doing: str
    preview: Callable[[], Iterator[Outcome]]
    perform: Callable[[Executor | None], Iterator[Outcome]]
    each: int = 1


def act(found: Found, choice: Choice, deed: Deed, how: How) -> int:
    """Do it, or tell what would be done; gives the exit code."""
    outcomes: list[Outcome] = []
    interrupted = False
    with Progress(deed.doing, len(choice.jobs) * deed.each, quiet=how.quiet or how.dry_run) as progress:
        try:
            with interruptible():
                if how.dry_run:
                    outcomes += deed.preview()
                else:
                    _repair(found)
                    _perform(choice, deed, how, outcomes, progress)
        except KeyboardInterrupt:
            interrupted = True
        seconds = progress.seconds
    result = Result(
        deed.command, sorted(outcomes), choice.unmatched, how.dry_run, interrupted=interrupted, seconds=seconds
    )
    show(found, result, how.format, quiet=how.quiet)
    return result.exit_code


def _repair(found: Found) -> None:
    for words in bulk.repair(found.plan):
        print(f"note: left for now: {printable(words)}", file=sys.stderr)


def _perform(choice: Choice, deed: Deed, how: How, outcomes: list[Outcome], progress: Progress) -> None:
    number = min(default_number() if how.processes is None else how.processes, len(choice.jobs))
    pool = Pool(number) if number > 1 and len(choice.jobs) >= _MANY else None
    try:
        with pool if pool is not None else nullcontext():
            try:
                for outcome in deed.perform(pool):
                    outcomes.append(outcome)
                    progress.advance(outcome.size)
            except KeyboardInterrupt:
                if pool is not None:
                    pool.stop()
                raise
    except BrokenProcessPool:
        raise XpmConfigError(
            "a process died that was working on jobs: was it killed for want of memory?",
            "nothing is lost: run it again, perhaps with `--processes 1`",
        ) from None
