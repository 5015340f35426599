"""`xpm-config env`: the environment variables of a workspace, for a shell or for one command."""

from __future__ import annotations

import os
import re
import shlex
import shutil
import sys
from typing import TYPE_CHECKING

from xpm_config.cli import streams
from xpm_config.errors import UsageError
from xpm_config.report.text import printable
from xpm_config.selection import FLAGS, select
from xpm_config.settings import Origin

if TYPE_CHECKING:
    from xpm_config.settings import Settings, Workspace

_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
# To set them is an error in some shells, and in zsh it changes who runs the shell.
_OF_THE_SHELL = ("UID", "EUID", "GID", "EGID", "PPID", "BASHOPTS", "SHELLOPTS", "BASH_VERSINFO")


def run(settings: Settings, workspace: str | None, command: tuple[str, ...] | None) -> int:
    """Print `export` lines for the workspace (by default that of a run without an id), or become the command."""
    asked_at = {**FLAGS, "workspace": Origin("flag", variables=("WORKSPACE",))}
    chosen = select(settings, workspace=workspace, asked_at=asked_at).workspace
    for name, value in chosen.env.items():
        if not _can_be_set(name, value):
            raise UsageError(
                f"{chosen.origin(f'env.{name}')}: the environment variable `{printable(name)}` cannot be set: its "
                "name or value has a character that no environment holds",
                "mend it in the settings",
            )
    if command is None:
        return _print_exports(chosen)
    return _become(command, chosen)


def _can_be_set(name: str, value: str) -> bool:
    try:
        os.fsencode(name + value)
    except UnicodeEncodeError:
        return False
    return bool(name) and "=" not in name and "\0" not in name + value


def _print_exports(workspace: Workspace) -> int:
    """Lines that a POSIX shell can read with `eval`; names that it cannot have are told and left out."""
    code = 0
    lines = []
    for name, value in workspace.env.items():
        if _NAME.fullmatch(name) and name not in _OF_THE_SHELL:
            lines.append(f"export {name}={shlex.quote(value)}")
        else:
            print(f"error: a shell cannot be given a variable `{printable(name)}`", file=sys.stderr)
            words = f"xpm-config env {shlex.quote(workspace.id)} -- COMMAND"
            print(f"help: `{printable(words)}` runs a command with it", file=sys.stderr)
            code = 1
    streams.write_lines(lines)
    return code


def _become(command: tuple[str, ...], workspace: Workspace) -> int:
    """Replace this process by the command, looked up on the workspace's own PATH."""
    if not command:
        raise UsageError("there is no command behind `--`", "write it as in `xpm-config env nlp -- python train.py`")
    environment = {**os.environ, **workspace.env}
    program = shutil.which(command[0], path=environment.get("PATH"))
    if program is None:
        where = f"on the PATH of {workspace.origin('env.PATH')}" if "PATH" in workspace.env else "on the PATH"
        raise UsageError(f"there is no program `{printable(command[0])}` {where}", "check the name, or the PATH")
    sys.stdout.flush()
    sys.stderr.flush()
    try:
        os.execve(program, command, environment)  # noqa: S606 - this is what was asked for
    except OSError as error:
        raise UsageError(f"{program} cannot be run: {error.strerror}", "check that it is a program") from None
