"""Commands that run without a command-line library do what the full command line does."""

from __future__ import annotations

import importlib
import io
import sys
from typing import TYPE_CHECKING, Any

import pytest
import typer.main

from xpm_config import cli
from xpm_config.cli import app, plain

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

GOOD = "workspaces:\n  - id: a\n    path: /a\n    triggers: [x]\n"
BAD = "server:\n  prt: 1\nworkspaces: [{id: a, path: /a, alt_workspaces: [/b]}]\n"

LINES = [
    "validate", "validate a.yaml", "validate b.yaml", "validate a.yaml b.yaml", "validate missing", "validate .",
    "validate -", "validate --format json b.yaml", "validate --format=sarif b.yaml", "validate b.yaml --strict",
    "validate --target 2.3.6 a.yaml", "validate --target nonsense a.yaml", "validate --settings b.yaml",
    "validate --format xml b.yaml", "validate --format", "validate --nonsense a.yaml", "validate -q a.yaml",
    "validate --select XPM101 b.yaml", "validate --strict=yes a.yaml", "validate -- b.yaml", "validate ''",
    "validate --target -1 a.yaml", "validate --settings=", "select --settings ''",
    "migrate", "migrate --check b.yaml", "migrate --diff b.yaml --format json", "migrate --diff - ",
    "migrate --check a.yaml b.yaml -q", "migrate --to 1 --check a.yaml", "migrate --check --format sarif b.yaml",
    "select", "select x", "select x y", "select --workspace a", "select --workspace=b", "select --workspace",
    "select x --explain --format json --settings b.yaml", "select --workdir . --workspace a", "select --format yaml",
    "select --workdir= x", "select --workspace '' x", "select -x",
    "validate -d/b.yaml", "validate a.yaml -d/b.yaml --strict", "validate -d/missing", "validate -- -d/b.yaml",
    "validate --settings -d/b.yaml", "validate --format=json -d/b.yaml", "migrate --check -d/b.yaml a.yaml",
    "migrate -d/b.yaml --to 1 --check", "select --settings -d/b.yaml",
]  # fmt: skip


@pytest.fixture(autouse=True)
def _files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("HOME", str(tmp_path))
    (tmp_path / "a.yaml").write_text(GOOD)
    (tmp_path / "b.yaml").write_text(BAD)
    (tmp_path / "-d").mkdir()
    (tmp_path / "-d" / "b.yaml").write_text(BAD)
    own = tmp_path / ".config" / "experimaestro"
    own.mkdir(parents=True)
    (own / "settings.yaml").write_text(GOOD)


@pytest.mark.parametrize("line", LINES)
def test_both_ways_do_the_same(line: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    """Output, errors and exit code do not depend on the way that a command line takes."""
    import shlex

    outcomes = []
    for run in (cli._run, app.invoke):
        monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(BAD.encode())))
        monkeypatch.setattr(cli, "_run", run)
        outcomes.append((cli.main(shlex.split(line)), *capsys.readouterr()))
    assert outcomes[0] == outcomes[1]


def test_a_file_below_a_dash_is_a_file() -> None:
    """A name among the options, as hooks give it, is taken for the file that it names, with `./` in front."""
    given = ["validate", "--strict", "-d/b.yaml", "a.yaml", "-d/missing", "--settings=-d/b.yaml", "-q"]
    assert plain.with_paths(given) == [*given[:2], "./-d/b.yaml", *given[3:]]


@pytest.mark.parametrize("given", [[], ["-d/b.yaml"], ["env", "a", "--", "cat", "-d/b.yaml"], ["select", "-d/b.yaml"]])
def test_other_arguments_stay(given: list[str]) -> None:
    """What takes no files, and above all a command that `env` runs, gets its words as they were written."""
    assert plain.with_paths(given) == given


def test_an_option_stays_an_option(tmp_path: Path) -> None:
    """A directory may be called as an option is, even with its equals sign."""
    (tmp_path / "--settings=").mkdir()
    (tmp_path / "--settings=" / "b.yaml").write_text(BAD)
    assert plain.with_paths(["validate", "--settings=/b.yaml"]) == ["validate", "--settings=/b.yaml"]


def options(command: str) -> Iterator[Any]:
    """The parameters of a command as typer knows them."""
    group: Any = typer.main.get_command(app.app)
    yield from group.commands[command].params


@pytest.mark.parametrize("command", plain.FORMS)
def test_forms_name_real_options(command: str) -> None:
    """Each option of a form is one of the full command, of the same kind, and a field of its Options."""
    form = plain.FORMS[command]
    known = {name: parameter for parameter in options(command) for name in parameter.opts}
    fields = importlib.import_module(f"xpm_config.cli.{command}").Options._fields
    for name, field in {**form.values, **form.flags}.items():
        assert known[name].is_flag == (name in form.flags)
        assert field in fields
    words = known[form.words]
    assert (words.param_type_name, words.nargs == -1) == ("argument", form.many)


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        (["a", "--strict", "--format=json"], {"files": ("a",), "strict": True, "format": "json"}),
        (["-q", "-"], {"files": ("-",), "quiet": True}),
        ([], {}),
        (["--help"], None),
        (["--strict=1"], None),
        (["--format"], None),
        (["--format", "-x"], None),
        (["--", "a"], None),
        ([""], None),
        (["-qq"], None),
    ],
)
def test_parse(line: list[str], expected: dict[str, object] | None) -> None:
    """Usual forms give fields; everything else is left to the full command line."""
    assert plain.parse(plain.FORMS["validate"], line) == expected
