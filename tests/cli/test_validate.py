"""`xpm-config validate` from the outside: arguments, exit codes, bad input, fixes."""

from __future__ import annotations

import io
import json
import os
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from xpm_config import cli

if TYPE_CHECKING:
    from collections.abc import Callable

GOOD = "workspaces:\n  - id: a\n    path: /a\n"
BAD = "server:\n  prt: 1\n"


@pytest.fixture
def write(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[str, bytes | str], str]:
    """Write a file into the current directory of the test, and give its name."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.delenv("XPM_SETTINGS", raising=False)

    def write_file(name: str, content: bytes | str) -> str:
        data = content.encode() if isinstance(content, str) else content
        (tmp_path / name).write_bytes(data)
        return name

    return write_file


def run(*arguments: str) -> int:
    """Run the command line for experimaestro 2.7.0, whatever is installed."""
    return cli.main(["validate", "--target", "2.7.0", *arguments])


def test_good_file_is_ok(write: Callable[[str, str], str], capsys: pytest.CaptureFixture[str]) -> None:
    """A good file is named, and the exit code is 0."""
    assert run(write("a.yaml", GOOD)) == 0
    assert capsys.readouterr().out == "a.yaml: ok (experimaestro 2.7.0)\n"


def test_finding_fails(write: Callable[[str, str], str], capsys: pytest.CaptureFixture[str]) -> None:
    """A finding is reported with file, line and column, and the exit code is 1."""
    assert run(write("a.yaml", BAD)) == 1
    out = capsys.readouterr().out
    assert out.startswith("a.yaml:2:3: error[XPM101]: unknown key `prt` in `server`\n")
    assert "help: did you mean `port`? (fixed by --unsafe-fixes)\n" in out


def test_warning_fails_only_when_strict(write: Callable[[str, str], str]) -> None:
    """A warning leaves the exit code at 0, and makes it 1 under --strict."""
    name = write("a.yaml", "env:\n  A: 1.10\n")
    assert run(name) == 0
    assert run("--strict", name) == 1


def test_all_files_are_reported(write: Callable[[str, str], str], capsys: pytest.CaptureFixture[str]) -> None:
    """A bad or missing file does not stop the others; what cannot be read makes the exit code 2."""
    assert run(write("a.yaml", BAD), "missing.yaml", write("b.yaml", BAD)) == 2
    out = capsys.readouterr().out
    assert "a.yaml:2:3: error[XPM101]" in out
    assert "missing.yaml: error[XPM008]: there is no such file" in out
    assert "b.yaml:2:3: error[XPM101]" in out


@pytest.mark.parametrize(
    ("content", "code"),
    [
        (b"", "XPM004"),
        (b"\x7fELF\x00\x00\xff", "XPM001"),
        ("workspaces: []\n".encode("utf-16"), "XPM001"),
        ("env:\n  A: caf\u00e9\n".encode("latin-1"), "XPM001"),
        (b"[" * 100_000, "XPM007"),
        (b"# " + b"x" * 10_000_000, "XPM007"),
        (b"a: &a [x]\n" + b"".join(b"b%d: &b%d [*a, *a]\n" % (i, i) for i in range(3)), None),
        (b"a: &a0 [x, x]\n" + b"".join(b"b%d: &a%d [%s]\n" % (i, i, b", ".join([b"*a%d" % (i - 1)] * 9)) for i in range(1, 30)), "XPM007"),  # noqa: E501
        (b"a: &a [*a]\n", "XPM006"),
        (b"\tserver: 1\n", "XPM002"),
        (b"env:\n  A: \x01\n", "XPM002"),
    ],
)  # fmt: skip
def test_bad_content_is_one_clear_finding(
    write: Callable[[str, bytes], str], capsys: pytest.CaptureFixture[str], content: bytes, code: str | None
) -> None:
    """Whatever a file holds, it ends in findings and the exit code 1, never in a traceback."""
    assert run(write("a.yaml", content)) == 1
    captured = capsys.readouterr()
    assert captured.err == ""
    assert f"error[{code or 'XPM101'}]" in captured.out
    if code is not None:
        assert captured.out.count("error[") == 1


def test_directory_is_refused(
    write: Callable[[str, str], str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """A directory is refused with a hint."""
    write("a.yaml", GOOD)
    (tmp_path / "dir").mkdir()
    assert run("dir") == 2
    out = capsys.readouterr().out
    assert "dir: error[XPM008]: this is a directory" in out
    assert "dir/settings.yaml" in out


def test_fifo_is_refused_without_waiting(
    write: Callable[[str, str], str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """A FIFO that nobody writes to does not make the command wait."""
    write("a.yaml", GOOD)
    os.mkfifo(tmp_path / "pipe")
    assert run("pipe") == 2
    assert "use `-` to read from a pipe" in capsys.readouterr().out


@pytest.mark.skipif(os.geteuid() == 0, reason="root reads every file")
def test_unreadable_file(write: Callable[[str, str], str], tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A file without read permission is named, with the exit code 2."""
    name = write("a.yaml", GOOD)
    (tmp_path / name).chmod(0)
    assert run(name) == 2
    assert "you have no permission to read it" in capsys.readouterr().out


@pytest.mark.parametrize("name", ["a\nb.yaml", "\x1b[31mred.yaml", "caf\u00e9.yaml", "\udcff.yaml"])
def test_odd_file_names_are_shown_safely(
    write: Callable[[str, str], str], capsys: pytest.CaptureFixture[str], name: str
) -> None:
    """A name with control characters or bytes that are no text reaches the terminal as escapes only."""
    write(name, BAD)
    for form in ("text", "json", "sarif", "github"):
        assert run("--format", form, name) == 1
        out = capsys.readouterr().out
        assert "\x1b" not in out
        assert "a\nb" not in out


def test_standard_input(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    """`-` reads standard input."""
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(BAD.encode())))
    assert run("-") == 1
    assert capsys.readouterr().out.startswith("<stdin>:2:3: error[XPM101]")


def test_default_file(
    write: Callable[[str, str], str],
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Without a file the user's settings are checked; where there are none, `init` is named."""
    write("other.yaml", GOOD)
    assert run() == 2
    error = capsys.readouterr().err
    assert "there is no settings file" in error
    assert "xpm-config init" in error
    (tmp_path / ".config/experimaestro").mkdir(parents=True)
    (tmp_path / ".config/experimaestro/settings.yaml").write_text(BAD)
    assert run() == 1
    monkeypatch.setenv("XPM_SETTINGS", "other.yaml")
    assert run() == 0
    assert cli.main(["--settings", str(tmp_path / ".config/experimaestro/settings.yaml"), "validate"]) == 1


def test_select_and_ignore(write: Callable[[str, str], str], capsys: pytest.CaptureFixture[str]) -> None:
    """Codes are selected and ignored by their beginning; an unknown one is an error of usage."""
    name = write("a.yaml", "server:\n  prt: 1\n  port: 70000\n")
    assert run("--select", "XPM104", name) == 1
    assert "XPM101" not in capsys.readouterr().out
    assert run("--ignore", "XPM1", name) == 0
    capsys.readouterr()
    assert run("--select", "XPM999", name) == 2
    assert "XPM999" in capsys.readouterr().err


def test_ignore_comment(write: Callable[[str, str], str]) -> None:
    """A comment on the line of a finding switches it off, and no other one."""
    assert run(write("a.yaml", "server:\n  prt: 1 # xpm: ignore[XPM101]\n")) == 0
    assert run(write("b.yaml", "server:\n  prt: 1 # xpm: ignore[XPM102]\n")) == 1


def test_safe_fix(write: Callable[[str, str], str], tmp_path: Path) -> None:
    """--fix mends what keeps the meaning, and leaves a guess to --unsafe-fixes."""
    name = write("a.yaml", "# top\nserver: # s\n  port: '12345'  # p\n  hots: h\r\n")
    assert run("--fix", name) == 1
    assert (tmp_path / name).read_bytes() == b"# top\nserver: # s\n  port: 12345  # p\n  hots: h\r\n"
    assert run("--unsafe-fixes", name) == 0
    assert (tmp_path / name).read_bytes() == b"# top\nserver: # s\n  port: 12345  # p\n  host: h\r\n"


def test_fix_of_standard_input(monkeypatch: pytest.MonkeyPatch, capfdbinary: pytest.CaptureFixture[bytes]) -> None:
    """With `-`, --fix prints the fixed file to standard output and the report to standard error."""
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(b"env:\n")))
    assert run("--fix", "-") == 0
    captured = capfdbinary.readouterr()
    assert captured.out == b"env: {}\n"
    assert b"ok" in captured.err


def test_fix_keeps_mode_and_link(write: Callable[[str, str], str], tmp_path: Path) -> None:
    """A fixed file keeps its mode, and a symbolic link to it stays a link."""
    real = tmp_path / write("real.yaml", "env:\n")
    real.chmod(0o640)
    (tmp_path / "link.yaml").symlink_to("real.yaml")
    assert run("--fix", "link.yaml") == 0
    assert (tmp_path / "link.yaml").is_symlink()
    assert real.read_text() == "env: {}\n"
    assert real.stat().st_mode & 0o777 == 0o640
    assert sorted(path.name for path in tmp_path.iterdir()) == ["link.yaml", "real.yaml"]


@pytest.mark.parametrize("target", ["x", "2.x", "0.1.0", "", "2.7.0.0.0.0"])
def test_bad_target(write: Callable[[str, str], str], capsys: pytest.CaptureFixture[str], target: str) -> None:
    """What is no release, or one that read no settings, is an error of usage."""
    assert cli.main(["validate", "--target", target, write("a.yaml", GOOD)]) == 2
    assert "error: " in capsys.readouterr().err


def test_target_decides(write: Callable[[str, str], str], capsys: pytest.CaptureFixture[str]) -> None:
    """A key that is newer than the target is an error, and names the release that brought it."""
    name = write("a.yaml", GOOD + "    folders:\n      - path: /b\n")
    assert cli.main(["validate", "--target", "2.3.6", name]) == 1
    assert "`folders` needs experimaestro 2.4.0: 2.3.6 refuses the file" in capsys.readouterr().out
    assert cli.main(["validate", "--target", "2.4", name]) == 0


def test_modeline_chooses_the_schema(write: Callable[[str, str], str], capsys: pytest.CaptureFixture[str]) -> None:
    """A modeline that names one of our schemas decides which one checks the file."""
    line = "# yaml-language-server: $schema=./settings.v1.schema.json\n"
    name = write("a.yaml", line + GOOD + "    alt_workspaces: [/x]\n")
    assert run("--format", "json", name) == 0
    report = json.loads(capsys.readouterr().out)
    assert report["files"][0]["schema"] == 1
    assert report["files"][0]["diagnostics"] == []


@pytest.mark.parametrize("form", ["json", "sarif"])
def test_machine_formats_are_pure_json(
    write: Callable[[str, str], str], capsys: pytest.CaptureFixture[str], form: str
) -> None:
    """Machine formats print JSON and nothing else, for good, bad and missing files."""
    for names in (["a.yaml"], ["b.yaml"], ["missing.yaml"], ["a.yaml", "b.yaml", "missing.yaml"]):
        write("a.yaml", GOOD)
        write("b.yaml", BAD)
        run("--format", form, *names)
        captured = capsys.readouterr()
        json.loads(captured.out)
        assert captured.err == ""


def test_json_contract(write: Callable[[str, str], str], capsys: pytest.CaptureFixture[str]) -> None:
    """The JSON report has the documented form."""
    assert run("--format", "json", write("a.yaml", BAD)) == 1
    assert json.loads(capsys.readouterr().out) == {
        "version": 1,
        "files": [
            {
                "path": "a.yaml",
                "schema": 2,
                "target": "2.7.0",
                "loads": True,
                "diagnostics": [
                    {
                        "code": "XPM101",
                        "severity": "error",
                        "message": "unknown key `prt` in `server`",
                        "line": 2,
                        "column": 3,
                        "end_line": 2,
                        "end_column": 6,
                        "help": "did you mean `port`?",
                        "fix": {
                            "title": "rename it to `port`",
                            "safe": False,
                            "edits": [{"line": 2, "column": 3, "end_line": 2, "end_column": 6, "text": "port"}],
                        },
                    }
                ],
            }
        ],
        "summary": {"files": 1, "errors": 1, "warnings": 0, "fixable": 0, "unsafe_fixable": 1},
    }


def test_errors_of_ours_leave_a_report(
    write: Callable[[str, str], str], capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """An unexpected exception ends with exit code 3 and a report file, without a traceback on the screen."""
    from xpm_config.cli import validate

    def fail(*_: object) -> None:
        raise ZeroDivisionError("boom")

    monkeypatch.setattr(validate, "check", fail)
    assert cli.main(["validate", write("a.yaml", GOOD)]) == 3
    error = capsys.readouterr().err
    assert "xpm-config has a bug: ZeroDivisionError" in error
    assert "Traceback" not in error
    place = Path(error.rpartition("with ")[2].strip())
    assert "boom" in place.read_text()
    place.unlink()


def test_interruption(
    write: Callable[[str, str], str], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """^C ends with exit code 130, silently."""
    from xpm_config.cli import validate

    def interrupt(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(validate, "check", interrupt)
    assert cli.main(["validate", write("a.yaml", GOOD)]) == 130
    assert cli.main(["validate", "--strict", "a.yaml"]) == 130
    assert "Traceback" not in capsys.readouterr().err


@pytest.mark.parametrize(
    ("content", "fixed"),
    [
        # Keys that are equal as YAML values are quoted, and none is lost.
        ("env:\n  ON: on\n  yes: 1\n", 'env:\n  "ON": on\n  "yes": 1\n'),
        ("env:\n  1: a\n  1.0: b\n  true: c\n", 'env:\n  "1": a\n  "1.0": b\n  "true": c\n'),
        # Of keys that are written the same, the one that does not count goes.
        ("server:\n  host: a\n  port: 1\n  port: 2\n", "server:\n  host: a\n  port: 2\n"),
        # Numbers as YAML 1.1 reads them.
        ("carbon:\n  report_interval_s: inf\n", "carbon:\n  report_interval_s: .inf\n"),
        ('carbon:\n  report_interval_s: "1e-5"\n', "carbon:\n  report_interval_s: 1.0e-05\n"),
        ("workspaces:\n- {id: a, path: /a, folders: /b}\n",
         "workspaces:\n- {id: a, path: /a, folders: [{path: /b}]}\n"),
        ("d: &d {path: /a}\nworkspaces:\n- {<<: *d, id: a}\n", "x-d: &d {path: /a}\nworkspaces:\n- {<<: *d, id: a}\n"),
        ("workspaces:\n- {id: a, path: ~}\n", 'workspaces:\n- {id: a, path: "~"}\n'),
        ("history:\n  max_done: 010\n", "history:\n  max_done: 8\n"),
    ],
)  # fmt: skip
def test_safe_fixes_lose_nothing(write: Callable[[str, str], str], tmp_path: Path, content: str, fixed: str) -> None:
    """What --fix makes of a file is what its writer would have made of it, and nothing is left to fix."""
    name = write("a.yaml", content)
    assert run("--fix", name) == 0
    assert (tmp_path / name).read_text() == fixed
    assert run("--fix", name) == 0
    assert (tmp_path / name).read_text() == fixed


@pytest.mark.parametrize(
    "content",
    [
        "workspaces:\n- {id: a, path: /a, folders: [{path: /b, mode: remove}]}\n",
        "workspaces:\n- {id: a, path: /a, folders: [{path: /b, mode: nobackup}]}\n",
        'workspaces:\n- {id: a, path: /a, triggers: "a-*, b-*"}\n',
        "workspaces:\n- {id: a, path: /a, retries: 3, maxRetries: 5}\n",
        "workspaces:\n- id: a\n  path: /a\n-\n",
        "server:port: 80\n",
    ],
)
def test_what_cannot_be_known_is_not_fixed(write: Callable[[str, str], str], tmp_path: Path, content: str) -> None:
    """Where a fix would be a wild guess, there is none, not even an unsafe one."""
    name = write("a.yaml", content)
    assert run("--unsafe-fixes", name) == 1
    assert (tmp_path / name).read_text() == content


def test_a_guess_at_a_mode_is_never_safe(write: Callable[[str, str], str], tmp_path: Path) -> None:
    """A misspelt mode keeps the file from loading; all the same only --unsafe-fixes starts to move data."""
    content = "workspaces:\n- {id: a, path: /a, folders: [{path: /b, mode: %s}]}\n"
    name = write("a.yaml", content % "moove")
    assert run("--fix", name) == 1
    assert (tmp_path / name).read_text() == content % "moove"
    assert run("--unsafe-fixes", name) == 0
    assert (tmp_path / name).read_text() == content % "move"
    (tmp_path / name).write_text(content % "Move")
    assert run("--fix", name) == 0
    assert (tmp_path / name).read_text() == content % "move"


def test_one_unwritable_file_does_not_stop_the_others(
    write: Callable[[str, str], str],
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """A file that cannot be fixed has a finding that says so; the others are fixed and reported."""
    real = os.rename

    def rename(source: str, target: str) -> None:
        if target.endswith("b.yaml"):
            raise PermissionError(13, "Permission denied")
        real(source, target)

    monkeypatch.setattr(os, "rename", rename)
    names = [write(f"{letter}.yaml", "env:\n") for letter in "abc"]
    assert run("--fix", *names) == 2
    assert "b.yaml: error[XPM406]: it cannot be written: Permission denied" in capsys.readouterr().out
    assert [(tmp_path / name).read_text() for name in names] == ["env: {}\n", "env:\n", "env: {}\n"]


def test_one_file_under_two_names_is_fixed_once(write: Callable[[str, str], str], tmp_path: Path) -> None:
    """A file that is named twice, or through a link, is read and written once."""
    name = write("a.yaml", "env:\n")
    (tmp_path / "link.yaml").symlink_to(name)
    assert run("--fix", f"./{name}", name, "link.yaml") == 0
    assert (tmp_path / name).read_text() == "env: {}\n"


@pytest.mark.parametrize("command", ["validate - <&-", "validate a.yaml >/dev/full", "explain >/dev/full"])
def test_closed_and_full_streams(write: Callable[[str, str], str], tmp_path: Path, command: str) -> None:
    """A stream that is closed or full is an error with a reason, and no bug of ours."""
    write("a.yaml", GOOD)
    program = f"exec {sys.executable} -m xpm_config {command}"
    done = subprocess.run(["sh", "-c", program], cwd=tmp_path, capture_output=True, text=True, check=False)
    assert done.returncode == 2
    assert done.stderr.startswith("error: ")
    assert "Traceback" not in done.stderr
    assert "Exception" not in done.stderr


@pytest.mark.parametrize("arguments", ["validate --format json a.yaml", "explain XPM216", "schema show"])
def test_other_encodings(write: Callable[[str, str], str], tmp_path: Path, arguments: str) -> None:
    """Where the terminal knows ASCII only, everything else is written as escapes, and JSON stays JSON."""
    write("a.yaml", "workspaces:\n- {id: \u00e9, path: \u00fc}\n")
    environment = {**os.environ, "PYTHONIOENCODING": "ascii"}
    command = [sys.executable, "-m", "xpm_config", *arguments.split()]
    done = subprocess.run(command, cwd=tmp_path, env=environment, capture_output=True, check=False)
    assert done.returncode == 0
    assert done.stderr == b""
    if not arguments.startswith("explain"):
        json.loads(done.stdout.decode("ascii"))


def test_help_of_every_command(capsys: pytest.CaptureFixture[str]) -> None:
    """Each command explains itself."""
    for command in ([], ["validate"], ["migrate"], ["explain"], ["schema"], ["schema", "show"], ["schema", "list"]):
        assert cli.main([*command, "--help"]) == 0
        assert "Usage: xpm-config" in capsys.readouterr().out
    assert cli.main(["--version"]) == 0
    assert capsys.readouterr().out.startswith("xpm-config ")
    assert cli.main(["no-such-command"]) == 2


def test_explain_and_schema(capsys: pytest.CaptureFixture[str]) -> None:
    """Keys and codes are explained by their full or last name; unknown ones get a proposal and exit code 2."""
    assert cli.main(["explain", "workspaces.folders.mode"]) == 0
    page = capsys.readouterr().out
    assert cli.main(["explain", "MODE"]) == 0
    assert capsys.readouterr().out == page
    assert "Since experimaestro: 2.4.0" in page
    assert cli.main(["explain", "xpm101"]) == 0
    assert capsys.readouterr().out.startswith("XPM101: ")
    assert cli.main(["explain"]) == 0
    assert "workspaces.lock_mode" in capsys.readouterr().out
    assert cli.main(["explain", "XPM2"]) == 0
    assert "XPM218" in capsys.readouterr().out
    assert cli.main(["explain", "trigers"]) == 2
    assert "did you mean `triggers`?" in capsys.readouterr().err
    assert cli.main(["schema", "show", "1"]) == 0
    assert json.loads(capsys.readouterr().out)["$id"] == "urn:xpm-config:settings:v1"
    assert cli.main(["schema", "list", "--format", "json"]) == 0
    assert [row["version"] for row in json.loads(capsys.readouterr().out)] == [1, 2]
