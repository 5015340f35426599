"""Work that can be interrupted: ^C, or the end of a session, undoes what is under way, and nothing is lost.

The first signal raises KeyboardInterrupt; further ones are passed over, so that the undoing is not undone.
"""

from __future__ import annotations

import multiprocessing
import os
import signal
import sys
import threading
from concurrent.futures import Future, ProcessPoolExecutor
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

_Result = TypeVar("_Result")
_SIGNALS = (signal.SIGINT, signal.SIGHUP, signal.SIGTERM)
# A pool that is broken ends its processes with SIGTERM, and waits for them.
_SIGNALS_OF_CHILDREN = (signal.SIGINT, signal.SIGHUP)


class _State:
    """Of this process: whether it has been told to stop, and whether it is at work."""

    stopped = False
    working = False


def default_number() -> int:
    """So many processes are used: one for each processor, and at most four, which keep a disk busy."""
    processors = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    return min(processors, 4)


@contextmanager
def interruptible() -> Iterator[None]:
    """Within this, the first signal to stop raises KeyboardInterrupt, and further ones do nothing."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    _State.stopped, _State.working = False, True
    before = {number: signal.signal(number, _stop) for number in _SIGNALS}
    try:
        yield
    finally:
        _State.working = False
        for number, handler in before.items():
            signal.signal(number, handler)


class Pool(ProcessPoolExecutor):
    """Processes that undo what they are doing when they are told to stop."""

    def __init__(self, number: int) -> None:
        # A copy of this process starts at once; elsewhere than on Linux that is not safe.
        context = multiprocessing.get_context("fork" if sys.platform == "linux" else "spawn")
        super().__init__(number, mp_context=context, initializer=_prepare)

    def submit(self, fn: Callable[..., _Result], /, *args: Any, **kwargs: Any) -> Future[_Result]:
        """As its parent class does."""
        return super().submit(_interruptibly, fn, args, kwargs)

    def stop(self) -> None:
        """Tell the processes to stop, and wait until they have."""
        for process in multiprocessing.active_children():
            if process.pid is not None:
                try:
                    os.kill(process.pid, signal.SIGINT)
                except ProcessLookupError:
                    continue
        self.shutdown(wait=True, cancel_futures=True)


def _prepare() -> None:
    _State.stopped, _State.working = False, False
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    for number in _SIGNALS_OF_CHILDREN:
        signal.signal(number, _stop)


def _interruptibly(function: Callable[..., _Result], args: Any, kwargs: Any) -> _Result:
    if _State.stopped:
        raise KeyboardInterrupt
    _State.working = True
    try:
        return function(*args, **kwargs)
    finally:
        _State.working = False


def _stop(number: int, frame: object) -> None:
    first = not _State.stopped
    _State.stopped = True
    if first and _State.working:
        raise KeyboardInterrupt
