"""Options shared by the commands, so that each means the same everywhere."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

import typer
from typer.core import TyperCommand
from typer.main import get_command

from audiocli import render
from audiocli.context import Context

if TYPE_CHECKING:
    from audiocli.models.base import Task


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


def format_option(names: Sequence[str], *, several: bool = True) -> Any:
    """Make --format with these choices; `render.names_for` has those of a kind of result.

    Parameters
    ----------
    several : whether the command has --output-dir, and so takes several formats
    """
    repeated = (
        "May be given several times, or with commas in between, with --output-dir. "
        if several
        else ""
    )
    return typer.Option(
        "--format",
        "-f",
        metavar="NAME",
        autocompletion=lambda incomplete: _complete_format(names, incomplete),
        help=f"One of: {', '.join(names)}. {repeated}"
        "Default: as --output ends, else a table on a terminal and plain text in a pipe.",
        show_default=False,
    )


def _complete_format(names: Sequence[str], incomplete: str) -> list[str]:
    """Complete the name after the last comma."""
    before, comma, begun = incomplete.rpartition(",")
    return [f"{before}{comma}{name}" for name in names if name.startswith(begun)]


FormatOption = Annotated[list[str] | None, format_option(render.names())]
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

PICTURE = "How a picture looks"
WidthOption = Annotated[
    int,
    typer.Option(
        "--width",
        min=16,
        max=20000,
        metavar="PIXELS",
        help="Width of a picture.",
        rich_help_panel=PICTURE,
    ),
]
StyleOption = Annotated[
    Literal["light", "dark", "print"],
    typer.Option("--style", help="Colours of a picture.", rich_help_panel=PICTURE),
]


# --- input -------------------------------------------------------------------

InputsArgument = Annotated[
    list[str] | None,
    typer.Argument(
        metavar="INPUT...",
        help="Files, folders, URLs, - for sound on stdin, @LIST for a file of paths.",
        show_default=False,
    ),
]
FilesFromOption = Annotated[
    str | None,
    typer.Option("--files-from", metavar="LIST", help="File with a path a line; - is stdin."),
]
ChannelOption = Annotated[
    str, typer.Option("--channel", metavar="mix|left|right|N", help="The channel to listen to.")
]
TrackOption = Annotated[
    str | None,
    typer.Option(
        "--track",
        metavar="N|LANG",
        help="The sound track, where a file has several: its number, or a language such as en.",
        show_default=False,
    ),
]
StartOption = Annotated[
    str | None,
    typer.Option(
        "--start", metavar="TIME", help="Begin here: seconds, or 1:02:03.", show_default=False
    ),
]
EndOption = Annotated[
    str | None,
    typer.Option(
        "--end", metavar="TIME", help="Stop here: seconds, or 1:02:03.", show_default=False
    ),
]

# --- model -------------------------------------------------------------------


def complete_model(task: Task):  # type: ignore[no-untyped-def]
    """Make a completion of the names of the models for a task."""

    def complete(incomplete: str) -> list[str]:
        from audiocli.models.registry import built_in_families, names_for

        names = names_for(task, built_in_families())
        return [name for name in names if name.startswith(incomplete)]

    return complete


def model_option(task: Task, help: str, *names: str, panel: str | None = None) -> Any:
    """Make --model, or an option called otherwise, completed with the models for a task."""
    return typer.Option(
        *(names or ("--model", "-m")),
        metavar="NAME",
        help=help,
        rich_help_panel=panel,
        autocompletion=complete_model(task),
        show_default=False,
    )


EncoderOption = Annotated[
    str | None,
    model_option(
        "embed",
        "The encoder: a name of `audiocli models list`, a folder, or a hub id. Default: yamnet.",
    ),
]
LayerOption = Annotated[
    int | None,
    typer.Option(
        metavar="N",
        help="Hidden layer to take: 0 is the input of the first, -1 the last. Default: the output.",
        show_default=False,
    ),
]
DeviceOption = Annotated[
    str,
    typer.Option("--device", metavar="auto|cpu|cuda|mps", help="Where the model runs."),
]
ComputeTypeOption = Annotated[
    str,
    typer.Option(
        "--compute-type",
        metavar="TYPE",
        help="Precision of the model: int8, float16, float32 ...; default picks by device.",
    ),
]
ThreadsOption = Annotated[
    int, typer.Option("--threads", min=0, help="Processor threads; 0 takes all cores.")
]
