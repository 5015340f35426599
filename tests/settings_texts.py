"""Settings files in every layout that YAML allows, for tests of what rewrites them.

`draw_case` makes one text from a source of random choices: the values first, then their writing. Each
comment carries a mark of its own, `# c1.`, so that a test can tell where it went.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Sequence
    from random import Random

IDS = ("a", "b", "neuralir", "été", "two words", "big-1", "A")
PATHS = (
    *("/x", "/data/alt", "~/w", "~", "rel/path", "./here", "/with space/y", "/é/ü", "/q'uote", '/d"q', "/a#b"),
    *("/c: d", "/back\\slash", "/trail ", "/{x}", "/a,b", "~/é f", "../up", "/long/path/with a few words/in it"),
)
UNKNOWN = ("zz", "Neuralir", "B", "", "not there")
VARIABLE = ("${oc.env:HOME}/x", "/pre/${oc.env:HOME}", "${oc.env:HOME}")
NOTES = ("", " note", " alt_workspaces: [x]", " it's", " é", " a\tb", "#", " {x}, [y", ' "q', " - b", " ? folders: []")


class Case(NamedTuple):
    """A generated file: `ordinary` ones have nothing that a migration may refuse."""

    data: bytes
    ordinary: bool


class Text(NamedTuple):
    """A scalar that is text."""

    value: str
    anchor: str = ""


class Raw(NamedTuple):
    """A scalar or an alias, as it is to be written."""

    value: str
    anchor: str = ""


class List(NamedTuple):
    """A list."""

    items: Sequence[Value]
    anchor: str = ""


class Map(NamedTuple):
    """A mapping."""

    pairs: Sequence[tuple[str, Value]]
    anchor: str = ""


Value = Text | Raw | List | Map


def draw_case(random: Random, *, holders: bool = True, folders_only: bool = False) -> Case:
    """One settings file; without `holders` it has only keys that every release since 2.4 knows.

    With `folders_only` there are no `alt_workspaces`, and folders are mostly of mode `use`.
    """
    model = _Model(random, holders=holders, folders_only=folders_only)
    root = model.root()
    text = _Writer(random, model).document(root)
    return Case(text.encode(), model.ordinary)


class _Model:
    """Draws the values; `ordinary` turns false where something hard to migrate is drawn."""

    def __init__(self, random: Random, *, holders: bool, folders_only: bool) -> None:
        self.random = random
        self.holders = holders
        self.folders_only = folders_only
        self.hard = random.random() < 0.5
        self.ordinary = True
        self.anchors = 0
        self.lists: list[str] = []
        self.folders: list[str] = []
        self.paths: list[str] = []
        self.maps: list[str] = []

    def chance(self, percent: int) -> bool:
        return self.random.randrange(100) < percent

    def oddity(self, percent: int) -> bool:
        """Whether to draw something that may be refused."""
        found = self.hard and self.chance(percent)
        self.ordinary = self.ordinary and not found
        return found

    def anchor(self, kind: list[str]) -> str:
        self.anchors += 1
        kind.append(f"n{self.anchors}")
        return kind[-1]

    def root(self) -> Map:
        self.ids = self.random.sample(IDS, self.random.randint(1, 4))
        if self.chance(10):
            self.ids.append(self.random.choice(self.ids))
        pairs: list[tuple[str, Value]] = []
        if self.chance(30):
            pairs.append(("server", Map((("host", Text("h")), ("port", Raw("12_345"))))))
        if self.holders and self.oddity(50):
            pairs += [(f"x-{number}", self.holder()) for number in range(self.random.randint(1, 2))]
        pairs.append(("workspaces", List([self.workspace(name) for name in self.ids])))
        if self.chance(30):
            pairs.append(("env", Map((("A", Text("yes")), ("B", Raw("1.10"))))))
        return Map(pairs)

    def holder(self) -> Value:
        kind = self.random.randrange(4)
        if kind == 0:
            return self.references()._replace(anchor=self.anchor(self.lists))
        if kind == 1:
            return self.folder_list()._replace(anchor=self.anchor(self.folders))
        pairs: list[tuple[str, Value]] = [("max_retries", Raw("3"))]
        pairs += self.lists_of_workspace()
        self.random.shuffle(pairs)
        return Map(pairs, self.anchor(self.maps))

    def workspace(self, name: str) -> Map:
        path = Text(self.random.choice(PATHS))
        if self.oddity(10):
            path = path._replace(anchor=self.anchor(self.paths))
        pairs: list[tuple[str, Value]] = self.lists_of_workspace()
        if self.chance(40):
            pairs.append(("triggers", List([Text("x-*"), Text("y")])))
        if self.chance(15):
            pairs.append(("ssh", Map((("host", Text("far")),))))
        if self.chance(20):
            pairs.append(("max_retries", Raw("2")))
        self.random.shuffle(pairs)
        first: list[tuple[str, Value]] = [("id", Text(name)), ("path", path)]
        pairs = first + pairs if self.chance(60) else pairs + first
        if self.maps and self.oddity(50):
            merged = self.random.sample(self.maps, self.random.randint(1, len(self.maps)))
            value = Raw(f"*{merged[0]}") if len(merged) == 1 else List([Raw(f"*{one}") for one in merged])
            pairs.insert(self.random.randint(0, len(pairs)), ("<<", value))
        if self.oddity(10):
            return Map(pairs, self.anchor(self.maps))
        return Map(pairs)

    def lists_of_workspace(self) -> list[tuple[str, Value]]:
        pairs: list[tuple[str, Value]] = []
        if not self.folders_only and self.chance(70):
            pairs.append(("alt_workspaces", self.list_or_alias(self.lists)))
        if self.chance(85 if self.folders_only else 40):
            pairs.append(("folders", self.list_or_alias(self.folders)))
        if len(pairs) == 2 and self.oddity(3):
            pairs.append(("alt_workspaces", self.references()))
        return pairs

    def list_or_alias(self, known: list[str]) -> Value:
        if known and self.oddity(40):
            return Raw(f"*{self.random.choice(known)}")
        value = self.references() if known is self.lists else self.folder_list()
        if self.oddity(15):
            return value._replace(anchor=self.anchor(known))
        return value

    def references(self) -> List:
        return List([self.reference() for _ in range(self.random.choice((0, 1, 1, 2, 2, 3)))])

    def reference(self) -> Value:
        if self.paths and self.oddity(30):
            return Raw(f"*{self.random.choice(self.paths)}")
        if self.oddity(8):
            return Text(self.random.choice(UNKNOWN + VARIABLE))
        value = Text(self.random.choice(self.ids if self.chance(60) else PATHS))
        if self.oddity(5):
            return value._replace(anchor=self.anchor(self.paths))
        return value

    def folder_list(self) -> List:
        return List([self.folder() for _ in range(self.random.choice((0, 1, 1, 2, 3)))])

    def folder(self) -> Map:
        pairs = [("path", Text(self.random.choice(PATHS + (("a", "b") if self.folders_only else ()))))]
        if self.chance(60):
            often = ("use",) * (12 if self.folders_only else 1)
            pairs.append(("mode", Text(self.random.choice((*often, "backup", "move")))))
        if self.chance(10):
            pairs.reverse()
        return Map(pairs)


class _Writer:
    """Writes values in a layout of its own."""

    def __init__(self, random: Random, model: _Model) -> None:
        self.random = random
        self.model = model
        self.chance = model.chance
        self.count = 0
        self.comments = random.choice((0, 0, 10, 40))
        self.blanks = random.choice((0, 0, 10))
        self.step = random.choice((2, 2, 2, 4, 3))
        self.indentless = random.choice((0, 100, 50))
        self.gap = random.choice((1, 1, 1, 3, 0))
        self.flows = random.choice((0, 20, 50, 100))
        self.padded = self.chance(30)
        self.multiline = random.choice((0, 30, 80))
        self.quoting = random.choice(("", "", "'", '"', "mixed"))
        self.json = False
        # Below a block scalar, a comment that is indented would belong to it.
        self.below_block_scalar = False

    # -- pieces -----------------------------------------------------------------------------------

    def comment(self) -> str:
        self.count += 1
        return f"# c{self.count}.{self.random.choice(NOTES)}"

    def beside(self) -> str:
        return self.random.choice((" ", "  ", "     ")) + self.comment() if self.chance(self.comments) else ""

    def between(self, indent: int) -> list[str]:
        """Blank lines and comments, at any indentation."""
        lines = []
        while self.chance(self.comments // 2):
            column = 0 if self.below_block_scalar else self.random.choice((indent, indent, indent, 0, indent + 2))
            lines.append(" " * column + self.comment())
            self.below_block_scalar = False
        if self.chance(self.blanks):
            lines.insert(self.random.randint(0, len(lines)), self.random.choice(("", "", "  ")))
        return lines

    def quoted(self, text: str, style: str) -> str:
        if style == "'":
            return "'" + text.replace("'", "''") + "'"
        body = text.replace("\\", "\\\\").replace('"', '\\"')
        if "é" in body and self.chance(20):
            body = body.replace("é", "\\u00e9")
        return f'"{body}"'

    def scalar(self, text: str, *, flow: bool) -> str:
        style = '"' if self.json else self.quoting
        if style == "mixed":
            style = self.random.choice(("", "'", '"'))
        hard = text in ("", "~", "yes") or text != text.strip() or text[0] in "{*"
        hard = hard or any(mark in text for mark in (": ", "${"))
        if not style and (hard or (flow and any(char in text for char in "{},#'\""))):
            style = self.random.choice(("'", '"'))
        return self.quoted(text, style) if style else text

    def key(self, key: str) -> str:
        if key == "<<":
            return key
        if self.json:
            return f'"{key}"'
        return self.quoted(key, self.random.choice(("'", '"'))) if self.chance(5) else key

    @staticmethod
    def anchored(value: Value, text: str) -> str:
        return f"&{value.anchor} {text}" if value.anchor else text

    # -- flow -------------------------------------------------------------------------------------

    def flow(self, value: Value, indent: int) -> str:
        if isinstance(value, Text):
            return self.anchored(value, self.scalar(value.value, flow=True))
        if isinstance(value, Raw):
            # `*a:` would be one name.
            return value.value
        brackets = "{}" if isinstance(value, Map) else "[]"
        inner = indent + self.random.choice((2, 4))
        if isinstance(value, Map):
            colon = ":" if self.json and self.chance(30) else ": "
            parts = [f"{self.key(key)}{colon}{self.flow(part, inner)}" for key, part in value.pairs]
        else:
            parts = [self.flow(part, inner) for part in value.items]
        return self.anchored(value, brackets[0] + self.parts(parts, inner, indent) + brackets[1])

    def parts(self, parts: list[str], inner: int, indent: int) -> str:
        pad = " " if self.padded and parts else ""
        trailing = "," if parts and not self.json and self.chance(10) else ""
        if not self.chance(self.multiline):
            comma = "," if self.chance(10) and not self.json and pad else ", "
            return pad + comma.join(parts) + trailing + pad
        line = "\n" + " " * inner
        out = self.beside() + line
        for number, part in enumerate(parts):
            last = number + 1 == len(parts)
            comma = trailing if last else ","
            if self.chance(self.comments // 2):
                out += self.comment() + line
            before = self.beside() if self.chance(10) else ""
            out += part + (before + line + comma if before and comma else before + (line if before else "") + comma)
            beside = self.beside()
            if not last:
                out += beside + (line if beside or self.chance(70) else " ")
            else:
                out += beside
        return out + "\n" + " " * self.random.choice((indent, indent, inner, indent + 1))

    # -- block ------------------------------------------------------------------------------------

    def is_flow(self, value: Value) -> bool:
        if isinstance(value, Text | Raw):
            return True
        if isinstance(value, Map):
            return not value.pairs or self.chance(self.flows)
        return not value.items or self.chance(self.flows)

    def inline(self, value: Value, indent: int) -> str:
        """A value that begins on the line of its key or dash, with the comment beside it."""
        if isinstance(value, Text) and value.value.strip() == value.value != "" and self.chance(5):
            # Block scalars; the comment stands beside their header.
            header = self.random.choice(("|-", ">-"))
            text = self.anchored(value, f"{header}{self.beside()}\n{' ' * (indent + 2)}{value.value}")
            self.below_block_scalar = True
            return text
        if isinstance(value, Text):
            text = self.scalar(value.value, flow=False)
            if text[0] == '"' and " w" in text and self.chance(50):
                text = text.replace(" w", "\n" + " " * (indent + 3) + "w", 1)
            return self.anchored(value, text) + self.beside()
        return self.flow(value, indent) + self.beside()

    def block(self, value: List | Map, indent: int) -> list[str]:
        if isinstance(value, Map):
            lines = []
            for key, part in value.pairs:
                lines += self.between(indent)
                self.below_block_scalar = False
                lines += self.pair(key, part, indent)
            return lines
        lines = []
        for part in value.items:
            lines += self.between(indent)
            self.below_block_scalar = False
            lines += self.item(part, indent)
        if self.chance(self.comments):
            column = 0 if self.below_block_scalar else indent + self.random.choice((0, 2))
            lines.append(" " * column + self.comment())
            self.below_block_scalar = False
        return lines

    def inner_indent(self, value: List | Map, indent: int) -> int:
        if isinstance(value, List) and self.chance(self.indentless):
            return indent
        return indent + (self.step if self.chance(90) else self.random.choice((1, 2, 5)))

    def pair(self, key: str, value: Value, indent: int) -> list[str]:
        space, name = " " * indent, self.key(key)
        explicit = self.model.oddity(3) and key != "<<"
        head = f"{space}? {name}{self.beside()}\n{space}:" if explicit else f"{space}{name}:"
        if isinstance(value, Text | Raw) or self.is_flow(value):
            return [f"{head}{self.random.choice((' ', ' ', '  '))}{self.inline(value, indent)}"]
        anchor = f" &{value.anchor}" if value.anchor else ""
        inner = indent + 2 if explicit else self.inner_indent(value, indent)
        return [head + anchor + self.beside(), *self.block(value, inner)]

    def item(self, value: Value, indent: int) -> list[str]:
        space = " " * indent
        gap = self.gap or self.random.randint(1, 4)
        if isinstance(value, Text | Raw) or self.is_flow(value):
            if self.chance(4):
                return [f"{space}-{self.beside()}", f"{space}  {self.inline(value, indent)}"]
            return [f"{space}-{' ' * gap}{self.inline(value, indent)}"]
        anchor = f" &{value.anchor}" if value.anchor else ""
        lines = self.block(value, indent + 1 + gap)
        begins = lines[0].lstrip(" ")
        if anchor or not begins or begins.startswith("#") or self.chance(5):
            return [f"{space}-{anchor}{self.beside()}", *lines]
        return [f"{space}-{' ' * gap}{begins}", *lines[1:]]

    # -- the whole file ---------------------------------------------------------------------------

    def document(self, root: Map) -> str:
        if self.chance(10):
            self.json = self.chance(60)
            self.comments = self.comments if not self.json or self.chance(50) else 0
            lines = [*self.between(0), self.flow(root, 0) + self.beside()]
        else:
            lines = self.block(root, 0)
        lines += self.between(0)
        if self.chance(10):
            lines = [self.random.choice(("---", "--- # c0.", "%YAML 1.1\n---")), *lines]
        if self.chance(3):
            lines.append("...")
        text = "\n".join(lines) + ("" if self.chance(20) else "\n")
        if self.chance(5):
            text = "\ufeff" + text
        kind = self.random.randrange(10)
        if kind == 0:
            return "".join(self.random.choice(("\n", "\r\n", "\r")) if char == "\n" else char for char in text)
        return text.replace("\n", {1: "\r\n", 2: "\r\n", 3: "\r"}.get(kind, "\n"))
