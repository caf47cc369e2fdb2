"""A progress line on a terminal, and streams that write above it."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from threading import Event, RLock, Thread
from typing import TYPE_CHECKING, Any, TextIO, cast

from audiocli.cli.terminal import is_pipe, progress_columns
from audiocli.escaping import plain

if TYPE_CHECKING:
    from audiocli.context import Context

INTERVAL = 0.1  # seconds between redraws
PIPE_DELAY = 0.5  # seconds of pause after a write to a pipe, whose reader may use the same terminal
_ERASE = "\r\x1b[K"  # move to the first column and clear the line
_MAX_LABEL = 32  # columns
_MAX_BAR = 40  # columns

Describe = Callable[[int], str]  # takes the number of columns; an empty string hides the line


@contextmanager
def progress_line(context: Context, describe: Describe) -> Iterator[None]:
    """Show a line on stderr, redrawn until the block ends and then erased.

    Inside the block, output to `context.stdout` and `context.stderr` appears above the line.
    If stdout is a pipe, the line is hidden for a moment after each write, because the program
    that reads the pipe may write to the same terminal.
    """
    if not context.shows_progress:
        yield
        return
    line = _Line(context.stderr, lambda: describe(progress_columns(context) - 1))
    stdout, stderr = context.stdout, context.stderr
    guarded = cast(TextIO, _StreamAboveLine(line, stderr))
    if stdout.isatty():
        context.stdout = cast(TextIO, _StreamAboveLine(line, stdout))
    elif is_pipe(stdout):
        context.stdout = cast(TextIO, _StreamAboveLine(line, stdout, PIPE_DELAY))
    context.stderr = guarded
    if is_of_process := sys.stderr is stderr:  # used by libraries
        sys.stderr = guarded
    try:
        with line:
            yield
    finally:
        context.stdout, context.stderr = stdout, stderr
        if is_of_process and sys.stderr is guarded:
            sys.stderr = stderr


class _Line:
    """A line that a thread redraws, and that writers erase."""

    def __init__(self, terminal: TextIO, text: Callable[[], str]) -> None:
        self.lock = RLock()
        self._terminal = terminal
        self._text = text
        self._drawn = ""
        self._is_free = True  # whether the cursor is at the start of a line
        self._resume = 0.0  # time of the next redraw
        self._end = Event()
        self._thread = Thread(target=self._redraw, name="progress", daemon=True)

    def __enter__(self) -> None:
        self._thread.start()

    def __exit__(self, *_: object) -> None:
        self._end.set()
        self._thread.join()
        self.erase()

    def erase(self) -> None:
        """Erase the line until the next redraw."""
        with self.lock:
            if self._drawn:
                self._put(_ERASE)
            self._drawn = ""

    def written(self, text: str, delay: float) -> None:
        """Record output above the line; it is redrawn once that output ends with a newline.

        Parameters
        ----------
        delay : minimum seconds until the next redraw
        """
        if text:
            self._is_free = text.endswith(("\n", _ERASE))
            self._resume = time.monotonic() + delay if delay else self._resume

    def _redraw(self) -> None:
        while not self._end.wait(INTERVAL):
            with self.lock:
                may_draw = self._is_free and time.monotonic() >= self._resume
                text = self._text() if may_draw else ""
                if not text:
                    self.erase()
                elif text != self._drawn:
                    self._put(f"\r{text}\x1b[K\r")
                    self._drawn = text

    def _put(self, text: str) -> None:
        try:
            self._terminal.write(text)
            self._terminal.flush()
        except OSError:  # the terminal was closed; continue without it
            self._end.set()


class _StreamAboveLine:
    """A stream that erases the progress line before each write."""

    def __init__(self, line: _Line, stream: TextIO, delay: float = 0.0) -> None:
        self._line = line
        self._stream = stream
        self._delay = delay

    def write(self, text: str) -> int:
        with self._line.lock:
            self._line.erase()
            count = self._stream.write(text)
            self._stream.flush()
            self._line.written(text, self._delay)
        return count

    def writelines(self, lines: Iterable[str]) -> None:
        for line in lines:
            self.write(line)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._stream, name)


def bar(label: str, share: float | None, details: Iterable[str], columns: int, colour: bool) -> str:
    """Return a line with a label, a bar with percentage if `share` is known, and details.

    Parameters
    ----------
    share : completed share, 0 to 1; unfinished work is shown as 99 % at most
    columns : maximum width; the bar is shortened first, then the line is cut
    """
    tail = [text for text in details if text]
    label = fitted(plain(label), _MAX_LABEL)
    if share is None:
        return fitted("  ".join([label, *tail]), columns)
    percent = f"{min(99, int(share * 100)):2}%"
    rest = "  ".join([percent, *tail])
    length = min(_MAX_BAR, columns - width(label) - width(rest) - 4)
    if length < 5:
        return fitted("  ".join([label, rest]), columns)
    filled = int(min(share, 1.0) * length)
    done, left = "━" * filled, "━" * (length - filled)
    drawn = f"\x1b[36m{done}\x1b[39;2m{left}\x1b[0m" if colour else done + "─" * (length - filled)
    return f"{label}  {drawn}  {rest}"


class Pace:
    """The pace of work, measured whenever the work advances.

    Attributes
    ----------
    speed : units of work per second until the last advance
    """

    def __init__(self) -> None:
        self.speed = 0.0
        self._done = 0.0
        self._advanced = 0.0

    def time_left(self, elapsed: float, done: float, total: float | None) -> str:
        """Return the estimated remaining time, or an empty string if it is unknown.

        While the work does not advance, the estimate is counted down, and hidden at zero.

        Parameters
        ----------
        elapsed : seconds since the start
        done, total : units of work; `total` is None or 0 if unknown
        """
        if done != self._done:
            self._done, self._advanced = done, elapsed
            self.speed = done / elapsed if elapsed else 0.0
        if not total or not self.speed:
            return ""
        seconds = (total - done) / self.speed - (elapsed - self._advanced)
        return f"{short_time(seconds)} left" if seconds >= 1.0 else ""


def short_time(seconds: float) -> str:
    """Format a time as `0:07` or `1:02:03`."""
    minutes, second = divmod(round(seconds), 60)
    hours, minute = divmod(minutes, 60)
    return f"{hours}:{minute:02}:{second:02}" if hours else f"{minute}:{second:02}"


def width(text: str) -> int:
    """Return the width of a text in columns; wide East Asian characters take two."""
    from audiocli.render.subtitles.units import columns

    return columns(text)


def fitted(text: str, columns: int) -> str:
    """Truncate a text to a width, with an ellipsis."""
    if width(text) <= columns:
        return text
    while text and width(text) > columns - 1:
        text = text[:-1]
    return f"{text}…" if columns > 0 else ""
