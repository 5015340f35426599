"""`xpm-config init`: write a first settings file."""

from __future__ import annotations

import os
import stat
import sys
from typing import NamedTuple

from xpm_config import files, starter, target
from xpm_config.errors import UsageError
from xpm_config.location import USERS_OWN, settings_path
from xpm_config.report.text import printable


class Options(NamedTuple):
    """What was asked for; the defaults are those of the command."""

    minimal: bool = False
    print: bool = False
    target: str | None = None
    settings: str | None = None
    quiet: bool = False


def run(options: Options) -> int:
    """Write the file where there is none, say what to do next, and return the exit code."""
    release = target.parse(options.target) if options.target is not None else target.default()
    text = starter.minimal(release) if options.minimal else starter.starter(release)
    if options.print:
        sys.stdout.write(text)
        return 0
    path = settings_path(options.settings)
    _refuse_what_is_there(path)
    _make_directory(path)
    # Nobody else may read it: it may hold a token one day.
    files.create(path, text.encode(), mode=0o600)
    if not options.quiet:
        print(_next_steps(path, *starter.first_workspace(release), options.settings))
    return 0


def _refuse_what_is_there(path: str) -> None:
    if not os.path.lexists(path):
        return
    hint = "edit it, or take what you like from `xpm-config init --print`"
    mode = os.lstat(path).st_mode
    if stat.S_ISLNK(mode) and not os.path.exists(path):
        words, hint = (
            "this is a link to a file that is not there",
            "remove the link, or write the file that it leads to",
        )
    elif os.path.isdir(path):
        words, hint = "this is a directory", "name the file in it, with `--settings`"
    else:
        words = "there are settings already: they stay as they are"
    raise UsageError(f"{path}: {words}", hint)


def _make_directory(path: str) -> None:
    """Make the directory of the user's own settings; that of another file must be there."""
    directory = os.path.dirname(os.path.abspath(path))
    if os.path.isdir(directory):
        return
    if path != os.path.expanduser(USERS_OWN):
        raise UsageError(
            f"{path}: there is no directory {directory}", f"check the name, or make it: `mkdir {directory}`"
        )
    for one in (os.path.dirname(directory), directory):
        try:
            os.mkdir(one, 0o700)
        except FileExistsError:
            continue
        except OSError as error:
            raise files.FileUnwritableError(one, f"it cannot be made: {error.strerror}", "check its parent") from None


def _next_steps(path: str, name: str, place: str, named: str | None) -> str:
    import shlex

    option, file = (f" --settings {shlex.quote(path)}", f" {shlex.quote(path)}") if named else ("", "")
    steps = {
        f"xpm-config schema install{option}": "lets your editor complete and check it",
        f"xpm-config validate{file}": "checks it when you have changed it",
    }
    width = max(map(len, steps))
    lines = [f"{path}: written, with the workspace `{name}` in {place}", "next, look through it; then"]
    lines += [f"  {command:<{width}}  {words}" for command, words in steps.items()]
    if path != os.path.expanduser(USERS_OWN):
        lines.append(f"experimaestro itself reads {USERS_OWN} only")
    return "\n".join(printable(line) for line in lines)
