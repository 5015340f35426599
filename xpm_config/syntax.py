"""Errors of the YAML parser in the user's words: what is wrong, where, and what to write instead."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from xpm_config.diagnostics import Diagnostic, Note, Severity, Span
from xpm_config.yaml11 import TooDeepError, UnprintableCharacterError

if TYPE_CHECKING:
    from ruamel.yaml.error import MarkedYAMLError


def diagnostic(error: MarkedYAMLError, text: str) -> Diagnostic:
    """The finding for an error whose marks are offsets into the text."""
    at = _visible(error.problem_mark, text)
    opening = error.context_mark if error.context else None
    if isinstance(error, TooDeepError):
        return _finding("XPM007", str(error.problem), at, text, "settings need six levels at most")
    if isinstance(error, UnprintableCharacterError):
        help_text = "remove it, or write it as an escape in double quotes"
        return _finding("XPM002", str(error.problem), at, text, help_text)
    message, advice, at_opening = _words(str(error.problem), str(error.context), at, opening, text)
    if at_opening and opening is not None:
        return _finding("XPM002", message, opening, text, advice)
    notes: tuple[Note, ...] = ()
    if opening is not None and text[opening : opening + 1] in ("[", "{") and opening < at:
        notes = (Note("it begins here", Span(opening, opening + 1)),)
    return _finding("XPM002", message, at, text, advice, notes)


def _finding(
    code: str, message: str, at: int, text: str, help_text: str | None, notes: tuple[Note, ...] = ()
) -> Diagnostic:
    shown = f"YAML syntax: {message}" if code == "XPM002" else message
    return Diagnostic(code, Severity.ERROR, shown, Span(at, min(at + 1, len(text))), notes, help_text)


def _visible(offset: int, text: str) -> int:
    """The offset, or where the text behind it is only blank, its last character that can be seen."""
    if offset < len(text) and not text[offset].isspace():
        return offset
    if text[offset : offset + 1] == "\t":
        return offset
    return max(len(text[:offset].rstrip()) - 1, 0)


def _words(problem: str, context: str, at: int, opening: int | None, text: str) -> tuple[str, str | None, bool]:
    """The message, the next step, and whether the finding belongs to where the construct begins."""
    found = text[at : at + 1]
    line = text[text.rfind("\n", 0, at) + 1 :].partition("\n")[0]
    if "found unexpected end of stream" in problem or "document separator" in problem:
        return "this quote is never closed", "close it, or remove it", True
    if opening is not None and text[opening : opening + 1] in ("[", "{") and problem.startswith("expected ','"):
        return _unclosed(problem, at, opening, text)
    if found == "\t":
        if line.split("\t")[-1].lstrip().startswith("#"):
            return "a tab in front of a comment", "write a space in front of the `#`", False
        return "a tab cannot stand here", "use spaces: YAML allows no tab for indentation", False
    if "cannot start any token" in problem:
        return f"a value cannot start with `{found}`", f'quote it: `"{found}…"`', False
    if "alphabetic or numeric" in problem and ("alias" in context or "anchor" in context):
        start = text[opening : opening + 1] if opening is not None else found
        word = re.match(r"\S*", text[opening:]) if opening is not None else None
        shown = word[0].rstrip(",]}") if word else start
        kind = "an alias" if start == "*" else "an anchor"
        return f"`{start}` begins the name of {kind}", f'quote a text that starts with `{start}`: `"{shown}"`', True
    for pattern, message, help_text in _PLAIN_WORDS:
        if re.search(pattern, problem):
            return message, help_text, False
    return problem, None, False


def _unclosed(problem: str, at: int, opening: int, text: str) -> tuple[str, str | None, bool]:
    bracket = text[opening]
    closing = {"[": "]", "{": "}"}[bracket]
    if "'?'" in problem:
        return f"a `?` cannot stand inside `{bracket}…{closing}`", "quote the text that holds it", False
    if "\n" in text[opening:at] or "stream end" in problem:
        return f"this `{bracket}` is never closed", f"write the `{closing}` that belongs to it", True
    return f"a `,` or the closing `{closing}` is missing here", None, False


_PLAIN_WORDS = (
    ("mapping values are not allowed", "a `:` is not expected here",
     "quote a value that holds `: `, check the indentation, or see whether the line above lacks its `:`"),
    ("could not find expected ':'", "a key without its `:`", "write `key: value`; check the line above, too"),
    ("expected <block end>", "this line does not line up with the lines above", "check its indentation"),
    ("expected the node content", "a value is missing here", None),
    ("sequence entries are not allowed", "a `- ` is not expected here", "start the list on a line of its own"),
    ("unknown escape character", "double quotes know no such escape",
     "write `\\\\` for a backslash, or use single quotes"),
    ("hexdecimal", "this escape lacks digits", "write `\\\\` for a backslash, or use single quotes"),
    ("expected '<document start>'", "the value above is complete, and nothing may follow it",
     "settings are written as `server:` and, below it, `  port: 8080`; remove a `...` above"),
    ("undefined tag handle", "this tag is not known", "remove it"),
)  # fmt: skip
