"""Glob patterns mean what `fnmatch` makes of them."""

from __future__ import annotations

import re
import time
from fnmatch import translate
from itertools import product

import pytest
from hypothesis import assume, example, given, settings
from hypothesis import strategies as st

from xpm_config.globs import MAX_STATES, bracket_end, can_match, covers, is_wild, literal_prefix, parse

ALPHABET = "abc![]-_z"
TEXTS = ["".join(chars) for length in range(5) for chars in product(ALPHABET, repeat=length)]
"""Every text of up to four characters."""
LITERAL_BRACKET = "(?s:" + re.escape("[")
"""How the translation of a pattern begins whose first bracket is not closed."""

PIECES = st.sampled_from(
    [
        *("a", "b", "c", "*", "*", "?", "?", "!", "-", "]", "[", "[a", "[!a", "[]", "[!]", "[!", "[a-"),
        *("[a]", "[ab]", "[a-b]", "[a-c]", "[!a]", "[!ab]", "[!a-b]", "[b-a]", "[!b-a]", "[]]", "[!]]", "[]a]"),
        *("[!]a]", "[a-]", "[-a]", "[!-]", "[!!]", "[a!]", "[a-a]", "[--a]", "[!-a]", "[a-bc]", "[a-c-c]", "[[]"),
        *("[!-]]", "[]-a]", "[!]-a]"),
    ]
)  # fmt: skip
QUIRK = re.compile(r"\[(?:.-.)+!")
"""Where `fnmatch` drops a range that runs backwards, it takes a `!` behind it for a negation."""
BEYOND = re.compile(r"\[[^\]]*[*?].*\]")
"""A bracket that perhaps lists `*` or `?`, which are not in our alphabet."""
PATTERNS = (
    st.lists(PIECES, max_size=4)
    .map("".join)
    .filter(lambda pattern: not (QUIRK.search(pattern) or BEYOND.search(pattern)))
)
SHORT = PATTERNS.filter(lambda pattern: len(parse(pattern)) <= 2)
WITHOUT_STARS = PATTERNS.filter(lambda pattern: "*" not in pattern and len(parse(pattern)) <= 3)
THOROUGH = settings(max_examples=300, deadline=None, derandomize=True)


def matching(pattern: str) -> set[str]:
    """The texts of our alphabet that `fnmatch` matches."""
    matches = re.compile(translate(pattern)).match
    return {text for text in TEXTS if matches(text)}


@THOROUGH
@given(pattern=WITHOUT_STARS)
@example("[]")
@example("[!]")
@example("[")
@example("[!")
@example("a[]b")
@example("[z-a]")
@example("[!z-a]")
def test_single_characters_match_as_in_fnmatch(pattern: str) -> None:
    """What a pattern without stars matches, piece by piece, is what `fnmatch` matches."""
    pieces = parse(pattern)
    mine = {
        text
        for text in TEXTS
        if len(text) == len(pieces) and all(piece.matches(char) for piece, char in zip(pieces, text, strict=True))
    }
    assert mine == matching(pattern)


@pytest.mark.xfail(strict=False, reason="`fnmatch` negates a bracket whose `!` follows a range that runs backwards")
@pytest.mark.parametrize("pattern", ["[b-a!c]", "[b-a!]"])
def test_a_negation_behind_an_empty_range(pattern: str) -> None:
    """A bracket means what it means to `fnmatch`, in its strangest corner too."""
    assert QUIRK.search(pattern)
    assert {text for text in TEXTS if len(text) == 1 and parse(pattern)[0].matches(text)} == matching(pattern)


@THOROUGH
@given(wide=PATTERNS, narrow=PATTERNS)
@example("*", "?*")
@example("a*", "a?*")
@example("*a*", "[ab]")
@example("?*", "*")
@example("[!a]*", "b*")
@example("[", "[")
def test_what_is_covered_has_no_counterexample(wide: str, narrow: str) -> None:
    """Where one pattern covers another, every text that matches the narrow one matches the wide one."""
    if covers(wide, narrow):
        assert matching(narrow) <= matching(wide)


@THOROUGH
@given(wide=SHORT, narrow=SHORT)
def test_what_is_not_covered_has_a_counterexample(wide: str, narrow: str) -> None:
    """Two pieces each need no longer a counterexample than four characters."""
    # A pattern without wildcards covers its own text only, also where the other one matches nothing else.
    assume(is_wild(wide))
    if not covers(wide, narrow):
        assert matching(narrow) - matching(wide)


@THOROUGH
@given(wide=WITHOUT_STARS, narrow=WITHOUT_STARS)
def test_cover_is_exact_without_stars(wide: str, narrow: str) -> None:
    """Of patterns without stars, one covers another exactly where it matches all that the other matches."""
    assume(is_wild(wide))
    assert covers(wide, narrow) == (matching(narrow) <= matching(wide))


@pytest.mark.parametrize(
    ("wide", "narrow", "expected"),
    [
        ("*", "", True),
        ("*", "anything*", True),
        ("?*", "*", False),
        ("?*", "*?", True),
        ("a*", "a*b", True),
        ("a*b", "a*", False),
        ("*a*", "*aa*", True),
        ("*a*b*", "*ab*", True),
        ("*ab*", "*a*b*", False),
        ("a?c", "a[bd]c", True),
        ("a[bd]c", "a?c", False),
        ("[a-z]", "[b-y]", True),
        ("[b-y]", "[a-z]", False),
        ("[a-mn-z]", "[a-z]", True),
        ("[a-ln-z]", "[a-z]", False),
        ("[!a]", "[!ab]", True),
        ("[!ab]", "[!a]", False),
        ("[!a]", "b", True),
        ("[!a]", "😀", True),
        ("[]]", "]", True),
        ("[a", "[a", True),
        ("[ab]", "[ab]", True),
        ("a", "a", True),
        ("a", "b", False),
        ("a", "[a]", False),
        ("*", "[z-a]", True),
        ("[z-a]", "a", False),
        ("neuralir-*", "neuralir-big-*", True),
        ("neuralir-big-*", "neuralir-*", False),
    ],
)
def test_what_covers_what(wide: str, narrow: str, expected: bool) -> None:
    """The cases that people write, and those that are easy to get wrong."""
    assert covers(wide, narrow) is expected


@THOROUGH
@given(pattern=PATTERNS)
def test_every_pattern_covers_itself(pattern: str) -> None:
    """Whatever it matches, a pattern covers itself, and the star covers it."""
    assert covers(pattern, pattern)
    assert covers("*", pattern)


def test_a_hopeless_question_is_given_up() -> None:
    """Where too many states would have to be looked at, the answer is no, and soon."""
    start = time.perf_counter()
    assert covers("*a" + "?" * 5, "*a" + "?" * 5)
    assert MAX_STATES < 2**14
    assert not covers("*a" + "?" * 14, "*a" + "?" * 14)
    assert time.perf_counter() - start < 5


@THOROUGH
@given(pattern=PATTERNS)
@example("")
@example("*")
@example("[z-a]")
@example("[z-a]*")
def test_can_match_means_that_a_text_matches(pattern: str) -> None:
    """A pattern can match where some text that is not empty matches; four pieces need no more than four characters."""
    assume(len(parse(pattern)) <= 4)
    assert can_match(pattern) == bool(matching(pattern) - {""})


@pytest.mark.parametrize(
    ("pattern", "possible"),
    [
        ("[!!-~]", True),
        ("a[z-a]", False),
        ("*[z-a]*", False),
        ("[z-ab]", True),
        ("[!\0-\U0010ffff]", False),
        ("**", True),
    ],
)
def test_what_can_match(pattern: str, possible: bool) -> None:
    """Only brackets without any character make a pattern match nothing."""
    assert can_match(pattern) is possible


@THOROUGH
@given(pattern=PATTERNS)
@example("[a]b*")
@example("a[ab]")
@example("[a-a]b")
@example("[")
def test_everything_that_matches_begins_with_the_prefix(pattern: str) -> None:
    """No text matches without beginning with the literal prefix."""
    prefix = literal_prefix(pattern)
    assert all(text.startswith(prefix) for text in matching(pattern))


@pytest.mark.parametrize(
    ("pattern", "prefix"),
    [
        ("", ""), ("abc", "abc"), ("abc*", "abc"), ("a?c", "a"), ("*a", ""), ("a[b]c*", "abc"), ("a[bc]", "a"),
        ("a[!b]", "a"), ("a[b-b]", "a"), ("a[b", "a[b"), ("a]b*", "a]b"), ("[*]a*", "*a"), ("[[]x", "[x"),
    ],
)  # fmt: skip
def test_the_literal_prefix(pattern: str, prefix: str) -> None:
    """The prefix goes as far as single characters are given, in brackets or not."""
    assert literal_prefix(pattern) == prefix


@pytest.mark.parametrize(
    ("pattern", "wild"), [("", False), ("a-b", False), ("a*", True), ("?", True), ("[", True), ("]!-", False)]
)
def test_wild_patterns(pattern: str, wild: bool) -> None:
    """Stars, question marks and opening brackets make a pattern wild."""
    assert is_wild(pattern) is wild


@THOROUGH
@given(body=st.text(alphabet="ab!]-[*?^\\&~|", max_size=6))
@example("")
@example("]")
@example("!]")
@example("!")
@example("]]")
@example("!]]")
def test_brackets_end_where_fnmatch_ends_them(body: str) -> None:
    """A bracket is closed exactly where `fnmatch` closes it; an open one is a literal `[`."""
    pattern = "[" + body
    end = bracket_end(pattern, 1)
    assert (end is None) == translate(pattern).startswith(LITERAL_BRACKET)
    if end is not None:
        assert pattern[end] == "]"
        assert translate(pattern[:end]).startswith(LITERAL_BRACKET)
        assert translate(pattern).endswith(translate(pattern[end + 1 :]).removeprefix("(?s:"))
