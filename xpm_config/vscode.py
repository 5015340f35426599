"""The entry of our schema in `yaml.schemas` of a VS Code settings file: added and taken out as edits of the text."""

from __future__ import annotations

import json
import os
import sys
from typing import TYPE_CHECKING, Any

from xpm_config import jsonc
from xpm_config.diagnostics import Edit
from xpm_config.document import apply_edits
from xpm_config.errors import XpmConfigError
from xpm_config.jsonc import JsoncError, Member, Value

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from xpm_config.editors import Association

    Ours = Callable[[str], bool]
    """Whether a key of `yaml.schemas` names a schema that was put there by us, for the same settings."""

KEY = "yaml.schemas"

_SETTINGS = "User/settings.json"
_LINUX = "~/.config"
_MACOS = "~/Library/Application Support"
_PROGRAMS = ("Code", "Code - Insiders", "Code - OSS", "VSCodium", "Cursor", "Windsurf")
_SERVERS = ("~/.vscode-server/data/Machine/settings.json",)
_PROJECT = ".vscode"
_MAX_FOLDERS = 32
"""How many folders upwards the settings of projects are looked for."""


def default_settings() -> str | None:
    """The user's settings file of VS Code, or of a program like it; None where there is no such program."""
    base = os.environ.get("XDG_CONFIG_HOME") or _LINUX if sys.platform != "darwin" else _MACOS
    for path in (*(os.path.join(base, program, _SETTINGS) for program in _PROGRAMS), *_SERVERS):
        expanded = os.path.expanduser(path)
        if os.path.isdir(os.path.dirname(expanded)):
            return expanded
    return None


def settings_above(folder: str) -> Iterator[str]:
    """The settings files of the projects that a folder lies in, the nearest first."""
    for _ in range(_MAX_FOLDERS):
        path = os.path.join(folder, _PROJECT, "settings.json")
        if os.path.isfile(path):
            yield path
        if folder == os.path.dirname(folder):
            return
        folder = os.path.dirname(folder)


def project(path: str) -> str | None:
    """The folder whose settings a file holds, to which paths in it are relative; None for a user's own settings."""
    folder = os.path.dirname(os.path.abspath(path))
    return os.path.dirname(folder) if os.path.basename(folder) == _PROJECT else None


def with_entry(text: str | None, association: Association, ours: Ours) -> str:
    """The settings with our schema associated, and no other entry of ours; `text` is None where there is no file.

    Raises JsoncError where the text cannot be read, or does not hold what it should.
    """
    value = {association.uri: list(association.globs)}
    if text is None or jsonc.parse(text) is None:
        return _begun(text, value)
    while len(entries := _entries(text, ours)) > 1:
        kept = next((entry for entry in reversed(entries) if _key(entry) == association.uri), entries[-1])
        text = apply_edits(text, _removal(text, next(entry for entry in entries if entry is not kept)))
    if not entries:
        return apply_edits(text, _addition(text, value))
    container, number = entries[0]
    entry = _members(container)[number]
    edits = _globs_added(text, entry.value, association)
    if entry.key != association.uri:
        edits.append(Edit(entry.start, entry.key_end, _dumped(association.uri)))
    return with_entry(apply_edits(text, edits), association, ours) if edits else text


def without_entry(text: str, ours: Ours) -> str | None:
    """The settings without any entry of ours; None if the file was made for it. Raises JsoncError."""
    while entries := _entries(text, ours):
        container, number = entries[-1]
        member = _members(container)[number]
        rest = _without_begun(text, {member.key: member.value.data})
        if rest is not text:
            return rest
        text = apply_edits(text, _removal(text, entries[-1]))
    return text


def entry_schemas(text: str) -> list[str]:
    """The keys of all entries: URIs or paths of schema files. Raises JsoncError."""
    return [_key(entry) for entry in _entries(text, lambda _: True)]


def edited(path: str, old: bytes | None, edit: Callable[[str | None], str | None]) -> bytes | None:
    """The content of a settings file after an edit of its text; raises XpmConfigError where it cannot be read."""
    try:
        text = old.decode() if old is not None else None
    except UnicodeDecodeError:
        raise XpmConfigError(f"{path}: the file is not UTF-8", "save it as UTF-8 in VS Code") from None
    try:
        new = edit(text)
    except JsoncError as error:
        line, column = jsonc.position(text or "", error.offset)
        raise XpmConfigError(f"{path}:{line}:{column}: {error.message}", "mend it, and run the command again") from None
    return new.encode() if new is not None else None


# -- what is there --------------------------------------------------------------------------------


def _setting(text: str) -> tuple[Value, int] | None:
    """The root object, and the number of its member that counts as `yaml.schemas`; None where there is none."""
    root = jsonc.parse(text)
    if root is None:
        return None
    if root.members is None:
        raise JsoncError("the settings should be an object, in braces", root.start)
    numbers = [number for number, member in enumerate(root.members) if member.key == KEY]
    if not numbers:
        return None
    value = root.members[numbers[-1]].value
    if value.members is None:
        raise JsoncError(f"`{KEY}` should be an object, in braces", value.start)
    return root, numbers[-1]


def _entries(text: str, ours: Ours) -> list[tuple[Value, int]]:
    """Our entries: the object that is `yaml.schemas`, and the number of a member of it."""
    found = _setting(text)
    if found is None:
        return []
    schemas = _members(found[0])[found[1]].value
    return [(schemas, number) for number, one in enumerate(_members(schemas)) if ours(one.key)]


def _members(value: Value) -> tuple[Member, ...]:
    assert value.members is not None  # only objects come here
    return value.members


def _key(entry: tuple[Value, int]) -> str:
    return _members(entry[0])[entry[1]].key


# -- edits ----------------------------------------------------------------------------------------


def _addition(text: str, value: dict[str, Any]) -> list[Edit]:
    found = _setting(text)
    if found is None:
        root = jsonc.parse(text)
        assert root is not None  # a text without one is begun
        return jsonc.append(text, root, _member(text, value, jsonc.inner_indent(text, root)))
    root, number = found
    ((uri, globs),) = value.items()
    return jsonc.append(text, _members(root)[number].value, f"{_dumped(uri)}: {_dumped(globs)}")


def _removal(text: str, entry: tuple[Value, int]) -> list[Edit]:
    """Take an entry out, and `yaml.schemas` with it if it is as we write it."""
    found = _setting(text)
    assert found is not None  # there is an entry
    root, number = found
    member = _members(root)[number]
    written = _member(text, member.value.data, jsonc.indent(text, member.start))
    if len(_members(member.value)) == 1 and text[member.start : member.value.end] == written:
        return jsonc.remove(text, root, number)
    return jsonc.remove(text, *entry)


def _globs_added(text: str, value: Value, association: Association) -> list[Edit]:
    """Add the first pattern that an entry does not have yet, and keep the others."""
    if value.items is None:
        there = [value.data] if isinstance(value.data, str) else []
        listed = [*there, *(glob for glob in association.globs if glob not in there)]
        return [Edit(value.start, value.end, _dumped(listed))]
    missing = next((glob for glob in association.globs if glob not in value.data), None)
    return jsonc.append(text, value, _dumped(missing)) if missing is not None else []


def _member(text: str, value: dict[str, Any], indent: str | None) -> str:
    """`yaml.schemas` as it is added: spread over lines that begin with `indent` if there is one.

    Its layout is none that `_addition` gives to an entry, so that taking it out knows which of both was added.
    """
    if indent is None:
        return f"{_dumped(KEY)}: {_dumped(value)}"
    lines = json.dumps(value, indent=indent or "    ", ensure_ascii=False).split("\n")
    return f"{_dumped(KEY)}: {(jsonc.line_break(text) + indent).join(lines)}"


def _begun(text: str | None, value: dict[str, Any]) -> str:
    """Settings with nothing else in them, in front of the comments that are there; see `_without_begun`."""
    root = _dumped({KEY: value}, indent=2)
    if text is None:
        return root + "\n"
    mark = text[: text.startswith("\ufeff")]
    rest = text[len(mark) :]
    return f"{mark}{root}{jsonc.line_break(text)}{rest}" if rest else mark + root


def _without_begun(text: str, value: dict[str, Any]) -> str | None:
    """The text without what `_begun` wrote, None for a file that it made, and the very `text` for any other."""
    mark = text[: text.startswith("\ufeff")]
    root = mark + _dumped({KEY: value}, indent=2)
    if not text.startswith(root):
        return text
    rest = text[len(root) :]
    if rest == "\n" and not mark:
        return None
    return mark + rest[len(jsonc.line_break(rest)) :]


def _dumped(value: Any, indent: int | None = None) -> str:
    return json.dumps(value, indent=indent, ensure_ascii=False)
