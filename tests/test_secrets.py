"""What is secret in a file, and that nothing of it is shown."""

from __future__ import annotations

from typing import Any

import pytest

from xpm_config.diagnostics import Diagnostic, Edit, Fix, Note, Severity, Span
from xpm_config.document import Document
from xpm_config.secrets import MASK, Secrets, is_telling, is_token


def show(text: str) -> str:
    """The whole text, masked."""
    document = Document(text.encode())
    return Secrets(document).masked(0, len(document.text))


def parsed(text: str) -> str:
    """The whole text, masked; the file must have been read."""
    document = Document(text.encode())
    assert document.root is not None, document.problems
    return Secrets(document).masked(0, len(document.text))


def broken(text: str) -> str:
    """The whole text, masked; the file must not have been read."""
    document = Document(text.encode())
    assert document.root is None
    return Secrets(document).masked(0, len(document.text))


@pytest.mark.parametrize("name", ["token", "TOKEN", "Token", " token ", "tokn", "tken", "toekn", "tokens", "tokenn"])
def test_token_and_what_looks_like_it_is_secret(name: str) -> None:
    """The key `token` counts in any case and when it is mistyped."""
    assert is_token(name)


@pytest.mark.parametrize(
    "name",
    [
        *("alt_workspaces", "carbon", "country_iso_code", "enabled", "env", "folders", "host", "id", "lock_mode"),
        *("max_done", "mode", "options", "path", "port", "provider", "python", "region", "server", "ssh", "ton", ""),
    ],
)
def test_the_other_settings_are_not_secret(name: str) -> None:
    """No key of the schema but `token` is taken for one that holds a secret."""
    assert not is_telling(name)


@pytest.mark.parametrize("name", ["HF_TOKEN", "api_key", "Secret", "PGPASSWORD", "AWS_CREDENTIALS", "tokn"])
def test_names_that_tell_of_a_secret(name: str) -> None:
    """A part of the name is enough, in any case."""
    assert is_telling(name)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("token: abc\n", "token: ********\n"),
        ("server: {host: h, Token: 'a b'}\n", "server: {host: h, Token: ********}\n"),
        ('carbon:\n  tokn: "abc" \n  region: x\n', "carbon:\n  tokn: ******** \n  region: x\n"),
        ("token:\nid: x\n", "token:\nid: x\n"),
        ("token: !abc\nid: x\n", "token: ********\nid: x\n"),
        ("token: |\n  abc\n\n  def\nid: x\n", "token: ********\nid: x\n"),
        ('token: "abc\n  def"\nid: x\n', "token: ********\nid: x\n"),
        ("token:\n- abc\n- def\nid: x\n", "token:\n********\nid: x\n"),
        ("token: {a: b, c: [d]}\nid: x\n", "token: ********\nid: x\n"),
        ("? token\n: abc\n", "? token\n: ********\n"),
        ("token: abc\ntoken: def\n", "token: ********\ntoken: ********\n"),
        ("- token: abc\n- token: é😀\n", "- token: ********\n- token: ********\n"),
        ("\ufefftoken: abc\r\nid: x\r\n", "\ufefftoken: ********\r\nid: x\r\n"),
    ],
)
def test_the_value_of_a_token_is_masked(text: str, expected: str) -> None:
    """Whatever its style and place, the whole value is masked and nothing else."""
    assert parsed(text) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("env: {HF_TOKEN: abc, CUDA: '1'}\n", "env: {HF_TOKEN: ********, CUDA: '1'}\n"),
        ("workspaces:\n- env:\n    API_KEY: 12\n    B: c\n", "workspaces:\n- env:\n    API_KEY: ********\n    B: c\n"),
        ("env:\n  secret: {a: b}\n", "env:\n  secret: ********\n"),
        ("env: {A: {my_pass: {b: c}}}\n", "env: {A: {my_pass: ********}}\n"),
        ("env:\n- HF_TOKEN=abc\n- B=c\n", "env:\n- ********\n- B=c\n"),
        ("env: {HF_TOKEN=abc, token:abc}\n", "env: {********, ********}\n"),
    ],
)
def test_telling_names_in_env_hide_their_values(text: str, expected: str) -> None:
    """In `env`, at any place, the name of a variable decides."""
    assert parsed(text) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("- token abc\n- path of x\n", "- ********\n- path of x\n"),
        ("{token 'abc', id: x}\n", "{********, id: x}\n"),
        ("host: h\n  token abc\nid: x\n", "host: ********\nid: x\n"),
        ("{token: , abc, id: x}\n", "{token: , ********, id: x}\n"),
        ("{token: , abc: d}\n", "{token: , abc: d}\n"),
        ("- &token: abc\n- !token=abc\n", "- ********: ********\n- ********\n"),
        ("{token:\n  # abc\n  def}\n", "{token:\n  ********\n  ********}\n"),
        ("token: |\n  abc\n # def\n# ghi\nid: x\n", "token: ********\n ********\n# ghi\nid: x\n"),
    ],
)
def test_mistakes_that_yaml_accepts_are_seen_through(text: str, expected: str) -> None:
    """A secret whose colon, quote or bracket went astray is still hidden."""
    assert parsed(text) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("api_key: abc\n", "api_key: ********\n"),
        ("ssh: {passwords: [abc]}\n", "ssh: {passwords: ********}\n"),
        ("x-keys:\n  a: {path: b}\n", "x-keys:\n  a: {path: b}\n"),
        ("x-secrets:\n  a: {token: b}\n", "x-secrets:\n  a: {token: ********}\n"),
    ],
)
def test_outside_env_a_telling_name_hides_leaves_only(text: str, expected: str) -> None:
    """A holder of anchors with such a name does not hide half the file."""
    assert parsed(text) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("x-t: &t abc\ntoken: *t\n", "x-t: ********\ntoken: ********\n"),
        ("token: &t abc\nid: *t\n", "token: ********\nid: *t\n"),
        ("x-a: &a {b: &b abc}\ntoken: *a\nid: *b\n", "x-a: ********\ntoken: ********\nid: *b\n"),
        ("x-b: &b abc\nx-a: [&a [*b]]\ntoken: *a\n", "x-b: ********\nx-a: [********]\ntoken: ********\n"),
        ("x-e: &e {A_KEY: {b: c}}\nenv: *e\n", "x-e: &e {A_KEY: ********}\nenv: *e\n"),
        ("x-e: &e {A_KEY: {b: c}}\nenv:\n  <<: [*e]\n", "x-e: &e {A_KEY: ********}\nenv:\n  <<: [*e]\n"),
        ("x-k: &k token\nserver: {*k : abc}\n", "x-k: &k token\nserver: {*k : ********}\n"),
    ],
)
def test_secrets_are_followed_through_anchors(text: str, expected: str) -> None:
    """An alias that is a secret hides its definition, and merged keys count as those of the mapping."""
    assert parsed(text) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("id: x\n# token: abc\n", "id: x\n# token: ********\n"),
        ("id: x # HF_TOKEN=abc def\n", "id: x # HF_TOKEN=********\n"),
        ("token: abc # def\n", "token: ******** ********\n"),
        ("token: # abc\n", "token: ********\n"),
        ("id: x # path: y\n", "id: x # path: y\n"),
        ("# token:\n#   abc\n# path: x\nid: x\n", "# token:\n********\n# path: x\nid: x\n"),
        ("# token: abc\nid: x\n#    note\n", "# token: ********\nid: x\n#    note\n"),
        ("# token: abc\n", "# token: ********\n"),
    ],
)
def test_secrets_in_comments_are_masked(text: str, expected: str) -> None:
    """A setting that was commented out, and a comment right behind a secret, are hidden."""
    assert show(text) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("token: abc\n\tid: x\n", "token: ********\n\t********\n"),
        ("a: @\nHF_TOKEN: abc def\nid: x\n", "a: @\nHF_TOKEN: ********\nid: x\n"),
        ("a: @\n{id: a, 'Token' : abc, b: c}\n", "a: @\n{id: a, 'Token' : ********\n"),
        ("a: @\ntoken abc\nid: x\n", "a: @\ntoken ********\nid: x\n"),
        ("a: @\nexport PGPASS=abc\n", "a: @\nexport PGPASS=********\n"),
        ("a: @\n- token:\n    abc\n\n    def\n  id: x\n", "a: @\n- token:\n    ********\n\n    ********\n  id: x\n"),
        ("a: @\ntoken:\n- abc\nid: x\n", "a: @\ntoken:\n********\nid: x\n"),
        (
            "a: @\ntoken: |\n  abc\n# note\n  def\nid: x\n",
            "a: @\ntoken: ********\n  ********\n# ********\n  ********\nid: x\n",
        ),
        ('a: @\ntoken: "abc\ndef"\nid: x\n', "a: @\ntoken: ********\n********\nid: x\n"),
        ('a: @\ntoken: "abc\ndef\nid: x\n', "a: @\ntoken: ********\n********\n********\n"),
        ("a: @\ntoken: 'it''s\ndef'\nid: x\n", "a: @\ntoken: ********\n********\nid: x\n"),
        ("a: @\ntoken: 'abc\\' # 'x\nid: x\n", "a: @\ntoken: ********\nid: x\n"),
        ('a: @\ntoken: "abc\\\\"\nid: x\n', "a: @\ntoken: ********\nid: x\n"),
        ('a: @\ntoken: [\n"abc]",\ndef\n]\nid: x\n', "a: @\ntoken: ********\n********\n********\n********\nid: x\n"),
        ('@{\n"token":\n"abc"\n}\n', '@{\n"token":\n********\n********\n'),
        ("a: @\n# token: abc\nid: x\n", "a: @\n# token: ********\nid: x\n"),
        ("token: *abc\nid: x\n", "token: ********\nid: x\n"),
        ("\ufefftoken: abc\r\n\tid\r\nid: @\r\n", "\ufefftoken: ********\r\n\t********\r\nid: @\r\n"),
        ("token: abc\rid: @\r", "token: ********\rid: @\r"),
        (
            "a: @\nsecret:\n    token: 'a\n    b'\n  c\nid: x\n",
            "a: @\nsecret:\n    ********\n    ********\n  ********\nid: x\n",
        ),
    ],
)
def test_a_broken_file_is_searched_as_text(text: str, expected: str) -> None:
    """All behind a telling name is hidden, with the lines that its value may go on in."""
    assert broken(text) == expected


def test_spans_are_in_order_and_apart() -> None:
    """Secrets inside secrets are one span."""
    document = Document(b"env: {A_KEY: [token: x, b], C: d}\ntoken: e\n")
    assert Secrets(document).spans == (Span(13, 26), Span(41, 42))


def test_a_file_without_text_has_no_secrets() -> None:
    """A file that is not UTF-8, or is empty, has nothing to hide."""
    assert Secrets(Document(b"token: \xff")).spans == ()
    assert Secrets(Document(b"")).spans == ()


def test_part_of_a_secret_is_a_whole_mask() -> None:
    """Whatever piece of a secret is asked for, its length does not show."""
    document = Document(b"token: abcdef # x\n")
    assert [Secrets(document).masked(start, end) for start, end in ((0, 8), (9, 10), (5, 7), (8, 8))] == [
        "token: " + MASK,
        MASK,
        ": ",
        "",
    ]


def test_pieces_cut_at_secrets() -> None:
    """The pieces of a range are in order and leave nothing out."""
    secrets = Secrets(Document(b"{token: abc, tokn: d}"))
    assert list(secrets.pieces(2, 20)) == [(2, 8, False), (8, 11, True), (11, 19, False), (19, 20, True)]
    assert list(secrets.pieces(9, 10)) == [(9, 10, True)]
    assert list(secrets.pieces(11, 19)) == [(11, 19, False)]


@pytest.mark.parametrize(
    ("start", "end", "hidden"),
    [(0, 7, False), (0, 8, True), (7, 7, False), (8, 8, True), (10, 10, False), (9, 12, True), (10, 12, False)],
)
def test_hides_tells_whether_a_secret_is_touched(start: int, end: int, hidden: bool) -> None:
    """An insertion beside a secret touches nothing of it; one inside does."""
    assert Secrets(Document(b"token: abc\nid: x\n")).hides(start, end) is hidden


def finding(message: str, span: Span | None = None, **more: Any) -> Diagnostic:
    """A finding with these words."""
    return Diagnostic("XPM101", Severity.ERROR, message, span)._replace(**more)


@pytest.mark.parametrize(
    ("text", "message", "expected"),
    [
        ("token: *hunter2\n", "the alias `*hunter2` has no anchor", "the alias `********` has no anchor"),
        ("token: hunter2\n", "found 'hunter2' here", "found '********' here"),
        ("token: 'hunter 22'\n", "found hunter 22 here", "found ******** here"),
        ('token: "hun\\x74er2"\n', "found hunter2 here", "found ******** here"),
        ("token: hunter2\n", "the value `hunter` is odd", "the value `********` is odd"),
        ("token: hunter2\n", "the value `unter` is odd", "the value `unter` is odd"),
        ("token: 3.10\n", "quote it: `'3.1'`", "quote it: `'3.1'`"),
        ("{token: *abc, id: x}\n", "the alias `*abc` has no anchor", "the alias `********` has no anchor"),
        ("a: {token:hunter2}\n", "unknown key `token:hunter2`", "unknown key `********`"),
        ("token: path\npath: x\n", "unknown key `path`", "unknown key `path`"),
        ("token: true\n", "this is true or `no`", "this is true or `no`"),
        ("id: hunter2\n", "found `hunter2`", "found `hunter2`"),
    ],
)
def test_messages_quote_no_secret(text: str, message: str, expected: str) -> None:
    """What a message quotes is masked when it is part of a secret, and stays when it is a key."""
    assert Secrets(Document(text.encode())).redacted(finding(message)) == finding(expected)


def test_a_number_made_of_a_secret_is_masked() -> None:
    """What the loader makes of a secret is as secret as its text."""
    secrets = Secrets(Document(b"env:\n  A_KEY: 010\n  B: 010\n"))
    message = "experimaestro will see `8`: quote it"
    assert secrets.redacted(finding(message, Span(14, 17))).message == "experimaestro will see `********`: quote it"
    assert secrets.redacted(finding(message, Span(23, 26))).message == message


def test_a_finding_inside_a_secret_quotes_no_part_of_it() -> None:
    """Even a short part is masked where the finding is about the secret itself."""
    secrets = Secrets(Document(b"token: hunter2\n"))
    assert secrets.redacted(finding("`unt` is odd", Span(8, 11))).message == "`********` is odd"


def test_every_word_of_a_finding_is_redacted() -> None:
    """Notes, help, the title of the fix and the key are looked at as well; places and edits stay."""
    fix = Fix("remove `hunter2`", (Edit(0, 1, ""),), safe=True)
    note = Note("see `hunter2`", Span(0, 1))
    diagnostic = finding("m", Span(0, 1), notes=(note,), help="not `hunter2`", fix=fix, key="a.hunter2")
    assert Secrets(Document(b"token: hunter2")).redacted(diagnostic) == finding(
        "m",
        Span(0, 1),
        notes=(Note("see `********`", Span(0, 1)),),
        help="not `********`",
        fix=Fix("remove `********`", (Edit(0, 1, ""),), safe=True),
        key="a.********",
    )


@pytest.mark.parametrize(
    ("edit", "shown"),
    [
        (Edit(7, 14, "'x'"), True),
        (Edit(8, 8, "x"), True),
        (Edit(7, 7, "'"), False),
        (Edit(0, 5, "Token"), False),
        (Edit(15, 15, "token: hunter2\n"), True),
    ],
)
def test_a_fix_that_holds_a_secret_is_known(edit: Edit, shown: bool) -> None:
    """An edit shows a secret when it replaces a part of it or repeats it."""
    secrets = Secrets(Document(b"token: hunter2\nid: x\n"))
    assert secrets.shown_by(Fix("f", (Edit(16, 17, "d"), edit), safe=True)) is shown


def test_a_large_broken_file_is_searched_quickly() -> None:
    """A megabyte takes no more than a look at each line."""
    text = "HF_TOKEN: abcdef\nid: x\n" * 40_000
    document = Document(("a: @\n" + text).encode())
    spans = Secrets(document).spans
    assert len(spans) == 40_000
