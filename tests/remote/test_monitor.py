"""experimaestro's own monitor, started by `xpm-config ssh-monitor`, against a real SSH server."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import urllib.request
from contextlib import contextmanager
from typing import TYPE_CHECKING

import pytest

from tests.remote.sshd import experimaestro, free_port, wait_for

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.remote.sshd import Sshd

_SSH = """\
#!/bin/sh
{python} - "$@" <<'END'
import json, sys
with open({log!r}, "a") as file:
    print(json.dumps(sys.argv[1:]), file=file)
END
exec {ssh} "$@"
"""


@contextmanager
def monitor(place: Path, *arguments: str, path: str | None = None) -> Iterator[tuple[subprocess.Popen[bytes], Path]]:
    """The monitor of the workspace `cluster`, running, and the file with all that it says."""
    output = place / "output"
    words = [sys.executable, "-m", "xpm_config", "--settings", "s.yaml", "ssh-monitor", "--workspace", "cluster"]
    environ = {**os.environ, "PATH": path or os.environ["PATH"], "PYTHONUNBUFFERED": "1"}
    with output.open("wb") as file:
        process = subprocess.Popen(
            [*words, *arguments], cwd=place, env=environ, stdin=subprocess.DEVNULL, stdout=file,
            stderr=subprocess.STDOUT, start_new_session=True,
        )  # fmt: skip
        try:
            yield process, output
        finally:
            if process.poll() is None:
                os.killpg(process.pid, signal.SIGKILL)
            process.wait()


@pytest.mark.parametrize("way", ["xpm_path", "uv"])
def test_monitor_connects_and_streams(sshd: Sshd, tmp_path: Path, way: str) -> None:
    """The process becomes the real monitor, which connects, and an interrupt ends it."""
    uv = {"shell_init": f'PATH="{sshd.uv().parent}:$PATH" # uv\n', "uv_offline": True, "python": "a b"}
    settings = {"xpm_path": str(experimaestro())} if way == "xpm_path" else uv
    (tmp_path / "s.yaml").write_text(sshd.settings(str(sshd.workspace("it's a space")), **settings))
    with monitor(tmp_path, "--events-viewer", "--events-format", "json") as (process, output):
        assert wait_for(lambda: "Streaming events (JSON format)" in output.read_text()), output.read_text()
        assert f"Connected to {sshd.host}" in output.read_text()
        command = (tmp_path / f"/proc/{process.pid}/cmdline").read_bytes().split(b"\0")
        assert os.fsencode(experimaestro()) in command
        process.send_signal(signal.SIGINT)
        process.wait(30)
    if way == "uv":
        workdir = str(sshd.home / "it's a space")
        uv_words = ["tool", "run", "--offline", "--python", "a b", "experimaestro>=2.7.0"]
        assert sshd.recorded() == [[*uv_words, "experiments", "--workdir", workdir, "monitor-server"]]


def test_monitor_serves_its_web_page(sshd: Sshd, tmp_path: Path) -> None:
    """`--web` and `--port` are passed on: the page is there."""
    (tmp_path / "s.yaml").write_text(sshd.settings(str(sshd.workspace()), xpm_path=str(experimaestro())))
    port = free_port()

    def answers() -> bool:
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{port}/login.html", timeout=5) as answer:
                return bool(answer.status == 200)
        except OSError:
            return False

    with monitor(tmp_path, "--web", "--port", str(port)) as (process, output):
        assert wait_for(answers), output.read_text()
        assert f"Connected to {sshd.host}" in output.read_text()
        process.send_signal(signal.SIGINT)
        process.wait(30)


def test_monitor_runs_the_printed_command(sshd: Sshd, tmp_path: Path) -> None:
    """The words that the real monitor gives to ssh are those of --print, but for the sharing of the connection."""
    log = tmp_path / "calls"
    (tmp_path / "bin").mkdir()
    fake = tmp_path / "bin" / "ssh"
    fake.write_text(_SSH.format(python=sys.executable, log=str(log), ssh="/usr/bin/ssh"))
    fake.chmod(0o755)
    workdir = str(sshd.workspace("a 'b' $c \\ d\n日本"))
    (tmp_path / "s.yaml").write_text(
        sshd.settings(workdir, xpm_path=f"'{experimaestro()}'", shell_init="export A='$b  \n' # c\n")
    )
    path = f"{tmp_path / 'bin'}:{os.environ['PATH']}"
    with monitor(tmp_path, "--events-viewer", path=path) as (process, output):
        assert wait_for(lambda: "Streaming events" in output.read_text()), output.read_text()
        process.send_signal(signal.SIGINT)
        process.wait(30)
    with monitor(tmp_path, "--print", "--format", "json") as (process, output):
        assert process.wait(30) == 0
        text = output.read_text()
        # Before it stands a warning: experimaestro does not expand the `$c` of the path.
        printed = json.loads(text[text.index("{") :])["command"]
    ran = json.loads(log.read_text().splitlines()[0])
    assert [word.partition("=")[0] for word in ran[:6]] == [
        "-o", "ControlMaster", "-o", "ControlPath", "-o", "ControlPersist",
    ]  # fmt: skip
    assert ["ssh", *ran[6:]] == printed


def test_monitor_fails_as_experimaestro_fails(sshd: Sshd, tmp_path: Path) -> None:
    """What the real monitor says, and its exit code, are the user's."""
    (tmp_path / "s.yaml").write_text(sshd.settings("/w", xpm_path=str(experimaestro())))
    with monitor(tmp_path, "--events-viewer", "--events-format", "nonsense") as (process, output):
        assert process.wait(60) == 2
        assert "'nonsense' is not one of 'text', 'json'" in output.read_text()


@pytest.mark.parametrize("is_workspace", [True, False])
def test_monitor_leaves_the_local_workspace_alone(sshd: Sshd, tmp_path: Path, is_workspace: bool) -> None:
    """The group of commands neither looks at the default workspace nor asks whether another one is meant."""
    local = tmp_path / "above/local"
    local.mkdir(parents=True)
    ((local if is_workspace else local.parent) / ".__experimaestro__").touch()
    own = tmp_path / ".config/experimaestro/settings.yaml"
    own.parent.mkdir(parents=True)
    own.write_text(f"workspaces: [{{id: here, path: '{local}'}}]\n")
    (tmp_path / "s.yaml").write_text(sshd.settings(str(sshd.workspace()), xpm_path=str(experimaestro())))
    with monitor(tmp_path, "--events-viewer") as (process, output):
        assert wait_for(lambda: "Streaming events" in output.read_text()), output.read_text()
        process.send_signal(signal.SIGINT)
        process.wait(30)
    said = output.read_text()
    assert said.startswith(f"Connecting to {sshd.host}"), said
    assert "local" not in said
