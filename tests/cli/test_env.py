"""`xpm-config env`: what it prints is read by real shells, and what it runs gets the variables."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from pathlib import Path

NASTY = "a 'b' \"c\" $HOME `id` \\ !x\tü *\nlast line "
DUMP = "import json, os, sys; json.dump([dict(os.environ), sys.argv[1:]], sys.stdout)"


@pytest.fixture
def settings(tmp_path: Path) -> Path:
    """A settings file with values that shells like to take apart."""
    path = tmp_path / "s.yaml"
    workspaces = [
        {"id": "main", "path": "/main", "env": {"OWN": "yes please"}},
        {"id": "nlp", "path": "/nlp", "env": {"NASTY": NASTY, "EMPTY": "", "SHARED": "nlp's"}},
        {"id": "odd", "path": "/odd", "env": {"with-dash": "1", "UID": "5", "GOOD": "2"}},
        {"id": "python", "path": "/python"},
    ]
    path.write_text(json.dumps({"env": {"SHARED": "global", "API_KEY": "s3cr3t"}, "workspaces": workspaces}))
    return path


def run(settings: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Run `xpm-config env` as a process of its own."""
    command = [sys.executable, "-m", "xpm_config", "--settings", str(settings), "env", *arguments]
    return subprocess.run(command, capture_output=True, text=True, check=False)


@pytest.mark.parametrize("shell", ["sh", "bash", "dash", "zsh"])
def test_exports_are_read_by_shells(settings: Path, shell: str) -> None:
    """A shell that evaluates the lines passes exactly the values of the settings on."""
    if shutil.which(shell) is None:
        pytest.skip(f"{shell} is not installed")
    lines = run(settings, "nlp")
    assert lines.returncode == 0
    script = f'eval "$EXPORTS"; exec {sys.executable} -c "$DUMP"'
    environment = {"PATH": os.environ["PATH"], "EXPORTS": lines.stdout, "DUMP": DUMP}
    done = subprocess.run([shell, "-c", script], capture_output=True, text=True, env=environment, check=True)
    variables = json.loads(done.stdout)[0]
    assert {name: variables[name] for name in ("NASTY", "EMPTY", "SHARED", "API_KEY")} == {
        "NASTY": NASTY,
        "EMPTY": "",
        "SHARED": "nlp's",
        "API_KEY": "s3cr3t",
    }


def test_command_gets_the_variables(settings: Path) -> None:
    """A command behind `--` runs with the variables, its arguments untouched, and its exit code is ours."""
    done = run(settings, "nlp", "--", sys.executable, "-c", DUMP, "--settings", "x y", "--", "-h")
    variables, arguments = json.loads(done.stdout)
    assert variables["NASTY"] == NASTY
    assert variables["PATH"] == os.environ["PATH"]
    assert arguments == ["--settings", "x y", "--", "-h"]
    assert run(settings, "nlp", "--", sys.executable, "-c", "raise SystemExit(7)").returncode == 7


def test_command_without_a_workspace(settings: Path) -> None:
    """What stands behind `--` is never taken for a workspace, not even where one has that id."""
    assert "export OWN='yes please'" in run(settings).stdout
    done = run(settings, "--", "python" if shutil.which("python") else sys.executable, "-c", DUMP)
    assert json.loads(done.stdout)[0]["OWN"] == "yes please"


def test_names_that_shells_cannot_have(settings: Path) -> None:
    """A variable that no shell can export is told, not dropped silently; a command gets it all the same."""
    done = run(settings, "odd")
    assert done.returncode == 1
    assert "export GOOD=2" in done.stdout
    assert "a shell cannot be given a variable `with-dash`" in done.stderr
    assert "a shell cannot be given a variable `UID`" in done.stderr
    assert "`xpm-config env odd -- COMMAND`" in done.stderr
    command = run(settings, "odd", "--", sys.executable, "-c", DUMP)
    assert json.loads(command.stdout)[0]["with-dash"] == "1"


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["npl"], "WORKSPACE: there is no workspace `npl`"),
        (["nlp", "--"], "there is no command behind `--`"),
        (["nlp", "--", "no-such-program"], "there is no program `no-such-program` on the PATH"),
        (["nlp", "python", "train.py"], "Got unexpected extra argument"),
    ],
)
def test_mistakes(settings: Path, arguments: list[str], words: str) -> None:
    """A mistake is told with exit code 2, and nothing is printed that a shell would evaluate."""
    done = run(settings, *arguments)
    assert done.returncode == 2
    assert words in done.stderr
    assert done.stdout == ""


def test_impossible_variable(settings: Path) -> None:
    """A value that no environment can hold is an error, for both uses."""
    settings.write_text('env: {A: "x\\0y"}\nworkspaces: [{id: a, path: /a}]\n')
    for arguments in ([], ["--", "true"]):
        done = run(settings, *arguments)
        assert done.returncode == 2
        assert "`A` cannot be set" in done.stderr


def test_values_byte_for_byte(settings: Path) -> None:
    """A value that is no text in this locale reaches the shell and the command as the environment has it."""
    settings.write_text("env: {A: '${env:ODD}'}\nworkspaces: [{id: a, path: /a}]\n")
    command = [sys.executable, "-m", "xpm_config", "--settings", str(settings), "env"]
    environment = {**os.environb, b"ODD": b"caf\xe9"}
    done = subprocess.run(command, capture_output=True, env=environment, check=True)
    assert done.stdout == b"export A='caf\xe9'\n"
    code = "import os; os.write(1, os.environb[b'A'])"
    done = subprocess.run(
        [*command, "--", sys.executable, "-c", code], capture_output=True, env=environment, check=True
    )
    assert done.stdout == b"caf\xe9"


def test_half_a_character(settings: Path) -> None:
    """A lone surrogate is no text that an environment could hold."""
    settings.write_text('env: {A: "\\ud800"}\nworkspaces: [{id: a, path: /a}]\n')
    for arguments in ([], ["--", "true"]):
        done = run(settings, *arguments)
        assert (done.returncode, done.stdout) == (2, "")
        assert "`A` cannot be set" in done.stderr


def test_command_is_looked_up_on_the_workspaces_path(settings: Path, tmp_path: Path) -> None:
    """The PATH of the settings counts for the command, too, and is named where it has no such program."""
    program = tmp_path / "only-here"
    program.write_text("#!/bin/sh\necho found\n")
    program.chmod(0o755)
    settings.write_text(f"workspaces: [{{id: a, path: /a, env: {{PATH: {tmp_path}}}}}]\n")
    assert run(settings, "a", "--", "only-here").stdout == "found\n"
    assert f"there is no program `ls` on the PATH of {settings}:1" in run(settings, "a", "--", "ls").stderr
