"""The settings in use, for commands that act on them."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

from xpm_config import settings, target

if TYPE_CHECKING:
    from xpm_config.settings import Settings


def load(named: str | None, release: str | None = None) -> Settings:
    """The settings that are meant; what is wrong in them but does not keep them from loading is told.

    experimaestro ignores unknown keys and the like: a mistyped `triggers` would silently select another
    workspace.
    """
    chosen = target.parse(release) if release is not None else target.default()
    found = settings.load(named, release=chosen)
    if found.path is not None:
        from xpm_config import files
        from xpm_config.diagnostics import Severity
        from xpm_config.validate import check

        report = check(found.path, files.read(found.path), chosen)
        errors = sum(one.severity is Severity.ERROR for one in report.diagnostics)
        if errors:
            plural = "s" if errors != 1 else ""
            print(f"warning: {found.path} has {errors} error{plural}: run `xpm-config validate`", file=sys.stderr)
    return found
