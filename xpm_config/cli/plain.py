"""The usual forms of the commands that scripts, hooks and editors run often, read without a command-line library.

Importing typer takes longer than checking a file. Whatever is not one of these forms, mistakes included, is left
to typer; a test holds that both ways do the same.
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Mapping


class Form(NamedTuple):
    """The arguments of one command, as fields of its Options.

    `words` is the field of the arguments that are no options, `many` whether there may be several;
    `values` are the options with a value, `flags` those without.
    """

    words: str
    many: bool
    values: Mapping[str, str]
    flags: Mapping[str, str]


def _fields(*names: str) -> dict[str, str]:
    return {"--" + name.replace("_", "-"): name for name in names}


FORMS = {
    "validate": Form(
        "files",
        True,
        _fields("format", "target", "settings"),
        {**_fields("strict", "fix", "unsafe_fixes", "quiet"), "-q": "quiet"},
    ),
    "migrate": Form(
        "files",
        True,
        _fields("format", "target", "settings"),
        {**_fields("diff", "check", "backup", "quiet"), "-q": "quiet"},
    ),
    "select": Form(
        "experiment_id",
        False,
        _fields("workspace", "workdir", "experiment", "format", "settings", "target"),
        _fields("attach_folders", "explain"),
    ),
}


def with_paths(arguments: list[str]) -> list[str]:
    """The arguments with `./` before each file in a directory whose name begins with a dash.

    Hooks give such names as they are, among the options; all that a hook does not run is left alone.
    """
    form = FORMS.get(arguments[0]) if arguments else None
    if form is None or not form.many:
        return arguments
    return [f"./{word}" if _is_path(word, form) else word for word in arguments]


def _is_path(word: str, form: Form) -> bool:
    return word.startswith("-") and "/" in word and word.partition("=")[0] not in form.values and os.path.lexists(word)


def parse(form: Form, arguments: list[str]) -> dict[str, Any] | None:
    """The fields that the arguments give, or None where they are not as usual."""
    fields: dict[str, Any] = {}
    words: list[str] = []
    waiting = iter(arguments)
    for argument in waiting:
        name, equals, value = argument.partition("=")
        if argument in form.flags:
            fields[form.flags[argument]] = True
        elif argument in form.values or (equals and name in form.values):
            value = value if equals else next(waiting, "-")
            # typer has an opinion on what begins with a dash.
            if value.startswith("-"):
                return None
            fields[form.values[name]] = value
        elif argument == "-" or not argument.startswith("-"):
            words.append(argument)
        else:
            return None
    if "" in words or (words and not form.many and len(words) > 1):
        return None
    if words:
        fields[form.words] = tuple(words) if form.many else words[0]
    return fields
