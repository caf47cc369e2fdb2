"""Align known texts with recordings of any length.

The recording is transcribed first. Words that the script and the transcript share keep
the times of the transcript. The text between them is aligned in passages of some seconds,
so memory does not grow with the recording. Words without enough speech for them are
reported as unspoken.
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
from audiocli.tasks.alignment.matching import Pair, match_words, normalise_word
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
from audiocli.tasks.common.runs import true_runs
from audiocli.tasks.transcription.segments import segments, trim_to_speech
from audiocli.tasks.transcription.transcriber import Transcriber

if TYPE_CHECKING:
    from audiocli.audio.decode import AudioStream

MIN_WORD_SECONDS = 0.08  # minimum average duration of a word, in seconds
MAX_WORD_SECONDS = 2.0  # seconds; a longer word is trimmed at its start
MAX_UNTIMED_WORDS = 3  # words that may be spoken where no speech is left for them
MIN_CONFIDENCE = 0.1  # minimum mean confidence of such words
MIN_MATCHED_SHARE = 0.1  # share of matched words below which the text is rejected
_MAX_VAD_SECONDS = 120.0  # longer gaps are not searched for speech
_VAD_LEAD = 1.0  # seconds of audio that the detector reads first


@dataclass(frozen=True)
class _PassageSamples:
    """A passage with its audio.

    Attributes
    ----------
    samples : mono, shape (time,)
    speech : shape (spans, 2), in seconds from the start of the passage
    seconds : length of the audio
    """

    passage: Passage
    samples: NDArray[np.float32]
    speech: NDArray[np.float64]
    seconds: float


@dataclass(frozen=True, kw_only=True)
class ScriptAligner:
    """Align scripts with recordings.

    Attributes
    ----------
    transcriber : with word times enabled, and a recogniser that implements `Aligner`
    script_of : return the script of a recording by its key; raises InputError without one
    phonemes : phoneme recogniser for the aligned segments, None for no phonemes
    """

    transcriber: Transcriber
    script_of: Callable[[Any], AlignmentScript]
    phonemes: Recogniser | None = None
    parameters: Mapping[str, Any] = field(default_factory=dict)

    def run(
        self, recordings: Iterable[Recording], on_progress: Progress = ignore_progress
    ) -> Iterator[Done[Alignment] | Failed]:
        """Align recordings; yield a `Done` or `Failed` event as each finishes."""
        spools: dict[Any, AudioSpool] = {}
        try:
            spooled_recordings = (self._spooled(recording, spools) for recording in recordings)
            for event in self.transcriber.run(spooled_recordings, on_progress):
                if isinstance(event, Done):
                    found = partial(self._aligned, event.key, event.result, spools[event.key])
                    yield failed_on_error(event.key, event.result.source, found)
                    spools.pop(event.key).close()
                elif isinstance(event, Failed):
                    yield event
        finally:
            for spool in spools.values():
                spool.close()

    def _spooled(self, recording: Recording, spools: dict[Any, AudioSpool]) -> Recording:
        """Return a recording whose audio is also written to a temporary file."""

        @contextmanager
        def opened(rate: int | None) -> Iterator[AudioStream]:
            self.script_of(recording.key)
            spools[recording.key] = AudioSpool()
            with recording.open(rate) as stream:
                yield spools[recording.key].tee(stream)

        return replace(recording, open=opened)

    def _aligned(self, key: Any, found: Transcript, spool: AudioSpool) -> Done[Alignment] | Failed:
        script = self.script_of(key)
        words = script.words
        recognised = [word for segment in found.segments for word in segment.words]
        pairs = match_words(
            [normalise_word(word) for word in words],
            [normalise_word(word.text) for word in recognised],
        )
        shorter = min(len(words), len(recognised))
        if shorter > MAX_UNTIMED_WORDS and len(pairs) < MIN_MATCHED_SHARE * shorter:
            return self._no_match(key, found.source, f"hardly any words of {script.name}")
        times = {i: replace(recognised[j], text=words[i]) for i, j in pairs}
        end = spool.offset + found.duration
        gaps = list(self._spoken_gaps(pairs, words, recognised, spool, end))
        passages = make_passages(gaps, words, recognised)
        aligned = self._align_passages(passages, spool, found.language)
        times |= aligned
        matched = {j for _, j in pairs}
        matched |= {j for gap in gaps if aligned.keys() & gap.script for j in gap.recognised}
        spoken = tuple(_segments(script, times, found.language))
        if not spoken:
            return self._no_match(key, found.source, f"no words of {script.name}")
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
                extra=tuple(word for j, word in enumerate(recognised) if j not in matched),
                phonemes=tuple(phonemes_in(spoken, spool, self.phonemes)) if self.phonemes else (),
            ),
        )

    def _no_match(self, key: Any, source: str, share: str) -> Failed:
        """Return the error of a script that does not match, with a hint."""
        hint = "check that it is the right text"
        if getattr(self.transcriber.recogniser, "writes_phonemes", False):
            hint = (
                "the model writes phonemes, so the text must consist of phonemes; "
                "see --phoneme-model"
            )
        return Failed(key, InputError(source, f"{share} were recognised in it", hint))

    def _spoken_gaps(
        self,
        pairs: Sequence[Pair],
        words: Sequence[str],
        recognised: Sequence[Word],
        spool: AudioSpool,
        end: float,
    ) -> Iterator[ScriptGap]:
        """Yield the gaps between matched words that have words of the script and speech."""
        for gap in find_gaps(pairs, words, recognised, spool.offset, end):
            if gap.script:
                for part in trim_gap(gap, words, recognised):
                    if limited := self._limit_to_speech(part, recognised, spool):
                        yield limited

    def _limit_to_speech(
        self, gap: ScriptGap, recognised: Sequence[Word], spool: AudioSpool
    ) -> ScriptGap | None:
        """Limit a gap to the speech in it; return None if that is too short for its words."""
        is_short = len(gap.script) <= MAX_UNTIMED_WORDS and gap.end - gap.start < 1.0
        if is_short and not gap.recognised:
            return gap  # the words may be hidden in the adjacent words
        if gap.end - gap.start > _MAX_VAD_SECONDS:
            return None
        min_seconds = MIN_WORD_SECONDS * len(gap.script)
        times = [(recognised[j].start, recognised[j].end) for j in gap.recognised]
        speech = np.array(times).reshape(-1, 2)
        if np.diff(speech).sum() < 2 * min_seconds:  # not all speech may be recognised
            speech = np.concatenate([speech, self._speech(spool, gap.start, gap.end)])
        if np.diff(speech).sum() < min_seconds:
            return None
        start, end = float(speech[:, 0].min()), float(speech[:, 1].max())
        return replace(gap, start=start, end=end) if end - start <= MAX_PASSAGE else None

    def _speech(self, spool: AudioSpool, start: float, end: float) -> NDArray[np.float64]:
        """Return the speech between two times: shape (spans, 2), in seconds of the source.

        The detector starts `_VAD_LEAD` earlier to reach a stable state.
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

    def _align_passages(
        self, to_align: Sequence[Passage], spool: AudioSpool, language: str | None
    ) -> dict[int, Word]:
        """Align passages; return the spoken words of their gaps by position in the script."""
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
        for cut, words in scheduler.run(self._cut(passage, spool) for passage in to_align):
            if words:
                times |= _placed(cut, words)
        return times

    def _cut(self, passage: Passage, spool: AudioSpool) -> _PassageSamples:
        samples = spool.samples(passage.start, passage.end)
        speech = self._speech(spool, passage.start, passage.end) - passage.start
        return _PassageSamples(passage, samples, speech, len(samples) / spool.rate)


def _placed(cut: _PassageSamples, words: Sequence[Word]) -> dict[int, Word]:
    """Move the gap words of a passage to the time axis of the source; drop unspoken words."""
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
        if not gap.recognised and len(gap.script) <= MAX_UNTIMED_WORDS and not is_sure:
            for place in gap.script:
                del timed[place]
    return timed


def _segments(
    script: AlignmentScript, times: Mapping[int, Word], language: str | None
) -> Iterator[Segment]:
    """Yield segments of the spoken words of each line of the script."""
    first = 0
    clock = 0.0
    for line in script.lines:
        spoken = []
        for place in range(first, first + len(line)):
            if word := times.get(place):
                start = max(
                    word.start, clock
                )  # times of passages and matched words may overlap slightly
                clock = max(word.end, start)
                spoken.append(replace(word, start=start, end=clock))
        yield from segments(spoken, language)
        first += len(line)


def _unspoken(words: Sequence[str], times: Mapping[int, Word]) -> Iterator[Word]:
    """Yield the words without times, each at the end of the word before."""
    clock = 0.0
    for place, text in enumerate(words):
        if word := times.get(place):
            clock = max(clock, word.end)
        else:
            yield Word(start=clock, end=clock, text=text, confidence=0.0)
