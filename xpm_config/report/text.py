"""Findings for people: the place, the message, the source line with a caret, and what would help."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from xpm_config.diagnostics import Severity, Span
from xpm_config.report import summarise

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from typing import TextIO

    from xpm_config.diagnostics import Diagnostic
    from xpm_config.report import Summary
    from xpm_config.secrets import Secrets
    from xpm_config.validate import FileReport

MAX_COLUMNS = 120
"""Wider source lines are cut around what they are shown for."""

FEW = 5
"""Up to this many clean files are named one by one."""

_TAB = 4
_GUTTER = 5
_CUT = "…"
# Joiners make up emoji and Indic text; every other invisible character is shown as an escape.
_JOINERS = "\u200c\u200d"
_EMOJI_STYLE = "\ufe0f"

_BOLD, _RED, _YELLOW, _BLUE, _CYAN = "1", "1;31", "1;33", "1;34", "1;36"


def wants_colour(stream: TextIO, environ: Mapping[str, str]) -> bool:
    """Whether output to `stream` is to be coloured: on a terminal, unless the environment says otherwise.

    `NO_COLOR` wins over `FORCE_COLOR` and `CLICOLOR_FORCE`, and these over what the stream is.
    """
    if environ.get("NO_COLOR"):
        return False
    if any(environ.get(name, "0") not in ("", "0") for name in ("FORCE_COLOR", "CLICOLOR_FORCE")):
        return True
    return environ.get("TERM") != "dumb" and stream.isatty()


def render(reports: Sequence[FileReport], *, colour: bool) -> str:
    """All findings, one line for each clean file, and a summary where anything was found."""
    paint = _Paint(colour)
    blocks = [block for report in reports for block in _findings(report, paint)]
    clean = [report for report in reports if not report.diagnostics]
    if clean:
        blocks.append("\n".join(_clean_lines(clean, paint)))
    if len(clean) < len(reports):
        blocks.append(_summary_line(summarise(reports), len(reports) - len(clean), paint))
    return "\n\n".join(blocks) + "\n" if blocks else ""


def printable(text: str) -> str:
    """The text on one line, with an escape for every character that a terminal would obey or not show."""
    if text.isprintable():
        return text
    return "".join(_shown(char) for char in text)


class _Paint:
    """Puts colour around words, or leaves them alone."""

    def __init__(self, colour: bool) -> None:
        self.colour = colour

    def __call__(self, style: str, words: str) -> str:
        return f"\x1b[{style}m{words}\x1b[0m" if self.colour and words else words


# -- findings -------------------------------------------------------------------------------------


def _findings(report: FileReport, paint: _Paint) -> Iterator[str]:
    if report.diagnostics:
        # A good file has nothing to hide, and is checked without this.
        from xpm_config.secrets import Secrets

        excerpts = _Excerpts(report, Secrets(report.document), paint)
        for diagnostic in report.diagnostics:
            yield "\n".join(_finding(excerpts, diagnostic))


def _finding(excerpts: _Excerpts, diagnostic: Diagnostic) -> Iterator[str]:
    paint = excerpts.paint
    diagnostic = excerpts.secrets.redacted(diagnostic)
    style = _RED if diagnostic.severity is Severity.ERROR else _YELLOW
    place = paint(_BOLD, excerpts.place(diagnostic.span) + ":")
    label = paint(style, f"{diagnostic.severity.label}[{diagnostic.code}]:")
    yield f"{place} {label} {printable(diagnostic.message)}"
    if diagnostic.span is not None:
        yield from excerpts.lines(diagnostic.span, style)
    for note in diagnostic.notes:
        place = paint(_BOLD, excerpts.place(note.span) + ":")
        yield f"  {paint(_BLUE, 'note:')} {place} {printable(note.message)}"
        if not excerpts.on_same_line(note.span, diagnostic.span):
            yield from excerpts.lines(note.span, _BLUE)
    words = _help(diagnostic)
    if words is not None:
        yield f"  {paint(_CYAN, 'help:')} {printable(words)}"


def _help(diagnostic: Diagnostic) -> str | None:
    fix = diagnostic.fix
    if fix is None:
        return diagnostic.help
    by = "--fix" if fix.safe else "--unsafe-fixes"
    return f"{diagnostic.help or fix.title} (fixed by {by})"


def _clean_lines(clean: Sequence[FileReport], paint: _Paint) -> Iterator[str]:
    if len(clean) > FEW and len({report.target for report in clean}) == 1:
        yield f"{len(clean)} files: ok (experimaestro {printable(clean[0].target)})"
        return
    for report in clean:
        yield f"{paint(_BOLD, printable(report.path) + ':')} ok (experimaestro {printable(report.target)})"


def _summary_line(summary: Summary, files: int, paint: _Paint) -> str:
    counts = []
    if summary.errors:
        counts.append(paint(_RED, _count(summary.errors, "error")))
    if summary.warnings:
        counts.append(paint(_YELLOW, _count(summary.warnings, "warning")))
    line = f"{' and '.join(counts)} in {_count(files, 'file')}"
    if summary.fixable:
        line += f"; {summary.fixable} fixable with --fix"
    if summary.unsafe_fixable:
        more = "more " if summary.fixable else ""
        line += f"; {summary.unsafe_fixable} {more}fixable with --unsafe-fixes"
    return line


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}{'' if number == 1 else 's'}"


# -- excerpts -------------------------------------------------------------------------------------


class _Excerpts:
    """Shows the lines of one file, without its secrets."""

    def __init__(self, report: FileReport, secrets: Secrets, paint: _Paint) -> None:
        self.path = printable(report.path)
        self.document = report.document
        self.secrets = secrets
        self.paint = paint

    def place(self, span: Span | None) -> str:
        """`path:line:column`, or the path alone."""
        if span is None:
            return self.path
        line, column = self.document.position(span.start)
        return f"{self.path}:{line}:{column}"

    def on_same_line(self, one: Span, other: Span | None) -> bool:
        """Whether two spans begin on the same line."""
        position = self.document.position
        return other is not None and position(one.start).line == position(other.start).line

    def lines(self, span: Span, style: str) -> Iterator[str]:
        """The first line of a span, and carets below what of it belongs to the span."""
        number = self.document.position(span.start).line
        cells, first, last = self._cells(number, span)
        shown, before, width = _cut(cells, first, last, MAX_COLUMNS - _GUTTER - 3)
        bar = self.paint(_BLUE, f"{number:>{_GUTTER}} |")
        yield f"{bar} {shown}".rstrip(" ")
        yield f"{self.paint(_BLUE, ' ' * _GUTTER + ' |')} {' ' * before}{self.paint(style, '^' * width)}"

    def _cells(self, number: int, span: Span) -> tuple[list[_Cell], int, int]:
        """What a line looks like, and which of its cells the span begins at and ends before."""
        from xpm_config.secrets import MASK

        start = self.document.line_starts[number - 1]
        end = start + len(self.document.line(number))
        cells: list[_Cell] = []
        first = last = None
        for piece in self.secrets.pieces(start, end):
            if piece.hidden:
                # A span that begins or ends inside a secret is shown for all of it.
                if first is None and span.start < piece.end:
                    first = len(cells)
                cells += [_Cell(char, 1) for char in MASK]
                if span.end > piece.start:
                    last = len(cells)
                continue
            offset = len(cells) - piece.start
            cells += _plain_cells(self.document.text[piece.start : piece.end], sum(cell.width for cell in cells))
            if first is None and span.start < piece.end:
                first = span.start + offset
            if span.end > piece.start:
                last = min(span.end, piece.end) + offset
        first = len(cells) if first is None else first
        return cells, first, max(first, last or 0)


class _Cell(NamedTuple):
    """One character as it is shown: an escape, a run of spaces for a tab, or itself."""

    text: str
    width: int


def _plain_cells(text: str, column: int) -> list[_Cell]:
    """One cell for each character of a text that begins at a column of the screen."""
    if text.isascii() and text.isprintable():
        return [_Cell(char, 1) for char in text]
    cells: list[_Cell] = []
    before = _Cell("", 0)
    for char in text:
        if char == "\t":
            width = _TAB - column % _TAB
            before = _Cell(" " * width, width)
        else:
            shown = _shown(char)
            before = _Cell(shown, len(shown) if shown != char else _width(char, before))
        cells.append(before)
        column += before.width
    return cells


def _width(char: str, before: _Cell) -> int:
    """How many columns a character takes behind another one, on a terminal that follows Unicode."""
    if char < "\u0300":
        return 1
    if char == _EMOJI_STYLE:
        # It turns the character before into an emoji, which is wide.
        return 1 if before.width == 1 else 0
    from unicodedata import category, east_asian_width

    if char in _JOINERS or category(char) in ("Mn", "Me") or before.text == "\u200d":
        return 0
    return 2 if east_asian_width(char) in "WF" else 1


def _shown(char: str) -> str:
    if char.isprintable() or char in _JOINERS:
        return char
    code = ord(char)
    named = {"\n": "\\n", "\r": "\\r", "\t": "\\t"}.get(char)
    if named is not None:
        return named
    if 0xDC80 <= code <= 0xDCFF:
        # A byte of a file name that is no UTF-8, as os.fsdecode holds it.
        code -= 0xDC00
    return f"\\x{code:02x}" if code <= 0xFF else f"\\u{code:04x}" if code <= 0xFFFF else f"\\U{code:08x}"


def _cut(cells: list[_Cell], first: int, last: int, room: int) -> tuple[str, int, int]:
    """The line as it fits into `room` columns; the columns before the carets, and how many carets."""
    total = sum(cell.width for cell in cells)
    before = sum(cell.width for cell in cells[:first])
    width = max(sum(cell.width for cell in cells[first:last]), 1)
    if total <= room:
        return "".join(cell.text for cell in cells), before, width
    left = max(0, min(before - max((room - width) // 2, room // 8), total - room))
    shown, column, taken = "", 0, 0
    for cell in cells:
        inside = left + (left > 0) <= column and column + cell.width <= left + room - (left + room < total)
        if inside:
            if not shown and left:
                shown, taken = _CUT, column - 1
            shown += cell.text
        column += cell.width
    if left + room < total:
        shown += _CUT
    return shown, before - taken, min(width, room - (before - taken))
