"""Findings as workflow commands, which GitHub Actions turns into annotations of the changed files."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from xpm_config.report.text import printable
from xpm_config.secrets import Secrets

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from xpm_config.diagnostics import Diagnostic
    from xpm_config.document import Document
    from xpm_config.validate import FileReport


def render(reports: Sequence[FileReport]) -> str:
    """One `::error` or `::warning` command for each finding, each on its line."""
    return "".join(f"{command}\n" for report in reports for command in _commands(report))


def escape_data(text: str) -> str:
    """The text as GitHub reads it behind the second `::`."""
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def escape_property(text: str) -> str:
    """The text as GitHub reads it as the value of `file=` or `title=`."""
    return escape_data(text).replace(":", "%3A").replace(",", "%2C")


def _commands(report: FileReport) -> Iterator[str]:
    if not report.diagnostics:
        return
    secrets = Secrets(report.document)
    path = printable(report.path.replace(os.sep, "/"))
    for found in report.diagnostics:
        diagnostic = secrets.redacted(found)
        properties = {
            "file": path.removeprefix("./"),
            **_place(diagnostic, report.document),
            "title": diagnostic.code,
        }
        listed = ",".join(f"{name}={escape_property(value)}" for name, value in properties.items())
        yield f"::{diagnostic.severity.label} {listed}::{escape_data(_words(diagnostic))}"


def _place(diagnostic: Diagnostic, document: Document) -> dict[str, str]:
    if diagnostic.span is None:
        return {}
    start, end = document.position(diagnostic.span.start), document.position(diagnostic.span.end)
    place = {"line": str(start.line), "endLine": str(end.line)}
    if start.line == end.line:
        # GitHub takes columns on a single line only.
        place |= {"col": str(start.column), "endColumn": str(end.column)}
    return place


def _words(diagnostic: Diagnostic) -> str:
    lines = [printable(diagnostic.message)]
    if diagnostic.help is not None:
        lines.append(f"help: {printable(diagnostic.help)}")
    return "\n".join(lines)
