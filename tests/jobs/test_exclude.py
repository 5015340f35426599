"""Rules exclude what git would ignore, and runtime files are told from what merely looks like them."""

from __future__ import annotations

import os
import random
import shutil
import subprocess
from pathlib import Path

import pytest

from xpm_config.errors import FileUnreadableError
from xpm_config.jobs.exclude import DEFAULT_RULES, IGNORE_FILE, Rules, is_runtime, read_rules
from xpm_config.jobs.layout import JobId

DIRECTORIES = ("", "a/", "foo/", "foo/a/", "foo/a/b/")
NAMES = ("a", "b", "ab", "A", "a.py", "foo", "foo.txt", "x y", "t ", "#c", "!d", "k\\", "[z]", "é", "n\nl", "-", "7")

HAND_WRITTEN = (
    # Names and places.
    b"foo",
    b"/foo",
    b"foo/",
    b"foo/a",
    b"/foo/a/",
    b"a/b",
    b"foo//",
    b"//foo",
    b"/",
    b"//",
    b"",
    # Stars.
    b"*",
    b"*\n!*/\n!*.py",
    b"*\n!foo",
    b"*.py",
    b"f*",
    b"f*o",
    b"foo*",
    b"foo/*",
    b"foo/*/b",
    b"*/a",
    b"**",
    b"**/",
    b"**/a",
    b"**/a/",
    b"foo/**",
    b"foo/**\n!foo/a.py",
    b"foo/**\n!foo/a/\n!foo/a/b/",
    b"foo/**/b",
    b"foo/**/",
    b"/**",
    b"a**b",
    b"/foo**",
    b"foo**/b",
    b"***",
    b"**/*.txt",
    b"**a/b",
    # Re-inclusion, and what it cannot do.
    b"foo/\n!foo/a",
    b"foo\n!foo/a.py",
    b"a\n!a",
    b"!a\na",
    b"a/\n!a",
    b"foo/*\n!foo/a",
    b"foo/*\n!foo/a/",
    b"/*\n!/foo\n/foo/*\n!/foo/a.py",
    b"*.txt\n!foo.txt\n/foo.txt",
    b"!",
    b"!!d",
    b"\\!d",
    # Escapes, spaces, comments, ends of lines.
    b"\\#c",
    b"#c",
    b" #c",
    b"k\\\\",
    b"k\\",
    b"\\",
    b"\\a",
    b"\\*",
    b"\\[z]",
    b"[z\\]",
    b"x y",
    b"x\\ y",
    b"t ",
    b"t\\ ",
    b"t\\  ",
    b"a   ",
    b"a\t",
    b"foo/ ",
    b"foo/\\ ",
    b"a\r\nb\r\n",
    b"a\r",
    b"a\r\r\nb",
    b"\r\n\r\nfoo/\r\n",
    b"\xef\xbb\xbfa\nb",
    b"a\x0bb\nfoo\x0c",
    b"a\xe2\x80\xa8b",
    b"\xff*",
    # Single characters and brackets.
    b"?",
    b"??",
    b"?b",
    b"foo?txt",
    b"foo?a",
    b"[ab]",
    b"[!ab]",
    b"[^ab]",
    b"[a-f]",
    b"[f-a]",
    b"[]]",
    b"[]-a]",
    b"[!]a]",
    b"[a-]",
    b"[-a]",
    b"[--0]",
    b"[a\\-f]",
    b"[\\]-a]",
    b"[a",
    b"[",
    b"[]",
    b"[!]",
    b"[[]z]",
    b"[[:digit:]]",
    b"[[:upper:]]",
    b"[![:alpha:]]",
    b"[[:alpha:]7]",
    b"[[:nonsense:]]",
    b"[[:alpha:]",
    b"[[:a]*",
    b"foo[/]a",
    b"\xc3[\xa9]",
    b"[\xc3][\xa9]",
    b"n?l",
    b"n*",
)
ATOMS = (
    *("a", "b", "foo", "*", "**", "?", "*.py", "foo*", "[ab]", "[!a]", "[^a]", "[a-f]", "\\#c", "\\!d", "!", "/", "/"),
    *("**/", "/**", "/**/", "x y", " ", "\\ ", "t\\ ", "[", "]", "[]", "[z]", "\\[z]", "é", "??", "[[:alpha:]]"),
    *("[[:upper:]]*", "\\", "\t", "*/", "[a-", "[]-a]", "[--0]", "\\*", "***", "a**b", "[\\^]", "[^]", "n?l", "n*"),
)


def generated(count: int) -> list[bytes]:
    """Files of one to three lines, thrown together from pieces that matter."""
    dice = random.Random(7)
    return [
        b"\n".join(
            (dice.choice(("", "", "", "!")) + "".join(dice.choices(ATOMS, k=dice.randint(1, 4)))).encode()
            for _ in range(dice.randint(1, 3))
        )
        for _ in range(count)
    ]


def plant(root: Path) -> None:
    """Make a small tree of awkward names."""
    for directory in DIRECTORIES:
        os.makedirs(root / directory, exist_ok=True)
    for directory in DIRECTORIES:
        for name in NAMES:
            if not os.path.lexists(path := os.path.join(root, directory, name)):
                os.close(os.open(path, os.O_CREAT | os.O_WRONLY))


def kept(root: Path, rules: Rules) -> set[str]:
    """What is left of a tree that is walked as jobs are: what is excluded is not entered."""
    found = set()

    def enter(directory: Path | str, prefix: str) -> None:
        for entry in os.scandir(directory):
            path = prefix + entry.name
            if entry.name == ".gitignore" or rules.excludes(path, is_directory=entry.is_dir()):
                continue
            found.add(path)
            if entry.is_dir():
                enter(entry.path, path + "/")

    enter(root, "")
    return found


def all_paths(root: Path) -> list[str]:
    """Every path below a directory."""
    return sorted(kept(root, Rules(["!" + rule for rule in DEFAULT_RULES])))


def ignored_by_git(repository: Path, paths: list[str]) -> set[str]:
    """Which of the paths git ignores, asked in one process."""
    place = str(repository)
    environment = {**os.environ, "HOME": place, "XDG_CONFIG_HOME": place, "GIT_CONFIG_NOSYSTEM": "1"}
    subprocess.run(["git", "init", "--quiet", str(repository)], check=True, env=environment)
    answer = subprocess.run(
        ["git", "-C", str(repository), "check-ignore", "--no-index", "--stdin", "-z"],
        input=b"\0".join(map(os.fsencode, paths)),
        stdout=subprocess.PIPE,
        check=False,
        env=environment,
    )
    assert answer.returncode in (0, 1)
    return {os.fsdecode(path) for path in answer.stdout.split(b"\0")}


@pytest.mark.skipif(shutil.which("git") is None, reason="git is not installed")
def test_rules_exclude_what_git_ignores(tmp_path: Path) -> None:
    """For each file of rules, exactly those files are kept that git does not ignore, whatever the rules."""
    files = [*HAND_WRITTEN, *generated(120)]
    defaults = "\n".join(DEFAULT_RULES).encode() + b"\n"
    plant(tmp_path / "0")
    paths = all_paths(tmp_path / "0")
    for number, rules in enumerate(files):
        root = tmp_path / str(number)
        plant(root)
        bom = b"\xef\xbb\xbf" if rules.startswith(b"\xef\xbb\xbf") else b""
        (root / ".gitignore").write_bytes(bom + defaults + rules.removeprefix(bom))
        (root / IGNORE_FILE).write_bytes(rules)
    ignored = ignored_by_git(tmp_path, [f"{number}/{path}" for number in range(len(files)) for path in paths])
    wrong = []
    for number, rules in enumerate(files):
        # The tree is the same each time, so the answers depend on the rules alone.
        mine = kept(tmp_path / str(number), read_rules(str(tmp_path / str(number)))) - {IGNORE_FILE}
        theirs = {path for path in paths if f"{number}/{path}" not in ignored}
        if mine != theirs:
            wrong.append((rules, sorted(mine ^ theirs)))
    assert not wrong
    print(f"{len(files)} files of rules, {len(files) * len(paths)} cases")
    assert len(files) * len(paths) >= 200


@pytest.mark.parametrize(
    ("path", "is_directory", "excluded"),
    [
        ("jobs/t/h/t.lock", False, True),
        ("jobs/t/h/deep/down/uv.lock", False, True),
        ("jobs/t/h/t.pid", False, True),
        ("jobs/t/h/deep/final.pid", True, True),
        ("jobs/t/h/.scheduler", True, True),
        ("jobs/t/h/deep/.scheduler", True, True),
        ("jobs/t/h/.scheduler", False, False),
        ("jobs/t/.tmp.h.0123", True, True),
        ("jobs/t/h/.experimaestro", True, False),
        ("jobs/t/h/.experimaestro/t.lock", False, True),
        ("jobs/t/h/t.done", False, False),
        ("jobs/t/h/locks", False, False),
        ("jobs/t/h/t.lock\n", False, False),
    ],
)
def test_the_built_in_rules_hold_at_any_depth(path: str, is_directory: bool, excluded: bool) -> None:
    """Locks, process ids, the scheduler's directory and stagings are left out wherever they are."""
    assert Rules().excludes(path, is_directory=is_directory) is excluded


def test_a_workspace_re_includes_what_the_built_in_rules_exclude() -> None:
    """`!uv.lock` brings back the user's own lock file, and nothing else."""
    rules = Rules(["!uv.lock"])
    assert not rules.excludes("jobs/t/h/uv.lock", is_directory=False)
    assert rules.excludes("jobs/t/h/t.lock", is_directory=False)


def test_rules_that_name_a_place_are_about_that_place() -> None:
    """A name is remembered only where no rule looks at more than names."""
    rules = Rules(["/jobs/t/one/out", "!/jobs/t/two/x.lock"])
    assert rules.excludes("jobs/t/one/out", is_directory=True)
    assert not rules.excludes("jobs/t/two/out", is_directory=True)
    assert rules.excludes("jobs/t/one/x.lock", is_directory=False)
    assert not rules.excludes("jobs/t/two/x.lock", is_directory=False)


def test_what_is_remembered_of_names_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    """However many names there are, answers stay right and few of them are held."""
    monkeypatch.setattr("xpm_config.jobs.exclude._KNOWN", 10)
    rules = Rules()
    for number in range(100):
        assert rules.excludes(f"{number}.lock", is_directory=False)
        assert not rules.excludes(f"{number}.txt", is_directory=False)
        assert len(rules._known) <= 10


def test_a_workspace_without_rules_of_its_own_has_the_built_in_ones(tmp_path: Path) -> None:
    """No `.xpmignore` is no error."""
    assert read_rules(str(tmp_path)).excludes("a.lock", is_directory=False)


@pytest.mark.parametrize("make", [Path.mkdir, os.mkfifo, lambda path: path.symlink_to("nowhere")])
def test_rules_that_cannot_be_read_are_an_error(tmp_path: Path, make: object) -> None:
    """A `.xpmignore` that is there and cannot be read is named: without it too much would be copied."""
    assert callable(make)
    make(tmp_path / IGNORE_FILE)
    with pytest.raises(FileUnreadableError) as raised:
        read_rules(str(tmp_path))
    assert raised.value.path == str(tmp_path / IGNORE_FILE)


def test_runtime_files_are_those_of_the_job_alone() -> None:
    """A user's lock file is none of them, wherever it lies."""
    job = JobId("module.mytask", "0123")
    assert is_runtime(job, "mytask.lock", is_directory=False)
    assert is_runtime(job, "mytask.pid", is_directory=False)
    assert is_runtime(job, ".experimaestro/mytask.lock", is_directory=False)
    assert is_runtime(job, ".scheduler", is_directory=True)
    assert not is_runtime(job, ".scheduler", is_directory=False)
    assert not is_runtime(job, "mytask.lock", is_directory=True)
    assert not is_runtime(job, "uv.lock", is_directory=False)
    assert not is_runtime(job, "deep/mytask.lock", is_directory=False)
    assert not is_runtime(job, "mytask.done", is_directory=False)
