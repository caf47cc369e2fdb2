"""What was said, and when: from recordings to transcripts, many at once.

A thread decodes ahead and cuts the sound into windows of speech. The windows of all
recordings wait in one pool, and each batch takes the oldest together with others of
like length: no recording waits for ever, and little of a batch is padding. Batches run
in as many threads as the recogniser asks for. What is heard in a recording does not
depend on the others.
"""

from __future__ import annotations

import logging
from collections.abc import Iterable, Iterator, Sequence
from contextlib import closing
from dataclasses import asdict, dataclass, field, replace
from functools import partial
from typing import TYPE_CHECKING, Any

from audiocli.errors import AudioCliError, input_failure
from audiocli.models.common.language_detection import likeliest_language
from audiocli.models.protocols.recognition import (
    SURE_SPEECH,
    Decoding,
    Recogniser,
    Recognition,
    Utterance,
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
    from audiocli.models.families.silero import Silero

BLOCK = 5.0  # seconds decoded at a time
LANGUAGE_SWITCH_PAUSE = 1.2  # seconds of pause after which another language may be spoken
LANGUAGE_SPEECH = 5.0  # seconds of speech that decide the language of a recording
MIN_LANGUAGE_PROBABILITY = 0.5  # probability of the detected language below which a warning says so
MIN_OTHER_LANGUAGE_PROBABILITY = (
    0.7  # probability of another language with which a window is decoded again
)
LOW_CONFIDENCE = 0.45  # mean token probability of text in a wrong language, or of none


@dataclass(frozen=True, kw_only=True)
class TranscriptionOptions:
    """How to transcribe.

    Attributes
    ----------
    language : ISO 639-1 code; None detects one for each recording, "auto" one for
        each window, for speakers who switch
    candidates : the languages that detection chooses from; all if empty
    word_timestamps : keep the words and their times in the result
    align_model : CTC model that times the words; None leaves it to the recogniser
    """

    language: str | None = None
    candidates: tuple[str, ...] = ()
    word_timestamps: bool = False
    align_model: str | None = None
    decoding: Decoding = field(default_factory=Decoding)
    cutting: VadOptions = field(default_factory=VadOptions)

    @property
    def code(self) -> str | None:
        """The language the user gave, if it is one."""
        return None if self.language == "auto" else self.language

    def cut_for(self, recogniser: Recogniser) -> VadOptions:
        """How to cut; where languages may change, at every pause in which one can."""
        gap = (
            min(self.cutting.gap, LANGUAGE_SWITCH_PAUSE)
            if self.language == "auto"
            else self.cutting.gap
        )
        return replace(self.cutting, longest=recogniser.longest, gap=gap)

    @property
    def parameters(self) -> dict[str, Any]:
        """What a result records of them."""
        return {
            "language": self.language,
            "candidates": list(self.candidates),
            "word_timestamps": self.word_timestamps,
            "align_model": self.align_model,
            **asdict(self.decoding),
        }


@dataclass(frozen=True)
class NewSegments:
    """The next segments of a recording, in order, before the whole is known."""

    key: Any
    segments: tuple[Segment, ...]


TranscriptionEvent = NewSegments | Done[Transcript] | Failed
logger = logging.getLogger(__name__)


@dataclass(frozen=True, eq=False)
class SpeechWindowItem:
    """A window of a recording; or its end, without a window, with an error if it broke.

    Attributes
    ----------
    number : of the window; of the end, how many windows there were
    offset : where the stream starts in the source, in seconds
    duration : of the whole recording, known at its end
    evidence : the first windows, where the language is detected from several
    """

    recording: Recording
    number: int
    window: SpeechWindow | None = None
    evidence: tuple[SpeechWindow, ...] = ()
    offset: float = 0.0
    duration: float = 0.0
    error: AudioCliError | None = None

    @property
    def seconds(self) -> float:
        """Length of its window."""
        return self.window.duration if self.window else 0.0


class _PartialTranscript:
    """What is known of one recording so far.

    Attributes
    ----------
    language, probability : as detected from its first seconds of speech
    other_languages : languages of windows that differ from it
    segments : of its first `written` windows
    unrecognised : spans of speech without words
    error : the recogniser's first
    """

    def __init__(self, recording: Recording, decoding: Decoding) -> None:
        self.recording = recording
        self._decoding = decoding
        self.language: str | None = None
        self.probability: float | None = None
        self.other_languages: set[str] = set()
        self.segments: list[Segment] = []
        self.unrecognised: list[SpeechSpan] = []
        self.written = 0
        self._ahead: dict[int, tuple[Segment, ...]] = {}  # windows done before their turn
        self._end: SpeechWindowItem | None = None
        self.error: AudioCliError | None = None

    def enter(self, piece: SpeechWindowItem, found: Recognition | None) -> tuple[Segment, ...]:
        """Enter a piece; give the segments that are now next in order."""
        if piece.window is None or found is None:
            self._end = piece
            return ()
        if self.language is None and found.words:
            self.language, self.probability = found.language, found.language_probability
        self.unrecognised += unrecognised_spans(found, piece.window, piece.offset)
        words = place_words(found.words, piece.window, piece.offset)
        self._ahead[piece.number] = tuple(segments(words, self._decoding.written(found.language)))
        following: list[Segment] = []
        while self.written in self._ahead:
            following += self._ahead.pop(self.written)
            self.written += 1
        self.segments += following
        return tuple(following)

    @property
    def end(self) -> SpeechWindowItem | None:
        """The end of the recording, once all before it is written."""
        if self._end and self.written == self._end.number:
            return self._end
        return None


@dataclass(frozen=True, kw_only=True)
class Transcriber:
    """A recogniser with its voice detector, ready for any number of recordings."""

    recogniser: Recogniser
    vad: Silero
    model: ModelInfo
    options: TranscriptionOptions = field(default_factory=TranscriptionOptions)

    def run(
        self, recordings: Iterable[Recording], on_progress: Progress = ignore_progress
    ) -> Iterator[TranscriptionEvent]:
        """Transcribe recordings, in the order in which they become whole.

        Parameters
        ----------
        on_progress : told the seconds of sound finished, over all recordings
        """
        ledgers: dict[int, _PartialTranscript] = {}
        pool: BatchScheduler[SpeechWindowItem, Recognition] = BatchScheduler(
            work=lambda pieces: self._recognise(pieces, ledgers),
            workers=self.recogniser.workers,
            batch_seconds=self.recogniser.batch_seconds,
            room=self.recogniser.room,
            may_start=lambda piece: self._may_start(piece, ledgers[id(piece.recording)]),
        )
        finished = _FinishedSeconds()
        with closing(pool.run(self._pieces(recordings, ledgers))) as outcomes:
            for piece, found in outcomes:
                ledger = ledgers[id(piece.recording)]
                if new := ledger.enter(piece, found):
                    yield NewSegments(piece.recording.key, new)
                on_progress(finished.after(piece, ledger.end))
                if end := ledger.end:
                    del ledgers[id(piece.recording)]
                    name = end.recording.name
                    yield failed_on_error(
                        end.recording.key, name, partial(self._outcome, ledger, end)
                    )

    def _pieces(
        self, recordings: Iterable[Recording], ledgers: dict[int, _PartialTranscript]
    ) -> Iterator[SpeechWindowItem]:
        """Decode and cut the recordings one after another."""
        for recording in recordings:
            ledgers[id(recording)] = _PartialTranscript(recording, self.options.decoding)
            yield from self._cut(recording)

    def _cut(self, recording: Recording) -> Iterator[SpeechWindowItem]:
        """Yield the windows of a recording, then its end; also where it breaks off."""
        count = 0
        decoded = _DecodedLength()
        error = None
        try:
            with recording.open(self.vad.rate) as stream:
                blocks = decoded.counted(stream)
                cutting = self.options.cut_for(self.recogniser)
                windows = speech_windows(blocks, self.vad.fresh(), cutting)
                for window, evidence in self._with_evidence(windows):
                    yield SpeechWindowItem(recording, count, window, evidence, stream.offset)
                    count += 1
        except Exception as caught:
            error = input_failure(caught, recording.name)
        yield SpeechWindowItem(
            recording, count, offset=decoded.offset, duration=decoded.seconds, error=error
        )

    def _may_start(self, piece: SpeechWindowItem, ledger: _PartialTranscript) -> bool:
        """Hold a recording back while its language is being found out, in its first words."""
        if not self._detects:
            return True
        return ledger.language is not None or piece.number == ledger.written

    @property
    def _detects(self) -> bool:
        """Whether one language is detected for each recording."""
        return len(self.recogniser.languages) > 1 and not self.options.language

    def _with_evidence(
        self, windows: Iterable[SpeechWindow]
    ) -> Iterator[tuple[SpeechWindow, tuple[SpeechWindow, ...]]]:
        """Yield windows; only where a language is detected, the first waits for others."""
        return (
            with_language_windows(windows)
            if self._detects
            else ((window, ()) for window in windows)
        )

    def _recognise(
        self, pieces: Sequence[SpeechWindowItem], ledgers: dict[int, _PartialTranscript]
    ) -> list[Recognition]:
        try:
            for piece in pieces:
                self._detect_language(piece, ledgers[id(piece.recording)])
            utterances = [
                self.utterance(piece.window, ledgers[id(piece.recording)].language)
                for piece in pieces
                if piece.window
            ]
            found = self.recogniser.recognise(utterances, self.options.decoding)
            return [
                self._in_another_language(utterance, one, ledgers[id(piece.recording)])
                for piece, utterance, one in zip(pieces, utterances, found, strict=True)
            ]
        except Exception as error:
            if len(pieces) > 1:  # which one is it?
                return [self._recognise([piece], ledgers)[0] for piece in pieces]
            ledger = ledgers[id(pieces[0].recording)]
            ledger.error = ledger.error or input_failure(error, ledger.recording.name)
            return [Recognition()]

    def _detect_language(self, piece: SpeechWindowItem, ledger: _PartialTranscript) -> None:
        """Detect the language of a recording from its first windows together."""
        if not piece.evidence or ledger.language or not self._detects:
            return
        utterances = [
            Utterance(samples=window.samples, speech=window.speech) for window in piece.evidence
        ]
        found = self.recogniser.detect_language(utterances)
        weights = [speech_seconds(window) for window in piece.evidence]
        ledger.language, ledger.probability = likeliest_language(
            found, weights, self.options.candidates
        )

    def _in_another_language(
        self, utterance: Utterance, found: Recognition, ledger: _PartialTranscript
    ) -> Recognition:
        """Recognise a window again if it failed, and sounds like another language."""
        if not self._detects or not ledger.language or not is_low_confidence(found):
            return found
        (own,) = self.recogniser.detect_language([utterance])
        language, probability = likeliest_language([own], [1.0], self.options.candidates)
        if language == found.language or probability < MIN_OTHER_LANGUAGE_PROBABILITY:
            return found
        other = replace(utterance, language=language)
        (again,) = self.recogniser.recognise([other], self.options.decoding)
        if (again.confidence or 0.0) <= (found.confidence or 0.0):
            return found
        ledger.other_languages.add(language)
        return again

    def utterance(self, window: SpeechWindow, known: str | None) -> Utterance:
        """Make an utterance of a window.

        Parameters
        ----------
        known : the language detected so far, for windows that share one
        """
        each_its_own = self.options.language == "auto"
        return Utterance(
            samples=window.samples,
            certainty=window.certainty,
            speech=window.speech if self.options.cutting.onset > 0 else None,
            language=None if each_its_own else self.options.language or known,
            candidates=self.options.candidates,
        )

    def _outcome(
        self, ledger: _PartialTranscript, end: SpeechWindowItem
    ) -> Done[Transcript] | Failed:
        if error := end.error or ledger.error:
            return Failed(end.recording.key, error)
        keep_words = self.options.word_timestamps
        ledger.unrecognised.sort(key=lambda span: span.start)  # windows end in any order
        for problem in self._problems(ledger):
            logger.warning("%s: %s", end.recording.name, problem)
        return Done(
            end.recording.key,
            Transcript(
                source=end.recording.name,
                duration=end.duration,
                start=end.offset,
                model=self.model,
                parameters=self.options.parameters,
                language=self.options.code or ledger.language,
                language_probability=ledger.probability,
                segments=tuple(s if keep_words else replace(s, words=()) for s in ledger.segments),
                unrecognised=tuple(ledger.unrecognised),
            ),
        )

    def _problems(self, ledger: _PartialTranscript) -> Iterator[str]:
        """Describe what a reader of the transcript has to know of it."""
        if ledger.unrecognised:
            yield unrecognised_message(ledger.unrecognised)
        if ledger.other_languages:
            others = ", ".join(sorted(ledger.other_languages))
            yield (
                f"recognised as {ledger.language}, but parts sound like {others}; "
                "use --language auto to detect the language of every part"
            )
        elif (
            self._detects
            and ledger.language
            and (ledger.probability or 1.0) < MIN_LANGUAGE_PROBABILITY
        ):
            yield (
                f"the language is uncertain ({ledger.language}, probability "
                f"{ledger.probability:.2f}); set it with --language"
            )


class _DecodedLength:
    """Counts the seconds of sound that were decoded; tells where they begin in the source."""

    seconds = 0.0
    offset = 0.0

    def counted(self, stream: AudioStream) -> Iterator[NDArray[np.float32]]:
        """Pass the blocks of a mono stream through."""
        self.offset = stream.offset
        for block in stream.blocks(BLOCK):
            self.seconds += block.shape[1] / stream.rate
            yield block[0]


class _FinishedSeconds:
    """Counts the seconds that are done: of whole recordings in full, of others their windows."""

    def __init__(self) -> None:
        self._whole = 0.0
        self._windows: dict[int, float] = {}

    def after(self, piece: SpeechWindowItem, end: SpeechWindowItem | None) -> float:
        key = id(piece.recording)
        if piece.window:
            heard = piece.window.start + piece.window.duration
            self._windows[key] = max(self._windows.get(key, 0.0), heard)
        else:
            self._windows.setdefault(key, 0.0)
        if end:
            self._whole += max(self._windows.pop(key), end.duration)
        return self._whole + sum(self._windows.values())


def with_language_windows(
    windows: Iterable[SpeechWindow],
) -> Iterator[tuple[SpeechWindow, tuple[SpeechWindow, ...]]]:
    """Yield windows; the first with those whose speech decides the language, if several do."""
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
    """Whether a window gave no words, or words of low probability."""
    return not found.words or (found.confidence or 1.0) < LOW_CONFIDENCE


def unrecognised_spans(found: Recognition, window: SpeechWindow, offset: float) -> list[SpeechSpan]:
    """Return the speech without words on the recording's time axis; none where it may be noise."""
    if window.certainty < SURE_SPEECH:
        return []
    begin = window.start + offset
    return [SpeechSpan(start=begin + start, end=begin + end) for start, end in found.unrecognised]


def unrecognised_message(spans: Sequence[SpeechSpan]) -> str:
    """Say how much speech has no words, and where it is."""
    seconds = sum(span.end - span.start for span in spans)
    where = ", ".join(f"{span.start:.1f}-{span.end:.1f}" for span in spans[:3])
    more = ", ..." if len(spans) > 3 else ""
    return f"no words recognised in {seconds:.1f} s of speech (at {where}{more} s)"


def place_words(words: Sequence[Word], window: SpeechWindow, offset: float) -> list[Word]:
    """Trim the words of a window to its speech, and put them on the recording's time axis."""
    begin = window.start + offset
    return [
        replace(word, start=begin + word.start, end=begin + word.end)
        for word in trim_to_speech(words, window.speech)
    ]
