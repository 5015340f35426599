"""The settings in use, for commands that act on them."""

from __future__ import annotations

import shlex
import sys

from xpm_config import settings, target
from xpm_config.diagnostics import Severity
from xpm_config.releases import show_release
from xpm_config.report.text import printable
from xpm_config.validate import check

# Warnings about values that a run takes as they are: another workspace, or another path, than was meant.
_MISLEADING = ("XPM206", "XPM207", "XPM208", "XPM216")


def load(named: str | None, release: str | None = None) -> settings.Settings:
    """The settings that are meant; what is wrong in them but does not keep them from loading is told.

    experimaestro ignores unknown keys and the like: a mistyped `triggers` would silently select another
    workspace.
    """
    chosen = target.parse(release) if release is not None else target.default()
    data, path = settings.find(named)
    found = settings.read(data, path, release=chosen)
    if path is not None:
        report = check(path, data, chosen)
        for one in report.diagnostics:
            if one.code in _MISLEADING and one.span is not None:
                line = report.document.position(one.span.start).line
                print(f"warning: {printable(f'{path}:{line}: {one.message}')}", file=sys.stderr)
        errors = sum(one.severity is Severity.ERROR for one in report.diagnostics)
        if errors:
            aimed = f" --target {show_release(chosen)}" if release is not None else ""
            command = f"xpm-config validate{aimed} {shlex.quote(path)}"
            words = f"{path} has {errors} error{'s' if errors != 1 else ''}: run `{command}`"
            print(f"warning: {printable(words)}", file=sys.stderr)
    return found
