"""Loading as experimaestro up to 2.5 does it: OmegaConf reads the YAML, and merges it into dataclasses.

Nothing of OmegaConf is imported: the rules are those of its version 2.4, which all these releases get
when they are installed today. Types come from the schema. `omegaconf_yaml` reads the YAML;
`omegaconf_settings` holds the typed settings, `omegaconf_interpolation` what `${…}` stands for, and
`omegaconf_grammar` how that is written.
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any

from xpm_config.document import Document, Sequence
from xpm_config.loaders.model import Loaded, LoadProblem
from xpm_config.loaders.omegaconf_grammar import GrammarError
from xpm_config.loaders.omegaconf_interpolation import UNFIT, ResolveError, Resolver
from xpm_config.loaders.omegaconf_settings import (
    CONTAINERS,
    MISSING,
    Escaped,
    Mode,
    PathText,
    Pending,
    Setting,
    field_of,
    scalar,
    untyped,
    with_defaults,
)
from xpm_config.loaders.omegaconf_yaml import OmegaConfConstructor, too_large
from xpm_config.values import INVALID, MAP, OMAP, PAIRS, SEQ

if TYPE_CHECKING:
    from collections.abc import Mapping as Environ

    from xpm_config.document import Node
    from xpm_config.loaders.model import ProblemKind
    from xpm_config.loaders.omegaconf_settings import Field
    from xpm_config.releases import Release
    from xpm_config.values import Constructor

EAGER_SINCE: Release = (1, 5, 5)
"""From this release on the settings are resolved as they are loaded; before, as they are used."""

MAX_VALUES = 100_000
"""References among containers can make settings much larger than their file; here it ends."""


def load(
    document: Document, schema: dict[str, Any], release: Release, environ: Environ[str, str] | None = None
) -> tuple[Loaded, Constructor]:
    """What the release makes of the document, and the constructor that gave its values.

    `schema` is the newest schema with its references resolved; `environ` (by default this process's)
    gives the variables of `${oc.env:NAME}`.
    """
    constructor = OmegaConfConstructor()
    loader = _Loader(constructor)
    field = field_of(schema, release)
    root = Setting(field, None, None, document.root)
    if document.root is None:
        if document.problems:
            loader.problem("value", root, "the file cannot be read")
        return Loaded({}, tuple(loader.problems)), constructor
    loader.top(root, document)
    settings: Any = {}
    if root.children is not None:
        eager = release >= EAGER_SINCE
        resolver = Resolver(root, os.environ if environ is None else environ)
        settings = _Export(loader, resolver, eager).settings(root)
    problems = tuple(dict.fromkeys(loader.problems))
    return Loaded(settings if isinstance(settings, dict) else {}, problems), constructor


class _Loader:
    """Builds the typed settings of a document."""

    def __init__(self, constructor: OmegaConfConstructor) -> None:
        self.constructor = constructor
        self.problems: list[LoadProblem] = []

    def problem(self, kind: ProblemKind, setting: Setting, message: str, node: Node | None = None) -> None:
        self.problems.append(LoadProblem(kind, setting.path, message, node or setting.site))

    def top(self, root: Setting, document: Document) -> None:
        """Fill the root with what the document holds."""
        node = document.root
        assert node is not None
        reason = too_large(document, node)
        if reason is not None:
            self.problem("size", root, reason)
            return
        value = self.constructor.value(node)
        for problem in self.constructor.problems:
            self.problems.append(LoadProblem("value", "", problem.message, problem.node))
        for problem in self.constructor.duplicates:
            self.problems.append(LoadProblem("duplicate-key", "", problem.message, problem.node))
        if value is None:
            root.children = {}
        elif isinstance(value, str):
            self._text(root, value)
        elif isinstance(value, dict) and self.constructor.tag(node) == MAP:
            self.section(root, node)
        elif value is not INVALID:
            self.problem("type", root, "must be a mapping")

    def _text(self, root: Setting, text: str) -> None:
        """OmegaConf reads a file that holds nothing but a text once more, as the YAML in that text."""
        inner = Document(text.encode("utf-8", "surrogatepass"), "libyaml")
        loader = _Loader(OmegaConfConstructor())
        if inner.root is not None and loader.constructor.tag(inner.root) in (MAP, SEQ):
            loader.top(root, inner)
        elif not inner.problems and (inner.root is None or loader.constructor.value(inner.root) is None):
            root.children = {}
        if root.children is None or loader.problems:
            # What stands inside has no place in this document, and may be anything.
            self.problem("type", root, "must be a mapping")

    def build(self, setting: Setting) -> Setting:
        """Fill a setting with what stands at its site."""
        assert setting.site is not None
        node = setting.site.resolved
        tag = self.constructor.tag(node)
        kind = setting.field.kind
        if tag == MAP and kind == "section":
            self.section(setting, node)
        elif tag == MAP and kind == "map":
            self._map(setting, node)
        elif tag == SEQ and kind == "list" and isinstance(node, Sequence):
            items: list[Setting] = []
            setting.children = items
            for index, item in enumerate(node.items):
                items.append(self._element(setting, index, item))
        elif tag in (OMAP, PAIRS) and kind == "list":
            self._pairs(setting, self.constructor.value(node))
        else:
            self._value(setting, self.constructor.value(node))
        return setting

    def section(self, setting: Setting, node: Node) -> None:
        """Fill a dataclass from a mapping."""
        children: dict[Any, Setting] = {}
        setting.children = children
        for key, entry in self.constructor.entries(node).items():
            field = setting.field.fields.get(key) if isinstance(key, str) else None
            if field is None:
                self._unknown_key(setting, key, entry.key)
                continue
            child = self.build(Setting(field, setting, key, entry.site))
            # `???` leaves a setting at its default.
            if child.value is not MISSING:
                children[key] = child

    def _unknown_key(self, setting: Setting, key: Any, node: Node) -> None:
        if not isinstance(key, str):
            self.problem("type", setting, "a key must be text", node)
            return
        name = Setting(setting.field, setting, key, node)
        self.problem("unknown-key", name, f"experimaestro does not know the key `{key}`")

    def _map(self, setting: Setting, node: Node) -> None:
        children: dict[Any, Setting] = {}
        setting.children = children
        for key, entry in self.constructor.entries(node).items():
            if isinstance(key, str):
                children[key] = self._element(setting, key, entry.site)
            else:
                self.problem("type", setting, "a name must be text", entry.key)

    def _element(self, container: Setting, key: Any, site: Node) -> Setting:
        """An item of a list or map. Where text is expected, OmegaConf lets containers of any kind pass."""
        field: Field = container.field.element  # type: ignore[assignment]
        value = self.constructor.value(site) if field.kind not in CONTAINERS else None
        if not isinstance(value, (dict, list)):
            return self.build(Setting(field, container, key, site))
        return self._untyped(Setting(field, container, key, site), value)

    def _pairs(self, setting: Setting, value: Any) -> None:
        """Fill a list from `!!omap` or `!!pairs`, which give a list of tuples."""
        field: Field = setting.field.element  # type: ignore[assignment]
        if value is INVALID or field.kind in CONTAINERS:
            self._value(setting, value)
            return
        setting.children = []
        for index, pair in enumerate(value):
            setting.children.append(self._untyped(Setting(field, setting, index, setting.site), pair))

    def _untyped(self, setting: Setting, value: Any) -> Setting:
        try:
            return untyped(value, setting.parent, setting.key, setting.site)
        except GrammarError as error:
            self.problem("interpolation", setting, str(error))
        except UNFIT:
            self.problem("type", setting, f"must be {setting.field.expects}")
        setting.value = INVALID
        return setting

    def _value(self, setting: Setting, value: Any) -> None:
        """Fill a setting from anything but a mapping or list of its own kind."""
        setting.value = INVALID
        if value is INVALID:
            return
        try:
            setting.value = scalar(setting.field, value)
        except GrammarError as error:
            self.problem("interpolation", setting, str(error))
        except UNFIT:
            self.problem("type", setting, f"must be {setting.field.expects}")


class _Export:
    """Turns typed settings into what experimaestro holds, as `to_container` and `__post_init__` do."""

    def __init__(self, loader: _Loader, resolver: Resolver, eager: bool) -> None:
        self.loader = loader
        self.resolver = resolver
        self.eager = eager
        self.active: set[int] = set()
        self.count = 0
        # Settings that refer to others which have problems: those are the ones to report.
        self.followers: list[Setting] = []

    def settings(self, root: Setting) -> Any:
        """The settings of the whole document."""
        value: Any = INVALID
        try:
            value = self.value(root)
        except RecursionError:
            self.loader.problem("size", root, "interpolations refer to each other too deep")
        if self.followers and not self.loader.problems:
            self.loader.problem("interpolation", self.followers[0], "this refers to a setting that has a problem")
        return value

    def value(self, setting: Setting) -> Any:
        """What a setting holds, INVALID where it has no value."""
        self.count += 1
        if not self.eager:
            children = setting.children
            return self._container(setting, children) if children is not None else _shown(setting.value)
        if setting.value is INVALID or self.count > MAX_VALUES:
            return self._too_many(setting)
        try:
            value = self.resolver.value(setting)
        except ResolveError as error:
            if error.elsewhere:
                self.followers.append(setting)
            else:
                self.loader.problem("interpolation", setting, str(error))
            return INVALID
        if value is MISSING:
            self.loader.problem("missing-key", setting, f"`{setting.path.rpartition('.')[2]}` has no value")
            return INVALID
        if not isinstance(value, Setting):
            return _shown(value)
        # Where nothing is known about the type, nothing else tells the defaults.
        whole = setting.field.kind == "any" and value.field.kind == "section"
        return self._container(value, with_defaults(value) if whole else value.children)

    def _too_many(self, setting: Setting) -> Any:
        if self.count == MAX_VALUES + 1:
            self.loader.problem("size", setting, "interpolations make the settings too large")
        return INVALID

    def _container(self, setting: Setting, children: Any) -> Any:
        if id(setting) in self.active:
            self.loader.problem("interpolation", setting, "this contains a reference to itself")
            return INVALID
        self.active.add(id(setting))
        result: Any
        if isinstance(children, list):
            result = [self.value(child) for child in children]
        else:
            result = {key: self.value(child) for key, child in children.items()}
            if self.eager and setting.field.kind == "section":
                self._initialize(setting, result)
        self.active.discard(id(setting))
        return result

    def _initialize(self, setting: Setting, values: dict[Any, Any]) -> None:
        """Demand what is required, and expand the path unless it is one on another machine."""
        fields = setting.field.fields
        node = setting.site.resolved if setting.site is not None else None
        for key, field in fields.items():
            if field.required and key not in values:
                self.loader.problem("missing-key", Setting(field, setting, key, node), f"`{key}` is missing")
        path = values.get("path")
        ssh = values.get("ssh")
        if not isinstance(path, str) or (isinstance(ssh, dict) and ssh.get("host")):
            return
        # A folder has no id, and its path is not resolved.
        failure = _path_failure(path, resolve="id" in fields)
        if failure is not None:
            assert isinstance(setting.children, dict)
            self.loader.problem("path", setting.children["path"], failure)


def _path_failure(path: str, *, resolve: bool) -> str | None:
    """Why a path cannot be expanded, if it cannot."""
    if not resolve and "~" not in path:
        return None
    from pathlib import Path

    try:
        expanded = Path(path).expanduser()
    except RuntimeError:
        return "the user behind `~` is not known on this machine"
    except ValueError:
        return "this cannot be the path of a directory"
    try:
        if resolve:
            expanded.resolve()
    except (RuntimeError, ValueError, OSError):
        return "this cannot be the path of a directory"
    return None


def _shown(value: Any) -> Any:
    if isinstance(value, (PathText, Pending)):
        return value.text
    if isinstance(value, (Escaped, Mode)):
        return str.__str__(value)
    return "???" if value is MISSING else value
