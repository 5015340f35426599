"""A background thread that works off a bounded queue, tries again what failed, and finishes before the program ends.

The thread lives as long as there is something to do. It is no daemon: the interpreter waits for it, and whoever
waits is told why.
"""

from __future__ import annotations

import threading
import time
import weakref
from collections import Counter, deque
from itertools import islice
from typing import TYPE_CHECKING, NamedTuple, Protocol

from xpm_config.errors import XpmConfigError
from xpm_config.jobs.outcome import Outcome, What

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from xpm_config.jobs.layout import JobId

BATCH = 64
MAX_QUEUED = 1000
"""No more jobs are held in memory; further ones are fetched from where they are remembered."""
DELAYS = (0.2, 1.0, 5.0, 30.0, 120.0)
"""So long it takes (s) until what failed is tried again, and again; after the last one it is reported."""
_DELAYS_AT_THE_END = (0.2, 0.5, 1.0)


class Work(Protocol):
    """What a worker does."""

    def deliver(self, jobs: list[JobId]) -> list[Outcome]:
        """Do the work for some jobs; the outcomes tell all that happened, at least one for each job."""

    def remembered(self) -> Iterable[JobId]:
        """The jobs that are still to be done, as they are remembered."""

    def holds(self) -> bool:
        """Whether something is left that `finish` does."""

    def finish(self) -> list[Outcome]:
        """Do what has to wait for the end."""


class Status(NamedTuple):
    """How far the work is: jobs that are `queued`, `working` on, `waiting` to be tried again; outcomes by kind."""

    queued: int
    working: int
    waiting: int
    outcomes: dict[What, int]


class Worker:
    """One background thread. `tell` gets the lines that the user has to see."""

    def __init__(self, work: Work, tell: Callable[[str], None]) -> None:
        self._work, self._tell = work, tell
        self._condition = threading.Condition()
        self._thread: threading.Thread | None = None
        self._queue: deque[JobId] = deque()
        self._queued: set[JobId] = set()
        self._more = False
        self._working = 0
        self._attempts: dict[JobId, int] = {}
        self._due: dict[JobId, float] = {}
        self._outcomes: dict[tuple[JobId, str], Outcome] = {}
        self._closing = self._abandoned = False

    def submit(self, job: JobId) -> None:
        """Let a job be worked on, without waiting."""
        with self._condition:
            self._attempts.pop(job, None)
            self._enqueue(job)
            self._awaken()

    def resume(self) -> None:
        """Work on all that is remembered."""
        with self._condition:
            self._more = True
            self._awaken()

    def wait(self, seconds: float | None = None) -> list[Outcome]:
        """Wait until nothing is left to do, or for so long; what happened to each job and folder since the start."""
        with self._condition:
            self._condition.wait_for(self._is_idle, seconds)
            return list(self._outcomes.values())

    def status(self) -> Status:
        """How far the work is."""
        with self._condition:
            counts = Counter(outcome.what for outcome in self._outcomes.values())
            return Status(len(self._queue), self._working, len(self._due), dict(counts))

    def close(self) -> list[Outcome]:
        """Finish what is left, with a message where that takes time; what happened to each job and folder.

        ^C leaves what has not begun to the next start.
        """
        self.end()
        thread = self._thread
        try:
            if thread is not None:
                thread.join()
        except BaseException:
            with self._condition:
                self._abandoned = True
                self._condition.notify_all()
            raise
        return self.wait(0)

    # -- the queue, under the lock ------------------------------------------------------------------------

    def _enqueue(self, job: JobId) -> None:
        if job in self._queued:
            return
        if len(self._queue) >= MAX_QUEUED:
            self._more = True
            return
        self._due.pop(job, None)
        self._queue.append(job)
        self._queued.add(job)

    def _awaken(self) -> None:
        if self._thread is None:
            self._thread = threading.Thread(target=self._run, name="xpm-config-jobs")
            self._thread.start()
        _watch_for_the_end(self)
        self._condition.notify_all()

    def _is_idle(self) -> bool:
        return not (self._queue or self._more or self._working or self._due)

    def end(self) -> None:
        """Go on without pauses, and let nothing wait; say so where that takes time."""
        with self._condition:
            if self._closing:
                return
            self._closing = True
            self._due = dict.fromkeys(self._due, 0.0)
            left = len(self._queue) + self._working + len(self._due)
            self._condition.notify_all()
        if left:
            jobs = "1 job" if left == 1 else f"{left:,} jobs"
            self._tell(f"{jobs} still to be copied; ^C leaves what has not begun to the next start")

    # -- the threads ------------------------------------------------------------------------------------------

    def _run(self) -> None:
        while (jobs := self._next()) is not None:
            outcomes = self._delivered(jobs) if jobs else self._finished()
            with self._condition:
                self._settle(jobs, outcomes)
                self._condition.notify_all()

    def _next(self) -> list[JobId] | None:
        """The next jobs; none where only the end is left to do, None where nothing is."""
        with self._condition:
            while True:
                self._queue_what_is_due()
                if self._abandoned:
                    self._queue.clear()
                    self._due.clear()
                    self._more = False
                elif not self._queue and self._more:
                    self._fetch()
                if self._queue:
                    jobs = [self._queue.popleft() for _ in range(min(BATCH, len(self._queue)))]
                    self._queued.difference_update(jobs)
                    self._working = len(jobs)
                    return jobs
                if self._due:
                    self._condition.wait(max(0.0, min(self._due.values()) - time.monotonic()))
                elif not self._work.holds():
                    self._thread = None
                    self._condition.notify_all()
                    return None
                elif self._closing:
                    return []
                else:
                    self._condition.notify_all()
                    self._condition.wait()

    def _queue_what_is_due(self) -> None:
        now = time.monotonic()
        for job in [job for job, due in self._due.items() if due <= now]:
            del self._due[job]
            self._enqueue(job)

    def _fetch(self) -> None:
        self._more = False
        fresh = (job for job in self._work.remembered() if job not in self._attempts)
        for job in islice(fresh, MAX_QUEUED):
            self._enqueue(job)
        self._more = len(self._queue) == MAX_QUEUED

    def _delivered(self, jobs: list[JobId]) -> list[Outcome]:
        try:
            return self._work.deliver(jobs)
        except XpmConfigError as error:
            return [Outcome(job, "", "failed", error.message, error.hint or "") for job in jobs]
        except Exception as error:  # noqa: BLE001 - whatever it is, it must not be swallowed with the thread
            reason = f"{type(error).__name__}: {error}"
            return [Outcome(job, "", "failed", reason, "nothing was lost; please report this") for job in jobs]

    def _finished(self) -> list[Outcome]:
        try:
            return self._work.finish()
        except OSError as error:
            self._tell(f"what was moved could not be cleaned up: {error}")
            return []

    def _settle(self, jobs: list[JobId], outcomes: list[Outcome]) -> None:
        self._working = 0
        for outcome in outcomes:
            self._outcomes[outcome.job, outcome.folder] = outcome
        passing = {outcome.job for outcome in outcomes if outcome.passing}
        for job in jobs:
            attempt = self._attempts.get(job, 0)
            delays = _DELAYS_AT_THE_END if self._closing else DELAYS
            final = [outcome for outcome in outcomes if outcome.job == job and not outcome.good]
            if job in passing and attempt < len(delays):
                self._attempts[job] = attempt + 1
                self._due[job] = time.monotonic() + delays[attempt]
                continue
            if job not in passing:
                self._attempts.pop(job, None)
            for outcome in final:
                self._tell(": ".join(filter(None, (str(job), outcome.folder, outcome.reason, outcome.hint))))


_workers: weakref.WeakSet[Worker] = weakref.WeakSet()
_watch: list[threading.Thread] = []


def _watch_for_the_end(worker: Worker) -> None:
    """Let a worker know when the program ends, before the interpreter waits for its thread."""
    _workers.add(worker)
    if not _watch:
        _watch.append(threading.Thread(target=_wait_for_the_end, name="xpm-config-end", daemon=True))
        _watch[0].start()


def _wait_for_the_end() -> None:
    threading.main_thread().join()
    for worker in list(_workers):
        worker.end()
