"""init, doctor."""

from __future__ import annotations

from typing import Annotated, Optional

import typer

from xpm_config.cli.arguments.shared import Quiet, SettingsFile, State, check_choice
from xpm_config.cli.completion import choices, releases

MAX_TIMEOUT = 3600

Target = Annotated[
    Optional[str],  # noqa: UP045
    typer.Option(
        metavar="RELEASE",
        help="The experimaestro release; by default the installed one, else the newest known.",
        autocompletion=releases,
    ),
]


def init(
    minimal: Annotated[bool, typer.Option("--minimal", help="Write one local workspace and nothing else.")] = False,
    print_only: Annotated[bool, typer.Option("--print", help="Print the file; write nothing.")] = False,
    target: Target = None,
    settings: SettingsFile = None,
    quiet: Quiet = False,
) -> int:
    """Write a first settings file, in which every setting is explained.

    One local workspace is on; every other setting is there as a comment. A file that is there already stays
    as it is. Exit code 0: written; 2: cannot go on.
    """
    from xpm_config.cli.init import Options, run

    return run(
        Options(
            minimal=minimal,
            print=print_only,
            target=target,
            settings=State.meant(settings),
            quiet=quiet or State.quiet,
        )
    )


def doctor(
    format: Annotated[
        str, typer.Option(help="How to report: text or json.", autocompletion=choices("text", "json"))
    ] = "text",
    strict: Annotated[bool, typer.Option("--strict", help="Let warnings fail, too.")] = False,
    target: Target = None,
    timeout: Annotated[
        float, typer.Option(metavar="SECONDS", help="How long to wait for directories that do not answer.")
    ] = 5.0,
    settings: SettingsFile = None,
    quiet: Quiet = False,
) -> int:
    """Check your settings and what this machine makes of them: directories, permissions, programs.

    Nothing is changed, and nothing is connected to. Exit code 0: nothing to report; 1: findings; 2: the settings
    could not be read.
    """
    from xpm_config.cli.doctor import Options, run

    check_choice("--format", format, ("text", "json"))
    # This is false for `nan`, too.
    if not 0.1 <= timeout <= MAX_TIMEOUT:
        raise typer.BadParameter(f"it must be from 0.1 to {MAX_TIMEOUT} seconds", param_hint="--timeout")
    return run(
        Options(
            format=format,
            strict=strict,
            target=target,
            timeout=timeout,
            settings=State.meant(settings),
            quiet=quiet or State.quiet,
        )
    )
