"""Interactive shells in a pseudo-terminal, for tests of what happens when a user presses TAB."""

from __future__ import annotations

import fcntl
import os
import pty
import re
import select
import shutil
import signal
import struct
import subprocess
import termios
import time
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from pathlib import Path

PATIENCE = 60
"""Seconds after which a shell that says nothing has failed."""

# ^X shows the line as the shell has it, ^G clears it, and a question about a long list is never asked.
_SETUP = {
    "bash": r"""
PS1='ready> '
show() { printf '\n<<%s>>\n' "$READLINE_LINE"; }
bind -x '"\C-x": show'
bind '"\C-g": kill-whole-line'
bind 'set enable-bracketed-paste off' 'set page-completions off' 'set completion-query-items 0' 'set bell-style none'
""",
    "zsh": r"""
PS1='ready> '
show() { print -r -- $'\n'"<<$BUFFER>>" }
zle -N show
bindkey -e
bindkey '^X' show
bindkey '^G' kill-whole-line
LISTMAX=1000
unsetopt beep
""",
    "fish": r"""
function fish_prompt; echo 'ready> '; end
function fish_right_prompt; end
function fish_greeting; end
bind \cx 'printf "\n<<%s>>\n" (commandline | string collect)'
bind \cg 'commandline ""'
""",
}

_ARGUMENTS = {
    "bash": ("--noprofile", "--rcfile", "{rc}", "-i"),
    "zsh": ("-d", "-i"),
    "fish": ("--no-config", "--init-command", "source {rc}", "--interactive"),
}

_ESCAPES = re.compile(r"\x1b(?:\[[0-9;?<=>]*[a-zA-Z]|\][^\x07\x1b]*(?:\x07|\x1b\\)|[()][A-Z0-9]|[=>78M])|[\r\x07\x0f]")


class Terminal:
    """An interactive shell; `setup` is read by it before its first prompt.

    Skips the test where the shell is not installed. HOME is an empty directory in `home`.
    """

    def __init__(self, shell: str, setup: str, *, home: Path, cwd: Path, path: str, **environment: str) -> None:
        program = shutil.which(shell)
        if program is None:
            pytest.skip(f"{shell} is not installed")
        self.shell, self.cwd = shell, cwd
        home.mkdir(exist_ok=True)
        rc = home / (".zshrc" if shell == "zsh" else "rc")
        rc.write_text(_SETUP[shell] + setup, encoding="utf-8")
        self._screen = b""
        self._process, self._terminal = pty.fork()
        if self._process == 0:
            os.chdir(cwd)
            os.execve(
                program,
                [shell, *(argument.format(rc=rc) for argument in _ARGUMENTS[shell])],
                {
                    "HOME": str(home), "ZDOTDIR": str(home), "PATH": path, "TERM": "xterm", "LC_ALL": "C.UTF-8",
                    "HISTFILE": "", **environment,
                },
            )  # fmt: skip
        fcntl.ioctl(self._terminal, termios.TIOCSWINSZ, struct.pack("HHHH", 200, 160, 0, 0))
        self._until("ready> ")

    def close(self) -> None:
        """End the shell."""
        os.kill(self._process, signal.SIGKILL)
        os.waitpid(self._process, 0)
        os.close(self._terminal)

    def press(self, keys: str) -> tuple[str, str]:
        """Type on an empty line, then give the line as the shell has it, and what the screen showed meanwhile."""
        self._screen = b""
        os.write(self._terminal, keys.encode() + b"\x18")
        screen = self._until("<<", ">>\n")
        shown, _, line = screen.rpartition("<<")
        os.write(self._terminal, b"\x07")
        return line[: line.rindex(">>\n")], shown

    def _until(self, *marks: str) -> str:
        """Read until the marks have been shown in this order."""
        end = time.monotonic() + PATIENCE
        while True:
            text = _ESCAPES.sub("", self._screen.decode(errors="replace"))
            position = 0
            for mark in marks:
                position = text.find(mark, position) if position >= 0 else -1
            if position >= 0:
                return text
            if not select.select([self._terminal], [], [], max(end - time.monotonic(), 0))[0]:
                raise AssertionError(f"the shell went silent; its screen:\n{text}")
            try:
                new = os.read(self._terminal, 65536)
            except OSError:
                raise AssertionError(f"the shell has ended; its screen:\n{text}") from None
            self._screen += new
            if re.search(rb"\x1b\[0?c", new):
                # fish 4 waits for a terminal to say what it is.
                os.write(self._terminal, b"\x1b[?62c")


def words(shell: str, line: str, home: Path) -> list[str]:
    """The arguments that a shell hands to the program when the line is run."""
    print_all = "printf '%s\\n' $argv; end" if shell == "fish" else "printf '%s\\n' \"$@\"; }"
    define = f"function xpm-config; {print_all}" if shell == "fish" else f"xpm-config() {{ {print_all}"
    done = subprocess.run(
        [shell, "-c", f"{define}\n{line}"], capture_output=True, text=True, check=True, env={"HOME": str(home)}
    )
    return done.stdout.splitlines()
