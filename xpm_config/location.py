"""Where the settings file is that is meant when none is named."""

from __future__ import annotations

import os

from xpm_config import files
from xpm_config.errors import UsageError

USERS_OWN = "~/.config/experimaestro/settings.yaml"
"""The one place where experimaestro looks; XDG_CONFIG_HOME makes no difference to it."""


def settings_path(named: str | None) -> str:
    """The settings file: the one that is named, else XPM_SETTINGS, else the user's own; it need not be there.

    Raises UsageError for an empty name: with an unset shell variable, another file would be read or written.
    """
    if named == "":
        raise UsageError("the name of the settings file is empty", "name one, or leave it out")
    return named or os.environ.get("XPM_SETTINGS") or os.path.expanduser(USERS_OWN)


def expanded(path: str) -> str:
    """The path with `~` or `~user` replaced, as `os.path.expanduser` does; as it is where no user is called so."""
    try:
        return os.path.expanduser(path)
    except ValueError:
        # A NUL character or a lone surrogate can be in no name at all.
        return path


def is_missing(path: str) -> bool:
    """Whether nothing is at a path, not even a link to nowhere.

    Raises FileUnreadableError where that cannot be known: in a directory that may not be entered, or on a
    disk that fails, there may well be a file.
    """
    try:
        os.lstat(path)
    except (FileNotFoundError, NotADirectoryError):
        return True
    except OSError as error:
        raise files.unreadable(path, error) from None
    return False


def existing_settings(named: str | None) -> str:
    """The same; raises UsageError where none is named and the user has none, and as `is_missing` does."""
    path = settings_path(named)
    if named is None and not os.environ.get("XPM_SETTINGS") and is_missing(path):
        raise UsageError(
            f"there is no settings file at {path}: experimaestro uses its defaults",
            "name a file, or write a first one with `xpm-config init`",
        )
    return path
