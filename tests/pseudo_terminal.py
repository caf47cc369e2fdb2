"""Run the program with stdout and stderr on one pseudo-terminal."""

from __future__ import annotations

import fcntl
import os
import re
import shlex
import struct
import subprocess
import sys
import termios
from pathlib import Path
from typing import NamedTuple

_CONTROL = re.compile(r"\x1b\[[0-9;?]*[A-Za-z]|\r|\n|[^\x1b\r\n]+")


class Seen(NamedTuple):
    """Exit code of a run and contents of the terminal.

    Attributes
    ----------
    lines : lines of the screen at the end, without trailing empty lines
    bars : every state of the progress line, in order
    """

    code: int
    lines: list[str]
    bars: list[str]


def audiocli_on_terminal(
    *args: object,
    stdin: bytes = b"",
    columns: int = 100,
    timeout: float = 120,
    piped_into: str = "",
    **environ: str,
) -> Seen:
    """Run a command line as a process whose stdout and stderr are one terminal.

    Parameters
    ----------
    piped_into : a shell command that reads its stdout and writes to the terminal
    """
    command = [sys.executable, "-m", "audiocli", *map(str, args)]
    if piped_into:
        line = f"{shlex.join(command)} | {piped_into}"
        command = ["bash", "-c", f"set -o pipefail; {line}"]
    main, side = os.openpty()
    fcntl.ioctl(side, termios.TIOCSWINSZ, struct.pack("HHHH", 40, columns, 0, 0))
    kept = {k: v for k, v in os.environ.items() if k not in {"COLUMNS", "LINES", "NO_COLOR"}}
    process = subprocess.Popen(
        command,
        stdin=subprocess.PIPE,
        stdout=side,
        stderr=side,
        env={**kept, "TERM": "xterm-256color", **environ},
        cwd=environ.get("PWD", Path.cwd()),
    )
    os.close(side)
    assert process.stdin is not None
    process.stdin.write(stdin)
    process.stdin.close()
    raw = b""
    try:
        while data := _read(main):
            raw += data
        code = process.wait(timeout)
    finally:
        process.kill()
        os.close(main)
    lines, bars = screen(raw.decode(), columns)
    return Seen(code, lines, bars)


def _read(descriptor: int) -> bytes:
    try:
        return os.read(descriptor, 65536)
    except OSError:  # raised by Linux if the other end is closed
        return b""


def screen(raw: str, columns: int) -> tuple[list[str], list[str]]:
    """Interpret text, carriage returns, line feeds and the codes that erase a line."""
    lines, column, bars = [""], 0, []
    for token in _CONTROL.findall(raw):
        if token == "\r":
            column = 0
        elif token == "\n":
            lines.append("")
        elif token == "\x1b[K":
            if column:
                bars.append(lines[-1][:column])
            lines[-1] = lines[-1][:column]
        elif token.startswith("\x1b"):
            assert token.endswith("m"), f"moves the cursor: {token!r}"
        else:
            lines[-1] = lines[-1][:column] + token + lines[-1][column + len(token) :]
            column += len(token)
            assert column <= columns or not token.startswith("processing"), "the bar wraps"
    while lines and not lines[-1]:
        lines.pop()
    return lines, bars
