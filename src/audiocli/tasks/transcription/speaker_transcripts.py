"""What was said, and by whom: transcription and diarization over one decoding of the sound."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from queue import Full, Queue
from typing import TYPE_CHECKING, Any

from audiocli.errors import input_failure
from audiocli.results import Diarization, Transcript
from audiocli.tasks.common.events import Done, Failed, Progress, Recording, ignore_progress
from audiocli.tasks.diarization.engines import BLOCK
from audiocli.tasks.diarization.merging import assign_speakers

if TYPE_CHECKING:
    from audiocli.audio.decode import AudioStream
    from audiocli.tasks.diarization.diarizer import Diarizer
    from audiocli.tasks.transcription.transcriber import Transcriber

MAX_WAITING_BLOCKS = 8  # decoded blocks that may wait for the diarizer


@dataclass(frozen=True)
class SpeakerTranscriber:
    """A transcriber and a diarizer that listen to the same recordings.

    Attributes
    ----------
    keep_words : keep the words and their times in the result
    """

    transcriber: Transcriber  # with word times
    diarizer: Diarizer
    keep_words: bool

    def run(
        self, recordings: Iterable[Recording], on_progress: Progress = ignore_progress
    ) -> Iterator[Done[Transcript] | Failed]:
        """Transcribe recordings, in the order in which they become whole."""
        with ThreadPoolExecutor(1, "diarizer") as executor:
            overheard: dict[Any, _ParallelDiarization] = {}

            def listened_to() -> Iterator[Recording]:
                for recording in recordings:
                    overheard[recording.key] = _ParallelDiarization(self.diarizer, executor)
                    yield overheard[recording.key].recording(recording)

            for event in self.transcriber.run(listened_to(), on_progress):
                if isinstance(event, Done):
                    yield self._merged(event, overheard.pop(event.key))
                elif isinstance(event, Failed):
                    del overheard[event.key]
                    yield event

    def _merged(
        self, event: Done[Transcript], overheard: _ParallelDiarization
    ) -> Done[Transcript] | Failed:
        try:
            diarization = overheard.diarization.result()
        except Exception as error:
            return Failed(event.key, input_failure(error, event.result.source))
        transcript = event.result
        merged = assign_speakers(transcript, diarization)
        if not self.keep_words:
            merged = replace(merged, segments=tuple(replace(s, words=()) for s in merged.segments))
        about = {"diarization": diarization.model.name, **diarization.parameters}
        parameters = {**merged.parameters, **about}
        return Done(event.key, replace(merged, turns=diarization.turns, parameters=parameters))


class _ParallelDiarization:
    """Lets a diarizer hear what another reads: each block goes through a queue to its thread."""

    def __init__(self, diarizer: Diarizer, executor: ThreadPoolExecutor) -> None:
        self.diarization: Future[Diarization]
        self._diarizer = diarizer
        self._executor = executor
        self._blocks: Queue[Any] = Queue(MAX_WAITING_BLOCKS)

    def recording(self, recording: Recording) -> Recording:
        """Make a recording that is overheard when it is opened and read."""

        @contextmanager
        def opened(rate: int | None) -> Iterator[AudioStream]:
            with recording.open(rate) as stream:
                assert stream.rate == self._diarizer.engine.rate
                heard = replace(stream, _samples=self._passed_on())
                self.diarization = self._executor.submit(self._diarized, heard)
                try:
                    yield replace(stream, _samples=self._shared(stream))
                finally:
                    self._pass_on(None)

        return replace(recording, open=opened)

    def _diarized(self, stream: AudioStream) -> Diarization:
        """Diarize and name the speakers, in the one thread: recordings are linked in order."""
        diarizer = self._diarizer
        found = diarizer.engine.diarize(stream, diarizer.options, ignore_progress)
        return diarizer.result(found, stream.name, stream.offset)

    def _shared(self, stream: AudioStream) -> Iterator[Any]:
        for block in stream.blocks(BLOCK):
            self._pass_on(block)
            yield block

    def _passed_on(self) -> Iterator[Any]:
        while (block := self._blocks.get()) is not None:
            yield block

    def _pass_on(self, block: Any) -> None:
        """Wait for room, but not for a diarizer that has given up."""
        is_waiting = True
        while is_waiting and not self.diarization.done():
            with suppress(Full):
                self._blocks.put(block, timeout=0.1)
                is_waiting = False
