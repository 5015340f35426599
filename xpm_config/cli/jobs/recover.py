"""`xpm-config jobs recover`: bring jobs back into their workspace, from the first folder with a complete copy."""

from __future__ import annotations

from typing import NamedTuple

from xpm_config.cli.jobs.act import Deed, How, act
from xpm_config.cli.jobs.place import Where, chosen, find, need_folders
from xpm_config.jobs import bulk, preview


class Options(NamedTuple):
    """What was asked for; the defaults are those of the command."""

    jobs: tuple[str, ...] = ()
    everything: bool = False
    materialise: bool = False
    where: Where = Where()
    how: How = How()


def run(options: Options) -> int:
    """Recover the jobs, and return the exit code."""
    found = find(options.where)
    plan = found.plan
    choice = chosen(options.jobs, [plan.workspace, *plan.shelves], everything=options.everything)
    need_folders(found, "use", "backup", "move")
    return act(
        found,
        choice,
        Deed(
            "recover",
            "recovering",
            lambda: preview.restore(plan, choice.jobs, materialise=options.materialise),
            lambda executor: bulk.restore(plan, choice.jobs, executor, materialise=options.materialise),
        ),
        options.how,
    )
