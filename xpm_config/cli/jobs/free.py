"""`xpm-config jobs free`: delete jobs from their workspace that a backup folder has in full."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, NamedTuple

from xpm_config.cli.amounts import counted, parse_age, shown_size
from xpm_config.cli.jobs.act import Deed, How, act
from xpm_config.cli.jobs.place import Where, chosen, find, need_folders
from xpm_config.errors import UsageError
from xpm_config.jobs import bulk, preview

if TYPE_CHECKING:
    from xpm_config.jobs.choice import Choice
    from xpm_config.jobs.plan import Plan


class Options(NamedTuple):
    """What was asked for; the defaults are those of the command."""

    jobs: tuple[str, ...] = ()
    everything: bool = False
    older_than: str | None = None
    yes: bool = False
    where: Where = Where()
    how: How = How()


def run(options: Options) -> int:
    """Free the jobs, after asking, and return the exit code."""
    age = 0.0 if options.older_than is None else parse_age("--older-than", options.older_than)
    found = find(options.where)
    need_folders(found, "backup")
    plan = found.plan
    # An age selects among all jobs unless some are named.
    everything = options.everything or (options.older_than is not None and not options.jobs)
    choice = chosen(options.jobs, [plan.workspace], everything=everything)
    if not (options.yes or options.how.dry_run) and not _agreed(plan, choice, age):
        return 1
    return act(
        found,
        choice,
        Deed(
            "free",
            "freeing",
            lambda: preview.free(plan, choice.jobs, older_than=age),
            lambda executor: bulk.free(plan, choice.jobs, executor, older_than=age),
        ),
        options.how,
    )


def _agreed(plan: Plan, choice: Choice, age: float) -> bool:
    """Ask whether jobs are to be deleted; raises UsageError where nobody can answer. Nothing to delete is agreed."""
    candidates = [outcome for outcome in preview.free(plan, choice.jobs, older_than=age) if outcome.what == "freed"]
    if not candidates:
        return True
    if not sys.stdin or not sys.stdin.isatty():
        raise UsageError("deleting jobs needs your consent, and there is no terminal to ask", "give `--yes`")
    size = shown_size(sum(outcome.size for outcome in candidates))
    print(f"{counted(len(candidates), 'job')} ({size}) of {plan.workspace} would be deleted there,")
    print("each after its copy was read in full and found sound; `jobs recover` brings them back.")
    try:
        answer = input("Delete them? [y/N] ")
    except EOFError:
        answer = ""
    return answer.strip().lower() in ("y", "yes")
