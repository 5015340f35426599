"""Times `xpm-config select` against `experimaestro workspaces list` on the same settings, as whole processes in turn.

    python benchmarks/selection.py [--peer PATH/TO/experimaestro] [--ours PATH/TO/xpm-config] [--runs N]

Both read the settings in a home directory of the benchmark's own: ours selects a workspace by a trigger, the
peer lists all of them. Without paths, each is installed into a fresh environment. Prints medians (ms) and
the median of the ratios of the pairs.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import tempfile
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent.parent))

from benchmarks.harness import HEADER, ROOT, compare, install

PEER = "experimaestro==2.7.0"


def main() -> None:
    """Measure and print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--peer", help="the experimaestro to compare with")
    parser.add_argument("--ours", help="the xpm-config to measure")
    parser.add_argument("--runs", type=int, default=9)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        place = Path(folder)
        peer = options.peer or str(install(place / "peer", PEER) / "experimaestro")
        ours = options.ours or str(install(place / "ours", str(ROOT)) / "xpm-config")
        own = place / "home/.config/experimaestro/settings.yaml"
        own.parent.mkdir(parents=True)
        own.write_text((ROOT / "examples/settings.yaml").read_text())
        os.environ["HOME"] = str(place / "home")
        os.environ.pop("XPM_SETTINGS", None)
        select, listing = [ours, "select", "nlp-7"], [peer, "workspaces", "list"]
        # What is timed must do its work.
        selected = subprocess.run(select, check=True, capture_output=True, text=True).stdout
        listed = subprocess.run(listing, check=True, capture_output=True, text=True).stdout
        if selected != f"{place.resolve()}/home/experiments/nlp\n" or "neuralir" not in listed:
            sys.exit("nothing was measured: the workspaces were not found")
        print(HEADER)
        compare("select by trigger", select, listing, options.runs, 0.35)


if __name__ == "__main__":
    main()
