"""Times `xpm-config validate` against check-jsonschema with the same schema, as whole processes in turn.

    python benchmarks/validate.py [--peer PATH/TO/check-jsonschema] [--ours PATH/TO/xpm-config] [--runs N]

Without --peer, check-jsonschema is installed into a temporary environment, and xpm-config beside it in an
environment of its own, so that neither has packages that it would not have. Prints medians (ms) and
ratios; a ratio below 1 is in our favour.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent.parent))

from benchmarks.harness import HEADER, ROOT, compare, install

PEER = "check-jsonschema==0.39.0"


def many_workspaces(count: int) -> str:
    """Settings with that many workspaces, 160 bytes each."""
    item = (
        "  - id: project-{0}\n    path: ~/experiments/project-{0}\n    env:\n      DATA: /data/{0}\n"
        '    triggers:\n      - "project-{0}-*"\n'
        "    folders:\n      - path: /backup/project-{0}\n        mode: backup\n"
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
        print(HEADER)
        for title, path, runs, limit in (
            ("good file, 40 lines", ROOT / "examples/settings.yaml", options.runs, 0.45),
            ("bad file", ROOT / "examples/mistakes.yaml", options.runs, 0.65),
            ("1,000 workspaces", large, max(options.runs // 3, 3), 0.50),
        ):
            ours_command = [ours, "validate", str(path)]
            compare(title, ours_command, [peer, "--schemafile", schema, str(path)], runs, limit)


if __name__ == "__main__":
    main()
