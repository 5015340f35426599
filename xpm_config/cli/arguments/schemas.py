"""schema show, schema list."""

from __future__ import annotations

from typing import Annotated

import typer

from xpm_config import registry
from xpm_config.cli.arguments.shared import check_choice


def show(
    version: Annotated[int, typer.Argument(min=1, max=registry.NEWEST, help="The version of the schema.")] = (
        registry.NEWEST
    ),
) -> int:
    """Print a schema."""
    from xpm_config.cli.schema import show as run

    return run(version)


def list_versions(
    format: Annotated[str, typer.Option(help="text or json.")] = "text",
) -> int:
    """List the versions of the schema and the releases that they describe."""
    from xpm_config.cli.schema import list_versions as run

    check_choice("--format", format, ("text", "json"))
    return run(format)
