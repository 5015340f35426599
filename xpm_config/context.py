"""What the checks look at: one document, the target release, the schema, and what loading it gave."""

from __future__ import annotations

import re
from functools import cached_property
from typing import TYPE_CHECKING, Any, NamedTuple

from xpm_config import registry
from xpm_config.outline import Outline

if TYPE_CHECKING:
    from collections.abc import Mapping as Environ

    from xpm_config.diagnostics import Span
    from xpm_config.document import Document, Node
    from xpm_config.loaders.model import Loaded
    from xpm_config.outline import Setting
    from xpm_config.releases import Release
    from xpm_config.values import Constructor


class Workspace(NamedTuple):
    """The settings of one item of `workspaces` that checks compare with those of others."""

    number: int
    item: Setting
    id: Setting | None
    path: Setting | None
    host: Setting | None
    triggers: list[Setting]
    folders: list[Folder]
    alternatives: list[Setting]

    @property
    def is_remote(self) -> bool:
        """Whether experimaestro keeps it out of local runs."""
        return self.host is not None and bool(self.host.text)

    @property
    def name(self) -> str:
        """How messages call it."""
        return f"workspace `{self.id.text}`" if self.id is not None and self.id.text else f"workspace {self.number + 1}"


class Folder(NamedTuple):
    """One item of `folders`: its path and its mode ("use" where it has none)."""

    path: Setting
    mode: str


class Context:
    """One document being checked against one release."""

    def __init__(
        self,
        document: Document,
        constructor: Constructor,
        loaded: Loaded,
        version: int,
        release: Release,
        environ: Environ[str, str],
    ) -> None:
        assert document.root is not None
        self.document = document
        self.constructor = constructor
        self.loaded = loaded
        self.version = version
        self.release = release
        self.environ = environ
        self.schema = registry.schema(version)
        # Settings of newer releases are looked at as well: they are told from typing mistakes.
        self.outline = Outline(document.root, constructor, registry.schema(registry.NEWEST))

    def source(self, span: Span) -> str:
        """The text of a piece of the file."""
        return self.document.text[span.start : span.end]

    def keeps_from_loading(self, node: Node) -> bool:
        """Whether the target release fails to load the file at this node.

        What mends such a place is safe: nothing that stands there has been in effect.
        """
        return id(node) in self.refused

    @cached_property
    def refused(self) -> set[int]:
        """The ids of the nodes at which the target release fails to load."""
        return {id(problem.node) for problem in self.loaded.problems if problem.node is not None}

    def loaded_value(self, setting: Setting) -> Any:
        """What the target release holds for a setting; None where it does not hold it."""
        value: Any = self.loaded.settings
        for part in re.findall(r"[^.\[\]]+|\[\d+\]", setting.key):
            try:
                value = value[int(part[1:-1])] if part.startswith("[") else value[part]
            except (KeyError, IndexError, TypeError):
                return None
        return value

    @cached_property
    def workspaces(self) -> list[Workspace]:
        """The workspaces, in order."""
        groups: dict[str, dict[str, list[Setting]]] = {}
        for setting in self.outline.settings:
            if setting.pattern.startswith("workspaces[]."):
                prefix = setting.key[: setting.key.index("]") + 1]
                groups.setdefault(prefix, {}).setdefault(setting.pattern[13:], []).append(setting)
        return [
            _workspace(index, item, groups.get(item.key, {}))
            for index, item in enumerate(self.outline.at("workspaces[]"))
        ]

    @property
    def local_workspaces(self) -> list[Workspace]:
        """The workspaces that local runs can use, in order."""
        return [workspace for workspace in self.workspaces if not workspace.is_remote]


def _workspace(index: int, item: Setting, parts: dict[str, list[Setting]]) -> Workspace:
    def one(name: str) -> Setting | None:
        return parts[name][0] if name in parts else None

    modes = {setting.key.rpartition(".")[0]: setting.text or "" for setting in parts.get("folders[].mode", ())}
    folders = [
        Folder(path, modes.get(path.key.rpartition(".")[0], "use").lower()) for path in parts.get("folders[].path", ())
    ]
    return Workspace(
        index,
        item,
        one("id"),
        one("path"),
        one("ssh.host"),
        parts.get("triggers[]", []),
        folders,
        parts.get("alt_workspaces[]", []),
    )


def is_secret(setting: Setting) -> bool:
    """Whether the value of a setting must never be shown."""
    if setting.schema.get("x-xpm-secret"):
        return True
    if not setting.pattern.endswith("env.*"):
        return False
    from xpm_config.secrets import is_telling

    return is_telling(setting.name)
