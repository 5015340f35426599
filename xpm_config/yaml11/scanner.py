"""Characters to tokens, as PyYAML and libyaml scan YAML 1.1."""

from __future__ import annotations

import re
from typing import Any, Literal

from ruamel.yaml import tokens
from ruamel.yaml.scanner import Scanner, ScannerError, SimpleKey

Dialect = Literal["pyyaml", "libyaml"]

MAX_DEPTH = 256
"""Collections nested deeper than this are refused: PyYAML itself gives up at about 490, with a RecursionError."""

_LONGEST_KEY = 1024
"""A key without `?` may not be longer, says YAML."""

_BREAKS = "\r\n\x85\u2028\u2029"
_ENDS = "\0" + _BREAKS
_BLANK_ENDS = "\0 \t" + _BREAKS
# Every look-ahead is at most four characters, so a tail of NULs makes bounds checks unnecessary.
_TAIL = "\0" * 4

# What YAML allows, the other way round: this way the pattern compiles thirty times as fast.
_UNPRINTABLE = re.compile("[\0-\x08\x0b\x0c\x0e-\x1f\x7f-\x84\x86-\x9f\ud800-\udfff\ufffe\uffff]")
_BREAK = re.compile(f"\r\n|[{_BREAKS}]")
# These match everywhere, so that no match needs to be tested for None.
_SPACES: Any = re.compile(" *")
_BLANKS: Any = re.compile("[ \t]*")
_LINE: Any = re.compile(f"[^{_ENDS}]*")
_NAME: Any = re.compile("[0-9A-Za-z_-]*")
_WORD: Any = re.compile(f"[^\0 {_BREAKS}]*").match
_SHORT_URI: Any = re.compile(r"[0-9A-Za-z_;/?:@&=+$.!~*'()%-]*").match
_PLAIN_BLOCK: Any = re.compile(f"(?:[^{_BLANK_ENDS}:]|:(?![{_BLANK_ENDS}]))*")
_PLAIN_FLOW: dict[str, Any] = {
    "pyyaml": re.compile(rf"(?:[^{_BLANK_ENDS}:,?\[\]{{}}]|:(?![{_BLANK_ENDS},\[\]{{}}]))*"),
    "libyaml": re.compile(rf"(?:[^{_BLANK_ENDS}:,\[\]{{}}]|:(?![{_BLANK_ENDS},?\[\]{{}}]))*"),
}
# A quoted scalar on one line, without anything to unescape: nearly all of them.
_SINGLE_SIMPLE = re.compile(f"'([^'{_ENDS}]*)'(?!')")
_DOUBLE_SIMPLE = re.compile(f'"([^"\\\\{_ENDS}]*)"')
_PLAIN_STOPS = frozenset("\0 \t" + _BREAKS + "-?:,[]{}#&*!|>'\"%@`")


class UnprintableCharacterError(ScannerError):
    """A character that YAML does not allow stands in the text."""


class TooDeepError(ScannerError):
    """Collections are nested more than `MAX_DEPTH` levels deep."""


class TextScanner(Scanner):
    """Scans one text into ruamel.yaml tokens; `comments` holds the span of every comment passed."""

    # ruamel.yaml finds its parts through these names; here one object is all of them. They are
    # properties there, which would cost a call for every character.
    flow_level = 0
    reader: Any = None
    scanner: Any = None
    resolver: Any = None
    scanner_processing_version = (1, 1)
    processing_version = (1, 1)
    encoding = None
    loader = None

    def __init__(self, text: str, dialect: Dialect) -> None:
        """`text` is the whole decoded file; a byte order mark at its start is passed over."""
        self.reader = self.scanner = self.resolver = self
        self.libyaml = dialect == "libyaml"
        bad = _UNPRINTABLE.search(text)
        if bad is not None:
            problem = f"the character U+{ord(bad.group()):04X} is not allowed in YAML"
            raise UnprintableCharacterError(None, None, problem, bad.start())
        self.text = text + _TAIL
        self.index = self.line_start = 1 if text.startswith("\ufeff") else 0
        self.line = 0
        self.comments: list[tuple[int, int]] = []
        # Where the text of the last scalar begins: its event starts at its anchor or tag.
        self.content_start = 0
        self._blanks = _BLANKS.match if self.libyaml else _SPACES.match
        self._plain_flow = _PLAIN_FLOW[dialect].match
        self.reset_scanner()

    # -- characters -------------------------------------------------------------------------------

    @property
    def column(self) -> int:
        return self.index - self.line_start

    def peek(self, ahead: int = 0) -> str:
        return self.text[self.index + ahead : self.index + ahead + 1] or "\0"

    def prefix(self, length: int = 1) -> str:
        return self.text[self.index : self.index + length]

    def forward(self, length: int = 1) -> None:
        """Pass over characters of one line; line breaks go through `scan_line_break`."""
        self.index += length

    def get_mark(self) -> int:
        return self.index

    def scan_line_break(self) -> str:
        text, index = self.text, self.index
        char = text[index]
        if char not in _BREAKS:
            return ""
        self.index += 2 if char == "\r" and text[index + 1] == "\n" else 1
        self.line += 1
        self.line_start = self.index
        return char if char in "\u2028\u2029" else "\n"

    def _at_document_marker(self) -> bool:
        text, index = self.text, self.index
        return text[index : index + 3] in ("---", "...") and text[index + 3] in _BLANK_ENDS

    # -- tokens -----------------------------------------------------------------------------------

    # These three are called for every token several times: most calls find one ready, and no key open.

    def check_token(self, *choices: type) -> bool:
        if not self.tokens or self.possible_simple_keys:
            while self.need_more_tokens():
                self.fetch_more_tokens()
        return bool(self.tokens) and (not choices or isinstance(self.tokens[0], choices))

    def peek_token(self) -> Any:
        self.check_token()
        return self.tokens[0] if self.tokens else None

    def get_token(self) -> Any:
        self.check_token()
        if not self.tokens:
            return None
        self.tokens_taken += 1
        return self.tokens.pop(0)

    def need_more_tokens(self) -> bool:
        if self.done:
            return False
        if not self.tokens:
            return True
        if not self.possible_simple_keys:
            return False
        self.stale_possible_simple_keys()
        for key in self.possible_simple_keys.values():  # noqa: SIM110 - a generator costs a call for each token
            if key.token_number == self.tokens_taken:
                return True
        return False

    def stale_possible_simple_keys(self) -> None:
        line, oldest = self.line, self.index - _LONGEST_KEY
        for level, key in list(self.possible_simple_keys.items()):
            if key.line != line or key.index < oldest:
                if key.required:
                    raise ScannerError(
                        "while scanning a simple key", key.mark, "could not find expected ':'", self.index
                    )
                del self.possible_simple_keys[level]

    def save_possible_simple_key(self) -> None:
        if not self.allow_simple_key:
            return
        level = self.flow_level
        if level in self.possible_simple_keys:
            self.remove_possible_simple_key()
        column = self.index - self.line_start
        required = not level and self.indent == column
        number = self.tokens_taken + len(self.tokens)
        self.possible_simple_keys[level] = SimpleKey(number, required, self.index, self.line, column, self.index)

    def fetch_more_tokens(self) -> None:
        self.scan_to_next_token()
        if self.possible_simple_keys:
            self.stale_possible_simple_keys()
        if self.indent > self.index - self.line_start:
            self.unwind_indent(self.index - self.line_start)
        char = self.text[self.index]
        if char not in _PLAIN_STOPS:
            self.fetch_plain()
            return
        fetch = self._FETCH.get(char)
        if fetch is not None:
            fetch(self)
        elif char == "%" and self.index == self.line_start:
            self.fetch_directive()
        elif char in "-." and self.index == self.line_start and self._at_document_marker():
            self.fetch_document_start()
        elif char == "-" and self.check_block_entry():
            self.fetch_block_entry()
        elif char == "?" and self.check_key():
            self.fetch_key()
        elif char == ":" and self.check_value():
            self.fetch_value()
        elif char == "|" and not self.flow_context:
            self.fetch_literal()
        elif char == ">" and not self.flow_context:
            self.fetch_folded()
        elif self.check_plain():
            self.fetch_plain()
        else:
            problem = f"found character {char!r} that cannot start any token"
            raise ScannerError("while scanning for the next token", None, problem, self.index)

    _FETCH = {
        "\0": Scanner.fetch_stream_end,
        "[": lambda self: self.fetch_flow_sequence_start(),
        "{": lambda self: self.fetch_flow_mapping_start(),
        "]": Scanner.fetch_flow_sequence_end,
        "}": Scanner.fetch_flow_mapping_end,
        ",": Scanner.fetch_flow_entry,
        "*": Scanner.fetch_alias,
        "&": Scanner.fetch_anchor,
        "!": Scanner.fetch_tag,
        "'": Scanner.fetch_single,
        '"': Scanner.fetch_double,
    }

    def fetch_plain(self) -> None:
        if self.text[self.index] == "." and self.index == self.line_start and self._at_document_marker():
            self.fetch_document_end()
        else:
            super().fetch_plain()

    def fetch_flow_collection_start(self, token_class: Any, to_push: str) -> None:
        self._check_depth()
        super().fetch_flow_collection_start(token_class, to_push)
        self.flow_level = len(self.flow_context)

    def fetch_flow_collection_end(self, token_class: Any) -> None:
        super().fetch_flow_collection_end(token_class)
        self.flow_level = len(self.flow_context)

    def add_indent(self, column: int) -> bool:
        self._check_depth()
        return bool(super().add_indent(column))

    def _check_depth(self) -> None:
        if len(self.indents) + len(self.flow_context) >= MAX_DEPTH:
            problem = f"more than {MAX_DEPTH} levels of nesting"
            raise TooDeepError(None, None, problem, self.index)

    def check_key(self) -> bool:
        return bool(self.flow_context) or self.text[self.index + 1] in _BLANK_ENDS

    def check_plain(self) -> bool:
        char, following = self.text[self.index], self.text[self.index + 1]
        if char not in _PLAIN_STOPS:
            return True
        if following in _BLANK_ENDS:
            return False
        return char == "-" or (char in "?:" and not self.flow_context)

    def scan_to_next_token(self) -> None:
        text = self.text
        while True:
            if self.libyaml and self.index == self.line_start and text[self.index] == "\ufeff":
                self.index += 1
            if self.libyaml and self.allow_simple_key and not self.flow_context:
                self.index = _SPACES.match(text, self.index).end()
            else:
                self.index = self._blanks(text, self.index).end()
            if text[self.index] == "#":
                self._scan_comment()
            if not self.scan_line_break():
                return
            if not self.flow_context:
                self.allow_simple_key = True

    def _scan_comment(self) -> None:
        start = self.index
        self.index = _LINE.match(self.text, start).end()
        self.comments.append((start, self.index))

    def _rest_of_line(self, context: str, start: int) -> None:
        """Pass blanks, a comment and the line break: all that may follow a directive or block header."""
        self.index = self._blanks(self.text, self.index).end()
        if self.text[self.index] == "#":
            self._scan_comment()
        if self.text[self.index] not in _ENDS:
            problem = f"expected a comment or a line break, but found {self.text[self.index]!r}"
            raise ScannerError(context, start, problem, self.index)
        self.scan_line_break()

    # -- directives, anchors, tags ----------------------------------------------------------------

    def scan_directive(self) -> tokens.DirectiveToken:
        start = self.index
        self.index += 1
        name = self._scan_name("while scanning a directive", start)
        if self.text[self.index] not in "\0 " + _BREAKS + ("\t" if self.libyaml else ""):
            self._expected_name("while scanning a directive", start)
        value: Any = None
        if name == "YAML":
            value = self._scan_version(start)
        elif name == "TAG":
            value = self.scan_tag_directive_value(start)
        elif self.libyaml:
            raise ScannerError("while scanning a directive", start, "found unknown directive name", self.index)
        else:
            self.index = _LINE.match(self.text, self.index).end()
        end = self.index
        self._rest_of_line("while scanning a directive", start)
        return tokens.DirectiveToken(name, value, start, end)

    def _scan_version(self, start: int) -> tuple[int, int]:
        found = re.compile(r" *([0-9]+)\.([0-9]+)").match(self.text, self.index)
        if found is None or self.text[found.end()] not in "\0 " + _BREAKS + ("\t" if self.libyaml else ""):
            raise ScannerError("while scanning a directive", start, "expected a version such as 1.1", self.index)
        self.index = found.end()
        version = int(found[1][:9]), int(found[2][:9])
        if self.libyaml and version not in ((1, 1), (1, 2)):
            raise ScannerError(None, None, "found incompatible YAML document", start)
        return version

    def _scan_name(self, context: str, start: int) -> str:
        begin = self.index
        self.index = _NAME.match(self.text, begin).end()
        if self.index == begin:
            self._expected_name(context, start)
        return self.text[begin : self.index]

    def _expected_name(self, context: str, start: int) -> None:
        problem = f"expected alphabetic or numeric character, but found {self.text[self.index]!r}"
        raise ScannerError(context, start, problem, self.index)

    def scan_anchor(self, token_class: Any) -> Any:
        start = self.index
        context = "while scanning an alias" if self.text[start] == "*" else "while scanning an anchor"
        self.index += 1
        name = self._scan_name(context, start)
        if self.text[self.index] not in _BLANK_ENDS + "?:,]}%@`":
            self._expected_name(context, start)
        return token_class(name, start, self.index)

    def scan_tag(self) -> tokens.TagToken:
        start = self.index
        handle: str | None
        following = self.text[start + 1]
        if following == "<":
            handle = None
            self.index += 2
            suffix = self.scan_tag_uri("tag", start)
            if self.text[self.index] != ">":
                problem = f"expected '>', but found {self.text[self.index]!r}"
                raise ScannerError("while parsing a tag", start, problem, self.index)
            self.index += 1
        elif following in _BLANK_ENDS:
            handle, suffix = None, "!"
            self.index += 1
        else:
            handle = "!"
            if self._tag_has_handle():
                handle = self.scan_tag_handle("tag", start)
            else:
                self.index += 1
            suffix = self.scan_tag_uri("tag", start)
        after = self.text[self.index]
        allowed = "\0 " + _BREAKS + ("\t" + ("," if self.flow_context else "") if self.libyaml else "")
        if after not in allowed:
            raise ScannerError("while scanning a tag", start, f"expected ' ', but found {after!r}", self.index)
        return tokens.TagToken((handle, suffix), start, self.index)

    def _tag_has_handle(self) -> bool:
        if self.libyaml:
            return self.text[_NAME.match(self.text, self.index + 1).end()] == "!"
        return "!" in str(_WORD(self.text, self.index + 1).group())

    def scan_tag_uri(self, name: str, start: int) -> str:
        if self.libyaml and name == "tag" and self.text[self.index - 1] != "<":
            # libyaml ends a shorthand tag at a flow indicator; PyYAML reads on.
            end = _SHORT_URI(self.text, self.index).end()
            uri = self.text[self.index : end]
            if "%" not in uri:
                if not uri:
                    raise ScannerError("while parsing a tag", start, "expected URI", self.index)
                self.index = end
                return uri
        return str(super().scan_tag_uri(name, start))

    # -- scalars ----------------------------------------------------------------------------------

    def scan_plain(self) -> tokens.ScalarToken:
        text = self.text
        start = end = self.index
        indent = self.indent + 1
        flow = bool(self.flow_context)
        run = self._plain_flow if flow else _PLAIN_BLOCK.match
        chunks: list[str] = []
        spaces: list[str] = []
        while text[self.index] != "#":
            begin = self.index
            end_of_run = run(text, begin).end()
            if self.libyaml and flow and text[end_of_run] == ":" and text[end_of_run + 1] in ",?[]{}":
                raise ScannerError("while scanning a plain scalar", start, "found unexpected ':'", end_of_run)
            if end_of_run == begin:
                break
            self.allow_simple_key = False
            chunks.extend(spaces)
            chunks.append(text[begin:end_of_run])
            self.index = end = end_of_run
            if text[end_of_run] in ":,[]{}?":
                break
            found = self._scan_plain_spaces(indent, start)
            if not found or text[self.index] == "#" or (not flow and self.index - self.line_start < indent):
                break
            spaces = found
        return tokens.ScalarToken("".join(chunks), True, start, end)

    def _scan_plain_spaces(self, indent: int, start: int) -> list[str] | None:
        """The white space inside a plain scalar, folded; None where a document marker ends it."""
        text, begin = self.text, self.index
        self.index = self._blanks(text, begin).end()
        if text[self.index] not in _BREAKS:
            return [text[begin : self.index]] if self.index > begin else []
        line_break = self.scan_line_break()
        self.allow_simple_key = True
        breaks: list[str] = []
        while not self._at_document_marker():
            self.index = _SPACES.match(text, self.index).end()
            if self.libyaml and text[self.index] == "\t":
                if self.index - self.line_start < indent:
                    problem = "found a tab character that violates indentation"
                    raise ScannerError("while scanning a plain scalar", start, problem, self.index)
                self.index = _BLANKS.match(text, self.index).end()
            if text[self.index] not in _BREAKS:
                if line_break != "\n":
                    return [line_break, *breaks]
                return breaks or [" "]
            breaks.append(self.scan_line_break())
        return None

    def scan_flow_scalar(self, style: str) -> tokens.ScalarToken:
        simple = (_DOUBLE_SIMPLE if style == '"' else _SINGLE_SIMPLE).match(self.text, self.index)
        if simple is None:
            scanned: tokens.ScalarToken = super().scan_flow_scalar(style)
            return scanned
        start, self.index = self.index, simple.end()
        return tokens.ScalarToken(simple.group(1), False, start, self.index, style)

    def scan_flow_scalar_non_spaces(self, double: bool, start: int) -> list[str]:
        before = self.index
        try:
            chunks: list[str] = super().scan_flow_scalar_non_spaces(double, start)
        except (ValueError, OverflowError):
            # ruamel.yaml hands the number of an escape to `chr` as it is.
            problem = "this escape is no character of Unicode"
            raise ScannerError("while scanning a double-quoted scalar", start, problem, self.index) from None
        if double and self.libyaml and any("\ud800" <= char <= "\udfff" for chunk in chunks for char in chunk):
            problem = "found invalid Unicode character escape code"
            raise ScannerError("while parsing a quoted scalar", start, problem, before)
        return chunks

    def scan_block_scalar(self, style: str, rt: bool | None = False) -> tokens.ScalarToken:  # noqa: ARG002
        text, start = self.text, self.index
        self.index += 1
        chomping, increment = self.scan_block_scalar_indicators(start)
        self._rest_of_line("while scanning a block scalar", start)
        least = max(self.indent + 1, 1)
        if increment is None:
            breaks, deepest, end = self.scan_block_scalar_indentation()
            indent = max(least, deepest)
        else:
            indent = least + increment - 1
            breaks, end = self.scan_block_scalar_breaks(indent)
        chunks: list[str] = []
        line_break = ""
        while self.index - self.line_start == indent and text[self.index] != "\0":
            chunks.extend(breaks)
            starts_with_text = text[self.index] not in " \t"
            begin = self.index
            self.index = _LINE.match(text, begin).end()
            chunks.append(text[begin : self.index])
            line_break = self.scan_line_break()
            breaks, end = self.scan_block_scalar_breaks(indent)
            if self.index - self.line_start != indent or text[self.index] == "\0":
                break
            if style == ">" and line_break == "\n" and starts_with_text and text[self.index] not in " \t":
                if not breaks:
                    chunks.append(" ")
            else:
                chunks.append(line_break)
        if chomping is not False:
            chunks.append(line_break)
        if chomping is True:
            chunks.extend(breaks)
        return tokens.ScalarToken("".join(chunks), False, start, end, style)

    def _refuse_tab_indentation(self) -> None:
        problem = "found a tab character where an indentation space is expected"
        raise ScannerError("while scanning a block scalar", None, problem, self.index)

    def scan_block_scalar_indicators(self, start: int) -> tuple[bool | None, int | None]:
        found = re.compile(r"([+-]?)([0-9]?)([+-]?)").match(self.text, self.index)
        assert found is not None  # every part is optional
        first, digit, last = found.groups()
        if first and last and digit:
            found = re.compile(r"([+-])([0-9])").match(self.text, self.index)
            assert found is not None
            last = ""
        elif first and last:
            last, found = "", re.compile(r"[+-]").match(self.text, self.index)
            assert found is not None
        self.index = found.end()
        sign = first or last
        context = "while scanning a block scalar"
        if digit == "0":
            problem = "expected indentation indicator in the range 1-9, but found 0"
            raise ScannerError(context, start, problem, self.index)
        following = self.text[self.index]
        if following not in "\0 " + _BREAKS + ("\t#" if self.libyaml else ""):
            problem = f"expected chomping or indentation indicators, but found {following!r}"
            raise ScannerError(context, start, problem, self.index)
        return ({"+": True, "-": False}.get(sign), int(digit) if digit else None)

    def scan_block_scalar_indentation(self) -> tuple[list[str], int, int]:
        breaks: list[str] = []
        deepest, end = 0, self.index
        while True:
            self.index = _SPACES.match(self.text, self.index).end()
            deepest = max(deepest, self.index - self.line_start)
            if self.libyaml and self.text[self.index] == "\t":
                self._refuse_tab_indentation()
            line_break = self.scan_line_break()
            if not line_break:
                return breaks, deepest, end
            breaks.append(line_break)
            end = self.index

    def scan_block_scalar_breaks(self, indent: int) -> tuple[list[str], int]:
        breaks: list[str] = []
        end = self.index
        while True:
            spaces = _SPACES.match(self.text, self.index).end()
            self.index = min(spaces, self.line_start + max(indent, self.index - self.line_start))
            if self.libyaml and self.text[self.index] == "\t" and self.index - self.line_start < indent:
                self._refuse_tab_indentation()
            line_break = self.scan_line_break()
            if not line_break:
                return breaks, end
            breaks.append(line_break)
            end = self.index
