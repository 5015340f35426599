"""`xpm-config schema install` and `uninstall` from the outside: what they say, write, leave alone and refuse."""

from __future__ import annotations

import json
import os
from typing import TYPE_CHECKING

import pytest

from xpm_config import cli, files, registry, target
from xpm_config.editors import GLOBS

if TYPE_CHECKING:
    from pathlib import Path

SETTINGS = "workspaces:\n  - id: a\n    path: /a\n"
NAME = "settings.v2.schema.json"
LINE = f"# yaml-language-server: $schema={NAME}\n"


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A home of its own for each test, with settings of experimaestro and without VS Code."""
    (tmp_path / ".config/experimaestro").mkdir(parents=True)
    (tmp_path / ".config/experimaestro/settings.yaml").write_text(SETTINGS)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / ".config"))
    monkeypatch.setattr("sys.platform", "linux")
    return tmp_path


@pytest.fixture
def settings(home: Path) -> Path:
    """The user's settings."""
    return home / ".config/experimaestro/settings.yaml"


@pytest.fixture
def code(home: Path) -> Path:
    """The user's settings of VS Code."""
    path = home / ".config/Code/User/settings.json"
    path.parent.mkdir(parents=True)
    path.write_text('{\n\t"a": 1, // one\n}\n')
    return path


def run(*arguments: str) -> int:
    """Run `xpm-config schema` for the newest release."""
    return cli.main(["schema", *arguments])


def tree(folder: Path) -> dict[str, bytes]:
    """All files below a folder."""
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def test_install_and_uninstall(home: Path, settings: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Installed, the file validates; each step says what it did; both can be repeated; in the end all is as before."""
    before = tree(home)
    schema = settings.with_name(NAME)
    assert run("install") == 0
    assert capsys.readouterr().out == f"{schema}: written\n{settings}: modeline added\n"
    assert settings.read_text() == LINE + SETTINGS
    assert schema.read_text() == registry.schema_text(2)
    installed = tree(home)
    assert run("install") == 0
    assert capsys.readouterr().out == f"{settings}: version 2 of the schema is installed already\n"
    assert tree(home) == installed
    assert cli.main(["validate"]) == 0
    capsys.readouterr()
    assert run("uninstall") == 0
    assert capsys.readouterr().out == f"{settings}: modeline removed\n{schema}: removed\n"
    assert tree(home) == before
    assert run("uninstall") == 0
    assert capsys.readouterr().out == f"{settings}: no schema is installed\n"


def test_quiet(capsys: pytest.CaptureFixture[str], settings: Path) -> None:
    """With -q nothing is said, before or behind the command."""
    for arguments in (["install", "-q"], ["install", "-q"], ["uninstall", "-q"], ["uninstall", "-q"]):
        assert run(*arguments) == 0
    assert cli.main(["-q", "schema", "install"]) == 0
    assert capsys.readouterr() == ("", "")
    assert settings.with_name(NAME).exists()


def test_version(settings: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    """What is asked for decides, then the installed release, then the modeline; the schema of before goes."""

    def installed(*arguments: str) -> list[int]:
        assert run("install", *arguments) == 0
        there = [name for name in os.listdir(settings.parent) if name != "settings.yaml"]
        assert f"$schema={there[0]}\n" in settings.read_text()
        return [
            registry.VERSIONS[[registry.schema_name(one) for one in registry.VERSIONS].index(name)] for name in there
        ]

    monkeypatch.setattr(target, "installed", lambda: None)
    assert installed() == [2]
    assert installed("--version", "1") == [1]
    assert installed() == [1]
    monkeypatch.setattr(target, "installed", lambda: (2, 7, 0))
    assert installed() == [2]
    assert installed("--target", "2.3") == [1]
    assert installed("--target", "2.4.0") == [2]
    monkeypatch.setattr(target, "installed", lambda: (2, 3, 6))
    assert installed() == [1]
    capsys.readouterr()
    assert run("install", "--target", "2.3", "--version", "1") == 2
    assert "both choose the schema" in capsys.readouterr().err
    assert run("install", "--version", "3") == 2


def test_diff_writes_nothing(home: Path, settings: Path, code: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """--diff shows each change, without secrets, and exits 1 where there is one."""
    settings.write_text("server:\n  token: s3cret-token\n")
    code.write_text('{\n  "x.token": "s3cret-token"\n}\n')
    before = tree(home)
    assert run("install", "--diff") == 1
    shown = capsys.readouterr().out
    assert f"{settings.with_name(NAME)}: would be written\n" in shown
    assert f"+{LINE} server:\n" in shown
    assert run("install", "--vscode", "--diff") == 1
    shown += capsys.readouterr().out
    assert f"--- {code}\n" in shown
    assert '+  "yaml.schemas": {\n' in shown
    assert "s3cret" not in shown
    assert tree(home) == before
    assert run("install", "-q") == 0
    assert run("install", "--diff") == 0
    assert run("uninstall", "--diff") == 1
    assert f"-{LINE}" in capsys.readouterr().out
    assert settings.with_name(NAME).exists()


def test_settings_elsewhere(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """--settings names another file; one that is not there is an error with a next step."""
    path = home / "with blank #1.yml"
    path.write_bytes(b"\xef\xbb\xbf{}\r\n")
    assert run("install", "--settings", path.name) == 0
    assert path.read_bytes() == b"\xef\xbb\xbf" + LINE.strip().encode() + b"\r\n{}\r\n"
    assert (home / NAME).exists()
    assert cli.main(["--settings", path.name, "schema", "uninstall"]) == 0
    assert path.read_bytes() == b"\xef\xbb\xbf{}\r\n"
    assert not (home / NAME).exists()
    capsys.readouterr()
    assert run("install", "--settings", "missing.yaml") == 2
    assert "xpm-config init" in capsys.readouterr().err
    assert run("uninstall", "--settings", "missing.yaml") == 0
    assert capsys.readouterr().out == "missing.yaml: no schema is installed\n"


def test_no_settings_yet(settings: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A user without settings is told how to get some."""
    settings.unlink()
    assert run("install") == 2
    assert "xpm-config init" in capsys.readouterr().err
    assert run("uninstall") == 0


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"\xff\xfea\0", "UTF-16"),
        (b"a: \xe9\n", "byte 0xe9 in line 1 is not UTF-8"),
        (b"#" * (1 << 20) + b"\n", "too large"),
        (b"# yaml-language-server: $schema=other.json\n", "--force"),
    ],
)
def test_refused(home: Path, settings: Path, content: bytes, message: str, capsys: pytest.CaptureFixture[str]) -> None:
    """Where the header cannot be settled, nothing is written, and the error says what to do."""
    settings.write_bytes(content)
    before = tree(home)
    assert run("install") == 2
    error = capsys.readouterr().err
    assert message in error
    assert "help: " in error
    assert tree(home) == before


def test_force(settings: Path) -> None:
    """--force lets a modeline of others name our schema."""
    settings.write_text("# yaml-language-server: $schema=other.json\na: 1\n")
    assert run("install", "--force") == 0
    assert settings.read_text() == f"{LINE}a: 1\n"


def test_a_file_with_errors(settings: Path) -> None:
    """The schema helps most where the file has errors: these keep nothing from being installed."""
    settings.write_text("workspaces: [\n")
    assert run("install") == 0
    assert settings.read_text() == f"{LINE}workspaces: [\n"
    assert run("uninstall") == 0
    assert settings.read_text() == "workspaces: [\n"


def test_a_file_of_others_in_the_way(home: Path, settings: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A file that has the schema's name and is not ours stays, and nothing is written."""
    settings.with_name(NAME).write_text("{}")
    before = tree(home)
    assert run("install") == 2
    assert "move it away" in capsys.readouterr().err
    assert tree(home) == before


@pytest.mark.parametrize("call", ["replace", "create", "remove"])
def test_no_dangling_modeline(
    settings: Path, monkeypatch: pytest.MonkeyPatch, call: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """Whatever write fails, no modeline names a schema that is not there; the next run mends it."""

    def fail(path: str, *_: bytes) -> None:
        raise files.FileUnwritableError(path, "no", "try again")

    def is_whole() -> bool:
        return settings.with_name(NAME).exists() or settings.read_text() == SETTINGS

    for command in ("install", "uninstall"):
        with monkeypatch.context() as patch:
            patch.setattr(files, call, fail)
            code = run(command)
            if code:
                assert code == 2
                assert "no" in capsys.readouterr().err
            assert is_whole()
        assert run(command) == 0
        assert is_whole()


def test_vscode(home: Path, code: Path, settings: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """--vscode names the schema in VS Code's settings instead of the file, and is undone with the schema."""
    before = tree(home)
    schema = settings.with_name(NAME)
    assert run("install", "--vscode") == 0
    assert capsys.readouterr().out == f"{schema}: written\n{code}: schema associated\n"
    assert settings.read_text() == SETTINGS
    text = code.read_text()
    assert text.startswith('{\n\t"a": 1, // one\n\t"yaml.schemas": {\n\t\t"file://')
    assert json.loads(text.replace(" // one", "").replace("\t},\n}", "\t}\n}"))["yaml.schemas"] == {
        schema.as_uri(): list(GLOBS)
    }
    assert run("install", "--vscode") == 0
    assert capsys.readouterr().out == f"{settings}: version 2 of the schema is installed already\n"
    assert run("uninstall", "--vscode") == 0
    assert capsys.readouterr().out == f"{code}: association removed\n{schema}: removed\n"
    assert tree(home) == before
    assert run("uninstall", "--vscode") == 0
    assert capsys.readouterr().out == f"{settings}: no schema is installed\n"


@pytest.mark.parametrize("first", [(), ("--vscode",)])
def test_both_ways(
    home: Path, code: Path, settings: Path, first: tuple[str, ...], capsys: pytest.CaptureFixture[str]
) -> None:
    """The schema stays as long as the modeline or VS Code names it, whichever is undone first."""
    before = tree(home)
    assert run("install") == run("install", "--vscode") == 0
    capsys.readouterr()
    assert run("uninstall", *first) == 0
    assert settings.with_name(NAME).exists()
    who = code if first == () else settings
    assert f"{settings.with_name(NAME)}: stays, as {who} names it\n" in capsys.readouterr().out
    assert code.exists()
    second = ("--vscode",) if first == () else ()
    assert run("uninstall", *second) == 0
    assert tree(home) == before


def test_other_versions_stay_while_they_are_named(settings: Path, code: Path) -> None:
    """Another version replaces the one before in its own place, and stays while the other place names it."""
    schemas = settings.with_name("settings.v1.schema.json"), settings.with_name(NAME)

    def there() -> list[bool]:
        return [schema.exists() for schema in schemas]

    assert run("install", "--vscode", "--version", "1") == 0
    assert run("install", "--vscode", "--version", "2") == 0
    assert there() == [False, True]
    assert run("install", "--version", "1") == 0
    assert there() == [True, True]
    assert run("install", "--vscode", "--version", "1") == 0
    assert there() == [True, False]
    assert run("install", "--version", "2") == 0
    assert there() == [True, True]
    assert run("uninstall", "--vscode") == 0
    assert there() == [False, True]
    assert code.read_text().count("schema") == 0


def test_the_schema_of_two_settings_of_vscode(home: Path, settings: Path, code: Path) -> None:
    """A project's entry goes without the schema while the user's own settings name it, too."""
    project = home / ".vscode/settings.json"
    assert run("install", "--vscode") == run("install", "--vscode-settings", str(project)) == 0
    assert run("uninstall", "--vscode-settings", str(project)) == 0
    assert settings.with_name(NAME).exists()
    assert run("uninstall", "--vscode-settings", str(code)) == 0
    assert not settings.with_name(NAME).exists()


def test_vscode_settings_of_a_project(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """--vscode-settings names the file, which is made with its folder, and goes again with it."""
    before = tree(home)
    options = ("--vscode-settings", ".vscode/settings.json", "--settings", "sub/a.yaml")
    (home / "sub").mkdir()
    (home / "sub/a.yaml").write_text(SETTINGS)
    assert run("install", *options) == 0
    assert json.loads((home / ".vscode/settings.json").read_text()) == {
        "yaml.schemas": {f"./sub/{NAME}": ["**/sub/a.yaml"]}
    }
    capsys.readouterr()
    assert run("install", *options) == 0
    assert "installed already" in capsys.readouterr().out
    assert run("uninstall", *options) == 0
    assert not (home / ".vscode").exists()
    assert tree(home) == {**before, "sub/a.yaml": SETTINGS.encode()}
    capsys.readouterr()
    assert run("uninstall", *options) == 0
    assert "no schema is installed" in capsys.readouterr().out
    assert run("install", *options) == 0
    (home / ".vscode/extensions.json").touch()
    assert run("uninstall", *options) == 0
    assert os.listdir(home / ".vscode") == ["extensions.json"]


def test_two_projects_and_ones_own(home: Path, settings: Path, code: Path, tmp_path: Path) -> None:
    """What is installed for one file neither replaces nor removes what VS Code knows of another one."""
    before = tree(home)
    assert run("install", "--vscode") == 0
    own = tree(home)
    projects = [home / "p/xpm_settings.yaml", home / "q/xpm_settings.yaml"]
    for version, project in enumerate(projects, 1):
        project.parent.mkdir()
        project.write_text(SETTINGS)
        assert run("install", "--settings", str(project), "--vscode", "--version", str(version)) == 0
    entries = json.loads(code.read_text().replace(" // one", "").replace("\t},\n}", "\t}\n}"))["yaml.schemas"]
    assert entries == {
        settings.with_name(NAME).as_uri(): list(GLOBS),
        projects[0].with_name("settings.v1.schema.json").as_uri(): [f"**{projects[0]}"],
        projects[1].with_name(NAME).as_uri(): [f"**{projects[1]}"],
    }
    for project in projects:
        assert run("uninstall", "--settings", str(project), "--vscode") == 0
        project.unlink()
    assert tree(home) == own
    assert run("uninstall", "--vscode") == 0
    assert tree(home) == before


def test_schemas_of_other_tools_in_vscode(home: Path, code: Path, settings: Path) -> None:
    """An entry of another tool, whose schema is called like ours, stays as it is."""
    text = '{"yaml.schemas": {"./schemas/settings.v1.schema.json": "x", "/opt/settings.v2.schema.json": "y"}}'
    code.write_text(text)
    assert run("install", "--vscode") == 0
    assert len(json.loads(code.read_text())["yaml.schemas"]) == 3
    assert run("uninstall", "--vscode") == 0
    assert code.read_text() == text


@pytest.mark.parametrize("command", ["install", "uninstall"])
def test_an_empty_name_of_vscode_settings(
    home: Path, code: Path, command: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """With an unset variable, the user's own settings are not meant."""
    before = tree(home)
    assert run(command, "--vscode-settings", "") == 2
    assert "is empty" in capsys.readouterr().err
    assert tree(home) == before


def test_vscode_heeds_the_modeline(home: Path, code: Path, settings: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Where the modeline names another schema, an entry would have no effect: this is refused."""
    settings.write_text("# yaml-language-server: $schema=other.json\na: 1\n")
    before = tree(home)
    assert run("install", "--vscode") == 2
    error = capsys.readouterr().err
    assert "settings.yaml:1: the modeline names another schema" in error
    assert "VS Code heeds it" in error
    assert tree(home) == before


def test_vscode_with_settings_behind_a_link(home: Path, code: Path, settings: Path) -> None:
    """Nothing is written beside the file behind a link, which may lie where nobody may write."""
    (home / "store").mkdir()
    settings.rename(home / "store/settings.yaml")
    settings.symlink_to(home / "store/settings.yaml")
    assert run("install", "--vscode") == 0
    assert os.listdir(home / "store") == ["settings.yaml"]
    assert settings.with_name(NAME).exists()
    assert run("uninstall", "--vscode") == 0
    assert not settings.with_name(NAME).exists()


@pytest.mark.parametrize(
    "options", [("--vscode-settings", "no/such/folder.json"), ("--vscode-settings", "file/.vscode/settings.json")]
)
def test_all_or_nothing(home: Path, options: tuple[str, ...], capsys: pytest.CaptureFixture[str]) -> None:
    """Where the last file cannot be written, the first ones are undone, nothing is said to be done, and why is told."""
    (home / "file").touch()
    before = tree(home)
    assert run("install", *options) == 2
    captured = capsys.readouterr()
    assert captured.out == ""
    assert "cannot be written" in captured.err
    assert "help: its directory is not there: check the name, or make the directory" in captured.err
    assert tree(home) == before


@pytest.mark.parametrize("call", ["replace", "create", "remove"])
def test_what_was_done_is_undone(
    home: Path, settings: Path, code: Path, monkeypatch: pytest.MonkeyPatch, call: str
) -> None:
    """Whichever change of several fails, all files are as they were."""
    real = getattr(files, call)
    assert run("install", "--version", "1") == 0
    for command in (["install", "--version", "2"], ["uninstall"]):
        before = tree(home)
        failed: list[str] = []

        def fail(path: str, *data: bytes, failed: list[str] = failed) -> None:
            if failed:
                real(path, *data)
            else:
                failed.append(path)
                raise files.FileUnwritableError(path, "no", "try again")

        with monkeypatch.context() as patch:
            patch.setattr(files, call, fail)
            assert run(*command) == (2 if failed else 0)
        if failed:
            assert tree(home) == before


def test_names_are_printed_as_text(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A name with control characters cannot move the cursor, whatever is said about the file."""
    folder = home / "a\x1b[2Jb"
    folder.mkdir()
    for name in ("one.yaml", "two.yaml"):
        (folder / name).write_text(SETTINGS)
        assert run("install", "--settings", str(folder / name)) == 0
    assert run("uninstall", "--settings", str(folder / "one.yaml"), "--diff") == 1
    assert run("uninstall", "--settings", str(folder / "one.yaml")) == 0
    out = capsys.readouterr().out
    assert "two.yaml names it" in out
    assert "\x1b" not in out


def test_uninstalling_what_vscode_names(settings: Path, code: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """It is not said that nothing is installed where VS Code names the schema; a second time neither."""
    assert run("install", "--vscode") == 0
    capsys.readouterr()
    for options in ((), ("--diff",)):
        assert run("uninstall", *options) == 0
        assert capsys.readouterr().out == f"{settings.with_name(NAME)}: stays, as {code} names it\n"


def test_without_vscode(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Where there is no VS Code, the file has to be named, and nothing is written."""
    before = tree(home)
    assert run("install", "--vscode") == 2
    assert "--vscode-settings .vscode/settings.json" in capsys.readouterr().err
    assert run("uninstall", "--vscode") == 0
    assert tree(home) == before


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b'{\n  "a": }\n', ":2:8: a value is expected here"),
        (b'{"yaml.schemas": 1}', ":1:18: `yaml.schemas` should be an object"),
        (b"\xff", "not UTF-8"),
    ],
)
def test_vscode_settings_with_errors(
    home: Path, code: Path, content: bytes, message: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """Settings of VS Code that cannot be read are left alone, with the place; the modeline can still be undone."""
    code.write_bytes(content)
    before = tree(home)
    for command in ("install", "uninstall"):
        assert run(command, "--vscode") == 2
        assert message in capsys.readouterr().err
        assert tree(home) == before
    assert run("install") == run("uninstall") == 0
    assert tree(home) == before


def test_vscode_settings_behind_a_link(home: Path, code: Path) -> None:
    """A link stays one, and the file behind it is edited."""
    code.rename(home / "code.json")
    code.symlink_to(home / "code.json")
    before = (home / "code.json").read_bytes()
    assert run("install", "--vscode") == 0
    assert code.is_symlink()
    assert b"yaml.schemas" in (home / "code.json").read_bytes()
    assert run("uninstall", "--vscode") == 0
    assert (home / "code.json").read_bytes() == before


@pytest.mark.parametrize("editor", ["neovim", "helix", "emacs", "kate", "jetbrains"])
def test_print(home: Path, settings: Path, editor: str, capsys: pytest.CaptureFixture[str]) -> None:
    """--print writes the snippet and nothing else, with the schema of the package or the installed one."""
    before = tree(home)
    assert run("install", "--print", editor) == 0
    printed = capsys.readouterr()
    assert registry.schema_path(2) in printed.out
    assert printed.err.startswith("for ")
    assert tree(home) == before
    assert run("install", "-q") == 0
    assert run("install", "-q", "--print", editor) == 0
    printed = capsys.readouterr()
    assert str(settings.with_name(NAME)) in printed.out
    assert printed.err == ""
    settings.unlink()
    assert run("install", "--version", "1", "--print", editor) == 0
    assert registry.schema_path(1) in capsys.readouterr().out


def test_print_for_no_known_editor(capsys: pytest.CaptureFixture[str]) -> None:
    """Another editor is an error that lists those that are known."""
    assert run("install", "--print", "ed") == 2
    assert "neovim" in capsys.readouterr().err
