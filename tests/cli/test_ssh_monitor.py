"""`xpm-config ssh-monitor` from the outside, as far as no other machine is needed."""

from __future__ import annotations

import json
import os
import shlex
import shutil
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from xpm_config import cli

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

SETTINGS = """\
workspaces:
  - id: here
    path: ~/experiments
  - id: cluster
    path: /remote//my experiments/
    ssh:
      host: user@cluster
      shell_init: module load python
      uv_offline: true
      python: "3.11"
      options: [-p, "2222"]
  - id: lab
    path: ~/lab
    ssh: {host: lab, xpm_path: "'/opt/my tools/xpm' --quiet"}
"""

NO_MACHINE = "`host` has a blank, or a character that cannot be shown: no machine is called so"
AS_MACHINE = "write `user@machine`, or a name of ~/.ssh/config"

Run = tuple[int, str, str]


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Callable[..., Run]:
    """Run the command on settings in a directory of the test, without an experimaestro; code, output, errors."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("PATH", str(tmp_path / "bin"))
    monkeypatch.setattr(sys, "executable", str(tmp_path / "python"))

    def run_command(*arguments: str, settings: str = SETTINGS) -> Run:
        (tmp_path / "s.yaml").write_text(settings)
        code = cli.main(["ssh-monitor", "--settings", "s.yaml", *arguments])
        return code, *capsys.readouterr()

    return run_command


@pytest.fixture
def install(tmp_path: Path) -> Callable[[str], Path]:
    """Put a command on PATH that answers `version` as experimaestro does."""

    def install_release(release: str) -> Path:
        path = tmp_path / "bin" / "experimaestro"
        path.parent.mkdir(exist_ok=True)
        path.write_text(f"#!/bin/sh\necho {release}\n")
        path.chmod(0o755)
        return path

    return install_release


@pytest.fixture
def started(monkeypatch: pytest.MonkeyPatch) -> list[list[str]]:
    """The programs that this process would have become."""
    calls: list[list[str]] = []

    def execv(path: str, words: list[str]) -> None:
        assert words[0] == path
        calls.append(words)

    monkeypatch.setattr(os, "execv", execv)
    return calls


def server(uv: str) -> str:
    """The command for the other machine, as one word of a printed line."""
    return shlex.quote(f"{uv} experiments --workdir '/remote/my experiments' monitor-server")


# -- what is printed ----------------------------------------------------------------------------------


def test_command_of_a_workspace(run: Callable[..., Run], install: Callable[[str], Path]) -> None:
    """--print shows the ssh command of the settings, for the release that is installed here."""
    install("2.7.3")
    code, out, err = run("--workspace", "cluster", "--print")
    uv = "module load python; uv tool run --offline --python 3.11 'experimaestro>=2.7.0'"
    assert (code, out, err) == (0, f"ssh -p 2222 user@cluster {server(uv)}\n", "")


def test_command_without_experimaestro_here(run: Callable[..., Run]) -> None:
    """Without an experimaestro on this machine, the newest known release is assumed, and that is said."""
    code, out, err = run("--workspace", "lab", "--print")
    command = "'/opt/my tools/xpm' --quiet experiments --workdir '~/lab' monitor-server"
    assert (code, out) == (0, f"ssh lab {shlex.quote(command)}\n")
    assert err == "note: experimaestro is not installed here: this is as 2.7.0 would do it\n"


def test_flags_and_arguments_override(run: Callable[..., Run], install: Callable[[str], Path]) -> None:
    """Each flag replaces the workspace's value, and an empty one takes it away."""
    install("2.7.0")
    flags = ["--remote-shell-init", "", "--no-uv-offline", "--remote-python", "3.12", "--force-version", "-o", "-4"]
    code, out, _ = run("--workspace", "cluster", "me@other", "/w", *flags, "--print")
    command = "uv tool run --python 3.12 experimaestro==2.7.0 experiments --workdir /w monitor-server"
    assert (code, out) == (0, f"ssh -4 me@other {shlex.quote(command)}\n")


def test_values_with_their_origins(run: Callable[..., Run], install: Callable[[str], Path]) -> None:
    """--print --format json has the words of the command, and where each value came from."""
    install("2.7.0")
    code, out, _ = run("--workspace", "cluster", "--uv-offline", "--remote-xpm", "xpm", "--print", "--format", "json")
    data = json.loads(out)
    assert code == 0
    assert data["version"] == 1
    assert data["command"][:4] == ["ssh", "-p", "2222", "user@cluster"]
    settings = data["settings"]
    assert settings["workdir"] == {
        "value": "/remote/my experiments",
        "origin": {"kind": "file", "path": "s.yaml", "line": 5, "column": 11},
    }
    assert settings["uv_offline"] == {"value": True, "origin": {"kind": "flag", "variables": ["--uv-offline"]}}
    assert settings["xpm_path"]["origin"] == {"kind": "flag", "variables": ["--remote-xpm"]}
    assert settings["options"]["value"] == ["-p", "2222"]
    assert settings["options"]["origin"]["line"] == 11


def test_secrets_in_any_value_are_masked(run: Callable[..., Run], monkeypatch: pytest.MonkeyPatch) -> None:
    """A secret in the options, and one that came out of a variable, are not in the report."""
    monkeypatch.setenv("HF_TOKEN", "hf_abcdefgh")
    settings = SETTINGS.replace('"2222"', '-oSetEnv=API_KEY=sk_abcdefgh, "-oTag=${env:HF_TOKEN}", -v')
    out = run("--workspace", "cluster", "--print", "--format", "json", settings=settings)[1]
    assert json.loads(out)["settings"]["options"]["value"] == ["-p", "********", "********", "-v"]
    settings = SETTINGS.replace("/remote//my experiments/", "/remote/${env:HF_TOKEN}/x")
    out = run("--workspace", "cluster", "--print", "--format", "json", settings=settings)[1]
    assert json.loads(out)["settings"]["workdir"]["value"] == "********"


def test_the_words_of_the_command_show_no_escapes_to_a_terminal(
    run: Callable[..., Run], monkeypatch: pytest.MonkeyPatch
) -> None:
    """On a terminal, what it would obey is written as `$'…'`; a pipe gets quotes that every POSIX shell reads."""
    arguments = ["h", "/a\x1b[31m'b", "--remote-xpm", "xpm", "--print"]
    plain = run(*arguments)[1]
    assert "\x1b" in plain
    monkeypatch.setattr(sys.stdout, "isatty", lambda: True)
    shown = run(*arguments)[1]
    assert shown.rstrip("\n").isprintable()
    bash = shutil.which("bash", path="/usr/bin:/bin")
    if bash is None:
        pytest.skip("bash is not installed")
    words = [subprocess.check_output([bash, "-c", f"printf '%s|' {text}"]) for text in (plain, shown)]
    assert words[0] == words[1]


def test_default_has_its_origin(run: Callable[..., Run]) -> None:
    """What nobody wrote is a default."""
    settings = json.loads(run("h", "/w", "--print", "--format", "json")[1])["settings"]
    assert settings["python"] == {"value": None, "origin": {"kind": "default"}}
    assert settings["workdir"] == {"value": "/w", "origin": {"kind": "flag", "variables": ["REMOTE_WORKDIR"]}}


def test_settings_are_not_needed_for_a_host_and_a_directory(run: Callable[..., Run]) -> None:
    """HOST and REMOTE_WORKDIR are enough, even beside a settings file that cannot be read."""
    code, out, _ = run("h", "/w", "--remote-xpm", "xpm", "--print", settings="a: [")
    assert (code, out) == (0, "ssh h 'xpm experiments --workdir /w monitor-server'\n")


@pytest.mark.parametrize(
    ("release", "wanted"),
    [("2.5.2", ">=2.5.0"), ("2.6.0", ">=2.6.0"), ("2.7.0.dev3", ">=2.7.0"), ("2.8.0b1", ">=2.8.0")],
)
def test_release_here_decides(
    run: Callable[..., Run], install: Callable[[str], Path], release: str, wanted: str
) -> None:
    """The release line of this machine is asked for; before 2.6.1 only `:` in front brings about quotes."""
    install(release)
    out = run("h", "/w", "--print")[1]
    before = ":; " if release < "2.6.1" else ""
    command = f"{before}uv tool run 'experimaestro{wanted}' experiments --workdir /w monitor-server"
    assert out == f"ssh h {shlex.quote(command)}\n"


# -- what is started ----------------------------------------------------------------------------------


def test_everything_is_filled_in_as_flags(
    run: Callable[..., Run], install: Callable[[str], Path], started: list[list[str]]
) -> None:
    """The real monitor gets every setting as a flag, and none from a settings file."""
    path = install("2.7.0")
    passed_on = ["--web", "--port", "123", "--watcher", "polling", "--polling-interval", "2.5", "--no-progress",
                 "--events-viewer", "--events-format", "json", "--request-timeout", "9", "--force-version"]  # fmt: skip
    assert run("--workspace", "cluster", *passed_on) == (0, "", "")
    assert started == [
        [str(path), "experiments", "--workspace=(on another machine)", "ssh-monitor",
         "--web", "--events-viewer", "--no-progress", "--force-version",
         "--port=123", "--events-format=json", "--watcher=polling", "--polling-interval=2.5", "--request-timeout=9.0",
         "--remote-shell-init=module load python", "--remote-python=3.11", "--uv-offline",
         "--ssh-option=-p", "--ssh-option=2222", "--", "user@cluster", "/remote/my experiments"],
    ]  # fmt: skip


def test_what_is_cleared_is_not_passed_on(
    run: Callable[..., Run], install: Callable[[str], Path], started: list[list[str]]
) -> None:
    """Unlike experimaestro's own command, this one can say no to what a workspace says."""
    install("2.7.0")
    run("--workspace", "cluster", "--no-uv-offline", "--remote-shell-init", "", "--remote-python", "", "-o", "")
    assert started[0][4:] == ["--", "user@cluster", "/remote/my experiments"]


def test_directory_may_start_with_a_hyphen(
    run: Callable[..., Run], install: Callable[[str], Path], started: list[list[str]]
) -> None:
    """A directory is passed on as it is, whatever it starts with."""
    install("2.7.0")
    run("--", "h", "-w")
    assert started[0][4:] == ["--", "h", "-w"]


def test_older_release_is_made_to_quote(
    run: Callable[..., Run], install: Callable[[str], Path], started: list[list[str]]
) -> None:
    """Releases before 2.6.1 quote their words only behind something that runs first."""
    install("2.6.0")
    run("h", "/a b")
    assert started[0][4:] == ["--remote-shell-init=:", "--", "h", "/a b"]


def test_no_experimaestro_here(run: Callable[..., Run]) -> None:
    """Without an experimaestro there is no monitor."""
    code, _, err = run("--workspace", "cluster")
    assert code == 2
    assert "error: experimaestro is not installed here, and it is its monitor that runs\n" in err
    assert "help: install it: pip install 'xpm-config[experimaestro]'" in err


def test_broken_experimaestro_here(run: Callable[..., Run], install: Callable[[str], Path]) -> None:
    """A command that does not tell its version is named."""
    path = install("'Traceback: no module'")
    code, _, err = run("--workspace", "cluster", "--print")
    assert (code, err) == (2, f"error: {path} does not tell its version\nhelp: run `{path} version` to see why\n")


def test_experimaestro_here_that_cannot_be_started(
    run: Callable[..., Run], install: Callable[[str], Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    """A script whose interpreter has gone, as in an environment that was moved, is named."""
    import importlib.metadata

    path = install("2.7.0")
    path.write_text("#!/nowhere/python\n")
    monkeypatch.setattr(sys, "executable", str(path.parent / "python"))
    monkeypatch.setattr(importlib.metadata, "version", lambda _: "2.7.0")
    code, _, err = run("h", "/w")
    assert code == 2
    assert f"error: {path} cannot be started: No such file or directory\nhelp: install experimaestro anew" in err
    path.write_text("#!/bin/sh\n")
    code, _, err = run("h", "/" + "w" * 200_000)
    assert (code, "help: shorten the settings" in err) == (2, True)


def test_release_in_no_known_encoding(run: Callable[..., Run], install: Callable[[str], Path]) -> None:
    """Bytes around the release that are no text do no harm."""
    install("2.7.0; printf '\\377\\n'")
    assert run("h", "/w", "--print")[0] == 0


# -- what is refused ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("arguments", "message", "hint"),
    [
        (["--workspace", "clutser"],
         "there is no workspace `clutser`", "did you mean `cluster`? There are: cluster, lab"),
        (["--workspace", "here"], "s.yaml:2: workspace `here` is on this machine: it has no `ssh` with a `host`",
         "watch it with `experimaestro experiments --workspace here monitor`; remote ones are: cluster, lab"),
        ([], "no remote workspace is named",
         "give `--workspace ID`, or HOST and REMOTE_WORKDIR; remote workspaces are: cluster, lab"),
        ([""], "no remote workspace is named",
         "give `--workspace ID`, or HOST and REMOTE_WORKDIR; remote workspaces are: cluster, lab"),
        (["h"], "REMOTE_WORKDIR is missing",
         "give `--workspace ID`, or HOST and REMOTE_WORKDIR; remote workspaces are: cluster, lab"),
        (["--workspace", "lab", "--print", "--check"], "--print and --check exclude each other",
         "leave one of them out"),
        (["--workspace", "lab", "--format", "json"], "--format says how --print and --check report", "add one of them"),
        (["--", "-oProxyCommand=x", "/w"], "HOST: `host` starts with `-`: ssh would take it as an option",
         "options of ssh go into `options`"),
        (["--", " -oProxyCommand=x", "/w"], f"HOST: {NO_MACHINE}", AS_MACHINE),
        (["h\x1b[31m", "/w"], f"HOST: {NO_MACHINE}", AS_MACHINE),
        (["h\n", "/w"], f"HOST: {NO_MACHINE}", AS_MACHINE),
        (["h\t", "/w"], f"HOST: {NO_MACHINE}", AS_MACHINE),
        (["h", "/w", "--remote-python", "-x"],
         "--remote-python: `python` starts with `-`: uv would take it as an option",
         "write a version or a path"),
        (["h", "/w", "-o", "login2"],
         "--ssh-option: `login2`: ssh would take this word as the host: it is no option and belongs to none",
         'write an option and its value as in `[-p, "2222"]`'),
        (["h", "/w", "-o", "-p"], "--ssh-option: `-p`: `-p` needs a value: ssh would take the host for it",
         "write its value behind it, as a word of its own"),
        (["h", "/w", "--remote-xpm", "'a b"],
         "--remote-xpm: `xpm_path` has a quote or a backslash without its other half",
         "quotes keep a path with spaces together: \"'/my tools/experimaestro'\""),
        (["h", "/w", "--remote-xpm", "  "], "--remote-xpm: `xpm_path` is blank",
         "leave it out to start experimaestro with uv"),
    ],
)  # fmt: skip
def test_refusals(run: Callable[..., Run], arguments: list[str], message: str, hint: str) -> None:
    """What cannot be done says why and what to do next, and exits with 2."""
    code, out, err = run(*arguments)
    assert (code, out) == (2, "")
    assert err.endswith(f"error: {message}\nhelp: {hint}\n")


@pytest.mark.parametrize(
    ("value", "message"),
    [
        ("host: -oProxyCommand=x", "`host` starts with `-`: ssh would take it as an option"),
        ("shell_init: -x", "`shell_init` starts with `-`: ssh would take the command as an option"),
        ("xpm_path: -x", "`xpm_path` starts with `-`: ssh would take the command as an option"),
        ("xpm_path: \"'-x' y\"", "`xpm_path` starts with `-`: ssh would take the command as an option"),
        ("xpm_path: ~/xpm", "the `~` in `xpm_path` would not be expanded: experimaestro quotes it"),
        ("options: [x]", "`x`: ssh would take this word as the host: it is no option and belongs to none"),
        ('python: "a\\0b"', "`python` has a character that no command can be given"),
    ],
)
def test_refusals_name_the_place(run: Callable[..., Run], value: str, message: str) -> None:
    """A value in the settings is refused with its file and line."""
    host = "" if value.startswith("host") else "host: h"
    settings = f"workspaces:\n- id: c\n  path: /w\n  ssh:\n    {value}\n    {host}\n"
    code, out, err = run("--workspace", "c", "--print", settings=settings)
    assert (code, out) == (2, "")
    assert f"error: s.yaml:5: {message}\n" in err


def test_no_remote_workspace_at_all(run: Callable[..., Run]) -> None:
    """Where no workspace is remote, this is said instead of an empty list."""
    settings = "workspaces: [{id: a, path: /a}]\n"
    assert "help: there are no remote workspaces in s.yaml\n" in run("--workspace", "b", settings=settings)[2]
    assert "there are no remote workspaces in s.yaml\n" in run(settings=settings)[2]
    assert "`experimaestro experiments --workspace a monitor`\n" in run("--workspace", "a", settings=settings)[2]


@pytest.mark.parametrize("seconds", ["nan", "0", "-1", "inf"])
def test_timeout_is_a_number_of_seconds(run: Callable[..., Run], seconds: str) -> None:
    """A check that would never end, or not begin, is refused."""
    code, out, err = run("--workspace", "lab", "--check", "--timeout", seconds)
    assert (code, out) == (2, "")
    assert "--timeout" in err


def test_no_ssh_here(run: Callable[..., Run]) -> None:
    """Without an ssh command, the check says so."""
    code, _, err = run("h", "/w", "--check")
    assert code == 2
    assert "error: there is no `ssh` command on this machine\n" in err


def test_ssh_that_cannot_be_started(run: Callable[..., Run], tmp_path: Path) -> None:
    """An ssh that is no program, and a command that is too long for the system, are told."""
    (tmp_path / "bin").mkdir()
    ssh = tmp_path / "bin/ssh"
    ssh.write_bytes(b"\0")
    ssh.chmod(0o755)
    code, _, err = run("h", "/w", "--check")
    assert code == 2
    assert "error: `ssh` cannot be started: Exec format error\n" in err
    code, _, err = run("h", "/" + "w" * 200_000, "--check")
    assert code == 2
    assert "help: shorten the settings" in err
