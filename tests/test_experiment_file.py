"""The YAML file of an experiment: its id, what it imports, and the workspace that it asks for."""

from __future__ import annotations

import importlib.util
import json
import subprocess
import sys
from datetime import datetime, timezone
from pathlib import Path
from random import Random
from typing import Any

import pytest

from xpm_config.errors import FileUnreadableError, XpmConfigError
from xpm_config.experiment_file import MAX_FILES, Experiment, read_experiment

NOW = datetime(2026, 3, 4, 5, 6, tzinfo=timezone.utc)


@pytest.fixture(autouse=True)
def _here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", "/home/me")
    monkeypatch.chdir(tmp_path)


def written(**files: str) -> Experiment:
    """What `exp.yaml` says, after files were written; `__` in a name stands for a directory."""
    for name, text in files.items():
        path = Path(name.replace("__", "/") + ".yaml")
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    return read_experiment("exp.yaml", NOW)


def refused(**files: str) -> XpmConfigError:
    """The error of reading `exp.yaml`."""
    with pytest.raises(XpmConfigError) as found:
        written(**files)
    return found.value


# -- one file -------------------------------------------------------------------------------------


def test_keys_are_read_with_their_places() -> None:
    """The id, the workspace and the directory are read; everything else is passed by."""
    found = written(exp="# an experiment\nid: nlp-1\nworkspace: nlp\nworkdir: /data/x\nlearner: {lr: 0.1}\n")
    assert found[:3] == ("nlp-1", "nlp", "/data/x")
    assert [str(found.origins[key]) for key in ("id", "workspace", "workdir")] == [
        *("exp.yaml:2", "exp.yaml:3", "exp.yaml:4"),
    ]


def test_a_file_may_say_nothing() -> None:
    """Without these keys there is nothing to select by."""
    assert written(exp="lr: 0.1\n")[:3] == (None, None, None)
    assert written(exp="{}")[:3] == (None, None, None)


def test_a_timestamp_is_added() -> None:
    """With `add_timestamp`, the id ends with the minute, as experimaestro writes it."""
    assert written(exp="id: x\nadd_timestamp: true\n").id == "x-20260304-0506"
    assert written(exp="id: x\nadd_timestamp: yes\n").id == "x-20260304-0506"
    assert written(exp="id: x\nadd_timestamp: false\n").id == "x"
    assert written(exp="add_timestamp: true\n").id is None


def test_the_time_is_now_by_default() -> None:
    """Without a time, the id has the local one."""
    Path("exp.yaml").write_text("id: x\nadd_timestamp: true\n")
    before = datetime.now().replace(second=0, microsecond=0)  # noqa: DTZ005 - local, as experimaestro
    found = datetime.strptime(str(read_experiment("exp.yaml").id), "x-%Y%m%d-%H%M")  # noqa: DTZ007 - the same
    assert before <= found <= datetime.now()  # noqa: DTZ005 - the same


def test_a_directory_is_beside_its_file() -> None:
    """A relative `workdir` belongs to the file that says so, also to an imported one; `~` is the user's."""
    Path("sub").mkdir()
    Path("sub/exp.yaml").write_text("workdir: out/x\n")
    assert read_experiment("sub/exp.yaml").workdir == "sub/out/x"
    assert written(exp="imports: [sub/base.yaml]\n", sub__base="workdir: ../out\n").workdir == "sub/../out"
    assert written(exp="workdir: ~/out\n").workdir == "/home/me/out"
    assert written(exp="workdir: /abs\n").workdir == "/abs"
    assert written(exp='workdir: "~\\0/x"\n').workdir == "~\0/x"


def test_the_extension_may_be_left_out() -> None:
    """`exp` is `exp.yaml`, unless there is a file of that very name; imports likewise."""
    Path("exp.yaml").write_text("id: long\n")
    assert read_experiment("exp").id == "long"
    Path("exp").write_text("id: short\n")
    assert read_experiment("exp").id == "short"
    assert written(exp="imports: [base]\n", base="id: base\n").id == "base"


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("id: 5", "exp.yaml:1: `id` must be text"),
        ("x: 1\nid: 2024-01-01", "exp.yaml:2: `id` must be text"),
        ("id: yes", "exp.yaml:1: `id` must be text"),
        ("id: [a]", "exp.yaml:1: `id` must be text"),
        ("id: !!python/object:os.system {}", "exp.yaml:1: `id` must be text"),
        ("id: !custom x", "exp.yaml:1: `id` must be text"),
        ("id:", "exp.yaml:1: `id` is empty"),
        ("id: ''", "exp.yaml:1: `id` is empty"),
        ("id: a\nworkspace: 5", "exp.yaml:2: `workspace` must be text"),
        ("workspace: ''", "exp.yaml:1: `workspace` is empty"),
        ("workdir: {a: b}", "exp.yaml:1: `workdir` must be text"),
        ("workdir: ''", "exp.yaml:1: `workdir` is empty"),
        ("id: a\nadd_timestamp: maybe", "exp.yaml:2: `add_timestamp` must be true or false"),
        ("id: a\nadd_timestamp:", "exp.yaml:2: `add_timestamp` must be true or false"),
        ("id: a\nadd_timestamp: 1", "exp.yaml:2: `add_timestamp` must be true or false"),
        ("imports: base.yaml", "exp.yaml:1: `imports` must be a list of file names"),
        ("imports: [5]", "exp.yaml:1: `imports` must be a list of file names"),
        ("parent: [base.yaml]", "exp.yaml:1: `parent` must be the name of a file"),
        ("imports: [a]\nparent: b", "exp.yaml:2: `parent` and `imports` cannot stand together"),
        ("- id: a", "exp.yaml: an experiment is described by a mapping"),
        ("just text", "exp.yaml: an experiment is described by a mapping"),
        ("", "exp.yaml: an experiment is described by a mapping"),
        ("# nothing\n", "exp.yaml: an experiment is described by a mapping"),
    ],
)
def test_what_is_wrong_is_said_with_its_line(text: str, message: str) -> None:
    """No mistake in a key that counts is passed by: the run would land in another workspace."""
    error = refused(exp=text)
    assert error.message == message
    assert error.hint


@pytest.mark.parametrize("text", ["id: [a", "id: a\n\tb: c", "id: a\n---\nid: b\n", "id: *a", "\0"])
def test_broken_yaml_is_said_with_its_place(text: str) -> None:
    """What is no YAML is an error with file, line and column."""
    assert refused(exp=text).message.startswith("exp.yaml:")
    assert refused(exp="imports: [sub/b]", sub__b=text).message.startswith("sub/b.yaml:")


@pytest.mark.parametrize(
    "rest",
    [
        *("t: !!python/tuple [1, 2]", "t: !custom {a: b}", "t: !!python/name:os.system ''", "n: null", "d: 2024-99-99"),
        *("? [a, b]\n: c", "5: 6", "id: earlier", "l: [1, [2, {3: 4}]]", "b: !!binary x", "=: x", "i: " + "9" * 5000),
    ],
)
def test_the_rest_of_the_file_does_not_matter(rest: str) -> None:
    """Unknown tags, odd keys and values that cannot be read do not keep the id from being read."""
    assert written(exp=f"{rest}\nid: the-id\n").id == "the-id"


def test_null_takes_back_what_an_import_asks_for() -> None:
    """A workspace without a value is none, also where an imported file names one."""
    found = written(exp="imports: [base]\nworkspace: null\nworkdir: ~\n", base="workspace: a\nworkdir: /b\nid: x\n")
    assert found[:3] == ("x", None, None)
    assert "workspace" not in found.origins


def test_merge_keys_and_aliases_count() -> None:
    """Values that come through `<<` or an alias are values."""
    found = written(exp="x: &x {workspace: nlp}\ny: &y name\n<<: *x\nid: *y\n")
    assert (found.id, found.workspace) == ("name", "nlp")
    assert str(found.origins["id"]) == "exp.yaml:4"


def test_a_large_file_is_read() -> None:
    """A file of half a megabyte is no trouble; one that is far too large is an error that says so."""
    assert written(exp="big: [" + "1, " * 30_000 + "]\nid: x\n").id == "x"
    error = refused(exp="big: '" + "x" * (2 << 20) + "'\nid: x\n")
    assert error.message.startswith("exp.yaml")


def test_unreadable_files_are_errors() -> None:
    """A missing file, a directory or a loop of links is an error with its name, imported ones included."""
    Path("folder.yaml").mkdir()
    Path("loop.yaml").symlink_to("loop.yaml")
    for name, path in (("nope", "nope.yaml"), ("folder.yaml", "folder.yaml"), ("loop.yaml", "loop.yaml")):
        with pytest.raises(FileUnreadableError) as found:
            read_experiment(name)
        assert found.value.path == path
        with pytest.raises(FileUnreadableError) as found:
            written(exp=f"id: x\nimports: [{name}]\n")
        assert found.value.path == path
        assert found.value.message.endswith("; exp.yaml:2 imports it")


def test_what_is_no_file_is_said_of_an_experiment() -> None:
    """The next step is one for an experiment's file: it is not called settings, and read from no pipe."""
    Path("folder.yaml").mkdir()
    with pytest.raises(FileUnreadableError) as found:
        read_experiment("folder.yaml")
    assert found.value.hint == "name the file in it, as in folder.yaml/experiment.yaml"
    error = refused(exp="big: '" + "x" * (2 << 20) + "'\nid: x\n")
    assert "too large" in error.message
    assert "settings" not in f"{error.message} {error.hint}"


@pytest.mark.parametrize("name", [r"\0", r"\ud800"])
def test_names_that_no_file_can_have(name: str) -> None:
    """An import with such a name is an error at its place, whatever way it is written."""
    for text in (f'imports: ["{name}"]', f'parent: "{name}.yaml"', f'imports: ["/{name}/x"]'):
        error = refused(exp=f"id: x\n{text}\n")
        assert error.message == "this cannot be a file name; exp.yaml:2 imports it"
        assert error.hint == "check the name"


def test_a_current_directory_that_is_gone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A relative name leads nowhere then, and an absolute one to its file."""
    (tmp_path / "gone").mkdir()
    (tmp_path / "e.yaml").write_text("id: x\n")
    monkeypatch.chdir(tmp_path / "gone")
    (tmp_path / "gone").rmdir()
    with pytest.raises(FileUnreadableError, match="there is no such file"):
        read_experiment("e.yaml")
    assert read_experiment(str(tmp_path / "e.yaml")).id == "x"


# -- imports --------------------------------------------------------------------------------------


def test_the_importing_file_wins() -> None:
    """Imports are merged in order, and the file itself comes last, wherever `imports` stands in it."""
    files = {"a": "id: a\nworkspace: a\nworkdir: /a\n", "b": "id: b\nworkspace: b\n"}
    found = written(exp="id: own\nimports: [a, b]\n", **files)
    assert found[:3] == ("own", "b", "/a")
    assert [str(found.origins[key]) for key in ("id", "workspace", "workdir")] == [
        *("exp.yaml:1", "b.yaml:2", "a.yaml:3"),
    ]
    assert written(exp="parent: a\n", **files).id == "a"
    assert written(exp="parent: a\nimports: []\n", **files).id == "a"


def test_a_file_that_is_imported_twice_counts_twice() -> None:
    """As in experimaestro, the second reading of a common base overrides what came between."""
    files = {"base": "id: base\n", "left": "imports: [base]\nid: left\n", "right": "imports: [base]\n"}
    assert written(exp="imports: [left, right]\n", **files).id == "base"
    assert written(exp="imports: [right, left]\n", **files).id == "left"


def test_imports_are_relative_to_their_file() -> None:
    """Each file is found from the one that imports it; absolute names are taken as they are."""
    Path("abs.yaml").write_text("workspace: abs\n")
    found = written(
        exp="imports: [s/one.yaml]\n", s__one=f"imports: [t/two.yaml, {Path.cwd()}/abs]\n", s__t__two="id: two\n"
    )
    assert (found.id, found.workspace) == ("two", "abs")


def test_cycles_are_errors() -> None:
    """A file that imports itself, on whatever way, is named."""
    assert refused(exp="imports: [exp]\n").message == "exp.yaml: this file imports itself"
    assert "imports itself" in refused(exp="imports: [a]\n", a="parent: s/b\n", s__b="imports: [../exp.yaml]\n").message
    Path("again.yaml").symlink_to("exp.yaml")
    assert "imports itself" in refused(exp="imports: [again]\n").message


def test_there_is_an_end_to_imports() -> None:
    """A chain of many files is read, and one of too many refused instead of reading for hours."""
    chain = {f"f{number}": f"imports: [f{number + 1}]\n" for number in range(MAX_FILES)}
    assert written(exp="imports: [f0]\n", **{**chain, f"f{MAX_FILES - 2}": "id: x\n"}).id == "x"
    assert f"more than {MAX_FILES} files" in refused(exp="imports: [f0]\n", **chain).message
    doubling = {f"d{number}": f"imports: [d{number + 1}, d{number + 1}]\n" for number in range(30)}
    doubling["d30"] = "id: x\n"
    assert f"more than {MAX_FILES} files" in refused(exp="imports: [d0]\n", **doubling).message


# -- experimaestro --------------------------------------------------------------------------------

CHILD = r"""
import json, os, sys, warnings
warnings.simplefilter("ignore")
from pathlib import Path
from experimaestro.experiments.cli import ConfigurationLoader
from experimaestro.experiments.configuration import ConfigurationBase
from experimaestro.utils.config import deep_merge, validate_attrs

def read(folder):
    os.chdir(folder)
    loader = ConfigurationLoader()
    configuration = {}
    try:
        loader.load(Path("exp.yaml"))
        for one in loader.yamls:
            deep_merge(configuration, one)
        found = validate_attrs(ConfigurationBase, configuration)
    except (Exception, RecursionError) as error:
        return {"refused": f"{type(error).__name__}: {error}"}
    return {"id": found.id or None if isinstance(found.id, str) else None, "add_timestamp": found.add_timestamp,
            "others": [configuration.get("workspace"), configuration.get("workdir")]}

json.dump([read(folder) for folder in json.load(sys.stdin)], sys.stdout)
"""


def tree(random: Random, folder: Path) -> None:
    """Write an experiment with imports; now and then with a cycle, a missing file or a wrong value."""
    names = ["exp", "a", "b", "sub/c", "sub/d", "e"][: random.randint(1, 6)]
    for index, name in enumerate(names):
        lines = []
        if random.random() < 0.6:
            value = random.choice([f"id-{index}", f'"{index}"', "'x y'", "&a été", "!!str 5", "|-\n  block"])
            lines.append(f"id: {random.choice(['5', 'null', 'yes', '[a]']) if random.random() < 0.08 else value}")
        if random.random() < 0.3:
            lines.append(f"add_timestamp: {random.choice(['true', 'false', 'yes', 'off'])}")
        if random.random() < 0.4:
            lines.append(f"workspace: {random.choice(['nlp', 'ir', f'w{index}'])}")
        later = names[index + 1 :] if random.random() < 0.95 else [*names, "missing"]
        chosen = random.choices(later, k=random.randint(1, 3)) if later and random.random() < 0.8 else []
        shown = [one if name.count("/") == 0 else f"../{one}" for one in chosen]
        shown = [one + random.choice((".yaml", "")) for one in shown]
        if shown:
            kind = random.random()
            lines.append(f"parent: {shown[0]}" if kind < 0.25 else f"imports: {json.dumps(shown)}")
            lines += ["parent: e.yaml"] if kind > 0.97 else []
        lines.append(random.choice(["nested: {a: 1}", "t: !!python/tuple [1, 2]", "title: x", "imports_: []"]))
        random.shuffle(lines)
        path = folder / f"{name}.yaml"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("\n".join(lines) + "\n", encoding="utf-8")


@pytest.mark.skipif(
    importlib.util.find_spec("experimaestro") is None,
    reason="experimaestro is not installed: pip install 'xpm-config[experimaestro]'",
)
def test_imports_are_merged_as_experimaestro_merges_them(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """For generated trees of imports, id and workspace are those of its own loader, and both refuse the same."""
    folders = [tmp_path / f"tree-{number}" for number in range(200)]
    for number, folder in enumerate(folders):
        folder.mkdir()
        tree(Random(number), folder)
    done = subprocess.run(
        [sys.executable, "-c", CHILD],
        input=json.dumps([str(folder) for folder in folders]),
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    answers: list[dict[str, Any]] = json.loads(done.stdout)
    read = 0
    for folder, theirs in zip(folders, answers, strict=True):
        monkeypatch.chdir(folder)
        texts = {path.name: path.read_text(encoding="utf-8") for path in folder.rglob("*.yaml")}
        try:
            ours: Experiment | None = read_experiment("exp.yaml", NOW)
        except XpmConfigError:
            ours = None
        assert (ours is None) is ("refused" in theirs), f"{texts} {theirs}"
        if ours is not None:
            stamp = "-20260304-0506" if theirs["add_timestamp"] and theirs["id"] else ""
            assert ours.id == (theirs["id"] + stamp if theirs["id"] else None), texts
            assert [ours.workspace, ours.workdir] == theirs["others"], texts
            read += 1
    assert 100 <= read <= 190
