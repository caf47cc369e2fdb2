"""Transcribe many recordings with one recogniser.

A thread decodes ahead and cuts the audio into windows of speech. Batches combine windows
of all recordings that have the same padded length, oldest first, and run in as many
threads as the recogniser supports. The transcript of a recording does not depend on the
other recordings.
"""

from __future__ import annotations

import logging
from collections.abc import Iterable, Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass, field, replace
from functools import partial
from typing import TYPE_CHECKING

from audiocli.errors import input_failure
from audiocli.models.common.language_detection import likeliest_language
from audiocli.models.protocols.recognition import (
    AudioChunk,
    Recogniser,
    Recognition,
)
from audiocli.results import ModelInfo, Segment, Transcript
from audiocli.tasks.common.batching import BatchScheduler
from audiocli.tasks.common.events import (
    Done,
    Failed,
    Partial,
    Progress,
    Recording,
    failed_on_error,
    ignore_progress,
)
from audiocli.tasks.transcription import recognition_memo
from audiocli.tasks.transcription.options import TranscriptionOptions
from audiocli.tasks.transcription.partial_transcript import PartialTranscript, unrecognised_message
from audiocli.tasks.transcription.speech_windows import (
    SpeechWindow,
    speech_windows,
)
from audiocli.tasks.transcription.window_items import (
    DecodedLength,
    FinishedSeconds,
    SpeechWindowItem,
    speech_seconds,
    with_language_windows,
)

if TYPE_CHECKING:
    from audiocli.models.families.silero import SileroVad

MIN_LANGUAGE_PROBABILITY = 0.5  # a less probable detected language is reported in a warning
MIN_OTHER_LANGUAGE_PROBABILITY = 0.7  # minimum for decoding a window in another language
LOW_CONFIDENCE = 0.45  # mean token probability; typical of text in a wrong language


@dataclass(frozen=True)
class NewSegments(Partial[Transcript]):
    """The next segments of a recording, in order, before the recording is finished."""

    segments: tuple[Segment, ...]


TranscriptionEvent = NewSegments | Done[Transcript] | Failed
logger = logging.getLogger(__name__)


@dataclass(frozen=True, kw_only=True)
class Transcriber:
    """Transcribe recordings with a recogniser and a voice activity detector."""

    recogniser: Recogniser
    vad: SileroVad
    model: ModelInfo
    options: TranscriptionOptions = field(default_factory=TranscriptionOptions)

    def run(
        self, recordings: Iterable[Recording], on_progress: Progress = ignore_progress
    ) -> Iterator[TranscriptionEvent]:
        """Transcribe recordings; yield results as they are finished.

        Parameters
        ----------
        on_progress : called with the finished seconds of audio of all recordings
        """
        states: dict[int, PartialTranscript] = {}
        scheduler: BatchScheduler[SpeechWindowItem, Recognition] = BatchScheduler(
            work=lambda items: self._recognise(items, states),
            workers=self.recogniser.workers,
            batch_seconds=self.recogniser.batch_seconds,
            padded_seconds=self.recogniser.padded_seconds,
            may_start=lambda item: self._may_start(item, states[id(item.recording)]),
        )
        finished = FinishedSeconds()
        with closing(scheduler.run(self._items(recordings, states))) as outcomes:
            for item, found in outcomes:
                state = states[id(item.recording)]
                if new := state.add(item, found):
                    so_far = partial(self._partial_transcript, state)
                    yield NewSegments(item.recording.key, so_far, new)
                on_progress(finished.after(item, state.end))
                if end := state.end:
                    del states[id(item.recording)]
                    name = end.recording.name
                    yield failed_on_error(
                        end.recording.key, name, partial(self._outcome, state, end)
                    )

    def _items(
        self, recordings: Iterable[Recording], states: dict[int, PartialTranscript]
    ) -> Iterator[SpeechWindowItem]:
        """Decode and cut the recordings one after another."""
        for recording in recordings:
            states[id(recording)] = PartialTranscript(recording, self.options.decoding)
            yield from self._cut(recording)

    def _cut(self, recording: Recording) -> Iterator[SpeechWindowItem]:
        """Yield the windows of a recording, then its end, also after an error."""
        count = 0
        window_end = 0.0
        decoded = DecodedLength()
        error = None
        try:
            with recording.open(self.vad.rate) as stream:
                blocks = decoded.counted(stream)
                vad_options = self.options.vad_options_for(self.recogniser)
                windows = speech_windows(blocks, self.vad.fresh(), vad_options)
                for window, language_windows in self._with_language_windows(windows):
                    before, window_end = window_end, window.start + window.duration
                    yield SpeechWindowItem(
                        recording,
                        count,
                        window,
                        language_windows,
                        advance=window_end - before,
                        offset=stream.offset,
                    )
                    count += 1
        except Exception as caught:
            error = input_failure(caught, recording.name)
        yield SpeechWindowItem(
            recording, count, offset=decoded.offset, duration=decoded.seconds, error=error
        )

    def _may_start(self, item: SpeechWindowItem, state: PartialTranscript) -> bool:
        """Return whether the language of the recording is known or this window decides it."""
        if not self._detects:
            return True
        return state.language is not None or item.number == state.next_window

    @property
    def _detects(self) -> bool:
        """Whether one language is detected for each recording."""
        return len(self.recogniser.languages) > 1 and not self.options.language

    def _with_language_windows(
        self, windows: Iterable[SpeechWindow]
    ) -> Iterator[tuple[SpeechWindow, tuple[SpeechWindow, ...]]]:
        """Yield windows, each with the windows from which the language is detected, if any."""
        return (
            with_language_windows(windows)
            if self._detects
            else ((window, ()) for window in windows)
        )

    def _recognise(
        self, items: Sequence[SpeechWindowItem], states: dict[int, PartialTranscript]
    ) -> list[Recognition]:
        try:
            for item in items:
                self._detect_language(item, states[id(item.recording)])
            chunks = [
                self.chunk(item.window, states[id(item.recording)].language)
                for item in items
                if item.window
            ]
            found = recognition_memo.recognise(
                self.recogniser,
                chunks,
                self.options.decoding,
                [item.recording.checkpoint for item in items],
                [item.advance for item in items],
            )
            return [
                self._in_another_language(chunk, one, states[id(item.recording)])
                for item, chunk, one in zip(items, chunks, found, strict=True)
            ]
        except Exception as error:
            if len(items) > 1:  # only the failing window fails
                return [self._recognise([item], states)[0] for item in items]
            state = states[id(items[0].recording)]
            state.error = state.error or input_failure(error, state.recording.name)
            return [Recognition()]

    def _detect_language(self, item: SpeechWindowItem, state: PartialTranscript) -> None:
        """Detect the language of a recording from its first windows."""
        if not item.language_windows or state.language or not self._detects:
            return
        chunks = [
            AudioChunk(samples=window.samples, speech_spans=window.speech)
            for window in item.language_windows
        ]
        found = recognition_memo.detect_language(
            self.recogniser, chunks, state.recording.checkpoint
        )
        weights = [speech_seconds(window) for window in item.language_windows]
        state.language, state.probability = likeliest_language(
            found, weights, self.options.candidates
        )

    def _in_another_language(
        self, chunk: AudioChunk, found: Recognition, state: PartialTranscript
    ) -> Recognition:
        """Decode a window of low confidence again if another language is detected in it."""
        if not self._detects or not state.language or not is_low_confidence(found):
            return found
        checkpoint = state.recording.checkpoint
        (own,) = recognition_memo.detect_language(self.recogniser, [chunk], checkpoint)
        language, probability = likeliest_language([own], [1.0], self.options.candidates)
        if language == found.language or probability < MIN_OTHER_LANGUAGE_PROBABILITY:
            return found
        other = replace(chunk, language=language)
        (again,) = recognition_memo.recognise(
            self.recogniser, [other], self.options.decoding, [checkpoint], [0.0]
        )
        if (again.confidence or 0.0) <= (found.confidence or 0.0):
            return found
        state.other_languages.add(language)
        return again

    def chunk(self, window: SpeechWindow, known: str | None) -> AudioChunk:
        """Return the input of the recogniser for a window.

        Parameters
        ----------
        known : language detected for the recording, if any
        """
        each_its_own = self.options.language == "auto"
        return AudioChunk(
            samples=window.samples,
            speech_probability=window.speech_probability,
            speech_spans=window.speech if self.options.vad_options.onset > 0 else None,
            language=None if each_its_own else self.options.language or known,
            candidates=self.options.candidates,
        )

    def _outcome(
        self, state: PartialTranscript, end: SpeechWindowItem
    ) -> Done[Transcript] | Failed:
        if error := end.error or state.error:
            return Failed(end.recording.key, error)
        state.unrecognised.sort(key=lambda span: span.start)  # windows finish in any order
        for problem in self._problems(state):
            logger.warning("%s: %s", end.recording.name, problem)
        return Done(end.recording.key, self._transcript(state, end.duration, end.offset))

    def _partial_transcript(self, state: PartialTranscript) -> Transcript:
        """Return the transcript of the windows that are recognised without a gap."""
        found = self._transcript(state, state.seconds, state.offset)
        end = state.offset + state.seconds
        unrecognised = (span for span in found.unrecognised if span.end <= end)
        in_order = sorted(unrecognised, key=lambda span: span.start)
        return replace(found, unrecognised=tuple(in_order), partial=True)

    def _transcript(self, state: PartialTranscript, duration: float, start: float) -> Transcript:
        keep_words = self.options.word_timestamps
        return Transcript(
            source=state.recording.name,
            duration=duration,
            start=start,
            model=self.model,
            parameters=self.options.parameters,
            language=self.options.code or state.language,
            language_probability=state.probability,
            segments=tuple(s if keep_words else replace(s, words=()) for s in state.segments),
            unrecognised=tuple(state.unrecognised),
        )

    def _problems(self, state: PartialTranscript) -> Iterator[str]:
        """Yield warnings about the transcript."""
        if state.unrecognised:
            yield unrecognised_message(state.unrecognised)
        if state.other_languages:
            others = ", ".join(sorted(state.other_languages))
            yield (
                f"recognised as {state.language}, but parts sound like {others}; "
                "use --language auto to detect the language of every part"
            )
        elif (
            self._detects
            and state.language
            and (state.probability or 1.0) < MIN_LANGUAGE_PROBABILITY
        ):
            yield (
                f"the language is uncertain ({state.language}, probability "
                f"{state.probability:.2f}); set it with --language"
            )


def is_low_confidence(found: Recognition) -> bool:
    """Return whether a recognition has no words, or words of low probability."""
    return not found.words or (found.confidence or 1.0) < LOW_CONFIDENCE
