"""The snippets for editors: each is what it says, and what is in it makes the real server check the file."""

from __future__ import annotations

import json
import re
import sys
from typing import TYPE_CHECKING, Any
from xml.etree import ElementTree as ET

import pytest

from tests.editors.client import LanguageServer
from tests.node import node_package
from xpm_config import registry, vscode
from xpm_config.editors import GLOBS, SNIPPETS, Association, associate

if TYPE_CHECKING:
    from pathlib import Path

SERVERS = ("yaml-language-server-1", "yaml-language-server-2")
WRONG = "workspaces:\n  - id: a\n    path: /a\n    trigers: []\n"
FOLDER = 'it\'s "50%" a#b [中文] {x}'

Schemas = dict[str, list[str]]


class Editor(LanguageServer):
    """A server whose client has these `yaml.schemas`, exactly as an editor would hand them on."""

    def __init__(self, package: Path, schemas: Schemas, folder: Path) -> None:
        """Start the server of an npm package."""
        self._schemas = schemas
        super().__init__(package, {}, folder)

    def _initialize(self) -> None:
        off = {"enable": False}
        yaml = {"schemas": self._schemas, "schemaStore": off, "kubernetesCRDStore": off, "validate": True}
        self._settings = {**self._settings, "yaml": yaml}
        super()._initialize()

    def checks(self, path: Path) -> bool:
        """Whether the server knows the schema of a file of this name."""
        (found,) = self.diagnostics([WRONG], str(path))
        return any("not allowed" in problem.message for problem in found)


def in_lua(snippet: str) -> Schemas:
    """The schemas in a snippet for Neovim, whose brackets match and whose strings are plain."""
    assert snippet.startswith("vim.lsp.config('yamlls', {\n  settings = {\n    yaml = {\n      schemas = {\n")
    assert snippet.endswith("vim.lsp.enable('yamlls')\n")
    bare = re.sub(r"\"[^\"\\\n]*\"|'[^'\\\n]*'", "", snippet)
    for pair in ("{}", "[]", "()"):
        assert bare.count(pair[0]) == bare.count(pair[1])
    entries = re.findall(r'^ +\["([^"\\]+)"\] = \{ (.*) \},$', snippet, re.MULTILINE)
    return {uri: json.loads(f"[{globs}]") for uri, globs in entries}


def in_toml(snippet: str) -> Schemas:
    """The schemas in a snippet for Helix."""
    if sys.version_info >= (3, 11):
        import tomllib

        read = tomllib.loads(snippet)
        schemas: Schemas = read["language-server"]["yaml-language-server"]["config"]["yaml"]["schemas"]
        return schemas
    # This part of TOML is near enough to JSON.
    head, entry = snippet.splitlines()
    assert head == "[language-server.yaml-language-server.config.yaml.schemas]"
    key, _, value = entry.partition(" = ")
    return {json.loads(key): json.loads(value)}


def forms(text: str) -> list[Any]:
    """The expressions of a piece of Emacs Lisp: lists and vectors as lists, strings in quotes, symbols as they are."""
    stack: list[list[Any]] = [[]]
    for token in re.findall(r';[^\n]*|"[^"\\]*"|[()\[\]\']|[^\s()\[\]"\';]+', text):
        if token in "([":
            stack.append([])
        elif token in ")]":
            done = stack.pop()
            stack[-1].append(done)
        elif token != "'" and not token.startswith(";"):
            stack[-1].append(token)
    assert len(stack) == 1
    return stack[0]


def in_eglot(snippet: str) -> Schemas:
    """The schemas in the part for Eglot."""
    ((set_default, variable, (yaml, (schemas, (keyword, globs)))), _) = forms(snippet)
    assert (set_default, variable, yaml, schemas) == (
        "setq-default",
        "eglot-workspace-configuration",
        ":yaml",
        ":schemas",
    )
    assert keyword.startswith(":")
    return {keyword[1:]: [json.loads(glob) for glob in globs]}


def in_lsp_mode(snippet: str) -> Schemas:
    """The schemas in the part for lsp-mode."""
    (_, (setq, variable, ((symbol, dot, globs),))) = forms(snippet)
    assert (setq, variable, dot) == ("setq", "lsp-yaml-schemas", ".")
    return {symbol: [json.loads(glob) for glob in globs]}


def in_kate(snippet: str) -> Schemas:
    """The schemas in a snippet for Kate."""
    server = json.loads(snippet)["servers"]["yaml"]
    assert server["command"] == ["yaml-language-server", "--stdio"]
    assert re.search(server["highlightingModeRegex"], "YAML")
    schemas: Schemas = server["settings"]["yaml"]["schemas"]
    return schemas


def in_vscode(association: Association) -> Schemas:
    """The schemas in VS Code's settings."""
    schemas: Schemas = json.loads(vscode.with_entry(None, association, lambda _: False))["yaml.schemas"]
    return schemas


READERS = {
    "neovim": ("neovim", in_lua),
    "helix": ("helix", in_toml),
    "Eglot": ("emacs", in_eglot),
    "lsp-mode": ("emacs", in_lsp_mode),
    "kate": ("kate", in_kate),
}


def make_own(settings: Path, home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Let a file be the user's own settings, by a link."""
    monkeypatch.setenv("HOME", str(home))
    own = home / ".config/experimaestro/settings.yaml"
    own.parent.mkdir(parents=True, exist_ok=True)
    own.symlink_to(settings)


@pytest.fixture
def association(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Association:
    """A schema in a folder of a hard name, and the user's settings, which are called otherwise."""
    folder = tmp_path / FOLDER
    folder.mkdir()
    make_own(folder / "mine (1).yml", tmp_path, monkeypatch)
    (folder / "settings.v2.schema.json").write_text(registry.schema_text(2))
    return associate(str(folder / "mine (1).yml"), str(folder / "settings.v2.schema.json"))


@pytest.mark.parametrize("name", READERS)
def test_snippets_say_the_same(name: str, association: Association) -> None:
    """Every snippet can be read in the language of its editor, and holds the URI and the patterns."""
    editor, read = READERS[name]
    assert read(SNIPPETS[editor][0](association)) == {association.uri: list(association.globs)}


@pytest.mark.parametrize("package", SERVERS)
def test_the_association_works(package: str, association: Association, tmp_path: Path) -> None:
    """With the setting that we write, a server checks all kinds of settings files, and no others."""
    with Editor(node_package(package), in_vscode(association), tmp_path) as server:
        assert server.checks(tmp_path / ".config/experimaestro/settings.yaml")
        assert server.checks(tmp_path / "dotfiles/.config/experimaestro/settings.yaml")
        assert server.checks(tmp_path / ".local/share/chezmoi/dot_config/experimaestro/settings.yaml")
        assert server.checks(tmp_path / "dot_config/experimaestro/settings.yaml")
        assert server.checks(tmp_path / "a project/中文/xpm_settings.yaml")
        assert server.checks(tmp_path / f"{FOLDER}/mine (1).yml")
        assert not server.checks(tmp_path / "other/settings.yaml")
        assert not server.checks(tmp_path / "experimaestro/other.yaml")
        assert not server.checks(tmp_path / "other (1).yml")


@pytest.mark.parametrize("schema", ["/h/with blank & <b>/\"q'.json", "/h/settings.v2.schema.json"])
def test_jetbrains(schema: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The mapping is XML with the path of the schema, and its patterns match the paths as the IDE matches them."""
    make_own(tmp_path / "x y/mine.yml", tmp_path, monkeypatch)
    association = associate(f"{tmp_path}/x y/mine.yml", schema)
    root = ET.fromstring(SNIPPETS["jetbrains"][0](association))
    assert root.tag == "project"
    component = root.find("component")
    assert component is not None
    assert component.get("name") == "JsonSchemaMappingsProjectConfiguration"
    info = component.find("state/map/entry/value/SchemaInfo")
    assert info is not None
    options = {option.get("name"): option.get("value") for option in info.findall("option")}
    assert options["relativePathToSchema"] == schema
    assert options["schemaVersion"] == "JSON Schema version 7"
    items = info.findall("option[@name='patterns']/list/Item")
    assert [item.findall("option")[2].get("value") for item in items] == ["Pattern"] * (len(GLOBS) + 1)
    paths = [str(item.findall("option")[1].get("value")) for item in items]
    assert matched_by_jetbrains(paths, "/home/me/.config/experimaestro/settings.yaml")
    assert matched_by_jetbrains(paths, "/project/xpm_settings.yaml")
    assert matched_by_jetbrains(paths, f"{tmp_path}/x y/mine.yml")
    assert not matched_by_jetbrains(paths, "/project/settings.yaml")
    assert not matched_by_jetbrains(paths, "/project/mine.yml")


def matched_by_jetbrains(patterns: list[str], path: str) -> bool:
    """With a slash in it, a pattern is for the end of the path, else for the name; `*` stands for anything."""
    for pattern in patterns:
        expression = re.escape(pattern).replace(r"\*", ".*")
        if "/" in pattern:
            matches = re.fullmatch(f".*/{expression}", path)
        else:
            matches = re.fullmatch(expression, path.rpartition("/")[2])
        if matches:
            return True
    return False


def test_both_names_of_a_link(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A link with a usual name needs no pattern of its own; the file behind it, called otherwise, does."""
    make_own(tmp_path / "real.yaml", tmp_path, monkeypatch)
    link = tmp_path / ".config/experimaestro/settings.yaml"
    for path in (link, tmp_path / "real.yaml"):
        assert associate(str(path), "s").globs == (*GLOBS, f"**{tmp_path}/real.yaml")
    link.unlink()
    assert associate(str(link), "s").globs == GLOBS


@pytest.mark.parametrize("package", SERVERS)
@pytest.mark.parametrize(
    "name",
    [".hidden/.config/experimaestro/settings.yaml", ".x (1)/experimaestro/settings.yaml", ".中文/.b/xpm_settings.yaml"],
)
def test_hidden_folders(package: str, name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Settings below folders whose names begin with a dot get a pattern of their own, as no other matches them."""
    monkeypatch.setenv("HOME", str(tmp_path / ".hidden"))
    association = associate(str(tmp_path / name), registry.schema_path(2))
    assert len(set(association.globs) - set(GLOBS)) == 1
    for globs, expected in ((GLOBS, False), (association.globs, True)):
        schemas = {association.uri: list(globs)}
        with Editor(node_package(package), schemas, tmp_path) as server:
            assert server.checks(tmp_path / name) is expected


@pytest.mark.parametrize("package", SERVERS)
def test_settings_of_a_project_get_their_own_pattern_only(package: str, tmp_path: Path) -> None:
    """The schema of one project is not that of another one, nor that of the user's own settings."""
    association = associate(str(tmp_path / "p/xpm_settings.yaml"), registry.schema_path(2))
    assert association.globs == (f"**{tmp_path}/p/xpm_settings.yaml",)
    with Editor(node_package(package), in_vscode(association), tmp_path) as server:
        assert server.checks(tmp_path / "p/xpm_settings.yaml")
        assert not server.checks(tmp_path / "q/xpm_settings.yaml")
        assert not server.checks(tmp_path / ".config/experimaestro/settings.yaml")


@pytest.mark.parametrize("package", SERVERS)
@pytest.mark.parametrize("folder", ["sub folder/v1.0_x-y", "", "中文", ".hidden"])
def test_settings_of_a_project_can_be_committed(package: str, folder: str, tmp_path: Path) -> None:
    """In the settings of a project, the server takes the schema and the pattern from the project's folder on."""
    project = tmp_path / "here"
    there = project / folder
    there.mkdir(parents=True)
    schema = there / "settings.v2.schema.json"
    association = associate(str(there / "xpm_settings.yaml"), str(schema), str(project))
    assert str(tmp_path) not in association.globs[0]
    # The server knows no other letters in relative paths.
    assert (str(tmp_path) in association.uri) is (not folder.isascii())
    schema.write_text(registry.schema_text(2))
    moved = tmp_path / "there"
    if folder.isascii():
        project.rename(moved)
    project = moved if folder.isascii() else project
    with Editor(node_package(package), in_vscode(association), project) as server:
        assert server.checks(project / folder / "xpm_settings.yaml")
        assert not server.checks(project / "other/settings.yaml")


def test_what_lies_outside_of_a_project_is_named_in_full(tmp_path: Path) -> None:
    """Neither a schema nor settings elsewhere have a relative path; nor has a pattern below a hidden folder."""
    schema, path = str(tmp_path / "project2/settings.v2.schema.json"), str(tmp_path / "project2/a.yaml")
    association = associate(path, schema, str(tmp_path / "project"))
    assert (association.uri, association.globs) == (f"file://{schema}", (f"**{path}",))
    path = str(tmp_path / ".dotfiles/a.yaml")
    association = associate(path, f"{tmp_path}/.dotfiles/settings.v2.schema.json", str(tmp_path / ".dotfiles"))
    assert (association.uri, association.globs) == ("./settings.v2.schema.json", (f"**{path}",))
