"""YAML as OmegaConf constructs it: its number rule, its duplicate keys and merges, its limits of size."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from xpm_config.document import Mapping, Scalar, Sequence
from xpm_config.loaders.omegaconf_settings import PathText
from xpm_config.values import FLOAT, INVALID, PYYAML_RULES, STR, TIMESTAMP, Constructor, Problem

if TYPE_CHECKING:
    from xpm_config.document import Document, Node

MAX_NODES = 10_000
"""OmegaConf refuses larger documents, with aliases counted as what they stand for."""

MAX_RATIO = 100
"""OmegaConf refuses documents that aliases make so many times larger, from `MIN_RATIO_NODES` nodes on."""

MIN_RATIO_NODES = 1_000

MAX_DEPTH = 72
"""Deeper documents are refused; OmegaConf runs out of stack at 73 (mappings) to 98 levels (lists)."""

_PATH_TAGS = frozenset(
    f"tag:yaml.org,2002:python/object/apply:{module}.{name}"
    for module in ("pathlib", "pathlib._local")
    for name in ("Path", "PosixPath")
)


class OmegaConfConstructor(Constructor):
    """Constructs values as OmegaConf's YAML loader does: `1e3` is a number, a date is text, and a key
    may not stand twice in a mapping.
    """

    rules = (  # type: ignore[assignment]
        *(rule for rule in PYYAML_RULES if rule[0] != TIMESTAMP),
        (
            FLOAT,
            "-+0123456789.",
            # Only what PyYAML's own rule lacks: an exponent without a dot or without a sign.
            r"[-+]?[0-9]+(?:_[0-9]+)*(?:\.[0-9_]*)?[eE][-+]?[0-9]+",
        ),
    )

    def __init__(self) -> None:
        super().__init__()
        self.duplicates: list[Problem] = []

    def flattened(self, node: Mapping) -> list[tuple[Node, Node, bool]]:
        """The (key, value, inherited) triples of a mapping, those that `<<` brings in first.

        Unlike PyYAML, keys that the mapping has itself are not taken over.
        """
        known = self._flattened.get(id(node))
        if known is not None:
            # It is used again by another `<<`, and OmegaConf counts its keys once more, merged ones included.
            self._duplicate_keys([key for key, _, _ in known])
            return known
        keys = [key for key, _ in node.pairs]
        explicit = self._duplicate_keys(keys)
        triples = super().flattened(node)
        self._flattened[id(node)] = triples = [
            triple for triple in triples if not triple[2] or self._key_text(triple[0]) not in explicit
        ]
        return triples

    def _duplicate_keys(self, keys: list[Node]) -> set[str]:
        """The text of keys; the second of two equal ones is a problem."""
        texts: set[str] = set()
        for key in keys:
            text = self._key_text(key)
            if text is not None and text in texts:
                self.duplicates.append(Problem(f"the key `{text}` stands twice in this mapping", key))
            elif text is not None:
                texts.add(text)
        return texts

    def _key_text(self, key: Node) -> str | None:
        node = key.resolved
        return node.text if isinstance(node, Scalar) and self.tag(node) == STR else None

    def _construct(self, node: Node) -> Any:
        if self.tag(node) not in _PATH_TAGS or not isinstance(node, Sequence):
            return super()._construct(node)
        from pathlib import Path

        parts = [self.value(item) for item in node.items]
        try:
            return PathText(str(Path(*(part.text if isinstance(part, PathText) else part for part in parts))))
        except TypeError:
            self.problems.append(Problem("the parts of a path must be text", node))
            return INVALID


def too_large(document: Document, root: Node) -> str | None:
    """Why OmegaConf refuses the size of a document, if it does."""
    size = root.resolved.size
    if size > MAX_NODES:
        return f"the file has {size:,} nodes, and experimaestro reads {MAX_NODES:,} at most"
    if size > MIN_RATIO_NODES and size > document.node_count * MAX_RATIO:
        return f"aliases make the file more than {MAX_RATIO} times larger, which experimaestro refuses"
    waiting = [(root, 0)]
    while waiting:
        node, depth = waiting.pop()
        node = node.resolved
        if depth > MAX_DEPTH:
            return f"this is nested more than {MAX_DEPTH} levels deep: experimaestro cannot read it"
        if isinstance(node, Sequence):
            waiting += [(item, depth + 1) for item in node.items]
        elif isinstance(node, Mapping):
            waiting += [(part, depth + 1) for pair in node.pairs for part in pair]
    return None
