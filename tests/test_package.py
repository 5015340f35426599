"""What is built and installed: the files of the wheel, and the schema read back from it."""

from __future__ import annotations

import json
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The wheel, built through the source distribution as a release is."""
    place = tmp_path_factory.mktemp("dist")
    done = subprocess.run(
        [sys.executable, "-m", "build", "--outdir", str(place), str(ROOT)], capture_output=True, text=True, check=False
    )
    if done.returncode and ("ConnectionError" in done.stdout + done.stderr or "No matching dist" in done.stdout):
        pytest.skip("building needs a package index")
    assert done.returncode == 0, done.stdout + done.stderr
    return next(place.glob("*.whl"))


def test_wheel_holds_the_package_and_nothing_else(wheel: Path) -> None:
    """Every module and schema is in the wheel; tests, docs and benchmarks are not."""
    expected = {path.relative_to(ROOT).as_posix() for path in (ROOT / "xpm_config").rglob("*.py")}
    expected |= {"xpm_config/py.typed"}
    for folder in ("schema", "migrations"):
        expected |= {f"xpm_config/{folder}/{path.name}" for path in (ROOT / folder).glob("*.py")}
    expected |= {f"xpm_config/schema/{path.name}" for path in (ROOT / "schema").glob("*.json")}
    with zipfile.ZipFile(wheel) as archive:
        names = {name for name in archive.namelist() if ".dist-info/" not in name}
    assert names == expected


def test_installed_wheel_reads_its_schema(wheel: Path, tmp_path: Path) -> None:
    """An installation from the wheel prints the schema that is in the source."""
    target = tmp_path / "site"
    install = [sys.executable, "-m", "pip", "install", "--quiet", "--no-deps", "--target", str(target), str(wheel)]
    subprocess.run(install, check=True, capture_output=True)
    code = (
        "import sys; sys.path.insert(0, sys.argv[1]); from xpm_config import registry; print(registry.schema_text(2))"
    )
    done = subprocess.run(
        [sys.executable, "-c", code, str(target)], cwd=tmp_path, capture_output=True, text=True, check=True
    )
    assert json.loads(done.stdout) == json.loads((ROOT / "schema/settings.v2.schema.json").read_text(encoding="utf-8"))
