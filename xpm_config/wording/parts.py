"""Parts of a document that findings speak of, and how they are underlined and quoted."""

from __future__ import annotations

from typing import TYPE_CHECKING

from xpm_config.diagnostics import Span
from xpm_config.document import Alias, Node, Scalar

if TYPE_CHECKING:
    from xpm_config.context import Context
    from xpm_config.outline import Setting


class Part:
    """A part of the document that violations speak of: a setting, or the whole file."""

    __slots__ = ("key", "label", "name", "node", "setting", "site")

    def __init__(self, context: Context, setting: Setting | None) -> None:
        root = context.document.root
        assert root is not None
        self.setting = setting
        self.key = setting.key if setting else ""
        self.name = setting.name if setting else ""
        self.site: Node = setting.site if setting else root
        self.node: Node = self.site.resolved
        if setting is None:
            self.label = "the file"
        elif setting.pattern.endswith("[]"):
            self.label = f"this item of `{setting.pattern.rpartition('.')[2][:-2]}`"
        else:
            self.label = f"`{setting.name}`"


def span_of(node: Node) -> Span:
    """The text of a node that a finding underlines: an anchor or tag in front of a scalar is left out."""
    return Span(node.content, node.end) if isinstance(node, Scalar) and node.end > node.start else node.span


def fixable(part_site: Node) -> bool:
    """Whether an edit of a value changes this setting only."""
    return not isinstance(part_site, Alias) and part_site.anchor is None and part_site.tag is None


def plain_source(node: Node) -> str | None:
    """The text of a plain scalar on one line; None for anything else."""
    if isinstance(node, Scalar) and node.style == "" and node.text and "\n" not in node.text:
        return node.text
    return None


def quote(text: str) -> str:
    """A text as a YAML scalar in double quotes."""
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'


def close_to(word: str, others: list[str], cutoff: float = 0.6) -> list[str]:
    """The one of the others that is most like a word, if there is any."""
    from difflib import get_close_matches

    return get_close_matches(word, others, n=1, cutoff=cutoff)
