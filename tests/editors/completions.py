"""Where people complete, what is proposed there, and the file that comes of it.

Documents are those of `tests.editors.rows`: `‸` is the cursor.
"""

from __future__ import annotations

from tests.editors.rows import NEW, OLD, WORKSPACE, Completion, Limit

LOCAL = "workspaces:\n  - {id: main, path: ~/experiments}\n"
"""The same on one line, for rows about a second workspace."""
NEW_WORKSPACE = "id: my-project\n    path: ~/experiments/my-project\n"
"""What is inserted for a workspace, behind its dash at two spaces."""
NAMED = "workspaces:\n  - id: main\n"
"""The first line of a workspace, which still needs its path."""
NAMED_WITH_PATH = NAMED + "    path: ~/experiments/my-project\n"

ROOT = ("workspaces", "workspaces, one of them remote", "server", "env", "history", "carbon")
BLOCKS = ("env", "history", "max_retries", "ssh (remote workspace)", "triggers")
"""The keys of a workspace but for `id` and `path`, in both versions."""
NEW_BLOCKS = ("folders", "folders with backup", "lock_mode")
FOLDERS = ("backup: copy results to a folder", "move: move results to a folder", "use: read results from a folder")
DEPRECATED = ("alt_workspaces",)
NO_JUNK = ("[object Object]", "- (array item) Workspace", "- (array item) Auxiliary folder")
"""What the server makes of examples and lists by itself, none of which gives a file."""
REMOTE_ONLY = ("XPM217",)
"""A file whose only workspace is remote gets a warning, and should."""

COMPLETIONS = (
    Completion(
        "an empty file",
        "‸",
        ROOT,
        (*NO_JUNK, "folders", "x-"),
        {
            "workspaces": "workspaces:\n  - id: main\n    path: ~/experiments",
            "workspaces, one of them remote": "workspaces:\n  - id: main\n    path: ~/experiments\n"
            "  - id: my-cluster\n    path: /remote/path/to/experiments\n    ssh:\n      host: user@cluster",
            "server": "server:\n  host: 127.0.0.1\n  port: 12345",
            "env": "env:\n  NAME: value",
            "history": "history:\n  max_done: 5\n  max_failed: 1",
            "carbon": "carbon:\n  enabled: true\n  provider: codecarbon\n  report_interval_s: 60\n"
            "  warn_if_unavailable: true",
        },
    ),
    Completion("below a comment", "# mine\n‸", ROOT, (), {"env": "# mine\nenv:\n  NAME: value"}),
    Completion(
        "a first letter",
        "s‸",
        ROOT,
        (),
        {"server": "server:\n  host: 127.0.0.1\n  port: 12345"},
    ),
    Completion(
        "a second section",
        WORKSPACE + "se‸\n",
        ("server", "env", "history", "carbon"),
        ("workspaces", "workspaces, one of them remote"),
        {"server": WORKSPACE + "server:\n  host: 127.0.0.1\n  port: 12345\n"},
    ),
    Completion(
        "between two sections",
        "env:\n  A: b\n\n‸\n\nhistory:\n  max_done: 3\n",
        ("workspaces", "server", "carbon"),
        ("env", "history"),
        {
            "workspaces": "env:\n  A: b\n\nworkspaces:\n  - id: main\n    path: ~/experiments\n"
            "\nhistory:\n  max_done: 3\n"
        },
    ),
    # -- workspaces -------------------------------------------------------------------------------
    Completion(
        "below workspaces",
        "workspaces:\n  ‸",
        ("local workspace",),
        # Before the dash, those that would come out without it are not proposed.
        (*NO_JUNK, *BLOCKS),
        {"local workspace": "workspaces:\n  - " + NEW_WORKSPACE.rstrip("\n")},
    ),
    Completion(
        "below workspaces, at the margin",
        "workspaces:\n‸",
        ("local workspace", "server"),
        NO_JUNK,
        {"local workspace": "workspaces:\n- id: my-project\n  path: ~/experiments/my-project"},
    ),
    Completion(
        "a first workspace",
        "workspaces:\n  - ‸",
        ("local workspace", "Workspace", "id", "path", *BLOCKS),
        (*NO_JUNK, "workspaces"),
        {
            "local workspace": "workspaces:\n  - " + NEW_WORKSPACE.rstrip("\n"),
            "Workspace": "workspaces:\n  - id: neuralir\n    path: ~/experiments/xpmir",
            "triggers": "workspaces:\n  - " + NEW_WORKSPACE + "    triggers:\n      - my-project-*",
            "env": "workspaces:\n  - " + NEW_WORKSPACE + "    env:\n      NAME: value",
            "max_retries": "workspaces:\n  - " + NEW_WORKSPACE + "    max_retries: 0",
            "ssh (remote workspace)": "workspaces:\n  - id: my-cluster\n    path: /remote/path/to/experiments\n"
            "    ssh:\n      host: user@cluster",
            "id": "workspaces:\n  - id: neuralir",
        },
        REMOTE_ONLY,
    ),
    Completion(
        "a first workspace, with folders",
        "workspaces:\n  - ‸",
        NEW_BLOCKS,
        DEPRECATED,
        {
            "folders": "workspaces:\n  - " + NEW_WORKSPACE + "    folders:\n      - path: /path/to/other/workspace",
            "folders with backup": "workspaces:\n  - "
            + NEW_WORKSPACE
            + "    folders:\n      - path: /path/to/backup\n        mode: backup",
            "lock_mode": "workspaces:\n  - " + NEW_WORKSPACE + "    lock_mode: inherit",
        },
        REMOTE_ONLY,
        NEW,
    ),
    Completion(
        "a first workspace, before folders",
        "workspaces:\n  - ‸",
        DEPRECATED,
        NEW_BLOCKS,
        {
            "alt_workspaces": "workspaces:\n  - "
            + NEW_WORKSPACE
            + "    alt_workspaces:\n      - /path/to/other/workspace",
        },
        REMOTE_ONLY,
        OLD,
    ),
    Completion(
        "a first workspace at the margin",
        "workspaces:\n- ‸",
        ("local workspace", "triggers"),
        NO_JUNK,
        {
            "triggers": "workspaces:\n- id: my-project\n  path: ~/experiments/my-project\n"
            "  triggers:\n    - my-project-*"
        },
        REMOTE_ONLY,
    ),
    Completion(
        "a first workspace, deep",
        "workspaces:\n    - ‸",
        ("local workspace", "triggers"),
        NO_JUNK,
        {
            "triggers": "workspaces:\n    - id: my-project\n      path: ~/experiments/my-project\n"
            "      triggers:\n        - my-project-*"
        },
        REMOTE_ONLY,
    ),
    Completion(
        "a dash without a space",
        "workspaces:\n  -‸",
        ("local workspace", "Workspace"),
        NO_JUNK,
        {"local workspace": "workspaces:\n  - " + NEW_WORKSPACE.rstrip("\n")},
        REMOTE_ONLY,
    ),
    Completion(
        "a second workspace",
        LOCAL + "  - ‸",
        ("local workspace", "Workspace", "ssh (remote workspace)"),
        NO_JUNK,
        {
            "ssh (remote workspace)": LOCAL + "  - id: my-cluster\n    path: /remote/path/to/experiments\n"
            "    ssh:\n      host: user@cluster"
        },
    ),
    Completion(
        "a letter of a second workspace",
        WORKSPACE + "  - l‸\n",
        ("local workspace", "id"),
        (),
        {"local workspace": WORKSPACE + "  - " + NEW_WORKSPACE},
    ),
    Completion(
        "below the name of a workspace",
        NAMED + "    ‸\n",
        ("Workspace", "path", "local workspace", *BLOCKS),
        (*NO_JUNK, "id"),
        {
            "Workspace": NAMED + "    path: ~/experiments/xpmir\n",
            "path": NAMED + "    path: ~/experiments/xpmir\n",
            "local workspace": NAMED_WITH_PATH,
            "triggers": NAMED_WITH_PATH + "    triggers:\n      - my-project-*\n",
            "env": NAMED_WITH_PATH + "    env:\n      NAME: value\n",
            "history": NAMED + "    history:\n      max_done: 5\n      max_failed: 1\n",
            "max_retries": NAMED_WITH_PATH + "    max_retries: 0\n",
            "ssh (remote workspace)": NAMED
            + "    path: /remote/path/to/experiments\n    ssh:\n      host: user@cluster\n",
        },
        REMOTE_ONLY,
    ),
    Completion(
        "below the name of a workspace, with folders",
        NAMED + "    ‸\n",
        NEW_BLOCKS,
        DEPRECATED,
        {
            "folders": NAMED_WITH_PATH + "    folders:\n      - path: /path/to/other/workspace\n",
            "folders with backup": NAMED_WITH_PATH
            + "    folders:\n      - path: /path/to/backup\n        mode: backup\n",
            "lock_mode": NAMED_WITH_PATH + "    lock_mode: inherit\n",
        },
        REMOTE_ONLY,
        NEW,
    ),
    Completion(
        "below the name of a workspace, before folders",
        NAMED + "    ‸\n",
        DEPRECATED,
        NEW_BLOCKS,
        {"alt_workspaces": NAMED_WITH_PATH + "    alt_workspaces:\n      - /path/to/other/workspace\n"},
        REMOTE_ONLY,
        OLD,
    ),
    Completion(
        "below the name of a workspace, at the end of the file",
        NAMED + "    ‸",
        ("Workspace", "path", *BLOCKS),
        (*NO_JUNK, "id"),
        {"triggers": NAMED_WITH_PATH + "    triggers:\n      - my-project-*"},
        REMOTE_ONLY,
    ),
    Completion(
        "below the name of a workspace, deep",
        "workspaces:\n    - id: main\n      ‸\n",
        ("Workspace", "path", *BLOCKS),
        (*NO_JUNK, "id"),
        {
            "triggers": "workspaces:\n    - id: main\n      path: ~/experiments/my-project\n"
            "      triggers:\n        - my-project-*\n"
        },
        REMOTE_ONLY,
    ),
    Completion(
        "below the name of a second workspace",
        LOCAL + "  - id: other\n    ‸\n",
        ("Workspace", "path", *BLOCKS),
        (*NO_JUNK, "id"),
        {
            "ssh (remote workspace)": LOCAL + "  - id: other\n    path: /remote/path/to/experiments\n"
            "    ssh:\n      host: user@cluster\n"
        },
    ),
    Completion(
        "the path that is missing",
        "workspaces:\n  - id: main\n    p‸\n",
        ("path", "Workspace"),
        ("id",),
        {"path": "workspaces:\n  - id: main\n    path: ~/experiments/xpmir\n"},
        REMOTE_ONLY,
    ),
    Completion(
        "the path that is missing, with a key behind it",
        "workspaces:\n  - id: main\n    p‸\n    max_retries: 1\n",
        ("path",),
        ("id", "max_retries"),
        {"path": "workspaces:\n  - id: main\n    path: ~/experiments/xpmir\n    max_retries: 1\n"},
        REMOTE_ONLY,
    ),
    Completion(
        "a key of a workspace",
        WORKSPACE + "    ‸",
        BLOCKS,
        (*NO_JUNK, "id", "path", "local workspace", "Workspace"),
        {
            "triggers": WORKSPACE + "    triggers:\n      - my-project-*",
            "env": WORKSPACE + "    env:\n      NAME: value",
            "history": WORKSPACE + "    history:\n      max_done: 5\n      max_failed: 1",
            "max_retries": WORKSPACE + "    max_retries: 0",
            "ssh (remote workspace)": WORKSPACE + "    ssh:\n      host: user@cluster",
        },
        REMOTE_ONLY,
    ),
    Completion(
        "a new key of a workspace",
        WORKSPACE + "    ‸",
        NEW_BLOCKS,
        DEPRECATED,
        {
            "folders": WORKSPACE + "    folders:\n      - path: /path/to/other/workspace",
            "folders with backup": WORKSPACE + "    folders:\n      - path: /path/to/backup\n        mode: backup",
            "lock_mode": WORKSPACE + "    lock_mode: inherit",
        },
        REMOTE_ONLY,
        NEW,
    ),
    Completion(
        "an old key of a workspace",
        WORKSPACE + "    ‸",
        DEPRECATED,
        NEW_BLOCKS,
        {"alt_workspaces": WORKSPACE + "    alt_workspaces:\n      - /path/to/other/workspace"},
        REMOTE_ONLY,
        OLD,
    ),
    Completion(
        "a letter of a key, at the margin",
        "workspaces:\n- id: main\n  path: /a\n  t‸\n- id: other\n  path: /b\n",
        ("triggers",),
        NO_JUNK,
        {"triggers": "workspaces:\n- id: main\n  path: /a\n  triggers:\n    - my-project-*\n- id: other\n  path: /b\n"},
    ),
    Completion(
        "keys that are there",
        WORKSPACE + "    triggers: [a]\n    env: {A: b}\n    s‸\n",
        ("ssh (remote workspace)", "history"),
        ("triggers", "env"),
        {
            "ssh (remote workspace)": WORKSPACE
            + "    triggers: [a]\n    env: {A: b}\n    ssh:\n      host: user@cluster\n"
        },
        # Its patterns are of no use once it is remote.
        (*REMOTE_ONLY, "XPM214"),
    ),
    Completion("the name of a workspace", "workspaces:\n  - id: ‸\n    path: /a\n", ("neuralir",), ("null",)),
    Completion("the path of a workspace", "workspaces:\n  - id: main\n    path: ‸\n", ("~/experiments/xpmir",)),
    Completion(
        "a number of restarts",
        WORKSPACE + "    max_retries: ‸\n",
        ("0", "3"),
        (),
        {"0": WORKSPACE + "    max_retries: 0\n"},
    ),
    Completion(
        "permissions of lock files",
        WORKSPACE + "    lock_mode: ‸\n",
        ("inherit", "umask", '"0664"'),
        (),
        {'"0664"': WORKSPACE + '    lock_mode: "0664"\n'},
        schemas=NEW,
    ),
    # -- folders ----------------------------------------------------------------------------------
    Completion(
        "behind folders",
        WORKSPACE + "    folders: ‸",
        FOLDERS,
        (*NO_JUNK, "mode"),
        {FOLDERS[0]: WORKSPACE + "    folders: \n      - path: /path/to/backup\n        mode: backup"},
        schemas=NEW,
    ),
    Completion(
        "below folders",
        WORKSPACE + "    folders:\n      ‸",
        FOLDERS,
        NO_JUNK,
        {FOLDERS[1]: WORKSPACE + "    folders:\n      - path: /path/to/archive\n        mode: move"},
        schemas=NEW,
    ),
    Completion(
        "a first folder",
        WORKSPACE + "    folders:\n      - ‸",
        (*FOLDERS, "path", "Auxiliary folder"),
        NO_JUNK,
        {
            FOLDERS[0]: WORKSPACE + "    folders:\n      - path: /path/to/backup\n        mode: backup",
            FOLDERS[1]: WORKSPACE + "    folders:\n      - path: /path/to/archive\n        mode: move",
            FOLDERS[2]: WORKSPACE + "    folders:\n      - path: /path/to/other/workspace",
            "path": WORKSPACE + "    folders:\n      - path: /path/to/other/workspace",
        },
        schemas=NEW,
    ),
    Completion(
        "a first folder at the indent of its key",
        WORKSPACE + "    folders:\n    - ‸",
        FOLDERS,
        NO_JUNK,
        {FOLDERS[0]: WORKSPACE + "    folders:\n    - path: /path/to/backup\n      mode: backup"},
        schemas=NEW,
    ),
    Completion(
        "a second folder",
        WORKSPACE + "    folders:\n      - path: /b\n      - ‸",
        FOLDERS,
        NO_JUNK,
        {FOLDERS[1]: WORKSPACE + "    folders:\n      - path: /b\n      - path: /path/to/archive\n        mode: move"},
        schemas=NEW,
    ),
    Completion(
        "a key of a folder",
        WORKSPACE + "    folders:\n      - path: /b\n        m‸\n",
        FOLDERS[:2],
        ("path", FOLDERS[2], "Auxiliary folder"),
        {FOLDERS[0]: WORKSPACE + "    folders:\n      - path: /b\n        mode: backup\n"},
        schemas=NEW,
    ),
    Completion(
        "below the path of a folder",
        WORKSPACE + "    folders:\n      - path: /b\n        ‸\n",
        FOLDERS[:2],
        ("path", FOLDERS[2], "Auxiliary folder"),
        {FOLDERS[1]: WORKSPACE + "    folders:\n      - path: /b\n        mode: move\n"},
        schemas=NEW,
    ),
    Completion(
        "the mode of a folder",
        WORKSPACE + "    folders:\n      - path: /b\n        mode: ‸\n",
        ("use", "backup", "move"),
        ("null",),
        {"move": WORKSPACE + "    folders:\n      - path: /b\n        mode: move\n"},
        schemas=NEW,
    ),
    Completion(
        "the path of a folder",
        WORKSPACE + "    folders:\n      - path: ‸\n",
        ("/path/to/other/workspace",),
        ("null",),
        schemas=NEW,
    ),
    # -- triggers and other lists of words --------------------------------------------------------
    Completion(
        "behind triggers",
        WORKSPACE + "    triggers: ‸\n",
        ('["neuralir-*"]',),
        NO_JUNK,
        {'["neuralir-*"]': WORKSPACE + "    triggers: \n      - neuralir-*\n    \n"},
    ),
    Completion(
        "a first pattern",
        WORKSPACE + "    triggers:\n      - ‸\n",
        ("neuralir-*", "my-experiment"),
        NO_JUNK,
        {"neuralir-*": WORKSPACE + "    triggers:\n      - neuralir-*\n"},
    ),
    Completion(
        "a second pattern",
        WORKSPACE + "    triggers:\n    - a-*\n    - ‸\n",
        ("neuralir-*", "my-experiment"),
        NO_JUNK,
        {"my-experiment": WORKSPACE + "    triggers:\n    - a-*\n    - my-experiment\n"},
    ),
    Completion(
        "an alternative workspace",
        WORKSPACE + "    alt_workspaces:\n      - ‸\n",
        ("/path/to/other/workspace",),
        NO_JUNK,
        {"/path/to/other/workspace": WORKSPACE + "    alt_workspaces:\n      - /path/to/other/workspace\n"},
        schemas=OLD,
    ),
    # -- ssh --------------------------------------------------------------------------------------
    Completion(
        "behind ssh",
        LOCAL + "  - id: far\n    path: /far\n    ssh: ‸",
        ("remote machine", "cluster without Internet access"),
        NO_JUNK,
        {"remote machine": LOCAL + "  - id: far\n    path: /far\n    ssh: \n      host: user@cluster"},
    ),
    Completion(
        "below ssh",
        LOCAL + "  - id: far\n    path: /far\n    ssh:\n      ‸",
        ("remote machine", "cluster without Internet access", "SSH access", "host", "shell_init", "python", "options"),
        NO_JUNK,
        {
            "host": LOCAL + "  - id: far\n    path: /far\n    ssh:\n      host: user@cluster",
            "python": LOCAL + '  - id: far\n    path: /far\n    ssh:\n      host: user@cluster\n      python: "3.10"',
            "cluster without Internet access": LOCAL + "  - id: far\n    path: /far\n    ssh:\n"
            "      host: user@cluster\n      shell_init: source /etc/profile\n      uv_offline: true",
        },
    ),
    Completion(
        "a key of ssh",
        LOCAL + "  - id: far\n    path: /far\n    ssh:\n      host: far\n      ‸",
        ("shell_init", "uv_offline", "python", "xpm_path", "options"),
        (*NO_JUNK, "host", "remote machine"),
        {
            "options": LOCAL + "  - id: far\n    path: /far\n    ssh:\n      host: far\n"
            "      options:\n        - -o\n        - Port=2222",
            "uv_offline": LOCAL + "  - id: far\n    path: /far\n    ssh:\n      host: far\n      uv_offline: true",
        },
    ),
    Completion(
        "whether uv is offline",
        LOCAL + "  - id: far\n    path: /far\n    ssh:\n      host: far\n      uv_offline: ‸",
        ("true", "false"),
        ("null",),
        {"true": LOCAL + "  - id: far\n    path: /far\n    ssh:\n      host: far\n      uv_offline: true"},
    ),
    Completion(
        "an option of ssh",
        LOCAL + "  - id: far\n    path: /far\n    ssh:\n      host: far\n      options:\n        - ‸",
        ("-oPort=2222",),
        NO_JUNK,
    ),
    # -- server -----------------------------------------------------------------------------------
    Completion(
        "behind server",
        "server: ‸",
        ("web server",),
        NO_JUNK,
        {"web server": "server: \n  host: 127.0.0.1\n  port: 12345"},
    ),
    Completion(
        "below server",
        "server:\n  ‸",
        ("web server", "port", "host", "token", "autohost"),
        (),
        {
            "web server": "server:\n  host: 127.0.0.1\n  port: 12345",
            "port": "server:\n  port: 12345",
            "autohost": "server:\n  autohost: fqdn",
        },
    ),
    Completion(
        "a key of server",
        "server:\n  host: 127.0.0.1\n  p‸\n",
        ("port", "token", "autohost"),
        ("host",),
        {"port": "server:\n  host: 127.0.0.1\n  port: 12345\n"},
    ),
    Completion("a port", "server:\n  port: ‸\n", ("12345",), (), {"12345": "server:\n  port: 12345\n"}),
    Completion("a token", "server:\n  token: ‸\n", ("null",), ("a-long-random-text-of-your-own",)),
    Completion(
        "an automatic host name",
        "server:\n  autohost: ‸\n",
        ("fqdn", "name", "null"),
        (),
        {"name": "server:\n  autohost: name\n"},
    ),
    # -- env --------------------------------------------------------------------------------------
    Completion("behind env", "env: ‸", ("environment variable",), NO_JUNK),
    Completion(
        "below env", "env:\n  ‸", ("environment variable",), (), {"environment variable": "env:\n  NAME: value"}
    ),
    Completion(
        "a second variable",
        "env:\n  A: b\n  ‸",
        ("environment variable",),
        (),
        {"environment variable": "env:\n  A: b\n  NAME: value"},
    ),
    Completion(
        "a variable",
        "env:\n  TOOL_VERSION: ‸\n",
        ("/opt/java/17", '"1.10"', "true", "false"),
        (),
        {'"1.10"': 'env:\n  TOOL_VERSION: "1.10"\n'},
        # What experimaestro makes of a boolean is said to whoever writes one.
        ("XPM215",),
    ),
    Completion(
        "a variable of a workspace",
        WORKSPACE + "    env:\n      ‸",
        ("environment variable",),
        (),
        {"environment variable": WORKSPACE + "    env:\n      NAME: value"},
    ),
    # -- history and carbon -----------------------------------------------------------------------
    Completion(
        "below history",
        "history:\n  ‸",
        ("run history", "max_done", "max_failed"),
        (),
        {"run history": "history:\n  max_done: 5\n  max_failed: 1", "max_done": "history:\n  max_done: 5"},
    ),
    Completion("a key of history", "history:\n  max_done: 3\n  ‸", ("max_failed",), ("max_done",)),
    Completion("runs to keep", "history:\n  max_done: ‸\n", ("5",), ("null",)),
    Completion(
        "the history of a workspace",
        WORKSPACE + "    history:\n      ‸",
        ("run history", "max_done", "max_failed"),
        (),
        {"run history": WORKSPACE + "    history:\n      max_done: 5\n      max_failed: 1"},
    ),
    Completion(
        "behind carbon",
        "carbon: ‸",
        ("carbon tracking", "enabled", "warn_if_unavailable"),
        NO_JUNK,
        {"warn_if_unavailable": "carbon: \n  warn_if_unavailable: false"},
    ),
    Completion(
        "below carbon",
        "carbon:\n  ‸",
        (
            "carbon tracking",
            "enabled",
            "provider",
            "country_iso_code",
            "region",
            "report_interval_s",
            "warn_if_unavailable",
        ),
        (),
        {
            "carbon tracking": "carbon:\n  enabled: true\n  warn_if_unavailable: false",
            "enabled": "carbon:\n  enabled: false",
            "provider": "carbon:\n  provider: codecarbon",
            "report_interval_s": "carbon:\n  report_interval_s: 60",
        },
    ),
    Completion("whether to track", "carbon:\n  enabled: ‸\n", ("true", "false"), ("null",)),
    Completion("a library", "carbon:\n  provider: ‸\n", ("codecarbon",), ("null",)),
    Completion("a country", "carbon:\n  country_iso_code: ‸\n", ("FRA", "null")),
    Completion("content of an anchor holder", "x-mine:\n  ‸", (), ROOT),
)

_WRONG = ("env", "ssh (remote workspace)", "triggers")
"""Proposals of several lines that both versions have."""
_WHOLE = (*_WRONG, "max_retries")
_MARGIN = (*_WHOLE, "local workspace", "- (array item) Workspace")

LIMITS = (
    Limit("behind `workspaces:`, without a dash", "workspaces: ‸", (*_WHOLE, *NEW_BLOCKS), "XPM102", NEW),
    Limit("behind `workspaces:`, without a dash", "workspaces: ‸", (*_WHOLE, *DEPRECATED), "XPM102", OLD),
    Limit(
        "on an empty line at the end of a list at the margin",
        "workspaces:\n- id: main\n  path: /a\n  ‸",
        (*_MARGIN, *NEW_BLOCKS),
        "XPM002",
        NEW,
    ),
    Limit(
        "on an empty line at the end of a list at the margin",
        "workspaces:\n- id: main\n  path: /a\n  ‸",
        (*_MARGIN, *DEPRECATED),
        "XPM002",
        OLD,
    ),
    Limit(
        "a block in flow style",
        "workspaces: [{id: main, path: /a, m‸}]\n",
        (*_WRONG, "history", "folders", "folders with backup"),
        "XPM002",
        NEW,
    ),
    Limit(
        "a block in flow style",
        "workspaces: [{id: main, path: /a, m‸}]\n",
        (*_WRONG, "history", *DEPRECATED),
        "XPM002",
        OLD,
    ),
)
"""Places at which what the servers insert is no list, or no YAML; `docs/editors.md` tells of them."""
