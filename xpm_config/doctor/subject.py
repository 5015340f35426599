"""What the checks of a machine look at, and how they report."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from xpm_config.diagnostics import Diagnostic, Severity
from xpm_config.wording.parts import span_of

if TYPE_CHECKING:
    from collections.abc import Mapping

    from xpm_config.context import Context
    from xpm_config.document import Document
    from xpm_config.outline import Setting
    from xpm_config.releases import Release


class Subject(NamedTuple):
    """The settings of a user, and the circumstances in which they are used.

    `path` is the settings file; `exists` tells whether it is there. `context` is None where it holds no
    settings, and `loads` tells whether the release loads them. `named` tells whether the user named the file,
    and `assumed` whether the release is only a guess. `seconds` limits the wait for directories.
    """

    path: str
    exists: bool
    document: Document
    context: Context | None
    loads: bool
    release: Release
    named: bool
    assumed: bool
    environ: Mapping[str, str]
    seconds: float


def warning(code: str, message: str, advice: str, setting: Setting | None = None) -> Diagnostic:
    """A finding that does not fail a run, at the value of a setting or about the file as a whole."""
    return _finding(Severity.WARNING, code, message, advice, setting)


def error(code: str, message: str, advice: str, setting: Setting | None = None) -> Diagnostic:
    """A finding that fails a run, at the value of a setting or about the file as a whole."""
    return _finding(Severity.ERROR, code, message, advice, setting)


def _finding(severity: Severity, code: str, message: str, advice: str, setting: Setting | None) -> Diagnostic:
    if setting is None:
        return Diagnostic(code, severity, message, None, (), advice)
    return Diagnostic(code, severity, message, span_of(setting.site), (), advice, None, setting.key)
