"""Looking at a tree once more: whether anybody has written to it since it was copied."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from xpm_config.jobs.tree import (
    CHANGED,
    DEEP,
    FORBIDDEN,
    OPEN_DIRECTORY,
    State,
    keep_all,
    open_below,
    status_of,
)

if TYPE_CHECKING:
    from xpm_config.jobs.tree import Excludes


def look(source: int, excludes: Excludes = keep_all) -> bytes:
    """The state of a tree, as `Copied` has it: the same as long as nobody writes to it."""
    state = State()
    deep: list[str] = []

    def visit(directory: int, prefix: str, depth: int) -> None:
        directories = []
        with os.scandir(directory) as scan:
            for entry in scan:
                path = prefix + entry.name
                is_directory = entry.is_dir(follow_symlinks=False)
                if excludes(path, is_directory):
                    continue
                if is_directory:
                    directories.append(entry.name)
                elif entry.is_file(follow_symlinks=False) or entry.is_symlink():
                    state.add(path, status_of(entry.name, directory))
        for name in directories:
            path = prefix + name
            try:
                inside = os.open(name, OPEN_DIRECTORY, dir_fd=directory)
            except OSError as error:
                if error.errno not in FORBIDDEN | CHANGED:
                    raise
                state.add(path, status_of(name, directory))
                continue
            try:
                state.add(path, None)
                if depth == DEEP:
                    deep.append(path)
                else:
                    visit(inside, path + "/", depth + 1)
            finally:
                os.close(inside)

    visit(source, "", 0)
    while deep:
        path = deep.pop()
        inside = open_below(source, path)
        try:
            visit(inside, path + "/", 0)
        finally:
            os.close(inside)
    return state.digest()
