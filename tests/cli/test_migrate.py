"""`xpm-config migrate` from the outside: options, exit codes, output, and what can go wrong with a file."""

from __future__ import annotations

import errno
import io
import json
import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import pytest

from tests import patching
from xpm_config import cli, files
from xpm_config import migrate as engine
from xpm_config.cli import migrate as command
from xpm_config.diagnostics import Edit
from xpm_config.rewriting import Rewrite
from xpm_config.secrets import MASK

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from xpm_config.rewriting import Source

ROOT = Path(__file__).parents[2]

OLD = "workspaces:\n  - id: a\n    path: /a\n    alt_workspaces: [/old]\n"
NEW = "workspaces:\n  - id: a\n    path: /a\n    folders: [{path: /old, mode: use}]\n"
REFUSED = "workspaces:\n  - id: a\n    path: /a\n    alt_workspaces: [nowhere]\n"
DONE = "migrated to version 2: `alt_workspaces` become `folders` of mode `use`"

SECRETS = ("s3cret-token", "hf_abcdef", "wandb-pass", "p4ssw0rd")
WITH_SECRETS = """\
server:
  token: s3cret-token
workspaces:
  - id: a
    path: /a
    env:
      HF_TOKEN: hf_abcdef
    alt_workspaces: [/old]
  - {id: b, path: /b, env: {API_KEY: wandb-pass}, alt_workspaces: [a]}
  - id: c
    path: /c
    alt_workspaces:
      - a  # password: p4ssw0rd
    folders:
      - path: /bak
        mode: backup
"""


@pytest.fixture(autouse=True)
def _own_place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each test has a current directory and a home of its own, and no settings named by the environment."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("HOME", str(tmp_path))
    for name in ("XPM_SETTINGS", "FORCE_COLOR", "CLICOLOR_FORCE"):
        monkeypatch.delenv(name, raising=False)


@pytest.fixture
def write(tmp_path: Path) -> Callable[..., str]:
    """Write a file into the current directory of the test, and give its name."""

    def write_file(name: str = "a.yaml", content: str = OLD) -> str:
        (tmp_path / name).write_text(content, newline="")
        return name

    return write_file


def run(*arguments: str) -> int:
    """Run the command line for experimaestro 2.7.0, whatever is installed."""
    return cli.main(["migrate", "--target", "2.7.0", *arguments])


def give_input(monkeypatch: pytest.MonkeyPatch, text: str) -> None:
    """Put a text on standard input."""
    monkeypatch.setattr("sys.stdin", SimpleNamespace(buffer=io.BytesIO(text.encode())))


# -- exit codes and options -------------------------------------------------------------------------------


def test_migrates_in_place(write: Callable[..., str], capsys: pytest.CaptureFixture[str]) -> None:
    """The file is rewritten, one line says so, and the exit code is 0; the second time there is nothing to do."""
    name = write()
    assert run(name) == 0
    assert capsys.readouterr() == (f"a.yaml: {DONE}\n", "")
    assert Path(name).read_text() == NEW
    assert run(name) == 0
    assert capsys.readouterr() == ("a.yaml: nothing to do for version 2\n", "")
    assert os.listdir() == ["a.yaml"]


def test_a_file_with_nothing_to_do_is_not_touched(write: Callable[..., str]) -> None:
    """Without a change, the file keeps its inode and the times of its changes."""
    name = write(content=NEW)

    def state() -> tuple[int, int, int]:
        found = os.stat(name)
        return found.st_ino, found.st_mtime_ns, found.st_ctime_ns

    before = state()
    assert run(name) == 0
    assert state() == before


def test_check_writes_nothing(write: Callable[..., str], capsys: pytest.CaptureFixture[str]) -> None:
    """`--check` ends with 1 where something would change, else with 0."""
    name = write()
    assert run("--check", name) == 1
    assert capsys.readouterr().out == f"a.yaml: would be {DONE}\n"
    assert Path(name).read_text() == OLD
    assert run("--check", write(content=NEW)) == 0


def test_diff_writes_nothing(write: Callable[..., str], capsys: pytest.CaptureFixture[str]) -> None:
    """`--diff` shows the change and ends with 1, else with 0."""
    name = write()
    assert run("--diff", name) == 1
    assert capsys.readouterr().out == (
        "--- a.yaml\n+++ a.yaml\n@@ -1,4 +1,4 @@\n workspaces:\n   - id: a\n     path: /a\n"
        "-    alt_workspaces: [/old]\n+    folders: [{path: /old, mode: use}]\n"
    )
    assert Path(name).read_text() == OLD
    assert run("--diff", write(content=NEW)) == 0
    assert capsys.readouterr().out == "a.yaml: nothing to do for version 2\n"


def test_check_and_diff_go_together(write: Callable[..., str], capsys: pytest.CaptureFixture[str]) -> None:
    """With both, the diff is shown and nothing is written."""
    assert run("--diff", "--check", write()) == 1
    assert capsys.readouterr().out.startswith("--- a.yaml\n")
    assert Path("a.yaml").read_text() == OLD


def test_diff_is_coloured_where_colour_is_wanted(
    write: Callable[..., str], capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """`FORCE_COLOR` brings colour into a pipe, `NO_COLOR` keeps it out."""
    monkeypatch.delenv("NO_COLOR", raising=False)
    monkeypatch.setenv("FORCE_COLOR", "1")
    assert run("--diff", write()) == 1
    assert "\x1b[31m-    alt_workspaces: [/old]\x1b[0m\n" in capsys.readouterr().out
    monkeypatch.setenv("NO_COLOR", "1")
    assert run("--diff", write()) == 1
    assert "\x1b" not in capsys.readouterr().out


def test_a_refused_file_is_left(write: Callable[..., str], capsys: pytest.CaptureFixture[str]) -> None:
    """What cannot be migrated is reported with its place and a way out; the exit code is 1."""
    name = write(content=REFUSED)
    assert run(name) == 1
    out = capsys.readouterr().out
    assert out.startswith("a.yaml:4:22: error[XPM402]: there is no workspace `nowhere`\n")
    assert "--unknown-ids keep-as-path" in out
    assert out.endswith("\na.yaml: left as it is\n")
    assert Path(name).read_text() == REFUSED
    for option in ("--check", "--diff"):
        assert run(option, name) == 1


def test_unknown_ids_can_be_kept(write: Callable[..., str]) -> None:
    """`--unknown-ids keep-as-path` does what experimaestro does silently."""
    name = write(content=REFUSED)
    assert run("--unknown-ids", "keep-as-path", name) == 0
    assert "folders: [{path: nowhere, mode: use}]" in Path(name).read_text()


def test_there_and_back_again(write: Callable[..., str], capsys: pytest.CaptureFixture[str]) -> None:
    """`--to 1` undoes what `--to 2` did."""
    name = write()
    assert run("--to", "2", name) == 0
    assert run("--to", "1", name) == 0
    assert Path(name).read_text() == OLD
    assert "a.yaml: migrated to version 1: `folders` of mode `use` become `alt_workspaces`\n" in capsys.readouterr().out


@pytest.mark.parametrize("release", ["2.3.6", "1.5.14", "2.0"])
def test_a_release_without_folders_is_refused(
    write: Callable[..., str], capsys: pytest.CaptureFixture[str], release: str
) -> None:
    """Below 2.4 the migrated file would not load: the command says so, exit code 2, and nothing is written."""
    assert cli.main(["migrate", "--target", release, write()]) == 2
    out, err = capsys.readouterr()
    assert out == ""
    assert "does not know `folders`" in err
    assert "--target 2.7.0" in err
    assert Path("a.yaml").read_text() == OLD


def test_a_release_without_folders_can_be_gone_back_to(write: Callable[..., str]) -> None:
    """`--to 1` is for just these releases."""
    assert cli.main(["migrate", "--target", "2.3.6", "--to", "1", write(content=NEW)]) == 0
    assert Path("a.yaml").read_text() == OLD


@pytest.mark.parametrize(
    "arguments",
    [
        ["--to", "3"],
        ["--to", "0"],
        ["--to", "new"],
        ["--unknown-ids", "keep"],
        ["--format", "sarif"],
        ["--target", "newest"],
        ["--wrong"],
    ],
)
def test_a_bad_option_is_refused(
    write: Callable[..., str], capsys: pytest.CaptureFixture[str], arguments: list[str]
) -> None:
    """An option or a value that there is not ends with 2, before any file is looked at."""
    assert cli.main(["migrate", *arguments, write()]) == 2
    out, err = capsys.readouterr()
    assert out == ""
    assert err
    assert Path("a.yaml").read_text() == OLD


def test_several_files_of_which_one_is_bad(write: Callable[..., str], capsys: pytest.CaptureFixture[str]) -> None:
    """A missing, refused or broken file does not stop the others; the exit code is that of the worst."""
    names = [write("a.yaml"), write("b.yaml", REFUSED), write("c.yaml", "a: [\n"), write("d.yaml")]
    assert run(*names) == 1
    out = capsys.readouterr().out
    assert f"a.yaml: {DONE}\n" in out
    assert "b.yaml: left as it is\n" in out
    assert "c.yaml:1:4: error[XPM002]" in out
    assert "c.yaml: left as it is\n" in out
    assert f"d.yaml: {DONE}\n" in out
    assert Path("a.yaml").read_text() == Path("d.yaml").read_text() == NEW
    assert run("missing.yaml", write("e.yaml")) == 2
    out = capsys.readouterr().out
    assert "missing.yaml: error[XPM008]: there is no such file\n" in out
    assert f"e.yaml: {DONE}\n" in out


def test_a_file_named_twice_is_migrated_once(write: Callable[..., str], capsys: pytest.CaptureFixture[str]) -> None:
    """The second time of the same name is passed over."""
    assert run(write(), "a.yaml") == 0
    assert capsys.readouterr().out == f"a.yaml: {DONE}\n"


def test_quiet_says_only_what_was_done(write: Callable[..., str], capsys: pytest.CaptureFixture[str]) -> None:
    """Under `-q`, a file with nothing to do is not named."""
    done, new = write("a.yaml"), write("b.yaml", NEW)
    assert cli.main(["-q", "migrate", "--target", "2.7.0", done, new]) == 0
    assert capsys.readouterr().out == f"a.yaml: {DONE}\n"


@pytest.mark.parametrize("name", ["a\nb.yaml", "\x1b[31mred.yaml", "café.yaml", "\udcff.yaml"])
def test_odd_file_names_are_shown_safely(
    write: Callable[..., str], capsys: pytest.CaptureFixture[str], name: str
) -> None:
    """A name with control characters or bytes that are no text reaches the terminal as escapes only."""
    for option in ("--diff", "--check", "--backup"):
        assert run(option, write(name)) in (0, 1)
        out = capsys.readouterr().out
        assert "\x1b" not in out
        assert "\udcff" not in out


def test_a_narrow_terminal_encoding_is_no_error(write: Callable[..., str], tmp_path: Path) -> None:
    """Where the output can hold ASCII only, other characters are shown as escapes."""
    write("é.yaml", OLD.replace("/old", "/été"))
    environ = {**os.environ, "PYTHONIOENCODING": "ascii", "PYTHONPATH": str(ROOT)}
    program = [sys.executable, "-m", "xpm_config", "migrate", "--target", "2.7.0", "--diff", "é.yaml"]
    done = subprocess.run(program, cwd=tmp_path, env=environ, capture_output=True, check=False)
    assert done.returncode == 1, done.stderr
    assert b"/\\xe9t\\xe9" in done.stdout


# -- which file -------------------------------------------------------------------------------------------


def test_the_users_own_file_is_the_default(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Without a file, experimaestro's own settings file is migrated."""
    assert run() == 2
    assert "there is no settings file at" in capsys.readouterr().err
    path = tmp_path / ".config/experimaestro/settings.yaml"
    path.parent.mkdir(parents=True)
    path.write_text(OLD)
    assert run() == 0
    assert path.read_text() == NEW
    assert capsys.readouterr().out == f"{path}: {DONE}\n"


def test_the_environment_and_the_option_name_another_default(
    write: Callable[..., str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """`XPM_SETTINGS` names the file, `--settings` wins over it, and an argument over both."""
    for name in ("a.yaml", "b.yaml", "c.yaml"):
        write(name)
    monkeypatch.setenv("XPM_SETTINGS", "a.yaml")
    assert cli.main(["--settings", "b.yaml", "migrate", "--target", "2.7.0", "c.yaml"]) == 0
    assert [Path(name).read_text() for name in ("a.yaml", "b.yaml", "c.yaml")] == [OLD, OLD, NEW]
    assert cli.main(["--settings", "b.yaml", "migrate", "--target", "2.7.0"]) == 0
    assert [Path(name).read_text() for name in ("a.yaml", "b.yaml")] == [OLD, NEW]
    assert run() == 0
    assert Path("a.yaml").read_text() == NEW


# -- standard input ---------------------------------------------------------------------------------------


def test_standard_output_is_only_the_file(
    write: Callable[..., str], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """With `-`, all words go to standard error, those about other files too."""
    give_input(monkeypatch, OLD)
    assert run("-", write()) == 0
    assert capsys.readouterr() == (NEW, f"<stdin>: {DONE}\na.yaml: {DONE}\n")
    assert Path("a.yaml").read_text() == NEW


def test_standard_input_that_is_refused_comes_out_again(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """A filter never loses what it cannot change."""
    give_input(monkeypatch, REFUSED)
    assert run("-") == 1
    out, err = capsys.readouterr()
    assert out == REFUSED
    assert err.startswith("<stdin>:4:22: error[XPM402]")


def test_standard_input_can_be_checked_and_compared(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """With `--check` and `--diff`, standard output holds the words and the diff."""
    give_input(monkeypatch, OLD)
    assert run("--check", "-") == 1
    assert capsys.readouterr() == (f"<stdin>: would be {DONE}\n", "")
    give_input(monkeypatch, OLD)
    assert run("--diff", "-") == 1
    assert capsys.readouterr().out.startswith("--- <stdin>\n+++ <stdin>\n@@ ")
    assert os.listdir() == []


# -- the backup -------------------------------------------------------------------------------------------


def test_backup_keeps_the_old_file(write: Callable[..., str]) -> None:
    """`--backup` leaves the old content with its mode in FILE.bak, and replaces an older one."""
    name = write()
    write("a.yaml.bak", "older")
    os.chmod(name, 0o640)
    assert run("--backup", name) == 0
    assert Path("a.yaml.bak").read_text() == OLD
    assert Path(name).read_text() == NEW
    assert os.stat("a.yaml.bak").st_mode & 0o7777 == os.stat(name).st_mode & 0o7777 == 0o640
    assert sorted(os.listdir()) == ["a.yaml", "a.yaml.bak"]


@pytest.mark.parametrize(("content", "options"), [(NEW, ()), (OLD, ("--check",)), (OLD, ("--diff",)), (REFUSED, ())])
def test_without_a_change_there_is_no_backup(write: Callable[..., str], content: str, options: tuple[str, ...]) -> None:
    """Where nothing is written, nothing is kept."""
    run("--backup", *options, write(content=content))
    assert os.listdir() == ["a.yaml"]


def test_without_its_backup_a_file_is_not_migrated(
    write: Callable[..., str], capsys: pytest.CaptureFixture[str]
) -> None:
    """Where the backup cannot be written, the file stays as it is."""
    name = write()
    os.mkdir("a.yaml.bak")
    assert run("--backup", name) == 2
    out = capsys.readouterr().out
    assert out.startswith("a.yaml: error[XPM406]: a.yaml.bak: it cannot be written: ")
    assert Path(name).read_text() == OLD
    assert sorted(os.listdir()) == ["a.yaml", "a.yaml.bak"]


# -- JSON -------------------------------------------------------------------------------------------------


def printed_json(capsys: pytest.CaptureFixture[str], *arguments: str) -> tuple[int, Any]:
    """The exit code, and what was printed as JSON."""
    capsys.readouterr()
    code = run("--format", "json", *arguments)
    out, err = capsys.readouterr()
    assert err == ""
    return code, json.loads(out)


def test_the_json_report_is_a_contract(write: Callable[..., str], capsys: pytest.CaptureFixture[str]) -> None:
    """Programs rely on these keys: they may get company, but stay."""
    edits = [
        {"line": 4, "column": 5, "end_line": 4, "end_column": 19, "text": "folders"},
        {"line": 4, "column": 22, "end_line": 4, "end_column": 26, "text": "{path: /old, mode: use}"},
    ]
    finding = {
        "code": "XPM402",
        "severity": "error",
        "message": "there is no workspace `nowhere`",
        "line": 4,
        "column": 22,
        "end_line": 4,
        "end_column": 29,
        "help": "experimaestro takes it for a path in the current directory: `--unknown-ids keep-as-path` does so, too",
        "fix": None,
    }
    same: dict[str, Any] = {
        "to": 2,
        "changed": False,
        "written": False,
        "error": None,
        "help": None,
        "edits": [],
        "diagnostics": [],
    }
    names = [write("a.yaml"), write("b.yaml", REFUSED), write("c.yaml", NEW), "missing.yaml"]
    code, report = printed_json(capsys, *names)
    assert code == 2
    assert report == {
        "version": 1,
        "files": [
            {**same, "path": "a.yaml", "changed": True, "written": True, "edits": edits},
            {**same, "path": "b.yaml", "diagnostics": [finding]},
            {**same, "path": "c.yaml"},
            {**same, "path": "missing.yaml", "error": "there is no such file", "help": "check the name"},
        ],
        "summary": {"files": 4, "changed": 1},
    }
    assert Path("a.yaml").read_text() == NEW


def test_json_of_a_check_writes_nothing(
    write: Callable[..., str], capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """With `--check`, and for standard input, `changed` tells what would be, and `written` is false."""
    code, report = printed_json(capsys, "--check", write())
    assert (code, report["files"][0]["changed"], report["files"][0]["written"]) == (1, True, False)
    assert Path("a.yaml").read_text() == OLD
    give_input(monkeypatch, OLD)
    code, report = printed_json(capsys, "-")
    assert (code, report["files"][0]["path"], report["files"][0]["written"]) == (0, "<stdin>", False)


# -- secrets ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("arguments", [("--diff",), ("--format", "json"), ("--diff", "--format", "json"), ()])
def test_secrets_are_not_printed(
    write: Callable[..., str], capsys: pytest.CaptureFixture[str], arguments: tuple[str, ...]
) -> None:
    """Neither on lines that change, nor around them, nor in comments that move."""
    run(*arguments, write(content=WITH_SECRETS))
    out, err = capsys.readouterr()
    assert [secret for secret in SECRETS if secret in out + err] == []
    if arguments == ("--diff",):
        assert f"       HF_TOKEN: {MASK}\n" in out
        assert f"-  - {{id: b, path: /b, env: {{API_KEY: {MASK}}}, alt_workspaces: [a]}}\n" in out
    if not arguments:
        assert [secret for secret in SECRETS if secret in Path("a.yaml").read_text()] == list(SECRETS)


def test_an_edit_that_shows_a_secret_has_no_text(write: Callable[..., str], capsys: pytest.CaptureFixture[str]) -> None:
    """In JSON, a comment with a password moves without its words; other edits have their text."""
    _, report = printed_json(capsys, "--check", write(content=WITH_SECRETS))
    texts = [edit["text"] for edit in report["files"][0]["edits"]]
    assert None in texts
    assert "folders" in texts


def test_secrets_are_not_printed_with_findings(write: Callable[..., str], capsys: pytest.CaptureFixture[str]) -> None:
    """The line that is shown with a finding has its secrets masked."""
    refused = "workspaces: [{id: a, path: /a, env: {MY_TOKEN: hf_abcdef}, alt_workspaces: [b]}]\n"
    assert run(write(content=refused)) == 1
    out = capsys.readouterr().out
    assert MASK in out
    assert "hf_abcdef" not in out
    assert run(write(content="server: {token: s3cret-token\n")) == 1
    assert "s3cret-token" not in capsys.readouterr().out


# -- a proof that fails -----------------------------------------------------------------------------------


def wrong_step(monkeypatch: pytest.MonkeyPatch, old: str, new: str) -> None:
    """Let the step give an edit that replaces a piece of the text by another."""
    from xpm_config.migrations import v1_to_v2

    def upgrade(source: Source) -> Rewrite:
        start = source.document.text.index(old)
        return Rewrite((Edit(start, start + len(old), new),), ())

    monkeypatch.setattr(v1_to_v2, "upgrade", upgrade)


@pytest.mark.parametrize(
    ("old", "new", "difference"),
    [
        ("    alt_workspaces: [/old]\n", "", "`workspaces[0].folders` would be [] instead of [/old (use)]"),
        ("alt_workspaces: [/old]", "folders: [{path: /old, mode: backup}]", "[/old (backup)] instead of [/old (use)]"),
        ("hf_abcdef", "hf_fedcba", "`workspaces[0].env.HF_TOKEN` would change"),
        ("s3cret-token", "null", "`server.token` would change"),
        ("    path: /c", "    path: /d", "`workspaces[2].path` would change"),
        ("path: /c", "path: [", "the result would not be YAML"),
        ("path: /c", "path: 1", "the result would not load: `workspaces[2].path`"),
        ("HF_TOKEN: hf_abcdef", "X: y", "`workspaces[0].env.HF_TOKEN` would be lost"),
        ("HF_TOKEN: hf_abcdef", "HF_TOKEN: hf_abcdef\n      X: y", "`workspaces[0].env.X` would appear"),
        ("  - id: a", "  - id: z\n    path: /z\n  - id: a", "`workspaces` would change"),
    ],
)
def test_a_failed_proof_writes_nothing(
    write: Callable[..., str],
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
    old: str,
    new: str,
    difference: str,
) -> None:
    """If the result meant something else, the difference is shown without secrets, the file stays: exit code 2."""
    wrong_step(monkeypatch, old, new)
    name = write(content=WITH_SECRETS)
    for options in ((), ("--check",), ("--diff",), ("--backup",)):
        assert run(*options, name) == 2
        out, err = capsys.readouterr()
        assert "a.yaml: error[XPM405]: the result would " in out
        assert difference in out
        assert "nothing was written" in out
        assert [secret for secret in (*SECRETS, "hf_fedcba") if secret in out + err] == []
    assert Path(name).read_text() == WITH_SECRETS
    assert os.listdir() == ["a.yaml"]


def test_a_failed_proof_in_json(
    write: Callable[..., str], capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The finding is in the report, nothing counts as changed, and no edit is listed."""
    wrong_step(monkeypatch, "/old", "/other")
    code, report = printed_json(capsys, write(content=WITH_SECRETS))
    (file,) = report["files"]
    assert code == 2
    assert [found["code"] for found in file["diagnostics"]] == ["XPM405"]
    assert (file["changed"], file["written"], file["edits"]) == (False, False, [])


# -- files that get in the way ----------------------------------------------------------------------------


def test_links_stay_and_the_file_behind_them_is_replaced(tmp_path: Path) -> None:
    """Through a chain of links, across directories, the real file is rewritten with its mode."""
    (tmp_path / "dotfiles").mkdir()
    real = tmp_path / "dotfiles/settings.yaml"
    real.write_text(OLD)
    real.chmod(0o600)
    (tmp_path / "two").symlink_to("dotfiles/settings.yaml")
    (tmp_path / "one").symlink_to(tmp_path / "two")
    assert run("--backup", "one") == 0
    assert real.read_text() == NEW
    assert real.stat().st_mode & 0o7777 == 0o600
    assert os.readlink("one") == str(tmp_path / "two")
    assert os.readlink("two") == "dotfiles/settings.yaml"
    assert Path("one.bak").read_text() == OLD
    assert not Path("one.bak").is_symlink()
    assert os.listdir("dotfiles") == ["settings.yaml"]


def as_nobody(arguments: list[str], place: Path) -> subprocess.CompletedProcess[str]:
    """Run the command as a user who owns nothing: root may write everywhere."""
    # The interpreter and its packages may lie where others cannot look: a first run loads all that is needed.
    code = (
        "import io, os, sys\n"
        "from xpm_config.cli import main\n"
        "sys.stdin = io.TextIOWrapper(io.BytesIO(sys.argv[1].encode()))\n"
        "printed = sys.stdout, sys.stderr\n"
        "sys.stdout = sys.stderr = io.TextIOWrapper(io.BytesIO())\n"
        "for options in (['--check'], ['--diff'], ['--target', '2.7.0', 'missing.yaml']):\n"
        "    main(['migrate', *options, '-'])\n"
        "sys.stdout, sys.stderr = printed\n"
        "if os.geteuid() == 0:\n"
        "    os.setgroups([])\n"
        "    os.setgid(65534)\n"
        "    os.setuid(65534)\n"
        "sys.exit(main(sys.argv[2:]))\n"
    )
    environ = {**os.environ, "PYTHONPATH": str(ROOT), "HOME": str(place)}
    command_line = [sys.executable, "-c", code, OLD, "migrate", "--target", "2.7.0", *arguments]
    return subprocess.run(command_line, cwd=place, env=environ, capture_output=True, text=True, check=False)


@pytest.fixture
def open_place() -> Iterator[Path]:
    """A directory that every user can reach."""
    with tempfile.TemporaryDirectory() as name:
        os.chmod(name, 0o777)
        yield Path(name)


def test_a_directory_that_cannot_be_written(open_place: Path) -> None:
    """In a read-only directory the file stays, with a clear message and exit code 2; `-` and `--diff` still work."""
    path = open_place / "a.yaml"
    path.write_text(OLD)
    path.chmod(0o666)
    open_place.chmod(0o555)
    done = as_nobody(["a.yaml"], open_place)
    assert (done.returncode, done.stderr) == (2, "")
    assert done.stdout.startswith("a.yaml: error[XPM406]: it cannot be written: Permission denied\n")
    assert "help: check the permissions of the file and of its directory\n" in done.stdout
    assert path.read_text() == OLD
    assert as_nobody(["--diff", "a.yaml"], open_place).returncode == 1
    assert os.listdir(open_place) == ["a.yaml"]
    open_place.chmod(0o777)
    assert as_nobody(["a.yaml"], open_place).returncode == 0
    assert path.read_text() == NEW
    assert path.stat().st_mode & 0o7777 == 0o666


def test_a_file_that_cannot_be_read(open_place: Path) -> None:
    """Without the permission to read there is a message, and exit code 2."""
    path = open_place / "a.yaml"
    path.write_text(OLD)
    path.chmod(0)
    done = as_nobody(["a.yaml"], open_place)
    assert done.returncode == 2
    assert done.stdout.startswith("a.yaml: error[XPM008]: you have no permission to read it\n")
    assert path.stat().st_size == len(OLD)


def meanwhile(monkeypatch: pytest.MonkeyPatch, action: Callable[[], object]) -> None:
    """Let something happen between reading and writing."""
    migrate = engine.migrate

    def slow(*arguments: Any, **named: Any) -> engine.MigrationResult:
        result = migrate(*arguments, **named)
        action()
        return result

    monkeypatch.setattr(command, "migrate", slow)


def test_a_concurrent_edit_is_kept(
    write: Callable[..., str], capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """What somebody wrote between reading and writing stays, and the command says what to do."""
    name = write()
    meanwhile(monkeypatch, lambda: write(content="# theirs\n" + OLD))
    assert run(name) == 2
    out = capsys.readouterr().out
    assert out.startswith("a.yaml: error[XPM406]: it was changed meanwhile\n")
    assert "help: run the command again\n" in out
    assert Path(name).read_text() == "# theirs\n" + OLD
    assert os.listdir() == ["a.yaml"]


def test_a_file_that_vanished_is_not_written_anew(
    write: Callable[..., str], capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """A file that somebody removed between reading and writing stays away."""
    name = write()
    meanwhile(monkeypatch, lambda: Path(name).unlink(missing_ok=True))
    assert run(name, write("b.yaml")) == 2
    out = capsys.readouterr().out
    assert out.startswith("a.yaml: error[XPM406]: it cannot be written: No such file or directory\n")
    assert os.listdir() == ["b.yaml"]


@pytest.mark.parametrize("call", ["fsync", "fchmod", "rename", "open"])
@pytest.mark.parametrize("backup", [(), ("--backup",)])
def test_a_full_disk(
    write: Callable[..., str],
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
    call: str,
    backup: tuple[str, ...],
) -> None:
    """Without room for the new file the old one is intact, nothing is left over, and the exit code is 2."""
    name = write()
    genuine = getattr(os, call)

    def full(*arguments: Any, **named: Any) -> Any:
        if call == "open" and not arguments[1] & os.O_CREAT:
            return genuine(*arguments, **named)
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    with monkeypatch.context() as patched:
        patched.setattr(os, call, full)
        assert run(*backup, name) == 2
    out = capsys.readouterr().out
    assert "it cannot be written: No space left on device\n" in out
    assert "help: free some space, and run the command again\n" in out
    assert Path(name).read_text() == OLD
    assert os.listdir() == ["a.yaml"]


def test_a_disk_that_is_full_at_the_write(write: Callable[..., str], capsys: pytest.CaptureFixture[str]) -> None:
    """The write itself may fail, too: here beyond a limit of the process."""
    name = write(content=OLD + "# " + "x" * 20_000 + "\n")
    code = (
        "import resource, signal, sys\nfrom xpm_config.cli import main\n"
        "signal.signal(signal.SIGXFSZ, signal.SIG_IGN)\n"
        "resource.setrlimit(resource.RLIMIT_FSIZE, (8192, 8192))\nsys.exit(main(sys.argv[1:]))\n"
    )
    arguments = [sys.executable, "-B", "-c", code, "migrate", "--target", "2.7.0", name]
    environ = {**os.environ, "PYTHONPATH": str(ROOT)}
    done = subprocess.run(arguments, env=environ, capture_output=True, text=True, check=False)
    assert done.returncode == 2, done.stderr
    assert done.stdout.startswith("a.yaml: error[XPM406]: it cannot be written: File too large\n")
    assert Path(name).read_text().startswith(OLD)
    assert os.listdir() == ["a.yaml"]
    assert capsys.readouterr().out == ""


def test_an_interrupt_leaves_the_old_file(write: Callable[..., str], monkeypatch: pytest.MonkeyPatch) -> None:
    """Ctrl-C in the middle of the write: the old file is whole, and nothing else is left."""
    name = write()

    def interrupted(_: int) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(os, "fsync", interrupted)
    for options in ((), ("--backup",)):
        assert run(*options, name) == 130
        assert Path(name).read_text() == OLD
        assert os.listdir() == ["a.yaml"]


def test_what_a_killed_process_left_is_in_no_way(
    write: Callable[..., str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A process that was killed cannot clean up; the next one writes all the same, even under the same number."""
    name = write()
    unlink = os.unlink
    with monkeypatch.context() as patched:
        patched.setattr(files, "_discard", lambda _: None)
        patched.setattr(os, "rename", lambda *_: (_ for _ in ()).throw(KeyboardInterrupt))
        assert run(name) == 130
    (left,) = set(os.listdir()) - {name}
    assert run(name) == 0
    assert Path(name).read_text() == NEW
    assert set(os.listdir()) == {name, left}
    unlink(tmp_path / left)


@pytest.mark.skipif(shutil.which("patch") is None, reason="patch is not installed")
def test_the_printed_diff_can_be_applied(write: Callable[..., str], tmp_path: Path) -> None:
    """`migrate --diff | patch` does what `migrate` does, through a real pipe."""
    write(content=OLD.replace("\n", "\r\n"))
    program = [sys.executable, "-m", "xpm_config", "migrate", "--target", "2.7.0", "--diff", "a.yaml"]
    environ = {**os.environ, "PYTHONPATH": str(ROOT)}
    done = subprocess.run(program, cwd=tmp_path, env=environ, capture_output=True, check=False)
    assert done.returncode == 1
    new = patching.with_program(Path("a.yaml").read_bytes(), done.stdout, tmp_path)
    assert new == NEW.replace("\n", "\r\n").encode()
