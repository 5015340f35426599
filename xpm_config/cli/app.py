"""The full command line, on typer; each command imports what it needs when it runs."""

from __future__ import annotations

from typing import Annotated, Optional

import typer

from xpm_config import registry

app = typer.Typer(
    name="xpm-config",
    help="Check, document and migrate the settings of experimaestro.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)
schema_app = typer.Typer(help="Print the JSON Schemas of the settings.", no_args_is_help=True)
app.add_typer(schema_app, name="schema")


# Options that several commands have. typer reads the types at run time, on Python 3.10 too.
Files = Annotated[
    Optional[list[str]],  # noqa: UP045
    typer.Argument(metavar="FILE", help="Settings files, or - for standard input.", show_default=False),
]
SettingsFile = Annotated[
    Optional[str],  # noqa: UP045
    typer.Option("--settings", metavar="FILE", help="The settings file, instead of the user's own."),
]
Quiet = Annotated[bool, typer.Option("--quiet", "-q", help="Say nothing when there is nothing to report.")]


def _check_choice(option: str, given: str, allowed: tuple[str, ...]) -> None:
    if given not in allowed:
        raise typer.BadParameter(f"'{given}' is not one of {', '.join(allowed)}", param_hint=option)


class _State:
    """Options in front of the command."""

    settings: str | None = None
    quiet = False


def invoke(arguments: list[str]) -> int:
    """Run the command line and return its exit code; errors of usage are printed here."""
    _State.settings, _State.quiet = None, False
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
    _State.settings, _State.quiet = settings, quiet


def _complete_code(incomplete: str) -> list[str]:
    from xpm_config.codes import CODES

    return [code for code in CODES if code.startswith(incomplete.upper())]


@app.command()
def validate(
    files: Files = None,
    format: Annotated[str, typer.Option(help="How to report: text, json, sarif or github.")] = "text",
    strict: Annotated[bool, typer.Option("--strict", help="Let warnings fail, too.")] = False,
    target: Annotated[
        Optional[str],  # noqa: UP045
        typer.Option(
            metavar="RELEASE", help="The experimaestro release; by default the installed one, else the newest known."
        ),
    ] = None,
    fix: Annotated[bool, typer.Option("--fix", help="Apply the fixes that keep the meaning.")] = False,
    unsafe_fixes: Annotated[
        bool, typer.Option("--unsafe-fixes", help="Apply all fixes, those that guess included.")
    ] = False,
    select: Annotated[
        Optional[list[str]],  # noqa: UP045
        typer.Option(
            metavar="CODE", help="Report these codes only (XPM2 means all of XPM2xx).", autocompletion=_complete_code
        ),
    ] = None,
    ignore: Annotated[
        Optional[list[str]],  # noqa: UP045
        typer.Option(metavar="CODE", help="Leave these codes out.", autocompletion=_complete_code),
    ] = None,
    settings: SettingsFile = None,
    quiet: Quiet = False,
) -> int:
    """Check settings files the way experimaestro will read them.

    Without a file: ~/.config/experimaestro/settings.yaml. Exit code 0: nothing to report; 1: findings;
    2: a file could not be read.
    """
    from xpm_config.cli.validate import FORMATS, Options, run

    _check_choice("--format", format, FORMATS)
    return run(
        Options(
            files=tuple(files or ()),
            format=format,
            strict=strict,
            target=target,
            fix=fix,
            unsafe_fixes=unsafe_fixes,
            select=_codes("--select", select),
            ignore=_codes("--ignore", ignore),
            settings=settings or _State.settings,
            quiet=quiet or _State.quiet,
        )
    )


def _codes(option: str, given: list[str] | None) -> tuple[str, ...]:
    """The codes of an option: repeated or comma-separated, each a code or the beginning of one."""
    from xpm_config.codes import CODES

    codes = tuple(word.strip().upper() for item in given or () for word in item.split(",") if word.strip())
    if given and not codes:
        raise typer.BadParameter("a code is missing", param_hint=option)
    for code in codes:
        if not any(known.startswith(code) for known in CODES):
            raise typer.BadParameter(f"there is no code {code}", param_hint=option)
    return codes


@app.command()
def migrate(
    files: Files = None,
    diff: Annotated[bool, typer.Option("--diff", help="Show what would change; write nothing.")] = False,
    check: Annotated[bool, typer.Option("--check", help="Only tell whether something would change.")] = False,
    to: Annotated[int, typer.Option(min=1, max=registry.NEWEST, help="The version of the schema to migrate to.")] = (
        registry.NEWEST
    ),
    target: Annotated[
        Optional[str],  # noqa: UP045
        typer.Option(metavar="RELEASE", help="The experimaestro release that will read the file."),
    ] = None,
    backup: Annotated[bool, typer.Option("--backup", help="Keep the old file as FILE.bak.")] = False,
    unknown_ids: Annotated[
        str, typer.Option(metavar="refuse|keep-as-path", help="What to do with references to no known workspace.")
    ] = "refuse",
    format: Annotated[str, typer.Option(help="How to report: text or json.")] = "text",
    settings: SettingsFile = None,
    quiet: Quiet = False,
) -> int:
    """Rewrite alt_workspaces into folders of mode use, and leave every other byte alone.

    Exit code 0: migrated, or nothing to do; 1: would change (--check, --diff), or left as it is; 2: cannot go on.
    """
    from xpm_config.cli.migrate import Options, run

    _check_choice("--unknown-ids", unknown_ids, ("refuse", "keep-as-path"))
    _check_choice("--format", format, ("text", "json"))
    return run(
        Options(
            files=tuple(files or ()),
            to=to,
            diff=diff,
            check=check,
            backup=backup,
            keep_unknown_ids=unknown_ids == "keep-as-path",
            format=format,
            target=target,
            settings=settings or _State.settings,
            quiet=quiet or _State.quiet,
        )
    )


@app.command()
def explain(
    topic: Annotated[
        Optional[str],  # noqa: UP045
        typer.Argument(metavar="KEY|CODE", help="A key such as workspaces.triggers, or a code such as XPM101."),
    ] = None,
    schema: Annotated[int, typer.Option("--schema", min=1, max=registry.NEWEST, help="The version of the schema.")] = (
        registry.NEWEST
    ),
) -> int:
    """Explain a key of the settings, or the code of a finding."""
    from xpm_config.cli.explain import run

    return run(topic, schema)


@schema_app.command("show")
def schema_show(
    version: Annotated[int, typer.Argument(min=1, max=registry.NEWEST, help="The version of the schema.")] = (
        registry.NEWEST
    ),
) -> int:
    """Print a schema."""
    from xpm_config.cli.schema import show

    return show(version)


@schema_app.command("list")
def schema_list(
    format: Annotated[str, typer.Option(help="text or json.")] = "text",
) -> int:
    """List the versions of the schema and the releases that they describe."""
    from xpm_config.cli.schema import list_versions

    _check_choice("--format", format, ("text", "json"))
    return list_versions(format)
