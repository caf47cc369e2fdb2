"""A passage in its place: its sound, and its times in the whole speech."""

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


@dataclass(frozen=True, eq=False)
class SynthesisedPassage:
    """One passage.

    Attributes
    ----------
    segment : its text and its times in the speech; None for a pause by itself
    samples : float32, shape (time,), the pause after it included
    number : of the passage, from 0; what cannot be said is counted too
    chapter : title of the chapter that begins with it
    marks : of SSML, with their times
    """

    segment: Segment | None
    samples: NDArray[np.float32]
    number: int = 0
    chapter: str | None = None
    marks: tuple[Moment, ...] = ()


def place_passage(
    passage: ScriptLine,
    uttered: PassageAudio,
    number: int,
    start: float,
    rate: int,
    language: str | None,
) -> SynthesisedPassage:
    """Put a passage where the speech before it ends, with the pause after it.

    Parameters
    ----------
    uttered : what was said of it; nothing where it cannot be said, and then no pause follows
    start : seconds of speech before it
    rate : samples a second, in Hz
    """
    import numpy as np

    speech = uttered.samples
    has_pause = bool(speech.size) or not passage.text
    silence = np.zeros(round(passage.pause * rate) * has_pause, np.float32)
    segment = Segment(
        start=start,
        end=start + speech.size / rate,
        text=passage.text,
        language=language,
        speaker=passage.speaker,
        words=tuple(_later(word, start) for word in uttered.words),
    )
    return SynthesisedPassage(
        segment=segment if speech.size else None,
        samples=np.concatenate([speech, silence]),
        number=number,
        chapter=passage.chapter,
        marks=tuple(_moments(passage, segment)),
    )


def _later(word: Word, seconds: float) -> Word:
    return replace(word, start=word.start + seconds, end=word.end + seconds)


def _moments(passage: ScriptLine, segment: Segment) -> Iterator[Moment]:
    """When the marks of a passage are passed: where the word after each begins.

    Where the model does not tell when it says a word, characters share the time.
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
