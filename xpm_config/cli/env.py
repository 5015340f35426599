"""`xpm-config env`: the environment variables of a workspace, for a shell or for one command."""

from __future__ import annotations

import os
import re
import shlex
import shutil
import sys
from typing import TYPE_CHECKING

from xpm_config.errors import UsageError
from xpm_config.report.text import printable
from xpm_config.selection import FLAGS, select
from xpm_config.settings import Origin

if TYPE_CHECKING:
    from collections.abc import Mapping

    from xpm_config.settings import Settings

_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")


def run(settings: Settings, workspace: str | None, command: tuple[str, ...] | None) -> int:
    """Print `export` lines for the workspace (by default that of a run without an id), or become the command."""
    asked_at = {**FLAGS, "workspace": Origin("flag", variables=("WORKSPACE",))}
    variables = select(settings, workspace=workspace, asked_at=asked_at).workspace.env
    for name, value in variables.items():
        if not name or "=" in name or "\0" in name + value:
            raise UsageError(
                f"the environment variable `{printable(name)}` cannot be set: its name or value has a character "
                "that no environment holds",
                "mend it in the settings",
            )
    if command is None:
        return _print_exports(variables)
    return _become(command, {**os.environ, **variables})


def _print_exports(variables: Mapping[str, str]) -> int:
    """Lines that a POSIX shell can read with `eval`; names that it cannot have are told and left out."""
    code = 0
    for name, value in variables.items():
        if _NAME.fullmatch(name):
            print(f"export {name}={shlex.quote(value)}")
        else:
            print(f"error: a shell cannot have a variable `{printable(name)}`", file=sys.stderr)
            print("help: `xpm-config env -- COMMAND` runs a command with it", file=sys.stderr)
            code = 1
    return code


def _become(command: tuple[str, ...], environment: Mapping[str, str]) -> int:
    """Replace this process by the command, looked up on the workspace's own PATH."""
    if not command:
        raise UsageError("there is no command behind `--`", "write it as in `xpm-config env nlp -- python train.py`")
    program = shutil.which(command[0], path=environment.get("PATH"))
    if program is None:
        raise UsageError(f"there is no program `{printable(command[0])}` on the PATH", "check the name")
    sys.stdout.flush()
    sys.stderr.flush()
    try:
        os.execve(program, command, environment)  # noqa: S606 - this is what was asked for
    except OSError as error:
        raise UsageError(f"{program} cannot be run: {error.strerror}", "check that it is a program") from None
