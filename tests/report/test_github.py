"""What GitHub Actions reads: one workflow command a finding."""

from __future__ import annotations

import pytest

from xpm_config.diagnostics import Diagnostic, Severity, Span
from xpm_config.document import Document
from xpm_config.report.github import escape_data, escape_property, render
from xpm_config.validate import FileReport

SETTINGS = b"workspaces:\n  - id: a\n    port: 70000\n"
PORT = Diagnostic("XPM104", Severity.ERROR, "`port` is at most 65535", Span(32, 37))


def report(*diagnostics: Diagnostic, path: str = "settings.yaml", data: bytes = SETTINGS) -> FileReport:
    """A report on a file with these bytes."""
    return FileReport(path, Document(data), 2, "2.7.0", not diagnostics, diagnostics)


def test_one_command_for_each_finding() -> None:
    """Errors and warnings of all files, with their places, and nothing for clean files."""
    warning = Diagnostic("XPM008", Severity.WARNING, "odd", help="see\nthere")
    assert render([report(PORT, warning), report(), report(PORT._replace(help="h"), path="./b.yaml")]) == (
        "::error file=settings.yaml,line=3,endLine=3,col=11,endColumn=16,title=XPM104::`port` is at most 65535\n"
        "::warning file=settings.yaml,title=XPM008::odd%0Ahelp: see\\nthere\n"
        "::error file=b.yaml,line=3,endLine=3,col=11,endColumn=16,title=XPM104::`port` is at most 65535%0Ahelp: h\n"
    )


def test_several_lines_have_no_columns() -> None:
    """GitHub takes columns only when the first line is the last."""
    assert render([report(PORT._replace(span=Span(14, 37)))]) == (
        "::error file=settings.yaml,line=2,endLine=3,title=XPM104::`port` is at most 65535\n"
    )


def test_no_findings_give_no_output() -> None:
    """A clean run writes no command."""
    assert render([]) == render([report()]) == ""


def test_names_and_messages_are_escaped() -> None:
    """Nothing in a name or a message ends the command, starts another or drives the log."""
    diagnostic = Diagnostic("XPM104", Severity.ERROR, "100%\r\n::error::x\x1b[2J")
    assert render([report(diagnostic, path="a,b:c%\n\x1b\udcff.yaml")]) == (
        "::error file=a%2Cb%3Ac%25\\n\\x1b\\xff.yaml,title=XPM104::100%25\\r\\n::error::x\\x1b[2J\n"
    )


def test_nothing_secret_is_written() -> None:
    """The words of a finding are masked."""
    diagnostic = PORT._replace(message="found `hunter2`", help="not `hunter2`", span=Span(7, 14))
    assert render([report(diagnostic, data=b"token: hunter2\n")]) == (
        "::error file=settings.yaml,line=1,endLine=1,col=8,endColumn=15,title=XPM104::"
        "found `********`%0Ahelp: not `********`\n"
    )


@pytest.mark.parametrize(
    ("text", "data", "value"),
    [("%0A", "%250A", "%250A"), ("a\r\nb", "a%0D%0Ab", "a%0D%0Ab"), ("a:b,c", "a:b,c", "a%3Ab%2Cc")],
)
def test_escapes(text: str, data: str, value: str) -> None:
    """Properties escape two characters more than messages do."""
    assert (escape_data(text), escape_property(text)) == (data, value)
