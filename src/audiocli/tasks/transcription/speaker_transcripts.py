"""Transcribe and diarize recordings in one pass over the audio."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from queue import Full, Queue
from typing import TYPE_CHECKING, Any

from audiocli.errors import input_failure
from audiocli.results import Diarization, Transcript
from audiocli.tasks.common.checkpoints import UncountedCheckpoint
from audiocli.tasks.common.events import Done, Failed, Progress, Recording, ignore_progress
from audiocli.tasks.diarization.engines import BLOCK, DiarizationEngine, with_checkpoint
from audiocli.tasks.diarization.merging import assign_speakers

if TYPE_CHECKING:
    from audiocli.audio.decode import AudioStream
    from audiocli.tasks.diarization.diarizer import Diarizer
    from audiocli.tasks.transcription.transcriber import Transcriber

MAX_WAITING_BLOCKS = 8  # decoded blocks queued for the diarizer


@dataclass(frozen=True)
class SpeakerTranscriber:
    """Transcribe and diarize recordings.

    Attributes
    ----------
    transcriber : with word times enabled
    keep_words : keep the words and their times in the result
    """

    transcriber: Transcriber
    diarizer: Diarizer
    keep_words: bool

    def run(
        self, recordings: Iterable[Recording], on_progress: Progress = ignore_progress
    ) -> Iterator[Done[Transcript] | Failed]:
        """Transcribe and diarize recordings; yield results as they are finished."""
        with ThreadPoolExecutor(1, "diarizer") as executor:
            diarizations: dict[Any, _ParallelDiarization] = {}

            def shared_recordings() -> Iterator[Recording]:
                for recording in recordings:
                    diarizations[recording.key] = _ParallelDiarization(self.diarizer, executor)
                    yield diarizations[recording.key].recording(recording)

            for event in self.transcriber.run(shared_recordings(), on_progress):
                if isinstance(event, Done):
                    yield self._merged(event, diarizations.pop(event.key))
                elif isinstance(event, Failed):
                    del diarizations[event.key]
                    yield event

    def _merged(
        self, event: Done[Transcript], running: _ParallelDiarization
    ) -> Done[Transcript] | Failed:
        try:
            diarization = running.diarization.result()
        except Exception as error:
            return Failed(event.key, input_failure(error, event.result.source))
        transcript = event.result
        merged = assign_speakers(transcript, diarization)
        if not self.keep_words:
            merged = replace(merged, segments=tuple(replace(s, words=()) for s in merged.segments))
        diarization_parameters = {"diarization": diarization.model.name, **diarization.parameters}
        parameters = {**merged.parameters, **diarization_parameters}
        return Done(event.key, replace(merged, turns=diarization.turns, parameters=parameters))


class _ParallelDiarization:
    """Diarize a recording in a thread while the transcriber reads it.

    Each decoded block is passed to the diarizer through a queue.
    """

    def __init__(self, diarizer: Diarizer, executor: ThreadPoolExecutor) -> None:
        self.diarization: Future[Diarization]
        self._diarizer = diarizer
        self._executor = executor
        self._blocks: Queue[Any] = Queue(MAX_WAITING_BLOCKS)

    def recording(self, recording: Recording) -> Recording:
        """Return a recording that is diarized while it is read."""

        @contextmanager
        def opened(rate: int | None) -> Iterator[AudioStream]:
            with recording.open(rate) as stream:
                assert stream.rate == self._diarizer.engine.rate
                copy = replace(stream, _samples=self._queued_blocks())
                kept = recording.checkpoint and UncountedCheckpoint(recording.checkpoint)
                engine = with_checkpoint(self._diarizer.engine, kept)
                self.diarization = self._executor.submit(self._diarized, copy, engine)
                try:
                    yield replace(stream, _samples=self._shared_blocks(stream))
                finally:
                    self._enqueue(None)

        return replace(recording, open=opened)

    def _diarized(self, stream: AudioStream, engine: DiarizationEngine) -> Diarization:
        """Diarize and name the speakers; a single thread links recordings in order."""
        diarizer = self._diarizer
        found = engine.diarize(stream, diarizer.options, ignore_progress)
        return diarizer.result(found, stream.name, stream.offset)

    def _shared_blocks(self, stream: AudioStream) -> Iterator[Any]:
        for block in stream.blocks(BLOCK):
            self._enqueue(block)
            yield block

    def _queued_blocks(self) -> Iterator[Any]:
        while (block := self._blocks.get()) is not None:
            yield block

    def _enqueue(self, block: Any) -> None:
        """Queue a block, unless the diarizer has stopped."""
        is_waiting = True
        while is_waiting and not self.diarization.done():
            with suppress(Full):
                self._blocks.put(block, timeout=0.1)
                is_waiting = False
