"""What happened to jobs, for people and for programs.

`--format json` prints

    {"version": 1, "command": "archive" | "recover" | "verify" | "free", "workspace": {"id", "path"},
     "dry_run": bool, "interrupted": bool,
     "outcomes": [{"job": "TASK/HASH", "folder": path | "", "what", "reason", "hint", "size": bytes}],
     "unmatched": [word], "summary": {what: {"count", "size"}}}

where `what` is one of archived, already, moved, restored, present, skipped, freed, sound, which are good, and partial,
kept, busy, unavailable, missing, damaged, unverified, failed. With `dry_run` an outcome is what would happen.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, NamedTuple

from xpm_config.cli import streams
from xpm_config.cli.amounts import counted, shown_size, shown_time
from xpm_config.report.text import printable

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from xpm_config.cli.jobs.place import Found
    from xpm_config.jobs.outcome import Outcome, What

FEW = 20
"""Up to so many outcomes are told one by one; of more, those that did not go well, in groups."""
_NAMED = 5
"""So many jobs of a group are named."""

_WORDS: dict[What, str] = {
    # In the order in which the summary has them: what went well comes first.
    "archived": "archived in {}",
    "already": "already in {}",
    "moved": "moved to {}",
    "restored": "recovered from {}",
    "present": "present",
    "freed": "freed, it is in {}",
    "sound": "sound in {}",
    "skipped": "skipped",
    "partial": "partly in {}",
    "kept": "kept",
    "busy": "busy",
    "unavailable": "not done in {}",
    "missing": "not recovered",
    "damaged": "damaged in {}",
    "unverified": "not verified in {}",
    "failed": "failed",
}
_WOULD: dict[What, str] = {
    "archived": "would be archived in {}",
    "moved": "would be moved to {}",
    "restored": "would be recovered from {}",
    "freed": "would be freed if its copy in {} is sound",
    "sound": "would be read in {}",
}
_COUNTED: dict[What, str] = {
    "already": "there already",
    "partial": "partial",
    "restored": "recovered",
    "unavailable": "not done",
    "missing": "not recovered",
    "unverified": "not verified",
}
_WOULD_BE: dict[What, str] = {"sound": "to be read"}
_SIZED = ("archived", "moved", "restored", "freed", "sound")


class Result(NamedTuple):
    """The outcome of a command as a whole; `seconds` is how long it took."""

    command: str
    outcomes: Sequence[Outcome]
    unmatched: Sequence[str] = ()
    dry_run: bool = False
    interrupted: bool = False
    seconds: float = 0.0

    @property
    def exit_code(self) -> int:
        """130 when it was interrupted, 1 when something did not go well, else 0."""
        if self.interrupted:
            return 130
        return int(bool(self.unmatched) or not all(outcome.good for outcome in self.outcomes))


def show(found: Found, result: Result, format: str, *, quiet: bool) -> None:
    """Print what happened; when `quiet`, only what did not go well."""
    if format == "json":
        streams.write_json(json.dumps(_data(found, result), indent=2, ensure_ascii=False) + "\n")
        return
    shown = [outcome for outcome in result.outcomes if not (quiet and outcome.good)]
    if len(shown) <= FEW:
        lines = _each(shown, result)
    elif result.dry_run:
        # What would be done to each job is what was asked for.
        lines = _each([outcome for outcome in shown if outcome.what in _WOULD or not outcome.good], result)
    else:
        lines = _groups(shown)
    for line in lines:
        print(line)
    for word in result.unmatched:
        print(f"{printable(word)}: no such job")
    if not quiet or result.exit_code:
        print(_summary(result))


def _each(outcomes: Sequence[Outcome], result: Result) -> Iterator[str]:
    for outcome in outcomes:
        words = _WOULD.get(outcome.what, "") if result.dry_run else ""
        phrase = (words or _WORDS[outcome.what]).format(outcome.folder)
        size = f" ({shown_size(outcome.size)})" if outcome.what in _SIZED else ""
        reason = f": {outcome.reason}" if outcome.reason and outcome.what != "already" else ""
        yield printable(f"{outcome.job}: {phrase}{size}{reason}")
        if outcome.hint and not outcome.good:
            yield printable(f"  help: {outcome.hint}")


def _groups(outcomes: Sequence[Outcome]) -> Iterator[str]:
    groups: dict[tuple[str, str, str], list[str]] = {}
    for outcome in outcomes:
        if not outcome.good or (outcome.reason and outcome.what not in ("skipped", "already")):
            hint = "" if outcome.good else outcome.hint
            key = (_WORDS[outcome.what].format(outcome.folder), outcome.reason, hint)
            groups.setdefault(key, []).append(str(outcome.job))
    for (words, reason, hint), jobs in groups.items():
        if len(jobs) == 1:
            yield printable(f"{jobs[0]}: {words}" + (f": {reason}" if reason else ""))
        else:
            yield printable(f"{counted(len(jobs), 'job')} {words}" + (f": {reason}" if reason else ""))
            yield from (printable(f"  {job}") for job in jobs[:_NAMED])
            if len(jobs) > _NAMED:
                yield f"  and {len(jobs) - _NAMED:,} more"
        if hint:
            yield printable(f"  help: {hint}")


def _summary(result: Result) -> str:
    totals = _totals(result.outcomes)
    words = []
    for what, (count, size) in totals.items():
        name = (_WOULD_BE.get(what, f"to be {_COUNTED.get(what, what)}") if what in _WOULD else "") * result.dry_run
        sized = f" ({shown_size(size)})" if what in _SIZED else ""
        words.append(f"{count:,} {name or _COUNTED.get(what, what)}{sized}")
    if result.unmatched:
        words.append(f"{len(result.unmatched)} not found")
    line = ", ".join(words) or "no jobs"
    if result.seconds >= 1 and not result.dry_run:
        line += f", in {shown_time(result.seconds)}"
    return line + ("; interrupted: what was under way is undone" if result.interrupted else "")


def _totals(outcomes: Sequence[Outcome]) -> dict[What, tuple[int, int]]:
    totals: dict[What, tuple[int, int]] = {}
    for outcome in outcomes:
        count, size = totals.get(outcome.what, (0, 0))
        totals[outcome.what] = (count + 1, size + outcome.size)
    return {what: totals[what] for what in _WORDS if what in totals}


def _data(found: Found, result: Result) -> dict[str, Any]:
    return {
        "version": 1,
        "command": result.command,
        "workspace": {"id": found.settings.id, "path": found.plan.workspace},
        "dry_run": result.dry_run,
        "interrupted": result.interrupted,
        "outcomes": [{**outcome._asdict(), "job": str(outcome.job)} for outcome in result.outcomes],
        "unmatched": list(result.unmatched),
        "summary": {what: {"count": count, "size": size} for what, (count, size) in _totals(result.outcomes).items()},
    }
