"""The schemas are valid, complete, and say what the releases of experimaestro know."""

from __future__ import annotations

import ast
import json
import re
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import pytest
import yaml
from jsonschema import Draft7Validator

from xpm_config import registry
from xpm_config.conformance import conforms

if TYPE_CHECKING:
    from collections.abc import Iterator

HISTORY: dict[str, Any] = json.loads((Path(__file__).parent / "data" / "settings-history.json").read_text("utf-8"))
KEYS: dict[str, dict[str, Any]] = HISTORY["keys"]
"""The settings of experimaestro by path, such as `workspaces[].ssh.host`."""

TYPES = {
    "int": ("integer", "int"),
    "str": ("string", "str"),
    "bool": ("boolean", "bool"),
    "float": ("number", "float"),
    "Path": ("string", "path"),
    "FolderMode": ("string", "mode"),
}
"""The type in the schema, and `x-xpm-type`, of each scalar type of experimaestro."""

STRICTER_REQUIRED = {"workspaces[].ssh.host"}
"""Keys that the documentation requires though experimaestro reads files without them."""
WITHOUT_DEFAULT = {"workspaces[].ssh.host"}
"""Keys whose default means that nothing was said, so that the schema shows none."""

VERSIONS = pytest.mark.parametrize("version", registry.VERSIONS)


class Place(NamedTuple):
    """A part of a schema: its path as the user knows it, the part, and the object that has it as property."""

    key: str
    schema: dict[str, Any]
    owner: dict[str, Any] | None
    name: str


def properties(schema: dict[str, Any], key: str = "") -> Iterator[Place]:
    """Every property of a schema with its references resolved, nested ones included."""
    for name, sub in schema.get("properties", {}).items():
        path = f"{key}.{name}" if key else name
        yield Place(path, sub, schema, name)
        yield from properties(sub, path)
    if isinstance(schema.get("items"), dict):
        yield from properties(schema["items"], f"{key}[]")


def parts(schema: dict[str, Any], path: str = "#") -> Iterator[tuple[str, dict[str, Any]]]:
    """Every schema inside a schema as written, with a pointer to it; references are parts too."""
    yield path, schema
    for name in ("items", "additionalProperties"):
        if isinstance(schema.get(name), dict):
            yield from parts(schema[name], f"{path}/{name}")
    for name in ("properties", "patternProperties", "definitions"):
        for key, sub in schema.get(name, {}).items():
            yield from parts(sub, f"{path}/{name}/{key}")


def table(version: int) -> dict[str, Place]:
    """The settings of a version by path."""
    return {place.key: place for place in properties(registry.schema(version))}


def release(text: str) -> tuple[int, ...]:
    """A release as numbers."""
    return tuple(int(part) for part in text.split("."))


def case_ids(value: object) -> str | None:
    """Pointers and paths name the cases of a table."""
    return value if isinstance(value, str) else None


RAW_PARTS = [
    (version, path, part)
    for version in registry.VERSIONS
    for path, part in parts(registry.raw_schema(version))
    if "$ref" not in part
]
ALL_PARTS = pytest.mark.parametrize(("version", "path", "part"), RAW_PARTS, ids=case_ids)
PLACES = [(version, key, place) for version in registry.VERSIONS for key, place in table(version).items()]
LIST_SNIPPETS: dict[int, dict[str, list[dict[str, Any]]]] = {
    version: {
        f"{path}/items": part["defaultSnippets"]
        for path, part in parts(registry.schema(version))
        if "items" in part and "defaultSnippets" in part
    }
    for version in registry.VERSIONS
}
"""Snippets for an item that stand at its list, by the path of the item."""
ALL_PLACES = pytest.mark.parametrize(("version", "key", "place"), PLACES, ids=case_ids)


# -- form -----------------------------------------------------------------------------------------


@VERSIONS
def test_the_schema_is_a_draft_07_schema(version: int) -> None:
    """The metaschema accepts it, and it says which draft it is."""
    raw = registry.raw_schema(version)
    assert raw["$schema"] == "http://json-schema.org/draft-07/schema#"
    Draft7Validator.check_schema(raw)
    Draft7Validator.check_schema(registry.schema(version))


@VERSIONS
def test_the_id_names_the_version(version: int) -> None:
    """The ids follow one pattern, and differ."""
    assert re.fullmatch(rf"\S*\bsettings[:./-]v{version}(\.schema\.json)?", registry.raw_schema(version)["$id"])
    assert len({registry.raw_schema(number)["$id"] for number in registry.VERSIONS}) == len(registry.VERSIONS)


@VERSIONS
def test_the_file_is_written_in_one_style(version: int) -> None:
    """The file is JSON with an indent of two, in UTF-8, with a line end at its end, and no key stands twice."""
    text = registry.schema_text(version)

    def once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        assert len({key for key, _ in pairs}) == len(pairs)
        return dict(pairs)

    assert text == json.dumps(json.loads(text, object_pairs_hook=once), indent=2, ensure_ascii=False) + "\n"


@VERSIONS
def test_there_are_no_alternatives(version: int) -> None:
    """Alternatives make errors that nobody understands, and formats are checked by some editors only."""
    for path, part in parts(registry.raw_schema(version)):
        unwanted = {"oneOf", "anyOf", "allOf", "not", "if", "then", "else", "format", "const"} & part.keys()
        assert not unwanted, path


@VERSIONS
def test_references_stand_alone_and_lead_somewhere(version: int) -> None:
    """In draft-07 whatever stands beside `$ref` is ignored; every definition is referred to."""
    raw = registry.raw_schema(version)
    used = set()
    for path, part in parts(raw):
        if "$ref" in part:
            assert set(part) == {"$ref"}, path
            target = part["$ref"].removeprefix("#/definitions/")
            assert target in raw["definitions"], path
            used.add(target)
    assert used == set(raw["definitions"])


@VERSIONS
def test_resolving_leaves_no_reference(version: int) -> None:
    """The resolved schema needs no definitions."""
    for path, part in parts(registry.schema(version)):
        assert "$ref" not in part, path
        assert "definitions" not in part, path


@VERSIONS
def test_unknown_keys_are_refused_wherever_keys_are_known(version: int) -> None:
    """Mappings with known keys are closed; at the top, `x-` keys hold anchors."""
    for path, part in parts(registry.raw_schema(version)):
        if "properties" in part:
            assert part["additionalProperties"] is False, path
            assert ("patternProperties" in part) == (path == "#"), path
            assert set(part.get("required", ())) <= set(part["properties"]), path
    assert list(registry.schema(version)["patternProperties"]) == ["^x-"]


# -- words ----------------------------------------------------------------------------------------


@ALL_PARTS
def test_every_part_is_explained(version: int, path: str, part: dict[str, Any]) -> None:
    """Properties, definitions, items and the root have a title and both descriptions; values have what they expect."""
    assert version in registry.VERSIONS
    for name in ("title", "description", "markdownDescription"):
        assert isinstance(part.get(name), str), (path, name)
        assert part[name].strip() == part[name] != ""
    assert not part["title"].endswith(".")
    assert part["description"].endswith((".", "!", "?"))
    assert "`" not in part["description"]
    assert part["markdownDescription"].count("```") % 2 == 0
    assert re.sub("```.*?```", "", part["markdownDescription"], flags=re.DOTALL).count("`") % 2 == 0
    # The holder of anchors takes anything.
    assert "patternProperties" in path or part.get("x-xpm-expects"), path


@VERSIONS
def test_both_descriptions_say_the_same(version: int) -> None:
    """The plain description begins with the words of the Markdown one."""

    def words(text: str) -> list[str]:
        return re.findall(r"[a-z]+", text.lower())[:6]

    for path, part in parts(registry.raw_schema(version)):
        if "$ref" not in part:
            assert words(part["description"]) == words(part["markdownDescription"]), path


@ALL_PARTS
def test_every_word_of_an_enum_is_explained(version: int, path: str, part: dict[str, Any]) -> None:
    """Each allowed word has its explanation."""
    assert version in registry.VERSIONS
    assert ("enum" in part) == ("markdownEnumDescriptions" in part), path
    explanations = part.get("markdownEnumDescriptions", [])
    assert len(explanations) == len(part.get("enum", []))
    assert all(isinstance(text, str) and text for text in explanations)


# -- values in the schema -------------------------------------------------------------------------


@VERSIONS
def test_defaults_and_examples_conform(version: int) -> None:
    """What the schema shows as a value is one."""
    count = 0
    for path, part in parts(registry.schema(version)):
        for value in [*part.get("examples", []), *([part["default"]] if "default" in part else [])]:
            assert conforms(value, part), (path, value)
            assert Draft7Validator(part).is_valid(value), (path, value)
            count += 1
    assert count > 40


def filled(body: Any) -> Any:
    """What an editor inserts for the body of a snippet, with the defaults of its placeholders, read as YAML."""
    if isinstance(body, dict):
        return {filled(key): filled(value) for key, value in body.items()}
    if isinstance(body, list):
        return [filled(item) for item in body]
    if not isinstance(body, str):
        return body
    return yaml.safe_load(re.sub(r"\$\{\d+(?::([^}]*)|\|([^,|]*)[^|]*\|)\}", r"\1\2", body))


@VERSIONS
def test_snippets_conform(version: int) -> None:
    """What an editor inserts is valid where it is offered, and its placeholders are numbered from 1.

    The snippets of a list are items of it: the editor puts the dash before them.
    """
    count = 0
    for path, part in parts(registry.schema(version)):
        for snippet in part.get("defaultSnippets", []):
            assert snippet["label"], path
            value = filled(snippet["body"])
            assert conforms(value, part.get("items", part)), (path, snippet["label"], value)
            assert "${" not in json.dumps(value)
            numbers = [int(number) for number in re.findall(r"\$\{(\d+)[:|]", json.dumps(snippet["body"]))]
            assert numbers == list(range(1, len(numbers) + 1)), (path, snippet["label"])
            labels = [other["label"] for other in part["defaultSnippets"]]
            assert len(set(labels)) == len(labels), path
            count += 1
    assert count > 20


@VERSIONS
def test_a_key_that_is_not_suggested_has_a_snippet_in_its_place(version: int) -> None:
    """By itself an editor would insert some keys with an empty value, which is no valid file."""
    found: list[str] = []
    for path, part in parts(registry.schema(version)):
        hidden = {
            name
            for name, sub in part.get("properties", {}).items()
            if sub.get("doNotSuggest") and not sub.get("deprecated")
        }
        snippets = [*part.get("defaultSnippets", ()), *LIST_SNIPPETS[version].get(path, ())]
        assert hidden <= {name for snippet in snippets for name in snippet["body"]}, path
        found += hidden
    assert "workspaces" in found
    assert "triggers" in found


@VERSIONS
def test_snippets_of_a_list_have_two_keys_at_most(version: int) -> None:
    """Below the first key of an item, editors indent the second of two further keys wrongly.

    Longer snippets stand at the item, where editors do not propose them before the dash.
    """
    assert LIST_SNIPPETS[version]
    for path, snippets in LIST_SNIPPETS[version].items():
        assert all(len(snippet["body"]) <= 2 for snippet in snippets), path


@VERSIONS
def test_a_snippet_named_as_a_key_explains_it(version: int) -> None:
    """Beside a proposal, an editor shows the text of the snippet: it is the one of the key that it stands for."""
    count = 0
    for path, part in parts(registry.schema(version)):
        keys = part.get("items", part).get("properties", {})
        for snippet in part.get("defaultSnippets", []):
            name = snippet["label"].partition(" (")[0]
            if isinstance(snippet["body"], dict) and name in keys and name in snippet["body"]:
                assert snippet["markdownDescription"] == keys[name]["markdownDescription"], (path, name)
                assert "description" not in snippet, (path, name)
                count += 1
    assert count > 15


@ALL_PARTS
def test_a_wrong_type_is_told_in_words(version: int, path: str, part: dict[str, Any]) -> None:
    """Editors would say `array`, or show a pattern; of mappings they give the title, and of enums the words."""
    assert version in registry.VERSIONS
    if part.get("type") == ["object", "null"]:
        # The message is that of an unknown or a missing key, too.
        keys = [f"{name} (required)" if name in part["required"] else name for name in part["properties"]]
        assert part["errorMessage"] == f"{part['title']} is a mapping of {', '.join(keys[:-1])} and {keys[-1]}."
        return
    told_by_editor = part.get("type") == "object" or "enum" in part or "patternProperties" in path
    assert ("errorMessage" in part) == (not told_by_editor), path
    if "errorMessage" in part:
        assert re.fullmatch(r"This must be [^`]+\.", part["errorMessage"]), path


# -- annotations ----------------------------------------------------------------------------------


def is_scalar(schema: dict[str, Any]) -> bool:
    """Whether a part describes neither a list nor a mapping."""
    return not {"properties", "items", "additionalProperties"} & schema.keys()


@ALL_PLACES
def test_every_key_is_annotated(version: int, key: str, place: Place) -> None:
    """A key has its first release, what it expects and, if it is a scalar, its type in experimaestro."""
    assert version in registry.VERSIONS
    assert re.fullmatch(r"\d+\.\d+\.\d+", place.schema["x-xpm-since"]), key
    assert place.schema["x-xpm-expects"]
    assert ("x-xpm-type" in place.schema) == is_scalar(place.schema)


@VERSIONS
def test_items_and_values_of_mappings_are_typed(version: int) -> None:
    """Scalars in lists and mappings have their type in experimaestro too."""
    for path, part in parts(registry.schema(version)):
        if "patternProperties" not in path:
            assert ("x-xpm-type" in part) == is_scalar(part), path
            assert part.get("x-xpm-type", "str") in {"int", "str", "bool", "float", "path", "mode"}, path


@VERSIONS
def test_annotations_are_known(version: int) -> None:
    """There are no annotations of ours but these, and each has the type that it is read as."""
    kinds = {
        "x-xpm-since": str,
        "x-xpm-type": str,
        "x-xpm-expects": str,
        "x-xpm-replaced-by": str,
        "x-xpm-code": str,
        "x-xpm-secret": bool,
        "x-xpm-path": bool,
        "x-xpm-optional": bool,
    }
    for path, part in parts(registry.raw_schema(version)):
        for name, value in part.items():
            if name.startswith("x-xpm-"):
                assert type(value) is kinds[name], (path, name)
        assert part.get("x-xpm-path", False) == (part.get("x-xpm-type") == "path"), path


@VERSIONS
def test_the_secret_is_marked(version: int) -> None:
    """The token is the one setting that is a secret by itself."""
    assert [key for key, place in table(version).items() if place.schema.get("x-xpm-secret")] == ["server.token"]


@ALL_PARTS
def test_deprecated_keys_carry_all_marks(version: int, path: str, part: dict[str, Any]) -> None:
    """Every editor has another mark for what is deprecated: all are there, or none."""
    marks = ("deprecated", "deprecationMessage", "x-xpm-replaced-by")
    assert {name in part for name in marks} in ({True}, {False}), path
    if "deprecated" in part:
        assert part["deprecated"] is True
        assert part["doNotSuggest"] is True
        assert part["x-xpm-replaced-by"] in part["deprecationMessage"]
        assert "xpm-config migrate" in part["deprecationMessage"]
        place = next(place for place in table(version).values() if path.endswith("/" + place.name))
        assert place.owner is not None
        assert part["x-xpm-replaced-by"] in place.owner["properties"]


def test_alt_workspaces_is_deprecated_where_folders_are_known() -> None:
    """Version 2 deprecates what version 1 has nothing else for."""
    found = {
        version: [key for key, place in table(version).items() if place.schema.get("deprecated")] for version in (1, 2)
    }
    assert found == {1: [], 2: ["workspaces[].alt_workspaces"]}


# -- what experimaestro knows ---------------------------------------------------------------------


def test_version_2_has_exactly_the_keys_of_the_newest_release() -> None:
    """No key of experimaestro is missing, and none is invented."""
    assert set(table(2)) == set(KEYS)


def test_version_1_has_exactly_the_keys_before_folders() -> None:
    """Version 1 knows the keys that were first released before 2.4.0."""
    assert set(table(1)) == {key for key, entry in KEYS.items() if release(entry["first_release"]) < (2, 4, 0)}


@VERSIONS
def test_no_key_was_ever_removed(version: int) -> None:
    """So no key of the schema needs an end."""
    assert all(KEYS[key]["last_release"] is None for key in table(version))


def container(kind: str) -> dict[str, Any]:
    """What the schema says of a list, a mapping or a section."""
    if kind.startswith("List["):
        return {"type": "array", "items": kind[5:-1]}
    if kind.startswith("Dict["):
        return {"type": "object", "values": "str"}
    return {"type": "object"}


@ALL_PLACES
def test_keys_are_as_experimaestro_defines_them(version: int, key: str, place: Place) -> None:
    """First release, type, nullability, and whether it is required are those of experimaestro."""
    assert version in registry.VERSIONS
    entry, schema = KEYS[key], place.schema
    assert schema["x-xpm-since"] == entry["first_release"]
    kind = entry["type"]
    nullable = kind.startswith("Optional[")
    assert nullable == entry["nullable"]
    kind = kind[9:-1] if nullable else kind
    types = schema["type"] if isinstance(schema["type"], list) else [schema["type"]]
    assert ("null" in types) == nullable
    if kind in TYPES:
        assert (set(types) - {"null"}, schema["x-xpm-type"]) == ({TYPES[kind][0]}, TYPES[kind][1])
    else:
        assert set(types) - {"null"} == {container(kind)["type"]}
        if kind == "List[str]":
            assert (schema["items"]["type"], schema["items"]["x-xpm-type"]) == ("string", "str")
        elif kind.startswith("List["):
            assert "properties" in schema["items"]
        elif kind.startswith("Dict["):
            # Numbers and booleans are turned into text there.
            assert set(schema["additionalProperties"]["type"]) == {"string", "number", "boolean"}
        else:
            assert "properties" in schema
    assert place.owner is not None
    assert (place.name in place.owner.get("required", ())) == (entry["required"] or key in STRICTER_REQUIRED)
    assert schema.get("x-xpm-optional", False) == (key in STRICTER_REQUIRED)


def default_of(text: str) -> Any:
    """The default in the table, as a value: `{} -> Settings()` is an empty mapping, a bare word is text."""
    text = text.partition(" -> ")[0]
    try:
        return ast.literal_eval(text)
    except ValueError:
        return text


@ALL_PLACES
def test_defaults_are_those_of_experimaestro(version: int, key: str, place: Place) -> None:
    """A default in the schema is the value that experimaestro has, and is there unless the key is required.

    A list or a mapping without default is empty: editors would insert a default that is written there.
    """
    assert version in registry.VERSIONS
    entry = KEYS[key]
    if entry["required"] or key in WITHOUT_DEFAULT:
        assert "default" not in place.schema
        return
    expected = default_of(entry["default"])
    if place.schema["type"] in ("array", "object"):
        assert "default" not in place.schema
        assert expected == {"array": [], "object": {}}[place.schema["type"]]
    else:
        assert place.schema["default"] == expected
        assert type(place.schema["default"]) is type(expected)


def test_enums_are_those_of_experimaestro() -> None:
    """The words of an enum in experimaestro are those of the schema; other enums are of words it acts on."""
    enums = {key: place.schema["enum"] for key, place in table(2).items() if "enum" in place.schema}
    assert {key: enums.pop(key) for key, entry in KEYS.items() if "enum" in entry} == {
        key: entry["enum"] for key, entry in KEYS.items() if "enum" in entry
    }
    assert enums == {"server.autohost": ["fqdn", "name", None], "carbon.provider": ["codecarbon"]}


def test_versions_differ_where_they_must_only() -> None:
    """A key that both versions have is the same in both, but for the deprecation and the words about it."""
    old, new = table(1), table(2)
    words = {"title", "description", "markdownDescription", "properties", "items", "defaultSnippets", "examples"}
    marks = {"deprecated", "deprecationMessage", "doNotSuggest", "x-xpm-replaced-by", "x-xpm-expects"}
    for key, place in old.items():
        one, other = (
            {name: value for name, value in schema.items() if name not in words | marks}
            for schema in (place.schema, new[key].schema)
        )
        assert one == other, key


@pytest.mark.parametrize(
    ("number", "version"),
    [((0, 14, 4), 1), ((2, 3, 6), 1), ((2, 4, 0), 2), ((2, 7, 0), 2), ((3, 0, 0), 2)],
)
def test_each_release_has_its_version(number: tuple[int, int, int], version: int) -> None:
    """Version 2 holds from the first release with folders on."""
    assert registry.version_for(number) == version
    assert registry.releases(version)
