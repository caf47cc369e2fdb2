"""Place passages on the time axis of the whole speech."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from itertools import accumulate
from typing import TYPE_CHECKING

from audiocli.results import Moment, Segment, Word
from audiocli.tasks.synthesis.passages import PassageAudio
from audiocli.text.script import ScriptLine

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

SILENCE_BLOCK = 1 << 16  # samples


@dataclass(frozen=True, eq=False)
class SynthesisedPassage:
    """A synthesised passage.

    Attributes
    ----------
    segment : text and times in the speech; None if nothing is spoken
    samples : float32, shape (time,), including the pause after the speech
    number : of the passage, from 0, counting also unpronounceable ones
    chapter : title of the chapter that starts with the passage
    marks : SSML marks with their times
    silence : number of samples of silence before `samples`, which may last hours
    """

    segment: Segment | None
    samples: NDArray[np.float32]
    number: int = 0
    chapter: str | None = None
    marks: tuple[Moment, ...] = ()
    silence: int = 0

    @property
    def size(self) -> int:
        """Number of samples with the silence."""
        return self.silence + self.samples.size

    def blocks(self) -> Iterator[NDArray[np.float32]]:
        """Yield the silence and the samples, at most `SILENCE_BLOCK` samples of silence at once."""
        import numpy as np

        for start in range(0, self.silence, SILENCE_BLOCK):
            yield np.zeros(min(SILENCE_BLOCK, self.silence - start), np.float32)
        yield self.samples


def place_passage(
    passage: ScriptLine,
    audio: PassageAudio,
    number: int,
    start: float,
    rate: int,
    language: str | None,
) -> SynthesisedPassage:
    """Place a passage after the previous speech, and add the pause after it.

    Parameters
    ----------
    audio : its audio; if it is empty, no pause is added
    start : seconds of speech before it
    rate : sample rate in Hz
    """
    import numpy as np

    speech = audio.samples
    has_pause = bool(speech.size) or not passage.text
    pause = round(passage.pause * rate) * has_pause
    silence = np.zeros(pause if speech.size else 0, np.float32)
    segment = Segment(
        start=start,
        end=start + speech.size / rate,
        text=passage.text,
        language=language,
        speaker=passage.speaker,
        words=tuple(_later(word, start) for word in audio.words),
    )
    return SynthesisedPassage(
        segment=segment if speech.size else None,
        samples=np.concatenate([speech, silence]),
        number=number,
        chapter=passage.chapter,
        marks=tuple(_moments(passage, segment)),
        silence=0 if speech.size else pause,
    )


def _later(word: Word, seconds: float) -> Word:
    return replace(word, start=word.start + seconds, end=word.end + seconds)


def _moments(passage: ScriptLine, segment: Segment) -> Iterator[Moment]:
    """Yield the times of the marks of a passage: the start of the next word.

    Without word times, they are interpolated by characters.
    """
    length = segment.end - segment.start
    for mark in passage.marks:
        words_before = len(passage.text[: mark.at].split())
        counts = accumulate(len(word.text.split()) for word in segment.words)
        after = [w for w, count in zip(segment.words, counts, strict=True) if count > words_before]
        if mark.at >= len(passage.text.rstrip()):
            time = segment.end
        elif after:
            time = after[0].start
        else:
            time = segment.start + length * mark.at / len(passage.text)
        yield Moment(time=time, name=mark.name)
