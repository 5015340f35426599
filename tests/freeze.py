"""Freezes what a release ships for ever: its migrations and its schemas.

    python tests/freeze.py

Run it once for each release, before the tag. It adds the digest of every migration, schema and migrated
example that is not yet in `tests/data/released.json`; a digest that is there is never changed. From then on
`tests/test_frozen.py` fails when one of these files changes: files out there were made with it. Mend a mistake
in a new step or a new version of the schema.
"""

from __future__ import annotations

import hashlib
import json
from pathlib import Path

ROOT = Path(__file__).parent.parent
RELEASED = ROOT / "tests" / "data" / "released.json"
PATTERNS = (
    "migrations/v*_to_v*.py",
    "schema/settings.v*.schema.json",
    # What the steps are made of may change, what they make of these files may not.
    "tests/examples/migrate/*/before.yaml",
    "tests/examples/migrate/*/after.yaml",
)


def digest(path: Path) -> str:
    """The SHA-256 of a file, in hexadecimal."""
    return hashlib.sha256(path.read_bytes()).hexdigest()


def changed(root: Path, released: dict[str, str]) -> list[str]:
    """The released files that are no longer what they were, or no longer there."""
    return [name for name, old in released.items() if not (root / name).is_file() or digest(root / name) != old]


def frozen(root: Path, released: dict[str, str]) -> dict[str, str]:
    """The digests of all released files, those of the next release included."""
    current = {path.relative_to(root).as_posix(): digest(path) for pattern in PATTERNS for path in root.glob(pattern)}
    return dict(sorted({**current, **released}.items()))


def read(path: Path) -> dict[str, str]:
    """The digests by file."""
    released: dict[str, str] = json.loads(path.read_text(encoding="utf-8"))
    return released


def main() -> None:
    """Add what is new to the list."""
    released = frozen(ROOT, read(RELEASED))
    RELEASED.write_text(json.dumps(released, indent=2) + "\n", encoding="utf-8")
    print(f"{len(released)} files are frozen")


if __name__ == "__main__":
    main()
