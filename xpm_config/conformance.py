"""Whether a value conforms to a schema, and if not, where.

`conforms` is a few lines for the part of draft-07 that our schemas use; it decides the good case, because
importing jsonschema takes longer than all the rest of a validation. Where it says no, jsonschema itself
lists what is wrong. A property test holds the two together.
"""

from __future__ import annotations

import re
from typing import Any, NamedTuple

KEYWORDS = frozenset(
    (
        "additionalProperties",
        "enum",
        "exclusiveMinimum",
        "items",
        "maximum",
        "minLength",
        "minimum",
        "pattern",
        "patternProperties",
        "properties",
        "required",
        "type",
    )
)
"""The validation keywords that schemas may use."""


class Violation(NamedTuple):
    """One keyword of the schema that a part of the value does not satisfy; `path` leads to that part."""

    path: tuple[str | int, ...]
    keyword: str
    schema: dict[str, Any]


def conforms(value: Any, schema: dict[str, Any]) -> bool:
    """Whether a value satisfies a schema that uses `KEYWORDS` only, its references resolved."""
    kinds = schema.get("type")
    if kinds is not None and not _has_type(value, [kinds] if isinstance(kinds, str) else kinds):
        return False
    if "enum" in schema and value not in schema["enum"]:
        return False
    if isinstance(value, dict):
        return _object_conforms(value, schema)
    if isinstance(value, list):
        items = schema.get("items")
        return items is None or all(conforms(item, items) for item in value)
    if isinstance(value, str):
        if len(value) < schema.get("minLength", 0):
            return False
        return "pattern" not in schema or re.search(schema["pattern"], value) is not None
    if isinstance(value, (int, float)) and not isinstance(value, bool):
        return _within_bounds(value, schema)
    return True


def _has_type(value: Any, kinds: list[str]) -> bool:
    return any(_TYPES[kind](value) for kind in kinds)


_TYPES: dict[str, Any] = {
    "null": lambda value: value is None,
    "boolean": lambda value: isinstance(value, bool),
    "string": lambda value: isinstance(value, str),
    "array": lambda value: isinstance(value, list),
    "object": lambda value: isinstance(value, dict),
    "number": lambda value: isinstance(value, (int, float)) and not isinstance(value, bool),
    "integer": lambda value: (
        (isinstance(value, int) and not isinstance(value, bool)) or (isinstance(value, float) and value.is_integer())
    ),
}


def _object_conforms(value: dict[str, Any], schema: dict[str, Any]) -> bool:
    if any(name not in value for name in schema.get("required", ())):
        return False
    properties = schema.get("properties", {})
    patterns = schema.get("patternProperties", {})
    rest = schema.get("additionalProperties", True)
    for name, item in value.items():
        known = name in properties
        if known and not conforms(item, properties[name]):
            return False
        for pattern, sub in patterns.items():
            if re.search(pattern, name):
                known = True
                if not conforms(item, sub):
                    return False
        if not known and (rest is False or (isinstance(rest, dict) and not conforms(item, rest))):
            return False
    return True


def _within_bounds(value: float, schema: dict[str, Any]) -> bool:
    if "minimum" in schema and value < schema["minimum"]:
        return False
    if "maximum" in schema and value > schema["maximum"]:
        return False
    return "exclusiveMinimum" not in schema or not value <= schema["exclusiveMinimum"]


def violations(value: Any, schema: dict[str, Any]) -> list[Violation]:
    """Everything that jsonschema finds wrong, each (place, keyword) once, in no particular order."""
    from jsonschema import Draft7Validator

    found: dict[tuple[tuple[str | int, ...], str], Violation] = {}
    for error in Draft7Validator(schema).iter_errors(value):
        path = tuple(error.absolute_path)
        assert isinstance(error.schema, dict)
        found.setdefault((path, str(error.validator)), Violation(path, str(error.validator), dict(error.schema)))
    return list(found.values())
