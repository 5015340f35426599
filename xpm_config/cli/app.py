"""The full command line, on typer: which commands there are, and the options in front of them."""

from __future__ import annotations

from typing import Annotated

import typer

from xpm_config.cli.arguments import checking, completion, folders, jobs, machine, remote, schemas, workspaces
from xpm_config.cli.arguments.shared import Quiet, SettingsFile, State

app = typer.Typer(
    name="xpm-config",
    help="Check, document and migrate the settings of experimaestro.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)
app.command()(checking.validate)
app.command()(checking.migrate)
app.command()(checking.explain)
app.command()(machine.init)
app.command()(machine.doctor)

workspaces_app = typer.Typer(help="Show the workspaces as runs use them.", no_args_is_help=True)
workspaces_app.command("list")(workspaces.list_workspaces)
workspaces_app.command("show")(workspaces.show)
app.add_typer(workspaces_app, name="workspaces")
app.command()(workspaces.select)
app.command()(workspaces.env)
app.command("ssh-monitor")(remote.ssh_monitor)

jobs_app = typer.Typer(help="Archive, recover, verify and free the jobs of a workspace, by hand.", no_args_is_help=True)
jobs_app.command("list")(jobs.list_jobs)
jobs_app.command()(jobs.status)
jobs_app.command()(jobs.archive)
jobs_app.command()(jobs.recover)
jobs_app.command()(jobs.verify)
jobs_app.command()(jobs.free)
app.add_typer(jobs_app, name="jobs")

folders_app = typer.Typer(help="Show the folders of workspaces, and which ones are trusted.", no_args_is_help=True)
folders_app.command("list")(folders.list_folders)
folders_app.command()(folders.accept)
folders_app.command()(folders.forget)
app.add_typer(folders_app, name="folders")

schema_app = typer.Typer(
    help="Print the JSON Schemas of the settings, or give them to your editor.", no_args_is_help=True
)
schema_app.command("show")(schemas.show)
schema_app.command("list")(schemas.list_versions)
schema_app.command("install")(schemas.install)
schema_app.command("uninstall")(schemas.uninstall)
app.add_typer(schema_app, name="schema")

app.command()(completion.completion)
app.command("_complete", hidden=True)(completion.complete)


def invoke(arguments: list[str]) -> int:
    """Run the command line and return its exit code; errors of usage are printed here."""
    State.settings, State.quiet = None, False
    arguments, State.command = _without_command(arguments)
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


def _without_command(arguments: list[str]) -> tuple[list[str], tuple[str, ...] | None]:
    """Take the command behind `--` from the arguments of `env`; typer could not tell it from a workspace."""
    if "--" not in arguments:
        return arguments, None
    place = arguments.index("--")
    before = arguments[:place]
    names = [
        word for at, word in enumerate(before) if not word.startswith("-") and before[max(at - 1, 0)] != "--settings"
    ]
    return (before, tuple(arguments[place + 1 :])) if names[:1] == ["env"] else (arguments, None)


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
