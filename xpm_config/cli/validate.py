"""`xpm-config validate`: check settings files."""

from __future__ import annotations

import gc
import os
import sys
from typing import TYPE_CHECKING, NamedTuple

from xpm_config import files, registry, target
from xpm_config.cli import streams
from xpm_config.diagnostics import Diagnostic, Severity
from xpm_config.document import Document
from xpm_config.errors import FileUnreadableError, UsageError
from xpm_config.location import existing_settings
from xpm_config.releases import show_release
from xpm_config.validate import FileReport, check

if TYPE_CHECKING:
    from xpm_config.releases import Release

FORMATS = ("text", "json", "sarif", "github")


class Options(NamedTuple):
    """What was asked for; the defaults are those of the command."""

    files: tuple[str, ...] = ()
    format: str = "text"
    strict: bool = False
    target: str | None = None
    fix: bool = False
    unsafe_fixes: bool = False
    select: tuple[str, ...] = ()
    ignore: tuple[str, ...] = ()
    settings: str | None = None
    quiet: bool = False


def run(options: Options) -> int:
    """Check the files, print the report, and return the exit code."""
    # The process ends right after: looking for garbage would only cost time.
    gc.disable()
    release = target.parse(options.target) if options.target is not None else target.default()
    paths = options.files or (existing_settings(options.settings),)
    if (options.fix or options.unsafe_fixes) and "-" in paths and options.format != "text":
        raise UsageError(
            "with `-` and a fix, standard output carries the file: there is no place for a report",
            "leave out --format, or name a file",
        )
    reports = [_check(path, release, options) for path in streams.different(paths)]
    if options.fix or options.unsafe_fixes:
        reports = [_fix(report, release, options) for report in reports]
    _print(reports, options)
    return _exit_code(reports, options.strict)


def _check(path: str, release: Release, options: Options) -> FileReport:
    name = "<stdin>" if path == "-" else path
    try:
        data = streams.read_input() if path == "-" else files.read(path)
    except FileUnreadableError as error:
        finding = Diagnostic("XPM008", Severity.ERROR, error.message, None, (), error.hint)
        return FileReport(name, Document(b""), registry.NEWEST, show_release(release), False, (finding,))
    return _selected(check(name, data, release), options)


def _selected(report: FileReport, options: Options) -> FileReport:
    """The report with the codes that were selected and without those that were ignored."""
    if not options.select and not options.ignore:
        return report
    select, ignore = options.select or ("XPM",), options.ignore
    kept = tuple(
        found for found in report.diagnostics if found.code.startswith(select) and not found.code.startswith(ignore)
    )
    return report._replace(diagnostics=kept)


def _fix(report: FileReport, release: Release, options: Options) -> FileReport:
    from xpm_config.fixes import apply_fixes

    before = report.document.data
    result = apply_fixes(report, release, lambda found: _selected(found, options), unsafe=options.unsafe_fixes)
    if report.path == "<stdin>":
        streams.write_file(result.report.document.data)
    elif result.report.document.data != before:
        try:
            files.replace(report.path, before, result.report.document.data)
        except files.FileUnwritableError as error:
            message = error.message.removeprefix(f"{report.path}: ")
            finding = Diagnostic("XPM406", Severity.ERROR, message, None, (), error.hint)
            return report._replace(diagnostics=(finding, *report.diagnostics))
        times = f"{result.applied} finding{'s' if result.applied != 1 else ''}"
        print(f"{report.path}: fixed {times}", file=sys.stderr)
    return result.report


def _print(reports: list[FileReport], options: Options) -> None:
    if options.format == "text":
        from xpm_config.report import text

        # With `-` and a fix, standard output carries the fixed file.
        fixed_stdin = (options.fix or options.unsafe_fixes) and any(report.path == "<stdin>" for report in reports)
        stream = sys.stderr if fixed_stdin else sys.stdout
        rendered = text.render(reports, colour=text.wants_colour(stream, os.environ))
        if not options.quiet or any(report.diagnostics for report in reports):
            stream.write(rendered)
    elif options.format == "json":
        from xpm_config.report import json

        streams.write_json(json.render(reports))
    elif options.format == "github":
        from xpm_config.report import github

        sys.stdout.write(github.render(reports))
    elif options.format == "sarif":
        from xpm_config.codes import CODES
        from xpm_config.report import sarif
        from xpm_config.version import VERSION

        titles = {code: CODES[code].title for code in CODES}
        streams.write_json(sarif.render(reports, version=VERSION, rules=titles, root=os.getcwd()))


def _exit_code(reports: list[FileReport], strict: bool) -> int:
    findings = [found for report in reports for found in report.diagnostics]
    if any(found.code in ("XPM008", "XPM406") for found in findings):
        return 2
    return int(any(found.severity is Severity.ERROR or strict for found in findings))
