"""The command line: `main` is the entry point, and the one place where exceptions become exit codes.

Exit codes: 0 clean, 1 findings, 2 usage or cannot go on, 3 a bug of ours, 130 interrupted.
"""

from __future__ import annotations

import errno
import os
import sys

from xpm_config.errors import FileUnreadableError, XpmConfigError


def main(arguments: list[str] | None = None) -> int:
    """Run one command and return its exit code; never raises."""
    arguments = sys.argv[1:] if arguments is None else arguments
    from xpm_config.cli import plain, streams

    streams.prepare()
    try:
        code = _run(plain.with_paths(arguments))
        sys.stdout.flush()
    except XpmConfigError as error:
        _complain(error)
        return 2
    except KeyboardInterrupt:
        return 130
    except BrokenPipeError:
        # The reader of our output has gone; nothing more can be said.
        _give_up_output()
        return 1
    except OSError as error:
        if error.errno not in (errno.ENOSPC, errno.EIO, errno.EBADF, errno.EDQUOT):
            return _report_bug(error)
        _give_up_output()
        _complain(XpmConfigError(f"the output cannot be written: {error.strerror}"))
        return 2
    except Exception as error:  # noqa: BLE001 - the boundary: a bug of ours must not end in a traceback
        return _report_bug(error)
    return code


def _run(arguments: list[str]) -> int:
    from xpm_config.cli import plain

    form = plain.FORMS.get(arguments[0]) if arguments else None
    fields = plain.parse(form, arguments[1:]) if form is not None else None
    if fields is not None:
        from importlib import import_module

        command = import_module(f"xpm_config.cli.{arguments[0]}")
        if fields.get("format", command.FORMATS[0]) in command.FORMATS:
            code: int = command.run(command.Options(**fields))
            return code
    from xpm_config.cli.app import invoke

    return invoke(arguments)


def _give_up_output() -> None:
    """Keep Python from trying to write the rest of the output when it exits."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def _complain(error: XpmConfigError) -> None:
    from xpm_config.report.text import printable

    prefix = f"{error.path}: " if isinstance(error, FileUnreadableError) else ""
    print(f"error: {printable(prefix + error.message)}", file=sys.stderr)
    if error.hint:
        print(f"help: {printable(error.hint)}", file=sys.stderr)


def _report_bug(error: Exception) -> int:
    import tempfile
    import traceback

    report = "".join(traceback.format_exception(error))
    try:
        with tempfile.NamedTemporaryFile("w", prefix="xpm-config-", suffix=".log", delete=False) as file:
            file.write(report)
            place = file.name
    except OSError:
        place = None
    print(f"error: xpm-config has a bug: {type(error).__name__}", file=sys.stderr)
    if place is not None:
        print(f"help: please report it, with {place}", file=sys.stderr)
    else:
        print(report, file=sys.stderr)
    return 3
