"""The comment in front of a file that tells editors its schema: `# yaml-language-server: $schema=PATH`."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, NamedTuple

from xpm_config import registry

if TYPE_CHECKING:
    from collections.abc import Iterator

# A blank line, a comment, a directive, or the `---` behind which comments still count.
_HEADER_LINE = re.compile(r"(?:(---(?![^ \t\r\n]))?[ \t]*(#[^\r\n]*)?|%[^\r\n]*)(?:\r\n?|\n|\Z)")
# These two are how yaml-language-server looks for it.
_MODELINE = re.compile(r"#\s+(?:yaml-language-server\s*:|\$schema:)")
_SCHEMA = re.compile(r"\$schema(?:=|:[^\S\r\n]*)(\S+)")
_OURS = re.compile(r"(?:\A|[/:])settings[.:]v([0-9]+)(?:\.schema\.json)?\Z")


class Modeline(NamedTuple):
    """A modeline: where the comment stands, and where in it the schema is named, which may be nowhere."""

    start: int
    end: int
    schema_start: int
    schema_end: int
    schema: str

    @property
    def version(self) -> int | None:
        """The version of our schema that it names, if it does."""
        ours = _OURS.search(self.schema)
        return int(ours[1]) if ours is not None and int(ours[1]) in registry.VERSIONS else None


def modelines(text: str) -> Iterator[Modeline]:
    """The modelines in the header of a file; editors heed the first one only."""
    at = int(text.startswith("\ufeff"))
    markers = 0
    while at < len(text) and (line := _HEADER_LINE.match(text, at)) is not None:
        markers += line[1] is not None
        if markers > 1:
            return
        if line[2] is not None and _MODELINE.match(line[2]) is not None:
            start, end = line.span(2)
            found = _SCHEMA.search(text, start, end)
            yield Modeline(start, end, *(found.span(1) if found else (end, end)), found[1] if found else "")
        at = line.end()


def modeline_version(text: str) -> int | None:
    """The version of our schema that the first modeline of a file names, if it names one of ours."""
    first = next(modelines(text), None)
    return first.version if first is not None else None
