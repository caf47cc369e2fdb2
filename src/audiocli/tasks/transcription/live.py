"""What is being said right now: the words of a live stream, while it goes on.

The same windows as for a recording are gathered. While one is open, it is recognised
again and again, and the words on which two hypotheses in a row agree are confirmed
(`audiocli.tasks.transcription.agreement`). Once it is closed, a last pass over the whole window
confirms the rest. The last passes together are the transcript, which is thus the same
as a recording's. Where the machine is slower than the sound, hypotheses become rarer
and cover more, until only the last passes are left: they cost the least.
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
from audiocli.tasks.transcription.segments import PAUSE, ends_sentence, segment_of, segments
from audiocli.tasks.transcription.speech_windows import (
    SpeechWindow,
    SpeechWindowBuilder,
    whole_frames,
)
from audiocli.tasks.transcription.transcriber import (
    LANGUAGE_SPEECH,
    Transcriber,
    place_words,
    speech_seconds,
    unrecognised_message,
    unrecognised_spans,
)

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from audiocli.audio.live_buffer import LiveBuffer

logger = logging.getLogger(__name__)

HYPOTHESIS_INTERVAL = 1.0  # seconds of new sound that are worth a hypothesis
MIN_END_SILENCE = 0.3  # seconds of silence behind a window's own padding after which nobody goes on
MAX_BACKLOG = 5.0  # seconds not yet listened to with which there is no time for hypotheses
MAX_HYPOTHESIS = 15.0  # seconds of sound in a hypothesis, where a place to begin can be had
PROMPT_WORDS = 40  # words before a hypothesis that the recogniser is told


@dataclass(frozen=True)
class LiveUpdate:
    """What is known more than before.

    Attributes
    ----------
    words : newly confirmed
    segments : newly complete, of confirmed words
    partial : the confirmed words of the segment that is not yet complete, as text
    unconfirmed : what seems to follow, and may still change
    """

    words: tuple[Word, ...]
    segments: tuple[Segment, ...]
    partial: str
    unconfirmed: str


@dataclass(frozen=True, kw_only=True)
class LiveTranscriber:
    """A transcriber that listens to streams as they come.

    Attributes
    ----------
    name : what the results call the stream
    """

    transcriber: Transcriber
    name: str

    def run(self, sound: LiveBuffer) -> Iterator[LiveUpdate | Transcript]:
        """Listen to the end; yield what is confirmed as it comes, and last the transcript.

        Raises
        ------
        InputError : the stream broke off; the transcript of what came before was given
        """
        session = _LiveSession(self.transcriber, sound)
        error: AudioCliError | None = None
        try:
            yield from session.listen()
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
        """Make a transcript of a segment alone, for formats of a result a line."""
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
    """A stream as far as it has been heard.

    Attributes
    ----------
    seconds : how much of it
    segments : of the last passes
    main_language, probability : of the first words, where the language was not given
    """

    def __init__(self, transcriber: Transcriber, sound: LiveBuffer) -> None:
        self.seconds = 0.0
        self.segments: list[Segment] = []
        self.main_language: str | None = None
        self.probability: float | None = None
        self._transcriber = transcriber
        self._sound = sound
        vad_options = transcriber.options.vad_options_for(transcriber.recogniser)
        self._windows = SpeechWindowBuilder(transcriber.vad.fresh(), vad_options)
        self._agreement = LocalAgreement()
        self._language_seconds: defaultdict[str, float] = defaultdict(
            float
        )  # seconds of speech in each language
        self.unrecognised: list[SpeechSpan] = []
        self._pending_words: list[Word] = []  # confirmed, of a segment that is not yet complete
        self._language: str | None = None  # of the words being gathered
        self._hypothesis_start = 0.0  # where the next hypothesis begins
        self._prompt = ""  # the confirmed words before that
        self._hypothesis_time = 0.0  # when the last one was made
        self._hypothesis_end = 0.0  # where its sound ended

    def listen(self) -> Iterator[LiveUpdate]:
        """Listen until the stream ends; all times are seconds of its sound."""
        for block in whole_frames(self._count_seconds(self._sound), self._transcriber.vad.frame):
            if closed := list(self._windows.feed(block)):
                yield self._finish_windows(closed)
            if (window := self._windows.current) and (said := self._update(window)):
                yield said

    def finish(self) -> LiveUpdate:
        """Confirm what is left at the end of the stream."""
        return self._finish_windows(list(self._windows.finish()), is_last=True)

    def _count_seconds(
        self, blocks: Iterable[NDArray[np.float32]]
    ) -> Iterator[NDArray[np.float32]]:
        for block in blocks:
            self.seconds += len(block) / self._transcriber.vad.rate
            yield block

    def _update(self, window: SpeechWindow) -> LiveUpdate | None:
        """See what an open window says, if that can have changed."""
        silence = self.seconds - window.end
        if window.end == self._hypothesis_end:  # more silence at most
            if silence >= MIN_END_SILENCE and self._agreement.unconfirmed:
                return self._make_update(self._agreement.confirm_rest())
            return self._make_update([]) if self._has_paused and self._pending_words else None
        is_due = (
            self.seconds - self._hypothesis_time >= HYPOTHESIS_INTERVAL
            or silence >= MIN_END_SILENCE
        )
        return (
            self._make_hypothesis(window) if is_due and self._sound.waiting < MAX_BACKLOG else None
        )

    def _make_hypothesis(self, window: SpeechWindow) -> LiveUpdate:
        """Make a hypothesis of an open window, from where the last ones were sure of it."""
        self._hypothesis_time, self._hypothesis_end = self.seconds, window.end
        draft = window.since(self._hypothesis_start)
        (found,) = self._recognise([draft], said_prompt=self._prompt)
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
        """Recognise whole windows for good."""
        new: list[Word] = []
        for window, found in zip(windows, self._recognise(windows, is_final=True), strict=True):
            self._add_language_evidence(found, speech_seconds(window))
            self.unrecognised += unrecognised_spans(found, window, 0.0)
            self.segments += segments(found.words, self._output_language(found.language))
            if all(middle(word) < window.end for word in self._agreement.confirmed):
                rest = [word for word in found.words if middle(word) >= self._hypothesis_start]
                new += self._agreement.confirm_rest(rest)
            self._start_next_at(window.end)
            self._prompt = ""  # a window is recognised without what came before it
        update = self._make_update(new, is_last)
        if self._transcriber.options.language == "auto":
            self._language = None
            self._language_seconds.clear()
        return update

    def _start_next_at(self, time: float) -> None:
        """Let the next hypothesis begin at a time; it is told the words before it."""
        early = [word.text for word in self._agreement.confirmed if middle(word) < time]
        self._prompt = " ".join([*self._prompt.split(), *early][-PROMPT_WORDS:])
        self._hypothesis_start = time
        self._agreement.drop_before(time)

    def _recognise(
        self, windows: Sequence[SpeechWindow], said_prompt: str = "", *, is_final: bool = False
    ) -> list[Recognition]:
        """Recognise windows; give the words on the time axis of the stream."""
        if not windows:
            return []
        chunks = [self._transcriber.chunk(window, self._language) for window in windows]
        if not is_final:  # no coverage pass over a hypothesis
            chunks = [replace(chunk, speech_spans=None) for chunk in chunks]
        decoding = self._transcriber.options.decoding
        if said_prompt and "prompt" in self._transcriber.recogniser.supported_options:
            prompt = f"{decoding.prompt} {said_prompt}".strip()
            decoding = replace(decoding, prompt=prompt)
        found = self._transcriber.recogniser.recognise(chunks, decoding)
        return [
            replace(one, words=tuple(place_words(one.words, window, 0.0)))
            for window, one in zip(windows, found, strict=True)
        ]

    def _add_language_evidence(self, found: Recognition, seconds: float) -> None:
        """Stay with the language of the first `LANGUAGE_SPEECH` seconds of speech."""
        if self._language is None and found.language and found.words:
            self._language_seconds[found.language] += seconds
            likeliest = max(self._language_seconds, key=lambda code: self._language_seconds[code])
            if likeliest == found.language:
                self.main_language, self.probability = likeliest, found.language_probability
            if sum(self._language_seconds.values()) >= LANGUAGE_SPEECH:
                self._language = likeliest

    @property
    def _has_paused(self) -> bool:
        """Whether nobody has said more for long enough to end a segment."""
        last = self._pending_words[-1].end if self._pending_words else 0.0
        return self.seconds - last >= PAUSE and not self._agreement.unconfirmed

    def _make_update(self, new: Sequence[Word], is_last: bool = False) -> LiveUpdate:
        """Put confirmed words into segments, and say what is known now."""
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
    """Where a hypothesis can do without what came before: after a sentence, or a pause."""
    if len(words) < 2:
        return None
    place = max(range(1, len(words)), key=lambda n: _break_quality(words, n, language))
    return (words[place - 1].end + words[place].start) / 2


def _break_quality(words: Sequence[Word], place: int, language: str | None) -> tuple[bool, float]:
    """Return whether a sentence ends before the word at `place`, and the pause there."""
    before, after = words[:place], words[place]
    return ends_sentence(before, after, language), after.start - before[-1].end
