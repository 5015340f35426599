"""Renew `editor.png`, the README's picture of an editor that knows the schema.

`python docs/picture/make.py` shows `settings.yaml` of this folder, with the schema as it is now, in the Monaco editor
with the YAML language server (monaco-yaml), and photographs what headless Chromium draws. It needs Node.js 18 or
newer with npm, and Chromium; on Debian: `apt-get install nodejs npm chromium`. The npm packages are those of the lock
file; none of their install scripts run. Look at the picture before you commit it.

`editor.sha256` then tells of what it was made; with `--check` nothing is made, and the exit code is 1 if any of that,
or the picture, has changed since.
"""

from __future__ import annotations

import functools
import hashlib
import http.server
import os
import shutil
import subprocess
import sys
import tempfile
import threading
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

HERE = Path(__file__).parent
PICTURE = HERE / "editor.png"
DIGEST = HERE / "editor.sha256"
SOURCES = (
    HERE.parent.parent / "schema" / "settings.v2.schema.json",
    *(HERE / name for name in ("settings.yaml", "index.html", "page.css", "page.js", "shoot.mjs", "package-lock.json")),
)
"""What is in the picture, and how it is taken."""
PROGRAMS = ("node", "npm", "chromium")
WORKERS = {"editor.worker": "monaco-editor/esm/vs/editor/editor.worker.js", "yaml.worker": "monaco-yaml/yaml.worker.js"}


class _Quiet(http.server.SimpleHTTPRequestHandler):
    """Serves files without a word."""

    def log_message(self, format: str, *args: object) -> None:
        """Say nothing of a request."""


def run(*command: str, env: Mapping[str, str] | None = None) -> None:
    """Run a command in this folder; its failure ends the program, after what it says itself."""
    done = subprocess.run(command, cwd=HERE, env=env, check=False)
    if done.returncode != 0:
        sys.exit(f"the picture was not made: {command[0]} exited with {done.returncode}")


def bundle(site: str) -> None:
    """Put the page with all that it needs into the folder `site`."""
    entries = ["page.js", *(f"{name}={source}" for name, source in WORKERS.items())]
    loaders = ["--loader:.yaml=text", *(f"--loader:.{font}=file" for font in ("ttf", "woff", "woff2"))]
    esbuild = str(HERE / "node_modules" / ".bin" / "esbuild")
    run(esbuild, *entries, *loaders, "--bundle", "--format=esm", "--log-level=warning", f"--outdir={site}")
    shutil.copy(HERE / "index.html", site)


def photograph(site: str, home: str) -> None:
    """Serve the folder `site` to this machine only, and let Chromium, at home in `home`, draw it."""
    chromium = shutil.which("chromium")
    assert chromium is not None
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), functools.partial(_Quiet, directory=site)) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        address = f"http://127.0.0.1:{server.server_port}/"
        run("node", "shoot.mjs", address, chromium, str(PICTURE), env={**os.environ, "HOME": home})
        server.shutdown()


def digest() -> str:
    """The picture and its sources in one number, in hexadecimal digits."""
    parts = [hashlib.sha256(path.read_bytes()).digest() for path in (PICTURE, *SOURCES)]
    return hashlib.sha256(b"".join(parts)).hexdigest()


def main(arguments: list[str]) -> int:
    """Install, bundle, photograph; or with `--check` compare."""
    if "--check" in arguments:
        stale = DIGEST.read_text("utf-8").strip() != digest()
        if stale:
            print("stale: editor.png; renew it with `python docs/picture/make.py`")
        return int(stale)
    missing = [program for program in PROGRAMS if shutil.which(program) is None]
    if missing:
        sys.exit(f"{' and '.join(missing)} not found; on Debian: apt-get install nodejs npm chromium")
    run("npm", "ci", "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error")
    with tempfile.TemporaryDirectory() as site, tempfile.TemporaryDirectory() as home:
        bundle(site)
        photograph(site, home)
    DIGEST.write_text(digest() + "\n", encoding="utf-8", newline="\n")
    print(f"{PICTURE}: {PICTURE.stat().st_size / 1024:.0f} KB")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
