"""What people read: places, excerpts with carets, help, and the summary."""

from __future__ import annotations

import io

import pytest

from xpm_config.diagnostics import Diagnostic, Edit, Fix, Note, Severity, Span
from xpm_config.document import Document
from xpm_config.report import Summary, summarise
from xpm_config.report.text import printable, render, wants_colour
from xpm_config.validate import FileReport

SETTINGS = "workspaces:\n  - id: a\n    port: 70000\n  - id: a\n"

DUPLICATE = Diagnostic(
    "XPM201",
    Severity.WARNING,
    "the id `a` is used twice",
    Span(46, 47),
    notes=(Note("first defined here", Span(20, 21)), Note("in this entry", Span(42, 47))),
    fix=Fix("rename it", (), safe=False),
    key="workspaces[1].id",
)
TOO_LARGE = Diagnostic(
    "XPM104",
    Severity.ERROR,
    "`port` is at most 65535",
    Span(32, 37),
    help="write a port number",
    fix=Fix("write 65535", (Edit(32, 37, "65535"),), safe=True),
    key="workspaces[0].port",
)


def report(text: str, *diagnostics: Diagnostic, path: str = "settings.yaml", target: str = "2.7.0") -> FileReport:
    """A report on a file with this text."""
    return FileReport(path, Document(text.encode()), 2, target, not diagnostics, diagnostics)


def excerpt(text: str, part: str) -> list[str]:
    """The two lines that show a part of a text, without the gutter."""
    start = text.index(part)
    diagnostic = Diagnostic("XPM104", Severity.ERROR, "m", Span(start, start + len(part)))
    lines = render([report(text, diagnostic)], colour=False).splitlines()
    assert [line[5:7] for line in lines[1:3]] == [" |", " |"]
    return [line[8:] for line in lines[1:3]]


def test_findings_with_everything() -> None:
    """A finding has its place, line, notes and help; a summary ends the output."""
    assert (
        render([report(SETTINGS, TOO_LARGE, DUPLICATE)], colour=False)
        == """\
settings.yaml:3:11: error[XPM104]: `port` is at most 65535
    3 |     port: 70000
      |           ^^^^^
  help: write a port number (fixed by --fix)

settings.yaml:4:9: warning[XPM201]: the id `a` is used twice
    4 |   - id: a
      |         ^
  note: settings.yaml:2:9: first defined here
    2 |   - id: a
      |         ^
  note: settings.yaml:4:5: in this entry
  help: rename it (fixed by --unsafe-fixes)

1 error and 1 warning in 1 file; 1 fixable with --fix; 1 more fixable with --unsafe-fixes
"""
    )


def test_colours() -> None:
    """Severity, places and labels are coloured, by escapes that always end."""
    red, blue, bold, end = "\x1b[1;31m", "\x1b[1;34m", "\x1b[1m", "\x1b[0m"
    note = Note("here", Span(20, 21))
    assert render([report(SETTINGS, TOO_LARGE._replace(notes=(note,)))], colour=True) == (
        f"{bold}settings.yaml:3:11:{end} {red}error[XPM104]:{end} `port` is at most 65535\n"
        f"{blue}    3 |{end}     port: 70000\n"
        f"{blue}      |{end}           {red}^^^^^{end}\n"
        f"  {blue}note:{end} {bold}settings.yaml:2:9:{end} here\n"
        f"{blue}    2 |{end}   - id: a\n"
        f"{blue}      |{end}         {blue}^{end}\n"
        f"  \x1b[1;36mhelp:{end} write a port number (fixed by --fix)\n"
        f"\n{red}1 error{end} in 1 file; 1 fixable with --fix\n"
    )


def test_a_finding_without_a_place_has_no_excerpt() -> None:
    """What is wrong with the file as a whole stands at its name."""
    diagnostic = Diagnostic("XPM001", Severity.ERROR, "the file is UTF-16, not UTF-8", help="save it as UTF-8")
    assert render([report("", diagnostic)], colour=False) == (
        "settings.yaml: error[XPM001]: the file is UTF-16, not UTF-8\n  help: save it as UTF-8\n\n1 error in 1 file\n"
    )


def test_clean_files_are_named() -> None:
    """A few clean files get a line each, with the release they were checked against."""
    reports = [report("id: x\n", path="a.yaml"), report("", path="<stdin>", target="2.3.6")]
    assert render(reports, colour=False) == "a.yaml: ok (experimaestro 2.7.0)\n<stdin>: ok (experimaestro 2.3.6)\n"


def test_many_clean_files_are_counted() -> None:
    """More clean files than one wants to read are one line."""
    assert render([report("")] * 6, colour=False) == "6 files: ok (experimaestro 2.7.0)\n"


def test_many_clean_files_for_several_releases_are_named() -> None:
    """Releases are never mixed into one line."""
    reports = [report("")] * 5 + [report("", target="2.3.6")]
    ok = "settings.yaml: ok (experimaestro 2.7.0)\n"
    assert render(reports, colour=False) == ok * 5 + "settings.yaml: ok (experimaestro 2.3.6)\n"


def test_clean_files_beside_findings() -> None:
    """Clean files come behind the findings, and the summary counts the others only."""
    broken = Diagnostic("XPM101", Severity.WARNING, "m")
    unsafe = broken._replace(fix=Fix("guess", (), safe=False))
    reports = [report("", broken, path="a"), report("", path="b"), report("", broken, unsafe, path="c")]
    assert render(reports, colour=False) == (
        "a: warning[XPM101]: m\n\nc: warning[XPM101]: m\n\n"
        "c: warning[XPM101]: m\n  help: guess (fixed by --unsafe-fixes)\n\n"
        "b: ok (experimaestro 2.7.0)\n\n3 warnings in 2 files; 1 fixable with --unsafe-fixes\n"
    )


def test_no_files_give_no_output() -> None:
    """Without reports there is nothing to say."""
    assert render([], colour=False) == ""


def test_summarise_counts_findings_and_fixes() -> None:
    """Errors, warnings and the two kinds of fixes are counted over all files."""
    assert summarise([report(SETTINGS, TOO_LARGE, DUPLICATE), report(SETTINGS, TOO_LARGE), report("")]) == Summary(
        files=3, errors=2, warnings=1, fixable=2, unsafe_fixable=1
    )
    assert summarise([]) == Summary(0, 0, 0, 0, 0)


@pytest.mark.parametrize(
    ("text", "part", "line", "carets"),
    [
        ("a: b\r\nc: d\r\n", "d", "c: d", "   ^"),
        ("\ufeffa: b\n", "b", "a: b", "   ^"),
        ("日本: x\n", "x", "日本: x", "      ^"),
        ("a: 日本\n", "日本", "a: 日本", "   ^^^^"),
        ("e\u0301: x\n", "x", "e\u0301: x", "   ^"),
        ("é: x\n", "x", "é: x", "   ^"),
        ("😀: x\n", "x", "😀: x", "    ^"),
        ("👨\u200d👩\u200d👧: x\n", "x", "👨\u200d👩\u200d👧: x", "    ^"),
        ("❤\ufe0f: x\n", "x", "❤\ufe0f: x", "    ^"),
        ("a:\tx\n", "x", "a:  x", "    ^"),
        ("日:\t\tx\n", "x", "日:     x", "        ^"),
        ("a: \xa0x\n", "x", "a: \\xa0x", "       ^"),
        ("a: '\u202ex' # y\n", "# y", "a: '\\u202ex' # y", "             ^^^"),
        ("a: \U000e0001 x\n", "x", "a: \\U000e0001 x", "              ^"),
        ("a: \x1b[31m\n", "[31m", "a: \\x1b[31m", "       ^^^^"),
        ("a: b\n", "\n", "a: b", "    ^"),
        ("a: |\n  b\n  c\n", "|\n  b", "a: |", "   ^"),
        ("a:\n\nb", "\nb", "", "^"),
    ],
)
def test_carets_stand_below_what_they_mean(text: str, part: str, line: str, carets: str) -> None:
    """Wide, combined, invisible and dangerous characters keep their columns."""
    assert excerpt(text, part) == [line, carets]


def test_an_empty_span_has_one_caret() -> None:
    """An empty place, such as a missing value, is still shown."""
    diagnostic = Diagnostic("XPM104", Severity.ERROR, "m", Span(2, 2))
    assert render([report("a:\nb: c\n", diagnostic)], colour=False) == (
        "settings.yaml:1:3: error[XPM104]: m\n    1 | a:\n      |   ^\n\n1 error in 1 file\n"
    )


@pytest.mark.parametrize(
    ("text", "part", "line", "carets"),
    [
        ("token: abcdef\n", "abcdef", "token: ********", "       ^^^^^^^^"),
        ("token: abcdef\n", "cd", "token: ********", "       ^^^^^^^^"),
        ("{token: a, id: xy}\n", "xy", "{token: ********, id: xy}", "                      ^^"),
        ("{id: x, token: a, b: c}\n", "id: x, token: a", "{id: x, token: ********, b: c}", " ^^^^^^^^^^^^^^^^^^^^^^"),
        ("token: abc\n\tid: x\n", "\t", "    ********", "^^^^"),
        ("token: 'a\n  b'\nid: x\n", "b", "********", "^^^^^^^^"),
        ("a: @ # token: x\n", "@", "a: @ # token: ********", "   ^"),
    ],
)
def test_secrets_are_masked_and_carets_follow(text: str, part: str, line: str, carets: str) -> None:
    """A secret shows as eight stars whatever its length, and places behind it move with it."""
    assert excerpt(text, part) == [line, carets]


def test_messages_and_names_cannot_drive_the_terminal() -> None:
    """Escapes, line breaks and bytes that are no text are written out, in paths and words alike."""
    diagnostic = Diagnostic("XPM104", Severity.ERROR, "m\x1b[2J\nn", help="h\r\x07")
    assert render([report("", diagnostic, path="a\x1b\udcff\n\x9b.yaml")], colour=False) == (
        "a\\x1b\\xff\\n\\x9b.yaml: error[XPM104]: m\\x1b[2J\\nn\n  help: h\\r\\x07\n\n1 error in 1 file\n"
    )
    assert render([report("", path="a\x1b", target="\x1b")], colour=False) == "a\\x1b: ok (experimaestro \\x1b)\n"


def test_messages_quote_no_secret() -> None:
    """The words of a finding are masked as its line is."""
    diagnostic = Diagnostic("XPM002", Severity.ERROR, "the alias `*hunter2` has no anchor", Span(7, 15))
    assert render([report("token: *hunter2\n", diagnostic)], colour=False) == (
        "settings.yaml:1:8: error[XPM002]: the alias `********` has no anchor\n"
        "    1 | token: ********\n      |        ^^^^^^^^\n\n1 error in 1 file\n"
    )


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("plain é 日本", "plain é 日本"),
        ("a\tb", "a\\tb"),
        ("\u2028\ud800", "\\u2028\\ud800"),
        ("👨\u200d👩", "👨\u200d👩"),
    ],
)
def test_printable(text: str, expected: str) -> None:
    """Text that a terminal shows stays; all else is an escape."""
    assert printable(text) == expected


@pytest.mark.parametrize(
    ("text", "part", "line", "carets"),
    [
        ("k: " + "x" * 109, "k", "k: " + "x" * 109, "^"),
        ("k: " + "x" * 110, "k", "k: " + "x" * 108 + "…", "^"),
        ("k: " + "x" * 110 + "y", "y", "…" + "x" * 110 + "y", " " * 111 + "^"),
        (
            "k: " + "x" * 300 + "yyyy" + "z" * 300,
            "yyyy",
            "…" + "x" * 53 + "yyyy" + "z" * 53 + "…",
            " " * 54 + "^" * 4,
        ),
        ("k: " + "x" * 300, "x" * 300, "k: " + "x" * 108 + "…", "   " + "^" * 109),
        (
            "k: " + "x" * 200 + "y" * 300,
            "y" * 300,
            "…" + "x" * 13 + "y" * 97 + "…",
            " " * 14 + "^" * 98,
        ),
        ("k: " + "日" * 200 + "yz", "z", "…" + "日" * 54 + "yz", " " * 110 + "^"),
        ("k: '" + "日" * 200 + "yz", "z", "…" + "日" * 54 + "yz", " " * 110 + "^"),
    ],
)
def test_long_lines_are_cut_around_the_span(text: str, part: str, line: str, carets: str) -> None:
    """No line is wider than 120 columns, and what it is about stays in sight."""
    shown = excerpt(text, part)
    assert shown == [line, carets]
    assert max(len(row) for row in shown) <= 112


class Terminal(io.StringIO):
    """A stream that is a terminal."""

    def isatty(self) -> bool:
        """It is."""
        return True


@pytest.mark.parametrize(
    ("stream", "environ", "expected"),
    [
        (Terminal(), {}, True),
        (io.StringIO(), {}, False),
        (Terminal(), {"TERM": "dumb"}, False),
        (Terminal(), {"NO_COLOR": "1"}, False),
        (Terminal(), {"NO_COLOR": ""}, True),
        (io.StringIO(), {"FORCE_COLOR": "1"}, True),
        (io.StringIO(), {"CLICOLOR_FORCE": "1", "TERM": "dumb"}, True),
        (io.StringIO(), {"FORCE_COLOR": "0", "CLICOLOR_FORCE": ""}, False),
        (Terminal(), {"NO_COLOR": "1", "FORCE_COLOR": "1"}, False),
    ],
)
def test_wants_colour(stream: io.StringIO, environ: dict[str, str], expected: bool) -> None:
    """Terminals get colour, and the environment can ask for it or forbid it."""
    assert wants_colour(stream, environ) is expected
