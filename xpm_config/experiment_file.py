"""What the YAML file of an experiment says about the run: its id, and the workspace or directory that it asks for.

experimaestro reads `id` and `add_timestamp`; the keys `workspace` and `workdir` are a wish of its users.
"""

from __future__ import annotations

import os
from datetime import datetime
from typing import TYPE_CHECKING, Any, NamedTuple

from xpm_config import files
from xpm_config.document import MAX_BYTES, Document, Mapping
from xpm_config.errors import FileUnreadableError, XpmConfigError
from xpm_config.location import expanded
from xpm_config.settings import Origin
from xpm_config.values import Constructor

if TYPE_CHECKING:
    from collections.abc import Iterator

    from xpm_config.document import Node

MAX_FILES = 100
"""No more files than this are read for one experiment, imported ones included."""


class Entry(NamedTuple):
    """A value of an experiment's file, and where it is written."""

    value: Any
    origin: Origin

    def text(self, key: str) -> str:
        """The value, which must be text and not empty; raises XpmConfigError."""
        if isinstance(self.value, str) and self.value:
            return self.value
        if self.value in ("", None):
            raise XpmConfigError(f"{self.origin}: `{key}` is empty", "write a value, or remove the key")
        raise XpmConfigError(f"{self.origin}: `{key}` must be text", "quote it")

    def switch(self, key: str) -> bool:
        """The value, which must be true or false; raises XpmConfigError."""
        if isinstance(self.value, bool):
            return self.value
        raise XpmConfigError(f"{self.origin}: `{key}` must be true or false", "write `true` or `false`")


class Experiment(NamedTuple):
    """What one experiment asks for; a relative `workdir` is one beside the file that says so."""

    id: str | None
    workspace: str | None
    workdir: str | None
    origins: dict[str, Origin]


def read_experiment(path: str, now: datetime | None = None) -> Experiment:
    """Read an experiment's file with what it imports, the importing file winning, as experimaestro merges them.

    `now` is the time for `add_timestamp`. Raises FileUnreadableError and XpmConfigError.
    """
    entries: dict[str, Entry] = {}
    for file in _in_order(path, (), [0], None):
        entries.update(file)
    # Without a value, these two take back what an imported file asks for.
    entries = {
        key: entry for key, entry in entries.items() if entry.value is not None or key not in ("workspace", "workdir")
    }
    name = entries["id"].text("id") if "id" in entries else None
    stamped = "add_timestamp" in entries and entries["add_timestamp"].switch("add_timestamp")
    if name is not None and stamped:
        name = f"{name}-{(now or datetime.now()).strftime('%Y%m%d-%H%M')}"  # noqa: DTZ005 - local, as experimaestro
    workspace = entries["workspace"].text("workspace") if "workspace" in entries else None
    workdir = entries["workdir"].text("workdir") if "workdir" in entries else None
    if workdir is not None:
        folder = os.path.dirname(entries["workdir"].origin.path)
        workdir = os.path.join(folder, expanded(workdir))
    return Experiment(name, workspace, workdir, {key: entry.origin for key, entry in entries.items()})


def _in_order(
    path: str, importers: tuple[str, ...], count: list[int], asked_at: Origin | None
) -> Iterator[dict[str, Entry]]:
    """The entries of a file and of all that it imports, those first that others override."""
    if not os.path.exists(path) and not path.endswith(".yaml"):
        path = os.path.splitext(path)[0] + ".yaml"
    count[0] += 1
    try:
        real = _real(path)
        if real in importers:
            raise XpmConfigError(f"{path}: this file imports itself", "remove it from `imports`")
        if count[0] > MAX_FILES:
            raise XpmConfigError(f"{path}: more than {MAX_FILES} files are imported", "import fewer")
        entries = _entries(path)
    except FileUnreadableError as error:
        if asked_at is None:
            raise
        raise FileUnreadableError(path, f"{error.message}; {asked_at} imports it", error.hint) from None
    for name, origin in _imports(entries):
        yield from _in_order(os.path.join(os.path.dirname(path), name), (*importers, real), count, origin)
    yield entries


def _real(path: str) -> str:
    """The path without links; raises FileUnreadableError for what can be none, and without a current directory."""
    try:
        return os.path.realpath(path)
    except OSError as error:
        raise files.unreadable(path, error) from None
    except ValueError:
        raise FileUnreadableError(path, "this cannot be a file name", "check the name") from None


def _imports(entries: dict[str, Entry]) -> list[tuple[str, Origin]]:
    """The names of the imported files, in order, and where they are written."""
    given = [key for key in ("parent", "imports") if key in entries and entries[key].value]
    if len(given) == 2:
        place = entries["parent"].origin
        raise XpmConfigError(f"{place}: `parent` and `imports` cannot stand together", "name all files in `imports`")
    for key in given:
        entry = entries[key]
        listed = [entry.value] if key == "parent" else entry.value
        if not isinstance(listed, list) or not all(isinstance(name, str) for name in listed):
            wanted = "the name of a file" if key == "parent" else "a list of file names"
            raise XpmConfigError(f"{entry.origin}: `{key}` must be {wanted}", f"write {wanted}")
        return [(name, entry.origin) for name in listed]
    return []


def _entries(path: str) -> dict[str, Entry]:
    data = files.read(path, usual="experiment.yaml")
    if len(data) > MAX_BYTES:
        message = f"{path}: the file is too large: {len(data):,} bytes, and at most {MAX_BYTES:,} are read"
        raise XpmConfigError(message, "keep large values in other files, which the experiment's code reads")
    document = Document(data)
    if document.problems:
        problem = document.problems[0]
        place = path
        if problem.span is not None:
            position = document.position(problem.span.start)
            place = f"{path}:{position.line}:{position.column}"
        raise XpmConfigError(f"{place}: {problem.message}", problem.help)
    root = document.root.resolved if document.root is not None else None
    if not isinstance(root, Mapping):
        raise XpmConfigError(f"{path}: an experiment is described by a mapping", "write `id: NAME` and what it needs")
    constructor = Constructor()

    def entry(node: Node, site: Node) -> Entry:
        position = document.position(site.start)
        return Entry(constructor.value(node), Origin("file", path, position.line, position.column))

    return {
        key: entry(found.value, found.site) for key, found in constructor.entries(root).items() if isinstance(key, str)
    }
