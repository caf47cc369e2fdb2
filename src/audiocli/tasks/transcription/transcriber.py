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
from dataclasses import asdict, dataclass, field, replace
from functools import partial
from itertools import chain
from typing import TYPE_CHECKING, Any

from audiocli.errors import AudioCliError, input_failure
from audiocli.models.common.language_detection import likeliest_language
from audiocli.models.protocols.recognition import (
    CONFIDENT_SPEECH,
    AudioChunk,
    DecodingOptions,
    Recogniser,
    Recognition,
)
from audiocli.results import ModelInfo, Segment, SpeechSpan, Transcript, Word
from audiocli.tasks.common.batching import BatchScheduler
from audiocli.tasks.common.events import (
    Done,
    Failed,
    Progress,
    Recording,
    failed_on_error,
    ignore_progress,
)
from audiocli.tasks.common.ordered_results import OrderedResults
from audiocli.tasks.transcription.segments import segments, trim_to_speech
from audiocli.tasks.transcription.speech_windows import (
    SpeechWindow,
    VadOptions,
    speech_windows,
    total_seconds,
)

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from audiocli.audio.decode import AudioStream
    from audiocli.models.families.silero import SileroVad

BLOCK = 5.0  # seconds decoded at a time
LANGUAGE_SWITCH_PAUSE = 1.2  # seconds of silence after which the language may change
LANGUAGE_SPEECH = 5.0  # seconds of speech from which the language of a recording is detected
MIN_LANGUAGE_PROBABILITY = 0.5  # a less probable detected language is reported in a warning
MIN_OTHER_LANGUAGE_PROBABILITY = 0.7  # minimum for decoding a window in another language
LOW_CONFIDENCE = 0.45  # mean token probability; typical of text in a wrong language


@dataclass(frozen=True, kw_only=True)
class TranscriptionOptions:
    """Options of a transcription.

    Attributes
    ----------
    language : ISO 639-1 code; None detects the language of each recording, "auto" that of
        each window
    candidates : ISO 639-1 codes that detection chooses from; all if empty
    word_timestamps : keep the words and their times in the result
    align_model : CTC model that aligns the words; None uses the times of the recogniser
    """

    language: str | None = None
    candidates: tuple[str, ...] = ()
    word_timestamps: bool = False
    align_model: str | None = None
    decoding: DecodingOptions = field(default_factory=DecodingOptions)
    vad_options: VadOptions = field(default_factory=VadOptions)

    @property
    def code(self) -> str | None:
        """The language code given by the user, None if the language is to be detected."""
        return None if self.language == "auto" else self.language

    def vad_options_for(self, recogniser: Recogniser) -> VadOptions:
        """Return the VAD options for a recogniser; "auto" ends windows at shorter pauses."""
        min_silence = (
            min(self.vad_options.min_silence, LANGUAGE_SWITCH_PAUSE)
            if self.language == "auto"
            else self.vad_options.min_silence
        )
        return replace(
            self.vad_options, max_seconds=recogniser.max_seconds, min_silence=min_silence
        )

    @property
    def parameters(self) -> dict[str, Any]:
        """The options as recorded in the result."""
        return {
            "language": self.language,
            "candidates": list(self.candidates),
            "word_timestamps": self.word_timestamps,
            "align_model": self.align_model,
            **asdict(self.decoding),
        }


@dataclass(frozen=True)
class NewSegments:
    """The next segments of a recording, in order, before the recording is finished."""

    key: Any
    segments: tuple[Segment, ...]


TranscriptionEvent = NewSegments | Done[Transcript] | Failed
logger = logging.getLogger(__name__)


@dataclass(frozen=True, eq=False)
class SpeechWindowItem:
    """A window of a recording, or the end of the recording if `window` is None.

    Attributes
    ----------
    number : of the window; for the end, the number of windows
    offset : start of the stream on the time axis of the source, in seconds
    duration : for the end, duration of the recording in seconds
    language_windows : for the first window, the windows from which the language is detected
    error : for the end, why reading stopped early
    """

    recording: Recording
    number: int
    window: SpeechWindow | None = None
    language_windows: tuple[SpeechWindow, ...] = ()
    offset: float = 0.0
    duration: float = 0.0
    error: AudioCliError | None = None

    @property
    def seconds(self) -> float:
        """Length of the window in seconds; 0 for the end."""
        return self.window.duration if self.window else 0.0


class _PartialTranscript:
    """The transcript of a recording so far.

    Attributes
    ----------
    language, probability : detected from the first seconds of speech
    other_languages : languages of the windows that were decoded in another language
    segments : of all windows before `next_window`
    unrecognised : spans of speech without words
    error : the first error of the recogniser
    """

    def __init__(self, recording: Recording, decoding: DecodingOptions) -> None:
        self.recording = recording
        self._decoding = decoding
        self.language: str | None = None
        self.probability: float | None = None
        self.other_languages: set[str] = set()
        self.segments: list[Segment] = []
        self.unrecognised: list[SpeechSpan] = []
        self._ordered: OrderedResults[tuple[Segment, ...]] = OrderedResults()
        self._end: SpeechWindowItem | None = None
        self.error: AudioCliError | None = None

    @property
    def next_window(self) -> int:
        """Number of the first window that is not yet recognised."""
        return self._ordered.released

    def add(self, item: SpeechWindowItem, found: Recognition | None) -> tuple[Segment, ...]:
        """Add a recognised window or the end; return the segments that are next in order."""
        if item.window is None or found is None:
            self._end = item
            return ()
        if self.language is None and found.words:
            self.language, self.probability = found.language, found.language_probability
        self.unrecognised += unrecognised_spans(found, item.window, item.offset)
        words = place_words(found.words, item.window, item.offset)
        new = tuple(segments(words, self._decoding.output_language(found.language)))
        ready = tuple(chain.from_iterable(self._ordered.add(item.number, new)))
        self.segments += ready
        return ready

    @property
    def end(self) -> SpeechWindowItem | None:
        """The end of the recording once all its windows are recognised, else None."""
        if self._end and self.next_window == self._end.number:
            return self._end
        return None


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
        states: dict[int, _PartialTranscript] = {}
        scheduler: BatchScheduler[SpeechWindowItem, Recognition] = BatchScheduler(
            work=lambda items: self._recognise(items, states),
            workers=self.recogniser.workers,
            batch_seconds=self.recogniser.batch_seconds,
            padded_seconds=self.recogniser.padded_seconds,
            may_start=lambda item: self._may_start(item, states[id(item.recording)]),
        )
        finished = _FinishedSeconds()
        with closing(scheduler.run(self._items(recordings, states))) as outcomes:
            for item, found in outcomes:
                state = states[id(item.recording)]
                if new := state.add(item, found):
                    yield NewSegments(item.recording.key, new)
                on_progress(finished.after(item, state.end))
                if end := state.end:
                    del states[id(item.recording)]
                    name = end.recording.name
                    yield failed_on_error(
                        end.recording.key, name, partial(self._outcome, state, end)
                    )

    def _items(
        self, recordings: Iterable[Recording], states: dict[int, _PartialTranscript]
    ) -> Iterator[SpeechWindowItem]:
        """Decode and cut the recordings one after another."""
        for recording in recordings:
            states[id(recording)] = _PartialTranscript(recording, self.options.decoding)
            yield from self._cut(recording)

    def _cut(self, recording: Recording) -> Iterator[SpeechWindowItem]:
        """Yield the windows of a recording, then its end, also after an error."""
        count = 0
        decoded = _DecodedLength()
        error = None
        try:
            with recording.open(self.vad.rate) as stream:
                blocks = decoded.counted(stream)
                vad_options = self.options.vad_options_for(self.recogniser)
                windows = speech_windows(blocks, self.vad.fresh(), vad_options)
                for window, language_windows in self._with_language_windows(windows):
                    yield SpeechWindowItem(
                        recording, count, window, language_windows, stream.offset
                    )
                    count += 1
        except Exception as caught:
            error = input_failure(caught, recording.name)
        yield SpeechWindowItem(
            recording, count, offset=decoded.offset, duration=decoded.seconds, error=error
        )

    def _may_start(self, item: SpeechWindowItem, state: _PartialTranscript) -> bool:
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
        self, items: Sequence[SpeechWindowItem], states: dict[int, _PartialTranscript]
    ) -> list[Recognition]:
        try:
            for item in items:
                self._detect_language(item, states[id(item.recording)])
            chunks = [
                self.chunk(item.window, states[id(item.recording)].language)
                for item in items
                if item.window
            ]
            found = self.recogniser.recognise(chunks, self.options.decoding)
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

    def _detect_language(self, item: SpeechWindowItem, state: _PartialTranscript) -> None:
        """Detect the language of a recording from its first windows."""
        if not item.language_windows or state.language or not self._detects:
            return
        chunks = [
            AudioChunk(samples=window.samples, speech_spans=window.speech)
            for window in item.language_windows
        ]
        found = self.recogniser.detect_language(chunks)
        weights = [speech_seconds(window) for window in item.language_windows]
        state.language, state.probability = likeliest_language(
            found, weights, self.options.candidates
        )

    def _in_another_language(
        self, chunk: AudioChunk, found: Recognition, state: _PartialTranscript
    ) -> Recognition:
        """Decode a window of low confidence again if another language is detected in it."""
        if not self._detects or not state.language or not is_low_confidence(found):
            return found
        (own,) = self.recogniser.detect_language([chunk])
        language, probability = likeliest_language([own], [1.0], self.options.candidates)
        if language == found.language or probability < MIN_OTHER_LANGUAGE_PROBABILITY:
            return found
        other = replace(chunk, language=language)
        (again,) = self.recogniser.recognise([other], self.options.decoding)
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
        self, state: _PartialTranscript, end: SpeechWindowItem
    ) -> Done[Transcript] | Failed:
        if error := end.error or state.error:
            return Failed(end.recording.key, error)
        keep_words = self.options.word_timestamps
        state.unrecognised.sort(key=lambda span: span.start)  # windows finish in any order
        for problem in self._problems(state):
            logger.warning("%s: %s", end.recording.name, problem)
        return Done(
            end.recording.key,
            Transcript(
                source=end.recording.name,
                duration=end.duration,
                start=end.offset,
                model=self.model,
                parameters=self.options.parameters,
                language=self.options.code or state.language,
                language_probability=state.probability,
                segments=tuple(s if keep_words else replace(s, words=()) for s in state.segments),
                unrecognised=tuple(state.unrecognised),
            ),
        )

    def _problems(self, state: _PartialTranscript) -> Iterator[str]:
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


class _DecodedLength:
    """Count the decoded seconds of a stream, and record its offset in the source."""

    seconds = 0.0
    offset = 0.0

    def counted(self, stream: AudioStream) -> Iterator[NDArray[np.float32]]:
        """Yield the blocks of a mono stream, shape (time,), and count their length."""
        self.offset = stream.offset
        for block in stream.blocks(BLOCK):
            self.seconds += block.shape[1] / stream.rate
            yield block[0]


class _FinishedSeconds:
    """Count the finished seconds of all recordings: whole ones in full, others by their windows."""

    def __init__(self) -> None:
        self._whole = 0.0
        self._windows: dict[int, float] = {}

    def after(self, item: SpeechWindowItem, end: SpeechWindowItem | None) -> float:
        key = id(item.recording)
        if item.window:
            heard = item.window.start + item.window.duration
            self._windows[key] = max(self._windows.get(key, 0.0), heard)
        else:
            self._windows.setdefault(key, 0.0)
        if end:
            self._whole += max(self._windows.pop(key), end.duration)
        return self._whole + sum(self._windows.values())


def with_language_windows(
    windows: Iterable[SpeechWindow],
) -> Iterator[tuple[SpeechWindow, tuple[SpeechWindow, ...]]]:
    """Yield each window; the first comes with all windows needed to detect the language."""
    rest = iter(windows)
    first: list[SpeechWindow] = []
    while sum(map(speech_seconds, first)) < LANGUAGE_SPEECH and (window := next(rest, None)):
        first.append(window)
    for n, window in enumerate(first):
        yield window, tuple(first) if n == 0 and len(first) > 1 else ()
    for window in rest:
        yield window, ()


def speech_seconds(window: SpeechWindow) -> float:
    """Return the seconds of speech in a window."""
    return total_seconds(window.speech)


def is_low_confidence(found: Recognition) -> bool:
    """Return whether a recognition has no words, or words of low probability."""
    return not found.words or (found.confidence or 1.0) < LOW_CONFIDENCE


def unrecognised_spans(found: Recognition, window: SpeechWindow, offset: float) -> list[SpeechSpan]:
    """Return the speech without words on the time axis of the source.

    Windows with a low speech probability are left out: they may be noise.
    """
    if window.speech_probability < CONFIDENT_SPEECH:
        return []
    begin = window.start + offset
    return [SpeechSpan(start=begin + start, end=begin + end) for start, end in found.unrecognised]


def unrecognised_message(spans: Sequence[SpeechSpan]) -> str:
    """Return a warning with the duration and the positions of speech without words."""
    seconds = sum(span.end - span.start for span in spans)
    where = ", ".join(f"{span.start:.1f}-{span.end:.1f}" for span in spans[:3])
    more = ", ..." if len(spans) > 3 else ""
    return f"no words recognised in {seconds:.1f} s of speech (at {where}{more} s)"


def place_words(words: Sequence[Word], window: SpeechWindow, offset: float) -> list[Word]:
    """Trim the words of a window to its speech and move them to the time axis of the source."""
    begin = window.start + offset
    return [
        replace(word, start=begin + word.start, end=begin + word.end)
        for word in trim_to_speech(words, window.speech)
    ]
