"""`xpm-config explain`: what a key means, or what a finding says."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from xpm_config import registry
from xpm_config.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Iterator


WIDTH = 100
"""Longer lines of text are wrapped."""


def run(topic: str | None, version: int) -> int:
    """Explain a code, a key given by its path or by its last part, or list all keys."""
    schema = registry.schema(version)
    if topic is None:
        print(_overview(schema))
    elif topic.upper().startswith("XPM"):
        print(_code(topic.upper()))
    else:
        print(_key(topic, schema))
    return 0


def _code(name: str) -> str:
    from difflib import get_close_matches

    from xpm_config.codes import CODES

    code = CODES.get(name)
    if code is None and any(known.startswith(name) for known in CODES):
        return "\n".join(f"{known}  {CODES[known].title}" for known in CODES if known.startswith(name))
    if code is None:
        close = get_close_matches(name, list(CODES), n=1, cutoff=0.9)
        hint = f"did you mean {close[0]}?" if close else "`xpm-config explain XPM` lists the codes"
        raise UsageError(f"there is no code {name}", hint)
    return f"{name}: {code.title}\n\n{code.explanation}"


def keys(schema: dict[str, Any], prefix: str = "") -> Iterator[tuple[str, dict[str, Any]]]:
    """Every key of a schema by its path, without the brackets of lists: `workspaces.folders.mode`."""
    for name, sub in schema.get("properties", {}).items():
        yield prefix + name, sub
        inner = sub.get("items", sub)
        yield from keys(inner, f"{prefix}{name}.")


def _key(topic: str, schema: dict[str, Any]) -> str:
    path = topic.replace("[]", "").strip(".").lower()
    known = dict(keys(schema))
    found = [name for name in known if name == path] or [
        name for name in known if name.rpartition(".")[2] == path or name.endswith("." + path)
    ]
    if not found:
        from difflib import get_close_matches

        close = get_close_matches(path, [*known, *(name.rpartition(".")[2] for name in known)], n=1, cutoff=0.5)
        hint = f"did you mean `{close[0]}`?" if close else "`xpm-config explain` lists the keys"
        raise UsageError(f"the settings have no key `{topic}`", hint)
    return "\n\n".join(_page(name, known[name]) for name in found)


def _page(name: str, schema: dict[str, Any]) -> str:
    import json
    import textwrap

    lines = [f"{name}: {schema['title']}", "", *textwrap.wrap(schema["description"], WIDTH), ""]
    lines.append(f"Type: {schema.get('x-xpm-expects', 'a mapping')}")
    for label, keyword in (("Default", "default"), ("Since experimaestro", "x-xpm-since")):
        if keyword in schema:
            value = schema[keyword]
            lines.append(f"{label}: {value if keyword != 'default' else json.dumps(value, ensure_ascii=False)}")
    for value, text in zip(schema.get("enum", ()), schema.get("markdownEnumDescriptions", ()), strict=False):
        lines.append(f"  {'null' if value is None else value}: {text.replace('**', '')}")
    if "examples" in schema:
        shown = [json.dumps(example, ensure_ascii=False) for example in schema["examples"]]
        lines.append("Examples: " + ", ".join(shown))
    inner = list(schema.get("items", schema).get("properties", {}))
    if inner:
        lines.append("Keys: " + ", ".join(inner))
    return "\n".join(lines)


def _overview(schema: dict[str, Any]) -> str:
    known = list(keys(schema))
    width = max(len(name) for name, _ in known)
    rows = [f"{name:<{width}}  {sub['title']}" for name, sub in known]
    return "\n".join(["The keys of settings.yaml; `xpm-config explain KEY` tells more:", "", *rows])
