"""Progress bars on stderr, and the model store that shows its downloads with one."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator, Sized
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import PurePath
from typing import TYPE_CHECKING

from audiocli.cli.progress_line import Pace, bar, progress_line, short_time
from audiocli.cli.terminal import has_colour
from audiocli.context import Context

if TYPE_CHECKING:
    from audiocli.audio.decode import AudioStream
    from audiocli.batch.inputs import Input
    from audiocli.loading import Loader
    from audiocli.models.base import DeviceOptions
    from audiocli.models.store.model_store import Store
    from audiocli.tasks.common.events import Recording


@contextmanager
def open_loader(context: Context, device_options: DeviceOptions) -> Iterator[Loader]:
    """Yield the loader of this run; downloads inside the block show a progress bar."""
    from audiocli.loading import Loader

    with open_store(context) as store:
        yield Loader(device_options, store)


@contextmanager
def open_store(context: Context) -> Iterator[Store]:
    """Yield the model store of this run; downloads inside the block show a progress bar."""
    from audiocli.models.store.model_store import Store

    with download_progress(context) as on_progress:
        yield Store(context.cache_dir, context.offline, on_progress, context.warn)


# --- downloads -------------------------------------------------------------------


@contextmanager
def download_progress(context: Context) -> Iterator[Callable[[str, int, int], None]]:
    """Yield a callback `(name, bytes so far, total bytes)` that shows downloads.

    On a terminal it shows a bar and erases it after the download; else it prints one line
    when a download starts.
    """
    if not context.shows_progress:
        yield _announcer(context)
        return
    downloads = _Downloads(has_colour(context))
    with progress_line(context, downloads.line):
        yield downloads.show


class _Downloads:
    """Active downloads; the newest is shown."""

    def __init__(self, colour: bool) -> None:
        self._colour = colour
        # Start time, pace, bytes, total bytes.
        self._active: dict[str, tuple[float, Pace, int, int]] = {}

    def show(self, name: str, done: int, total: int) -> None:
        """Update a download; `total` is 0 if unknown."""
        if done == total:
            self._active.pop(name, None)
            return
        start, pace, _, _ = self._active.get(name, (time.monotonic(), Pace(), 0, 0))
        self._active[name] = (start, pace, done, total)

    def line(self, columns: int) -> str:
        """Return the text of the progress line."""
        from rich.filesize import decimal

        active = list(self._active.items())
        if not active:
            return ""
        name, (start, pace, done, total) = active[-1]
        elapsed = time.monotonic() - start
        share = done / total if total else None
        details = (
            f"{decimal(done)} of {decimal(total)}" if total else decimal(done),
            f"{decimal(int(done / elapsed))}/s" if done and elapsed > 1 else "",
            pace.time_left(elapsed, done, total),
        )
        return bar(name, share, details, columns, self._colour)


def _announcer(context: Context) -> Callable[[str, int, int], None]:
    """Return a callback that prints one line for each download."""
    from rich.filesize import decimal

    announced = set()

    def announce(name: str, done: int, total: int) -> None:
        if name not in announced and done != total:
            announced.add(name)
            context.warn(f"fetching {name}" + (f", {decimal(total)}" if total else ""))

    return announce


# --- recordings ------------------------------------------------------------------


@dataclass
class _SuffixTotals:
    """Totals of the files with one suffix.

    Attributes
    ----------
    seconds, bytes : of opened files
    waiting, waiting_bytes : number and bytes of files not yet opened
    """

    seconds: float = 0.0
    bytes: int = 0
    waiting: int = 0
    waiting_bytes: int = 0


class SoundProgress:
    """Progress of a batch in seconds of audio.

    The duration of a recording is known when it is opened. That of the others is estimated
    from their file sizes and the bytes per second of the opened files.
    """

    def __init__(self, inputs: Iterable[Input], colour: bool = False) -> None:
        sized = list(inputs) if isinstance(inputs, Sized) else []
        self._count = len(sized) if isinstance(inputs, Sized) else None
        self._colour = colour
        self._settled = 0
        self._reported = 0.0  # seconds, by the task
        self._complete = 0.0  # seconds of recordings that are finished
        self.restored = 0.0  # seconds that an earlier run finished
        self._start: float | None = None
        self._pace = Pace()
        self._lengths: dict[Input, float] = {}  # of recordings that are not finished
        self._opened_seconds = 0.0  # of all opened recordings, but those that failed
        self._opened_count = 0
        self._unknown: set[Input] = set()  # opened, of unknown duration
        self._sizes = {input: _size(input) for input in sized}  # of files not yet opened
        self._suffixes: dict[str, _SuffixTotals] = {}
        for input, size in self._sizes.items():
            suffix = self._suffix(input)
            suffix.waiting += 1
            suffix.waiting_bytes += size

    def watched(self, recording: Recording) -> Recording:
        """Return the recording, with its duration reported here when it is opened."""

        @contextmanager
        def opened(rate: int | None) -> Iterator[AudioStream]:
            self._start = self._start or time.monotonic()
            with recording.open(rate) as stream:
                self.opened(recording.key, stream.duration)
                yield stream

        return replace(recording, open=opened)

    def update(self, finished: float) -> None:
        """Set the seconds of audio that are processed, over all recordings."""
        self._reported = finished

    def restore(self, seconds: float) -> None:
        """Count seconds of audio that an earlier run finished, which do not add to the speed."""
        if self._finished <= self.restored:  # nothing but restored seconds so far
            self._start = time.monotonic()
        self.restored += seconds

    def length(self, input: Input) -> float | None:
        """Return the duration of an opened recording in seconds, or None if it is unknown."""
        return self._lengths.get(input)

    def settle(self, input: Input, *, failed: bool = False) -> None:
        """Count a recording as finished or failed."""
        self._settled += 1
        self._left(input)
        self._unknown.discard(input)
        seconds = self._lengths.pop(input, 0.0)
        if failed:
            self._opened_seconds -= seconds
        else:
            self._complete += seconds

    @property
    def _finished(self) -> float:
        return max(self._reported, self._complete)

    @property
    def total(self) -> float | None:
        """Known or estimated seconds of all recordings, or None if unknown."""
        if self._unknown or not self._opened_count or self._count is None:
            return None
        known = sum(suffix.seconds for suffix in self._suffixes.values())
        size = sum(suffix.bytes for suffix in self._suffixes.values())
        mean = known / self._opened_count
        estimated = 0.0
        for suffix in self._suffixes.values():
            if suffix.bytes and suffix.waiting_bytes:
                estimated += suffix.waiting_bytes * suffix.seconds / suffix.bytes
            elif size and suffix.waiting_bytes:
                estimated += suffix.waiting_bytes * known / size
            else:
                estimated += suffix.waiting * mean
        return max(self._finished, self._opened_seconds + estimated)

    def line(self, columns: int) -> str:
        """Return the text of the progress line."""
        if self._start is None:
            return ""
        elapsed = time.monotonic() - self._start
        total = self.total
        share = self._finished / total if total else None
        computed = max(0.0, self._finished - self.restored)
        left = self._pace.time_left(elapsed, computed, total and total - self.restored)
        speed = self._pace.speed
        details = (
            self._files(),
            short_time(self._finished) if total is None else "",
            f"{speed:.{int(speed < 10)}f}x" if computed else "",
            left,
        )
        return bar("processing", share, details, columns, self._colour)

    def _files(self) -> str:
        """Return the number of finished files, unless there is only one."""
        if self._count is None:
            return f"{self._settled} files"
        return f"{self._settled} of {self._count} files" if self._count > 1 else ""

    def opened(self, input: Input, seconds: float | None) -> None:
        """Set the duration of a recording in seconds, or None if it is unknown."""
        self._start = self._start or time.monotonic()
        size = self._left(input)
        if not seconds:
            self._unknown.add(input)
            return
        self._lengths[input] = seconds
        self._opened_seconds += seconds
        self._opened_count += 1
        suffix = self._suffix(input)
        suffix.seconds += seconds
        suffix.bytes += size

    def _left(self, input: Input) -> int:
        """Remove a recording from those not yet opened; return its file size."""
        if input not in self._sizes:
            return 0
        size = self._sizes.pop(input)
        suffix = self._suffix(input)
        suffix.waiting -= 1
        suffix.waiting_bytes -= size
        return size

    def _suffix(self, input: Input) -> _SuffixTotals:
        return self._suffixes.setdefault(PurePath(input.name).suffix.lower(), _SuffixTotals())


def _size(input: Input) -> int:
    try:
        return input.path.stat().st_size if input.path else 0
    except OSError:
        return 0


@contextmanager
def sound_progress(context: Context, inputs: Iterable[Input]) -> Iterator[SoundProgress]:
    """Show the progress of a batch on a terminal."""
    progress = SoundProgress(inputs if context.shows_progress else (), has_colour(context))
    with progress_line(context, progress.line):
        yield progress
