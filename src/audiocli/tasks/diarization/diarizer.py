"""Diarize many recordings."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Protocol

from audiocli.errors import input_failure
from audiocli.results import Diarization, ModelInfo, Turn
from audiocli.tasks.common.events import Done, Failed, Progress, Recording, ignore_progress
from audiocli.tasks.diarization.engines import (
    DiarizationEngine,
    DiarizationOptions,
    DiarizedStream,
    with_checkpoint,
)
from audiocli.tasks.diarization.turns import rename_speakers

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Voices = Mapping[str, NDArray[np.float32]]


class SpeakerNamer(Protocol):
    """A way to name the speakers of a recording."""

    def names(self, voices: Voices) -> dict[str, str]:
        """Map speakers to names by their voices; leave out unknown speakers."""
        ...


@dataclass(frozen=True, kw_only=True)
class Diarizer:
    """Diarize recordings with an engine.

    Attributes
    ----------
    naming : names the speakers; without it, they are numbered in each recording
    """

    engine: DiarizationEngine
    model: ModelInfo
    options: DiarizationOptions = field(default_factory=DiarizationOptions)
    naming: SpeakerNamer | None = None

    def run(
        self, recordings: Iterable[Recording], on_progress: Progress = ignore_progress
    ) -> Iterator[Done[Diarization] | Failed]:
        """Diarize recordings one after another.

        Parameters
        ----------
        on_progress : called with the finished seconds of audio of all recordings
        """
        before = 0.0
        for recording in recordings:
            seconds = before

            def report(done: float, before: float = before) -> None:
                nonlocal seconds
                seconds = before + done
                on_progress(seconds)

            try:
                diarization = self._diarize(recording, report)
            except Exception as error:
                yield Failed(recording.key, input_failure(error, recording.name))
                before = seconds
            else:
                before += diarization.duration
                on_progress(before)
                yield Done(recording.key, diarization)

    def _diarize(self, recording: Recording, on_progress: Progress) -> Diarization:
        engine = with_checkpoint(self.engine, recording.checkpoint)
        with recording.open(engine.rate) as stream:
            found = engine.diarize(stream, self.options, on_progress)
        return self.result(found, recording.name, stream.offset)

    def result(self, found: DiarizedStream, source: str, offset: float) -> Diarization:
        """Name the speakers and move the turns to the time axis of the source.

        Parameters
        ----------
        offset : start of the stream on the time axis of the source, in seconds
        """
        names = self.naming.names(found.voices) if self.naming else {}
        turns = _placed(found.turns, offset, names)
        return Diarization(
            source=source,
            duration=found.duration,
            model=self.model,
            parameters=self._parameters(),
            start=offset,
            turns=turns,
            exclusive=_placed(found.exclusive, offset, names),
            speakers=tuple(dict.fromkeys(turn.speaker for turn in turns)),
        )

    def _parameters(self) -> dict[str, object]:
        count = self.options.count
        return {
            "num_speakers": count.num_speakers,
            "min_speakers": count.min_speakers,
            "max_speakers": count.max_speakers,
            "threshold": self.options.threshold,
        }


def _placed(turns: list[Turn], offset: float, names: dict[str, str]) -> tuple[Turn, ...]:
    """Move turns to the time axis of the source and name their speakers."""
    moved = [
        Turn(start=turn.start + offset, end=turn.end + offset, speaker=turn.speaker)
        for turn in turns
    ]
    return rename_speakers(moved, names)
