"""A bar on stderr while a text is spoken: characters said, of those there are."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from audiocli.context import Context

Advance = Callable[[int, int], None]  # characters said, characters there are


@contextmanager
def speaking_progress(context: Context, name: str, *, is_watched: bool) -> Iterator[Advance]:
    """Give a callback that moves the bar of one text, which is gone when the block ends.

    Parameters
    ----------
    name : what stands before the bar
    is_watched : False where another program shares the terminal, as in a pipe to a player
    """
    if not (is_watched and context.shows_progress):
        yield _unseen
        return
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn
    from rich.progress import TimeRemainingColumn as TimeLeftColumn

    columns = (
        TextColumn("{task.description}", markup=False),
        BarColumn(),
        MofNCompleteColumn(),
        TextColumn("characters"),
        TimeLeftColumn(),
    )
    with Progress(*columns, console=context.console, transient=True) as bar:
        task = bar.add_task(name, total=None)
        yield lambda said, total: bar.update(task, completed=said, total=total)


def _unseen(_said: int, _total: int) -> None:
    """Nobody watches."""
