"""The codes of findings: what each one means, for `xpm-config explain` and the documentation.

A released code keeps its meaning for ever: people write it into `# xpm: ignore[…]`.
"""

from __future__ import annotations

from typing import NamedTuple


class Code(NamedTuple):
    """A kind of finding; the explanation is Markdown."""

    title: str
    explanation: str


CODES: dict[str, Code] = {
    # -- reading the file -----------------------------------------------------------------------------
    "XPM001": Code(
        "Not UTF-8",
        """\
Every release of experimaestro reads the settings as UTF-8 text, and fails with a `UnicodeDecodeError`
on anything else: on Latin-1 (often an old file with accents), on UTF-16 (often a file that a Windows
program saved), or on a file that is no text at all.

Save the file as UTF-8 in your editor, or convert it; a byte order mark at its start does no harm.

```sh
iconv -f LATIN1 -t UTF-8 settings.yaml > new.yaml
```

`--fix` leaves this alone: which encoding was meant cannot be told for sure.""",
    ),
    "XPM002": Code(
        "YAML syntax",
        """\
The text is not YAML, so no release of experimaestro can read any of it. The place is where the reader
had to give up: the mistake is there or a little above. The usual ones are a tab, a line that does not
line up with its neighbours, a quote or bracket that is never closed, and a value that needs quotes
because it holds `: ` or starts with `*`, `&`, `@`, `%`, `!` or a backquote.

```yaml
triggers:
  - *-baseline                        # wrong: `*` starts an alias
shell_init: echo module: loaded       # wrong: a second `: ` on the line
```

```yaml
triggers:
  - "*-baseline"
shell_init: "echo module: loaded"
```

`--fix` leaves this alone.""",
    ),
    "XPM003": Code(
        "Several documents",
        """\
A line `---` begins a new YAML document. The settings must be a single one: every release fails on a
second, even an empty one, as a `---` on the last line makes it. A `---` in front of the first setting
is fine.

```yaml
server: {port: 12345}
---                       # wrong
env: {JAVA_HOME: /opt/java/17}
```

```yaml
server: {port: 12345}
env: {JAVA_HOME: /opt/java/17}
```

`--fix` leaves this alone.""",
    ),
    "XPM004": Code(
        "Not a mapping, or empty",
        """\
The settings are a mapping of sections: `server`, `env`, `workspaces`, `history`, `carbon`. A list or a
piece of text in their place is refused by every release. A file with nothing in it, or with comments
only, gives the defaults up to 2.5, but **makes experimaestro 2.6 and later crash at the start**.

```yaml
- id: nlp                 # wrong: a list at the top
  path: ~/experiments/nlp
```

```yaml
workspaces:
  - id: nlp
    path: ~/experiments/nlp
```

Write `{}` into a file that is to stay empty, or remove it. `--fix` leaves this alone.""",
    ),
    "XPM005": Code(
        "Duplicate key",
        """\
A key stands twice in one mapping. experimaestro up to 2.5 refuses the file. From 2.6 on **the last one
wins silently**: nothing of the first is kept, not even of a whole section.

```yaml
env:
  JAVA_HOME: /opt/java/17     # lost
env:
  OMP_NUM_THREADS: "8"
```

```yaml
env:
  JAVA_HOME: /opt/java/17
  OMP_NUM_THREADS: "8"
```

A key of your own that overrides one from `<<` is no duplicate. `--fix` removes the one that does not
count where it is a single plain line; sections are yours to join.""",
    ),
    "XPM006": Code(
        "Alias that contains itself",
        """\
An alias (`*name`) stands inside the very thing that its anchor (`&name`) names, so the value has no end.
experimaestro up to 2.5 refuses it; later ones end in a `RecursionError`.

```yaml
env: &env
  JAVA_HOME: /opt/java/17
  REST: *env                  # wrong
```

Write out what was meant, or set the anchor on the part that you want to repeat. `--fix` leaves this
alone.""",
    ),
    "XPM007": Code(
        "Too large or too deep",
        """\
Nobody writes settings like these by hand, and experimaestro would seem to hang or run out of memory: the
file is larger than 1 MiB (a thousand workspaces take less than a fifth of that), it nests more than 256
levels of lists and mappings (settings need six), or aliases of aliases make it 100,000 nodes larger than
what is written. Up to 2.5, experimaestro gives up earlier, at about 64 levels and 10,000 nodes. Most often
this is another file, or the output of a program that went wrong.

```yaml
x-a: &a [x, x, x, x, x, x, x, x, x]
x-b: &b [*a, *a, *a, *a, *a, *a, *a, *a, *a]    # nine times as many, and so on
```

Check the name of the file; write repeated values out. `--fix` leaves this alone.""",
    ),
    "XPM008": Code(
        "Unreadable file",
        """\
The file could not be opened: it is not there, you may not read it, or it is a directory. Nothing was
checked in it, so `xpm-config validate` ends with exit code 2; other files of the same run are checked all
the same.

experimaestro reads `~/.config/experimaestro/settings.yaml` and nothing else: neither `XDG_CONFIG_HOME`
nor the name `settings.yml` changes that. Without the file, it uses its defaults.""",
    ),
    "XPM009": Code(
        "Value that cannot be read",
        """\
The YAML is well formed, but experimaestro cannot make a value of this piece: a tag of its own (`!path`), a
date that is not in the calendar, a lone `=`, or a `<<` that merges something else than a mapping. The
whole file is then refused.

```yaml
env:
  SEPARATOR: =              # wrong: YAML keeps `=` for itself
  RELEASED: 2024-02-30      # wrong: read as a date, and there is no such day
```

```yaml
env:
  SEPARATOR: "="
  RELEASED: "2024-02-30"
```

Quotes turn anything into plain text; leave tags out. `--fix` leaves this alone.""",
    ),
    # -- what the schema says -------------------------------------------------------------------------
    "XPM101": Code(
        "Unknown key",
        """\
No setting has this name at this place. experimaestro up to 2.5 refuses the whole file. From 2.6 on it
**ignores the key without a word**, so that a mistyped setting simply has no effect. Names are in lower
case with underscores, and belong on one level only. There is no `version` and no `$schema` key.

```yaml
workspaces:
  - id: nlp
    path: ~/experiments/nlp
    trigers: ["nlp-*"]        # wrong: nothing is ever selected
```

```yaml
workspaces:
  - id: nlp
    path: ~/experiments/nlp
    triggers: ["nlp-*"]
```

A key at the top level that starts with `x-` is yours, to hold YAML anchors (not below 2.6). `--fix`
renames a key that is close to a real one if the file did not load anyway; where it did, the new name
brings a setting to life, and that takes `--unsafe-fixes`.""",
    ),
    "XPM102": Code(
        "Wrong type",
        """\
The value is of another type than the setting: text where a list belongs, a number where text belongs, or
nothing at all. experimaestro fails on it while it loads. Up to 2.5 it turned a number or `yes` into text by
itself, so a file can fail after an update; that case is a warning there (XPM215).

```yaml
server:                        # wrong: a section without a value
workspaces:
  - id: 2024                   # wrong: a number
    path: ~                    # wrong: `~` alone is null in YAML
    triggers: nlp-*            # wrong: text, not a list
```

```yaml
server: {}
workspaces:
  - id: "2024"
    path: "~"
    triggers: ["nlp-*"]
```

`port:8080` without a space is text, too. `--fix` adds the quotes, the brackets or the empty value, where
one of them is plainly what is missing.""",
    ),
    "XPM103": Code(
        "Missing key",
        """\
A workspace needs an `id` and a `path`, and a folder needs a `path`; every release fails without them. If the
key seems to be there, look for a typo, or for a line that is indented one level too far.

```yaml
workspaces:
  - id: nlp                  # wrong: where are its files?
```

```yaml
workspaces:
  - id: nlp
    path: ~/experiments/nlp
```

`--fix` leaves this alone: only you know the value.""",
    ),
    "XPM104": Code(
        "Out of bounds",
        """\
The value has the right type, but makes no sense: a port above 65535, a negative number of retries, an
empty name. **experimaestro loads such a file** and fails later, when it opens the port or uses the value,
far from the cause.

```yaml
server:
  port: 70000               # wrong: ports end at 65535
```

```yaml
server:
  port: 7000
```

Ports below 1024 are allowed here, but need administrator rights on most machines. `--fix` leaves this
alone.""",
    ),
    "XPM105": Code(
        "Value that is not allowed",
        """\
The setting knows a few words or one form only, spelled exactly: `mode` is `use`, `backup` or `move`;
`autohost` is `fqdn` or `name`; `country_iso_code` is three capital letters. A wrong `mode` keeps the file
from loading (2.4 and 2.5 took `USE` in capitals, 2.6 does not). The others load and fail later, or are
quietly ignored.

```yaml
folders:
  - path: /slow/backup/nlp
    mode: Backup              # wrong: capitals
```

```yaml
folders:
  - path: /slow/backup/nlp
    mode: backup
```

`--fix` writes the word that is close if the file did not load anyway. Where it did, that would change what
happens, so it takes `--unsafe-fixes`.""",
    ),
    "XPM106": Code(
        "Deprecated key",
        """\
`alt_workspaces` lists other workspaces to take finished jobs from. Up to 1.16 it fails at run time, 2.0 to
2.3 ignore it, and from 2.4 on it works with a warning. `folders` with `mode: use` (the default) replaces
it.

```yaml
workspaces:
  - id: nlp
    path: ~/experiments/nlp
    alt_workspaces: [other]                # deprecated
```

```yaml
workspaces:
  - id: nlp
    path: ~/experiments/nlp
    folders:
      - path: /path/of/other
```

`xpm-config migrate` does this for you, comments and layout kept, and proves that the meaning is the same.
`--fix` leaves it alone. Stay with the old key as long as a release below 2.4 reads the file: it refuses
`folders`.""",
    ),
    "XPM107": Code(
        "Not in the target release",
        """\
The key is a real one, but newer than the release that the file is checked for. Up to 2.5, experimaestro
refuses a file with a key that it does not know; from 2.6 on it ignores the key silently. `folders` came
with 2.4.0 and `lock_mode` with 2.7.0, for example; `xpm-config explain KEY` tells for each.

```yaml
workspaces:
  - id: group
    path: /data/group/experiments
    lock_mode: umask          # nothing happens in 2.6, and 2.5 refuses the file
```

Checked is the experimaestro that is installed beside `xpm-config`, or the newest that it knows: name
another with `--target 2.6.0`. Remove the key, or update experimaestro. `--fix` leaves this alone.""",
    ),
    # -- what the settings mean -----------------------------------------------------------------------
    "XPM201": Code(
        "Duplicate workspace id",
        """\
Two workspaces have the same `id`. experimaestro loads that, and then picks by place: `--workspace` finds
the **first**, while a reference in `alt_workspaces` finds the **last**. One name then means two places.

```yaml
workspaces:
  - {id: nlp, path: ~/experiments/nlp}
  - {id: nlp, path: ~/experiments/nlp-2}     # wrong
```

```yaml
workspaces:
  - {id: nlp, path: ~/experiments/nlp}
  - {id: nlp-2, path: ~/experiments/nlp-2}
```

Upper and lower case differ: `NLP` is another id. `--fix` leaves this alone.""",
    ),
    "XPM202": Code(
        "Unknown workspace",
        """\
An entry of `alt_workspaces` is the id of a workspace in this file, spelled exactly as there. Anything else is
a path, **and nothing complains**: a mistyped id becomes a directory of that name below the one you start
in, which does not exist, and no job is ever found in it.

```yaml
workspaces:
  - id: nlp
    path: ~/experiments/nlp
    alt_workspaces: [Shared]       # wrong: the id is `shared`
  - id: shared
    path: ~/experiments/shared
```

Correct the id, or write the path from `/` or `~/`. `--fix` leaves this alone.""",
    ),
    "XPM203": Code(
        "Reference to a remote workspace",
        """\
An entry of `alt_workspaces` names a workspace with `ssh`. Its path is one on the other machine, but
experimaestro **looks for it on this one** (`~` is your home here), and most likely finds nothing.

```yaml
workspaces:
  - id: nlp
    path: ~/experiments/nlp
    alt_workspaces: [cluster]      # wrong: its files are elsewhere
  - id: cluster
    path: /remote/experiments
    ssh: {host: user@cluster}
```

If the same files are mounted here, name the path that they have here, in `folders`. `--fix` leaves this
alone.""",
    ),
    "XPM204": Code(
        "Workspace as its own alternative",
        """\
A workspace lists itself in `alt_workspaces`. experimaestro keeps the entry and looks a second time where it
has just looked; nothing is gained. Often the id of another workspace was meant.

```yaml
workspaces:
  - id: nlp
    path: ~/experiments/nlp
    alt_workspaces: [nlp]          # wrong
```

Remove the entry. `--fix` leaves this alone.""",
    ),
    "XPM205": Code(
        "Repeated reference",
        """\
The same entry stands twice in one `alt_workspaces`. experimaestro looks there twice, to no use.

```yaml
alt_workspaces:
  - shared
  - shared                         # wrong
```

Remove one of them; of entries, the first that has a job wins, so the first place is the one that counts.
`--fix` leaves this alone.""",
    ),
    "XPM206": Code(
        "Trigger that can never win",
        """\
The first workspace with a trigger that matches the id of the experiment is selected, in the order of the
file. An earlier trigger matches **everything that this one matches**, so this one never decides.

```yaml
workspaces:
  - id: everything
    path: ~/experiments
    triggers: ["*"]
  - id: nlp
    path: ~/experiments/nlp
    triggers: ["nlp-*"]            # wrong: `*` has it all
```

```yaml
workspaces:
  - id: nlp
    path: ~/experiments/nlp
    triggers: ["nlp-*"]
  - id: everything
    path: ~/experiments
    triggers: ["*"]
```

Put the special ones first. Beware that the first local workspace is also the default. `--fix` leaves this
alone.""",
    ),
    "XPM207": Code(
        "Trigger that can never match",
        """\
There is no experiment id that this pattern matches. The usual cause is a range in brackets that runs
backwards: `[9-0]` holds no character at all.

```yaml
triggers: ["nlp-[9-0]"]            # wrong
```

```yaml
triggers: ["nlp-[0-9]"]
```

`--fix` leaves this alone.""",
    ),
    "XPM208": Code(
        "Open bracket in a trigger",
        """\
In a trigger, `[abc]` stands for one of the characters between the brackets. A `[` that is never closed stands
for itself instead, so the pattern matches ids that hold a real `[`, and hardly any do.

```yaml
triggers: ["nlp-[0-9"]             # wrong
```

```yaml
triggers: ["nlp-[0-9]"]
```

If you do mean the character, write `[[]`. `--fix` leaves this alone.""",
    ),
    "XPM209": Code(
        "Folder and workspace inside one another",
        """\
A folder is, contains or lies in a workspace. In its own workspace, copies and originals get mixed up. In
another workspace, what `backup` and `move` put there looks like jobs that no experiment refers to, and
cleaning up orphans **deletes it**. A `use` folder is only read, so there it is a warning, and only for the
workspace's own directory: reading from another workspace is what `use` is for.

```yaml
workspaces:
  - id: nlp
    path: ~/experiments/nlp
    folders:
      - {path: ~/experiments/nlp/backup, mode: backup}     # wrong
```

```yaml
workspaces:
  - id: nlp
    path: ~/experiments/nlp
    folders:
      - {path: ~/backup/nlp, mode: backup}
```

Paths are compared as they are written, with `~` and variables filled in; symbolic links are not followed.
`--fix` leaves this alone.""",
    ),
    "XPM210": Code(
        "Folder listed twice",
        """\
A workspace lists the same directory twice in `folders`. Where both have the same mode, the second does
nothing; where they differ, it cannot be seen which of the two you meant.

```yaml
folders:
  - {path: /slow/backup/nlp, mode: backup}
  - {path: /slow/backup/nlp/}              # wrong: the same directory
```

Keep one: a `backup` or `move` folder is looked at for finished jobs as well, so it needs no `use` beside
it. `--fix` leaves this alone.""",
    ),
    "XPM211": Code(
        "Folder that ends in /jobs",
        """\
A folder holds the directory `jobs`, as a workspace does: experimaestro looks for a job in
`<path>/jobs/<task>/<hash>`. With a path that ends in `/jobs` it looks in `…/jobs/jobs`, and **finds nothing,
without a word**.

```yaml
folders:
  - path: /scratch/old-workspace/jobs      # wrong
```

```yaml
folders:
  - path: /scratch/old-workspace
```

If the workspace itself is called `jobs`, all is well: ignore the finding on its line. `--fix` leaves this
alone.""",
    ),
    "XPM212": Code(
        "Relative path",
        """\
A path that starts with neither `/` nor `~` depends on the directory that you start experimaestro in: the same
settings mean one place today and another tomorrow, and jobs seem to be lost.

```yaml
workspaces:
  - id: nlp
    path: experiments/nlp                  # wrong
```

```yaml
workspaces:
  - id: nlp
    path: ~/experiments/nlp
```

The path of a remote workspace is not checked: it is used as written on the other machine. `--fix` leaves
this alone.""",
    ),
    "XPM213": Code(
        "ssh without host",
        """\
It is the `host` that makes a workspace remote. With `ssh` and no host (or an empty one), experimaestro
loads the file and **takes the workspace for a local one**: it can be selected for experiments, and its
remote path is then used on this machine.

```yaml
workspaces:
  - id: cluster
    path: /remote/experiments
    ssh: {uv_offline: true}                # wrong
```

```yaml
workspaces:
  - id: cluster
    path: /remote/experiments
    ssh: {host: user@cluster, uv_offline: true}
```

For a local workspace, leave `ssh` out. `--fix` leaves this alone.""",
    ),
    "XPM214": Code(
        "Setting without effect in a remote workspace",
        """\
A workspace with `ssh` and a host is never selected for experiments on this machine, and its jobs are
never run from here. `triggers`, `folders` and `alt_workspaces` in it have no effect.

```yaml
workspaces:
  - id: cluster
    path: /remote/experiments
    triggers: ["nlp-*"]                    # wrong: never looked at
    ssh: {host: user@cluster}
```

Move the key to a local workspace, or into the settings file on that machine. `--fix` leaves this alone.""",
    ),
    "XPM215": Code(
        "Value that is read as something else",
        """\
YAML reads a value without quotes as a number, a boolean or a date where it looks like one, and experimaestro
turns that into text again, which is not always the text that you wrote: `3.10` becomes `3.1`, `0777`
becomes `511`, `yes` becomes `True`, `12:30:45` becomes `45045`. The other way round, a number in quotes is
read as a number all the same, and `0123` as the octal number 83.

```yaml
env:
  PYTHON_VERSION: 3.10       # wrong: jobs see 3.1
  UMASK: 0777                # wrong: jobs see 511
```

```yaml
env:
  PYTHON_VERSION: "3.10"
  UMASK: "0777"
```

`--fix` rewrites a value whose meaning stays the same (`port: "8080"` as `8080`). Quotes around `3.10` change
what jobs see, so they take `--unsafe-fixes`.""",
    ),
    "XPM216": Code(
        "Variable that is not replaced",
        """\
From 2.6 on, experimaestro replaces environment variables only: `${env:NAME}`, also written `${oc.env:NAME}`. What
it does not know **stays in the text, silently**, so a path becomes a directory called `${…}`. That goes for a
variable that is not set, for a default (`${oc.env:NAME,/tmp}`) and for other settings (`${server.host}`). Up
to 2.5 these three are resolved or refused, and `${env:NAME}` is refused. `$NAME` is replaced by no release.

```yaml
workspaces:
  - id: nlp
    path: $HOME/experiments                # wrong
```

```yaml
workspaces:
  - id: nlp
    path: ~/experiments                    # or ${oc.env:HOME}/experiments, in every release
```

Whether a variable is set is looked up where `xpm-config` runs. `--fix` leaves this alone.""",
    ),
    "XPM217": Code(
        "No local workspace",
        """\
All workspaces are remote, and a remote workspace is never selected for experiments on this machine:
there is no default to fall back on, and you must name a directory each time, with `--workdir`.

```yaml
workspaces:
  - id: cluster
    path: /remote/experiments
    ssh: {host: user@cluster}
  - id: local                              # add one like this
    path: ~/experiments
```

On a machine that only watches others, this is as it should be: ignore the finding. `--fix` leaves it
alone.""",
    ),
    "XPM218": Code(
        "Word that ssh would misunderstand",
        """\
What stands under `ssh` becomes words of a command line. A `host` that starts with `-` is taken for an option,
which can even run a command on this machine; with a blank or a control character in it, it is no machine at all.
A word in `options` that is neither an option nor the value of one is taken for the host, and the real host for the
command to run there. A `shell_init` or `xpm_path` that starts with `-` is taken for an option of ssh, which looks
for some behind the host as well; a `python` that does so becomes an option of `uv`.

```yaml
ssh:
  host: user@cluster
  options: ["-v", "login2"]                # wrong: ssh would connect to login2
```

```yaml
ssh:
  host: user@cluster
  options: ["-v", "-J", "login2"]
```

Write each option and its value as one word (`-p2222`) or as two (`"-p", "2222"`). `--fix` leaves this
alone.""",
    ),
    "XPM219": Code(
        "Command that breaks on the other machine",
        """\
experimaestro's ssh-monitor writes `; ` and its own command behind `shell_init`. Where that ends in a line break, `;`,
`&` or a comment, the shell over there finds a syntax error or takes the command for a part of the comment. A block
that begins with `|` ends in a line break; one that begins with `|-` does not. And it quotes `xpm_path`, so that a `~`
in front is no home directory.

```yaml
ssh:
  host: user@cluster
  shell_init: |                            # wrong: ends in a line break
    module load python/3.10
  xpm_path: ~/venv/bin/experimaestro       # wrong: there is no directory named ~
```

```yaml
ssh:
  host: user@cluster
  shell_init: |-
    module load python/3.10
  xpm_path: /home/user/venv/bin/experimaestro
```

`xpm-config ssh-monitor` puts a line of its own behind such a `shell_init`, and refuses such a path.""",
    ),
    # -- this machine ---------------------------------------------------------------------------------
    "XPM301": Code(
        "No settings file",
        """\
There is no `~/.config/experimaestro/settings.yaml`. experimaestro then uses its defaults: it has no workspace, and
wants a directory each time.

`xpm-config init` writes a first file, in which every setting is explained.""",
    ),
    "XPM302": Code(
        "File that experimaestro does not read",
        """\
experimaestro reads `~/.config/experimaestro/settings.yaml` and nothing else. A `settings.yml` beside it, a file
below `XDG_CONFIG_HOME`, and the file that `XPM_SETTINGS` names (which is for `xpm-config` only) have no effect on
it, whatever they hold.

Move the settings to where they are read, or put a link there:

```sh
ln -s ~/dotfiles/settings.yaml ~/.config/experimaestro/settings.yaml
```""",
    ),
    "XPM303": Code(
        "Secret that others can read",
        """\
The settings, or an old copy of them (`settings.yaml.bak`, `settings.yaml~`), hold a secret: `token`, or a variable
under `env` whose name tells of one. The permissions of the file let others on this machine read it. Whoever has the
token can see your experiments and act on them.

```sh
chmod 600 ~/.config/experimaestro/settings.yaml
```

Delete old copies that nobody needs. If others may have read the secret already, choose a new one.""",
    ),
    "XPM304": Code(
        "Settings that others can change",
        """\
The permissions of the file, or of its directory, let others on this machine change your settings, or put a file of
theirs in their place. Settings run commands in your name: `env` reaches every job, `shell_init` every connection.

```sh
chmod go-w ~/.config/experimaestro ~/.config/experimaestro/settings.yaml
```""",
    ),
    "XPM305": Code(
        "Encoding that is not UTF-8",
        """\
From 2.6 on, experimaestro reads the settings in the encoding of your locale. Where this is not UTF-8, a file with
letters such as `é` either fails with a `UnicodeDecodeError`, or is read as something else: with Latin-1, `café`
becomes `cafÃ©`, and a workspace is in another directory. (The plain locale `C` is no problem: Python takes UTF-8
there.)

```sh
export PYTHONUTF8=1          # or a locale such as C.UTF-8
```

Without such letters in the file, the locale makes no difference.""",
    ),
    "XPM306": Code(
        "Release that is only a guess",
        """\
What is right in the settings depends on the release of experimaestro. None is installed in the environment of
`xpm-config`, so the newest release that it knows was assumed.

```sh
xpm-config doctor --target 2.5.2
```

Or install both into one environment.""",
    ),
    "XPM307": Code(
        "Release that is newer than known",
        """\
The release of experimaestro came after this `xpm-config`. It may have keys that are reported as unknown, and read
the file in another way.

Upgrade `xpm-config`; `xpm-config doctor --target 2.7.0` checks for a release that it knows.""",
    ),
    "XPM308": Code(
        "Variable that wins over a setting",
        """\
The environment variable `XPM_LOCK_MODE` is set. experimaestro 2.7 then uses its value for the lock files of every
workspace, and what the settings say in `lock_mode` has no effect.

```sh
unset XPM_LOCK_MODE
```

Look for it in `~/.bashrc` and the like, too. If the variable is meant, remove `lock_mode`.""",
    ),
    "XPM309": Code(
        "Missing ssh",
        """\
A workspace with `ssh` and a host is reached with the program `ssh`, and there is none on the `PATH`: remote
workspaces cannot be watched from here. Local ones are not affected.

Install the OpenSSH client (the package is `openssh-client` on Debian and Ubuntu).""",
    ),
    "XPM310": Code(
        "Schema for editors that is not current",
        """\
Your editor checks the settings with the schema that their first lines or the settings of VS Code name, or that lies
beside them. It is gone, something else lies there, or it comes from another release of `xpm-config` or is for another
release of experimaestro than the installed one, so that the editor and `xpm-config validate` do not agree.

```sh
xpm-config schema install
```""",
    ),
    "XPM311": Code(
        "Directory that does not answer",
        """\
The system did not say in time what is at the path. Most often it is on a network disk whose server is down, or
whose connection broke off (`sshfs` after a suspend). experimaestro would hang there, too.

`mount` lists the disks. Give a slow one more time with `--timeout 30`, bring the server back, or take the dead
connection away: `fusermount -u DIRECTORY` for `sshfs`, `umount -l DIRECTORY` for others.""",
    ),
    "XPM312": Code(
        "Workspace that is not there",
        """\
The directory of a workspace does not exist. experimaestro makes it at the first run, with all that is missing above
it: that is fine for a new workspace, and a surprise if its results should be there already. Then the path is
misspelt, or the disk is not mounted.

```sh
mkdir -p ~/experiments
```""",
    ),
    "XPM313": Code(
        "Folder that is not there",
        """\
A folder of a workspace does not exist. In one of mode `use`, nothing is found then. One of mode `backup` or `move`
is made by experimaestro for the first job, with all that is missing above it: where the disk is only not mounted,
the copies **land on the wrong disk**, and are hidden when it is mounted again. It is an error if the directory
that should hold the folder is missing, too.

Mount the disk, correct the path, or make the folder yourself:

```sh
mkdir -p /slow/backup/nlp
```""",
    ),
    "XPM314": Code(
        "Disk that is not mounted",
        """\
The path lies on a disk that `/etc/fstab` names and that is not mounted now. What experimaestro writes there would
land on the disk below, and be hidden as soon as the right one is mounted; what it looks for is not found.

```sh
mount /slow
```""",
    ),
    "XPM315": Code(
        "Not a directory",
        """\
The path of a workspace or folder leads to a file, or one of its parts is a file. experimaestro cannot make a
directory there, and fails at the first run.

Correct the path, or move the file away.""",
    ),
    "XPM316": Code(
        "Directory that cannot be used",
        """\
You may not read the directory, or may not write to it where experimaestro must: in a workspace, and in folders of
mode `backup` and `move`. Or it cannot be made, since you may not write to what is above it. Or its disk is mounted
read-only, which Linux also does by itself after errors of the disk.

```sh
ls -ld /shared/nlp; id       # who may, and who you are
```

Ask the owner for access, for example through a common group: `chgrp -R GROUP DIRECTORY; chmod -R g+rwX DIRECTORY`.""",
    ),
    "XPM317": Code(
        "Little room on the disk",
        """\
On the disk of a workspace, or of a folder that experimaestro writes to, less than one percent is free: below 10 GiB,
or room for fewer than 10,000 new files. It is an error when nothing is left: jobs then fail, and copies stay
unfinished.

```sh
df -h DIRECTORY; df -i DIRECTORY       # room for bytes, and for files
```

Delete what you do not need, or choose a larger disk.""",
    ),
    "XPM318": Code(
        "Backup on the same disk",
        """\
A folder of mode `backup` is on the same file system as its workspace. It helps when a job is deleted by mistake, but
what happens to the disk happens to both copies.

```yaml
folders:
  - path: /slow/backup/nlp       # on another disk
    mode: backup
```

If that is what you want (the disk has copies of its own, for example), ignore the finding:
`# xpm: ignore[XPM318]`.""",
    ),
    "XPM319": Code(
        "Folder without jobs",
        """\
A folder of mode `use` is there, but holds no directory `jobs`, so that nothing is ever found in it. Its disk may not
be mounted, or the path means something else than a workspace.

```sh
ls /path/to/other/workspace      # there should be `jobs`
```""",
    ),
    "XPM320": Code(
        "Link to a job that is gone",
        """\
A folder of mode `move` takes the results of a job away and leaves a link in the workspace. These links lead to where
nothing is: the folder is not mounted, was renamed, or lost the results. A job behind such a link cannot run again
either: experimaestro fails with a `FileExistsError`.

```sh
find ~/experiments/jobs -maxdepth 2 -xtype l       # lists them
```

Mount the folder, or bring it back to where it was. If the results are gone for good, delete the links, and the jobs
run again.""",
    ),
    "XPM321": Code(
        "Leftover of a crash",
        """\
Copies of jobs are made under a name that begins with `.tmp.`, in the workspace and in folders of mode `backup` and
`move`, and renamed when they are whole. Such a copy that was not touched for a day belongs to a process that was
killed. The same goes for `settings.yaml.….tmp` and `settings.v2.schema.json.….tmp` beside the settings, after an hour.
Nobody reads them; they only take room.

```sh
rm -r /slow/backup/nlp/jobs/mytask/.tmp.3f2a…
```

Make sure that no experiment is running meanwhile.""",
    ),
    "XPM322": Code(
        "Jobs that were not all looked at",
        """\
The directory answers, but it holds so many jobs, or is so slow, that the search for dangling links and leftovers was
ended after the time that `--timeout` sets. What was found until then is reported.

```sh
xpm-config doctor --timeout 60
```""",
    ),
    "XPM401": Code(
        "Place that cannot be migrated",
        """\
`xpm-config migrate` found something that it cannot rewrite with certainty: a reference with `${…}`, which may
turn out to be an id or a path; a key in an unusual spelling; or a file that experimaestro does not load as it
is. The file was left as it is, whole.

Run `xpm-config validate` first and mend what it reports; write the path or the id in place of `${…}`; then
migrate again.""",
    ),
    "XPM402": Code(
        "Reference to a workspace that does not exist",
        """\
An entry of `alt_workspaces` is the id of a workspace, else a path. This one is no id, and does not look like a
path. experimaestro silently takes it for a path in the directory in which it is started, which is rarely what
was meant: most often the id is misspelt.

Correct the id, or write the path. `xpm-config migrate --unknown-ids keep-as-path` does what experimaestro
does.""",
    ),
    "XPM403": Code(
        "Shared list that cannot be migrated",
        """\
The list, or a key beside it, is shared through an anchor, an alias or `<<`, so that a change in one place would
change the meaning of another: with `folders` of its own, a workspace no longer gets those that it merges. The
file was left as it is, whole.

Write the entries out in the workspace that the finding names, then migrate again.""",
    ),
    "XPM404": Code(
        "What version 1 cannot say",
        """\
Version 1 of the settings (experimaestro up to 2.3) has `alt_workspaces` only: folders of mode `backup` or
`move`, `lock_mode` and other newer keys have no place in it. `xpm-config migrate --to 1` leaves such a file as
it is, whole.

Remove what the finding names, if you can do without it, then migrate again.""",
    ),
    "XPM405": Code(
        "Migration that would change the meaning",
        """\
Before a byte is written, `xpm-config migrate` reads the result as experimaestro would, and compares every
setting and the folders of every workspace with those of the old file. Here they differ, so nothing was written.
The finding says where.

Write the lists out, without anchors and `<<`, and migrate again; and please report the file.""",
    ),
    "XPM406": Code(
        "File that cannot be written",
        """\
The file could not be replaced: the disk is full, the directory cannot be written to, or somebody changed the
file meanwhile. The file is as it was before. The finding names the reason.""",
    ),
}
