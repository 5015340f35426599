"""A first settings file with comments, made from the schema.

In it, `# ` begins a sentence, and `#` without a space a setting that is off: without this `#`, the setting is on,
and the file is still right.
"""

from __future__ import annotations

import re
import textwrap
from typing import TYPE_CHECKING, Any

from xpm_config import registry
from xpm_config.editing import quoted, scalar
from xpm_config.errors import UsageError
from xpm_config.loaders.model import known_properties
from xpm_config.releases import parse_release, show_release

if TYPE_CHECKING:
    from collections.abc import Iterator

    from xpm_config.releases import Release

WIDTH = 88
"""Longer comments are wrapped."""

_LEAD = 300
"""A comment has the first sentence of a description, and those behind it that end before this many characters."""

_SENTENCE = re.compile(r".+?[.](?=\s|\Z)", re.DOTALL)
_PLACEHOLDER = re.compile(r"\$\{\d+:([^}]*)\}")
_BLOCK = re.compile(r"```yaml\n(.*?)```", re.DOTALL)
_KEY = re.compile(r"([ -]*)(\w+):")
_SECRET = "a-long-random-text-of-your-own"  # noqa: S105 - no secret: it says what to put there

_HEADER = """\
Settings of experimaestro, the experiment manager.

experimaestro reads them from ~/.config/experimaestro/settings.yaml and nowhere else. Everything in here is \
optional. A line that begins with # and no space behind it is a setting that is off: remove this #, and the one of \
the lines above that it belongs to, to switch it on. What is marked "default" holds anyway; other values are examples.

`xpm-config explain KEY` tells more about a key, and `xpm-config validate` checks this file."""


def starter(release: Release) -> str:
    """A file with every key that a release of experimaestro knows; one local workspace is on, all else is off."""
    schema = registry.schema(registry.version_for(release))
    known = _known(schema, release)
    lines = list(_paragraphs(_HEADER))
    # The workspaces are what a user comes for.
    for name in sorted(known, key=lambda name: name != "workspaces"):
        lines += ["", f"# ---- {known[name]['title']} ".ljust(WIDTH, "-"), *_prose(known[name])]
        if name == "workspaces":
            lines += _workspaces(schema, release)
        else:
            lines += _off(_setting(name, known[name], release))
    return "\n".join(lines) + "\n"


def minimal(release: Release) -> str:
    """A file with one local workspace and nothing else."""
    schema = registry.schema(registry.version_for(release))
    _known(schema, release)
    return "workspaces:\n" + "".join(f"  {line}\n" for line in _item(_first(schema)))


def first_workspace(release: Release) -> tuple[str, str]:
    """The id and the path of the workspace that is on in both files."""
    item = _first(registry.schema(registry.version_for(release)))
    return item["id"], item["path"]


def _known(schema: dict[str, Any], release: Release) -> dict[str, dict[str, Any]]:
    """The sections that a release knows; raises UsageError for one that knows no workspaces."""
    since = schema["properties"]["workspaces"]["x-xpm-since"]
    if release < parse_release(since):
        raise UsageError(
            f"experimaestro {show_release(release)} has no workspaces: there is nothing to start from",
            f"give a release from {since} on",
        )
    return known_properties(schema, release)


# -- workspaces -------------------------------------------------------------------------------------


def _first(schema: dict[str, Any]) -> dict[str, str]:
    """A local workspace, from the snippets of the schema."""
    return _snippets(schema)[0][0]


def _snippets(schema: dict[str, Any]) -> list[list[dict[str, str]]]:
    """The texts of the workspaces in each snippet, the shortest snippet first."""
    found = [
        [
            {key: _PLACEHOLDER.sub(r"\1", value) for key, value in workspace.items() if isinstance(value, str)}
            for workspace in snippet["body"]["workspaces"]
        ]
        for snippet in schema["defaultSnippets"]
        if "workspaces" in snippet["body"]
    ]
    return sorted(found, key=len)


def _workspaces(schema: dict[str, Any], release: Release) -> Iterator[str]:
    """The local workspace, with what else it can have, and behind it a remote one that is off."""
    workspace = schema["properties"]["workspaces"]["items"]
    known = known_properties(workspace, release)
    values = _first(schema)
    yield "workspaces:"
    for number, (name, sub) in enumerate(known.items()):
        if name in values:
            yield from _indented(_prose(sub), "    " if number else "  ")
            yield f"{'    ' if number else '  - '}{name}: {_value(values[name])}"
        elif sub.get("deprecated"):
            yield from ("", *_indented(_paragraphs(_replaced(name, sub)), "    "))
        elif name != "ssh":
            yield from ("", *_indented([*_prose(sub), *_off(_setting(name, sub, release))], "    "))
    if "ssh" in known:
        yield from ("", *_indented([*_prose(known["ssh"]), *_off(_remote(schema, known["ssh"], release))], "  "))


def _remote(schema: dict[str, Any], ssh: dict[str, Any], release: Release) -> list[str]:
    """A workspace on another machine, which is the last one of the longest snippet."""
    return [*_item(_snippets(schema)[-1][-1]), *_indented(_setting("ssh", ssh, release), "  ")]


def _replaced(name: str, schema: dict[str, Any]) -> str:
    return f"'{name}' is deprecated: '{schema['x-xpm-replaced-by']}' replaces it."


# -- settings ---------------------------------------------------------------------------------------


def _setting(name: str, schema: dict[str, Any], release: Release) -> list[str]:
    """A key with its value, as lines of YAML: its default, or an example where that is nothing."""
    if "properties" in schema:
        known = known_properties(schema, release).items()
        inner = [line for key, sub in known for line in (*_prose(sub), *_setting(key, sub, release))]
        return [f"{name}:", *_indented(inner, "  ")]
    if schema.get("default") not in (None, [], {}):
        return [f"{name}: {_value(schema['default'])}  # default"]
    inner = schema.get("items", schema)
    if "examples" in inner:
        return [f"{name}: {_value(inner['examples'] if inner is not schema else inner['examples'][0])}"]
    if inner.get("x-xpm-secret"):
        return [f"{name}: {_SECRET}"]
    if "enum" in inner:
        return [f"{name}: {_value(inner['enum'][0])}"]
    return _shown(name, schema, inner.get("properties", {}))


def _shown(name: str, schema: dict[str, Any], properties: dict[str, Any]) -> list[str]:
    """The example in the description of a key; `properties` are explained where they first stand in it."""
    block = next(block for block in _BLOCK.findall(schema["markdownDescription"]) if block.startswith(f"{name}:"))
    lines: list[str] = []
    unexplained = dict(properties)
    for line in block.splitlines():
        found = _KEY.match(line)
        if found is not None and found[2] in unexplained:
            # What is said of an item stands in front of it, at its dash.
            lines += _indented(_prose(unexplained.pop(found[2])), found[1].removesuffix("- "))
        lines.append(line)
    return lines


def _item(values: dict[str, Any]) -> list[str]:
    """A mapping of texts, as an item of a list."""
    return [f"{'  ' if number else '- '}{key}: {_value(value)}" for number, (key, value) in enumerate(values.items())]


def _value(value: Any) -> str:
    if isinstance(value, list):
        return f"[{', '.join(map(quoted, value))}]"
    if isinstance(value, str):
        return scalar(value, flow=True)
    return str(value).lower()


# -- comments ---------------------------------------------------------------------------------------


def _prose(schema: dict[str, Any]) -> list[str]:
    """What a key means, as comments: the beginning of its description, and the words that it takes."""
    text = ""
    for sentence in _SENTENCE.findall(schema["description"]):
        if text and len(text) + len(sentence) > _LEAD:
            break
        text += sentence
    lines = list(_paragraphs(text))
    choices = [value for value in schema.get("enum", ()) if value is not None]
    if len(choices) > 1:
        for value, words in zip(schema["enum"], schema["markdownEnumDescriptions"], strict=True):
            if value is not None:
                lines += _paragraphs(f"{value}: {words.replace('**', '').replace('`', '')}")
    return lines


def _paragraphs(text: str) -> Iterator[str]:
    """Text as comments of a width that leaves room for what they are indented by later."""
    for paragraph in text.split("\n\n"):
        yield from (f"# {line}" for line in textwrap.wrap(paragraph, WIDTH - 11, break_on_hyphens=False))
        if not text.endswith(paragraph):
            yield "#"


def _indented(lines: list[str] | Iterator[str], indent: str) -> list[str]:
    return [f"{indent}{line}" if line else line for line in lines]


def _off(lines: list[str]) -> list[str]:
    return [f"#{line}" for line in lines]
