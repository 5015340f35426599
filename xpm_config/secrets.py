"""What must never be shown: which parts of a file are secret, and how to show the rest.

Secret is the value of every key that is `token` or nearly so, every value in an `env` mapping whose key
tells of a secret, and outside `env` such a value where it is no mapping. A file that cannot be parsed is
searched as text. In doubt a value is hidden: a masked path annoys, a shown password is out for ever.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from functools import cache
from typing import TYPE_CHECKING, NamedTuple

from xpm_config.diagnostics import Note, Span
from xpm_config.document import Alias, Mapping, Scalar, Sequence

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from xpm_config.diagnostics import Diagnostic, Fix
    from xpm_config.document import Document, Node

MASK = "********"
"""Stands for every secret, so that its length does not show."""

_WORD = "token"
_TELLING = re.compile("TOKEN|KEY|SECRET|PASS|CREDENTIAL", re.IGNORECASE)
# Each pattern begins where a word does, and none crosses a bracket: a long line is read once.
_ASSIGNMENT = re.compile(r"""(?<![\w.-])([\w.-]+)["']?[ \t]*[:=][ \t]*""")
_ASSIGNED_AT_END = re.compile(r"""(?<![\w.-])([\w.-]+)["']?[ \t]*[:=]\Z""")
_FIRST_WORD = re.compile(r"""(?:\A|[{\[,])[^\w.{\[,-]*(?:- *)*([\w.-]+)["']?[ \t]*[:=]?[ \t]*""")
_FLAG = re.compile(r"(?<![\w-])--?([A-Za-z][\w-]*)[ =]\S|\bsshpass\b.*? -(p)[ ]?\S")
_WORDS = re.compile(r"\W*([\w.-]+)\W*\s\W*\w")
_LEAD = re.compile(r"[ \t#]*")
_BULLETS = re.compile(r"(?:[-?][ \t]+)*")
_PROPERTIES = re.compile(r"[ \t]*(?:[&!]\S*[ \t]+)*")
_SETTING = re.compile(r"""[{\["']*[\w.-]+["']?[ \t]*:(?:[ \t]+|\Z)""")
_QUOTED = re.compile("`[^`]*`|'[^']*'|\"[^\"]*\"")
_EDGES = re.compile(r"\A\W+|\W+\Z")
_PARTS = re.compile(r"\w(?:[\w.-]*\w)?")
_NUMBER = re.compile(r"[-+]?\.?[0-9]")

_BEFORE_QUOTE = ("", *" \t[{,:")

_SHORTEST_VALUE = 6
"""Shorter values are too often words such as `true` to be looked for in the middle of a message."""
_SHORTEST_PIECE = 3
_NEAR = 200
"""How far behind a secret, in characters, a comment may stand and still be a part of it."""


def is_telling(name: str) -> bool:
    """Whether a key of this name holds a secret, judged by its name alone."""
    return _TELLING.search(name) is not None or is_token(name)


@cache
def is_token(name: str) -> bool:
    """Whether a key is `token`, in any case, or looks like a mistyped one."""
    folded = name.strip().casefold()
    return 4 <= len(folded) <= len(_WORD) + 2 and _distance(folded, _WORD) <= 2


def _distance(one: str, other: str) -> int:
    """How many characters to insert, delete or replace to come from one word to the other."""
    row = list(range(len(other) + 1))
    for count, char in enumerate(one, 1):
        above, row = row, [count]
        for column, against in enumerate(other, 1):
            row.append(min(above[column] + 1, row[-1] + 1, above[column - 1] + (char != against)))
    return row[-1]


class Piece(NamedTuple):
    """A part of a text that is either shown as it is or hidden."""

    start: int
    end: int
    hidden: bool


class Secrets:
    """The secrets of one document; `spans` are its secret parts, in order, none touching another."""

    def __init__(self, document: Document) -> None:
        """Look for the secrets of `document` once, for all that is shown of it."""
        self._text = document.text
        self._words: set[str] = set()
        self._keys: set[str] = set()
        if document.root is None:
            spans = list(_in_lines(document, _lines(document)))
        else:
            spans = self._in_nodes(document.root)
            spans += _in_lines(document, document.comments, comments=True)
            spans += self._comments_behind(document, spans)
        self.spans = _union(spans)
        self._starts = [span.start for span in self.spans]
        self._words.update(self._text[span.start : span.end].strip() for span in self.spans)
        self._words.discard("")
        # Searched as one text: a file may hold thousands of secrets, and a report thousands of findings.
        self._all_words = "\n".join(self._words)
        self._values: dict[int, set[str]] = {}
        for word in self._words:
            if len(word) >= _SHORTEST_VALUE:
                self._values.setdefault(len(word), set()).add(word)

    # -- the text ---------------------------------------------------------------------------------

    def hides(self, start: int, end: int) -> bool:
        """Whether any character between two offsets is secret; an empty piece is when it is inside one."""
        index = bisect_right(self._starts, max(start, end - 1)) - 1
        return index >= 0 and self.spans[index].end > start and self.spans[index].start < max(end, start)

    def pieces(self, start: int, end: int) -> Iterator[Piece]:
        """Cut the text between two offsets where secrets begin and end; every part of a secret is one piece."""
        index = max(bisect_right(self._starts, start) - 1, 0)
        for span in self.spans[index:]:
            if span.start >= end:
                break
            if span.end <= start or start >= end:
                continue
            if span.start > start:
                yield Piece(start, span.start, hidden=False)
            yield Piece(max(span.start, start), min(span.end, end), hidden=True)
            start = min(span.end, end)
        if start < end:
            yield Piece(start, end, hidden=False)

    def masked(self, start: int, end: int) -> str:
        """The text between two offsets, with `MASK` in place of every secret, however many lines it has."""
        pieces = self.pieces(start, end)
        return "".join(MASK if piece.hidden else self._text[piece.start : piece.end] for piece in pieces)

    # -- findings ---------------------------------------------------------------------------------

    def redacted(self, diagnostic: Diagnostic) -> Diagnostic:
        """The finding without what its words quote of a secret; its places and edits stay as they are."""
        if not self.spans:
            return diagnostic
        span, fix = diagnostic.span, diagnostic.fix
        inside = span is not None and any(one.start <= span.start and span.end <= one.end for one in self.spans)
        return diagnostic._replace(
            message=self._without(diagnostic.message, inside),
            notes=tuple(Note(self._without(note.message, inside), note.span) for note in diagnostic.notes),
            help=None if diagnostic.help is None else self._without(diagnostic.help, inside),
            fix=None if fix is None else fix._replace(title=self._without(fix.title, inside)),
            key=self._without(diagnostic.key, inside),
        )

    def shown_by(self, fix: Fix) -> bool:
        """Whether the edits of a fix touch a secret or hold one."""
        return any(
            self.hides(edit.start, edit.end)
            or any(len(word) >= _SHORTEST_PIECE and word in edit.text for word in self._words)
            for edit in fix.edits
        )

    def _without(self, words: str, inside: bool) -> str:
        for size in sorted(self._values, reverse=True):
            at = 0
            while at + size <= len(words):
                if words[at : at + size] in self._values[size]:
                    words = words[:at] + MASK + words[at + size :]
                    at += len(MASK) - 1
                at += 1

        def replace(match: re.Match[str]) -> str:
            quote, piece = match.group()[0], match.group()[1:-1]
            # A number in a finding about a secret is what the loader would make of the secret.
            derived = inside and _NUMBER.match(piece) is not None
            return quote + MASK + quote if derived or self._quotes(piece, inside) else match.group()

        return _QUOTED.sub(replace, words)

    def _quotes(self, piece: str, inside: bool) -> bool:
        """Whether a quoted piece is a secret or a telling part of one."""
        core = _EDGES.sub("", piece)
        if len(core) < _SHORTEST_PIECE or core in self._keys:
            return False
        if inside or len(core) >= _SHORTEST_VALUE:
            return core in self._all_words
        # A short piece, such as `3.1`, is a part of some secret by chance.
        return any(core in _PARTS.findall(word) for word in self._words)

    # -- the nodes --------------------------------------------------------------------------------

    def _in_nodes(self, root: Node) -> list[Span]:
        """The spans of what is secret under a node, aliases followed to what they stand for."""
        spans: list[Span] = []
        waiting = [(root, False, False)]
        seen: set[tuple[int, bool, bool]] = set()
        while waiting:
            node, in_env, hidden = waiting.pop()
            if (id(node), in_env, hidden) in seen:
                continue
            seen.add((id(node), in_env, hidden))
            if isinstance(node, Scalar) and (hidden or self._betrays(node)):
                spans.append(node.span)
                self._words.add(node.text.strip())
            elif hidden:
                spans.append(node.span)
            waiting.extend(self._parts(node, in_env, hidden))
        return spans

    def _parts(self, node: Node, in_env: bool, hidden: bool) -> Iterator[tuple[Node, bool, bool]]:
        """What a node holds or stands for; whether that is inside `env`, and whether it is secret."""
        if isinstance(node, Alias):
            yield node.target, in_env, hidden
        elif isinstance(node, Sequence):
            for item in node.items:
                yield item, in_env, hidden
        elif isinstance(node, Mapping):
            missing = False
            for key, value in node.pairs:
                in_value, secret = self._state(key, value, in_env, hidden)
                absent = value.start == value.end
                # `{token: , abc}`: what looks like the next key is the value.
                yield key, in_env, hidden or (missing and absent)
                yield value, in_value, secret
                missing = node.flow and secret and absent

    def _state(self, key: Node, value: Node, in_env: bool, hidden: bool) -> tuple[bool, bool]:
        """Whether a value is inside `env`, and whether it is secret."""
        name = key.resolved
        if hidden or not isinstance(name, Scalar):
            return in_env, hidden
        if not holds_secret(name.text):
            self._keys.add(name.text)
        # `&token: abc` is an anchor before an empty key.
        text = name.text.strip() or name.anchor or ""
        # Outside `env` only leaves: a holder of anchors such as `x-keys` would hide half a file.
        telling = is_telling(text) and (in_env or not isinstance(value.resolved, Mapping))
        return in_env or text.casefold() == "env", telling or is_token(text)

    def _betrays(self, node: Scalar) -> bool:
        """Whether a scalar is secret by itself, by a mistake that YAML accepts."""
        names = (node.tag, node.anchor)
        if holds_secret(node.text) or any(is_telling(name) for name in names if name is not None):
            return True
        # A line `token abc`, without its colon, goes on with the value of the line above.
        lines = self._text[node.start : node.end].splitlines()[1:]
        return any(holds_secret(line.strip()) for line in lines)

    @staticmethod
    def _comments_behind(document: Document, spans: list[Span]) -> Iterator[Span]:
        """The comments that stand right behind a secret: often a value that has a `#` in it."""
        text, ends = document.text, {span.end for span in spans}
        many = {span.end for span in spans if "\n" in text[span.start : span.end]}
        for start, end in document.comments:
            line_start = document.line_starts[document.position(start).line - 1]
            before = text[max(line_start, start - _NEAR) : start].rstrip(" \t")
            above = text[max(start - _NEAR, 0) : start].rstrip()
            key = _ASSIGNED_AT_END.search(before or above)
            behind = (
                max(line_start, start - _NEAR) + len(before) in ends or start - min(start, _NEAR) + len(above) in many
            )
            if behind or (key is not None and is_telling(key.group(1))):
                yield Span(start, end)


def holds_secret(text: str) -> bool:
    """Whether a scalar holds a secret with its name: `HF_TOKEN=abc`, `login --token abc`, `token abc` in a list."""
    if any(match[2] or is_telling(match[1]) for match in _FLAG.finditer(text)):
        return True
    words = _WORDS.match(text[:_NEAR])
    if words is not None and is_telling(words.group(1)):
        return True
    return any(is_telling(match.group(1)) for match in _ASSIGNMENT.finditer(text))


def _union(spans: Iterable[Span]) -> tuple[Span, ...]:
    union: list[Span] = []
    for span in sorted(spans):
        if span.start == span.end:
            continue
        if union and span.start <= union[-1].end:
            union[-1] = Span(union[-1].start, max(union[-1].end, span.end))
        else:
            union.append(span)
    return tuple(union)


# -- text that is no YAML: a broken file, comments ------------------------------------------------


def _lines(document: Document) -> Iterator[tuple[int, int]]:
    starts = document.line_starts
    for number, start in enumerate(starts, 1):
        yield start, start + len(document.line(number))


class _Open:
    """A secret whose value may go on in the next lines."""

    def __init__(self) -> None:
        self.column = -1
        self.quote = ""
        self.depth = 0
        self.empty = False

    def covers(self, column: int, body: str, *, comment: bool) -> bool:
        """Whether a line, from its first character at `column`, still belongs to the secret."""
        if self.quote or self.depth > 0 or 0 < self.column < column:
            return True
        if self.column < 0 or (comment and not self.empty):
            return False
        # What is no setting may be a piece of the value whose indentation is the very mistake.
        bullets = _end(_BULLETS.match(body))
        return (column == self.column and bullets > 0) or not _SETTING.match(body, bullets)

    def begin(self, value: str) -> None:
        """Look at the first piece of the value, behind its anchor and tag."""
        value = value[_end(_PROPERTIES.match(value)) :]
        if value[:1] in ("", "#"):
            self.empty = True
        elif value[0] in "\"'[{" and not self.quote:
            self.read(value)

    def go_on(self, body: str) -> None:
        """Look at a line that still belongs to the value."""
        if self.quote or self.depth > 0:
            self.read(body)
        elif self.empty:
            self.empty = False
            self.begin(body)

    def read(self, value: str) -> None:
        """Follow quotes and brackets through a piece of the value."""
        before = ""
        for char in value:
            if self.quote:
                if char == self.quote and (char == "'" or before != "\\"):
                    self.quote = ""
                elif char == before == "\\":
                    before = ""
                    continue
            elif char in "\"'" and (before == char or before in _BEFORE_QUOTE):
                self.quote = char
            elif char == "#" and before in ("", " ", "\t"):
                break
            elif char in "[]{}":
                self.depth += 1 if char in "[{" else -1
            before = char


def _in_lines(document: Document, fragments: Iterable[tuple[int, int]], *, comments: bool = False) -> Iterator[Span]:
    """The secrets in lines, or in `comments` only: all behind the key, and where the value goes on."""
    text = document.text
    going_on = _Open()
    last_line = 0
    for start, end in fragments:
        lead = _end(_LEAD.match(text, start, end))
        line, column = document.position(lead)
        if comments and line != last_line + 1:
            going_on = _Open()
        last_line = line
        if lead == end:
            continue
        body = text[lead:end]
        comment = "#" in text[start:lead]
        covered = going_on.covers(column, body, comment=comment)
        if covered:
            yield Span(lead, end)
            going_on.go_on(body)
        elif comments or not comment:
            # In a broken file a comment may stand in the middle of a value.
            going_on = _Open()
        found = _key_end(body)
        if found is not None:
            if not covered:
                yield Span(lead + found, end)
                going_on = _Open()
            own = column + _own_column(body, found)
            going_on.column = min(own, going_on.column) if going_on.column >= 0 else own
            going_on.begin(body[found:])


def _own_column(body: str, found: int) -> int:
    """How far right of the line's first character the key stands below which its value must be indented."""
    bullets = _end(_BULLETS.match(body))
    first = _SETTING.match(body, bullets)
    return bullets if first is not None and first.end() >= found else 0


def _key_end(body: str) -> int | None:
    """Where the first secret value of a line begins, None without one."""
    matches = [*_ASSIGNMENT.finditer(body), *_FIRST_WORD.finditer(body)]
    # `token abc` lacks its colon, which is why the file is broken.
    return min((match.end() for match in matches if is_telling(match.group(1))), default=None)


def _end(match: re.Match[str] | None) -> int:
    """The end of a match that always succeeds."""
    assert match is not None
    return match.end()
