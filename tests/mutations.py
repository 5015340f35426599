"""Texts to compare readers on: seeds, and what becomes of them under small random changes."""

from __future__ import annotations

import json
from pathlib import Path
from random import Random
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

_HISTORY = Path(__file__).parent / "data" / "settings-history.json"

_HAND_WRITTEN = (
    "a: |\n  x\n\n   y\n  z\n\nb: >-\n  q\n  r\n\n  s\n   t\n",
    "a: \"x\\\n  y\\u00e9 z\n\n  k\"\nb: 'it''s\n  k'\n",
    "? a\n: b\n? [x, y]\n: {q: r, s}\n",
    "- [a, b: c, ? d : e, {f}]\n- !!str &x 12\n- *x\n- ! y\n- !<tag:yaml.org,2002:str> z\n",
    "%TAG !e! tag:e,2000:\n---\n!e!x a\n",
    "--- |\n a\n...\n# c\n",
    "a: |2-\n   x\n  y\nb: >+\n\n\n  z\n\n\n",
    "a: b # c\n# d\n\n  \nk:\n- x\n-\n- - y\n  - z\n",
    "plain: a b\n  c\n\n  d #e\n",
    '{"a":1,b:2,c: 3, d :4, "e":f}',
    "[a:b, ::x, ?y, -z, - w]",
    "a: &x\nb: !!null\nc: &y !!str\nd: [&z , !!str ]\n",
    "base: &b {p: 1, q: [2]}\nother:\n  <<: *b\n  q: 3\nlist:\n  <<: [*b, {r: 4}]\n",
    "a: >2 # comment\n    deep\n   less\n\n  text\n",
    "\ufeff# first\r\na: 1\r\n\r\nb:\r\n  - x\r\n",
    "a: 1\rb:\r  - x\r",
    "a: 'x\u2028y'\nb: \"p\u2029\n  q\"\nc: r\x85  s\n",
    "%YAML 1.1\n---\na: 1\n...\n",
    'a: "\\x41\\u0041\\U0001F600\\0\\e\\ \\_\\N\\L\\P\\/"\n',
    "'key with ''quote''': v\n\"k\\ty\" : w\nplain key: x\n",
)

TOKENS = (
    *(": ", ":", "- ", "-", "? ", "?", ", ", ",", "[", "]", "{", "}", "#", " #", "&a ", "*a", "!", "!!str "),
    *("|", ">", '"', "'", "\t", "\n", "\n\n", " ", "  ", "\r\n", "\r", "\x85", "\u2028", "%", "%YAML 1.3\n"),
    *("---", "...", "--- ", "\\", "\\n", "x", "1", "~", "<<: ", "=", "@", "`", "é", "\ufeff", "|+\n", ">2\n"),
    *("\\x41", "\\ud800", "!e!", "!<x>", '"k":', "\n---\n", "\n...\n", "${x}", "%41", "😀", "\0", "\x07"),
)
"""Pieces of YAML to put anywhere; each one means something to a scanner."""


def seeds() -> list[str]:
    """Well-formed and broken texts to start from, the recorded probes among them."""
    probes = json.loads(_HISTORY.read_text(encoding="utf-8"))["behaviour"].values()
    return [probe["yaml"] for probe in probes if isinstance(probe["yaml"], str)] + list(_HAND_WRITTEN)


def mutated_texts(count: int, seed: int, more_tokens: Sequence[str] = ()) -> Iterator[str]:
    """All seeds, then `count` changed ones; the same `seed` gives the same texts."""
    random = Random(seed)
    starts = seeds()
    pieces = (*TOKENS, *more_tokens)
    yield from starts
    for _ in range(count):
        text = random.choice(starts)
        for _ in range(random.randint(1, 4)):
            text = _changed(random, text, starts, pieces)
        yield text


def _changed(random: Random, text: str, starts: Sequence[str], pieces: Sequence[str]) -> str:
    place = random.randint(0, len(text))
    choice = random.random()
    if choice < 0.5:
        return text[:place] + random.choice(pieces) + text[place:]
    if choice < 0.75:
        return text[:place] + text[place + random.randint(1, 5) :]
    if choice < 0.9:
        other = random.choice(starts)
        begin = random.randint(0, len(other))
        return text[:place] + other[begin : begin + random.randint(1, 20)] + text[place:]
    lines = text.splitlines(keepends=True)
    if lines:
        index = random.randrange(len(lines))
        lines[index] = " " * random.randint(0, 4) + lines[index].lstrip(" ")
    return "".join(lines)
