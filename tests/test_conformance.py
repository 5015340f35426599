"""Our check of a value against a schema says what jsonschema says."""

from __future__ import annotations

import math
from copy import deepcopy
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from jsonschema import Draft7Validator

from xpm_config import registry
from xpm_config.conformance import KEYWORDS, conforms, violations

if TYPE_CHECKING:
    from collections.abc import Iterator

ANNOTATIONS = frozenset(
    [
        *("$schema", "$id", "title", "description", "markdownDescription", "default", "examples", "definitions"),
        *("defaultSnippets", "markdownEnumDescriptions", "deprecated", "deprecationMessage", "doNotSuggest"),
        "errorMessage",
    ]
)
"""Keywords that say nothing about which values are valid."""

VALIDATORS = {version: Draft7Validator(registry.schema(version)) for version in registry.VERSIONS}
RAW_VALIDATORS = {version: Draft7Validator(registry.raw_schema(version)) for version in registry.VERSIONS}
VERSIONS = pytest.mark.parametrize("version", registry.VERSIONS)
# A fixed number of examples, the same in every run: 800 for each version.
THOROUGH = settings(max_examples=800, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck))

ODD_VALUES: st.SearchStrategy[Any] = st.sampled_from(
    [
        *(None, True, False, 0, 1, -1, 2, 65535, 65536, 10**30, -(10**30), 0.0, -0.0, 1.0, 1.5, 1e300),
        *(5e-324, -1e-9, 65535.5),
        *(math.nan, math.inf, -math.inf, "", " ", "\n", "x", "é", "😀", "\ud800", "\0", "null", "1", "true"),
        *("FRA", "FRA\n"),
        *("fra", "FRAN", "ÀÉÎ", "0664", "0o664\n", " umask", "umask\r\n", "inherit\x0b", "0o_1", "089", "٣"),
        *("use", "use\n"),
        *("Use", "fqdn", "codecarbon", [], {}, [None], [[]], [""], ["x"], {"": ""}, {"x-a": 1}),
        *({"path": "x"}, {"id": "x"}),
    ]
)  # fmt: skip
ODD_KEYS = st.sampled_from(
    [
        *(
            "",
            "x-",
            "x-a",
            "X-a",
            "\nx-a",
            " x-a",
            "x",
            "ax-b",
            "id",
            "path",
            "mode",
            "host",
            "env",
            "port",
            "😀",
            "ssh",
            "Server",
        )
    ]
)


def valid(schema: dict[str, Any]) -> st.SearchStrategy[Any]:
    """Values that a schema with its references resolved allows, or nearly."""
    if "enum" in schema:
        return st.sampled_from(schema["enum"])
    examples = st.sampled_from([*schema.get("examples", []), *([schema["default"]] if "default" in schema else [None])])
    if "properties" in schema:
        names = {name: valid(sub) for name, sub in schema["properties"].items()}
        required = {name: names.pop(name) for name in schema.get("required", ())}
        return st.fixed_dictionaries(required, optional=names) | examples
    if isinstance(schema.get("additionalProperties"), dict):
        return st.dictionaries(st.text(max_size=3), valid(schema["additionalProperties"]), max_size=3)
    if "items" in schema:
        return st.lists(valid(schema["items"]), max_size=3)
    return examples | ODD_VALUES if schema.get("type") is None else examples


def places(value: Any) -> Iterator[tuple[Any, Any]]:
    """Every (container, key or index) in a value."""
    if isinstance(value, dict):
        keys: list[Any] = list(value)
    elif isinstance(value, list):
        keys = list(range(len(value)))
    else:
        return
    for key in keys:
        yield value, key
        yield from places(value[key])


@st.composite
def near(draw: st.DrawFn, version: int) -> Any:
    """A value that the schema allows, with up to three changes at random places."""
    value = deepcopy(draw(VALID[version]))
    for _ in range(draw(st.integers(0, 3))):
        spots = list(places(value))
        if not spots or draw(st.integers(0, 19)) == 0:
            return draw(ODD_VALUES)
        container, key = draw(st.sampled_from(spots))
        change = draw(st.sampled_from(["replace", "replace", "remove", "add", "rename"]))
        if change == "replace":
            container[key] = deepcopy(draw(ODD_VALUES))
        elif change == "remove":
            del container[key]
        elif isinstance(container, dict):
            new = draw(ODD_KEYS)
            container[new] = container.pop(key) if change == "rename" else deepcopy(draw(ODD_VALUES))
        else:
            container.insert(key, deepcopy(draw(ODD_VALUES)))
    return value


VALID = {version: valid(registry.schema(version)) for version in registry.VERSIONS}


@VERSIONS
@THOROUGH
@given(data=st.data())
def test_conforms_agrees_with_jsonschema(version: int, data: st.DataObject) -> None:
    """Our check, jsonschema on the resolved schema, and jsonschema on the schema as it is give one verdict."""
    value = data.draw(near(version))
    expected = VALIDATORS[version].is_valid(value)
    assert conforms(value, registry.schema(version)) == expected
    assert RAW_VALIDATORS[version].is_valid(value) == expected
    assert (violations(value, registry.schema(version)) == []) == expected


@VERSIONS
@settings(max_examples=200, deadline=None, derandomize=True)
@given(value=ODD_VALUES)
def test_any_value_under_any_part(version: int, value: Any) -> None:
    """Odd values get jsonschema's verdict from every part of the schema."""
    for part in parts(registry.schema(version)):
        assert conforms(value, part) == Draft7Validator(part).is_valid(value), part


@pytest.mark.parametrize("version", registry.VERSIONS)
def test_values_near_the_schema_are_both_valid_and_not(version: int) -> None:
    """The values to compare on are neither all valid nor all invalid."""
    verdicts = []

    @settings(max_examples=300, deadline=None, derandomize=True, database=None, suppress_health_check=list(HealthCheck))
    @given(value=near(version))
    def collect(value: Any) -> None:
        verdicts.append(conforms(value, registry.schema(version)))

    collect()
    assert len(verdicts) // 10 < sum(verdicts) < len(verdicts) * 9 // 10


def parts(schema: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """A schema, its definitions, and every schema inside."""
    yield schema
    children = [schema[name] for name in ("items", "additionalProperties") if isinstance(schema.get(name), dict)]
    for name in ("properties", "patternProperties", "definitions"):
        children += schema.get(name, {}).values()
    for child in children:
        yield from parts(child)


@VERSIONS
def test_schemas_use_only_keywords_that_are_understood(version: int) -> None:
    """A keyword that we would pass over must not get into a schema."""
    for part in parts(registry.raw_schema(version)):
        assert {name for name in part if not name.startswith("x-xpm-")} - KEYWORDS - ANNOTATIONS - {"$ref"} == set()
    for part in parts(registry.schema(version)):
        assert "$ref" not in part
        assert "definitions" not in part


def test_every_keyword_that_is_understood_is_used() -> None:
    """We understand no more than the schemas need."""
    used = {name for version in registry.VERSIONS for part in parts(registry.schema(version)) for name in part}
    assert used >= KEYWORDS


RULES: list[tuple[dict[str, Any], list[Any], list[Any]]] = [
    ({}, [None, 1, "x", [], {}, math.nan], []),
    ({"type": "null"}, [None], [0, "", False, []]),
    ({"type": "boolean"}, [True, False], [0, 1, "true", None]),
    ({"type": "string"}, ["", "x"], [b"x", 1, None]),
    ({"type": "array"}, [[], [1]], [(), {}, "x", None]),
    ({"type": "object"}, [{}, {"a": 1}], [[], None, "x"]),
    ({"type": "number"}, [0, 1.5, math.nan, math.inf, 10**30], [True, "1", None]),
    ({"type": "integer"}, [0, -1, 1.0, 10**30, 1e300], [True, False, 1.5, math.nan, math.inf, "1"]),
    ({"type": ["null", "integer"]}, [None, 1, 2.0], [True, "x", 1.5]),
    ({"enum": ["a", None]}, ["a", None], ["b", "A", "a\n", 0]),
    ({"minimum": 1}, [1, 1.0, 2, True, "x", None, math.nan, math.inf], [0, 0.999, -math.inf]),
    ({"maximum": 1}, [1, 1.0, 0, "x", math.nan, -math.inf], [2, 1.001, math.inf]),
    ({"exclusiveMinimum": 0}, [5e-324, 1, "x", math.nan, False], [0, 0.0, -0.0, -1]),
    ({"minLength": 1}, ["x", " ", "\n", 0, None, []], [""]),
    ({"minLength": 2}, ["xy", "😀😀"], ["x", "😀"]),
    ({"pattern": "^[A-Z]{3}$"}, ["FRA", "FRA\n", 1, None], ["fra", "FRAN", "FRA\n\n", "", "ÀÉÎ"]),
    ({"pattern": "b"}, ["abc"], ["ac"]),
    ({"items": {"type": "string"}}, [[], ["x"], "x", {}], [[1], ["x", None]]),
    ({"required": ["a"]}, [{"a": None}, {"a": 1, "b": 2}, [], None], [{}, {"b": 1}]),
    ({"properties": {"a": {"type": "string"}}}, [{}, {"a": "x"}, {"b": 1}], [{"a": 1}, {"a": None}]),
    ({"additionalProperties": False}, [{}, [], 1], [{"a": 1}]),
    ({"additionalProperties": {"type": "string"}}, [{}, {"a": "x"}], [{"a": 1}]),
    ({"properties": {"a": {}}, "additionalProperties": False}, [{"a": 1}], [{"b": 1}]),
    (
        {"patternProperties": {"^x-": {}}, "additionalProperties": False},
        [{"x-a": 1}, {"x-": 1}],
        [{"ax-": 1}, {"X-a": 1}],
    ),
    ({"patternProperties": {"^x-": {"type": "string"}}}, [{"x-a": "b"}, {"y": 1}], [{"x-a": 1}]),
    (
        {"properties": {"x-a": {"minLength": 1}}, "patternProperties": {"^x-": {"type": "string"}}},
        [{"x-a": "b"}],
        [{"x-a": ""}, {"x-a": 1}],
    ),
]  # fmt: skip


@pytest.mark.parametrize(("schema", "good", "bad"), RULES)
def test_rules(schema: dict[str, Any], good: list[Any], bad: list[Any]) -> None:
    """Each keyword allows and refuses what draft-07 says, and applies to its own types only."""
    for value in good:
        assert conforms(value, schema), value
        assert Draft7Validator(schema).is_valid(value), value
        assert violations(value, schema) == []
    for value in bad:
        assert not conforms(value, schema), value
        assert not Draft7Validator(schema).is_valid(value), value
        assert violations(value, schema)


def test_violations_tell_place_keyword_and_schema() -> None:
    """Each keyword that fails is told once for its place, with the part of the schema that holds it."""
    value = {"server": {"port": 0, "hots": 1, "hosst": 2}, "workspaces": [{"id": "a"}, {"id": "", "path": "/x"}]}
    found = violations(value, registry.schema(2))
    assert sorted((item.path, item.keyword) for item in found) == [
        (("server",), "additionalProperties"),
        (("server", "port"), "minimum"),
        (("workspaces", 0), "required"),
        (("workspaces", 1, "id"), "minLength"),
    ]
    port = next(item for item in found if item.keyword == "minimum")
    assert port.schema["maximum"] == 65535
