"""Checks of the directories that the settings name: those of local workspaces, and their folders."""

from __future__ import annotations

import errno
import re
from typing import TYPE_CHECKING, Any, NamedTuple

from xpm_config.doctor import probing
from xpm_config.doctor.mounts import mounts
from xpm_config.doctor.subject import error, warning
from xpm_config.location import expanded
from xpm_config.quoting import quote
from xpm_config.secrets import is_telling

if TYPE_CHECKING:
    from collections.abc import Iterator

    from xpm_config.diagnostics import Diagnostic
    from xpm_config.doctor.mounts import Mounts
    from xpm_config.doctor.subject import Subject
    from xpm_config.outline import Setting

MIN_BYTES = 10 << 30
MIN_FILES = 10_000
MIN_SHARE = 0.01
"""Space is short when less than this share is free, and less than the number of bytes, or of files, above."""

_REFERENCE = re.compile(r"\$\{([^}]*)")

_ACCESS = "see `ls -ld` and `id`, and ask its owner"
_ADVICE = {
    0: "correct the path",
    errno.EACCES: _ACCESS,
    errno.EPERM: _ACCESS,
    errno.ELOOP: "its symbolic links go round in circles: check them with `ls -l`",
    errno.ENAMETOOLONG: "shorten the path",
    # Only a relative path ends with this: without a current directory, nothing can be said of it.
    errno.ENOENT: "change to a directory that is there",
}


class Place(NamedTuple):
    """A directory that the settings name; `use` is workspace, or the mode of a folder."""

    path: str
    use: str
    label: str
    setting: Setting

    @property
    def is_written(self) -> bool:
        """Whether experimaestro writes there."""
        return self.use != "use"

    @property
    def is_secret(self) -> bool:
        """Whether a part of the path is the value of a variable that holds a secret."""
        return any(is_telling(name) for name in _REFERENCE.findall(self.setting.text or ""))

    @property
    def shown(self) -> str:
        """The path as messages show it."""
        return (self.setting.text or "") if self.is_secret else self.path

    def command(self, start: str) -> str:
        """A command for the path, to be pasted; without the path where that is secret."""
        return f"`{start}` with its path" if self.is_secret else f"{start} {quote(self.path)}"


def directories(subject: Subject) -> Iterator[Diagnostic]:
    """XPM311 to XPM322: what stands in the way of using the directories."""
    groups = list(_places(subject))
    wanted: dict[str, probing.Wanted] = {}
    for place in (place for group in groups for place in group):
        before = wanted.get(place.path, probing.Wanted(links=False, staging=False))
        wanted[place.path] = probing.Wanted(
            before.links or place.use == "workspace", before.staging or place.is_written
        )
    answers = probing.look(wanted, subject.seconds)
    mounted = mounts()
    looked_through: set[str] = set()
    measured: set[int] = set()
    for group in groups:
        for place in group:
            answer = answers[place.path]
            if answer.state is None:
                yield _no_answer(place, subject.seconds)
                continue
            yield from _state(place, answer.state, mounted)
            if place.use == "backup":
                yield from _same_disk(place, answer.state, answers[group[0].path].state)
            if not place.is_written or answer.state["kind"] != "directory":
                continue
            if answer.state["device"] not in measured and not answer.state["read_only"]:
                measured.add(answer.state["device"])
                yield from _space(place, answer.state)
            if place.path not in looked_through:
                looked_through.add(place.path)
                yield from _jobs(place, answer.jobs, subject.seconds)


def _places(subject: Subject) -> Iterator[list[Place]]:
    """The directories of each local workspace; its own comes first."""
    context = subject.context
    if context is None or not subject.loads:
        return
    for workspace in context.local_workspaces:
        settings = [(workspace.path, "workspace", f"the directory of {workspace.name}")]
        # An alternative that is the id of a workspace is looked at as that workspace.
        settings += [
            (one, "use", f"a folder of {workspace.name}") for one in workspace.alternatives if _is_path(one.text or "")
        ]
        settings += [(one.path, one.mode, f"a {one.mode} folder of {workspace.name}") for one in workspace.folders]
        yield [
            Place(_absolute(context.loaded_value(setting)), use, label, setting)
            for setting, use, label in settings
            if setting is not None
        ]


def _is_path(text: str) -> bool:
    return text.startswith(("/", "~"))


def _absolute(path: str) -> str:
    # Links are left to the probe: following them may take for ever.
    return probing.absolute(expanded(path))


# -- what a directory is ----------------------------------------------------------------------------


def _no_answer(place: Place, seconds: float) -> Diagnostic:
    message = f"{place.label}, {place.shown}, does not answer within {seconds:g} s"
    advice = "look after the network disk that it is on (`mount` lists them), or give it time with `--timeout`"
    return error("XPM311", message, advice, place.setting)


def _state(place: Place, state: dict[str, Any], mounted: Mounts) -> Iterator[Diagnostic]:
    report = error if place.is_written else warning
    lost = mounted.missing_at(state["real"]) if "real" in state else None
    if lost is not None:
        message = f"{place.label} belongs on the disk of {lost}, which is not mounted"
        yield report("XPM314", message, f"mount {quote(lost)}", place.setting)
    elif state["kind"] == "missing":
        yield from _missing(place, state)
    elif state["kind"] == "file":
        message = f"{place.label}, {place.shown}, is no directory, or a part of its path is none"
        yield error("XPM315", message, "correct the path, or move that file away", place.setting)
    elif state["kind"] == "error":
        message = f"{place.label}, {place.shown}, cannot be looked at: {state['reason']}"
        advice = _ADVICE.get(state["errno"], "look after the disk that it is on")
        yield error("XPM316", message, advice, place.setting)
    else:
        yield from _usable(place, state)


def _missing(place: Place, state: dict[str, Any]) -> Iterator[Diagnostic]:
    make = place.command("mkdir -p")
    # Of a workspace, experimaestro makes what the link leads to.
    if state["link"] and place.use != "workspace":
        target = "a place" if place.is_secret else f"{state['real']},"
        message = f"{place.label}, {place.shown}, is a link to {target} which is not there"
        report = error if place.is_written else warning
        yield report("XPM313", message, "correct the link, or mount the disk that it leads to", place.setting)
    elif place.is_written and not state["above_writable"]:
        above = "where it belongs" if place.is_secret else state["above"]
        message = f"{place.label} cannot be made: you may not write to {above}"
        yield error("XPM316", message, _ACCESS, place.setting)
    elif place.use == "workspace":
        message = f"{place.label}, {place.shown}, is not there yet: experimaestro makes it at the first run"
        yield warning("XPM312", message, f"if there should be one, correct the path; else {make}", place.setting)
    elif place.use == "use":
        message = f"{place.label}, {place.shown}, is not there: nothing will be found in it"
        yield warning("XPM313", message, "correct the path, or mount its disk", place.setting)
    elif state["parent_is_there"]:
        message = f"{place.label}, {place.shown}, is not there yet: experimaestro makes it for the first job"
        yield warning("XPM313", message, f"if there should be one, mount its disk; else {make}", place.setting)
    else:
        message = f"{place.label}, {place.shown}, is not there, nor what it is in: is its disk mounted?"
        yield error("XPM313", message, f"mount it, correct the path, or {make}", place.setting)


def _usable(place: Place, state: dict[str, Any]) -> Iterator[Diagnostic]:
    if not state["readable"]:
        yield error("XPM316", f"you may not read {place.label}, {place.shown}", _ACCESS, place.setting)
    elif place.is_written and state["read_only"]:
        message = f"{place.label}, {place.shown}, is on a disk that is mounted read-only"
        yield error("XPM316", message, "mount it for writing, or choose another place", place.setting)
    elif place.is_written and not state["writable"]:
        yield error("XPM316", f"you may not write to {place.label}, {place.shown}", _ACCESS, place.setting)
    elif not place.is_written and not state["has_jobs"]:
        message = f"{place.label}, {place.shown}, has no `jobs` in it: nothing will be found"
        yield warning("XPM319", message, "mount its disk, or name the workspace that has them", place.setting)


def _space(place: Place, state: dict[str, Any]) -> Iterator[Diagnostic]:
    room = (("bytes", MIN_BYTES, _readable_size(state["free_bytes"])), ("files", MIN_FILES, f"{state['free_files']:,}"))
    for unit, least, words in room:
        free, total = state[f"free_{unit}"], state[unit]
        # Some file systems, such as btrfs, do not count files.
        if total and free < least and free < MIN_SHARE * total:
            left = f"room for {words} new files" if unit == "files" else words
            message = f"on the disk of {place.label} only {left} {'is' if unit == 'files' else 'are'} left"
            report = error if free == 0 else warning
            usage = "`df -h`" if place.is_secret else f"`{place.command('df -h')}`"
            yield report("XPM317", message, f"delete what you do not need; {usage}", place.setting)


def _readable_size(count: int) -> str:
    size, units = float(count), ["B", "KiB", "MiB", "GiB"]
    while size >= 1024 and len(units) > 1:
        size /= 1024
        units.pop(0)
    return f"{size:.3g} {units[0]}"


def _same_disk(place: Place, state: dict[str, Any], workspace: dict[str, Any] | None) -> Iterator[Diagnostic]:
    if workspace is not None and state.get("device", -1) == workspace.get("device"):
        message = f"{place.label} is on the same disk as the workspace: what takes one takes both"
        yield warning("XPM318", message, "choose a folder on another disk", place.setting)


# -- what is in its jobs ----------------------------------------------------------------------------


def _jobs(place: Place, found: dict[str, Any] | None, seconds: float) -> Iterator[Diagnostic]:
    if found is None or not found["complete"]:
        many = f" of more than {found['looked_at']:,} jobs" if found is not None else ""
        message = f"the jobs in {place.label} were not all looked at in {seconds:g} s{many}"
        yield warning("XPM322", message, "give it time with `--timeout`", place.setting)
    if found is None:
        return
    dangling, staging = found["dangling"], found["staging"]
    if dangling["count"]:
        message = f"{_many(dangling, 'job is a link', 'jobs are links')} to where nothing is, in {place.shown}"
        advice = "mount the folder that they were moved to; delete a link whose job is to run again"
        yield error("XPM320", f"{message}: {_examples(dangling)}", advice, place.setting)
    if staging["count"]:
        message = f"{_many(staging, 'copy was', 'copies were')} never finished, in {place.shown}: {_examples(staging)}"
        advice = "nothing needs them: delete them when no experiment is running"
        yield warning("XPM321", message, advice, place.setting)


def _many(found: dict[str, Any], one: str, several: str) -> str:
    return f"{found['count']:,} {one if found['count'] == 1 else several}"


def _examples(found: dict[str, Any]) -> str:
    more = found["count"] - len(found["first"])
    return ", ".join(found["first"]) + (f" and {more:,} more" if more else "")
