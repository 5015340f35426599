"""The pages that come from the package are up to date, and every code is described."""

from __future__ import annotations

import re
import subprocess
import sys
import textwrap
from pathlib import Path

import pytest

from xpm_config import registry
from xpm_config.codes import CODES
from xpm_config.validate import check

ROOT = Path(__file__).parents[2]
SOURCES = sorted(
    path
    for path in [*(ROOT / "xpm_config").rglob("*.py"), *(ROOT / "migrations").glob("*.py")]
    if path.name != "codes.py"
)


def generate(*arguments: str) -> subprocess.CompletedProcess[str]:
    """Run the script that writes the pages."""
    script = str(ROOT / "docs" / "generate.py")
    return subprocess.run([sys.executable, script, *arguments], capture_output=True, text=True, check=False)


def test_the_pages_are_up_to_date() -> None:
    """`python docs/generate.py --check` has nothing to complain of."""
    done = generate("--check")
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")


def test_a_stale_page_is_found(tmp_path: Path) -> None:
    """A page that was changed by hand makes `--check` fail, and is written anew without it."""
    script = tmp_path / "generate.py"
    script.write_bytes((ROOT / "docs" / "generate.py").read_bytes())
    for name in ("diagnostics.md", "settings.md"):
        (tmp_path / name).write_bytes((ROOT / "docs" / name).read_bytes())
    (tmp_path / "settings.md").write_text("mine\n")

    def run(*arguments: str) -> int:
        return subprocess.run([sys.executable, script, *arguments], capture_output=True, check=False).returncode

    assert run("--check") == 1
    assert (tmp_path / "settings.md").read_text() == "mine\n"
    assert run() == 0
    assert run("--check") == 0


def test_every_code_is_described_and_every_description_used() -> None:
    """The codes that occur in the package are those of `codes.py`."""
    used = {code for path in SOURCES for code in re.findall(r"XPM\d{3}", path.read_text(encoding="utf-8"))}
    assert used == set(CODES)


@pytest.mark.parametrize("code", CODES)
def test_an_entry_is_complete(code: str) -> None:
    """A short title without a full stop, an explanation, closed fences, and nothing hard to read in a terminal."""
    entry = CODES[code]
    assert entry.title[:1].isupper() or entry.title.startswith("ssh ")
    assert len(entry.title) <= 50
    assert not entry.title.endswith(".")
    assert entry.explanation == entry.explanation.strip()
    assert entry.explanation.count("```") % 2 == 0
    assert max(map(len, entry.explanation.splitlines())) <= 120


# These show something else than one wrong file, or what only `doctor` or `migrate` finds.
WITHOUT_WRONG_SNIPPET = {"XPM001", "XPM007", "XPM008", "XPM217", *(code for code in CODES if code > "XPM3")}


def snippets(code: str) -> list[str]:
    """The YAML of an entry; a part of a workspace gets a workspace around it."""
    found = re.findall(r"```yaml\n(.*?)```", CODES[code].explanation, re.DOTALL)
    around = "workspaces:\n  - id: nlp\n    path: ~/experiments/nlp\n"
    part = re.compile("(triggers|folders|alt_workspaces|ssh):")
    return [around + textwrap.indent(text, "    ") if part.match(text) else text for text in found]


def codes_in(text: str, *, release: tuple[int, ...]) -> set[str]:
    """The codes of the findings in a text."""
    return {found.code for found in check("x.yaml", text.encode(), release, {"HOME": "/home/me"}).diagnostics}


@pytest.mark.parametrize("code", sorted(set(CODES) - WITHOUT_WRONG_SNIPPET))
def test_the_wrong_snippet_has_the_finding_and_the_right_one_has_none(code: str) -> None:
    """What an entry shows is what the tool says."""
    release = (2, 6, 0) if code == "XPM107" else (2, 7, 0)
    # XPM002 shows two lines of different sections; one remote workspace alone has a finding of its own.
    beside = {"XPM002": {"XPM101"}}.get(code, {"XPM217"})
    wrong, *right = snippets(code)
    assert code in codes_in(wrong, release=release)
    for text in right:
        assert codes_in(text, release=release) <= beside


def test_the_codes_stand_in_order() -> None:
    """Codes are looked up by eye, too."""
    assert list(CODES) == sorted(CODES)


def test_every_anchor_of_a_page_is_there_once() -> None:
    """Each link inside a page leads to one place."""
    for name in ("diagnostics.md", "settings.md"):
        text = (ROOT / "docs" / name).read_text(encoding="utf-8")
        anchors = re.findall(r'<a id="([^"]+)">', text)
        assert len(anchors) == len(set(anchors))
        assert set(re.findall(r"\]\(#([^)]+)\)", text)) == set(anchors)


def test_every_key_of_the_schema_is_described() -> None:
    """The reference names all keys, those of the parts that the schema shares included."""
    text = (ROOT / "docs" / "settings.md").read_text(encoding="utf-8")
    for definition in registry.raw_schema(registry.NEWEST)["definitions"].values():
        for name in definition.get("properties", {}):
            assert re.search(rf"^#+ `(?:.*\.)?{name}`$", text, re.MULTILINE), name
