"""Progress bar of speech synthesis: characters spoken of all."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from audiocli.cli.progress_line import Pace, bar, progress_line
from audiocli.cli.terminal import has_colour
from audiocli.context import Context

Advance = Callable[[int, int], None]  # characters spoken, characters in all


class _SynthesisProgress:
    """Counts the spoken characters of a text."""

    def __init__(self, name: str, colour: bool) -> None:
        self._name = name
        self._colour = colour
        self._start: float | None = None
        self._said = self._total = 0
        self._pace = Pace()

    def advance(self, said: int, total: int) -> None:
        self._start = self._start or time.monotonic()
        self._said, self._total = said, total

    def line(self, columns: int) -> str:
        share = self._said / self._total if self._total else None
        elapsed = time.monotonic() - self._start if self._start else 0.0
        count = f"{self._said}/{self._total} characters" if self._total else ""
        details = (count, self._pace.time_left(elapsed, self._said, self._total))
        return bar(self._name, share, details, columns, self._colour)


@contextmanager
def speaking_progress(context: Context, name: str, *, is_watched: bool) -> Iterator[Advance]:
    """Yield a callback that updates the bar of a text; the bar is erased at the end.

    Parameters
    ----------
    name : label of the bar
    is_watched : False if another program shares the terminal, as in a pipe to a player
    """
    characters = _SynthesisProgress(name, has_colour(context))
    if not is_watched:
        yield characters.advance
        return
    with progress_line(context, characters.line):
        yield characters.advance
