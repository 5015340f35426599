"""Which folder stands at a path: it carries a marker with an id, which the workspace and the user remember.

So an empty mount point is told from the folder that is mounted there, and nothing lands on the wrong disk.
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Literal, NamedTuple

from xpm_config.errors import XpmConfigError
from xpm_config.jobs.root import Root
from xpm_config.jobs.store import changing, read_json, write_json

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

Mode = Literal["use", "backup", "move"]
Condition = Literal["mounted", "new", "not mounted", "another", "refused"]

MARKER = "folder.json"
MEMORY = "folders.json"
WORKSPACE_MARKER = ".__experimaestro__"
"""The file that experimaestro puts into each workspace."""
_WAYS_OUT = "mount it; if it has really been replaced, `xpm-config folders accept PATH`"


class Folder(NamedTuple):
    """A folder of a workspace, as the settings name it."""

    path: str
    mode: Mode


class FolderError(XpmConfigError):
    """Nothing is written to a folder; `condition` is the reason in one word."""

    def __init__(self, condition: Condition, message: str, hint: str) -> None:
        super().__init__(message, hint)
        self.condition = condition


def open_folder(path: str, workspace: Root, others: Iterable[str] = (), *, mode: int | None = None) -> Root:
    """Open a folder to write copies to, created and marked when it is used for the first time.

    `others` are the paths of other workspaces, in which it must not lie either. Raises FolderError, nothing having
    been written, where the folder cannot be used, or is not the one that was used before.
    """
    check(path, (workspace.path, *others))
    known = remembered(path, workspace)
    root = _opened(path, mode, known)
    try:
        found = marker(root)
        if not found and known:
            raise FolderError("not mounted", f"{path} is not mounted: its marker is not there", _WAYS_OUT)
        if found and known and found not in known:
            raise FolderError("another", f"{path} is another folder than the one that was used before", _WAYS_OUT)
        found = found or _mark(root)
        if found not in known:
            _remember(path, found, workspace)
    except OSError as error:
        root.close()
        raise FolderError("refused", f"{path}: {error.strerror}", "check the folder and its permissions") from None
    except BaseException:
        root.close()
        raise
    return root


def check(path: str, workspaces: Sequence[str]) -> None:
    """Raise FolderError for a path that no copies may be written to: relative, or mixed up with a workspace."""
    if not os.path.isabs(path):
        reason = f"{path} is a relative path: it would be another folder in every directory"
        raise FolderError("refused", reason, "write it from the root, as in /backup/nlp")
    real = os.path.realpath(path)
    for workspace in map(os.path.realpath, workspaces):
        relation = _relation(real, workspace)
        if relation:
            reason = f"{path} {relation} the workspace {workspace}, whose cleaning would take the copies for its own"
            raise FolderError("refused", reason, "use a folder beside it")
    for parent in _with_parents(real):
        if os.path.isfile(os.path.join(parent, WORKSPACE_MARKER)):
            relation = _relation(real, parent)
            reason = f"{path} {relation} the workspace {parent}, whose cleaning would take the copies for its own"
            raise FolderError("refused", reason, "use a folder beside it")


def condition(path: str, workspace: Root, others: Iterable[str] = ()) -> tuple[Condition, str]:
    """The condition of a folder that copies would be written to, and what is wrong in words; nothing is written."""
    try:
        check(path, (workspace.path, *others))
        known = remembered(path, workspace)
        if not os.path.isdir(path):
            return ("not mounted", f"{path} is not there") if known else ("new", "")
        with Root(path) as root:
            found = marker(root)
    except FolderError as error:
        return error.condition, error.message
    except XpmConfigError as error:
        return "refused", error.message
    except OSError as error:
        return "refused", f"{path}: {error.strerror}"
    if not found:
        return ("not mounted", f"{path} has no marker") if known else ("new", "")
    if known and found not in known:
        return "another", f"{path} is another folder than the one that was used before"
    return "mounted", ""


def accept(path: str, workspace: Root, *, mode: int | None = None) -> None:
    """Take what stands at a path for the folder from now on; raises FolderError and OSError."""
    check(path, (workspace.path,))
    with Root(path, mode) as root:
        _remember(path, marker(root) or _mark(root), workspace)


def forget(path: str, workspace: Root) -> bool:
    """Forget which folder stands at a path, so that the next use is the first one; whether it was known."""
    known = False
    for directory, mode in _memories(workspace, create=False):
        with changing(MEMORY, directory, mode) as content:
            known |= content.pop(os.path.abspath(path), None) is not None
    return known


def remembered(path: str, workspace: Root) -> set[str]:
    """The ids of the folders that were used at a path, as the workspace and the user remember them."""
    known: set[str] = set()
    for directory, _ in _memories(workspace, create=False):
        found = read_json(MEMORY, directory).get(os.path.abspath(path), [])
        known |= {each for each in found if isinstance(each, str)} if isinstance(found, list) else set()
    return known


def marker(root: Root) -> str:
    """The id of an open folder; empty where it has no marker. Raises OSError and XpmConfigError."""
    try:
        content = read_json(MARKER, root.ours(create=False))
    except FileNotFoundError:
        return ""
    found = content.get("id", "")
    return found if isinstance(found, str) else ""


def memory(workspace: Root) -> dict[str, set[str]]:
    """The folders that a workspace has used, and the ids that were seen at their paths."""
    try:
        paths = list(read_json(MEMORY, workspace.ours(create=False)))
    except FileNotFoundError:
        return {}
    return {path: remembered(path, workspace) for path in paths}


def state_directory() -> str:
    """Where the user's programs keep what they remember."""
    base = os.environ.get("XDG_STATE_HOME") or os.path.join(os.path.expanduser("~"), ".local", "state")
    return os.path.join(base, "xpm-config")


# -- markers and memories -------------------------------------------------------------------------------


def _opened(path: str, mode: int | None, known: set[str]) -> Root:
    try:
        return Root(path, mode)
    except FileNotFoundError:
        if known:
            raise FolderError("not mounted", f"{path} is not mounted", _WAYS_OUT) from None
    except OSError as error:
        raise FolderError("refused", f"{path}: {error.strerror}", "check the folder and its permissions") from None
    try:
        try:
            os.mkdir(path)
        except FileExistsError:
            # Another process was faster, which uses it for the first time, too.
            pass
        return Root(path, mode)
    except FileNotFoundError:
        parent = os.path.dirname(path.rstrip("/"))
        reason = f"{parent} is not there, and may be a disk that is not mounted"
        raise FolderError("not mounted", reason, f"mount it, or `mkdir {parent}`") from None
    except OSError as error:
        raise FolderError("refused", f"{path}: {error.strerror}", "create the folder yourself") from None


def _mark(root: Root) -> str:
    new = os.urandom(16).hex()
    try:
        write_json(MARKER, root.ours(), {"id": new}, root.mode, replace=False)
    except FileExistsError:
        return marker(root)
    return new


def _remember(path: str, found: str, workspace: Root) -> None:
    """Remember an id in the workspace, and in the user's memory where there can be one; raises OSError."""
    for directory, mode in _memories(workspace, create=True):
        with changing(MEMORY, directory, mode) as content:
            known = content.setdefault(os.path.abspath(path), [])
            if found not in known:
                known.append(found)


def _memories(workspace: Root, *, create: bool) -> Iterator[tuple[int, int]]:
    """The open directories that hold a memory, one after the other, and the modes of their files."""
    try:
        yield workspace.ours(create=create), workspace.mode
    except FileNotFoundError:
        pass
    try:
        if create:
            os.makedirs(state_directory(), mode=0o700, exist_ok=True)
        home = os.open(state_directory(), os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    except OSError:
        # Not everybody has a home that can be written: then the workspace alone remembers.
        return
    try:
        yield home, 0o600
    finally:
        os.close(home)


def _relation(path: str, workspace: str) -> str:
    if path == workspace:
        return "is"
    if path.startswith(workspace.rstrip("/") + "/"):
        return "lies in"
    return "contains" if workspace.startswith(path.rstrip("/") + "/") else ""


def _with_parents(path: str) -> Iterator[str]:
    while True:
        yield path
        parent = os.path.dirname(path)
        if parent == path:
            return
        path = parent
