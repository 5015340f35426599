"""The codes of findings: titles and explanations."""

from __future__ import annotations

from typing import NamedTuple


class Code(NamedTuple):
    """A kind of finding; the explanation is Markdown."""

    title: str
    explanation: str


CODES: dict[str, Code] = {}
