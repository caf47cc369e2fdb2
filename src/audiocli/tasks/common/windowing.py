"""From recordings to windows of sound, and from the answers of a model back to recordings.

A thread decodes ahead and cuts the sound; batches take windows of all recordings; what
comes of them is entered for each recording in the order of its windows.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass, replace
from typing import Any, Generic, Protocol, TypeVar

from audiocli.errors import AudioCliError, input_failure
from audiocli.tasks.common.batching import BatchScheduler
from audiocli.tasks.common.events import Progress, Recording
from audiocli.tasks.common.sliding_windows import Samples, SlidingWindow, sliding_windows

BLOCK = 5.0  # seconds decoded at a time

OutputT = TypeVar("OutputT")


@dataclass(frozen=True, eq=False)
class WindowItem:
    """A window of a recording; or its end, without a window, with an error if it broke.

    Attributes
    ----------
    number : of the window; of the end, how many windows there were
    start, end : on the time axis of the source, in seconds
    """

    recording: Recording
    number: int
    window: SlidingWindow | None = None
    start: float = 0.0
    end: float = 0.0
    error: AudioCliError | None = None

    @property
    def seconds(self) -> float:
        """Length of its window."""
        return self.end - self.start if self.window else 0.0


@dataclass(frozen=True)
class Windowing:
    """How recordings are cut.

    Attributes
    ----------
    rate : samples a second, in Hz
    window, hop : in seconds
    """

    rate: int
    window: float
    hop: float

    def pieces(self, recordings: Iterable[Recording]) -> Iterator[WindowItem]:
        """Decode and cut the recordings one after another; each ends with its end."""
        for recording in recordings:
            count = 0
            try:
                for piece in self._cut(recording):
                    yield piece
                    count += 1
            except Exception as error:
                yield WindowItem(recording, count, error=input_failure(error, recording.name))

    def _cut(self, recording: Recording) -> Iterator[WindowItem]:
        rate = self.rate
        count = length = 0
        with recording.open(rate) as stream:

            def mono() -> Iterator[Samples]:
                nonlocal length
                for block in stream.blocks(BLOCK):
                    length += block.shape[1]
                    yield block[0]

            for window in sliding_windows(
                mono(), round(self.window * rate), round(self.hop * rate)
            ):
                start = stream.offset + window.start / rate
                end = start + len(window.samples) / rate
                yield WindowItem(recording, count, window, start, end)
                count += 1
            yield WindowItem(recording, count, None, stream.offset, stream.offset + length / rate)


class WindowAccumulator(Generic[OutputT]):
    """What is known of one recording so far."""

    def __init__(self) -> None:
        self._ahead: dict[int, tuple[WindowItem, OutputT | AudioCliError]] = {}
        self._written = 0
        self._end: WindowItem | None = None
        self._error: AudioCliError | None = None

    def enter(self, piece: WindowItem, answer: OutputT | AudioCliError | None) -> None:
        """Enter a piece; windows are written in their order, and an error fails the recording."""
        if answer is None:
            self._end = piece
            return
        self._ahead[piece.number] = piece, answer
        while self._written in self._ahead:
            self._take(*self._ahead.pop(self._written))
            self._written += 1

    def _take(self, piece: WindowItem, answer: OutputT | AudioCliError) -> None:
        try:
            if isinstance(answer, AudioCliError):
                raise answer
            self.write(piece, answer)
        except Exception as error:
            self._error = self._error or input_failure(error, piece.recording.name)

    @property
    def end(self) -> WindowItem | None:
        """The end of the recording, once all before it is written."""
        if self._end and self._written == self._end.number:
            return replace(self._end, error=self._end.error or self._error)
        return None

    def write(self, piece: WindowItem, answer: OutputT) -> None:
        """Take the answer to the next window."""
        raise NotImplementedError


class BatchedModel(Protocol):
    """What the batches of a model are bounded by."""

    @property
    def workers(self) -> int:
        """Batches it runs well at the same time."""
        ...

    @property
    def batch_seconds(self) -> float:
        """Seconds of sound that make a good batch."""
        ...


AccumulatorT = TypeVar("AccumulatorT", bound=WindowAccumulator[Any])


def run_windows(
    recordings: Iterable[Recording],
    cutter: Windowing,
    model: BatchedModel,
    work: Callable[[Sequence[Any]], Sequence[Any]],
    new_ledger: Callable[[], AccumulatorT],
    on_progress: Progress,
) -> Iterator[tuple[AccumulatorT, WindowItem]]:
    """Yield the ledger and the end of each recording as it becomes whole.

    Parameters
    ----------
    work : takes the samples of windows, gives an answer for each
    on_progress : told the seconds of sound finished, over all recordings
    """

    def of_pieces(pieces: Sequence[WindowItem]) -> Sequence[Any]:
        try:
            return work([piece.window.samples for piece in pieces if piece.window])
        except Exception as error:
            if len(pieces) == 1:
                return [input_failure(error, pieces[0].recording.name)]
            return [of_pieces([piece])[0] for piece in pieces]  # which one is it?

    ledgers: dict[int, AccumulatorT] = {}
    finished = 0.0
    pool: BatchScheduler[WindowItem, Any] = BatchScheduler(
        work=of_pieces, workers=model.workers, batch_seconds=model.batch_seconds
    )
    with closing(pool.run(cutter.pieces(recordings))) as outcomes:
        for piece, answer in outcomes:
            key = id(piece.recording)
            ledger = ledgers[key] if key in ledgers else ledgers.setdefault(key, new_ledger())
            ledger.enter(piece, answer)
            if ledger.end:
                del ledgers[key]
                yield ledger, ledger.end
            if piece.window:
                finished += piece.window.fresh / cutter.rate
                on_progress(finished)
