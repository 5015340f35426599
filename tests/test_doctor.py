"""What doctor sees on this machine: directories, permissions, leftovers, programs; all in scratch trees.

What a machine does not have at hand (a dead network disk, a full one) is put in front of the probe, which is a
process of its own: a script of the test changes what the system answers there, and then runs the real probe.
"""

from __future__ import annotations

import errno
import grp
import json
import os
import shlex
import subprocess
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from xpm_config import registry, target
from xpm_config.diagnostics import Severity
from xpm_config.doctor import directories, examine, mounts, probe, probing
from xpm_config.errors import FileUnreadableError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from xpm_config.diagnostics import Diagnostic
    from xpm_config.validate import FileReport

NEWEST = (2, 7, 0)


class Machine:
    """A home with settings in it, and a way to look at it."""

    def __init__(self, home: Path) -> None:
        self.home = home
        self.path = home / ".config/experimaestro/settings.yaml"
        self.path.parent.mkdir(parents=True, mode=0o700)
        (home / "bin").mkdir()
        (home / "bin/ssh").write_text("#!/bin/sh\n")
        (home / "bin/ssh").chmod(0o755)
        self.environ = {"HOME": str(home), "PATH": str(home / "bin")}

    def write(self, text: str) -> None:
        """Write the settings, for the owner only."""
        self.path.write_text(text, encoding="utf-8")
        self.path.chmod(0o600)

    def workspace(self, *folders: tuple[str, str], more: str = "") -> None:
        """Write settings with the workspace `ws`, which is there, and folders (path, mode)."""
        (self.home / "ws").mkdir(exist_ok=True)
        lines = ["workspaces:", "  - id: nlp", "    path: ~/ws"]
        lines += ["    folders:"] if folders else []
        for path, mode in folders:
            lines += [f"      - path: {path}", f"        mode: {mode}"]
        self.write("\n".join(lines) + "\n" + more)

    def look(self, **known: Any) -> FileReport:
        """The whole report."""
        data = self.path.read_bytes() if self.path.exists() else None
        return examine(str(self.path), data, known.pop("release", NEWEST), environ=self.environ, **known)

    def found(self, **known: Any) -> list[Diagnostic]:
        """The findings."""
        return list(self.look(**known).diagnostics)

    def only(self, code: str, **known: Any) -> Diagnostic:
        """The one finding that there is, which has this code."""
        found = self.found(**known)
        assert [one.code for one in found] == [code], found
        return found[0]

    def source(self, finding: Diagnostic) -> str:
        """What a finding underlines."""
        assert finding.span is not None
        return self.path.read_text(encoding="utf-8")[finding.span.start : finding.span.end]


@pytest.fixture
def machine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Machine:
    """A machine whose disks are mounted and have room."""
    monkeypatch.setenv("HOME", str(tmp_path))
    for name in ("XDG_CONFIG_HOME", "XPM_LOCK_MODE"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr(mounts, "EXPECTED", str(tmp_path / "fstab"))
    monkeypatch.setattr(directories, "MIN_SHARE", 0)
    return Machine(tmp_path)


@pytest.fixture
def system(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    """Let the system answer the probe in another way: the text of a function is put in place of one of `os`."""

    def replace(function: str) -> None:
        script = tmp_path / "probe.py"
        name = function.removeprefix("def ").partition("(")[0]
        real = str(Path(probing.PROBE))
        lines = ["import os, runpy, time", f"real = os.{name}", function, f"os.{name} = {name}"]
        script.write_text("\n".join([*lines, f"runpy.run_path({real!r}, run_name='__main__')"]))
        monkeypatch.setattr(probing, "PROBE", str(script))

    yield replace
    (tmp_path / "probe.py").unlink(missing_ok=True)


@pytest.fixture
def short_of_memory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Let the probe have 400 MB of address space, as `ulimit -v` does."""
    script = tmp_path / "probe.py"
    script.write_text(
        "import resource, runpy\n"
        "resource.setrlimit(resource.RLIMIT_AS, (400_000_000, 400_000_000))\n"
        f"runpy.run_path({probing.PROBE!r}, run_name='__main__')\n"
    )
    monkeypatch.setattr(probing, "PROBE", str(script))


@pytest.fixture
def without_privileges(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Let permissions count for the probe, even if the tests run as root: it gives its capabilities up."""
    script = tmp_path / "probe.py"
    script.write_text(
        "import ctypes, runpy\n"
        "header = (ctypes.c_uint32 * 2)(0x20080522, 0)\n"
        "ctypes.CDLL(None).capset(header, (ctypes.c_uint32 * 6)())\n"
        f"runpy.run_path({probing.PROBE!r}, run_name='__main__')\n"
    )
    monkeypatch.setattr(probing, "PROBE", str(script))


# -- nothing to report ------------------------------------------------------------------------------


def test_a_machine_in_order(machine: Machine) -> None:
    """A workspace that is there, with a folder that has jobs: nothing is reported."""
    (machine.home / "other/jobs").mkdir(parents=True)
    machine.workspace((str(machine.home / "other"), "use"))
    assert machine.found() == []


def test_nothing_is_changed(machine: Machine) -> None:
    """Not a file, not a time, not a mode, whatever there is to find."""
    (machine.home / "ws/jobs/t").mkdir(parents=True)
    (machine.home / "ws/jobs/t/abc").symlink_to("/nowhere")
    machine.workspace(("~/bk", "backup"), ("~/mv", "move"), ("~/use", "use"), more="server: {token: abcdef}\n")
    machine.path.chmod(0o644)

    def tree() -> list[tuple[str, int, int, int]]:
        return [
            (str(path), path.lstat().st_mode, path.lstat().st_mtime_ns, path.lstat().st_ctime_ns)
            for path in sorted(machine.home.rglob("*"))
        ]

    before = tree()
    assert len(machine.found()) == 5
    assert tree() == before


def test_what_validate_knows_is_there(machine: Machine) -> None:
    """Findings of the file come along, in the order of the file."""
    machine.write("server: {prt: 1}\nworkspaces:\n  - {id: a, path: ~/new}\n  - {id: a, path: ~/other}\n")
    assert [one.code for one in machine.found()] == ["XPM101", "XPM312", "XPM201", "XPM312"]


def test_a_file_that_does_not_load(machine: Machine) -> None:
    """Its directories are not known; the rest is looked at all the same."""
    machine.write("server: {port: http, token: abcdef}\nworkspaces:\n  - {id: a, path: ~/new}\n")
    machine.path.chmod(0o644)
    report = machine.look()
    assert {one.code for one in report.diagnostics} == {"XPM102", "XPM303"}
    assert not report.loads


def test_a_file_that_cannot_be_read(machine: Machine) -> None:
    """XPM008, and the rest of the machine."""
    (machine.path.parent / "settings.yml").touch()
    machine.path.mkdir()
    error = FileUnreadableError(str(machine.path), "this is a directory")
    report = examine(str(machine.path), error, NEWEST, environ=machine.environ)
    assert [one.code for one in report.diagnostics] == ["XPM008", "XPM302"]
    assert not report.loads


def test_findings_can_be_ignored(machine: Machine) -> None:
    """A comment on the line leaves a finding out, as in `validate`."""
    machine.write("workspaces:\n  - id: a\n    path: ~/new  # xpm: ignore[XPM312]\n")
    assert machine.found() == []


# -- surroundings -----------------------------------------------------------------------------------


def test_no_settings(machine: Machine) -> None:
    """XPM301 names the command that writes some."""
    assert "xpm-config init" in (machine.only("XPM301").help or "")


def test_files_that_are_not_read(machine: Machine) -> None:
    """XPM302: settings.yml, and settings below XDG_CONFIG_HOME; not if it is the usual place."""
    machine.workspace()
    machine.environ["XDG_CONFIG_HOME"] = str(machine.home / ".config")
    assert machine.found() == []
    machine.environ["XDG_CONFIG_HOME"] = str(machine.home / "xdg")
    other = machine.home / "xdg/experimaestro/settings.yaml"
    other.parent.mkdir(parents=True)
    other.touch()
    assert str(other) in machine.only("XPM302").message
    (machine.path.parent / "settings.yml").touch()
    assert [one.code for one in machine.found()] == ["XPM302", "XPM302"]
    other.unlink()
    other.symlink_to(machine.path)
    (machine.path.parent / "settings.yml").unlink()
    assert machine.found() == []


def test_a_dead_place_of_other_settings(machine: Machine, system: Any) -> None:
    """Not even XDG_CONFIG_HOME can hold us up; what lies there is read by nobody."""
    system("def stat(path, *a, **k):\n    time.sleep(60 * ('stale' in str(path)))\n    return real(path, *a, **k)")
    machine.workspace()
    machine.environ["XDG_CONFIG_HOME"] = "/stale/config"
    assert machine.found(seconds=0.3) == []


def test_xpm_settings_is_for_us_only(machine: Machine) -> None:
    """XPM302: experimaestro ignores the variable; a file that the user named, or the usual one, is no surprise."""
    machine.workspace()
    other = machine.home / "other.yaml"
    other.write_bytes(machine.path.read_bytes())
    other.chmod(0o600)
    machine.environ["XPM_SETTINGS"] = str(other)
    machine.path.unlink()
    machine.path = other
    assert "XPM_SETTINGS" in machine.only("XPM302").message
    assert machine.found(named=True) == []
    machine.environ["XPM_SETTINGS"] = str(machine.home / ".config/experimaestro/settings.yaml")
    assert machine.found() == []


@pytest.mark.parametrize(
    ("name", "text", "release", "severity"),
    [
        ("ISO-8859-1", "é", NEWEST, Severity.WARNING),
        ("ANSI_X3.4-1968", "é", NEWEST, Severity.ERROR),
        ("ANSI_X3.4-1968", "é", (2, 5, 2), None),
        ("ANSI_X3.4-1968", "e", NEWEST, None),
        ("UTF-8", "é", NEWEST, None),
        ("utf8", "é", NEWEST, None),
    ],
)
def test_the_encoding_of_the_locale(
    machine: Machine,
    monkeypatch: pytest.MonkeyPatch,
    name: str,
    text: str,
    release: tuple[int, ...],
    severity: Severity | None,
) -> None:
    """XPM305: from 2.6 on, letters beyond ASCII need UTF-8; the first one is shown."""
    import locale

    monkeypatch.setattr(locale, "getpreferredencoding", lambda do_setlocale=True: name)  # noqa: ARG005
    (machine.home / f"caf{text}").mkdir()
    machine.write(f"workspaces:\n  - {{id: cafe, path: ~/caf{text}}}\n")
    found = machine.found(release=release)
    assert [one.severity for one in found] == ([] if severity is None else [severity])
    if severity is not None:
        assert (found[0].code, machine.source(found[0])) == ("XPM305", "é")


def test_experimaestro_reads_in_the_encoding_of_the_locale(machine: Machine) -> None:
    """What XPM305 says is so: the real one fails in ASCII, and not in the locale C of today's Python."""
    reason = "experimaestro is not installed: pip install 'xpm-config[experimaestro]'"
    pytest.importorskip("experimaestro.settings", reason=reason)
    machine.write("workspaces:\n  - {id: café, path: /x}\n")
    code = "from experimaestro.settings import get_settings; print(ascii(get_settings().workspaces[0].id))"

    def run(**variables: str) -> str:
        environ = {"HOME": str(machine.home), "LC_ALL": "C", **variables}
        done = subprocess.run([sys.executable, "-c", code], env=environ, capture_output=True, text=True, check=False)
        return done.stdout + done.stderr

    assert run() == "'caf\\xe9'\n"
    assert "UnicodeDecodeError" in run(PYTHONUTF8="0")


def test_releases(machine: Machine) -> None:
    """XPM306 when the release is a guess, XPM307 when it came after us."""
    machine.workspace()
    assert "--target" in (machine.only("XPM306", assumed=True).help or "")
    assert "9.9.0 is newer than 2.7.0" in machine.only("XPM307", release=(9, 9, 0)).message


def test_xpm_lock_mode_wins(machine: Machine) -> None:
    """XPM308 shows the setting that has no effect."""
    machine.workspace(more='    lock_mode: "0664"\n')
    assert machine.found() == []
    machine.environ["XPM_LOCK_MODE"] = "0664"
    assert machine.found() == []
    machine.environ["XPM_LOCK_MODE"] = "umask"
    assert machine.source(machine.only("XPM308")) == '"0664"'
    machine.workspace()
    assert machine.found() == []


def test_ssh_is_missed_by_remote_workspaces_only(machine: Machine) -> None:
    """XPM309 needs a workspace with a host; nothing is connected to."""
    remote = "  - {id: far, path: /x, ssh: {host: user@cluster}}\n"
    machine.workspace(more=remote)
    assert machine.found() == []
    (machine.home / "bin/ssh").unlink()
    assert machine.source(machine.only("XPM309")) == "user@cluster"
    machine.workspace()
    assert machine.found() == []


def test_the_schema_of_editors(machine: Machine) -> None:
    """XPM310: one of another release of ours, or one that is gone; a current one is no finding."""
    machine.workspace()
    schema = machine.path.parent / "settings.v2.schema.json"
    modeline = "# yaml-language-server: $schema=settings.v2.schema.json\n"
    machine.write(modeline + machine.path.read_text())
    assert "is not there" in machine.only("XPM310").message
    schema.write_text(json.dumps({"$id": "urn:xpm-config:settings:v2"}))
    found = machine.only("XPM310")
    assert "another release" in found.message
    assert "xpm-config schema install" in (found.help or "")
    schema.write_bytes((Path(__file__).parent.parent / "schema/settings.v2.schema.json").read_bytes())
    assert machine.found() == []
    schema.unlink()
    schema.mkdir()
    assert "is no schema of xpm-config" in machine.only("XPM310").message


def test_the_schema_of_another_release_of_experimaestro(machine: Machine, monkeypatch: pytest.MonkeyPatch) -> None:
    """XPM310 where the modeline keeps the version of an experimaestro of before; only an installed one decides."""
    machine.workspace()
    (machine.path.parent / "settings.v1.schema.json").write_text(registry.schema_text(1))
    machine.write("# yaml-language-server: $schema=settings.v1.schema.json\n" + machine.path.read_text())
    monkeypatch.setattr(target, "installed", lambda: None)
    assert machine.found() == []
    monkeypatch.setattr(target, "installed", lambda: NEWEST)
    found = machine.only("XPM310")
    assert "and experimaestro 2.7.0 has version 2" in found.message
    assert found.help == "run `xpm-config schema install`"
    assert machine.only("XPM310", named=True).help == f"run `xpm-config schema install --settings {machine.path}`"
    assert machine.found(release=(2, 3, 6)) == []


@pytest.mark.parametrize("name", [".config/Code/User", ".vscode"])
def test_the_schema_of_vscode(machine: Machine, name: str) -> None:
    """XPM310 also for a schema that is gone and that only VS Code names, for the user or in a project above."""
    machine.workspace()
    settings = machine.home / name / "settings.json"
    settings.parent.mkdir(parents=True)
    schema = machine.path.parent / "settings.v2.schema.json"
    settings.write_text(json.dumps({"yaml.schemas": {schema.as_uri(): "x"}}))
    found = machine.only("XPM310")
    assert found.message == f"{settings} names {schema}, which is not there"
    option = "--vscode" if name != ".vscode" else f"--vscode-settings {settings}"
    assert found.help == f"run `xpm-config schema install {option}`"
    schema.write_text(registry.schema_text(2))
    assert machine.found() == []


# -- who can read and change the settings -----------------------------------------------------------

SECRETS = "server: {token: abcdefgh}\nenv: {HF_TOKEN: secretsecret, PLAIN: x}\n"


@pytest.mark.parametrize(
    ("mode", "severity"), [(0o600, None), (0o640, Severity.WARNING), (0o644, Severity.ERROR), (0o604, Severity.ERROR)]
)
def test_secrets_that_others_can_read(
    machine: Machine, monkeypatch: pytest.MonkeyPatch, mode: int, severity: Severity | None
) -> None:
    """XPM303 names the keys and never the values; the group counts less than everyone."""
    monkeypatch.setattr(grp, "getgrgid", lambda number: grp.struct_group(("team", "x", number, ["ann", "bob"])))
    machine.workspace(more=SECRETS)
    machine.path.chmod(mode)
    found = machine.found()
    assert [one.severity for one in found] == ([] if severity is None else [severity])
    if found:
        assert found[0].code == "XPM303"
        assert found[0].message.endswith("and it holds `server.token`, `env.HF_TOKEN`")
        assert ("group `team`" in found[0].message) == (mode == 0o640)
        assert found[0].help == f"chmod 600 {machine.path}"


def test_a_group_of_ones_own_is_nobody_else(machine: Machine, monkeypatch: pytest.MonkeyPatch) -> None:
    """Many systems give each user a group: its permissions are no finding."""
    import pwd

    me = pwd.getpwuid(os.geteuid())
    machine.workspace(more=SECRETS)
    machine.path.chmod(0o660)
    os.chown(machine.path, -1, me.pw_gid)
    monkeypatch.setattr(grp, "getgrgid", lambda number: grp.struct_group((me.pw_name, "x", number, [])))
    assert machine.found() == []


def test_without_secrets_everyone_may_read(machine: Machine) -> None:
    """Settings are no secret by themselves; an empty token is none, and neither is one in a comment."""
    machine.workspace(more="# token: abcdefgh\nserver: {token: null}\nenv: {PLAIN: x}\n")
    machine.path.chmod(0o644)
    assert machine.found() == []


def test_a_broken_file_may_hold_secrets_too(machine: Machine) -> None:
    """A file that is no YAML is searched as text."""
    machine.write("server: {token: abcdefgh\n")
    machine.path.chmod(0o644)
    assert sorted(one.code for one in machine.found()) == ["XPM002", "XPM303"]


@pytest.mark.parametrize("ending", [".bak", "~"])
def test_old_copies_hold_secrets(machine: Machine, ending: str) -> None:
    """XPM303 also for what `migrate --backup` and editors keep."""
    machine.workspace()
    copy = Path(f"{machine.path}{ending}")
    copy.write_text(SECRETS)
    copy.chmod(0o604)
    assert machine.only("XPM303").help == f"chmod 600 {shlex.quote(str(copy))}"
    copy.write_text("server: {port: 1}\n")
    assert machine.found() == []


def test_settings_that_others_can_change(machine: Machine) -> None:
    """XPM304 for the file and for its directory; a sticky directory is safe."""
    machine.workspace()
    machine.path.chmod(0o602)
    assert machine.only("XPM304").help == f"chmod go-w {machine.path}"
    machine.path.chmod(0o600)
    machine.path.parent.chmod(0o707)
    assert machine.only("XPM304").help == f"chmod go-w {machine.path.parent}"
    machine.path.parent.chmod(0o1777)
    assert machine.found() == []


@pytest.mark.parametrize("kind", ["directory", "pipe"])
def test_what_is_no_file_has_a_mode_of_its_own(machine: Machine, kind: str) -> None:
    """Nobody is told to change the mode of a device or a directory that was named instead of the settings."""
    if kind == "directory":
        machine.path.mkdir()
    else:
        os.mkfifo(machine.path)
    machine.path.chmod(0o777)
    machine.path.parent.chmod(0o777)
    error = FileUnreadableError(str(machine.path), "this is no settings file")
    report = examine(str(machine.path), error, NEWEST, environ=machine.environ)
    assert [one.code for one in report.diagnostics] == ["XPM008"]


def test_a_link_is_as_safe_as_what_is_behind_it(machine: Machine) -> None:
    """XPM304 for the directory of the file behind a link."""
    machine.workspace()
    behind = machine.home / "dotfiles"
    behind.mkdir()
    behind.chmod(0o707)
    machine.path.rename(behind / "settings.yaml")
    machine.path.symlink_to(behind / "settings.yaml")
    assert machine.only("XPM304").help == f"chmod go-w {behind}"


@pytest.mark.parametrize("name", ["settings.yaml", "settings.yaml.bak", "settings.v2.schema.json"])
def test_leftovers_beside_the_settings(machine: Machine, name: str) -> None:
    """XPM321 for what a killed command of ours left an hour ago; younger ones may be at work."""
    machine.workspace()
    left = machine.path.with_name(f"{name}.0123abcd.tmp")
    left.touch()
    Path(f"{machine.path}.mine.tmp").touch()
    assert machine.found() == []
    os.utime(left, (time.time() - 7200,) * 2)
    assert machine.only("XPM321").help == f"nothing needs it: rm {left}"


# -- directories ------------------------------------------------------------------------------------


def test_a_new_workspace(machine: Machine) -> None:
    """XPM312 is a warning: experimaestro makes the directory."""
    machine.write("workspaces:\n  - {id: a, path: ~/deep/new}\n")
    found = machine.only("XPM312")
    assert (found.severity, machine.source(found)) == (Severity.WARNING, "~/deep/new")
    assert f"mkdir -p {machine.home}/deep/new" in (found.help or "")


@pytest.mark.parametrize(
    ("path", "mode", "severity"),
    [
        ("~/new", "use", Severity.WARNING),
        ("~/new", "backup", Severity.WARNING),
        ("~/deep/new", "use", Severity.WARNING),
        ("~/deep/new", "backup", Severity.ERROR),
        ("~/deep/new", "move", Severity.ERROR),
    ],
)
def test_a_missing_folder(machine: Machine, path: str, mode: str, severity: Severity) -> None:
    """XPM313 is an error where experimaestro would write below a directory that is missing, too."""
    machine.workspace((path, mode))
    found = machine.only("XPM313")
    assert (found.severity, machine.source(found)) == (severity, path)


@pytest.mark.parametrize(("mode", "severity"), [("backup", Severity.ERROR), ("use", Severity.WARNING)])
def test_a_folder_that_is_a_link_to_nothing(machine: Machine, mode: str, severity: Severity) -> None:
    """XPM313 says where the link leads; experimaestro cannot make a directory in its place."""
    (machine.home / "a").symlink_to("/nowhere/x")
    machine.workspace(("~/a", mode))
    found = machine.only("XPM313")
    assert found.severity is severity
    assert "/nowhere/x" in found.message


def test_a_workspace_that_is_a_link_to_nothing(machine: Machine) -> None:
    """What the link names is made by experimaestro, so this is a new workspace."""
    (machine.home / "a").symlink_to(machine.home / "b")
    machine.write("workspaces:\n  - {id: a, path: ~/a}\n")
    assert machine.only("XPM312").severity is Severity.WARNING


@pytest.mark.parametrize("path", ["~/file", "~/file/below"])
def test_a_file_in_the_way(machine: Machine, path: str) -> None:
    """XPM315 for a file, and for a path through a file."""
    (machine.home / "file").touch()
    machine.write(f"workspaces:\n  - {{id: a, path: {path}}}\n")
    assert machine.source(machine.only("XPM315")) == path


@pytest.mark.parametrize("mode", ["backup", "move"])
def test_a_folder_that_cannot_be_written(machine: Machine, mode: str, without_privileges: None) -> None:
    """XPM316 where experimaestro must write; a folder to read from need not be writable."""
    (machine.home / "shared/jobs").mkdir(parents=True)
    (machine.home / "shared").chmod(0o555)
    machine.workspace(("~/shared", mode))
    assert "may not write" in next(one.message for one in machine.found() if one.code == "XPM316")
    machine.workspace(("~/shared", "use"))
    assert machine.found() == []


def test_a_folder_that_cannot_be_read(machine: Machine, without_privileges: None) -> None:
    """XPM316 where even reading is not allowed, and where the way there is closed."""
    (machine.home / "closed/inner").mkdir(parents=True)
    (machine.home / "closed").chmod(0o000)
    machine.workspace(("~/closed", "use"))
    assert "may not read" in machine.only("XPM316").message
    machine.workspace(("~/closed/inner", "use"))
    assert "Permission denied" in machine.only("XPM316").message
    (machine.home / "closed").chmod(0o700)


def test_a_workspace_that_cannot_be_made(machine: Machine, without_privileges: None) -> None:
    """XPM316 names the directory above that is closed."""
    (machine.home / "closed").mkdir(mode=0o555)
    machine.write("workspaces:\n  - {id: a, path: ~/closed/deep/new}\n")
    assert machine.only("XPM316").message.endswith(f"you may not write to {machine.home}/closed")


@pytest.mark.parametrize(
    ("path", "reason", "advice"),
    [
        ("~/loop/x", "Too many levels of symbolic links", "its symbolic links go round in circles"),
        ("~/" + "x" * 300, "File name too long", "shorten the path"),
        ('"/x/\\ud800"', "this cannot be a file name", "correct the path"),
        ('"/x/\\0"', "this cannot be a file name", "correct the path"),
    ],
)
def test_a_path_that_leads_nowhere_by_itself(machine: Machine, path: str, reason: str, advice: str) -> None:
    """XPM316 at once, with what helps: no owner of a directory can mend such a path."""
    (machine.home / "loop").symlink_to("loop")
    machine.workspace((path, "move"))
    (found,) = (one for one in machine.found(seconds=30) if one.code.startswith("XPM31"))
    assert found.code == "XPM316"
    assert found.message.endswith(f"cannot be looked at: {reason}")
    assert (found.help or "").startswith(advice)


def test_a_disk_that_fails(machine: Machine, system: Any) -> None:
    """XPM316 for an error of the disk leads to the disk."""
    system(
        "def stat(path, *a, **k):\n    if 'bad' in str(path): raise OSError(5, 'I/O')\n    return real(path, *a, **k)"
    )
    machine.workspace(("/bad", "move"))
    assert machine.only("XPM316").help == "look after the disk that it is on"


def test_commands_make_the_directory_that_is_meant(machine: Machine) -> None:
    """A character that cannot be shown is written as the shell reads it, so that the command can be pasted."""
    machine.write('workspaces:\n  - {id: a, path: "~/a\\nb\\x1b[31m"}\n')
    command = (machine.only("XPM312").help or "").partition("else ")[2]
    assert command.isprintable()
    subprocess.run(["bash", "-c", command], check=True)
    assert (machine.home / "a\nb\x1b[31m").is_dir()


@pytest.mark.parametrize(
    ("rest", "mode", "code"),
    [
        ("", "move", "XPM313"),
        ("/deep/new", "backup", "XPM313"),
        ("/closed/new", "move", "XPM316"),
        ("/link", "move", "XPM313"),
        ("/file", "move", "XPM315"),
        ("/there", "use", "XPM319"),
        ("/there", "move", "XPM317"),
    ],
)
def test_a_secret_in_a_path_is_not_told(
    machine: Machine,
    monkeypatch: pytest.MonkeyPatch,
    without_privileges: None,
    rest: str,
    mode: str,
    code: str,
) -> None:
    """Where the path has the value of a telling variable, it is shown as it is written."""
    machine.environ["HF_TOKEN"] = "hf_abcdefgh"
    home = machine.home / "hf_abcdefgh"
    if rest:
        (home / "there/jobs/t").mkdir(parents=True)
        (home / "there/jobs").rename(home / "there/other") if mode == "use" else None
        (home / "closed").mkdir(mode=0o555)
        (home / "link").symlink_to(home / "nowhere")
        (home / "file").touch()
    if code == "XPM317":
        monkeypatch.setattr(directories, "MIN_SHARE", 1)
        monkeypatch.setattr(directories, "MIN_BYTES", 1 << 80)
    written = f"{machine.home}/${{env:HF_TOKEN}}{rest}"
    machine.write(f"workspaces:\n  - id: a\n    path: /proc/self\n    folders: [{{path: '{written}', mode: {mode}}}]\n")
    found = next(one for one in machine.found() if one.code == code and "folder" in one.message)
    assert "abcdefgh" not in f"{found.message}{found.help}"
    assert written in found.message or "cannot be made" in found.message or code == "XPM317"


def test_other_variables_in_a_path_are_told(machine: Machine) -> None:
    """The value of a variable that holds no secret is what the user wants to see."""
    machine.environ["PLACE"] = "over-there"
    machine.write(f"workspaces:\n  - {{id: a, path: '{machine.home}/${{env:PLACE}}/keys'}}\n")
    assert f"{machine.home}/over-there/keys," in machine.only("XPM312").message


STATVFS = """\
def statvfs(path):
    fields = list(real(path))
    fields += [0] * (11 - len(fields))
    changed = dict(zip(range(10), fields))
    changed.update({!r})
    return os.statvfs_result(tuple(changed[number] for number in range(10)))
"""


def test_a_read_only_disk(machine: Machine, system: Any) -> None:
    """XPM316 says that the disk is mounted read-only."""
    system(STATVFS.format({8: os.ST_RDONLY}))
    machine.workspace(("/proc", "use"))
    found = [one for one in machine.found() if one.code != "XPM319"]
    assert [one.code for one in found] == ["XPM316"]
    assert "read-only" in found[0].message


@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        ({1: 4096, 2: 10**9, 4: 1000}, (Severity.WARNING, "only 3.91 MiB are left")),
        ({1: 4096, 2: 10**9, 4: 0}, (Severity.ERROR, "only 0 B are left")),
        ({5: 10**9, 7: 50}, (Severity.WARNING, "only room for 50 new files is left")),
        ({5: 0, 7: 0}, None),
        ({1: 4096, 2: 10**9, 4: 10**8}, None),
        # One percent of a very large disk is plenty.
        ({1: 4096, 2: 10**12, 4: 10**7}, None),
    ],
)
def test_little_room(
    machine: Machine,
    system: Any,
    monkeypatch: pytest.MonkeyPatch,
    fields: dict[int, int],
    expected: tuple[Severity, str] | None,
) -> None:
    """XPM317 when both the share and the amount are small, once for each disk."""
    monkeypatch.setattr(directories, "MIN_SHARE", 0.01)
    plenty = {1: 4096, 2: 10**9, 4: 10**9, 5: 10**9, 7: 10**9, 8: 0}
    system(STATVFS.format({**plenty, **fields}))
    (machine.home / "other").mkdir()
    machine.workspace(more="  - {id: other, path: ~/other}\n")
    found = machine.found()
    assert [one.code for one in found] == (["XPM317"] if expected else [])
    if expected:
        assert (found[0].severity, found[0].message.partition("`nlp` ")[2]) == expected


def test_a_disk_that_is_not_mounted(machine: Machine, monkeypatch: pytest.MonkeyPatch) -> None:
    """XPM314 for a path on a disk of fstab; not when it, or another one below it, is mounted."""
    mounted = machine.home / "mountinfo"
    monkeypatch.setattr(mounts, "MOUNTED", str(mounted))
    place = machine.home.resolve() / "slow disk"
    (place / "deep/bk").mkdir(parents=True)
    escaped = str(place).replace(" ", r"\040")
    fstab = f"# <file system> <mount point>\n/dev/sdb1 {escaped} ext4 defaults 0 2\n/dev/sdb2 none swap sw 0 0\n"
    Path(mounts.EXPECTED).write_text(fstab)
    line = "36 35 98:0 / {} rw,noatime - ext4 /dev/x rw\n"
    machine.workspace(("~/slow disk/deep/bk", "move"))

    mounted.write_text(line.format("/"))
    found = machine.only("XPM314")
    assert (found.severity, found.help) == (Severity.ERROR, f"mount '{place}'")
    mounted.write_text(line.format("/") + line.format(escaped))
    assert machine.found() == []
    mounted.write_text(line.format("/") + line.format(f"{escaped}/deep"))
    assert machine.found() == []
    # Systems without this file do not tell.
    mounted.unlink()
    assert machine.found() == []


def test_a_backup_on_the_same_disk(machine: Machine) -> None:
    """XPM318 for a backup only, and only on the disk of the workspace."""
    (machine.home / "bk").mkdir()
    machine.workspace(("~/bk", "backup"))
    assert machine.source(machine.only("XPM318")) == "~/bk"
    machine.workspace(("~/bk", "move"))
    assert machine.found() == []
    machine.workspace(("/dev", "backup"))
    assert "XPM318" not in [one.code for one in machine.found()]


def test_a_folder_without_jobs(machine: Machine) -> None:
    """XPM319 for a folder to read from that holds nothing of use."""
    (machine.home / "other").mkdir()
    machine.workspace(("~/other", "use"))
    assert machine.source(machine.only("XPM319")) == "~/other"


def test_alternative_workspaces_are_folders(machine: Machine) -> None:
    """A path in `alt_workspaces` is looked at; an id is looked at as the workspace that it names."""
    machine.workspace(more="    alt_workspaces: [other, ~/gone]\n  - {id: other, path: ~/ws2}\n")
    (machine.home / "ws2").mkdir()
    found = [one for one in machine.found() if one.code != "XPM106"]
    assert [(one.code, machine.source(one)) for one in found] == [("XPM313", "~/gone")]


def test_links_to_jobs_that_are_gone(machine: Machine) -> None:
    """XPM320 counts them, and shows three; links that lead somewhere are as they should be."""
    jobs = machine.home / "ws/jobs/my.task"
    jobs.mkdir(parents=True)
    (machine.home / "moved").mkdir()
    (jobs / "fine").symlink_to(machine.home / "moved")
    machine.workspace()
    assert machine.found() == []
    for name in "abcde":
        (jobs / name).symlink_to(f"/nowhere/{name}")
    found = machine.only("XPM320")
    assert found.severity is Severity.ERROR
    assert found.message.startswith(f"5 jobs are links to where nothing is, in {machine.home}/ws: jobs/my.task/")
    assert found.message.endswith(" and 2 more")


@pytest.mark.parametrize(
    ("number", "expected"), [(errno.ESTALE, ["XPM320"]), (errno.ENOTCONN, ["XPM320"]), (errno.EACCES, [])]
)
def test_links_to_a_disk_that_has_gone(machine: Machine, system: Any, number: int, expected: list[str]) -> None:
    """XPM320 also for what a server has forgotten, or whose server has gone; not where we only may not look."""
    (machine.home / "ws/jobs/t").mkdir(parents=True)
    (machine.home / "ws/jobs/t/gone").symlink_to("/nowhere")
    machine.workspace()
    fails = f"if str(path).endswith('gone'): raise OSError({number}, 'x')"
    system(f"def stat(path, *a, **k):\n    {fails}\n    return real(path, *a, **k)")
    assert [one.code for one in machine.found()] == expected


def test_links_that_go_round_in_circles(machine: Machine) -> None:
    """XPM320 for a job that is a link to itself."""
    (machine.home / "ws/jobs/t").mkdir(parents=True)
    (machine.home / "ws/jobs/t/loop").symlink_to("loop")
    machine.workspace()
    assert machine.only("XPM320").message.endswith("jobs/t/loop")


@pytest.mark.parametrize("first", ["workspace", "folder"])
def test_a_workspace_that_is_a_folder_of_another_one(machine: Machine, first: str) -> None:
    """Its jobs are looked through as those of a workspace, once, whichever is named first."""
    old = machine.home / "ws/jobs/t/.tmp.abc"
    old.mkdir(parents=True)
    os.utime(old, (time.time() - 2 * 86400,) * 2)
    (old.parent / "gone").symlink_to("/nowhere")
    (machine.home / "other").mkdir()
    one = "  - {id: one, path: ~/ws}\n"
    two = "  - id: two\n    path: ~/other\n    folders: [{path: ~/ws, mode: move}, {path: ~/ws, mode: use}]\n"
    machine.write("workspaces:\n" + (one + two if first == "workspace" else two + one))
    found = [one for one in machine.found() if one.code in ("XPM320", "XPM321")]
    assert [one.code for one in found] == ["XPM320", "XPM321"]
    assert {machine.source(one) for one in found} == {"~/ws"}


def test_copies_that_were_never_finished(machine: Machine) -> None:
    """XPM321 where copies are made, when nobody touched them for a day; never in a folder to read from."""
    for place in ("ws", "mv", "use"):
        old = machine.home / place / "jobs/my.task/.tmp.abc"
        old.mkdir(parents=True)
        (old.parent / ".tmp.young").mkdir()
        os.utime(old, (time.time() - 2 * 86400,) * 2)
    machine.workspace(("~/mv", "move"), ("~/use", "use"))
    found = machine.found()
    assert [(one.code, machine.source(one)) for one in found] == [("XPM321", "~/ws"), ("XPM321", "~/mv")]
    assert found[0].message.endswith("/ws: jobs/my.task/.tmp.abc")


def test_relative_paths_begin_where_we_are(machine: Machine, monkeypatch: pytest.MonkeyPatch) -> None:
    """As in experimaestro, a relative path is looked at in the current directory."""
    monkeypatch.chdir(machine.home)
    machine.write("workspaces:\n  - {id: a, path: rel}\n")
    assert [one.code for one in machine.found()] == ["XPM212", "XPM312"]
    (machine.home / "rel").mkdir()
    assert [one.code for one in machine.found()] == ["XPM212"]


def test_remote_paths_are_not_looked_at(machine: Machine) -> None:
    """The path of a remote workspace means nothing here."""
    machine.workspace(more="  - {id: far, path: /no/such/place, ssh: {host: user@cluster}}\n")
    assert machine.found() == []


# -- disks that do not answer -----------------------------------------------------------------------


def test_a_dead_disk_holds_up_nobody(machine: Machine, system: Any) -> None:
    """XPM311 after the time that was given; all other directories are reported as ever."""
    system("def stat(path, *a, **k):\n    time.sleep(60 * ('stale' in str(path)))\n    return real(path, *a, **k)")
    machine.workspace(("/stale/one", "use"), ("/stale/two", "backup"), ("~/gone", "use"))
    started = time.monotonic()
    found = machine.found(seconds=0.8)
    assert time.monotonic() - started < 10
    assert [(one.code, machine.source(one)) for one in found] == [
        ("XPM311", "/stale/one"),
        ("XPM311", "/stale/two"),
        ("XPM313", "~/gone"),
    ]
    assert "does not answer within 0.8 s" in found[0].message


def test_many_directories_in_little_memory(machine: Machine, short_of_memory: None) -> None:
    """Two thousand folders do not need two thousand threads, and each of them is looked at."""
    machine.workspace(*[(f"/gone/{number}", "use") for number in range(2000)])
    found = machine.found(seconds=30)
    assert {one.code for one in found} == {"XPM313"}
    assert len(found) == 2000


def test_many_directories_with_jobs(machine: Machine) -> None:
    """More workspaces than threads: the jobs of each are looked through."""
    lines = ["workspaces:"]
    for number in range(300):
        (machine.home / f"w{number}/jobs/t").mkdir(parents=True)
        (machine.home / f"w{number}/jobs/t/gone").symlink_to("/nowhere")
        lines.append(f"  - {{id: w{number}, path: ~/w{number}}}")
    machine.write("\n".join(lines) + "\n")
    found = machine.found(seconds=30)
    assert [one.code for one in found] == ["XPM320"] * 300


def test_a_probe_that_is_stuck_is_left_alone(machine: Machine, system: Any) -> None:
    """Even if the probe itself hangs, we do not."""
    system("def _exit(code):\n    time.sleep(60)")
    machine.workspace(("~/gone", "use"))
    started = time.monotonic()
    assert [one.code for one in machine.found(seconds=0.5)] == ["XPM313"]
    assert time.monotonic() - started < 10


def test_too_many_jobs_for_the_time(machine: Machine, system: Any) -> None:
    """XPM322 says that the search was ended; the directory itself answers."""
    (machine.home / "ws/jobs/t").mkdir(parents=True)
    (machine.home / "ws/jobs/t/a").symlink_to("/nowhere")
    machine.workspace()
    system("def scandir(path):\n    time.sleep(0.8)\n    return real(path)")
    found = machine.only("XPM322", seconds=0.5)
    assert "--timeout" in (found.help or "")


def test_the_search_ends_at_the_deadline(machine: Machine) -> None:
    """What was found until then is kept, and the rest is said to be missing."""
    (machine.home / "ws/jobs/t").mkdir(parents=True)
    (machine.home / "ws/jobs/t/a").symlink_to("/nowhere")
    ended = probe.jobs(str(machine.home / "ws"), time.monotonic() - 1, links=True, staging=True)
    assert (ended["complete"], ended["looked_at"]) == (False, 0)
    whole = probe.jobs(str(machine.home / "ws"), time.monotonic() + 60, links=True, staging=True)
    assert (whole["complete"], whole["looked_at"]) == (True, 1)


def test_a_link_that_never_answers(machine: Machine, system: Any) -> None:
    """XPM322 also where looking at one job takes for ever."""
    (machine.home / "ws/jobs/t").mkdir(parents=True)
    (machine.home / "ws/jobs/t/stale").symlink_to("/nowhere")
    system("def stat(path, *a, **k):\n    time.sleep(60 * ('stale' in str(path)))\n    return real(path, *a, **k)")
    machine.workspace()
    assert [one.code for one in machine.found(seconds=0.8)] == ["XPM322"]


def test_a_bug_in_the_probe_is_not_hidden(machine: Machine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """If it cannot run at all, that is not reported as a dead disk."""
    script = tmp_path / "broken.py"
    script.write_text("raise ValueError('broken')\n")
    monkeypatch.setattr(probing, "PROBE", str(script))
    machine.workspace()
    with pytest.raises(RuntimeError, match="ValueError: broken"):
        machine.found()
