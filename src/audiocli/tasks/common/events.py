"""Inputs and outcomes of tasks that process many recordings."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from contextlib import AbstractContextManager
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any, Generic, TypeVar

from audiocli.errors import AudioCliError, input_failure
from audiocli.results import Result

if TYPE_CHECKING:
    from audiocli.audio.decode import AudioStream
    from audiocli.tasks.common.checkpoints import Checkpoint

ResultT = TypeVar("ResultT", bound=Result)

# Called with the finished seconds of audio of all recordings.
Progress = Callable[[float], None]


def ignore_progress(_: float) -> None:
    """Do nothing; the default progress callback."""


@dataclass(frozen=True)
class Recording:
    """A recording to process.

    Attributes
    ----------
    key : identifies the recording for the caller
    name : as given by the user
    open : open the selected channels and range at a sample rate in Hz; None keeps the
        rate of the source
    checkpoint : keeps what is computed, for a run that continues after an interruption
    """

    key: Any
    name: str
    open: Callable[[int | None], AbstractContextManager[AudioStream]]
    checkpoint: Checkpoint | None = None


@dataclass(frozen=True)
class Partial(Generic[ResultT]):
    """The beginning of a recording is processed.

    Attributes
    ----------
    result : returns the result of the part that is processed so far
    """

    key: Any
    result: Callable[[], ResultT]


@dataclass(frozen=True)
class Done(Generic[ResultT]):
    """The result of a recording."""

    key: Any
    result: ResultT


@dataclass(frozen=True)
class Failed:
    """The error of a recording that could not be processed to its end."""

    key: Any
    error: AudioCliError


def failed_on_error(
    key: Any, source: str, make: Callable[[], Done[ResultT] | Failed]
) -> Done[ResultT] | Failed:
    """Return the outcome that `make` returns, or `Failed` with the exception that it raises."""
    try:
        return make()
    except Exception as error:
        return Failed(key, input_failure(error, source))


def process_sequentially(
    recordings: Iterable[Recording],
    rate: int | None,
    measure: Callable[[Recording, AudioStream], ResultT],
    on_progress: Progress,
) -> Iterator[Done[ResultT] | Failed]:
    """Open recordings one after another at a rate and yield the result of `measure` for each."""
    finished = 0.0
    for recording in recordings:
        try:
            with recording.open(rate) as stream:
                result = measure(recording, stream)
        except Exception as error:
            yield Failed(recording.key, input_failure(error, recording.name))
        else:
            finished += result.duration
            on_progress(finished)
            yield Done(recording.key, result)


def map_results(
    run: Callable[[Iterable[Recording], Progress], Iterable[Any]], change: Callable[[Any], Any]
) -> Callable[[Iterable[Recording], Progress], Iterator[Any]]:
    """Return a run that applies `change` to each result; an error of it fails that recording."""

    def mapped(recordings: Iterable[Recording], on_progress: Progress) -> Iterator[Any]:
        for event in run(recordings, on_progress):
            if isinstance(event, Done):
                made = partial(_changed, event, change)
                yield failed_on_error(event.key, event.result.source, made)
            else:
                yield event

    return mapped


def _changed(event: Done[Any], change: Callable[[Any], Any]) -> Done[Any]:
    return Done(event.key, change(event.result))
