"""`xpm-config jobs list`: one line for each job, with its state and its copies.

`--format json` prints

    {"version": 1, "workspace": {"id", "path"},
     "jobs": [{"job": "TASK/HASH", "state": "done" | "failed" | "running" | "unfinished" | "moved" | "dangling"
                                            | "absent", "target": path | null, "size": bytes | null,
               "copies": [{"folder", "condition": "complete" | "partial" | "incomplete" | "unfinished" | "stale"
                                                  | "foreign" | "unknown" | "missing"}]}],
     "unmatched": [word]}

A moved job's link leads to `target`, a dangling one's leads nowhere; an absent job is in folders only. A copy is
partial where rules left something out, incomplete where something could not be copied, stale where the workspace
has another result, foreign where another workspace made it; one without a manifest is unknown, and a manifest
without a copy is missing. `size` is null without `--size`.
"""

from __future__ import annotations

import json
import os
import sys
from contextlib import ExitStack
from typing import TYPE_CHECKING, Any, NamedTuple

from xpm_config.cli import streams
from xpm_config.cli.amounts import shown_size
from xpm_config.cli.jobs.place import Where, find
from xpm_config.jobs.choice import choose
from xpm_config.jobs.plan import look_into
from xpm_config.jobs.preview import size_of
from xpm_config.jobs.root import Root
from xpm_config.jobs.survey import look_at, survey
from xpm_config.report.text import printable

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from xpm_config.cli.jobs.place import Found
    from xpm_config.jobs.survey import Condition, Surveyed

FORMATS = ("text", "json")
_OPEN = os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC

CONDITIONS: dict[Condition, str] = {
    "complete": "",
    "partial": "partial by rule",
    "incomplete": "incomplete",
    "unfinished": "not done there",
    "stale": "of an earlier run",
    "foreign": "another workspace's",
    "unknown": "no manifest",
    "missing": "gone",
}
"""What is said of copies; nothing of complete ones."""


class Options(NamedTuple):
    """What was asked for; the defaults are those of the command."""

    jobs: tuple[str, ...] = ()
    size: bool = False
    where: Where = Where()
    format: str = "text"


def run(options: Options) -> int:
    """List the jobs that are named, or all."""
    found = find(options.where)
    choice = choose(options.jobs, [found.plan.workspace, *found.plan.shelves]) if options.jobs else None
    with Root(found.plan.workspace) as workspace, ExitStack() as opened:
        folders, away = look_into(found.plan.folders, opened)
        for path, reason in away:
            print(f"note: {printable(path)} cannot be looked into: {reason}", file=sys.stderr)
        surveyed = survey(workspace, folders) if choice is None else look_at(workspace, folders, choice.jobs)
        rows = ((one, _size(workspace, one) if options.size else None) for one in surveyed)
        unmatched = () if choice is None else choice.unmatched
        if options.format == "json":
            _print_json(found, rows, unmatched)
        else:
            _print_lines(rows)
    for word in unmatched:
        print(f"{printable(word)}: no such job", file=sys.stderr)
    return int(bool(unmatched))


def _copies(surveyed: Surveyed) -> str:
    """Where the copies of a job are, in words."""
    return ", ".join(
        copy.folder + (f" ({CONDITIONS[copy.condition]})" if CONDITIONS[copy.condition] else "")
        for copy in surveyed.copies
    )


def _size(workspace: Root, surveyed: Surveyed) -> int | None:
    """The bytes of a job's files, those of a moved one included."""
    try:
        directory = os.open(surveyed.job.relative, _OPEN, dir_fd=workspace.descriptor)
    except OSError:
        return None
    try:
        return size_of(directory)
    finally:
        os.close(directory)


def _print_lines(rows: Iterable[tuple[Surveyed, int | None]]) -> None:
    """One line for each job, as they are found: of many jobs the first ones are seen at once."""
    for surveyed, size in rows:
        words = [f"{surveyed.state:<10}"]
        if size is not None:
            words.append(f"{shown_size(size):>9}")
        words.append(str(surveyed.job))
        where = _copies(surveyed)
        if surveyed.state == "dangling":
            where = f"leads to {surveyed.target}, which is not there" + (f"; {where}" if where else "")
        sys.stdout.write(printable("  ".join([*words, *([where] if where else [])])) + "\n")


def _print_json(found: Found, rows: Iterable[tuple[Surveyed, int | None]], unmatched: tuple[str, ...]) -> None:
    data = {
        "version": 1,
        "workspace": {"id": found.settings.id, "path": found.plan.workspace},
        "jobs": list(_described(rows)),
        "unmatched": list(unmatched),
    }
    streams.write_json(json.dumps(data, indent=2, ensure_ascii=False) + "\n")


def _described(rows: Iterable[tuple[Surveyed, int | None]]) -> Iterator[dict[str, Any]]:
    for surveyed, size in rows:
        yield {
            "job": str(surveyed.job),
            "state": surveyed.state,
            "target": surveyed.target or None,
            "size": size,
            "copies": [{"folder": copy.folder, "condition": copy.condition} for copy in surveyed.copies],
        }
