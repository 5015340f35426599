"""Completion as bash, zsh and fish want it: a script for each, and what a script asks for at every TAB.

typer's own scripts are not used: bash's inserts `my ws` without quoting it and sees no value in
`--format=js`, zsh's evaluates what it is given, so that a TAB runs a command that stands in the id of a
workspace, and fish's starts the program twice. Ours hand over the line up to the cursor, and get lines
that they need not interpret: first `words` or `files`, then one candidate a line.
"""

from __future__ import annotations

import os
import re
from contextlib import redirect_stderr, redirect_stdout
from typing import TYPE_CHECKING, Any

from xpm_config.cli.arguments.shared import without_command
from xpm_config.cli.completion import Wanted

if TYPE_CHECKING:
    from xpm_config.cli.completion import Candidates

BASH = r"""# Completion of xpm-config for bash 4.4 or newer.
# Try it with:  eval "$(xpm-config completion bash)"
# Keep it, where bash-completion is installed:
#   mkdir -p ~/.local/share/bash-completion/completions
#   xpm-config completion bash > ~/.local/share/bash-completion/completions/xpm-config
# Else write it to any file, and have ~/.bashrc read that with `source`.
_xpm_config() {
    local answer line kind=
    COMPREPLY=()
    answer=$("${1/#~\//$HOME/}" _complete bash -- "${COMP_LINE:0:COMP_POINT}" "$2" 2>/dev/null </dev/null) || return 0
    while IFS= read -r line; do
        if [[ -z $kind ]]; then kind=$line; else COMPREPLY+=("$line"); fi
    done <<<"$answer"
    if [[ $kind == files ]]; then compopt -o bashdefault -o default; fi
}
complete -F _xpm_config xpm-config
"""

ZSH = r"""#compdef xpm-config
# Completion of xpm-config for zsh.
# Try it with:  eval "$(xpm-config completion zsh)"
# Keep it: write it to a file named _xpm-config in a directory of $fpath, such as
#   mkdir -p ~/.zfunc && xpm-config completion zsh > ~/.zfunc/_xpm-config
# and have ~/.zshrc say, once:  fpath+=~/.zfunc; autoload -Uz compinit; compinit
_xpm-config() {
    local -a answer
    local line="${(j: :)words[1,CURRENT-1]} $QIPREFIX$PREFIX"
    answer=("${(@f)$("${${(Q)words[1]}/#\~\//$HOME/}" _complete zsh -- "$line" 2>/dev/null </dev/null)}")
    compset -P 1 '--*='
    case $answer[1] in
        files) _files ;;
        words) shift answer; (( $#answer )) && _describe -V 'xpm-config' answer ;;
    esac
}
if [[ $zsh_eval_context[-1] == loadautofunc ]]; then
    _xpm-config "$@"
else
    (( $+functions[compdef] )) || { autoload -Uz compinit; compinit -i; }
    compdef _xpm-config xpm-config
fi
"""

FISH = r"""# Completion of xpm-config for fish.
# Try it with:  xpm-config completion fish | source
# Keep it:
#   mkdir -p ~/.config/fish/completions
#   xpm-config completion fish > ~/.config/fish/completions/xpm-config.fish
function __xpm_config_complete
    set -l program (string replace -r '^~/' $HOME/ -- (commandline -opc)[1])
    set -l line (commandline -cp | string collect)
    set -l answer ($program _complete fish -- "$line" 2>/dev/null </dev/null)
    switch "$answer[1]"
        case files
            set -l token (commandline -ct)
            set -l option (string match -r -- '^--[^=]*=' $token)
            for path in (__fish_complete_path (string replace -r -- '^--[^=]*=' '' $token))
                echo -- "$option$path"
            end
        case words
            string join \n -- $answer[2..]
    end
end
complete -c xpm-config -f -k -a '(__xpm_config_complete)'
"""

SCRIPTS = {"bash": BASH, "zsh": ZSH, "fish": FISH}


def answer(root: Any, shell: str, line: str, word: str) -> str:
    """What a script gets: the candidates for the end of `line`, or the request to offer files.

    `root` is the whole command line, as click has it; `line` goes from the name of the program to the
    cursor. `word` is the piece of it that bash is going to replace; the other shells replace a whole word.
    """
    words, _ = split(line)
    *before, incomplete = words[1:] or [""]
    if without_command(before)[1] is not None:
        return "files"
    found = _candidates(root, before, incomplete)
    # zsh and fish do not ask for the file behind `>`.
    if (not found and Wanted.files) or (before and before[-1].endswith((">", "<"))):
        return "files"
    # What a terminal would obey, or a line of the answer cannot hold, is never offered.
    found = [(value, _printable(text)) for value, text in found if value.isprintable()]
    option = re.match("--[^=]*=", incomplete) if "--" not in before else None
    prefix = option[0] if option else ""
    if shell == "bash":
        head = split(line.removesuffix(word))
        rows = [_for_bash(prefix + value, *head) for value, _ in found]
    elif shell == "zsh":
        rows = [_for_zsh(value, text) for value, text in found]
    else:
        rows = [f"{prefix}{value}\t{text}" for value, text in found]
    return "\n".join(["words", *rows])


def _candidates(root: Any, before: list[str], incomplete: str) -> Candidates:
    from typer._completion_classes import BashComplete

    Wanted.files = False
    # An eager option such as --version acts while the words before the cursor are read.
    with open(os.devnull, "w", encoding="utf-8") as nowhere, redirect_stdout(nowhere), redirect_stderr(nowhere):
        items = BashComplete(root, {}, "xpm-config", "").get_completions(before, incomplete)
    return [(item.value, item.help or "") for item in items]


def split(line: str) -> tuple[list[str], str]:
    """The words of the beginning of a command line, and the quote that is open at its end ("", "'" or '"').

    The last word is the one at the end, empty behind a space. shlex does not tell about the quote.
    """
    words, quote = [""], ""
    started = False
    position = 0
    while position < len(line):
        char, after = line[position], line[position + 1 : position + 2]
        position += 1
        if char == "\\" and quote != "'" and (not quote or after in ('"', "\\", "$", "`")):
            words[-1] += after
            position += 1
        elif char == quote:
            quote = ""
        elif quote or (char not in " \t\n'\""):
            words[-1] += char
        elif char in "'\"":
            quote, started = char, True
        elif words[-1] or started:
            words.append("")
            started = False
    return words, quote


def _for_bash(value: str, head: list[str], quote: str) -> str:
    """The piece of a value that bash inserts behind the words of `head`, in the quotes that are open there."""
    piece = value[len(head[-1]) :]
    if quote == "'":
        return piece.replace("'", "'\\''")
    if quote == '"':
        return re.sub(r'(["\\$`])', r"\\\1", piece)
    return re.sub(r"([^\w@%+=:,./-])", r"\\\1", piece)


def _for_zsh(value: str, text: str) -> str:
    """A value with its help, as zsh's _describe takes them."""
    escaped = [part.replace("\\", "\\\\").replace(":", "\\:") for part in (value, text)]
    return ":".join(escaped) if text else escaped[0]


def _printable(text: str) -> str:
    return "".join(char if char.isprintable() else " " for char in text)
