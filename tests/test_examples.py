"""The example files: each one is checked through the API and through the command line.

A file under `valid/` has no error. A file under `invalid/` has a finding of the code that its name begins
with, and its text report is the `.out` file beside it, byte for byte. `XPM_UPDATE=1` writes these anew.
A first line such as `# target: 2.5.2` names the release that a file is for.
"""

from __future__ import annotations

import os
import re
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from xpm_config import cli, loaders, target
from xpm_config.codes import CODES
from xpm_config.diagnostics import Severity
from xpm_config.document import MAX_BYTES, Document
from xpm_config.validate import check

if TYPE_CHECKING:
    from collections.abc import Iterator

    from xpm_config.diagnostics import Diagnostic, Edit, Fix
    from xpm_config.releases import Release
    from xpm_config.validate import FileReport

ROOT = Path(__file__).parents[1]
EXAMPLES = ROOT / "tests" / "examples"
VALID = sorted((EXAMPLES / "valid").glob("*.yaml"))
INVALID = sorted((EXAMPLES / "invalid").glob("*.yaml"))
SHOWN = sorted((ROOT / "examples").glob("*.yaml"))

ENVIRON = {"HOME": "/home/me", "XPM_EXAMPLE": "/data/example"}
"""The only variables that the examples see."""

NEWEST = "2.7.0"

# There is no such file to show: what reading it gives is tested with the reading of files.
WITHOUT_FILE = {"XPM008"}

each_file = pytest.mark.parametrize("path", VALID + INVALID + SHOWN, ids=lambda path: f"{path.parent.name}/{path.stem}")
each_valid = pytest.mark.parametrize("path", VALID, ids=lambda path: path.stem)
each_invalid = pytest.mark.parametrize("path", INVALID, ids=lambda path: path.stem)


@pytest.fixture(autouse=True)
def _only_these_variables(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing of this machine shows in a report."""
    for name in list(os.environ):
        if not name.startswith(("PYTEST", "COV", "XPM_UPDATE", "XPM_NO_SKIPS")):
            monkeypatch.delenv(name)
    for name, value in ENVIRON.items():
        monkeypatch.setenv(name, value)


def target_of(data: bytes) -> str:
    """The release that a file is for."""
    found = re.match(rb"# target: ([0-9.]+)\r?\n", data)
    return found[1].decode() if found else NEWEST


def release_of(data: bytes) -> Release:
    """The same, as numbers."""
    return target.parse(target_of(data))


def checked(path: Path) -> FileReport:
    """The report of one file, through the API."""
    data = path.read_bytes()
    return check(path.name, data, release_of(data), ENVIRON)


def printed(path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> tuple[int, str]:
    """The exit code and the text report of one file, through the command line."""
    monkeypatch.chdir(path.parent)
    capsys.readouterr()
    code = cli.main(["validate", "--target", target_of(path.read_bytes()), "--format", "text", path.name])
    out, err = capsys.readouterr()
    assert err == ""
    return code, out


# -- what is found ----------------------------------------------------------------------------------------


@each_valid
def test_a_valid_example_has_no_error(path: Path) -> None:
    """Warnings are allowed; the release loads the file."""
    report = checked(path)
    assert [found for found in report.diagnostics if found.severity is Severity.ERROR] == []
    # An ignored error is one that the release need not care for.
    assert report.loads


@each_valid
def test_a_valid_example_passes_on_the_command_line(
    path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """A file without errors ends with exit code 0, and is called ok where nothing at all was found."""
    code, out = printed(path, capsys, monkeypatch)
    assert code == 0
    if not checked(path).diagnostics:
        assert out == f"{path.name}: ok (experimaestro {target_of(path.read_bytes())})\n"


@each_valid
def test_what_is_near_a_mistake_is_right(path: Path) -> None:
    """A valid file that is named after a code has no finding of this code."""
    found = re.match(r"(XPM\d+)-near-", path.stem)
    if found is not None:
        assert found[1] not in {diagnostic.code for diagnostic in checked(path).diagnostics}


@each_invalid
def test_an_invalid_example_has_the_finding_of_its_name(path: Path) -> None:
    """The code in front of the file's name is among the findings."""
    assert path.stem.partition("-")[0] in {found.code for found in checked(path).diagnostics}


@each_invalid
def test_an_invalid_example_is_reported_as_written_beside_it(
    path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The text report is the `.out` file, and errors end with exit code 1."""
    code, out = printed(path, capsys, monkeypatch)
    expected = path.with_suffix(".out")
    if os.environ.get("XPM_UPDATE"):
        expected.write_bytes(out.encode())
    assert out.encode() == expected.read_bytes()
    assert code == int(any(found.severity is Severity.ERROR for found in checked(path).diagnostics))


def test_every_code_has_an_example_on_each_side() -> None:
    """A new code comes with a file that has it, a new rule with a file that nearly has it, too."""
    wrong = {path.stem.partition("-")[0] for path in INVALID}
    near = {path.stem.partition("-")[0] for path in VALID if "-near-" in path.stem}
    # The findings of `migrate` have their files in examples/migrate/.
    assert wrong == {code for code in CODES if code < "XPM3"} - WITHOUT_FILE
    assert near >= {code for code in CODES if code < "XPM3"} - WITHOUT_FILE


def test_every_expected_output_has_its_example() -> None:
    """No `.out` file is left over."""
    assert {path.stem for path in (EXAMPLES / "invalid").glob("*.out")} == {path.stem for path in INVALID}


def test_a_missing_file_is_reported(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """A file that is not there is a finding, and the run cannot go on: exit code 2."""
    monkeypatch.chdir(tmp_path)
    assert cli.main(["validate", "--target", NEWEST, "settings.yaml"]) == 2
    assert capsys.readouterr().out.startswith("settings.yaml: error[XPM008]: ")


def test_a_file_that_is_too_large_is_not_read() -> None:
    """A file of more than `MAX_BYTES` is reported as a whole."""
    report = check("large.yaml", b"#" * (MAX_BYTES + 1), (2, 7, 0), ENVIRON)
    assert [(found.code, found.span) for found in report.diagnostics] == [("XPM007", None)]


# -- where it is found ------------------------------------------------------------------------------------


@each_file
def test_every_finding_points_at_text(path: Path) -> None:
    """A span, cut out of the file, is some text; only findings about the whole file have none."""
    report = checked(path)
    for found in report.diagnostics:
        if found.span is None:
            assert found.code in {"XPM001", "XPM004", "XPM007"}
            continue
        for span in (found.span, *(note.span for note in found.notes)):
            assert 0 <= span.start < span.end <= len(report.document.text)
            assert report.document.text[span.start : span.end].strip(" \r\n")


@each_file
def test_the_place_in_the_report_is_that_of_the_span(
    path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The findings of the text report stand in the order of the API, each with line and column of its span."""
    _, out = printed(path, capsys, monkeypatch)
    places = re.findall(r"^(\S+\.yaml)(?::(\d+):(\d+))?: (error|warning)\[(XPM\d+)\]", out, re.MULTILINE)
    expected = []
    for found in checked(path).diagnostics:
        line, column = _line_and_column(checked(path).document.text, found)
        expected.append((path.name, line, column, found.severity.label, found.code))
    assert places == expected


def _line_and_column(text: str, found: Diagnostic) -> tuple[str, str]:
    """Counted another way than the document does it: by splitting the text in front of the span."""
    if found.span is None:
        return "", ""
    before = re.split("\r\n|\r|\n", text[: found.span.start].removeprefix("\ufeff"))
    return str(len(before)), str(len(before[-1]) + 1)


# -- what mends it ----------------------------------------------------------------------------------------


def _fixes() -> Iterator[tuple[Path, int, Diagnostic, Fix]]:
    for path in VALID + INVALID + SHOWN:
        for index, found in enumerate(checked(path).diagnostics):
            if found.fix is not None:
                yield path, index, found, found.fix


@pytest.mark.parametrize(
    ("path", "found", "fix"),
    [pytest.param(path, found, fix, id=f"{path.stem}-{index}") for path, index, found, fix in _fixes()],
)
def test_a_fix_alone_mends_its_finding(path: Path, found: Diagnostic, fix: Fix) -> None:
    """After the edits of one fix, there is no finding of its code at its place, and nothing new to refuse."""
    before = checked(path)
    data = before.document.edited(fix.edits)
    after = check(path.name, data, release_of(path.read_bytes()), ENVIRON)
    assert found.span is not None
    place = _moved(found.span.start, fix.edits)
    assert (found.code, place) not in {(other.code, other.span.start) for other in after.diagnostics if other.span}
    assert after.loads or not before.loads
    assert not {other.code for other in after.diagnostics} & {"XPM001", "XPM002", "XPM003"}


@pytest.mark.parametrize(
    ("path", "fix"), [pytest.param(path, fix, id=f"{path.stem}-{index}") for path, index, _, fix in _fixes()]
)
def test_a_fix_is_safe_where_it_keeps_the_settings(path: Path, fix: Fix) -> None:
    """Safe is a fix of what kept the file from loading, or one after which the release reads the same settings."""
    data = path.read_bytes()
    release = release_of(data)
    document = Document(data, loaders.dialect(release))
    before = loaders.load(document, release, ENVIRON)[0]
    fixed = Document(document.edited(fix.edits), loaders.dialect(release))
    after = loaders.load(fixed, release, ENVIRON)[0]
    mends = len(after.problems) < len(before.problems)
    same = len(after.problems) == len(before.problems) and before.settings == after.settings
    edit = fix.edits[0]
    old = document.text[edit.start : edit.end].strip("'\"").lower()
    # A guess at a mode could start to move data, also in a file that did not load.
    guesses = edit.text in ("use", "backup", "move") and old.strip() != edit.text
    assert fix.safe == ((mends or same) and not guesses)


def _moved(offset: int, edits: tuple[Edit, ...]) -> int:
    """Where an offset of the old text stands after the edits."""
    return offset + sum(len(edit.text) - (edit.end - edit.start) for edit in edits if edit.end <= offset)


# -- the examples that are shown --------------------------------------------------------------------------


def test_the_shown_settings_are_clean() -> None:
    """The example that people start from has no finding, in any layout of theirs."""
    path = ROOT / "examples" / "settings.yaml"
    for data in (path.read_bytes(), path.read_bytes().replace(b"\n", b"\r\n"), b"\xef\xbb\xbf" + path.read_bytes()):
        assert check(path.name, data, (2, 7, 0), ENVIRON).diagnostics == ()


def test_the_shown_mistakes_are_found() -> None:
    """Each mistake of the example is found, once."""
    codes = [found.code for found in checked(ROOT / "examples" / "mistakes.yaml").diagnostics]
    assert sorted(set(codes)) == [
        "XPM101",
        "XPM102",
        "XPM104",
        "XPM201",
        "XPM206",
        "XPM212",
        "XPM215",
    ]
