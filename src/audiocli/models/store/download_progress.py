"""Honest progress of a download that somebody else makes: the bytes on the disk."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

POLL_SECONDS = 0.1


@contextmanager
def report_growth(folder: Path, on_bytes: Callable[[int], None]) -> Iterator[None]:
    """While inside, report by how many bytes the folder has grown; it never goes back."""
    on_bytes(0)
    finished = threading.Event()
    before = _bytes_in(folder)

    def poll() -> None:
        most = 0
        while not finished.wait(POLL_SECONDS):
            most = max(most, _bytes_in(folder) - before)
            on_bytes(most)

    watcher = threading.Thread(target=poll, daemon=True)
    watcher.start()
    try:
        yield
    finally:
        finished.set()
        watcher.join()


def _bytes_in(folder: Path) -> int:
    """Sum the sizes of all files below a folder; links do not count."""
    total = 0
    for parent, _, names in os.walk(folder):
        for name in names:
            with suppress(OSError):  # it was renamed meanwhile
                total += os.lstat(os.path.join(parent, name)).st_size  # noqa: PTH118
    return total
