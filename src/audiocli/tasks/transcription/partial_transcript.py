"""Build the transcript of a recording from the recognitions of its windows."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from itertools import chain

from audiocli.errors import AudioCliError
from audiocli.models.protocols.recognition import CONFIDENT_SPEECH, DecodingOptions, Recognition
from audiocli.results import Segment, SpeechSpan, Word
from audiocli.tasks.common.events import Recording
from audiocli.tasks.common.ordered_results import OrderedResults
from audiocli.tasks.transcription.segments import segments, trim_to_speech
from audiocli.tasks.transcription.speech_windows import SpeechWindow
from audiocli.tasks.transcription.window_items import SpeechWindowItem


class PartialTranscript:
    """The transcript of a recording so far.

    Attributes
    ----------
    language, probability : detected from the first seconds of speech
    other_languages : languages of the windows that were decoded in another language
    segments : of all windows before `next_window`
    seconds : end of the last of these windows, from the start of the stream
    offset : start of the stream on the time axis of the source, in seconds
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
        self.seconds = 0.0
        self.offset = 0.0
        self.unrecognised: list[SpeechSpan] = []
        self._ordered: OrderedResults[tuple[float, tuple[Segment, ...]]] = OrderedResults()
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
        self.offset = item.offset
        window_end = item.window.start + item.window.duration
        released = self._ordered.add(item.number, (window_end, new))
        ready = tuple(chain.from_iterable(found for _, found in released))
        self.segments += ready
        if released:
            self.seconds = released[-1][0]
        return ready

    @property
    def end(self) -> SpeechWindowItem | None:
        """The end of the recording once all its windows are recognised, else None."""
        if self._end and self.next_window == self._end.number:
            return self._end
        return None


def place_words(words: Sequence[Word], window: SpeechWindow, offset: float) -> list[Word]:
    """Trim the words of a window to its speech and move them to the time axis of the source."""
    begin = window.start + offset
    return [
        replace(word, start=begin + word.start, end=begin + word.end)
        for word in trim_to_speech(words, window.speech)
    ]


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
