"""The reader of YAML gives the events that PyYAML's and libyaml's own parsers give."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING, Any, NamedTuple

import pytest
import yaml
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from ruamel.yaml.error import MarkedYAMLError
from ruamel.yaml.tokens import FlowEntryToken, FlowSequenceEndToken, ValueToken

from tests.mutations import TOKENS, mutated_texts
from xpm_config.yaml11 import MAX_DEPTH, EventReader, TooDeepError, UnprintableCharacterError

if TYPE_CHECKING:
    from xpm_config.yaml11 import Dialect

LOADERS: dict[Dialect, Any] = {"pyyaml": yaml.SafeLoader, "libyaml": yaml.CSafeLoader}
DIALECTS = pytest.mark.parametrize("dialect", list(LOADERS))


class Reading(NamedTuple):
    """What a parser made of a text: its events, and whether it got to the end."""

    events: list[Any]
    complete: bool
    problem: str = ""


def plain(event: Any) -> Any:
    """An event of either library as something to compare."""
    kind = type(event).__name__
    tag = str(event.tag) if getattr(event, "tag", None) is not None else None
    if kind == "ScalarEvent":
        return (kind, event.anchor, tag, tuple(event.implicit), event.value)
    if kind == "AliasEvent":
        return (kind, event.anchor)
    if kind in ("SequenceStartEvent", "MappingStartEvent"):
        return (kind, event.anchor, tag, bool(event.flow_style))
    return kind


def read(reader: EventReader) -> Reading:
    """The events of a reader, up to its end or an error."""
    events = []
    try:
        for event in reader.stream():
            events.append(plain(event))  # noqa: PERF401  # the events before an error count too
    except MarkedYAMLError as error:
        return Reading(events, complete=False, problem=str(error.problem))
    return Reading(events, complete=True)


def ours(text: str, dialect: Dialect) -> Reading:
    """What our reader makes of a text."""
    try:
        return read(EventReader(text, dialect))
    except UnprintableCharacterError as error:
        return Reading([], complete=False, problem=str(error.problem))


def theirs(text: str, dialect: Dialect) -> Reading:
    """What the library itself makes of a text, given as a stream without translation of line ends."""
    events = []
    try:
        for event in yaml.parse(io.StringIO(text, newline=""), Loader=LOADERS[dialect]):
            events.append(plain(event))  # noqa: PERF401  # the events before an error count too
    except (yaml.YAMLError, ValueError) as error:
        return Reading(events, complete=False, problem=str(error))
    return Reading(events, complete=True)


class SwallowingReader(EventReader):
    """Our reader with libyaml's mistake: an empty key in a flow sequence swallows the token behind it."""

    swallowed = False

    def parse_flow_sequence_entry_mapping_key(self) -> Any:
        """Read a key after `?`, losing the `,`, `:` or `]` where there is none."""
        token = self.get_token()
        if not self.check_token(ValueToken, FlowEntryToken, FlowSequenceEndToken):
            self.states.append(self.parse_flow_sequence_entry_mapping_value)
            return self.parse_flow_node()
        self.swallowed = True
        self.get_token()
        self.state = self.parse_flow_sequence_entry_mapping_value
        return self.process_empty_scalar(token.end_mark)


def same(one: Reading, other: Reading) -> bool:
    """Whether two parsers agree: both refuse, or both read the same events."""
    return one.complete == other.complete and (not one.complete or one.events == other.events)


def explained(text: str, reading: Reading) -> bool:
    """Whether libyaml's reading is what its known mistake makes of this text."""
    try:
        reader = SwallowingReader(text, "libyaml")
    except UnprintableCharacterError:
        return False
    mistaken = read(reader)
    return reader.swallowed and same(mistaken, reading)


def disagreement(text: str, dialect: Dialect) -> str | None:
    """How the two differ on a text; None where they agree."""
    mine, reference = ours(text, dialect), theirs(text, dialect)
    if same(mine, reference) or (dialect == "libyaml" and explained(text, reference)):
        return None
    return f"{text!r}\n  ours:   {mine}\n  theirs: {reference}"


@DIALECTS
@pytest.mark.parametrize("seed", range(3))
def test_mutated_settings_give_the_same_events(dialect: Dialect, seed: int) -> None:
    """Settings files, after random changes, are read or refused as the library itself does it."""
    texts = list(mutated_texts(2000, seed))
    differences = [found for text in texts if (found := disagreement(text, dialect)) is not None]
    assert not differences, f"{len(differences)} of {len(texts)}:\n" + "\n".join(differences[:5])


def test_mutations_are_both_well_formed_and_broken() -> None:
    """The texts to compare on are neither all readable nor all refused, and always the same."""
    texts = list(mutated_texts(500, 0))
    complete = sum(ours(text, "pyyaml").complete for text in texts)
    assert len(texts) // 5 < complete < len(texts) * 4 // 5
    assert texts == list(mutated_texts(500, 0))
    assert texts != list(mutated_texts(500, 1))


@DIALECTS
@settings(max_examples=500, deadline=None, derandomize=True, suppress_health_check=[HealthCheck.too_slow])
@given(pieces=st.lists(st.sampled_from([*TOKENS, "\n  ", "\n- ", "\n  - ", "a", "b: c", "\n? "]), max_size=14))
@example(pieces=["a: |", "\n", "  x", "\t", "\n"])
@example(pieces=["- ", "\t", "- ", "x"])
@example(pieces=["{", "a:", "\t", "b", "}"])
@example(pieces=["%", "\n", "---", "\n"])
def test_tricky_pieces_give_the_same_events(dialect: Dialect, pieces: list[str]) -> None:
    """Any sequence of indicators, breaks and marks is read or refused as the library itself does it."""
    assert disagreement("".join(pieces), dialect) is None


@DIALECTS
@settings(max_examples=300, deadline=None, derandomize=True)
@given(text=st.text(alphabet=" \t\n\r\x85\u2028:-?,[]{}#&*!|>'\"%@`\\ab01~.<=+\ufeff", max_size=24))
def test_tricky_characters_give_the_same_events(dialect: Dialect, text: str) -> None:
    """Any text of indicators is read or refused as the library itself does it."""
    assert disagreement(text, dialect) is None


EMPTY_KEYS = ["[? , b]", "[? : b]", "a: [?\n, b]", "[x, ? # comment\n , y]", "[? ]", "[? ]]", "[[? ], a]", "[? :: x]"]


@pytest.mark.parametrize("text", EMPTY_KEYS)
def test_empty_keys_in_flow_sequences_are_read_as_pyyaml_does(text: str) -> None:
    """In both dialects our reader takes an empty key for null and goes on behind it."""
    assert same(ours(text, "pyyaml"), theirs(text, "pyyaml"))
    assert same(ours(text, "libyaml"), theirs(text, "pyyaml"))


@pytest.mark.parametrize("text", ["[? , b]", "[? : b]", "a: [?\n, b]"])
def test_libyaml_swallows_the_token_behind_an_empty_key(text: str) -> None:
    """The one permitted difference is there, and is exactly one token that libyaml loses."""
    reference = theirs(text, "libyaml")
    assert not same(ours(text, "libyaml"), reference)
    assert explained(text, reference)


@pytest.mark.parametrize(
    "text", ["[a, b]", "[? a : b]", "{? , b}", "{? : b}", "? : b", "['? ,']", "[a? , b]", "[ # ? ,\n]"]
)
def test_nothing_else_is_permitted_to_differ(text: str) -> None:
    """The exception does not cover texts without an empty key in a flow sequence."""
    assert same(ours(text, "libyaml"), theirs(text, "libyaml"))
    assert not explained(text, theirs(text, "libyaml"))


DIFFERING = [
    ("a:\tb\n", False, True),
    ("a: b\t\n", False, True),
    ("a: 1\t# no comment for PyYAML\n", False, True),
    ('a: "\\ud800"\n', True, False),
    ("%YAML 1.3\n--- a\n", True, False),
    ("%UNKNOWN x\n--- a\n", True, False),
    ("[a:,b]", True, False),
    ("a: !!str\tb\n", False, True),
]
"""Texts, whether PyYAML reads them, and whether libyaml does."""


@pytest.mark.parametrize(("text", "pyyaml", "libyaml"), DIFFERING)
def test_the_dialects_differ_where_the_libraries_do(text: str, pyyaml: bool, libyaml: bool) -> None:
    """What one library reads and the other refuses, our dialects read and refuse alike."""
    assert (theirs(text, "pyyaml").complete, theirs(text, "libyaml").complete) == (pyyaml, libyaml)
    assert (ours(text, "pyyaml").complete, ours(text, "libyaml").complete) == (pyyaml, libyaml)


@DIALECTS
@pytest.mark.parametrize(("opening", "closing"), [("[", "]"), ("{a: ", "}"), ("- ", "")])
def test_nesting_is_limited(dialect: Dialect, opening: str, closing: str) -> None:
    """As many levels as are allowed are read; one more is refused, and said to be too deep."""
    assert ours(opening * MAX_DEPTH + "x" + closing * MAX_DEPTH, dialect).complete
    with pytest.raises(TooDeepError, match=f"more than {MAX_DEPTH} levels"):
        list(EventReader(opening * (MAX_DEPTH + 1) + "x" + closing * (MAX_DEPTH + 1), dialect).stream())


@DIALECTS
@pytest.mark.parametrize("char", ["\0", "\x07", "\x1f", "\x7f", "\x80", "\x9f", "\ud800", "\ufffe", "\uffff"])
def test_unprintable_characters_are_refused_where_they_stand(dialect: Dialect, char: str) -> None:
    """A character that YAML does not allow is refused before anything is read, even in a comment."""
    with pytest.raises(UnprintableCharacterError) as caught:
        EventReader(f"a: 1 # {char}\n", dialect)
    assert caught.value.problem_mark == 7
    assert f"U+{ord(char):04X}" in str(caught.value.problem)


@pytest.mark.parametrize(
    "code", [*range(0x20), *range(0x7E, 0xA2), 0xD7FF, 0xE000, 0xFEFF, 0xFFFD, 0xFFFE, 0x10000, 0x10FFFF]
)
def test_the_allowed_characters_are_those_of_pyyaml(code: int) -> None:
    """Exactly the characters that PyYAML's reader lets through are let through."""
    text = f"a: 'b{chr(code)}c'\n"
    assert same(ours(text, "pyyaml"), theirs(text, "pyyaml"))
