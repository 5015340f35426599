"""npm packages for tests: `tests/npm/package.json` pins them, and `npm ci --prefix tests/npm` installs them."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

MODULES = Path(__file__).parent / "npm" / "node_modules"


def node_package(name: str) -> Path:
    """The folder of an installed npm package; skips the test where node or the package is missing."""
    if shutil.which("node") is None:
        pytest.skip("node is not installed")
    package = MODULES / name
    if not package.is_dir():
        pytest.skip("the npm packages are not installed: run `npm ci --prefix tests/npm`")
    return package
