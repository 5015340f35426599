"""A first exchange with the monitor server of another machine, as experimaestro's own monitor does it.

Messages are lines of JSON-RPC on the standard streams of ssh. A deadline is a time of `time.monotonic`.
"""

from __future__ import annotations

import json
import re
import shlex
from typing import TYPE_CHECKING, Any, NamedTuple

from xpm_config.errors import XpmConfigError
from xpm_config.exchange import MAX_OUTPUT, talk

if TYPE_CHECKING:
    from collections.abc import Sequence

    from xpm_config.exchange import Exchange

PROTOCOL = "2.0"
"""The protocol of all releases of experimaestro so far; the monitor goes on with no other."""

_REQUEST = b'{"jsonrpc": "2.0", "method": "get_sync_info", "id": 1}\n'
_MARK = "xpm-config:"
_NO_WORKSPACE = "is not an experimaestro working directory"

# The interpreter of a script stands in its first line; where that is too long for the system, installers
# write a shell script, with the interpreter beside it. `python -m experimaestro` names it.
_PYTHON_OF = """\
set -f; p=$(command -v "$1") || exit 0
case ${p##*/} in python*|pypy*) exec "$p" -V;; esac
IFS= read -r l <"$p"
case $l in "#!"*python*) ${l#??} -V;; *) "$(dirname "$(readlink -f "$p")")/python" -V;; esac"""


class CheckFailedError(XpmConfigError):
    """The monitor server was not reached, or gave no good answer; `kind` is a word for programs.

    `output` are the last lines that the other side, or ssh, wrote to standard error.
    """

    def __init__(self, kind: str, message: str, hint: str, output: tuple[str, ...] = ()) -> None:
        super().__init__(message, hint)
        self.kind = kind
        self.output = output


class Answer(NamedTuple):
    """What the monitor server says of itself; `noise` are the lines that came before its answer."""

    protocol: str
    workspace: str
    noise: tuple[str, ...]


class Versions(NamedTuple):
    """What runs on the other machine; None is for what cannot be had."""

    experimaestro: str | None
    python: str | None


def greet(command: Sequence[str], host: str, deadline: float) -> Answer:
    """Run the command of a monitor server and ask who it is; raises CheckFailedError."""
    exchange = talk(command, _REQUEST, _is_last, deadline)
    message = _message(exchange.lines[-1]) if exchange.lines else None
    if message is None:
        raise _failure(exchange, host)
    noise = tuple(line.decode(errors="replace").rstrip() for line in exchange.lines[:-1])
    _refuse_undecodable(exchange.lines[:-1], noise)
    if "result" not in message:
        raise _refused(message, host)
    result = message["result"] if isinstance(message["result"], dict) else {}
    protocol = str(result.get("protocol_version", "unknown"))
    if protocol != PROTOCOL:
        raise CheckFailedError(
            "protocol",
            f"the server on {host} speaks protocol {protocol}, the monitor speaks {PROTOCOL}",
            "install the same release of experimaestro on both machines",
        )
    return Answer(protocol, str(result.get("workspace_path", "unknown")), noise)


def versions(command: Sequence[str], deadline: float) -> Versions:
    """What the command made by `asking` tells."""
    exchange = talk(command, b"", lambda _: False, deadline)
    text = b"\n".join(exchange.lines).decode(errors="replace")
    release = re.search(rf"{_MARK}release\n(?:.*\n)*?(\d+\.\d+\S*)\n(?:.*\n)*?{_MARK}python", text)
    python = re.search(rf"{_MARK}python\n(?:.*\n)*?\s*Python (\S+)", text)
    return Versions(release[1] if release else None, python[1] if python else None)


def asking(experimaestro: Sequence[str], uv: Sequence[str] | None, wanted: str) -> str:
    """Shell commands that print the versions of experimaestro and of its Python.

    `experimaestro` are the words that start it; `uv` those that start a tool of `wanted`, None where it is
    started directly: then its Python is known if it is a script of that Python, or `python -m`.
    """
    release = shlex.join([*experimaestro, "version"])
    if uv is not None:
        python = shlex.join([*uv, "--from", wanted, "python", "-V"])
    elif len(experimaestro) == 1 or re.fullmatch(r"(.*/)?(python|pypy)[0-9.]*", experimaestro[0]):
        python = shlex.join(["sh", "-c", _PYTHON_OF, "sh", experimaestro[0]])
    else:
        python = ":"
    return f"echo {_MARK}release; {release}; echo {_MARK}python; {python}"


def _is_last(line: bytes) -> bool:
    # Behind this one, experimaestro may ask whether another directory is meant, and wait for a user's answer.
    return _message(line) is not None or _NO_WORKSPACE.encode() in line


def _message(line: bytes) -> dict[str, Any] | None:
    """The message in a line if it is the answer, or the server's farewell because of an error."""
    try:
        message = json.loads(line)
    except (ValueError, RecursionError):
        return None
    if not isinstance(message, dict) or message.get("jsonrpc") != "2.0":
        return None
    farewell = message.get("method") == "notification.shutdown"
    return message if farewell or (message.get("id") == 1 and ("result" in message or "error" in message)) else None


# -- failures -----------------------------------------------------------------------------------------


class _Known(NamedTuple):
    kind: str
    pattern: str
    message: str
    hint: str


_OF_SSH = (
    _Known("name", "Could not resolve hostname", "the name of {host} is not known",
           "check `host`, and the names in ~/.ssh/config"),
    _Known("refused", "Connection refused", "{host} refuses the connection: nothing listens there",
           "check `host` and the port (`-o -p -o 2222`)"),
    _Known("unreachable", "timed out|No route to host|is unreachable", "{host} cannot be reached",
           "check the network, the VPN and the port"),
    _Known("host-key-changed", "REMOTE HOST IDENTIFICATION HAS CHANGED", "{host} shows another key than before",
           "ask its administrator; if the change is right, remove the old key with `ssh-keygen -R`"),
    _Known("host-key", "Host key verification failed", "the key of {host} is not known on this machine",
           "connect once with ssh, and compare the key before you accept it"),
    _Known("login", "Permission denied|Too many authentication failures", "{host} lets this user in with no key",
           "check the user in `host`, and load the key with ssh-add; a check asks for no password, but it uses a "
           "connection that is open already (ControlMaster in ~/.ssh/config)"),
)  # fmt: skip


def _failure(exchange: Exchange, host: str) -> CheckFailedError:
    """Why there is no answer."""
    output = exchange.last_errors
    errors = exchange.errors.decode(errors="replace")
    printed = b"\n".join(exchange.lines).decode(errors="replace")
    if exchange.code == 255:
        for known in _OF_SSH:
            if re.search(known.pattern, errors):
                return CheckFailedError(known.kind, known.message.format(host=host), known.hint, output)
        if not output:
            message = f"the command on {host} was killed, or the connection was lost"
            return CheckFailedError("lost", message, "try again, or run what `--print` shows")
        message = f"ssh cannot connect to {host}: {output[-1]}"
        return CheckFailedError("ssh", message, "try `ssh -v` with this host", output)
    if _NO_WORKSPACE in printed:
        return _not_a_workspace(host, printed)
    if exchange.code in (126, 127):
        return CheckFailedError(
            "command",
            f"experimaestro cannot be started on {host}: {output[-1] if output else 'there is no such command'}",
            "give its path (`xpm_path`), or put it on PATH (`shell_init`); without a path it is `uv` that is started",
            output,
        )
    if exchange.code is None and exchange.size < MAX_OUTPUT:
        return _silent(exchange, host, printed)
    if exchange.code == 0 and not printed.strip():
        return CheckFailedError(
            "answer",
            f"the command on {host} ends without an answer",
            "look for `exit` or `exec` in `shell_init`, and for what reads its input",
            output,
        )
    if exchange.code is None or exchange.code == 0:
        return CheckFailedError(
            "answer",
            f"{host} gives something else than an answer: {_first_line(printed)}",
            "let `shell_init` and the start-up files over there print nothing, and read nothing",
            output,
        )
    return CheckFailedError(
        "failed",
        f"the command on {host} ended with exit code {exchange.code}: {output[-1] if output else _first_line(printed)}",
        "run what `--print` shows to see all that it says",
        output,
    )


def _silent(exchange: Exchange, host: str, printed: str) -> CheckFailedError:
    seconds = f"{round(exchange.seconds, 1):g} s"
    if printed.strip():
        return CheckFailedError(
            "answer",
            f"no answer from {host} in {seconds}, only: {_first_line(printed)}",
            "let `shell_init` and the start-up files over there print nothing, or give it more time with --timeout",
            exchange.last_errors,
        )
    return CheckFailedError(
        "timeout",
        f"no answer from {host} in {seconds}",
        "give it more time with --timeout: uv may have much to fetch when it starts experimaestro for the first time",
        exchange.last_errors,
    )


def _refused(message: dict[str, Any], host: str) -> CheckFailedError:
    """The server ended with an error instead of an answer."""
    error = message.get("error") or message.get("params") or {}
    text = str(error.get("message", error)) if isinstance(error, dict) else str(error)
    if "does not exist" in text:
        return _not_a_workspace(host, text)
    return CheckFailedError(
        "server", f"the server on {host} answers with an error: {text}", "look into the workspace over there"
    )


def _not_a_workspace(host: str, text: str) -> CheckFailedError:
    line = next((line for line in text.splitlines() if "directory" in line or "exist" in line), text)
    line = re.sub(r"\x1b\[[0-9;]*m", "", line)
    return CheckFailedError(
        "workspace",
        f"there is no workspace on {host}: {line.strip()}",
        "check the path; experimaestro makes a workspace there when it runs a first experiment in it",
    )


def _refuse_undecodable(lines: Sequence[bytes], shown: Sequence[str]) -> None:
    """What is not UTF-8 ends experimaestro's own monitor, though the answer came."""
    for line, text in zip(lines, shown, strict=True):
        try:
            line.decode()
        except UnicodeDecodeError:
            raise CheckFailedError(
                "answer",
                f"what comes before the answer is not UTF-8, and would stop the monitor: {_first_line(text)}",
                "let `shell_init` and the start-up files over there print nothing",
            ) from None


def _first_line(text: str) -> str:
    """The first line of a text that is not blank, shortened."""
    line = next((line.strip() for line in text.splitlines() if line.strip()), "nothing")
    return f"`{line[:100]}…`" if len(line) > 100 else f"`{line}`" if line != "nothing" else line
