"""What people see while they write: documents with a cursor or underlined parts, and what an editor must show.

`‸` is the cursor, `«…»` is underlined. A document is a settings file for the versions of the schema that its row names.
"""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Mapping

BOTH = (1, 2)
NEW = (2,)
OLD = (1,)


class Completion(NamedTuple):
    """A place to complete: labels that are proposed there and labels that are not, and files after accepting some.

    `warnings` are what `validate` may say of the files.
    """

    name: str
    document: str
    labels: tuple[str, ...]
    absent: tuple[str, ...] = ()
    accepted: Mapping[str, str] = MappingProxyType({})
    warnings: tuple[str, ...] = ()
    schemas: tuple[int, ...] = BOTH


class Limit(NamedTuple):
    """A place at which these proposals, and no others, give a file with this error."""

    name: str
    document: str
    labels: tuple[str, ...]
    code: str
    schemas: tuple[int, ...]


class Hover(NamedTuple):
    """A place to hover over: the title that is shown, and parts of the text below it."""

    name: str
    document: str
    title: str
    parts: tuple[str, ...]
    schemas: tuple[int, ...] = BOTH


class Underlined(NamedTuple):
    """A document with underlined parts, and the message of each, in the order of the document."""

    name: str
    document: str
    messages: tuple[str, ...]
    schemas: tuple[int, ...] = BOTH


WORKSPACE = "workspaces:\n  - id: main\n    path: ~/experiments\n"
"""A document with one workspace; what follows at four spaces belongs to it."""

HOVERS = (
    Hover("a section", "se‸rver:\n  port: 1\n", "Web server", ("How the web interface", "host: 127.0.0.1")),
    Hover("a number", "server:\n  po‸rt: 1\n", "Port", ("from `1` to `65535`", "`experimaestro experiments monitor`")),
    Hover("its value", "server:\n  port: 1‸2345\n", "Port", ("TCP port",)),
    Hover("a secret", "server:\n  to‸ken: x\n", "Access token", ("`chmod 600`",)),
    Hover(
        "an enum, the word in use first",
        "server:\n  autohost: na‸me\n",
        "Automatic host name",
        ("Allowed Values:\n\n* `name`: The short name", "* `fqdn`: The fully qualified name"),
    ),
    Hover(
        "the list of workspaces", "wo‸rkspaces: []\n", "Workspaces", ("**the first local workspace is the default**",)
    ),
    Hover("a name", "workspaces:\n  - i‸d: main\n    path: /a\n", "Name of the workspace", ("--workspace NAME",)),
    Hover("a pattern", WORKSPACE + "    triggers:\n      - a‸-*\n", "Pattern of experiment ids", ("the whole id",)),
    Hover("in flow style", "workspaces: [{id: main, pa‸th: /a}]\n", "Path of the workspace", ("A leading `~`",)),
    Hover("the variables of all", "e‸nv:\n  A: b\n", "Environment variables", ("of every workspace", "JAVA_HOME")),
    Hover(
        "the variables of one",
        WORKSPACE + "    e‸nv:\n      A: b\n",
        "Environment variables of the workspace",
        ("of this workspace", "win where both name"),
    ),
    Hover("a variable", "env:\n  TOOL_‸VERSION: x\n", "Value of the variable", ("always handed over as text",)),
    Hover(
        "a folder's mode",
        WORKSPACE + "    folders:\n      - path: /b\n        mo‸de: move\n",
        "Use of the folder",
        ("* `move`: **Move.**", "* `backup`: **Copy.**", "* `use`: **Read-only.**"),
        NEW,
    ),
    Hover(
        "the history of one",
        WORKSPACE + "    hi‸story: {}\n",
        "Run history of the workspace",
        ("**Pitfall:**", "up to 2.7.0"),
    ),
    Hover("access to a machine", WORKSPACE + "    s‸sh:\n      host: a\n", "SSH access", ("**remote**",)),
    Hover("a machine", WORKSPACE + "    ssh:\n      ho‸st: a\n", "Machine", ("`user@machine`",)),
    Hover(
        "what is deprecated",
        WORKSPACE + "    alt_‸workspaces: [/b]\n",
        "Alternative workspaces (deprecated)",
        ("**Deprecated:** replaced by `folders` of mode `use`", "`xpm-config migrate`"),
        NEW,
    ),
    Hover(
        "what was not deprecated yet",
        WORKSPACE + "    alt_‸workspaces: [/b]\n",
        "Alternative workspaces",
        ("**Pitfall:** releases 1.5.5 to 1.16.1",),
        OLD,
    ),
    Hover("a boolean", "carbon:\n  ena‸bled: no\n", "Track emissions", ("`true` by default",)),
    Hover("an anchor holder", "x-‸mine: &a {b: c}\n", "Holder of YAML anchors", ("its content is not checked",)),
)

TEXT = "This must be text: quote numbers, true and false."
WHOLE = "This must be a whole number."
SSH = "SSH access is a mapping of host (required), shell_init, uv_offline, python, xpm_path and options."
DEPRECATED = "alt_workspaces is deprecated: run 'xpm-config migrate', which puts 'folders' in its place."

UNDERLINED = (
    Underlined("nothing in an empty file", "", ()),
    Underlined(
        "nothing in a good file",
        WORKSPACE + "    triggers: [a]\nserver: {port: 1, host: null}\nenv: {A: 1, B: true}\nx-mine: [1]\n",
        (),
    ),
    Underlined("an unknown section", "«sever»:\n  port: 1\n", ("Property sever is not allowed.",)),
    Underlined("an unknown key", "server:\n  «prot»: 1\n", ("Property prot is not allowed.",)),
    Underlined(
        "an unknown key of a workspace", WORKSPACE + "    «trigers»: [a]\n", ("Property trigers is not allowed.",)
    ),
    Underlined(
        "several",
        "server: {«prot»: 1}\ncarbon:\n  «on»: true\n  enabled: «maybe»\n",
        ("Property prot is not allowed.", "Property on is not allowed.", "This must be true or false."),
    ),
    Underlined(
        "folders before their time", WORKSPACE + "    «folders»: []\n", ("Property folders is not allowed.",), OLD
    ),
    Underlined("a word for a port", "server:\n  port: «x»\n", (WHOLE,)),
    Underlined("a port that there is not", "server:\n  port: «70000»\n", ("Value is above the maximum of 65535.",)),
    Underlined(
        "an unknown word",
        "server:\n  autohost: «domain»\n",
        ('Value is not accepted. Valid values: "fqdn", "name", null.',),
    ),
    Underlined("a number for a section", "server: «1»\n", ('Incorrect type. Expected "Web server".',)),
    Underlined("a section without content", "server:«»\n", ('Incorrect type. Expected "Web server".',)),
    Underlined("a list for a mapping", "env: «[a]»\n", ('Incorrect type. Expected "Environment variables".',)),
    Underlined("a list as a variable", "env:\n  A: «[b]»\n", ("This must be text, a number, true or false.",)),
    Underlined("a variable without value", "env:\n  A:«»\n", ("This must be text, a number, true or false.",)),
    Underlined("a mapping for a list", "workspaces: «{}»\n", ("This must be a list of workspaces.",)),
    Underlined("a word for a workspace", "workspaces:\n  - «main»\n", ('Incorrect type. Expected "Workspace".',)),
    Underlined("a workspace without name", "workspaces:\n  - «p»ath: /a\n", ('Missing property "id".',)),
    Underlined("a name that is a number", "workspaces:\n  - id: «2024»\n    path: /a\n", (TEXT,)),
    Underlined(
        "an empty name",
        'workspaces:\n  - id: «""»\n    path: /a\n',
        ("String is shorter than the minimum length of 1.",),
    ),
    Underlined("a path without value", "workspaces:\n  - id: a\n    path:«»\n", ("This must be a path, as text.",)),
    Underlined("a pattern without list", WORKSPACE + "    triggers: «a»\n", ("This must be a list of patterns.",)),
    Underlined(
        "a pattern that is a number",
        WORKSPACE + "    triggers: [«1»]\n",
        ("This must be a pattern, as text: quote numbers, true and false.",),
    ),
    Underlined(
        "a folder as text", WORKSPACE + "    folders: [«/b»]\n", ('Incorrect type. Expected "Auxiliary folder".',), NEW
    ),
    Underlined(
        "a folder without path",
        WORKSPACE + "    folders:\n      - «m»ode: backup\n",
        ('Missing property "path".',),
        NEW,
    ),
    Underlined(
        "an unknown mode",
        WORKSPACE + "    folders:\n      - path: /b\n        mode: «copy»\n",
        ('Value is not accepted. Valid values: "use", "backup", "move".',),
        NEW,
    ),
    Underlined(
        "a mode without quotes, and a word that is none",
        WORKSPACE + "    lock_mode: «0664»\n  - id: b\n    path: /b\n    lock_mode: «rw»\n",
        ('This must be inherit, umask, or an octal mode in quotes such as "0664".',) * 2,
        NEW,
    ),
    Underlined("ssh without machine", WORKSPACE + "    «ssh»: {}\n", (SSH,)),
    Underlined("ssh as text", WORKSPACE + "    ssh: «far»\n", (SSH,)),
    Underlined("an unknown key of ssh", WORKSPACE + "    ssh: {host: far, «hots»: near}\n", (SSH,)),
    Underlined("a version without quotes", WORKSPACE + "    ssh:\n      host: far\n      python: «3.10»\n", (TEXT,)),
    Underlined(
        "options without list",
        WORKSPACE + "    ssh:\n      host: far\n      options: «-v»\n",
        ("This must be a list of words for ssh.",),
    ),
    Underlined(
        "a boolean of YAML 1.1",
        WORKSPACE + "    ssh:\n      host: far\n      uv_offline: «yes»\n",
        ("This must be true or false.",),
    ),
    Underlined("a deprecated key", WORKSPACE + "    «alt_workspaces: [/b]»\n", (DEPRECATED,), NEW),
    Underlined("nothing before it was deprecated", WORKSPACE + "    alt_workspaces: [/b]\n", (), OLD),
    Underlined(
        "a country in words",
        "carbon:\n  country_iso_code: «France»\n",
        ("This must be a country code of three letters.",),
    ),
    Underlined(
        "no time at all",
        "carbon:\n  report_interval_s: «0»\n",
        ("Value is below the exclusive minimum of 0.",),
    ),
    Underlined(
        "another library", "carbon:\n  provider: «x»\n", ('Value is not accepted. Valid values: "codecarbon".',)
    ),
    Underlined("fewer than none", "history:\n  max_done: «-1»\n", ("Value is below the minimum of 0.",)),
    Underlined("a number for a history", "history: «5»\n", ('Incorrect type. Expected "Run history".',)),
    Underlined(
        "behind letters of two code units", "env: {A: 😀é, B: «[]»}\n", ("This must be text, a number, true or false.",)
    ),
    Underlined("through an alias", "x-mine: &a {port: 1}\nenv: *a\n", ()),
)
