"""Modelines are found where yaml-language-server finds them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.npm_session import MODELINE, NodeSession
from xpm_config.document import apply_edits
from xpm_config.modeline import modeline_version, modelines, removals

if TYPE_CHECKING:
    from collections.abc import Iterator

SERVERS = ("yaml-language-server-1", "yaml-language-server-2")
OURS = "# yaml-language-server: $schema=settings.v2.schema.json"


@pytest.fixture(scope="module", params=SERVERS)
def server(request: pytest.FixtureRequest) -> Iterator[NodeSession]:
    """What a release of yaml-language-server makes of the header of a text."""
    with NodeSession(request.param, MODELINE) as session:
        yield session


@pytest.mark.parametrize(
    ("text", "version"),
    [
        (OURS, 2),
        (f"{OURS}\na: 1\n", 2),
        ("# yaml-language-server: $schema=./settings.v1.schema.json\n", 1),
        ("# yaml-language-server: $schema=/opt/x/settings.v2.schema.json\r\na: 1\r\n", 2),
        ("# yaml-language-server: $schema=urn:xpm-config:settings:v2\n", 2),
        ("# yaml-language-server : $schema: settings.v1.schema.json\n", 1),
        ("# $schema: settings.v1.schema.json\n", 1),
        (f"\ufeff{OURS}\na: 1\n", 2),
        (f"# mine\n\n  {OURS}\na: 1\n", 2),
        (f"%YAML 1.1\n{OURS}\n---\na: 1\n", 2),
        (f"--- {OURS}\na: 1\n", 2),
        (f"---\n{OURS}\na: 1\n", 2),
        (f"# mine\r{OURS}\ra: 1\r", 2),
        (f"{OURS}\na: [\n", 2),
        (f"a: 1\n{OURS}\n", None),
        (f"a: 1 {OURS}\n", None),
        (f"---\n---\n{OURS}\na: 1\n", None),
        ("#yaml-language-server: $schema=settings.v2.schema.json\n", None),
        ("# yaml-language-server: $schema=settings.v9.schema.json\n", None),
        ("# yaml-language-server: $schema=other-settings.v2.schema.json\n", None),
        ("# yaml-language-server: $schema=file:///opt/x/settings.v2.schema.json\n", 2),
        ("# yaml-language-server: $schema=https://example.org/othertool/settings.v1.schema.json\n", None),
        ("# yaml-language-server: $schema=vscode://schemas/settings.v2.schema.json\n", None),
        ("# yaml-language-server: $schema=urn:othertool:settings:v2\n", None),
        (f"# yaml-language-server: $schema=other.json\n{OURS}\na: 1\n", None),
        ("", None),
    ],
)
def test_version(text: str, version: int | None) -> None:
    """The first modeline in front of the content decides, if it names one of our schemas."""
    assert modeline_version(text) == version


@pytest.mark.parametrize("mark", ["", "\ufeff"])
@pytest.mark.parametrize("line_end", ["\n", "\r\n", "\r"])
@pytest.mark.parametrize(
    ("lines", "left"),
    [
        ([OURS], [""]),
        ([OURS, OURS], [""]),
        ([OURS, OURS, ""], [""]),
        (["# a", OURS], ["# a"]),
        (["# a", OURS, OURS], ["# a", ""]),
        (["# a", OURS, "", OURS, "b: 1"], ["# a", "", "b: 1"]),
        ([f"--- {OURS}", OURS], ["---"]),
    ],
)
def test_removals(lines: list[str], left: list[str], line_end: str, mark: str) -> None:
    """Modelines go with their lines, also where several follow each other up to the end of the file."""
    text = mark + line_end.join(lines)
    assert apply_edits(text, removals(text, list(modelines(text)))) == mark + line_end.join(left)


LINES = st.sampled_from(
    [
        OURS,
        f"  {OURS}",
        "# yaml-language-server: $schema=other.json # and more",
        "# yaml-language-server: nothing",
        "# $schema: settings.v1.schema.json",
        "#yaml-language-server: $schema=settings.v2.schema.json",
        "#\tyaml-language-server:$schema=tab.json",
        "# my settings",
        "#!/usr/bin/env nothing",
        "",
        "   ",
        "a: 1",
        f"a: 1 {OURS}",
        "a: [",
        "- b",
    ]
)

HEADS = [(), ("---",), ("%YAML 1.1", "---"), ("%TAG ! x:", "# c", "---"), (f"--- {OURS}",), ("---\t",)]


@settings(max_examples=400, deadline=None, suppress_health_check=list(HealthCheck))
@given(
    before=st.lists(LINES, max_size=4),
    head=st.sampled_from(
        [(), ("---",), ("%YAML 1.1", "---"), ("%TAG ! x:", "# c", "---"), (f"--- {OURS}",), ("---\t",)]
    ),
    behind=st.lists(LINES, max_size=4),
    line_end=st.sampled_from(["\n", "\r\n"]),
    mark=st.sampled_from(["", "\ufeff"]),
    final=st.booleans(),
)
def test_servers_find_the_same(
    server: NodeSession,
    before: list[str],
    head: tuple[str, ...],
    behind: list[str],
    line_end: str,
    mark: str,
    final: bool,
) -> None:
    """Whatever stands in front of the content, we and the servers see the same schema."""
    if head:
        # Content in front of a directive or a `---` makes two documents, which experimaestro refuses.
        before = [line for line in before if line[:1] in ("", "#", " ")]
    text = mark + line_end.join([*before, *head, *behind]) + (line_end if final else "")
    first = next(modelines(text), None)
    assert server.ask(text) == (first.schema or None if first is not None else None)
