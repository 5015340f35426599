"""completion, and what its scripts call at every TAB."""

from __future__ import annotations

from typing import Annotated

import typer

from xpm_config.cli.arguments.shared import check_choice
from xpm_config.cli.completion import choices

SHELLS = ("bash", "zsh", "fish")


def completion(
    shell: Annotated[str, typer.Argument(metavar="bash|zsh|fish", help="The shell.", autocompletion=choices(*SHELLS))],
) -> int:
    """Print the script that completes commands, options, workspaces, keys and codes in a shell.

    Try it with `eval "$(xpm-config completion bash)"`; the first lines of the script say how to keep it.
    """
    from xpm_config.cli.shells import SCRIPTS

    check_choice("SHELL", shell, SHELLS)
    typer.echo(SCRIPTS[shell], nl=False)
    return 0


def complete(
    ctx: typer.Context,
    shell: Annotated[str, typer.Argument()],
    line: Annotated[str, typer.Argument()],
    word: Annotated[str, typer.Argument()] = "",
) -> int:
    """What the scripts call: the candidates for the end of a command line."""
    from xpm_config.cli.shells import answer

    typer.echo(answer(ctx.find_root().command, shell, line, word))
    return 0
