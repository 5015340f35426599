"""What the schema refuses, in the user's words: violations to diagnostics."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from xpm_config import registry
from xpm_config.context import is_secret
from xpm_config.diagnostics import Diagnostic, Edit, Fix, Severity, Span
from xpm_config.document import Alias, Mapping, Node, Scalar, Sequence
from xpm_config.loaders import PYDANTIC_SINCE
from xpm_config.releases import parse_release

if TYPE_CHECKING:
    from collections.abc import Container, Iterator

    from xpm_config.conformance import Violation
    from xpm_config.context import Context
    from xpm_config.outline import Setting
    from xpm_config.values import Entry

MAX_GUESSES = 100
"""In one mapping, no more unknown keys than this are compared with the known ones."""

# Words that people write for the modes of a folder.
_SYNONYMS = {"copy": "backup", "archive": "backup", "read": "use", "readonly": "use", "read-only": "use"}
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


class Part:
    """A part of the document that violations speak of: a setting, or the whole file."""

    __slots__ = ("key", "label", "name", "node", "setting", "site")

    def __init__(self, context: Context, setting: Setting | None) -> None:
        root = context.document.root
        assert root is not None
        self.setting = setting
        self.key = setting.key if setting else ""
        self.name = setting.name if setting else ""
        self.site: Node = setting.site if setting else root
        self.node: Node = self.site.resolved
        if setting is None:
            self.label = "the file"
        elif setting.pattern.endswith("[]"):
            self.label = f"this item of `{setting.pattern.rpartition('.')[2][:-2]}`"
        else:
            self.label = f"`{setting.name}`"


def findings(context: Context, violations: list[Violation]) -> Iterator[Diagnostic]:
    """One diagnostic for each violation, save those that another check reports."""
    for violation in violations:
        key = _key(violation.path)
        setting = context.outline.get(key)
        if key and setting is None:
            continue
        part = Part(context, setting)
        if part.setting is not None and part.setting.schema.get("x-xpm-code"):
            continue
        yield from _TRANSLATIONS[violation.keyword](context, part, violation)


def _key(path: tuple[str | int, ...]) -> str:
    key = ""
    for step in path:
        key += f"[{step}]" if isinstance(step, int) else f".{step}" if key else step
    return key


def span_of(node: Node) -> Span:
    """The text of a node that a finding underlines: an anchor or tag in front of a scalar is left out."""
    return Span(node.content, node.end) if isinstance(node, Scalar) and node.end > node.start else node.span


def fixable(part_site: Node) -> bool:
    """Whether an edit of a value changes this setting only."""
    return not isinstance(part_site, Alias) and part_site.anchor is None and part_site.tag is None


def plain_source(node: Node) -> str | None:
    """The text of a plain scalar on one line; None for anything else."""
    if isinstance(node, Scalar) and node.style == "" and node.text and "\n" not in node.text:
        return node.text
    return None


def quote(text: str) -> str:
    """A text as a YAML scalar in double quotes."""
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'


# -- keys ---------------------------------------------------------------------------------------------


def _unknown_keys(context: Context, part: Part, violation: Violation) -> Iterator[Diagnostic]:
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


def close_to(word: str, others: list[str], cutoff: float = 0.6) -> list[str]:
    """The one of the others that is most like a word, if there is any."""
    from difflib import get_close_matches

    return get_close_matches(word, others, n=1, cutoff=cutoff)


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


def _missing_keys(context: Context, part: Part, violation: Violation) -> Iterator[Diagnostic]:
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


# -- values -------------------------------------------------------------------------------------------


def _wrong_type(context: Context, part: Part, violation: Violation) -> Iterator[Diagnostic]:
    setting = part.setting
    if setting is None:
        advice = "write `key: value` lines"
        if isinstance(part.node, Sequence) and any("id" in _text_keys(context, item) for item in part.node.items):
            advice = "put this list under a line `workspaces:`"
        message = f"the settings must be a mapping of keys such as `workspaces`, not {_kind(context, part.node)}"
        yield Diagnostic("XPM004", Severity.ERROR, message, span_of(part.site), (), advice)
        return
    if isinstance(part.node, Scalar) and id(part.site) not in context.refused:
        yield _coerced(context, part, setting)
        return
    yield wrong_type(context, setting)


def _text_keys(context: Context, node: Node) -> set[Any]:
    node = node.resolved
    return set(context.constructor.entries(node)) if isinstance(node, Mapping) else set()


def wrong_type(context: Context, setting: Setting) -> Diagnostic:
    """The finding about a value of the wrong type."""
    part = Part(context, setting)
    expects = setting.schema.get("x-xpm-expects", "something else")
    found = _kind(context, part.node)
    message = f"{part.label} must be {expects}, not {found}"
    if found == "nothing":
        message = f"{part.label} has no value: it must be {expects}"
    fix, help_text = _retype(context, part, setting)
    span = span_of(part.site)
    if span.start == span.end and setting.key_node is not None:
        span = span_of(setting.key_node)
    return Diagnostic("XPM102", Severity.ERROR, message, span, (), help_text, fix, setting.key)


def wrong_key(context: Context, key: str, message: str, node: Node) -> Diagnostic:
    """The finding about a key that is not text."""
    fix = None
    help_text = "remove it"
    source = plain_source(node)
    setting = context.outline.get(key)
    takes_any_name = setting is not None and "properties" not in setting.schema
    if takes_any_name and source is not None and fixable(node):
        help_text = f"quote it: `{quote(source)}`"
        fix = Fix("quote it", (Edit(*span_of(node), quote(source)),), context.keeps_from_loading(node))
    name = key.rpartition(".")[2]
    if name:
        message = f"`{name}`: {message}, not {_kind(context, node.resolved)}"
    return Diagnostic("XPM102", Severity.ERROR, message, span_of(node), (), help_text, fix, key)


def not_constructed(context: Context, message: str, node: Node | None) -> Diagnostic:
    """The finding about YAML that the loader cannot make a value of."""
    if node is None:
        return Diagnostic("XPM009", Severity.ERROR, message)
    span = node.span
    source = plain_source(node)
    if node.tag is not None:
        return Diagnostic("XPM009", Severity.ERROR, message, span, (), "remove the tag, or quote the text")
    if "`<<`" in message:
        return Diagnostic("XPM009", Severity.ERROR, message, span, (), "write an alias of a mapping, as in `<<: *name`")
    if source is None or not fixable(node):
        return Diagnostic("XPM009", Severity.ERROR, message, span, (), "write text or a number here")
    fix = Fix("quote it", (Edit(*span_of(node), quote(source)),), safe=True)
    return Diagnostic("XPM009", Severity.ERROR, message, span, (), "quote it", fix)


def _kind(context: Context, node: Node) -> str:
    if isinstance(node, Sequence):
        return "a list"
    if isinstance(node, Mapping):
        return "a mapping"
    value = context.constructor.value(node)
    if value is None:
        return "nothing" if isinstance(node, Scalar) and not node.text else "null"
    if isinstance(value, bool):
        return "a boolean"
    if isinstance(value, (int, float)):
        return "a number"
    return "text" if isinstance(value, str) else "a date" if hasattr(value, "year") else "such a value"


def _retype(context: Context, part: Part, setting: Setting) -> tuple[Fix | None, str | None]:
    """How to give a value its type, where that can be told."""
    schema, site = setting.schema, part.site
    safe = context.keeps_from_loading(site)
    container = {"array": "[]", "object": "{}"}.get(str(_first_type(schema)))
    if context.constructor.value(part.node) is None:
        return _fill_empty(part, schema, container, safe)
    source = plain_source(part.node)
    if container == "[]" and isinstance(part.node, Scalar) and "properties" in schema["items"]:
        return _list_of_mappings(part, setting, safe)
    words = re.split(r"[,;\s]+", part.node.text.strip()) if isinstance(part.node, Scalar) else []
    if container == "[]" and len(words) > 1:
        return None, f"write it as a list: `{setting.name}: [{', '.join(map(quote, words))}]`"
    if container == "[]" and isinstance(part.node, Mapping):
        return None, "put a `- ` in front of the first key of each item"
    if container == "{}" and isinstance(part.node, Sequence):
        return None, "remove the `- `: this is a mapping, not a list"
    if container == "[]" and isinstance(part.node, Scalar):
        shown = source if source is not None and not part.node.text.startswith(("*", "?", "[")) else None
        text = context.source(span_of(site)) if shown is None or part.node.style else quote(shown)
        help_text = f"write it as a list: `{setting.name}: [{text}]`" if "\n" not in text else "write it as a list"
        if not fixable(site) or "\n" in text:
            return None, help_text
        return Fix("make it a list", (Edit(*span_of(site), f"[{text}]"),), safe), help_text
    if container == "{}" and isinstance(part.node, Scalar):
        return _mapping_from_text(part, schema, safe)
    if source is not None and schema.get("x-xpm-type") in ("str", "path") and fixable(site):
        if is_secret(setting):
            return Fix("quote it", _quote_edits(site), safe), "quote it"
        return Fix("quote it", (Edit(*span_of(site), quote(source)),), safe), f"quote it: `{quote(source)}`"
    return None, _example(setting)


def _list_of_mappings(part: Part, setting: Setting, safe: bool) -> tuple[Fix | None, str | None]:
    """A text where a list of workspaces or folders is expected: for a folder, it is the path."""
    if setting.schema["items"].get("required") != ["path"]:
        return None, "start each workspace with a dash: `- id: nlp`, and `path: …` below `id`"
    source = plain_source(part.node)
    if source is None or not fixable(part.site) or not source.replace("/", "").replace("~", "").isidentifier():
        return None, f"write a list: `{setting.name}: [{{path: …}}]`"
    text = f"[{{path: {source}}}]"
    return Fix("make it a list of folders", (Edit(*span_of(part.site), text),), safe), f"write `{setting.name}: {text}`"


def _mapping_from_text(part: Part, schema: dict[str, Any], safe: bool) -> tuple[Fix | None, str | None]:
    """A mapping whose text can be told: `port:8080`, or a folder that is only a path."""
    source = plain_source(part.node)
    word, _, rest = (source or "").partition(":")
    assigned = re.fullmatch(r"(\w+)\s*=\s*(.+)", source or "")
    if assigned is not None and assigned[1] in schema.get("properties", {}):
        return None, f"write `{assigned[1]}: {assigned[2]}`"
    simple = rest.replace("/", "").replace(".", "").replace("-", "").isalnum()
    if source is not None and word in schema.get("properties", {}) and simple and fixable(part.site):
        text = f"{word}: {rest}"
        return Fix("put a space behind the colon", (Edit(*span_of(part.site), text),), safe), f"write `{text}`"
    if schema.get("required") == ["path"] and isinstance(part.node, Scalar) and "\n" not in part.node.text:
        help_text = f"write `path: {part.node.text}`"
        if source is None or not fixable(part.site):
            return None, help_text
        at = span_of(part.site).start
        return Fix("name it `path`", (Edit(at, at, "path: "),), safe), help_text
    return None, "write `key: value` lines below it"


def _quote_edits(site: Node) -> tuple[Edit, ...]:
    span = span_of(site)
    return (Edit(span.start, span.start, '"'), Edit(span.end, span.end, '"'))


def _first_type(schema: dict[str, Any]) -> str:
    kinds = schema.get("type", "")
    return kinds if isinstance(kinds, str) else next(kind for kind in kinds if kind != "null")


def _fill_empty(part: Part, schema: dict[str, Any], container: str | None, safe: bool) -> tuple[Fix | None, str | None]:
    node = part.node
    assert isinstance(node, Scalar)
    if part.setting is not None and part.setting.pattern.endswith("[]"):
        return None, "remove this item, or give it a value"
    if container is not None:
        help_text = f"remove the key, or write `{container}` until there is something to say"
        if fixable(part.site):
            text = container if node.text else " " + container
            return Fix(f"write `{container}`", (Edit(*span_of(node), text),), safe), help_text
        return None, help_text
    if node.text == "~" and schema.get("x-xpm-type") == "path":
        help_text = "`~` alone is null in YAML: quote it to mean the home directory"
        return Fix("quote `~`", (Edit(*span_of(node), '"~"'),), safe) if fixable(part.site) else None, help_text
    needed = part.setting is not None and part.setting.name in ("id", "path")
    return None, "give it a value" if needed else "remove the key, or give it a value"


def _example(setting: Setting) -> str | None:
    examples = [example for example in setting.schema.get("examples", ()) if isinstance(example, (str, int, float))]
    if not examples:
        return None
    shown = str(examples[0]).lower() if isinstance(examples[0], bool) else examples[0]
    return f"for example `{setting.name}: {shown}`" if setting.key_node is not None else f"for example `{shown}`"


def _yaml_number(value: float) -> str:
    """A number as YAML 1.1 reads it: `.inf`, and an exponent only behind a dot."""
    shown = repr(value)
    if shown in ("inf", "-inf", "nan"):
        return shown.replace("inf", ".inf").replace("nan", ".nan")
    mantissa, exponent, rest = shown.partition("e")
    return f"{mantissa}.0e{rest}" if exponent and "." not in mantissa else shown


def _coerced(context: Context, part: Part, setting: Setting) -> Diagnostic:
    """A value of another type that experimaestro takes all the same."""
    value = context.loaded_value(setting)
    shown = _yaml_number(value) if isinstance(value, float) else str(value)
    if isinstance(value, bool):
        shown = shown.lower()
    span = span_of(part.site)
    expects = setting.schema.get("x-xpm-expects")
    if is_secret(setting):
        message = f"{part.label} must be {expects}: quote it"
        quoting = Fix("quote it", _quote_edits(part.site), safe=shown == plain_source(part.node))
        return Diagnostic("XPM215", Severity.WARNING, message, span, (), None, quoting, setting.key)
    message = f"{part.label} must be {expects}: experimaestro will see `{shown}`"
    text = shown
    safe = True
    if isinstance(value, str):
        # What is written is what is meant: YAML may have read `3.10` as 3.1.
        source = plain_source(part.node) or shown
        text, safe = quote(source), source == shown
    fix = None
    if fixable(part.site) and "\n" not in context.source(span):
        fix = Fix(f"write `{text}`", (Edit(*span, text),), safe)
    return Diagnostic("XPM215", Severity.WARNING, message, span, (), f"write `{text}`", fix, setting.key)


def _not_allowed(context: Context, part: Part, violation: Violation) -> Iterator[Diagnostic]:
    setting = part.setting
    assert setting is not None  # the root has no enum and no pattern
    if not isinstance(setting.value, str):
        return
    expects = setting.schema.get("x-xpm-expects", "another value")
    fix = None
    help_text = _example(setting)
    words = [word for word in violation.schema.get("enum", ()) if isinstance(word, str)]
    spelled = setting.value.strip().lower()
    close = [spelled] if spelled in words else close_to(_SYNONYMS.get(spelled, spelled), words, 0.5)
    if close and close[0] != spelled and spelled.startswith(("no", "un", "re")) and spelled not in _SYNONYMS:
        # `remove` and `nobackup` mean anything but what they look like.
        close = []
    if not words and re.fullmatch(violation.schema["pattern"], setting.value.upper()):
        close = [setting.value.upper()]
    if close:
        help_text = f"did you mean `{close[0]}`?"
        if fixable(part.site):
            # Another spelling of the same word is safe; a guess could start to move data.
            same_word = setting.value.strip().lower() == close[0].lower()
            safe = same_word and (context.keeps_from_loading(part.site) or context.loaded_value(setting) == close[0])
            fix = Fix(f"write `{close[0]}`", (Edit(*span_of(part.site), close[0]),), safe)
    message = f"{part.label} must be {expects}"
    yield Diagnostic("XPM105", Severity.ERROR, message, span_of(part.site), (), help_text, fix, setting.key)


def _out_of_bounds(context: Context, part: Part, violation: Violation) -> Iterator[Diagnostic]:
    setting, schema = part.setting, violation.schema
    assert setting is not None
    if violation.keyword == "minLength":
        message = f"{part.label} must not be empty"
    elif "minimum" in schema and "maximum" in schema:
        message = f"{part.label} must be from {schema['minimum']} to {schema['maximum']}"
    elif "exclusiveMinimum" in schema:
        message = f"{part.label} must be more than {schema['exclusiveMinimum']}"
    else:
        message = f"{part.label} must be {schema['minimum']} or more"
    yield Diagnostic("XPM104", Severity.ERROR, message, span_of(part.site), (), _example(setting), None, setting.key)


_TRANSLATIONS = {
    "additionalProperties": _unknown_keys,
    "required": _missing_keys,
    "type": _wrong_type,
    "enum": _not_allowed,
    "pattern": _not_allowed,
    "minimum": _out_of_bounds,
    "maximum": _out_of_bounds,
    "exclusiveMinimum": _out_of_bounds,
    "minLength": _out_of_bounds,
}
