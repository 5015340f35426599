"""`xpm-config workspaces`: what holds in each workspace, from where, and nothing secret."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
import yaml

from xpm_config import cli
from xpm_config.secrets import MASK
from xpm_config.settings import SettingsNotLoadedError, load

SETTINGS = """\
env: {HF_TOKEN: hf_verysecret, LANG: C}
history: {max_done: 9}
workspaces:
  - id: main
    path: ~/main
    env: {LANG: de_DE.UTF-8}
    alt_workspaces: [cluster, /old]
    folders:
      - path: /backup
        mode: backup
    triggers: ["main-*", "[red]test[/red]"]
  - id: cluster
    path: ~/runs
    ssh:
      host: me@cluster
      shell_init: export HF_TOKEN=hf_verysecret
"""
GOOD = sorted((Path(__file__).parent.parent / "examples" / "valid").glob("*.yaml"))


@pytest.fixture
def settings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A settings file, and a home directory beside it."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("HOME", str(tmp_path))
    (tmp_path / "s.yaml").write_text(SETTINGS)
    return tmp_path


def run(*arguments: str) -> int:
    """Run `xpm-config workspaces` on the settings, for experimaestro 2.7.0."""
    return cli.main(["workspaces", *arguments, "--settings", "s.yaml", "--target", "2.7.0"])


def test_list(settings: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Each workspace has a line; the default and remote ones are marked, and nothing is taken for markup."""
    assert run("list") == 0
    path = f"{settings}/main"
    # A long cell moves the rest of its own line only.
    width = min(len(path), 48)
    assert capsys.readouterr().out.splitlines() == [
        "ID       WHERE               " + "PATH".ljust(width) + "  TRIGGERS                 FOLDERS",
        f"main     local, the default  {path}  main-*, [red]test[/red]  2 use, 1 backup",
        "cluster  remote: me@cluster  ~/runs",
    ]


def test_show_tells_origins(settings: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Every value stands with its place, the folders in the order in which experimaestro looks into them."""
    assert run("show", "main") == 0
    head, _, title, *lines = capsys.readouterr().out.splitlines()
    assert (head, title) == ("s.yaml, as experimaestro 2.7.0 reads it", "main (local, the default)")
    table = {words[0]: (words[1], " ".join(words[2:])) for words in map(str.split, lines)}
    assert table["id"] == ("main", "line 4")
    assert table["path"] == (f"{settings}/main", "line 5")
    assert table["env.LANG"] == ("de_DE.UTF-8", "line 6")
    assert table["env.HF_TOKEN"] == (MASK, "line 1")
    assert table["history.max_done"] == ("9", "line 2")
    assert table["history.max_failed"] == ("1", "default")
    assert [table[f"folders[{index}].path"] for index in range(3)] == [
        (f"{settings}/runs", "line 7"),
        ("/old", "line 7"),
        ("/backup", "line 9"),
    ]
    assert table["folders[0].mode"] == ("use", "line 7")
    assert table["folders[2].mode"] == ("backup", "line 10")


@pytest.mark.parametrize("format", ["text", "json", "yaml"])
@pytest.mark.parametrize("command", ["list", "show"])
def test_secrets_are_masked(settings: Path, capsys: pytest.CaptureFixture[str], command: str, format: str) -> None:
    """No format of any listing shows a secret, wherever it is written."""
    assert run(command, "--format", format) == 0
    shown = capsys.readouterr()
    assert "verysecret" not in shown.out + shown.err


def test_formats_say_the_same(settings: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """JSON and YAML hold the same data, also for readers of YAML 1.1."""
    assert run("show", "--format", "json") == 0
    data = json.loads(capsys.readouterr().out)
    assert run("show", "--format", "yaml") == 0
    assert yaml.safe_load(capsys.readouterr().out) == data
    assert [workspace["id"] for workspace in data["workspaces"]] == ["main", "cluster"]
    assert [workspace["default"] for workspace in data["workspaces"]] == [True, False]
    assert data["workspaces"][1]["path"] == "~/runs"
    assert data["workspaces"][0]["origins"]["path"] == {"kind": "file", "path": "s.yaml", "line": 5, "column": 11}
    assert data["workspaces"][0]["origins"]["lock_mode"] == {"kind": "default"}


@pytest.mark.parametrize("path", GOOD, ids=lambda path: path.stem)
def test_show_holds_what_load_gives(
    path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """For every good example, what is shown are the settings that programs get, and each value has an origin."""
    monkeypatch.setenv("HOME", "/home/me")
    if cli.main(["workspaces", "show", "--format", "json", "--settings", str(path), "--target", "2.7.0"]) == 2:
        with pytest.raises(SettingsNotLoadedError):
            load(path, release=(2, 7, 0))
        return
    shown: list[dict[str, Any]] = json.loads(capsys.readouterr().out)["workspaces"]
    held = load(path, release=(2, 7, 0)).workspaces
    assert len(shown) == len(held)
    for values, workspace in zip(shown, held, strict=True):
        assert (values["id"], values["path"]) == (workspace.id, str(workspace.path))
        assert values["remote"] == workspace.is_remote
        assert list(values["env"]) == list(workspace.env)
        assert {name: text for name, text in values["env"].items() if text != MASK}.items() <= workspace.env.items()
        assert values["triggers"] == list(workspace.triggers)
        assert [(one["path"], one["mode"]) for one in values["folders"]] == [
            (str(folder.path), folder.mode) for folder in workspace.attached
        ]
        assert values["max_retries"] == workspace.max_retries
        assert values["lock_mode"] == workspace.lock_mode
        assert values["history"] == {
            "max_done": workspace.history.max_done,
            "max_failed": workspace.history.max_failed,
        }
        assert (values["ssh"] or {}).get("host") == (workspace.ssh.host if workspace.ssh else None)
        assert {key.partition(".")[0].partition("[")[0] for key in values["origins"]} == set(values) - {
            "remote",
            "default",
            "origins",
        }


def test_unknown_workspace(settings: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """An id that is not there is refused, with the one that is near and all that there are."""
    assert run("show", "mian") == 2
    error = capsys.readouterr().err
    assert "there is no workspace `mian`" in error
    assert "did you mean `main`? There are: main, cluster" in error


def test_no_settings_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    """Without a settings file there are no workspaces, and that is no error: experimaestro takes its defaults."""
    monkeypatch.setenv("HOME", str(tmp_path))
    assert cli.main(["workspaces", "list"]) == 0
    shown = capsys.readouterr()
    assert shown.out == ""
    assert "there is no settings file" in shown.err


def test_ignored_mistakes_are_told(settings: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """What experimaestro would ignore is told: the workspaces may not be those that were meant."""
    Path("s.yaml").write_text("workspaces:\n  - id: a\n    path: /a\n    trigers: [x]\n")
    assert run("list") == 0
    assert "warning: s.yaml has 1 error: run `xpm-config validate --target 2.7.0 s.yaml`" in capsys.readouterr().err


def test_settings_that_do_not_load(settings: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Settings that experimaestro does not load have no effective values: the place is named, exit code 2."""
    Path("s.yaml").write_text("server:\n  port: high\n")
    assert run("list") == 2
    assert "error: s.yaml:2:9: `port` must be a whole number" in capsys.readouterr().err


def test_secrets_are_masked_wherever_they_land(
    settings: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """A secret that came from the environment, by an alias or by an interpolation is masked by its value."""
    monkeypatch.setenv("HF_TOKEN", "hf_verysecret")
    Path("s.yaml").write_text(
        "server: {token: &t sekrit-token}\nenv: {AUTH: '${env:HF_TOKEN}'}\nworkspaces:\n"
        "  - {id: *t, path: '/x/${env:HF_TOKEN}', triggers: [*t], alt_workspaces: [*t]}\n"
        "  - {id: r, path: /r, ssh: {host: h, shell_init: 'login ${env:HF_TOKEN}', options: ['-o', *t]}}\n"
        "  - {id: s, path: /s, ssh: {host: h, shell_init: 'huggingface-cli login --token abcdef'}}\n"
    )
    for command in (("list",), ("show",), ("show", "--format", "json"), ("show", "--format", "yaml")):
        assert run(*command) == 0
        shown = "".join(capsys.readouterr())
        assert MASK in shown or command == ("list",)
        assert not any(secret in shown for secret in ("verysecret", "sekrit", "abcdef"))


def test_wide_letters_keep_the_columns(settings: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Letters that take two places on a terminal are counted as two."""
    Path("s.yaml").write_text("workspaces: [{id: 日本, path: /a}, {id: abcd, path: /b}]\n")
    assert run("list") == 0
    assert capsys.readouterr().out.splitlines()[1:] == ["日本  local, the default  /a", "abcd  local               /b"]


def test_user_that_is_not_known(settings: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A `~user` in `alt_workspaces` that this machine does not know spoils no other workspace; validate tells it."""
    Path("s.yaml").write_text("workspaces: [{id: a, path: /a, alt_workspaces: [~nosuchuser/y]}, {id: b, path: /b}]\n")
    assert run("show", "b") == 0
    assert cli.main(["select", "--settings", "s.yaml", "--workspace", "b"]) == 0
    assert cli.main(["validate", "--target", "2.7.0", "s.yaml"]) == 1
    assert "error[XPM202]: the user behind `~nosuchuser` is not known on this machine" in capsys.readouterr().out
