"""Our selection beside experimaestro's own `find_workspace`, on generated settings, flags and experiment ids.

Where the two differ, the difference must be one that `docs/selection.md` lists by name, and each of these
must occur. experimaestro runs in a process of its own, which answers all cases.
"""

from __future__ import annotations

import importlib.util
import json
import os
import re
import subprocess
import sys
from collections import Counter
from pathlib import Path
from random import Random
from typing import Any, NamedTuple

import pytest

import xpm_config
from xpm_config.errors import XpmConfigError

pytestmark = pytest.mark.skipif(
    importlib.util.find_spec("experimaestro") is None,
    reason="experimaestro is not installed: pip install 'xpm-config[experimaestro]'",
)

ROOT = Path(__file__).parents[1]
CASES = 1500
"""How many cases are drawn; some of them are the same."""

CHILD = r"""
import json, logging, os, sys, warnings
warnings.simplefilter("ignore")
from types import SimpleNamespace
from experimaestro import settings
from experimaestro.scheduler.workspace import Workspace

said = []
class Listener(logging.Handler):
    def emit(self, record):
        said.append(record.getMessage())
logging.basicConfig(level=logging.INFO, handlers=[Listener()], force=True)
Workspace._folders_beta_warned = True
PATH = os.path.expanduser("~/.config/experimaestro/settings.yaml")

def reason():
    for line in said:
        if line.startswith("Auto-selected workspace "):
            return "trigger", line.partition("(matched trigger '")[2][:-2]
        for begin, word in (("Using workspace ", "workspace"), ("Using workdir ", "workdir"),
                            ("Using default workspace ", "default")):
            if line.startswith(begin):
                return word, None

def attached(whole, workspace):
    stub = SimpleNamespace(settings=whole, workspace_settings=workspace)
    return [[str(folder.path), folder.mode.value] for folder in Workspace.folders.func(stub)]

def answer(flags):
    said.clear()
    try:
        found = settings.find_workspace(**flags)
    except Exception as error:
        return {"refused": type(error).__name__}
    why, trigger = reason()
    remote = found.is_remote
    try:
        whole = settings.get_settings()
    except Exception as error:
        return {"broken": type(error).__name__}
    folders = attached(whole, found)
    return {"id": found.id, "path": str(found.path), "own": found._raw_path, "reason": why, "trigger": trigger,
            "folders": folders, "env": {**whole.env, **found.env}, "remote": remote}

answers = []
for case in json.load(sys.stdin):
    if case["settings"] is None:
        if os.path.exists(PATH):
            os.unlink(PATH)
    else:
        with open(PATH, "w", encoding="utf-8") as file:
            file.write(case["settings"])
    settings.get_settings.cache_clear()
    fresh = answer(case["flags"])
    settings.get_settings.cache_clear()
    if case["flags"]["workspace"] and "id" in fresh:
        # The folders of the workspace where it is, before anything is changed.
        whole = settings.get_settings()
        fresh["unchanged"] = attached(whole, settings.get_workspace(case["flags"]["workspace"]))
    again = None
    if case["earlier"] is not None:
        answer(case["earlier"])
        again = answer(case["flags"])
    answers.append([fresh, again])
json.dump(answers, sys.stdout)
"""

IDS = ("a", "b", "A", "", "two words", "été", "nlp-1", "x\ny", "a")
EXPERIMENTS = (
    *(None, "", "nlp-7", "NLP-7", "nlp-", "nlp", "ir", "été-1", "a[1]", "a1", "line\nbreak", "x/y/z", "*", "[", "]"),
    *("b-1", "nlp-1", "two words", ".hidden", "a\\b", "!", "😀"),
)
TRIGGERS = (
    *("nlp-*", "*", "nlp-?", "[nx]lp-*", "[!n]*", "NLP-*", "été-*", "ir", "", "[", "a[1]", "a[[]1]", "x/*", "**", "?"),
    *("line*break", "*k", "[]]", "[!]*", "[z-a]", "b-1", "two words", "\\*", "a\\b", "*\n*", ".*"),
)
PATHS = (
    "work",
    "work/nlp",
    "missing",
    "~/ws",
    "~",
    "link",
    "{here}/work",
    "{here}/link/sub",
    "./../{name}/work",
    "file",
)
WORKDIRS = (
    *("", "work", "missing/deep", "~/ws", "~", "link", "link/sub", "{here}/work", ".", "..", "file", "link-to-file"),
    *("file/below", "~nobody-here/x", "with space/é", "~/link", "dangling", "work/", "./work/../work"),
)


class Case(NamedTuple):
    """Settings as text (None: there is no file), the arguments, and those of an earlier call in the same process."""

    settings: str | None
    flags: dict[str, str | None]
    earlier: dict[str, str | None] | None


class Answer(NamedTuple):
    """What was selected, and why."""

    id: str
    path: str
    reason: str
    trigger: str | None
    folders: list[list[str]]
    env: dict[str, str]


class _Drawer:
    """Draws cases for one directory."""

    def __init__(self, random: Random, here: Path) -> None:
        self.random = random
        self.here = here

    def path(self, among: tuple[str, ...]) -> str:
        return self.random.choice(among).format(here=self.here, name=self.here.name)

    def workspace(self, ids: list[str]) -> dict[str, Any]:
        random = self.random
        values: dict[str, Any] = {"id": random.choice(IDS), "path": self.path(PATHS)}
        if random.random() < 0.7:
            values["triggers"] = [random.choice(TRIGGERS) for _ in range(random.randint(0, 3))]
        if random.random() < 0.35:
            values["ssh"] = random.choice((None, {}, {"host": ""}, {"host": "far"}, {"host": "me@far", "python": "3"}))
        if random.random() < 0.4:
            modes = ("use", "backup", "move", None)
            drawn = [(self.path(PATHS), random.choice(modes)) for _ in range(random.randint(0, 3))]
            values["folders"] = [{"path": path, **({"mode": mode} if mode else {})} for path, mode in drawn]
        if random.random() < 0.3:
            values["alt_workspaces"] = [random.choice((*ids, *PATHS[:4], *IDS)) for _ in range(random.randint(0, 2))]
        if random.random() < 0.3:
            values["env"] = {random.choice("AB"): random.choice(("own", 1.10, True))}
        return values

    def settings(self) -> tuple[str | None, list[str]]:
        random = self.random
        kind = random.random()
        if kind < 0.03:
            return None, []
        if kind < 0.06:
            return random.choice(("workspaces: [{id: a}]", "workspaces: [", "", "workspaces: [{id: 5, path: x}]")), []
        values: dict[str, Any] = {}
        ids: list[str] = []
        if random.random() < 0.95:
            values["workspaces"] = []
            for _ in range(random.choice((0, 1, 1, 2, 3, 3, 4, 5))):
                values["workspaces"].append(self.workspace(ids))
                ids.append(values["workspaces"][-1]["id"])
        if random.random() < 0.4:
            values["env"] = {"A": "global", "C": "${env:HOME}"}
        return json.dumps(values, ensure_ascii=False), ids

    def flags(self, ids: list[str]) -> dict[str, str | None]:
        random = self.random
        name = random.choice(ids) if ids and random.random() < 0.85 else random.choice((*IDS, "nope"))
        return {
            "workspace": name if random.random() < 0.4 else None,
            "workdir": self.path(WORKDIRS) if random.random() < 0.4 else None,
            "experiment_id": random.choice(EXPERIMENTS),
        }

    def case(self) -> Case:
        text, ids = self.settings()
        earlier = None
        if self.random.random() < 0.3:
            earlier = {**self.flags(ids), "workspace": self.random.choice(ids or ["a"]), "workdir": self.path(WORKDIRS)}
        return Case(text, self.flags(ids), earlier)


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The current directory with files, directories and links; the home directory is in it."""
    for name in ("work/nlp", "home/.config/experimaestro", "home/ws", "target/sub"):
        (tmp_path / name).mkdir(parents=True)
    (tmp_path / "file").write_text("")
    (tmp_path / "link").symlink_to("target")
    (tmp_path / "link-to-file").symlink_to("file")
    (tmp_path / "dangling").symlink_to("nowhere/yet")
    (tmp_path / "home/link").symlink_to(tmp_path / "target")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    return tmp_path


def theirs(cases: list[Case]) -> list[tuple[dict[str, Any], dict[str, Any] | None]]:
    """What experimaestro selects in each case, and what after the earlier call."""
    done = subprocess.run(
        [sys.executable, "-c", CHILD],
        input=json.dumps([case._asdict() for case in cases]),
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return [(fresh, again) for fresh, again in json.loads(done.stdout)]


def selected(
    settings: xpm_config.Settings, flags: dict[str, str | None], *, attach_folders: bool = False
) -> xpm_config.Selection:
    """Our selection for the arguments of a case."""
    return xpm_config.select(
        settings,
        workspace=flags["workspace"],
        workdir=flags["workdir"],
        experiment_id=flags["experiment_id"],
        attach_folders=attach_folders,
    )


def ours(case: Case) -> Answer | None:
    """What we select, after the earlier call if there is one; None where we refuse."""
    path = Path("~/.config/experimaestro/settings.yaml").expanduser()
    path.unlink(missing_ok=True)
    if case.settings is not None:
        path.write_text(case.settings, encoding="utf-8")
    try:
        settings = xpm_config.load(release=(2, 7, 0))
        if case.earlier is not None:
            try:
                selected(settings, case.earlier)
            except XpmConfigError:
                pass
        found = selected(settings, case.flags)
    except XpmConfigError:
        return None
    workspace = found.workspace
    folders = [[str(folder.path), folder.mode] for folder in workspace.attached]
    return Answer(workspace.id, str(workspace.path), found.reason, found.trigger, folders, dict(workspace.env))


def intended(case: Case, fresh: dict[str, Any], again: dict[str, Any] | None) -> tuple[Answer | None, set[str]]:
    """What we should select, given what experimaestro selects, and the names of the differences."""
    named, workdir = case.flags["workspace"], case.flags["workdir"]
    if "refused" in fresh:
        return None, set()
    if "broken" in fresh:
        return None, {"settings-do-not-load"}
    if named == "" or workdir == "":
        return None, {"empty-flag"}
    if named is not None and fresh["remote"]:
        return None, {"remote-named"}
    names: set[str] = set()
    path, folders = fresh["path"], fresh.get("unchanged", fresh["folders"])
    if folders != fresh["folders"]:
        assert named in own_references(case)
        names.add("own-id-as-folder")
    if workdir is not None:
        try:
            path = str(Path(workdir).expanduser().resolve())
        except RuntimeError:
            return None, {"workdir-unknown-user"}
        if any(place.is_file() for place in (Path(path), *Path(path).parents)):
            return None, {"workdir-is-a-file"}
        if path != fresh["path"]:
            assert named, "with one flag, both resolve it"
            names.add("workdir-resolved")
        if named and path != str(Path(fresh["own"]).expanduser().resolve()):
            folders = [folder for folder in folders if folder[1] == "use"]
            names |= {"folders-dropped"} if folders != fresh["unchanged"] else set()
    if again is not None and again != {key: fresh[key] for key in again}:
        names.add("kept-from-earlier")
    answer = Answer(fresh["id"], path, fresh["reason"], fresh["trigger"], folders, fresh["env"])
    return answer, names


def own_references(case: Case) -> list[str]:
    """The ids of the workspaces that name themselves in their `alt_workspaces`."""
    workspaces = json.loads(case.settings or "{}").get("workspaces", [])
    return [one["id"] for one in workspaces if one["id"] in one.get("alt_workspaces", [])]


def listed() -> set[str]:
    """The names of the differences in the documentation."""
    text = (ROOT / "docs/selection.md").read_text(encoding="utf-8")
    return set(re.findall(r"^\| `([a-z-]+)` \|", text, re.MULTILINE))


def test_selection_is_that_of_experimaestro(here: Path) -> None:
    """On every case the two agree, but for the differences that are documented; each of these occurs."""
    drawer = _Drawer(Random(7), here)
    cases = [drawer.case() for _ in range(CASES)]
    cases = list({json.dumps(case): case for case in cases}.values())
    assert len(cases) >= 500
    seen: Counter[str] = Counter()
    outcomes: Counter[str] = Counter()
    for case, (fresh, again) in zip(cases, theirs(cases), strict=True):
        expected, names = intended(case, fresh, again)
        assert ours(case) == expected, f"{case}\nexperimaestro: {fresh}"
        seen.update(names)
        outcomes[expected.reason if expected is not None else "refused"] += 1
    print(len(cases), dict(outcomes), dict(seen))
    assert set(seen) == listed()
    assert min(outcomes[kind] for kind in ("workspace", "workdir", "trigger", "default", "refused")) >= 50


def test_folders_are_attached_when_asked(here: Path) -> None:
    """With `attach_folders`, the folders under both flags are those of experimaestro."""
    drawer = _Drawer(Random(8), here)
    cases = [drawer.case() for _ in range(3 * CASES)]
    cases = [case for case in cases if case.flags["workspace"] and case.flags["workdir"]]
    compared = 0
    for case, (fresh, _) in zip(cases, theirs(cases), strict=True):
        expected, _ = intended(case, fresh, None)
        if expected is None or case.settings is None:
            continue
        Path(os.path.expanduser("~/.config/experimaestro/settings.yaml")).write_text(case.settings, encoding="utf-8")
        found = selected(xpm_config.load(release=(2, 7, 0)), case.flags, attach_folders=True)
        assert [[str(folder.path), folder.mode] for folder in found.workspace.attached] == fresh["unchanged"]
        assert found.dropped == ()
        compared += any(mode != "use" for _, mode in fresh["unchanged"])
    assert compared >= 20
