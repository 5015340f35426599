"""Exceptions: what stops a command, with the next step for the user."""

from __future__ import annotations


class XpmConfigError(Exception):
    """A command cannot go on. `message` says why, `hint` what to do next."""

    def __init__(self, message: str, hint: str | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint


class FileUnreadableError(XpmConfigError):
    """A file that was asked for cannot be read; `path` is the name as given."""

    def __init__(self, path: str, message: str, hint: str | None = None) -> None:
        super().__init__(message, hint)
        self.path = path


class UsageError(XpmConfigError):
    """The arguments of a command contradict each other or name something unknown."""
