"""Checks of what surrounds the settings: other files, the environment, programs, releases."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from xpm_config import loaders, registry, target
from xpm_config.diagnostics import Diagnostic, Severity, Span
from xpm_config.doctor import probing
from xpm_config.doctor.subject import warning
from xpm_config.errors import FileUnreadableError
from xpm_config.location import USERS_OWN
from xpm_config.releases import parse_release, show_release

if TYPE_CHECKING:
    from collections.abc import Iterator

    from xpm_config.doctor.subject import Subject


def no_settings(subject: Subject) -> Iterator[Diagnostic]:
    """XPM301: the user has no settings file."""
    if not subject.exists:
        message = "there is no settings file: experimaestro uses its defaults, and has no workspace"
        yield warning("XPM301", message, "`xpm-config init` writes a first one")


def unread_files(subject: Subject) -> Iterator[Diagnostic]:
    """XPM302: settings that experimaestro does not look at."""
    own = os.path.expanduser(USERS_OWN)
    others = [os.path.join(os.path.dirname(own), "settings.yml")]
    place = subject.environ.get("XDG_CONFIG_HOME")
    if place and probing.answers(place, subject.seconds):
        others.append(os.path.join(place, "experimaestro", "settings.yaml"))
    for other in others:
        if os.path.lexists(other) and os.path.realpath(other) != os.path.realpath(own):
            yield warning("XPM302", f"experimaestro does not read {other}", f"it reads {USERS_OWN} only: move it there")
    variable = subject.environ.get("XPM_SETTINGS")
    if variable and not subject.named and os.path.realpath(variable) != os.path.realpath(own):
        message = "XPM_SETTINGS names this file, and experimaestro itself ignores that"
        yield warning("XPM302", message, f"it reads {USERS_OWN} only: let that be a link to this file")


def encoding(subject: Subject) -> Iterator[Diagnostic]:
    """XPM305: from 2.6 on, experimaestro reads the file in the encoding of the locale."""
    import codecs
    import locale

    name = locale.getpreferredencoding(do_setlocale=False)
    text = subject.document.text
    if subject.release < loaders.PYDANTIC_SINCE or text.isascii() or codecs.lookup(name).name == "utf-8":
        return
    place = next(index for index, char in enumerate(text) if not char.isascii())
    try:
        subject.document.data.decode(name)
    except UnicodeDecodeError:
        severity, effect = Severity.ERROR, f"fails here: your locale's encoding is {name}, which has no such character"
    else:
        severity, effect = Severity.WARNING, f"reads other characters here: your locale's encoding is {name}, not UTF-8"
    span, advice = Span(place, place + 1), "set `PYTHONUTF8=1` where experimaestro runs, or a locale such as C.UTF-8"
    yield Diagnostic("XPM305", severity, f"experimaestro {effect}", span, (), advice)


def releases(subject: Subject) -> Iterator[Diagnostic]:
    """XPM306 and XPM307: the release is a guess, or one that came after us."""
    release = show_release(subject.release)
    if subject.assumed:
        message = f"experimaestro is not installed beside xpm-config: the settings were checked for {release}"
        yield warning("XPM306", message, "give the release that you use with `--target`, or install both together")
    if subject.release > registry.NEWEST_RELEASE:
        newest = show_release(registry.NEWEST_RELEASE)
        message = f"experimaestro {release} is newer than {newest}, the newest that this xpm-config knows"
        yield warning("XPM307", message, "upgrade xpm-config; until then, some findings may be wrong")


def overriding_variables(subject: Subject) -> Iterator[Diagnostic]:
    """XPM308: XPM_LOCK_MODE wins over `lock_mode`."""
    variable = subject.environ.get("XPM_LOCK_MODE")
    if subject.context is None or not variable:
        return
    for setting in subject.context.outline.at("workspaces[].lock_mode"):
        known = parse_release(setting.schema["x-xpm-since"]) <= subject.release
        if known and subject.context.loaded_value(setting) != variable:
            message = f"the environment variable XPM_LOCK_MODE={variable} wins over this"
            yield warning("XPM308", message, "unset it: `unset XPM_LOCK_MODE`", setting)


def programs(subject: Subject) -> Iterator[Diagnostic]:
    """XPM309: a remote workspace needs ssh."""
    import shutil

    remote = [one for one in subject.context.workspaces if one.is_remote] if subject.context is not None else []
    if remote and shutil.which("ssh", path=subject.environ.get("PATH")) is None:
        message = f"{remote[0].name} is remote, and there is no program `ssh` on the PATH"
        yield warning("XPM309", message, "install the OpenSSH client", remote[0].host)


def editor_schema(subject: Subject) -> Iterator[Diagnostic]:
    """XPM310: what editors check the file with is gone, or is for another release of ours or of experimaestro."""
    from xpm_config.installation import installed_schema

    try:
        found = installed_schema(subject.path)
    except FileUnreadableError:
        return
    # Only an experimaestro that is really here decides: what `--target` names may be that of another machine.
    wanted = registry.version_for(subject.release) if subject.release == target.installed() else found.version
    if found.state == "missing":
        message = f"{found.named_by} names {found.path}, which is not there"
    elif found.state == "outdated":
        message = f"{found.path}, which your editor checks this file with, is of another release of xpm-config"
    elif found.state == "foreign" and found.named_by is not None:
        message = f"{found.named_by} names {found.path}, which is no schema of xpm-config"
    elif found.state == "current" and found.version != wanted:
        release = show_release(subject.release)
        message = f"your editor checks this file with {found.path}, and experimaestro {release} has version {wanted}"
    else:
        return
    yield warning("XPM310", message, f"run `xpm-config schema install{_place_of_schema(subject, found.named_by)}`")


def _place_of_schema(subject: Subject, named_by: str | None) -> str:
    """The options with which `schema install` puts a schema where it is named now."""
    import shlex

    from xpm_config.vscode import default_settings

    settings = f" --settings {shlex.quote(subject.path)}" if subject.named else ""
    if named_by in (None, subject.path):
        return settings
    if named_by == default_settings():
        return f"{settings} --vscode"
    return f"{settings} --vscode-settings {shlex.quote(named_by)}"
