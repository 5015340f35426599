"""The unified diff: it leads from the old text to the new one, shows little around it, and hides secrets."""

from __future__ import annotations

import difflib
import re
from typing import TYPE_CHECKING

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests import patching
from xpm_config.diagnostics import Edit
from xpm_config.document import Document
from xpm_config.report import diff
from xpm_config.secrets import MASK

if TYPE_CHECKING:
    from pathlib import Path

LINES = [f"line {number}" for number in range(40)]
TEXT = "".join(f"{line}\n" for line in LINES)


def rendered(text: str, edits: list[Edit], *, colour: bool = False) -> tuple[bytes, str]:
    """The bytes after the edits, and the diff."""
    old = Document(text.encode())
    new = Document(old.edited(edits))
    return new.data, diff.render("a.yaml", old, new, edits, colour=colour)


def replaced(text: str, *pairs: tuple[str, str]) -> list[Edit]:
    """Edits that replace pieces of a text, each of which stands in it once."""
    return [Edit(text.index(old), text.index(old) + len(old), new) for old, new in pairs]


# -- what is shown ----------------------------------------------------------------------------------------


def test_a_change_is_shown_with_three_lines_around_it() -> None:
    """A hunk has the lines that go, those that come, and three that stay on each side."""
    _, shown = rendered(TEXT, replaced(TEXT, ("line 10\n", "new\n")))
    assert shown == (
        "--- a.yaml\n+++ a.yaml\n@@ -8,7 +8,7 @@\n line 7\n line 8\n line 9\n-line 10\n+new\n"
        " line 11\n line 12\n line 13\n"
    )


def test_changes_that_are_near_share_a_hunk() -> None:
    """Six lines between two changes are the context of both; seven part them."""
    _, near = rendered(TEXT, replaced(TEXT, ("line 10\n", "x\n"), ("line 17\n", "y\n")))
    assert near.count("@@ -") == 1
    assert "@@ -8,14 +8,14 @@\n" in near
    _, far = rendered(TEXT, replaced(TEXT, ("line 10\n", "x\n"), ("line 18\n", "y\n")))
    assert re.findall("@@ .* @@", far) == ["@@ -8,7 +8,7 @@", "@@ -16,7 +16,7 @@"]


def test_later_hunks_count_the_lines_that_came_before() -> None:
    """Behind two added lines, the new line numbers are two ahead."""
    _, shown = rendered(TEXT, replaced(TEXT, ("line 5\n", "x\ny\nline 5\n"), ("line 30\n", "")))
    assert re.findall("@@ .* @@", shown) == ["@@ -3,6 +3,8 @@", "@@ -28,7 +30,6 @@"]


def test_equal_lines_at_the_ends_of_an_edit_are_context() -> None:
    """An edit that rewrites many lines alike shows only those that differ."""
    _, shown = rendered(TEXT, replaced(TEXT, ("line 5\nline 6\nline 7\n", "line 5\nsix\nline 7\n")))
    assert [line for line in shown.splitlines() if line[0] in "+-"][2:] == ["-line 6", "+six"]


def test_an_edit_that_changes_nothing_is_not_shown() -> None:
    """Without a difference there is no hunk."""
    _, shown = rendered(TEXT, replaced(TEXT, ("line 5", "line 5")))
    assert shown == "--- a.yaml\n+++ a.yaml\n"


def test_the_missing_line_end_is_marked_where_it_is_missing() -> None:
    """A last line without a line break is followed by the marker, on each side by itself."""
    _, shown = rendered("a: 1\nb: 2", replaced("a: 1\nb: 2", ("2", "3")))
    assert shown.endswith("-b: 2\n\\ No newline at end of file\n+b: 3\n\\ No newline at end of file\n")
    _, shown = rendered("a: 1\nb: 2", [Edit(9, 9, "\n")])
    assert shown.endswith(" a: 1\n-b: 2\n\\ No newline at end of file\n+b: 2\n")
    _, shown = rendered("a: 1\nb: 2", replaced("a: 1\nb: 2", ("1", "3")))
    assert shown.endswith("-a: 1\n+a: 3\n b: 2\n\\ No newline at end of file\n")


def test_the_name_of_the_file_is_shown_safely() -> None:
    """A file name cannot steer the terminal."""
    document = Document(b"a: 1\n")
    assert (
        diff.render("a\x1b[31m\nb", document, document, [], colour=False) == "--- a\\x1b[31m\\nb\n+++ a\\x1b[31m\\nb\n"
    )


def test_what_would_steer_a_terminal_is_shown_as_an_escape() -> None:
    """Characters that are not seen are written out; tabs, which `patch` needs, stay."""
    text = "a: 1\t# \u202e\x85 é\n"
    _, shown = rendered(text, replaced(text, ("1", "2")))
    assert "-a: 1\t# \\u202e\\x85 é\n" in shown


def test_colours() -> None:
    """Lines that go are red, lines that come green, places cyan, and the rest plain."""
    text = "a: 1\nb: 2\n"
    _, plain = rendered(text, replaced(text, ("2", "3")))
    _, coloured = rendered(text, replaced(text, ("2", "3")), colour=True)
    assert coloured == (
        "\x1b[31m--- a.yaml\x1b[0m\n\x1b[32m+++ a.yaml\x1b[0m\n\x1b[36m@@ -1,2 +1,2 @@\x1b[0m\n"
        " a: 1\n\x1b[31m-b: 2\x1b[0m\n\x1b[32m+b: 3\x1b[0m\n"
    )
    assert re.sub("\x1b\\[[0-9]*m", "", coloured) == plain


# -- secrets ----------------------------------------------------------------------------------------------

SECRETS = """\
server:
  token: abcdefgh
  port: 1
env:
  HF_TOKEN: ijklmnop
  A: '1'
  LONG_KEY: >-
    qrstuvwx
    yzabcdef
"""


@pytest.mark.parametrize(
    "edits",
    [
        replaced(SECRETS, ("port: 1", "port: 2")),
        replaced(SECRETS, ("A: '1'", "A: '2'")),
        replaced(SECRETS, ("HF_TOKEN: ijklmnop", "HF_TOKEN:   ijklmnop  # moved")),
        replaced(SECRETS, (SECRETS, SECRETS.replace("\n", "\r\n"))),
        replaced(SECRETS, ("    qrstuvwx\n", "    qrstuvwx\n\n"), ("server:\n  token: abcdefgh\n  port: 1\n", "")),
    ],
)
def test_secrets_are_hidden(edits: list[Edit]) -> None:
    """On lines that go, come and stay, in values of one line and of several."""
    _, shown = rendered(SECRETS, edits)
    for secret in ("abcdefgh", "ijklmnop", "qrstuvwx", "yzabcdef"):
        assert secret not in shown
    assert MASK in shown


# -- it leads to the new text -----------------------------------------------------------------------------


PIECES = st.lists(
    st.sampled_from(["a: 1", "b: [2]", "- x", "  # é 🚀", "\tz", "", "\ufeff", "k", "\\ No newline at end of file"]),
    max_size=30,
)
BREAKS = st.sampled_from(["\n", "\r\n", "\n\n"])


@st.composite
def changes(draw: st.DrawFn, line_break: str | None = None) -> tuple[str, list[Edit]]:
    """A text and edits of it, which may touch, and may be empty."""
    pieces = draw(PIECES)
    text = "".join(piece + (line_break or draw(BREAKS)) for piece in pieces)
    if draw(st.booleans()):
        text = text.rstrip("\r\n")
    if draw(st.booleans()):
        text = "\ufeff" + text
    places = sorted(draw(st.lists(st.integers(0, len(text)), max_size=8)))
    # No edit parts a CRLF: to `patch`, a CR alone ends no line.
    places = [place - (text[place - 1 : place + 1] == "\r\n") for place in places]
    edits = []
    for start, end in zip(places[::2], places[1::2], strict=False):
        added = "".join(draw(st.lists(st.sampled_from(["x", "y: z", "\n", "\r\n", "a: 1\n"]), max_size=4)))
        edits.append(Edit(start, end, added))
    return text, edits


@settings(max_examples=400, deadline=None, derandomize=True)
@given(changes())
def test_the_diff_leads_to_the_new_text(change: tuple[str, list[Edit]]) -> None:
    """Applied by hand, the hunks of any edits give the new text, whatever ends its lines."""
    text, edits = change
    new, shown = rendered(text, edits)
    assert patching.by_hand(text.encode(), shown.encode()) == new


@pytest.mark.skipif(patching.PATCH is None, reason="patch is not installed")
@settings(max_examples=60, deadline=None, derandomize=True, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(change=changes())
def test_patch_takes_the_diff(tmp_path: Path, change: tuple[str, list[Edit]]) -> None:
    """The `patch` program takes every hunk at its place."""
    text, edits = change
    new, shown = rendered(text, edits)
    if new != text.encode():
        assert patching.with_program(text.encode(), shown.encode(), tmp_path) == new


@settings(max_examples=200, deadline=None, derandomize=True)
@given(change=changes("\r"))
def test_lines_that_end_with_a_cr_are_lines(change: tuple[str, list[Edit]]) -> None:
    """With CR alone, the diff is that of the same text with line feeds."""
    text, edits = change
    edits = [edit._replace(text=edit.text.replace("\r\n", "\r").replace("\n", "\r")) for edit in edits]
    new, shown = rendered(text, edits)
    assert patching.by_hand(text.replace("\r", "\n").encode(), shown.encode()) == new.replace(b"\r", b"\n")


@settings(max_examples=200, deadline=None, derandomize=True)
@given(changes("\n"))
def test_the_diff_is_hardly_longer_than_the_edits(change: tuple[str, list[Edit]]) -> None:
    """No more lines change than the edits touch, and each hunk begins and ends near a change."""
    text, edits = change
    new, shown = rendered(text, edits)
    touched = sum(edit.text.count("\n") + text[edit.start : edit.end].count("\n") + 2 for edit in edits)
    changed = [line for line in shown.split("\n")[2:] if line[:1] in ("+", "-")]
    assert len(changed) <= touched
    peer = list(difflib.unified_diff(text.split("\n"), new.decode().split("\n"), n=3, lineterm=""))
    assert bool(peer) == ("@@" in shown)
    for body in re.split(r"^@@.*@@\n", shown, flags=re.MULTILINE)[1:]:
        signs = "".join(line[:1] for line in body.split("\n") if line and not line.startswith("\\"))
        assert len(signs) - len(signs.lstrip(" ")) <= 3
        assert len(signs) - len(signs.rstrip(" ")) <= 3
