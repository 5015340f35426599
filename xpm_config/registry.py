"""The schemas: which versions there are, which release uses which, and their keys."""

from __future__ import annotations

import json
import os
from functools import cache
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from xpm_config.releases import Release

VERSIONS = (1, 2)
NEWEST = VERSIONS[-1]
NEWEST_RELEASE: Release = (2, 7, 0)
"""The newest release of experimaestro whose loader was measured."""
OLDEST_RELEASE: Release = (0, 14, 4)
"""The first release that read a settings file."""
FOLDERS_SINCE: Release = (2, 4, 0)
"""From this release on, version 2 of the schema holds."""


def version_for(release: Release) -> int:
    """The version of the schema that describes a release of experimaestro."""
    return 2 if release >= FOLDERS_SINCE else 1


def releases(version: int) -> str:
    """The releases that a version describes, in words."""
    return {1: "up to 2.3", 2: "2.4 and later"}[version]


def schema_text(version: int) -> str:
    """The schema file, as text."""
    # importlib.resources and pathlib would cost a tenth of a whole validation; the package is always
    # unpacked files.
    import xpm_config.schema as package

    path = os.path.join(package.__path__[0], f"settings.v{version}.schema.json")
    with open(path, encoding="utf-8") as file:
        return file.read()


@cache
def raw_schema(version: int) -> dict[str, Any]:
    """The schema as it is in its file."""
    schema: dict[str, Any] = json.loads(schema_text(version))
    return schema


@cache
def schema(version: int) -> dict[str, Any]:
    """The schema with every `$ref` replaced by what it refers to; treat it as read-only."""
    raw = raw_schema(version)
    resolved: dict[str, Any] = _resolve(raw, raw["definitions"])
    return resolved


def _resolve(part: Any, definitions: dict[str, Any]) -> Any:
    if isinstance(part, dict):
        if "$ref" in part:
            return _resolve(definitions[part["$ref"].rpartition("/")[2]], definitions)
        return {key: _resolve(value, definitions) for key, value in part.items() if key != "definitions"}
    if isinstance(part, list):
        return [_resolve(item, definitions) for item in part]
    return part
