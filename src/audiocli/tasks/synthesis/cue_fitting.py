"""Synthesise subtitle cues at their times, faster where necessary, without overlap."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import partial
from itertools import accumulate
from typing import TYPE_CHECKING

from audiocli.audio.stretch import stretched
from audiocli.audio.timecode import format_time
from audiocli.errors import InputError
from audiocli.results import Segment, Word
from audiocli.tasks.synthesis.placement import SynthesisedPassage
from audiocli.tasks.synthesis.text_to_speech import TextToSpeech
from audiocli.text.script import CueTimes, ScriptLine, SpeechScript

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

COMFORTABLE_TEMPO = 1.25  # maximum tempo before the pause after a cue is used
MAX_TEMPO = 2.0  # maximum tempo; words that still do not fit are cut
MAX_MODEL_TEMPO = 1.6  # maximum tempo of the model; the rest is time-stretching
MAX_OVERRUN = 1.0  # maximum seconds that the last cue may exceed its end
MIN_GAP = 0.08  # seconds of silence before the next cue
ONSET = 0.01  # seconds of silence kept before the first sound of a cue
FADE = 0.02  # seconds; length of the fade-out where speech is cut
LONGEST = 100 * 3600.0  # seconds; cues may not end later
MIN_REPORTED_DELAY = 0.05  # seconds; longer delays of a cue are reported


@dataclass(frozen=True, kw_only=True)
class CueFitter:
    """Synthesise the cues of a script at their times.

    Attributes
    ----------
    warn : called with a message for each cue that does not fit
    """

    tts: TextToSpeech
    warn: Callable[[str], None]

    def synthesise(
        self,
        script: SpeechScript,
        source: str,
        on_progress: Callable[[int, int], None],
        *,
        done: int = 0,
        samples: int = 0,
    ) -> Iterator[SynthesisedPassage]:
        """Synthesise the cues in order, each with the silence before it.

        The parameters are those of `TextToSpeech.synthesise`; a passage is a whole cue.

        Raises
        ------
        InputError : the script has no cues, or no text that the model can pronounce
        UsageError : no model has a requested voice
        """
        cues = self._cues(script, source)
        spoken = self._synthesised_cues(cues, script, on_progress, done, samples)
        return self.tts.require_speech(spoken, script, source, has_spoken=done > 0)

    def _synthesised_cues(
        self,
        cues: list[list[ScriptLine]],
        script: SpeechScript,
        on_progress: Callable[[int, int], None],
        done: int,
        samples: int,
    ) -> Iterator[SynthesisedPassage]:
        ends = _available_ends([_cue(passages) for passages in cues])
        tts_by_voice = self.tts.by_voice(script)
        rate, total = self.tts.rate, sum(len(p.text) for cue in cues for p in cue)
        characters, position = 0, samples
        for number, passages in enumerate(cues):
            if number >= done:
                on_progress(characters, total)
                start = max(round(_cue(passages).start * rate), position)
                tts = tts_by_voice.get(passages[0].prosody.voice, self.tts)
                end, sharing = ends[number]
                available = max(end - start / rate, 0.0) / sharing
                speech, segment = self._fitted(passages, number, tts, start / rate, available)
                spoken = segment if speech.size else None
                yield SynthesisedPassage(spoken, speech, number, silence=start - position)
                position = start + speech.size
            characters += sum(len(passage.text) for passage in passages)

    def _cues(self, script: SpeechScript, source: str) -> list[list[ScriptLine]]:
        lines = list(script.lines())
        if not lines or any(line.cue is None for line in lines):
            raise InputError(source, "has no cues to fit to", "--fit is for .srt and .vtt")
        if (end := max(_cue(line).end for line in lines)) > LONGEST:
            raise InputError(
                source,
                f"a cue ends at {format_time(end)}",
                f"--fit writes at most {LONGEST / 3600:g} hours; check the times",
            )
        scripts = (replace(script, lines=partial(iter, (line,))) for line in lines)
        cues = ([p for p in self.tts.passages(one) if p.text] for one in scripts)
        return [cue for cue in cues if cue]

    def _fitted(
        self,
        passages: list[ScriptLine],
        number: int,
        tts: TextToSpeech,
        start: float,
        available: float,
    ) -> tuple[NDArray[np.float32], Segment]:
        """Synthesise a cue in the available time.

        Parameters
        ----------
        start : of the cue, in seconds
        available : available seconds
        """
        cue = _cue(passages)
        if start - cue.start > MIN_REPORTED_DELAY:
            self.warn(
                f"cue {number + 1} at {format_time(cue.start)}: {start - cue.start:.2f} s late, "
                "because another cue starts at the same time"
            )
        wanted = max(cue.end - start, 0.0)
        speech, words = self._synthesise_cue(passages, number, tts, 1.0)
        seconds = speech.size / self.tts.rate
        tempo = _tempo(seconds, min(wanted, available), max(available - MIN_GAP, 0.0))
        if tempo > 1.0:
            speech, words = self._speed_up(passages, number, tts, seconds / tempo)
        if speech.size > (max_samples := round(available * self.tts.rate)):
            speech, words = self._cut(speech, words, max_samples, cue, number)
        return speech, _segment(passages, start, speech.size / self.tts.rate, words)

    def _speed_up(
        self, passages: list[ScriptLine], number: int, tts: TextToSpeech, seconds: float
    ) -> tuple[NDArray[np.float32], list[Word]]:
        """Synthesise a cue in the given seconds, by model speed first, then by time-stretching."""
        rate = self.tts.rate
        plain, words = self._synthesise_cue(passages, number, tts, 1.0)
        tempo = plain.size / rate / seconds
        if tts.synthesiser.has_speed:
            plain, words = self._synthesise_cue(passages, number, tts, min(tempo, MAX_MODEL_TEMPO))
            tempo = plain.size / rate / seconds
        speech = stretched(plain, rate, tempo)
        return speech, [replace(w, start=w.start / tempo, end=w.end / tempo) for w in words]

    def _synthesise_cue(
        self, passages: list[ScriptLine], number: int, tts: TextToSpeech, tempo: float
    ) -> tuple[NDArray[np.float32], list[Word]]:
        """Synthesise all passages of a cue; word times count from its first sound."""
        import numpy as np

        rate = self.tts.rate
        parts: list[NDArray[np.float32]] = []
        words: list[Word] = []
        seconds = 0.0
        for passage in passages:
            hurried = replace(
                passage, prosody=replace(passage.prosody, speed=passage.prosody.speed * tempo)
            )
            audio = self.tts.synthesise_passage(hurried, number, tts)
            speech, cut = (audio.samples, 0) if parts else _without_onset(audio.samples, rate)
            pause = round(passage.pause / tempo * rate) if passage is not passages[-1] else 0
            words += [
                replace(
                    word,
                    start=max(seconds, word.start + seconds - cut / rate),
                    end=word.end + seconds - cut / rate,
                )
                for word in audio.words
            ]
            parts += [speech, np.zeros(pause, np.float32)]
            seconds += (speech.size + pause) / rate
        return np.concatenate(parts), words

    def _cut(
        self,
        speech: NDArray[np.float32],
        words: list[Word],
        max_samples: int,
        cue: CueTimes,
        number: int,
    ) -> tuple[NDArray[np.float32], list[Word]]:
        """Cut the words that do not fit, and warn about them."""
        rate = self.tts.rate
        kept = [word for word in words if word.end * rate <= max_samples]
        size = max_samples
        if words:
            size = round(kept[-1].end * rate) if kept else 0
        over = (speech.size - max_samples) / rate
        lost = " ".join(word.text for word in words[len(kept) :])
        self.warn(
            f"cue {number + 1} at {format_time(cue.start)}: {over:.2f} s too long even"
            f" {MAX_TEMPO:g} times as fast"
            + (f"; left out: {lost}" if lost else "; its end is cut")
        )
        return _faded(speech[:size], rate), kept


def _tempo(seconds: float, wanted: float, available: float) -> float:
    """Return the tempo of a cue: first within its own time, then within the available time."""
    if seconds <= wanted:
        return 1.0
    easy = min(seconds / wanted, COMFORTABLE_TEMPO) if wanted > 0 else COMFORTABLE_TEMPO
    if seconds / easy <= available:
        return easy
    return min(seconds / available, MAX_TEMPO) if available > 0 else MAX_TEMPO


def _available_ends(cues: Sequence[CueTimes]) -> list[tuple[float, int]]:
    """Return until when each cue may last, and how many cues share this time.

    Cues that start at the same time share it; earlier cues of the same start are over.

    Parameters
    ----------
    cues : in order of their starts
    """
    starts = [cue.start for cue in cues]
    last_ends = list(accumulate((cue.end for cue in reversed(cues)), max))[::-1]
    ends = []
    for number, start in enumerate(starts):
        following = bisect_right(starts, start)
        is_last = following == len(starts)
        end = last_ends[number] + MAX_OVERRUN if is_last else starts[following]
        ends.append((end, following - number))
    return ends


def _cue(passages: ScriptLine | list[ScriptLine]) -> CueTimes:
    line = passages if isinstance(passages, ScriptLine) else passages[0]
    assert line.cue is not None  # checked in `_cues`
    return line.cue


def _segment(
    passages: list[ScriptLine], start: float, seconds: float, words: list[Word]
) -> Segment:
    """Return the segment of a cue, with the words that were kept."""
    placed = tuple(replace(w, start=w.start + start, end=w.end + start) for w in words)
    text = " ".join(passage.text for passage in passages)
    if placed and len(" ".join(word.text for word in placed).split()) < len(text.split()):
        text = " ".join(word.text for word in placed)
    return Segment(
        start=start, end=start + seconds, text=text, speaker=passages[0].speaker, words=placed
    )


def _without_onset(samples: NDArray[np.float32], rate: int) -> tuple[NDArray[np.float32], int]:
    """Cut the silence before the first sound; return also the number of samples cut."""
    import numpy as np

    if not samples.size:
        return samples, 0
    first = int(np.argmax(np.abs(samples) > 0.02 * np.abs(samples).max()))
    cut = max(0, first - round(ONSET * rate))
    return samples[cut:], cut


def _faded(samples: NDArray[np.float32], rate: int) -> NDArray[np.float32]:
    import numpy as np

    size = min(samples.size, round(FADE * rate))
    ramp = np.ones(samples.size, np.float32)
    ramp[samples.size - size :] = np.linspace(1.0, 0.0, size, dtype=np.float32)
    return samples * ramp
