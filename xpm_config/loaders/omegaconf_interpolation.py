"""What the `${…}` of OmegaConf resolve to, in a tree of settings.

References and the resolvers `oc.env`, `oc.select`, `oc.decode` and `oc.dict.*` are as in OmegaConf.
Approximated are those that nobody needs in a settings file: `oc.create` takes no YAML text, `oc.coerce`
no types by their Python path, and a container within a text may show its keys in another order.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from xpm_config.loaders.omegaconf_grammar import (
    Constant,
    Element,
    Items,
    Pairs,
    Reference,
    Text,
    parse_element,
    split_key,
)
from xpm_config.loaders.omegaconf_settings import (
    CONTAINERS,
    MISSING,
    Escaped,
    Field,
    Pending,
    Setting,
    convert,
    decode_missing,
    scalar,
    spells_missing,
    untyped,
    with_defaults,
)
from xpm_config.values import INVALID

if TYPE_CHECKING:
    from collections.abc import Callable
    from collections.abc import Mapping as Environ

    from xpm_config.loaders.omegaconf_grammar import Interpolation

MAX_TEXT = 1 << 20
"""Longer texts are not put together: interpolations that refer to each other can double at every step."""

MAX_CHAIN = 62
"""How many settings may refer to each other in a row, before OmegaConf runs out of stack."""

UNFIT = (ValueError, TypeError, OverflowError)
"""What conversions raise where a value does not fit; GrammarError is a ValueError."""


class ResolveError(Exception):
    """An interpolation has no value. The message says why, in the user's words; `elsewhere` tells that
    the reason lies in a setting that it refers to.
    """

    def __init__(self, message: str, *, elsewhere: bool = False) -> None:
        super().__init__(message)
        self.elsewhere = elsewhere


class Resolver:
    """Resolves the interpolations of one tree of settings."""

    def __init__(self, root: Setting, environ: Environ[str, str]) -> None:
        self.root = root
        self.environ = environ
        self.active: set[int] = set()

    def value(self, setting: Setting) -> Any:
        """The value of a setting, or the setting that is the container; raises ResolveError."""
        if setting.children is not None:
            return setting
        if setting.value is INVALID:
            raise ResolveError("this has a problem", elsewhere=True)
        if not isinstance(setting.value, Pending):
            return setting.value
        if setting.outcome is None:
            try:
                setting.outcome = (self._resolve(setting, setting.value.meaning), None)
            except ResolveError as error:
                setting.outcome = (None, error)
        value, failure = setting.outcome
        if failure is not None:
            raise failure
        return value

    def _resolve(self, setting: Setting, meaning: Text) -> Any:
        if id(setting) in self.active:
            raise ResolveError("this refers to itself")
        if len(self.active) >= MAX_CHAIN:
            raise ResolveError("this refers to settings that refer to others, too many times over")
        self.active.add(id(setting))
        try:
            return _fitted(setting, _given(_Place(self, setting).text(meaning)))
        finally:
            self.active.discard(id(setting))


def _given(value: Any) -> Any:
    """A result with `???` decoded; raises ResolveError where it is missing."""
    if type(value) is str:
        value = decode_missing(value)
        if value == "???" and not isinstance(value, Escaped):
            raise ResolveError("this stands for `???`, which is no value")
    return value


def _fitted(setting: Setting, value: Any) -> Any:
    """What an interpolation resolved to, as the type of its field."""
    field = setting.field
    if isinstance(value, Setting) and (field.kind == "any" or field.same_type(value.field)):
        return value
    try:
        if field.kind in CONTAINERS and value is not None:
            return _rebuilt(setting, _plain(value))
        if field.kind in CONTAINERS and not field.nullable:
            raise TypeError
        return convert(field, value)
    except UNFIT:
        raise ResolveError(f"what this stands for is not {field.expects}") from None


def _rebuilt(setting: Setting, plain: Any) -> Setting:
    """A container of the type of a setting, out of plain values; only scalars can stand in it."""
    field = setting.field
    if not isinstance(plain, list if field.kind == "list" else dict) or field.element is None:
        raise TypeError
    rebuilt = Setting(field, setting.parent, setting.key, setting.site)
    pairs = enumerate(plain) if isinstance(plain, list) else plain.items()
    children: dict[Any, Setting] = {}
    for key, item in pairs:
        if isinstance(plain, dict) and not isinstance(key, str):
            raise TypeError
        children[key] = Setting(field.element, rebuilt, key, setting.site, scalar(field.element, item))
    rebuilt.children = list(children.values()) if isinstance(plain, list) else children
    return rebuilt


def _plain(value: Any) -> Any:
    """A setting as plain values, interpolations unresolved."""
    if not isinstance(value, Setting):
        return value
    if isinstance(value.children, list):
        return [_plain(child) for child in value.children]
    if value.children is not None:
        return {key: _plain(child) for key, child in with_defaults(value).items()}
    if isinstance(value.value, Escaped):
        return "\\" + value.value
    if isinstance(value.value, Pending):
        return value.value.text
    return "???" if value.value is MISSING else value.value


def _representation(value: Setting) -> str:
    if isinstance(value.children, list):
        return f"[{', '.join(map(_representation, value.children))}]"
    if value.children is not None:
        pairs = with_defaults(value).items()
        return "{" + ", ".join(f"{key!r}: {_representation(child)}" for key, child in pairs) + "}"
    return repr(_plain(value))


# The value of a reference to null: None tells that there is no such setting.
_NULL = object()


class _Place:
    """Where an interpolation stands: references start at `container`, or at the top."""

    def __init__(self, resolver: Resolver, setting: Setting) -> None:
        assert setting.parent is not None
        self.resolver = resolver
        self.setting = setting
        self.container = setting.parent

    # -- evaluation -------------------------------------------------------------------------------

    def text(self, text: Text) -> Any:
        """The value of a text: of a lone interpolation its own value, else joined text."""
        if len(text.pieces) == 1 and not isinstance(text.pieces[0], str):
            return self.interpolation(text.pieces[0])
        parts: list[str] = []
        length, escaped = 0, False
        for piece in text.pieces:
            value = piece if isinstance(piece, str) else self.interpolation(piece)
            escaped = escaped or isinstance(value, Escaped)
            parts.append(self.render(value))
            length += len(parts[-1])
            if length > MAX_TEXT:
                raise ResolveError("this makes a text of more than a million characters")
        joined = "".join(parts)
        return Escaped(joined) if escaped and spells_missing(joined) else joined

    def element(self, element: Element) -> Any:
        """The value of an argument."""
        meaning = element.meaning
        if isinstance(meaning, Constant):
            return meaning.value
        if isinstance(meaning, Items):
            return [self.element(item) for item in meaning.elements]
        if isinstance(meaning, Pairs):
            return {key: self.element(value) for key, value in meaning.pairs}
        value = self.text(meaning)
        if isinstance(value, str) and spells_missing(element.spelling):
            return decode_missing(element.spelling)
        return value

    def interpolation(self, interpolation: Interpolation) -> Any:
        """The value of `${…}`."""
        if isinstance(interpolation, Reference):
            return self.select(*self.path(interpolation))
        parts = [part if isinstance(part, str) else self.interpolation(part) for part in interpolation.name]
        if not all(isinstance(part, str) for part in parts):
            raise ResolveError("the name of a resolver is not text")
        return self.call(".".join(parts), [self.element(argument) for argument in interpolation.arguments])

    def path(self, reference: Reference) -> tuple[int, list[str]]:
        """The dots and keys of a reference, with the interpolations among them resolved."""
        dots = reference.dots
        keys: list[str] = []
        for part, bracketed in reference.keys:
            if isinstance(part, str):
                keys.append(part)
                continue
            value = self.interpolation(part)
            if type(value) is not int and not isinstance(value, str):
                raise ResolveError("a part of this reference is neither text nor a whole number")
            path = str(value)
            if not keys and not bracketed:
                dots += len(path) - len(path.lstrip("."))
                path = path.lstrip(".")
                keys += split_key(path) if path else []
            else:
                keys += split_key(f"[{path}]" if bracketed else path)
        return dots, keys

    def render(self, value: Any) -> str:
        """A value as part of a text."""
        return _representation(value) if isinstance(value, Setting) else str(value)

    # -- references -------------------------------------------------------------------------------

    def select(self, dots: int, keys: list[str]) -> Any:
        """The value that a reference stands for."""
        value = self._found(dots, keys)
        if value is None:
            raise ResolveError("this refers to a setting that does not exist")
        if value is MISSING:
            raise ResolveError("this refers to a setting that has no value")
        ancestor: Setting | None = self.container
        while ancestor is not None:
            if ancestor is value:
                raise ResolveError("this refers to what it stands in")
            ancestor = ancestor.parent
        return None if value is _NULL else value

    def _found(self, dots: int, keys: list[str]) -> Any:
        """The value under a path: None if there is no such setting, `_NULL` if it is null, or MISSING."""
        value: Any = self.container if dots else self.resolver.root
        for _ in range(dots - 1):
            value = value.parent
            if value is None:
                return None
        for key in keys:
            if not isinstance(value, Setting):
                return None
            try:
                child = value.lookup(key)
            except ValueError:
                raise ResolveError("this refers to an item of a list, but not by its number") from None
            if child is None:
                return None
            try:
                value = self.resolver.value(child)
            except ResolveError as error:
                raise ResolveError(str(error), elsewhere=True) from None
            value = _NULL if value is None else value
        return value

    # -- resolvers --------------------------------------------------------------------------------

    def call(self, name: str, arguments: list[Any]) -> Any:
        """The result of a resolver."""
        if name not in _RESOLVERS:
            raise ResolveError("there is no such resolver: the one for environment variables is `oc.env`")
        try:
            return _given(_RESOLVERS[name](self, *arguments))
        except UNFIT:
            raise ResolveError("a resolver is called with arguments that it cannot take") from None

    def env(self, name: Any, *default: Any) -> Any:
        """`oc.env`: a variable of the environment."""
        if not isinstance(name, str) or len(default) > 1:
            raise TypeError
        if name in self.resolver.environ:
            return self.resolver.environ[name]
        if not default:
            raise ResolveError("this environment variable is not set, and there is no default")
        value = default[0]
        return value if value is None or isinstance(value, Escaped) else self.render(value)

    def find(self, path: Any, *default: Any) -> Any:
        """`oc.select`: another setting, or a default."""
        if not isinstance(path, str) or len(default) > 1:
            raise TypeError
        keys = path.lstrip(".")
        value = self._found(len(path) - len(keys), split_key(keys) if keys else [])
        if value is None or value is MISSING:
            return default[0] if default else None
        return None if value is _NULL else value

    def deprecated(self, path: Any, message: Any = "") -> Any:
        """`oc.deprecated`: another setting, which must exist."""
        if not isinstance(message, str) or self.find(path, MISSING) is MISSING:
            raise TypeError
        return self.find(path)

    def decode(self, text: Any) -> Any:
        """`oc.decode`: the value that a text spells."""
        if text is None or isinstance(text, Escaped):
            return text
        if not isinstance(text, str):
            raise TypeError
        return self.element(parse_element(text))

    def create(self, value: Any) -> Any:
        """`oc.create`: a container of its own."""
        value = _plain(value)
        if value is None:
            return None
        if not isinstance(value, (dict, list)):
            raise TypeError
        return untyped(value, self.container, self.setting.key, self.setting.site)

    def coerce(self, type_name: Any, value: Any) -> Any:
        """`oc.coerce`: a value as another type."""
        if type_name not in ("bool", "float", "int", "str"):
            raise ValueError
        return convert(Field(type_name, nullable=False), value)

    def dict_keys(self, path: Any) -> Any:
        """`oc.dict.keys`: the keys of a container."""
        return self.create(list(self._dictionary(path)))

    def dict_values(self, path: Any) -> Any:
        """`oc.dict.values`: references to the values of a container."""
        keys = list(self._dictionary(path))
        # One dot more, because they stand in a list of their own.
        start = f".{path}" if path.startswith(".") else path
        return self.create([f"${{{start}.{key}}}" for key in keys])

    def _dictionary(self, path: Any) -> dict[Any, Setting]:
        container = self.find(path)
        if not isinstance(container, Setting) or isinstance(container.children, list):
            raise TypeError
        return with_defaults(container)


_RESOLVERS: dict[str, Callable[..., Any]] = {
    "oc.coerce": _Place.coerce,
    "oc.create": _Place.create,
    "oc.decode": _Place.decode,
    "oc.deprecated": _Place.deprecated,
    "oc.dict.keys": _Place.dict_keys,
    "oc.dict.values": _Place.dict_values,
    "oc.env": _Place.env,
    "oc.select": _Place.find,
}
