"""Loading as experimaestro 2.6 and later do it: PyYAML's `safe_load`, then pydantic dataclasses in lax mode.

Nothing of pydantic is imported: the rules are those that its validators were measured to follow. Types
come from the schema (`x-xpm-type`), so a key that is added there is loaded here.
"""

from __future__ import annotations

import os
import re
from typing import TYPE_CHECKING, Any

from xpm_config.document import Mapping, Node, Sequence
from xpm_config.loaders.model import Loaded, LoadProblem, known_properties
from xpm_config.location import expanded
from xpm_config.values import INVALID, Constructor

if TYPE_CHECKING:
    from collections.abc import Callable
    from collections.abc import Mapping as Environ

    from xpm_config.document import Document
    from xpm_config.loaders.model import ProblemKind
    from xpm_config.releases import Release

VARIABLE = re.compile(r"\$\{(?:oc\.)?env[:.]([^}]+)\}")
"""The four spellings of an environment variable; the group is its name."""
_WHOLE = re.compile(r"[+-]?[0-9]+(?:_[0-9]+)*(?:\.0+)?")
_TRUE = frozenset(("1", "on", "t", "true", "y", "yes"))
_FALSE = frozenset(("0", "off", "f", "false", "n", "no"))
_MAX_DIGITS = 4300


def load(
    document: Document, schema: dict[str, Any], release: Release, environ: Environ[str, str] | None = None
) -> tuple[Loaded, Constructor]:
    """What the release makes of the document.

    `schema` is the newest schema with its references resolved; `environ` (by default this process's)
    gives the variables of `${env:NAME}`.
    """
    loader = _Loader(release, os.environ if environ is None else environ)
    if document.root is None:
        if document.problems:
            return Loaded({}, (LoadProblem("value", "", "the file cannot be read", None),)), loader.constructor
        return Loaded({}, (LoadProblem("type", "", "the file is empty", None),)), loader.constructor
    constructor = loader.constructor
    value = constructor.value(document.root)
    for problem in constructor.problems:
        loader.problems.append(LoadProblem("value", "", problem.message, problem.node))
    settings = loader.record(_Place(document.root, document.root, value, ""), schema, inside_env=False)
    return Loaded(settings if isinstance(settings, dict) else {}, tuple(loader.problems)), constructor


def interpolate(text: str, environ: Environ[str, str]) -> str:
    """Replace `${env:NAME}`, `${env.NAME}`, `${oc.env:NAME}` and `${oc.env.NAME}`; unset ones stay."""
    if "${" not in text:
        return text
    return VARIABLE.sub(lambda found: environ.get(found[1], found[0]), text)


class ConversionError(Exception):
    """A value does not have the type of its field."""

    kind: ProblemKind = "type"


class PathError(ConversionError):
    """A path that experimaestro cannot expand."""

    kind = "path"


class _Place:
    """A value, the node that holds it, and the node where it is written (an alias, perhaps)."""

    __slots__ = ("key", "node", "site", "value")

    def __init__(self, node: Node, site: Node, value: Any, key: str) -> None:
        self.node = node.resolved
        self.site = site
        self.value = value
        self.key = key


class _Loader:
    def __init__(self, release: Release, environ: Environ[str, str]) -> None:
        self.release = release
        self.environ = environ
        self.constructor = Constructor()
        self.problems: list[LoadProblem] = []
        self._properties: dict[int, dict[str, dict[str, Any]]] = {}

    def properties(self, schema: dict[str, Any]) -> dict[str, dict[str, Any]]:
        """The keys of an object schema that the release knows, found once."""
        known = self._properties.get(id(schema))
        if known is None:
            known = self._properties[id(schema)] = known_properties(schema, self.release)
        return known

    def problem(self, kind: ProblemKind, place: _Place, message: str, node: Node | None = None) -> None:
        self.problems.append(LoadProblem(kind, place.key, message, node or place.site))

    def field(self, place: _Place, schema: dict[str, Any], inside_env: bool) -> Any:
        """The value of a field, INVALID where it has none."""
        kind = schema.get("type")
        if place.value is INVALID:
            return INVALID
        if place.value is None and isinstance(kind, list) and "null" in kind:
            return None
        if "x-xpm-type" in schema:
            return self.scalar(place, schema, inside_env)
        if kind == "array":
            return self.list(place, schema, inside_env)
        if "properties" in schema:
            return self.record(place, schema, inside_env)
        return self.dictionary(place, schema, inside_env)

    def scalar(self, place: _Place, schema: dict[str, Any], inside_env: bool) -> Any:
        value = place.value
        if isinstance(value, str):
            value = interpolate(value, self.environ)
        elif inside_env and isinstance(value, (int, float)):
            value = str(value)
        try:
            if schema["x-xpm-type"] == "mode":
                return _one_of(value, schema["enum"])
            return _CONVERSIONS[schema["x-xpm-type"]](value)
        except ConversionError as error:
            self.problem(error.kind, place, str(error))
            return INVALID

    def list(self, place: _Place, schema: dict[str, Any], inside_env: bool) -> Any:
        value = place.value
        if not isinstance(value, (list, tuple, set)):
            self.problem("type", place, "must be a list")
            return INVALID
        nodes: list[Node] = []
        if isinstance(place.node, Sequence) and len(place.node.items) == len(value):
            nodes = place.node.items
        items = []
        for index, item in enumerate(value):
            node = nodes[index] if nodes else place.site
            items.append(self.field(_Place(node, node, item, f"{place.key}[{index}]"), schema["items"], inside_env))
        return items

    def dictionary(self, place: _Place, schema: dict[str, Any], inside_env: bool) -> Any:
        if not isinstance(place.value, dict) or not isinstance(place.node, Mapping):
            self.problem("type", place, "must be a mapping")
            return INVALID
        result = {}
        for key, entry in self.constructor.entries(place.node).items():
            text = _bytes_text(key)
            if text is None:
                self.problem("type", place, "a name must be text", entry.key)
                continue
            child = _Place(entry.value, entry.site, place.value[key], f"{place.key}.{text}")
            result[text] = self.field(child, schema["additionalProperties"], inside_env)
        return result

    def record(self, place: _Place, schema: dict[str, Any], inside_env: bool) -> Any:
        """A dataclass: known keys are converted, unknown ones ignored, required ones demanded."""
        if not isinstance(place.value, dict) or not isinstance(place.node, Mapping):
            self.problem("type", place, "must be a mapping")
            return INVALID
        entries = self.constructor.entries(place.node)
        result: dict[str, Any] = {}
        for key, entry in entries.items():
            if not isinstance(key, str) or _has_surrogates(key):
                self.problem("type", place, "a key must be text", entry.key)
        for name, sub in self.properties(schema).items():
            found = entries.get(name)
            if found is not None:
                key = f"{place.key}.{name}" if place.key else name
                child = _Place(found.value, found.site, place.value[name], key)
                result[name] = self.field(child, sub, inside_env or name == "env")
        # `ssh.host` is required by its documentation, but not by experimaestro.
        for name in schema.get("required", ()):
            if name not in entries and not schema["properties"][name].get("x-xpm-optional"):
                missing = _Place(place.node, place.node, None, f"{place.key}.{name}")
                self.problem("missing-key", missing, f"`{name}` is missing")
        self.check_path(place, result)
        return result

    def check_path(self, place: _Place, record: dict[str, Any]) -> None:
        """Expand the path of a workspace or folder, as experimaestro does while it loads."""
        path = record.get("path")
        if not isinstance(path, str):
            return
        is_workspace = "id" in record
        ssh = record.get("ssh")
        if isinstance(ssh, dict) and ssh.get("host"):
            return
        assert isinstance(place.node, Mapping)
        site = self.constructor.entries(place.node)["path"].site
        place = _Place(site, site, path, f"{place.key}.path")
        try:
            check_path_text(path, resolve=is_workspace)
        except PathError as error:
            self.problem("path", place, str(error))


def check_path_text(path: str, *, resolve: bool) -> None:
    """Raise PathError where experimaestro would fail to expand a path, or to resolve it if asked to.

    The disk is not looked at: a path may be missing, or on another machine.
    """
    first = path.removeprefix("./").partition("/")[0]
    if first.startswith("~"):
        if resolve:
            _check_characters(first)
        if expanded(first).startswith("~"):
            raise PathError("the user behind `~` is not known on this machine")
    if resolve:
        _check_characters(path)


def _check_characters(path: str) -> None:
    if "\0" in path:
        raise PathError("a path cannot contain a NUL character")
    if _has_surrogates(path):
        try:
            os.fsencode(path)
        except UnicodeEncodeError:
            raise PathError("a path must be proper text") from None


def _one_of(value: Any, allowed: list[Any]) -> Any:
    text = _bytes_text(value)
    if text in allowed:
        return text
    raise ConversionError("is not one of the allowed values")


def _text(value: Any) -> str:
    text = _bytes_text(value)
    if text is None:
        raise ConversionError("must be text")
    return text


def _path(value: Any) -> str:
    if not isinstance(value, str):
        raise ConversionError("must be a path")
    return value


def _whole_number(value: Any) -> int:
    if isinstance(value, int):
        return int(value)
    if isinstance(value, float) and value.is_integer() and abs(value) < 2**63:
        return int(value)
    text = _bytes_text(value)
    if text is not None and len(text) <= _MAX_DIGITS and _WHOLE.fullmatch(text.strip()):
        return int(text.strip().partition(".")[0])
    raise ConversionError("must be a whole number")


def _number(value: Any) -> float:
    text = _bytes_text(value)
    try:
        if isinstance(value, (int, float)) or (text is not None and text.isascii()):
            return float(value if text is None else text)
    except (ValueError, OverflowError):
        pass
    raise ConversionError("must be a number")


def _boolean(value: Any) -> bool:
    if isinstance(value, (int, float)) and value in (0, 1):
        return bool(value)
    text = _bytes_text(value)
    word = text.lower() if text is not None else ""
    if word in _TRUE or word in _FALSE:
        return word in _TRUE
    raise ConversionError("must be true or false")


def _bytes_text(value: Any) -> str | None:
    """Text, also when it was written as `!!binary`; None for anything else."""
    if isinstance(value, bytes):
        try:
            return value.decode("utf-8")
        except UnicodeDecodeError:
            return None
    return value if isinstance(value, str) else None


def _has_surrogates(text: str) -> bool:
    return any("\ud800" <= char <= "\udfff" for char in text) if not text.isascii() else False


_CONVERSIONS: dict[str, Callable[[Any], Any]] = {
    "str": _text,
    "path": _path,
    "int": _whole_number,
    "float": _number,
    "bool": _boolean,
}
