"""What tasks over many recordings take and give."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Generic, TypeVar

from audiocli.errors import AudioCliError, input_failure
from audiocli.results import Result

if TYPE_CHECKING:
    from audiocli.audio.decode import AudioStream

ResultT = TypeVar("ResultT", bound=Result)

# Told the seconds of sound that are finished, over all recordings.
Progress = Callable[[float], None]


def ignore_progress(_: float) -> None:
    """Take a report of progress that nobody wants."""


@dataclass(frozen=True)
class Recording:
    """Something to work on.

    Attributes
    ----------
    key : whatever the caller knows it by
    name : as the user named it
    open : opens its sound, with the channels and the part wanted, at the rate given or,
        for None, at its own
    """

    key: Any
    name: str
    open: Callable[[int | None], AbstractContextManager[AudioStream]]


@dataclass(frozen=True)
class Done(Generic[ResultT]):
    """A recording is finished."""

    key: Any
    result: ResultT


@dataclass(frozen=True)
class Failed:
    """A recording cannot be read, or not to its end."""

    key: Any
    error: AudioCliError


def failed_on_error(
    key: Any, source: str, make: Callable[[], Done[ResultT] | Failed]
) -> Done[ResultT] | Failed:
    """Give the end of a recording that `make` returns; an error of it fails that recording."""
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
    """Open recordings at a rate, one after another, and give what `measure` makes of each."""
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
