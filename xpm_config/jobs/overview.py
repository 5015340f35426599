"""How a workspace and its folders are, in numbers, and what somebody may want to look at. Nothing is written."""

from __future__ import annotations

import os
from collections import Counter
from contextlib import ExitStack
from typing import TYPE_CHECKING, NamedTuple

from xpm_config.jobs.folder import condition
from xpm_config.jobs.layout import OURS
from xpm_config.jobs.lookup import shelf_paths
from xpm_config.jobs.manifest import ManifestError, read_entries
from xpm_config.jobs.plan import look_into
from xpm_config.jobs.processes import is_dead
from xpm_config.jobs.records import read_records
from xpm_config.jobs.root import Root
from xpm_config.jobs.spool import Spool
from xpm_config.jobs.survey import look_at, survey

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from xpm_config.jobs.folder import Folder
    from xpm_config.jobs.layout import JobId
    from xpm_config.jobs.plan import Plan
    from xpm_config.jobs.survey import Condition, JobState

_SUSPECT: tuple[Condition, ...] = ("incomplete", "missing", "partial")


class Concern(NamedTuple):
    """A job, or a copy of it in a folder, that somebody may want to look at; `target` is that of its link."""

    job: JobId
    state: JobState
    target: str = ""
    folder: str = ""
    condition: Condition | None = None

    @property
    def serious(self) -> bool:
        """Whether it does not go by itself."""
        return self.condition in ("incomplete", "missing") or (not self.folder and self.state == "dangling")


class FolderState(NamedTuple):
    """A folder: what keeps it from being used, if anything, its copies, and how many jobs that succeeded it lacks."""

    folder: Folder
    trouble: str
    copies: Counter[Condition]
    without: int


class Overview(NamedTuple):
    """The state of a workspace; `under_way` and `left_over`, by processes that live or have died, are in words."""

    jobs: Counter[JobState]
    folders: tuple[FolderState, ...]
    concerns: tuple[Concern, ...]
    pending: int
    opted_out: int
    under_way: tuple[str, ...]
    left_over: tuple[str, ...]
    set_aside: int


def overview(plan: Plan, jobs: Sequence[JobId] | None = None) -> Overview:
    """How a workspace is, or some of its jobs with all of their copies; raises OSError of failing disks."""
    with Root(plan.workspace) as workspace, ExitStack() as opened:
        folders, away = look_into(plan.folders, opened)
        surveyed = survey(workspace, folders) if jobs is None else look_at(workspace, folders, jobs)
        states: Counter[JobState] = Counter()
        copies: dict[str, Counter[Condition]] = {}
        having: Counter[str] = Counter()
        concerns: list[Concern] = []
        for one in surveyed:
            states[one.state] += 1
            if one.state == "dangling" or (jobs is not None and not one.copies):
                concerns.append(Concern(one.job, one.state, one.target))
            for copy in one.copies:
                copies.setdefault(copy.folder, Counter())[copy.condition] += 1
                having[copy.folder] += one.state in ("done", "moved")
                if jobs is not None or copy.condition in _SUSPECT:
                    concerns.append(Concern(one.job, one.state, one.target, copy.folder, copy.condition))
        reasons = dict(away)
        succeeded = states["done"] + states["moved"]
        spool = Spool(workspace)
        under_way, left_over = _records([workspace, *(folder.root for folder in folders)])
        return Overview(
            states,
            tuple(
                _folder(folder, _trouble(folder, plan, workspace, reasons), copies, having, succeeded)
                for folder in plan.folders
            ),
            tuple(sorted(concerns, key=lambda concern: not concern.serious)),
            sum(1 for _ in spool.pending(tuple(folder.path for folder in plan.folders))),
            len(spool.opted_out()),
            tuple(under_way),
            tuple(left_over),
            _set_aside(workspace),
        )


def lacks(concern: Concern) -> Iterator[tuple[str, str]]:
    """What a copy lacks, as paths with reasons; raises OSError where the folder is not there."""
    if concern.condition not in ("partial", "incomplete"):
        return
    with Root(concern.folder) as root:
        try:
            for entry in read_entries(root, concern.job):
                if str(entry.kind) in ("left out", "problem"):
                    yield entry.path, entry.value or "a rule leaves it out"
        except ManifestError as error:
            yield "its manifest", error.message


def _folder(
    folder: Folder, trouble: str, copies: dict[str, Counter[Condition]], having: Counter[str], succeeded: int
) -> FolderState:
    paths = [os.path.realpath(path) for path in shelf_paths(folder.path, folder.mode)]
    counts: Counter[Condition] = Counter()
    for path in paths:
        counts.update(copies.get(path, {}))
    return FolderState(folder, trouble, counts, max(succeeded - sum(having[path] for path in paths), 0))


def _trouble(folder: Folder, plan: Plan, workspace: Root, away: dict[str, str]) -> str:
    if folder.mode == "use":
        return away.get(folder.path, "")
    found, reason = condition(folder.path, workspace, plan.others)
    # A new folder is created when it is used for the first time.
    return "" if found in ("mounted", "new") else reason


def _records(roots: Iterable[Root]) -> tuple[list[str], list[str]]:
    """What is under way in workspace and folders, and what dead processes left, in words."""
    under_way: list[str] = []
    left_over: list[str] = []
    for root in roots:
        for unique, record in read_records(root).items():
            if record is None:
                left_over.append(f"{root.path}: the record {unique} cannot be read")
                continue
            owner = record.owner
            dead = is_dead(owner)
            words = f"{root.path}: {record.kind} of {record.job}, process {owner.number} of {owner.host}"
            (left_over if dead else under_way).append(words + (", if it still lives" if dead is None else ""))
    return under_way, left_over


def _set_aside(workspace: Root) -> int:
    path = os.path.join(workspace.path, OURS, "aside")
    try:
        return sum(len(os.listdir(os.path.join(path, task))) for task in os.listdir(path))
    except OSError:
        return 0
