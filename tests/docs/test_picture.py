"""The README's picture shows the schema as it is: making it needs Chromium, noticing that it is old does not."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
SOURCES = (
    "schema/settings.v2.schema.json",
    *(
        f"docs/picture/{name}"
        for name in ("settings.yaml", "index.html", "page.css", "page.js", "shoot.mjs", "package-lock.json")
    ),
)


def check(root: Path) -> subprocess.CompletedProcess[str]:
    """Ask the script that makes the picture whether it has to be made again."""
    script = str(root / "docs" / "picture" / "make.py")
    return subprocess.run([sys.executable, script, "--check"], capture_output=True, text=True, check=False)


def test_the_picture_is_up_to_date() -> None:
    """`python docs/picture/make.py --check` has nothing to complain of."""
    done = check(ROOT)
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")


@pytest.mark.parametrize("changed", [*SOURCES, "docs/picture/editor.png"])
def test_a_stale_picture_is_found(changed: str, tmp_path: Path) -> None:
    """Another schema, page or settings file, or another picture, makes `--check` fail and say what to do."""
    for name in (*SOURCES, *(f"docs/picture/{name}" for name in ("make.py", "editor.png", "editor.sha256"))):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(ROOT / name, tmp_path / name)
    assert check(tmp_path).returncode == 0
    with (tmp_path / changed).open("ab") as file:
        file.write(b"\n")
    done = check(tmp_path)
    assert done.returncode == 1
    assert "python docs/picture/make.py" in done.stdout
