"""Options shared by the commands, so that each means the same everywhere."""

from __future__ import annotations

from typing import Annotated

import typer
from typer.core import TyperCommand
from typer.main import get_command

from audiocli.context import Context


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
        typer.Option("--quiet", "-q", callback=_switch("quiet"), help="Nothing but errors on stderr."),
    ] = False,
    verbose: Annotated[
        bool,
        typer.Option("--verbose", "-v", callback=_switch("verbose"), help="Show tracebacks and library messages."),
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
