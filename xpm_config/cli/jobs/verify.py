"""`xpm-config jobs verify`: read copies in full, and compare them with their manifests."""

from __future__ import annotations

import random
from typing import NamedTuple

from xpm_config.cli.amounts import parse_share
from xpm_config.cli.jobs.act import Deed, How, act
from xpm_config.cli.jobs.place import Where, chosen, find, need_folders
from xpm_config.jobs import bulk, preview


class Options(NamedTuple):
    """What was asked for; the defaults are those of the command."""

    jobs: tuple[str, ...] = ()
    everything: bool = False
    sample: str | None = None
    where: Where = Where()
    how: How = How()


def run(options: Options) -> int:
    """Verify the copies, and return the exit code."""
    share = 1.0 if options.sample is None else parse_share("--sample", options.sample)
    found = find(options.where)
    plan = found.plan
    # A sample is one of all jobs unless some are named.
    everything = options.everything or (options.sample is not None and not options.jobs)
    choice = chosen(options.jobs, plan.shelves, everything=everything)
    need_folders(found, "use", "backup", "move")
    if share < 1 and choice.jobs:
        number = max(1, round(len(choice.jobs) * share))
        # Another sample each time, so that in the end every copy is read.
        choice = choice._replace(jobs=tuple(sorted(random.sample(choice.jobs, number))))
    return act(
        found,
        choice,
        Deed(
            "verify",
            "verifying",
            lambda: preview.verify(plan, choice.jobs),
            lambda executor: bulk.verify(plan, choice.jobs, executor),
        ),
        options.how,
    )
