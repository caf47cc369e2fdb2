"""Transcribe a live stream: confirm words while speech goes on.

The stream is cut into the same windows as a recording. While a window is open, it is
decoded repeatedly, and the words on which two consecutive hypotheses agree are confirmed
(`audiocli.tasks.transcription.agreement`). A final pass over the complete window confirms
the rest. The final passes make up the transcript, which equals that of a recording. On a
machine slower than real time, hypotheses become less frequent, down to the final passes
alone, which cost least.
"""

from __future__ import annotations

import logging
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from audiocli.errors import AudioCliError
from audiocli.models.protocols.recognition import Recognition
from audiocli.results import Segment, SpeechSpan, Transcript, Word
from audiocli.tasks.transcription.agreement import LocalAgreement, middle
from audiocli.tasks.transcription.partial_transcript import (
    place_words,
    unrecognised_message,
    unrecognised_spans,
)
from audiocli.tasks.transcription.segments import PAUSE, ends_sentence, segment_of, segments
from audiocli.tasks.transcription.speech_windows import (
    SpeechWindow,
    SpeechWindowBuilder,
    whole_frames,
)
from audiocli.tasks.transcription.transcriber import Transcriber
from audiocli.tasks.transcription.window_items import LANGUAGE_SPEECH, speech_seconds

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from audiocli.audio.live_buffer import LiveBuffer

logger = logging.getLogger(__name__)

HYPOTHESIS_INTERVAL = 1.0  # seconds of new audio before the next hypothesis
MIN_END_SILENCE = 0.3  # seconds after the padding of a window; ends an utterance
MAX_BACKLOG = 5.0  # seconds of unprocessed audio above which hypotheses are skipped
MAX_HYPOTHESIS = 15.0  # seconds of audio in a hypothesis, if a start can be found
PROMPT_WORDS = 40  # confirmed words passed to the recogniser as a prompt


@dataclass(frozen=True)
class LiveUpdate:
    """New words of a live stream.

    Attributes
    ----------
    words : newly confirmed
    segments : newly complete, made of confirmed words
    partial : text of the confirmed words of the incomplete segment
    unconfirmed : text that follows and may still change
    """

    words: tuple[Word, ...]
    segments: tuple[Segment, ...]
    partial: str
    unconfirmed: str


@dataclass(frozen=True, kw_only=True)
class LiveTranscriber:
    """Transcribe a live stream.

    Attributes
    ----------
    name : source of the results
    """

    transcriber: Transcriber
    name: str

    def run(self, audio: LiveBuffer) -> Iterator[LiveUpdate | Transcript]:
        """Transcribe until the stream ends; yield updates, and the transcript at the end.

        Raises
        ------
        InputError : the stream was interrupted; the transcript up to then is yielded first
        """
        session = _LiveSession(self.transcriber, audio)
        error: AudioCliError | None = None
        try:
            yield from session.process()
        except AudioCliError as caught:
            error = caught
        yield session.finish()
        if session.unrecognised:
            logger.warning("%s: %s", self.name, unrecognised_message(session.unrecognised))
        if session.seconds or not error:
            yield replace(
                self._transcript(session.segments, session.seconds),
                unrecognised=tuple(session.unrecognised),
                language=self.transcriber.options.code or session.main_language,
                language_probability=session.probability,
            )
        if error:
            raise error

    def line(self, segment: Segment) -> Transcript:
        """Return a transcript of one segment, for formats with one result per line."""
        return replace(self._transcript([segment], segment.end), language=segment.language)

    def _transcript(self, segments: Sequence[Segment], duration: float) -> Transcript:
        keep_words = self.transcriber.options.word_timestamps
        return Transcript(
            source=self.name,
            duration=duration,
            model=self.transcriber.model,
            parameters=self.transcriber.options.parameters,
            segments=tuple(s if keep_words else replace(s, words=()) for s in segments),
        )


class _LiveSession:
    """The state of a live transcription.

    Attributes
    ----------
    seconds : of audio read
    segments : of the final passes
    main_language, probability : of the first words, unless the language was given
    """

    def __init__(self, transcriber: Transcriber, audio: LiveBuffer) -> None:
        self.seconds = 0.0
        self.segments: list[Segment] = []
        self.main_language: str | None = None
        self.probability: float | None = None
        self._transcriber = transcriber
        self._audio = audio
        vad_options = transcriber.options.vad_options_for(transcriber.recogniser)
        self._windows = SpeechWindowBuilder(transcriber.vad.fresh(), vad_options)
        self._agreement = LocalAgreement()
        # Seconds of speech in each language.
        self._language_seconds: defaultdict[str, float] = defaultdict(float)
        self.unrecognised: list[SpeechSpan] = []
        self._pending_words: list[Word] = []  # confirmed words of the incomplete segment
        self._language: str | None = None  # of the words being confirmed
        self._hypothesis_start = 0.0  # start of the next hypothesis
        self._prompt = ""  # confirmed words before `_hypothesis_start`
        self._hypothesis_time = 0.0  # stream time at which the last hypothesis was made
        self._hypothesis_end = 0.0  # end of the audio of the last hypothesis

    def process(self) -> Iterator[LiveUpdate]:
        """Read the stream to its end; times are seconds of its audio."""
        for block in whole_frames(self._count_seconds(self._audio), self._transcriber.vad.frame):
            if closed := list(self._windows.feed(block)):
                yield self._finish_windows(closed)
            if (window := self._windows.current) and (update := self._update(window)):
                yield update

    def finish(self) -> LiveUpdate:
        """Confirm the rest at the end of the stream."""
        return self._finish_windows(list(self._windows.finish()), is_last=True)

    def _count_seconds(
        self, blocks: Iterable[NDArray[np.float32]]
    ) -> Iterator[NDArray[np.float32]]:
        for block in blocks:
            self.seconds += len(block) / self._transcriber.vad.rate
            yield block

    def _update(self, window: SpeechWindow) -> LiveUpdate | None:
        """Return an update for an open window, or None if nothing can have changed."""
        silence = self.seconds - window.end
        if window.end == self._hypothesis_end:  # only silence was added
            if silence >= MIN_END_SILENCE and self._agreement.unconfirmed:
                return self._make_update(self._agreement.confirm_rest())
            return self._make_update([]) if self._has_paused and self._pending_words else None
        is_due = (
            self.seconds - self._hypothesis_time >= HYPOTHESIS_INTERVAL
            or silence >= MIN_END_SILENCE
        )
        if not is_due or self._audio.waiting >= MAX_BACKLOG:
            return None
        return self._make_hypothesis(window)

    def _make_hypothesis(self, window: SpeechWindow) -> LiveUpdate:
        """Decode an open window from the start of the next hypothesis."""
        self._hypothesis_time, self._hypothesis_end = self.seconds, window.end
        draft = window.since(self._hypothesis_start)
        (found,) = self._recognise([draft], previous_text=self._prompt)
        new = self._agreement.add_hypothesis(found.words)
        if new and speech_seconds(draft) >= LANGUAGE_SPEECH:
            self._add_language_evidence(found, LANGUAGE_SPEECH)
        update = self._make_update(new)
        if draft.duration > MAX_HYPOTHESIS:
            known = [
                w for w in self._agreement.confirmed if w.end < window.end - MAX_HYPOTHESIS / 2
            ]
            self._start_next_at(_best_start(known, self._language) or self._hypothesis_start)
        return update

    def _finish_windows(self, windows: Sequence[SpeechWindow], is_last: bool = False) -> LiveUpdate:
        """Decode complete windows and confirm their words."""
        new: list[Word] = []
        for window, found in zip(windows, self._recognise(windows, is_final=True), strict=True):
            self._add_language_evidence(found, speech_seconds(window))
            self.unrecognised += unrecognised_spans(found, window, 0.0)
            self.segments += segments(found.words, self._output_language(found.language))
            if all(middle(word) < window.end for word in self._agreement.confirmed):
                rest = [word for word in found.words if middle(word) >= self._hypothesis_start]
                new += self._agreement.confirm_rest(rest)
            self._start_next_at(window.end)
            self._prompt = ""  # windows are decoded without previous text
        update = self._make_update(new, is_last)
        if self._transcriber.options.language == "auto":
            self._language = None
            self._language_seconds.clear()
        return update

    def _start_next_at(self, time: float) -> None:
        """Let the next hypothesis start at a time, with the words before it as a prompt."""
        early = [word.text for word in self._agreement.confirmed if middle(word) < time]
        self._prompt = " ".join([*self._prompt.split(), *early][-PROMPT_WORDS:])
        self._hypothesis_start = time
        self._agreement.drop_before(time)

    def _recognise(
        self, windows: Sequence[SpeechWindow], previous_text: str = "", *, is_final: bool = False
    ) -> list[Recognition]:
        """Decode windows; word times are on the time axis of the stream."""
        if not windows:
            return []
        chunks = [self._transcriber.chunk(window, self._language) for window in windows]
        if not is_final:  # hypotheses are not checked for uncovered speech
            chunks = [replace(chunk, speech_spans=None) for chunk in chunks]
        decoding = self._transcriber.options.decoding
        if previous_text and "prompt" in self._transcriber.recogniser.supported_options:
            prompt = f"{decoding.prompt} {previous_text}".strip()
            decoding = replace(decoding, prompt=prompt)
        found = self._transcriber.recogniser.recognise(chunks, decoding)
        return [
            replace(one, words=tuple(place_words(one.words, window, 0.0)))
            for window, one in zip(windows, found, strict=True)
        ]

    def _add_language_evidence(self, found: Recognition, seconds: float) -> None:
        """Fix the language after `LANGUAGE_SPEECH` seconds of speech."""
        if self._language is None and found.language and found.words:
            self._language_seconds[found.language] += seconds
            likeliest = max(self._language_seconds, key=lambda code: self._language_seconds[code])
            if likeliest == found.language:
                self.main_language, self.probability = likeliest, found.language_probability
            if sum(self._language_seconds.values()) >= LANGUAGE_SPEECH:
                self._language = likeliest

    @property
    def _has_paused(self) -> bool:
        """Whether enough silence has passed to end a segment."""
        last = self._pending_words[-1].end if self._pending_words else 0.0
        return self.seconds - last >= PAUSE and not self._agreement.unconfirmed

    def _make_update(self, new: Sequence[Word], is_last: bool = False) -> LiveUpdate:
        """Group confirmed words into segments and return an update."""
        self._pending_words += new
        complete = list(segments(self._pending_words, self._output_language(self._language)))
        ends = is_last or self._has_paused
        self._pending_words = list(complete.pop().words) if complete and not ends else []
        return LiveUpdate(
            tuple(new),
            tuple(complete),
            self._text(self._pending_words),
            self._text(self._agreement.unconfirmed),
        )

    def _text(self, words: Sequence[Word]) -> str:
        return segment_of(words, self._output_language(self._language)).text if words else ""

    def _output_language(self, spoken: str | None) -> str | None:
        return self._transcriber.options.decoding.output_language(spoken)


def _best_start(words: Sequence[Word], language: str | None) -> float | None:
    """Return the time of the best break at which a hypothesis can start, None without one."""
    if len(words) < 2:
        return None
    place = max(range(1, len(words)), key=lambda n: _break_quality(words, n, language))
    return (words[place - 1].end + words[place].start) / 2


def _break_quality(words: Sequence[Word], place: int, language: str | None) -> tuple[bool, float]:
    """Return whether a sentence ends before the word at `place`, and the pause there."""
    before, after = words[:place], words[place]
    return ends_sentence(before, after, language), after.start - before[-1].end
