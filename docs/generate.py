"""Write the reference pages that come from the package: `diagnostics.md` and `settings.md`.

`python docs/generate.py` writes them; with `--check` nothing is written, and the exit code is 1 if a page
is not what it would become.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

from xpm_config import registry
from xpm_config.codes import CODES

if TYPE_CHECKING:
    from collections.abc import Iterator

HERE = Path(__file__).parent

_NOTICE = "<!-- Written by docs/generate.py; change the package instead. -->"

_GROUPS = {
    "XPM0": ("Reading the file", "Problems that keep the file from being read at all."),
    "XPM1": ("Keys and values", "What the [schema](settings.md) does not allow."),
    "XPM2": ("Meaning", "Settings that load, and do something else than they seem to."),
    "XPM3": ("This machine", "What `xpm-config doctor` finds besides: directories, permissions, programs."),
    "XPM4": ("Migration", "What keeps `xpm-config migrate` from rewriting a file, which then stays as it is."),
}

_DIAGNOSTICS_INTRO = """\
# Findings

`xpm-config validate` checks settings files the way that experimaestro will read them. Each finding has a
code that never changes its meaning; `xpm-config explain XPM101` shows an entry of this page in the terminal.

```text
settings.yaml:4:5: error[XPM101]: unknown key `trigers` in this item of `workspaces`
    4 |     trigers:
      |     ^^^^^^^
  help: did you mean `triggers`? (fixed by --unsafe-fixes)
```

The release of experimaestro decides much of what is right. It is the one that is installed beside
`xpm-config`, else the newest that is known; `--target 2.5.2` names another one.

## Errors and warnings

An **error** keeps the file from loading, or makes a setting do what nobody would want. A **warning** tells of
something that experimaestro accepts, and that is probably not what was meant. Warnings do not fail a run,
unless you ask with `--strict`.

## Exit codes

| Exit code | Meaning |
| --- | --- |
| 0 | No errors (with `--strict`: no findings at all) |
| 1 | Errors were found (with `--strict`: findings of any kind) |
| 2 | A file could not be read, or the command was not understood |
| 3 | A bug in `xpm-config`; it says where it left a report |
| 130 | Interrupted with Ctrl-C |

## Leaving findings out

A comment at the end of a line leaves out findings that begin on this line; several codes are separated by
commas:

```yaml
workspaces:
  - id: nlp
    path: experiments/nlp  # xpm: ignore[XPM212]
```

Where a file could not be read as YAML, what is wrong is always reported: what looks like a comment there need
not be one.

For a whole run, `--ignore XPM212` leaves a code out and `--select XPM1` reports nothing else. Both take the
beginning of codes, several of them separated by commas, and can be repeated. What is left out does not count
for the exit code, and is not fixed.

## Fixes

Many findings carry a fix.

- `--fix` applies the **safe** ones: those of a file that experimaestro did not load anyway, and those after
  which it reads exactly the same settings as before.
- `--unsafe-fixes` applies the others, too. They are good guesses that change what experimaestro does:
  renaming `trigers` makes triggers work that never did. Read them before you use them; hooks should not.

Fixes touch the text that they mend and nothing else: comments, layout and line ends stay.

## All codes
"""

_SETTINGS_INTRO = """\
# Settings

All keys of `~/.config/experimaestro/settings.yaml`, for experimaestro {releases}. Every section is optional.
`xpm-config explain KEY` shows an entry of this page in the terminal, and `xpm-config schema show` prints the
JSON Schema that it comes from.

"Since" is the first release of experimaestro that knows the key. An earlier one refuses the file up to 2.5,
and ignores the key from 2.6 on.
"""


def diagnostics_page() -> str:
    """The page of all codes."""
    lines = [_NOTICE, "", _DIAGNOSTICS_INTRO]
    lines += [f"- [{code}](#{code.lower()}) {entry.title}" for code, entry in CODES.items()]
    group = ""
    for code, entry in CODES.items():
        if code[:4] != group:
            group = code[:4]
            title, words = _GROUPS[group]
            lines += ["", f"## {title}", "", words]
        lines += ["", f'<a id="{code.lower()}"></a>', "", f"### {code}: {entry.title}", "", entry.explanation]
    return "\n".join(lines) + "\n"


def settings_page() -> str:
    """The reference of all keys."""
    schema = registry.schema(registry.NEWEST)
    found = list(keys(schema))
    lines = [_NOTICE, "", _SETTINGS_INTRO.format(releases=registry.releases(registry.NEWEST))]
    lines += ["| Key | What | Since |", "| --- | --- | --- |"]
    lines += [f"| [`{key}`](#{anchor(key)}) | {sub['title']} | {sub['x-xpm-since']} |" for key, sub in found]
    lines += ["", schema["markdownDescription"]]
    for key, sub in found:
        depth = min(key.count(".") + 2, 4)
        lines += ["", f'<a id="{anchor(key)}"></a>', "", f"{'#' * depth} `{key}`", "", *_entry(sub)]
    for pattern, sub in schema["patternProperties"].items():
        lines += ["", f"## `{pattern.removeprefix('^')}…`", "", sub["markdownDescription"]]
    return "\n".join(lines) + "\n"


def keys(schema: dict[str, Any], prefix: str = "") -> Iterator[tuple[str, dict[str, Any]]]:
    """Every key of a schema, by a path in which `[]` stands for the items of a list."""
    for name, sub in schema.get("properties", {}).items():
        yield prefix + name, sub
        inner = f"{prefix}{name}[]." if "items" in sub else f"{prefix}{name}."
        yield from keys(sub.get("items", sub), inner)


def anchor(key: str) -> str:
    """The name of a key inside a link."""
    return key.replace("[]", "").replace(".", "-").lower()


def _entry(sub: dict[str, Any]) -> Iterator[str]:
    """A key's title, text and table of facts."""
    yield f"**{sub['title']}.** {sub['markdownDescription']}"
    inner = sub.get("items", sub.get("additionalProperties"))
    if isinstance(inner, dict) and "x-xpm-type" in inner:
        yield ""
        yield f"**{inner['title']}.** {inner['markdownDescription']}"
    yield ""
    yield from (f"- {label}: {value}" for label, value in _facts(sub))
    if "enum" in sub:
        yield ""
        yield "| Value | Meaning |"
        yield "| --- | --- |"
        descriptions = sub.get("markdownEnumDescriptions", [""] * len(sub["enum"]))
        yield from (f"| {_code(value)} | {words} |" for value, words in zip(sub["enum"], descriptions, strict=True))


def _facts(sub: dict[str, Any]) -> Iterator[tuple[str, str]]:
    yield "Type", sub["x-xpm-expects"] + (", or `null`" if "null" in sub.get("type", ()) else "")
    bounds = {"minimum": "at least", "maximum": "at most", "exclusiveMinimum": "more than"}
    found = [f"{words} {sub[keyword]}" for keyword, words in bounds.items() if keyword in sub]
    if found:
        yield "Bounds", " and ".join(found)
    if "default" in sub:
        yield "Default", _code(sub["default"])
    yield "Since", f"experimaestro {sub['x-xpm-since']}"
    if sub.get("deprecated"):
        yield "Deprecated", f"use `{sub['x-xpm-replaced-by']}`"
    if sub.get("examples"):
        yield ("Example" if len(sub["examples"]) == 1 else "Examples"), ", ".join(map(_code, sub["examples"]))


def _code(value: object) -> str:
    """A value as YAML in flow style, the way that JSON writes it."""
    return f"`{json.dumps(value, ensure_ascii=False)}`"


PAGES = {"diagnostics.md": diagnostics_page, "settings.md": settings_page}


def main(arguments: list[str]) -> int:
    """Write the pages, or with `--check` compare them."""
    stale = []
    for name, page in PAGES.items():
        path, text = HERE / name, page()
        if path.exists() and path.read_text(encoding="utf-8") == text:
            continue
        stale.append(name)
        if "--check" not in arguments:
            path.write_text(text, encoding="utf-8", newline="\n")
    if stale:
        print(f"{'stale' if '--check' in arguments else 'written'}: {', '.join(stale)}")
    return int("--check" in arguments and bool(stale))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
