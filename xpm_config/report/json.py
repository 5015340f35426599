"""Findings for programs, in a format of our own that only ever grows.

    {"version": 1,
     "files": [{"path", "schema": 1 | 2, "target": "2.7.0", "loads": bool,
                "diagnostics": [{"code", "severity": "error" | "warning", "message",
                                 "line", "column", "end_line", "end_column",
                                 "help": text | null,
                                 "fix": null | {"title", "safe": bool, "edits": [
                                     {"line", "column", "end_line", "end_column", "text"}]}}]}],
     "summary": {"files", "errors", "warnings", "fixable", "unsafe_fixable"}}

Lines and columns count from 1, columns in code points (a byte order mark is not counted), and ends are
exclusive. A finding about the file as a whole stands at 1, 1, 1, 1. A fix whose edits touch a secret is
left out. `path` is the name as given; bytes of it that are no UTF-8 are lone surrogates, as Python
holds them, written as escapes.
"""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any

from xpm_config.report import summarise
from xpm_config.secrets import Secrets

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from xpm_config.diagnostics import Diagnostic, Edit, Fix, Span
    from xpm_config.document import Document
    from xpm_config.validate import FileReport

# What JSON allows in a string though a terminal obeys it, or UTF-8 cannot hold it.
_UNSAFE = re.compile("[\x7f-\x9f\u2028-\u202e\u2066-\u2069\ud800-\udfff]")


def render(reports: Sequence[FileReport]) -> str:
    """All findings as one JSON object; this module's docstring is its description."""
    return dumps(
        {
            "version": 1,
            "files": [_file(report) for report in reports],
            "summary": summarise(reports)._asdict(),
        }
    )


def dumps(value: Any) -> str:
    """JSON with readable Unicode that any terminal, file and decoder takes, and a line end."""
    text = json.dumps(value, ensure_ascii=False, indent=2)
    return _UNSAFE.sub(lambda found: f"\\u{ord(found.group()):04x}", text) + "\n"


def _file(report: FileReport) -> dict[str, Any]:
    return {
        "path": report.path,
        "schema": report.schema,
        "target": report.target,
        "loads": report.loads,
        "diagnostics": diagnostics(report) if report.diagnostics else [],
    }


def diagnostics(report: FileReport) -> list[dict[str, Any]]:
    """The findings of one file, as they stand in the report."""
    secrets = Secrets(report.document)
    return [_diagnostic(secrets.redacted(found), report.document, secrets) for found in report.diagnostics]


def _diagnostic(diagnostic: Diagnostic, document: Document, secrets: Secrets) -> dict[str, Any]:
    return {
        "code": diagnostic.code,
        "severity": diagnostic.severity.label,
        "message": diagnostic.message,
        **_range(diagnostic.span, document),
        "help": diagnostic.help,
        "fix": _fix(diagnostic.fix, document, secrets),
    }


def _fix(fix: Fix | None, document: Document, secrets: Secrets) -> dict[str, Any] | None:
    if fix is None or secrets.shown_by(fix):
        return None
    return {"title": fix.title, "safe": fix.safe, "edits": edits(fix.edits, document)}


def edits(given: Iterable[Edit], document: Document) -> list[dict[str, Any]]:
    """Edits by line and column."""
    return [{**_range(edit, document), "text": edit.text} for edit in given]


def _range(piece: Span | Edit | None, document: Document) -> dict[str, int]:
    if piece is None:
        return {"line": 1, "column": 1, "end_line": 1, "end_column": 1}
    start, end = document.position(piece.start), document.position(piece.end)
    return {"line": start.line, "column": start.column, "end_line": end.line, "end_column": end.column}
