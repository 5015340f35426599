"""Findings as SARIF 2.1.0, for code scanning services and editors."""

from __future__ import annotations

import os
from collections import Counter
from hashlib import sha256
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from xpm_config.report.json import dumps
from xpm_config.secrets import Secrets

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from xpm_config.diagnostics import Diagnostic, Edit, Fix, Span
    from xpm_config.document import Document
    from xpm_config.validate import FileReport

SCHEMA = "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"
"""Where OASIS publishes the schema of the format."""

FINGERPRINT = "xpmConfigFinding/v1"
"""The name of our fingerprint; a change of what goes into it needs another version."""


def render(reports: Sequence[FileReport], *, version: str, rules: Mapping[str, str], root: str | None = None) -> str:
    """All findings as one SARIF run; `version` is ours, `rules` tells the title of each code.

    Absolute paths below the directory `root` are written relative to it, as code scanning needs them.
    """
    codes = sorted({diagnostic.code for report in reports for diagnostic in report.diagnostics})
    driver = {"name": "xpm-config", "version": version, "rules": [_rule(code, rules) for code in codes]}
    run = {
        "tool": {"driver": driver},
        "columnKind": "unicodeCodePoints",
        "results": [result for report in reports for result in _results(report, codes, root)],
    }
    return dumps({"$schema": SCHEMA, "version": "2.1.0", "runs": [run]})


def uri(path: str, root: str | None = None) -> str:
    """The URI reference of a path: relative where it can be, with `/` and percent escapes."""
    if root is not None and os.path.isabs(path):
        base = os.path.join(os.path.normpath(root), "")
        if os.path.normpath(path).startswith(base):
            path = os.path.normpath(path)[len(base) :]
    path = path.replace(os.sep, "/")
    while path.startswith("./"):
        path = path[2:].lstrip("/")
    escaped = quote(path.encode("utf-8", "surrogateescape"))
    if os.path.isabs(path):
        return f"file:///{escaped.lstrip('/')}"
    return escaped


def _rule(code: str, rules: Mapping[str, str]) -> dict[str, Any]:
    return {"id": code, "shortDescription": {"text": rules.get(code) or code}}


def _results(report: FileReport, codes: list[str], root: str | None) -> list[dict[str, Any]]:
    if not report.diagnostics:
        return []
    secrets = Secrets(report.document)
    file = _File(report.document, {"uri": uri(report.path, root)})
    seen: Counter[str] = Counter()
    results = []
    for found in report.diagnostics:
        diagnostic = secrets.redacted(found)
        result: dict[str, Any] = {
            "ruleId": diagnostic.code,
            "ruleIndex": codes.index(diagnostic.code),
            "level": diagnostic.severity.label,
            "message": {"text": _words(diagnostic)},
            "locations": [file.location(diagnostic.span)],
            "partialFingerprints": {FINGERPRINT: _fingerprint(diagnostic, seen)},
        }
        if diagnostic.notes:
            result["relatedLocations"] = [
                {**file.location(note.span), "id": number, "message": {"text": note.message}}
                for number, note in enumerate(diagnostic.notes, 1)
            ]
        if diagnostic.fix is not None and diagnostic.fix.safe and not secrets.shown_by(diagnostic.fix):
            result["fixes"] = [file.fix(diagnostic.fix)]
        results.append(result)
    return results


def _words(diagnostic: Diagnostic) -> str:
    return diagnostic.message if diagnostic.help is None else f"{diagnostic.message}\nhelp: {diagnostic.help}"


def _fingerprint(diagnostic: Diagnostic, seen: Counter[str]) -> str:
    """What stays the same when lines are added above: no place, but which of several alike it is."""
    words = f"{diagnostic.code}\0{diagnostic.key}\0{diagnostic.message}"
    digest = sha256(words.encode("utf-8", "surrogatepass")).hexdigest()[:32]
    seen[digest] += 1
    return f"{digest}:{seen[digest]}"


class _File:
    """Places in one file."""

    def __init__(self, document: Document, artifact: dict[str, str]) -> None:
        self.document = document
        self.artifact = artifact

    def location(self, span: Span | None) -> dict[str, Any]:
        physical: dict[str, Any] = {"artifactLocation": self.artifact}
        if span is not None:
            physical["region"] = self.region(span)
        return {"physicalLocation": physical}

    def region(self, piece: Span | Edit) -> dict[str, int]:
        start, end = self.document.position(piece.start), self.document.position(piece.end)
        return {
            "startLine": start.line,
            "startColumn": start.column,
            "endLine": end.line,
            "endColumn": end.column,
        }

    def fix(self, fix: Fix) -> dict[str, Any]:
        replacements = []
        for edit in fix.edits:
            replacement: dict[str, Any] = {"deletedRegion": self.region(edit)}
            if edit.text:
                replacement["insertedContent"] = {"text": edit.text}
            replacements.append(replacement)
        change = {"artifactLocation": self.artifact, "replacements": replacements}
        return {"description": {"text": fix.title}, "artifactChanges": [change]}
