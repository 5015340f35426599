"""The document seen through the schema: every known setting with its place, value and description."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from xpm_config.document import Mapping, Scalar, Sequence

if TYPE_CHECKING:
    from xpm_config.document import Node
    from xpm_config.values import Constructor


class Setting(NamedTuple):
    """One setting that the schema knows, where it stands.

    `key` is its path (`workspaces[0].triggers[1]`), `pattern` the same without numbers
    (`workspaces[].triggers[]`), `name` its last key. `key_node` is None for items of lists. `site` is the
    value as written (an alias, perhaps), `node` what it stands for.
    """

    key: str
    pattern: str
    name: str
    key_node: Node | None
    site: Node
    node: Node
    value: Any
    schema: dict[str, Any]

    @property
    def text(self) -> str | None:
        """The value, if it is text."""
        return self.value if isinstance(self.value, str) else None


class Outline:
    """All settings of a document, in the order of the file."""

    def __init__(self, root: Node, constructor: Constructor, schema: dict[str, Any]) -> None:
        self.constructor = constructor
        self.settings: list[Setting] = []
        self._by_pattern: dict[str, list[Setting]] = {}
        self._visit(root.resolved, schema, "", "")
        self._by_key = {setting.key: setting for setting in self.settings}

    def get(self, key: str) -> Setting | None:
        """The setting with a path, such as `workspaces[0].ssh.host`."""
        return self._by_key.get(key)

    def at(self, pattern: str) -> list[Setting]:
        """The settings at a place, such as `workspaces[].triggers[]`."""
        return self._by_pattern.get(pattern, [])

    def _visit(self, node: Node, schema: dict[str, Any], key: str, pattern: str) -> None:
        if isinstance(node, Mapping) and "properties" in schema:
            properties = schema["properties"]
            for name, entry in self.constructor.entries(node).items():
                if name in properties:
                    path = f"{key}.{name}" if key else str(name)
                    place = f"{pattern}.{name}" if pattern else str(name)
                    self._add(path, place, str(name), entry.key, entry.site, properties[name])
        elif isinstance(node, Mapping) and isinstance(schema.get("additionalProperties"), dict):
            for name, entry in self.constructor.entries(node).items():
                sub = schema["additionalProperties"]
                self._add(f"{key}.{name}", f"{pattern}.*", str(name), entry.key, entry.site, sub)
        elif isinstance(node, Sequence) and "items" in schema:
            name = pattern.rpartition(".")[2]
            for index, item in enumerate(node.items):
                self._add(f"{key}[{index}]", f"{pattern}[]", name, None, item, schema["items"])

    def _add(
        self, key: str, pattern: str, name: str, key_node: Node | None, site: Node, schema: dict[str, Any]
    ) -> None:
        node = site.resolved
        setting = Setting(key, pattern, name, key_node, site, node, self.constructor.value(node), schema)
        self.settings.append(setting)
        self._by_pattern.setdefault(pattern, []).append(setting)
        if not isinstance(node, Scalar):
            self._visit(node, schema, key, pattern)
