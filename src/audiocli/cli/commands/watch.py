"""`audiocli watch`: process files as they arrive in a folder."""

from __future__ import annotations

import shlex
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import typer

from audiocli.cli.requests import CommandRequest
from audiocli.context import Context
from audiocli.errors import UsageError


@dataclass(frozen=True, kw_only=True)
class WatchRequest(CommandRequest):
    """The options of `audiocli watch`."""

    folder: Annotated[
        Path,
        typer.Argument(metavar="FOLDER", help="Folder to watch, with its subfolders."),
    ]
    command: Annotated[
        list[str],
        typer.Argument(
            metavar="-- COMMAND...",
            help="Command with its options, such as `transcribe -d out`, without inputs.",
        ),
    ]
    settle: Annotated[
        float,
        typer.Option(
            "--settle",
            min=0.0,
            metavar="SECONDS",
            help="Process a file when it has not changed for this long.",
        ),
    ] = 2.0
    until_idle: Annotated[
        float | None,
        typer.Option(
            "--until-idle",
            min=0.0,
            metavar="SECONDS",
            help="End when no file has arrived for this long. Default: run until Ctrl-C.",
            show_default=False,
        ),
    ] = None
    hook: Annotated[
        str | None,
        typer.Option(
            "--hook",
            metavar="COMMAND",
            help="Program to run for each result, with the recording and the files of its result "
            "as last arguments. It is not run by a shell.",
            show_default=False,
        ),
    ] = None


def watch(context: Context, request: WatchRequest) -> int:
    """Process the recordings in a folder, and those that arrive, with another command.

    The command writes into its output folder, whose journal has what is done: after a restart,
    only what is missing or stale is processed.

    Examples:

      audiocli watch inbox/ -- transcribe -d out -f json,srt

      audiocli watch inbox/ --hook ./upload.sh -- diarize -d turns -f rttm --jobs 2
    """
    from audiocli.cli import program
    from audiocli.cli.watching import Watch, WatchContext, check_watched_command

    check_watched_command(request.command)
    if not request.folder.is_dir():
        raise UsageError(f"{request.folder}: no such folder", "check the path")
    try:
        hook = tuple(shlex.split(request.hook or ""))
    except ValueError as error:
        raise UsageError(f"--hook: {error}", "check the quotes") from error
    arguments = tuple(request.command)
    watched = Watch(request.folder, request.settle, request.until_idle, hook)
    values = {**vars(context), "arguments": arguments}
    return program(arguments, WatchContext(**values, watch=watched))
