"""Shared by all tests: the switch under which a skip is a failure."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Generator

ALLOWED_SKIPS = ("root reads every file",)
"""Reasons for which a test may be skipped even where everything is installed."""


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
