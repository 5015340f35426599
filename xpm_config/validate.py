"""Bytes and a target release in, findings out: the whole check of one settings file.

`check` never raises on what a file holds, touches no file and prints nothing.
"""

from __future__ import annotations

import os
import re
from typing import TYPE_CHECKING, Any, NamedTuple

from xpm_config import loaders, registry
from xpm_config.conformance import conforms, violations
from xpm_config.diagnostics import Diagnostic, Severity
from xpm_config.document import Document
from xpm_config.modeline import modeline_version
from xpm_config.releases import parse_release, show_release
from xpm_config.values import INVALID

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from collections.abc import Mapping as Environ

    from xpm_config.context import Context
    from xpm_config.loaders.model import Loaded, LoadProblem
    from xpm_config.releases import Release

MAX_FINDINGS = 1_000
"""No more findings than this are reported for one file."""

_IGNORE = re.compile(r"\bxpm:\s*ignore\[([A-Za-z0-9,\s]*)\]")


class FileReport(NamedTuple):
    """What was found in one file.

    `schema` is the version of the schema that it was checked against, `target` the release of
    experimaestro, and `loads` tells whether that release loads the file without an error. The
    diagnostics are in the order of the file.
    """

    path: str
    document: Document
    schema: int
    target: str
    loads: bool
    diagnostics: tuple[Diagnostic, ...]


def check(path: str, data: bytes, release: Release, environ: Environ[str, str] | None = None) -> FileReport:
    """Check the settings in `data` the way that `release` of experimaestro would read them.

    `path` only names the file in the report; `environ` gives the variables of `${env:NAME}`.
    """
    environ = os.environ if environ is None else environ
    document = Document(data, loaders.dialect(release))
    version = modeline_version(document.text) or registry.version_for(release)
    target = show_release(release)
    if document.problems:
        return FileReport(path, document, version, target, False, tuple(document.problems))
    loaded, constructor = loaders.load(document, release, environ)
    if document.root is None:
        found = _empty(loaded)
    else:
        # Only a file with something in it needs the rest of the modules.
        from xpm_config.context import Context

        context = Context(document, constructor, loaded, version, release, environ)
        found = list(_findings(context))
    return FileReport(path, document, version, target, loaded.loads, _in_order(document, found))


def _empty(loaded: Loaded) -> list[Diagnostic]:
    if loaded.loads:
        return []
    message = "the file is empty: experimaestro 2.6 and later fail on it"
    return [Diagnostic("XPM004", Severity.ERROR, message, None, (), "write `{}`, or remove the file")]


def _findings(context: Context) -> Iterator[Diagnostic]:
    from xpm_config.rules import RULES

    by_schema = [*_not_in_target(context), *_schema_findings(context)]
    yield from by_schema
    yield from _load_findings(context, by_schema)
    for rule in RULES:
        yield from rule(context)


def _schema_findings(context: Context) -> Iterator[Diagnostic]:
    value = json_like(context.constructor.value(context.document.root))  # type: ignore[arg-type]
    if value is not INVALID and not conforms(value, context.schema):
        from xpm_config import wording

        yield from wording.findings(context, _unaccounted(value, context.schema))
    if context.version == registry.NEWEST:
        yield from _deprecated(context)


def _unaccounted(value: Any, schema: dict[str, Any]) -> list[Any]:
    """The violations, without those of values that could not be constructed: these have a finding."""
    found = []
    for violation in violations(value, schema):
        part = value
        for step in violation.path:
            part = part[step]
        if part is not INVALID:
            found.append(violation)
    return found


def json_like(value: Any) -> Any:
    """The value with text as keys, as a schema expects it: other keys have findings of their own."""
    if isinstance(value, dict):
        return {key: json_like(item) for key, item in value.items() if isinstance(key, str)}
    if isinstance(value, list):
        return [json_like(item) for item in value]
    return value


def _deprecated(context: Context) -> Iterator[Diagnostic]:
    for setting in context.outline.at("workspaces[].alt_workspaces"):
        if setting.key_node is not None and setting.schema.get("deprecated"):
            from xpm_config.wording.parts import span_of

            replacement = setting.schema["x-xpm-replaced-by"]
            message = f"`{setting.name}` is deprecated: `{replacement}` replaces it"
            help_text = "run `xpm-config migrate`"
            span = span_of(setting.key_node)
            yield Diagnostic("XPM106", Severity.WARNING, message, span, (), help_text, None, setting.key)


def _not_in_target(context: Context) -> Iterator[Diagnostic]:
    """XPM107: keys that a newer release brought."""
    from xpm_config.wording.parts import span_of

    outer = "\0"
    for setting in context.outline.settings:
        since = setting.schema.get("x-xpm-since")
        if setting.key_node is None or since is None or parse_release(since) <= context.release:
            continue
        if setting.key.startswith((f"{outer}.", f"{outer}[")):
            continue
        outer = setting.key
        effect = "refuses the file" if context.release < loaders.PYDANTIC_SINCE else "ignores it"
        target = show_release(context.release)
        message = f"`{setting.name}` needs experimaestro {since}: {target} {effect}"
        help_text = "remove it, or give the release that you use with `--target`"
        span = span_of(setting.key_node)
        yield Diagnostic("XPM107", Severity.ERROR, message, span, (), help_text, None, setting.key)


def _load_findings(context: Context, by_schema: list[Diagnostic]) -> Iterator[Diagnostic]:
    """What keeps the target release from loading the file, where the schema has no finding for it."""
    places = {finding.span for finding in by_schema if finding.severity is Severity.ERROR}
    keys = {(finding.code, finding.key) for finding in by_schema}
    for problem in context.loaded.problems:
        finding = _load_finding(context, problem)
        if finding.span not in places and (finding.code, finding.key) not in keys:
            yield finding


def _load_finding(context: Context, problem: LoadProblem) -> Diagnostic:
    from xpm_config.wording import values
    from xpm_config.wording.parts import span_of

    setting = context.outline.get(problem.key) if problem.kind == "type" else None
    if setting is not None and problem.node is setting.site:
        return values.wrong_type(context, setting)
    if problem.kind == "type" and problem.node is not None:
        return values.wrong_key(context, problem.key, problem.message, problem.node)
    if problem.kind == "value":
        return values.not_constructed(context, problem.message, problem.node)
    code, advice = _LOAD_CODES[problem.kind]
    span = span_of(problem.node) if problem.node is not None else None
    message = problem.message
    setting = context.outline.get(problem.key)
    if problem.kind in ("path", "interpolation") and setting is not None:
        message = f"`{setting.name}`: {message}"
    return Diagnostic(code, Severity.ERROR, message, span, (), advice, None, problem.key)


_LOAD_CODES = {
    "value": ("XPM009", None),
    "duplicate-key": ("XPM005", "remove one of the two"),
    "unknown-key": ("XPM101", "remove it"),
    "type": ("XPM102", None),
    "missing-key": ("XPM103", None),
    "interpolation": ("XPM216", None),
    "path": ("XPM102", "write the path from `/`"),
    "size": ("XPM007", "write the values out, or merge fewer aliases"),
}


def _in_order(document: Document, found: Iterable[Diagnostic]) -> tuple[Diagnostic, ...]:
    """The findings in the order of the file: one for each code and place, ignored ones left out."""
    ignored = ignored_lines(document)
    unique: dict[tuple[str, Any], Diagnostic] = {}
    for finding in found:
        line = document.position(finding.span.start).line if finding.span is not None else 0
        if not finding.code.startswith(ignored.get(line, ("-",))):
            unique.setdefault((finding.code, finding.span), finding)
    ordered = sorted(unique.values(), key=lambda finding: (finding.span or (0, 0), finding.code))
    if len(ordered) > MAX_FINDINGS:
        rest = ordered[MAX_FINDINGS:]
        message = f"{len(rest):,} more findings are not shown"
        more = Diagnostic("XPM007", max(one.severity for one in rest), message, rest[0].span, (), "mend these first")
        ordered = [*ordered[:MAX_FINDINGS], more]
    return tuple(ordered)


def ignored_lines(document: Document) -> dict[int, tuple[str, ...]]:
    """The codes, or their beginnings, that comments such as `# xpm: ignore[XPM201]` switch off, by line."""
    lines: dict[int, tuple[str, ...]] = {}
    for start, end in document.comments:
        for listed in _IGNORE.findall(document.text, start, end):
            codes = tuple(code.strip().upper() for code in listed.split(",") if code.strip())
            line = document.position(start).line
            lines[line] = (*lines.get(line, ("-",)), *codes)
    return lines
