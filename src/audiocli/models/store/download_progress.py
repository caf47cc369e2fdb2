"""Progress of a download by another program, from the growth of its folder."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

POLL_SECONDS = 0.1


@contextmanager
def report_growth(folder: Path, on_bytes: Callable[[int], None]) -> Iterator[None]:
    """Report the growth of a folder in bytes, periodically and without decreasing."""
    on_bytes(0)
    finished = threading.Event()
    before = _bytes_in(folder)

    def poll() -> None:
        largest = 0
        while not finished.wait(POLL_SECONDS):
            largest = max(largest, _bytes_in(folder) - before)
            on_bytes(largest)

    watcher = threading.Thread(target=poll, daemon=True)
    watcher.start()
    try:
        yield
    finally:
        finished.set()
        watcher.join()


def _bytes_in(folder: Path) -> int:
    """Return the total size of the files in a folder, without following links."""
    total = 0
    for parent, _, names in os.walk(folder):
        for name in names:
            with suppress(OSError):  # renamed during the walk
                total += os.lstat(os.path.join(parent, name)).st_size  # noqa: PTH118
    return total
