"""Values are those that PyYAML's `safe_load` gives, and errors stand where it has them."""

from __future__ import annotations

import datetime as dt
import math
from typing import Any, NamedTuple

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.mutations import TOKENS, mutated_texts
from xpm_config.document import Document, Mapping, Scalar
from xpm_config.values import INVALID, Constructor, Problem

WORDS = (
    *("yes", "No", "TRUE", "off", "y", "n", "tRue", "~", "null", "Null", "NULL", "nULL"),
    *("0", "-0", "+12", "1_000", "_1", "0777", "08", "0o7", "0x1F", "-0xf_f", "0b101", "0b", "0x", "0_"),
    *("1__0", "0b_", "0x_"),
    *("1:30", "-1:30", "190:20:30", "1:60", "1:30.5", "0:0", "01:30", "+1:2:3.4_5", "1_0:3_0"),
    *("1.5", ".5", "5.", "1e3", "1.0e3", "1.0e+3", "12e+3", "-.5", "+.5", "1_0.5_0", "._5", ".", ".."),
    *("-", "+", "1.e+1"),
    *(".inf", "-.Inf", "+.INF", ".nan", ".NaN", "-.nan", ".iNf", "inf", "nan", "1.0e+999"),
    *("2024-01-01", "2024-13-01", "2024-1-1", "2024-02-30", "0000-01-01", "9999-12-31"),
    *("2001-12-14t21:59:43.10-05:00", "2001-12-14 21:59:43.1234567Z", "2001-12-14T1:59:43 +3", "2001-12-15 2:59:43.10"),
    *("2001-12-14 25:00:00", "2001-12-14t21:59:43-99:00", "2001-12-14t21:59:43 +01:75", "2001-12-14\t21:59:43"),
    *("0001-01-01 0:0:00",),
    *("0001-01-01 00:00:00+05:00", "=", "<<", "<", "!", "abc", "é", "😀", "''", '"yes"', "'1'", '"\\0"', "x: y"),
    *("[a, b]", "{a: b}", "{? [a] : b}", "{a: =}"),
    *("{=: a}", "{=: [b]}", "{=: {=: a}}", "[[a, b]]", "[a: b, c: d]", "[{a: b, c: d}]", "[a]", "[]", "{}", "{a, b}"),
    *("aGVsbG8=", "a"),
    *("aGVsb", "é=", "|\n  aGVs\n  bG8=\n", ">-\n  1\n  2\n", "|-\n  yes\n"),
)  # fmt: skip
TAGS = (
    *("", "! ", "!!str ", "!!int ", "!!float ", "!!bool ", "!!null ", "!!timestamp ", "!!binary ", "!!seq ", "!!map "),
    *("!!set ", "!!omap ", "!!pairs ", "!!merge ", "!!value ", "!!python/none ", "!foo ", "!<tag:yaml.org,2002:int> "),
)
MORE_TOKENS = (
    *TAGS,
    *(word for word in WORDS if "\n" not in word),
    "<<: *a\n",
    "<<: {a: 1}",
    "=: ",
    "? ",
    "&a {a: 1, b: 2}",
)


class Outcome(NamedTuple):
    """What became of a text: its value in a form that can be compared, or None and why."""

    readable: bool
    value: Any = None
    why: str = ""


def comparable(value: Any) -> Any:
    """The value with its types and its order, equal to itself."""
    if isinstance(value, float) and math.isnan(value):
        return ("float", "nan")
    if isinstance(value, dict):
        return ("dict", [(comparable(key), comparable(item)) for key, item in value.items()])
    if isinstance(value, (list, tuple)):
        return (type(value).__name__, [comparable(item) for item in value])
    if isinstance(value, set):
        return ("set", sorted(repr(comparable(item)) for item in value))
    if isinstance(value, dt.datetime):
        return ("datetime", value, value.utcoffset())
    if isinstance(value, float):
        return ("float", value.hex())
    return (type(value).__name__, value)


def theirs(text: str) -> Outcome:
    """What PyYAML reads."""
    try:
        return Outcome(readable=True, value=comparable(yaml.safe_load(text)))
    # Its constructors let through whatever Python raises on a date, a number or a text that is none.
    except (yaml.YAMLError, ValueError, KeyError, IndexError, AttributeError, OverflowError, TypeError) as error:
        return Outcome(readable=False, why=repr(error))
    except RecursionError:
        return Outcome(readable=False, why="RecursionError")


def ours(text: str) -> Outcome:
    """What we read."""
    document = Document(text.encode("utf-8", "surrogatepass"))
    if document.problems:
        return Outcome(readable=False, why=str(document.problems))
    if document.root is None:
        return Outcome(readable=True, value=comparable(None))
    constructor = Constructor()
    value = constructor.value(document.root)
    if constructor.problems:
        return Outcome(readable=False, why=str(constructor.problems))
    return Outcome(readable=True, value=comparable(value))


def disagreement(text: str) -> str | None:
    """How the two differ on a text; None where they agree.

    An alias in what it stands for is always refused, also where a later key replaces it.
    """
    mine, reference = ours(text), theirs(text)
    if mine[:2] == reference[:2] or "XPM006" in mine.why:
        return None
    return f"{text!r}\n  ours:   {mine}\n  theirs: {reference}"


def construct(text: str) -> tuple[Any, list[Problem], Document]:
    """The value of a text, the problems, and the document; the text must be well-formed."""
    document = Document(text.encode())
    assert document.root is not None, document.problems
    constructor = Constructor()
    value = constructor.value(document.root)
    return value, constructor.problems, document


@pytest.mark.parametrize("seed", range(4))
def test_mutated_settings_give_the_same_values(seed: int) -> None:
    """Settings files, after random changes, give the value or the refusal that PyYAML gives."""
    texts = list(mutated_texts(1500, seed, MORE_TOKENS))
    differences = [found for text in texts if (found := disagreement(text)) is not None]
    assert not differences, f"{len(differences)} of {len(texts)}:\n" + "\n".join(differences[:5])


KNOWN = [
    "? !!value {=: a}\n: x\n",
    "? !!value {=: {=: a}}\n: x\n",
    "{.nan: x, .nan: y}",
]
"""Where values differ: a mapping as a `!!value` key, and `.nan` as a key."""


def is_known(text: str) -> bool:
    """Whether a text belongs to the differences that are known."""
    return text.startswith("? !!value {=:") or text.count(".nan") > 1


@pytest.mark.xfail(reason="a `!!value` mapping is a key, and there is one `.nan`")
@pytest.mark.parametrize("text", KNOWN)
def test_values_that_differ(text: str) -> None:
    """These too should be read or refused as PyYAML does it."""
    assert is_known(text)
    assert disagreement(text) is None


def test_an_alias_in_what_it_stands_for_is_always_refused() -> None:
    """PyYAML forgets a recursive value that a later key replaces; the file is refused all the same."""
    text = "a: &x\n  b: *x\n  b: 1\n"
    assert theirs(text).value == comparable({"a": {"b": 1}})
    assert "XPM006" in ours(text).why
    assert theirs("a: &x [*x]\n").why == "RecursionError"


@pytest.mark.parametrize("tag", TAGS)
def test_every_tag_on_every_word(tag: str) -> None:
    """Each kind of content under each tag is read or refused as PyYAML does it: as value, item, and key."""
    layouts = ("a: {}\n", "- {}\n", "{}\n", "? {}\n: x\n", "a:\n- {}\n")
    texts = [layout.format(tag + word) for word in WORDS for layout in layouts]
    differences = [found for text in texts if (found := disagreement(text)) is not None and not is_known(text)]
    assert not differences, "\n".join(differences[:5])


@settings(max_examples=400, deadline=None, derandomize=True)
@given(text=st.from_regex(r"[-+]?[0-9.:_xXoObBeEaAfFTtZzinN \t-]{1,14}", fullmatch=True))
def test_words_like_numbers_and_dates(text: str) -> None:
    """Whatever looks like a number or a date has the type and value that PyYAML finds."""
    assert disagreement(f"a: {text}\n") is None


@settings(max_examples=300, deadline=None, derandomize=True)
@given(
    date=st.from_regex(r"[0-9]{4}-[0-9]{1,2}-[0-9]{1,2}", fullmatch=True),
    clock=st.from_regex(r"[Tt ][0-9]{1,2}:[0-9]{2}:[0-9]{2}(\.[0-9]{0,8})?", fullmatch=True) | st.just(""),
    zone=st.from_regex(r" ?(Z|[-+][0-9]{1,2}(:[0-9]{2})?)", fullmatch=True) | st.just(""),
    tag=st.sampled_from(["", "!!timestamp "]),
)  # fmt: skip
def test_timestamps(date: str, clock: str, zone: str, tag: str) -> None:
    """Dates and times of every form, possible or not, are read as PyYAML reads them."""
    assert disagreement(f"a: {tag}{date}{clock}{zone}\n") is None


@st.composite
def mappings(draw: st.DrawFn, depth: int = 2) -> str:
    """A flow mapping with few distinct keys, so that they repeat, and merges of its own kind."""
    pairs = []
    for _ in range(draw(st.integers(0, 4))):
        kind = draw(st.sampled_from("kkkkmls"))
        if kind == "k" or depth == 0:
            key = draw(
                st.sampled_from(
                    ["a", "b", "1", "01", "yes", "true", "~", "'1'", "1.0", "=", ".nan", "[a]", "{a: b}", "*d"]
                )
            )
            pairs.append(f"? {key} : {draw(st.sampled_from(['x', '1', '2', '*d', '!!int x', '[*d]']))}")
        elif kind == "m":
            pairs.append(f"<<: {draw(mappings(depth - 1))}")
        elif kind == "l":
            pairs.append(f"<<: [{', '.join(draw(st.lists(mappings(depth - 1), max_size=3)))}]")
        else:
            pairs.append(f"<<: {draw(st.sampled_from(['*d', '[*d, *d]', 'x', '[x]', '~', '[[]]']))}")
    return "{" + ", ".join(pairs) + "}"


@settings(max_examples=400, deadline=None, derandomize=True)
@given(mapping=mappings(), tag=st.sampled_from(["", "!!map ", "!!set ", "!!str ", "!foo "]))
def test_merges_and_duplicate_keys(mapping: str, tag: str) -> None:
    """Merges, lists of them, repeated and unhashable keys give what PyYAML gives, in its order."""
    text = f"x: &d {{a: 0, c: 3, <<: {{b: 4}}}}\ny: {tag}{mapping}\n"
    assert is_known(text) or disagreement(text) is None


@settings(max_examples=300, deadline=None, derandomize=True)
@given(pieces=st.lists(st.sampled_from([*TOKENS, *MORE_TOKENS, "\n  ", "\n- ", "\n  - ", "a: "]), max_size=10))
def test_tricky_pieces_give_the_same_values(pieces: list[str]) -> None:
    """Any sequence of tags, words and indicators gives the value or the refusal that PyYAML gives."""
    assert disagreement("".join(pieces)) is None


def test_mutations_are_both_valid_and_not() -> None:
    """The texts to compare on are neither all readable nor all refused, for both kinds of reasons."""
    outcomes = [ours(text) for text in mutated_texts(800, 0, MORE_TOKENS)]
    assert sum(outcome.readable for outcome in outcomes) > 200
    assert sum("Problem(" in outcome.why for outcome in outcomes) > 5
    assert sum("Diagnostic(" in outcome.why for outcome in outcomes) > 200


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("yes", True), ("Off", False), ("y", "y"), ("~", None), ("nULL", "nULL"),
        ("0777", 511), ("08", "08"), ("0o7", "0o7"), ("0x1F", 31), ("0b11", 3), ("1_000", 1000), ("1:30", 90),
        ("1e3", "1e3"), ("1.0e+3", 1000.0), (".5", 0.5), ("-.inf", -math.inf), ("1:30.5", 90.5),
        ("2024-01-31", dt.date(2024, 1, 31)),
        ("2024-01-31 10:20:30", dt.datetime(2024, 1, 31, 10, 20, 30)),  # noqa: DTZ001  # YAML gives it no zone
        ("2024-01-31T10:20:30Z", dt.datetime(2024, 1, 31, 10, 20, 30, tzinfo=dt.timezone.utc)),
        ("!!binary aGVsbG8=", b"hello"), ("!!str 1", "1"), ("! 1", 1), ("!!int '1'", 1), ("!!float 1", 1.0),
        ("!!set {a, b}", {"a", "b"}), ("!!omap [a: 1, b: 2]", [("a", 1), ("b", 2)]),
        ("!!pairs [a: 1, a: 2]", [("a", 1), ("a", 2)]),
        ("{a: 1, a: 2}", {"a": 2}), ("{<<: {a: 1, b: 2}, a: 3}", {"a": 3, "b": 2}),
        ("{<<: [{a: 1}, {a: 2, b: 2}]}", {"a": 1, "b": 2}), ("{=: 1}", {"=": 1}), ("!!str {=: x}", "x"),
    ],
)  # fmt: skip
def test_values_by_the_rules(text: str, value: Any) -> None:
    """The values that matter most, written out."""
    found, problems, _ = construct(text)
    assert problems == []
    assert comparable(found) == comparable(value) == theirs(text).value


@pytest.mark.parametrize(
    ("text", "message", "fragment"),
    [
        ("a: !foo b\n", "the tag `!foo`", "!foo b"),
        ("a: =\n", "`=`", "="),
        ("a: 2024-13-01\n", "as a date", "2024-13-01"),
        ("a: !!int x\n", "as a whole number", "!!int x"),
        ("a: !!float x\n", "as a number", "!!float x"),
        ("a: !!bool x\n", "as a boolean", "!!bool x"),
        ("a: !!binary é\n", "as base64 data", "!!binary é"),
        ("a: !!seq {b: c}\n", "`!!seq` needs a list, not a mapping", "!!seq {b: c}"),
        ("a: !!map [b]\n", "`!!map` needs a mapping, not a list", "!!map [b]"),
        ("a: !!str [b]\n", "`!!str` needs a scalar, not a list", "!!str [b]"),
        ("a: !!omap b\n", "`!!omap` needs a list, not a scalar", "!!omap b"),
        ("a: !!pairs [b]\n", "expected a mapping with one key", "b"),
        ("a: !!omap [{b: 1, c: 2}]\n", "expected a mapping with one key", "{b: 1, c: 2}"),
        ("a: {<<: b}\n", "`<<` can merge mappings only", "b"),
        ("a: {<<: [{}, b]}\n", "`<<` can merge mappings only", "b"),
        ("? [a]\n: b\n", "cannot be a key", "[a]"),
        ("? {a: b}\n: c\n", "cannot be a key", "{a: b}"),
    ],
)
def test_problems_name_the_node(text: str, message: str, fragment: str) -> None:
    """What cannot be constructed is one problem, with the node that holds it; PyYAML refuses it too."""
    _, problems, document = construct(text)
    assert not theirs(text).readable
    assert len(problems) == 1
    assert message in problems[0].message
    assert document.text[problems[0].node.start : problems[0].node.end] == fragment


def test_all_problems_are_found() -> None:
    """One bad value does not hide the next, and stands as INVALID where it was."""
    value, problems, _ = construct("a: !x b\nc: [1, =, 2024-02-30]\nd: 1\n")
    assert len(problems) == 3
    assert value == {"a": INVALID, "c": [1, INVALID, INVALID], "d": 1}
    assert repr(INVALID) == "INVALID"


def test_a_value_that_does_not_count_is_constructed_all_the_same() -> None:
    """A bad value under a key that is repeated makes the loader fail, so it is a problem."""
    value, problems, _ = construct("a: !x b\na: 1\n")
    assert value == {"a": 1}
    assert len(problems) == 1


def test_aliases_share_what_they_stand_for() -> None:
    """A value with several aliases is constructed once, and a problem in it is told once."""
    value, problems, _ = construct("a: &x [!y z]\nb: *x\nc: *x\n")
    assert value["a"] is value["b"] is value["c"]
    assert len(problems) == 1


def test_entries_tell_where_settings_come_from() -> None:
    """The entry that counts knows its key, its site, its value, and whether it was merged in."""
    text = "x: &d {a: 1, b: 2}\ny: &v 3\nz:\n  <<: *d\n  b: *v\n"
    document = Document(text.encode())
    assert isinstance(document.root, Mapping)
    mapping = document.root.pairs[2][1]
    constructor = Constructor()
    entries = constructor.entries(mapping)
    assert list(entries) == ["a", "b"]
    assert (entries["a"].inherited, entries["b"].inherited) == (True, False)
    assert text[entries["a"].key.start : entries["a"].site.end] == "a: 1"
    assert text[entries["b"].site.start : entries["b"].site.end] == "*v"
    assert text[entries["b"].value.start : entries["b"].value.end] == "&v 3"
    assert constructor.entries(mapping) is entries


def test_flattened_pairs_keep_merged_ones_first() -> None:
    """Merges come before own keys, whatever their order in the text, and the first of a list comes last."""
    document = Document(b"a: 1\n<<: [{b: 2}, {c: 3}]\nd: 4\n")
    assert isinstance(document.root, Mapping)
    triples = Constructor().flattened(document.root)
    names = [(key.text, inherited) for key, _, inherited in triples if isinstance(key, Scalar)]
    assert names == [("c", True), ("b", True), ("a", False), ("d", False)]


@pytest.mark.parametrize("opening", ["[a: ", "[? "])
def test_no_text_exhausts_the_stack(opening: str) -> None:
    """A text that nests too deeply for its value is refused, and never a crash."""
    ours(opening * 250 + "x" + "]" * 250)
