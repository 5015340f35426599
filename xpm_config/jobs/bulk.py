"""The same for many jobs: archive, restore, verify, free.

The work is cut into units of some jobs, each of which can be done again, in any process and on any machine that
has the paths: an executor of `concurrent.futures` runs them. Without one they run here, in order.
"""

from __future__ import annotations

from concurrent.futures import as_completed
from contextlib import ExitStack
from itertools import islice
from typing import TYPE_CHECKING

from xpm_config.jobs import exclude
from xpm_config.jobs.archive import BATCH
from xpm_config.jobs.audit import audit
from xpm_config.jobs.delivery import Delivery, written
from xpm_config.jobs.free import backups
from xpm_config.jobs.free import free as free_job
from xpm_config.jobs.lookup import Shelf
from xpm_config.jobs.outcome import Outcome
from xpm_config.jobs.plan import look_into
from xpm_config.jobs.recovery import recover
from xpm_config.jobs.restore import materialise as materialise_job
from xpm_config.jobs.restore import restore as restore_job
from xpm_config.jobs.root import Root
from xpm_config.jobs.spool import Spool

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from concurrent.futures import Executor

    from xpm_config.jobs.layout import JobId
    from xpm_config.jobs.plan import Away, Plan

_UNITS = 16
"""Into so many units at least the work is cut, so that all processes have some and progress can be told."""


def archive(
    plan: Plan,
    jobs: Sequence[JobId],
    executor: Executor | None = None,
    *,
    thorough: bool = True,
    rewrite: bool = False,
) -> Iterator[Outcome]:
    """Bring jobs into the folders: backups first, in order, then the first move folder that is there.

    Later move folders get copies. There is one outcome for each job and folder. `thorough` looks at the sizes of
    all files of copies that are there; `rewrite` points old parameter files into the folder.
    """
    # Read here, so that an unreadable file stops everything before it begins.
    exclude.read_rules(plan.workspace)
    return _spread(executor, _archive, jobs, plan, thorough, rewrite)


def restore(
    plan: Plan, jobs: Sequence[JobId], executor: Executor | None = None, *, materialise: bool = False
) -> Iterator[Outcome]:
    """Bring jobs back into the workspace; one outcome for each. `materialise` turns moved ones into directories."""
    return _spread(executor, _restore, jobs, plan, materialise)


def verify(plan: Plan, jobs: Sequence[JobId], executor: Executor | None = None) -> Iterator[Outcome]:
    """Read the copies of jobs in full, and compare them with their manifests; one outcome for each copy."""
    return _spread(executor, _verify, jobs, plan)


def free(
    plan: Plan, jobs: Sequence[JobId], executor: Executor | None = None, *, older_than: float = 0
) -> Iterator[Outcome]:
    """Delete jobs that succeeded so long ago (s) from the workspace where a folder has them; one outcome for each."""
    return _spread(executor, _free, jobs, plan, older_than)


def repair(plan: Plan) -> list[str]:
    """Finish or undo what dead processes left in the workspace and the folders; what has to stay, in words."""
    staying = []
    for path in (plan.workspace, *(folder.path for folder in written(plan.folders))):
        try:
            with Root(path, plan.mode) as root:
                staying += [f"{path}: {words}" for words in recover(root)]
        except OSError:
            # It is not there: so nothing of it is in the way.
            continue
    return staying


# -- units ------------------------------------------------------------------------------------------------


def _spread(
    executor: Executor | None, unit: Callable[..., list[Outcome]], jobs: Sequence[JobId], *arguments: object
) -> Iterator[Outcome]:
    """The outcomes of units over all jobs, as they come; what has not begun is cancelled when nobody listens."""
    size = max(1, min(BATCH, -(-len(jobs) // _UNITS)))
    remaining = iter(jobs)
    parts = iter(lambda: tuple(islice(remaining, size)), ())
    if executor is None:
        for part in parts:
            yield from unit(part, *arguments)
        return
    futures = [executor.submit(unit, part, *arguments) for part in parts]
    try:
        for future in as_completed(futures):
            yield from future.result()
    finally:
        for future in futures:
            future.cancel()


def _archive(jobs: Sequence[JobId], plan: Plan, thorough: bool, rewrite: bool) -> list[Outcome]:
    with Root(plan.workspace, plan.mode) as workspace:
        delivery = Delivery(workspace, plan.folders, plan.others, mode=plan.mode, thorough=thorough, rewrite=rewrite)
        late: list[Outcome] = []
        try:
            outcomes = list(delivery.run({folder.path: jobs for folder in delivery.folders}))
        finally:
            late += delivery.finish()
        spool = Spool(workspace)
        for outcome in outcomes:
            if not outcome.passing:
                spool.remove(outcome.job, outcome.folder)
    # Of a job that was moved, the last word is whether its original is gone.
    told = {outcome.job: outcome for outcome in late}
    return [told.get(outcome.job, outcome) if outcome.what == "moved" else outcome for outcome in outcomes]


def _restore(jobs: Sequence[JobId], plan: Plan, materialise: bool) -> list[Outcome]:
    bring_back = materialise_job if materialise else restore_job
    with Root(plan.workspace, plan.mode) as workspace, ExitStack() as opened:
        folders, away = look_into(plan.folders, opened)
        shelves = [Shelf(root, mode == "move") for root, mode in folders]
        return [_knowing(away, bring_back(workspace, shelves, job)) for job in jobs]


def _verify(jobs: Sequence[JobId], plan: Plan) -> list[Outcome]:
    outcomes: list[Outcome] = []
    with ExitStack() as opened:
        folders, away = look_into(plan.folders, opened)
        for root, mode in folders:
            checked = (audit(root, job, in_use=mode == "move") for job in jobs)
            outcomes += [
                outcome for outcome in checked if outcome is not None and (mode, outcome.what) != ("use", "unverified")
            ]
    return outcomes + [
        Outcome(job, each.path, "unavailable", each.reason, "mount it, and try again") for each in away for job in jobs
    ]


def _free(jobs: Sequence[JobId], plan: Plan, older_than: float) -> list[Outcome]:
    with Root(plan.workspace, plan.mode) as workspace, ExitStack() as opened:
        shelves, away = backups(plan, workspace, opened)
        return [_knowing(away, free_job(workspace, shelves, job, older_than=older_than)) for job in jobs]


def _knowing(away: Sequence[Away], outcome: Outcome) -> Outcome:
    """The outcome, where no copy was found with the folders that could not be looked into."""
    if not away or outcome.what not in ("missing", "kept"):
        return outcome
    words = "; ".join(f"{each.path} could not be looked into ({each.reason})" for each in away)
    return outcome._replace(reason=f"{outcome.reason}; {words}", hint="mount the folder, and try again")
