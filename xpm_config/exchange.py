"""A short talk with a process over its standard streams, which ends at a deadline whatever the process does.

When a call returns, the process has ended, and with it all that it started in its process group.
"""

from __future__ import annotations

import errno
import os
import selectors
import signal
import subprocess
import time
from contextlib import suppress
from typing import TYPE_CHECKING, NamedTuple

from xpm_config.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

MAX_OUTPUT = 1 << 20
"""Standard output is read up to about this many bytes."""

_MAX_ERRORS = 1 << 16
_FAREWELL = 1.0  # seconds that a process gets to end by itself


class Exchange(NamedTuple):
    """What a process wrote until it was left: `code` is its exit code, None if it was still running."""

    lines: list[bytes]
    errors: bytes
    code: int | None
    seconds: float

    @property
    def size(self) -> int:
        """How many bytes of standard output were kept."""
        return sum(len(line) + 1 for line in self.lines)

    @property
    def last_errors(self) -> tuple[str, ...]:
        """The last lines of standard error that are not blank."""
        lines = self.errors.decode(errors="replace").splitlines()
        return tuple(line for line in lines if line.strip())[-5:]


def talk(command: Sequence[str], request: bytes, is_last: Callable[[bytes], bool], deadline: float) -> Exchange:
    """Run a command, send it a request, and read lines until the last one, its end or the deadline.

    `deadline` is a time of `time.monotonic`. The process has no terminal. Raises UsageError where there is no
    such command.
    """
    start = time.monotonic()
    try:
        process = subprocess.Popen(  # noqa: S603 - no shell is involved, and the words are those shown by --print
            command,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            bufsize=0,
            start_new_session=True,
        )
    except FileNotFoundError:
        message = f"there is no `{command[0]}` command on this machine"
        raise UsageError(message, "install it, or put it on PATH") from None
    except OSError as error:
        raise UsageError(f"`{command[0]}` cannot be started: {error.strerror}", _advice(error)) from None
    assert process.stdin is not None
    assert process.stdout is not None
    assert process.stderr is not None
    try:
        if request:
            _send(process, request)
        else:
            process.stdin.close()
        lines, errors = _read(process, is_last, deadline)
        code = process.poll()
    finally:
        _end(process, deadline)
    return Exchange(lines, errors, code, time.monotonic() - start)


def _advice(error: OSError) -> str:
    if error.errno == errno.E2BIG:
        return "shorten the settings that become words of its command"
    return "check that it can be executed, with `ls -l`"


def _send(process: subprocess.Popen[bytes], request: bytes) -> None:
    assert process.stdin is not None
    try:
        process.stdin.write(request)
    except BrokenPipeError:
        # It has ended already: what it wrote tells why.
        pass


def _read(
    process: subprocess.Popen[bytes], is_last: Callable[[bytes], bool], deadline: float
) -> tuple[list[bytes], bytes]:
    """The lines of standard output, the last one perhaps unfinished, and the end of standard error."""
    assert process.stdout is not None
    assert process.stderr is not None
    lines: list[bytes] = []
    rest = errors = b""
    size = 0
    with selectors.DefaultSelector() as selector:
        selector.register(process.stdout, selectors.EVENT_READ)
        selector.register(process.stderr, selectors.EVENT_READ)
        while selector.get_map() and size < MAX_OUTPUT:
            left = deadline - time.monotonic()
            # A connection that ssh shares may go on in the background, with our pipes open.
            ended = process.poll() is not None
            ready = selector.select(min(left, 0.2) if not ended else 0) if left > 0 else []
            if not ready and (ended or left <= 0):
                break
            for key, _ in ready:
                data = os.read(key.fd, 1 << 16)
                if not data:
                    selector.unregister(key.fileobj)
                elif key.fileobj is process.stderr:
                    errors = (errors + data)[-_MAX_ERRORS:]
                else:
                    size += len(data)
                    *whole, rest = (rest + data).split(b"\n")
                    for line in whole:
                        lines.append(line)
                        if is_last(line):
                            return lines, errors
        if not selector.get_map():
            _wait(process, deadline)
    return ([*lines, rest] if rest else lines), errors


def _wait(process: subprocess.Popen[bytes], deadline: float) -> None:
    try:
        process.wait(max(0.0, min(_FAREWELL, deadline - time.monotonic())))
    except subprocess.TimeoutExpired:
        pass


def _end(process: subprocess.Popen[bytes], deadline: float) -> None:
    """End a process: its input first, which ends the server over there, then by force with all its children."""
    assert process.stdin is not None
    process.stdin.close()
    for stream in (process.stdout, process.stderr):
        assert stream is not None
        stream.close()
    _wait(process, deadline)
    # What it left running in its group would go on after it.
    with suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()
