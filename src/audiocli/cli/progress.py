"""Bars on stderr for whoever watches, and the store that commands take models from."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import TYPE_CHECKING

from audiocli.context import Context

if TYPE_CHECKING:
    from rich.progress import Progress

    from audiocli.audio.decode import AudioStream
    from audiocli.models.store import Store
    from audiocli.tasks.events import Recording


@contextmanager
def open_store(context: Context) -> Iterator[Store]:
    """Give the store of this run; what it fetches inside the block shows a bar."""
    from audiocli.models.store import Store

    with download_progress(context) as on_progress:
        yield Store(context.cache_dir, context.offline, on_progress, context.warn)


@contextmanager
def download_progress(context: Context) -> Iterator[Callable[[str, int, int], None]]:
    """Give a callback `(name, bytes so far, bytes in all)` that shows downloads.

    A terminal gets a bar for each name, gone when the block ends; anything else
    one line when a download starts.
    """
    if not context.shows_progress:
        yield _announcer(context)
        return
    progress = _bar(context)
    tasks = {}

    def show(name: str, done: int, total: int) -> None:
        if name not in tasks:
            if done == total:
                return  # nothing had to be fetched
            tasks[name] = progress.add_task(name, total=total or None)
            progress.start()
        progress.update(tasks[name], completed=done, total=total or None)

    try:
        yield show
    finally:
        progress.stop()


def _announcer(context: Context) -> Callable[[str, int, int], None]:
    """Make a callback that says one line for each download."""
    from rich.filesize import decimal

    announced = set()

    def announce(name: str, done: int, total: int) -> None:
        if name not in announced and done != total:
            announced.add(name)
            context.warn(f"fetching {name}" + (f", {decimal(total)}" if total else ""))

    return announce


def _bar(context: Context) -> Progress:
    from rich.progress import (
        BarColumn,
        DownloadColumn,
        Progress,
        TextColumn,
        TimeRemainingColumn,
        TransferSpeedColumn,
    )

    return Progress(
        TextColumn("{task.description}", markup=False),
        BarColumn(),
        DownloadColumn(),
        TransferSpeedColumn(),
        TimeRemainingColumn(),
        console=context.console,
        transient=True,
    )


class SoundProgress:
    """Follows a batch: seconds of sound finished, of the seconds there are.

    The length of a recording is known when it is opened; those not yet opened are
    taken to be as long as the others are on average.
    """

    def __init__(self, bar: Progress | None, count: int) -> None:
        self._bar = bar
        self._count = count
        self._lengths: list[float] = []
        self._task = bar.add_task("listening", total=None, speed="") if bar else None

    def watched(self, recording: Recording) -> Recording:
        """Make a recording that tells its length when it is opened."""

        @contextmanager
        def opened(rate: int | None) -> Iterator[AudioStream]:
            with recording.open(rate) as stream:
                if stream.duration:
                    self._lengths.append(stream.duration)
                yield stream

        return replace(recording, open=opened)

    def update(self, finished: float) -> None:
        """Show the seconds of sound that are finished."""
        if self._bar is None or self._task is None:
            return
        known = sum(self._lengths)
        estimate = known * self._count / len(self._lengths) if self._lengths else None
        speed = finished / (self._bar.tasks[self._task].elapsed or 1e-9)
        self._bar.update(self._task, completed=finished, total=estimate, speed=f"{speed:.0f}x")


@contextmanager
def sound_progress(context: Context, count: int) -> Iterator[SoundProgress]:
    """Show how far a batch of `count` recordings is, where a person is watching."""
    if not context.shows_progress:
        yield SoundProgress(None, count)
        return
    from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn
    from rich.progress import TimeRemainingColumn as TimeLeftColumn

    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        TaskProgressColumn(),
        TextColumn("{task.fields[speed]}"),
        TimeLeftColumn(),
    )
    with Progress(*columns, console=context.console, transient=True) as bar:
        yield SoundProgress(bar, count)
