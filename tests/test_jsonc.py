"""JSON with comments: read as VS Code's own reader reads it, and edited without touching anything else."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from tests.npm_session import JSONC, NodeSession
from xpm_config import jsonc
from xpm_config.document import apply_edits

if TYPE_CHECKING:
    from collections.abc import Iterator

many = settings(max_examples=150, deadline=None, suppress_health_check=list(HealthCheck))


@pytest.fixture(scope="module")
def vscode() -> Iterator[NodeSession]:
    """VS Code's reader of its settings."""
    with NodeSession("jsonc-parser", JSONC) as session:
        yield session


TRIVIA = st.lists(
    st.sampled_from(
        [" ", "\t", "\n", "\r\n", "    ", "// why\n", "//\r\n", "/* a */", "/* a\n * b */", "/**/", "//{,\n"]
    ),
    max_size=3,
).map("".join)
TEXT = st.text(st.sampled_from('ab"\\/é字\U0001f600\n\t{}[],:# '), max_size=6)

ESCAPED = st.booleans()


@st.composite
def layouts(draw: st.DrawFn, depth: int = 3) -> str:
    """The text of a value, with comments and commas wherever they may stand."""
    kind = draw(st.sampled_from(["object", "array", "scalar"] if depth else ["scalar"]))
    if kind == "scalar":
        value = draw(st.none() | st.booleans() | st.integers(-999, 999) | st.sampled_from([1.5, -2e30]) | TEXT)
        return json.dumps(value, ensure_ascii=draw(ESCAPED))
    parts: list[str] = []
    for _ in range(draw(st.integers(0, 3))):
        part = draw(TRIVIA) + draw(layouts(depth - 1)) + draw(TRIVIA)
        if kind == "object":
            part = f"{draw(TRIVIA)}{json.dumps(draw(TEXT))}{draw(TRIVIA)}:{part}"
        parts.append(part)
    trailing = draw(st.sampled_from(["", ","])) if parts else ""
    inner = ",".join(parts) + trailing + draw(TRIVIA)
    return f"{{{inner}}}" if kind == "object" else f"[{inner}]"


@many
@given(value=layouts(), before=TRIVIA, behind=TRIVIA)
def test_reads_what_vs_code_reads(vscode: NodeSession, value: str, before: str, behind: str) -> None:
    """Every layout is read to the same value."""
    text = before + value + behind
    read = jsonc.parse(text)
    assert read is not None
    assert vscode.ask(text) == {"value": read.data, "errors": 0}


@many
@given(value=layouts(), data=st.data())
def test_refuses_what_vs_code_complains_about(vscode: NodeSession, value: str, data: st.DataObject) -> None:
    """A text with something missing or too much is read to the same value, or refused where VS Code has errors."""
    at = data.draw(st.integers(0, len(value)))
    cut = data.draw(st.integers(0, 2))
    added = data.draw(st.sampled_from(["", ",", "{", "]", '"', "/", "*/", "x", "1", "true", "\\", "\x01", "\u00a0"]))
    text = value[:at] + added + value[at + cut :]
    theirs = vscode.ask(text)
    try:
        read = jsonc.parse(text)
    except jsonc.JsoncError:
        assert theirs["errors"], text
    else:
        # To VS Code a text without a value is an error, to us one that can be begun.
        assert theirs == ({"value": read.data, "errors": 0} if read else {"value": None, "errors": 1})


@many
@given(value=layouts())
def test_spans(value: str) -> None:
    """The span of every value is its text."""

    def check(node: jsonc.Value) -> None:
        again = jsonc.parse(value[node.start : node.end])
        assert again is not None
        assert again.data == node.data
        for member in node.members or ():
            assert json.loads(value[member.start : member.key_end]) == member.key
            check(member.value)
        for item in node.items or ():
            check(item)

    root = jsonc.parse(value)
    assert root is not None
    check(root)


def containers(node: jsonc.Value) -> Iterator[jsonc.Value]:
    """All objects and arrays."""
    if node.members is not None or node.items is not None:
        yield node
    for part in [member.value for member in node.members or ()] + list(node.items or ()):
        yield from containers(part)


def read(text: str) -> Any:
    """What a text holds."""
    value = jsonc.parse(text)
    assert value is not None
    return value.data


@many
@given(value=layouts(), data=st.data())
def test_appending_and_removing(vscode: NodeSession, value: str, data: st.DataObject) -> None:
    """A part that is added is read by VS Code where it belongs, and taking it out gives the same bytes again."""
    root = jsonc.parse(value)
    assert root is not None
    found = list(containers(root))
    assume(found)
    container = data.draw(st.sampled_from(found))
    part = '"new": [0]' if container.members is not None else "[0]"
    new = apply_edits(value, jsonc.append(value, container, part))
    assert vscode.ask(new) == {"value": read(new), "errors": 0}
    changed = next(one for one in containers(jsonc.parse(new) or container) if one.start == container.start)
    if container.members is not None:
        assert changed.data == {**container.data, "new": [0]}
    else:
        assert changed.data == [*container.data, [0]]
    assert apply_edits(new, jsonc.remove(new, changed, len(changed.parts) - 1)) == value


@many
@given(value=layouts(), data=st.data())
def test_removing_any_part(vscode: NodeSession, value: str, data: st.DataObject) -> None:
    """Any part can be taken out, and the others and all comments stay."""
    root = jsonc.parse(value)
    assert root is not None
    found = [one for one in containers(root) if one.parts]
    assume(found)
    container = data.draw(st.sampled_from(found))
    number = data.draw(st.integers(0, len(container.parts) - 1))
    new = apply_edits(value, jsonc.remove(value, container, number))
    assert vscode.ask(new) == {"value": read(new), "errors": 0}
    changed = next(one for one in containers(jsonc.parse(new) or container) if one.start == container.start)
    if container.members is not None:
        rest = [member for at, member in enumerate(container.members) if at != number]
        assert [(member.key, member.value.data) for member in changed.members or ()] == [
            (member.key, member.value.data) for member in rest
        ]
    else:
        assert changed.data == [item for at, item in enumerate(container.data) if at != number]


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("{}", '{ "k": 0 }'),
        ("{\n}", '{\n    "k": 0\n}'),
        ('{\n\t"a": 1\n}', '{\n\t"a": 1,\n\t"k": 0\n}'),
        ('{\n  "a": 1,\n}\n', '{\n  "a": 1,\n  "k": 0,\n}\n'),
        ('{\r\n  "a": 1 // why\r\n  // end\r\n}', '{\r\n  "a": 1, // why\r\n  "k": 0\r\n  // end\r\n}'),
        ('{\n  "a": 1 /* why\n not */ }', '{\n  "a": 1, /* why\n not */\n  "k": 0 }'),
        ('{"a": 1}', '{"a": 1, "k": 0}'),
        ('{"a": 1,}', '{"a": 1, "k": 0,}'),
        ('{ "a": 1\n, "b": 2\n}', '{ "a": 1\n, "b": 2, "k": 0\n}'),
    ],
)
def test_layout_is_followed(old: str, new: str) -> None:
    """A member is added the way the others stand: on its own line, with their indent, with a trailing comma."""
    root = jsonc.parse(old)
    assert root is not None
    assert apply_edits(old, jsonc.append(old, root, '"k": 0')) == new


def test_a_comment_never_swallows_a_brace() -> None:
    """What stands behind a removed member on its line does not end up in the comment above."""
    text = '{\n  "a": 1, // why\n  "b": 2 }'
    root = jsonc.parse(text)
    assert root is not None
    assert read(apply_edits(text, jsonc.remove(text, root, 1))) == {"a": 1}


@pytest.mark.parametrize(
    ("text", "message", "place"),
    [
        ("{", "the file ends in the middle", (1, 2)),
        ('{"a" 1}', "a colon is expected here", (1, 6)),
        ('{\r\n  "a": 1\r\n  "b": 2}', "a comma or `}` is expected here", (3, 3)),
        ("[1 2]", "a comma or `]` is expected here", (1, 4)),
        ("{a: 1}", 'a key in `"` is expected here', (1, 2)),
        ("{} {}", "nothing more is expected behind the value", (1, 4)),
        ("\ufeff{}\n/* a", "this comment does not end", (2, 1)),
        ("[" * 300 + "]" * 300, "more than 256 levels of nesting", (1, 258)),
        ("[1,,2]", "a value is expected here", (1, 4)),
        ('["a\nb"]', "a value is expected here", (1, 2)),
    ],
)
def test_errors_have_a_place(text: str, message: str, place: tuple[int, int]) -> None:
    """What cannot be read is said in words, with its line and column."""
    with pytest.raises(jsonc.JsoncError) as caught:
        jsonc.parse(text)
    assert caught.value.message == message
    assert jsonc.position(text, caught.value.offset) == place


def test_numbers_of_any_length(vscode: NodeSession) -> None:
    """A number is read as VS Code reads it, however many digits it has."""
    for number, expected in (("9" * 300, float("9" * 300)), ("9" * 5000, float("inf")), ("-1e999", float("-inf"))):
        value = jsonc.parse(f"[{number}]")
        assert value is not None
        assert value.data == [expected]
        assert vscode.ask(f"[{number}]")["errors"] == 0


def test_only_comments() -> None:
    """A text without a value is none."""
    for text in ("", "\ufeff", " // a", "/* */\n"):
        assert jsonc.parse(text) is None
