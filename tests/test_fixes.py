"""Applying fixes: what makes a file unreadable is left out, and the rest is applied and counted."""

from __future__ import annotations

from typing import TYPE_CHECKING

from xpm_config import fixes
from xpm_config.diagnostics import Edit, Fix
from xpm_config.validate import FileReport, check

if TYPE_CHECKING:
    import pytest

RELEASE = (2, 7, 0)


def test_a_fix_that_breaks_the_file_is_left_out(monkeypatch: pytest.MonkeyPatch) -> None:
    """Of three fixes, the one in the middle would make the file unreadable: the other two are applied and counted."""
    report = check("a.yaml", b"server:\n  prt: 1\n  hots: h\n  tken: x\n", RELEASE, {})
    first, second, third = report.diagnostics
    broken = Fix("break it", (Edit(19, 23, "host: ["),), safe=False)
    report = report._replace(diagnostics=(first, second._replace(fix=broken), third))
    rounds: list[FileReport] = []

    def selected(found: FileReport) -> FileReport:
        # Further rounds have nothing to do: this is about one.
        rounds.append(found)
        return found._replace(diagnostics=())

    monkeypatch.setattr(fixes, "MAX_ROUNDS", 1)
    result = fixes.apply_fixes(report, RELEASE, selected, unsafe=True)
    assert result.report.document.data == b"server:\n  port: 1\n  hots: h\n  token: x\n"
    assert result.applied == 2
    assert len(rounds) == 1
