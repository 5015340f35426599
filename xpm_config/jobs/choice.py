"""Which jobs words mean: `TASK/HASH` with a hash that may be cut short, a glob over tasks, or one over both."""

from __future__ import annotations

from fnmatch import fnmatchcase
from typing import TYPE_CHECKING, NamedTuple

from xpm_config.errors import UsageError
from xpm_config.jobs.lookup import resolve
from xpm_config.jobs.survey import jobs_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from xpm_config.jobs.layout import JobId

_NAMED = 3
"""So many of the jobs that a short hash may mean are named."""


class Choice(NamedTuple):
    """The jobs that are meant, each once and in order, and the words that mean none."""

    jobs: tuple[JobId, ...]
    unmatched: tuple[str, ...] = ()


def all_jobs(roots: Iterable[str]) -> list[JobId]:
    """All jobs of workspaces and folders, each once."""
    return sorted({job for root in roots for job in jobs_of(root)})


def choose(words: Sequence[str], roots: Sequence[str]) -> Choice:
    """The jobs of workspaces and folders that words mean; raises UsageError for words that could lead elsewhere."""
    chosen: dict[JobId, None] = {}
    unmatched = []
    known = all_jobs(roots) if any(map(is_glob, words)) else []
    for word in words:
        found = _matching(word, known) if is_glob(word) else _named(word, roots)
        chosen.update(dict.fromkeys(found))
        if not found:
            unmatched.append(word)
    return Choice(tuple(chosen), tuple(unmatched))


def is_glob(word: str) -> bool:
    """Whether a word is a pattern, and names no job by itself."""
    return any(character in word for character in "*?[")


def _matching(word: str, known: Sequence[JobId]) -> list[JobId]:
    task, slash, name = word.partition("/")
    if "/" in name or not task or (slash and not name) or {task, name} & {".", ".."}:
        raise UsageError(
            f"`{word}` is no job", "write a glob over tasks, as in 'nlp.*', or over both, as in 'nlp.*/0a*'"
        )
    pattern, name = task.casefold(), name or "*"
    # experimaestro writes tasks in lower case, and people do not.
    return [job for job in known if fnmatchcase(job.task.casefold(), pattern) and fnmatchcase(job.hash, name)]


def _named(word: str, roots: Sequence[str]) -> list[JobId]:
    if "/" not in word:
        raise UsageError(f"`{word}` is no job", f"write `{word}/HASH` for one job, '{word}/*' for all of a task")
    found = resolve(word, roots)
    if len(found) > 1:
        names = ", ".join(map(str, found[:_NAMED])) + (
            f" and {len(found) - _NAMED} more" if len(found) > _NAMED else ""
        )
        raise UsageError(f"`{word}` may be {names}", f"write more of the hash, or '{word}*' for all of them")
    return found
