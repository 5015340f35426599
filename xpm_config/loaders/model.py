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
