"""The example migrations: each one runs through the API and through the command line.

A folder `tests/examples/migrate/NAME/` holds

- `before.yaml`, the file to migrate;
- `after.yaml`, what it must become, byte for byte, written by hand, or, where it must be refused, nothing;
- `out`, the text report, where there are findings; `XPM_UPDATE=1` writes it anew;
- `args`, the options of the command, where the defaults (`--target 2.7.0`) will not do.
"""

from __future__ import annotations

import io
import os
import shlex
from pathlib import Path
from types import SimpleNamespace
from typing import TYPE_CHECKING, NamedTuple

import pytest

from tests import patching
from xpm_config import cli, target
from xpm_config.document import apply_edits
from xpm_config.migrate import MigrationResult, migrate
from xpm_config.secrets import MASK

if TYPE_CHECKING:
    from collections.abc import Callable

    from xpm_config.releases import Release

EXAMPLES = Path(__file__).parent / "examples" / "migrate"
NAMES = sorted(path.name for path in EXAMPLES.iterdir())

ENVIRON = {"HOME": "/home/me", "XPM_EXAMPLE": "/data/example"}
"""The only variables that the examples see."""

NAME = "settings.yaml"


class Example(NamedTuple):
    """One folder of examples; `after` is None where the migration must be refused."""

    name: str
    before: bytes
    after: bytes | None
    arguments: tuple[str, ...]

    def option(self, name: str, default: str) -> str:
        """The value of an option."""
        return self.arguments[self.arguments.index(name) + 1] if name in self.arguments else default

    @property
    def release(self) -> Release:
        """The release of experimaestro that the example is for."""
        return target.parse(self.option("--target", "2.7.0"))

    @property
    def to(self) -> int:
        """The version to migrate to."""
        return int(self.option("--to", "2"))

    @property
    def changes(self) -> bool:
        """Whether there is anything to migrate, and it can be."""
        return self.after not in (None, self.before)

    def migrated(self, data: bytes) -> MigrationResult:
        """The outcome for some bytes, through the API."""
        keep = self.option("--unknown-ids", "refuse") == "keep-as-path"
        return migrate(data, to=self.to, release=self.release, keep_unknown_ids=keep, environ=ENVIRON)


def example(name: str) -> Example:
    """Read one folder."""
    place = EXAMPLES / name
    after, arguments = place / "after.yaml", place / "args"
    return Example(
        name,
        (place / "before.yaml").read_bytes(),
        after.read_bytes() if after.exists() else None,
        tuple(shlex.split(arguments.read_text())) if arguments.exists() else (),
    )


ALL = [example(name) for name in NAMES]

each = pytest.mark.parametrize("case", ALL, ids=lambda case: case.name)
each_change = pytest.mark.parametrize("case", [case for case in ALL if case.changes], ids=lambda case: case.name)
each_refusal = pytest.mark.parametrize("case", [case for case in ALL if case.after is None], ids=lambda case: case.name)


@pytest.fixture(autouse=True)
def _only_these_variables(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing of this machine decides."""
    for name in list(os.environ):
        if not name.startswith(("PYTEST", "COV", "PATH", "XPM_UPDATE", "XPM_NO_SKIPS")):
            monkeypatch.delenv(name)
    for name, value in ENVIRON.items():
        monkeypatch.setenv(name, value)


@pytest.fixture
def run(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Callable[..., tuple[int, str]]:
    """Run the command on the file of the test; the exit code and what was printed."""
    monkeypatch.chdir(tmp_path)

    def run_command(case: Example, *more: str) -> tuple[int, str]:
        capsys.readouterr()
        base = () if "--target" in case.arguments else ("--target", "2.7.0")
        code = cli.main(["migrate", *base, *case.arguments, *more, NAME])
        out, err = capsys.readouterr()
        assert err == ""
        return code, out

    return run_command


# -- through the API --------------------------------------------------------------------------------------


@each
def test_a_file_becomes_what_is_written_beside_it(case: Example) -> None:
    """The bytes are those of `after.yaml`; without it, the file is refused and stays."""
    result = case.migrated(case.before)
    assert result.new == (case.before if case.after is None else case.after)
    assert result.failed == (case.after is None)
    assert result.old == case.before


@each
def test_the_edits_lead_to_the_result(case: Example) -> None:
    """The edits, applied to the old text, give the new one; where nothing changes there are none."""
    result = case.migrated(case.before)
    assert apply_edits(result.document.text, result.edits).encode() == result.new or not result.edits
    assert bool(result.edits) == bool(result.steps) == result.changed == case.changes


@each_change
def test_a_second_run_changes_nothing(case: Example) -> None:
    """What has been migrated has nothing left to migrate, and nothing to refuse."""
    assert case.after is not None
    again = case.migrated(case.after)
    assert again.new == case.after
    assert not again.failed


@each
def test_findings_point_at_text(case: Example) -> None:
    """Each finding has a place in the file, and each error says what would help."""
    result = case.migrated(case.before)
    for found in result.diagnostics:
        assert found.help or not result.failed
        if found.span is not None:
            assert 0 <= found.span.start <= found.span.end <= len(result.document.text)


# -- through the command line -----------------------------------------------------------------------------


@each
def test_the_command_does_the_same(case: Example, run: Callable[..., tuple[int, str]], tmp_path: Path) -> None:
    """The file is rewritten in place, one line says so, and the findings stand above it."""
    path = tmp_path / NAME
    path.write_bytes(case.before)
    code, out = run(case)
    assert path.read_bytes() == (case.before if case.after is None else case.after)
    assert list(tmp_path.iterdir()) == [path]
    assert code == (0 if case.after is not None else 1)
    expected = EXAMPLES / case.name / "out"
    if os.environ.get("XPM_UPDATE"):
        expected.unlink(missing_ok=True)
        if case.migrated(case.before).diagnostics:
            expected.write_bytes(out.encode())
    if expected.exists():
        assert out.encode() == expected.read_bytes()
    else:
        assert out.count("\n") == 1
    last = out.splitlines()[-1]
    if case.after is None:
        assert last == f"{NAME}: left as it is"
    elif case.changes:
        assert last.startswith(f"{NAME}: migrated to version {case.to}: ")
        assert run(case)[0] == 0
        assert path.read_bytes() == case.after
    else:
        assert last == f"{NAME}: nothing to do for version {case.to}"


@each
def test_check_tells_whether_there_is_work(case: Example, run: Callable[..., tuple[int, str]], tmp_path: Path) -> None:
    """`--check` exits with 1 before and with 0 after, and writes nothing."""
    path = tmp_path / NAME
    path.write_bytes(case.before)
    assert run(case, "--check")[0] == int(case.changes or case.after is None)
    assert path.read_bytes() == case.before
    if case.after is not None:
        path.write_bytes(case.after)
        assert run(case, "--check")[0] == 0
        assert path.read_bytes() == case.after


@each_change
def test_the_diff_leads_to_the_result(case: Example, run: Callable[..., tuple[int, str]], tmp_path: Path) -> None:
    """`--diff` shows what `patch` makes the new file of, exits with 1 and writes nothing."""
    path = tmp_path / NAME
    path.write_bytes(case.before)
    code, out = run(case, "--diff")
    assert code == 1
    assert path.read_bytes() == case.before
    diff = out[out.index("--- ") :].encode()
    before, after = case.before, case.after
    assert after is not None
    if MASK in out:
        # What is hidden cannot be applied.
        before, after = (_hidden(data) for data in (before, after))
    if b"\r" in before.replace(b"\r\n", b""):
        # `patch` knows no lines that end with a CR.
        before, after = (data.replace(b"\r", b"\n") for data in (before, after))
    assert patching.by_hand(before, diff) == after
    if patching.PATCH is not None:
        assert patching.with_program(before, diff, tmp_path) == after


def _hidden(data: bytes) -> bytes:
    for secret in (b"s3cret-token", b"hf_abcdef"):
        data = data.replace(secret, MASK.encode())
    return data


@each
def test_standard_input_goes_to_standard_output(
    case: Example, monkeypatch: pytest.MonkeyPatch, capsysbinary: pytest.CaptureFixture[bytes]
) -> None:
    """With `-`, standard output is the file and nothing else, refused or not."""
    monkeypatch.setattr("sys.stdin", SimpleNamespace(buffer=io.BytesIO(case.before)))
    base = () if "--target" in case.arguments else ("--target", "2.7.0")
    code = cli.main(["migrate", *base, *case.arguments, "-"])
    out, err = capsysbinary.readouterr()
    assert out == (case.before if case.after is None else case.after)
    assert err.decode().splitlines()[-1].startswith("<stdin>: ")
    assert code == (0 if case.after is not None else 1)


# -- the examples themselves ------------------------------------------------------------------------------


@each_refusal
def test_a_refusal_has_its_report(case: Example) -> None:
    """What is refused has the report written beside it."""
    assert (EXAMPLES / case.name / "out").exists()


@each
def test_a_folder_holds_what_is_read(case: Example) -> None:
    """No file of a folder goes unread."""
    names = {path.name for path in (EXAMPLES / case.name).iterdir()}
    assert names <= {"before.yaml", "after.yaml", "args", "out"}
