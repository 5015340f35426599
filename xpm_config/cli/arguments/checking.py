"""validate, migrate, explain."""

from __future__ import annotations

from typing import Annotated, Optional

import typer

from xpm_config import registry
from xpm_config.cli.arguments.shared import Files, Quiet, SettingsFile, State, check_choice
from xpm_config.cli.completion import choices, codes, releases, topics, versions


def validate(
    files: Files = None,
    format: Annotated[
        str,
        typer.Option(
            help="How to report: text, json, sarif or github.",
            autocompletion=choices("text", "json", "sarif", "github"),
        ),
    ] = "text",
    strict: Annotated[bool, typer.Option("--strict", help="Let warnings fail, too.")] = False,
    target: Annotated[
        Optional[str],  # noqa: UP045
        typer.Option(
            metavar="RELEASE",
            help="The experimaestro release; by default the installed one, else the newest known.",
            autocompletion=releases,
        ),
    ] = None,
    fix: Annotated[bool, typer.Option("--fix", help="Apply the fixes that keep the meaning.")] = False,
    unsafe_fixes: Annotated[
        bool, typer.Option("--unsafe-fixes", help="Apply all fixes, those that guess included.")
    ] = False,
    select: Annotated[
        Optional[list[str]],  # noqa: UP045
        typer.Option(metavar="CODE", help="Report these codes only (XPM2 means all of XPM2xx).", autocompletion=codes),
    ] = None,
    ignore: Annotated[
        Optional[list[str]],  # noqa: UP045
        typer.Option(metavar="CODE", help="Leave these codes out.", autocompletion=codes),
    ] = None,
    settings: SettingsFile = None,
    quiet: Quiet = False,
) -> int:
    """Check settings files the way experimaestro will read them.

    Without a file: ~/.config/experimaestro/settings.yaml. Exit code 0: nothing to report; 1: findings;
    2: a file could not be read.
    """
    from xpm_config.cli.validate import FORMATS, Options, run

    check_choice("--format", format, FORMATS)
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
            settings=State.meant(settings),
            quiet=quiet or State.quiet,
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


def migrate(
    files: Files = None,
    diff: Annotated[bool, typer.Option("--diff", help="Show what would change; write nothing.")] = False,
    check: Annotated[bool, typer.Option("--check", help="Only tell whether something would change.")] = False,
    to: Annotated[
        int,
        typer.Option(
            min=1, max=registry.NEWEST, help="The version of the schema to migrate to.", autocompletion=versions
        ),
    ] = registry.NEWEST,
    target: Annotated[
        Optional[str],  # noqa: UP045
        typer.Option(
            metavar="RELEASE", help="The experimaestro release that will read the file.", autocompletion=releases
        ),
    ] = None,
    backup: Annotated[bool, typer.Option("--backup", help="Keep the old file as FILE.bak.")] = False,
    unknown_ids: Annotated[
        str,
        typer.Option(
            metavar="refuse|keep-as-path",
            help="What to do with references to no known workspace.",
            autocompletion=choices("refuse", "keep-as-path"),
        ),
    ] = "refuse",
    format: Annotated[
        str, typer.Option(help="How to report: text or json.", autocompletion=choices("text", "json"))
    ] = "text",
    settings: SettingsFile = None,
    quiet: Quiet = False,
) -> int:
    """Rewrite alt_workspaces into folders of mode use, and leave every other byte alone.

    Exit code 0: migrated, or nothing to do; 1: would change (--check, --diff), or left as it is; 2: cannot go on.
    """
    from xpm_config.cli.migrate import FORMATS, Options, run

    check_choice("--unknown-ids", unknown_ids, ("refuse", "keep-as-path"))
    check_choice("--format", format, FORMATS)
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
            settings=State.meant(settings),
            quiet=quiet or State.quiet,
        )
    )


def explain(
    topic: Annotated[
        Optional[str],  # noqa: UP045
        typer.Argument(
            metavar="KEY|CODE",
            help="A key such as workspaces.triggers, or a code such as XPM101.",
            autocompletion=topics,
        ),
    ] = None,
    schema: Annotated[
        int,
        typer.Option(
            "--schema", min=1, max=registry.NEWEST, help="The version of the schema.", autocompletion=versions
        ),
    ] = registry.NEWEST,
) -> int:
    """Explain a key of the settings, or the code of a finding."""
    from xpm_config.cli.explain import run

    return run(topic, schema)
