"""The guards that keep the house standing: layers, start-up, and the language of the files."""

from __future__ import annotations

import ast
import json
import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
PACKAGE = ROOT / "xpm_config"

# A module imports from its own layer and from those below it; docs/architecture.md draws this.
LAYERS = [
    {"errors", "diagnostics", "exchange", "files", "globs", "location", "quoting", "releases", "ssh_words", "version"},
    {
        "yaml11",
        "document",
        "secrets",
        "syntax",
        "values",
        "conformance",
        "registry",
        "target",
        "codes",
        "schema",
        "modeline",
        "jsonc",
    },
    {"outline", "loaders", "editing", "editors", "installation", "vscode", "jobs"},
    {
        "context",
        "wording",
        "rules",
        "validate",
        "fixes",
        "settings",
        "starter",
        "doctor",
        "selection",
        "experiment_file",
        "remote",
        "handshake",
        "rewriting",
        "listing",
        "migrations",
        "migrate",
    },
    {"report"},
    {"cli", "__main__"},
]


def layer(module: str) -> int:
    """The layer of `xpm_config.NAME…`."""
    name = module.split(".")[1]
    return next(number for number, names in enumerate(LAYERS) if name in names)


def modules() -> list[Path]:
    """All modules of the package."""
    return sorted([*PACKAGE.rglob("*.py"), *(ROOT / "migrations").glob("*.py")])


def imports(path: Path) -> set[str]:
    """The modules of the package that a file imports, anywhere in it."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    found = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom) and node.module == "xpm_config":
            found |= {f"xpm_config.{alias.name}" for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and (node.module or "").startswith("xpm_config."):
            found.add(str(node.module))
        elif isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names if alias.name.startswith("xpm_config.")}
    return found


@pytest.mark.parametrize("path", modules(), ids=lambda path: str(path.relative_to(ROOT)))
def test_imports_point_down(path: Path) -> None:
    """No module imports from a layer above its own."""
    name = path.relative_to(ROOT).with_suffix("").as_posix().replace("/", ".").removesuffix(".__init__")
    name = f"xpm_config.{name}" if name.startswith("migrations") else name
    if name == "xpm_config":
        return
    for imported in imports(path):
        assert layer(imported) <= layer(name), f"{name} imports {imported}"


def test_the_layers_are_drawn() -> None:
    """docs/architecture.md names every module beside its layer."""
    rows = [line.split(" | ") for line in (ROOT / "docs/architecture.md").read_text("utf-8").splitlines()]
    drawn = {
        (int(row[0][2:]), name)
        for row in rows
        if re.match(r"\| \d", row[0])
        for name in re.findall(r"`(\w+)/?`", row[1])
    }
    assert drawn == {(number, name) for number, names in enumerate(LAYERS) for name in names} - {
        (1, "schema"),
        (5, "__main__"),
    }


def loaded_modules(*arguments: str, cwd: Path) -> set[str]:
    """The modules that a command has loaded when it ends."""
    code = (
        "import sys, json\nfrom xpm_config.cli import main\n"
        "sys.stdout, out = open('/dev/null', 'w'), sys.stdout\n"
        f"main({list(arguments)!r})\njson.dump(sorted(sys.modules), out)"
    )
    done = subprocess.run([sys.executable, "-c", code], cwd=cwd, capture_output=True, text=True, check=True)
    return set(json.loads(done.stdout))


HEAVY = {"typer", "click", "rich", "jsonschema", "pydantic", "dataclasses", "inspect", "difflib", "importlib.metadata"}


def test_validating_a_good_file_loads_only_what_it_needs(tmp_path: Path) -> None:
    """A good file is checked without a command-line library, without jsonschema and without what they bring."""
    (tmp_path / "a.yaml").write_text("workspaces:\n  - id: a\n    path: ~/a\n")
    loaded = loaded_modules("validate", "a.yaml", cwd=tmp_path)
    assert not loaded & HEAVY
    ours = {name for name in loaded if name.startswith("xpm_config")}
    assert ours == {
        "xpm_config", "xpm_config.cli", "xpm_config.cli.plain", "xpm_config.cli.streams", "xpm_config.cli.validate",
        "xpm_config.conformance", "xpm_config.context",
        "xpm_config.diagnostics", "xpm_config.document", "xpm_config.errors", "xpm_config.files", "xpm_config.globs",
        "xpm_config.loaders", "xpm_config.loaders.model", "xpm_config.loaders.pydantic", "xpm_config.location",
        "xpm_config.modeline", "xpm_config.outline",
        "xpm_config.registry", "xpm_config.releases", "xpm_config.report", "xpm_config.report.text", "xpm_config.rules",
        "xpm_config.schema",
        "xpm_config.target", "xpm_config.validate", "xpm_config.values", "xpm_config.wording",
        "xpm_config.wording.keys", "xpm_config.wording.parts", "xpm_config.wording.values", "xpm_config.yaml11",
        "xpm_config.yaml11.reader", "xpm_config.yaml11.scanner",
    }  # fmt: skip


def test_help_loads_no_yaml_and_no_schema(tmp_path: Path) -> None:
    """--help needs the command-line library only."""
    loaded = loaded_modules("--help", cwd=tmp_path)
    assert not loaded & {"jsonschema", "ruamel.yaml", "xpm_config.validate", "xpm_config.document"}


def test_no_url_of_others_in_the_package() -> None:
    """The package names no web address but those of standards."""
    allowed = ("http://json-schema.org/", "https://json-schema.org/", "https://json.schemastore.org/sarif-2.1.0.json",
               "https://docs.oasis-open.org/sarif/")  # fmt: skip
    for path in [*modules(), *(ROOT / "schema").glob("*.json")]:
        for word in path.read_text(encoding="utf-8").replace('"', " ").replace("`", " ").split():
            if word.startswith(("http://", "https://")):
                assert word.startswith(allowed), f"{path}: {word}"
