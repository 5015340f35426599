"""How the monitor of a remote workspace is started: the settings in effect, and the ssh command made of them.

The command is the one that experimaestro builds from the same settings; the release of the experimaestro on
this machine decides which release `uv` starts on the other one.
"""

from __future__ import annotations

import re
import shlex
from dataclasses import dataclass, field, fields, replace
from typing import TYPE_CHECKING, NamedTuple

from xpm_config import ssh_words
from xpm_config.errors import UsageError
from xpm_config.settings import DEFAULT, Origin, Ssh

if TYPE_CHECKING:
    from collections.abc import Mapping

    from xpm_config.settings import Workspace

QUOTES_SINCE = (2, 6, 1)
"""Releases before this one leave the words of the command unquoted, unless `shell_init` stands before them."""

_FLAGS = {
    "host": "HOST",
    "workdir": "REMOTE_WORKDIR",
    "shell_init": "--remote-shell-init",
    "uv_offline": "--uv-offline",
    "python": "--remote-python",
    "xpm_path": "--remote-xpm",
    "options": "--ssh-option",
}


class Flags(NamedTuple):
    """What the command line gives; None is for what it does not give."""

    host: str | None = None
    workdir: str | None = None
    shell_init: str | None = None
    uv_offline: bool | None = None
    python: str | None = None
    xpm_path: str | None = None
    options: tuple[str, ...] | None = None


@dataclass(frozen=True)
class Remote:
    """A workspace on another machine, with all that is needed to watch it.

    `workdir` is the path over there, as written. `origins` has an entry for every value that is not a
    default, by its name (`workdir`, `host`, `options[0]`).
    """

    workdir: str
    ssh: Ssh
    origins: Mapping[str, Origin] = field(repr=False, compare=False)

    def origin(self, name: str) -> Origin:
        """Where a value came from."""
        return self.origins.get(name, DEFAULT)


def remote(workspace: Workspace | None, flags: Flags) -> Remote:
    """The settings of a remote workspace, with what the command line gives over them.

    An empty `shell_init`, `python` or `xpm_path` and an empty list take the workspace's value away; an
    empty host or directory counts as not given, as in experimaestro. Raises UsageError for a value that
    would be misread or cannot be passed on.
    """
    given = {name: value for name, value in flags._asdict().items() if value is not None}
    given = {name: value for name, value in given.items() if value or name not in ("host", "workdir")}
    given = {name: value if value != "" else None for name, value in given.items()}
    workdir = given.pop("workdir", "") or (str(workspace.path) if workspace else "")
    written = (workspace.ssh if workspace else None) or Ssh("", None, False, None, None, ())
    ssh = replace(written, **given)
    ssh = replace(ssh, options=tuple(ssh_words.split_options(ssh.options)))
    found = Remote(workdir, ssh, _origins(workspace, flags))
    _check(found)
    return found


def _origins(workspace: Workspace | None, flags: Flags) -> dict[str, Origin]:
    written = dict(workspace.origins) if workspace else {}
    origins = {key.removeprefix("ssh."): origin for key, origin in written.items() if key.startswith("ssh.")}
    if "path" in written:
        origins["workdir"] = written["path"]
    for name, value in flags._asdict().items():
        if value or (value is not None and name not in ("host", "workdir")):
            flag = "--no-uv-offline" if name == "uv_offline" and not value else _FLAGS[name]
            origins[name] = Origin("flag", variables=(flag,))
    return origins


def _check(found: Remote) -> None:
    """Refuse what cannot become words of a command, and what ssh, uv or the remote shell would misread."""
    texts = [("workdir", found.workdir)]
    for one in fields(Ssh):
        value = getattr(found.ssh, one.name)
        texts += [
            (one.name, text) for text in (value if isinstance(value, tuple) else (value,)) if isinstance(text, str)
        ]
    for name, text in texts:
        if not _can_be_passed(text):
            raise UsageError(
                f"{found.origin(name)}: `{name}` has a character that no command can be given",
                "remove the NUL character or the lone surrogate",
            )
    for name in ("host", "python", "shell_init", "xpm_path"):
        misread = ssh_words.misread_value(name, getattr(found.ssh, name) or "")
        if misread is not None:
            raise UsageError(f"{found.origin(name)}: {misread.message}", misread.hint)
    for misread in ssh_words.misread_among_options(found.ssh.options):
        word = found.ssh.options[misread.place]
        raise UsageError(f"{found.origin('options')}: `{word}`: {misread.message}", misread.hint)
    if found.ssh.xpm_path:
        _check_program(found.ssh.xpm_path, found.origin("xpm_path"))


def _can_be_passed(text: str) -> bool:
    try:
        return b"\0" not in text.encode("utf-8", "surrogateescape")
    except UnicodeEncodeError:
        return False


def _check_program(text: str, origin: Origin) -> None:
    try:
        words = shlex.split(text)
    except ValueError:
        message = f"{origin}: `xpm_path` has a quote or a backslash without its other half"
        raise UsageError(message, "quotes keep a path with spaces together: \"'/my tools/experimaestro'\"") from None
    if not words:
        raise UsageError(f"{origin}: `xpm_path` is blank", "leave it out to start experimaestro with uv")
    if words[0].startswith("-"):
        misread = ssh_words.misread_value("xpm_path", words[0])
        assert misread is not None
        raise UsageError(f"{origin}: {misread.message}", misread.hint)
    if words[0].startswith("~"):
        raise UsageError(
            f"{origin}: the `~` in `xpm_path` would not be expanded: experimaestro quotes it",
            "write the whole path, or one that is relative to the home directory on the other machine",
        )


# -- commands -----------------------------------------------------------------------------------------


def requirement(version: str, *, exact: bool = False) -> str:
    """What uv is asked for: the given release of experimaestro, or one from its minor release on."""
    release = re.sub(r"\.dev\d+\Z", "", version)
    if exact:
        return f"experimaestro=={release}"
    minor = re.match(r"\d+\.\d+(?=\.)", release)
    return f"experimaestro>={minor[0]}.0" if minor else f"experimaestro>={release}"


def uv_words(found: Remote) -> list[str]:
    """The beginning of every uv command on the other machine."""
    words = ["uv", "tool", "run"]
    if found.ssh.uv_offline:
        words.append("--offline")
    return words + (["--python", found.ssh.python] if found.ssh.python else [])


def program(found: Remote, wanted: str) -> list[str]:
    """The words that start experimaestro on the other machine; `wanted` is what uv is asked for."""
    return shlex.split(found.ssh.xpm_path) if found.ssh.xpm_path else [*uv_words(found), wanted]


def shell_init(found: Remote, version: str) -> str | None:
    """What runs before experimaestro, in a form that the local release `version` puts rightly in front of it."""
    code = found.ssh.shell_init
    if not code:
        numbers = tuple(int(part) for part in re.findall(r"\d+", version)[:3])
        return ":" if numbers < QUOTES_SINCE else None
    return f"{code}\n:" if ssh_words.open_end(code) or "\n" in code else code


def prefixed(found: Remote, version: str, command: str) -> str:
    """A command for the shell of the other machine, with what runs before it."""
    init = shell_init(found, version)
    return f"{init}; {command}" if init else command


def monitor_server(found: Remote, version: str, wanted: str) -> str:
    """The command that answers the monitor, for the shell of the other machine."""
    words = [*program(found, wanted), "experiments", "--workdir", found.workdir, "monitor-server"]
    return prefixed(found, version, shlex.join(words))


def ssh(found: Remote, command: str, *options: str) -> list[str]:
    """The words that run a command on the other machine; `options` come before those of the settings."""
    return ["ssh", *options, *found.ssh.options, found.ssh.host, command]


def monitor_arguments(found: Remote, version: str) -> list[str]:
    """The arguments of `experimaestro experiments ssh-monitor` that say all settings in effect."""
    named = {
        "--remote-shell-init": shell_init(found, version),
        "--remote-python": found.ssh.python,
        "--remote-xpm": found.ssh.xpm_path,
    }
    words = [f"{flag}={value}" for flag, value in named.items() if value]
    words += ["--uv-offline"] if found.ssh.uv_offline else []
    words += [f"--ssh-option={word}" for word in found.ssh.options]
    return [*words, "--", found.ssh.host, found.workdir]
