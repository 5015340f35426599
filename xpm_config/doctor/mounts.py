"""Which disks should be mounted and are not."""

from __future__ import annotations

import os
import re
from typing import NamedTuple

EXPECTED = "/etc/fstab"
MOUNTED = "/proc/self/mountinfo"

_ESCAPE = re.compile(r"\\([0-7]{3})")


class Mounts(NamedTuple):
    """The directories at which something is mounted, and those at which something should be and is not."""

    mounted: frozenset[str]
    missing: frozenset[str]

    def missing_at(self, path: str) -> str | None:
        """The directory whose disk is not mounted, if an absolute path, free of links, belongs on one."""
        while path not in self.mounted and path not in self.missing:
            if path == os.path.dirname(path):
                return None
            path = os.path.dirname(path)
        return path if path in self.missing else None


def mounts() -> Mounts:
    """What the system tells; nothing is missing where it does not."""
    mounted = frozenset(_plain(line[4]) for line in _lines(MOUNTED) if len(line) > 4)
    expected = {_plain(line[1]) for line in _lines(EXPECTED) if len(line) > 1 and line[1].startswith("/")}
    return Mounts(mounted, frozenset(expected - mounted) if mounted else frozenset())


def _lines(path: str) -> list[list[str]]:
    try:
        with open(path, encoding="utf-8", errors="surrogateescape") as file:
            return [line.split() for line in file if not line.lstrip().startswith("#")]
    except OSError:
        return []


def _plain(place: str) -> str:
    """The name of a directory; both files write blanks as octal numbers."""
    return os.path.normpath(_ESCAPE.sub(lambda found: chr(int(found[1], 8)), place))
