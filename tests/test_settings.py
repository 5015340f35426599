"""Settings as typed, frozen values: fields, defaults, paths, variables, origins and errors."""

from __future__ import annotations

import copy
import json
import os
import pickle
import sys
import typing
from dataclasses import FrozenInstanceError, fields, is_dataclass
from pathlib import Path
from types import NoneType, UnionType
from typing import Any

import pytest

from xpm_config import registry, settings
from xpm_config.errors import FileUnreadableError, UsageError, XpmConfigError
from xpm_config.settings import Environment, Folder, Origin, Settings, SettingsNotLoadedError, Workspace, load, read

SCHEMA = registry.schema(registry.NEWEST)
NEW = (2, 7, 0)
OLD = (2, 5, 2)


@pytest.fixture(autouse=True)
def _home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A home of the test's own, which is also the current directory."""
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.chdir(tmp_path)


def settings_of(text: str, environ: dict[str, str] | None = None, release: tuple[int, ...] = NEW) -> Settings:
    """The settings in a text."""
    return read(text.encode(), "settings.yaml", release=release, environ={} if environ is None else environ)


def workspace_of(text: str, environ: dict[str, str] | None = None) -> Workspace:
    """The last workspace in a text."""
    return settings_of(text, environ).workspaces[-1]


# -- the schema -----------------------------------------------------------------------------------

NOT_IN_THE_FILE: dict[type, set[str]] = {Settings: {"path", "release", "origins"}, Workspace: {"attached", "origins"}}
"""Fields that say more than the keys of the file."""

TYPES: dict[str, Any] = {
    "str": str,
    "int": int,
    "float": float,
    "bool": bool,
    "path": Path,
    "mode": typing.Literal["use", "backup", "move"],
}


def pairs_with_the_schema() -> list[tuple[type, dict[str, Any]]]:
    """Every dataclass of the settings with the part of the schema that it holds."""
    found: list[tuple[type, dict[str, Any]]] = [(Settings, SCHEMA)]
    for kind, schema in found:
        hints = typing.get_type_hints(kind)
        for name, sub in schema["properties"].items():
            if name not in hints:
                continue
            inner = next((one for one in (hints[name], *typing.get_args(hints[name])) if is_dataclass(one)), None)
            if inner is not None:
                assert isinstance(inner, type)
                found.append((inner, sub.get("items", sub)))
    return found


PAIRS = pairs_with_the_schema()
each_pair = pytest.mark.parametrize(("kind", "schema"), PAIRS, ids=lambda part: getattr(part, "__name__", ""))


def annotation(schema: dict[str, Any], written: Any) -> Any:
    """The type that a field should have for a part of the schema; `written` is the one that it has."""
    kinds = schema["type"] if isinstance(schema["type"], list) else [schema["type"]]
    if "x-xpm-type" in schema:
        plain = TYPES[schema["x-xpm-type"]]
    elif "array" in kinds:
        plain = tuple.__class_getitem__((annotation(schema["items"], typing.get_args(written)[0]), ...))
    elif "properties" in schema:
        # Which class that is, is compared by its own fields.
        plain = next(one for one in (written, *typing.get_args(written)) if is_dataclass(one))
    else:
        assert schema["additionalProperties"]["x-xpm-type"] == "str"
        plain = Environment
    return plain | None if "null" in kinds else plain


def test_every_object_of_the_schema_has_a_class() -> None:
    """All parts of the schema with keys of their own were found."""
    with_keys = 0
    stack = [SCHEMA]
    while stack:
        schema = stack.pop()
        with_keys += "properties" in schema
        stack += schema.get("properties", {}).values()
        stack += [schema["items"]] if "items" in schema else []
    assert len(PAIRS) == with_keys
    assert {kind.__name__ for kind, _ in PAIRS} == {
        *("Settings", "Server", "History", "Carbon", "Workspace", "Folder", "Ssh")
    }


@each_pair
def test_fields_are_the_keys_of_the_schema(kind: type, schema: dict[str, Any]) -> None:
    """No key without a field, and no field without a key but those that are meant to be more."""
    names = {field.name for field in fields(kind)}
    assert names == set(schema["properties"]) | NOT_IN_THE_FILE.get(kind, set())


@each_pair
def test_types_are_those_of_the_schema(kind: type, schema: dict[str, Any]) -> None:
    """Every field has the type and the nullability of its key."""
    hints = typing.get_type_hints(kind)
    for name, sub in schema["properties"].items():
        wanted, written = annotation(sub, hints[name]), hints[name]
        if isinstance(written, UnionType) or typing.get_origin(written) is typing.Union:
            assert set(typing.get_args(written)) == set(typing.get_args(wanted)), name
        else:
            assert written == wanted, name


def default_of(schema: dict[str, Any]) -> Any:
    """What the schema says of a key that is not written; without a default, lists, mappings and text are empty."""
    empty: dict[str, Any] = {"array": [], "object": {}, "string": ""}
    return schema["default"] if "default" in schema else empty[schema["type"]]


@each_pair
def test_defaults_are_those_of_the_schema(kind: type, schema: dict[str, Any]) -> None:
    """What is not written has the default of the schema, in every object."""
    found = settings_of("workspaces: [{id: a, path: /a, folders: [{path: /f}], ssh: {}}]")
    workspace = found.workspaces[0]
    objects: dict[str, Any] = {
        **{type(one).__name__: one for one in (found, found.server, found.history, found.carbon, workspace)},
        "Folder": workspace.folders[0],
        "Ssh": workspace.ssh,
    }
    compared = 0
    for name, sub in schema["properties"].items():
        value = getattr(objects[kind.__name__], name)
        if name in ("id", "path", "workspaces", "folders", "ssh") or is_dataclass(value):
            continue
        default = default_of(sub)
        assert value == (tuple(default) if isinstance(default, list) else default), name
        assert type(value) is (tuple if isinstance(default, list) else Environment if default == {} else type(default))
        compared += 1
    assert compared or kind in (Settings, Workspace)


def test_defaults_of_an_empty_file() -> None:
    """A file that says nothing gives what the documentation of experimaestro promises."""
    for found in (settings_of("{}"), settings_of("", release=OLD), settings_of("# nothing\n", release=OLD)):
        assert found.workspaces == found.local_workspaces == ()
        assert found.env == {}
        assert (found.history.max_done, found.history.max_failed) == (5, 1)
        assert (found.carbon.enabled, found.carbon.provider, found.carbon.report_interval_s) == (True, "codecarbon", 60)
        assert found.server == settings.Server(None, None, None, None)
        assert found.origins == {}


def test_defaults_of_a_workspace() -> None:
    """A workspace with only an id and a path is local, retries three times, and has nothing attached."""
    found = workspace_of("workspaces: [{id: a, path: /a}]")
    assert (found.max_retries, found.lock_mode, found.ssh, found.is_remote) == (3, "inherit", None, False)
    assert (found.triggers, found.folders, found.alt_workspaces, found.attached) == ((), (), (), ())


# -- paths ----------------------------------------------------------------------------------------


def test_local_paths_are_resolved(tmp_path: Path) -> None:
    """`~`, a relative path, `..` and symbolic links become one absolute path."""
    (tmp_path / "real").mkdir()
    (tmp_path / "link").symlink_to("real")
    for written in ("~/link/x", "link/x", "./real/../link/x", str(tmp_path / "link/x"), "~/real//x/"):
        assert workspace_of(f"workspaces: [{{id: a, path: {written}}}]").path == tmp_path / "real/x"
    assert workspace_of("workspaces: [{id: a, path: '~'}]").path == tmp_path
    assert workspace_of("workspaces: [{id: a, path: ''}]").path == tmp_path


@pytest.mark.parametrize("written", ["~/w", "link/x", "/abs/../x", "~nobody-here/w"])
def test_remote_paths_are_as_written(tmp_path: Path, written: str) -> None:
    """The path of a remote workspace belongs to the other machine."""
    (tmp_path / "link").symlink_to("/")
    found = workspace_of(f"workspaces: [{{id: a, path: {written}, ssh: {{host: h}}}}]")
    assert found.is_remote
    assert str(found.path) == written


@pytest.mark.parametrize("ssh", ["null", "{}", "{host: ''}", "{python: '3'}"])
def test_without_a_host_a_workspace_is_local(tmp_path: Path, ssh: str) -> None:
    """`ssh` alone does not make a workspace remote."""
    found = settings_of(f"workspaces: [{{id: a, path: ~/w, ssh: {ssh}}}]")
    assert not found.workspaces[0].is_remote
    assert found.workspaces[0].path == tmp_path / "w"
    assert found.local_workspaces == found.workspaces


def test_folders_are_expanded_only(tmp_path: Path) -> None:
    """Of the path of a folder, only `~` is expanded: links stay, and what is relative stays so."""
    (tmp_path / "link").symlink_to("/")
    text = "workspaces: [{id: a, path: /a, folders: [{path: ~/link}, {path: rel/x, mode: move}, {path: /l/../m}]}]"
    found = workspace_of(text)
    assert found.folders == found.attached
    assert found.folders == (
        Folder(tmp_path / "link", "use"),
        Folder(Path("rel/x"), "move"),
        Folder(Path("/l/../m"), "use"),
    )


def test_alternatives_are_attached_first(tmp_path: Path) -> None:
    """An id stands for the path of its workspace, of equal ids the last one; anything else is a path."""
    found = workspace_of(
        "workspaces: [{id: b, path: /first}, {id: b, path: ~/w}, {id: r, path: ~/far, ssh: {host: h}},\n"
        " {id: a, path: /a, alt_workspaces: [b, r, ~/x, B, a], folders: [{path: /f, mode: backup}]}]"
    )
    paths = (tmp_path / "w", tmp_path / "far", tmp_path / "x", Path("B"), Path("/a"))
    assert found.attached == (*(Folder(path, "use") for path in paths), Folder(Path("/f"), "backup"))
    assert found.alt_workspaces == ("b", "r", "~/x", "B", "a")
    assert found.folders == (Folder(Path("/f"), "backup"),)


def test_a_loop_of_links_is_an_error(tmp_path: Path) -> None:
    """Links that go round in circles are named with their line, also when another workspace refers to them."""
    (tmp_path / "loop").symlink_to("loop")
    text = "workspaces:\n- {id: a, path: /a, alt_workspaces: [b]}\n- id: b\n  path: loop/x\n"
    if sys.version_info >= (3, 13):
        # From this release on, Python resolves what it can, and so does experimaestro.
        assert workspace_of(text).path == tmp_path / "loop/x"
        return
    message = r"^settings\.yaml:4: the path of workspace `b` cannot be resolved"
    with pytest.raises(XpmConfigError, match=message) as found:
        settings_of(text)
    assert found.value.hint


# -- values ---------------------------------------------------------------------------------------


def test_env_values_are_text() -> None:
    """Values of `env` are what experimaestro puts into the environment."""
    found = settings_of("env: {A: 1.10, B: 0777, C: yes, D: 1e3, E: 0x10, F: '', G: 12:30:45, H: '1.10'}")
    expected = {"A": "1.1", "B": "511", "C": "True", "D": "1e3", "E": "16", "F": "", "G": "45045", "H": "1.10"}
    assert dict(found.env) == expected
    assert settings_of("env: {D: 1e3}", release=OLD).env["D"] == "1000.0"


def test_env_of_a_workspace_is_over_the_global_one() -> None:
    """A workspace has the global variables, its own winning; the global ones stay as they are."""
    found = settings_of("env: {A: global, B: global}\nworkspaces: [{id: a, path: /a, env: {B: own, C: own}}]")
    assert found.workspaces[0].env == {"A": "global", "B": "own", "C": "own"}
    assert found.env == {"A": "global", "B": "global"}


def test_history_of_a_workspace_is_over_the_global_one() -> None:
    """Each key of `history` is the workspace's own, else the global one, else the default."""
    found = settings_of(
        "history: {max_done: 9}\nworkspaces:\n- {id: a, path: /a, history: {max_failed: 7}}\n"
        "- {id: b, path: /b, history: {max_done: 2}}\n- {id: c, path: /c}\n"
    )
    histories = [(one.history.max_done, one.history.max_failed) for one in found.workspaces]
    assert histories == [(9, 7), (2, 1), (9, 1)]
    assert settings_of("workspaces: [{id: a, path: /a, history: {max_done: 2}}]").workspaces[0].history.max_failed == 1


@pytest.mark.parametrize(
    ("written", "release", "value"),
    [
        *((f"${{{name}}}", NEW, "v") for name in ("env:X", "env.X", "oc.env:X", "oc.env.X")),
        ("a${env:X}b${env:X}", NEW, "avbv"),
        ("${env:UNSET}", NEW, "${env:UNSET}"),
        ("${oc.env:UNSET,other}", NEW, "${oc.env:UNSET,other}"),
        ("${oc.env:X,other}", NEW, "${oc.env:X,other}"),
        ("$X", NEW, "$X"),
        ("${server.host}", NEW, "${server.host}"),
        ("${oc.env:X}", OLD, "v"),
        ("${oc.env:UNSET,other}", OLD, "other"),
        ("${oc.env:X,other}", OLD, "v"),
        ("a${oc.env:X}b", OLD, "avb"),
        ("${server.host}", OLD, "the-host"),
        ("$X", OLD, "$X"),
    ],
)
def test_variables_are_read_as_the_release_does(written: str, release: tuple[int, ...], value: str) -> None:
    """Every spelling of a variable gives what the release makes of it."""
    text = f"server: {{host: the-host}}\nenv: {{V: '{written}'}}\nworkspaces: [{{id: a, path: '/p/{written}'}}]\n"
    found = settings_of(text, {"X": "v"}, release)
    assert found.env["V"] == value
    assert str(found.workspaces[0].path) == f"/p/{value}"


@pytest.mark.parametrize("written", ["${env:X}", "${oc.env:UNSET}", "${nowhere}"])
def test_variables_that_an_old_release_refuses(written: str) -> None:
    """What OmegaConf cannot resolve does not load."""
    with pytest.raises(SettingsNotLoadedError, match=r"settings\.yaml:1.*2\.5\.2 does not load"):
        settings_of(f"env: {{V: '{written}'}}", {"X": "v"}, OLD)


def test_environ_is_that_of_the_process_by_default(monkeypatch: pytest.MonkeyPatch) -> None:
    """Without `environ`, variables are those of the process, at each load."""
    Path("s.yaml").write_text("env: {V: '${env:XPM_TRY}'}")
    for value in ("one", "two"):
        monkeypatch.setenv("XPM_TRY", value)
        assert load("s.yaml", release=NEW).env["V"] == value


# -- origins --------------------------------------------------------------------------------------

ORIGINS = """\
env:
  A: global
  B: ${env:X}
  C: ${env:UNSET}
history: {max_done: 4}
x-base: &base
  max_retries: 7
  triggers: ["t-*", u]
x-host: &host far
workspaces:
  - id: one
    <<: *base
    path: ${env:X}/${oc.env:Y}
    env:
      B: own
    history: {max_failed: 2}
    ssh: {host: *host}
    folders:
      - path: /f
"""


@pytest.mark.parametrize(
    ("key", "expected"),
    [
        ("id", "settings.yaml:11"),
        ("path", "settings.yaml:13, with $X, $Y"),
        ("env.A", "settings.yaml:2"),
        ("env.B", "settings.yaml:15"),
        ("env.C", "settings.yaml:4"),
        ("history.max_done", "settings.yaml:5"),
        ("history.max_failed", "settings.yaml:16"),
        # Through a merge key, the place is where the value is written.
        ("max_retries", "settings.yaml:7"),
        ("triggers", "settings.yaml:8"),
        ("triggers[1]", "settings.yaml:8"),
        # An alias stands where the user would change the value.
        ("ssh.host", "settings.yaml:17"),
        ("folders[0].path", "settings.yaml:19"),
        ("folders[0].mode", "default"),
        ("lock_mode", "default"),
    ],
)
def test_values_know_where_they_came_from(key: str, expected: str) -> None:
    """Every value of a workspace has its origin: a place, variables, or the default."""
    found = settings_of(ORIGINS, {"X": "/x", "Y": "y"})
    assert str(found.workspaces[0].origin(key)) == expected


@pytest.mark.parametrize("key", ["no such key", "folder[0].path", "ssh.hosts", "triggers.x", "folders.path", ""])
def test_misspelled_keys_have_no_origin(key: str) -> None:
    """A key that no workspace has is an error, and not a default."""
    found = settings_of(ORIGINS, {"X": "/x", "Y": "y"})
    if key:
        with pytest.raises(KeyError):
            found.workspaces[0].origin(key)
    with pytest.raises(KeyError):
        found.origin("workspaces[0].trigger")
    assert str(found.origin("env.ANYTHING")) == "default"


def test_origins_and_variables_are_read_only() -> None:
    """Neither a value nor an origin of settings can be set."""
    found = settings_of(ORIGINS, {"X": "/x", "Y": "y"})
    with pytest.raises(TypeError):
        found.origins["x"] = found.origin("workspaces")  # type: ignore[index]
    with pytest.raises(TypeError):
        found.workspaces[0].env["A"] = "b"  # type: ignore[index]
    with pytest.raises(AttributeError):
        found.workspaces[0].id = "b"  # type: ignore[misc]


def test_code_for_the_other_machine_is_not_shown() -> None:
    """What runs there may hold a secret: `repr` leaves it out."""
    text = "workspaces: [{id: r, path: /r, ssh: {host: h, shell_init: export T=hf_secret, options: ['-o', hf_secret]}}]"
    assert "hf_secret" not in repr(settings_of(text))


def test_origins_are_exact() -> None:
    """An origin names the file, the line and the column, and which variables were used."""
    found = settings_of(ORIGINS, {"X": "/x", "Y": "y"})
    workspace = found.workspaces[0]
    assert workspace.origin("triggers[1]") == Origin("file", "settings.yaml", 8, 21)
    assert workspace.origin("ssh.host") == Origin("file", "settings.yaml", 17, 17)
    assert workspace.origin("path") == Origin("environment", "settings.yaml", 13, 11, ("X", "Y"))
    assert found.origin("env.B") == Origin("environment", "settings.yaml", 3, 6, ("X",))
    assert found.origin("env.C") == Origin("file", "settings.yaml", 4, 6)
    assert found.origin("workspaces[0].max_retries").line == 7
    assert found.origin("carbon.enabled") == settings.DEFAULT == Origin("default")


def test_a_default_in_a_variable_is_known_to_old_releases_only() -> None:
    """`${oc.env:X,other}` uses X where OmegaConf reads it, and is plain text where it does not."""
    text = "env: {V: '${oc.env:X,other}', W: '${oc.env:UNSET,other}'}"
    assert settings_of(text, {"X": "v"}, OLD).origin("env.V").variables == ("X",)
    assert settings_of(text, {"X": "v"}, OLD).origin("env.W").kind == "file"
    assert settings_of(text, {"X": "v"}, NEW).origin("env.V").kind == "file"


def test_origins_of_workspaces_do_not_mix() -> None:
    """With more than ten workspaces, each has its own lines."""
    text = "workspaces:\n" + "".join(f"- id: w{number}\n  path: /{number}\n" for number in range(25))
    found = settings_of(text)
    for number, workspace in enumerate(found.workspaces):
        assert (workspace.origin("id").line, workspace.origin("path").line) == (2 * number + 2, 2 * number + 3)


def test_a_flag_is_an_origin() -> None:
    """What was given on the command line is shown as it was typed, without its value."""
    assert str(Origin("flag", variables=("--workdir",))) == "--workdir"


def test_a_bare_directory_is_a_workspace(tmp_path: Path) -> None:
    """A directory has the global settings and defaults, and says where it was given."""
    found = settings_of("env: {A: b}\nhistory: {max_done: 3}\nworkspaces: [{id: a, path: /a, max_retries: 9}]")
    flag = Origin("flag", variables=("--workdir",))
    workspace = found.directory(tmp_path / "w", flag)
    assert (workspace.id, workspace.path, dict(workspace.env)) == ("", tmp_path / "w", {"A": "b"})
    assert (workspace.history.max_done, workspace.history.max_failed, workspace.max_retries) == (3, 1, 3)
    assert (workspace.origin("path"), workspace.origin("env.A").line) == (flag, 1)
    assert (workspace.attached, workspace.is_remote) == ((), False)


def test_workspaces_are_found_by_id() -> None:
    """Of equal ids the first one counts; case matters."""
    found = settings_of("workspaces: [{id: a, path: /1}, {id: a, path: /2}, {id: A, path: /3}]")
    assert found.workspace("a") is found.workspaces[0]
    assert found.workspace("A") is found.workspaces[2]
    assert found.workspace("b") is None


# -- frozen ---------------------------------------------------------------------------------------

FULL = """\
server: {port: 1, host: h, token: s3cret-token, autohost: name}
env: {API_KEY: s3cret-value, PLAIN: s3cret-plain}
workspaces:
- {id: a, path: /a, env: {OWN: s3cret-own}, folders: [{path: /f}], ssh: {host: h, options: ["-p", "2"]}}
"""


def test_nothing_can_be_changed() -> None:
    """No field of any object can be set, and lists are tuples."""
    found = settings_of(FULL)
    workspace = found.workspaces[0]
    objects = (found, found.server, found.history, found.carbon, workspace, workspace.folders[0], workspace.ssh)
    for one in objects:
        assert is_dataclass(one)
        for field in fields(one):
            assert not isinstance(getattr(one, field.name), list)
            with pytest.raises(FrozenInstanceError):
                setattr(one, field.name, None)
    with pytest.raises(TypeError):
        found.env["NEW"] = "x"  # type: ignore[index]


def test_each_load_reads_the_file_anew() -> None:
    """A file that changed gives new values, and those that were handed out stay."""
    path = Path("s.yaml")
    path.write_text("workspaces: [{id: a, path: /1}]")
    before = load(path, release=NEW)
    again = load(path, release=NEW)
    path.write_text("workspaces: [{id: a, path: /2}]")
    after = load(path, release=NEW)
    assert before == again
    assert before is not again
    assert (before.workspaces[0].path, after.workspaces[0].path) == (Path("/1"), Path("/2"))
    assert before != after


def test_settings_can_be_compared_hashed_and_pickled() -> None:
    """Equal settings have equal hashes, also when their lines differ, and survive pickling and copying."""
    found, moved = settings_of(FULL), settings_of("\n" + FULL)
    assert found == moved
    assert hash(found) == hash(moved)
    assert len({found.workspaces[0], moved.workspaces[0]}) == 1
    assert found != settings_of(FULL.replace("s3cret-own", "other"))
    for copied in (pickle.loads(pickle.dumps(found)), copy.deepcopy(found)):
        assert copied == found
        assert copied.origins == found.origins
        assert copied.workspaces[0].env["OWN"] == "s3cret-own"


def test_environments_are_mappings() -> None:
    """An environment is equal to the dict that it was made from, and independent of it."""
    source = {"B": "2", "A": "1"}
    found = Environment(source)
    source["B"] = "changed"
    assert found == {"A": "1", "B": "2"}
    assert hash(found) == hash(Environment({"A": "1", "B": "2"}))
    assert (list(found), len(found), found.get("C"), "A" in found) == (["B", "A"], 2, None, True)
    with pytest.raises(KeyError):
        found["C"]
    assert Environment() == {}


def test_no_secret_is_shown() -> None:
    """Neither the token nor the value of any variable is in what a debugger prints."""
    found = settings_of(FULL)
    for one in (found, found.server, found.env, found.workspaces[0], found.origins, found.workspaces[0].origins):
        for shown in (repr(one), str(one), f"{one}"):
            assert "s3cret" not in shown
    assert "OWN" in repr(found.workspaces[0])
    assert found.server.token == "s3cret-token"


# -- errors ---------------------------------------------------------------------------------------


def test_what_does_not_load_is_an_error_with_its_line() -> None:
    """The message names file, line and column, the release, and the next step; the findings are at hand."""
    Path("s.yaml").write_text("workspaces:\n  - id: 5\n    path: /a\n")
    with pytest.raises(SettingsNotLoadedError) as found:
        load("s.yaml", release=NEW)
    assert found.value.message.startswith("s.yaml:2:9: ")
    assert "experimaestro 2.7.0 does not load" in found.value.message
    assert found.value.hint == "`xpm-config validate s.yaml` tells more"
    assert found.value.diagnostics
    assert found.value.diagnostics[0].message in found.value.message


@pytest.mark.parametrize(
    "text", ["", "a: [", "- a\n", "workspaces:\n", "server: {port: x}", "env: {A: null}", "\0", "5"]
)
def test_broken_files_are_errors(text: str) -> None:
    """Whatever is wrong with a file, the error says why and what to do next."""
    Path("s.yaml").write_text(text)
    with pytest.raises(SettingsNotLoadedError) as found:
        load("s.yaml", release=NEW)
    assert "s.yaml" in found.value.message
    assert found.value.hint
    assert found.value.diagnostics


def test_a_file_that_is_too_large_is_an_error() -> None:
    """A limit of ours is not put down to experimaestro."""
    with pytest.raises(SettingsNotLoadedError, match=r"^settings\.yaml: the file is too large") as found:
        settings_of("# " + "x" * (1 << 20))
    assert "experimaestro" not in found.value.message


def test_an_error_shows_no_secret() -> None:
    """What is wrong beside a secret does not show it."""
    with pytest.raises(SettingsNotLoadedError) as found:
        settings_of("server: {token: [s3cret-token]}\nenv: {API_KEY: {s3cret-value: 1}}")
    assert "s3cret" not in str(found.value) + str(found.value.hint)


@pytest.mark.parametrize(
    "text", ["env: {A: {x: y}}", "workspaces: [{id: a, path: /a, triggers: [{x: y}]}]", "env: {A: [x]}"]
)
def test_what_only_omegaconf_accepts_is_an_error(text: str) -> None:
    """Old releases load a mapping for text and fail later: it is refused with its line."""
    with pytest.raises(XpmConfigError, match=r"^settings\.yaml:1: `.*` must be text, not a list or mapping$"):
        settings_of(text, release=OLD)


def test_other_releases_read_otherwise() -> None:
    """An unknown key is refused by old releases and ignored by new ones."""
    text = "workspaces: [{id: a, path: /a, trigers: [x]}]"
    assert settings_of(text).workspaces[0].triggers == ()
    with pytest.raises(SettingsNotLoadedError, match=r"2\.5\.2"):
        settings_of(text, release=OLD)
    with pytest.raises(SettingsNotLoadedError, match=r"2\.3\.6"):
        settings_of("workspaces: [{id: a, path: /a, folders: []}]", release=(2, 3, 6))


def test_a_named_file_must_be_there() -> None:
    """A file that is named and missing, or no file, is an error with its name."""
    Path("folder").mkdir()
    Path("dangling").symlink_to("nowhere")
    for name in ("nope.yaml", "folder", "dangling", "nope/s.yaml", "nul\0"):
        with pytest.raises(FileUnreadableError) as found:
            load(name)
        assert found.value.path == name
        assert found.value.message


@pytest.mark.skipif(os.geteuid() == 0, reason="root reads every file")
def test_a_file_without_permission_is_an_error() -> None:
    """A file that cannot be read is an error, not a default."""
    path = Path("s.yaml")
    path.write_text("{}")
    path.chmod(0)
    with pytest.raises(FileUnreadableError, match="permission"):
        load(path)


def test_without_a_file_there_are_defaults(tmp_path: Path) -> None:
    """A user without settings has the defaults of experimaestro; a dangling link or a directory is an error."""
    found = load(release=NEW)
    assert (found.path, found.workspaces, len(found.origins)) == (None, (), 0)
    own = tmp_path / ".config/experimaestro/settings.yaml"
    own.parent.mkdir(parents=True)
    own.symlink_to("nowhere")
    with pytest.raises(FileUnreadableError):
        load()
    own.unlink()
    own.mkdir()
    with pytest.raises(FileUnreadableError):
        load()


def test_the_file_is_the_named_one_else_that_of_the_variable_else_the_users(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The argument wins over XPM_SETTINGS, which wins over the user's own file."""
    own = tmp_path / ".config/experimaestro/settings.yaml"
    own.parent.mkdir(parents=True)
    for path in (own, tmp_path / "variable.yaml", tmp_path / "named.yaml"):
        path.write_text(json.dumps({"server": {"host": path.stem}}))
    assert load().server.host == "settings"
    assert load().path == str(own)
    monkeypatch.setenv("XPM_SETTINGS", "variable.yaml")
    assert load().server.host == "variable"
    assert load().path == "variable.yaml"
    assert load(Path("named.yaml")).server.host == load("named.yaml").server.host == "named"
    monkeypatch.setenv("XPM_SETTINGS", "missing.yaml")
    with pytest.raises(FileUnreadableError, match="no such file"):
        load()
    # As with most variables of the environment, an empty one is none.
    monkeypatch.setenv("XPM_SETTINGS", "")
    assert load().server.host == "settings"


def test_an_empty_name_is_no_file() -> None:
    """With an unset shell variable, the user's own file is not taken instead."""
    with pytest.raises(UsageError, match="the name of the settings file is empty"):
        load("")


def test_null_is_a_value_where_it_is_allowed() -> None:
    """A key that is written as null has an origin like any other."""
    found = settings_of("server:\n  port: null\nworkspaces:\n- {id: a, path: /a, ssh: null}\n")
    assert (found.server.port, found.origin("server.port").line) == (None, 2)
    assert (found.workspaces[0].ssh, found.workspaces[0].origin("ssh").line) == (None, 4)
    assert NoneType in typing.get_args(typing.get_type_hints(Workspace)["ssh"])
