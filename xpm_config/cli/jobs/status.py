"""`xpm-config jobs status`: how a workspace and its folders are, in numbers; of named jobs, what their copies lack.

`--format json` prints

    {"version": 1, "workspace": {"id", "path"}, "jobs": {state: count},
     "folders": [{"path", "mode", "trouble": text | null, "copies": {condition: count}, "without": count}],
     "pending": count, "opted_out": count, "under_way": [text], "left_over": [text], "set_aside": count,
     "concerns": [{"job", "state", "target": path | null, "folder": path | null, "condition": text | null,
                   "lacks": [{"path", "reason"}]}], "unmatched": [word]}

with the states and conditions of `jobs list`. `without` counts the jobs that succeeded and have no copy there;
`pending` what is still to be archived, by job and folder. `concerns` are the jobs whose link leads nowhere, and the
copies that are incomplete, gone or partial; with jobs named it has all of them and all of their copies.
"""

from __future__ import annotations

import json
from itertools import islice
from typing import TYPE_CHECKING, Any, NamedTuple

from xpm_config.cli import streams
from xpm_config.cli.amounts import counted
from xpm_config.cli.jobs.list import CONDITIONS
from xpm_config.cli.jobs.place import Where, find
from xpm_config.jobs.choice import choose
from xpm_config.jobs.layout import OURS
from xpm_config.jobs.overview import lacks, overview
from xpm_config.report.text import printable

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from xpm_config.cli.jobs.place import Found
    from xpm_config.jobs.overview import Concern, FolderState, Overview

FORMATS = ("text", "json")
_NAMED = 10
"""So many concerns are told, and so many files of each."""


class Options(NamedTuple):
    """What was asked for; the defaults are those of the command."""

    jobs: tuple[str, ...] = ()
    where: Where = Where()
    format: str = "text"


def run(options: Options) -> int:
    """Report; the exit code is 1 where something does not go by itself."""
    found = find(options.where)
    choice = choose(options.jobs, [found.plan.workspace, *found.plan.shelves]) if options.jobs else None
    seen = overview(found.plan, None if choice is None else choice.jobs)
    unmatched = () if choice is None else choice.unmatched
    if options.format == "json":
        data = {**_data(found, seen), "unmatched": list(unmatched)}
        streams.write_json(json.dumps(data, indent=2, ensure_ascii=False) + "\n")
    else:
        for line in _lines(found, seen) if choice is None else _all_concerns(seen):
            print(printable(line))
        for word in unmatched:
            print(f"{printable(word)}: no such job")
    troubled = any(concern.serious for concern in seen.concerns) or any(state.trouble for state in seen.folders)
    return int(bool(unmatched) or troubled)


def _lines(found: Found, seen: Overview) -> Iterator[str]:
    yield f"{found.name}: {found.plan.workspace}"
    yield f"  {'jobs':<7} {_counts(seen.jobs) or 'none'}"
    yield from (f"  {state.folder.mode:<7} {state.folder.path}: {_folder(state)}" for state in seen.folders)
    if seen.pending:
        yield f"  {counted(seen.pending, 'copy', 'copies')} to be made still: `xpm-config jobs archive --all`"
    if seen.opted_out:
        yield f"  {counted(seen.opted_out, 'job')} not to be archived (`backup=False`)"
    yield from (f"  under way in {words}" for words in seen.under_way)
    yield from (f"  left over in {words}" for words in seen.left_over)
    if seen.left_over:
        yield "    the next `xpm-config jobs archive` finishes or undoes that"
    if seen.set_aside:
        yield f"  {counted(seen.set_aside, 'thing')} set aside in {found.plan.workspace}/{OURS}/aside"
    for concern in seen.concerns[:_NAMED]:
        yield from _concern(concern)
    if len(seen.concerns) > _NAMED:
        yield f"and {len(seen.concerns) - _NAMED:,} more: `--format json` has all"


def _folder(state: FolderState) -> str:
    if state.trouble:
        return state.trouble
    words = _counts({CONDITIONS[name] or name: count for name, count in state.copies.items()}) or "no copies"
    return words + (f"; {state.without:,} jobs without" if state.folder.mode == "backup" and state.without else "")


def _counts(counts: Mapping[Any, int]) -> str:
    largest = sorted(counts.items(), key=lambda item: -item[1])
    return ", ".join(f"{count:,} {name}" for name, count in largest if count)


def _all_concerns(seen: Overview) -> Iterator[str]:
    for concern in sorted(seen.concerns):
        yield from _concern(concern)


def _concern(concern: Concern) -> Iterator[str]:
    if concern.condition is None:
        dangling = concern.state == "dangling"
        words = f"its link leads to {concern.target}, which is not there" if dangling else f"{concern.state}, no copies"
        yield f"{concern.job}: {words}"
        return
    yield f"{concern.job}: {concern.state}, {CONDITIONS[concern.condition] or concern.condition} in {concern.folder}"
    lacking = lacks(concern)
    yield from (f"  lacks {path}: {reason}" for path, reason in islice(lacking, _NAMED))
    more = sum(1 for _ in lacking)
    if more:
        yield f"  and {more:,} more"


def _data(found: Found, seen: Overview) -> dict[str, Any]:
    return {
        "version": 1,
        "workspace": {"id": found.settings.id, "path": found.plan.workspace},
        "jobs": dict(seen.jobs),
        "folders": [
            {
                **state.folder._asdict(),
                "trouble": state.trouble or None,
                "copies": state.copies,
                "without": state.without,
            }
            for state in seen.folders
        ],
        "pending": seen.pending,
        "opted_out": seen.opted_out,
        "under_way": seen.under_way,
        "left_over": seen.left_over,
        "set_aside": seen.set_aside,
        "concerns": [
            {
                "job": str(concern.job),
                "state": concern.state,
                "target": concern.target or None,
                "folder": concern.folder or None,
                "condition": concern.condition,
                "lacks": [{"path": path, "reason": reason} for path, reason in lacks(concern)],
            }
            for concern in seen.concerns
        ],
    }
