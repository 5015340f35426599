"""What a migration step is given and gives back."""

from __future__ import annotations

from collections import Counter
from functools import cached_property
from typing import TYPE_CHECKING, NamedTuple

from xpm_config.diagnostics import Diagnostic, Edit, Severity, Span
from xpm_config.document import Alias, Document, Mapping, Node, Sequence
from xpm_config.editing import Layout, walk

if TYPE_CHECKING:
    from xpm_config.values import Constructor, Entry


class Options(NamedTuple):
    """Choices of a migration.

    `keep_unknown_ids` takes a reference that is no workspace id for a path, as experimaestro does
    silently; `write_mode` writes `mode: use`, which releases 2.4 and 2.5 may refuse.
    """

    keep_unknown_ids: bool = False
    write_mode: bool = True


class Rewrite(NamedTuple):
    """The outcome of a step: edits of the text, and findings. An error means that nothing is to be written."""

    edits: tuple[Edit, ...] = ()
    diagnostics: tuple[Diagnostic, ...] = ()


class RefusalError(Exception):
    """A place that a step cannot rewrite."""

    def __init__(self, code: str, message: str, node: Node, hint: str | None) -> None:
        super().__init__(message)
        self.diagnostic = Diagnostic(code, Severity.ERROR, message, node.span, (), hint)


class Workspace(NamedTuple):
    """One item of `workspaces`: its mapping, and its settings as they count in the end."""

    node: Mapping
    entries: dict[str, Entry]


class Source:
    """A document as a migration step sees it: its workspaces, its layout, and who refers to what."""

    def __init__(self, document: Document, constructor: Constructor, options: Options) -> None:
        self.document = document
        self.constructor = constructor
        self.options = options
        self.layout = Layout(document)

    def entries(self, node: Node) -> dict[str, Entry]:
        """The settings of a mapping that have text as keys; none for any other node."""
        if not isinstance(node, Mapping):
            return {}
        return {key: entry for key, entry in self.constructor.entries(node).items() if isinstance(key, str)}

    @cached_property
    def workspaces(self) -> list[Workspace]:
        """The items of `workspaces`."""
        root = self.document.root
        found = self.entries(root.resolved).get("workspaces") if root is not None else None
        if found is None or not isinstance(found.value, Sequence):
            return []
        items = [item.resolved for item in found.value.items]
        return [Workspace(node, self.entries(node)) for node in items if isinstance(node, Mapping)]

    @cached_property
    def mappings(self) -> list[Mapping]:
        """Every mapping as it stands in the text."""
        return [node for node in walk(self.document.root) if isinstance(node, Mapping)]

    @cached_property
    def owners(self) -> dict[int, Mapping]:
        """The mapping in which a key is written, by the identity of the key's node."""
        return {id(key): mapping for mapping in self.mappings for key, _ in mapping.pairs}

    @cached_property
    def references(self) -> Counter[int]:
        """How often each node is referred to by an alias, by its identity."""
        return Counter(id(node.target) for node in walk(self.document.root) if isinstance(node, Alias))

    def text(self, node: Node) -> str | None:
        """The value of a node, if it is text."""
        value = self.constructor.value(node)
        return value if isinstance(value, str) else None

    def warning(self, code: str, message: str, node: Node) -> Diagnostic:
        """A finding that does not keep the file from being migrated."""
        return Diagnostic(code, Severity.WARNING, message, Span(node.start, node.end))
