"""Checks, documents and migrates the settings of experimaestro, and reads them for other programs.

`load()` gives the settings, and `select(settings, experiment_id="nlp-7").workspace` where a run lands. What
goes wrong is an XpmConfigError, with a `message` and a `hint`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from xpm_config.errors import FileUnreadableError as FileUnreadableError
    from xpm_config.errors import UsageError as UsageError
    from xpm_config.errors import XpmConfigError as XpmConfigError
    from xpm_config.selection import Considered as Considered
    from xpm_config.selection import Selection as Selection
    from xpm_config.selection import select as select
    from xpm_config.settings import Carbon as Carbon
    from xpm_config.settings import Environment as Environment
    from xpm_config.settings import Folder as Folder
    from xpm_config.settings import History as History
    from xpm_config.settings import Origin as Origin
    from xpm_config.settings import Origins as Origins
    from xpm_config.settings import Server as Server
    from xpm_config.settings import Settings as Settings
    from xpm_config.settings import SettingsNotLoadedError as SettingsNotLoadedError
    from xpm_config.settings import Ssh as Ssh
    from xpm_config.settings import Workspace as Workspace
    from xpm_config.settings import load as load

_HOMES = {
    "FileUnreadableError": "errors",
    "UsageError": "errors",
    "XpmConfigError": "errors",
    "Considered": "selection",
    "Selection": "selection",
    "select": "selection",
    "Carbon": "settings",
    "Environment": "settings",
    "Folder": "settings",
    "History": "settings",
    "Origin": "settings",
    "Origins": "settings",
    "Server": "settings",
    "Settings": "settings",
    "SettingsNotLoadedError": "settings",
    "Ssh": "settings",
    "Workspace": "settings",
    "load": "settings",
}

__all__ = [
    "Carbon",
    "Considered",
    "Environment",
    "FileUnreadableError",
    "Folder",
    "History",
    "Origin",
    "Origins",
    "Selection",
    "Server",
    "Settings",
    "SettingsNotLoadedError",
    "Ssh",
    "UsageError",
    "Workspace",
    "XpmConfigError",
    "load",
    "select",
]


if not TYPE_CHECKING:
    # Type checkers do not see this: they would take every misspelled name for one that it finds.
    def __getattr__(name: str) -> Any:
        # The command line needs none of these: they are imported when they are asked for.
        if name not in _HOMES:
            raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
        from importlib import import_module

        return getattr(import_module(f"xpm_config.{_HOMES[name]}"), name)


def __dir__() -> list[str]:
    return [*globals(), *_HOMES]
