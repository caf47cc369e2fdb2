"""Return the frames of a CTC model, and the text that each of them emits."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from audiocli.errors import input_failure
from audiocli.models.protocols.recognition import AudioChunk
from audiocli.results import Emissions, Frame
from audiocli.tasks.common.events import Done, Failed, Progress, Recording, ignore_progress
from audiocli.tasks.transcription.speech_windows import speech_windows
from audiocli.tasks.transcription.transcriber import Transcriber
from audiocli.tasks.transcription.window_items import BLOCK

if TYPE_CHECKING:
    from audiocli.models.common.ctc.emissions import CtcEmissions


@dataclass(frozen=True)
class Explainer:
    """Compute the emissions of a CTC model for recordings.

    Attributes
    ----------
    transcriber : with a recogniser that has `emissions`, as in `audiocli.models.common.ctc`
    """

    transcriber: Transcriber

    def run(
        self, recordings: Iterable[Recording], on_progress: Progress = ignore_progress
    ) -> Iterator[Done[Emissions] | Failed]:
        """Process recordings one after another."""
        seconds = 0.0
        for recording in recordings:
            try:
                result = self._explained(recording)
            except Exception as error:
                yield Failed(recording.key, input_failure(error, recording.name))
                continue
            seconds += result.duration
            on_progress(seconds)
            yield Done(recording.key, result)

    def _explained(self, recording: Recording) -> Emissions:
        recogniser: Any = self.transcriber.recogniser
        options = self.transcriber.options
        vad_options = replace(options.vad_options, max_seconds=recogniser.max_seconds)
        vad = self.transcriber.vad.fresh()
        frames: list[Frame] = []
        duration, step = 0.0, 0.0

        def blocks(stream: Any) -> Iterator[Any]:
            nonlocal duration
            for block in stream.blocks(BLOCK):
                duration += block.shape[1] / stream.rate
                yield block[0]

        with recording.open(vad.rate) as stream:
            for window in speech_windows(blocks(stream), vad, vad_options):
                chunk = AudioChunk(samples=window.samples, language=options.code)
                (scores,) = recogniser.emissions([chunk])
                step = scores.frame_seconds
                frames += frames_of(scores, window.start + stream.offset)
        return Emissions(
            source=recording.name,
            duration=duration,
            model=self.transcriber.model,
            parameters={"language": options.language},
            frame_seconds=step,
            text=" ".join("".join(frame.text for frame in frames).split()),
            frames=tuple(frames),
        )


def frames_of(scores: CtcEmissions, begin: float) -> Iterator[Frame]:
    """Yield each frame with its most probable token and the text that it emits.

    Parameters
    ----------
    begin : time of the first frame on the time axis of the source, in seconds
    """
    vocabulary = scores.vocabulary
    table = scores.log_probabilities
    tokens = table.argmax(axis=1)
    for n, token in enumerate(tokens.tolist()):
        text = vocabulary.pieces[token]
        if token == vocabulary.blank:
            role = "blank"
        elif n and tokens[n - 1] == token:
            role = "repeat"
        else:
            role = "new" if text else "special"
        yield Frame(
            start=begin + n * scores.frame_seconds,
            token=vocabulary.names[token],
            probability=float(np.exp(table[n, token])),
            role=role,
            text=text if role == "new" else "",
        )
