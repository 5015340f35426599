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
from xpm_config.cli.masking import masked, secrets_of
from xpm_config.errors import UsageError
from xpm_config.releases import show_release
from xpm_config.report.text import printable, wants_colour
from xpm_config.secrets import MASK, is_telling
from xpm_config.selection import suggestion

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Sequence

    from xpm_config.settings import Origin, Settings, Workspace

FORMATS = ("text", "json", "yaml")
_WIDEST = 48
"""A longer cell moves the rest of its line only, not that of all others."""


def run_list(settings: Settings, format: str) -> int:
    """List the workspaces, one a line."""
    if format != "text":
        _print_data(settings, settings.workspaces, format)
    elif not settings.workspaces:
        _print_none(settings)
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
    elif shown:
        secrets = secrets_of(settings)
        place = f"{printable(settings.path or '')}, as experimaestro {show_release(settings.release)} reads it"
        pages = ("\n".join(_page(settings, workspace, secrets)) for workspace in shown)
        print("\n\n".join((place, *pages)))
    else:
        _print_none(settings)
    return 0


def _print_none(settings: Settings) -> None:
    print(f"{settings.path or 'there is no settings file'}: no workspaces", file=sys.stderr)


# -- data ---------------------------------------------------------------------------------------------


def described(workspace: Workspace, secrets: Collection[str], *, default: bool) -> dict[str, Any]:
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
    hidden: dict[str, Any] = masked(described, secrets)
    return hidden


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
    secrets = secrets_of(settings)
    for workspace in shown:
        values = described(workspace, secrets, default=_is_default(settings, workspace))
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
    return next((one for one in settings.workspaces if not one.is_remote), None) is workspace


def _kind(settings: Settings, workspace: Workspace, values: dict[str, Any]) -> str:
    if workspace.is_remote:
        return f"remote: {values['ssh']['host']}"
    return "local, the default" if _is_default(settings, workspace) else "local"


def _print_table(settings: Settings) -> None:
    rows = [("ID", "WHERE", "PATH", "TRIGGERS", "FOLDERS")]
    secrets = secrets_of(settings)
    for workspace in settings.workspaces:
        values = described(workspace, secrets, default=False)
        modes = [folder["mode"] for folder in values["folders"]]
        counted = ", ".join(f"{modes.count(mode)} {mode}" for mode in dict.fromkeys(modes))
        kind = _kind(settings, workspace, values)
        cells = (values["id"], kind, values["path"], ", ".join(values["triggers"]), counted)
        rows.append((printable(cells[0]), printable(cells[1]), printable(cells[2]), printable(cells[3]), cells[4]))
    bold, dim, plain = ("\x1b[1m", "\x1b[2m", "\x1b[0m") if wants_colour(sys.stdout, os.environ) else ("", "", "")
    for number, line in enumerate(_aligned(rows)):
        paint = bold if number == 0 else dim if settings.workspaces[number - 1].is_remote else ""
        print(f"{paint}{line}{plain if paint else ''}")


def _aligned(rows: Sequence[tuple[str, ...]]) -> Iterator[str]:
    """Rows as lines with columns of one width each; the widths are those of a terminal, where some letters take two."""
    from rich.cells import cell_len

    widths = [min(max(map(cell_len, column)), _WIDEST) for column in zip(*rows, strict=True)]
    for row in rows:
        cells = (cell + " " * (width - cell_len(cell)) for cell, width in zip(row, widths, strict=True))
        yield "  ".join(cells).rstrip()


def _page(settings: Settings, workspace: Workspace, secrets: Collection[str]) -> Iterator[str]:
    values = described(workspace, secrets, default=False)
    yield f"{printable(values['id'])} ({printable(_kind(settings, workspace, values))})"
    del values["remote"], values["default"]
    rows = [(f"  {printable(key)}", _shown(value), _place(origin_of(workspace, key))) for key, value in leaves(values)]
    yield from _aligned(rows)


def _place(origin: Origin) -> str:
    """An origin in few words: the file stands above already."""
    if not origin.path:
        return str(origin)
    variables = ", ".join(f"${name}" for name in origin.variables)
    return printable(f"line {origin.line}, with {variables}" if variables else f"line {origin.line}")


def _shown(value: Any) -> str:
    if isinstance(value, str):
        return printable(value) if value else '""'
    return {"None": "-", "[]": "-", "{}": "-", "True": "true", "False": "false"}.get(str(value), str(value))
