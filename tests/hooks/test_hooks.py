"""The hooks run in pre-commit and in prek, on repositories that are laid out as people lay out theirs.

Both tools install the project from a clone into environments of their own, as they do for users. That takes some
seconds, so the runs share one home for each tool; only `try-repo` installs anew every time.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import pytest
import yaml

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    Write = Callable[[Mapping[str, str]], Path]

ROOT = Path(__file__).parents[2]
MANIFEST = ROOT / ".pre-commit-hooks.yaml"
VALIDATE, MIGRATE = "xpm-config-validate", "xpm-config-migrate"

GOOD = "workspaces:\n  - id: main\n    path: /data/main\n"
BAD = "workspaces:\n  - id: main\n    path: /data/main\n    max_retrys: 3\n"
FIXABLE = "server:\n  port: 8080\nworkspaces:\n  - id: main\n    path: /data/main\n    triggers: nlp-*  # ours\n"
FIXED = FIXABLE.replace("nlp-*", '["nlp-*"]')
OLD = GOOD + "    # Results of others\n    alt_workspaces:\n      - /shared/nlp\n"
NEW = GOOD + "    # Results of others\n    folders:\n      - path: /shared/nlp\n        mode: use\n"
OLD_AND_BAD = OLD + "    max_retrys: 3\n"
NEW_AND_BAD = NEW + "    max_retrys: 3\n"
BROKEN = "workspaces:\n  - id: [main\n"

LAYOUTS = (
    ".config/experimaestro/settings.yaml",
    "home/.config/experimaestro/settings.yaml",
    "experimaestro/settings.yaml",
    "experimaestro/.config/experimaestro/settings.yaml",
    "dot_config/experimaestro/settings.yaml",
    "dot_config/private_experimaestro/private_settings.yaml",
    "dot_config/exact_private_experimaestro/private_readonly_settings.yaml",
    "dot_config/experimaestro/create_settings.yaml",
    "xpm_settings.yaml",
    "demo/with a space/xpm_settings.yaml",
    "démo/xpm_settings.yaml",
    "-d/experimaestro/settings.yaml",
    "--fix/xpm_settings.yaml",
)
"""Settings: of dotfile managers (bare, stow, chezmoi), of a repository that is `~/.config`, and of demos.

The last two begin with a dash, as options do, and hooks get them as they are.
"""
OTHERS = (
    "settings.yaml",
    "config/settings.yaml",
    "django/settings.yaml",
    ".config/other/settings.yaml",
    "notexperimaestro/settings.yaml",
    "private_notexperimaestro/settings.yaml",
    "experimaestro-demo/settings.yaml",
    "experimaestro/settings.yml",
    "experimaestro/settings.yaml.bak",
    "experimaestro/settings.yaml.tmpl",
    "experimaestro/other.yaml",
    "experimaestro/my_settings.yaml",
    "experimaestro/more/settings.yaml",
    "my_xpm_settings.yaml",
)
"""Files of other tools, and files beside ours."""


class Project(NamedTuple):
    """A repository with the code of the work tree, to take the hooks from."""

    path: Path
    revision: str


class Tool(NamedTuple):
    """pre-commit or prek, with a home of its own."""

    name: str
    program: str
    environment: Mapping[str, str]

    def run(self, repository: Path, *arguments: str, **variables: str) -> subprocess.CompletedProcess[str]:
        """Run the tool in a repository; both streams are in `stdout`, as on a screen."""
        return subprocess.run(
            [self.program, *arguments], cwd=repository, env={**self.environment, **variables}, text=True, check=False,
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT, stdin=subprocess.DEVNULL,
        )  # fmt: skip


def git(place: Path, environment: Mapping[str, str], *arguments: str) -> str:
    """Run git, which must succeed; what it prints."""
    done = subprocess.run(["git", *arguments], cwd=place, env=environment, check=True, capture_output=True, text=True)
    return done.stdout.strip()


@pytest.fixture(scope="session")
def environment(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """Variables under which git and the tools know nothing of the settings of whoever runs the tests."""
    if shutil.which("git") is None:
        pytest.skip("git is not installed")
    home = tmp_path_factory.mktemp("home")
    strange = (
        "GIT_",
        "PRE_COMMIT",
        "PREK_",
        "PYTHON",
        "XPM_",
        "SKIP",
        "NO_COLOR",
        "FORCE_COLOR",
        "CLICOLOR",
        "GITHUB_",
    )
    kept = {name: value for name, value in os.environ.items() if not name.startswith(strange)}
    people = {f"GIT_{who}_{what}": "test@example.org" for who in ("AUTHOR", "COMMITTER") for what in ("NAME", "EMAIL")}
    return {
        **kept, **people,
        "HOME": str(home), "XDG_CONFIG_HOME": str(home / ".config"), "XDG_CACHE_HOME": str(home / ".cache"),
        "GIT_CONFIG_GLOBAL": os.devnull, "GIT_CONFIG_NOSYSTEM": "1",
        "PRE_COMMIT_HOME": str(home / "pre-commit"), "PREK_HOME": str(home / "prek"), "PREK_UV_SOURCE": "pip",
        "PATH": os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]]),
    }  # fmt: skip


@pytest.fixture(scope="session", params=["pre-commit", "prek"])
def tool(request: pytest.FixtureRequest, environment: dict[str, str]) -> Tool:
    """One of the tools; skips the test where it is missing."""
    program = shutil.which(request.param, path=environment["PATH"])
    if program is None:
        pytest.skip(f"{request.param} is not installed")
    return Tool(request.param, program, environment)


@pytest.fixture(scope="session")
def project(environment: dict[str, str], tmp_path_factory: pytest.TempPathFactory) -> Project:
    """The work tree as it is now, committed to a repository of its own."""
    place = tmp_path_factory.mktemp("hooks") / "xpm-config"
    # Git's own ignore file is applied below; these names only save copying what is large.
    large = (".git", ".venv", ".*_cache", "node_modules", "__pycache__", ".hypothesis", "build", "dist")
    shutil.copytree(ROOT, place, ignore=shutil.ignore_patterns(*large))
    return Project(place, commit(place, environment))


def commit(place: Path, environment: Mapping[str, str]) -> str:
    """Commit all of a folder, which becomes a repository if it is none; the commit."""
    git(place, environment, "init", "--quiet")
    git(place, environment, "add", "--all")
    git(place, environment, "commit", "--quiet", "--allow-empty", "--no-verify", "--message", "files")
    return git(place, environment, "rev-parse", "HEAD")


@pytest.fixture
def write(tmp_path: Path, environment: dict[str, str]) -> Write:
    """Writes files into a repository and commits them; its path."""
    repository = tmp_path / "dotfiles"

    def write(files: Mapping[str, str]) -> Path:
        for name, text in files.items():
            path = repository / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(text.encode())
        commit(repository, environment)
        return repository

    return write


def configuration(project: Project, *hooks: str, **arguments: list[str]) -> dict[str, str]:
    """The file that a user writes, with the hooks in this order; `validate=[…]` gives that hook arguments."""
    items = [{"id": hook, "args": arguments.get(hook.rpartition("-")[2], [])} for hook in hooks]
    repositories = [{"repo": str(project.path), "rev": project.revision, "hooks": items}]
    return {".pre-commit-config.yaml": yaml.safe_dump({"repos": repositories})}


def contents(repository: Path, names: Mapping[str, str]) -> dict[str, str]:
    """What the files hold now."""
    return {name: (repository / name).read_bytes().decode() for name in names}


def results(output: str) -> dict[str, str]:
    """Passed, Failed or Skipped, for each hook."""
    found = re.findall(r"^(validate|migrate) experimaestro settings\.+(?:\(.*\))?(\w+)$", output, re.MULTILINE)
    return dict(found)


# -- try-repo -----------------------------------------------------------------------------------------------


def test_try_repo(tool: Tool, project: Project, write: Write) -> None:
    """`try-repo` runs both hooks on good, bad, fixable and old files, and on no other tool's."""
    files = {
        ".config/experimaestro/settings.yaml": GOOD,
        "dot_config/experimaestro/settings.yaml": BAD,
        "dot_config/private_experimaestro/private_settings.yaml": FIXABLE,
        "laptop/.config/experimaestro/settings.yaml": OLD,
        "demo/xpm_settings.yaml": OLD_AND_BAD,
        "django/settings.yaml": OLD_AND_BAD,
    }
    migrated = {
        **files,
        "laptop/.config/experimaestro/settings.yaml": NEW,
        "demo/xpm_settings.yaml": NEW_AND_BAD,
    }
    repository = write(files)
    done = tool.run(repository, "try-repo", str(project.path), "--all-files")
    assert done.returncode == 1, done.stdout
    assert results(done.stdout) == {"validate": "Failed", "migrate": "Failed"}
    assert "files were modified by this hook" in done.stdout
    assert "dot_config/experimaestro/settings.yaml:4:5: error[XPM101]: unknown key `max_retrys`" in done.stdout
    assert "dot_config/private_experimaestro/private_settings.yaml:6:15: error[XPM102]" in done.stdout
    assert "demo/xpm_settings.yaml:" in done.stdout
    assert "django" not in done.stdout
    assert contents(repository, files) == migrated


# -- as configured --------------------------------------------------------------------------------------------


def test_every_layout_is_taken_and_no_other_file(tool: Tool, project: Project, write: Write) -> None:
    """Old, bad settings are migrated and reported wherever they are kept; other tools' files stay as they are."""
    repository = write(configuration(project, MIGRATE, VALIDATE) | dict.fromkeys((*LAYOUTS, *OTHERS), OLD_AND_BAD))
    (repository / "link").mkdir()
    (repository / "link" / "xpm_settings.yaml").symlink_to("../django/settings.yaml")
    write({})
    done = tool.run(repository, "run", "--all-files")
    assert done.returncode == 1
    found = re.findall(r"^ *(.*):\d+:\d+: error\[XPM101\]: unknown key `max_retrys`", done.stdout, re.MULTILINE)
    assert sorted(name.removeprefix("./") for name in found) == sorted(LAYOUTS)
    assert contents(repository, dict.fromkeys(LAYOUTS, "")) == dict.fromkeys(LAYOUTS, NEW_AND_BAD)
    assert contents(repository, dict.fromkeys(OTHERS, "")) == dict.fromkeys(OTHERS, OLD_AND_BAD)


def test_a_repository_without_settings(tool: Tool, project: Project, write: Write) -> None:
    """Where no file is ours, both hooks are skipped."""
    repository = write(configuration(project, MIGRATE, VALIDATE) | dict.fromkeys(OTHERS, OLD_AND_BAD))
    done = tool.run(repository, "run", "--all-files")
    assert (done.returncode, results(done.stdout)) == (0, {"migrate": "Skipped", "validate": "Skipped"}), done.stdout


def test_migrate_then_validate(tool: Tool, project: Project, write: Write) -> None:
    """An old file fails the commit once: it is rewritten, and what came of it passes."""
    name = ".config/experimaestro/settings.yaml"
    repository = write(configuration(project, MIGRATE, VALIDATE, validate=["--strict"]) | {name: OLD})
    done = tool.run(repository, "run", "--all-files")
    assert (done.returncode, results(done.stdout)) == (1, {"migrate": "Failed", "validate": "Passed"}), done.stdout
    assert contents(repository, {name: ""}) == {name: NEW}
    write({})
    done = tool.run(repository, "run", "--all-files")
    assert (done.returncode, results(done.stdout)) == (0, {"migrate": "Passed", "validate": "Passed"}), done.stdout


def test_a_file_that_cannot_be_read(tool: Tool, project: Project, write: Write) -> None:
    """Broken YAML fails both hooks with a place, is left alone, and does not keep others from being migrated."""
    files = {"a/experimaestro/settings.yaml": BROKEN, "b/experimaestro/settings.yaml": OLD}
    repository = write(configuration(project, MIGRATE, VALIDATE) | files)
    done = tool.run(repository, "run", "--all-files")
    assert (done.returncode, results(done.stdout)) == (1, {"migrate": "Failed", "validate": "Failed"}), done.stdout
    assert len(re.findall(r"a/experimaestro/settings\.yaml:\d+:\d+: error\[XPM002\]", done.stdout)) == 2
    assert "Traceback" not in done.stdout
    assert contents(repository, files) == {**files, "b/experimaestro/settings.yaml": NEW}


def test_fix(tool: Tool, project: Project, write: Write) -> None:
    """With `args: [--fix]` the safe fixes are made, and no other; the commit fails once."""
    fixable, unsafe = "a/experimaestro/settings.yaml", "b/experimaestro/settings.yaml"
    repository = write(configuration(project, VALIDATE, validate=["--fix"]) | {fixable: FIXABLE})
    done = tool.run(repository, "run", "--all-files")
    assert (done.returncode, results(done.stdout)) == (1, {"validate": "Failed"}), done.stdout
    assert "files were modified by this hook" in done.stdout
    assert contents(repository, {fixable: ""}) == {fixable: FIXED}
    write({})
    assert tool.run(repository, "run", "--all-files").returncode == 0
    write({unsafe: BAD})
    done = tool.run(repository, "run", "--all-files")
    assert done.returncode == 1
    assert "did you mean `max_retries`? (fixed by --unsafe-fixes)" in done.stdout
    assert contents(repository, {unsafe: ""}) == {unsafe: BAD}


def test_target(tool: Tool, project: Project, write: Write) -> None:
    """The release that the group uses is given as an argument: the hook's environment has no experimaestro."""
    repository = write(configuration(project, VALIDATE, validate=["--target", "2.3.6"]) | {"xpm_settings.yaml": NEW})
    done = tool.run(repository, "run", "--all-files")
    assert done.returncode == 1
    assert "error[XPM107]: `folders` needs experimaestro 2.4.0: 2.3.6 refuses the file" in done.stdout


def test_many_files(tool: Tool, project: Project, write: Write) -> None:
    """File names that are split over several processes are all looked at, each once."""
    # Both tools split names over processors. On a single one, pre-commit needs more than 128 KiB of names for a second
    # process, and prek has to be told.
    deep = "/".join(["laptop" * 40] * 12)
    names = [f"machine-{number}/{deep}/experimaestro/settings.yaml" for number in range(50)]
    repository = write(configuration(project, MIGRATE, VALIDATE) | dict.fromkeys(names, OLD_AND_BAD))
    done = tool.run(repository, "run", "--all-files", PREK_CONCURRENT_BATCHES="2")
    assert done.returncode == 1
    found = re.findall(r"^ *(.*):\d+:\d+: error\[XPM101\]", done.stdout, re.MULTILINE)
    assert sorted(found) == sorted(names)
    assert contents(repository, dict.fromkeys(names, "")) == dict.fromkeys(names, NEW_AND_BAD)
    counts = [int(count) for count in re.findall(r"^ *\d+ errors? in (\d+) files?", done.stdout, re.MULTILINE)]
    assert sum(counts) == len(names)
    assert len(counts) > 1


def test_the_commit_is_refused(tool: Tool, project: Project, write: Write) -> None:
    """Installed in a repository, the hooks stop a commit of bad settings and let the mended ones through."""
    repository = write(configuration(project, MIGRATE, VALIDATE))
    assert tool.run(repository, "install").returncode == 0
    settings = repository / ".config/experimaestro/settings.yaml"
    settings.parent.mkdir(parents=True)

    def attempt(text: str) -> subprocess.CompletedProcess[str]:
        settings.write_text(text)
        git(repository, tool.environment, "add", "--all")
        return subprocess.run(
            ["git", "commit", "--message", "settings"], cwd=repository, env=tool.environment, check=False,
            capture_output=True, text=True,
        )  # fmt: skip

    refused = attempt(BAD)
    assert refused.returncode == 1
    assert "error[XPM101]: unknown key `max_retrys`" in refused.stdout + refused.stderr
    assert ".config" not in git(repository, tool.environment, "ls-tree", "-r", "--name-only", "HEAD")
    accepted = attempt(GOOD)
    assert accepted.returncode == 0, accepted.stdout + accepted.stderr
    assert settings.relative_to(repository).as_posix() in git(
        repository, tool.environment, "ls-tree", "-r", "--name-only", "HEAD"
    ).split("\n")


def test_a_bare_repository(tool: Tool, project: Project, tmp_path: Path) -> None:
    """Dotfiles whose repository lies elsewhere, with the home directory as its work tree, are checked, too."""
    home = tmp_path / "home"
    settings = home / ".config/experimaestro/settings.yaml"
    settings.parent.mkdir(parents=True)
    settings.write_text(OLD_AND_BAD)
    for name, text in configuration(project, MIGRATE, VALIDATE).items():
        (home / name).write_text(text)
    git(tmp_path, tool.environment, "init", "--quiet", "--bare", "dotfiles.git")
    variables = {"GIT_DIR": str(tmp_path / "dotfiles.git"), "GIT_WORK_TREE": str(home)}
    git(home, {**tool.environment, **variables}, "add", ".config", ".pre-commit-config.yaml")
    done = tool.run(home, "run", "--all-files", **variables)
    assert (done.returncode, results(done.stdout)) == (1, {"migrate": "Failed", "validate": "Failed"}), done.stdout
    assert ".config/experimaestro/settings.yaml:8:5: error[XPM101]" in done.stdout
    assert settings.read_text() == NEW_AND_BAD


# -- the screen ---------------------------------------------------------------------------------------------

ESCAPE = re.compile(r"\x1b\[[0-9;]*m")
SCREEN = """\
dot_config/experimaestro/settings.yaml:4:5: error[XPM101]: unknown key `max_retrys` in this item of `workspaces`
    4 |     max_retrys: 3
      |     ^^^^^^^^^^
  help: did you mean `max_retries`? (fixed by --unsafe-fixes)

1 error in 1 file; 1 fixable with --unsafe-fixes"""


@pytest.mark.parametrize("colour", ["always", "never"])
def test_what_is_on_the_screen(tool: Tool, project: Project, write: Write, colour: str) -> None:
    """A finding reads the same with colours and without, indented by prek and as it is by pre-commit."""
    files = {"dot_config/experimaestro/settings.yaml": BAD}
    repository = write(configuration(project, VALIDATE) | files)
    # Where they show colours, both tools give the hook a terminal.
    done = tool.run(repository, "run", "--all-files", "--color", colour, TERM="xterm")
    margin = "  " if tool.name == "prek" else ""
    lines = [line.rstrip() for line in ESCAPE.sub("", done.stdout).splitlines()]
    assert "\n".join(line.removeprefix(margin) for line in lines).find(SCREEN) > 0, done.stdout
    assert ("\x1b[1;31merror[XPM101]" in done.stdout) == (colour == "always"), done.stdout
    assert ("\x1b" in done.stdout) == (colour == "always")
    quiet = tool.run(repository, "run", "--all-files", "--color", colour, TERM="xterm", NO_COLOR="1")
    assert SCREEN.splitlines()[0] in quiet.stdout


# -- the manifest ---------------------------------------------------------------------------------------------


def test_the_tools_accept_the_manifest(tool: Tool) -> None:
    """Both tools find the manifest in order."""
    done = tool.run(ROOT, "validate-manifest", str(MANIFEST))
    assert done.returncode == 0, done.stdout


def test_the_pattern() -> None:
    """The pattern of both hooks takes every layout and nothing else; this needs no tool."""
    hooks = yaml.safe_load(MANIFEST.read_text(encoding="utf-8"))
    assert {hook["id"]: hook["entry"] for hook in hooks} == {
        VALIDATE: "xpm-config validate",
        MIGRATE: "xpm-config migrate",
    }
    for hook in hooks:
        assert [name for name in (*LAYOUTS, *OTHERS) if re.search(hook["files"], name)] == list(LAYOUTS)
