"""Options that several commands have, and those in front of the command."""

from __future__ import annotations

from typing import Annotated, Optional

import typer

from xpm_config.cli.completion import files

# typer reads the types at run time, on Python 3.10 too.
Files = Annotated[
    Optional[list[str]],  # noqa: UP045
    typer.Argument(
        metavar="FILE", help="Settings files, or - for standard input.", show_default=False, autocompletion=files
    ),
]
SettingsFile = Annotated[
    Optional[str],  # noqa: UP045
    typer.Option(
        "--settings", metavar="FILE", help="The settings file, instead of the user's own.", autocompletion=files
    ),
]
Quiet = Annotated[bool, typer.Option("--quiet", "-q", help="Say nothing when there is nothing to report.")]


def check_choice(option: str, given: str, allowed: tuple[str, ...]) -> None:
    """Refuse, as an error of usage, what is not among the words that an option takes."""
    if given not in allowed:
        raise typer.BadParameter(f"'{given}' is not one of {', '.join(allowed)}", param_hint=option)


def without_command(arguments: list[str]) -> tuple[list[str], tuple[str, ...] | None]:
    """Part the arguments of `env` from the command behind `--`, which typer could not tell from a workspace."""
    if "--" not in arguments:
        return arguments, None
    place = arguments.index("--")
    before = arguments[:place]
    names = [
        word for at, word in enumerate(before) if not word.startswith("-") and before[max(at - 1, 0)] != "--settings"
    ]
    return (before, tuple(arguments[place + 1 :])) if names[:1] == ["env"] else (arguments, None)


class State:
    """The options in front of the command, and the command behind `--` that `env` runs."""

    settings: str | None = None
    quiet = False
    command: tuple[str, ...] | None = None

    @classmethod
    def meant(cls, settings: str | None) -> str | None:
        """The settings file that is named, behind the command or in front of it."""
        return cls.settings if settings is None else settings
