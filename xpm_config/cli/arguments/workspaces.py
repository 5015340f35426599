"""workspaces list, workspaces show, select, env."""

from __future__ import annotations

from typing import Annotated, Optional

import typer

from xpm_config.cli import completion
from xpm_config.cli.arguments.shared import SettingsFile, State, check_choice

Target = Annotated[
    Optional[str],  # noqa: UP045
    typer.Option(
        "--target",
        metavar="RELEASE",
        help="The experimaestro release; by default the installed one, else the newest known.",
        autocompletion=completion.releases,
    ),
]


def list_workspaces(
    format: Annotated[
        str, typer.Option(help="text, json or yaml.", autocompletion=completion.choices("text", "json", "yaml"))
    ] = "text",
    settings: SettingsFile = None,
    target: Target = None,
) -> int:
    """List the workspaces: where they are, and what selects them."""
    from xpm_config.cli import effective
    from xpm_config.cli.workspaces import FORMATS, run_list

    check_choice("--format", format, FORMATS)
    return run_list(effective.load(State.meant(settings), target), format)


def show(
    ids: Annotated[
        Optional[list[str]],  # noqa: UP045
        typer.Argument(
            metavar="WORKSPACE",
            help="Ids of workspaces; all by default.",
            show_default=False,
            autocompletion=completion.workspace_ids,
        ),
    ] = None,
    format: Annotated[
        str, typer.Option(help="text, json or yaml.", autocompletion=completion.choices("text", "json", "yaml"))
    ] = "text",
    settings: SettingsFile = None,
    target: Target = None,
) -> int:
    """Show the settings that hold in a workspace, and where each value came from."""
    from xpm_config.cli import effective
    from xpm_config.cli.workspaces import FORMATS, run_show

    check_choice("--format", format, FORMATS)
    return run_show(effective.load(State.meant(settings), target), tuple(ids or ()), format)


def select(
    experiment_id: Annotated[
        Optional[str],  # noqa: UP045
        typer.Argument(help="The id of the experiment, for triggers.", show_default=False),
    ] = None,
    workspace: Annotated[
        Optional[str],  # noqa: UP045
        typer.Option(
            "--workspace", metavar="ID", help="The workspace with this id.", autocompletion=completion.workspace_ids
        ),
    ] = None,
    workdir: Annotated[
        Optional[str],  # noqa: UP045
        typer.Option(
            "--workdir",
            metavar="DIRECTORY",
            help="This directory; with --workspace, in its place.",
            autocompletion=completion.files,
        ),
    ] = None,
    experiment: Annotated[
        Optional[str],  # noqa: UP045
        typer.Option(
            metavar="FILE",
            help="The YAML file of the experiment: its id, workspace and workdir.",
            autocompletion=completion.files,
        ),
    ] = None,
    attach_folders: Annotated[
        bool,
        typer.Option("--attach-folders", help="With both flags: attach the workspace's backup and move folders, too."),
    ] = False,
    explain: Annotated[bool, typer.Option("--explain", help="Tell the reasons.")] = False,
    format: Annotated[
        str, typer.Option(help="text or json.", autocompletion=completion.choices("text", "json"))
    ] = "text",
    settings: SettingsFile = None,
    target: Target = None,
) -> int:
    """Print the directory of the workspace that a run would use.

    In order: --workspace, --workdir, the first local workspace with a trigger that matches the id of the
    experiment, the first local workspace.
    """
    from xpm_config.cli.select import FORMATS, Options, run

    check_choice("--format", format, FORMATS)
    return run(
        Options(
            experiment_id=experiment_id,
            experiment=experiment,
            workspace=workspace,
            workdir=workdir,
            attach_folders=attach_folders,
            explain=explain,
            format=format,
            settings=State.meant(settings),
            target=target,
        )
    )


def env(
    workspace: Annotated[
        Optional[str],  # noqa: UP045
        typer.Argument(
            help="The id of a workspace; by default the one of a run without an id.",
            show_default=False,
            autocompletion=completion.workspace_ids,
        ),
    ] = None,
    settings: SettingsFile = None,
    target: Target = None,
) -> int:
    """Print the environment of a workspace as export lines, or run a command in it.

    eval "$(xpm-config env nlp)" sets the variables in a shell; xpm-config env nlp -- python train.py runs
    one command with them.
    """
    from xpm_config.cli import effective
    from xpm_config.cli.env import run

    return run(effective.load(State.meant(settings), target), workspace, State.command)
