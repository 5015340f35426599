"""ssh-monitor."""

from __future__ import annotations

from typing import Annotated, Optional

import typer

from xpm_config.cli.arguments.shared import Quiet, SettingsFile, State, check_choice
from xpm_config.cli.completion import choices, remote_workspace_ids

_PASSED_ON = "Passed on to experimaestro"
_INSTEAD = "Instead of the monitor"

Text = Optional[str]  # noqa: UP045


def ssh_monitor(
    host: Annotated[Text, typer.Argument(metavar="HOST", help="The machine, as for ssh.", show_default=False)] = None,
    remote_workdir: Annotated[
        Text, typer.Argument(metavar="REMOTE_WORKDIR", help="The workspace there.", show_default=False)
    ] = None,
    workspace: Annotated[
        Text,
        typer.Option(
            metavar="ID", help="The remote workspace whose settings are used.", autocompletion=remote_workspace_ids
        ),
    ] = None,
    remote_shell_init: Annotated[
        Text, typer.Option(metavar="CODE", help="Shell commands that run there first; empty: none.")
    ] = None,
    uv_offline: Annotated[
        Optional[bool],  # noqa: UP045
        typer.Option("--uv-offline/--no-uv-offline", help="Whether uv there takes packages from its cache only."),
    ] = None,
    remote_python: Annotated[
        Text, typer.Option(metavar="PYTHON", help="The Python that uv uses there; empty: its own choice.")
    ] = None,
    remote_xpm: Annotated[
        Text, typer.Option(metavar="COMMAND", help="The experimaestro installed there; empty: start it with uv.")
    ] = None,
    ssh_option: Annotated[
        Optional[list[str]],  # noqa: UP045
        typer.Option(
            "--ssh-option",
            "-o",
            metavar="WORD",
            help="A word for ssh (`-o -p -o 2222`, `-o '-p 2222'`); these replace the workspace's options.",
        ),
    ] = None,
    force_version: Annotated[
        bool, typer.Option("--force-version", help="Let uv start exactly the release that is installed here.")
    ] = False,
    print_command: Annotated[
        bool, typer.Option("--print", help="Print the ssh command, to be pasted.", rich_help_panel=_INSTEAD)
    ] = False,
    check: Annotated[
        bool,
        typer.Option(
            "--check",
            help="Connect, and report what answers. Asks for no password or passphrase: load the key with ssh-add.",
            rich_help_panel=_INSTEAD,
        ),
    ] = False,
    timeout: Annotated[
        float,
        typer.Option(metavar="SECONDS", min=0.1, max=3600, help="The longest for --check.", rich_help_panel=_INSTEAD),
    ] = 30.0,
    format: Annotated[
        str,
        typer.Option(
            help="How --print and --check report: text or json.",
            autocompletion=choices("text", "json"),
            rich_help_panel=_INSTEAD,
        ),
    ] = "text",
    web: Annotated[bool, typer.Option("--web", help="Web page, not terminal.", rich_help_panel=_PASSED_ON)] = False,
    port: Annotated[
        Optional[int],  # noqa: UP045
        typer.Option(help="The port of the web page.", rich_help_panel=_PASSED_ON),
    ] = None,
    events_viewer: Annotated[
        bool, typer.Option("--events-viewer", help="Print events instead.", rich_help_panel=_PASSED_ON)
    ] = False,
    events_format: Annotated[
        Text,
        typer.Option(help="text or json.", autocompletion=choices("text", "json"), rich_help_panel=_PASSED_ON),
    ] = None,
    no_progress: Annotated[
        bool, typer.Option("--no-progress", help="Leave progress out of the events.", rich_help_panel=_PASSED_ON)
    ] = False,
    watcher: Annotated[
        Text,
        typer.Option(
            help="How files are watched.",
            autocompletion=choices("auto", "polling", "inotify", "fsevents", "kqueue", "windows"),
            rich_help_panel=_PASSED_ON,
        ),
    ] = None,
    polling_interval: Annotated[
        Optional[float],  # noqa: UP045
        typer.Option(metavar="SECONDS", help="How often files are looked at.", rich_help_panel=_PASSED_ON),
    ] = None,
    request_timeout: Annotated[
        Optional[float],  # noqa: UP045
        typer.Option(metavar="SECONDS", help="The longest for one request.", rich_help_panel=_PASSED_ON),
    ] = None,
    settings: SettingsFile = None,
    quiet: Quiet = False,
) -> int:
    """Watch the experiments of a remote workspace, with the monitor of experimaestro.

    Give --workspace, or HOST and REMOTE_WORKDIR; what is given overrides what the workspace says.
    """
    from xpm_config.cli.ssh_monitor import FORMATS, Options, run
    from xpm_config.remote import Flags

    check_choice("--format", format, FORMATS)
    switches = {
        "--web": web,
        "--events-viewer": events_viewer,
        "--no-progress": no_progress,
        "--force-version": force_version,
    }
    values = {
        "--port": port,
        "--events-format": events_format,
        "--watcher": watcher,
        "--polling-interval": polling_interval,
        "--request-timeout": request_timeout,
    }
    flags = Flags(
        host,
        remote_workdir,
        remote_shell_init,
        uv_offline,
        remote_python,
        remote_xpm,
        tuple(word for word in ssh_option if word) if ssh_option else None,
    )
    return run(
        Options(
            flags,
            workspace,
            (
                *(name for name, given in switches.items() if given),
                *(f"{name}={value}" for name, value in values.items() if value is not None),
            ),
            force_version,
            print_command,
            check,
            timeout,
            format,
            State.meant(settings),
            quiet or State.quiet,
        )
    )
