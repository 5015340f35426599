"""The full command line, on typer: which commands there are, and the options in front of them."""

from __future__ import annotations

from typing import Annotated

import typer

from xpm_config.cli.arguments import checking, completion, folders, jobs, machine, remote, schemas, workspaces
from xpm_config.cli.arguments.shared import Quiet, SettingsFile, State, without_command

app = typer.Typer(
    name="xpm-config",
    help="Check, document and migrate the settings of experimaestro.",
    no_args_is_help=True,
    add_completion=False,
    # Rich help keeps the line ends of docstrings, and its import costs more than all else that --help needs.
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)
# Shells show the short help beside a command, and would cut what is longer than a line.
app.command(short_help="Check settings files the way experimaestro reads them.")(checking.validate)
app.command(short_help="Rewrite alt_workspaces into folders, and nothing else.")(checking.migrate)
app.command(short_help="Explain a key of the settings, or the code of a finding.")(checking.explain)
app.command(short_help="Write a first settings file that explains itself.")(machine.init)
app.command(short_help="Check your settings and this machine.")(machine.doctor)

workspaces_app = typer.Typer(help="Show the workspaces as runs use them.", no_args_is_help=True)
workspaces_app.command("list", short_help="List the workspaces, and what selects them.")(workspaces.list_workspaces)
workspaces_app.command("show", short_help="Show the settings of a workspace, and their origins.")(workspaces.show)
app.add_typer(workspaces_app, name="workspaces")
app.command(short_help="Print the directory of the workspace of a run.")(workspaces.select)
app.command(short_help="Print a workspace's environment, or run a command in it.")(workspaces.env)
app.command("ssh-monitor", short_help="Watch the experiments of a remote workspace.")(remote.ssh_monitor)

jobs_app = typer.Typer(
    help="Archive, recover, verify and free the jobs of a workspace, by hand.",
    short_help="Archive, recover, verify and free jobs by hand.",
    no_args_is_help=True,
)
jobs_app.command("list", short_help="List jobs, their states, and where their copies are.")(jobs.list_jobs)
jobs_app.command(short_help="Sum up jobs, folders, and what is still to be done.")(jobs.status)
jobs_app.command(short_help="Copy or move jobs into the folders of the workspace.")(jobs.archive)
jobs_app.command(short_help="Bring jobs back from the folders.")(jobs.recover)
jobs_app.command(short_help="Read copies again, and compare them with their manifests.")(jobs.verify)
jobs_app.command(short_help="Delete jobs of which a backup is complete and verified.")(jobs.free)
app.add_typer(jobs_app, name="jobs")

folders_app = typer.Typer(
    help="Show the folders of workspaces, and which ones are trusted.",
    short_help="Show the folders, and which ones are trusted.",
    no_args_is_help=True,
)
folders_app.command("list", short_help="List the folders, mounted or not, and whose they are.")(folders.list_folders)
folders_app.command(short_help="Trust a folder as the one that a path means.")(folders.accept)
folders_app.command(short_help="Forget a folder; nothing in it is touched.")(folders.forget)
app.add_typer(folders_app, name="folders")

schema_app = typer.Typer(
    help="Print the JSON Schemas of the settings, or give them to your editor.",
    short_help="Print the JSON Schemas, or give them to your editor.",
    no_args_is_help=True,
)
schema_app.command("show")(schemas.show)
schema_app.command("list", short_help="List the versions of the schema, and their releases.")(schemas.list_versions)
schema_app.command("install", short_help="Let editors complete and check the settings file.")(schemas.install)
schema_app.command("uninstall", short_help="Undo schema install.")(schemas.uninstall)
app.add_typer(schema_app, name="schema")

app.command(short_help="Print the script that completes commands in a shell.")(completion.completion)
app.command("_complete", hidden=True)(completion.complete)


def invoke(arguments: list[str]) -> int:
    """Run the command line and return its exit code; errors of usage are printed here."""
    State.settings, State.quiet = None, False
    arguments, State.command = without_command(arguments)
    try:
        result = app(arguments, prog_name="xpm-config", standalone_mode=False)
    except typer.Abort:
        return 130
    except Exception as error:
        # typer carries its own copy of click in some releases, so the class cannot be named.
        if hasattr(error, "exit_code") and hasattr(error, "show"):
            error.show()
            return int(error.exit_code)
        raise
    return result if isinstance(result, int) else 0


def _show_version(value: bool) -> None:
    if value:
        from xpm_config.version import VERSION

        typer.echo(f"xpm-config {VERSION}")
        raise typer.Exit


@app.callback()
def _main(
    settings: SettingsFile = None,
    quiet: Quiet = False,
    version: Annotated[
        bool, typer.Option("--version", callback=_show_version, is_eager=True, help="Print the version.")
    ] = False,
) -> None:
    State.settings, State.quiet = settings, quiet
