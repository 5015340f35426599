"""Times `xpm-config validate` against check-jsonschema with the same schema, as whole processes in turn.

    python benchmarks/validate.py [--peer PATH/TO/check-jsonschema] [--runs N]

Without --peer, check-jsonschema is installed into a temporary environment, and xpm-config beside it in an
environment of its own, so that neither has packages that it would not have. Prints medians (ms) and
ratios; a ratio below 1 is in our favour.
"""

from __future__ import annotations

import argparse
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).parent.parent
PEER = "check-jsonschema==0.39.0"


def install(place: Path, *what: str) -> Path:
    """A fresh environment with packages in it; its folder of scripts."""
    subprocess.run([sys.executable, "-m", "venv", str(place)], check=True)
    subprocess.run([str(place / "bin/pip"), "install", "--quiet", *what], check=True)
    return place / "bin"


def wall(command: list[str]) -> float:
    """How long a process takes, in milliseconds."""
    start = time.perf_counter()
    subprocess.run(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, check=False)
    return (time.perf_counter() - start) * 1000


def compare(title: str, ours: list[str], peer: list[str], runs: int, limit: float) -> None:
    """Run the two in turn and print one row."""
    wall(ours), wall(peer)
    pairs = [(wall(ours), wall(peer)) for _ in range(runs)]
    mine, theirs = (statistics.median(column) for column in zip(*pairs, strict=True))
    ratio = statistics.median(one / other for one, other in pairs)
    print(f"{title:<28} {mine:>8.0f} {theirs:>8.0f} {ratio:>7.2f} {limit:>7.2f}")


def many_workspaces(count: int) -> str:
    """Settings with that many workspaces, 160 bytes each."""
    item = (
        "  - id: project-{0}\n    path: ~/experiments/project-{0}\n    env:\n      DATA: /data/{0}\n"
        '    triggers:\n      - "project-{0}-*"\n    folders:\n      - path: /backup/project-{0}\n        mode: backup\n'
    )
    return "workspaces:\n" + "".join(item.format(number) for number in range(count))


def main() -> None:
    """Measure and print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--peer", help="the check-jsonschema to compare with")
    parser.add_argument("--ours", help="the xpm-config to measure")
    parser.add_argument("--runs", type=int, default=15)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        place = Path(folder)
        peer = options.peer or str(install(place / "peer", PEER) / "check-jsonschema")
        ours = options.ours or str(install(place / "ours", str(ROOT)) / "xpm-config")
        large = place / "large.yaml"
        large.write_text(many_workspaces(1000))
        schema = str(ROOT / "schema/settings.v2.schema.json")
        print(f"{'whole process, median':<28} {'ours ms':>8} {'peer ms':>8} {'ratio':>7} {'limit':>7}")
        for title, path, runs, limit in (
            ("good file, 40 lines", ROOT / "examples/settings.yaml", options.runs, 0.45),
            ("bad file", ROOT / "examples/mistakes.yaml", options.runs, 0.65),
            ("1,000 workspaces", large, max(options.runs // 3, 3), 0.50),
        ):
            ours_command = [ours, "validate", str(path)]
            compare(title, ours_command, [peer, "--schemafile", schema, str(path)], runs, limit)


if __name__ == "__main__":
    main()
