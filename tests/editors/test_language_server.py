"""The schemas in the real yaml-language-server, in both of its lines: what an editor shows is the product.

The tables are in `rows.py` and `completions.py`; each row is run in each server, for each schema that it names.
"""

from __future__ import annotations

import re
import shutil
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from tests.editors.client import LanguageServer, LanguageServerError
from tests.editors.completions import COMPLETIONS, LIMITS
from tests.editors.rows import DEPRECATED, HOVERS, UNDERLINED, WORKSPACE, Completion, Hover, Limit, Underlined
from tests.editors.text import CURSOR, expanded, utf16_units
from tests.node import node_package
from xpm_config import registry, schema
from xpm_config.diagnostics import Severity
from xpm_config.validate import check

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.editors.client import Problem
    from tests.editors.text import Accepted

SCHEMAS = {version: Path(schema.__path__[0]) / f"settings.v{version}.schema.json" for version in registry.VERSIONS}
RELEASES = {1: (2, 3, 6), 2: registry.NEWEST_RELEASE}
"""A release of experimaestro that each schema describes."""
NAMES = {1: "old.v1.yaml", 2: "new.v2.yaml"}
"""The names of documents, by which the setting `yaml.schemas` gives them their schema."""
SKELETONS = {"XPM103": "Workspace", "XPM213": "SSH access"}
"""The proposal that adds all keys that a mapping needs, by what `validate` says while they are missing."""


@pytest.fixture(scope="session", params=[1, 2], ids=["1.25", "2.0"])
def server(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[LanguageServer]:
    """One running server of each line for all tests."""
    package = node_package(f"yaml-language-server-{request.param}")
    folder = tmp_path_factory.mktemp("documents")
    for path in SCHEMAS.values():
        shutil.copy(path, folder)
    patterns = {f"*.v{version}.yaml": path for version, path in SCHEMAS.items()}
    with LanguageServer(package, patterns, folder) as running:
        yield running


def cases(rows: tuple[Any, ...]) -> pytest.MarkDecorator:
    """Each row with each schema that it is about."""
    found = [(row, version) for row in rows for version in row.schemas]
    return pytest.mark.parametrize(("row", "version"), found, ids=[f"{row.name}-v{version}" for row, version in found])


def found_in(text: str, version: int, severity: Severity) -> set[tuple[str, str]]:
    """The findings of `validate` in a file, by code and message."""
    report = check("settings.yaml", text.encode(), RELEASES[version], {})
    return {(found.code, found.message) for found in report.diagnostics if found.severity is severity}


# -- completion -----------------------------------------------------------------------------------


@cases(COMPLETIONS)
def test_what_is_proposed(server: LanguageServer, row: Completion, version: int) -> None:
    """The labels of the row are there, others are not, and accepting one gives the file that stands beside it."""
    proposals = server.completions(row.document, NAMES[version])
    labels = [proposal.label for proposal in proposals]
    assert set(row.labels) <= set(labels)
    assert not set(row.absent) & set(labels)
    assert len(set(labels)) == len(labels)
    for label, text in row.accepted.items():
        assert text in [proposal.accepted.text for proposal in proposals if proposal.label == label]


@cases(COMPLETIONS)
def test_accepting_each_proposal_gives_a_valid_file(server: LanguageServer, row: Completion, version: int) -> None:
    """`validate` finds nothing that was not there before; what a new mapping still needs is proposed next."""
    before = row.document.replace(CURSOR, "")
    errors = found_in(before, version, Severity.ERROR)
    warnings = found_in(before, version, Severity.WARNING)
    results = []
    for label, _, accepted in server.completions(row.document, NAMES[version]):
        text = accepted.text
        missing = {code for code, _ in found_in(text, version, Severity.ERROR) - errors}
        if missing:
            assert missing <= set(SKELETONS), (label, text)
            text = with_required_keys(server, accepted, missing.pop(), version)
        assert not found_in(text, version, Severity.ERROR) - errors, (label, text)
        new = {code for code, _ in found_in(text, version, Severity.WARNING) - warnings}
        assert new <= set(row.warnings), (label, text)
        results.append(text)
    if not errors:
        found = server.diagnostics(results, NAMES[version])
        assert not any(found), [text for text, problems in zip(results, found, strict=True) if problems]


@cases(LIMITS)
def test_what_the_servers_get_wrong(server: LanguageServer, row: Limit, version: int) -> None:
    """Exactly the proposals of the row come out wrong, in both lines of the server: where one is mended, so is the row.

    For each of these places, another arrangement of the snippets in the schema would break a place that is met more.
    """
    before = found_in(row.document.replace(CURSOR, ""), version, Severity.ERROR)
    wrong = {}
    for proposal in server.completions(row.document, NAMES[version]):
        new = {code for code, _ in found_in(proposal.accepted.text, version, Severity.ERROR) - before}
        if new:
            wrong[proposal.label] = new
    assert wrong == {label: {row.code} for label in row.labels}


def with_required_keys(server: LanguageServer, accepted: Accepted, missing: str, version: int) -> str:
    """The document after one more completion on the next line: the one that gives the keys that are needed."""
    first = accepted.end - len(accepted.text[accepted.start : accepted.end].lstrip())
    column = first - accepted.text.rfind("\n", 0, first) - 1
    label = SKELETONS[missing]
    typed = "\n" + " " * column + label[0].lower() + CURSOR
    text = accepted.text[: accepted.end] + typed + accepted.text[accepted.end :]
    (skeleton,) = (proposal for proposal in server.completions(text, NAMES[version]) if proposal.label == label)
    return skeleton.accepted.text


def test_the_table_is_long_enough() -> None:
    """At least 60 rows, each with a name and a document of its own; every row of completions has its cursor."""
    rows = (*COMPLETIONS, *HOVERS, *UNDERLINED)
    assert len({(row.document, row.schemas) for row in COMPLETIONS}) == len(COMPLETIONS) >= 60
    assert len({(type(row), row.name) for row in rows}) == len(rows)


# -- hover ----------------------------------------------------------------------------------------


@cases(HOVERS)
def test_what_is_shown_over_a_place(server: LanguageServer, row: Hover, version: int) -> None:
    """The title is that of the place, and the text tells what the row says."""
    shown = server.hover(row.document, NAMES[version])
    assert shown.splitlines()[0] == f"#### {row.title}"
    for part in row.parts:
        assert part in shown


def keys(schema: dict[str, Any], path: tuple[str, ...] = ()) -> Iterator[tuple[tuple[str, ...], dict[str, Any]]]:
    """Every key of the settings with its schema; `[]` in a path is an item of a list."""
    for name, sub in schema.get("properties", {}).items():
        yield (*path, name), sub
        yield from keys(sub, (*path, name))
    if "properties" in schema.get("items", {}):
        yield from keys(schema["items"], (*path, "[]"))


def document_with(path: tuple[str, ...], schema: dict[str, Any]) -> str:
    """The shortest document that has a key, with the cursor in the key."""
    text, indent = "", ""
    for name in path[:-1]:
        if name == "[]":
            text += f"{indent}- "
            indent += "  "
        else:
            start = "" if text.endswith("- ") else indent
            text += f"{start}{name}:\n"
            indent += "  "
    start = "" if text.endswith("- ") else indent
    values = [*schema.get("enum", []), *schema.get("examples", []), schema.get("default")]
    value = "[]" if "items" in schema else "{}" if "x-xpm-type" not in schema else values[0]
    name = path[-1]
    return f"{text}{start}{name[0]}{CURSOR}{name[1:]}: {value}\n"


KEYS = [(version, path, sub) for version in registry.VERSIONS for path, sub in keys(registry.schema(version))]


@pytest.mark.parametrize(
    ("version", "path", "schema"), KEYS, ids=[f"v{version}-{'.'.join(path)}" for version, path, _ in KEYS]
)
def test_every_key_is_explained(
    server: LanguageServer, version: int, path: tuple[str, ...], schema: dict[str, Any]
) -> None:
    """Over a key stand its own title and text, its words and its examples, and nothing of another key."""
    shown = server.hover(document_with(path, schema), NAMES[version])
    title, text = schema["title"], schema["markdownDescription"]
    assert shown.startswith(f"#### {title}\n\n{text}\n")
    assert shown.count("#### ") == 1
    rest = shown[len(f"#### {title}\n\n{text}\n") :]
    for words in schema.get("markdownEnumDescriptions", []):
        assert words in rest
    assert rest.count("* `") == len(schema.get("enum", []))
    assert rest.count("Example:") == len(schema.get("examples", []))
    assert rest.count("Example:") <= 1, "one example reads better than a column of them"
    uri = SCHEMAS[version].as_uri()
    assert shown.endswith(f"\n\nSource: [settings.v{version}.schema.json]({uri})")
    if schema.get("deprecated"):
        assert "**Deprecated:**" in text
        assert "`xpm-config migrate`" in text


# -- diagnostics ----------------------------------------------------------------------------------


def underlined(marked: str, messages: tuple[str, ...]) -> tuple[str, list[tuple[int, int, int, int, str]]]:
    """The text without its marks, and what is to be underlined, columns in UTF-16 code units."""
    text, places = "", []
    for piece in re.split("([«»])", marked):
        if piece in ("«", "»"):
            line = text.rpartition("\n")[2]
            places.append((text.count("\n"), utf16_units(line)))
        else:
            text += piece
    spans = zip(places[::2], places[1::2], strict=True)
    return text, [(*start, *end, message) for (start, end), message in zip(spans, messages, strict=True)]


def shown(problems: list[Problem]) -> list[tuple[int, int, int, int, str]]:
    """Problems in the form of the table."""
    return [(found.line, found.start, found.end_line, found.end, found.message) for found in problems]


@cases(UNDERLINED)
def test_what_is_underlined(server: LanguageServer, row: Underlined, version: int) -> None:
    """Exactly the marked parts are underlined, with these messages."""
    text, expected = underlined(row.document, row.messages)
    assert shown(server.diagnostics([text], NAMES[version])[0]) == expected


def test_what_is_deprecated_is_called_an_error(server: LanguageServer) -> None:
    """Both servers call all that a schema finds an error, and no schema can change that; `docs/editors.md` says so."""
    (problem,) = server.diagnostics([WORKSPACE + "    alt_workspaces: [/b]\n"], NAMES[2])[0]
    assert problem.severity == "error"
    assert problem.message == DEPRECATED


@pytest.mark.parametrize("version", registry.VERSIONS)
@pytest.mark.parametrize("relative", [False, True], ids=["uri", "relative path"])
def test_a_modeline_chooses_the_schema(server: LanguageServer, version: int, relative: bool) -> None:
    """The comment at the top is enough: underlines, hover and completion are those of the schema that it names."""
    place = f"../{SCHEMAS[version].name}" if relative else SCHEMAS[version].as_uri()
    modeline = f"# yaml-language-server: $schema={place}\n"
    text, expected = underlined(f"{modeline}{WORKSPACE}    alt_workspaces: [«1»]\n", (UNDERLINED_ITEM,))
    found = [
        problem for problem in shown(server.diagnostics([text], "settings.yaml")[0]) if "deprecated" not in problem[-1]
    ]
    assert found == expected
    title = server.hover(f"{modeline}se‸rver:\n  port: 1\n", "settings.yaml").splitlines()[0]
    assert title == "#### Web server"
    proposals = server.completions(f"{modeline}{WORKSPACE}    ‸", "settings.yaml")
    labels = {proposal.label for proposal in proposals}
    assert ("folders" in labels) == (version == 2)
    assert ("alt_workspaces" in labels) == (version == 1)


UNDERLINED_ITEM = "This must be a workspace id or path, as text: quote numbers, true and false."


def test_without_schema_nothing_is_said(server: LanguageServer) -> None:
    """A file that neither the settings nor a modeline name is left alone: the tests above see our schemas at work."""
    assert server.diagnostics(["sever: 1\n"], "other.yaml") == [[]]
    assert server.hover("ser‸ver: 1\n", "other.yaml") == ""


# -- the client itself ----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("snippet", "text"),
    [
        ("a: $1\nb: $0", "a: \nb: "),
        ("${1:x} ${2:a\\}b} ${1}", "x a}b x"),
        ("mode: ${1|use,backup|}", "mode: use"),
        ("cost: \\$5, ${1}", "cost: $5, "),
        ("$1-${1:late}", "late-late"),
    ],
)
def test_snippets_are_expanded_as_an_editor_does(snippet: str, text: str) -> None:
    """Fields keep their default, choices their first word, and a field has one text everywhere."""
    assert expanded(snippet) == text


def test_a_server_that_ends_is_an_error(tmp_path: Path) -> None:
    """What it wrote to standard error is in the message."""
    node_package("ajv")
    (tmp_path / "bin").mkdir()
    (tmp_path / "bin" / "yaml-language-server").write_text("console.error('no such thing'); process.exit(1)\n", "utf-8")
    with pytest.raises(LanguageServerError, match="no such thing"), LanguageServer(tmp_path, {}, tmp_path):
        pass
