"""`ssh-monitor --check` against a real SSH server with a real experimaestro behind it."""

from __future__ import annotations

import json
import shlex
import socket
import subprocess
import sys
import time
from typing import TYPE_CHECKING, Any

import pytest

from tests.remote.sshd import experimaestro, free_port, wait_for
from xpm_config import cli

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.remote.sshd import Sshd


class Check:
    """Runs the check of the workspace `cluster`, and reads what it says."""

    def __init__(self, sshd: Sshd, place: Path, capsys: pytest.CaptureFixture[str]) -> None:
        """Take what the runs need."""
        self.sshd = sshd
        self.place = place
        self.capsys = capsys

    def __call__(self, *arguments: str, workdir: str | None = None, **ssh: object) -> dict[str, Any]:
        """The report of a check as JSON; its exit code must agree, and no process of ssh may be left."""
        workdir = str(self.sshd.workspace()) if workdir is None else workdir
        (self.place / "s.yaml").write_text(self.sshd.settings(workdir, **ssh))
        words = ["--settings", "s.yaml", "ssh-monitor", "--workspace", "cluster", "--check", "--format", "json"]
        code = cli.main([*words, *arguments])
        report: dict[str, Any] = json.loads(self.capsys.readouterr().out)
        assert code == (0 if report["ok"] else 1)
        assert self.sshd.clients() == []
        return report

    def error(self, *arguments: str, workdir: str | None = None, **ssh: object) -> tuple[str, str]:
        """The kind and the message of a check that fails; there is always a next step."""
        error = self(*arguments, workdir=workdir, **ssh)["error"]
        assert error["help"]
        return error["kind"], error["message"]


@pytest.fixture
def check(sshd: Sshd, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Check:
    """The check, in a directory of its own."""
    return Check(sshd, tmp_path, capsys)


PYTHON = sys.version.split()[0]


def reported(report: dict[str, Any]) -> tuple[object, ...]:
    """What a good report says of the other side."""
    return tuple(report[name] for name in ("protocol", "workspace", "experimaestro", "python"))


# -- what answers -------------------------------------------------------------------------------------


def test_installed_experimaestro_answers(check: Check, sshd: Sshd) -> None:
    """Through `xpm_path`: the protocol, the workspace, the release and its Python."""
    report = check(xpm_path=str(experimaestro()))
    assert reported(report) == ("2.0", str(sshd.workspace()), "2.7.0", PYTHON)
    assert report["noise"] == []
    assert report["settings"]["xpm_path"]["origin"]["kind"] == "file"
    assert report["settings"]["uv_offline"] == {"value": False, "origin": {"kind": "default"}}


def test_experimaestro_answers_through_uv(check: Check, sshd: Sshd) -> None:
    """Through uv: it is given the options of the settings, and the release line of this machine."""
    init = f'PATH="{sshd.uv().parent}:$PATH"'
    report = check(shell_init=init, uv_offline=True, python="3.1 'x'")
    assert reported(report) == ("2.0", str(sshd.workspace()), "2.7.0", PYTHON)
    uv = ["tool", "run", "--offline", "--python", "3.1 'x'"]
    assert sshd.recorded() == [
        [*uv, "experimaestro>=2.7.0", "experiments", "--workdir", str(sshd.workspace()), "monitor-server"],
        [*uv, "experimaestro>=2.7.0", "version"],
        [*uv, "--from", "experimaestro>=2.7.0", "python", "-V"],
    ]


def test_flags_override_the_workspace(check: Check, sshd: Sshd) -> None:
    """Flags win over the settings, also to say no and to take a value away."""
    init = f'PATH="{sshd.uv().parent}:$PATH"'
    flags = ["--no-uv-offline", "--remote-python", "", "--remote-xpm", "", "--force-version"]
    report = check(
        "--remote-shell-init", init, *flags, shell_init="exit 7", uv_offline=True, python="3.1", xpm_path="/nowhere"
    )
    assert report["ok"]
    assert sshd.recorded()[1] == ["tool", "run", "experimaestro==2.7.0", "version"]
    flag = {"kind": "flag", "variables": ["--no-uv-offline"]}
    assert report["settings"]["uv_offline"] == {"value": False, "origin": flag}


def test_options_of_the_command_line_replace_those_of_the_workspace(check: Check, sshd: Sshd) -> None:
    """`-o` replaces the list as a whole, an option and its value may share a word, and an empty one clears it."""
    joined = [word for option in sshd.options for word in ("-o", option)][:-4]
    report = check(*joined, "-o", f"-p {sshd.port}", options=["-p", "1"], xpm_path=str(experimaestro()))
    assert report["ok"]
    assert report["settings"]["options"]["value"] == sshd.options
    assert check("-o", "", "--timeout", "5", xpm_path=str(experimaestro()))["settings"]["options"]["value"] == []


@pytest.mark.parametrize("name", ["with spaces", "it's $HOME", "données"])
def test_workspace_of_any_name_answers(check: Check, sshd: Sshd, name: str) -> None:
    """The real experimaestro finds the workspace, whatever its name."""
    assert check(workdir=str(sshd.workspace(name)), xpm_path=str(experimaestro()))["workspace"].endswith(name)


def test_tilde_is_the_home_directory_over_there(check: Check, sshd: Sshd) -> None:
    """The `~` of the directory is expanded by experimaestro, on the other machine."""
    sshd.workspace("in home")
    assert check(workdir="~/in home", xpm_path=str(experimaestro()))["workspace"] == str(sshd.home / "in home")


def test_tilde_of_the_command_is_refused(sshd: Sshd, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """No shell expands the `~` of `xpm_path`, since experimaestro quotes it: this is said before connecting."""
    (tmp_path / "s.yaml").write_text(sshd.settings("/w", xpm_path="~/bin/experimaestro"))
    assert cli.main(["--settings", "s.yaml", "ssh-monitor", "--workspace", "cluster", "--check"]) == 2
    error = capsys.readouterr().err
    assert "error: s.yaml:1: the `~` in `xpm_path` would not be expanded" in error
    assert "help: write the whole path" in error


def test_python_of_a_module_is_found(check: Check) -> None:
    """`python -m experimaestro` names its Python."""
    python = experimaestro().with_name("python")
    assert check(xpm_path=f"{python} -m experimaestro")["python"] == PYTHON


def test_python_is_unknown_behind_another_program(check: Check, sshd: Sshd) -> None:
    """Where a program starts experimaestro, nothing is guessed."""
    program = sshd.program("bin/wrapper", f'#!/bin/sh\nexec "{experimaestro()}" "$@"\n')
    report = check(xpm_path=shlex.quote(str(program)))
    assert (report["experimaestro"], report["python"]) == ("2.7.0", "unknown")


def test_lines_before_the_answer_are_told(
    check: Check, sshd: Sshd, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """What `shell_init` prints is passed over, as the monitor does, and told."""
    assert check(shell_init="echo hello; echo 2.5.0", xpm_path=str(experimaestro()))["noise"] == ["hello", "2.5.0"]
    (tmp_path / "s.yaml").write_text(
        sshd.settings(str(sshd.workspace()), shell_init="echo hello", xpm_path=str(experimaestro()))
    )
    assert cli.main(["--settings", "s.yaml", "ssh-monitor", "--workspace", "cluster", "--check"]) == 0
    out, err = capsys.readouterr()
    assert out.startswith(f"{sshd.host} answers\n  protocol      2.0\n")
    assert f"  experimaestro 2.7.0\n  python        {PYTHON}\n" in out
    assert "sends a line that the monitor cannot read before the answer: hello\n" in err


def test_secrets_are_masked(check: Check) -> None:
    """A secret that `shell_init` exports is not in the report."""
    report = check(shell_init="export HF_TOKEN=hf_abcdefgh", xpm_path=str(experimaestro()))
    assert "hf_abcdefgh" not in json.dumps(report)


# -- what does not ------------------------------------------------------------------------------------


def test_unknown_name(check: Check) -> None:
    """A name that cannot be looked up; one label of 70 letters is no name in any network."""
    kind, message = check.error(host="x" * 70)
    assert (kind, message) == ("name", f"the name of {'x' * 70} is not known")


def test_refused_connection(check: Check, sshd: Sshd) -> None:
    """Nothing listens on the port."""
    kind, message = check.error(options=[*sshd.options[:-1], str(free_port())])
    assert kind == "refused"
    assert message == f"{sshd.host} refuses the connection: nothing listens there"


@pytest.fixture
def silent_port() -> Iterator[int]:
    """A port that takes connections and never says anything."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen()
        yield int(listener.getsockname()[1])


def test_unreachable_network(check: Check) -> None:
    """No way leads there: to the broadcast address of the loopback network, the system makes no connection."""
    assert check.error(host="127.255.255.255") == ("unreachable", "127.255.255.255 cannot be reached")


@pytest.mark.parametrize("seconds", [1.5, 4])
def test_unreachable_host(check: Check, sshd: Sshd, silent_port: int, seconds: float) -> None:
    """A host that says nothing is given up in time, by ssh itself, which knows that it was not even there."""
    start = time.monotonic()
    kind, message = check.error("--timeout", str(seconds), options=[*sshd.options[:-1], str(silent_port)])
    assert time.monotonic() - start < seconds + 1.5
    assert (kind, message) == ("unreachable", f"{sshd.host} cannot be reached")


def test_refused_key(check: Check, sshd: Sshd, tmp_path: Path) -> None:
    """The server does not accept our key."""
    subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", "other"], check=True)
    options = [str(tmp_path / "other") if word == str(sshd.key) else word for word in sshd.options]
    kind, message = check.error(options=options)
    assert kind == "login"
    assert message == f"{sshd.host} lets this user in with no key"


def test_encrypted_key_is_not_asked_for(check: Check, sshd: Sshd, tmp_path: Path) -> None:
    """A key that needs a passphrase fails at once, instead of waiting for one."""
    subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "secret", "-f", "locked"], check=True)
    options = [str(tmp_path / "locked") if word == str(sshd.key) else word for word in sshd.options]
    start = time.monotonic()
    assert check.error(options=options)[0] == "login"
    assert time.monotonic() - start < 10


def test_unknown_host_key(check: Check, sshd: Sshd, tmp_path: Path) -> None:
    """A host that was never met is not trusted, and nothing is written."""
    options = [word.replace(str(sshd.known_hosts), "none_known") for word in sshd.options]
    kind, message = check.error(options=options)
    assert (kind, message) == ("host-key", f"the key of {sshd.host} is not known on this machine")
    assert not (tmp_path / "none_known").exists()


def test_changed_host_key(check: Check, sshd: Sshd, tmp_path: Path) -> None:
    """A host with another key than before is not trusted."""
    other = sshd.key.with_suffix(".pub").read_text()
    (tmp_path / "known").write_text(f"[127.0.0.1]:{sshd.port} {other}")
    options = [word.replace(str(sshd.known_hosts), "known") for word in sshd.options]
    assert check.error(options=options) == ("host-key-changed", f"{sshd.host} shows another key than before")


def test_remote_without_experimaestro(check: Check) -> None:
    """The command of `xpm_path` is not there."""
    kind, message = check.error(xpm_path="/nowhere/experimaestro")
    assert kind == "command"
    assert "/nowhere/experimaestro: " in message


def test_remote_without_uv(check: Check, sshd: Sshd) -> None:
    """Neither `xpm_path` nor uv."""
    kind, message = check.error(shell_init='PATH="/nowhere"')
    assert kind == "command"
    assert message.startswith(f"experimaestro cannot be started on {sshd.host}: ")
    assert "uv" in message


def test_failing_uv(check: Check, sshd: Sshd) -> None:
    """What uv says when it finds no release is passed on."""
    text = "#!/bin/sh\necho 'error: no version of experimaestro' >&2\nexit 2\n"
    init = f'PATH="{sshd.program("failing/uv", text).parent}:$PATH"'
    kind, message = check.error(shell_init=init)
    assert kind == "failed"
    assert message == f"the command on {sshd.host} ended with exit code 2: error: no version of experimaestro"


def test_missing_workspace(check: Check, sshd: Sshd) -> None:
    """The directory is not there, or not a workspace."""
    for path in (sshd.home / "nowhere", sshd.home / "bin"):
        kind, message = check.error(workdir=str(path), xpm_path=str(experimaestro()))
        assert kind == "workspace"
        assert message.endswith(f"{path} is not an experimaestro working directory")


def test_parent_of_the_directory_is_a_workspace(check: Check, sshd: Sshd) -> None:
    """Where experimaestro would ask whether the parent is meant, that is no answer."""
    path = sshd.workspace() / "jobs"
    path.mkdir(exist_ok=True)
    start = time.monotonic()
    kind, message = check.error("--timeout", "60", workdir=str(path), xpm_path=str(experimaestro()))
    assert time.monotonic() - start < 55
    assert kind == "workspace"
    assert f"{path} is not an experimaestro working directory" in message


def test_another_protocol(check: Check, sshd: Sshd) -> None:
    """A server with another protocol is named with it."""
    answer = '{"jsonrpc": "2.0", "id": 1, "result": {"protocol_version": "3.1", "workspace_path": "/w"}}'
    program = sshd.program("bin/later", f"#!/bin/sh\necho '{answer}'\ncat >/dev/null\n")
    assert check.error(xpm_path=shlex.quote(str(program))) == (
        "protocol",
        f"the server on {sshd.host} speaks protocol 3.1, the monitor speaks 2.0",
    )


@pytest.mark.parametrize(
    ("farewell", "kind"),
    [
        ('{"code": -32002, "message": "Workspace path does not exist: /w", "reason": "error"}', "workspace"),
        ('{"code": -32603, "message": "Failed to initialize: x", "reason": "error"}', "server"),
    ],
)
def test_farewell_instead_of_an_answer(check: Check, sshd: Sshd, farewell: str, kind: str) -> None:
    """A server that ends with an error says so in a notification."""
    message = f'{{"jsonrpc": "2.0", "method": "notification.shutdown", "params": {farewell}}}'
    program = sshd.program("bin/leaving", f"#!/bin/sh\necho '{message}'\n")
    assert check.error(xpm_path=shlex.quote(str(program)))[0] == kind


@pytest.mark.parametrize(
    ("code", "message"),
    [
        (r"printf 'no end of line'", "no answer from {host} in 3 s, only: `no end of line"),
        (r"printf '\377\n'", "what comes before the answer is not UTF-8, and would stop the monitor: "),
        ("yes", "{host} gives something else than an answer: `y`"),
        ("yes | tr -d '\\n'", "{host} gives something else than an answer: `yyyy"),
        ("cat >/dev/null", "no answer from {host} in 3 s"),
        ("sleep 300", "no answer from {host} in 3 s"),
        ("exit", "the command on {host} ends without an answer"),
        ("echo hi; exit", "{host} gives something else than an answer: `hi`"),
        ("exit 3", "the command on {host} ended with exit code 3: nothing"),
        ("kill $$", "the command on {host} was killed, or the connection was lost"),
        ("head -c 100000 /dev/zero | tr '\\0' '['; echo; exit 0", "{host} gives something else than an answer: `[[[["),
        ("echo '[]'; echo 1; echo null; exit 0", "{host} gives something else than an answer: `[]`"),
    ],
)
def test_no_answer(check: Check, sshd: Sshd, code: str, message: str) -> None:
    """Whatever `shell_init` does, the check ends in time and says what came instead of an answer."""
    start = time.monotonic()
    seconds = 3 if " 3 s" in message else 60
    kind, said = check.error("--timeout", str(seconds), shell_init=code, xpm_path=str(experimaestro()))
    assert time.monotonic() - start < seconds + 1.5
    assert said.startswith(message.format(host=sshd.host))
    assert kind in ("answer", "timeout", "failed", "lost")


def test_failure_as_text(check: Check, sshd: Sshd, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """As text, a failed check says what is wrong and what to do, and nothing on standard output."""
    (tmp_path / "s.yaml").write_text(sshd.settings("/w", xpm_path="/nowhere"))
    assert cli.main(["--settings", "s.yaml", "ssh-monitor", "--workspace", "cluster", "--check"]) == 1
    out, err = capsys.readouterr()
    assert out == ""
    assert err.splitlines()[-2].startswith(f"error: experimaestro cannot be started on {sshd.host}: ")
    assert err.splitlines()[-1].startswith("help: give its path (`xpm_path`)")


def test_process_over_there_ends_too(check: Check, sshd: Sshd) -> None:
    """When a check is given up, the server over there loses its input and ends."""
    mark = sshd.home / "ended"
    program = sshd.program("bin/waiting", f"#!/bin/sh\ncat >/dev/null\ntouch '{mark}'\n")
    assert check.error("--timeout", "2", xpm_path=shlex.quote(str(program)))[0] == "timeout"
    assert wait_for(mark.exists)
