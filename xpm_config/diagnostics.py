"""The one model of a finding: where, what, how bad, and what would mend it.

Values here are named tuples rather than dataclasses: `dataclasses` imports `inspect`, which alone would
take a tenth of the time that validating a file takes.
"""

from __future__ import annotations

from enum import IntEnum
from typing import NamedTuple


class Severity(IntEnum):
    """How bad a finding is; only errors fail a run, unless it is strict."""

    WARNING = 1
    ERROR = 2

    @property
    def label(self) -> str:
        """The word that reports use."""
        return self.name.lower()


class Position(NamedTuple):
    """A place in a text: line and column, both from 1, the column in code points."""

    line: int
    column: int


class Span(NamedTuple):
    """A piece of a text: offsets of its first character and of the one after its last, in code points."""

    start: int
    end: int


class Edit(NamedTuple):
    """Replaces the text between two offsets (in code points, `end` exclusive) by another one."""

    start: int
    end: int
    text: str


class Fix(NamedTuple):
    """Edits that mend a finding.

    A fix is safe when the file did not load before, or when the settings that the target release reads
    stay the same; every other fix is a guess at what was meant, and is applied only when asked for.
    """

    title: str
    edits: tuple[Edit, ...]
    safe: bool


class Note(NamedTuple):
    """A second place that belongs to a finding, such as "first defined here"."""

    message: str
    span: Span


class Diagnostic(NamedTuple):
    """One finding in one file.

    `span` is None for a finding about the file as a whole. `key` is the path of the setting that it is
    about, such as `workspaces[0].triggers`; it never holds a value.
    """

    code: str
    severity: Severity
    message: str
    span: Span | None = None
    notes: tuple[Note, ...] = ()
    help: str | None = None
    fix: Fix | None = None
    key: str = ""
