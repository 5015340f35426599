"""What `docs/schemastore.md` submits is what SchemaStore asks for, and Ajv, a second validator, agrees with ours.

The rules of the catalogue are those of SchemaStore's checker, `cli.js`, and of its schema of the catalogue.
"""

from __future__ import annotations

import json
import re
import subprocess
import sys
from pathlib import Path
from random import Random
from typing import Any, NamedTuple

import pytest
from hypothesis import HealthCheck, given, settings

from tests.mutations import mutated_texts
from tests.node import MODULES, node_package
from tests.settings_texts import draw_case
from tests.test_conformance import near
from xpm_config import registry
from xpm_config.conformance import conforms, violations
from xpm_config.document import Document
from xpm_config.editors import GLOBS
from xpm_config.validate import json_like
from xpm_config.values import Constructor

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "schemastore.md").read_text(encoding="utf-8")
ENTRY, OPTIONS = (json.loads(block) for block in re.findall(r"^```json\n(.*?)^```$", PAGE, re.DOTALL | re.MULTILINE))
COMMANDS = re.findall(r"^```sh\n(.*?)^```$", PAGE, re.DOTALL | re.MULTILINE)
VERSIONS = pytest.mark.parametrize("version", registry.VERSIONS)

KNOWN_TO_SCHEMASTORE = (
    *("allowTrailingCommas", "defaultSnippets", "enumDescriptions"),
    *("markdownDescription", "markdownEnumDescriptions"),
)
"""The keywords of editors that SchemaStore declares for every schema; those of TOML and IntelliJ left out."""
FULL_STRICT = {"strict": True}
STRICT = {"strict": True, "allowUnionTypes": True, "allErrors": True}
NOT_STRICT = {"strictTypes": False, "strictTuples": False, "allowMatchingProperties": True}
"""SchemaStore's options for what stands in its list `ajvNotStrictMode`."""

NO_JSON_TYPE: list[list[str]] = [[]]
"""Stands for a date, a set or bytes, to which a schema gives no type: no part of ours that checks types allows it."""
INFINITE_PROBES = {"E-env-inf", "E-env-nan", "H-float-inf"}


class Source(NamedTuple):
    """A document to judge: where it comes from, and its value."""

    name: str
    value: Any


def file_name(version: int) -> str:
    """The name that a schema gets in SchemaStore."""
    return f"experimaestro-settings-{version}.json"


def keywords(version: int) -> list[str]:
    """All that the page and SchemaStore declare for a schema."""
    return [*KNOWN_TO_SCHEMASTORE, *OPTIONS[file_name(version)]["unknownKeywords"]]


def run_node(**request: Any) -> Any:
    """The answer of `ajv.mjs`; skips the test where node or its packages are missing."""
    node_package("ajv")
    text = json.dumps({"modules": str(MODULES), "schemas": [], **request}, allow_nan=False)
    script = Path(__file__).with_name("ajv.mjs")
    done = subprocess.run(["node", str(script)], input=text, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def run_ajv(schema: Any, options: dict[str, Any], declared: list[str], **documents: list[Any]) -> Any:
    """What Ajv says of one schema, and of `values` or of `texts` of YAML."""
    request = {"schema": schema, "options": options, "keywords": declared, **documents}
    return run_node(schemas=[request])["compiled"][0]


def match(globs: list[str], paths: list[str]) -> list[list[bool]]:
    """Which paths the globs match, by the code of each version of the language server."""
    found: list[list[bool]] = run_node(globs=globs, paths=paths)["matched"]
    assert len(found) == 2
    return found


# -- the entry ------------------------------------------------------------------------------------------


def test_the_entry_keeps_the_rules_of_the_catalogue() -> None:
    """It has the fields of an entry and no others, and passes SchemaStore's checks of them."""
    assert set(ENTRY) == {"name", "description", "fileMatch", "url", "versions"}
    for text in (ENTRY["name"], ENTRY["description"]):
        assert "schema" not in text.lower()
        assert "\n" not in text
        assert text[-1] not in ",. \t-"
    assert tuple(ENTRY["fileMatch"]) == GLOBS
    assert len(set(ENTRY["fileMatch"])) == len(ENTRY["fileMatch"])
    assert all(glob.startswith("**/") for glob in ENTRY["fileMatch"])


def test_the_entry_names_each_version_by_the_address_that_schemastore_gives() -> None:
    """Every version has its file in SchemaStore, and the newest is the one that editors choose."""
    addresses = {str(version): f"https://www.schemastore.org/{file_name(version)}" for version in registry.VERSIONS}
    assert ENTRY["versions"] == addresses
    assert ENTRY["url"] == addresses[str(registry.NEWEST)]
    assert set(OPTIONS) == {file_name(version) for version in registry.VERSIONS}


MATCHED = (
    "/home/me/.config/experimaestro/settings.yaml",
    "/home/me/.local/share/chezmoi/dot_config/experimaestro/settings.yaml",
    "/home/me/dotfiles/dot_config/experimaestro/settings.yaml",
    "/home/me/dotfiles/.config/experimaestro/settings.yaml",
    "/home/me/dotfiles/experimaestro/.config/experimaestro/settings.yaml",
    "/home/me/group/experimaestro/settings.yaml",
    "/home/me/demo/xpm_settings.yaml",
)
NOT_MATCHED = (
    "/home/me/project/settings.yaml",
    "/home/me/project/config/settings.yaml",
    "/home/me/.config/settings.yaml",
    "/home/me/.config/other/settings.yaml",
    "/home/me/project/django/settings.yaml",
    "/home/me/project/notexperimaestro/settings.yaml",
    "/home/me/project/experimaestro-demo/settings.yaml",
    "/home/me/.config/experimaestro/settings.yml",
    "/home/me/.config/experimaestro/settings.yaml.bak",
    "/home/me/.config/experimaestro/other.yaml",
    "/home/me/.config/experimaestro/more/settings.yaml",
    "/home/me/project/my_xpm_settings.yaml",
)


def test_the_patterns_match_the_settings_and_nothing_else() -> None:
    """The glob code of both language servers takes every layout of settings, and no other tool's file."""
    paths = [*MATCHED, *NOT_MATCHED]
    expected = [True] * len(MATCHED) + [False] * len(NOT_MATCHED)
    for found in match(ENTRY["fileMatch"], paths):
        assert dict(zip(paths, found, strict=True)) == dict(zip(paths, expected, strict=True))


def test_no_pattern_is_superfluous() -> None:
    """Each pattern matches a layout that the others do not."""
    for glob in ENTRY["fileMatch"]:
        others = [other for other in ENTRY["fileMatch"] if other != glob]
        for found in match(others, list(MATCHED)):
            assert False in found, glob


# -- the schemas ----------------------------------------------------------------------------------------


def test_the_declared_keywords_are_those_that_ajv_does_not_know() -> None:
    """Nothing of the schemas is undeclared, and nothing is declared that they have no use for."""
    unknown = set()
    for version in registry.VERSIONS:
        complaints = run_ajv(registry.raw_schema(version), {"strict": "log"}, list(KNOWN_TO_SCHEMASTORE))["complaints"]
        unknown |= {match[1] for match in (re.search(r'unknown keyword: "(.*)"', text) for text in complaints) if match}
    for declared in OPTIONS.values():
        assert declared == {"unknownKeywords": sorted(unknown)}


@VERSIONS
def test_full_strict_mode_finds_lists_of_types_and_nothing_else(version: int) -> None:
    """Only `allowUnionTypes` stands between a schema and SchemaStore's full strict mode."""
    complaints = run_ajv(registry.raw_schema(version), {"strict": "log"}, keywords(version))["complaints"]
    assert complaints
    assert {text.partition(" keyword at ")[0] for text in complaints} == {
        "strict mode: use allowUnionTypes to allow union type"
    }
    assert all("environment/additionalProperties" in text for text in complaints)


@VERSIONS
def test_the_schema_is_of_the_draft_that_schemastore_advises(version: int) -> None:
    """Draft-07, and a name to put an address in place of."""
    schema = registry.raw_schema(version)
    assert schema["$schema"] == "http://json-schema.org/draft-07/schema#"
    assert schema["$id"] == f"urn:xpm-config:settings:v{version}"


# -- the second validator ---------------------------------------------------------------------------------


def constructed(name: str, data: bytes) -> list[Source]:
    """The value of a document as our check hands it to a schema; nothing where there is none."""
    document = Document(data)
    constructor = Constructor()
    if document.problems or document.root is None:
        return []
    value = json_like(constructor.value(document.root))
    return [] if constructor.problems else [Source(name, value)]


def examples() -> list[Source]:
    """All examples that hold a value."""
    folders = ("examples", "tests/examples/valid", "tests/examples/invalid", "tests/examples/migrate")
    files = [path for folder in folders for path in sorted((ROOT / folder).rglob("*.yaml"))]
    return [found for path in files for found in constructed(path.relative_to(ROOT).as_posix(), path.read_bytes())]


def probes() -> list[Source]:
    """The recorded probes that hold a value."""
    history = json.loads((ROOT / "tests/data/settings-history.json").read_text(encoding="utf-8"))["behaviour"]
    texts = {name: probe["yaml"] for name, probe in history.items()}
    data = {name: text.encode() if isinstance(text, str) else text["latin1"].encode("latin-1")
            for name, text in texts.items()}  # fmt: skip
    return [found for name, content in data.items() for found in constructed(name, content)]


def generated() -> list[Source]:
    """Values near each schema, files in every layout, and what small changes make of the probes."""
    found = []
    for version in registry.VERSIONS:
        found += [Source(f"near {version}: {value!r:.200}", value) for value in drawn(version)]
    for seed in range(150):
        found += constructed(f"drawn {seed}", draw_case(Random(seed)).data)
    for number, text in enumerate(mutated_texts(150, seed=4)):
        found += constructed(f"mutated {number}", text.encode(errors="surrogatepass"))
    return found


def drawn(version: int) -> list[Any]:
    """The same 150 values near a schema in every run."""
    values: list[Any] = []

    @settings(max_examples=150, deadline=None, derandomize=True, database=None, suppress_health_check=list(HealthCheck))
    @given(value=near(version))
    def collect(value: Any) -> None:
        values.append(value)

    collect()
    return values


def is_finite(value: Any) -> bool:
    """Whether JavaScript has all numbers of a value; beyond 2^53 it rounds, far above all bounds of the schemas."""
    if isinstance(value, dict):
        return all(is_finite(item) for item in value.values())
    if isinstance(value, list):
        return all(is_finite(item) for item in value)
    return not isinstance(value, (int, float)) or abs(value) <= sys.float_info.max


def json_typed(value: Any) -> Any:
    """The value, with `NO_JSON_TYPE` in place of what has no type in JSON."""
    if isinstance(value, dict):
        return {key: json_typed(item) for key, item in value.items()}
    if isinstance(value, list):
        return [json_typed(item) for item in value]
    return value if value is None or isinstance(value, (bool, int, float, str)) else NO_JSON_TYPE


def pointer(path: tuple[str | int, ...]) -> str:
    """A path as Ajv writes it."""
    return "".join("/" + str(step).replace("~", "~0").replace("/", "~1") for step in path)


def judge(version: int, sources: list[Source]) -> list[bool]:
    """Our verdicts, after comparing each one, and where and why it says no, with Ajv's and jsonschema's."""
    values = [json_typed(source.value) for source in sources]
    schema = registry.schema(version)
    answers = run_ajv(registry.raw_schema(version), STRICT, keywords(version), values=values)
    assert answers["complaints"] == []
    verdicts = []
    for (name, original), value, answer in zip(sources, values, answers["values"], strict=True):
        verdict = conforms(original, schema)
        expected = {(pointer(found.path), found.keyword) for found in violations(value, schema)}
        assert {tuple(found) for found in answer} == expected, name
        assert verdict == (not answer) == (not violations(original, schema)), name
        verdicts.append(verdict)
    return verdicts


@VERSIONS
def test_ajv_agrees_on_all_examples(version: int) -> None:
    """Every example gets one verdict from our check, jsonschema and Ajv, and the same violations."""
    sources = examples()
    assert [source.name for source in sources if not is_finite(source.value)] == []
    assert set(judge(version, sources)) == {True, False}


@VERSIONS
def test_ajv_agrees_on_the_recorded_probes(version: int) -> None:
    """Every recorded probe does, save those whose infinities JSON cannot say."""
    sources = probes()
    assert {source.name for source in sources if not is_finite(source.value)} == INFINITE_PROBES
    assert set(judge(version, [source for source in sources if is_finite(source.value)])) == {True, False}


@VERSIONS
def test_ajv_agrees_on_generated_documents(version: int) -> None:
    """Hundreds of generated documents do; one in twenty at most holds an infinity and is left out."""
    sources = generated()
    sayable = [source for source in sources if is_finite(source.value)]
    assert len(sayable) > 500
    assert len(sources) - len(sayable) < len(sources) / 20
    verdicts = judge(version, sayable)
    assert len(verdicts) // 10 < sum(verdicts) < len(verdicts) * 9 // 10


@VERSIONS
def test_examples_lie_on_both_sides(version: int) -> None:
    """Of the example files, ours and Ajv's verdict, there are many that conform and many that do not."""
    verdicts = judge(version, examples())
    assert min(sum(verdicts), len(verdicts) - sum(verdicts)) > 40


# -- the submission ---------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What the commands of the page put into a clone of SchemaStore."""
    place = tmp_path_factory.mktemp("schemastore")
    assert len(COMMANDS) == 1
    done = subprocess.run(
        ["sh", "-euc", COMMANDS[0]], cwd=ROOT, env={"store": str(place), "PATH": "/usr/bin:/bin"}, check=False,
        capture_output=True, text=True,
    )  # fmt: skip
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
    return place


@VERSIONS
def test_the_submitted_schema_differs_in_its_address_only(version: int, store: Path) -> None:
    """The copy has the address of its file as `$id`, as SchemaStore demands, and nothing else is changed."""
    path = store / "src/schemas/json" / file_name(version)
    submitted = json.loads(path.read_text(encoding="utf-8"))
    assert submitted == {**registry.raw_schema(version), "$id": ENTRY["versions"][str(version)]}
    assert not path.read_bytes().startswith(b"\xef\xbb\xbf")


@VERSIONS
@pytest.mark.parametrize("options", [STRICT, NOT_STRICT], ids=["strict", "not strict"])
def test_the_submitted_tests_pass_as_schemastore_runs_them(version: int, options: dict[str, Any], store: Path) -> None:
    """Read as SchemaStore reads YAML, each positive file is valid and each negative one is not."""
    schema = json.loads((store / "src/schemas/json" / file_name(version)).read_text(encoding="utf-8"))
    for kind, valid, least in (("test", True, 2), ("negative_test", False, 12)):
        files = sorted((store / "src" / kind / file_name(version).removesuffix(".json")).iterdir())
        assert len(files) >= least
        assert all(path.suffix == ".yaml" and not path.read_bytes().startswith(b"\xef\xbb\xbf") for path in files)
        texts = [path.read_text(encoding="utf-8") for path in files]
        answer = run_ajv(schema, options, keywords(version), texts=texts)
        verdicts = {path.name: not found for path, found in zip(files, answer["texts"], strict=True)}
        assert verdicts == dict.fromkeys(verdicts, valid)


@VERSIONS
def test_full_strict_mode_refuses_the_schema(version: int) -> None:
    """The page says why both names go into `ajvNotStrictMode`: without that, SchemaStore's check would stop."""
    with pytest.raises(AssertionError, match="use allowUnionTypes"):
        run_ajv(registry.raw_schema(version), FULL_STRICT, keywords(version))
