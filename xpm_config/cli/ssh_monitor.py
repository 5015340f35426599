"""`xpm-config ssh-monitor`: watch the experiments of a remote workspace.

Without `--print` and `--check` this process becomes experimaestro's own monitor, with all settings as flags.

`--print --format json` prints

    {"version": 1, "command": [word], "settings": {name: {"value", "origin": {"kind", …}}}}

and `--check --format json`

    {"version": 1, "ok": true, "protocol", "workspace", "experimaestro", "python", "noise": [line],
     "settings": as above}
    {"version": 1, "ok": false, "error": {"kind", "message", "help", "output": [line]}, "settings": as above}

with secrets masked in `settings`, `workspace` as the other machine resolves it, and "unknown" for what cannot be
had. `kind` is one of name, refused, unreachable, host-key, host-key-changed, login, ssh, lost, command,
failed, workspace, server, protocol, answer, timeout.
"""

from __future__ import annotations

import errno
import json
import math
import os
import shlex
import sys
import time
from dataclasses import asdict
from typing import TYPE_CHECKING, Any, NamedTuple

from xpm_config import handshake, registry, remote
from xpm_config.cli import effective, masking, streams
from xpm_config.errors import UsageError
from xpm_config.quoting import quote
from xpm_config.releases import show_release
from xpm_config.remote import Flags, Remote
from xpm_config.report.text import printable
from xpm_config.selection import suggestion

if TYPE_CHECKING:
    from xpm_config.settings import Settings, Workspace

FORMATS = ("text", "json")

_CHECK_OPTIONS = ("-oBatchMode=yes", "-oControlMaster=no")
_MAX_CONNECT = 10  # seconds; a machine that is there answers at once

# Without one, the group of commands looks at the default workspace, which is local: it tells what it thinks of
# that one, and may ask for another. With an id that nobody has, it does nothing.
_NO_LOCAL_WORKSPACE = "--workspace=(on another machine)"


class Options(NamedTuple):
    """What was asked for; the defaults are those of the command."""

    flags: Flags = Flags()
    workspace: str | None = None
    passed_on: tuple[str, ...] = ()
    force_version: bool = False
    print: bool = False
    check: bool = False
    timeout: float = 30.0
    format: str = "text"
    settings: str | None = None
    quiet: bool = False


class Program(NamedTuple):
    """The experimaestro on this machine."""

    path: str
    version: str


def run(options: Options) -> int:
    """Start the monitor, print its ssh command or check that it would work; 1 if the check fails."""
    if options.print and options.check:
        raise UsageError("--print and --check exclude each other", "leave one of them out")
    if options.format != "text" and not (options.print or options.check):
        raise UsageError("--format says how --print and --check report", "add one of them")
    if not options.timeout > 0:  # nan, too
        raise UsageError("--timeout needs a number of seconds", "leave it out for 30")
    found, secrets = _remote(options)
    program = _program()
    if not options.print and not options.check:
        return _become(program, found, options)
    if program is None:
        newest = show_release(registry.NEWEST_RELEASE)
        print(f"note: experimaestro is not installed here: this is as {newest} would do it", file=sys.stderr)
    version = program.version if program else show_release(registry.NEWEST_RELEASE)
    settings = _settings(found, secrets)
    return (_print if options.print else _check)(found, settings, version, options)


# -- what is meant ------------------------------------------------------------------------------------


def _remote(options: Options) -> tuple[Remote, frozenset[str]]:
    """The workspace that is meant, and the secrets of the settings that it comes from."""
    flags = options.flags
    if options.workspace is not None:
        settings = effective.load(options.settings)
        found = remote.remote(_workspace(settings, options.workspace), flags)
        return found, masking.secrets_of(settings)
    if not flags.host or not flags.workdir:
        given = "REMOTE_WORKDIR is missing" if flags.host else "no remote workspace is named"
        raise UsageError(given, f"give `--workspace ID`, or HOST and REMOTE_WORKDIR; {_listed(options.settings)}")
    return remote.remote(None, flags), frozenset()


def _workspace(settings: Settings, name: str) -> Workspace:
    found = settings.workspace(name)
    remotes = tuple(workspace for workspace in settings.workspaces if workspace.is_remote)
    if found is None:
        hint = suggestion(name, remotes, settings) if remotes else _none_in(settings)
        raise UsageError(f"there is no workspace `{name}`", hint)
    if not found.is_remote:
        names = ", ".join(workspace.id for workspace in remotes)
        raise UsageError(
            f"{found.origin('id')}: workspace `{name}` is on this machine: it has no `ssh` with a `host`",
            f"watch it with `experimaestro experiments --workspace {shlex.quote(name)} monitor`"
            + (f"; remote ones are: {names}" if names else ""),
        )
    return found


def _listed(named: str | None) -> str:
    settings = effective.load(named)
    names = ", ".join(workspace.id for workspace in settings.workspaces if workspace.is_remote)
    return f"remote workspaces are: {names}" if names else _none_in(settings)


def _none_in(settings: Settings) -> str:
    return f"there are no remote workspaces in {settings.path or 'the settings'}"


def _program() -> Program | None:
    """The experimaestro beside our Python, else the one on PATH."""
    import importlib.metadata
    import shutil

    beside = shutil.which("experimaestro", path=os.path.dirname(sys.executable))
    if beside:
        try:
            return Program(beside, importlib.metadata.version("experimaestro"))
        except importlib.metadata.PackageNotFoundError:
            return Program(beside, _version_of(beside))
    found = shutil.which("experimaestro")
    return Program(found, _version_of(found)) if found else None


def _version_of(path: str) -> str:
    import re
    import subprocess

    try:
        done = subprocess.run([path, "version"], capture_output=True, timeout=60, check=False)  # noqa: S603
    except (OSError, subprocess.TimeoutExpired):
        found = None
    else:
        found = re.search(r"^\d+\.\d+\S*$", done.stdout.decode(errors="replace"), re.MULTILINE)
    if found is None:
        raise UsageError(f"{path} does not tell its version", f"run `{path} version` to see why")
    return found[0]


# -- what is done -------------------------------------------------------------------------------------


def _become(program: Program | None, found: Remote, options: Options) -> int:
    if program is None:
        raise UsageError(
            "experimaestro is not installed here, and it is its monitor that runs",
            "install it: pip install 'xpm-config[experimaestro]'; --print and --check work without it",
        )
    arguments = [*options.passed_on, *remote.monitor_arguments(found, program.version)]
    sys.stdout.flush()
    words = [program.path, "experiments", _NO_LOCAL_WORKSPACE, "ssh-monitor", *arguments]
    try:
        os.execv(program.path, words)  # noqa: S606 - no shell, as wanted
    except OSError as error:
        if error.errno == errno.E2BIG:
            advice = "shorten the settings that become words of its command"
        else:
            advice = "install experimaestro anew: the first line of this file must name a Python that is there"
        raise UsageError(f"{program.path} cannot be started: {error.strerror}", advice) from None


def _server_command(found: Remote, version: str, options: Options) -> str:
    wanted = remote.requirement(version, exact=options.force_version)
    return remote.monitor_server(found, version, wanted)


def _print(found: Remote, settings: dict[str, Any], version: str, options: Options) -> int:
    command = remote.ssh(found, _server_command(found, version, options))
    if options.format == "json":
        _write_json({"command": command, "settings": settings})
    elif sys.stdout.isatty():
        print(" ".join(map(quote, command)))
    else:
        # What reads this may be any POSIX shell, and has no terminal that would obey a character.
        print(shlex.join(command))
    return 0


def _check(found: Remote, settings: dict[str, Any], version: str, options: Options) -> int:
    deadline = time.monotonic() + options.timeout
    # ssh gives up before we do, and says why.
    connect = max(1, min(_MAX_CONNECT, math.ceil(options.timeout) - 1))
    ours = (*_CHECK_OPTIONS, f"-oConnectTimeout={connect}")
    command = remote.ssh(found, _server_command(found, version, options), *ours)
    try:
        answer = handshake.greet(command, found.ssh.host, deadline)
    except handshake.CheckFailedError as error:
        return _failed(found, settings, error, options)
    wanted = remote.requirement(version, exact=options.force_version)
    uv = None if found.ssh.xpm_path else remote.uv_words(found)
    asking = handshake.asking(remote.program(found, wanted), uv, wanted)
    versions = handshake.versions(remote.ssh(found, remote.prefixed(found, version, asking), *ours), deadline)
    report = {
        "ok": True,
        "protocol": answer.protocol,
        "workspace": answer.workspace,
        "experimaestro": versions.experimaestro or "unknown",
        "python": versions.python or "unknown",
        "noise": list(answer.noise),
    }
    if options.format == "json":
        _write_json({**report, "settings": settings})
    elif not options.quiet:
        _show(found, settings, report)
    if answer.noise and options.format == "text":
        lines = "a line" if len(answer.noise) == 1 else f"{len(answer.noise)} lines"
        print(
            f"warning: {found.ssh.host} sends {lines} that the monitor cannot read before the answer:"
            f" {printable(answer.noise[0][:100])}\n"
            "help: let `shell_init` and the start-up files over there print nothing",
            file=sys.stderr,
        )
    return 0


def _failed(found: Remote, settings: dict[str, Any], error: handshake.CheckFailedError, options: Options) -> int:
    if options.format == "json":
        told = {"kind": error.kind, "message": error.message, "help": error.hint, "output": list(error.output)}
        _write_json({"ok": False, "error": told, "settings": settings})
        return 1
    for line in error.output:
        if line in error.message:
            continue
        print(f"{printable(found.ssh.host)}: {printable(line)}", file=sys.stderr)
    print(f"error: {printable(error.message)}", file=sys.stderr)
    print(f"help: {printable(error.hint or '')}", file=sys.stderr)
    return 1


def _show(found: Remote, settings: dict[str, Any], report: dict[str, Any]) -> None:
    print(f"{printable(found.ssh.host)} answers")
    for name in ("protocol", "workspace", "experimaestro", "python"):
        print(f"  {name:<14}{printable(report[name])}")
    print("with the settings")
    for name, setting in settings.items():
        value = setting["value"]
        shown = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
        print(f"  {name:<14}{printable(shown)}  ({printable(str(found.origin(name)))})")


def _settings(found: Remote, secrets: frozenset[str]) -> dict[str, Any]:
    """The settings in effect with their origins, without secrets."""
    values = {"workdir": found.workdir, **asdict(found.ssh)}
    return {
        name: {
            "value": masking.masked(value, secrets),
            "origin": {key: part for key, part in asdict(found.origin(name)).items() if part},
        }
        for name, value in values.items()
    }


def _write_json(data: dict[str, Any]) -> None:
    streams.write_json(json.dumps({"version": 1, **data}, indent=2, ensure_ascii=False) + "\n")
