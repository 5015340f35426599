"""What a real remote shell receives, and what ssh itself makes of words that are refused."""

from __future__ import annotations

import shlex
import subprocess
from typing import TYPE_CHECKING, Any

import pytest

from xpm_config import cli, remote
from xpm_config.errors import UsageError
from xpm_config.remote import Flags

if TYPE_CHECKING:
    from pathlib import Path

    from tests.remote.sshd import Sshd

VERSION = "2.7.0"
WANTED = "experimaestro>=2.7.0"

TEXTS = {
    "spaces": "two  words ",
    "single quotes": "it's 'so'",
    "double quotes": 'a "b" c',
    "dollars": "$HOME ${PATH} $(id) `id`",
    "line breaks": "one\ntwo\n",
    "other characters": "données/日本語/😀",
    "backslashes": "a\\b\\\\ \\n",
    "patterns": "* ? [a-z] {a,b} ~ !!",
    "operators": "a; b & c | d > e < f # g",
    "tab and return": "a\tb\rc",
    "an option": "-oProxyCommand=x",
}


def send(sshd: Sshd, flags: Flags, version: str = VERSION) -> list[list[str]]:
    """Run the command of the monitor server, and return what was recorded over there."""
    found = remote.remote(None, flags._replace(host=sshd.host, options=tuple(sshd.options)))
    command = remote.ssh(found, remote.monitor_server(found, version, WANTED))
    subprocess.run(command, check=True, stdin=subprocess.DEVNULL, timeout=60)
    return sshd.recorded()


@pytest.mark.parametrize("text", TEXTS.values(), ids=TEXTS)
@pytest.mark.parametrize("version", ["2.7.0", "2.6.0"])
def test_directory_arrives_as_it_is(sshd: Sshd, text: str, version: str) -> None:
    """The directory is one argument over there, character by character, whatever the release here."""
    recorded = send(sshd, Flags(workdir=text, xpm_path="record"), version)
    assert recorded == [["experiments", "--workdir", text, "monitor-server", ""]]


@pytest.mark.parametrize("text", TEXTS.values(), ids=TEXTS)
def test_python_arrives_as_it_is(sshd: Sshd, text: str) -> None:
    """The Python for uv is one argument over there; uv would take one with a hyphen in front as an option."""
    sshd.program("bin/uv", (sshd.home / "bin/record").read_text())
    flags = Flags(workdir="/w", python=text, uv_offline=True)
    if text.startswith("-"):
        with pytest.raises(UsageError, match="uv would take it as an option"):
            send(sshd, flags)
        return
    uv = ["tool", "run", "--offline", "--python", text, WANTED]
    assert send(sshd, flags) == [[*uv, "experiments", "--workdir", "/w", "monitor-server", ""]]


@pytest.mark.parametrize("text", TEXTS.values(), ids=TEXTS)
def test_command_arrives_as_it_is(sshd: Sshd, text: str) -> None:
    """A quoted path and quoted arguments of `xpm_path` arrive without the quotes, and nothing else is changed."""
    name = f"tools/{text.strip().replace('/', ' ')}/record"
    program = sshd.program(name, (sshd.home / "bin/record").read_text())
    xpm_path = shlex.join([str(program), "--some", text])
    recorded = send(sshd, Flags(workdir="/w", xpm_path=xpm_path))
    assert recorded == [["--some", text, "experiments", "--workdir", "/w", "monitor-server", ""]]


@pytest.mark.parametrize("text", TEXTS.values(), ids=TEXTS)
def test_code_runs_as_it_is(sshd: Sshd, text: str) -> None:
    """`shell_init` is code: what it quotes and exports is what experimaestro sees."""
    code = f"SEEN={shlex.quote(text)}; export SEEN"
    assert send(sshd, Flags(workdir="/w", xpm_path="record", shell_init=code))[0][-1] == text


@pytest.mark.parametrize(
    "code",
    ["true", "true;", "true\n", "true \n\n", "true # why", "true\n# why", "true &", "true &&", "false ||",
     "cat <<END\nx\nEND", " ", "if true; then\n  true\nfi\n", "false", "# only a comment"],
)  # fmt: skip
def test_code_may_end_in_any_way(sshd: Sshd, code: str) -> None:
    """A comment, a line break or an operator at the end of `shell_init` keeps nothing from running."""
    recorded = send(sshd, Flags(workdir="/w", xpm_path="record", shell_init=code))
    assert recorded == [["experiments", "--workdir", "/w", "monitor-server", ""]]


@pytest.mark.parametrize("text", TEXTS.values(), ids=TEXTS)
def test_printed_command_can_be_pasted(
    sshd: Sshd, tmp_path: Path, capsys: pytest.CaptureFixture[str], text: str
) -> None:
    """What --print shows, pasted into a shell, does the same over there."""
    (tmp_path / "s.yaml").write_text(sshd.settings(text, xpm_path="record", shell_init="export SEEN='a  b' # x\n"))
    assert cli.main(["--settings", "s.yaml", "ssh-monitor", "--workspace", "cluster", "--print"]) == 0
    printed = capsys.readouterr().out
    subprocess.run(["sh", "-c", printed], check=True, stdin=subprocess.DEVNULL, timeout=60)
    assert sshd.recorded() == [["experiments", "--workdir", text, "monitor-server", "a  b"]]


@pytest.mark.parametrize(
    "flags",
    [
        Flags(host="-oProxyCommand=touch made"),
        Flags(xpm_path="-oProxyCommand=touch made"),
        Flags(xpm_path="'-oProxyCommand=touch' made"),
        Flags(shell_init="-oProxyCommand=touch made #"),
    ],
)
def test_what_ssh_takes_as_an_option_is_refused(sshd: Sshd, tmp_path: Path, flags: Flags) -> None:
    """In place of the host and of the command, ssh would run such a word on this machine."""
    words = ["-oProxyCommand=touch made", "x"] if flags.host else [sshd.host, "-oProxyCommand=touch made"]
    subprocess.run(["ssh", *sshd.options, *words], capture_output=True, check=False, timeout=60)
    assert (tmp_path / "made").exists()
    flags = flags._replace(host=flags.host or sshd.host, workdir="/w")
    with pytest.raises(UsageError, match="ssh would take"):
        remote.remote(None, flags)


@pytest.mark.parametrize("text", ["a\0b", "a\ud800b"])
@pytest.mark.parametrize("name", ["host", "workdir", "shell_init", "python", "xpm_path"])
def test_what_no_command_can_be_given_is_refused(name: str, text: str) -> None:
    """A NUL character or half a character pair is refused, instead of ending in a traceback."""
    given: dict[str, Any] = {"host": "h", "workdir": "/w", name: text}
    flags = Flags(**given)
    with pytest.raises(UsageError, match=f"`{name}` has a character that no command can be given"):
        remote.remote(None, flags)
