"""Draw docs/pictures/terminal.svg: what a few commands print on a terminal.

    python tools/make_terminal_picture.py

The commands run for real, in a pseudo-terminal of 88 columns, on the clips of the tests. Progress
bars go to stderr and are left out.
"""

from __future__ import annotations

import fcntl
import os
import re
import shlex
import struct
import subprocess
import sys
import termios
from io import StringIO
from pathlib import Path

from rich.console import Console
from rich.text import Text

ROOT = Path(__file__).parents[1]
DATA = ROOT / "tests" / "data"
PICTURE = ROOT / "docs" / "pictures" / "terminal.svg"
COLUMNS = 88
COMMANDS = (
    "audiocli transcribe jfk.flac",
    "audiocli classify rooster.ogg --top-k 3",
    "audiocli spectrogram jfk.flac",
)


def on_terminal(command: str) -> str:
    """Run a command with a terminal as its stdout and return what it prints, with its colours."""
    ours, theirs = os.openpty()
    fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", 40, COLUMNS, 0, 0))
    environ = {k: v for k, v in os.environ.items() if k not in {"COLUMNS", "LINES", "NO_COLOR"}}
    process = subprocess.Popen(
        [sys.executable, "-m", *shlex.split(command)],
        stdout=theirs,
        stderr=subprocess.DEVNULL,
        env={**environ, "TERM": "xterm-256color", "COLORTERM": "truecolor"},
        cwd=DATA,
    )
    os.close(theirs)
    written = b""
    while block := _read(ours):
        written += block
    os.close(ours)
    if process.wait():
        sys.exit(f"exit code {process.returncode}: {command}")
    return written.decode().replace("\r\n", "\n")


def _read(descriptor: int) -> bytes:
    """Read what is there; a terminal that is closed on the other side is at its end."""
    try:
        return os.read(descriptor, 65536)
    except OSError:
        return b""


def main() -> None:
    """Run the commands and write the picture."""
    console = Console(
        record=True, width=COLUMNS, file=StringIO(), force_terminal=True, color_system="truecolor"
    )
    for command in COMMANDS:
        console.print(Text("$ ", "bold green") + Text(command, "bold"))
        console.print(Text.from_ansi(on_terminal(command).rstrip("\n")))
        console.print()
    picture = console.export_svg(title="audiocli", unique_id="terminal")
    # The picture needs no network: viewers take their own monospace font.
    picture = re.sub(r"@font-face \{.*?\}\s*", "", picture, flags=re.DOTALL)
    PICTURE.write_text(re.sub(r"[ \t]+$", "", picture, flags=re.MULTILINE), encoding="utf-8")


if __name__ == "__main__":
    main()
