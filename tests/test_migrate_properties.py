"""What every migration keeps, on settings in random layouts.

XPM_EXAMPLES sets the number of examples of each property, as in `XPM_EXAMPLES=20000`.
"""

from __future__ import annotations

import os
import re
from collections import Counter
from functools import lru_cache
from random import Random
from typing import Any

import pytest
import yaml
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from tests.settings_texts import Case, draw_case
from xpm_config import loaders
from xpm_config.diagnostics import Severity
from xpm_config.document import Document
from xpm_config.migrate import MigrationResult, migrate

NEW = (2, 7, 0)
HOME = {"HOME": os.path.expanduser("~")}
MARK = re.compile(r"# c\d+\.[^\r\n]*")
BREAKS = re.compile(r"\r\n|\r|\n")

PROPERTY = settings(
    max_examples=int(os.environ.get("XPM_EXAMPLES", "300")),
    derandomize=True,
    deadline=None,
    database=None,
    suppress_health_check=list(HealthCheck),
)


def cases(*, holders: bool = True, folders_only: bool = False) -> st.SearchStrategy[Case]:
    """Settings files that PyYAML reads."""
    sources = st.integers(0, 2**64 - 1).map(Random)
    drawn = sources.map(lambda random: draw_case(random, holders=holders, folders_only=folders_only))
    return drawn.filter(lambda case: values(case.data) is not None)


@lru_cache(maxsize=8)
def values(data: bytes) -> Any:
    """What PyYAML reads, None where it reads nothing."""
    try:
        return yaml.safe_load(data)
    except yaml.YAMLError:
        return None


def workspaces(data: bytes) -> list[dict[str, Any]]:
    """The workspaces that PyYAML reads."""
    found: list[dict[str, Any]] = values(data)["workspaces"]
    return found


def variables_set(path: str) -> str:
    """The path with `${oc.env:HOME}` replaced."""
    return path.replace("${oc.env:HOME}", HOME["HOME"])


def effective(data: bytes) -> dict[str, Any]:
    """All settings that experimaestro knows, with one list of folders for each workspace, as it computes it."""
    found = values(data)
    listed = found["workspaces"]
    paths = {workspace["id"]: workspace["path"] for workspace in listed}
    changed = []
    for workspace in listed:
        rest = {key: value for key, value in workspace.items() if key not in ("alt_workspaces", "folders")}
        folders = [(paths.get(one, one), "use") for one in map(variables_set, workspace.get("alt_workspaces", ()))]
        folders += [(one["path"], one.get("mode", "use")) for one in workspace.get("folders", ())]
        rest["folders"] = [(os.path.realpath(os.path.expanduser(variables_set(path))), mode) for path, mode in folders]
        changed.append(rest)
    known = {key: value for key, value in found.items() if not key.startswith("x-")}
    return {**known, "workspaces": changed}


def show(data: bytes) -> str:
    """A text for a message."""
    return "\n" + BREAKS.sub("\n", data.decode())


def check_text(result: MigrationResult) -> None:
    """Bytes outside the edits stay; every comment is there once; those that moved keep their order."""
    text, edits = result.document.text, sorted(result.edits, key=lambda edit: (edit.start, edit.end))
    assert text.encode() == result.old
    pieces, done = [], 0
    for edit in edits:
        assert done <= edit.start <= edit.end
        pieces += [text[done : edit.start], edit.text]
        done = edit.end
    new = "".join([*pieces, text[done:]])
    assert new.encode() == result.new
    before, after = MARK.findall(text), MARK.findall(new)
    assert Counter(before) == Counter(after), show(result.new)
    # What an edit covers has moved, what none covers has stayed: both groups keep their order.
    moved = {
        mark[0]
        for mark in MARK.finditer(text)
        if any(edit.start <= mark.start() and mark.end() <= edit.end for edit in edits)
    }
    assert [mark for mark in before if mark in moved] == [mark for mark in after if mark in moved], show(result.new)
    assert [mark for mark in before if mark not in moved] == [mark for mark in after if mark not in moved]
    assert set(BREAKS.findall(new)) <= (set(BREAKS.findall(text)) or {"\n"})
    assert text.endswith(("\r", "\n")) == new.endswith(("\r", "\n")), show(result.new)


def check_refusal(result: MigrationResult, key: str) -> None:
    """What is refused is untouched, and each reason has its place, in or at a value of the file, and a way out."""
    assert result.new == result.old
    assert not result.edits
    errors = [found for found in result.diagnostics if found.severity is Severity.ERROR]
    assert errors
    for error in errors:
        assert error.code in ("XPM401", "XPM402", "XPM403", "XPM404"), (error, show(result.old))
        assert error.help, error
        assert error.span is not None, error
        assert 0 <= error.span.start < error.span.end <= len(result.document.text)
        assert result.document.text[error.span.start : error.span.end].strip(), error
    assert any(key in workspace for workspace in workspaces(result.old)) or key == ""


@PROPERTY
@given(cases())
def test_an_upgrade_keeps_meaning_and_text(case: Case) -> None:
    """A file is migrated with all that it says, or refused with a reason; ordinary files never are."""
    result = migrate(case.data, to=2, release=NEW, environ=HOME)
    if not result.changed:
        in_effect = any("alt_workspaces" in workspace for workspace in workspaces(case.data))
        assert result.failed == in_effect, (result.diagnostics, show(case.data))
        if result.failed:
            assert not case.ordinary, (result.diagnostics, show(case.data))
            check_refusal(result, "alt_workspaces")
        return
    assert not result.failed
    check_text(result)
    assert effective(result.new) == effective(case.data), show(result.new)
    assert not any("alt_workspaces" in workspace for workspace in workspaces(result.new)), show(result.new)
    again = migrate(result.new, to=2, release=NEW, environ=HOME)
    assert not again.changed
    assert not again.failed


@PROPERTY
@given(cases())
def test_kept_unknown_ids_are_never_refused(case: Case) -> None:
    """With `--unknown-ids keep-as-path` no unknown id keeps a file from being migrated."""
    result = migrate(case.data, to=2, release=NEW, environ=HOME, keep_unknown_ids=True)
    assert "XPM402" not in {found.code for found in result.diagnostics}
    if result.changed:
        assert effective(result.new) == effective(case.data), show(result.new)


def check_downgrade(result: MigrationResult) -> None:
    """A downgraded file means the same and loads in version 1; a refusal says why."""
    if result.failed:
        check_refusal(result, "")
        return
    check_text(result)
    assert effective(result.new) == effective(result.old), show(result.new)
    assert not any("folders" in workspace for workspace in workspaces(result.new)), show(result.new)
    release = (2, 3, 6)
    loaded, _ = loaders.load(Document(result.new, loaders.dialect(release)), release, HOME)
    assert loaded.loads, (loaded.problems, show(result.new))
    assert not migrate(result.new, to=1, release=NEW, environ=HOME).changed


@PROPERTY
@given(cases(holders=False))
def test_up_and_down_again_means_the_same(case: Case) -> None:
    """An upgrade that is taken back gives equal settings, or says why version 1 cannot say them."""
    up = migrate(case.data, to=2, release=NEW, environ=HOME)
    assume(not up.failed)
    check_downgrade(migrate(up.new, to=1, release=NEW, environ=HOME))


@PROPERTY
@given(cases(folders_only=True))
def test_a_downgrade_keeps_meaning_and_text(case: Case) -> None:
    """Folders of mode `use` become `alt_workspaces`; whatever else is there is refused by name."""
    check_downgrade(migrate(case.data, to=1, release=NEW, environ=HOME))


@PROPERTY
@given(cases(holders=False))
def test_an_upgrade_for_the_first_release_with_folders(case: Case) -> None:
    """For 2.4.0 no mode is written, and the result loads there."""
    release = (2, 4, 0)
    # What libyaml refuses never loaded there.
    assume(not Document(case.data, loaders.dialect(release)).problems)
    result = migrate(case.data, to=2, release=release, environ=HOME)
    assert not any("mode" in edit.text for edit in result.edits)
    if result.failed:
        check_refusal(result, "")
        return
    if result.changed:
        check_text(result)
        assert effective(result.new) == effective(case.data), show(result.new)
    loaded, _ = loaders.load(Document(result.new, loaders.dialect(release)), release, HOME)
    assert loaded.loads, (loaded.problems, show(result.new))


def test_most_files_are_migrated() -> None:
    """Of files with merges, aliases, unknown ids and repeated keys, too, most are migrated."""
    outcomes: Counter[str] = Counter()
    for seed in range(400):
        case = draw_case(Random(seed))
        if values(case.data) is None:
            continue
        result = migrate(case.data, to=2, release=NEW, environ=HOME, keep_unknown_ids=True)
        outcomes["refused" if result.failed else "changed" if result.changed else "nothing to do"] += 1
    assert outcomes["refused"] < 0.15 * outcomes.total(), outcomes
    assert outcomes["changed"] > 0.6 * outcomes.total(), outcomes


@pytest.mark.parametrize("kind", ["json", "crlf", "cr", "bom", "flow", "merge", "alias", "comment", "explicit"])
def test_the_generator_reaches_every_kind(kind: str) -> None:
    """The files that the properties are tested on are of all kinds."""
    patterns = {
        "json": r'^\{"', "crlf": "\r\n", "cr": "\r(?!\n)", "bom": "^\ufeff", "flow": r"\{ ?path", "merge": "<<: ",
        "alias": r"\*n1", "comment": r"# c\d+", "explicit": r"\? alt_workspaces",
    }  # fmt: skip
    texts = (draw_case(Random(seed)).data.decode() for seed in range(300))
    assert sum(bool(re.search(patterns[kind], text)) for text in texts) >= 2
