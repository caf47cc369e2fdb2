"""The streams and the environment of a run.

Commands use a `Context` instead of `sys`, so that tests can replace the streams.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import BinaryIO, TextIO

from audiocli.escaping import escaped, plain


@dataclass
class Context:
    """Streams and switches of one run.

    Attributes
    ----------
    quiet : print only errors on stderr
    verbose : add the traceback to errors, and library messages to stderr
    offline : do not use the network
    hinted : problems of inputs that were reported with their hint
    arguments : the command line, without the name of the program
    """

    stdin: BinaryIO
    stdout: TextIO
    stderr: TextIO
    environ: Mapping[str, str] = field(default_factory=lambda: os.environ)
    quiet: bool = False
    verbose: bool = False
    offline: bool = False
    hinted: set[tuple[str, str]] = field(default_factory=set)
    arguments: tuple[str, ...] = ()

    @classmethod
    def of_process(cls) -> Context:
        """Return the context of the process."""
        # A stream that is closed (`>&-`) is None: reading finds nothing, writing results fails.
        for name, mode in (("stdin", "r"), ("stdout", "r"), ("stderr", "w")):
            if getattr(sys, name) is None:
                setattr(sys, name, Path(os.devnull).open(mode))  # noqa: SIM115 (while it runs)
        # Text is UTF-8 and line ends are "\n" on every system, because stdout is data.
        for stream in (sys.stdout, sys.stderr):
            if hasattr(stream, "reconfigure"):
                stream.reconfigure(encoding="utf-8", errors="backslashreplace", newline="\n")
        context = cls(stdin=sys.stdin.buffer, stdout=sys.stdout, stderr=sys.stderr)
        context.offline = is_offline(context.environ)
        return context

    @property
    def cache_dir(self) -> Path:
        """The folder where models are kept."""
        return cache_dir(self.environ)

    @property
    def shows_progress(self) -> bool:
        """Whether a progress bar is shown: stderr is a terminal, and --quiet is not given."""
        is_watched = self.stderr.isatty() and self.environ.get("TERM") != "dumb"
        return is_watched and not self.quiet

    def print_row(self, *cells: object) -> None:
        """Print cells on stdout, separated by tabs, with control characters escaped."""
        print(*(escaped(str(cell)) for cell in cells), sep="\t", file=self.stdout)

    def warn(self, message: str) -> None:
        """Print a line on stderr that is not an error."""
        if not self.quiet:
            self.print_stderr(plain(message))

    def print_stderr(self, line: str) -> None:
        """Print a line on stderr; if it cannot be written, it is dropped, and the run goes on."""
        try:
            print(line, file=self.stderr)
        except OSError:
            discard(self.stderr)


def discard(stream: TextIO) -> None:
    """Redirect a stream to the null device, so that flushing it at exit raises no error."""
    with suppress(OSError, ValueError):
        os.dup2(os.open(os.devnull, os.O_WRONLY), stream.fileno())


def cache_dir(environ: Mapping[str, str]) -> Path:
    """Return the folder where models are kept: `AUDIOCLI_CACHE`, else the user's cache folder."""
    if configured := environ.get("AUDIOCLI_CACHE"):
        return Path(configured).expanduser()
    from platformdirs import user_cache_path

    return user_cache_path("audiocli")


def is_offline(environ: Mapping[str, str]) -> bool:
    """Return whether `AUDIOCLI_OFFLINE` or `HF_HUB_OFFLINE` is set to true."""
    values = (environ.get(name, "") for name in ("AUDIOCLI_OFFLINE", "HF_HUB_OFFLINE"))
    return any(value.strip().lower() in {"1", "true", "yes", "on"} for value in values)
