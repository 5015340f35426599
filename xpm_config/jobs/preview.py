"""What archiving, restoring and the like would do, and how large it is: nothing is written.

The outcomes are those that the real thing would most likely have; contents are not read.
"""

from __future__ import annotations

import os
import stat
from contextlib import ExitStack
from typing import TYPE_CHECKING, NamedTuple

from xpm_config.jobs.copying import excludes
from xpm_config.jobs.delivery import written
from xpm_config.jobs.exclude import read_rules
from xpm_config.jobs.existing import archived_before, is_copy_itself
from xpm_config.jobs.folder import condition
from xpm_config.jobs.free import backups, candidate
from xpm_config.jobs.lookup import Shelf, find_copies
from xpm_config.jobs.manifest import read_summary
from xpm_config.jobs.outcome import Outcome, failure
from xpm_config.jobs.plan import look_into
from xpm_config.jobs.restore import standing
from xpm_config.jobs.root import Root
from xpm_config.jobs.source import Source, unfit
from xpm_config.jobs.tree import keep_all

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from xpm_config.jobs.exclude import Rules
    from xpm_config.jobs.folder import Folder
    from xpm_config.jobs.layout import JobId
    from xpm_config.jobs.plan import Plan
    from xpm_config.jobs.tree import Excludes


def size_of(directory: int, excluded: Excludes = keep_all) -> int:
    """The bytes of all files below an open directory, each counted once; what vanishes meanwhile counts nothing."""
    seen: dict[tuple[int, int], int] = {}
    for top, directories, files, inside in os.fwalk(".", dir_fd=directory):
        prefix = "" if top == "." else top[2:] + "/"
        directories[:] = [name for name in directories if not excluded(prefix + name, True)]
        for name in files:
            if not excluded(prefix + name, False):
                try:
                    status = os.stat(name, dir_fd=inside, follow_symlinks=False)
                except OSError:
                    continue
                if stat.S_ISREG(status.st_mode):
                    seen[status.st_dev, status.st_ino] = status.st_size
    return sum(seen.values())


def archive(plan: Plan, jobs: Sequence[JobId]) -> Iterator[Outcome]:
    """What archiving would do; an outcome for each job and folder."""
    rules = read_rules(plan.workspace)
    with Root(plan.workspace) as workspace, ExitStack() as opened:
        targets = [_target(folder, plan, workspace, opened) for folder in written(plan.folders)]
        moving = next((target for target in targets if target.folder.mode == "move" and not target.reason), None)
        for job in jobs:
            try:
                with Source(workspace, job) as source:
                    for target in targets:
                        yield _archived(workspace, source, target, None if target is moving else rules)
            except OSError as error:
                yield failure(job, "", error, "it could not be looked at")


class _Target(NamedTuple):
    """A folder that copies would be made in; without a root it would be created, unless there is a reason not to."""

    folder: Folder
    root: Root | None
    reason: str = ""


def _target(folder: Folder, plan: Plan, workspace: Root, opened: ExitStack) -> _Target:
    found, reason = condition(folder.path, workspace, plan.others)
    if found not in ("mounted", "new"):
        return _Target(folder, None, reason)
    if not os.path.isdir(folder.path):
        parent = os.path.dirname(folder.path.rstrip("/"))
        return _Target(folder, None, "" if os.path.isdir(parent) else f"{parent} is not there")
    return _Target(folder, opened.enter_context(Root(folder.path)))


def _archived(workspace: Root, source: Source, target: _Target, rules: Rules | None) -> Outcome:
    job, root, path = source.job, target.root, target.folder.path
    reason = unfit(source, path)
    if reason is not None:
        return reason
    if target.reason:
        return Outcome(job, path, "unavailable", target.reason, "`xpm-config folders list` tells more")
    if source.moved and (rules is None or (root is not None and is_copy_itself(root, source))):
        return Outcome(job, path, "already", "it was moved")
    if rules is not None and root is not None:
        before = archived_before(workspace, root, source, thorough=False)
        if before is not None:
            return before
    size = size_of(source.directory, excludes(job, rules))
    return Outcome(job, path, "moved" if rules is None else "archived", size=size)


def restore(plan: Plan, jobs: Sequence[JobId], *, materialise: bool = False) -> Iterator[Outcome]:
    """What restoring would do; an outcome for each job."""
    with Root(plan.workspace) as workspace, ExitStack() as opened:
        folders, _ = look_into(plan.folders, opened)
        shelves = [Shelf(root, mode == "move") for root, mode in folders]
        for job in jobs:
            try:
                moved = materialise and os.path.islink(job.path(workspace.path))
                yield (None if moved else standing(workspace, job)) or _restored(shelves, job)
            except OSError as error:
                yield failure(job, "", error, "it could not be looked at")


def _restored(shelves: Sequence[Shelf], job: JobId) -> Outcome:
    passed = []
    for copy in find_copies(shelves, job):
        if copy.reason:
            passed.append(f"{copy.path}: {copy.reason}")
            continue
        size = copy.summary.size if copy.summary is not None else _size_at(copy.path)
        return Outcome(job, copy.root.path, "restored", size=size)
    reason = f"no copy is complete: {'; '.join(passed)}" if passed else "no folder has a copy of it"
    return Outcome(job, "", "missing", reason)


def verify(plan: Plan, jobs: Sequence[JobId]) -> Iterator[Outcome]:
    """Which copies verifying would read; an outcome for each."""
    with ExitStack() as opened:
        for root, _ in look_into(plan.folders, opened)[0]:
            for job in jobs:
                summary = read_summary(root, job)
                if summary is not None:
                    yield Outcome(job, root.path, "sound", size=summary.size)


def free(plan: Plan, jobs: Sequence[JobId], *, older_than: float = 0) -> Iterator[Outcome]:
    """What freeing would delete if the copies are as their manifests say; an outcome for each job."""
    with Root(plan.workspace) as workspace, ExitStack() as opened:
        shelves, _ = backups(plan, workspace, opened)
        for job in jobs:
            try:
                found = candidate(workspace, shelves, job, older_than=older_than)
            except OSError as error:
                found = failure(job, "", error, "it could not be looked at")
            if isinstance(found, Outcome):
                yield found
            else:
                shelf, summary = found
                yield Outcome(job, shelf.root.path, "freed", size=summary.size)


def _size_at(path: str) -> int:
    directory = os.open(path, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        return size_of(directory)
    finally:
        os.close(directory)
