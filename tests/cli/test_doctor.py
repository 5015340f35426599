"""`xpm-config doctor` from the outside: output, options, exit codes."""

from __future__ import annotations

import json
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from xpm_config import cli
from xpm_config.doctor import directories, mounts, probing

if TYPE_CHECKING:
    from pathlib import Path

ON_SAME_DISK = """\
workspaces:
  - id: nlp
    path: ~/ws
    folders:
      - path: ~/bk
        mode: backup
"""


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A home with a workspace and a backup on one disk, and settings that say so."""
    monkeypatch.setenv("HOME", str(tmp_path))
    for name in ("XDG_CONFIG_HOME", "XPM_LOCK_MODE"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr(mounts, "EXPECTED", str(tmp_path / "fstab"))
    monkeypatch.setattr(directories, "MIN_SHARE", 0)
    for name in ("ws", "bk"):
        (tmp_path / name).mkdir()
    path = tmp_path / ".config/experimaestro/settings.yaml"
    path.parent.mkdir(parents=True, mode=0o700)
    path.write_text(ON_SAME_DISK)
    path.chmod(0o600)
    return tmp_path


def run(*arguments: str) -> int:
    """Run the command for experimaestro 2.7.0, whatever is installed."""
    return cli.main(["doctor", "--target", "2.7.0", *arguments])


def settings(home: Path) -> Path:
    """The user's settings."""
    return home / ".config/experimaestro/settings.yaml"


def test_the_text_shows_line_and_remedy(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A finding of the machine looks like one of the file, and a warning does not fail."""
    assert run() == 0
    assert capsys.readouterr().out == (
        f"{settings(home)}:5:15: warning[XPM318]: a backup folder of workspace `nlp` is on the same disk as the "
        "workspace: what takes one takes both\n"
        "    5 |       - path: ~/bk\n"
        "      |               ^^^^\n"
        "  help: choose a folder on another disk\n"
        "\n"
        "1 warning in 1 file\n"
    )


def test_strict(home: Path) -> None:
    """--strict lets warnings fail."""
    assert run("--strict") == 1


def test_an_error_fails(home: Path) -> None:
    """A folder whose place is missing, too, is an error."""
    settings(home).write_text(ON_SAME_DISK.replace("~/bk", "~/gone/bk"))
    assert run() == 1


def test_json(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """The report is that of `validate --format json`, with a remedy in each finding."""
    assert run("--format", "json") == 0
    report = json.loads(capsys.readouterr().out)
    (finding,) = report["files"][0]["diagnostics"]
    assert (finding["code"], finding["line"], finding["help"]) == ("XPM318", 5, "choose a folder on another disk")
    assert report["summary"] == {"files": 1, "errors": 0, "warnings": 1, "fixable": 0, "unsafe_fixable": 0}


def test_a_machine_in_order(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Nothing to report is one line, and none with -q."""
    settings(home).write_text("workspaces:\n  - {id: a, path: ~/ws}\n")
    assert run("--strict") == 0
    assert capsys.readouterr().out == f"{settings(home)}: ok (experimaestro 2.7.0)\n"
    assert run("-q") == 0
    assert capsys.readouterr().out == ""


def test_secrets_are_masked(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """The finding about a secret does not tell it, in either format."""
    settings(home).write_text("server: {token: hunter2hunter2}\n")
    settings(home).chmod(0o644)
    for name in ("text", "json"):
        assert run("--format", name) == 1
        out = capsys.readouterr().out
        assert "XPM303" in out
        assert "hunter2" not in out


def test_no_settings_are_a_warning(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A user without settings is told how to get some."""
    settings(home).unlink()
    assert run() == 0
    assert "warning[XPM301]" in capsys.readouterr().out


def test_settings_that_are_named_must_be_there(
    home: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """A misspelt name, on the command line or in XPM_SETTINGS, is an error, with exit code 2."""
    assert run("--settings", str(home / "no.yaml")) == 2
    assert "error[XPM008]: there is no such file" in capsys.readouterr().out
    monkeypatch.setenv("XPM_SETTINGS", str(home / "no.yaml"))
    assert run() == 2
    assert "error[XPM008]" in capsys.readouterr().out


@pytest.mark.parametrize("arguments", [["doctor"], ["validate"], ["select"], ["ssh-monitor", "--workspace", "a"]])
def test_settings_that_cannot_be_looked_for(
    home: Path, capsys: pytest.CaptureFixture[str], arguments: list[str]
) -> None:
    """Where the way to the settings is no way, they are not said to be missing."""
    (home / ".config").rename(home / "old")
    (home / ".config").symlink_to(".config")
    assert cli.main(arguments) == 2
    captured = capsys.readouterr()
    assert "its symbolic links go round in circles" in captured.out + captured.err
    assert "XPM301" not in captured.out


@pytest.mark.parametrize("command", ["doctor", "select"])
def test_settings_that_may_not_be_looked_for(home: Path, command: str) -> None:
    """A closed directory may hold settings: that is an error, and no hint to write new ones."""
    (home / ".config").chmod(0)
    code = (
        "import ctypes, sys\n"
        "ctypes.CDLL(None).capset((ctypes.c_uint32 * 2)(0x20080522, 0), (ctypes.c_uint32 * 6)())\n"
        "from xpm_config.cli import main\n"
        f"sys.exit(main([{command!r}]))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    (home / ".config").chmod(0o700)
    assert done.returncode == 2, done
    assert "you have no permission to read it" in done.stdout + done.stderr
    assert "XPM301" not in done.stdout


def test_a_current_directory_that_is_gone(
    home: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Absolute paths are looked at as ever, and relative ones are said to need a current directory."""
    (home / "gone").mkdir()
    monkeypatch.chdir(home / "gone")
    (home / "gone").rmdir()
    assert run() == 0
    assert "XPM318" in capsys.readouterr().out
    settings(home).write_text("workspaces:\n  - {id: a, path: rel}\n")
    assert run() == 1
    assert "help: change to a directory that is there" in capsys.readouterr().out
    assert run("--settings", "s.yaml") == 2
    assert "error: s.yaml: the current directory is gone\n" in capsys.readouterr().err


def test_settings_that_are_no_file(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A device is refused, and nobody is told to change its mode."""
    assert run("--settings", "/dev/zero") == 2
    out = capsys.readouterr().out
    assert "error[XPM008]: this is no regular file" in out
    assert "chmod" not in out


def test_settings_on_a_dead_disk(
    home: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """A settings file that does not answer is an error in good time, not a wait for ever."""
    script = tmp_path / "probe.py"
    script.write_text("import time\ntime.sleep(60)\n")
    monkeypatch.setattr(probing, "PROBE", str(script))
    assert run("--timeout", "0.2") == 2
    assert f"error: {settings(home)}: does not answer within 0.2 s" in capsys.readouterr().err


def test_settings_that_do_not_load(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """The report says why, and that directories are not looked at yet."""
    settings(home).write_text("workspaces: nlp\n")
    assert run() == 1
    captured = capsys.readouterr()
    assert "error[XPM102]" in captured.out
    assert captured.err == "the directories are looked at when experimaestro can load the settings\n"


@pytest.mark.parametrize(
    "arguments",
    [
        ["--format", "sarif"],
        ["--timeout", "0"],
        ["--timeout", "nan"],
        ["--timeout", "inf"],
        ["--target", "new"],
        ["extra"],
    ],
)
def test_usage(home: Path, arguments: list[str]) -> None:
    """What the command does not understand is exit code 2."""
    assert run(*arguments) == 2


def test_what_init_writes_passes(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """After `init` and `mkdir`, there is nothing to report."""
    settings(home).unlink()
    assert cli.main(["init", "--target", "2.7.0", "-q"]) == 0
    (home / "experiments").mkdir()
    assert run("--strict") == 0
