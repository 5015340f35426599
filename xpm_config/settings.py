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
from typing import TYPE_CHECKING, Any, Literal

from xpm_config import files, loaders, registry, target
from xpm_config.document import Document
from xpm_config.errors import FileUnreadableError, XpmConfigError
from xpm_config.loaders.model import effective_folders
from xpm_config.loaders.pydantic import VARIABLE
from xpm_config.location import settings_path
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


class Environment(Mapping[str, str]):
    """Environment variables by name, read-only; shown without their values, which may be secrets."""

    def __init__(self, variables: Mapping[str, str] | None = None) -> None:
        self._variables = dict(variables or {})

    def __getitem__(self, name: str) -> str:
        return self._variables[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._variables)

    def __len__(self) -> int:
        return len(self._variables)

    def __hash__(self) -> int:
        return hash(frozenset(self._variables.items()))

    def __repr__(self) -> str:
        return f"Environment({', '.join(self._variables)})"


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
    shell_init: str | None
    uv_offline: bool
    python: str | None
    xpm_path: str | None
    options: tuple[str, ...]


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
    origins: Mapping[str, Origin] = field(repr=False, compare=False)

    @property
    def is_remote(self) -> bool:
        """Whether it is on another machine: then no local run uses it."""
        return self.ssh is not None and bool(self.ssh.host)

    def origin(self, key: str) -> Origin:
        """Where the value of a key came from."""
        return self.origins.get(key, DEFAULT)


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
    origins: Mapping[str, Origin] = field(repr=False, compare=False)

    def origin(self, key: str) -> Origin:
        """Where the value of a key came from."""
        return self.origins.get(key, DEFAULT)

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
        return _workspace(_complete(values, schema), {}, {**_shared(self.origins), "path": origin})


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
    name = settings_path(os.fspath(path) if path is not None else None)
    release = target.default() if release is None else release
    if path is None and not os.environ.get("XPM_SETTINGS") and not os.path.lexists(name):
        return read(b"{}", None, release=release, environ=environ)
    try:
        data = files.read(name)
    except FileUnreadableError as error:
        raise FileUnreadableError(name, error.message, error.hint) from None
    return read(data, name, release=release, environ=environ)


def read(data: bytes, path: str | None, *, release: Release, environ: Mapping[str, str] | None = None) -> Settings:
    """The settings in `data`; `path` names the file in origins and errors. Raises SettingsNotLoadedError."""
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
    return _settings(loaded.settings, origins, path, release)


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
    return SettingsNotLoadedError(message, f"`xpm-config validate {path}` tells more", found)


def _settings(values: dict[str, Any], origins: dict[str, Origin], path: str | None, release: Release) -> Settings:
    listed = [_overlaid(item, values) for item in values.get("workspaces", [])]
    known = _complete({**values, "workspaces": listed}, registry.schema(registry.NEWEST))
    shared = _shared(origins)
    own: list[dict[str, Origin]] = [{} for _ in listed]
    for key, origin in origins.items():
        item, inside, rest = key.removeprefix("workspaces[").partition("].")
        if inside and key.startswith("workspaces["):
            own[int(item)][rest] = origin
    held = [(item, {**shared, **places}) for item, places in zip(known["workspaces"], own, strict=True)]
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


def _shared(origins: Mapping[str, Origin]) -> dict[str, Origin]:
    """The origins of the global settings that hold in every workspace."""
    return {key: origin for key, origin in origins.items() if key.startswith(("env.", "history."))}


def _complete(value: Any, schema: dict[str, Any]) -> Any:
    """The value with the defaults of the schema for what is not written."""
    if isinstance(value, dict) and "properties" in schema:
        return {
            name: _complete(value[name] if name in value else _default(sub), sub)
            for name, sub in schema["properties"].items()
        }
    if isinstance(value, list):
        return [_complete(item, schema["items"]) for item in value]
    return value


def _default(schema: dict[str, Any]) -> Any:
    """What holds where nothing is written; without a `default` of its own, a list, mapping or text is empty."""
    empty: dict[str, Any] = {"array": [], "object": {}, "string": ""}
    return schema["default"] if "default" in schema else empty.get(str(schema["type"]))


def _workspace(values: dict[str, Any], paths: dict[str, str], origins: Mapping[str, Origin]) -> Workspace:
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
    return Folder(Path(path).expanduser(), mode)


def _workspace_path(values: dict[str, Any], origins: Mapping[str, Origin]) -> Path:
    path = Path(values["path"])
    if (values.get("ssh") or {}).get("host"):
        return path
    try:
        return path.expanduser().resolve()
    except (RuntimeError, OSError) as error:
        place = origins.get("path", DEFAULT)
        message = f"{place}: the path of workspace `{values['id']}` cannot be resolved: {error}"
        raise XpmConfigError(message, "check its symbolic links with `ls -l`") from None
