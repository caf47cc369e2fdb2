"""Bars on stderr for whoever watches, and the store that commands take models from."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from audiocli.context import Context

if TYPE_CHECKING:
    from rich.progress import Progress

    from audiocli.models.store import Store


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
