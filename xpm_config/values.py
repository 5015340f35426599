"""Nodes to Python values, by the rules of PyYAML's SafeLoader (YAML 1.1).

The rules are those of PyYAML's `resolver.py` and `constructor.py`: which plain scalar has which type,
how `<<` merges, which of two equal keys counts. What the loader could not construct is a `Problem`, and
stands as `INVALID` in the result.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, NamedTuple

from xpm_config.document import Mapping, Scalar, Sequence

if TYPE_CHECKING:
    from collections.abc import Callable, Hashable

    from xpm_config.document import Node

_PREFIX = "tag:yaml.org,2002:"
STR, NULL, BOOL, INT, FLOAT = (_PREFIX + name for name in ("str", "null", "bool", "int", "float"))
TIMESTAMP, MERGE, VALUE, BINARY = (_PREFIX + name for name in ("timestamp", "merge", "value", "binary"))
SEQ, MAP, SET, OMAP, PAIRS = (_PREFIX + name for name in ("seq", "map", "set", "omap", "pairs"))

_DIGITS = "0123456789"
_SIGNED = "-+" + _DIGITS

Rule = tuple[str, str, str]
"""How plain scalars get a tag: the tag, the first characters that it needs, and a pattern for the whole text."""

BOOL_RULE: Rule = (
    BOOL, "yYnNtTfFoO",
    "yes|Yes|YES|no|No|NO|true|True|TRUE|false|False|FALSE|on|On|ON|off|Off|OFF",
)  # fmt: skip
FLOAT_RULE: Rule = (
    FLOAT, _SIGNED + ".",
    r"[-+]?[0-9][0-9_]*\.[0-9_]*(?:[eE][-+][0-9]+)?"
    r"|\.[0-9][0-9_]*(?:[eE][-+][0-9]+)?"
    r"|[-+]?[0-9][0-9_]*(?::[0-5]?[0-9])+\.[0-9_]*"
    r"|[-+]?\.(?:inf|Inf|INF)|\.(?:nan|NaN|NAN)",
)  # fmt: skip
INT_RULE: Rule = (
    INT, _SIGNED,
    "[-+]?0b[0-1_]+|[-+]?0[0-7_]+|[-+]?(?:0|[1-9][0-9_]*)|[-+]?0x[0-9a-fA-F_]+"
    "|[-+]?[1-9][0-9_]*(?::[0-5]?[0-9])+",
)  # fmt: skip
MERGE_RULE: Rule = (MERGE, "<", "<<")
NULL_RULE: Rule = (NULL, "~nN\0", "~|null|Null|NULL|")
TIMESTAMP_RULE: Rule = (
    TIMESTAMP, _DIGITS,
    r"[0-9]{4}-[0-9]{2}-[0-9]{2}|[0-9]{4}-[0-9]{1,2}-[0-9]{1,2}(?:[Tt]|[ \t]+)[0-9]{1,2}"
    r":[0-9]{2}:[0-9]{2}(?:\.[0-9]*)?(?:[ \t]*(?:Z|[-+][0-9]{1,2}(?::[0-9]{2})?))?",
)  # fmt: skip
VALUE_RULE: Rule = (VALUE, "=", "=")

PYYAML_RULES = (BOOL_RULE, FLOAT_RULE, INT_RULE, MERGE_RULE, NULL_RULE, TIMESTAMP_RULE, VALUE_RULE)

Resolvers = dict[str, list[tuple[str, "Callable[[str], Any]"]]]


def resolvers(rules: tuple[Rule, ...]) -> Resolvers:
    """Index rules by first character, in their order; NUL stands for the empty text."""
    table: Resolvers = {}
    for tag, firsts, pattern in rules:
        match = re.compile(pattern).fullmatch
        for first in firsts:
            table.setdefault(first, []).append((tag, match))
    return table


class Invalid:
    """The type of `INVALID`."""

    def __repr__(self) -> str:
        return "INVALID"


INVALID = Invalid()
"""Stands for a value that the loader could not construct."""


class Problem(NamedTuple):
    """Why a value could not be constructed, and the node that holds it."""

    message: str
    node: Node


class Entry(NamedTuple):
    """One setting of a mapping as it counts in the end.

    `site` is the value as written (an alias, perhaps), `value` what it stands for; `inherited` tells
    that it came in through `<<`.
    """

    key: Node
    site: Node
    value: Node
    inherited: bool


class _ConstructError(Exception):
    def __init__(self, message: str, node: Node) -> None:
        super().__init__(message)
        self.problem = Problem(message, node)


class Constructor:
    """Constructs the values of one document; what is constructed once is shared, as aliases share it."""

    rules = PYYAML_RULES
    _tables: dict[tuple[Rule, ...], Resolvers] = {}

    def __init__(self) -> None:
        if self.rules not in self._tables:
            self._tables[self.rules] = resolvers(self.rules)
        self._resolvers = self._tables[self.rules]
        self.problems: list[Problem] = []
        self._values: dict[int, Any] = {}
        self._entries: dict[int, dict[Hashable, Entry]] = {}
        self._flattened: dict[int, list[tuple[Node, Node, bool]]] = {}

    # -- types ------------------------------------------------------------------------------------

    def tag(self, node: Node) -> str:
        """The tag of a node: the explicit one, or what its kind and text resolve to."""
        if node.tag is not None and node.tag != "!":
            return node.tag
        if isinstance(node, Scalar):
            if node.plain:
                for tag, matches in self._resolvers.get(node.text[:1] or "\0", ()):
                    if matches(node.text):
                        return tag
            return STR
        return SEQ if isinstance(node, Sequence) else MAP

    # -- values -----------------------------------------------------------------------------------

    def value(self, node: Node) -> Any:
        """The Python value of a node, INVALID where the loader could not construct it."""
        node = node.resolved
        known = self._values.get(id(node), self)
        if known is not self:
            return known
        try:
            value = self._construct(node)
        except _ConstructError as error:
            self.problems.append(error.problem)
            value = INVALID
        self._values[id(node)] = value
        return value

    def _construct(self, node: Node) -> Any:
        tag = self.tag(node)
        if tag == STR:
            return self._scalar_text(node)
        if tag == MAP:
            return {key: self.value(entry.value) for key, entry in self.entries(node).items()}
        if tag == SEQ:
            if not isinstance(node, Sequence):
                raise _ConstructError(f"`!!seq` needs a list, not a {_kind(node)}", node)
            return [self.value(item) for item in node.items]
        construct = _SCALARS.get(tag)
        if construct is not None:
            text = self._scalar_text(node)
            try:
                return construct(text)
            except (ValueError, KeyError, IndexError, AttributeError, OverflowError):
                message = f"experimaestro cannot read this as {_TYPE_WORDS[tag]}"
                raise _ConstructError(message, node) from None
        if tag == SET:
            for entry in self.entries(node).values():
                self.value(entry.value)
            return set(self.entries(node))
        if tag in (OMAP, PAIRS):
            return self._pairs(node)
        shown = "`=`" if tag == VALUE else f"the tag `{_short(tag)}`"
        raise _ConstructError(f"experimaestro cannot read {shown}", node)

    def _scalar_text(self, node: Node) -> str:
        if isinstance(node, Mapping):
            # PyYAML lets `{=: text}` stand for a scalar.
            for key, value in node.pairs:
                if self.tag(key.resolved) == VALUE:
                    return self._scalar_text(value.resolved)
        if not isinstance(node, Scalar):
            raise _ConstructError(f"the tag `{_short(self.tag(node))}` needs a scalar, not a {_kind(node)}", node)
        return node.text

    def _pairs(self, node: Node) -> list[tuple[Any, Any]]:
        if not isinstance(node, Sequence):
            raise _ConstructError(f"`{_short(self.tag(node))}` needs a list, not a {_kind(node)}", node)
        pairs = []
        for item in node.items:
            single = item.resolved
            if not isinstance(single, Mapping) or len(single.pairs) != 1:
                raise _ConstructError("expected a mapping with one key", item)
            key, value = single.pairs[0]
            pairs.append((self.value(key), self.value(value)))
        return pairs

    # -- mappings ---------------------------------------------------------------------------------

    def entries(self, node: Node) -> dict[Hashable, Entry]:
        """The settings of a mapping by key: merges expanded, the last of equal keys counting.

        Raises nothing for a mapping; keys that cannot be constructed are problems and left out.
        """
        known = self._entries.get(id(node))
        if known is not None:
            return known
        if not isinstance(node, Mapping):
            raise _ConstructError(f"`{_short(self.tag(node))}` needs a mapping, not a {_kind(node)}", node)
        entries: dict[Hashable, Entry] = {}
        for key_node, site, inherited in self.flattened(node):
            key = key_node.resolved.text if self._is_text(key_node) else self.value(key_node)  # type: ignore[attr-defined]
            if key is INVALID:
                continue
            try:
                if key in entries:
                    # It does not count, but the loader constructs it all the same.
                    self.value(entries[key].value)
                entries[key] = Entry(key_node, site, site.resolved, inherited)
            except TypeError:
                self.problems.append(Problem("a list or mapping cannot be a key", key_node))
        self._entries[id(node)] = entries
        return entries

    def _is_text(self, key: Node) -> bool:
        node = key.resolved
        # `=` as a key is plain text, though as a value it is not.
        return isinstance(node, Scalar) and self.tag(node) in (STR, VALUE)

    def flattened(self, node: Mapping) -> list[tuple[Node, Node, bool]]:
        """The (key, value, inherited) triples of a mapping, those that `<<` brings in first."""
        known = self._flattened.get(id(node))
        if known is not None:
            return known
        own: list[tuple[Node, Node, bool]] = []
        merged: list[tuple[Node, Node, bool]] = []
        for key, value in node.pairs:
            if self.tag(key.resolved) != MERGE:
                own.append((key, value, False))
                continue
            source = value.resolved
            # Of a list of mappings, the first one wins: its keys come last.
            sources = reversed(source.items) if isinstance(source, Sequence) else [value]
            for part in sources:
                mapping = part.resolved
                if not isinstance(mapping, Mapping):
                    self.problems.append(Problem("`<<` can merge mappings only", part))
                    continue
                merged += [(k, v, True) for k, v, _ in self.flattened(mapping)]
        self._flattened[id(node)] = triples = merged + own
        return triples


def _kind(node: Node) -> str:
    return "scalar" if isinstance(node, Scalar) else "list" if isinstance(node, Sequence) else "mapping"


def _short(tag: str) -> str:
    return "!!" + tag[len(_PREFIX) :] if tag.startswith(_PREFIX) else tag


def _bool(text: str) -> bool:
    return {"yes": True, "no": False, "true": True, "false": False, "on": True, "off": False}[text.lower()]


def _int(text: str) -> int:
    text = text.replace("_", "")
    sign = -1 if text[0] == "-" else 1
    if text[0] in "+-":
        text = text[1:]
    if text == "0":
        return 0
    if text.startswith(("0b", "0x")):
        return sign * int(text[2:], 2 if text[1] == "b" else 16)
    if text[0] == "0":
        return sign * int(text, 8)
    if ":" in text:
        return sign * int(_base60([int(part) for part in text.split(":")]))
    return sign * int(text)


def _float(text: str) -> float:
    text = text.replace("_", "").lower()
    sign = -1 if text[0] == "-" else 1
    if text[0] in "+-":
        text = text[1:]
    if text in (".inf", ".nan"):
        return sign * float(text[1:])
    if ":" in text:
        return sign * float(_base60([float(part) for part in text.split(":")]))
    return sign * float(text)


def _base60(digits: list[Any]) -> Any:
    total = digits[0] * 0
    for power, digit in enumerate(reversed(digits)):
        total += digit * 60**power
    return total


def _binary(text: str) -> bytes:
    import base64

    return base64.decodebytes(text.encode("ascii"))


def _timestamp(text: str) -> Any:
    import datetime

    found = re.fullmatch(
        r"([0-9]{4})-([0-9]{1,2})-([0-9]{1,2})(?:(?:[Tt]|[ \t]+)([0-9]{1,2}):([0-9]{2}):([0-9]{2})"
        r"(?:\.([0-9]*))?(?:[ \t]*(Z|([-+])([0-9]{1,2})(?::([0-9]{2}))?))?)?",
        text,
    )
    if found is None:
        raise ValueError(text)
    year, month, day, hour, minute, second, fraction, zone, sign, zone_hour, zone_minute = found.groups()
    if not hour:
        return datetime.date(int(year), int(month), int(day))
    offset = None
    if sign:
        delta = datetime.timedelta(hours=int(zone_hour), minutes=int(zone_minute or 0))
        offset = datetime.timezone(-delta if sign == "-" else delta)
    elif zone:
        offset = datetime.timezone.utc
    micro = int((fraction or "")[:6].ljust(6, "0"))
    return datetime.datetime(int(year), int(month), int(day), int(hour), int(minute), int(second), micro, tzinfo=offset)


_SCALARS: dict[str, Callable[[str], Any]] = {
    NULL: lambda _text: None,
    BOOL: _bool,
    INT: _int,
    FLOAT: _float,
    BINARY: _binary,
    TIMESTAMP: _timestamp,
}
_TYPE_WORDS = {
    NULL: "null",
    BOOL: "a boolean",
    INT: "a whole number",
    FLOAT: "a number",
    BINARY: "base64 data",
    TIMESTAMP: "a date",
}
