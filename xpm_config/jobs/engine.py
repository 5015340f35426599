"""The engine as a program uses it: jobs come back before they would run, and are archived when they have ended.

with Engine("/workspace", [Folder("/backup", "backup")]) as engine:
    if not engine.prepare(job).good:
        …                                  # the job has to run
    engine.finished(job)
"""

from __future__ import annotations

import sys
import threading
from contextlib import ExitStack
from typing import TYPE_CHECKING

from xpm_config.jobs.aside import set_aside_dangling
from xpm_config.jobs.delivery import Delivery
from xpm_config.jobs.folder import Folder
from xpm_config.jobs.lookup import Shelf, shelf_paths
from xpm_config.jobs.recovery import recover
from xpm_config.jobs.restore import restore
from xpm_config.jobs.root import Root
from xpm_config.jobs.spool import Spool
from xpm_config.jobs.worker import Status, Worker

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from typing_extensions import Self

    from xpm_config.jobs.layout import JobId
    from xpm_config.jobs.outcome import Outcome

__all__ = ["Engine", "Folder"]


def tell(text: str) -> None:
    """Say something to the user."""
    print(f"xpm-config: {text}", file=sys.stderr, flush=True)  # noqa: T201 - it outlives every other channel


class Engine:
    """The jobs of one workspace and its folders, for a program that runs them.

    `others` are the paths of other workspaces, in which no folder may lie; `mode` is the mode for what is made, by
    default that of the directories. Any thread may call; `close`, or leaving the context, finishes what is left.
    """

    def __init__(
        self,
        workspace: str,
        folders: Sequence[Folder],
        others: Sequence[str] = (),
        *,
        mode: int | None = None,
        tell: Callable[[str], None] = tell,
    ) -> None:
        """Open the workspace, and go on with what an earlier process left; raises OSError."""
        self._path, self._mode = workspace, mode
        self._folders = tuple(folders)
        self._root = Root(workspace, mode)
        self._spool = Spool(self._root)
        self._delivery = Delivery(self._root, self._folders, others, mode=mode)
        self._worker = Worker(self, tell)
        self._recovery = threading.Lock()
        self._recovered = False
        if any(True for _ in self.remembered()):
            self._worker.resume()

    def prepare(self, job: JobId) -> Outcome:
        """Before a job would run: bring it back if it is missing, which may take a while.

        It need not run where the outcome is good.
        """
        self._recover()
        with ExitStack() as opened:
            shelves = []
            for folder in self._folders:
                for path in shelf_paths(folder.path, folder.mode):
                    try:
                        shelves.append(Shelf(opened.enter_context(Root(path)), folder.mode == "move"))
                    except OSError:
                        # It is not mounted: others may have the job.
                        continue
            workspace = opened.enter_context(Root(self._path, self._mode))
            outcome = restore(workspace, shelves, job)
            if outcome.what == "missing":
                set_aside_dangling(workspace, job)
            return outcome

    def finished(self, job: JobId, backup: bool = True) -> None:
        """After a job has succeeded: remember that it is to be archived, or not, and return; raises OSError."""
        if not self._delivery.folders:
            return
        for folder in self._delivery.folders:
            if backup:
                self._spool.add(job, folder.path)
            else:
                self._spool.remove(job, folder.path)
        if backup:
            self._spool.opt_in(job)
            self._worker.submit(job)
        else:
            self._spool.opt_out(job)

    def wait(self, seconds: float | None = None) -> list[Outcome]:
        """Wait until all is archived, or for so long; what happened to each job and folder."""
        return self._worker.wait(seconds)

    def status(self) -> Status:
        """How far the archiving is."""
        return self._worker.status()

    def close(self) -> list[Outcome]:
        """Finish what is left; what happened to each job and folder."""
        outcomes = self._worker.close()
        self._root.close()
        return outcomes

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    # -- the work in the background -----------------------------------------------------------------------

    def deliver(self, jobs: list[JobId]) -> list[Outcome]:
        """Archive jobs in the folders for which they are pending."""
        self._recover()
        paths = [folder.path for folder in self._delivery.folders]
        wanted = {path: [job for job in jobs if self._spool.has(job, path)] for path in paths}
        outcomes = list(self._delivery.run(wanted))
        for outcome in outcomes:
            if not outcome.passing:
                self._spool.remove(outcome.job, outcome.folder)
        return outcomes

    def remembered(self) -> Iterable[JobId]:
        """The jobs that are pending for one of the folders, each once."""
        paths = tuple(folder.path for folder in self._delivery.folders)
        return dict.fromkeys(each.job for each in self._spool.pending(paths) if each.folder in paths)

    def holds(self) -> bool:
        """Whether originals of moved jobs wait for the end."""
        return self._delivery.holds

    def finish(self) -> list[Outcome]:
        """Delete the originals of moved jobs."""
        return self._delivery.finish()

    def _recover(self) -> None:
        with self._recovery:
            if not self._recovered:
                self._recovered = True
                recover(self._root)
