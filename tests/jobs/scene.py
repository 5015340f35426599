"""A workspace and a folder that tests fill and look into."""

from __future__ import annotations

import json
import os
from pathlib import Path

from xpm_config.jobs.layout import JobId
from xpm_config.jobs.root import Root

JOB = JobId("nlp.train.bert", "0a1b2c3d")


class Place:
    """A directory with jobs in it, as a workspace or a folder is, that tests fill and look into."""

    def __init__(self, path: Path) -> None:
        path.mkdir(exist_ok=True)
        self.path = path

    def __truediv__(self, name: str) -> Path:
        return self.path / name

    def job(self, job: JobId = JOB) -> Path:
        """The directory of a job."""
        return Path(job.path(str(self.path)))

    def make(self, job: JobId = JOB, *, done: bool = True) -> Path:
        """A job with the usual files, and some unusual ones."""
        path = self.job(job)
        (path / ".experimaestro").mkdir(parents=True)
        (path / ".experimaestro" / "status.json").write_text('{"state": "done"}')
        (path / ".experimaestro" / f"{job.name}.lock").touch()
        (path / f"{job.name}.lock").touch()
        (path / f"{job.name}.out").write_text("epoch 1\nepoch 2\n")
        (path / "params.json").write_text(json.dumps({"version": 3, "objects": []}))
        (path / "model").mkdir()
        (path / "model" / "weights.bin").write_bytes(os.urandom(50_000))
        (path / "model" / "best").symlink_to("weights.bin")
        if done:
            (path / f"{job.name}.done").touch()
        return path

    def contents(self, job: JobId = JOB) -> dict[str, bytes | str | None]:
        """All that a job has, by path: contents, texts of links, None for directories; no runtime files."""
        path = self.job(job)
        found: dict[str, bytes | str | None] = {}
        for directory, directories, files in os.walk(path):
            for name in (*directories, *files):
                one = Path(directory, name)
                relative = str(one.relative_to(path))
                if relative in job.runtime_files or relative == ".scheduler":
                    continue
                if one.is_symlink():
                    found[relative] = os.readlink(one)
                else:
                    found[relative] = None if one.is_dir() else one.read_bytes()
        return found

    def tasks(self, job: JobId = JOB) -> list[str]:
        """What stands beside a job, itself included."""
        directory = self.job(job).parent
        return sorted(os.listdir(directory)) if directory.is_dir() else []

    def records(self) -> list[str]:
        """The records of what is under way."""
        directory = self.path / ".xpm-config" / "staging"
        return sorted(os.listdir(directory)) if directory.is_dir() else []


class Opened:
    """A workspace and a folder, open."""

    def __init__(self, workspace: Place, folder: Place) -> None:
        self.workspace, self.folder = Root(str(workspace.path)), Root(str(folder.path))
