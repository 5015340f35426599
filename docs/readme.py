"""Runs the commands of README.md and puts their output there.

`python docs/readme.py` rewrites the output in the console blocks; with `--check` it exits with 1 where
the output differs from what the README shows.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parent.parent
# Shown in paths; it need not be there.
HOME = "/home/me"
README = ROOT / "README.md"
# Some output has fences of its own, so these blocks are fenced with tildes.
BLOCK = re.compile(r"(~~~console\n)(.*?)(~~~\n)", re.DOTALL)


def output(command: str) -> str:
    """What a command prints, run in the project's folder as a user without settings."""
    scripts = os.path.dirname(sys.executable)
    environment = {"PATH": f"{scripts}:{os.environ['PATH']}", "HOME": HOME, "COLUMNS": "80", "LANG": "C.UTF-8"}
    done = subprocess.run(
        ["sh", "-c", command],
        cwd=ROOT,
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )
    return done.stdout


def rendered(text: str) -> str:
    """The README with the output of every `$ command` line renewed."""

    def renew(block: re.Match[str]) -> str:
        commands = [line for line in block[2].splitlines() if line.startswith("$ ")]
        return block[1] + "".join(f"{line}\n{output(line[2:])}" for line in commands) + block[3]

    return BLOCK.sub(renew, text)


def main() -> int:
    """Renew or check the README."""
    text = README.read_text(encoding="utf-8")
    fresh = rendered(text)
    if "--check" in sys.argv:
        if fresh != text:
            print("README.md does not show what its commands print: run `python docs/readme.py`", file=sys.stderr)
        return int(fresh != text)
    README.write_text(fresh, encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
