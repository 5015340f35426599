"""Findings about values: of the wrong type, out of bounds, or not allowed."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from xpm_config.context import is_secret
from xpm_config.diagnostics import Diagnostic, Edit, Fix, Severity
from xpm_config.document import Mapping, Node, Scalar, Sequence
from xpm_config.wording.parts import Part, close_to, fixable, plain_source, quote, span_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from xpm_config.conformance import Violation
    from xpm_config.context import Context
    from xpm_config.outline import Setting

# Words that people write for the modes of a folder.
_SYNONYMS = {"copy": "backup", "archive": "backup", "read": "use", "readonly": "use", "read-only": "use"}


def refused_type(context: Context, part: Part, violation: Violation) -> Iterator[Diagnostic]:
    """XPM102, or XPM215 where experimaestro takes the value all the same; XPM004 for the whole file."""
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


def not_allowed(context: Context, part: Part, violation: Violation) -> Iterator[Diagnostic]:
    """XPM105: text that is none of the allowed words, or does not have the form that it needs."""
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


def out_of_bounds(context: Context, part: Part, violation: Violation) -> Iterator[Diagnostic]:
    """XPM104: numbers out of bounds, and text that is empty."""
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
