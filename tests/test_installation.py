"""Installing a schema beside a settings file: editors find it, experimaestro sees nothing of it, and it goes again."""

from __future__ import annotations

import json
import os
import sys
import warnings
from typing import TYPE_CHECKING

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.editors.client import LanguageServer
from tests.node import node_package
from tests.npm_session import MODELINE, NodeSession
from xpm_config import installation, registry
from xpm_config.document import Document, apply_edits
from xpm_config.errors import UsageError, XpmConfigError
from xpm_config.installation import Installed, installed_schema
from xpm_config.modeline import modeline_version

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

SERVERS = ("yaml-language-server-1", "yaml-language-server-2")
NAME = "settings.v2.schema.json"
LINE = f"# yaml-language-server: $schema={NAME}"
WRONG = "workspaces:\n  - id: a\n    path: /a\n    trigers: []\n"
WRONG_CRLF = WRONG.replace("\n", "\r\n")
FLOW = "{workspaces: [{id: a, path: /a, trigers: []}]}"
GOOD = "workspaces: [{id: a, path: /a, triggers: [b]}]\n"

# Each text, and the text with the modeline.
LAYOUTS = {
    "plain": (WRONG, f"{LINE}\n{WRONG}"),
    "no line break at the end": (FLOW, f"{LINE}\n{FLOW}"),
    "mark": (f"\ufeff{WRONG}", f"\ufeff{LINE}\n{WRONG}"),
    "CRLF": (WRONG_CRLF, f"{LINE}\r\n{WRONG_CRLF}"),
    "mark and CRLF": (f"\ufeff{WRONG_CRLF}", f"\ufeff{LINE}\r\n{WRONG_CRLF}"),
    "comments first": (f"# mine\n\n# more\n{WRONG}", f"{LINE}\n# mine\n\n# more\n{WRONG}"),
    "blank lines first": (f"\n\n{WRONG}", f"{LINE}\n\n\n{WRONG}"),
    "document marker": (f"---\n{WRONG}", f"{LINE}\n---\n{WRONG}"),
    "document marker and comments": (f"# a\n--- # b\n# c\n{WRONG}", f"{LINE}\n# a\n--- # b\n# c\n{WRONG}"),
    "content behind the marker": (f"--- {FLOW}\n", f"{LINE}\n--- {FLOW}\n"),
    "version directive": (f"%YAML 1.1\n---\n{WRONG}", f"{LINE}\n%YAML 1.1\n---\n{WRONG}"),
    "directives and comments": (
        f"# a\n%YAML 1.1\n%TAG ! tag:x,2000:\n# b\n---\n{WRONG}",
        f"{LINE}\n# a\n%YAML 1.1\n%TAG ! tag:x,2000:\n# b\n---\n{WRONG}",
    ),
    "end marker": (f"{WRONG}...\n", f"{LINE}\n{WRONG}...\n"),
    "program": (f"#!/usr/bin/env x\n{WRONG}", f"#!/usr/bin/env x\n{LINE}\n{WRONG}"),
    "Emacs": (f"# -*- mode: yaml -*-\r\n{WRONG_CRLF}", f"# -*- mode: yaml -*-\r\n{LINE}\r\n{WRONG_CRLF}"),
    "no schema in a modeline": (f"# yaml-language-server: x\n{WRONG}", f"{LINE}\n# yaml-language-server: x\n{WRONG}"),
    "modeline too late": (f"{WRONG}{LINE}\n", f"{LINE}\n{WRONG}{LINE}\n"),
    "indented": (f"  a: 1\n  {LINE}\n  b: 2\n", f"{LINE}\n  a: 1\n  {LINE}\n  b: 2\n"),
}
# Nothing in these can be underlined, or the server sees one line only.
QUIET_LAYOUTS = {
    "empty": ("", f"{LINE}\n"),
    "only a mark": ("\ufeff", f"\ufeff{LINE}\n"),
    "only a line break": ("\n", f"{LINE}\n\n"),
    "only comments": ("# mine\n# more", f"{LINE}\n# mine\n# more"),
    "only a marker": ("---\n", f"{LINE}\n---\n"),
    "only a program": ("#!x", f"#!x\n{LINE}"),
    "only a program and a line break": ("#!x\n", f"#!x\n{LINE}\n"),
    "CR": ("# mine\ra: 1\r", f"{LINE}\r# mine\ra: 1\r"),
}
ALL_LAYOUTS = {**LAYOUTS, **QUIET_LAYOUTS}


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A home of its own for each test, without VS Code."""
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    monkeypatch.delenv("XDG_CONFIG_HOME", raising=False)


@pytest.fixture(scope="module", params=SERVERS)
def header(request: pytest.FixtureRequest) -> Iterator[NodeSession]:
    """What a release of yaml-language-server makes of the header of a text."""
    with NodeSession(request.param, MODELINE) as session:
        yield session


@pytest.fixture(scope="module", params=SERVERS)
def server(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[LanguageServer]:
    """A language server that knows no schema but those that files name."""
    with LanguageServer(node_package(request.param), {}, tmp_path_factory.mktemp("folder")) as running:
        yield running


def installed(path: Path, version: int = 2) -> bytes:
    """Install into a file as the command does, and give the new content."""
    for change in installation.install(str(path), path.read_bytes(), version):
        assert change.new is not None
        with open(change.path, "wb") as file:
            file.write(change.new)
    return path.read_bytes()


def underlined(server: LanguageServer, path: Path) -> list[str]:
    """What the server says about a file as it is."""
    text = path.read_bytes().decode("utf-8-sig")
    (found,) = server.diagnostics([text], str(path))
    return [problem.message for problem in found]


@pytest.mark.parametrize(("old", "new"), ALL_LAYOUTS.values(), ids=ALL_LAYOUTS)
def test_layouts(old: str, new: str) -> None:
    """The modeline is added as one line and nothing else changes; a second time nothing does; undone, all is back."""
    edit = installation.modeline_edit("a.yaml", old, 2)
    assert edit is not None
    assert apply_edits(old, [edit]) == new
    assert modeline_version(new) == 2
    assert installation.modeline_edit("a.yaml", new, 2) is None
    assert apply_edits(new, installation.modeline_removals("a.yaml", new)) == old
    assert installation.modeline_removals("a.yaml", old) == []


@pytest.mark.parametrize(("old", "new"), ALL_LAYOUTS.values(), ids=ALL_LAYOUTS)
def test_experimaestro_reads_the_same(old: str, new: str) -> None:
    """The settings, or the error, are those of the file without the modeline, for both scanners."""
    assert yaml.safe_load(old) == yaml.safe_load(new)
    for dialect in ("pyyaml", "libyaml"):
        before, after = Document(old.encode(), dialect), Document(new.encode(), dialect)
        assert before.problems == after.problems == []
        assert before.node_count == after.node_count
    if hasattr(yaml, "CSafeLoader"):
        assert yaml.load(old, yaml.CSafeLoader) == yaml.load(new, yaml.CSafeLoader)


def test_experimaestro_itself_reads_the_same(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What experimaestro makes of each file, settings or an error, does not depend on the modeline."""
    reason = "experimaestro is not installed: pip install 'xpm-config[experimaestro]'"
    with warnings.catch_warnings():
        # What it and its dependencies warn of is not ours.
        warnings.simplefilter("ignore")
        module = pytest.importorskip("experimaestro.settings", reason=reason)
    # In its own tests it would read other files.
    monkeypatch.delattr(sys, "_called_from_test", raising=False)
    path = tmp_path / "settings.yaml"

    def loaded(text: str) -> str:
        path.write_bytes(text.encode())
        try:
            # What lies under the cache, which would give the same for every file of one name.
            return repr(module.get_settings.__wrapped__(path))
        except Exception as error:  # noqa: BLE001 - which one it is belongs to what is compared
            return type(error).__name__

    texts = {**ALL_LAYOUTS, "good": (GOOD, f"{LINE}\n{GOOD}")}
    for old, new in texts.values():
        assert loaded(old) == loaded(new)
    assert "triggers=['b']" in loaded(texts["good"][1])


@pytest.mark.parametrize(("old", "new"), LAYOUTS.values(), ids=LAYOUTS)
def test_servers_pick_the_schema_up(server: LanguageServer, tmp_path: Path, old: str, new: str) -> None:
    """A running server checks the file against the schema beside it, and did not before."""
    # Two files, since a server takes back what it said about one when that is closed.
    (tmp_path / "before.yaml").write_bytes(old.encode())
    assert not any("not allowed" in message for message in underlined(server, tmp_path / "before.yaml"))
    path = tmp_path / "settings.yaml"
    path.write_bytes(old.encode())
    assert installed(path) == new.encode()
    assert any("not allowed" in message for message in underlined(server, path))


@pytest.mark.parametrize(("old", "new"), ALL_LAYOUTS.values(), ids=ALL_LAYOUTS)
def test_servers_see_the_modeline(header: NodeSession, old: str, new: str) -> None:
    """The server finds our schema in the header, also where it has nothing to say about the file."""
    assert header.ask(old) is None
    assert header.ask(new) == NAME


@pytest.mark.parametrize("folder", ["with blank", "中文", "a#b", "50%", "a?b", "[x]", 'it\'s "q"'])
def test_any_folder(server: LanguageServer, tmp_path: Path, folder: str) -> None:
    """Whatever the path holds, the schema is found: the modeline has only its file name."""
    path = tmp_path / folder / "settings.yaml"
    path.parent.mkdir()
    path.write_text(WRONG)
    installed(path)
    assert any("not allowed" in message for message in underlined(server, path))


def test_both_names_of_a_link(server: LanguageServer, tmp_path: Path) -> None:
    """Opened as the link or as the file behind it, the schema is found; the link stays one."""
    (tmp_path / "dotfiles").mkdir()
    (tmp_path / "config").mkdir()
    real, link = tmp_path / "dotfiles/xpm.yaml", tmp_path / "config/settings.yaml"
    real.write_text(WRONG)
    link.symlink_to("../dotfiles/xpm.yaml")
    assert installation.places(str(link)) == [str(tmp_path / "config"), str(tmp_path / "dotfiles")]
    installed(link)
    assert link.is_symlink()
    for path in (link, real):
        assert any("not allowed" in message for message in underlined(server, path))
    removed = installation.uninstall(str(link), link.read_bytes())
    assert [os.path.relpath(change.path, tmp_path) for change in removed] == [
        "config/settings.yaml",
        f"config/{NAME}",
        f"dotfiles/{NAME}",
    ]


def test_a_linked_folder_is_one_place(tmp_path: Path) -> None:
    """Where the whole folder is a link, there is one schema."""
    (tmp_path / "dotfiles").mkdir()
    (tmp_path / "config").symlink_to("dotfiles")
    path = tmp_path / "config/settings.yaml"
    path.write_text(WRONG)
    assert installation.places(str(path)) == [str(tmp_path / "config")]


def test_another_version(tmp_path: Path) -> None:
    """The modeline is changed where it stands, and the schema that it named before goes after it."""
    path = tmp_path / "settings.yaml"
    path.write_text(f"# mine\n  # yaml-language-server: $schema=./settings.v1.schema.json # here\n{WRONG}")
    (tmp_path / "settings.v1.schema.json").write_text(registry.schema_text(1))
    changes = installation.install(str(path), path.read_bytes(), 2)
    assert [(os.path.basename(change.path), change.what) for change in changes] == [
        (NAME, "written"),
        ("settings.yaml", "modeline changed"),
        ("settings.v1.schema.json", "removed"),
    ]
    assert changes[1].new == f"# mine\n  # yaml-language-server: $schema={NAME} # here\n{WRONG}".encode()
    assert changes[2].new is None


def named(path: Path, reference: str) -> Path:
    """A settings file whose modeline names a schema."""
    path.write_text(f"# yaml-language-server: $schema={reference}\na: 1\n")
    return path


def test_modelines_of_ours(tmp_path: Path) -> None:
    """Ours are the plain name, our `$id`, and a file here that has it, wherever; these are replaced and taken out."""
    elsewhere = tmp_path / "with blank/any.json"
    elsewhere.parent.mkdir()
    elsewhere.write_text(registry.schema_text(1))
    (tmp_path / "any.json").write_text(registry.schema_text(2))
    path = tmp_path / "settings.yaml"
    for reference, version in (
        ("settings.v1.schema.json", 1),
        (f"./{NAME}", 2),
        ("urn:xpm-config:settings:v1", 1),
        ("any.json", 2),
        (str(tmp_path / "any.json"), 2),
        (elsewhere.as_uri(), 1),
    ):
        named(path, reference)
        assert installation.named_version(reference, str(path)) == version
        (removed,) = installation.uninstall(str(path), path.read_bytes())
        assert (removed.path, removed.new) == (str(path), b"a: 1\n")
        edit = installation.modeline_edit(str(path), path.read_text(), 3 - version)
        assert edit is not None
        assert edit.text == registry.schema_name(3 - version)


@pytest.mark.parametrize(
    "reference",
    [
        "https://example.org/othertool/settings.v1.schema.json",
        "https://example.org/urn:xpm-config:settings:v1",
        "othertool/settings.v1.schema.json",
        "/nowhere/settings.v2.schema.json",
        "file:///nowhere/settings.v2.schema.json",
        "theirs/settings.v1.schema.json",
        "theirs",
        "settings.v9.schema.json",
        "file:///%00/settings.v2.schema.json",
    ],
)
def test_modelines_of_others(tmp_path: Path, reference: str) -> None:
    """What has the name of our schema elsewhere is not ours, and stays unless it is forced."""
    (tmp_path / "theirs").mkdir()
    (tmp_path / "theirs/settings.v1.schema.json").write_text('{"$id": "https://example.org"}')
    path = named(tmp_path / "settings.yaml", reference)
    with pytest.raises(UsageError, match="names another schema"):
        installation.install(str(path), path.read_bytes(), 2)
    assert installation.uninstall(str(path), path.read_bytes()) == []
    forced = installation.install(str(path), path.read_bytes(), 2, force=True)
    assert forced[-1].new == f"{LINE}\na: 1\n".encode()


def test_a_schema_stays_while_another_file_names_it(tmp_path: Path) -> None:
    """Of two settings files beside each other, neither takes the schema of the other away, and it is said why."""
    one, other = tmp_path / "one.yaml", tmp_path / "other.yml"
    for path in (one, other):
        path.write_text("a: 1\n")
        installed(path)
    schema = str(tmp_path / NAME)
    changes = installation.uninstall(str(one), one.read_bytes())
    assert [(change.path, change.what) for change in changes] == [
        (str(one), "modeline removed"),
        (schema, f"stays, as {other} names it"),
    ]
    assert changes[1].old == changes[1].new
    changes = installation.install(str(one), one.read_bytes(), 1)
    assert changes[-1].what == f"stays, as {other} names it"
    # What is named in a text behind the first modeline, or by another file of that name, is not looked at.
    one.write_text(f"# yaml-language-server: $schema=x.json\n{LINE}\n")
    assert installation.uninstall(str(other), other.read_bytes())[-1].new is None


def test_a_schema_stays_while_a_project_names_it(tmp_path: Path) -> None:
    """The settings of VS Code of every project above are looked at; those that cannot be read name nothing."""
    path = tmp_path / "a/b/settings.yaml"
    path.parent.mkdir(parents=True)
    path.write_text("a: 1\n")
    installed(path)
    project = tmp_path / ".vscode/settings.json"
    project.parent.mkdir()
    for key in (f"./a/b/{NAME}", f"a/b/{NAME}", f"{path.parent}/{NAME}", (path.parent / NAME).as_uri()):
        project.write_text(f'{{"yaml.schemas": {{"\\ud800": "x", "https://x/y": "x", "{key}": "x.yaml"}}}}')
        assert installation.uninstall(str(path), path.read_bytes())[-1].what == f"stays, as {project} names it"
    for text in (f'{{"yaml.schemas": {{"./b/{NAME}": "x.yaml"}}}}', "{", '{"yaml.schemas": []}'):
        project.write_text(text)
        assert installation.uninstall(str(path), path.read_bytes())[-1].what == "removed"


@pytest.mark.parametrize(
    ("make", "reason"),
    [
        (lambda path: path.mkdir(), "this is a directory"),
        (os.mkfifo, "this is no regular file"),
        (lambda path: path.symlink_to("nowhere"), "a symbolic link to nothing"),
        (lambda path: path.symlink_to("sub/other.json"), "a symbolic link to "),
        (lambda path: path.symlink_to("sub/ours.json"), "a symbolic link to "),
    ],
    ids=["directory", "FIFO", "link to nothing", "link to a file", "link to a schema of ours"],
)
def test_in_the_way(tmp_path: Path, make: Callable[[Path], None], reason: str) -> None:
    """What has the schema's name and is not ours is left alone, with words; the modeline can still be taken out."""
    (tmp_path / "sub").mkdir()
    (tmp_path / "sub/other.json").write_text("{}")
    (tmp_path / "sub/ours.json").write_text('{"$id": "urn:xpm-config:settings:v2"}')
    path = tmp_path / "settings.yaml"
    path.write_text(WRONG)
    make(tmp_path / NAME)
    with pytest.raises(XpmConfigError, match=f"is in the way of the schema: {reason}") as caught:
        installation.install(str(path), path.read_bytes(), 2)
    assert "move it away" in (caught.value.hint or "")
    path.write_text(f"{LINE}\n{WRONG}")
    (removed,) = installation.uninstall(str(path), path.read_bytes())
    assert removed.new == WRONG.encode()


def test_links_between_places_of_ours(tmp_path: Path) -> None:
    """A link to the schema beside the file behind the settings, as some dotfile managers make it, is followed."""
    (tmp_path / "dotfiles").mkdir()
    (tmp_path / "config").mkdir()
    (tmp_path / "dotfiles/settings.yaml").write_text(f"{LINE}\n")
    (tmp_path / "dotfiles" / NAME).write_text('{"$id": "urn:xpm-config:settings:v2"}')
    for name in ("settings.yaml", NAME):
        (tmp_path / "config" / name).symlink_to(tmp_path / "dotfiles" / name)
    path = str(tmp_path / "config/settings.yaml")
    changes = installation.install(path, f"{LINE}\n".encode(), 2)
    assert {change.what for change in changes} == {"brought up to date"}


def test_foreign_modeline(header: NodeSession) -> None:
    """A modeline of others is kept, with an error that says what to do; by force it names ours."""
    text = f"# mine\r\n# yaml-language-server: $schema=https://example.org/x.json\r\n{LINE}\r\na: 1\r\n"
    with pytest.raises(UsageError, match=r"a\.yaml:2: the modeline names another schema") as caught:
        installation.modeline_edit("a.yaml", text, 2)
    assert caught.value.hint is not None
    assert "--force" in caught.value.hint
    edit = installation.modeline_edit("a.yaml", text, 2, force=True)
    assert edit is not None
    new = apply_edits(text, [edit])
    assert new == f"# mine\r\n{LINE}\r\n{LINE}\r\na: 1\r\n"
    assert header.ask(new) == NAME
    assert apply_edits(new, installation.modeline_removals("a.yaml", new)) == "# mine\r\na: 1\r\n"


def test_a_first_line_that_cannot_be_passed(tmp_path: Path) -> None:
    """Where no modeline could stand first, nothing is written."""
    path = tmp_path / "settings.yaml"
    path.write_text("# yaml-language-server: -*- x -*-\na: 1\n")
    with pytest.raises(XpmConfigError, match="would not heed"):
        installation.install(str(path), path.read_bytes(), 2)


def test_modeline_behind_the_document_marker() -> None:
    """A modeline that shares its line goes without the line."""
    text = f"---  {LINE}\na: 1\n"
    assert apply_edits(text, installation.modeline_removals("a.yaml", text)) == "---\na: 1\n"


def test_a_file_of_others_is_not_overwritten(tmp_path: Path) -> None:
    """What lies under the name of the schema and is not ours stays, and nothing else is written."""
    path = tmp_path / "settings.yaml"
    path.write_text(WRONG)
    for content in ("{}", "[1]", "not JSON", '{"$id": "https://example.org"}', "[" * 100_000):
        (tmp_path / NAME).write_text(content)
        with pytest.raises(XpmConfigError, match="in the way of the schema: this is no schema of xpm-config"):
            installation.install(str(path), path.read_bytes(), 2)
        assert installation.uninstall(str(path), path.read_bytes()) == []


def test_uninstalling_without_a_settings_file(tmp_path: Path) -> None:
    """Schemas of ours that were left behind go, unless they are still used."""
    schema = tmp_path / NAME
    schema.write_text(registry.schema_text(2))
    assert [change.path for change in installation.uninstall(str(tmp_path / "settings.yaml"), None)] == [str(schema)]
    named(tmp_path / "other.yaml", NAME)
    (change,) = installation.uninstall(str(tmp_path / "settings.yaml"), None)
    assert change.old == change.new


def test_states(tmp_path: Path) -> None:
    """Every state of an installation is told, with the file that it is about."""
    path, schema = tmp_path / "settings.yaml", tmp_path / NAME
    path.write_text(WRONG)
    assert installed_schema(str(path)) == Installed("none")
    installed(path)
    assert installed_schema(str(path)) == Installed("current", str(schema), 2, str(path))
    # The schema that an earlier release of ours shipped.
    older = {**json.loads(schema.read_text()), "title": "older"}
    schema.write_text(json.dumps(older))
    assert installed_schema(str(path)) == Installed("outdated", str(schema), 2, str(path))
    assert [change.what for change in installation.install(str(path), path.read_bytes(), 2)] == ["brought up to date"]
    path.write_text(WRONG)
    assert installed_schema(str(path)) == Installed("outdated", str(schema), 2)
    path.write_text(f"{LINE}\n")
    schema.write_text("{}")
    assert installed_schema(str(path)) == Installed("foreign", str(schema), 2, str(path))
    schema.unlink()
    assert installed_schema(str(path)) == Installed("missing", str(schema), 2, str(path))
    schema.symlink_to("nowhere")
    assert installed_schema(str(path)) == Installed("foreign", str(schema), 2, str(path))
    schema.unlink()
    path.write_text("# yaml-language-server: $schema=other.json\n")
    assert installed_schema(str(path)) == Installed("foreign", str(path), None)
    path.write_text("# yaml-language-server: $schema=https://x/settings.v2.schema.json\n")
    assert installed_schema(str(path)) == Installed("foreign", str(path), None)
    path.write_bytes(b"\xff\xfe")
    assert installed_schema(str(path)) == Installed("none")


def test_the_worst_state_of_a_link(tmp_path: Path) -> None:
    """Of the two schemas of a link, the one that is wrong is told."""
    (tmp_path / "dotfiles").mkdir()
    real, link = tmp_path / "dotfiles/settings.yaml", tmp_path / "settings.yaml"
    real.write_text(WRONG)
    link.symlink_to(real)
    installed(link)
    assert installed_schema(str(link)).state == "current"
    (tmp_path / "dotfiles" / NAME).unlink()
    assert installed_schema(str(link)) == Installed("missing", str(tmp_path / "dotfiles" / NAME), 2, str(link))


@settings(max_examples=300, deadline=None)
@given(
    lines=st.lists(
        st.sampled_from(
            ["# a", "", "  # b", "---", "%YAML 1.1", "a: 1", "#!x", "# -*- x -*-", "[", "\x85", "...", "\t"]
        ),
        max_size=6,
    ),
    line_end=st.sampled_from(["\n", "\r\n", "\r"]),
    mark=st.sampled_from(["", "\ufeff"]),
    final=st.booleans(),
)
def test_any_header(lines: list[str], line_end: str, mark: str, final: bool) -> None:
    """Whatever a file begins with, with errors too, installing and undoing gives its bytes again."""
    old = mark + line_end.join(lines) + (line_end if final else "")
    edit = installation.modeline_edit("a.yaml", old, 2)
    assert edit is not None
    new = apply_edits(old, [edit])
    assert modeline_version(new) == 2
    assert apply_edits(new, installation.modeline_removals("a.yaml", new)) == old
    before, after = Document(old.encode()), Document(new.encode())
    assert [problem.code for problem in before.problems] == [problem.code for problem in after.problems]
    assert before.node_count == after.node_count


@settings(max_examples=300, deadline=None)
@given(
    lines=st.lists(
        st.sampled_from(
            ["# a", "", "---", "a: 1", "#!x", LINE, f"  {LINE} x", f"--- {LINE}", LINE.replace("v2", "v1")]
        ),
        max_size=6,
    ),
    line_end=st.sampled_from(["\n", "\r\n", "\r"]),
    mark=st.sampled_from(["", "\ufeff"]),
    final=st.booleans(),
)
def test_any_header_with_modelines(lines: list[str], line_end: str, mark: str, final: bool) -> None:
    """However many modelines of ours a file has, the first one names what is installed, and undone all are gone."""
    text = mark + line_end.join(lines) + (line_end if final else "")
    edit = installation.modeline_edit("a.yaml", text, 2)
    new = apply_edits(text, [edit] if edit is not None else [])
    assert modeline_version(new) == 2
    for one in (text, new):
        undone = apply_edits(one, installation.modeline_removals("a.yaml", one))
        assert modeline_version(undone) is None
        for other in ("# a", "a: 1", "#!x"):
            assert undone.count(other) == text.count(other)
