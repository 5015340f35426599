"""The full command line, on typer: which commands there are, and the options in front of them."""

from __future__ import annotations

from typing import Annotated

import typer

from xpm_config.cli.arguments import checking, schemas
from xpm_config.cli.arguments.shared import Quiet, SettingsFile, State

app = typer.Typer(
    name="xpm-config",
    help="Check, document and migrate the settings of experimaestro.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)
app.command()(checking.validate)
app.command()(checking.migrate)
app.command()(checking.explain)

schema_app = typer.Typer(help="Print the JSON Schemas of the settings.", no_args_is_help=True)
schema_app.command("show")(schemas.show)
schema_app.command("list")(schemas.list_versions)
app.add_typer(schema_app, name="schema")


def invoke(arguments: list[str]) -> int:
    """Run the command line and return its exit code; errors of usage are printed here."""
    State.settings, State.quiet = None, False
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
