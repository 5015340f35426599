"""`xpm-config init` from the outside: where it writes, and what it never touches."""

from __future__ import annotations

import os
import stat
from typing import TYPE_CHECKING

import pytest

from xpm_config import cli, starter

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty home, which is the current directory, too."""
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.chdir(tmp_path)
    return tmp_path


def run(*arguments: str) -> int:
    """Run the command for experimaestro 2.7.0, whatever is installed."""
    return cli.main(["init", "--target", "2.7.0", *arguments])


def mode(path: Path) -> int:
    """The permissions of a file."""
    return stat.S_IMODE(path.stat().st_mode)


def test_the_users_own_file_is_written(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """The directories are made, nobody else may look into them, and nothing else is left there."""
    assert run() == 0
    path = home / ".config/experimaestro/settings.yaml"
    assert path.read_text() == starter.starter((2, 7, 0))
    assert (mode(path), mode(path.parent), mode(path.parent.parent)) == (0o600, 0o700, 0o700)
    assert list(path.parent.iterdir()) == [path]
    captured = capsys.readouterr()
    assert captured.out.startswith(f"{path}: written, with the workspace `main` in ~/experiments\n")
    assert "xpm-config schema install  " in captured.out
    assert "xpm-config validate  " in captured.out
    assert captured.err == ""


def test_what_it_advises_works(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """The commands that it names run on the file that it wrote."""
    assert run("--settings", "my settings.yaml") == 0
    assert capsys.readouterr().out.endswith("experimaestro itself reads ~/.config/experimaestro/settings.yaml only\n")
    assert cli.main(["schema", "install", "--settings", "my settings.yaml"]) == 0
    assert cli.main(["validate", "--target", "2.7.0", "--strict", "my settings.yaml"]) == 0


def test_directories_of_the_user_keep_their_permissions(home: Path) -> None:
    """A `.config` that is there stays as it is."""
    (home / ".config").mkdir(mode=0o755)
    (home / ".config").chmod(0o755)
    assert run() == 0
    assert mode(home / ".config") == 0o755


def test_minimal(home: Path) -> None:
    """--minimal writes the workspace and nothing else."""
    assert run("--minimal", "--settings", "a.yaml") == 0
    assert (home / "a.yaml").read_text() == "workspaces:\n  - id: main\n    path: ~/experiments\n"


def test_print_writes_nothing(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """--print shows the file, also where there are settings."""
    assert run("--print") == 0
    assert capsys.readouterr().out == starter.starter((2, 7, 0))
    assert list(home.iterdir()) == []


def test_quiet_says_nothing(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """-q leaves the advice out."""
    assert run("-q") == 0
    assert capsys.readouterr() == ("", "")


def test_the_release_decides_about_the_keys(home: Path) -> None:
    """--target leaves out what the release does not know."""
    assert cli.main(["init", "--target", "2.3.6", "--settings", "a.yaml"]) == 0
    assert "folders:" not in (home / "a.yaml").read_text()


def test_xpm_settings_names_the_place(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """As for all commands, the variable stands for the option."""
    monkeypatch.setenv("XPM_SETTINGS", str(home / "b.yaml"))
    assert run() == 0
    assert (home / "b.yaml").is_file()


def test_settings_stay(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A file that is there is never overwritten."""
    (home / "a.yaml").write_text("mine: 1\n")
    assert run("--settings", "a.yaml") == 2
    assert (home / "a.yaml").read_text() == "mine: 1\n"
    err = capsys.readouterr().err
    assert err.startswith("error: a.yaml: there are settings already")
    assert "xpm-config init --print" in err


@pytest.mark.parametrize("kind", ["directory", "fifo", "dangling link", "link"])
def test_whatever_has_the_name_stays(home: Path, kind: str, capsys: pytest.CaptureFixture[str]) -> None:
    """A directory, a pipe and links are no place for a new file, and nothing is written through a link."""
    path = home / "a.yaml"
    if kind == "directory":
        path.mkdir()
    elif kind == "fifo":
        os.mkfifo(path)
    else:
        path.symlink_to(home / "other.yaml")
        if kind == "link":
            (home / "other.yaml").write_text("mine: 1\n")
    before = sorted(home.iterdir())
    assert run("--settings", "a.yaml") == 2
    assert "error: a.yaml: " in capsys.readouterr().err
    assert sorted(home.iterdir()) == before
    assert kind != "link" or (home / "other.yaml").read_text() == "mine: 1\n"


@pytest.mark.parametrize("links_work", [True, False])
def test_a_file_that_comes_meanwhile_stays(
    home: Path, links_work: bool, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Somebody writes the file between our look and our write: theirs stays, on every file system."""
    real = os.link

    def late(source: str, target: str) -> None:
        (home / "a.yaml").write_text("theirs: 1\n")
        if not links_work:
            raise PermissionError(1, "Operation not permitted")
        real(source, target)

    monkeypatch.setattr(os, "link", late)
    assert run("--settings", "a.yaml") == 2
    assert [path.name for path in home.iterdir()] == ["a.yaml"]
    assert (home / "a.yaml").read_text() == "theirs: 1\n"
    assert "there is such a file now" in capsys.readouterr().err


def test_a_file_system_without_links_will_do(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where no hard link can be made, the file is written all the same."""

    def refuse(source: str, target: str) -> None:
        raise PermissionError(1, "Operation not permitted")

    monkeypatch.setattr(os, "link", refuse)
    assert run("--settings", "a.yaml") == 0
    assert (home / "a.yaml").read_text() == starter.starter((2, 7, 0))
    assert mode(home / "a.yaml") == 0o600


def test_only_the_users_own_directory_is_made(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A misspelt name of a directory is an error."""
    assert run("--settings", "nowhere/a.yaml") == 2
    assert f"there is no directory {home}/nowhere" in capsys.readouterr().err
    assert list(home.iterdir()) == []


def test_a_file_in_the_way_of_the_directory(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A file called `.config` is an error, and stays."""
    (home / ".config").write_text("mine\n")
    assert run() == 2
    assert "cannot be made" in capsys.readouterr().err
    assert (home / ".config").read_text() == "mine\n"
