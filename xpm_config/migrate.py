"""Bringing a settings file to another version of the schema, with the proof that it means the same.

`migrate` works on bytes and touches no file. It never gives half a result: where one place cannot be
rewritten, or the proof fails, there are no edits.
"""

from __future__ import annotations

import os
import re
from typing import TYPE_CHECKING, Any, NamedTuple

from xpm_config import loaders
from xpm_config.diagnostics import Diagnostic, Edit, Severity, Span
from xpm_config.document import Document, Scalar
from xpm_config.editing import walk
from xpm_config.loaders.model import effective_settings
from xpm_config.registry import VERSIONS
from xpm_config.releases import Release, show_release
from xpm_config.rewriting import Options, Rewrite, Source

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from collections.abc import Mapping as Environ
    from types import ModuleType

    from xpm_config.loaders.model import Loaded, LoadProblem

OLDEST = VERSIONS[0]

MODE_WRITTEN_SINCE: Release = loaders.PYDANTIC_SINCE
"""Before this release `mode: use` may be refused, depending on omegaconf; a folder without mode never is."""
LAST_OF_VERSION_1: Release = (2, 3, 6)
"""The last release of experimaestro that version 1 describes."""


class MigrationResult(NamedTuple):
    """The outcome for one file.

    `new` equals `old` where there is nothing to do or nothing could be done; in the second case a
    diagnostic of severity error says why. `edits` are the replacements that lead from the one to the
    other, offsets in code points; `steps` what was done, in words.
    """

    old: bytes
    new: bytes
    edits: tuple[Edit, ...]
    diagnostics: tuple[Diagnostic, ...]
    document: Document
    steps: tuple[str, ...]

    @property
    def changed(self) -> bool:
        """Whether there is something to write."""
        return self.new != self.old

    @property
    def failed(self) -> bool:
        """Whether the file could not be migrated."""
        return any(found.severity is Severity.ERROR for found in self.diagnostics)


def migrate(
    data: bytes,
    *,
    to: int,
    release: Release,
    keep_unknown_ids: bool = False,
    environ: Environ[str, str] | None = None,
) -> MigrationResult:
    """Bring the settings in `data` to a version of the schema, for a release that reads both.

    `release` decides how the file is read and how the result is written; `keep_unknown_ids` takes
    references to unknown workspaces for paths, as experimaestro does.
    """
    environ = os.environ if environ is None else environ
    options = Options(keep_unknown_ids, write_mode=release >= MODE_WRITTEN_SINCE)
    document = Document(data, loaders.dialect(release))
    unchanged = MigrationResult(data, data, (), (), document, ())
    if document.root is None:
        return unchanged._replace(diagnostics=tuple(document.problems))
    before, constructor = loaders.load(document, release, environ)
    links = chain(steps(), to)
    refused = (*_not_loading(before, release), *(_not_in_version_1(data, environ) if to == OLDEST else ()))
    if refused:
        return unchanged._replace(diagnostics=refused if _has_work(document, links) else ())
    current, after = document, before
    found: list[Diagnostic] = []
    changes: list[tuple[Edit, ...]] = []
    summaries: list[str] = []
    for link in links:
        rewrite = link.rewrite(Source(current, constructor, options))
        found += rewrite.diagnostics
        if any(one.severity is Severity.ERROR for one in rewrite.diagnostics):
            return unchanged._replace(diagnostics=tuple(found))
        if rewrite.edits:
            current = Document(current.edited(rewrite.edits), current.dialect)
            after, constructor = loaders.load(current, release, environ)
            changes.append(rewrite.edits)
            summaries.append(link.summary)
    problem = _disproof(before, current, after) if changes else None
    if problem is None and changes and to == OLDEST:
        left = next(_not_in_version_1(current.data, environ), None)
        problem = None if left is None else _refusal("the result would not load", left.message)
    if problem is not None:
        return unchanged._replace(diagnostics=(*found, problem))
    edits = changes[0] if len(changes) == 1 else _spanning(document.text, current.text)
    return MigrationResult(data, current.data, edits, tuple(found), document, tuple(summaries))


class Link(NamedTuple):
    """One step in one direction, with what it does in words."""

    step: ModuleType
    rewrite: Callable[[Source], Rewrite]
    summary: str


def steps() -> list[ModuleType]:
    """The migrations, oldest first: a file in `migrations/` is a step."""
    from importlib import import_module

    import xpm_config.migrations as package

    names = [name for name in os.listdir(package.__path__[0]) if re.fullmatch(r"v\d+_to_v\d+\.py", name)]
    return sorted((import_module(f"{package.__name__}.{name[:-3]}") for name in names), key=lambda step: step.FROM)


def chain(known: list[ModuleType], to: int) -> list[Link]:
    """The steps towards a version, in order.

    A settings file does not say which version it has: newer files are brought down and older ones up. A
    step that has nothing to do gives no edits.
    """
    down = [Link(step, step.downgrade, step.SUMMARY_DOWN) for step in reversed(known) if to <= step.FROM]
    up = [Link(step, step.upgrade, step.SUMMARY) for step in known if to >= step.TO]
    return down + up


def _has_work(document: Document, links: list[Link]) -> bool:
    """Whether a file that does not load has anything that a step would rewrite."""
    texts = {node.text for node in walk(document.root) if isinstance(node, Scalar)}
    return any(link.rewrite is not link.step.upgrade or link.step.REWRITES in texts for link in links)


def _spanning(old: str, new: str) -> tuple[Edit, ...]:
    """The one edit that leads from a text to another, where several steps each had their own."""
    if old == new:
        return ()
    start = _common(old, new)
    tail = _common(old[start:][::-1], new[start:][::-1])
    return (Edit(start, len(old) - tail, new[start : len(new) - tail]),)


def _common(one: str, other: str) -> int:
    """How many characters two texts have in common at their beginning."""
    pairs = enumerate(zip(one, other, strict=False))
    return next((index for index, (a, b) in pairs if a != b), min(len(one), len(other)))


def _not_loading(loaded: Loaded, release: Release) -> Iterator[Diagnostic]:
    """Why a file cannot be migrated: what does not load has no meaning that could be kept."""
    for problem in loaded.problems:
        if _is_empty_folders(problem):
            continue
        span = Span(problem.node.start, problem.node.end) if problem.node is not None else None
        name = problem.key or "the file"
        message = f"`{name}`: {problem.message}; experimaestro {show_release(release)} does not load this file"
        help_text = "run `xpm-config validate` and mend what it reports, then migrate"
        yield Diagnostic("XPM401", Severity.ERROR, message, span, (), help_text, None, problem.key)


def _is_empty_folders(problem: LoadProblem) -> bool:
    """Whether this is a `folders:` without a value, which the migrated entries will give it."""
    node = problem.node.resolved if problem.node is not None else None
    return problem.key.endswith(".folders") and isinstance(node, Scalar) and node.text in ("", "~", "null")


def _not_in_version_1(data: bytes, environ: Environ[str, str]) -> Iterator[Diagnostic]:
    """What the releases of version 1 would refuse, apart from the folders that are rewritten."""
    help_text = "remove it, or write it out, then migrate"
    document = Document(data, loaders.dialect(LAST_OF_VERSION_1))
    for syntax in document.problems:
        yield syntax._replace(code="XPM404", help=help_text)
    loaded, _ = loaders.load(document, LAST_OF_VERSION_1, environ)
    for problem in loaded.problems if not document.problems else ():
        if problem.kind == "unknown-key" and problem.key.endswith(".folders"):
            continue
        message = f"`{problem.key}`: {problem.message}; releases of version 1 do not load this"
        span = problem.node.span if problem.node is not None else None
        yield Diagnostic("XPM404", Severity.ERROR, message, span, (), help_text, None, problem.key)


# -- the proof ----------------------------------------------------------------------------------------


def _same_folders(old: list[tuple[str, str]], new: list[tuple[str, str]]) -> bool:
    """Whether two lists name the same directories, with `~` expanded and symbolic links resolved, in the same modes."""
    return len(old) == len(new) and all(
        mode == other_mode and (path == other or _resolved(path) == _resolved(other))
        for (path, mode), (other, other_mode) in zip(old, new, strict=True)
    )


def _resolved(path: str) -> str:
    return os.path.realpath(os.path.expanduser(path or "."))


def _disproof(before: Loaded, document: Document, after: Loaded) -> Diagnostic | None:
    """What the new text would change, if anything: then nothing may be written."""
    if document.problems:
        return _refusal("the result would not be YAML", document.problems[0].message)
    if after.problems:
        return _refusal(f"the result would not load: `{after.problems[0].key}`", after.problems[0].message)
    difference = _difference(effective_settings(before), effective_settings(after), "")
    if difference is not None:
        return _refusal("the result would mean something else", difference)
    return None


def _refusal(message: str, detail: str) -> Diagnostic:
    hint = "nothing was written; write the list out, without anchors, `<<` and `${…}`, and migrate again"
    return Diagnostic("XPM405", Severity.ERROR, f"{message}: {detail}", None, (), hint)


def _difference(old: Any, new: Any, key: str) -> str | None:
    """The first place where two settings differ, in words that show no values but folders."""
    if isinstance(old, dict) and isinstance(new, dict):
        for name in [*old, *(name for name in new if name not in old)]:
            inner = f"{key}.{name}" if key else str(name)
            if name not in old or name not in new:
                return f"`{inner}` would {'appear' if name in new else 'be lost'}"
            if (found := _difference(old[name], new[name], inner)) is not None:
                return found
        return None
    if key.endswith(".folders"):
        if _same_folders(old, new):
            return None
        return f"`{key}` would be {_listed(new)} instead of {_listed(old)}"
    if isinstance(old, list) and isinstance(new, list) and len(old) == len(new):
        pairs = enumerate(zip(old, new, strict=True))
        differences = (_difference(one, other, f"{key}[{index}]") for index, (one, other) in pairs)
        return next((words for words in differences if words is not None), None)
    return None if old == new else f"`{key}` would change"


def _listed(folders: list[tuple[str, str]]) -> str:
    return "[" + ", ".join(f"{path} ({mode})" for path, mode in folders) + "]"
