"""Tokens to events: ruamel.yaml's grammar, where it parts from PyYAML's and libyaml's."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ruamel.yaml import events, tokens
from ruamel.yaml.parser import Parser, ParserError

from xpm_config.yaml11.scanner import TextScanner

if TYPE_CHECKING:
    from collections.abc import Iterator

    from xpm_config.yaml11.scanner import Dialect


class EventReader(TextScanner, Parser):
    """Reads one text into ruamel.yaml events."""

    def __init__(self, text: str, dialect: Dialect) -> None:
        """`text` is the whole decoded file; a byte order mark at its start is passed over."""
        super().__init__(text, dialect)
        self.reset_parser()

    def stream(self) -> Iterator[Any]:
        """Yield the events of the stream; raises ScannerError or ParserError with offsets as marks."""
        while self.state:
            self.last_event = event = self.state()
            yield event

    def parse_document_end(self) -> events.DocumentEndEvent:
        # ruamel.yaml refuses text after `...` on its line; both loaders leave that to the next document.
        token = self.peek_token()
        start = end = token.start_mark
        explicit = self.check_token(tokens.DocumentEndToken)
        if explicit:
            end = self.get_token().end_mark
        self.state = self.parse_document_start
        return events.DocumentEndEvent(start, end, explicit=explicit)

    # These two are ruamel.yaml's, without its comments and with one look at each token: half of all events
    # come from here.

    def parse_block_mapping_key(self) -> Any:
        self.check_token()
        token = self.tokens[0]
        if type(token) is not tokens.KeyToken:
            return super().parse_block_mapping_key()
        self.get_token()
        self.check_token()
        if isinstance(self.tokens[0], (tokens.KeyToken, tokens.ValueToken, tokens.BlockEndToken)):
            self.state = self.parse_block_mapping_value
            return self.process_empty_scalar(token.end_mark)
        self.states.append(self.parse_block_mapping_value)
        return self.parse_node(block=True, indentless_sequence=True)

    def parse_block_sequence_entry(self) -> Any:
        self.check_token()
        token = self.tokens[0]
        if type(token) is not tokens.BlockEntryToken:
            return super().parse_block_sequence_entry()
        self.get_token()
        self.check_token()
        if isinstance(self.tokens[0], (tokens.BlockEntryToken, tokens.BlockEndToken)):
            self.state = self.parse_block_sequence_entry
            return self.process_empty_scalar(token.end_mark)
        self.states.append(self.parse_block_sequence_entry)
        return self.parse_node(block=True)

    def parse_block_mapping_value(self) -> Any:
        # ruamel.yaml puts an empty value at the next token, for its comments; here it is right after the colon.
        self.state = self.parse_block_mapping_key
        if not self.check_token(tokens.ValueToken):
            return self.process_empty_scalar(self.peek_token().start_mark)
        token = self.get_token()
        if self.check_token(tokens.KeyToken, tokens.ValueToken, tokens.BlockEndToken):
            return self.process_empty_scalar(token.end_mark)
        self.states.append(self.parse_block_mapping_key)
        return self.parse_node(block=True, indentless_sequence=True)

    def parse_indentless_sequence_entry(self) -> Any:
        if self.check_token(tokens.BlockEntryToken):
            token = self.get_token()
            if self.check_token(tokens.BlockEntryToken, tokens.KeyToken, tokens.ValueToken, tokens.BlockEndToken):
                self.state = self.parse_indentless_sequence_entry
                return self.process_empty_scalar(token.end_mark)
            self.states.append(self.parse_indentless_sequence_entry)
            return self.parse_block_node()
        mark = self.peek_token().start_mark
        self.state = self.states.pop()
        return events.SequenceEndEvent(mark, mark)

    def parse_node(self, block: bool = False, indentless_sequence: bool = False) -> Any:
        if not self.check_token():
            raise ParserError(None, None, "unexpected end of the text", self.index)
        token = self.tokens[0]
        kind = type(token)
        if kind is tokens.AliasToken:
            self.get_token()
            self.state = self.states.pop()
            return events.AliasEvent(token.value, token.start_mark, token.end_mark)
        anchor = tag = start = None
        end = token.start_mark
        while kind in (tokens.AnchorToken, tokens.TagToken):
            if (anchor if kind is tokens.AnchorToken else tag) is not None:
                break
            self.get_token()
            start = token.start_mark if start is None else start
            end = token.end_mark
            if kind is tokens.AnchorToken:
                anchor = token.value
            else:
                tag = self._resolve_handle(token)
            self.check_token()
            token = self.tokens[0]
            kind = type(token)
        if start is None:
            start = token.start_mark
        implicit = tag is None or tag == "!"
        if indentless_sequence and kind is tokens.BlockEntryToken:
            self.state = self.parse_indentless_sequence_entry
            return events.SequenceStartEvent(anchor, tag, implicit, start, token.end_mark, flow_style=False)
        if kind is tokens.ScalarToken:
            self.get_token()
            plain = (token.plain and tag is None) or tag == "!"
            self.content_start = token.start_mark
            self.state = self.states.pop()
            return events.ScalarEvent(
                anchor, tag, (plain, not plain and tag is None), token.value, start, token.end_mark, style=token.style
            )
        collection = self._COLLECTIONS.get(kind)
        if collection is not None and (block or collection[1]):
            event_class, flow, first = collection
            self.state = getattr(self, first)
            return event_class(anchor, tag, implicit, start, token.end_mark, flow_style=flow)
        if anchor is not None or tag is not None:
            self.state = self.states.pop()
            # `!` alone makes libyaml's empty scalar a string, PyYAML's a null.
            plain = implicit and not (self.libyaml and tag == "!")
            self.content_start = end
            return events.ScalarEvent(anchor, tag, (plain, False), "", start, end)
        context = f"while parsing a {'block' if block else 'flow'} node"
        raise ParserError(context, start, f"expected the node content, but found {token.id!r}", token.start_mark)

    _COLLECTIONS: dict[type, tuple[Any, bool, str]] = {
        tokens.FlowSequenceStartToken: (events.SequenceStartEvent, True, "parse_flow_sequence_first_entry"),
        tokens.FlowMappingStartToken: (events.MappingStartEvent, True, "parse_flow_mapping_first_key"),
        tokens.BlockSequenceStartToken: (events.SequenceStartEvent, False, "parse_block_sequence_first_entry"),
        tokens.BlockMappingStartToken: (events.MappingStartEvent, False, "parse_block_mapping_first_key"),
    }

    def _resolve_handle(self, token: tokens.TagToken) -> str:
        handle, suffix = token.value
        if handle is None:
            return str(suffix)
        if handle not in self.tag_handles:
            problem = f"found undefined tag handle {handle!r}"
            raise ParserError("while parsing a node", token.start_mark, problem, token.start_mark)
        return str(self.tag_handles[handle]) + str(suffix)
