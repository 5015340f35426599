"""Which workspace is selected, and what the selection says about why: one row for each rule."""

from __future__ import annotations

import copy
from dataclasses import FrozenInstanceError
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from xpm_config.errors import UsageError
from xpm_config.selection import FLAGS, Selection, select
from xpm_config.settings import Origin, read

if TYPE_CHECKING:
    from xpm_config.settings import Settings

TEXT = """\
env: {A: global}
workspaces:
  - id: cluster
    path: ~/far
    triggers: ["*"]
    ssh:
      host: me@far
  - id: nlp
    path: /w/nlp
    triggers: ["nlp-*", "bert-?"]
    folders:
      - {path: /f/use}
      - {path: /f/backup, mode: backup}
      - {path: /f/move, mode: move}
  - id: ir
    path: /w/ir
    triggers: ["ir-[0-9]", "nlp-1", "[!a-z]*", "Exact"]
  - id: nlp
    path: /w/second
    triggers: ["second"]
  - id: last
    path: /w/last
    alt_workspaces: [ir]
"""


@pytest.fixture(autouse=True)
def _here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    monkeypatch.chdir(tmp_path)


def settings_of(text: str = TEXT) -> Settings:
    """The settings in a text."""
    return read(text.encode(), "settings.yaml", release=(2, 7, 0), environ={})


def verdicts(selection: Selection) -> list[tuple[str, str, tuple[str, ...]]]:
    """What became of each workspace."""
    return [(one.workspace.id, one.verdict, one.tried) for one in selection.considered]


def refused(text: str = TEXT, *, workspace: str | None = None, workdir: str | None = None) -> UsageError:
    """The error of a selection."""
    with pytest.raises(UsageError) as found:
        select(settings_of(text), workspace=workspace, workdir=workdir)
    assert found.value.hint
    return found.value


# -- the rules ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("experiment", "path", "trigger"),
    [
        ("nlp-7", "/w/nlp", "nlp-*"),
        ("nlp-", "/w/nlp", "nlp-*"),
        ("bert-x", "/w/nlp", "bert-?"),
        ("ir-5", "/w/ir", "ir-[0-9]"),
        # The first workspace in the list wins, though another one has the exact id.
        ("nlp-1", "/w/nlp", "nlp-*"),
        ("second", "/w/second", "second"),
        ("Exact", "/w/ir", "[!a-z]*"),
        ("9", "/w/ir", "[!a-z]*"),
        ("nlp-a/b\nc", "/w/nlp", "nlp-*"),
    ],
)
def test_the_first_workspace_with_a_matching_trigger_wins(experiment: str, path: str, trigger: str) -> None:
    """Triggers are tried in order, those of remote workspaces never."""
    found = select(settings_of(), experiment_id=experiment)
    assert (str(found.workspace.path), found.reason, found.trigger) == (path, "trigger", trigger)


@pytest.mark.parametrize("experiment", [None, "", "bert-", "bert-xy", "ir-x", "exact", "xnlp-1", "été"])
def test_without_a_match_the_first_local_workspace_is_used(experiment: str | None) -> None:
    """The first local workspace is the default, also where a remote one stands before it."""
    text = TEXT.replace('"[!a-z]*", ', "")
    found = select(settings_of(text), experiment_id=experiment)
    assert (found.workspace.id, str(found.workspace.path), found.reason, found.trigger) == (
        *("nlp", "/w/nlp", "default", None),
    )


def test_a_named_workspace_wins_over_triggers() -> None:
    """`--workspace` is stronger than any trigger; of equal ids the first one counts."""
    settings = settings_of()
    found = select(settings, workspace="ir", experiment_id="nlp-7")
    assert (str(found.workspace.path), found.reason, found.trigger) == ("/w/ir", "workspace", None)
    assert select(settings, workspace="nlp").workspace is settings.workspaces[1]


def test_a_directory_wins_over_triggers(tmp_path: Path) -> None:
    """`--workdir` is a workspace without an id, with the global settings, resolved."""
    (tmp_path / "home").mkdir()
    (tmp_path / "link").symlink_to("home")
    for written, path in (("~/x", "home/x"), ("link/x", "home/x"), ("./a/../b", "b"), (".", ".")):
        found = select(settings_of(), workdir=written, experiment_id="nlp-7")
        assert found.workspace.path == tmp_path / path
        assert (found.workspace.id, found.reason, found.trigger, found.considered) == ("", "workdir", None, ())
        assert found.workspace.env == {"A": "global"}
        assert found.workspace.attached == ()
        assert found.dropped == ()
        assert found.workspace.origin("path") == FLAGS["workdir"]


def test_without_workspaces_a_directory_can_be_used(tmp_path: Path) -> None:
    """`--workdir` needs no settings at all."""
    assert select(settings_of("{}"), workdir="w").workspace.path == tmp_path / "w"


# -- both flags -----------------------------------------------------------------------------------


def test_both_flags_are_the_workspace_in_another_directory(tmp_path: Path) -> None:
    """The path is replaced; backup and move folders stay away unless they are asked for."""
    found = select(settings_of(), workspace="nlp", workdir="trial", experiment_id="ir-1")
    assert (found.workspace.id, found.workspace.path, found.reason) == ("nlp", tmp_path / "trial", "workspace")
    assert [str(folder.path) for folder in found.workspace.attached] == ["/f/use"]
    assert [str(path) for path in found.dropped] == ["/f/backup", "/f/move"]
    assert found.workspace.origin("path") == FLAGS["workdir"]
    assert found.workspace.origin("id").line == 8
    asked = select(settings_of(), workspace="nlp", workdir="trial", attach_folders=True)
    assert [folder.mode for folder in asked.workspace.attached] == ["use", "backup", "move"]
    assert asked.dropped == ()


def test_the_own_directory_keeps_all_folders(tmp_path: Path) -> None:
    """A directory that is the workspace's own, however it is spelled, changes nothing."""
    (tmp_path / "link").symlink_to("/w")
    for written in ("/w/nlp", "/w/x/../nlp/", "link/nlp"):
        found = select(settings_of(), workspace="nlp", workdir=written)
        assert len(found.workspace.attached) == 3
        assert found.dropped == ()


def test_references_stay_with_both_flags() -> None:
    """What `alt_workspaces` names is only read: it stays attached."""
    found = select(settings_of(), workspace="last", workdir="trial")
    assert [(str(folder.path), folder.mode) for folder in found.workspace.attached] == [("/w/ir", "use")]


def test_nothing_leaks_into_later_calls() -> None:
    """A selection with both flags changes neither the settings nor any later selection."""
    settings = settings_of()
    before = copy.deepcopy(settings)
    origins = dict(settings.workspaces[1].origins)
    moved = select(settings, workspace="nlp", workdir="trial")
    assert settings == before
    assert settings.workspaces[1].origins == origins
    assert str(select(settings, workspace="nlp").workspace.path) == "/w/nlp"
    assert str(select(settings, experiment_id="nlp-1").workspace.path) == "/w/nlp"
    assert moved.workspace is not settings.workspaces[1]
    with pytest.raises(FrozenInstanceError):
        moved.workspace.path = Path("/x")  # type: ignore[misc]


# -- why ------------------------------------------------------------------------------------------


def test_a_trigger_says_what_was_tried() -> None:
    """Every workspace is listed, with the triggers that were tried up to the one that matched."""
    assert verdicts(select(settings_of(), experiment_id="ir-3")) == [
        ("cluster", "remote", ()),
        ("nlp", "no match", ("nlp-*", "bert-?")),
        ("ir", "chosen", ("ir-[0-9]",)),
        ("nlp", "later", ()),
        ("last", "later", ()),
    ]


def test_the_default_says_what_was_tried() -> None:
    """All triggers were tried in vain, and the first local workspace is the chosen one."""
    assert verdicts(select(settings_of(), experiment_id="zzz")) == [
        ("cluster", "remote", ()),
        ("nlp", "chosen", ("nlp-*", "bert-?")),
        ("ir", "no match", ("ir-[0-9]", "nlp-1", "[!a-z]*", "Exact")),
        ("nlp", "no match", ("second",)),
        ("last", "no match", ()),
    ]


def test_without_an_experiment_no_trigger_is_tried() -> None:
    """Without an id there is nothing to match."""
    for nothing in (None, ""):
        found = select(settings_of(), experiment_id=nothing)
        assert [one.tried for one in found.considered] == [()] * 5
        assert [one.verdict for one in found.considered] == ["remote", "chosen", "no match", "no match", "no match"]


def test_a_named_workspace_says_what_was_passed_by() -> None:
    """Those before it have another id; of two with the same id, the second one comes too late."""
    assert [verdict for _, verdict, _ in verdicts(select(settings_of(), workspace="nlp"))] == [
        *("other id", "chosen", "later", "later", "later"),
    ]
    both = select(settings_of(), workspace="last", workdir="w")
    assert [one.verdict for one in both.considered] == [*["other id"] * 4, "chosen"]


# -- errors ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "hint"),
    [
        ("npl", "did you mean `nlp`? There are: cluster, nlp, ir, last"),
        ("NLP", "did you mean `nlp`? There are: cluster, nlp, ir, last"),
        ("clustr", "did you mean `cluster`? There are: cluster, nlp, ir, last"),
        ("something else", "there are: cluster, nlp, ir, last"),
    ],
)
def test_an_unknown_workspace_is_an_error(name: str, hint: str) -> None:
    """What may have been meant is suggested, and every id is listed once."""
    error = refused(workspace=name)
    assert error.message == f"--workspace: there is no workspace `{name}`"
    assert error.hint == hint


def test_many_workspaces_are_not_all_listed() -> None:
    """A long list is cut, and the suggestion comes from all of it."""
    text = "workspaces: [" + ", ".join(f"{{id: project-{number}, path: /p}}" for number in range(100)) + "]"
    hint = str(refused(text, workspace="project_77").hint)
    assert hint.startswith("did you mean `project-77`? There are: project-0, project-1, ")
    assert hint.endswith("project-19, …")


def test_a_remote_workspace_cannot_be_named() -> None:
    """The error says where the host is written, and points to the monitor."""
    for workdir in (None, "w"):
        error = refused(workspace="cluster", workdir=workdir)
        assert error.message.startswith("--workspace: workspace `cluster` is on another machine (settings.yaml:7)")
        assert "xpm-config ssh-monitor --workspace cluster`" in str(error.hint)
    spaced = refused("workspaces: [{id: a b, path: /x, ssh: {host: h}}]", workspace="a b")
    assert "`xpm-config ssh-monitor --workspace 'a b'`" in str(spaced.hint)


@pytest.mark.parametrize("flags", [{"workspace": ""}, {"workdir": ""}, {"workspace": "nlp", "workdir": ""}])
def test_an_empty_flag_is_an_error(flags: dict[str, str]) -> None:
    """An unset shell variable does not select another workspace."""
    assert "is empty" in refused(**flags).message


def test_an_empty_flag_is_no_id() -> None:
    """It does not even select a workspace with an empty id."""
    assert "is empty" in refused("workspaces: [{id: '', path: /empty}]", workspace="").message


def test_an_empty_id_can_be_the_default() -> None:
    """A workspace whose id is empty is used like any other, it only cannot be named."""
    found = select(settings_of("workspaces: [{id: '', path: /empty}]"))
    assert (found.workspace.id, found.reason) == ("", "default")


def test_a_directory_that_is_a_file_is_an_error(tmp_path: Path) -> None:
    """Nothing can be written into a file, or below one."""
    (tmp_path / "file").write_text("")
    (tmp_path / "link").symlink_to("file")
    for written in ("file", "link", "file/below/it", str(tmp_path / "file")):
        for workspace in (None, "nlp"):
            assert refused(workspace=workspace, workdir=written).message == f"--workdir: {tmp_path}/file is a file"


def test_a_directory_that_cannot_be_is_an_error(tmp_path: Path) -> None:
    """Unknown users, loops of links, NUL characters and endless names are refused by name."""
    (tmp_path / "loop").symlink_to("loop")
    for written in ("~nobody-here/w", "loop/w", "nul\0", "x" * 300):
        assert refused(workdir=written).message.startswith(f"--workdir: `{written}` cannot be resolved: ")


def test_a_directory_need_not_be_there(tmp_path: Path) -> None:
    """A run makes its directory: it may be missing, with all above it, or a link to nowhere."""
    (tmp_path / "dangling").symlink_to("nowhere/yet")
    assert select(settings_of(), workdir="a/b/c").workspace.path == tmp_path / "a/b/c"
    assert select(settings_of(), workdir="dangling").workspace.path == tmp_path / "nowhere/yet"


def test_no_workspaces_is_an_error() -> None:
    """Without workspaces there is no default; the error names the file and both ways out."""
    for text in ("{}", "workspaces: []"):
        error = refused(text)
        assert error.message == "settings.yaml: there are no workspaces"
        assert "--workdir" in str(error.hint)
    named = refused("{}", workspace="nlp")
    assert "there are no workspaces in settings.yaml" in str(named.hint)
    nowhere = read(b"{}", None, release=(2, 7, 0))
    with pytest.raises(UsageError, match="there is no settings file, and so no workspace"):
        select(nowhere)


def test_no_local_workspaces_is_an_error() -> None:
    """Where all workspaces are remote, none is taken."""
    error = refused("workspaces: [{id: far, path: /x, triggers: ['*'], ssh: {host: h}}]")
    assert "every workspace is on another machine" in error.message
    assert "--workdir" in str(error.hint)


def test_errors_name_the_place_that_asked() -> None:
    """Where an experiment's file asks for a workspace, the error names its line."""
    asked = {**FLAGS, "workspace": Origin("file", "exp.yaml", 3, 12), "workdir": Origin("file", "exp.yaml", 4, 10)}
    with pytest.raises(UsageError, match=r"^exp\.yaml:3: there is no workspace `x`$"):
        select(settings_of(), workspace="x", asked_at=asked)
    with pytest.raises(UsageError, match=r"^exp\.yaml:4: the directory is empty$"):
        select(settings_of(), workdir="", asked_at=asked)
    assert str(select(settings_of(), workdir="w", asked_at=asked).workspace.origin("path")) == "exp.yaml:4"
