"""`audiocli config`: defaults of options from files and variables."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated, Any

import typer

from audiocli.cli import configuration, terminal
from audiocli.cli import options as opt
from audiocli.cli.commands import COMMANDS
from audiocli.cli.format_choice import one_format
from audiocli.context import Context
from audiocli.errors import UsageError
from audiocli.schema import json_text

app = opt.Subcommands("config", "Show the defaults of options and where they come from.")


@app.command()
def show(
    ctx: typer.Context,
    command: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="COMMAND",
            help="Command whose options are listed. Default: the configured options of all.",
            show_default=False,
        ),
    ] = None,
    format: Annotated[
        list[str] | None,
        opt.format_option(
            ("table", "tsv", "json"), several=False, default="table on a terminal, else tsv"
        ),
    ] = None,
) -> None:
    """Show the default of each option, and the file or variable that sets it.

    The columns of tsv: command, option, value, where it comes from.

    Examples:

      audiocli config show transcribe

      audiocli config show index add -f json
    """
    context: Context = ctx.obj
    chosen = one_format(format, ("table", "tsv", "json"))
    rows = [row for words, one in _chosen(command or []) for row in _rows(context, words, one)]
    if not command:
        rows = [row for row in rows if row["source"] != configuration.BUILT_IN]
    if chosen == "json":
        context.stdout.write(json_text(rows, indent=2) + "\n")
        return
    cells = [_cells(row) for row in rows]
    if chosen == "tsv":
        for line in cells:
            context.print_row(*line)
    else:
        terminal.print_rows(context, ("command", "option", "value", "from"), cells)


@app.command()
def path(ctx: typer.Context) -> None:
    """Print the configuration files: of the user, which may not exist, and of the project."""
    context: Context = ctx.obj
    context.print_row("user", configuration.user_file(context.environ))
    if project := configuration.project_file():
        context.print_row("project", project)


def _chosen(command: list[str]) -> Iterator[tuple[tuple[str, ...], Any]]:
    words = tuple(command)
    names = sorted(COMMANDS.keys() & set(words[:1])) if words else sorted(COMMANDS)
    found = [(w, c) for w, c in configuration.all_commands(names) if w[: len(words)] == words]
    if not found:
        raise UsageError(f"no such command {' '.join(words)!r}", "see `audiocli --help`")
    yield from found


def _rows(context: Context, words: tuple[str, ...], command: Any) -> Iterator[dict[str, Any]]:
    settings = configuration.settings_of(context, words, command.params)
    for param in command.params:
        if not configuration.is_configurable(param):
            continue
        setting = settings.get(param.name)
        yield {
            "command": " ".join(words),
            "option": f"--{configuration.option_key(param)}",
            "value": setting.value if setting else param.default,
            "source": setting.source if setting else configuration.BUILT_IN,
            "place": setting.place if setting else None,
        }


def _cells(row: dict[str, Any]) -> tuple[str, ...]:
    value = configuration.describe(row["value"])
    return row["command"], row["option"], value, row["place"] or row["source"]
