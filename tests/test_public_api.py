"""What `import xpm_config` offers to other programs: names, types, documentation, and a quick start."""

from __future__ import annotations

import inspect
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

import xpm_config
from xpm_config import settings as settings_module

ROOT = Path(__file__).parents[1]

CONSUMER = """\
from pathlib import Path

import xpm_config
from xpm_config import Origin, Selection, Settings, SettingsNotLoadedError, Workspace

def place(experiment: str) -> Path | None:
    try:
        settings: Settings = xpm_config.load("settings.yaml", release=(2, 7, 0), environ={"A": "b"})
    except SettingsNotLoadedError as error:
        print(error.diagnostics[0].code)
        return None
    selection: Selection = xpm_config.select(settings, experiment_id=experiment)
    workspace: Workspace = selection.workspace
    origin: Origin = workspace.origin("path")
    print(origin.line + 1, workspace.env["A"].upper(), workspace.attached[0].mode)
    return workspace.path

reveal_type(xpm_config.load)
reveal_type(xpm_config.select)
"""

WRONG = """\
import xpm_config

settings = xpm_config.load()
settings.path = "x"
settings.workspaces[0].env["A"] = "b"
xpm_config.select(settings, experiment_id=5)
xpm_config.no_such_name
settings.workspaces[0].trigers
"""


def python(code: str, place: Path) -> str:
    """What a fresh interpreter prints."""
    environ = {"HOME": str(place), "PATH": ""}
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=place, env=environ, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_importing_the_package_loads_nothing_else(tmp_path: Path) -> None:
    """The names cost nothing until they are asked for; the command line starts through the same package."""
    code = "import sys; before = set(sys.modules); import xpm_config; print(*sorted(set(sys.modules) - before))"
    loaded = set(python(code, tmp_path).split())
    assert {name for name in loaded if name.partition(".")[0] not in sys.stdlib_module_names} == {"xpm_config"}
    assert not loaded & {"dataclasses", "inspect", "pathlib", "json", "importlib.metadata", "importlib.resources"}


def test_settings_do_without_a_command_line(tmp_path: Path) -> None:
    """Loading and selecting load no command-line library, no JSON Schema library, and not experimaestro."""
    (tmp_path / "s.yaml").write_text("workspaces: [{id: a, path: /a}]")
    code = (
        "import sys, xpm_config; xpm_config.select(xpm_config.load('s.yaml'), experiment_id='x')\n"
        "print(*(name for name in ('typer', 'click', 'rich', 'jsonschema', 'experimaestro', 'pydantic', 'yaml')"
        " if name in sys.modules))"
    )
    assert python(code, tmp_path).split() == []


@pytest.mark.parametrize("name", xpm_config.__all__)
def test_every_name_is_there_and_documented(name: str) -> None:
    """Each name is that of its module, is listed by `dir`, and has a docstring of its own."""
    value = getattr(xpm_config, name)
    assert value is getattr(sys.modules[value.__module__], name)
    assert name in dir(xpm_config)
    documentation = inspect.getdoc(value)
    assert documentation
    assert not documentation.startswith(f"{name}(")


@pytest.mark.parametrize("name", [name for name in xpm_config.__all__ if inspect.isclass(getattr(xpm_config, name))])
def test_public_members_are_documented(name: str) -> None:
    """Every public method and property of a public class has a docstring."""
    for member, value in vars(getattr(xpm_config, name)).items():
        if not member.startswith("_") and (inspect.isfunction(value) or isinstance(value, property)):
            assert inspect.getdoc(value), member


def test_the_page_names_all() -> None:
    """docs/api.md names every public name, every field and every property."""
    page = (ROOT / "docs/api.md").read_text(encoding="utf-8")
    rows = {row.split("`")[1]: row for row in page.splitlines() if row.startswith("| `")}
    for name in xpm_config.__all__:
        assert f"`{name}" in page
        value = getattr(xpm_config, name)
        for field in getattr(value, "__dataclass_fields__", ()):
            assert f"`{field}`" in rows[name], (name, field)
        for member, kind in vars(value).items():
            if isinstance(kind, property) and not member.startswith("_"):
                assert f"`{member}`" in rows[name], (name, member)


def test_the_example_of_the_page_runs(tmp_path: Path) -> None:
    """What docs/api.md shows works as it stands, and so does its way out."""
    example = (ROOT / "docs/api.md").read_text(encoding="utf-8").partition("```python\n")[2].partition("```")[0]
    own = tmp_path / ".config/experimaestro/settings.yaml"
    own.parent.mkdir(parents=True)
    own.write_text("workspaces: [{id: nlp, path: /nlp, triggers: ['nlp-*']}]")
    assert python(example, tmp_path) == "/nlp trigger nlp-*\n"


def test_errors_are_told() -> None:
    """The two functions say which errors they raise."""
    for function, names in ((xpm_config.load, ("SettingsNotLoadedError", "FileUnreadableError")),):
        assert all(name in str(function.__doc__) for name in names)
    assert "UsageError" in str(xpm_config.select.__doc__)


def test_another_name_is_an_attribute_error() -> None:
    """A misspelled name fails as in any module."""
    with pytest.raises(AttributeError, match="module 'xpm_config' has no attribute 'lod'"):
        xpm_config.lod  # type: ignore[attr-defined]  # noqa: B018 - the access is what is tested
    assert not hasattr(xpm_config, "Workspaces")


def test_submodules_stay_what_they_are() -> None:
    """`xpm_config.settings` is the module, also when the names were used before."""
    assert xpm_config.Settings is settings_module.Settings
    assert inspect.ismodule(xpm_config.settings)


def test_the_example_of_the_readme_runs(tmp_path: Path) -> None:
    """What the README shows works as it stands, on settings where the user has them."""
    own = tmp_path / ".config/experimaestro/settings.yaml"
    own.parent.mkdir(parents=True)
    own.write_text(
        "env: {JAVA_HOME: /java}\nworkspaces: [{id: a, path: /a}, {id: nlp, path: /nlp, triggers: ['nlp-*']}]"
    )
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    example = readme.partition("```python\n")[2].partition("```")[0]
    assert "xpm_config.load()" in example
    assert python(example, tmp_path) == f"/nlp /java {own}:1\n"


def checked(code: str, place: Path) -> list[str]:
    """What mypy says of a program that uses the package, one finding a line."""
    (place / "consumer.py").write_text(code)
    # mypy does not see what an editable installation maps.
    environ = {**os.environ, "MYPYPATH": str(ROOT)}
    command = [sys.executable, "-m", "mypy", "--strict", "--no-incremental", "--output", "json", "consumer.py"]
    done = subprocess.run(command, cwd=place, env=environ, capture_output=True, text=True, check=False)
    assert done.stderr == "", done.stderr
    lines = [json.loads(line) for line in done.stdout.splitlines() if line.startswith("{")]
    # In the source, `schema` and `migrations` are not where an installation has them.
    findings = [line for line in lines if line["file"] == "consumer.py"]
    return [f"{one['severity']} {one['line']}: {one['message']} {one['code']}" for one in findings]


def test_the_package_is_typed(tmp_path: Path) -> None:
    """A program that uses the names is checked strictly: nothing is `Any`."""
    found = checked(CONSUMER, tmp_path)
    assert len(found) == 2
    assert all(line.startswith("note") and "Any" not in line for line in found), found
    assert "-> xpm_config.settings.Settings" in found[0]
    assert "-> xpm_config.selection.Selection" in found[1]


def test_wrong_uses_are_found_by_types(tmp_path: Path) -> None:
    """Changing settings, wrong arguments and misspelled names are found before the program runs."""
    lines = [line.split(": ")[0] for line in checked(WRONG, tmp_path)]
    assert lines == ["error 4", "error 5", "error 6", "error 7", "error 8"]
