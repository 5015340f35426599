"""Findings about keys: those that no release knows, and those that are missing."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from xpm_config import registry
from xpm_config.diagnostics import Diagnostic, Edit, Fix, Severity, Span
from xpm_config.document import Mapping, Scalar
from xpm_config.loaders import PYDANTIC_SINCE
from xpm_config.releases import parse_release
from xpm_config.wording.parts import Part, close_to, fixable, span_of

if TYPE_CHECKING:
    from collections.abc import Container, Iterator

    from xpm_config.conformance import Violation
    from xpm_config.context import Context
    from xpm_config.outline import Setting
    from xpm_config.values import Entry

MAX_GUESSES = 100
"""In one mapping, no more unknown keys than this are compared with the known ones."""

_KEY_SYNONYMS = {
    "environment": "env",
    "enviroment": "env",
    "variables": "env",
    "name": "id",
    "directory": "path",
    "workdir": "path",
    "folder": "folders",
    "retries": "max_retries",
}
_ADVICE = {
    ("workspaces[].ssh", "port"): 'write it as an option of ssh: `options: ["-p", "22"]`',
    ("workspaces[].ssh", "user"): "write it in `host`, as in `me@machine`",
}
_MARKERS = {
    "version": "experimaestro's settings have no version key: remove it",
    "$schema": "remove it, and name the schema in a comment: `# yaml-language-server: $schema=…`",
}


def unknown_keys(context: Context, part: Part, violation: Violation) -> Iterator[Diagnostic]:
    """XPM101: keys of a mapping that no release knows there."""
    if not isinstance(part.node, Mapping):
        return
    properties = violation.schema.get("properties", {})
    later = _later_keys(part)
    known = _known_keys(context, part)
    entries = context.constructor.entries(part.node)
    guesses = MAX_GUESSES
    strangers = [name for name in entries if isinstance(name, str) and name not in later][:MAX_GUESSES]
    likely = [_guess(name, known) for name in strangers]
    rivals = {guess for guess in likely if guess is not None and likely.count(guess) > 1}
    for name, entry in context.constructor.entries(part.node).items():
        if not isinstance(name, str) or name in properties or (not part.key and name.startswith("x-")):
            continue
        if name not in later:
            guesses -= 1
            yield _unknown_key(context, part, name, entry, known if guesses >= 0 else {}, rivals)


def _later_keys(part: Part) -> dict[str, Any]:
    """The keys that the newest release knows at this place."""
    newest = registry.schema(registry.NEWEST)
    return dict((part.setting.schema if part.setting else newest).get("properties", {}))


def _known_keys(context: Context, part: Part) -> dict[str, Any]:
    """The keys that can be proposed at this place: those of the target release."""
    return {
        key: sub
        for key, sub in _later_keys(part).items()
        if parse_release(sub["x-xpm-since"]) <= context.release and not sub.get("deprecated")
    }


def _unknown_key(
    context: Context, part: Part, name: str, entry: Entry, known: dict[str, Any], rivals: set[str]
) -> Diagnostic:
    """The finding about a key that no release knows at its place.

    `known` are the keys to propose, `rivals` those that several unknown keys look like.
    """
    key_node, inherited = entry.key, entry.inherited
    present = context.constructor.entries(part.node)
    where = f"in {part.label}" if part.key else "at the top level"
    guess = None if name in _MARKERS else _guess(name, known)
    fix: Fix | None = None
    help_text: str | None
    if not part.key and name.startswith("x-"):
        help_text = "keys that hold anchors work from 2.6 on: put the anchor where it is used first"
    elif _is_holder(context, part, entry):
        help_text = f"name it `x-{name}`: keys at the top level that hold anchors begin with `x-`"
        if fixable(key_node) and isinstance(key_node, Scalar) and context.release >= PYDANTIC_SINCE:
            fix = Fix(f"name it `x-{name}`", (Edit(key_node.content, key_node.content, "x-"),), safe=True)
    elif not inherited and (colon := _colon_advice(context, name, entry, known)) is not None:
        fix, help_text = colon
    elif guess is not None and guess in rivals:
        help_text = f"more than one key here looks like `{guess}`: make one of them"
    elif guess is not None and guess in present:
        help_text = f"`{guess}` stands here already: make one of the two"
    elif guess is not None:
        help_text = f"did you mean `{guess}`?"
        if not inherited and fixable(key_node) and isinstance(key_node, Scalar):
            edit = Edit(key_node.content, key_node.end, _requote(key_node, guess))
            # A key that must be there keeps the file from loading where it is misspelt, too.
            schema = part.setting.schema if part.setting is not None else context.schema
            needed = guess in schema.get("required", ()) and not known[guess].get("x-xpm-optional")
            fix = Fix(f"rename it to `{guess}`", (edit,), safe=needed or context.keeps_from_loading(key_node))
    else:
        here = part.setting.pattern if part.setting else ""
        help_text = _ADVICE.get((here, name)) or _MARKERS.get(name) or _elsewhere(name, part)
        help_text = help_text or _choices(known, present)
    key = f"{part.key}.{name}" if part.key else name
    message = f"unknown key `{_shown(name)}` {where}"
    return Diagnostic("XPM101", Severity.ERROR, message, span_of(key_node), (), help_text, fix, key)


def _is_holder(context: Context, part: Part, entry: Entry) -> bool:
    """Whether a key at the top level holds an anchor that an alias refers to."""
    return not part.key and entry.value.anchor is not None and f"*{entry.value.anchor}" in context.document.text


def _colon_advice(context: Context, name: str, entry: Entry, known: dict[str, Any]) -> tuple[Fix | None, str] | None:
    """What to write for `port:8080` or `env::`, where the colon became a part of the key."""
    word, colon, rest = name.partition(":")
    if not colon or word not in known:
        return None
    node = entry.key
    if rest and entry.value.start < entry.value.end:
        return None, f"write `{word}:`, and `{rest}:` below it"
    if rest and not rest.replace("/", "").replace(".", "").replace("-", "").isalnum():
        return None, f"put a space behind the colon of `{word}`"
    text = f"{word}: {rest}" if rest else word
    help_text = f"put a space behind the colon: `{text}`" if rest else f"write one colon: `{word}:`"
    fix = Fix("mend the colon", (Edit(*span_of(node), text),), context.keeps_from_loading(node))
    return fix if fixable(node) else None, help_text


def _shown(name: str) -> str:
    return name if len(name) <= 60 else name[:57] + "…"


def _requote(node: Scalar, name: str) -> str:
    return f"{node.style}{name}{node.style}" if node.style in ("'", '"') else name


def _guess(name: str, known: dict[str, Any]) -> str | None:
    spelled = name.strip().lower().replace("-", "_").replace(" ", "_")
    spelled = _KEY_SYNONYMS.get(spelled, spelled)
    if spelled in known:
        return spelled
    close = close_to(spelled, list(known), 0.66)
    return close[0] if close else None


def _elsewhere(name: str, part: Part) -> str | None:
    """Where else the schema knows the key: one level up or down, mostly."""
    here = part.setting.pattern if part.setting else ""
    places = [place for place in _places(registry.schema(registry.NEWEST), "") if place[1] == name and place[0] != here]
    if not places:
        return None
    # The nearest place: one that contains this one, or lies in it.
    places.sort(key=lambda place: (not (here.startswith(place[0]) or place[0].startswith(here)), len(place[0])))
    return f"this key belongs {_place_words(places[0][0])}"


def _places(schema: dict[str, Any], pattern: str) -> Iterator[tuple[str, str]]:
    for name, sub in schema.get("properties", {}).items():
        yield pattern, name
        inner = f"{pattern}.{name}" if pattern else name
        yield from _places(sub, inner)
        if "items" in sub:
            yield from _places(sub["items"], inner + "[]")


def _place_words(pattern: str) -> str:
    if not pattern:
        return "at the top level"
    parent, _, name = pattern.rpartition(".")
    words = f"in an item of `{name[:-2]}`" if name.endswith("[]") else f"under `{name}`"
    return f"{words}, {_place_words(parent)}" if parent and not name.endswith("[]") else words


def _choices(known: dict[str, Any], present: Container[Any]) -> str | None:
    free = [f"`{name}`" for name in known if name not in present]
    return "the keys that can stand here: " + ", ".join(free) if free else "remove it"


def missing_keys(context: Context, part: Part, violation: Violation) -> Iterator[Diagnostic]:
    """XPM103: keys that a mapping must have."""
    if not isinstance(part.node, Mapping):
        return
    present = context.constructor.entries(part.node)
    for name in violation.schema["required"]:
        sub = violation.schema["properties"][name]
        if name in present or sub.get("x-xpm-code") or is_misspelled(context, part.setting, name):
            continue
        message = f"{part.label} has no `{name}`"
        example = sub["examples"][0]
        help_text = f"add it, for example `{name}: {example}`"
        key = f"{part.key}.{name}"
        yield Diagnostic("XPM103", Severity.ERROR, message, _head(part), (), help_text, None, key)


def is_misspelled(context: Context, setting: Setting | None, name: str) -> bool:
    """Whether an unknown key of a mapping is reported as a misspelling of this one."""
    part = Part(context, setting)
    known = _known_keys(context, part)
    present = context.constructor.entries(part.node)
    strangers = [key for key in present if isinstance(key, str) and key not in known][:MAX_GUESSES]
    return any(_guess(key, known) == name for key in strangers)


def _head(part: Part) -> Span:
    """The first pair of a mapping: enough to see which one is meant."""
    if isinstance(part.site, Mapping) and part.site.pairs:
        key, value = part.site.pairs[0]
        return Span(key.start, value.end if isinstance(value, Scalar) else key.end)
    return part.site.span
