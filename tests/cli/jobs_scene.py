"""What the tests of the commands about jobs share: a workspace with folders and settings, and ways to run commands."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

from tests.jobs.scene import JOB, Place
from xpm_config import cli
from xpm_config.jobs.layout import JobId

__all__ = ["JOB", "OTHER", "THIRD", "Scene", "program", "run"]

OTHER = JobId("nlp.train.bert", "0a9f")
THIRD = JobId("nlp.index", "77")


class Scene:
    """A workspace `main` with three finished jobs, and a settings file that gives it folders."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.workspace = Place(path / "ws")
        for job in (JOB, OTHER, THIRD):
            self.workspace.make(job)
        self.settings()

    def settings(self, *modes: str, more: str = "") -> None:
        """Give the workspace a folder of each mode, named by it."""
        folders = "".join(f"      - path: {self.path}/{mode}\n        mode: {mode}\n" for mode in modes)
        text = f"workspaces:\n  - id: main\n    path: {self.workspace.path}\n"
        (self.path / "s.yaml").write_text(text + (f"    folders:\n{folders}" if folders else "") + more)

    def folder(self, mode: str) -> Path:
        """The folder of a mode."""
        return self.path / mode

    def copy(self, mode: str, job: JobId = JOB) -> Path:
        """The copy of a job in the folder of a mode."""
        return Path(job.path(str(self.path / mode)))


def run(*arguments: str) -> int:
    """Run a command on the settings file of the current directory, for experimaestro 2.7.0."""
    return cli.main([*arguments, "--settings", "s.yaml"])


def program(scene: Scene, *arguments: str, **environment: str) -> subprocess.Popen[str]:
    """The same in a process of its own."""
    root = Path(__file__).parent.parent.parent
    return subprocess.Popen(
        [sys.executable, "-m", "xpm_config", *arguments, "--settings", "s.yaml"],
        cwd=scene.path,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
        env={**os.environ, "PYTHONPATH": str(root), **environment},
    )
