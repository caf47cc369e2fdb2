"""Cut recordings into windows, run a model on batches of them, and collect the outputs.

A thread decodes ahead and cuts the audio. Batches mix the windows of all recordings. The
outputs of a recording are accumulated in the order of its windows.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass, replace
from typing import Any, Generic, Protocol, TypeVar

from audiocli.errors import AudioCliError, input_failure
from audiocli.tasks.common.batching import BatchScheduler
from audiocli.tasks.common.events import Progress, Recording
from audiocli.tasks.common.ordered_results import OrderedResults
from audiocli.tasks.common.sliding_windows import Samples, SlidingWindow, sliding_windows

BLOCK = 5.0  # seconds decoded at a time

OutputT = TypeVar("OutputT")


@dataclass(frozen=True, eq=False)
class WindowItem:
    """A window of a recording, or the end of the recording if `window` is None.

    Attributes
    ----------
    number : of the window; for the end, the number of windows
    start, end : in seconds on the time axis of the source; for the end, of the recording
    error : for the end, why reading stopped early
    """

    recording: Recording
    number: int
    window: SlidingWindow | None = None
    start: float = 0.0
    end: float = 0.0
    error: AudioCliError | None = None

    @property
    def seconds(self) -> float:
        """Length of the window in seconds; 0 for the end."""
        return self.end - self.start if self.window else 0.0


@dataclass(frozen=True)
class Windowing:
    """Length and step of the windows that recordings are cut into.

    Attributes
    ----------
    rate : sample rate in Hz
    window, hop : in seconds
    """

    rate: int
    window: float
    hop: float

    def windows(self, recordings: Iterable[Recording]) -> Iterator[WindowItem]:
        """Decode and cut recordings one after another; yield the end of each after its windows."""
        for recording in recordings:
            count = 0
            try:
                for item in self._cut(recording):
                    yield item
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
    """Accumulate the model outputs of one recording in the order of its windows.

    Subclasses implement `accumulate`.
    """

    def __init__(self) -> None:
        self._ordered: OrderedResults[tuple[WindowItem, OutputT | AudioCliError]] = OrderedResults()
        self._end: WindowItem | None = None
        self._error: AudioCliError | None = None

    def add(self, item: WindowItem, output: OutputT | AudioCliError | None) -> None:
        """Add a window with its output, or the end with None; an error fails the recording."""
        if output is None:
            self._end = item
            return
        for ready in self._ordered.add(item.number, (item, output)):
            self._accumulate_or_fail(*ready)

    def _accumulate_or_fail(self, item: WindowItem, output: OutputT | AudioCliError) -> None:
        try:
            if isinstance(output, AudioCliError):
                raise output
            self.accumulate(item, output)
        except Exception as error:
            self._error = self._error or input_failure(error, item.recording.name)

    @property
    def end(self) -> WindowItem | None:
        """The end of the recording once all its windows are accumulated, else None."""
        if self._end and self._ordered.released == self._end.number:
            return replace(self._end, error=self._end.error or self._error)
        return None

    def accumulate(self, item: WindowItem, output: OutputT) -> None:
        """Process the output of the next window."""
        raise NotImplementedError


class BatchedModel(Protocol):
    """The limits of the batches of a model."""

    @property
    def workers(self) -> int:
        """Number of batches that can run at the same time."""
        ...

    @property
    def batch_seconds(self) -> float:
        """Seconds of audio in a batch."""
        ...


AccumulatorT = TypeVar("AccumulatorT", bound=WindowAccumulator[Any])


def run_windows(
    recordings: Iterable[Recording],
    windowing: Windowing,
    model: BatchedModel,
    run_batch: Callable[[Sequence[Samples]], Sequence[Any]],
    new_accumulator: Callable[[], AccumulatorT],
    on_progress: Progress,
) -> Iterator[tuple[AccumulatorT, WindowItem]]:
    """Run a model on all windows; yield each finished recording's accumulator and end.

    Parameters
    ----------
    run_batch : return an output for each of the given windows, shape (time,) each
    on_progress : called with the finished seconds of audio of all recordings
    """

    def outputs(items: Sequence[WindowItem]) -> Sequence[Any]:
        try:
            return run_batch([item.window.samples for item in items if item.window])
        except Exception as error:
            if len(items) == 1:
                return [input_failure(error, items[0].recording.name)]
            return [outputs([item])[0] for item in items]  # only the failing window fails

    accumulators: dict[int, AccumulatorT] = {}
    finished = 0.0
    scheduler: BatchScheduler[WindowItem, Any] = BatchScheduler(
        work=outputs, workers=model.workers, batch_seconds=model.batch_seconds
    )
    with closing(scheduler.run(windowing.windows(recordings))) as results:
        for item, output in results:
            key = id(item.recording)
            if key not in accumulators:
                accumulators[key] = new_accumulator()
            accumulator = accumulators[key]
            accumulator.add(item, output)
            if accumulator.end:
                del accumulators[key]
                yield accumulator, accumulator.end
            if item.window:
                finished += item.window.fresh / windowing.rate
                on_progress(finished)
