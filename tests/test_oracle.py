"""Every probe that was observed in eleven environments, against what we say of it.

`data/settings-history.json` holds 203 settings files and what each release of experimaestro made of them.
"""

from __future__ import annotations

import json
import math
import os
from pathlib import Path
from typing import Any

import pytest

from xpm_config import loaders, registry
from xpm_config.document import Document
from xpm_config.releases import parse_release
from xpm_config.validate import check

HISTORY = json.loads((Path(__file__).parent / "data/settings-history.json").read_text(encoding="utf-8"))
PROBES: dict[str, Any] = HISTORY["behaviour"]
ENVIRONMENT = {"HOME": "/home/probe"}


def content(probe: dict[str, Any]) -> bytes:
    """The bytes of a probe."""
    text = probe["yaml"]
    return text.encode() if isinstance(text, str) else text["latin1"].encode("latin-1")


def observed(probe: dict[str, Any]) -> dict[str, dict[str, Any]]:
    """What each release made of a probe; variants with another library version are left out."""
    return {release: result for result in probe["results"] for release in result["releases"] if "-" not in release}


@pytest.fixture(autouse=True)
def _home(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", ENVIRONMENT["HOME"])


@pytest.mark.parametrize("name", PROBES)
def test_loads_as_observed(name: str) -> None:
    """For each release, `loads` is what was observed."""
    probe = PROBES[name]
    for release, result in observed(probe).items():
        report = check("settings.yaml", content(probe), parse_release(release), ENVIRONMENT)
        assert report.loads is result["ok"], f"{release}: {report.diagnostics}"


@pytest.mark.parametrize("name", PROBES)
def test_what_does_not_load_has_an_error(name: str) -> None:
    """A file that the target refuses is never reported as clean."""
    probe = PROBES[name]
    for release in observed(probe):
        report = check("settings.yaml", content(probe), parse_release(release), ENVIRONMENT)
        assert report.loads or any(found.severity.label == "error" for found in report.diagnostics)


def read_probes() -> list[tuple[str, str]]:
    """The probes that the new loader read, with the release that did."""
    pairs = [(name, release) for name in PROBES for release in ("2.6.1", "2.7.0")]
    return [(name, release) for name, release in pairs if observed(PROBES[name])[release]["ok"]]


@pytest.mark.parametrize(("name", "release"), read_probes())
def test_values_as_observed(name: str, release: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The values that the new loader holds are those that were observed."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "real").mkdir()
    (tmp_path / "link").symlink_to("real")
    result = observed(PROBES[name])[release]
    number = parse_release(release)
    document = Document(content(PROBES[name]), loaders.dialect(number))
    loaded, _ = loaders.load(document, number, ENVIRONMENT)
    ours = differing(loaded.settings, registry.schema(2), "")
    assert comparable(ours) == comparable(result["value"])


def differing(value: Any, schema: dict[str, Any], key: str) -> Any:
    """The settings as the observations show them: without what equals its default, paths as experimaestro holds them.

    The mode of a folder and the host of `ssh` are always shown.
    """
    if isinstance(value, dict) and "properties" in schema:
        shown = {"mode": "use"} if key.endswith("folders[]") else {"host": ""} if key.endswith("ssh") else {}
        remote = isinstance(value.get("ssh"), dict) and bool(value["ssh"].get("host"))
        for name, item in value.items():
            sub = schema["properties"][name]
            inner = differing(item, sub, "remote" if remote and name == "path" else f"{key}.{name}")
            if inner not in ({}, []) and inner != sub.get("default", "no default"):
                shown[name] = inner
        if "mode" in shown:
            shown["mode"] = f"FolderMode:{shown['mode']}"
        return shown
    if isinstance(value, list):
        return [differing(item, schema["items"], f"{key}[]") for item in value]
    if schema.get("x-xpm-type") == "path":
        return f"Path({held_path(value, key)})"
    return value


def held_path(path: str, key: str) -> str:
    """A path as experimaestro holds it: remote ones raw, folders expanded, workspaces resolved."""
    if key == "remote":
        return path
    expanded = os.path.expanduser(path)
    return os.path.realpath(expanded) if key.endswith("workspaces[].path") else os.path.normpath(expanded)


def comparable(value: Any) -> Any:
    """Values that compare: without this machine's directories, NaN equal to itself, sets without order."""
    if isinstance(value, dict):
        return {key: comparable(item) for key, item in value.items()}
    if isinstance(value, list):
        items = [comparable(item) for item in value]
        return sorted(items) if all(isinstance(item, str) for item in items) else items
    if isinstance(value, float) and not math.isfinite(value):
        return str(value)
    if isinstance(value, str):
        places = {"/home/probe": "<HOME>", os.getcwd(): "<CWD>", os.path.expanduser("~root"): "<HOME-OF-ROOT>"}
        for place, shown in places.items():
            value = value.replace(place, shown)
    return value
