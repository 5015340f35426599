"""The grammar of OmegaConf's `${…}`: which texts are valid, and what they mean.

It is that of OmegaConf 2.4 (`OmegaConfGrammarLexer`, `OmegaConfGrammarParser`): a lexer with modes that
takes the longest token, the first rule winning ties, and a parser over its tokens. Only its limits of
recursion are not imitated, but replaced by `MAX_NESTING`.
"""

from __future__ import annotations

import re
from functools import cache
from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Callable

MAX_NESTING = 160
"""Deeper nested interpolations are refused; one with arguments counts twice. OmegaConf runs out of stack
between 80 and 100 interpolations, or 130 and 200 brackets."""


class GrammarError(ValueError):
    """A text holds `${` without being a valid interpolation."""


class Key(NamedTuple):
    """One part of a reference: text or an interpolation; `bracketed` tells `[a]` from `.a`."""

    part: str | Interpolation
    bracketed: bool


class Reference(NamedTuple):
    """`${a.b}`; `dots` counts the dots in front, none for a path from the top."""

    dots: int
    keys: tuple[Key, ...]


class Call(NamedTuple):
    """`${name:argument,…}`."""

    name: tuple[str | Interpolation, ...]
    arguments: tuple[Element, ...]


class Text(NamedTuple):
    """Text and interpolations, to be joined; a lone interpolation stands for its value itself."""

    pieces: tuple[str | Interpolation, ...]


class Constant(NamedTuple):
    """A number, boolean or null among the arguments of a call."""

    value: Any


class Items(NamedTuple):
    """`[a, b]` among the arguments of a call."""

    elements: tuple[Element, ...]


class Pairs(NamedTuple):
    """`{a: b}` among the arguments of a call."""

    pairs: tuple[tuple[Any, Element], ...]


class Element(NamedTuple):
    """An argument: what it means, and its spelling without quotes."""

    meaning: Text | Constant | Items | Pairs
    spelling: str


Interpolation = Reference | Call


# -- tokens -------------------------------------------------------------------------------------------

_INT = "(?:0|[1-9](?:_?[0-9])*)"
_POINT = rf"(?:{_INT}?\.[0-9](?:_?[0-9])*|{_INT}\.)"
_FLOAT = rf"[+-]?(?:(?:{_POINT}|{_INT})[eE][+-]?[0-9](?:_?[0-9])*|{_POINT}|[Ii][Nn][Ff]|[Nn][Aa][Nn])"
_ID = "[a-zA-Z_][a-zA-Z0-9_-]*"
_ESCAPED_INTER = r"(?:\\\\)*\\\$\{"
_OPEN = ("open", r"\$\{[ \t]*", "push key")


def _quoted(quote: str) -> list[tuple[str, str, str]]:
    return [
        _OPEN,
        ("unquote", quote, "pop"),
        ("text", rf"[^{quote}$]*[^{quote}\\$]", ""),
        ("escaped-open", _ESCAPED_INTER, ""),
        ("escape", rf"(?:\\\\)*\\{quote}", ""),
        ("backslashes", r"(?:\\\\)+", ""),
        ("text", r"\\+", ""),
        ("text", r"\$", ""),
    ]


# By mode: the kind of a token, its pattern, and how it changes the mode. Of equally long ones the first counts.
_RULES: dict[str, list[tuple[str, str, str]]] = {
    "top": [
        _OPEN,
        ("text", r"[^$]*[^\\$]", ""),
        ("escaped-open", _ESCAPED_INTER, ""),
        ("backslashes", r"(?:\\\\)+", ""),
        ("text", r"\\+", ""),
        ("text", r"\$", ""),
    ],
    "value": [
        _OPEN,
        ("{", r"\{[ \t]*", "push value"),
        ("}", r"[ \t]*\}", "pop"),
        ("'", "'", "push single"),
        ('"', '"', "push double"),
        (",", r"[ \t]*,[ \t]*", ""),
        ("[", r"\[[ \t]*", ""),
        ("]", r"[ \t]*\]", ""),
        (":", r"[ \t]*:[ \t]*", ""),
        ("float", _FLOAT, ""),
        ("int", rf"[+-]?{_INT}", ""),
        ("bool", "[Tt][Rr][Uu][Ee]|[Ff][Aa][Ll][Ss][Ee]", ""),
        ("null", "[Nn][Uu][Ll][Ll]", ""),
        ("char", r"[/\-\\+.$%*@?|]", ""),
        ("id", _ID, ""),
        ("escape", r"(?:\\\\|\\[()\[\]{}:=, \t])+", ""),
        ("blank", r"[ \t]+", ""),
    ],
    "key": [
        _OPEN,
        (":", r"[ \t]*:[ \t]*", "mode value"),
        ("close", r"[ \t]*\}", "pop"),
        (".", r"\.", ""),
        ("[", r"\[", ""),
        ("]", r"\]", ""),
        ("id", _ID, ""),
        ("key", r"""(?:[^\\{}()\[\]:. \t'"]|\\[\\.\[\]:=])+""", ""),
    ],
    "single": _quoted("'"),
    "double": _quoted('"'),
}


@cache
def _matchers(mode: str) -> list[tuple[str, Callable[[str, int], re.Match[str] | None], str]]:
    # Few files hold interpolations: the patterns are compiled when the first one is met.
    return [(kind, re.compile(pattern, re.DOTALL).match, change) for kind, pattern, change in _RULES[mode]]


class Token(NamedTuple):
    """A token of an interpolation; the last one is of kind `end`."""

    kind: str
    text: str


def _tokens(text: str, mode: str) -> list[Token]:
    found: list[Token] = []
    outer: list[str] = []
    index = 0
    while index < len(text):
        length, kind, change = 0, "", ""
        for rule, match, effect in _matchers(mode):
            matched = match(text, index)
            if matched is not None and matched.end() - index > length:
                length, kind, change = matched.end() - index, rule, effect
        if not length:
            raise GrammarError("this character is not allowed inside `${…}`")
        found.append(Token(kind, text[index : index + length]))
        index += length
        if change == "pop":
            if not outer:
                raise GrammarError("a brace or quote is closed that was not opened")
            mode = outer.pop()
        elif change:
            verb, mode_after = change.split()
            if verb == "push":
                outer.append(mode)
            mode = mode_after
    found.append(Token("end", ""))
    return found


# -- parsing ------------------------------------------------------------------------------------------


def parse(text: str) -> Text:
    """What a text with `${` means; raises GrammarError where OmegaConf refuses it."""
    parser = _Parser(_tokens(text, "top"))
    meaning = parser.text()
    parser.take("end")
    return meaning


def parse_element(text: str) -> Element:
    """What the text of `oc.decode` means; raises GrammarError."""
    parser = _Parser(_tokens(text, "value"))
    element = parser.element()
    parser.take("end")
    return element


_PRIMITIVE = frozenset(("id", "null", "int", "float", "bool", "char", ":", "escape", "blank", "open"))


class _Parser:
    def __init__(self, tokens: list[Token]) -> None:
        self.tokens = tokens
        self.index = 0
        self.nesting = 0

    @property
    def kind(self) -> str:
        return self.tokens[self.index].kind

    def take(self, kind: str) -> str:
        token = self.tokens[self.index]
        if token.kind != kind:
            raise GrammarError("`${…}` is not closed, or something stands in it where it cannot")
        self.index += 1
        return token.text

    def accept(self, kind: str) -> bool:
        if self.kind != kind:
            return False
        self.index += 1
        return True

    def deeper(self) -> None:
        self.nesting += 1
        if self.nesting > MAX_NESTING:
            raise GrammarError("this is nested too deep")

    def text(self, closing: str = "end") -> Text:
        """The pieces of a text, with what needs unescaping unescaped."""
        pieces: list[str | Interpolation] = []
        while self.kind not in (closing, "end"):
            if self.kind == "open":
                pieces.append(self.interpolation())
                continue
            kind, text = self.tokens[self.index]
            self.index += 1
            if kind == "escaped-open":
                text = text[-(len(text) // 2 + 1) :]
            elif kind == "escape" or (kind == "backslashes" and self._halves(closing)):
                text = text[1::2]
            pieces.append(text)
        return Text(_joined(pieces))

    def _halves(self, closing: str) -> bool:
        # Pairs of backslashes are escapes only where a single one would mean something else.
        return self.kind == "open" or (closing == "unquote" and self.kind == closing)

    def interpolation(self) -> Interpolation:
        self.deeper()
        self.take("open")
        dots = 0
        while self.accept("."):
            dots += 1
        keys = [self._key(first=True)]
        while self.kind in (".", "["):
            keys.append(self._key(first=False))
        result: Interpolation = Reference(dots, tuple(key for key, _ in keys))
        if self.kind == ":" and not dots and all(name for _, name in keys):
            result = self._call(tuple(key.part for key, _ in keys))
        else:
            self.take("close")
        self.nesting -= 1
        return result

    def _key(self, first: bool) -> tuple[Key, bool]:
        """A part of a reference, and whether it could be part of the name of a resolver."""
        bracketed = self.accept("[")
        if not bracketed and not first:
            self.take(".")
        named = self.kind in ("id", "open") and not bracketed
        part: str | Interpolation
        if self.kind == "open":
            part = self.interpolation()
        else:
            part = re.sub(r"\\([\\.\[\]:=])", r"\1", self.take("id" if self.kind == "id" else "key"))
        if bracketed:
            self.take("]")
        return Key(part, bracketed), named

    def _call(self, name: tuple[str | Interpolation, ...]) -> Call:
        self.take(":")
        arguments = () if self.kind == "}" else self._sequence("}")
        self.take("}")
        return Call(name, arguments)

    def _sequence(self, closing: str) -> tuple[Element, ...]:
        empty = Element(Text(()), "")
        elements = []
        while True:
            elements.append(empty if self.kind in (",", closing) else self.element())
            if not self.accept(","):
                return tuple(elements)

    def element(self) -> Element:
        self.deeper()
        start = self.index
        meaning: Text | Constant | Items | Pairs
        if self.accept("["):
            meaning = Items(() if self.kind == "]" else self._sequence("]"))
            self.take("]")
        elif self.accept("{"):
            meaning = self._pairs()
        elif self.kind in ("'", '"'):
            self.index += 1
            # Between quotes even a lone interpolation becomes text.
            meaning = Text(("", *self.text("unquote").pieces))
            self.take("unquote")
        else:
            meaning = self._primitive(_PRIMITIVE)
        self.nesting -= 1
        return Element(meaning, _unquoted("".join(token.text for token in self.tokens[start : self.index])))

    def _pairs(self) -> Pairs:
        pairs: list[tuple[Any, Element]] = []
        while not (self.kind == "}" and not pairs):
            key = self._primitive(_PRIMITIVE - {":", "open"})
            self.take(":")
            pairs.append((key.value if isinstance(key, Constant) else "".join(map(str, key.pieces)), self.element()))
            if not self.accept(","):
                break
        self.take("}")
        return Pairs(tuple(pairs))

    def _primitive(self, kinds: frozenset[str]) -> Text | Constant:
        start = self.index
        pieces: list[str | Interpolation] = []
        while self.kind in kinds:
            if self.kind == "open":
                pieces.append(self.interpolation())
            else:
                kind, text = self.tokens[self.index]
                pieces.append(text[1::2] if kind == "escape" else text)
                self.index += 1
        if not pieces:
            raise GrammarError("an argument is missing, or a character stands where it cannot")
        return _constant(self.tokens[start]) if self.index == start + 1 else Text(_joined(pieces))


def _joined(pieces: list[str | Interpolation]) -> tuple[str | Interpolation, ...]:
    joined: list[str | Interpolation] = []
    for piece in pieces:
        if isinstance(piece, str) and joined and isinstance(joined[-1], str):
            joined[-1] += piece
        else:
            joined.append(piece)
    return tuple(joined)


def _constant(token: Token) -> Text | Constant:
    kind, text = token
    if kind == "null":
        return Constant(None)
    if kind == "bool":
        return Constant(text.lower() == "true")
    if kind in ("int", "float"):
        return Constant(int(text) if kind == "int" else float(text))
    return Text((text[1::2] if kind == "escape" else text,))


def _unquoted(spelling: str) -> str:
    quoted = len(spelling) >= 2 and spelling[0] in "\"'" and spelling[-1] == spelling[0]
    return spelling[1:-1] if quoted else spelling


def split_key(path: str) -> list[str]:
    r"""The parts of `a.b[c]`; escapes (`\.`) are not interpreted."""
    head = re.match(r"\.*[^.[]*", path)
    assert head is not None
    parts = head.group().split(".")
    rest = path[head.end() :]
    if rest.startswith("[") and not parts[-1]:
        parts.pop()
    return parts + [dotted or bracketed for dotted, bracketed in re.findall(r"\.([^.[]*)|\[(.*?)\]", rest)]
