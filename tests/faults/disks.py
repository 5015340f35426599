"""File systems in files, whose power can be cut."""

from __future__ import annotations

import fcntl
import os
import shutil
import struct
import subprocess
from contextlib import contextmanager
from typing import TYPE_CHECKING

from xpm_config.jobs import system

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

_SHUTDOWN = 0x8004587D
_NO_FLUSH = 2
MAKE = {"ext4": (["mkfs.ext4", "-q", "-F"], 96), "xfs": (["mkfs.xfs", "-q", "-f"], 320)}
"""The commands that make a file system, and how large it is (MiB)."""


class Disk:
    """A mounted file system of its own."""

    def __init__(self, place: Path, kind: str) -> None:
        place.mkdir()
        self.image, self.path = place / "image", place / "disk"
        self.path.mkdir()
        command, size = MAKE[kind]
        with self.image.open("wb") as file:
            file.truncate(size << 20)
        subprocess.run([*command, str(self.image)], check=True, capture_output=True)
        self.mount()

    def mount(self) -> None:
        """Mount it; the file system recovers, as after a start of the machine."""
        subprocess.run(["mount", "-o", "loop", str(self.image), str(self.path)], check=True, capture_output=True)

    def unmount(self) -> None:
        """Unmount it."""
        subprocess.run(["umount", str(self.path)], check=True, capture_output=True)

    def cut_power(self, *, written: bool = False) -> None:
        """Lose all that has not been flushed, the log of the file system included, and start again.

        Where everything had been `written` just before, nothing is lost.
        """
        descriptor = os.open(self.path, os.O_RDONLY)
        try:
            if written:
                system.flush(descriptor)
            fcntl.ioctl(descriptor, _SHUTDOWN, struct.pack("I", _NO_FLUSH))
        finally:
            os.close(descriptor)
        self.unmount()
        self.mount()


@contextmanager
def disk(place: Path, kind: str) -> Iterator[Disk]:
    """A disk that is unmounted in the end."""
    made = Disk(place, kind)
    try:
        yield made
    finally:
        made.unmount()


def missing(kind: str) -> str:
    """Why there can be no disk of a kind here; empty where there can."""
    if os.geteuid() != 0:
        return "only root can mount"
    command = MAKE[kind][0][0]
    if shutil.which(command) is None:
        return f"{command} is not installed"
    if not os.path.exists("/dev/loop-control"):
        return "there are no loop devices here"
    return ""
