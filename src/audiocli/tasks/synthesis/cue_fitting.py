"""Speech for subtitles: each cue at its time, faster where it must be, never two at once."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from functools import partial
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

COMFORTABLE_TEMPO = 1.25  # times faster than usual, before the silence after a cue is used
MAX_TEMPO = 2.0  # times faster; what does not fit then is left out
MAX_MODEL_TEMPO = 1.6  # ... of which the model does so much, and the rest is done to its sound
MAX_OVERRUN = 1.0  # seconds the last cue may go on after its end
MIN_GAP = 0.08  # seconds of silence before the next cue, where one is crowded out
ONSET = 0.01  # seconds of near silence before a cue's first sound
FADE = 0.02  # seconds, where speech is cut
MIN_REPORTED_DELAY = 0.05  # seconds after its time from which on a cue is reported


@dataclass(frozen=True, kw_only=True)
class CueFitter:
    """Speaks the cues of a script at their times.

    Attributes
    ----------
    warn : told about each cue that cannot be said in its time
    """

    speaker: TextToSpeech
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
        """Say the cues one after another, with the silence before each.

        The parameters are those of `TextToSpeech.synthesise`; a passage is a whole cue.

        Raises
        ------
        InputError : the text has no cues, or there is nothing in it that the model can say
        UsageError : it asks for a voice that nobody has
        """
        cues = self._cues(script, source)
        spoken = self._performed(cues, script, on_progress, done, samples)
        return self.speaker.require_speech(spoken, script, source, has_spoken=done > 0)

    def _performed(
        self,
        cues: list[list[ScriptLine]],
        script: SpeechScript,
        on_progress: Callable[[int, int], None],
        done: int,
        samples: int,
    ) -> Iterator[SynthesisedPassage]:
        import numpy as np

        speakers = self.speaker.by_voice(script)
        rate, total = self.speaker.rate, sum(len(p.text) for cue in cues for p in cue)
        characters, position = 0, samples
        for number, passages in enumerate(cues):
            if number >= done:
                on_progress(characters, total)
                start = max(round(_cue(passages).start * rate), position)
                speaker = speakers.get(passages[0].prosody.voice, self.speaker)
                room = _available_seconds(cues[number:], start / rate)
                speech, segment = self._fitted(passages, number, speaker, start / rate, room)
                silence = np.zeros(start - position, np.float32)
                said = segment if speech.size else None
                yield SynthesisedPassage(said, np.concatenate([silence, speech]), number)
                position = start + speech.size
            characters += sum(len(passage.text) for passage in passages)

    def _cues(self, script: SpeechScript, source: str) -> list[list[ScriptLine]]:
        lines = list(script.lines())
        if not lines or any(line.cue is None for line in lines):
            raise InputError(source, "has no cues to fit to", "--fit is for .srt and .vtt")
        scripts = (replace(script, lines=partial(iter, (line,))) for line in lines)
        cues = ([p for p in self.speaker.passages(one) if p.text] for one in scripts)
        return [cue for cue in cues if cue]

    def _fitted(
        self,
        passages: list[ScriptLine],
        number: int,
        speaker: TextToSpeech,
        start: float,
        room: float,
    ) -> tuple[NDArray[np.float32], Segment]:
        """Say a cue in the time it has.

        Parameters
        ----------
        start : when it begins, in seconds
        room : seconds it can have
        """
        cue = _cue(passages)
        if start - cue.start > MIN_REPORTED_DELAY:
            self.warn(
                f"cue {number + 1} at {format_time(cue.start)}: {start - cue.start:.2f} s late,"
                " another begins at the same time"
            )
        wanted = max(cue.end - start, 0.0)
        speech, words = self._said(passages, number, speaker, 1.0)
        seconds = speech.size / self.speaker.rate
        tempo = _tempo(seconds, min(wanted, room), max(room - MIN_GAP, 0.0))
        if tempo > 1.0:
            speech, words = self._hastened(passages, number, speaker, seconds / tempo)
        if speech.size > (most := round(room * self.speaker.rate)):
            speech, words = self._cut(speech, words, most, cue, number)
        return speech, _segment(passages, start, speech.size / self.speaker.rate, words)

    def _hastened(
        self, passages: list[ScriptLine], number: int, speaker: TextToSpeech, seconds: float
    ) -> tuple[NDArray[np.float32], list[Word]]:
        """Say a cue in so many seconds: the model speaks faster, then its sound is stretched."""
        rate = self.speaker.rate
        plain, words = self._said(passages, number, speaker, 1.0)
        tempo = plain.size / rate / seconds
        if speaker.synthesiser.has_speed:
            plain, words = self._said(passages, number, speaker, min(tempo, MAX_MODEL_TEMPO))
            tempo = plain.size / rate / seconds
        speech = stretched(plain, rate, tempo)
        return speech, [replace(w, start=w.start / tempo, end=w.end / tempo) for w in words]

    def _said(
        self, passages: list[ScriptLine], number: int, speaker: TextToSpeech, tempo: float
    ) -> tuple[NDArray[np.float32], list[Word]]:
        """Say all sentences of a cue; times are from its first sound."""
        import numpy as np

        rate = self.speaker.rate
        parts: list[NDArray[np.float32]] = []
        words: list[Word] = []
        seconds = 0.0
        for passage in passages:
            hurried = replace(
                passage, prosody=replace(passage.prosody, speed=passage.prosody.speed * tempo)
            )
            said = self.speaker.synthesise_passage(hurried, number, speaker)
            speech, cut = (said.samples, 0) if parts else _without_onset(said.samples, rate)
            pause = round(passage.pause / tempo * rate) if passage is not passages[-1] else 0
            words += [
                replace(
                    word,
                    start=max(seconds, word.start + seconds - cut / rate),
                    end=word.end + seconds - cut / rate,
                )
                for word in said.words
            ]
            parts += [speech, np.zeros(pause, np.float32)]
            seconds += (speech.size + pause) / rate
        return np.concatenate(parts), words

    def _cut(
        self, speech: NDArray[np.float32], words: list[Word], most: int, cue: CueTimes, number: int
    ) -> tuple[NDArray[np.float32], list[Word]]:
        """Leave out the words that do not fit, and say so."""
        rate = self.speaker.rate
        kept = [word for word in words if word.end * rate <= most]
        size = most
        if words:
            size = round(kept[-1].end * rate) if kept else 0
        over = (speech.size - most) / rate
        lost = " ".join(word.text for word in words[len(kept) :])
        self.warn(
            f"cue {number + 1} at {format_time(cue.start)}: {over:.2f} s too long even"
            f" {MAX_TEMPO:g} times as fast"
            + (f"; not said: {lost}" if lost else "; its end is cut")
        )
        return _faded(speech[:size], rate), kept


def _tempo(seconds: float, wanted: float, room: float) -> float:
    """How many times faster a cue is said: little within its time, more only to be in room."""
    if seconds <= wanted:
        return 1.0
    easy = min(seconds / wanted, COMFORTABLE_TEMPO) if wanted > 0 else COMFORTABLE_TEMPO
    if seconds / easy <= room:
        return easy
    return min(seconds / room, MAX_TEMPO) if room > 0 else MAX_TEMPO


def _available_seconds(cues: list[list[ScriptLine]], start: float) -> float:
    """The seconds the first of some cues can have; those that begin at one time share it."""
    begins = _cue(cues[0]).start
    at_once = [cue for cue in cues if _cue(cue).start <= begins]
    later = cues[len(at_once) :]
    end = _cue(later[0]).start if later else max(_cue(cue).end for cue in at_once) + MAX_OVERRUN
    return max(end - start, 0.0) / len(at_once)


def _cue(passages: ScriptLine | list[ScriptLine]) -> CueTimes:
    line = passages if isinstance(passages, ScriptLine) else passages[0]
    assert line.cue is not None  # checked where they were gathered
    return line.cue


def _segment(
    passages: list[ScriptLine], start: float, seconds: float, words: list[Word]
) -> Segment:
    """The cue as it was said: its text, or the words that fitted."""
    told = tuple(replace(w, start=w.start + start, end=w.end + start) for w in words)
    text = " ".join(passage.text for passage in passages)
    if told and len(" ".join(word.text for word in told).split()) < len(text.split()):
        text = " ".join(word.text for word in told)
    return Segment(
        start=start, end=start + seconds, text=text, speaker=passages[0].speaker, words=told
    )


def _without_onset(samples: NDArray[np.float32], rate: int) -> tuple[NDArray[np.float32], int]:
    """Cut the near silence before the first sound; tell how many samples went."""
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
