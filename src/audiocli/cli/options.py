"""Options shared by the commands, so that each means the same everywhere."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer
from typer.core import TyperCommand
from typer.main import get_command

from audiocli.context import Context
from audiocli.render import names as format_names


def _switch(name: str):  # type: ignore[no-untyped-def]
    """Make a callback that turns on a switch of the context."""

    def callback(ctx: typer.Context, value: bool) -> bool:
        if value:
            setattr(ctx.find_object(Context), name, True)
        return value

    return callback


def _common(
    quiet: Annotated[
        bool,
        typer.Option(
            "--quiet", "-q", callback=_switch("quiet"), help="Nothing but errors on stderr."
        ),
    ] = False,
    verbose: Annotated[
        bool,
        typer.Option(
            "--verbose",
            "-v",
            callback=_switch("verbose"),
            help="Show tracebacks and library messages.",
        ),
    ] = False,
    offline: Annotated[
        bool,
        typer.Option("--offline", callback=_switch("offline"), help="Never touch the network."),
    ] = False,
) -> None:
    """Declare the options that every command has."""


def with_common_options(command: TyperCommand) -> TyperCommand:
    """Add --quiet, --verbose and --offline to a command and to its subcommands."""
    for subcommand in getattr(command, "commands", {}).values():
        with_common_options(subcommand)
    if not hasattr(command, "commands"):
        holder = typer.Typer(add_completion=False)
        holder.command()(_common)
        for param in get_command(holder).params:
            param.expose_value = False
            command.params.append(param)
    return command


# --- output ------------------------------------------------------------------


def _complete_format(incomplete: str) -> list[str]:
    return [name for name in format_names() if name.startswith(incomplete)]


FormatOption = Annotated[
    str | None,
    typer.Option(
        "--format",
        "-f",
        metavar="NAME",
        autocompletion=_complete_format,
        help=f"One of: {', '.join(format_names())}. "
        "Default: as --output ends, else a table on a terminal and plain text in a pipe.",
    ),
]
OutputOption = Annotated[
    Path | None,
    typer.Option("--output", "-o", metavar="FILE", help="Write everything to this file."),
]
OutputDirOption = Annotated[
    Path | None,
    typer.Option(
        "--output-dir",
        "-d",
        metavar="DIR",
        file_okay=False,
        help="Write a file for each input, in the tree of the inputs.",
    ),
]
OverwriteOption = Annotated[
    bool, typer.Option("--overwrite", help="Replace outputs that exist, instead of keeping them.")
]
MaxLineWidthOption = Annotated[
    int,
    typer.Option(
        min=1, metavar="COLUMNS", help="Width of a subtitle line; East Asian characters take two."
    ),
]
MaxLinesOption = Annotated[int, typer.Option(min=1, metavar="LINES", help="Lines of a subtitle.")]
