"""Completion: what completers give, and what a TAB does in real, interactive shells."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
import typer

from tests.terminal import Terminal, words
from xpm_config import cli, target
from xpm_config.cli import completion, shells, validate
from xpm_config.cli.app import app
from xpm_config.codes import CODES

if TYPE_CHECKING:
    from collections.abc import Iterator

SETTINGS = r"""
server: {token: &secret s3cr3t-t0k3n}
workspaces:
  - {id: neural, path: ~/exp/neural}
  - {id: "my ws:1", path: /exp/1}
  - {id: "my ws:2", path: /exp/2}
  - {id: "it's", path: /c}
  - {id: 'q"uote', path: /c}
  - {id: "dollar$HOME", path: /c}
  - {id: 'bs\$(touch pwned)', path: '/c\$(touch pwned)'}
  - {id: "star*[x]", path: /c}
  - {id: "eq=a@b", path: /c}
  - {id: "été", path: /c}
  - {id: cluster, path: "~/x", ssh: {host: login}}
  - {id: *secret, path: /hidden}
  - {id: hidden-path, path: *secret}
"""


def answer(line: str, word: str = "", shell: str = "fish") -> list[str]:
    """The values that a script gets for a line, or its request for files."""
    lines = shells.answer(typer.main.get_command(app), shell, line, word).split("\n")
    return lines if lines == ["files"] else [row.partition("\t")[0] for row in lines[1:]]


# -- completers ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("xpm-config ex", ["explain"]),
        ("xpm-config _", []),
        ("xpm-config schema li", ["list"]),
        ("xpm-config validate --unsa", ["--unsafe-fixes"]),
        ("xpm-config validate ", ["files"]),
        ("xpm-config validate a.yaml ", ["files"]),
        ("xpm-config --settings ", ["files"]),
        ("xpm-config validate --settings=", ["files"]),
        ("xpm-config -q validate --format ", list(validate.FORMATS)),
        ("xpm-config validate --format=js", ["--format=json"]),
        ("xpm-config migrate --format ", ["text", "json"]),
        ("xpm-config migrate --unknown-ids k", ["keep-as-path"]),
        ("xpm-config migrate --to ", ["1", "2"]),
        ("xpm-config explain --schema ", ["1", "2"]),
        ("xpm-config validate --select XPM1010", []),
        ("xpm-config validate --select xpm101", ["xpm101"]),
        ("xpm-config validate --ignore XPM101,xpm101", []),
        ("xpm-config validate --ignore XPM102,xpm101", ["XPM102,xpm101"]),
        ("xpm-config explain XPM10", [code for code in CODES if code.startswith("XPM10")]),
        ("xpm-config explain workspaces.lo", ["workspaces.lock_mode"]),
        ("xpm-config explain workspaces[].lo", ["workspaces[].lock_mode"]),
        ("xpm-config explain zz", []),
        ("xpm-config explain server ", []),
        ("xpm-config explain > ", ["files"]),
        ("xpm-config completion ", ["bash", "zsh", "fish"]),
        ("xpm-config schema show ", ["1", "2"]),
        ("xpm-config schema list --format ", ["text", "json"]),
        ("xpm-config schema install --version ", ["1", "2"]),
        ("xpm-config env nlp -- ", ["files"]),
        ("xpm-config --settings a.yaml env -- python tr", ["files"]),
        ("xpm-config env -- python --ver", ["files"]),
        ("xpm-config explain -- server.to", ["server.token"]),
        ("xpm-config --version expl", ["explain"]),
    ],
)
def test_candidates(line: str, expected: list[str]) -> None:
    """Commands, options, their values, codes, keys and files complete; nothing else is offered."""
    assert answer(line) == expected


def test_releases() -> None:
    """--target offers releases that it takes, the newest first, each with what it brought."""
    offered = dict(completion.releases(""))
    assert [target.parse(release) for release in offered] == sorted(map(target.parse, offered), reverse=True)
    assert offered["2.7.0"] == "brought workspaces.lock_mode"
    assert offered["2.4.0"] == "brought workspaces.folders"
    assert [release for release, _ in completion.releases("2.6")] == ["2.6.0"]


def parameters(command: Any, path: str = "xpm-config") -> Iterator[tuple[str, Any]]:
    """Every parameter of every command that is shown, with the command's name."""
    for parameter in command.params:
        yield path, parameter
    for name, sub in getattr(command, "commands", {}).items():
        if not sub.hidden:
            yield from parameters(sub, f"{path} {name}")


FREE = {
    *("--timeout", "--port", "--older-than", "--polling-interval", "--processes", "--sample", "--request-timeout"),
    *("host", "remote_workdir", "--remote-shell-init", "--remote-python", "--remote-xpm", "--ssh-option"),
    "experiment_id",
}
"""What has a value that nothing here knows: numbers, the other machine, experiments."""


def test_everything_else_completes() -> None:
    """Every option with a value, and every argument, has a completer, but for those whose values nobody can know."""
    without = {
        one.opts[0]
        for _, one in parameters(typer.main.get_command(app))
        if not getattr(one, "is_flag", False) and one._custom_shell_complete is None
    }
    assert without == FREE


def test_the_help_of_commands_is_not_cut() -> None:
    """Beside each command, shells show a whole sentence that fits a line of a terminal."""
    for line in ("", "workspaces ", "schema "):
        rows = shells.answer(typer.main.get_command(app), "fish", f"xpm-config {line}", "").split("\n")[1:]
        assert len(rows) >= 2
        for row in rows:
            command, _, text = row.partition("\t")
            assert text.endswith("."), command
            assert not text.endswith(".."), command
            assert len(text) <= 60, command


def test_every_file_completes() -> None:
    """A parameter that takes a file has the shell offer files."""
    found = [(path, one) for path, one in parameters(typer.main.get_command(app)) if one.metavar == "FILE"]
    assert len(found) >= 5
    for path, parameter in found:
        option = f"{parameter.opts[0]} " if parameter.opts[0].startswith("-") else ""
        assert answer(f"{path} {option}") == ["files"], f"{path} {option}"


# -- workspaces ---------------------------------------------------------------------------------------


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A home directory whose settings hold one workspace, `own`."""
    own = tmp_path / ".config" / "experimaestro" / "settings.yaml"
    own.parent.mkdir(parents=True)
    own.write_text("workspaces: [{id: own, path: /own}]\n")
    monkeypatch.setenv("HOME", str(tmp_path))
    return tmp_path


def ids(settings: str | None = None, incomplete: str = "", *, in_front: bool = False) -> list[tuple[str, str]]:
    """The workspaces that are offered, with --settings behind or in front of the command."""
    root = typer.main.get_command(app)
    front = typer.Context(root)
    here = typer.Context(root, parent=front)
    (front if in_front else here).params["settings"] = settings
    return completion.workspace_ids(here, incomplete)


def test_workspaces_of_the_settings_in_effect(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """--settings, behind or in front of the command, comes first, then XPM_SETTINGS, then the user's own file."""
    (home / "named.yaml").write_text("workspaces: [{id: named, path: /named}]\n")
    (home / "env.yaml").write_text("workspaces: [{id: env, path: /env}]\n")
    assert ids() == [("own", "/own")]
    monkeypatch.setenv("XPM_SETTINGS", str(home / "env.yaml"))
    assert ids() == [("env", "/env")]
    assert ids("~/named.yaml") == [("named", "/named")]
    assert ids("$HOME/named.yaml", in_front=True) == [("named", "/named")]
    assert ids("~/named.yaml", "x") == []


def test_only_remote_workspaces_are_watched(tmp_path: Path) -> None:
    """`ssh-monitor` is offered the workspaces on other machines, and no other."""
    (tmp_path / "a.yaml").write_text(SETTINGS)
    assert answer(f"xpm-config ssh-monitor --settings {tmp_path / 'a.yaml'} --workspace ") == ["cluster"]


def test_workspaces_have_paths_and_no_secrets(tmp_path: Path) -> None:
    """The help is the path, with the host of a remote workspace; what is secret elsewhere never shows."""
    (tmp_path / "a.yaml").write_text(SETTINGS)
    offered = dict(ids(str(tmp_path / "a.yaml")))
    assert offered["neural"] == "~/exp/neural"
    assert offered["cluster"] == "remote, login:~/x"
    assert offered["hidden-path"] == ""
    assert "s3cr3t" not in json.dumps(offered)
    assert "/hidden" not in offered.values()


def test_workspaces_of_a_file_with_findings(tmp_path: Path) -> None:
    """A file that reads as YAML gives its ids, whatever else is wrong in it."""
    (tmp_path / "a.yaml").write_text("servr: 1\nworkspaces: [{id: a}, {path: /b}, {id: [c], path: /c}, 7, {id: d}]\n")
    assert ids(str(tmp_path / "a.yaml")) == [("a", ""), ("d", "")]


@pytest.mark.parametrize(
    "content", ["", "workspaces: 1", "workspaces: [", "- a", "\0", "workspaces: [{id: a, path: /a}] #" + "x" * 200_000]
)
def test_no_workspaces_of_a_bad_file(tmp_path: Path, content: str, capfd: pytest.CaptureFixture[str]) -> None:
    """An empty, broken or large file gives nothing and says nothing."""
    (tmp_path / "a.yaml").write_text(content)
    assert ids(str(tmp_path / "a.yaml")) == []
    assert capfd.readouterr() == ("", "")


def test_no_workspaces_without_a_file(tmp_path: Path) -> None:
    """A name that is no file gives nothing, and a FIFO without a writer does not keep the shell waiting."""
    os.mkfifo(tmp_path / "fifo")
    for name in ("missing", "fifo", ".", "\0"):
        assert ids(str(tmp_path / name)) == []


# -- the shells' side ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("", ([""], "")),
        ("a  b ", (["a", "b", ""], "")),
        (r"a my\ b", (["a", "my b"], "")),
        ("a 'b c", (["a", "b c"], "'")),
        ('a "b \\"c\\d', (["a", 'b "c\\d'], '"')),
        ("a '' b", (["a", "", "b"], "")),
        ("a b'c d'e", (["a", "bc de"], "")),
        ("a b\\", (["a", "b"], "")),
    ],
)
def test_split(line: str, expected: tuple[list[str], str]) -> None:
    """A line is split as shells do it, also where a quote is still open."""
    assert shells.split(line) == expected


def test_help_and_unprintable_values_cannot_break_the_answer(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A value with a line break is left out; in a help text it becomes a space."""
    items = [("a\nb", "x"), ("c", "y\nz\x1b[1m")]
    monkeypatch.setattr(shells, "_candidates", lambda *_: items)
    assert shells.answer(None, "fish", "xpm-config ", "") == "words\nc\ty z [1m"


def test_completing_loads_no_yaml_and_no_schema_validator(tmp_path: Path) -> None:
    """Names of options complete about as fast as --help, and an unknown shell of a script is an error."""
    code = (
        "import sys, json\nfrom xpm_config.cli import main\n"
        "main(['_complete', 'bash', '--', 'xpm-config validate --', '--'])\nprint(json.dumps(list(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=tmp_path)
    assert "--strict" in done.stdout
    loaded = set(json.loads(done.stdout.splitlines()[-1]))
    assert not loaded & {"rich", "jsonschema", "ruamel.yaml", "xpm_config.document", "xpm_config.validate"}


def test_unknown_shell(capsys: pytest.CaptureFixture[str]) -> None:
    """Only shells with a script are taken."""
    assert cli.main(["completion", "tcsh"]) == 2
    assert "bash, zsh, fish" in capsys.readouterr().err


# -- real shells --------------------------------------------------------------------------------------

PROGRAM = """#!{python}
import sys
from xpm_config.cli import main
sys.exit(main())
"""

BASH_COMPLETION = "/usr/share/bash-completion/bash_completion"

WAYS = {
    "bash": 'eval "$(xpm-config completion bash)"',
    "bash with bash-completion": f"""
        mkdir -p ~/.local/share/bash-completion/completions
        xpm-config completion bash > ~/.local/share/bash-completion/completions/xpm-config
        source {BASH_COMPLETION}""",
    "zsh": 'eval "$(xpm-config completion zsh)"',
    "zsh with a file": """
        mkdir -p ~/.zfunc && xpm-config completion zsh > ~/.zfunc/_xpm-config
        fpath+=~/.zfunc; autoload -Uz compinit; compinit -u""",
    "fish": "xpm-config completion fish | source",
}


@pytest.fixture(scope="module")
def terminal(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Terminal]:
    """A shell in which completion was set up in one of the documented ways."""
    if "bash-completion" in request.param and not Path(BASH_COMPLETION).exists():
        pytest.skip("bash-completion is not installed")
    place = tmp_path_factory.mktemp("shell")
    (place / "bin").mkdir()
    (place / "bin" / "xpm-config").write_text(PROGRAM.format(python=sys.executable))
    (place / "bin" / "xpm-config").chmod(0o755)
    (place / "settings.yaml").write_text(SETTINGS, encoding="utf-8")
    (place / "here").mkdir()
    for name in ("my file.yaml", "other.yaml", "workspacesX", "starX"):
        (place / "here" / name).touch()
    terminal = Terminal(
        request.param.split(maxsplit=1)[0],
        f"{WAYS[request.param]}\n",
        home=place / "home",
        cwd=place / "here",
        path=f"{place / 'bin'}:{os.environ['PATH']}",
        XPM_SETTINGS=str(place / "settings.yaml"),
    )
    yield terminal
    terminal.close()


@pytest.mark.parametrize("terminal", [way for way in WAYS if way != "zsh with a file"], indirect=True, scope="module")
@pytest.mark.parametrize(
    ("keys", "arguments"),
    [
        ("xpm-config vali\t", ["validate"]),
        ("xpm-config -q validate --form\tjs\t", ["-q", "validate", "--format", "json"]),
        ("xpm-config validate --format=js\t", ["validate", "--format=json"]),
        ("xpm-config validate --select XPM102,XPM10\t1", ["validate", "--select", "XPM102,XPM101"]),
        ("xpm-config explain workspaces.lo\t", ["explain", "workspaces.lock_mode"]),
        ("xpm-config explain 'workspaces[].lo\t", ["explain", "workspaces[].lock_mode"]),
        ("xpm-config explain workspaces[].lo\t", ["explain", "workspaces[].lock_mode"]),
        ("xpm-config explain oth\t", ["explain", "oth"]),
        ("xpm-config validate my\t", ["validate", "my file.yaml"]),
        ("xpm-config validate --settings=oth\t", ["validate", "--settings=other.yaml"]),
        ("xpm-config --settings oth\texpl\t", ["--settings", "other.yaml", "explain"]),
        ("true; A=1 xpm-config expl\t", ["explain"]),
        ("xpm-config env my\t1\t", ["env", "my ws:1"]),
        ("xpm-config workspaces show neu\t'my\t1\t", ["workspaces", "show", "neural", "my ws:1"]),
        ('xpm-config select --workspace="my ws:\t2\t', ["select", "--workspace=my ws:2"]),
        ("xpm-config workspaces show it\t", ["workspaces", "show", "it's"]),
        ("xpm-config env 'it\t", ["env", "it's"]),
        ('xpm-config env "q\t', ["env", 'q"uote']),
        ("xpm-config select --workspace dol\t", ["select", "--workspace", "dollar$HOME"]),
        ('xpm-config env "dol\t', ["env", "dollar$HOME"]),
        ("xpm-config env bs\t", ["env", r"bs\$(touch pwned)"]),
        ("xpm-config env star\t", ["env", "star*[x]"]),
        ("xpm-config select --workspace=eq=\t", ["select", "--workspace=eq=a@b"]),
        ("xpm-config env é\t", ["env", "été"]),
        ("xpm-config ssh-monitor --workspace \t", ["ssh-monitor", "--workspace", "cluster"]),
        ("xpm-config schema install --version 2\t", ["schema", "install", "--version", "2"]),
        ("xpm-config env neu\t-- cat my\t", ["env", "neural", "--", "cat", "my file.yaml"]),
        ("xpm-config env -- oth\t", ["env", "--", "other.yaml"]),
    ],
)
def test_tab(terminal: Terminal, keys: str, arguments: list[str], tmp_path: Path) -> None:
    """After a TAB, the line gives the program exactly the words that were meant, and nothing has been run."""
    line, _ = terminal.press(keys)
    assert words(terminal.shell, line, tmp_path) == arguments
    assert not list(Path(terminal.cwd).glob("pwned*"))


@pytest.mark.parametrize("terminal", WAYS, indirect=True, scope="module")
@pytest.mark.parametrize(
    ("keys", "shown"),
    [
        ("xpm-config ", ["validate", "migrate", "explain", "schema", "completion"]),
        ("xpm-config validate --", ["--strict", "--target", "--unsafe-fixes"]),
        ("xpm-config explain XPM10", ["XPM101", "XPM102"]),
        ("xpm-config explain server.", ["server.port", "server.autohost"]),
        ("xpm-config validate ", ["other.yaml", "starX"]),
        ("xpm-config env ", ["neural", "cluster", "star"]),
    ],
)
def test_list(terminal: Terminal, keys: str, shown: list[str]) -> None:
    """A second TAB lists what is possible; a secret is not in the list."""
    _, screen = terminal.press(keys + "\t\t")
    for word in shown:
        assert word in screen
    assert "s3cr3t" not in screen
    assert "rror" not in screen
