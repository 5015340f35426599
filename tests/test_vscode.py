"""Our entry in the settings of VS Code: added once, taken out without a trace, everything else untouched."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from tests.npm_session import JSONC, NodeSession
from tests.test_jsonc import TRIVIA, layouts
from xpm_config import jsonc, vscode
from xpm_config.editors import GLOBS, Association

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

OURS = Association("/h/x/settings.v2.schema.json", GLOBS)
URI = "file:///h/x/settings.v2.schema.json"
ENTRY = {URI: list(GLOBS)}


def ours(key: str) -> bool:
    """Whether an entry is one of ours for the settings whose schemas lie in /h/x."""
    return key.removeprefix("file://").startswith("/h/x/settings.v")


@pytest.fixture(scope="module")
def reader() -> Iterator[NodeSession]:
    """VS Code's reader of its settings."""
    with NodeSession("jsonc-parser", JSONC) as session:
        yield session


def read(reader: NodeSession, text: str) -> Any:
    """What VS Code reads in its settings file; it takes a byte order mark off."""
    answer = reader.ask(text.removeprefix("\ufeff"))
    assert answer["errors"] == 0
    return answer["value"]


LAYOUTS = {
    "empty": ("", {}),
    "only a mark": ("\ufeff", {}),
    "only a line break": ("\n", {}),
    "only a comment": ("// mine", {}),
    "comments": ("// mine\r\n/* and more */\r\n", {}),
    "braces": ("{}", {}),
    "braces and a blank": ("{ }", {}),
    "braces on two lines": ("{\n}", {}),
    "braces on two lines, line break": ("{\n}\n", {}),
    "braces around a comment": ("{\n    // nothing yet\n}\n", {}),
    "braces around a comment on the line": ("{ /* nothing */ }", {}),
    "four blanks": ('{\n    "a": 1\n}\n', {"a": 1}),
    "two blanks, no line break at the end": ('{\n  "a": 1\n}', {"a": 1}),
    "tabs": ('{\n\t"a": 1,\n\t"b": {\n\t\t"c": []\n\t}\n}\n', {"a": 1, "b": {"c": []}}),
    "CRLF and a mark": ('\ufeff{\r\n    "a": 1\r\n}\r\n', {"a": 1}),
    "CR": ('{\r  "a": 1\r}\r', {"a": 1}),
    "one line": ('{"a": 1, "b": [2]}', {"a": 1, "b": [2]}),
    "one line, trailing comma": ('{ "a": 1, }', {"a": 1}),
    "trailing comma": ('{\n    "a": 1,\n}\n', {"a": 1}),
    "comments everywhere": (
        '// head\n{ // open\n  // above\n  "a" /* k */ : /* v */ 1 /* , */ // why\n  // below\n} // end\n// tail',
        {"a": 1},
    ),
    "comment behind a trailing comma": ('{\n  "a": 1, // why\n  // below\n}', {"a": 1}),
    "no indent": ('{\n"a": 1\n}', {"a": 1}),
    "other schemas": (
        '{\n    "yaml.schemas": {\n        "x.json": "*.x.yaml" // x\n    },\n    "a": 1\n}\n',
        {"yaml.schemas": {"x.json": "*.x.yaml"}, "a": 1},
    ),
    "other schemas on a line": ('{"yaml.schemas": {"x.json": ["*.x"]}}', {"yaml.schemas": {"x.json": ["*.x"]}}),
    "a number of many digits": (f'{{"a": {"9" * 5000}}}', {"a": None}),
    "another one of that name": (
        '{"yaml.schemas": {"https://example.org/settings.v2.schema.json": "x"}}',
        {"yaml.schemas": {"https://example.org/settings.v2.schema.json": "x"}},
    ),
    "no schemas": ('{\n    "yaml.schemas": {},\n    "a": 1\n}\n', {"yaml.schemas": {}, "a": 1}),
    "no schemas on two lines": ('{\n    "yaml.schemas": {\n    }\n}\n', {"yaml.schemas": {}}),
    "no schemas on a line": ('{"yaml.schemas": {}}', {"yaml.schemas": {}}),
    "schemas twice": (
        '{\n  "yaml.schemas": {"a": "b"},\n  "yaml.schemas": {"c": "d"}\n}',
        {"yaml.schemas": {"c": "d"}},
    ),
    "other languages": (
        '{\n  "[yaml]": {"editor.tabSize": 2},\n  "ä": "字"\n}',
        {"[yaml]": {"editor.tabSize": 2}, "ä": "字"},
    ),
}


@pytest.mark.parametrize(("text", "value"), LAYOUTS.values(), ids=LAYOUTS)
def test_added_and_taken_out(reader: NodeSession, text: str, value: dict[str, Any]) -> None:
    """VS Code reads our entry besides all others; a second time changes nothing; undone, every byte is back."""
    new = vscode.with_entry(text, OURS, ours)
    assert read(reader, new) == {**value, "yaml.schemas": {**value.get("yaml.schemas", {}), **ENTRY}}
    assert vscode.with_entry(new, OURS, ours) == new
    assert vscode.entry_schemas(new) == [*value.get("yaml.schemas", {}), URI]
    assert vscode.without_entry(new, ours) == text
    assert vscode.without_entry(text, ours) == text


def test_a_new_file_goes_again(reader: NodeSession) -> None:
    """A settings file that was not there is made, and removed again."""
    new = vscode.with_entry(None, OURS, ours)
    assert read(reader, new) == {"yaml.schemas": ENTRY}
    assert vscode.without_entry(new, ours) is None
    kept = new.replace("{", "{\n  // mine", 1)
    assert vscode.without_entry(kept, ours) == "{\n  // mine\n}\n"


@settings(max_examples=300, deadline=None, suppress_health_check=list(HealthCheck))
@given(value=layouts(), before=TRIVIA, behind=TRIVIA, mark=st.sampled_from(["", "\ufeff"]))
def test_any_object(reader: NodeSession, value: str, before: str, behind: str, mark: str) -> None:
    """The same in any layout."""
    assume(value.startswith("{"))
    text = mark + before + value + behind
    new = vscode.with_entry(text, OURS, ours)
    assert read(reader, new) == {**read(reader, text), "yaml.schemas": ENTRY}
    assert vscode.with_entry(new, OURS, ours) == new
    assert vscode.without_entry(new, ours) == text


@settings(max_examples=300, deadline=None, suppress_health_check=list(HealthCheck))
@given(value=layouts(), before=TRIVIA, behind=TRIVIA, last=st.booleans(), tight=st.sampled_from(["", "\n  "]))
def test_any_schemas(reader: NodeSession, value: str, before: str, behind: str, last: bool, tight: str) -> None:
    """The same where there are schemas, in any layout."""
    assume(value.startswith("{"))
    rest = ' "a": 1' if last else "}"
    text = f'{{{tight}"yaml.schemas":{before}{value}{behind}' + (f",{rest}}}" if last else rest)
    there = read(reader, text)
    new = vscode.with_entry(text, OURS, ours)
    assert read(reader, new) == {**there, "yaml.schemas": {**there["yaml.schemas"], **ENTRY}}
    assert vscode.with_entry(new, OURS, ours) == new
    assert vscode.without_entry(new, ours) == text


@pytest.mark.parametrize(
    ("schemas", "expected"),
    [
        (f'{{"{URI}": "mine.yaml"}}', {URI: ["mine.yaml", *GLOBS]}),
        (f'{{"{URI}": ["mine.yaml", "{GLOBS[1]}"]}}', {URI: ["mine.yaml", GLOBS[1], GLOBS[0], *GLOBS[2:]]}),
        (f'{{"{URI}": "{GLOBS[0]}"}}', ENTRY),
        (f'{{"{URI}": null}}', ENTRY),
        (f'{{"{URI}": "a.yaml", "{URI}": "b.yaml"}}', {URI: ["b.yaml", *GLOBS]}),
        (f'{{"{URI.replace("v2", "v1")}": "b.yaml", "x": "y"}}', {URI: ["b.yaml", *GLOBS], "x": "y"}),
        (f'{{"/h/x/settings.v2.schema.json": {list(GLOBS)}}}'.replace("'", '"'), ENTRY),
        ('{"/h/x/settings.v1.schema.json": "b", "file:///h/x/settings.v0.schema.json": "c", "x": "y"}',
         {"x": "y", URI: ["c", *GLOBS]}),
        (f'{{"{URI}": "b", "/h/x/settings.v1.schema.json": "c", "x": "y"}}', {"x": "y", URI: ["b", *GLOBS]}),
    ],
)  # fmt: skip
def test_entries_of_ours_become_one(reader: NodeSession, schemas: str, expected: dict[str, Any]) -> None:
    """An entry of an earlier time is brought up to date and keeps its own patterns; of several, one stays."""
    new = vscode.with_entry(f'{{"yaml.schemas": {schemas}}}', OURS, ours)
    assert read(reader, new) == {"yaml.schemas": expected}
    assert vscode.with_entry(new, OURS, ours) == new
    undone = vscode.without_entry(new, ours)
    assert undone is not None
    assert not set(read(reader, undone).get("yaml.schemas", {})) - {"x"}


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("[]", "the settings should be an object, in braces"),
        ('{"yaml.schemas": []}', "`yaml.schemas` should be an object, in braces"),
        ('{"yaml.schemas": null}', "`yaml.schemas` should be an object, in braces"),
        ('{"a": }', "a value is expected here"),
    ],
)
def test_what_cannot_be_edited(text: str, message: str) -> None:
    """Settings that do not hold what they should are refused, and the place is known."""
    with pytest.raises(jsonc.JsoncError, match=message):
        vscode.with_entry(text, OURS, ours)
    with pytest.raises(jsonc.JsoncError, match=message):
        vscode.without_entry(text, ours)


def test_default_settings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The user's settings are those of the first program that is there: VS Code, those like it, then its server."""
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.delenv("XDG_CONFIG_HOME", raising=False)
    monkeypatch.setattr("sys.platform", "linux")
    assert vscode.default_settings() is None
    folders = (".vscode-server/data/Machine", ".config/Windsurf/User", ".config/Cursor/User", ".config/VSCodium/User")
    for folder in (*folders, ".config/Code/User"):
        (tmp_path / folder).mkdir(parents=True)
        assert vscode.default_settings() == str(tmp_path / folder / "settings.json")
    (tmp_path / "xdg/Code/User").mkdir(parents=True)
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "xdg"))
    assert vscode.default_settings() == str(tmp_path / "xdg/Code/User/settings.json")
    monkeypatch.setattr("sys.platform", "darwin")
    (tmp_path / "Library/Application Support/Code/User").mkdir(parents=True)
    assert vscode.default_settings() == str(tmp_path / "Library/Application Support/Code/User/settings.json")


def test_settings_above(tmp_path: Path) -> None:
    """The projects that a folder lies in are found, the nearest first; a missing or endless way up is no error."""
    outer, inner = tmp_path / ".vscode/settings.json", tmp_path / "a/b/.vscode/settings.json"
    for path in (outer, inner):
        path.parent.mkdir(parents=True)
        path.write_text("{}")
    found = list(vscode.settings_above(str(tmp_path / "a/b/c")))
    assert found[:2] == [str(inner), str(outer)]
    assert str(outer) not in vscode.settings_above(str(tmp_path / ("x/" * 40)))
    assert vscode.project(str(inner)) == str(tmp_path / "a/b")
    assert vscode.project(str(tmp_path / "User/settings.json")) is None
