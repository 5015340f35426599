"""What loading gives: the settings as experimaestro would hold them, or why it would not load."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal, NamedTuple

from xpm_config.releases import Release, parse_release

if TYPE_CHECKING:
    from xpm_config.document import Node

ProblemKind = Literal[
    "value",  # YAML that cannot be constructed
    "duplicate-key",
    "unknown-key",
    "type",
    "missing-key",
    "interpolation",
    "path",
    "size",
]


class LoadProblem(NamedTuple):
    """One reason why a release would refuse the file.

    `key` is the path of the setting (`workspaces[0].id`), `node` the place (None: the whole file), and
    `message` never holds a value.
    """

    kind: ProblemKind
    key: str
    message: str
    node: Node | None


class Loaded(NamedTuple):
    """The outcome of loading one document.

    `settings` has the keys that the release knows and the file holds, with the values that it would
    hold: text, numbers, booleans, None, lists and dicts; a path is text as written, before `~` is
    expanded. It is meaningless where there are problems.
    """

    settings: dict[str, Any]
    problems: tuple[LoadProblem, ...]

    @property
    def loads(self) -> bool:
        """Whether the release loads the file without an error."""
        return not self.problems


def known_properties(schema: dict[str, Any], release: Release) -> dict[str, dict[str, Any]]:
    """The keys of an object schema that a release knows, by `x-xpm-since`."""
    return {
        key: sub
        for key, sub in schema.get("properties", {}).items()
        if parse_release(sub.get("x-xpm-since", "0")) <= release
    }


def effective_settings(loaded: Loaded) -> dict[str, Any]:
    """The settings with `alt_workspaces` and `folders` as the one list that experimaestro makes of them.

    Folders are (path, mode) pairs, the paths as they are written.
    """
    settings = dict(loaded.settings)
    workspaces = settings.get("workspaces", [])
    paths = {workspace["id"]: workspace["path"] for workspace in workspaces}
    settings["workspaces"] = [
        {
            **{key: value for key, value in workspace.items() if key not in ("alt_workspaces", "folders")},
            "folders": effective_folders(workspace, paths),
        }
        for workspace in workspaces
    ]
    return settings


def effective_folders(workspace: dict[str, Any], paths: dict[str, str]) -> list[tuple[str, str]]:
    """The folders of a workspace, alternatives first; `paths` are those of all workspaces by id, the last of equals."""
    alternatives = [(paths.get(reference, reference), "use") for reference in workspace.get("alt_workspaces", [])]
    listed = workspace.get("folders", [])
    # A `folders:` without a value adds nothing.
    listed = listed if isinstance(listed, list) else []
    return alternatives + [(folder["path"], folder.get("mode", "use")) for folder in listed]
