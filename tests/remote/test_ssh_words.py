"""What ssh takes words for, held against ssh itself, which prints with -G what it would do."""

from __future__ import annotations

import shutil
import subprocess
from random import Random
from typing import TYPE_CHECKING

import pytest

from xpm_config.ssh_words import misread_among_options, misread_value, open_end, split_options

if TYPE_CHECKING:
    from pathlib import Path

CASES = 400
"""How many lists of options are tried."""

# No option here writes a file, asks a running connection or only prints a version.
WORDS = ["-p", "2222", "-p2222", "-p 2222", "-v", "-vA", "-vp", "-l", "me", "-l me", "-o", "Port=3", "-oPort=3",
         "-o Port 3", "-J", "jump", "-i", "/id file", "-", "login", "-4", "-Cq", "-qi", "-c", "aes256-ctr", "",
         "--"]  # fmt: skip


def effective(words: list[str]) -> dict[str, str] | None:
    """The configuration that ssh makes of options and of the host `meant`; None if it refuses them."""
    if shutil.which("ssh") is None:
        pytest.skip("ssh is not installed")
    command = ["ssh", "-F", "none", "-G", *words, "meant", "command"]
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=60)
    if done.returncode:
        return None
    return dict(line.partition(" ")[::2] for line in done.stdout.splitlines())


def test_misread_words_are_those_that_ssh_misreads() -> None:
    """Where nothing is found, ssh connects to the host that is meant; where something is, it does not."""
    random = Random(20)
    outcomes = {True: 0, False: 0}
    for _ in range(CASES):
        words = random.choices(WORDS, k=random.randint(1, 4))
        configuration = effective(words)
        if configuration is None:
            continue
        found = list(misread_among_options(words))
        assert (configuration["host"] == "meant") == (not found), (words, found)
        outcomes[bool(found)] += 1
    assert min(outcomes.values()) > 20, outcomes


@pytest.mark.parametrize(
    ("words", "key", "value"),
    [
        (["-p 2222"], "port", "2222"),
        (["-l me"], "user", "me"),
        (["-vl  me"], "user", "me"),
        (["-o Port=3"], "port", "3"),
        (["-o", "User me"], "user", "me"),
        (["-p2222"], "port", "2222"),
    ],
)
def test_option_and_value_in_one_word(words: list[str], key: str, value: str) -> None:
    """A space between an option and its value belongs to neither, once the word is split; other words stay."""
    configuration = effective(split_options(words))
    assert configuration is not None
    assert configuration[key] == value


def test_file_behind_a_space(tmp_path: Path) -> None:
    """A key in the same word as `-i` is found, with the spaces of its own name; ssh alone would not find it."""
    key = tmp_path / "id  file"
    key.touch()
    configuration = effective(split_options([f"-i {key}"]))
    assert configuration is not None
    assert configuration["identityfile"] == str(key)
    assert (effective([f"-i {key}"]) or {}).get("identityfile") != str(key)


def test_words_without_a_value_stay() -> None:
    """Nothing else is split."""
    words = ["-v", "-p", "2222", "-oProxyJump=a b", "-p2222", "-4 6", "", "login", "-", "-o", "-p 1"]
    assert split_options(words) == words


@pytest.mark.parametrize("name", ["host", "python", "shell_init", "xpm_path"])
def test_hyphen_in_front_is_an_option(name: str) -> None:
    """Each value that may not start with `-` says who would take it as an option."""
    misread = misread_value(name, "-x")
    assert misread is not None
    assert misread.message.startswith(f"`{name}` starts with `-`: ")
    assert misread_value(name, "x-") is None
    assert misread_value(name, "") is None


@pytest.mark.parametrize("text", [" -oProxyCommand=x", "a b", "h\t", "h\n", "h\x1b[31m", "\x7f", "h\u202e", "h\xa0"])
def test_a_host_is_one_word_that_can_be_shown(text: str) -> None:
    """Blanks and control characters are no part of a host; other values may have them."""
    misread = misread_value("host", text)
    assert misread is not None
    assert misread.message.startswith("`host` has a blank")
    assert misread_value("xpm_path", text) is None
    assert misread_value("host", "me@données.example") is None


CODE_WORDS = (
    "true",
    "echo a",
    ";",
    "&",
    "\n",
    " ",
    "# note",
    "x#y",
    '"a # b"',
    "&&",
    "|",
    "\\\\",
    "\\",
    "{ true; }",
    "'#'",
)


@pytest.mark.parametrize("seed", range(300))
def test_open_end_is_what_a_shell_stumbles_over(seed: int) -> None:
    """Behind code without an open end, `; command` runs in a real shell; behind code with one, it does not."""
    generator = Random(seed)
    code = " ".join(generator.choice(CODE_WORDS) for _ in range(generator.randint(1, 4)))
    alone = subprocess.run(["sh", "-c", code], capture_output=True, timeout=10, check=False)
    if b"yntax error" in alone.stderr or b"nterminated" in alone.stderr:
        return
    behind = subprocess.run(["sh", "-c", f"{code}; echo it ran"], capture_output=True, timeout=10, check=False)
    runs = b"it ran\n" in behind.stdout
    # A blank behind a backslash is a word of its own to the shell, and no end of anything.
    if not runs or not code.rstrip().endswith("\\"):
        assert (open_end(code) is None) == runs, code
