"""What the loader of experimaestro up to 2.5 makes of a file: types, interpolations, and what it refuses."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from xpm_config import registry
from xpm_config.document import Document
from xpm_config.loaders import omegaconf
from xpm_config.loaders.omegaconf_grammar import GrammarError, parse

if TYPE_CHECKING:
    from xpm_config.loaders.model import Loaded

HISTORY = Path(__file__).parents[1] / "data/settings-history.json"
PROBES: dict[str, Any] = json.loads(HISTORY.read_text(encoding="utf-8"))["behaviour"]
RELEASES = ("1.5.14", "1.16.1", "2.0.0", "2.1.6", "2.3.6", "2.4.0", "2.5.2")
ENVIRON = {"HOME": "/home/probe", "HOST": "h", "PORT": "8080", "MISSING": "???"}


def load(data: str | bytes, release: str = "2.5.2") -> Loaded:
    """Load settings as a release does."""
    content = data.encode() if isinstance(data, str) else data
    number = tuple(int(part) for part in release.split("."))
    loaded, _ = omegaconf.load(Document(content, "libyaml"), registry.schema(2), number, ENVIRON)
    return loaded


def problems(data: str, release: str = "2.5.2") -> list[tuple[str, str, str]]:
    """The kind, the setting and the underlined text of each problem."""
    found: list[tuple[str, str, str]] = []
    for kind, key, _, node in load(data, release).problems:
        assert node is not None
        found.append((kind, key, data[node.start : node.end]))
    return found


# -- what was observed --------------------------------------------------------------------------------


@pytest.mark.parametrize("release", RELEASES)
@pytest.mark.parametrize("name", PROBES)
def test_probes_are_loaded_as_observed(
    name: str, release: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Every probe loads where it was seen to load, with the values that it was seen to have."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("HOME", ENVIRON["HOME"])
    (tmp_path / "real").mkdir()
    (tmp_path / "link").symlink_to("real")
    text = PROBES[name]["yaml"]
    result = next(result for result in PROBES[name]["results"] if release in result["releases"])
    loaded = load(text if isinstance(text, str) else text["latin1"].encode("latin-1"), release)
    assert loaded.loads is result["ok"], loaded.problems
    if result["ok"]:
        assert observable(loaded.settings, registry.schema(2)) == result["value"]


def observable(value: Any, schema: dict[str, Any], path_kind: str = "folder") -> Any:
    """Settings in the way that the observations are written: without defaults, with paths expanded."""
    if isinstance(value, list) and "items" in schema:
        return [observable(item, schema["items"]) for item in value]
    if "properties" in schema and isinstance(value, dict):
        return section(value, schema)
    if schema.get("x-xpm-type") == "path":
        return f"Path({expanded(value, path_kind)})"
    if schema.get("x-xpm-type") == "mode":
        return f"FolderMode:{value}"
    if isinstance(value, dict):
        return {key: observable(item, schema.get("additionalProperties", {})) for key, item in value.items()}
    return "inf" if value == float("inf") else placed(value) if isinstance(value, str) else value


def section(value: dict[str, Any], schema: dict[str, Any]) -> dict[str, Any]:
    """A dataclass: what is required stands in the observations even where it equals its default."""
    shown = {}
    remote = (value.get("ssh") or {}).get("host")
    path_kind = "remote" if remote else "workspace" if "id" in value else "folder"
    for key, sub in schema["properties"].items():
        empty: dict[str, Any] = {"array": [], "object": {}}
        item = value.get(key, sub.get("default", empty.get(str(sub["type"]), "")))
        always = key in schema.get("required", ()) or key == "mode"
        inner = observable(item, sub, path_kind)
        if always or inner not in (sub.get("default", {}), {}, []):
            shown[key] = inner
    return shown


def expanded(path: str, kind: str) -> str:
    """A path as experimaestro holds it."""
    if kind == "remote":
        return path
    home = Path(path).expanduser()
    return placed(str(home.resolve() if kind == "workspace" else home))


def placed(text: str) -> str:
    """A text without the directories of this machine."""
    root = os.path.expanduser("~root")
    for place, name in ((os.getcwd(), "<CWD>"), (ENVIRON["HOME"], "<HOME>"), (root, "<HOME-OF-ROOT>")):
        text = text.replace(place, name)
    return text


# -- types --------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("written", "value"),
    [("1", 1), ('" 7 "', 7), ("1_0", 10), ("017", 15), ("1:30", 90), ("null", None), ("-1", -1)],
)
def test_whole_numbers_that_load(written: str, value: Any) -> None:
    """A whole number may be text that Python's `int` reads."""
    assert load(f"server: {{port: {written}}}").settings == {"server": {"port": value}}


@pytest.mark.parametrize("written", ["1.0", "1e3", "true", "x", '""', "[]", "{}", "2024-01-01", '"0x1"'])
def test_whole_numbers_that_do_not_load(written: str) -> None:
    """A float, a boolean and other text are no whole number."""
    assert problems(f"server: {{port: {written}}}") == [("type", "server.port", written)]


@pytest.mark.parametrize(
    ("written", "value"),
    [("1e3", "1000.0"), ("yes", "True"), ("1.10", "1.1"), ("2024-01-01", "2024-01-01"), (r"\???", "???"),
     ("[a, 1]", ["a", 1]), ("{a: {1: b}}", {"a": {1: "b"}}), ("!!python/object/apply:pathlib.Path [a, b]", "a/b")],
)  # fmt: skip
def test_what_stands_for_text_in_env(written: str, value: Any) -> None:
    """Where text is expected, numbers and booleans become text, and whole containers pass."""
    assert load(f"env: {{A: {written}}}").settings == {"env": {"A": value}}


@pytest.mark.parametrize(
    ("written", "kind"),
    [("null", "type"), ("!!binary aGk=", "type"), ("!!set {a}", "type"), ("!!timestamp 2024-01-01", "type"),
     ('{1: a, "1": b}', "type"), ('"???"', "missing-key"), ('["???"]', "missing-key"), ('["${"]', "interpolation")],
)  # fmt: skip
def test_what_does_not_stand_for_text_in_env(written: str, kind: str) -> None:
    """Null, dates, sets, bytes, ambiguous keys and missing values are refused."""
    assert [found[0] for found in problems(f"env: {{A: {written}}}")] == [kind]


@pytest.mark.parametrize(
    ("written", "value"),
    [("USE", "use"), ("use", "use"), ("FolderMode.MOVE", "move"), ("FolderMode.backup", "backup")],
)
def test_modes_by_name_and_value(written: str, value: str) -> None:
    """A mode is its name or its value, with the name of the enumeration in front or not."""
    text = f"workspaces: [{{id: a, path: /a, folders: [{{path: /b, mode: {written}}}]}}]"
    assert load(text).settings["workspaces"][0]["folders"][0]["mode"] == value


# -- the whole document -------------------------------------------------------------------------------


@pytest.mark.parametrize("text", ["", "# nothing\n", "---\n", "null\n", "{}\n", '"# nothing"', '"null"', '""'])
def test_nothing_means_defaults(text: str) -> None:
    """An empty file loads, and so does a text that is one when read as YAML."""
    assert load(text) == ({}, ())


def test_a_text_is_read_as_yaml_again() -> None:
    """A file that holds nothing but a text is read once more."""
    assert load("|\n  server: {port: 1}\n").settings == {"server": {"port": 1}}


@pytest.mark.parametrize("text", ["[]", "1", "x", "'[1]'", "'server: {port: x}'", "!!set {a}", "'{'"])
def test_what_is_no_mapping(text: str) -> None:
    """Lists, scalars and texts that hold no good settings are refused as a whole."""
    assert problems(text) == [("type", "", text)]


def test_all_problems_are_reported_where_they_are() -> None:
    """Each problem is at its node: the unknown key, the value, the mapping without a key, the second key."""
    text = "Server: 1\nserver: {port: x, host: a, host: b}\nworkspaces: [{id: a}]\nhistory:\n  max_done: null\n"
    assert problems(text) == [
        ("duplicate-key", "", "host"),
        ("unknown-key", "Server", "Server"),
        ("type", "server.port", "x"),
        ("type", "history.max_done", "null"),
        ("missing-key", "workspaces[0].path", "{id: a}"),
    ]


def test_merged_keys_count_twice_when_merged_again() -> None:
    """A mapping that merges the same key from two others is refused where it is merged itself."""
    both = "env:\n  A: &a {k: 1}\n  B: &b {k: 2}\n  C: &c {<<: [*a, *b]}\n"
    assert load(both).settings["env"]["C"] == {"k": 1}
    assert problems(both + "  D: {<<: *c}\n") == [("duplicate-key", "", "k")]


def test_pairs_stand_for_a_list_of_text() -> None:
    """OmegaConf lets the tuples of `!!pairs` pass where text is expected."""
    text = "workspaces: [{id: a, path: /a, triggers: !!pairs [k: 1]}]"
    assert load(text).settings["workspaces"][0]["triggers"] == [["k", 1]]


def test_own_keys_hide_merged_ones() -> None:
    """What `<<` brings in does not count where the mapping has the key itself."""
    text = "env:\n  A: {<<: {k: !unknown x}, k: 1}\n"
    assert load(text).settings == {"env": {"A": {"k": 1}}}


@pytest.mark.parametrize(
    "text",
    [f"env: {{A: [{'1,' * 10_000}]}}", "env: {A: &a [x, y], B: [" + "*a, " * 3000 + "]}",
     "env: {A: &a [x], B: [" + "*a, " * 700 + "]}", "env: {A: " + "[" * 80 + "]" * 80 + "}"],
)  # fmt: skip
def test_documents_that_are_too_large(text: str) -> None:
    """Too many nodes, too many by aliases, and too many levels."""
    assert [kind for kind, _, _ in problems(text)] == ["size"]


def test_keys_of_later_releases() -> None:
    """A release refuses the keys that a later one brought."""
    text = "workspaces: [{id: a, path: /a, folders: []}]"
    assert load(text, "2.4.0").loads
    assert problems(text, "2.3.6") == [("unknown-key", "workspaces[0].folders", "folders")]


# -- interpolations -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("written", "value"),
    [
        ("${server.host}", "h"),
        ("${env.B}${server.port}", "b80"),
        ("${.B}", "b"),
        ("${..server.host}", "h"),
        ("${server[host]}", "h"),
        ("${server.${env.C}}", "h"),
        ("${workspaces[0].path}/x", "/a/x"),
        ("${workspaces.-1.id}", "w"),
        ("${history.max_done}", "5"),
        ("${carbon.enabled}", "True"),
        ("${oc.env:HOST}", "h"),
        ("${oc.env: HOST }", "h"),
        ("${oc.env:NOPE,dflt}", "dflt"),
        ("${oc.env:NOPE,}", ""),
        ("${oc.env:NOPE,1.50}", "1.5"),
        ("${oc.env:NOPE,'a, ${server.host}'}", "a, h"),
        ("${oc.env:NOPE,${oc.env:HOST}/x}", "h/x"),
        ("${oc.select:nope,x}", "x"),
        ("${oc.decode:'12'}", "12"),
        ("$${server.host}", "$h"),
        (r"\${server.host}", "${server.host}"),
        (r"\\${server.host}", r"\h"),
    ],
)
def test_interpolations(written: str, value: str) -> None:
    """References and resolvers give the values that they stand for."""
    others = "server: {host: h, port: 80}\nworkspaces: [{id: w, path: /a}]\n"
    loaded = load(f"{others}env: {{A: {json.dumps(written)}, B: b, C: host}}\n")
    assert loaded.problems == ()
    assert loaded.settings["env"]["A"] == value


@pytest.mark.parametrize(
    "written",
    ["${HOME}", "${env:HOME}", "${oc.env:NOPE}", "${oc.env:MISSING}", "${oc.env:NOPE,null}", "${oc.env:A,b,c}",
     "${server}", "${env}", "${.A}", "${env.A}", "${workspaces[3]}", "${workspaces.x}", "${server.host.x}",
     "${server.port}", "${oc.create:[1]}", "${....x}", "x${nope}"],
)  # fmt: skip
def test_interpolations_without_a_value(written: str) -> None:
    """What refers to nothing, to itself, to null or to a container is refused where it stands."""
    text = f"server: {{host: h}}\nenv: {{A: {json.dumps(written)}}}\n"
    assert problems(text) == [("interpolation", "env.A", json.dumps(written))]


def test_interpolations_take_the_type_of_their_setting() -> None:
    """The value of an interpolation is converted, or refused."""
    text = (
        'server: {port: "${oc.env:PORT}"}\ncarbon: {enabled: "${server.port}", report_interval_s: "${oc.env:HOST}"}\n'
    )
    assert load(text).settings["server"] == {"port": 8080}
    assert problems(text) == [("interpolation", "carbon.report_interval_s", '"${oc.env:HOST}"')]


def test_whole_sections_by_reference() -> None:
    """A reference may stand for a section, a list or a map of the same type, or one that can become it."""
    text = (
        'history: {max_done: 2}\nenv: "${workspaces[0].history}"\nworkspaces:\n'
        '- {id: a, path: /a, history: "${history}", triggers: [x], alt_workspaces: "${.triggers}"}\n'
        '- "${workspaces[0]}"\n'
    )
    settings = load(text).settings
    assert settings["env"] == {"max_done": "2", "max_failed": "1"}
    assert settings["workspaces"][0]["alt_workspaces"] == ["x"]
    assert settings["workspaces"][1] == settings["workspaces"][0]


def test_only_the_cause_is_reported() -> None:
    """What refers to a setting with a problem is not one more problem."""
    text = 'server: {host: "${nope}", token: "${.host}"}\nenv: {A: "${server.port}x", B: "${env.C}"}\n'
    assert problems(text) == [
        ("interpolation", "server.host", '"${nope}"'),
        ("interpolation", "env.B", '"${env.C}"'),
    ]


@pytest.mark.parametrize(
    "text",
    ['env: {A: "${.B}", B: "${.A}"}', 'server: "${history}"\nhistory: "${server}"', 'server: "${server.host}"',
     'env: {a: ["${workspaces[0].env}"]}\nworkspaces: [{id: a, path: /x, env: {b: ["${env}"]}}]'],
)  # fmt: skip
def test_circles(text: str) -> None:
    """Settings that refer to each other in a circle are refused."""
    assert {kind for kind, _, _ in problems(text)} == {"interpolation"}


def test_doubling_texts_end() -> None:
    """References that double a text at every step do not fill the memory."""
    lines = [f'  A{number}: "${{env.A{number - 1}}}${{env.A{number - 1}}}"' for number in range(1, 40)]
    assert not load("env:\n  A0: xxxxxxxxxx\n" + "\n".join(lines)).loads


def test_early_releases_resolve_later() -> None:
    """Up to 1.5.4, interpolations and missing settings are no problem of loading."""
    text = 'workspaces:\n- {id: "${nope}"}\n'
    assert load(text, "1.5.4") == ({"workspaces": [{"id": "${nope}"}]}, ())
    assert {kind for kind, _, _ in problems(text, "1.5.5")} == {"interpolation", "missing-key"}
    assert problems('server: {host: "${"}\n', "1.5.4") == [("interpolation", "server.host", '"${"')]


@pytest.mark.parametrize(
    "text",
    ["${a}", "${a.b[c].0}", "${..a}", "${a:b:c}", "${a:}", "${a: b , c}", "${a:[b, {c: d}]}", "${a:'x}'}", r"${a\.b}",
     "${${a}.${b}}", "${é}", "${a:x y}", "${a:,}", "}", "$", "${a}}", "${a:b?c|d}", r"${a:\,}", "${ a }", "${$a}"],
)  # fmt: skip
def test_valid_interpolations(text: str) -> None:
    """These follow the grammar."""
    parse(text)


@pytest.mark.parametrize(
    "text",
    ["${", "${}", "${a", "${a b}", "${a.}", "${a..b}", "${a:b", "${a:é}", "${a:~/x}", "${a:x=y}", "${a:(x)}", "${:a}",
     "${a[b]:c}", "${1a:b}", "${a${b}}", "${${a}b}", "${a:'x'y}", "${a:[b}", "${a:{b}}", r"${a\x}", "${.a:b}"],
)  # fmt: skip
def test_invalid_interpolations(text: str) -> None:
    """These do not follow the grammar."""
    with pytest.raises(GrammarError):
        parse(text)


# -- paths --------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("workspace", "loads"),
    [("path: ~nosuchuser/x", False), ("path: ./~nosuchuser", False), ('path: "a\\0b"', False),
     ("path: ~nosuchuser/x, ssh: {host: h}", True), ('path: ~nosuchuser/x, ssh: {host: ""}', False),
     ("path: /a, folders: [{path: ~nosuchuser}]", False), ('path: /a, folders: [{path: "a\\0b"}]', True)],
)  # fmt: skip
def test_paths_are_expanded_unless_remote(workspace: str, loads: bool) -> None:
    """A `~` in front needs a user of this machine, save for a workspace on another one."""
    loaded = load(f"workspaces: [{{id: a, {workspace}}}]")
    assert loaded.loads is loads
    assert {problem.kind for problem in loaded.problems} <= {"path"}


def test_paths_are_given_as_written() -> None:
    """A path is not expanded in the result, and keeps its spelling."""
    assert load("workspaces: [{id: a, path: ~/x//y/}]").settings["workspaces"][0]["path"] == "~/x//y/"


def test_messages_hold_no_values() -> None:
    """What is written as a value never stands in a message."""
    text = 'server: {token: [hunter2], host: "${hunter2", port: hunter2}\nenv: {A: "${oc.env:hunter2}"}\n'
    found = load(text).problems
    assert len(found) == 4
    assert not any("hunter2" in problem.message + problem.key for problem in found)
