"""What programs read: the JSON format, key by key."""

from __future__ import annotations

import json

from xpm_config.diagnostics import Diagnostic, Edit, Fix, Note, Severity, Span
from xpm_config.document import Document
from xpm_config.report.json import dumps, render
from xpm_config.validate import FileReport

PORT = Diagnostic(
    "XPM104",
    Severity.ERROR,
    "`port` is at most 65535",
    Span(20, 25),
    notes=(Note("see here", Span(0, 1)),),
    help="write a port number",
    fix=Fix("write 65535", (Edit(20, 25, "65535"), Edit(25, 25, "\r\n")), safe=True),
    key="port",
)


def report(data: bytes, *diagnostics: Diagnostic, path: str = "settings.yaml") -> FileReport:
    """A report on a file with these bytes."""
    return FileReport(path, Document(data), 2, "2.7.0", not diagnostics, diagnostics)


def test_the_whole_format() -> None:
    """Every key, in its order, with places in code points from 1 and ends that are exclusive."""
    data = '\ufeffid: "é😀"\r\n{a: b, port: 70000}\r\n'.encode()
    start = data.decode().index("70000")
    fix = Fix("write 65535", (Edit(start, start + 5, "65535"), Edit(start + 6, start + 6, "\r\n")), safe=True)
    located = PORT._replace(span=Span(start, start + 5), fix=fix)
    whole_file = Diagnostic("XPM008", Severity.WARNING, "odd é", fix=Fix("guess", (), safe=False))
    written = render([report(data, located, whole_file), report(b"", path="<stdin>")])
    assert (
        written
        == """\
{
  "version": 1,
  "files": [
    {
      "path": "settings.yaml",
      "schema": 2,
      "target": "2.7.0",
      "loads": false,
      "diagnostics": [
        {
          "code": "XPM104",
          "severity": "error",
          "message": "`port` is at most 65535",
          "line": 2,
          "column": 14,
          "end_line": 2,
          "end_column": 19,
          "help": "write a port number",
          "fix": {
            "title": "write 65535",
            "safe": true,
            "edits": [
              {
                "line": 2,
                "column": 14,
                "end_line": 2,
                "end_column": 19,
                "text": "65535"
              },
              {
                "line": 2,
                "column": 20,
                "end_line": 2,
                "end_column": 20,
                "text": "\\r\\n"
              }
            ]
          }
        },
        {
          "code": "XPM008",
          "severity": "warning",
          "message": "odd é",
          "line": 1,
          "column": 1,
          "end_line": 1,
          "end_column": 1,
          "help": null,
          "fix": {
            "title": "guess",
            "safe": false,
            "edits": []
          }
        }
      ]
    },
    {
      "path": "<stdin>",
      "schema": 2,
      "target": "2.7.0",
      "loads": true,
      "diagnostics": []
    }
  ],
  "summary": {
    "files": 2,
    "errors": 1,
    "warnings": 1,
    "fixable": 1,
    "unsafe_fixable": 1
  }
}
"""
    )


def test_no_files() -> None:
    """Without reports the object is complete all the same."""
    assert json.loads(render([])) == {
        "version": 1,
        "files": [],
        "summary": {"files": 0, "errors": 0, "warnings": 0, "fixable": 0, "unsafe_fixable": 0},
    }


def test_names_that_are_no_text_survive() -> None:
    """A file name with bytes that are no UTF-8 can be written and read back, and drives no terminal."""
    path = "a\udcff\x9b\x1b\u202e\u2028é.yaml"
    written = render([report(b"", path=path)])
    assert '"path": "a\\udcff\\u009b\\u001b\\u202e\\u2028é.yaml",' in written
    assert json.loads(written.encode("utf-8"))["files"][0]["path"] == path


def test_a_span_over_several_lines_ends_where_it_ends() -> None:
    """Start and end have lines of their own."""
    written = json.loads(render([report(b"a:\n  b: c\n  d: e\n", PORT._replace(span=Span(5, 16), fix=None))]))
    found = written["files"][0]["diagnostics"][0]
    assert (found["line"], found["column"], found["end_line"], found["end_column"]) == (2, 3, 3, 7)


def test_nothing_secret_is_written() -> None:
    """Words are masked, and a fix that touches or repeats a secret is left out."""
    data = b"token: hunter2\nid: x\n"
    touching = Diagnostic(
        "XPM104", Severity.ERROR, "`hunter2`", Span(7, 14), (), "no `hunter2`", Fix("f", (Edit(7, 14, "1"),), safe=True)
    )
    repeating = touching._replace(fix=Fix("f", (Edit(15, 15, "t: hunter2\n"),), safe=True))
    other = touching._replace(fix=Fix("no `hunter2`", (Edit(19, 20, "y"),), safe=False))
    written = render([report(data, touching, repeating, other)])
    assert "hunter" not in written
    found = json.loads(written)["files"][0]["diagnostics"]
    assert [diagnostic["message"] for diagnostic in found] == ["`********`"] * 3
    assert [diagnostic["help"] for diagnostic in found] == ["no `********`"] * 3
    assert [diagnostic["fix"] for diagnostic in found] == [
        None,
        None,
        {
            "title": "no `********`",
            "safe": False,
            "edits": [{"line": 2, "column": 5, "end_line": 2, "end_column": 6, "text": "y"}],
        },
    ]


def test_dumps_is_readable() -> None:
    """Letters of all languages stay, and the text ends with a line end."""
    assert dumps({"a": "é日\x7f\u200d"}) == '{\n  "a": "é日\\u007f\u200d"\n}\n'
