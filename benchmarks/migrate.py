"""Times `xpm-config migrate` against ruamel.yaml's round trip of the same file, as whole processes in turn.

    python benchmarks/migrate.py [--peer PATH/TO/python] [--ours PATH/TO/xpm-config] [--runs N]

The file has 1,000 workspaces, each with `alt_workspaces`. Ours reads it, rewrites it, proves that it means
the same, and writes it durably over a fresh copy; the peer, a Python with ruamel.yaml, loads it with its
comments and dumps it into another file, as a migrator built on it would at least do. Without paths, each is
installed into a fresh environment. Prints medians (ms) and the median of the ratios of the pairs.
"""

from __future__ import annotations

import argparse
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent.parent))

from benchmarks.harness import HEADER, ROOT, compare, install

PEER = "ruamel.yaml"
ROUND_TRIP = """\
import sys
from ruamel.yaml import YAML
yaml = YAML()
yaml.preserve_quotes = True
yaml.width = 1 << 20
yaml.indent(mapping=2, sequence=4, offset=2)
with open(sys.argv[1], encoding="utf-8") as file:
    settings = yaml.load(file)
with open(sys.argv[2], "w", encoding="utf-8") as file:
    yaml.dump(settings, file)
"""


def many_workspaces(count: int) -> str:
    """Settings with that many workspaces, each of which refers to two others and to a path."""
    item = (
        "  # project {0}\n  - id: project-{0}\n    path: ~/experiments/project-{0}\n    env:\n      DATA: /data/{0}\n"
        '    triggers:\n      - "project-{0}-*"\n'
        "    alt_workspaces:\n      - project-{1}\n      - project-{2}  # shared\n      - /old/project-{0}\n"
    )
    return "workspaces:\n" + "".join(
        item.format(number, (number + 1) % count, (number + 7) % count) for number in range(count)
    )


def main() -> None:
    """Measure and print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--peer", help="the Python with ruamel.yaml to compare with")
    parser.add_argument("--ours", help="the xpm-config to measure")
    parser.add_argument("--runs", type=int, default=9)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        place = Path(folder)
        peer = options.peer or str(install(place / "peer", PEER) / "python")
        ours = options.ours or str(install(place / "ours", str(ROOT)) / "xpm-config")
        source, copy, dumped = place / "source.yaml", place / "copy.yaml", place / "dumped.yaml"
        source.write_text(many_workspaces(1000))
        # What is timed must do its work.
        shutil.copy(source, copy)
        subprocess.run([ours, "migrate", str(copy)], check=True, stdout=subprocess.DEVNULL)
        subprocess.run([peer, "-c", ROUND_TRIP, str(source), str(dumped)], check=True)
        migrated = copy.read_text()
        if migrated.count("mode: use") != 3000 or "alt_workspaces" in migrated or dumped.read_text() == "":
            sys.exit("nothing was measured: the file was not rewritten")
        print(HEADER)
        compare(
            "1,000 workspaces",
            [ours, "migrate", str(copy)],
            [peer, "-c", ROUND_TRIP, str(source), str(dumped)],
            options.runs,
            0.60,
            prepare=lambda: shutil.copy(source, copy),
        )


if __name__ == "__main__":
    main()
