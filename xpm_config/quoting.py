"""Words of a command line, quoted for a shell that somebody pastes them into."""

from __future__ import annotations

import shlex

_NAMED = {"\\": "\\\\", "'": "\\'", "\n": "\\n", "\r": "\\r", "\t": "\\t"}


def quote(word: str) -> str:
    """One word for a shell, in which no character is left that a terminal would obey or not show.

    A word with such a character becomes `$'…'`, which bash, zsh and ksh read; every other one is quoted for
    all POSIX shells. Raises UnicodeEncodeError for a lone surrogate, which no command can be given.
    """
    if word.isprintable():
        return shlex.quote(word)
    return f"$'{''.join(map(_escaped, word))}'"


def _escaped(char: str) -> str:
    if char in _NAMED:
        return _NAMED[char]
    # Three octal digits are read alike by all three, whatever comes behind them.
    return char if char.isprintable() else "".join(f"\\{byte:03o}" for byte in char.encode("utf-8", "surrogateescape"))
