"""Checks of who can read and change the settings, and of what an interrupted command left beside them."""

from __future__ import annotations

import os
import re
import stat
import time
from typing import TYPE_CHECKING

from xpm_config import files
from xpm_config.context import is_secret
from xpm_config.doctor.subject import error, warning
from xpm_config.document import Document
from xpm_config.errors import FileUnreadableError
from xpm_config.quoting import quote
from xpm_config.registry import VERSIONS, schema_name
from xpm_config.secrets import Secrets

if TYPE_CHECKING:
    from collections.abc import Iterator

    from xpm_config.diagnostics import Diagnostic
    from xpm_config.doctor.subject import Subject
    from xpm_config.outline import Setting

_COPIES = (".bak", "~")
"""What copies of the settings are called: those of `migrate --backup`, and those of editors."""
_STALE_AFTER = 3600
"""What a command of ours stages is renamed within a second; after so many seconds it belongs to nobody."""


def readers(subject: Subject) -> Iterator[Diagnostic]:
    """XPM303: others can read a secret."""
    if not subject.exists:
        return
    secrets = _secrets(subject)
    who = _who(subject.path, stat.S_IRGRP, stat.S_IROTH)
    if who and (secrets or (subject.context is None and Secrets(subject.document).spans)):
        names = ", ".join(f"`{one.key}`" for one in secrets) or "what looks like a secret"
        report = error if who == "everyone" else warning
        advice = f"chmod 600 {quote(subject.path)}"
        yield report("XPM303", f"{who} on this machine can read this file, and it holds {names}", advice, *secrets[:1])
    for copy in (subject.path + ending for ending in _COPIES):
        who = _who(copy, stat.S_IRGRP, stat.S_IROTH)
        if who and _holds_secrets(copy):
            report = error if who == "everyone" else warning
            message = f"{who} on this machine can read {copy}, an old copy that holds a secret"
            yield report("XPM303", message, f"chmod 600 {quote(copy)}")


def _secrets(subject: Subject) -> list[Setting]:
    settings = subject.context.outline.settings if subject.context is not None else []
    return [one for one in settings if is_secret(one) and one.value not in (None, "")]


def _holds_secrets(path: str) -> bool:
    try:
        return bool(Secrets(Document(files.read(path))).spans)
    except FileUnreadableError:
        return False


def writers(subject: Subject) -> Iterator[Diagnostic]:
    """XPM304: others can change the settings, and so run commands in the user's name."""
    # A device or a directory in place of the settings has a mode of its own, which is not to be changed.
    if not os.path.isfile(subject.path):
        return
    who = _who(subject.path, stat.S_IWGRP, stat.S_IWOTH)
    if who:
        advice = f"chmod go-w {quote(subject.path)}"
        report = error if who == "everyone" else warning
        yield report("XPM304", f"{who} on this machine can change this file", advice)
    for directory in _directories(subject.path):
        who = _who(directory, stat.S_IWGRP, stat.S_IWOTH)
        # With the sticky bit, as in /tmp, only the owner can replace a file.
        if who and not os.stat(directory).st_mode & stat.S_ISVTX:
            report = error if who == "everyone" else warning
            message = f"{who} on this machine can replace this file: its directory {directory} is open"
            yield report("XPM304", message, f"chmod go-w {quote(directory)}")


def leftovers(subject: Subject) -> Iterator[Diagnostic]:
    """XPM321: what a command of ours staged beside the settings, or for their schema, before it was killed."""
    names = {os.path.basename(one) for one in _names(subject.path)} | set(map(schema_name, VERSIONS))
    pattern = re.compile(rf"({'|'.join(map(re.escape, names))})(\.bak)?\.[0-9a-f]{{8}}\.tmp")
    for directory in _directories(subject.path):
        try:
            listed = sorted(os.listdir(directory))
        except OSError:
            continue
        for left in (os.path.join(directory, name) for name in filter(pattern.fullmatch, listed)):
            try:
                age = time.time() - os.lstat(left).st_mtime
            except OSError:
                # It has got its name meanwhile: it was nobody's leftover.
                continue
            if age > _STALE_AFTER:
                message = f"{left} was left by a command that was killed"
                yield warning("XPM321", message, f"nothing needs it: rm {quote(left)}")


def _names(path: str) -> tuple[str, str]:
    """A file, and the file behind it where it is a link."""
    return os.path.abspath(path), os.path.realpath(path)


def _directories(path: str) -> list[str]:
    """The directory of a file, and that of the file behind a link."""
    found = {os.path.realpath(os.path.dirname(one)): os.path.dirname(one) for one in reversed(_names(path))}
    return list(found.values())


def _who(path: str, group_bit: int, others_bit: int) -> str:
    """Whom besides its owner the mode of a file lets do something; "" for nobody, or where it is not there."""
    try:
        found = os.stat(path)
    except OSError:
        return ""
    if found.st_mode & others_bit:
        return "everyone"
    if found.st_mode & group_bit and not _is_private(found):
        return f"the group {_group(found.st_gid)}"
    return ""


def _is_private(found: os.stat_result) -> bool:
    """Whether the group of a file is the one that many systems make for each user alone."""
    import grp
    import pwd

    try:
        owner, group = pwd.getpwuid(found.st_uid), grp.getgrgid(found.st_gid)
    except KeyError:
        return False
    return owner.pw_gid == found.st_gid and group.gr_name == owner.pw_name and not set(group.gr_mem) - {owner.pw_name}


def _group(number: int) -> str:
    import grp

    try:
        return f"`{grp.getgrgid(number).gr_name}`"
    except KeyError:
        return str(number)
