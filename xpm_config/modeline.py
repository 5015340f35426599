"""The comment in front of a file that tells editors its schema: `# yaml-language-server: $schema=PATH`."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, NamedTuple

from xpm_config import registry
from xpm_config.diagnostics import Edit

if TYPE_CHECKING:
    from collections.abc import Iterator

_BREAK = r"(?:\r\n?|\n)"
_FIRST_BREAK = re.compile(_BREAK)
# A blank line, a comment, a directive, or the `---` behind which comments still count.
_HEADER_LINE = re.compile(rf"(?:(---(?![^ \t\r\n]))?[ \t]*(#[^\r\n]*)?|%[^\r\n]*)(?:{_BREAK}|\Z)")
# Others want the first line, too: the kernel, and Emacs.
_FIRST_LINE = re.compile(rf"(?:#!|#[^\r\n]*-\*-)[^\r\n]*(?:{_BREAK}|\Z)")
# These two are how yaml-language-server looks for it.
_MODELINE = re.compile(r"#\s+(?:yaml-language-server\s*:|\$schema:)")
_SCHEMA = re.compile(r"\$schema(?:=|:[^\S\r\n]*)(\S+)")
_ADDRESS = re.compile(r"(?!file:)[A-Za-z][A-Za-z0-9+.-]+:.*/")


class Modeline(NamedTuple):
    """A modeline: its line, where the comment stands, and where in it the schema is named, which may be nowhere.

    `number` counts lines from 1; `line_end` is behind the line break.
    """

    number: int
    line_start: int
    line_end: int
    start: int
    end: int
    schema_start: int
    schema_end: int
    schema: str

    @property
    def version(self) -> int | None:
        """The version of our schema that it names, wherever on this machine that lies."""
        if _ADDRESS.match(self.schema) is not None:
            return None
        return registry.version_called(self.schema.rpartition("/")[2])


def modelines(text: str) -> Iterator[Modeline]:
    """The modelines in the header of a file; editors heed the first one only."""
    at = int(text.startswith("\ufeff"))
    markers = number = 0
    while at < len(text) and (line := _HEADER_LINE.match(text, at)) is not None:
        number += 1
        markers += line[1] is not None
        if markers > 1:
            return
        if line[2] is not None and _MODELINE.match(line[2]) is not None:
            start, end = line.span(2)
            found = _SCHEMA.search(text, start, end)
            named = found.span(1) if found else (end, end)
            yield Modeline(number, *line.span(), start, end, *named, text[slice(*named)])
        at = line.end()


def modeline_version(text: str) -> int | None:
    """The version of our schema that the first modeline of a file names, if it names one of ours."""
    first = next(modelines(text), None)
    return first.version if first is not None else None


def addition(text: str, schema: str) -> Edit:
    """What adds a modeline in front of all others, on a line of its own."""
    comment = f"# yaml-language-server: $schema={schema}"
    at = int(text.startswith("\ufeff"))
    taken = _FIRST_LINE.match(text, at)
    at = taken.end() if taken is not None else at
    found = _FIRST_BREAK.search(text)
    line_break = found[0] if found is not None else "\n"
    if taken is not None and not taken[0].endswith(("\r", "\n")):
        return Edit(at, at, line_break + comment)
    return Edit(at, at, comment + line_break)


def removals(text: str, lines: list[Modeline]) -> list[Edit]:
    """What takes modelines of a text out again, each with its line if it has one to itself."""
    edits: list[Edit] = []
    for line in lines:
        start, end = line.line_start + len(text[line.line_start : line.start].rstrip(" \t")), line.end
        if start == line.line_start:
            start, end = line.line_start, line.line_end
            if end == line.end:
                # Behind the last line there is no break; the one in front of it goes.
                start = len(text[:start].removesuffix("\n").removesuffix("\r"))
        edits.append(Edit(max(start, edits[-1].end if edits else 0), end, ""))
    return edits
