"""The settings as typed, frozen values, each with the place that it came from.

`load` reads the file anew each time and keeps nothing: no value that was handed out ever changes.
Defaults are those of the schema.
"""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, TypeVar

from xpm_config import files, loaders, registry, target
from xpm_config.document import Document
from xpm_config.errors import FileUnreadableError, XpmConfigError
from xpm_config.loaders.model import effective_folders
from xpm_config.loaders.pydantic import VARIABLE
from xpm_config.location import is_missing, settings_path
from xpm_config.outline import Outline
from xpm_config.releases import Release, show_release

if TYPE_CHECKING:
    from collections.abc import Iterator

    from xpm_config.diagnostics import Diagnostic

FolderMode = Literal["use", "backup", "move"]

_VARIABLE_OF_OMEGACONF = re.compile(r"(?<!\\)\$\{\s*oc\.env:\s*([^},]+?)\s*[},]")


class SettingsNotLoadedError(XpmConfigError):
    """experimaestro would not load the file, or it is too large; `diagnostics` says why, the message the first one."""

    def __init__(self, message: str, hint: str, diagnostics: tuple[Diagnostic, ...]) -> None:
        super().__init__(message, hint)
        self.diagnostics = diagnostics


@dataclass(frozen=True)
class Origin:
    """Where a value came from.

    `default`: the schema; `file`: written at `path`, `line` and `column` (both from 1); `environment`: written
    there with the variables of the environment that `variables` names; `flag`: given on the command line,
    as `variables[0]`.
    """

    kind: Literal["default", "file", "environment", "flag"]
    path: str = ""
    line: int = 0
    column: int = 0
    variables: tuple[str, ...] = ()

    def __str__(self) -> str:
        if self.kind in ("default", "flag"):
            return self.variables[0] if self.kind == "flag" else "default"
        place = f"{self.path}:{self.line}"
        return f"{place}, with {', '.join(f'${name}' for name in self.variables)}" if self.variables else place


DEFAULT = Origin("default")

_Value = TypeVar("_Value")


class _Frozen(Mapping[str, _Value]):
    """A mapping that nobody changes; unlike MappingProxyType, it can be hashed and sent to other processes."""

    def __init__(self, items: Mapping[str, _Value] | None = None) -> None:
        self._items = dict(items or {})

    def __getitem__(self, name: str) -> _Value:
        return self._items[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._items)

    def __len__(self) -> int:
        return len(self._items)

    def __hash__(self) -> int:
        return hash(frozenset(self._items.items()))


class Environment(_Frozen[str]):
    """Environment variables by name, read-only; shown without their values, which may be secrets."""

    def __repr__(self) -> str:
        return f"Environment({', '.join(self)})"


class Origins(_Frozen[Origin]):
    """The places of values by their keys, read-only; a value without an entry is a default."""


@dataclass(frozen=True)
class Server:
    """The server of experimaestro's web interface."""

    port: int | None
    host: str | None
    token: str | None = field(repr=False)
    autohost: str | None


@dataclass(frozen=True)
class History:
    """How many runs of an experiment are kept: `max_done` that succeeded and `max_failed` that did not."""

    max_done: int
    max_failed: int


@dataclass(frozen=True)
class Carbon:
    """How the carbon footprint of jobs is measured; `report_interval_s` is in seconds."""

    enabled: bool
    provider: str
    country_iso_code: str | None
    region: str | None
    report_interval_s: float
    warn_if_unavailable: bool


@dataclass(frozen=True)
class Folder:
    """A folder of a workspace; a relative `path` depends on the current directory, as in experimaestro."""

    path: Path
    mode: FolderMode


@dataclass(frozen=True)
class Ssh:
    """How a remote workspace is reached; without a `host` a workspace is local."""

    host: str
    shell_init: str | None = field(repr=False)
    uv_offline: bool
    python: str | None
    xpm_path: str | None
    options: tuple[str, ...] = field(repr=False)


@dataclass(frozen=True)
class Workspace:
    """One workspace with what holds in it.

    `path` of a local workspace is absolute, with `~` and symbolic links resolved; that of a remote one
    belongs to the other machine and is as written. `env` and `history` are those of the workspace over the
    global ones. `attached` are the folders as experimaestro attaches them: `alt_workspaces` first, as
    folders of mode use, then `folders`. `origins` has an entry for every value that is written somewhere,
    by its key (`path`, `env.HOME`, `folders[0].mode`).
    """

    id: str
    path: Path
    env: Environment
    triggers: tuple[str, ...]
    folders: tuple[Folder, ...]
    alt_workspaces: tuple[str, ...]
    attached: tuple[Folder, ...]
    max_retries: int
    lock_mode: str
    history: History
    ssh: Ssh | None
    origins: Origins = field(repr=False, compare=False)

    @property
    def is_remote(self) -> bool:
        """Whether it is on another machine: then no local run uses it."""
        return self.ssh is not None and bool(self.ssh.host)

    def origin(self, key: str) -> Origin:
        """Where the value of a key came from; raises KeyError for what is no key of a workspace."""
        return _origin(self.origins, key, registry.schema(registry.NEWEST)["properties"]["workspaces"]["items"])


@dataclass(frozen=True)
class Settings:
    """All settings of one file, as a release of experimaestro reads it.

    `path` is the file, None when there is none and everything is a default. `origins` are by key
    (`server.port`, `workspaces[0].id`).
    """

    server: Server
    env: Environment
    history: History
    carbon: Carbon
    workspaces: tuple[Workspace, ...]
    path: str | None
    release: Release
    origins: Origins = field(repr=False, compare=False)

    def origin(self, key: str) -> Origin:
        """Where the value of a key came from; raises KeyError for what is no key of the settings."""
        return _origin(self.origins, key, registry.schema(registry.NEWEST))

    @property
    def local_workspaces(self) -> tuple[Workspace, ...]:
        """The workspaces that local runs can use, in order."""
        return tuple(workspace for workspace in self.workspaces if not workspace.is_remote)

    def workspace(self, name: str) -> Workspace | None:
        """The first workspace with an id, as experimaestro looks it up."""
        return next((workspace for workspace in self.workspaces if workspace.id == name), None)

    def directory(self, path: Path, origin: Origin) -> Workspace:
        """A workspace without an id that is only a directory, with the global settings and defaults."""
        schema = registry.schema(registry.NEWEST)["properties"]["workspaces"]["items"]
        values = {"id": "", "path": str(path), "env": dict(self.env), "history": asdict(self.history)}
        return _workspace(registry.complete(values, schema), {}, Origins({**_shared(self.origins), "path": origin}))


def _origin(origins: Origins, key: str, schema: dict[str, Any]) -> Origin:
    found = origins.get(key)
    part: Any = schema if found is None else None
    for step in re.findall(r"\[\d+\]|[^.\[\]]+", key) if found is None else ():
        if "properties" not in part and "items" not in part:
            # The names of environment variables are free.
            break
        part = part.get("items") if step.startswith("[") else part.get("properties", {}).get(step)
        if part is None:
            raise KeyError(key)
    return found or DEFAULT


def load(
    path: str | os.PathLike[str] | None = None,
    *,
    release: Release | None = None,
    environ: Mapping[str, str] | None = None,
) -> Settings:
    """Read settings the way that experimaestro does.

    `path` is the file; by default XPM_SETTINGS, else `~/.config/experimaestro/settings.yaml`, and if there
    is none, everything has its default. `release` of experimaestro: by default the installed one, else the
    newest known. `environ` gives the variables of `${env:NAME}`. Raises SettingsNotLoadedError where that
    release does not load the file, FileUnreadableError where it cannot be read, and XpmConfigError where the
    symbolic links of a path cannot be resolved.
    """
    return read(*find(os.fspath(path) if path is not None else None), release=release, environ=environ)


def find(named: str | None) -> tuple[bytes, str | None]:
    """The bytes of the settings file that is meant, and its path; of no file, where the user has none.

    Raises FileUnreadableError, also where a file is named and not there.
    """
    name = settings_path(named)
    if named is None and not os.environ.get("XPM_SETTINGS") and is_missing(name):
        return b"{}", None
    try:
        return files.read(name), name
    except FileUnreadableError as error:
        raise FileUnreadableError(name, error.message, error.hint) from None


def read(
    data: bytes, path: str | None, *, release: Release | None = None, environ: Mapping[str, str] | None = None
) -> Settings:
    """The settings in `data`; `path` names the file in origins and errors. Raises SettingsNotLoadedError."""
    release = target.default() if release is None else release
    environ = os.environ if environ is None else environ
    document = Document(data, loaders.dialect(release))
    loaded, constructor = loaders.load(document, release, environ)
    if document.problems or not loaded.loads:
        raise _not_loaded(path or "<settings>", data, release, environ)
    origins = {}
    # Only OmegaConf knows `${oc.env:NAME,default}`: later the comma belongs to the name.
    variable = VARIABLE if release >= loaders.PYDANTIC_SINCE else _VARIABLE_OF_OMEGACONF
    if document.root is not None:
        outline = Outline(document.root, constructor, registry.schema(registry.NEWEST))
        for setting in outline.settings:
            position = document.position(setting.site.start)
            variables = tuple(name for name in variable.findall(setting.text or "") if name in environ)
            kind: Literal["file", "environment"] = "environment" if variables else "file"
            origins[setting.key] = Origin(kind, path or "", position.line, position.column, variables)
            if "x-xpm-type" in setting.schema and isinstance(setting.value, (dict, list, set)):
                # OmegaConf lets this pass, and experimaestro fails where it uses the value.
                message = f"{origins[setting.key]}: `{setting.key}` must be text, not a list or mapping"
                raise XpmConfigError(message, "quote it if it is meant as text")
    return _settings(loaded.settings, Origins(origins), path, release)


def _not_loaded(path: str, data: bytes, release: Release, environ: Mapping[str, str]) -> SettingsNotLoadedError:
    from xpm_config.diagnostics import Severity
    from xpm_config.validate import check

    report = check(path, data, release, environ)
    found = tuple(one for one in report.diagnostics if one.severity is Severity.ERROR)
    place = path
    if found and found[0].span is not None:
        position = report.document.position(found[0].span.start)
        place = f"{path}:{position.line}:{position.column}"
    reason = found[0].message if found else "the file cannot be loaded"
    message = f"{place}: {reason}"
    # That a file is too large for us says nothing about experimaestro.
    if not found or found[0].code != "XPM007":
        message += f"; experimaestro {show_release(release)} does not load these settings"
    return SettingsNotLoadedError(message, f"`{_command(path, release)}` tells more", found)


def _command(path: str, release: Release) -> str:
    import shlex

    aimed = "" if release == target.default() else f" --target {show_release(release)}"
    return f"xpm-config validate{aimed} {shlex.quote(path)}"


def _settings(values: dict[str, Any], origins: Origins, path: str | None, release: Release) -> Settings:
    listed = [_overlaid(item, values) for item in values.get("workspaces", [])]
    known = registry.complete({**values, "workspaces": listed}, registry.schema(registry.NEWEST))
    shared = _shared(origins)
    own: list[dict[str, Origin]] = [{} for _ in listed]
    for key, origin in origins.items():
        item, inside, rest = key.removeprefix("workspaces[").partition("].")
        if inside and key.startswith("workspaces["):
            own[int(item)][rest] = origin
    held = [(item, Origins({**shared, **places})) for item, places in zip(known["workspaces"], own, strict=True)]
    paths = {item["id"]: str(_workspace_path(item, places)) for item, places in held}
    workspaces = [_workspace(item, paths, places) for item, places in held]
    return Settings(
        Server(**known["server"]),
        Environment(known["env"]),
        History(**known["history"]),
        Carbon(**known["carbon"]),
        tuple(workspaces),
        path,
        release,
        origins,
    )


def _overlaid(item: dict[str, Any], values: dict[str, Any]) -> dict[str, Any]:
    """A workspace as it is written, with its `env` and `history` over the global ones."""
    return {**item, **{key: {**values.get(key, {}), **item.get(key, {})} for key in ("env", "history")}}


def _shared(origins: Origins) -> dict[str, Origin]:
    """The origins of the global settings that hold in every workspace."""
    return {key: origin for key, origin in origins.items() if key.startswith(("env.", "history."))}


def _workspace(values: dict[str, Any], paths: dict[str, str], origins: Origins) -> Workspace:
    ssh = values["ssh"]
    return Workspace(
        values["id"],
        _workspace_path(values, origins),
        Environment(values["env"]),
        tuple(values["triggers"]),
        tuple(_folder(item["path"], item["mode"]) for item in values["folders"]),
        tuple(values["alt_workspaces"]),
        tuple(_folder(path, mode) for path, mode in effective_folders(values, paths)),
        values["max_retries"],
        values["lock_mode"],
        History(**values["history"]),
        None if ssh is None else Ssh(**{**ssh, "options": tuple(ssh["options"])}),
        origins,
    )


def _folder(path: str, mode: Any) -> Folder:
    # Unlike the path of a workspace, experimaestro does not resolve this one.
    try:
        return Folder(Path(path).expanduser(), mode)
    except RuntimeError:
        # The user behind `~` is not known here. experimaestro fails only when a run uses the workspace.
        return Folder(Path(path), mode)


def _workspace_path(values: dict[str, Any], origins: Origins) -> Path:
    path = Path(values["path"])
    if (values.get("ssh") or {}).get("host"):
        return path
    try:
        return path.expanduser().resolve()
    except (RuntimeError, OSError, ValueError) as error:
        place = origins.get("path", DEFAULT)
        message = f"{place}: the path of workspace `{values['id']}` cannot be resolved: {error}"
        raise XpmConfigError(message, "check its symbolic links with `ls -l`") from None
