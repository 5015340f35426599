"""Options that several commands have, and those in front of the command."""

from __future__ import annotations

from typing import Annotated, Optional

import typer

# typer reads the types at run time, on Python 3.10 too.
Files = Annotated[
    Optional[list[str]],  # noqa: UP045
    typer.Argument(metavar="FILE", help="Settings files, or - for standard input.", show_default=False),
]
SettingsFile = Annotated[
    Optional[str],  # noqa: UP045
    typer.Option("--settings", metavar="FILE", help="The settings file, instead of the user's own."),
]
Quiet = Annotated[bool, typer.Option("--quiet", "-q", help="Say nothing when there is nothing to report.")]


def check_choice(option: str, given: str, allowed: tuple[str, ...]) -> None:
    """Refuse, as an error of usage, what is not among the words that an option takes."""
    if given not in allowed:
        raise typer.BadParameter(f"'{given}' is not one of {', '.join(allowed)}", param_hint=option)


class State:
    """The options in front of the command."""

    settings: str | None = None
    quiet = False
