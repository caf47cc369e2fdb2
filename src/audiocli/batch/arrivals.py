"""Files that arrive in a folder."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

try:
    import fcntl
except ImportError:  # Windows
    fcntl = None  # type: ignore[assignment]

from audiocli.batch.folder_search import FolderFilter, search_folder
from audiocli.batch.inputs import Input, input_below

INTERVAL = 0.5  # seconds between searches
_OLD = 60.0  # seconds without a change after which a file is complete when it is first seen

_Stamp = tuple[int, int]  # size and time of modification in ns


def arrivals(
    folder: Path, filter: FolderFilter, *, settle: float, until_idle: float | None = None
) -> Iterator[Input]:
    """Yield the files below a folder as they are completed, and again when they change.

    A file is complete if its size and time have not changed for `settle` seconds, and no program
    has it open for writing, where the system can tell (Linux, for files of the same user).

    Parameters
    ----------
    until_idle : seconds without an arrival after which to end; None never ends
    """
    seen: dict[Path, tuple[_Stamp, float]] = {}  # with the time when it was first seen so
    yielded: dict[Path, _Stamp] = {}
    latest = time.monotonic()
    while True:
        for path in _files(folder, filter):
            stamp = _stamp(path)
            if stamp is None or yielded.get(path) == stamp:
                continue
            if seen.get(path, (None, 0.0))[0] != stamp:
                seen[path] = (stamp, time.monotonic())
                latest = time.monotonic()
            if _is_settled(stamp, seen[path][1], settle) and not _is_being_written(path):
                yielded[path] = stamp
                del seen[path]
                yield input_below(path, folder)
                latest = time.monotonic()
        if until_idle is not None and not seen and time.monotonic() - latest >= until_idle:
            return
        time.sleep(INTERVAL)


def _files(folder: Path, filter: FolderFilter) -> Iterator[Path]:
    for path in search_folder(folder, filter):
        if isinstance(path, Path):
            yield path


def _stamp(path: Path) -> _Stamp | None:
    try:
        status = path.stat()
    except OSError:  # it was moved or deleted
        return None
    return status.st_size, status.st_mtime_ns


def _is_settled(stamp: _Stamp, since: float, settle: float) -> bool:
    is_old = time.time() - stamp[1] / 1e9 > max(settle, _OLD)
    return is_old or time.monotonic() - since >= settle


def _is_being_written(path: Path) -> bool:
    """Return whether a program has the file open for writing; False if that is unknown."""
    lease = getattr(fcntl, "F_SETLEASE", None)
    if lease is None:
        return False
    with suppress(OSError):
        descriptor = os.open(path, os.O_RDONLY)
        try:
            fcntl.fcntl(descriptor, lease, fcntl.F_RDLCK)
            fcntl.fcntl(descriptor, lease, fcntl.F_UNLCK)
        except BlockingIOError:
            return True
        finally:
            os.close(descriptor)
    return False
