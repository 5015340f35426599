"""schema show, schema list, schema install, schema uninstall."""

from __future__ import annotations

from typing import Annotated, Optional

import typer

from xpm_config import registry
from xpm_config.cli.arguments.shared import Quiet, SettingsFile, State, check_choice
from xpm_config.cli.completion import choices, files, releases, versions
from xpm_config.editors import SNIPPETS

EDITORS = tuple(SNIPPETS)

Vscode = Annotated[
    bool, typer.Option("--vscode", help="Use the yaml.schemas of VS Code's user settings instead of the modeline.")
]
VscodeSettings = Annotated[
    Optional[str],  # noqa: UP045
    typer.Option(
        metavar="FILE", help="The same, in this settings file, such as .vscode/settings.json.", autocompletion=files
    ),
]
Diff = Annotated[bool, typer.Option("--diff", help="Show what would change; write nothing.")]


def show(
    version: Annotated[
        int,
        typer.Argument(min=1, max=registry.NEWEST, help="The version of the schema.", autocompletion=versions),
    ] = registry.NEWEST,
) -> int:
    """Print a schema."""
    from xpm_config.cli.schema import show as run

    return run(version)


def list_versions(
    format: Annotated[str, typer.Option(help="text or json.", autocompletion=choices("text", "json"))] = "text",
) -> int:
    """List the versions of the schema and the releases that they describe."""
    from xpm_config.cli.schema import list_versions as run

    check_choice("--format", format, ("text", "json"))
    return run(format)


def install(
    version: Annotated[
        Optional[int],  # noqa: UP045
        typer.Option(
            min=1,
            max=registry.NEWEST,
            help="The version of the schema; by default the installed experimaestro's.",
            autocompletion=versions,
        ),
    ] = None,
    target: Annotated[
        Optional[str],  # noqa: UP045
        typer.Option(
            metavar="RELEASE",
            help="The schema for this experimaestro, instead of the installed one.",
            autocompletion=releases,
        ),
    ] = None,
    vscode: Vscode = False,
    vscode_settings: VscodeSettings = None,
    print_for: Annotated[
        Optional[str],  # noqa: UP045
        typer.Option(
            "--print",
            metavar="EDITOR",
            help=f"Write nothing; print the settings for an editor: {', '.join(EDITORS)}.",
            autocompletion=choices(*EDITORS),
        ),
    ] = None,
    force: Annotated[bool, typer.Option("--force", help="Replace a modeline that names another schema.")] = False,
    diff: Diff = False,
    settings: SettingsFile = None,
    quiet: Quiet = False,
) -> int:
    """Let editors complete and check the settings file.

    Writes the schema beside the file, and names it in a comment at its top, as yaml-language-server wants it.
    Exit code 0: installed, or it was already; 1: would change (--diff); 2: cannot go on.
    """
    from xpm_config.cli.schema import Options
    from xpm_config.cli.schema import install as run

    if print_for is not None:
        check_choice("--print", print_for, EDITORS)
    return run(
        Options(
            settings=State.meant(settings),
            version=version,
            target=target,
            force=force,
            vscode=vscode,
            vscode_settings=vscode_settings,
            print_for=print_for,
            diff=diff,
            quiet=quiet or State.quiet,
        )
    )


def uninstall(
    vscode: Vscode = False,
    vscode_settings: VscodeSettings = None,
    diff: Diff = False,
    settings: SettingsFile = None,
    quiet: Quiet = False,
) -> int:
    """Undo schema install: take the comment out, and remove the schema.

    Exit code 0: undone, or there was nothing to undo; 1: would change (--diff); 2: cannot go on.
    """
    from xpm_config.cli.schema import Options
    from xpm_config.cli.schema import uninstall as run

    return run(
        Options(
            settings=State.meant(settings),
            vscode=vscode,
            vscode_settings=vscode_settings,
            diff=diff,
            quiet=quiet or State.quiet,
        )
    )
