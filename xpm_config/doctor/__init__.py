"""What `xpm-config doctor` finds: everything that `validate` knows, and what this machine adds to it.

Nothing is changed, nothing is connected to, and no directory can hold it up.
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from xpm_config import loaders, validate
from xpm_config.context import Context
from xpm_config.diagnostics import Diagnostic, Severity
from xpm_config.doctor import directories, protection, surroundings
from xpm_config.doctor.subject import Subject
from xpm_config.errors import FileUnreadableError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from xpm_config.releases import Release
    from xpm_config.validate import FileReport

CHECKS = (
    surroundings.no_settings,
    surroundings.unread_files,
    protection.readers,
    protection.writers,
    surroundings.encoding,
    surroundings.releases,
    surroundings.overriding_variables,
    surroundings.programs,
    surroundings.editor_schema,
    directories.directories,
    protection.leftovers,
)


def examine(
    path: str,
    data: bytes | FileUnreadableError | None,
    release: Release,
    *,
    named: bool = False,
    assumed: bool = False,
    seconds: float = 5.0,
    environ: Mapping[str, str] | None = None,
) -> FileReport:
    """Check the settings of this machine's user for a release of experimaestro.

    `data` is what the file at `path` holds, the error with which reading it ended, or None where there is no
    file. `named` tells whether the user named the file, `assumed` whether the release is only a guess.
    Directories have `seconds` to answer. `environ` stands for the environment variables.
    """
    environ = os.environ if environ is None else environ
    report = validate.check(path, data if isinstance(data, bytes) else b"{}", release, environ)
    if isinstance(data, FileUnreadableError):
        finding = Diagnostic("XPM008", Severity.ERROR, data.message, None, (), data.hint)
        report = report._replace(loads=False, diagnostics=(finding,))
    context = None
    if report.document.root is not None:
        loaded, constructor = loaders.load(report.document, release, environ)
        context = Context(report.document, constructor, loaded, report.schema, release, environ)
    subject = Subject(
        path, data is not None, report.document, context, report.loads, release, named, assumed, environ, seconds
    )
    found = [diagnostic for check in CHECKS for diagnostic in check(subject)]
    return report._replace(diagnostics=_in_order([*report.diagnostics, *_not_ignored(report, found)]))


def _not_ignored(report: FileReport, found: list[Diagnostic]) -> list[Diagnostic]:
    ignored = validate.ignored_lines(report.document)
    if not ignored:
        return found
    position = report.document.position
    return [
        one
        for one in found
        if one.span is None or not one.code.startswith(ignored.get(position(one.span.start).line, ("-",)))
    ]


def _in_order(found: list[Diagnostic]) -> tuple[Diagnostic, ...]:
    return tuple(sorted(found, key=lambda one: (one.span or (0, 0), one.code)))
