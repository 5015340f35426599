"""Where things stand in a document, what stops its reading, and edits on its text."""

from __future__ import annotations

import time
from itertools import pairwise
from typing import TYPE_CHECKING

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.mutations import mutated_texts
from xpm_config.diagnostics import Edit, Position, Severity, Span
from xpm_config.document import (
    MAX_ALIAS_NODES,
    MAX_BYTES,
    Alias,
    Document,
    Mapping,
    Node,
    Scalar,
    Sequence,
    apply_edits,
)
from xpm_config.yaml11 import MAX_DEPTH

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from xpm_config.diagnostics import Diagnostic

Path = tuple[str | int, ...]


def document(text: str) -> Document:
    """A document that must have been read."""
    result = Document(text.encode())
    assert result.problems == []
    assert result.root is not None
    return result


def pair(node: Node, key: str) -> tuple[Node, Node]:
    """The first pair of a mapping with this key."""
    mapping = node.resolved
    assert isinstance(mapping, Mapping)
    return next((k, v) for k, v in mapping.pairs if isinstance(k.resolved, Scalar) and k.resolved.text == key)


def value_at(text: str, path: Path) -> tuple[Document, Node]:
    """The document and the value, as written, at a path of keys and numbers; aliases are followed on the way."""
    result = document(text)
    node = result.root
    assert node is not None
    for step in path:
        collection = node.resolved
        if isinstance(step, str):
            node = pair(collection, step)[1]
        else:
            assert isinstance(collection, Sequence)
            node = collection.items[step]
    return result, node


def written(read: Document, node: Node) -> str:
    """The text of a node."""
    return read.text[node.start : node.end]


def walk(node: Node) -> Iterator[Node]:
    """A node and everything inside it; aliases are not followed."""
    yield node
    children: list[Node] = []
    if isinstance(node, Sequence):
        children = node.items
    elif isinstance(node, Mapping):
        children = [part for key_and_value in node.pairs for part in key_and_value]
    for child in children:
        yield from walk(child)


def only_problem(data: bytes) -> Diagnostic:
    """The one problem of a file that cannot be read."""
    read = Document(data)
    assert read.root is None
    assert len(read.problems) == 1
    problem = read.problems[0]
    assert problem.severity is Severity.ERROR
    return problem


# -- spans of values ------------------------------------------------------------------------------

VALUES: list[tuple[str, Path, tuple[int, int], str]] = [
    # plain, quoted and escaped
    ("a: 1\n", ("a",), (1, 4), "1"),
    ("a: 1", ("a",), (1, 4), "1"),
    ("a:   b c   # d\n", ("a",), (1, 6), "b c"),
    ("a: b\n  c\n\n  d\nz: 1\n", ("a",), (1, 4), "b\n  c\n\n  d"),
    ("a:\n  b # c\n", ("a",), (2, 3), "b"),
    ("a: 'it''s' # c\n", ("a",), (1, 4), "'it''s'"),
    ('a: "x\\n\\"y\\u00e9"\n', ("a",), (1, 4), '"x\\n\\"y\\u00e9"'),
    ('a: "b\\\n   c"\nz: 1\n', ("a",), (1, 4), '"b\\\n   c"'),
    ("a: 'b\n\n  c'\n", ("a",), (1, 4), "'b\n\n  c'"),
    ("'a': b\n", ("a",), (1, 6), "b"),
    ('"\\x61" : b\n', ("a",), (1, 10), "b"),
    ("a: ''\n", ("a",), (1, 4), "''"),
    # anchors and tags belong to the value
    ("a: &x 1 # c\n", ("a",), (1, 4), "&x 1"),
    ("a: !!str &x 1\n", ("a",), (1, 4), "!!str &x 1"),
    ("a: &x !!str 'b'\n", ("a",), (1, 4), "&x !!str 'b'"),
    ("a: &x\n  b: 1\nz: 1\n", ("a",), (1, 4), "&x\n  b: 1"),
    ("a: !!seq\n- 1\n", ("a",), (1, 4), "!!seq\n- 1"),
    ("a: &x\nb: 1\n", ("a",), (1, 4), "&x"),
    ("a: !!null # c\n", ("a",), (1, 4), "!!null"),
    # aliases stand where they are written
    ("a: &x 1\nb: *x # c\n", ("b",), (2, 4), "*x"),
    ("a: &x [1, 2]\nb: {c: *x }\n", ("b", "c"), (2, 8), "*x"),
    ("a: &x {b: c}\nd: *x\n", ("d", "b"), (1, 11), "c"),
    ("- &x a\n- *x\n", (1,), (2, 3), "*x"),
    # merge keys are pairs like any other
    ("a: &x {b: 1}\nc:\n  <<: *x\n", ("c", "<<"), (3, 7), "*x"),
    ("a: &x {b: 1}\nc:\n  <<: [*x, {d: 2}]\n", ("c", "<<", 1), (3, 12), "{d: 2}"),
    # flow collections end at their bracket
    ("a: [b, 'c' , d] # e\n", ("a",), (1, 4), "[b, 'c' , d]"),
    ("a: [b, 'c' , d] # e\n", ("a", 1), (1, 8), "'c'"),
    ("a: [\n  b, # c\n  d # e\n]\n", ("a",), (1, 4), "[\n  b, # c\n  d # e\n]"),
    ("a: {b: [], c: {}}\n", ("a", "b"), (1, 8), "[]"),
    ("{a: {b: c}, d: e}", ("a",), (1, 5), "{b: c}"),
    ("{a: {b: c}, d: e}", (), (1, 1), "{a: {b: c}, d: e}"),
    ('{"a":b}\n', ("a",), (1, 6), "b"),
    ("a: [b: c, d]\n", ("a", 0), (1, 5), "b: c"),
    ("a: [b: c, d]\n", ("a", 0, "b"), (1, 8), "c"),
    ("a: [? b : c]\n", ("a", 0, "b"), (1, 11), "c"),
    # block collections end with their last leaf
    ("a:\n  b: 1\n\n  # c\nz: 1\n", ("a",), (2, 3), "b: 1"),
    ("a:\n- b\n# c\n- d # e\n\nz: 1\n", ("a",), (2, 1), "- b\n# c\n- d"),
    ("a:\n  - b\n  - c\n\n\n", ("a",), (2, 3), "- b\n  - c"),
    ("a:\n    -   b\n", ("a", 0), (2, 9), "b"),
    ("- a: 1\n  b: 2\n- c\n", (0,), (1, 3), "a: 1\n  b: 2"),
    ("- - a\n  - b\n- c\n", (0,), (1, 3), "- a\n  - b"),
    ("- - a\n  - b\n- c\n", (0, 1), (2, 5), "b"),
    ("a:\n  b:\n    c: [d\n      ] # e\n", ("a",), (2, 3), "b:\n    c: [d\n      ]"),
    ("? a\n: b\n", ("a",), (2, 3), "b"),
    ("? a\n:\n  - b\n", ("a",), (3, 3), "- b"),
    ("--- # c\na: 1\n...\n", ("a",), (2, 4), "1"),
    ("%YAML 1.1\n--- {a: 1}\n", ("a",), (2, 9), "1"),
    # block scalars begin at their indicator and end before their trailing breaks
    ("a: |\n  b\n  c\nz: 1\n", ("a",), (1, 4), "|\n  b\n  c"),
    ("a: |-\n  b\n\n\nz: 1\n", ("a",), (1, 4), "|-\n  b"),
    ("a: |+\n  b\n\n\nz: 1\n", ("a",), (1, 4), "|+\n  b"),
    ("a: |2\n   b\n  c\nz: 1\n", ("a",), (1, 4), "|2\n   b\n  c"),
    ("a: |2-\n   b\n", ("a",), (1, 4), "|2-\n   b"),
    ("a: |+2\n   b\n\n", ("a",), (1, 4), "|+2\n   b"),
    ("a: >\n  b\n  c\n\n  d\n", ("a",), (1, 4), ">\n  b\n  c\n\n  d"),
    ("a: >-\n  b\n\n", ("a",), (1, 4), ">-\n  b"),
    ("a: >+\n\n  b\n\n", ("a",), (1, 4), ">+\n\n  b"),
    ("a: >1-\n b\n  c\n", ("a",), (1, 4), ">1-\n b\n  c"),
    ("a: | # c\n  b # d\n# e\n", ("a",), (1, 4), "| # c\n  b # d"),
    ("a: |\nz: 1\n", ("a",), (1, 4), "|"),
    ("a: >\n\n\n", ("a",), (1, 4), ">"),
    ("a: |\n  b", ("a",), (1, 4), "|\n  b"),
    ("a: &x !!str |\n  b\n", ("a",), (1, 4), "&x !!str |\n  b"),
    ("- |\n b\n- c\n", (0,), (1, 3), "|\n b"),
    ("? |\n  a\n: b\n", ("a\n",), (3, 3), "b"),
    # nothing, right behind the colon, the dash or the key
    ("a:\n", ("a",), (1, 3), ""),
    ("a:", ("a",), (1, 3), ""),
    ("a:   # c\nb: 1\n", ("a",), (1, 3), ""),
    ("a:\n\n\n# c\nb: 1\n", ("a",), (1, 3), ""),
    ("a :\nb: 1\n", ("a",), (1, 4), ""),
    ("'a':\nb: 1\n", ("a",), (1, 5), ""),
    ("x:\n  a:\nb: 1\n", ("x", "a"), (2, 5), ""),
    ("x:\n  a:\nb: 1\n", ("x",), (2, 3), "a:"),
    ("{a: , b: 1}", ("a",), (1, 4), ""),
    ("{a: }", ("a",), (1, 4), ""),
    ("{a, b}", ("a",), (1, 3), ""),
    ("[a: , b]", (0, "a"), (1, 4), ""),
    ("- \n- a\n", (0,), (1, 2), ""),
    ("- a\n-\n", (1,), (2, 2), ""),
    ("x:\n- # c\n- a\n", ("x", 0), (2, 2), ""),
    ("? a\n:\n", ("a",), (2, 2), ""),
    # line breaks, tabs and wide characters
    ("\ufeffa: 1\nb: 2\n", ("a",), (1, 4), "1"),
    ("\ufeffa: 1\nb: 2\n", ("b",), (2, 4), "2"),
    ("\ufeff  # c\r\na: 1\r\n", ("a",), (2, 4), "1"),
    ("a: 1\r\nb:\r\n  - c\r\n", ("b", 0), (3, 5), "c"),
    ("a: |\r\n  b\r\n\r\nc: d\r\n", ("a",), (1, 4), "|\r\n  b"),
    ("a: |\r\n  b\r\n\r\nc: d\r\n", ("c",), (4, 4), "d"),
    ("a: 1\rb: 2\r", ("b",), (2, 4), "2"),
    ("a: b\r  c\rd: e", ("a",), (1, 4), "b\r  c"),
    ("a:\r\rb: 2\r", ("a",), (1, 3), ""),
    # editors end no line there, though YAML does
    ("a: 1\x85b: 2\n", ("b",), (1, 9), "2"),
    ("a: 1\u2028b: 2\n", ("b",), (1, 9), "2"),
    ("a: |\n  b\u2029\n\x85c: d\n", ("a",), (1, 4), "|\n  b"),
    ("a: b # c\td\ne: f\n", ("e",), (2, 4), "f"),
    ("a: 'b\tc'\n", ("a",), (1, 4), "'b\tc'"),
    ("é😀: [😀, é]\n", ("é😀", 1), (1, 9), "é"),
    ("a: '😀😀' # 😀\nb: c\n", ("b",), (2, 4), "c"),
]


@pytest.mark.parametrize(("text", "path", "position", "fragment"), VALUES)
def test_values_are_found_where_they_stand(text: str, path: Path, position: tuple[int, int], fragment: str) -> None:
    """A value's span begins at its anchor, tag or indicator and ends with its last character."""
    read, node = value_at(text, path)
    assert written(read, node) == fragment
    assert tuple(read.position(node.start)) == position
    assert node.span == Span(node.start, node.start + len(fragment))


@pytest.mark.parametrize(
    ("text", "key", "position", "fragment"),
    [
        ("a: 1\n", "a", (1, 1), "a"),
        ("\ufeffa: 1\n", "a", (1, 1), "a"),
        ("  a: 1\n", "a", (1, 3), "a"),
        ("# c\n\na : 1\n", "a", (3, 1), "a"),
        ("a b: 1\n", "a b", (1, 1), "a b"),
        ("'it''s': 1\n", "it's", (1, 1), "'it''s'"),
        ('"\\u00e9\\t": 1\n', "é\t", (1, 1), '"\\u00e9\\t"'),
        ("&x a: 1\n", "a", (1, 1), "&x a"),
        ("!!str 1: 2\n", "1", (1, 1), "!!str 1"),
        ("? a # c\n: 1\n", "a", (1, 3), "a"),
        ("? |\n  a\n: 1\n", "a\n", (1, 3), "|\n  a"),
        ("? a\n", "a", (1, 3), "a"),
        ("{a: 1, 'b': 2}", "b", (1, 8), "'b'"),
        ("{a, b}", "b", (1, 5), "b"),
        ('{"a":1}', "a", (1, 2), '"a"'),
        ("<<: {a: 1}\n", "<<", (1, 1), "<<"),
        ("a: 1\r\nb: 2\r\n", "b", (2, 1), "b"),
        ("a: 1\rb: 2\r", "b", (2, 1), "b"),
        ("a: 1\u2028b: 2\n", "b", (1, 6), "b"),
        ("{a: b, ? : 1}", "", (1, 9), ""),
        ("a: |\n  b\n\n# d\nc: 1\n", "c", (5, 1), "c"),
    ],
)
def test_keys_are_found_where_they_stand(text: str, key: str, position: tuple[int, int], fragment: str) -> None:
    """A key's span covers its quotes, anchor and tag, and not its colon."""
    read = document(text)
    assert read.root is not None
    node = pair(read.root, key)[0]
    assert written(read, node) == fragment
    assert tuple(read.position(node.start)) == position


@pytest.mark.parametrize(
    ("text", "fragment"),
    [
        ("a: 1\n", "1"),
        ("a: &x 1\n", "1"),
        ("a: !!str &x 'b c' # d\n", "'b c'"),
        ("a: &x |-\n  b\n", "|-\n  b"),
        ("a: &x !!int\n  1\n", "1"),
        ("a: &x\n", ""),
        ("a: !!null\nb: 1\n", ""),
        ("{a: &x , b: 1}", ""),
    ],
)
def test_content_begins_behind_anchor_and_tag(text: str, fragment: str) -> None:
    """What a scalar says can be replaced without its anchor and tag."""
    read, node = value_at(text, ("a",))
    assert isinstance(node, Scalar)
    assert read.text[node.content : node.end] == fragment
    assert node.start <= node.content <= node.end


@pytest.mark.parametrize("text", ["a:\n", "b: text\na:\nc: 1\n", "{a: , b: 1}", "- x\n- a:\n"])
def test_the_content_of_nothing_is_where_it_stands(text: str) -> None:
    """A value that is left out has its content where it has its span."""
    read = document(text)
    assert read.root is not None
    node = next(node for node in walk(read.root) if isinstance(node, Scalar) and node.start == node.end)
    assert node.content == node.start


@pytest.mark.parametrize(
    ("text", "content", "style", "plain"),
    [
        ("a: b\n", "b", "", True),
        ("a: b\n  c\n", "b c", "", True),
        ("a: 'it''s'\n", "it's", "'", False),
        ('a: "\\x41\\n"\n', "A\n", '"', False),
        ("a: |\n  b\n  c\n", "b\nc\n", "|", False),
        ("a: |-\n  b\n\n", "b", "|", False),
        ("a: |+\n  b\n\n", "b\n\n", "|", False),
        ("a: |\n  b\u2028", "b\u2028", "|", False),
        ("a: >-\n  b\n  c\n", "b c", ">", False),
        ("a: |1\n  b\n", " b\n", "|", False),
        ("a: !!str b\n", "b", "", False),
        ("a: ! b\n", "b", "", True),
        ("a:\n", "", "", True),
    ],
)
def test_scalars_tell_their_text_and_style(text: str, content: str, style: str, plain: bool) -> None:
    """A scalar's text is unescaped, folded and chomped; its style and plainness are as written."""
    _, node = value_at(text, ("a",))
    assert isinstance(node, Scalar)
    assert (node.text, node.style, node.plain) == (content, style, plain)


@pytest.mark.parametrize(
    ("text", "tag", "anchor"),
    [
        ("a: b\n", None, None),
        ("a: &x b\n", None, "x"),
        ("a: !!str b\n", "tag:yaml.org,2002:str", None),
        ("a: !<foo> &x-1 [b]\n", "foo", "x-1"),
        ("a: !bar\n  b: c\n", "!bar", None),
        ("%TAG !e! tag:e,1:\n---\na: !e!x b\n", "tag:e,1:x", None),
    ],
)
def test_nodes_tell_their_tag_and_anchor(text: str, tag: str | None, anchor: str | None) -> None:
    """A tag is given in full, an anchor by its name."""
    _, node = value_at(text, ("a",))
    assert (node.tag, node.anchor) == (tag, anchor)


def test_flow_and_block_are_told_apart() -> None:
    """Collections know how they are written."""
    read, node = value_at("a: [b: c]\n", ("a",))
    assert isinstance(read.root, Mapping)
    assert isinstance(node, Sequence)
    assert isinstance(node.items[0], Mapping)
    assert (read.root.flow, node.flow, node.items[0].flow) == (False, True, True)
    _, block = value_at("a:\n- b\n", ("a",))
    assert isinstance(block, Sequence)
    assert not block.flow


def test_an_alias_stands_for_its_definition() -> None:
    """The site is the alias itself; what it resolves to stands where it is defined."""
    read, site = value_at("a: &x {b: 1}\nc: [*x, *x]\n", ("c", 1))
    definition = value_at("a: &x {b: 1}\nc: [*x, *x]\n", ("a",))[1]
    assert isinstance(site, Alias)
    assert site.name == "x"
    assert written(read, site) == "*x"
    assert written(read, site.resolved) == "&x {b: 1}"
    assert site.resolved.span == definition.span
    assert definition.resolved is definition


def test_duplicate_and_merge_keys_are_kept_as_written() -> None:
    """Pairs are neither merged nor dropped."""
    read = document("a: 1\n<<: {b: 2}\na: 3\n")
    assert isinstance(read.root, Mapping)
    assert [written(read, key) for key, _ in read.root.pairs] == ["a", "<<", "a"]


def test_nodes_are_counted_with_what_aliases_stand_for() -> None:
    """The size of a node counts an alias as its definition; the document counts what is written."""
    read = document("a: &x [1, 2]\nb: [*x, *x]\n")
    assert read.root is not None
    assert read.root.size == 1 + 2 + 3 + 1 + 2 * 3
    assert read.node_count == 1 + 2 + 3 + 1


@pytest.mark.parametrize("seed", range(2))
def test_spans_nest_and_follow_each_other(seed: int) -> None:
    """In any text that is read, parts lie inside their whole, in order, without overlap or blanks at the ends."""
    seen = 0
    for text in mutated_texts(600, seed):
        read = Document(text.encode("utf-8", "surrogatepass"))
        if read.root is None:
            continue
        seen += 1
        for node in walk(read.root):
            assert 0 <= node.start <= node.end <= len(text), text
            assert not written(read, node)[:1].isspace(), text
            children = [child for child in walk(node) if child is not node]
            assert all(node.start <= child.start and child.end <= node.end for child in children), text
            direct = node.items if isinstance(node, Sequence) else []
            if isinstance(node, Mapping):
                direct = [part for key_and_value in node.pairs for part in key_and_value]
            assert all(one.end <= other.start for one, other in pairwise(direct)), text
    assert seen > 150


# -- comments -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "comments"),
    [
        ("", []),
        ("a: 1\n", []),
        ("# a", ["# a"]),
        ("#\n#a\n", ["#", "#a"]),
        ("# a\n\n  # b\nc: 1 # d\n# e\n", ["# a", "# b", "# d", "# e"]),
        ("\ufeff# a\r\nb: 1 # c\r\n", ["# a", "# c"]),
        ("# a\rb: 1 # c\r", ["# a", "# c"]),
        ("# a\x85# b\u2028c: 1 # d\u2029", ["# a", "# b", "# d"]),
        ("# 😀 é\tx\n", ["# 😀 é\tx"]),
        ("a: [ # b\n  c, # d\n  e # f\n] # g\n", ["# b", "# d", "# f", "# g"]),
        ("a: { # b\n  c: # d\n    e } # f\n", ["# b", "# d", "# f"]),
        ("a: | # b\n  c # d\n # e\n", ["# b", "# e"]),
        ("a: >+ # b\n\n  c\n# d\n", ["# b", "# d"]),
        ("a: |2- # b\n  # c\n# d\n", ["# b", "# d"]),
        ("%YAML 1.1 # a\n%TAG ! x # b\n--- # c\nd: 1\n... # e\n# f\n", ["# a", "# b", "# c", "# e", "# f"]),
        ("a: 'b # c' # d\n", ["# d"]),
        ('a: "b\n  # c" # d\n', ["# d"]),
        ("a: b#c\nd: e #f\n", ["#f"]),
        ("a: # b\n  # c\n  - d # e\n", ["# b", "# c", "# e"]),
        ("a: &x # b\n  c: 1 # d\ne: *x # f\n", ["# b", "# d", "# f"]),
        ("? # a\n b # c\n: # d\n e\n", ["# a", "# c", "# d"]),
        ("a: b # c\n  # d\n\ne: f\n", ["# c", "# d"]),
        ("- # a\n  b\n-   # c\n", ["# a", "# c"]),
        ("--- # a\n", ["# a"]),
    ],
)
def test_every_comment_is_found_once(text: str, comments: list[str]) -> None:
    """Comments are found wherever they stand, and nothing else that holds a `#`."""
    read = Document(text.encode())
    assert read.problems == []
    assert [read.text[start:end] for start, end in read.comments] == comments


@pytest.mark.parametrize("seed", range(2))
def test_comments_come_in_order_and_outside_of_scalars(seed: int) -> None:
    """In any text that is read, comments are in order, start with `#`, and lie in no scalar but a block's header."""
    for text in mutated_texts(600, seed):
        read = Document(text.encode("utf-8", "surrogatepass"))
        if read.root is None:
            continue
        comments = read.comments
        assert comments == sorted(set(comments)), text
        assert all(text[start] == "#" and "\n" not in text[start:end] for start, end in comments), text
        scalars = [node for node in walk(read.root) if isinstance(node, Scalar) and node.style not in ("|", ">")]
        for start, end in comments:
            assert not any(node.content < end and start < node.end for node in scalars if node.end > node.start), text


# -- positions and lines --------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "lines"),
    [
        ("", [""]),
        ("a", ["a"]),
        ("a\n", ["a", ""]),
        ("a\r\nb\rc\nd", ["a", "b", "c", "d"]),
        ("\n\n", ["", "", ""]),
        ("\r\r\n\n\r", ["", "", "", "", ""]),
        ("\ufeffa\nb", ["a", "b"]),
        ("\ufeff", [""]),
        ("a\u2028b\x85c\n", ["a\u2028b\x85c", ""]),
        ("# 😀\té\n#", ["# 😀\té", "#"]),
    ],
)
def test_lines_end_where_editors_end_them(text: str, lines: list[str]) -> None:
    """LF, CRLF and a lone CR end a line; the byte order mark belongs to none."""
    read = Document(text.encode())
    assert len(read.line_starts) == len(lines)
    assert [read.line(number) for number in range(1, len(lines) + 1)] == lines


@given(text=st.text(alphabet="a#é😀\r\n\u2028 ", max_size=12), mark=st.booleans())
@settings(deadline=None, derandomize=True)
def test_positions_and_lines_agree(text: str, mark: bool) -> None:
    """A position's line and column lead back to its offset."""
    read = Document((("\ufeff" if mark else "") + text).encode())
    previous = Position(1, 1)
    for offset in range(mark, len(read.text) + 1):
        position = read.position(offset)
        assert read.line_starts[position.line - 1] + position.column - 1 == offset
        assert position >= previous
        previous = position
    assert previous.line == len(read.line_starts)


def test_the_byte_order_mark_is_in_the_first_line() -> None:
    """The offset of the mark itself is shown as the beginning of the file."""
    read = document("\ufeffa: 1\n")
    assert read.position(0) == read.position(1) == Position(1, 1)
    assert read.position(2) == Position(1, 2)


def test_the_text_keeps_mark_and_line_ends() -> None:
    """Decoding changes nothing, and the bytes are kept."""
    data = "\ufeffa: 1\r\n\r# b\n".encode()
    read = Document(data)
    assert read.text.encode() == data == read.data


# -- edits ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "edits", "expected"),
    [
        ("a: 1\n", [], "a: 1\n"),
        ("a: 1\n", [Edit(3, 4, "2")], "a: 2\n"),
        ("a: 1\n", [Edit(4, 4, " # x"), Edit(3, 4, "2")], "a: 2 # x\n"),
        ("a: 1\n", [Edit(3, 3, "x"), Edit(3, 3, "y"), Edit(3, 3, "z")], "a: xyz1\n"),
        ("a: 1\n", [Edit(3, 4, "2"), Edit(3, 3, "x"), Edit(4, 4, "y"), Edit(3, 3, "w")], "a: xw2y\n"),
        ("a: 1\n", [Edit(0, 5, "")], ""),
        ("a: 1\n", [Edit(5, 5, "b: 2\n"), Edit(0, 0, "# c\n")], "# c\na: 1\nb: 2\n"),
        ("\ufeffa: 1\r\nb: 2\rc: 3", [Edit(10, 11, "é😀")], "\ufeffa: 1\r\nb: é😀\rc: 3"),
        ("a: 😀\nb: 1\n", [Edit(8, 9, "2")], "a: 😀\nb: 2\n"),
        ("a: 1\n", [Edit(0, 1, "b"), Edit(1, 2, ";"), Edit(2, 5, "")], "b;"),
    ],
)
def test_edits_change_nothing_else(text: str, edits: list[Edit], expected: str) -> None:
    """Edits in any order are applied; insertions at one place keep theirs."""
    read = Document(text.encode())
    assert read.edited(edits) == expected.encode()
    assert read.edited(iter(edits)) == expected.encode()
    assert read.data == text.encode()


@pytest.mark.parametrize(
    "edits",
    [
        [Edit(0, 3, "x"), Edit(2, 4, "y")],
        [Edit(2, 4, "y"), Edit(0, 3, "x")],
        [Edit(0, 4, "x"), Edit(1, 2, "y")],
        [Edit(1, 3, "x"), Edit(1, 3, "x")],
        [Edit(1, 3, "x"), Edit(2, 2, "y")],
    ],
)
def test_edits_that_overlap_are_refused(edits: list[Edit]) -> None:
    """No edit may touch what another one replaces."""
    with pytest.raises(ValueError, match="edits overlap at offset"):
        document("a: 1\n").edited(edits)


@given(
    text=st.text(alphabet="ab\r\n\ufeff😀", max_size=12),
    cuts=st.lists(st.integers(0, 12), max_size=8),
    inserted=st.lists(st.text(alphabet="xé\n", max_size=3), min_size=4, max_size=4),
)
@settings(deadline=None, derandomize=True)
def test_edits_are_splices(text: str, cuts: list[int], inserted: list[str]) -> None:
    """Edits that do not overlap give what splicing from right to left gives."""
    places = sorted({min(cut, len(text)) for cut in cuts})
    edits = [Edit(start, end, new) for start, end, new in zip(places[::2], places[1::2], inserted, strict=False)]
    expected = text
    for edit in reversed(edits):
        expected = expected[: edit.start] + edit.text + expected[edit.end :]
    assert apply_edits(text, reversed(edits)) == expected


# -- empty files ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "text", ["", "\n", "  \n\r\n", "# c\n", "\ufeff", "\ufeff# c", "---\n", "--- # c\n...\n", "%YAML 1.1\n---\n"]
)
def test_an_empty_file_has_no_root(text: str) -> None:
    """A file without content is read, and is empty."""
    read = Document(text.encode())
    assert read.root is None
    assert read.problems == []


@pytest.mark.parametrize("text", ["~", "null\n", "''", "&x\n", "!!null\n", "{}", "[]", "x"])
def test_a_file_that_says_something_has_a_root(text: str) -> None:
    """A null that is written, and anything else, is no empty file."""
    assert document(text).root is not None


# -- failures -------------------------------------------------------------------------------------


def aliases_of_aliases(levels: int) -> str:
    """A text whose aliases stand for ten to the power of `levels` nodes."""
    lines = ["a0: &a0 [" + ", ".join("x" * 10) + "]"]
    lines += [f"a{level}: &a{level} [" + ", ".join([f"*a{level - 1}"] * 10) + "]" for level in range(1, levels)]
    return "\n".join(lines) + "\n"


@pytest.mark.parametrize(
    ("data", "code", "message"),
    [
        ("a: é\n".encode("utf-16"), "XPM001", "the file is UTF-16"),
        (b"\xff\xfe" + "a: é\n".encode("utf-16-le"), "XPM001", "the file is UTF-16"),
        (b"\xfe\xff" + "a: é\n".encode("utf-16-be"), "XPM001", "the file is UTF-16"),
        ("a: 1\nb: é\n".encode("latin-1"), "XPM001", "byte 0xe9 in line 2"),
        (b"a: \xc3", "XPM001", "byte 0xc3 in line 1"),
        (b"a: '\xed\xa0\x80'\n", "XPM001", "byte 0xed in line 1"),
        (b"\x7fELF\x02\0\0\x80\xff", "XPM001", "the file is binary"),
        (b"a" * 10_000_000, "XPM007", "10,000,000 bytes"),
        (b"#" * (MAX_BYTES + 1), "XPM007", "1,048,577 bytes"),
    ],
)
def test_files_that_are_no_text_of_settings(data: bytes, code: str, message: str) -> None:
    """What cannot be decoded, or is far too large, is refused as a whole."""
    problem = only_problem(data)
    assert (problem.code, problem.span) == (code, None)
    assert message in problem.message
    assert problem.help


def test_the_largest_file_is_read() -> None:
    """A file of exactly the size that is allowed is read."""
    assert Document(b"#" * MAX_BYTES).problems == []


SYNTAX: list[tuple[str, str, tuple[int, int], str]] = [
    ("a: \0\n", "XPM002", (1, 4), "\0"),
    ("a: 1\n# \x07\n", "XPM002", (2, 3), "\x07"),
    ("\ufeffa: \x7f\n", "XPM002", (1, 4), "\x7f"),
    ("a: *x\n", "XPM002", (1, 4), "*x"),
    ("a: *x\nb: &x 1\n", "XPM002", (1, 4), "*x"),
    ("a: &x 1\nb: &x 2\n", "XPM002", (2, 4), "&x"),
    ("a: &x [&x 1]\n", "XPM002", (1, 8), "&x"),
    ("a: &x [1, *x]\n", "XPM006", (1, 11), "*x"),
    ("&x\na:\n  b: *x\n", "XPM006", (3, 6), "*x"),
    ("a: &x\n  *x : 1\n", "XPM006", (2, 3), "*x"),
    ("a: 1\n---\nb: 2\n", "XPM003", (2, 1), "---"),
    ("a: 1\n---\n", "XPM003", (2, 1), "---"),
    ("a: 1\n...\n---\n# c\n", "XPM003", (3, 1), "---"),
    ("---\n---\n", "XPM003", (2, 1), "---"),
    ("a: 1\r\n--- b\r\n", "XPM003", (2, 1), "---"),
    ("a: 1\n...\nb\n", "XPM002", (3, 1), "b"),
    ("a:\n\tb: 1\n", "XPM002", (2, 1), "\t"),
    ("a: @b\n", "XPM002", (1, 4), "@"),
    ("a: `b`\n", "XPM002", (1, 4), "`"),
    ("a: b: c\n", "XPM002", (1, 5), ":"),
    ("a: 1\nb\nc: 2\n", "XPM002", (3, 1), "c"),
    ("a:\n   b: 1\n  c: 2\n", "XPM002", (3, 3), "c"),
    ("a: [1\nb: 2\n", "XPM002", (1, 4), "["),
    ("a: 'x\n", "XPM002", (1, 4), "'"),
    ("a: !e!x b\n", "XPM002", (1, 4), "!"),
    ("a: |x\n  b\n", "XPM002", (1, 5), "x"),
]


@pytest.mark.parametrize(("text", "code", "position", "fragment"), SYNTAX)
def test_reading_stops_at_the_first_problem(text: str, code: str, position: tuple[int, int], fragment: str) -> None:
    """A problem names the place where reading stopped; there is exactly one, and no root."""
    problem = only_problem(text.encode())
    assert problem.code == code
    assert problem.span is not None
    read = Document(text.encode())
    assert tuple(read.position(problem.span.start)) == position
    assert read.text[problem.span.start : problem.span.end] == fragment


@pytest.mark.parametrize(
    ("text", "help_text"),
    [
        ("a:\n\tb: 1\n", "use spaces"),
        ("a: @b\n", 'quote it: `"@'),
        ("a: `b`\n", 'quote it: `"`'),
        ("a: %b\n", 'quote it: `"%'),
        ("a: b: c\n", "quote a value that holds `: `"),
        ("a: 1\nb\nc: 2\n", "write `key: value`"),
        ("a:\n   b: 1\n  c: 2\n", "check its indentation"),
        ("a: \0\n", "as an escape"),
        ("a: &x 1\nb: &x 2\n", "another name"),
        ("a: 1\n---\n", "remove this `---`"),
    ],
)
def test_common_mistakes_come_with_the_next_step(text: str, help_text: str) -> None:
    """The mistakes that people make most are explained."""
    assert help_text in (only_problem(text.encode()).help or "")


@pytest.mark.parametrize(
    ("text", "message", "fragment"),
    [
        ("a: &x 1\nb: &x 2\n", "first defined here", "&x"),
        ("a: &x [1, *x]\n", "inside what it stands for", "&x"),
        ("a: ['b' c]\n", "it begins here", "["),
    ],
)
def test_problems_point_to_where_it_began(text: str, message: str, fragment: str) -> None:
    """A second place is shown where it helps."""
    problem = only_problem(text.encode())
    assert [(note.message, text[note.span.start : note.span.end]) for note in problem.notes] == [(message, fragment)]


@pytest.mark.parametrize(
    ("text", "offset"),
    [
        ("[" * 100_000, MAX_DEPTH),
        ("{" * 100_000, MAX_DEPTH),
        ("[" * 100_000 + "]" * 100_000, MAX_DEPTH),
        ("- " * 100_000, 2 * MAX_DEPTH),
        ("? " * 100_000, 2 * MAX_DEPTH),
        ("{a: " * 100_000, 4 * MAX_DEPTH),
    ],
)
def test_deep_nesting_is_refused_at_once(text: str, offset: int) -> None:
    """A hundred thousand brackets are refused at the first that is too deep."""
    start = time.perf_counter()
    problem = only_problem(text.encode())
    assert time.perf_counter() - start < 5
    assert problem.code == "XPM007"
    assert problem.span == Span(offset, offset + 1)
    assert "levels of nesting" in problem.message


def test_aliases_of_aliases_are_refused_at_once() -> None:
    """A billion nodes made of aliases are counted, not built."""
    start = time.perf_counter()
    text = aliases_of_aliases(9)
    problem = only_problem(text.encode())
    assert time.perf_counter() - start < 5
    assert problem.code == "XPM007"
    assert "nodes large" in problem.message
    assert problem.span is not None
    assert text[problem.span.start : problem.span.end].startswith("*a")


def test_many_harmless_aliases_are_read() -> None:
    """Aliases may add as many nodes as are allowed, and not one more."""
    count = MAX_ALIAS_NODES // 100
    text = "a: &a [" + "x, " * 99 + "]\nb: [" + "*a, " * count + "]\n"
    assert Document(text.encode()).problems == []
    assert only_problem((text + "c: *a\n").encode()).code == "XPM007"


@pytest.mark.parametrize("dialect", ["pyyaml", "libyaml"])
def test_nothing_is_raised_whatever_the_bytes(dialect: str) -> None:
    """Any bytes at all give a document with a root or without, and at most one problem."""
    for text in mutated_texts(600, 9):
        data = text.encode("utf-8", "surrogatepass")
        for piece in (data, data[::-1], data[len(data) // 3 :]):
            read = Document(piece, "pyyaml" if dialect == "pyyaml" else "libyaml")
            assert len(read.problems) <= 1
            assert read.root is None or not read.problems


@pytest.mark.parametrize("escape", ["\\U00110000", "\\Uffffffff"])
@pytest.mark.parametrize("dialect", ["pyyaml", "libyaml"])
def test_escapes_beyond_unicode_are_refused(escape: str, dialect: str) -> None:
    """An escape of no character is a problem where it stands."""
    read = Document(f'a: "x{escape}"\n'.encode(), "pyyaml" if dialect == "pyyaml" else "libyaml")
    assert [problem.code for problem in read.problems] == ["XPM002"]


@given(data=st.binary(max_size=40))
@settings(deadline=None, derandomize=True)
def test_nothing_is_raised_on_random_bytes(data: bytes) -> None:
    """Bytes that no editor wrote are read or refused."""
    read = Document(data)
    assert len(read.problems) <= 1


def test_the_dialect_decides_what_is_read() -> None:
    """A tab behind a colon is read as libyaml reads it, and refused as PyYAML refuses it."""
    assert Document(b"a:\tb\n", "libyaml").root is not None
    assert only_problem(b"a:\tb\n").code == "XPM002"


# -- time -----------------------------------------------------------------------------------------


def workspaces(count: int) -> str:
    """Settings with many workspaces, in many layouts."""
    piece = (
        "  - id: w{0}\n    path: /data/{0} # where\n    triggers: ['a-{0}*', \"b\\t{0}\"]\n"
        "    env:\n      NOTE: |\n        one\n        two\n      OTHER: plain text\n        that goes on\n"
    )
    return "workspaces:\n" + "".join(piece.format(number) for number in range(count))


SHAPES: dict[str, Callable[[int], str]] = {
    "workspaces": lambda size: workspaces(size // 150),
    "comments": lambda size: "# comment\n" * (size // 10) + "a: 1\n",
    "blank lines": lambda size: "a:\n" + "\n" * size + "  b: 1\n",
    "block scalar": lambda size: "a: |\n" + "  text\n" * (size // 7),
    "empty block scalar": lambda size: "a: |\n" + "\n" * size + "b: 1\n",
    "folded lines": lambda size: "a: x\n" + "  text\n" * (size // 7),
    "quoted lines": lambda size: 'a: "x\n' + "  te\\n\n" * (size // 7) + '  "\n',
    "flow": lambda size: "a: [" + "some text, " * (size // 11) + "]\n",
    "flow over lines": lambda size: "a: [\n" + "  some,\n" * (size // 8) + "]\n",
    "pairs in flow": lambda size: "a: [" + "some: text, " * (size // 12) + "]\n",
    "keys": lambda size: "".join(f"k{number}: 1\n" for number in range(size // 9)),
    "carriage returns": lambda size: "a: 1\r" + "# b\r\n" * (size // 5),
    "aliases": lambda size: "a: &x 1\nb:\n" + "- *x\n" * (size // 5),
    "one long word": lambda size: "a: " + "x" * size,
    "dashes": lambda size: "a: " + "-" * size,
    "colons": lambda size: "a: b" + ":" * size + "c",
    "quotes": lambda size: "a: '" + "''" * (size // 2) + "'",
    "escapes": lambda size: 'a: "' + "\\n" * (size // 2) + '"',
    "blanks": lambda size: "a: b" + " " * size + "c",
    "anchors": lambda size: "\n".join(f"a{n}: &x{n} 1" for n in range(size // 14)),
}


def seconds(text: str) -> float:
    """Processor time of the best of three readings, with all positions: other programs do not count."""
    data = text.encode()
    best = float("inf")
    for _ in range(3):
        start = time.process_time()
        read = Document(data)
        read.position(len(read.text))
        best = min(best, time.process_time() - start)
        assert read.problems == []
    return best


@pytest.mark.parametrize("shape", list(SHAPES))
def test_reading_takes_linear_time(shape: str) -> None:
    """Four times the text takes about four times as long, whatever fills it."""
    small, large = SHAPES[shape](30_000), SHAPES[shape](120_000)
    assert len(large) > 3.5 * len(small)
    # Below some milliseconds, the clock says more about the machine than about the reader.
    assert seconds(large) < 8 * max(seconds(small), 0.004)


@pytest.mark.parametrize("shape", list(SHAPES))
def test_the_shapes_say_what_they_are_for(shape: str) -> None:
    """Every shape is read, and grows with the size that is asked for."""
    assert Document(SHAPES[shape](2_000).encode()).problems == []
    assert 1_500 < len(SHAPES[shape](2_000)) < 2_600
