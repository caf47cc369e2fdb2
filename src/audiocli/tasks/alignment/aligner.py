"""When the words of a known text are spoken, in recordings of any length.

The recording is recognised as `transcribe` does it, and the words that the script and the
recognised text share take their times from there: they are the anchors. What lies between
them is aligned by itself, in passages of seconds, so an hour needs no more than a minute.
Where nobody speaks long enough for the words, they are not spoken.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from audiocli.audio.spool import AudioSpool
from audiocli.errors import InputError
from audiocli.models.protocols.recognition import Aligner, AudioChunk, Recogniser
from audiocli.results import Alignment, Segment, Transcript, Word
from audiocli.tasks.alignment.gaps import (
    MAX_PASSAGE,
    Passage,
    ScriptGap,
    find_gaps,
    make_passages,
    trim_gap,
)
from audiocli.tasks.alignment.matching import match_words, normalise_word
from audiocli.tasks.alignment.phonemes import phonemes_in
from audiocli.tasks.alignment.scripts import AlignmentScript
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
from audiocli.tasks.transcription.speech_windows import true_runs
from audiocli.tasks.transcription.transcriber import Transcriber

if TYPE_CHECKING:
    from audiocli.audio.decode import AudioStream

MIN_WORD_SECONDS = 0.08  # seconds a word takes at least, on average
MAX_WORD_SECONDS = 2.0  # seconds; what comes before is sound that attention gave to the word
MAX_UNTIMED_WORDS = 3  # words that a recogniser may have swallowed without a trace of time
MIN_CONFIDENCE = 0.1  # confidence from which such words were spoken
MIN_MATCHED_SHARE = 0.1  # of the words on the shorter side; with fewer it is another text
_MAX_VAD_SECONDS = 120.0  # seconds of a gap that are searched for speech
_VAD_LEAD = 1.0  # seconds


@dataclass(frozen=True)
class _PassageSamples:
    """A passage with its sound, for the pool."""

    passage: Passage
    samples: NDArray[np.float32]
    speech: NDArray[np.float64]
    seconds: float


@dataclass(frozen=True, kw_only=True)
class ScriptAligner:
    """A recogniser that can align, ready for any number of recordings.

    Attributes
    ----------
    transcriber : keeps the times of words
    script_of : the script of a recording by its key; raises InputError where there is none
    phonemes : a recogniser that writes phonemes, to tell those of the segments too
    """

    transcriber: Transcriber
    script_of: Callable[[Any], AlignmentScript]
    phonemes: Recogniser | None = None
    parameters: Mapping[str, Any] = field(default_factory=dict)

    def run(
        self, recordings: Iterable[Recording], on_progress: Progress = ignore_progress
    ) -> Iterator[Done[Alignment] | Failed]:
        """Align recordings, in the order in which they become whole."""
        spools: dict[Any, AudioSpool] = {}
        try:
            kept = (self._kept(recording, spools) for recording in recordings)
            for event in self.transcriber.run(kept, on_progress):
                if isinstance(event, Done):
                    found = partial(self._aligned, event.key, event.result, spools[event.key])
                    yield failed_on_error(event.key, event.result.source, found)
                    spools.pop(event.key).close()
                elif isinstance(event, Failed):
                    yield event
        finally:
            for spool in spools.values():
                spool.close()

    def _kept(self, recording: Recording, spools: dict[Any, AudioSpool]) -> Recording:
        """Make a recording whose sound can be listened to again."""

        @contextmanager
        def opened(rate: int | None) -> Iterator[AudioStream]:
            self.script_of(recording.key)
            spools[recording.key] = AudioSpool()
            with recording.open(rate) as stream:
                yield spools[recording.key].tee(stream)

        return replace(recording, open=opened)

    def _aligned(self, key: Any, found: Transcript, spool: AudioSpool) -> Done[Alignment] | Failed:
        script = self.script_of(key)
        words, heard = script.words, [word for segment in found.segments for word in segment.words]
        pairs = match_words(
            [normalise_word(w) for w in words], [normalise_word(word.text) for word in heard]
        )
        most = min(len(words), len(heard))
        if most > MAX_UNTIMED_WORDS and len(pairs) < MIN_MATCHED_SHARE * most:
            return self._refused(key, found.source, f"hardly anything of {script.name}")
        times = {i: replace(heard[j], text=words[i]) for i, j in pairs}
        end = spool.offset + found.duration
        found_gaps = find_gaps(pairs, words, heard, spool.offset, end)
        gaps = [part for gap in found_gaps if gap.script for part in trim_gap(gap, words, heard)]
        narrowed = [gap for gap in (self._narrowed(gap, heard, spool) for gap in gaps) if gap]
        filled = self._filled(make_passages(narrowed, words, heard), spool, found.language)
        times |= filled
        explained = {j for _, j in pairs}
        explained |= {j for gap in narrowed if filled.keys() & gap.script for j in gap.heard}
        spoken = tuple(_segments(script, times, found.language))
        if not spoken:
            return self._refused(key, found.source, f"nothing of {script.name}")
        return Done(
            key,
            Alignment(
                source=found.source,
                duration=found.duration,
                start=found.start,
                model=found.model,
                parameters=self.parameters,
                language=found.language,
                language_probability=found.language_probability,
                segments=spoken,
                script=script.name,
                unspoken=tuple(_unspoken(words, times)),
                extra=tuple(word for j, word in enumerate(heard) if j not in explained),
                phonemes=tuple(phonemes_in(spoken, spool, self.phonemes)) if self.phonemes else (),
            ),
        )

    def _refused(self, key: Any, source: str, how_much: str) -> Failed:
        """Say how much of a script is heard, and what may be wrong."""
        doubt = "is it the right text?"
        if getattr(self.transcriber.recogniser, "writes_phonemes", False):
            doubt = "its model writes phonemes, so the text must be phonemes; see --phonemes"
        return Failed(key, InputError(source, f"{how_much} is heard in it", doubt))

    def _narrowed(
        self, gap: ScriptGap, heard: Sequence[Word], spool: AudioSpool
    ) -> ScriptGap | None:
        """Cut a gap to the speech in it; None where there is not enough for its words."""
        if not gap.heard and len(gap.script) <= MAX_UNTIMED_WORDS and gap.end - gap.start < 1.0:
            return gap  # swallowed by the words around it, perhaps
        if gap.end - gap.start > _MAX_VAD_SECONDS:
            return None
        speech = np.array([(heard[j].start, heard[j].end) for j in gap.heard]).reshape(-1, 2)
        if float(np.diff(speech).sum()) < 2 * MIN_WORD_SECONDS * len(
            gap.script
        ):  # more was spoken there
            speech = np.concatenate([speech, self._speech(spool, gap.start, gap.end)])
        if float(np.diff(speech).sum()) < MIN_WORD_SECONDS * len(gap.script):
            return None
        start, end = float(speech[:, 0].min()), float(speech[:, 1].max())
        return replace(gap, start=start, end=end) if end - start <= MAX_PASSAGE else None

    def _speech(self, spool: AudioSpool, start: float, end: float) -> NDArray[np.float64]:
        """Where somebody speaks between two times: shape (spans, 2), in seconds of the source.

        The detector listens from a little earlier, since it needs a moment to be sure.
        """
        vad = self.transcriber.vad
        begin = max(spool.offset, start - _VAD_LEAD)
        samples = spool.samples(begin, end)
        whole = np.pad(samples, (0, -len(samples) % vad.frame))
        if not len(whole):
            return np.zeros((0, 2))
        speaking = vad.fresh().probabilities(whole) >= self.transcriber.options.vad_options.onset
        found = begin + true_runs(speaking.tolist()) * vad.frame / vad.rate
        clipped = np.clip(found, start, end)
        return clipped[clipped[:, 1] > clipped[:, 0]]

    def _filled(
        self, waiting: Sequence[Passage], spool: AudioSpool, language: str | None
    ) -> dict[int, Word]:
        """Align passages; give the words of their gaps that were spoken, by position."""
        recogniser: Any = self.transcriber.recogniser
        aligner: Aligner = recogniser

        def work(cuts: Sequence[_PassageSamples]) -> list[list[Word]]:
            chunks = [AudioChunk(samples=cut.samples, language=language) for cut in cuts]
            return aligner.align(chunks, [cut.passage.words for cut in cuts])

        scheduler: BatchScheduler[_PassageSamples, list[Word]] = BatchScheduler(
            work=work,
            workers=recogniser.workers,
            batch_seconds=recogniser.batch_seconds,
            padded_seconds=recogniser.padded_seconds,
        )
        times: dict[int, Word] = {}
        for cut, words in scheduler.run(self._cut(passage, spool) for passage in waiting):
            if words:
                times |= _placed(cut, words)
        return times

    def _cut(self, passage: Passage, spool: AudioSpool) -> _PassageSamples:
        samples = spool.samples(passage.start, passage.end)
        speech = self._speech(spool, passage.start, passage.end) - passage.start
        return _PassageSamples(passage, samples, speech, len(samples) / spool.rate)


def _placed(cut: _PassageSamples, words: Sequence[Word]) -> dict[int, Word]:
    """Put the words of a passage's gaps on the recording's clock, and leave out the unspoken."""
    begin = cut.passage.start
    timed = {
        place: replace(
            word, start=begin + max(word.start, word.end - MAX_WORD_SECONDS), end=begin + word.end
        )
        for place, word in zip(cut.passage.places, trim_to_speech(words, cut.speech), strict=True)
        if place is not None
    }
    for gap in cut.passage.gaps:
        found = [timed[place] for place in gap.script]
        is_sure = np.mean([word.confidence or 0.0 for word in found]) >= MIN_CONFIDENCE
        if not gap.heard and len(gap.script) <= MAX_UNTIMED_WORDS and not is_sure:
            for place in gap.script:
                del timed[place]
    return timed


def _segments(
    script: AlignmentScript, times: Mapping[int, Word], language: str | None
) -> Iterator[Segment]:
    """Make segments of the script's lines, of what was spoken of them."""
    first = 0
    clock = 0.0
    for line in script.lines:
        spoken = []
        for place in range(first, first + len(line)):
            if word := times.get(place):
                start = max(word.start, clock)  # passages and anchors may differ a little
                clock = max(word.end, start)
                spoken.append(replace(word, start=start, end=clock))
        yield from segments(spoken, language)
        first += len(line)


def _unspoken(words: Sequence[str], times: Mapping[int, Word]) -> Iterator[Word]:
    """List the words without times, each where the one before it ends."""
    clock = 0.0
    for place, text in enumerate(words):
        if word := times.get(place):
            clock = max(clock, word.end)
        else:
            yield Word(start=clock, end=clock, text=text, confidence=0.0)
