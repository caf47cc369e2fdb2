"""What the terminal can show: its size and its colours."""

from __future__ import annotations

import os
import stat
from typing import Literal, TextIO

from audiocli.context import Context
from audiocli.render.base import Layout


def width(context: Context) -> int:
    """Columns for tables: `COLUMNS`, else the terminal's, else 80."""
    return _size(context, "COLUMNS", "columns") or Layout.width


def height(context: Context) -> int:
    """Lines for drawings: `LINES`, else the terminal's, else 24."""
    return _size(context, "LINES", "lines") or Layout.height


def progress_columns(context: Context) -> int:
    """Columns of the terminal that stderr goes to, now: it may be resized at any time."""
    try:
        return os.get_terminal_size(context.stderr.fileno()).columns or Layout.width
    except (OSError, ValueError):
        return Layout.width


def is_pipe(stream: TextIO) -> bool:
    """Whether another program reads what is written to a stream."""
    try:
        return stat.S_ISFIFO(os.fstat(stream.fileno()).st_mode)
    except (OSError, ValueError):  # closed, or in memory
        return False


def has_colour(context: Context) -> bool:
    """Whether progress on stderr may be coloured."""
    return not context.environ.get("NO_COLOR")


def _size(context: Context, variable: str, side: str) -> int:
    value = context.environ.get(variable, "")
    if value.isdecimal() and int(value) > 0:
        return int(value)
    try:
        return int(getattr(os.get_terminal_size(context.stdout.fileno()), side))
    except (OSError, ValueError):  # not a terminal, or not a real file
        return 0


def colours(context: Context, to_terminal: bool) -> Literal[0, 256, 24]:
    """How finely the terminal can colour a drawing: not, in 256 colours, or in 24 bits.

    `NO_COLOR` says no anywhere; `FORCE_COLOR` says yes for a pipe too (`less -R`).
    """
    environ = context.environ
    if environ.get("NO_COLOR") or not (to_terminal or environ.get("FORCE_COLOR")):
        return 0
    if environ.get("TERM") == "dumb":
        return 0
    return 24 if environ.get("COLORTERM", "").lower() in {"truecolor", "24bit"} else 256
