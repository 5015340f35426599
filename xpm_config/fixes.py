"""Applying the fixes that findings carry, until none is left."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from xpm_config.document import Document
from xpm_config.validate import check

if TYPE_CHECKING:
    from collections.abc import Callable

    from xpm_config.diagnostics import Edit, Fix
    from xpm_config.releases import Release
    from xpm_config.validate import FileReport

MAX_ROUNDS = 20
"""A fix can bring a new finding to light; more rounds than this would be a circle."""


class Fixed(NamedTuple):
    """What is left after fixing, and how many findings were fixed; the new text is the report's document."""

    report: FileReport
    applied: int


def apply_fixes(
    report: FileReport, release: Release, selected: Callable[[FileReport], FileReport], *, unsafe: bool
) -> Fixed:
    """Apply the safe fixes of a report, or all of them, and check again, until there is nothing to do.

    `selected` filters a report as the first one was. A fix whose edits overlap an earlier one waits for
    the next round.
    """
    applied = 0
    for _ in range(MAX_ROUNDS):
        chosen = _compatible([found.fix for found in report.diagnostics if found.fix and (unsafe or found.fix.safe)])
        if not chosen:
            break
        checked = check(report.path, _edited(report, chosen), release)
        if checked.document.problems and not report.document.problems:
            chosen = _readable(report, chosen)
            checked = check(report.path, _edited(report, chosen), release)
        if checked.document.data == report.document.data:
            break
        applied += len(chosen)
        report = selected(checked)
    return Fixed(report, applied)


def _edited(report: FileReport, chosen: list[Fix]) -> bytes:
    return report.document.edited([edit for fix in chosen for edit in fix.edits])


def _readable(report: FileReport, chosen: list[Fix]) -> list[Fix]:
    """The fixes without those that would make the file unreadable."""
    kept: list[Fix] = []
    for fix in chosen:
        if not Document(_edited(report, [*kept, fix]), report.document.dialect).problems:
            kept.append(fix)
    return kept


def _compatible(fixes: list[Fix]) -> list[Fix]:
    chosen: list[Fix] = []
    taken: list[Edit] = []
    for fix in fixes:
        if not any(_overlap(edit, other) for edit in fix.edits for other in taken):
            chosen.append(fix)
            taken.extend(fix.edits)
    return chosen


def _overlap(one: Edit, other: Edit) -> bool:
    return one.start <= other.end and other.start <= one.end
