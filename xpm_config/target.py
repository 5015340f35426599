"""Which release of experimaestro a check is for."""

from __future__ import annotations

import os
import re
import sys
from typing import TYPE_CHECKING

from xpm_config import registry
from xpm_config.errors import UsageError
from xpm_config.releases import parse_release, show_release

if TYPE_CHECKING:
    from xpm_config.releases import Release

_METADATA = re.compile(r"experimaestro-([0-9]+(?:\.[0-9]+)*)[^-]*?(?:-py[0-9.]+)?\.(?:dist|egg)-info")


def parse(text: str) -> Release:
    """A release as the user writes it, such as `2.7` or `2.7.0`; raises UsageError for anything else."""
    if not re.fullmatch(r"v?[0-9]{1,4}(\.[0-9]{1,4}){0,3}", text):
        raise UsageError(f"`{text}` is no release of experimaestro", "write it as in `--target 2.7.0`")
    release = parse_release(text.removeprefix("v"))
    if release < registry.OLDEST_RELEASE:
        oldest = show_release(registry.OLDEST_RELEASE)
        raise UsageError(f"experimaestro {text} read no settings file", f"give a release from {oldest} on")
    return release


def default() -> Release:
    """The experimaestro that is installed beside us, else the newest that we know."""
    return installed() or registry.NEWEST_RELEASE


def installed() -> Release | None:
    """The release of experimaestro in this environment, by the name of its metadata directory.

    Importing it would take seconds, and importlib.metadata longer than reading the whole file.
    """
    for directory in sys.path:
        try:
            names = os.listdir(directory or ".")
        except OSError:
            continue
        for name in names:
            found = _METADATA.fullmatch(name) if name.startswith("experimaestro-") else None
            if found is not None:
                return parse_release(found[1])
    return None
