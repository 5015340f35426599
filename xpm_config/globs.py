"""Glob patterns as `fnmatch` reads them: what they can match, and whether one covers another."""

from __future__ import annotations

from typing import NamedTuple

MAX_STATES = 500
"""How many states `covers` looks at before it gives up and says no."""

# Stands for every character that neither of two patterns names.
_OTHER = "\uffff"


class Piece(NamedTuple):
    """One element of a pattern: a literal, `?`, `*` or a bracket.

    `chars` and `ranges` are what a literal or bracket lists, `negated` inverts them; a star repeats.
    """

    star: bool
    negated: bool
    chars: frozenset[str]
    ranges: tuple[tuple[str, str], ...] = ()

    def matches(self, char: str) -> bool:
        """Whether one character matches."""
        inside = char in self.chars or any(low <= char <= high for low, high in self.ranges)
        return inside != self.negated


_ANY = Piece(False, True, frozenset())
_STAR = Piece(True, True, frozenset())


def is_wild(pattern: str) -> bool:
    """Whether a pattern can match anything else than its own text."""
    return any(char in pattern for char in "*?[")


def parse(pattern: str) -> list[Piece]:
    """The pieces of a pattern; a `[` without its `]` is a literal, as in `fnmatch`."""
    pieces: list[Piece] = []
    index = 0
    while index < len(pattern):
        char = pattern[index]
        index += 1
        if char == "*":
            if not pieces or not pieces[-1].star:
                pieces.append(_STAR)
        elif char == "?":
            pieces.append(_ANY)
        elif char == "[" and (end := bracket_end(pattern, index)) is not None:
            pieces.append(_bracket(pattern[index:end]))
            index = end + 1
        else:
            pieces.append(Piece(False, False, frozenset(char)))
    return pieces


def bracket_end(pattern: str, start: int) -> int | None:
    """Where the bracket that opened before `start` closes; None where it does not."""
    index = start
    if pattern[index : index + 1] == "!":
        index += 1
    if pattern[index : index + 1] == "]":
        index += 1
    end = pattern.find("]", index)
    return None if end < 0 else end


def _bracket(body: str) -> Piece:
    negated = body.startswith("!")
    if negated:
        body = body[1:]
    chars: set[str] = set()
    ranges: list[tuple[str, str]] = []
    index = 0
    while index < len(body):
        if body[index + 1 : index + 2] == "-" and index + 2 < len(body):
            # A range that runs backwards matches nothing.
            ranges.append((body[index], body[index + 2]))
            index += 3
        else:
            chars.add(body[index])
            index += 1
    return Piece(False, negated, frozenset(chars), tuple(ranges))


def can_match(pattern: str) -> bool:
    """Whether any text at all, other than the empty one, matches."""
    if "[" not in pattern:
        return pattern != ""
    pieces = parse(pattern)
    alphabet = _alphabet(pieces)
    return all(piece.star or any(piece.matches(char) for char in alphabet) for piece in pieces)


def literal_prefix(pattern: str) -> str:
    """The text with which everything that matches begins."""
    if not is_wild(pattern):
        return pattern
    prefix = ""
    for piece in parse(pattern):
        if piece.star or piece.negated or piece.ranges or len(piece.chars) != 1:
            break
        prefix += next(iter(piece.chars))
    return prefix


def covers(wide: str, narrow: str) -> bool:
    """Whether everything that `narrow` matches is matched by `wide` too (False when undecided)."""
    if not is_wild(wide):
        return wide == narrow
    outer, inner = parse(wide), parse(narrow)
    alphabet = _alphabet(outer + inner)
    start = (_closure(inner, {0}), _closure(outer, {0}))
    seen = {start}
    waiting = [start]
    while waiting:
        if len(seen) > MAX_STATES:
            return False
        narrow_states, wide_states = waiting.pop()
        if len(inner) in narrow_states and len(outer) not in wide_states:
            return False
        for char in alphabet:
            following = _step(inner, narrow_states, char)
            if following:
                state = (following, _step(outer, wide_states, char))
                if state not in seen:
                    seen.add(state)
                    waiting.append(state)
    return True


def _alphabet(pieces: list[Piece]) -> set[str]:
    """One character for every class of characters that the pieces tell apart."""
    named = {char for piece in pieces for char in piece.chars}
    ends = {char for piece in pieces for pair in piece.ranges for char in pair}
    if not ends:
        return named | {_OTHER}
    # Where ranges overlap, every class of characters lies next to a named one.
    codes = {ord(char) + offset for char in named | ends for offset in (-1, 0, 1)}
    return {chr(code) for code in codes if 0 <= code <= 0x10FFFF} | {_OTHER}


def _closure(pieces: list[Piece], states: set[int]) -> frozenset[int]:
    """The states, with those that a star lets be skipped."""
    reached = set(states)
    for state in sorted(states):
        position = state
        while position < len(pieces) and pieces[position].star:
            position += 1
            reached.add(position)
    return frozenset(reached)


def _step(pieces: list[Piece], states: frozenset[int], char: str) -> frozenset[int]:
    following = set()
    for state in states:
        if state < len(pieces) and pieces[state].matches(char):
            following.add(state if pieces[state].star else state + 1)
    return _closure(pieces, following)
