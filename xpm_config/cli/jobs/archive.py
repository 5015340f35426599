"""`xpm-config jobs archive`: bring jobs into the backup and move folders of their workspace."""

from __future__ import annotations

from itertools import chain
from typing import TYPE_CHECKING, NamedTuple

from xpm_config.cli.jobs.act import Deed, How, act
from xpm_config.cli.jobs.place import Where, chosen, find, need_folders
from xpm_config.jobs import bulk, preview
from xpm_config.jobs.choice import choose, is_glob
from xpm_config.jobs.delivery import written
from xpm_config.jobs.outcome import Outcome
from xpm_config.jobs.root import Root
from xpm_config.jobs.spool import Spool

if TYPE_CHECKING:
    from collections.abc import Sequence

    from xpm_config.jobs.layout import JobId


class Options(NamedTuple):
    """What was asked for; the defaults are those of the command."""

    jobs: tuple[str, ...] = ()
    everything: bool = False
    rewrite_paths: bool = False
    where: Where = Where()
    how: How = How()


def run(options: Options) -> int:
    """Archive the jobs, and return the exit code."""
    found = find(options.where)
    need_folders(found, "backup", "move")
    plan = found.plan
    choice = chosen(options.jobs, [plan.workspace], everything=options.everything)
    left = _opted_out(plan.workspace, options.jobs)
    jobs = [job for job in choice.jobs if job not in left]
    skipped = [
        Outcome(job, "", "skipped", "it was submitted with `backup=False`") for job in choice.jobs if job in left
    ]
    return act(
        found,
        choice,
        Deed(
            "archive",
            "archiving",
            lambda: chain(skipped, preview.archive(plan, jobs)),
            lambda executor: chain(skipped, bulk.archive(plan, jobs, executor, rewrite=options.rewrite_paths)),
            each=len(written(plan.folders)),
        ),
        options.how,
    )


def _opted_out(workspace: str, words: Sequence[str]) -> set[JobId]:
    """The jobs that are not to be archived; those that are named one by one are, all the same."""
    with Root(workspace) as root:
        left = Spool(root).opted_out()
    if left:
        left -= set(choose([word for word in words if not is_glob(word)], [workspace]).jobs)
    return left
