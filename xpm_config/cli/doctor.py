"""`xpm-config doctor`: check the settings, and this machine as they need it."""

from __future__ import annotations

import os
import sys
from typing import TYPE_CHECKING, NamedTuple

from xpm_config import doctor, files, target
from xpm_config.cli import streams
from xpm_config.diagnostics import Severity
from xpm_config.doctor import probing
from xpm_config.errors import FileUnreadableError, XpmConfigError
from xpm_config.location import is_missing, settings_path

if TYPE_CHECKING:
    from xpm_config.validate import FileReport


class Options(NamedTuple):
    """What was asked for; the defaults are those of the command."""

    format: str = "text"
    strict: bool = False
    target: str | None = None
    timeout: float = 5.0
    settings: str | None = None
    quiet: bool = False


def run(options: Options) -> int:
    """Look, print the report, and return the exit code."""
    report = _examine(options)
    if options.format == "json":
        from xpm_config.report import json

        streams.write_json(json.render([report]))
    elif report.diagnostics or not options.quiet:
        from xpm_config.report import text

        sys.stdout.write(text.render([report], colour=text.wants_colour(sys.stdout, os.environ)))
    codes = {found.code for found in report.diagnostics}
    if not report.loads and "XPM008" not in codes:
        print("the directories are looked at when experimaestro can load the settings", file=sys.stderr)
    if "XPM008" in codes:
        return 2
    return int(any(found.severity is Severity.ERROR or options.strict for found in report.diagnostics))


def _examine(options: Options) -> FileReport:
    release = target.parse(options.target) if options.target is not None else target.default()
    path = settings_path(options.settings)
    named = bool(options.settings)
    if not os.path.isabs(probing.absolute(path)):
        raise XpmConfigError(f"{path}: the current directory is gone", "change to one that is there")
    if not probing.answers(path, options.timeout):
        raise XpmConfigError(
            f"{path}: does not answer within {options.timeout:g} s: is it on a network disk?",
            "look after that disk (`mount` lists them), or give it time with `--timeout`",
        )
    assumed = options.target is None and target.installed() is None
    data: bytes | FileUnreadableError | None
    try:
        # A file that is named must be there.
        absent = not named and not os.environ.get("XPM_SETTINGS") and is_missing(path)
        data = None if absent else files.read(path)
    except FileUnreadableError as error:
        data = error
    return doctor.examine(path, data, release, named=named, assumed=assumed, seconds=options.timeout)
