"""The starter file: right as it is, right with every setting on, and complete."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import pytest

from xpm_config import registry, starter
from xpm_config.document import Document
from xpm_config.errors import UsageError
from xpm_config.outline import Outline
from xpm_config.settings import read
from xpm_config.validate import check
from xpm_config.values import Constructor

if TYPE_CHECKING:
    from pathlib import Path

    from xpm_config.releases import Release

RELEASES: list[Release] = [(1, 2, 2), (1, 5, 5), (2, 0, 0), (2, 3, 6), (2, 4, 0), (2, 5, 2), (2, 6, 0), (2, 7, 0)]
ENVIRON = {"HOME": "/home/me"}

# What the header of the file says: `#` and no space. Inside a block, two spaces are the indentation of the block.
OFF = re.compile(r"^( *)#(?=[^ #\n]|  )", re.MULTILINE)
BLOCK = re.compile(r"(?:^ *#(?:[^ #\n]|  ).*\n)+", re.MULTILINE)

each_release = pytest.mark.parametrize("release", RELEASES, ids=lambda release: ".".join(map(str, release)))


def all_on(text: str) -> str:
    """The text with every setting switched on."""
    return OFF.sub(r"\1", text)


def findings(text: str, release: Release) -> list[tuple[str, str]]:
    """What `validate` says of a text, warnings included."""
    return [(found.code, found.message) for found in check("x", text.encode(), release, ENVIRON).diagnostics]


def outline(text: str) -> Outline:
    """The settings in a text."""
    root = Document(text.encode()).root
    assert root is not None
    return Outline(root, Constructor(), registry.schema(registry.NEWEST))


@each_release
def test_both_files_are_right(release: Release) -> None:
    """`validate` finds nothing in them, not even something to warn of."""
    assert findings(starter.starter(release), release) == []
    assert findings(starter.minimal(release), release) == []


@each_release
def test_each_block_can_be_switched_on(release: Release) -> None:
    """Without its `#`, every block of settings is right, alone and together with all others."""
    text = starter.starter(release)
    assert findings(all_on(text), release) == []
    blocks = list(BLOCK.finditer(text))
    assert blocks
    for block in blocks:
        one_on = text[: block.start()] + all_on(block[0]) + text[block.end() :]
        assert findings(one_on, release) == [], block[0]
        assert len(outline(one_on).settings) > len(outline(text).settings)


@each_release
def test_each_line_of_a_section_can_be_switched_on_alone(release: Release) -> None:
    """The head of a block and one key of it are enough."""
    text = starter.starter(release)
    for block in BLOCK.finditer(text):
        head, *rest = block[0].splitlines(keepends=True)
        for number, line in enumerate(rest):
            if head.rstrip().endswith(":") and re.match(r" *#  [a-z_]+: ", line):
                lines = [all_on(head), *rest[:number], all_on(line), *rest[number + 1 :]]
                assert findings(text[: block.start()] + "".join(lines) + text[block.end() :], release) == [], line


def test_what_is_on_is_one_workspace() -> None:
    """Both files mean the same: everything that the first one adds is a comment."""
    files = [starter.starter((2, 7, 0)), starter.minimal((2, 7, 0))]
    whole, minimal = [read(text.encode(), None, release=(2, 7, 0), environ=ENVIRON) for text in files]
    assert whole == minimal
    assert [(one.id, one.is_remote) for one in whole.workspaces] == [("main", False)]
    assert starter.first_workspace((2, 7, 0)) == ("main", "~/experiments")


def keys(schema: dict[str, Any], prefix: str = "") -> dict[str, dict[str, Any]]:
    """Every key of a schema, by its path in an outline."""
    found = {}
    for name, sub in schema.get("properties", {}).items():
        found[prefix + name] = sub
        found |= keys(sub["items"], f"{prefix}{name}[].") if "items" in sub else keys(sub, f"{prefix}{name}.")
    return found


def test_every_key_is_there() -> None:
    """Each key of the newest schema is a setting that can be switched on; a deprecated one is named."""
    text = starter.starter(registry.NEWEST_RELEASE)
    known = outline(all_on(text))
    for key, schema in keys(registry.schema(registry.NEWEST)).items():
        if schema.get("deprecated"):
            assert f"'{key.rpartition('.')[2]}' is deprecated" in text
            assert not known.at(key)
        else:
            assert known.at(key), key


def test_every_key_is_explained() -> None:
    """The beginning of each description stands in front of its key."""
    text = " ".join(re.sub(r"^[ #]+", "", line) for line in starter.starter(registry.NEWEST_RELEASE).splitlines())
    for key, schema in keys(registry.schema(registry.NEWEST)).items():
        if not schema.get("deprecated") and not key.startswith("workspaces[].history."):
            assert schema["description"].split(". ")[0] in text, key


@pytest.mark.parametrize(
    ("release", "word"), [((2, 6, 0), "lock_mode"), ((2, 3, 6), "folders"), ((1, 5, 5), "ssh"), ((1, 2, 2), "env")]
)
def test_keys_of_newer_releases_are_left_out(release: Release, word: str) -> None:
    """A release gets the keys that it knows, and no others."""
    pattern = re.compile(rf"^ *#? *{word}:", re.MULTILINE)
    assert not pattern.search(starter.starter(release))
    assert pattern.search(starter.starter((2, 7, 0)))


def test_what_is_marked_as_default_is_the_default() -> None:
    """The schema agrees with every `# default`, and every key with a default of its own has it."""
    text = all_on(starter.starter((2, 7, 0)))
    document = Document(text.encode())
    marked = 0
    for setting in outline(text).settings:
        if setting.key_node is not None and not isinstance(setting.value, dict | list):
            line = document.line(document.position(setting.site.start).line)
            is_marked = line.endswith("  # default")
            marked += is_marked
            default = setting.schema.get("default")
            assert is_marked == (default is not None and setting.value == default), setting.key
    assert marked > 5


def test_lines_are_short() -> None:
    """No line is wider than the width that is promised."""
    for release in RELEASES:
        assert max(map(len, starter.starter(release).splitlines())) <= starter.WIDTH


def test_a_release_without_workspaces_is_refused() -> None:
    """There is nothing to start from before 1.2.2."""
    with pytest.raises(UsageError, match=r"experimaestro 1\.2\.1 has no workspaces"):
        starter.starter((1, 2, 1))
    with pytest.raises(UsageError):
        starter.minimal((1, 2, 1))


def test_experimaestro_loads_all_of_them(tmp_path: Path) -> None:
    """The real one reads the starter, the minimal file, and the starter with everything on."""
    reason = "experimaestro is not installed: pip install 'xpm-config[experimaestro]'"
    settings = pytest.importorskip("experimaestro.settings", reason=reason)
    for name, text in {
        "starter": starter.starter((2, 7, 0)),
        "minimal": starter.minimal((2, 7, 0)),
        "on": all_on(starter.starter((2, 7, 0))),
    }.items():
        path = tmp_path / f"{name}.yaml"
        path.write_text(text)
        loaded = settings.get_settings(path)
        assert [one.id for one in loaded.workspaces] == (["main", "my-cluster"] if name == "on" else ["main"])
