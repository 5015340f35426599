"""`xpm-config migrate`: bring settings files to another version of the schema.

`--format json` prints

    {"version": 1,
     "files": [{"path", "to": 1 | 2, "changed": bool, "written": bool, "error": text | null, "help": text | null,
                "edits": [{"line", "column", "end_line", "end_column", "text": text | null}],
                "diagnostics": as in the report of `validate`}],
     "summary": {"files", "changed"}}

`text` is null where it would show a secret. Lines and columns count as in the report of `validate`.
"""

from __future__ import annotations

import gc
import os
import sys
from typing import TYPE_CHECKING, Any, NamedTuple

from xpm_config import files, registry, target
from xpm_config.cli import streams
from xpm_config.diagnostics import Diagnostic, Fix, Severity
from xpm_config.document import Document
from xpm_config.errors import FileUnreadableError, UsageError, XpmConfigError
from xpm_config.location import existing_settings
from xpm_config.migrate import MigrationResult, migrate
from xpm_config.releases import show_release
from xpm_config.report import text
from xpm_config.validate import FileReport

if TYPE_CHECKING:
    from xpm_config.releases import Release


FORMATS = ("text", "json")


class Options(NamedTuple):
    """What was asked for; the defaults are those of the command."""

    files: tuple[str, ...] = ()
    to: int = registry.NEWEST
    diff: bool = False
    check: bool = False
    backup: bool = False
    keep_unknown_ids: bool = False
    format: str = "text"
    target: str | None = None
    settings: str | None = None
    quiet: bool = False


class Outcome(NamedTuple):
    """What happened to one file; without a result, `error` says why."""

    path: str
    result: MigrationResult | None
    written: bool
    error: XpmConfigError | None = None


def run(options: Options) -> int:
    """Migrate the files and return the exit code."""
    gc.disable()
    release = _release(options)
    paths = options.files or (existing_settings(options.settings),)
    outcomes = [_migrate(path, release, options) for path in streams.different(paths)]
    if options.format == "json":
        from xpm_config.report.json import dumps

        streams.write_json(dumps(_json(outcomes, options)))
    else:
        # With `-`, standard output carries that file and nothing else.
        stream = sys.stderr if "-" in paths and not (options.diff or options.check) else sys.stdout
        for outcome in outcomes:
            stream.write(_told(outcome, release, options, colour=text.wants_colour(stream, os.environ)))
    return max(_exit_code(outcome, options) for outcome in outcomes)


def _release(options: Options) -> Release:
    """The release that reads the file before and after: one that knows both spellings."""
    release = target.parse(options.target) if options.target is not None else target.default()
    if release >= registry.FOLDERS_SINCE:
        return release
    if options.to < registry.NEWEST:
        return registry.NEWEST_RELEASE
    known = show_release(registry.FOLDERS_SINCE)
    raise UsageError(
        f"experimaestro {show_release(release)} does not know `folders`: it would not load the migrated file",
        f"migrate for {known} or later, as in `--target {show_release(registry.NEWEST_RELEASE)}`",
    )


def _migrate(path: str, release: Release, options: Options) -> Outcome:
    name = "<stdin>" if path == "-" else path
    try:
        data = streams.read_input() if path == "-" else files.read(path)
        result = migrate(data, to=options.to, release=release, keep_unknown_ids=options.keep_unknown_ids)
        shown_only = options.diff or options.check
        if path == "-" and not shown_only and options.format == "text":
            streams.write_file(result.new)
        writes = result.changed and not shown_only and path != "-"
        if writes:
            _write(path, result, options)
    except XpmConfigError as error:
        return Outcome(name, None, written=False, error=error)
    return Outcome(name, result, writes)


def _write(path: str, result: MigrationResult, options: Options) -> None:
    if options.backup:
        files.keep_copy(path, f"{path}.bak", result.old)
    files.replace(path, result.old, result.new)


def _told(outcome: Outcome, release: Release, options: Options, *, colour: bool) -> str:
    """One line for each file, with the findings above it, or the diff in its place."""
    result = outcome.result
    if result is None:
        return text.render([_unreadable(outcome, release)], colour=colour)
    told = ""
    if result.diagnostics:
        report = FileReport(
            outcome.path, result.document, registry.NEWEST, show_release(release), True, result.diagnostics
        )
        told = text.render([report], colour=colour)
    if options.diff and result.changed:
        from xpm_config.loaders import dialect
        from xpm_config.report import diff

        new = Document(result.new, dialect(release))
        return told + diff.render(outcome.path, result.document, new, result.edits, colour=colour)
    if options.quiet and not result.changed:
        return told
    return f"{told}{text.printable(outcome.path)}: {_summary(result, options)}\n"


def _unreadable(outcome: Outcome, release: Release) -> FileReport:
    code = "XPM008" if isinstance(outcome.error, FileUnreadableError) else "XPM406"
    message, hint = _reason(outcome)
    finding = Diagnostic(code, Severity.ERROR, message, None, (), hint)
    return FileReport(outcome.path, Document(b""), registry.NEWEST, show_release(release), False, (finding,))


def _reason(outcome: Outcome) -> tuple[str, str | None]:
    """Why nothing could be done with a file, and what would help."""
    assert outcome.error is not None  # there is no result
    return outcome.error.message.removeprefix(f"{outcome.path}: "), outcome.error.hint


def _summary(result: MigrationResult, options: Options) -> str:
    if result.failed:
        return "left as it is"
    if not result.changed:
        return f"nothing to do for version {options.to}"
    would = "would be " if options.check else ""
    return f"{would}migrated to version {options.to}: {', '.join(result.steps)}"


def _exit_code(outcome: Outcome, options: Options) -> int:
    result = outcome.result
    if result is None or any(found.code == "XPM405" for found in result.diagnostics):
        return 2
    if result.failed:
        return 1
    return int(result.changed and (options.check or options.diff))


def _json(outcomes: list[Outcome], options: Options) -> dict[str, Any]:
    from xpm_config.report.json import diagnostics

    listed = []
    for outcome in outcomes:
        result = outcome.result
        shown: dict[str, Any] = {"path": outcome.path, "to": options.to, "changed": False, "written": outcome.written}
        if result is None:
            message, hint = _reason(outcome)
            shown |= {"error": message, "help": hint, "edits": [], "diagnostics": []}
        else:
            report = FileReport(outcome.path, result.document, options.to, "", True, result.diagnostics)
            shown |= {
                "changed": result.changed,
                "error": None,
                "help": None,
                "edits": _edits(result),
                "diagnostics": diagnostics(report),
            }
        listed.append(shown)
    changed = sum(file["changed"] for file in listed)
    return {"version": 1, "files": listed, "summary": {"files": len(listed), "changed": changed}}


def _edits(result: MigrationResult) -> list[dict[str, Any]]:
    """The edits by line and column, without the text of those that show a secret."""
    from xpm_config.report.json import edits
    from xpm_config.secrets import Secrets

    secrets = Secrets(result.document)
    listed = edits(result.edits, result.document)
    for shown, edit in zip(listed, result.edits, strict=True):
        if secrets.shown_by(Fix("", (edit,), safe=True)):
            shown["text"] = None
    return listed
