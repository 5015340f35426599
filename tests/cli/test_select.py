"""`xpm-config select`: the path for scripts, the reasons for people."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from xpm_config import cli

if TYPE_CHECKING:
    from pathlib import Path

SETTINGS = """\
workspaces:
  - id: cluster
    path: /far
    ssh: {host: me@cluster}
    triggers: ["*"]
  - id: main
    path: /main
  - id: nlp
    path: /nlp
    triggers: ["mt-*", "nlp-*"]
    folders:
      - path: /backup
        mode: backup
      - path: /shared
"""


@pytest.fixture(autouse=True)
def settings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A directory with a settings file, and a home without one."""
    monkeypatch.chdir(tmp_path)
    own = tmp_path / ".config" / "experimaestro"
    own.mkdir(parents=True)
    monkeypatch.setenv("HOME", str(tmp_path))
    (tmp_path / "s.yaml").write_text(SETTINGS)
    (own / "settings.yaml").symlink_to(tmp_path / "s.yaml")
    return tmp_path


def run(*arguments: str) -> int:
    """Run `xpm-config select` on the settings, for experimaestro 2.7.0."""
    return cli.main(["select", *arguments, "--settings", "s.yaml", "--target", "2.7.0"])


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        ([], {"id": "main", "path": "/main", "reason": "default", "trigger": None}),
        (["nlp-7"], {"id": "nlp", "path": "/nlp", "reason": "trigger", "trigger": "nlp-*"}),
        (["other"], {"id": "main", "path": "/main", "reason": "default", "trigger": None}),
        (["--workspace", "nlp"], {"id": "nlp", "path": "/nlp", "reason": "workspace", "trigger": None}),
        (["nlp-7", "--workdir", "/w"], {"id": "", "path": "/w", "reason": "workdir", "trigger": None}),
        (
            ["--workspace", "nlp", "--workdir", "/w"],
            {"id": "nlp", "path": "/w", "reason": "workspace", "trigger": None},
        ),
    ],
)
def test_json(arguments: list[str], expected: dict[str, object], capsys: pytest.CaptureFixture[str]) -> None:
    """`--format json` has the four keys that programs rely on."""
    assert run(*arguments, "--format", "json") == 0
    assert json.loads(capsys.readouterr().out) == expected


def test_path_alone(capsys: pytest.CaptureFixture[str]) -> None:
    """Without more, the path is all that is printed, for `cd "$(xpm-config select nlp-7)"`."""
    assert run("nlp-7") == 0
    assert capsys.readouterr() == ("/nlp\n", "")


def test_reasons(capsys: pytest.CaptureFixture[str]) -> None:
    """`--explain` tells the rule, every workspace, and every trigger that was tried."""
    assert run("nlp-7", "--explain") == 0
    assert capsys.readouterr().out.splitlines() == [
        "/nlp",
        "because: experiment `nlp-7` matches the trigger `nlp-*`",
        "  cluster: on another machine, so never used by a local run",
        "  main: has no trigger that matches",
        "  nlp: chosen (tried `mt-*`, `nlp-*`)",
    ]


def test_reasons_of_both_flags(capsys: pytest.CaptureFixture[str]) -> None:
    """In another directory, the folder that holds copies of the workspace's own jobs is not attached."""
    assert run("--workspace", "nlp", "--workdir", "/w", "--explain") == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[1:4] == [
        "because: --workspace names workspace `nlp`",
        "note: --workdir gives another directory",
        "note: its folder /backup is not attached to another directory (--attach-folders attaches it)",
    ]
    assert run("--workspace", "nlp", "--workdir", "/w", "--explain", "--attach-folders") == 0
    assert "not attached" not in capsys.readouterr().out


def test_reasons_of_a_workspace(capsys: pytest.CaptureFixture[str]) -> None:
    """A workspace that is named needs no further reason."""
    assert run("--workspace", "main", "--explain") == 0
    assert capsys.readouterr().out.splitlines() == [
        "/main",
        "because: --workspace names workspace `main`",
        "  cluster: has another id",
        "  main: chosen",
        "  nlp: comes after the chosen one",
    ]


def test_reasons_of_a_directory(capsys: pytest.CaptureFixture[str]) -> None:
    """A directory that belongs to a workspace is told: the settings of that workspace do not hold."""
    assert run("--workdir", "/nlp", "--explain") == 0
    out = capsys.readouterr().out
    assert "because: --workdir names the directory" in out
    assert "this is the directory of workspace `nlp`, whose own settings do not hold" in out


def test_reasons_as_json(capsys: pytest.CaptureFixture[str]) -> None:
    """`--explain --format json` holds the same reasons as data."""
    assert run("mt-1", "--explain", "--format", "json") == 0
    data = json.loads(capsys.readouterr().out)
    assert [(one["id"], one["verdict"], one["tried"]) for one in data["considered"]] == [
        ("cluster", "remote", []),
        ("main", "no match", []),
        ("nlp", "chosen", ["mt-*"]),
    ]
    assert data["not_attached"] == []


def test_experiment_file(settings: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """The file of an experiment gives its id, and may name a workspace or a directory of its own."""
    folder = settings / "experiments"
    folder.mkdir()
    (folder / "id.yaml").write_text("id: nlp-1\nfile: experiment\n")
    (folder / "workspace.yaml").write_text("imports: [id.yaml]\nworkspace: main\n")
    (folder / "workdir.yaml").write_text("id: nlp-1\nworkdir: runs\n")
    expected = {"id.yaml": "/nlp", "workspace.yaml": "/main", "workdir.yaml": str(folder / "runs")}
    for name, path in expected.items():
        assert run("--experiment", str(folder / name)) == 0
        assert capsys.readouterr().out == path + "\n"
    assert run("--experiment", str(folder / "workspace.yaml"), "--workspace", "nlp") == 0
    assert capsys.readouterr().out == "/nlp\n"
    assert run("--experiment", str(folder / "workdir.yaml"), "--explain") == 0
    assert f"because: {folder}/workdir.yaml:2 names the directory" in capsys.readouterr().out


def test_mistakes(settings: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """What cannot be selected is an error with the place and the choice, and prints no path."""
    (settings / "file").touch()
    (settings / "x.yaml").write_text("id: nlp-1\nworkspace: mian\n")
    for arguments, words in (
        (["--workspace", "mian"], ["--workspace: there is no workspace `mian`", "did you mean `main`?"]),
        (["--workspace", "cluster"], ["another machine (s.yaml:4)", "xpm-config ssh-monitor --workspace cluster"]),
        (["--workdir", "file"], [f"{settings}/file is a file"]),
        (["--experiment", "x.yaml"], ["x.yaml:2: there is no workspace `mian`", "did you mean `main`?"]),
        (["--experiment", "missing.yaml"], ["missing.yaml: there is no such file"]),
    ):
        assert run(*arguments) == 2
        shown = capsys.readouterr()
        assert shown.out == ""
        for word in words:
            assert word in shown.err


def test_no_workspaces(settings: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Without any workspace, and with remote ones only, there is nothing to select: the next step is named."""
    for text, words in (
        ("server: {port: 1}\n", "there are no workspaces"),
        ("workspaces: [{id: r, path: /r, ssh: {host: h}}]\n", "every workspace is on another machine"),
    ):
        (settings / "s.yaml").write_text(text)
        assert run() == 2
        error = capsys.readouterr().err
        assert f"error: s.yaml: {words}" in error
        assert "--workdir" in error


def test_other_settings_are_told(settings: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Experimaestro reads one file only: an answer for another one says so."""
    (settings / "other.yaml").write_text("workspaces: [{id: a, path: /a}]")
    assert cli.main(["select", "--explain", "--settings", "other.yaml"]) == 0
    note = "note: experimaestro itself reads ~/.config/experimaestro/settings.yaml, and not other.yaml"
    assert note in capsys.readouterr().out.splitlines()


def test_misleading_values_are_told(settings: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A variable that is not set, and a trigger that cannot win, may be why a run lands elsewhere."""
    text = "workspaces: [{id: a, path: '/a/${env:NOT_SET_HERE}', triggers: ['nlp-[a']}, {id: b, path: /b}]"
    (settings / "s.yaml").write_text(text)
    assert run("nlp-1") == 0
    warnings = capsys.readouterr().err
    assert "warning: s.yaml:1: the variable `NOT_SET_HERE` is not set here" in warnings
    assert "warning: s.yaml:1: " in warnings.partition("\n")[2]


def test_experiment_file_and_flags(settings: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """What the file asks for is told when a flag stands in its stead, and a file without id is told, too."""
    (settings / "w.yaml").write_text("id: x\nworkspace: nlp\nworkdir: sub\n")
    assert run("--experiment", "w.yaml", "--workdir", "/w", "--explain") == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[:2] == ["/w", "because: --workdir names the directory"]
    assert [line for line in lines if "asks for another place" in line] == [
        f"note: w.yaml:{line} asks for another place: the command line stands in its stead" for line in (2, 3)
    ]
    assert run("--experiment", "w.yaml", "--explain") == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[1:3] == ["because: w.yaml:2 names workspace `nlp`", "note: w.yaml:3 gives another directory"]
    (settings / "no.yaml").write_text("file: experiment\n")
    assert run("--experiment", "no.yaml") == 0
    assert "warning: no.yaml: no `id`" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ([""], "the id of the experiment is empty"),
        (["--experiment", ""], "--experiment needs the name of a file"),
        (["--experiment", "-"], "--experiment needs the name of a file"),
        (["--attach-folders", "--workspace", "nlp"], "--attach-folders says something about"),
    ],
)
def test_empty_words(arguments: list[str], words: str, capsys: pytest.CaptureFixture[str]) -> None:
    """An unset shell variable must not select another workspace silently."""
    assert run(*arguments) == 2
    shown = capsys.readouterr()
    assert (shown.out, words in shown.err) == ("", True)


def test_path_byte_for_byte(settings: Path) -> None:
    """The path is printed as the file system has it, in any locale."""
    directory = os.fsencode(settings) + b"/caf\xe9"
    os.mkdir(directory)
    command = [sys.executable, "-m", "xpm_config", "select", "--workdir", os.fsdecode(directory)]
    for locale in ("C.UTF-8", "POSIX"):
        environment = {**os.environ, "LC_ALL": locale, "PYTHONIOENCODING": "ascii"}
        done = subprocess.run(command, capture_output=True, env=environment, check=True)
        assert done.stdout == directory + b"\n"
