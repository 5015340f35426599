"""jobs list, status, archive, recover, verify, free."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Optional

import typer

from xpm_config.cli import completion
from xpm_config.cli.arguments.shared import Quiet, SettingsFile, State, check_choice

if TYPE_CHECKING:
    from xpm_config.cli.jobs.act import How
    from xpm_config.cli.jobs.place import Where

MAX_PROCESSES = 256

Jobs = Annotated[
    Optional[list[str]],  # noqa: UP045
    typer.Argument(
        metavar="JOB",
        help="TASK/HASH, where the beginning of the hash will do, or a glob: 'nlp.*', 'nlp.*/0a*'.",
        show_default=False,
        autocompletion=completion.jobs,
    ),
]
All = Annotated[bool, typer.Option("--all", help="All jobs.")]
WorkspaceId = Annotated[
    Optional[str],  # noqa: UP045
    typer.Option(
        "--workspace",
        metavar="ID",
        help="The workspace with this id; by default the first local one.",
        autocompletion=completion.workspace_ids,
    ),
]
Workdir = Annotated[
    Optional[str],  # noqa: UP045
    typer.Option(
        "--workdir",
        metavar="DIRECTORY",
        help="This directory; with --workspace, in its place.",
        autocompletion=completion.files,
    ),
]
DryRun = Annotated[bool, typer.Option("--dry-run", "-n", help="Tell what would be done, with sizes; write nothing.")]
Processes = Annotated[
    Optional[int],  # noqa: UP045
    typer.Option(metavar="NUMBER", min=1, max=MAX_PROCESSES, help="How many processes work; by default up to four."),
]
Format = Annotated[str, typer.Option(help="text or json.", autocompletion=completion.choices("text", "json"))]


def list_jobs(
    jobs: Jobs = None,
    size: Annotated[bool, typer.Option("--size", help="Measure the jobs, too.")] = False,
    workspace: WorkspaceId = None,
    workdir: Workdir = None,
    format: Format = "text",
    settings: SettingsFile = None,
) -> int:
    """List the jobs of a workspace: their states, and where their copies are."""
    from xpm_config.cli.jobs.list import Options, run

    return run(Options(tuple(jobs or ()), size, where_from(workspace, workdir, settings), checked_format(format)))


def status(
    jobs: Jobs = None,
    workspace: WorkspaceId = None,
    workdir: Workdir = None,
    format: Format = "text",
    settings: SettingsFile = None,
) -> int:
    """Tell how a workspace and its folders are; of named jobs, what their copies lack.

    Exit code 0: all is well, or goes on by itself; 1: a folder is away, a link leads nowhere, or a copy lacks files.
    """
    from xpm_config.cli.jobs.status import Options, run

    return run(Options(tuple(jobs or ()), where_from(workspace, workdir, settings), checked_format(format)))


def archive(
    jobs: Jobs = None,
    everything: All = False,
    rewrite_paths: Annotated[
        bool,
        typer.Option(
            "--rewrite-paths",
            help="Let paths in the copies of old params.json files lead to the folder.",
        ),
    ] = False,
    dry_run: DryRun = False,
    workspace: WorkspaceId = None,
    workdir: Workdir = None,
    processes: Processes = None,
    format: Format = "text",
    settings: SettingsFile = None,
    quiet: Quiet = False,
) -> int:
    """Bring jobs that succeeded into the backup and move folders of their workspace.

    Copies that are there and complete stay. Exit code 0: all is well; 1: something was not archived.
    """
    from xpm_config.cli.jobs.archive import Options, run

    where, how = where_from(workspace, workdir, settings), _how(dry_run, processes, format, quiet)
    return run(Options(tuple(jobs or ()), everything, rewrite_paths, where, how))


def recover(
    jobs: Jobs = None,
    everything: All = False,
    materialise: Annotated[
        bool, typer.Option("--materialise", help="Turn moved jobs into directories, too; the copies stay.")
    ] = False,
    dry_run: DryRun = False,
    workspace: WorkspaceId = None,
    workdir: Workdir = None,
    processes: Processes = None,
    format: Format = "text",
    settings: SettingsFile = None,
    quiet: Quiet = False,
) -> int:
    """Bring jobs back into their workspace, each from the first folder that has a complete copy.

    What stands in a job's place, unfinished or a link to nowhere, is set aside and not lost. Exit code 0: all jobs
    are there; 1: some could not be recovered.
    """
    from xpm_config.cli.jobs.recover import Options, run

    where, how = where_from(workspace, workdir, settings), _how(dry_run, processes, format, quiet)
    return run(Options(tuple(jobs or ()), everything, materialise, where, how))


def verify(
    jobs: Jobs = None,
    everything: All = False,
    sample: Annotated[
        Optional[str],  # noqa: UP045
        typer.Option(metavar="SHARE", help="A random share of the jobs, such as 5%; without jobs, of all."),
    ] = None,
    dry_run: DryRun = False,
    workspace: WorkspaceId = None,
    workdir: Workdir = None,
    processes: Processes = None,
    format: Format = "text",
    settings: SettingsFile = None,
    quiet: Quiet = False,
) -> int:
    """Read copies in full, and compare them with what was copied.

    Exit code 0: all are sound; 1: some are damaged, or nobody can tell.
    """
    from xpm_config.cli.jobs.verify import Options, run

    where, how = where_from(workspace, workdir, settings), _how(dry_run, processes, format, quiet)
    return run(Options(tuple(jobs or ()), everything, sample, where, how))


def free(
    jobs: Jobs = None,
    everything: All = False,
    older_than: Annotated[
        Optional[str],  # noqa: UP045
        typer.Option(metavar="AGE", help="Only jobs that succeeded so long ago: 30d, 12h; without jobs, of all."),
    ] = None,
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Do not ask.")] = False,
    dry_run: DryRun = False,
    workspace: WorkspaceId = None,
    workdir: Workdir = None,
    processes: Processes = None,
    format: Format = "text",
    settings: SettingsFile = None,
    quiet: Quiet = False,
) -> int:
    """Delete jobs from their workspace where a backup folder has a whole copy.

    The copy is read in full just before. Copies that rules made partial, running jobs and moved ones are passed by.
    Exit code 0: all went well; 1: some jobs had to stay, or you said no.
    """
    from xpm_config.cli.jobs.free import Options, run

    where, how = where_from(workspace, workdir, settings), _how(dry_run, processes, format, quiet)
    return run(Options(tuple(jobs or ()), everything, older_than, yes, where, how))


def where_from(workspace: str | None, workdir: str | None, settings: str | None) -> Where:
    """What the options say about the workspace."""
    from xpm_config.cli.jobs.place import Where

    return Where(workspace, workdir, State.meant(settings))


def checked_format(format: str) -> str:
    """The format, if it is one that there is."""
    check_choice("--format", format, ("text", "json"))
    return format


def _how(dry_run: bool, processes: int | None, format: str, quiet: bool) -> How:
    from xpm_config.cli.jobs.act import How

    return How(dry_run, processes, checked_format(format), quiet or State.quiet)
