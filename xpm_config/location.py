"""Where the settings file is that is meant when none is named."""

from __future__ import annotations

import os

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


def existing_settings(named: str | None) -> str:
    """The same; raises UsageError where none is named and the user has none."""
    path = settings_path(named)
    if named is None and not os.environ.get("XPM_SETTINGS") and not os.path.lexists(path):
        raise UsageError(
            f"there is no settings file at {path}: experimaestro uses its defaults",
            "name a file, or write a first one with `xpm-config init`",
        )
    return path
