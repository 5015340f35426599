"""`xpm-config workspaces`: the workspaces with the settings that hold in them, and where each value came from.

`--format json` prints

    {"version": 1, "settings": path | null, "experimaestro": "2.7.0",
     "workspaces": [{"id", "path", "remote": bool, "default": bool, "env": {name: value}, "triggers": [pattern],
                     "folders": [{"path", "mode"}], "alt_workspaces": [reference], "max_retries", "lock_mode",
                     "history": {"max_done", "max_failed"}, "ssh": null | {…},
                     "origins": {key: {"kind": "default"} | {"kind": "file", "path", "line", "column"}
                                  | {"kind": "environment", "path", "line", "column", "variables"}}}]}

with `folders` as experimaestro attaches them (those of `alt_workspaces` first), secrets masked, and an origin
for every value (`env.HOME`, `folders[0].path`). `--format yaml` is the same as YAML.
"""

from __future__ import annotations

import json
import os
import sys
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from xpm_config.cli import streams
from xpm_config.errors import UsageError
from xpm_config.releases import show_release
from xpm_config.report.text import printable, wants_colour
from xpm_config.secrets import MASK, holds_secret, is_telling
from xpm_config.selection import suggestion

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from xpm_config.settings import Origin, Settings, Workspace

FORMATS = ("text", "json", "yaml")


def run_list(settings: Settings, format: str) -> int:
    """List the workspaces, one a line."""
    if format != "text":
        _print_data(settings, settings.workspaces, format)
    elif not settings.workspaces:
        place = settings.path or "there is no settings file"
        print(f"{place}: no workspaces", file=sys.stderr)
    else:
        _print_table(settings)
    return 0


def run_show(settings: Settings, ids: tuple[str, ...], format: str) -> int:
    """Show the workspaces with these ids, or all."""
    shown = []
    for name in ids:
        found = [workspace for workspace in settings.workspaces if workspace.id == name]
        if not found:
            raise UsageError(f"there is no workspace `{name}`", suggestion(name, settings.workspaces, settings))
        shown += found
    shown = shown if ids else list(settings.workspaces)
    if format != "text":
        _print_data(settings, shown, format)
    else:
        print("\n\n".join("\n".join(_page(settings, workspace)) for workspace in shown))
    return 0


# -- data ---------------------------------------------------------------------------------------------


def described(workspace: Workspace, *, default: bool) -> dict[str, Any]:
    """The settings of a workspace as plain data, without its secrets."""
    values = asdict(workspace)
    described = {
        "id": workspace.id,
        "path": str(workspace.path),
        "remote": workspace.is_remote,
        "default": default,
        "env": {name: MASK if is_telling(name) else text for name, text in workspace.env.items()},
        "triggers": list(workspace.triggers),
        "folders": [{"path": str(folder.path), "mode": folder.mode} for folder in workspace.attached],
        "alt_workspaces": list(workspace.alt_workspaces),
        **{name: values[name] for name in ("max_retries", "lock_mode", "history", "ssh")},
    }
    masked: dict[str, Any] = _masked(described)
    return masked


def _masked(value: Any) -> Any:
    """The same without texts that hold a secret with its name, such as `export HF_TOKEN=…`."""
    if isinstance(value, dict):
        return {name: _masked(item) for name, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [_masked(item) for item in value]
    return MASK if isinstance(value, str) and holds_secret(value) else value


def leaves(value: Any, key: str = "") -> Iterator[tuple[str, Any]]:
    """Every single value in plain data, with its key; what is empty counts as one."""
    if isinstance(value, dict) and value:
        for name, item in value.items():
            yield from leaves(item, f"{key}.{name}" if key else name)
    elif isinstance(value, list) and value:
        for index, item in enumerate(value):
            yield from leaves(item, f"{key}[{index}]")
    else:
        yield key, value


def origin_of(workspace: Workspace, key: str) -> Origin:
    """Where a value of `described` is written: folders that stand for `alt_workspaces` come from there."""
    if key.startswith("folders["):
        index, _, rest = key.removeprefix("folders[").partition("]")
        number, alternatives = int(index), len(workspace.alt_workspaces)
        key = f"alt_workspaces[{number}]" if number < alternatives else f"folders[{number - alternatives}]{rest}"
    return workspace.origin(key)


def _print_data(settings: Settings, shown: Sequence[Workspace], format: str) -> None:
    listed = []
    for workspace in shown:
        values = described(workspace, default=_is_default(settings, workspace))
        keys = [key for key, _ in leaves(values) if key not in ("remote", "default")]
        listed.append({**values, "origins": {key: _told(origin_of(workspace, key)) for key in keys}})
    data = {
        "version": 1,
        "settings": settings.path,
        "experimaestro": show_release(settings.release),
        "workspaces": listed,
    }
    text = json.dumps(data, indent=2, ensure_ascii=False) + "\n"
    if format == "json":
        streams.write_json(text)
    else:
        sys.stdout.write("\n".join(_yaml(json.loads(text), "")) + "\n")


def _told(origin: Origin) -> dict[str, Any]:
    """An origin as plain data, without the fields that say nothing."""
    told = {name: value for name, value in asdict(origin).items() if value}
    return {**told, "variables": list(origin.variables)} if origin.variables else told


def _yaml(value: dict[str, Any], indent: str) -> Iterator[str]:
    """A mapping as lines of YAML that every version of YAML reads alike."""
    from xpm_config.editing import scalar

    for name, item in value.items():
        start = f"{indent}{scalar(name, flow=False)}:"
        if isinstance(item, dict) and item:
            yield start
            yield from _yaml(item, indent + "  ")
        elif isinstance(item, list) and item and isinstance(item[0], dict):
            yield start
            for entry in item:
                first, *rest = _yaml(entry, indent + "    ")
                yield f"{indent}  - {first.lstrip()}"
                yield from rest
        elif isinstance(item, list) and item:
            yield start
            yield from (f"{indent}  - {scalar(entry, flow=False)}" for entry in item)
        else:
            yield f"{start} {scalar(item, flow=False) if isinstance(item, str) else json.dumps(item)}"


# -- text ---------------------------------------------------------------------------------------------


def _is_default(settings: Settings, workspace: Workspace) -> bool:
    """Whether runs without a matching trigger use it."""
    return next(iter(settings.local_workspaces), None) is workspace


def _kind(settings: Settings, workspace: Workspace) -> str:
    if workspace.ssh is not None and workspace.is_remote:
        return f"remote: {workspace.ssh.host}"
    return "local, the default" if _is_default(settings, workspace) else "local"


def _print_table(settings: Settings) -> None:
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    terminal = sys.stdout.isatty()
    table = Table(box=None, pad_edge=False, header_style="bold")
    for name in ("ID", "WHERE", "PATH", "TRIGGERS", "FOLDERS"):
        table.add_column(name, no_wrap=not terminal, overflow="fold")
    for workspace in settings.workspaces:
        values = described(workspace, default=False)
        modes = [folder["mode"] for folder in values["folders"]]
        counted = ", ".join(f"{modes.count(mode)} {mode}" for mode in dict.fromkeys(modes))
        cells = (values["id"], _kind(settings, workspace), values["path"], ", ".join(values["triggers"]), counted)
        # As Text: what stands in the settings is no markup of ours.
        table.add_row(*(Text(printable(cell)) for cell in cells), style="dim" if workspace.is_remote else "")
    colour = wants_colour(sys.stdout, os.environ)
    console = Console(width=None if terminal else 10_000, no_color=not colour, highlight=False, soft_wrap=not terminal)
    with console.capture() as captured:
        console.print(table)
    sys.stdout.write("".join(line.rstrip() + "\n" for line in captured.get().splitlines()))


def _page(settings: Settings, workspace: Workspace) -> Iterator[str]:
    values = described(workspace, default=False)
    del values["remote"], values["default"]
    rows = [(key, _shown(value), str(origin_of(workspace, key))) for key, value in leaves(values)]
    width, value_width = (max(len(row[column]) for row in rows) for column in (0, 1))
    yield f"{printable(workspace.id)} ({printable(_kind(settings, workspace))})"
    for key, value, origin in rows:
        yield f"  {printable(key):<{width}}  {value:<{min(value_width, 60)}}  {printable(origin)}"


def _shown(value: Any) -> str:
    if isinstance(value, str):
        return printable(value) if value else '""'
    return {"None": "-", "[]": "-", "{}": "-", "True": "true", "False": "false"}.get(str(value), str(value))
