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


def schema_name(version: int) -> str:
    """The file name of a schema, wherever it lies; it holds no blank, at which the path in a modeline would end."""
    return f"settings.v{version}.schema.json"


def schema_id(version: int) -> str:
    """The `$id` of a schema."""
    return f"urn:xpm-config:settings:v{version}"


def version_called(name: str) -> int | None:
    """The version of the schema that has this file name or this `$id`."""
    return next((one for one in VERSIONS if name in (schema_name(one), schema_id(one))), None)


def schema_path(version: int) -> str:
    """The path of a schema inside this package."""
    # importlib.resources and pathlib would cost a tenth of a whole validation; the package is always
    # unpacked files.
    import xpm_config.schema as package

    return os.path.abspath(os.path.join(package.__path__[0], schema_name(version)))


def schema_text(version: int) -> str:
    """The schema file, as text."""
    with open(schema_path(version), encoding="utf-8") as file:
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


def complete(value: Any, schema: dict[str, Any]) -> Any:
    """The value with the defaults of the schema for what is not written."""
    if isinstance(value, dict) and "properties" in schema:
        return {
            name: complete(value[name] if name in value else _default(sub), sub)
            for name, sub in schema["properties"].items()
        }
    if isinstance(value, list):
        return [complete(item, schema["items"]) for item in value]
    return value


def _default(schema: dict[str, Any]) -> Any:
    """What holds where nothing is written; without a `default` of its own, a list, mapping or text is empty."""
    empty: dict[str, Any] = {"array": [], "object": {}, "string": ""}
    return schema["default"] if "default" in schema else empty.get(str(schema["type"]))


def _resolve(part: Any, definitions: dict[str, Any]) -> Any:
    if isinstance(part, dict):
        if "$ref" in part:
            return _resolve(definitions[part["$ref"].rpartition("/")[2]], definitions)
        return {key: _resolve(value, definitions) for key, value in part.items() if key != "definitions"}
    if isinstance(part, list):
        return [_resolve(item, definitions) for item in part]
    return part
