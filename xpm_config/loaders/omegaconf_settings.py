"""The settings as OmegaConf holds them: typed fields, what stands in them, and conversions between types."""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING, Any, NamedTuple

from xpm_config.loaders.model import known_properties
from xpm_config.loaders.omegaconf_grammar import Text, parse
from xpm_config.values import INVALID

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from xpm_config.document import Node
    from xpm_config.releases import Release


class Missing:
    """The type of `MISSING`."""

    def __repr__(self) -> str:
        return "MISSING"


MISSING = Missing()
"""Stands for `???`: a value that still has to be given."""


class Escaped(str):
    r"""Text that ends in `???` and was written with a backslash in front, so that it is not "missing"."""

    __slots__ = ()


class PathText:
    """The value of a path; `text` is as written."""

    __slots__ = ("text",)

    def __init__(self, text: str) -> None:
        self.text = text

    def __str__(self) -> str:
        from pathlib import Path

        return str(Path(self.text))

    def __repr__(self) -> str:
        return f"PosixPath({str(self)!r})"


class Mode(str):
    """A member of experimaestro's enumeration of folder modes, whose text is not its value."""

    __slots__ = ()

    def __str__(self) -> str:
        return f"FolderMode.{self.upper()}"

    def __repr__(self) -> str:
        return f"<{self}: {str.__repr__(self)}>"


class Pending(NamedTuple):
    """An interpolation that has not been resolved."""

    text: str
    meaning: Text


class Field(NamedTuple):
    """The type of a setting. `kind` is "section" for a dataclass, "map" for `Dict[str, str]`, "list",
    "any" (whatever stands where text is expected), or the type of a scalar; `element` is the field of
    each item of a list or map, `fields` are those of a section.
    """

    kind: str
    nullable: bool
    required: bool = False
    default: Any = None
    expects: str = "a value"
    allowed: tuple[str, ...] = ()
    element: Field | None = None
    fields: Mapping[str, Field] = MappingProxyType({})

    def same_type(self, other: Field) -> bool:
        """Whether the two have the same Python type; sections are told apart by their keys."""
        if self.kind != other.kind or self.nullable != other.nullable or self.fields.keys() != other.fields.keys():
            return False
        return self.element is None or other.element is None or self.element.same_type(other.element)


ANY = Field("any", nullable=True)
CONTAINERS = ("section", "map", "list")


def field_of(schema: dict[str, Any], release: Release, required: bool = False) -> Field:
    """The field that a schema (its references resolved) describes in a release."""
    expects = schema.get("x-xpm-expects", "of another type")
    types = schema.get("type")
    nullable = isinstance(types, list) and "null" in types
    if "x-xpm-type" in schema:
        default = schema.get("default", "")
        kind = schema["x-xpm-type"]
        allowed = tuple(schema["enum"]) if kind == "mode" else ()
        return Field(kind, nullable, required, Mode(default) if kind == "mode" else default, expects, allowed)
    if types == "array":
        return Field("list", nullable, expects=expects, element=field_of(schema["items"], release))
    if "properties" not in schema:
        return Field("map", nullable, expects=expects, element=field_of(schema["additionalProperties"], release))
    demanded = schema.get("required", ())
    fields = {
        # `ssh.host` is required by its documentation, but not by experimaestro.
        key: field_of(sub, release, required=key in demanded and not sub.get("x-xpm-optional"))
        for key, sub in known_properties(schema, release).items()
    }
    return Field("section", nullable, expects=expects, fields=fields)


class Setting:
    """A setting in its place. Either `children` holds what is in it (None: it is no container), or `value`
    its value: a Python value, MISSING, INVALID, or Pending.
    """

    __slots__ = ("children", "field", "key", "outcome", "parent", "site", "value")

    def __init__(self, field: Field, parent: Setting | None, key: Any, site: Node | None, value: Any = None) -> None:
        self.field = field
        self.parent = parent
        self.key = key
        self.site = site
        self.value = value
        self.children: dict[Any, Setting] | list[Setting] | None = None
        # What an interpolation resolved to: nothing yet, or (value, None), or (None, why it failed).
        self.outcome: tuple[Any, Exception | None] | None = None

    @property
    def path(self) -> str:
        """The path of the setting, such as `workspaces[0].id`."""
        if self.parent is None:
            return ""
        if isinstance(self.parent.children, list):
            return f"{self.parent.path}[{self.key}]"
        return f"{self.parent.path}.{self.key}" if self.parent.path else str(self.key)

    def lookup(self, key: str) -> Setting | None:
        """What stands under a key of a reference: a child, or the default of one.

        Raises ValueError where the item of a list is not given by its number.
        """
        children = self.children
        if isinstance(children, list):
            index = int(key)
            return children[index] if -len(children) <= index < len(children) else None
        assert children is not None
        if key in children:
            return children[key]
        if self.field.kind == "any" and (number := _index(key)) is not None:
            # A boolean key equals 0 or 1, but is none.
            return next((child for own, child in children.items() if own == number and type(own) is int), None)
        return default_setting(self.field.fields[key], self, key) if key in self.field.fields else None


def _index(key: str) -> int | None:
    try:
        return int(key)
    except ValueError:
        return None


def default_setting(field: Field, parent: Setting, key: str) -> Setting:
    """What a setting is when the file does not give it."""
    setting = Setting(field, parent, key, None, MISSING if field.required else field.default)
    if field.kind in CONTAINERS and not field.nullable:
        setting.children = [] if field.kind == "list" else {}
    return setting


def with_defaults(section: Setting) -> dict[Any, Setting]:
    """What is in a section or map, with the settings that the file does not give."""
    assert isinstance(section.children, dict)
    defaults = {key: default_setting(field, section, key) for key, field in section.field.fields.items()}
    return {**defaults, **section.children}


# -- conversions --------------------------------------------------------------------------------------


def convert(field: Field, value: Any) -> Any:
    """A scalar as the type of its field; raises ValueError, TypeError or OverflowError if it does not fit."""
    if field.kind == "any" or (value is None and field.nullable):
        return value
    if field.kind == "mode":
        return _mode(field, value)
    return _CONVERSIONS[field.kind](value)


def _text(value: Any) -> str:
    if value is None or isinstance(value, (bytes, list, tuple, dict, Setting)):
        raise TypeError
    return value if isinstance(value, Escaped) else str(value)


def _path(value: Any) -> PathText:
    if isinstance(value, str):
        return PathText(str(value))
    if not isinstance(value, PathText):
        raise TypeError
    return value


def _whole_number(value: Any) -> int:
    if type(value) not in (str, int):
        raise TypeError
    return int(value)


def _number(value: Any) -> float:
    if type(value) not in (str, int, float):
        raise TypeError
    return float(value)


def _boolean(value: Any) -> bool:
    if isinstance(value, int):
        return value != 0
    if not isinstance(value, str):
        raise TypeError
    try:
        return int(value) != 0
    except ValueError:
        if value.lower() not in _BOOLEANS:
            raise
        return _BOOLEANS[value.lower()]


def _mode(field: Field, value: Any) -> Mode:
    if isinstance(value, Mode):
        return value
    if not isinstance(value, str):
        raise TypeError
    word = value.removeprefix("FolderMode.")
    names = {allowed.upper(): allowed for allowed in field.allowed}
    if word not in names and word not in field.allowed:
        raise ValueError
    return Mode(names.get(word, word))


_BOOLEANS = {"yes": True, "y": True, "on": True, "true": True, "no": False, "n": False, "off": False, "false": False}
_CONVERSIONS: dict[str, Callable[[Any], Any]] = {
    "str": _text,
    "path": _path,
    "int": _whole_number,
    "float": _number,
    "bool": _boolean,
}


def decode_missing(value: str) -> str:
    r"""Take the backslash off `\???`, which stands for the text `???`."""
    if type(value) is str and len(value) > 3 and spells_missing(value):
        return Escaped(value[1:])
    return value


def spells_missing(text: str) -> bool:
    """Whether a text is `???`, with or without backslashes in front."""
    return text.endswith("???") and text[:-3].strip("\\") == ""


def scalar(field: Field, value: Any) -> Any:
    """A scalar as a setting holds it: converted, MISSING, or Pending; raises as `convert`, or GrammarError."""
    if isinstance(value, PathText) and field.kind == "str":
        value = str(value)
    if isinstance(value, str):
        value = decode_missing(value)
        if value == "???" and not isinstance(value, Escaped):
            return MISSING
        if "${" in value:
            return Pending(value, parse(value))
    elif value is not None and value is not INVALID and not isinstance(value, (bytes, int, float, PathText)):
        # OmegaConf holds no dates and no sets.
        raise TypeError
    if field.kind in CONTAINERS and not (value is None and field.nullable):
        raise TypeError
    return convert(field, value)


def untyped(value: Any, parent: Setting | None, key: Any, site: Node | None) -> Setting:
    """A tree of plain values as untyped settings; raises TypeError or GrammarError where OmegaConf would."""
    setting = Setting(ANY, parent, key, site)
    if isinstance(value, dict):
        for own in value:
            if type(own) not in (str, bytes, int, float, bool) or (type(own) is int and str(own) in value):
                raise TypeError
        children: dict[Any, Setting] = {}
        setting.children = children
        children.update((own, untyped(item, setting, own, site)) for own, item in value.items())
    elif isinstance(value, (list, tuple)):
        items: list[Setting] = []
        setting.children = items
        items.extend(untyped(item, setting, index, site) for index, item in enumerate(value))
    else:
        setting.value = scalar(ANY, value)
    return setting
