"""One operation on a job, in a process of its own that can be killed or made to fail at any system call.

Usage: operate.py [--without-exchange | --without-flush] archive|move|restore|materialise WORKSPACE FOLDER TASK HASH
"""

from __future__ import annotations

import codecs
import errno
import os
import sys
from typing import TYPE_CHECKING

from xpm_config.jobs import archive, move, system
from xpm_config.jobs import restore as restoring
from xpm_config.jobs.archive import Archiver
from xpm_config.jobs.exclude import Rules
from xpm_config.jobs.layout import JobId
from xpm_config.jobs.lookup import Shelf
from xpm_config.jobs.move import Mover
from xpm_config.jobs.recovery import recover
from xpm_config.jobs.restore import restore
from xpm_config.jobs.root import Root

if TYPE_CHECKING:
    from xpm_config.jobs.outcome import Outcome

BEGIN, END = "/the-operation-begins", "/the-operation-ends"
"""Names that are looked for so that a trace shows where the operation is."""


def refuse(*_: object) -> None:
    """What a system does that has no renameat2."""
    raise OSError(errno.ENOSYS, os.strerror(errno.ENOSYS))


def operate(operation: str, workspace: str, folder: str, job: JobId) -> list[Outcome]:
    """Recover what others left, then do one thing, as every command does."""
    with Root(workspace) as here, Root(folder) as there:
        recover(here)
        recover(there)
        if operation == "archive":
            return [archived.outcome for archived in Archiver(here, there, Rules(), thorough=True).run([job])]
        if operation == "materialise":
            return [restoring.materialise(here, [Shelf(there, in_use=True)], job)]
        if operation == "restore":
            return [restore(here, [Shelf(there, in_use=True)], job)]
        mover = Mover(here, there)
        return [*mover.run([job]), *mover.finish()]


def main() -> None:
    """Run the operation between the two marks; print its outcomes."""
    arguments = sys.argv[1:]
    if "--without-exchange" in arguments:
        arguments.remove("--without-exchange")
        setattr(system, "_renameat2", refuse)  # noqa: B010
    if "--without-flush" in arguments:
        arguments.remove("--without-flush")
        for module in (archive, move, restoring):
            setattr(module, "flush", lambda _: None)  # noqa: B010
    operation, workspace, folder, *job = arguments
    # What the interpreter loads when it is first needed is loaded before the first fault.
    codecs.lookup("ascii")
    os.path.exists(BEGIN)
    try:
        outcomes = operate(operation, workspace, folder, JobId(*job))
    except OSError as error:
        # The boundary of a command does the same.
        sys.exit(f"error: {error.strerror}")
    os.path.exists(END)
    for outcome in outcomes:
        print(outcome.what, outcome.reason)
    sys.exit(0 if all(outcome.good for outcome in outcomes) else 1)


if __name__ == "__main__":
    main()
