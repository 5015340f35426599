"""Our settings, value by value, beside those that experimaestro's own loader holds.

Good examples, generated settings and randomly changed ones; experimaestro runs in a process of its own and
reads all files.
"""

from __future__ import annotations

import importlib.util
import json
import os
import subprocess
import sys
from pathlib import Path
from random import Random
from typing import TYPE_CHECKING, Any

import pytest

from tests.mutations import mutated_texts
from tests.settings_texts import draw_case
from xpm_config import cli
from xpm_config.errors import XpmConfigError
from xpm_config.secrets import MASK
from xpm_config.settings import load

if TYPE_CHECKING:
    from xpm_config.settings import Settings, Workspace

pytestmark = pytest.mark.skipif(
    importlib.util.find_spec("experimaestro") is None,
    reason="experimaestro is not installed: pip install 'xpm-config[experimaestro]'",
)

ROOT = Path(__file__).parents[1]
EXAMPLES = sorted((ROOT / "tests/examples/valid").glob("*.yaml")) + sorted((ROOT / "examples").glob("*.yaml"))
GENERATED = 300
"""How many files are drawn, of each of two kinds."""

CHILD = r"""
import json, sys, warnings
warnings.simplefilter("ignore")
from dataclasses import asdict
from enum import Enum
from pathlib import Path
from types import SimpleNamespace
from experimaestro.scheduler.workspace import Workspace
from experimaestro.settings import get_settings

Workspace._folders_beta_warned = True

def plain(value):
    if isinstance(value, dict):
        return {key: plain(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [plain(item) for item in value]
    if isinstance(value, Enum):
        return value.value
    return str(value) if isinstance(value, Path) else repr(value) if isinstance(value, float) else value

def dumped(path):
    try:
        settings = get_settings.__wrapped__(Path(path))
    except (Exception, RecursionError) as error:
        return {"refused": f"{type(error).__name__}: {error}"}
    values = plain(asdict(settings))
    for workspace, shown in zip(settings.workspaces, values["workspaces"]):
        stub = SimpleNamespace(settings=settings, workspace_settings=workspace)
        shown["attached"] = plain([asdict(folder) for folder in Workspace.folders.func(stub)])
        shown["raw"] = workspace._raw_path
        shown["is_remote"] = workspace.is_remote
    return values

json.dump([dumped(path) for path in json.load(sys.stdin)], sys.stdout)
"""


def theirs(paths: list[Path]) -> list[dict[str, Any]]:
    """What experimaestro makes of each file."""
    done = subprocess.run(
        [sys.executable, "-c", CHILD],
        input=json.dumps([str(path) for path in paths]),
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    answers: list[dict[str, Any]] = json.loads(done.stdout)
    return answers


def plain(value: Any) -> Any:
    """A value as JSON has it, floats by their text so that NaN equals itself."""
    if isinstance(value, tuple):
        return [plain(item) for item in value]
    if hasattr(value, "__dataclass_fields__"):
        return {name: plain(getattr(value, name)) for name in value.__dataclass_fields__ if name != "origins"}
    if isinstance(value, Path):
        return str(value)
    if isinstance(value, float):
        return repr(value)
    return dict(value) if hasattr(value, "keys") else value


def ours(settings: Settings) -> dict[str, Any]:
    """Our settings in the form of theirs."""
    values = plain(settings)
    del values["path"], values["release"]
    for workspace, shown in zip(settings.workspaces, values["workspaces"], strict=True):
        shown["is_remote"] = workspace.is_remote
        shown["raw"] = raw(workspace)
    result: dict[str, Any] = values
    return result


def raw(workspace: Workspace) -> str:
    """The path as experimaestro keeps it for the other machine; of local ones it plays no part."""
    return str(workspace.path) if workspace.is_remote else ""


def expected(values: dict[str, Any], settings: Settings) -> dict[str, Any]:
    """Their values with the global `env` and `history` under those that a workspace writes itself.

    experimaestro merges `env` when a run starts. Its loader gives every workspace a whole history, of which
    only the keys count that are written.
    """
    for shown, workspace in zip(values["workspaces"], settings.workspaces, strict=True):
        shown["env"] = {**values["env"], **shown["env"]}
        written = {key for key in shown["history"] if own(settings, workspace, f"history.{key}")}
        shown["history"] = {
            key: value if key in written else values["history"][key] for key, value in shown["history"].items()
        }
        if not shown["is_remote"]:
            assert os.path.realpath(os.path.expanduser(shown["raw"])) == shown["path"]
            shown["raw"] = ""
    return values


def own(settings: Settings, workspace: Workspace, key: str) -> bool:
    """Whether a workspace writes a key itself."""
    index = next(index for index, one in enumerate(settings.workspaces) if one is workspace)
    return f"workspaces[{index}].{key}" in settings.origins


def loaded_by_us(path: Path) -> Settings | None:
    """Our settings, None where we refuse the file."""
    try:
        return load(path, release=(2, 7, 0))
    except XpmConfigError:
        return None


def compare(paths: list[Path]) -> int:
    """Compare all files; how many were loaded by both."""
    loaded = 0
    for path, values in zip(paths, theirs(paths), strict=True):
        settings = loaded_by_us(path)
        assert ("refused" in values) is (settings is None), f"{path}: {path.read_bytes()!r}: {values}"
        if settings is None:
            continue
        assert ours(settings) == expected(values, settings), path.read_bytes()
        loaded += 1
    return loaded


@pytest.fixture(autouse=True)
def _home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A home, variables and directories with links of the test's own; both sides see the same."""
    home = tmp_path / "home"
    (home / "real").mkdir(parents=True)
    (home / "w").symlink_to("real")
    (tmp_path / "rel").symlink_to("home/real")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("HOME", str(home))
    monkeypatch.setenv("XPM_EXAMPLE", "/data/example")
    monkeypatch.setenv("XPM_PYTHON", "3.10")


def test_examples_hold_the_same_values() -> None:
    """Every good example that this release loads holds exactly experimaestro's values."""
    # A few are for other releases, or show mistakes.
    assert compare(EXAMPLES) >= len(EXAMPLES) - 10 >= 40


def test_the_command_shows_the_same_values(capsys: pytest.CaptureFixture[str]) -> None:
    """`workspaces show` prints experimaestro's values for every good example, all but the masked ones."""
    shown = 0
    for path, values in zip(EXAMPLES, theirs(EXAMPLES), strict=True):
        code = cli.main(["workspaces", "show", "--format", "json", "--settings", str(path), "--target", "2.7.0"])
        out = capsys.readouterr().out
        settings = loaded_by_us(path)
        assert (code == 0) is (settings is not None)
        if settings is None:
            continue
        printed = json.loads(out)["workspaces"]
        for one, held in zip(printed, expected(values, settings)["workspaces"], strict=True):
            wanted = {
                **{key: held[key] for key in ("id", "path", "triggers", "alt_workspaces", "max_retries", "lock_mode")},
                **{key: held[key] for key in ("history", "ssh", "env")},
                "folders": held["attached"],
                "remote": held["is_remote"],
            }
            assert unmasked(one, wanted) == wanted
            shown += 1
    assert shown > 60


def unmasked(printed: Any, wanted: Any) -> Any:
    """What was printed, with the wanted value where a mask stands, and only with the wanted keys."""
    if isinstance(printed, dict) and isinstance(wanted, dict):
        return {key: unmasked(printed[key], wanted[key]) for key in printed if key in wanted}
    return wanted if printed == MASK else printed


def test_generated_files_hold_the_same_values(tmp_path: Path) -> None:
    """So do generated settings in every layout of YAML."""
    paths = []
    for seed in range(GENERATED):
        paths.append(tmp_path / f"{seed}.yaml")
        paths[-1].write_bytes(draw_case(Random(seed)).data)
    assert compare(paths) >= GENERATED // 2


PIECES = (
    *("env:\n  A: 1e3\n  B: 1.10\n  C: yes\n", "    history: {max_done: 2}\n", "history:\n  max_failed: '7'\n"),
    *("    env: {A: own, 'B': 0x1F}\n", "    lock_mode: '0664'\n", "    max_retries: 4.0\n", "    ssh: {host: ''}\n"),
    *("    ssh: {host: far, python: '3'}\n", "carbon: {report_interval_s: .nan}\n", "carbon: {enabled: 'off'}\n"),
    *(
        "carbon: {report_interval_s: 5}\n",
        "${env:HOME}",
        "${oc.env:XPM_PYTHON,x}",
        "${env.XPM_PYTHON}",
        "${env:NOT_SET}",
    ),
    *("    alt_workspaces: [a, /x]\n", "    folders: [{path: ~/w, mode: move}]\n", "server: {port: 0123}\n"),
)


def test_changed_files_hold_the_same_values(tmp_path: Path) -> None:
    """So do settings with random changes, most of them to hand-written files, and both refuse the same."""
    starts = [path.read_text(encoding="utf-8", errors="replace") for path in EXAMPLES]
    random = Random(11)
    paths = []
    for number in range(GENERATED):
        lines = random.choice(starts).splitlines(keepends=True)
        for _ in range(random.randint(1, 3)):
            place = random.randint(0, len(lines))
            line = random.choice(lines) if lines else ""
            piece = random.choice(PIECES)
            if piece.startswith("$"):
                key, colon, _ = line.partition(": ")
                piece = f'{key}{colon or ": "}"{piece}/x"\n'
            lines[place : place + random.randint(0, 1)] = [piece]
        paths.append(tmp_path / f"{number}.yaml")
        paths[-1].write_bytes("".join(lines).encode())
    for number, text in enumerate(mutated_texts(GENERATED, 12)):
        if "!!set" in text:
            # Read as a list, in an order that differs from run to run.
            continue
        paths.append(tmp_path / f"mutated-{number}.yaml")
        paths[-1].write_bytes(text.encode("utf-8", "surrogatepass"))
    assert compare(paths) >= GENERATED // 4
