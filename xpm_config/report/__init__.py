"""One finding model, rendered as text, JSON, SARIF or GitHub annotations.

Every renderer takes the same reports and returns the whole output, with its last line end; none of them
reads, writes or looks at the machine. None of them shows a secret.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from xpm_config.diagnostics import Severity

if TYPE_CHECKING:
    from collections.abc import Iterable

    from xpm_config.validate import FileReport


class Summary(NamedTuple):
    """How much was found in all files; `fixable` counts the findings with a safe fix."""

    files: int
    errors: int
    warnings: int
    fixable: int
    unsafe_fixable: int


def summarise(reports: Iterable[FileReport]) -> Summary:
    """Count the findings of all reports."""
    files = errors = found = fixable = unsafe = 0
    for report in reports:
        files += 1
        for diagnostic in report.diagnostics:
            found += 1
            errors += diagnostic.severity is Severity.ERROR
            if diagnostic.fix is not None:
                fixable += diagnostic.fix.safe
                unsafe += not diagnostic.fix.safe
    return Summary(files, errors, found - errors, fixable, unsafe)
