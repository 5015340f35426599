"""A real OpenSSH server on the loopback address, with keys of its own and a home directory of its own."""

from __future__ import annotations

import json
import os
import pwd
import shutil
import signal
import socket
import subprocess
import sys
import time
from contextlib import suppress
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

import pytest

PATIENCE = 60
"""Seconds after which something that should have happened has failed."""

# Both write their arguments and what else a test asks for, a JSON list each line.
_RECORD = """\
#!{python}
import json, os, sys
with open({log!r}, "a") as file:
    print(json.dumps([*sys.argv[1:], os.environ.get("SEEN", "")]), file=file)
"""
_UV = """\
#!/bin/sh
{python} - "$@" <<'END'
import json, sys
with open({log!r}, "a") as file:
    print(json.dumps(sys.argv[1:]), file=file)
END
[ "$1 $2" = "tool run" ] || exit 9
shift 2
while :; do
  case $1 in
    --offline) shift ;;
    --python | --from) shift 2 ;;
    python) shift; exec {python} "$@" ;;
    *) shift; exec {experimaestro} "$@" ;;
  esac
done
"""


def experimaestro() -> Path:
    """The command of the experimaestro in this environment; skips the test where there is none."""
    try:
        version("experimaestro")
    except PackageNotFoundError:
        pytest.skip("experimaestro is not installed: pip install 'xpm-config[experimaestro]'")
    return Path(sys.executable).parent / "experimaestro"


def free_port() -> int:
    """A port of the loopback address on which nothing listens."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return int(listener.getsockname()[1])


def wait_for(condition: object, seconds: float = PATIENCE) -> bool:
    """Whether a function without arguments becomes true in time."""
    assert callable(condition)
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if condition():
            return True
        time.sleep(0.05)
    return False


class Sshd:
    """The server, and what a client needs to reach it.

    `home` is the home directory over there, `home/bin` comes first on PATH there. Lines that the stand-ins
    `record` and `uv` write are in `recorded`.
    """

    def __init__(self, place: Path) -> None:
        """Make keys, write the configuration and start the server."""
        self.place = place
        self.home = place / "home of the remote"
        self.port = free_port()
        self.user = pwd.getpwuid(os.getuid()).pw_name
        self.host = f"{self.user}@127.0.0.1"
        self.key = self._key("user")
        self.log = place / "recorded"
        self._programs()
        host_key = self._key("host")
        self.known_hosts = place / "known_hosts"
        self.known_hosts.write_text(f"[127.0.0.1]:{self.port} {self._public(host_key)}\n")
        self.process = self._start(host_key)

    def _key(self, name: str) -> Path:
        path = self.place / name
        subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", path], check=True)
        return path

    def _public(self, key: Path) -> str:
        return key.with_suffix(".pub").read_text()

    def _programs(self) -> None:
        tools = self.home / "bin"
        tools.mkdir(parents=True)
        self.program("bin/record", _RECORD.format(python=sys.executable, log=str(self.log)))

    def program(self, name: str, text: str) -> Path:
        """Put an executable file into the home directory over there."""
        path = self.home / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
        path.chmod(0o755)
        return path

    def uv(self) -> Path:
        """A stand-in for uv over there, which records its arguments and runs the real experimaestro."""
        fields = {"python": sys.executable, "log": str(self.log), "experimaestro": experimaestro()}
        return self.program("uv/uv", _UV.format(**fields))

    def _start(self, host_key: Path) -> subprocess.Popen[bytes]:
        authorized = self.place / "authorized_keys"
        shutil.copyfile(self.key.with_suffix(".pub"), authorized)
        config = self.place / "sshd_config"
        config.write_text(
            f"ListenAddress 127.0.0.1\nPort {self.port}\nHostKey {host_key}\nPidFile none\n"
            f'AuthorizedKeysFile {authorized}\nSetEnv HOME="{self.home}" PATH="{self.home}/bin:/usr/bin:/bin"\n'
            "UsePAM no\nStrictModes no\nPasswordAuthentication no\nKbdInteractiveAuthentication no\n"
            "PermitRootLogin prohibit-password\n"
        )
        if os.getuid() == 0:
            Path("/run/sshd").mkdir(mode=0o755, exist_ok=True)
        # sshd starts itself anew for each connection, and wants its own whole path for that.
        program = shutil.which("sshd", path=f"{os.environ['PATH']}:/usr/sbin")
        assert program is not None
        with (self.place / "log").open("wb") as log:
            process = subprocess.Popen([program, "-D", "-e", "-f", config], stderr=log)
        assert wait_for(self._listens), (self.place / "log").read_text()
        return process

    def _listens(self) -> bool:
        with socket.socket() as probe:
            return probe.connect_ex(("127.0.0.1", self.port)) == 0

    @property
    def options(self) -> list[str]:
        """The words that let ssh reach the server, whatever the user's own configuration says."""
        return ["-F", "none", "-i", str(self.key), "-oIdentitiesOnly=yes", "-oIdentityAgent=none",
                f"-oUserKnownHostsFile={self.known_hosts}", "-p", str(self.port)]  # fmt: skip

    def settings(self, workdir: str, **ssh: object) -> str:
        """A settings file with the server as the workspace `cluster`; JSON is YAML."""
        values = {"host": self.host, "options": self.options, **ssh}
        local = {"id": "here", "path": str(self.place / "local")}
        settings = {"workspaces": [local, {"id": "cluster", "path": workdir, "ssh": values}]}
        return json.dumps(settings, ensure_ascii=False)

    def workspace(self, name: str = "workspace") -> Path:
        """A workspace in the home directory over there, empty."""
        path = self.home / name
        path.mkdir(parents=True, exist_ok=True)
        (path / ".__experimaestro__").touch()
        return path

    def recorded(self) -> list[list[str]]:
        """What the stand-ins wrote since the last call, each call of one of them."""
        lines = self.log.read_text().splitlines() if self.log.exists() else []
        self.log.unlink(missing_ok=True)
        return [json.loads(line) for line in lines]

    def clients(self) -> list[int]:
        """The processes of ssh that use our key."""
        return _with_part("cmdline", str(self.key))

    def stop(self) -> None:
        """End the server with its connections and what they started, and wait until it is gone."""
        # Its sessions are its children; what runs in them has our home directory, wherever it went.
        children = Path(f"/proc/{self.process.pid}/task/{self.process.pid}/children").read_text().split()
        self.process.kill()
        self.process.wait()
        for pid in [*map(int, children), *_with_part("environ", f"HOME={self.home}")]:
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)


def _with_part(file: str, part: str) -> list[int]:
    """The processes whose `cmdline` or `environ` has a part, which ends where the next one begins."""
    found = []
    for entry in Path("/proc").glob("[0-9]*"):
        with suppress(OSError):
            if part.encode() in (entry / file).read_bytes().split(b"\0"):
                found.append(int(entry.name))
    return found
