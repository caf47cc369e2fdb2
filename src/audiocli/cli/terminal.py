"""Size and colours of the terminal."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterable, Sequence
from typing import Literal, TextIO

from audiocli.context import Context
from audiocli.escaping import escaped
from audiocli.render.base import Layout


def width(context: Context) -> int:
    """Return the number of columns: `COLUMNS`, else that of the terminal, else 80."""
    return _size(context, "COLUMNS", "columns") or Layout.width


def height(context: Context) -> int:
    """Return the number of lines: `LINES`, else that of the terminal, else 24."""
    return _size(context, "LINES", "lines") or Layout.height


def progress_columns(context: Context) -> int:
    """Return the current number of columns of the terminal on stderr."""
    try:
        return os.get_terminal_size(context.stderr.fileno()).columns or Layout.width
    except (OSError, ValueError):
        return Layout.width


def is_pipe(stream: TextIO) -> bool:
    """Return whether a stream is a pipe."""
    try:
        return stat.S_ISFIFO(os.fstat(stream.fileno()).st_mode)
    except (OSError, ValueError):  # closed, or in memory
        return False


def has_colour(context: Context) -> bool:
    """Return whether progress on stderr may use colours."""
    return not context.environ.get("NO_COLOR")


def print_rows(context: Context, headings: Sequence[str], rows: Iterable[Sequence[str]]) -> None:
    """Print a table with headings on a terminal, else rows of cells separated by tabs."""
    if not context.stdout.isatty():
        for row in rows:
            context.print_row(*row)
        return
    from rich.console import Console
    from rich.table import Table

    table = Table(*headings, box=None, pad_edge=False, header_style="bold")
    for row in rows:
        table.add_row(*map(escaped, row))
    Console(file=context.stdout, width=width(context), markup=False).print(table)


def _size(context: Context, variable: str, side: str) -> int:
    value = context.environ.get(variable, "")
    if value.isdecimal() and int(value) > 0:
        return int(value)
    try:
        return int(getattr(os.get_terminal_size(context.stdout.fileno()), side))
    except (OSError, ValueError):  # not a terminal, or not a real file
        return 0


def colours(context: Context, to_terminal: bool) -> Literal[0, 256, 24]:
    """Return the colour depth for drawings: 0 for none, 256 colours, or 24 bits.

    `NO_COLOR` disables colours; `FORCE_COLOR` enables them for pipes (`less -R`).
    """
    environ = context.environ
    if environ.get("NO_COLOR") or not (to_terminal or environ.get("FORCE_COLOR")):
        return 0
    if environ.get("TERM") == "dumb":
        return 0
    return 24 if environ.get("COLORTERM", "").lower() in {"truecolor", "24bit"} else 256
