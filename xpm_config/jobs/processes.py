"""Processes that left something behind: whether they are dead, as far as this machine can tell."""

from __future__ import annotations

import os
import socket
from functools import cache
from typing import NamedTuple


class Process(NamedTuple):
    """A process of some machine.

    `boot` names one run of its kernel, and `space` the numbering of its processes, which a container has of its
    own; `started` is the kernel's word for when it began, since numbers are given again. What a system does not
    tell is empty.
    """

    host: str
    machine: str
    boot: str
    space: str
    number: int
    started: str


def this_process() -> Process:
    """The process that asks."""
    return _this_process(os.getpid())


def is_dead(process: Process) -> bool | None:
    """Whether a process is dead; None where this machine cannot know."""
    host, machine, boot, space = _this_machine()
    if (process.host, process.machine) != (host, machine):
        return None
    if process.boot != boot:
        return True
    if process.space != space:
        return None
    return not is_alive(process.number) or process.started != _started(process.number)


def same_kernel(process: Process) -> bool:
    """Whether a process runs, or ran, on the running kernel: then a lock that is free tells that it is dead."""
    return bool(process.boot) and process.boot == _this_machine()[2]


def is_alive(number: int) -> bool:
    """Whether a process of this host has this number."""
    try:
        os.kill(number, 0)
    except (ProcessLookupError, OverflowError):
        return False
    except PermissionError:
        return True
    return True


def started_before(number: int, moment: float) -> bool:
    """Whether the process that has the number now was started before a moment (s); True where nobody can tell."""
    ticks = _started(number)
    boot = next((line for line in _text("/proc/stat").splitlines() if line.startswith("btime ")), "")
    if not ticks or not boot:
        return True
    # The kernel rounds the moment of the boot.
    return int(boot.split()[1]) + int(ticks) / os.sysconf("SC_CLK_TCK") < moment + 2


@cache
def _this_process(number: int) -> Process:
    # Cached by number: a forked child is another process.
    return Process(*_this_machine(), number, _started(number))


@cache
def _this_machine() -> tuple[str, str, str, str]:
    try:
        space = os.readlink("/proc/self/ns/pid")
    except OSError:
        space = ""
    return socket.gethostname(), _text("/etc/machine-id"), _text("/proc/sys/kernel/random/boot_id"), space


def _started(number: int) -> str:
    words = _text(f"/proc/{number}/stat").rpartition(")")[2].split()
    return words[19] if len(words) > 19 else ""


def _text(path: str) -> str:
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    except OSError:
        return ""
    pieces = []
    try:
        while piece := os.read(descriptor, 1 << 16):
            pieces.append(piece)
    except OSError:
        return ""
    finally:
        # What was read counts: without it, nobody could ever tell that this process is dead.
        try:
            os.close(descriptor)
        except OSError:
            pass
    return b"".join(pieces).decode("ascii", "replace").strip()
