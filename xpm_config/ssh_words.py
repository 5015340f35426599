"""The words of an ssh command: what ssh would take for something else than is meant."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

# Options of ssh that take a value, in their own word or in the next one (ssh(1)).
_WITH_VALUE = "BbcDEeFIiJLlmOoPpQRSWw"

_AS_OPTION = {
    "host": ("ssh would take it as an option", "options of ssh go into `options`"),
    "python": ("uv would take it as an option", "write a version or a path"),
    # ssh looks for options behind the host as well, and the command to run stands there.
    "shell_init": ("ssh would take the command as an option", "start it with a command"),
    "xpm_path": ("ssh would take the command as an option", "start it with the path of experimaestro"),
}


class Misread(NamedTuple):
    """What is wrong with a value, and what to do; `place` is the number of the word among several, from 0."""

    message: str
    hint: str
    place: int = 0


def misread_value(name: str, text: str) -> Misread | None:
    """What is wrong with the value of `host`, `python`, `shell_init` or `xpm_path`.

    That is a `-` in front, and in a host blanks and what a terminal would obey or not show.
    """
    if text.startswith("-"):
        message, hint = _AS_OPTION[name]
        return Misread(f"`{name}` starts with `-`: {message}", hint)
    if name == "host" and (" " in text or not text.isprintable()):
        message = "`host` has a blank, or a character that cannot be shown: no machine is called so"
        return Misread(message, "write `user@machine`, or a name of ~/.ssh/config")
    return None


def open_end(code: str) -> str | None:
    """What at the end of shell code breaks on, or swallows, a `; command` that is written behind it; in words."""
    last = code.rpartition("\n")[2]
    if code and not code.strip():
        return "a blank"
    if code.endswith("\n"):
        return "a line break"
    if code.rstrip(" \t").endswith((";", "&", "|", "\\")):
        return f"`{code.rstrip()[-1]}`"
    return "a comment" if _has_comment(last) else None


def _has_comment(line: str) -> bool:
    """Whether a word of shell code begins with `#`, outside quotes; shlex sees comments within words, too."""
    quote, before = "", " "
    for char in line:
        if before == "\\" and quote != "'":
            # An escaped character begins no word, and a second backslash escapes nothing.
            before = "x"
            continue
        if char == "#" and not quote and before in " \t;&|(":
            return True
        if quote:
            quote = "" if char == quote else quote
        elif char in "'\"":
            quote = char
        before = char
    return False


def misread_among_options(words: Iterable[str | None]) -> Iterator[Misread]:
    """Words that are no option and belong to none, and a last option that lacks its value; None is not looked at."""
    waiting: tuple[int, str] | None = None
    for place, word in enumerate(words):
        if waiting is not None or word is None:
            waiting = None
        elif not word.startswith("-") or word == "-":
            message = "ssh would take this word as the host: it is no option and belongs to none"
            yield Misread(message, 'write an option and its value as in `[-p, "2222"]`', place)
        else:
            taking = next((at for at, flag in enumerate(word[1:], 1) if flag in _WITH_VALUE), None)
            waiting = (place, word) if taking == len(word) - 1 else None
    if waiting is not None:
        message = f"`{waiting[1]}` needs a value: ssh would take the host for it"
        yield Misread(message, "write its value behind it, as a word of its own", waiting[0])


def split_options(words: Iterable[str]) -> list[str]:
    """The words, with `-p 2222` in one word made two: ssh would take the space as part of the value."""
    split = []
    waiting = False
    for word in words:
        taking = next((at for at, flag in enumerate(word[1:], 1) if flag in _WITH_VALUE), len(word))
        value = word[taking + 1 :]
        if not waiting and word.startswith("-") and value != value.lstrip():
            split += [word[: taking + 1], value.lstrip()]
        else:
            split.append(word)
        waiting = not waiting and word.startswith("-") and taking == len(word) - 1
    return split
