"""Words for a shell: what real shells read of them, and what a terminal would."""

from __future__ import annotations

import os
import shutil
import subprocess

import pytest

from xpm_config.quoting import quote

WORDS = [
    "plain",
    "two words",
    "it's",
    "",
    "$HOME `id` \\ !",
    "a\nb",
    "a\tb\rc",
    "\x1b[31mred\x1b7",
    "\x07\x7f",
    "back\\slash\n'",
    "données\n日本",
    "\u202eevil",
    "no\xa0break",
    os.fsdecode(b"\xff\n"),
]


@pytest.mark.parametrize("shell", ["bash", "zsh"])
@pytest.mark.parametrize("word", WORDS, ids=ascii)
def test_a_shell_reads_the_word(shell: str, word: str) -> None:
    """What is quoted is one word again, byte by byte."""
    program = shutil.which(shell)
    if program is None:
        pytest.skip(f"{shell} is not installed")
    done = subprocess.run([program, "-c", f"printf '%s|' {quote(word)}"], capture_output=True, check=True)
    assert done.stdout == os.fsencode(word) + b"|"


@pytest.mark.parametrize("word", WORDS, ids=ascii)
def test_a_terminal_obeys_nothing_of_it(word: str) -> None:
    """Every character can be shown, and a word without others is quoted for all POSIX shells."""
    assert quote(word).isprintable()
    if word.isprintable():
        done = subprocess.run(["sh", "-c", f"printf '%s|' {quote(word)}"], capture_output=True, check=True)
        assert done.stdout == os.fsencode(word) + b"|"
