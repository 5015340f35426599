"""The chain of migrations, and what is done with files that it cannot read."""

from __future__ import annotations

from types import ModuleType
from typing import TYPE_CHECKING

import pytest

from xpm_config import migrate as module
from xpm_config.diagnostics import Edit
from xpm_config.migrate import chain, migrate, steps
from xpm_config.rewriting import Rewrite

if TYPE_CHECKING:
    from xpm_config.rewriting import Source

RELEASE = (2, 7, 0)


def fake_step(older: int, newer: int) -> ModuleType:
    """A step that writes its newer version into the comment of the first line, and back."""

    def rewriting(before: int, after: int) -> object:
        def rewrite(source: Source) -> Rewrite:
            text = source.document.text
            return Rewrite((Edit(0, 4, f"# v{after}"),)) if text.startswith(f"# v{before}") else Rewrite()

        return rewrite

    step = ModuleType(f"v{older}_to_v{newer}")
    step.__dict__.update(FROM=older, TO=newer, SUMMARY=f"to {newer}", SUMMARY_DOWN=f"back to {older}", REWRITES="x")
    step.__dict__.update(upgrade=rewriting(older, newer), downgrade=rewriting(newer, older))
    return step


@pytest.mark.parametrize("written", [1, 2, 3])
@pytest.mark.parametrize("to", [2, 3])
def test_steps_compose(monkeypatch: pytest.MonkeyPatch, written: int, to: int) -> None:
    """From every version a file is brought to every other one, in as many steps as it takes."""
    monkeypatch.setattr(module, "steps", lambda: [fake_step(1, 2), fake_step(2, 3)])
    result = migrate(f"# v{written}\nserver: {{}}\n".encode(), to=to, release=RELEASE, environ={})
    assert result.new == f"# v{to}\nserver: {{}}\n".encode()
    assert len(result.steps) == abs(to - written)
    assert result.document.edited(result.edits) == result.new


def test_the_chain_goes_down_before_it_goes_up() -> None:
    """A version in the middle is reached from both sides."""
    known = [fake_step(1, 2), fake_step(2, 3), fake_step(3, 4)]
    assert [link.summary for link in chain(known, 1)] == ["back to 3", "back to 2", "back to 1"]
    assert [link.summary for link in chain(known, 2)] == ["back to 3", "back to 2", "to 2"]
    assert [link.summary for link in chain(known, 4)] == ["to 2", "to 3", "to 4"]


def test_the_steps_are_the_files() -> None:
    """Every file of the folder is a step, and they follow each other."""
    found = steps()
    assert [(step.FROM, step.TO) for step in found] == [(1, 2)]


@pytest.mark.parametrize("content", [b"", b"# nothing\n", b"server: {port: x}\n", b"workspaces: 3\n"])
def test_nothing_to_migrate_is_no_error(content: bytes) -> None:
    """A file that holds nothing to migrate is left alone, whether or not it would load."""
    result = migrate(content, to=2, release=RELEASE, environ={})
    assert result.new == content
    assert not result.failed


def test_a_file_that_does_not_load_is_not_migrated() -> None:
    """What does not load has no meaning that could be kept."""
    content = b"server: {port: x}\nworkspaces:\n- {id: a, path: /a, alt_workspaces: [/b]}\n"
    result = migrate(content, to=2, release=RELEASE, environ={})
    assert result.new == content
    assert [found.code for found in result.diagnostics] == ["XPM401"]
