"""Text to speech: a long text as passages, each said as soon as it is asked for."""

from __future__ import annotations

import unicodedata
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from audiocli.errors import InputError
from audiocli.models.synthesis import Delivery, Synthesiser
from audiocli.results import ModelInfo, Segment, Speech
from audiocli.script.passages import Reader, said
from audiocli.script.plain import plain_lines
from audiocli.script.sentence_split import is_speakable

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

QUIET = 0.003  # of full scale, about -50 dB: what a model adds before and after its speech
EDGE = 0.04  # seconds of it that stay, so that no breath and no echo is cut


def _ignore(_done: int, _total: int) -> None:
    """Take a report that nobody wants."""


@dataclass(frozen=True, kw_only=True)
class Options:
    """How to speak.

    Attributes
    ----------
    language : ISO 639 code of the text, None for what the model speaks
    pitch : semitones above the voice's own
    delivery : voice, speed, seed; each passage counts the seed one up
    likeness : the file whose voice this is, where it is none of the model's own:
        a recording, or an embedding in `delivery.speaker`
    words : what is said in the recording, for models that ask for it
    """

    language: str | None = None
    pitch: float = 0.0
    delivery: Delivery = field(default_factory=Delivery)
    likeness: Path | None = None
    words: str | None = None


@dataclass(frozen=True, eq=False)
class Spoken:
    """One passage.

    Attributes
    ----------
    segment : its text and its times in the speech
    samples : float32, shape (time,), the pause after it included
    """

    segment: Segment
    samples: NDArray[np.float32]


@dataclass(frozen=True, kw_only=True)
class Speaker:
    """A model and a way to speak, ready for any number of texts."""

    synthesiser: Synthesiser
    model: ModelInfo
    options: Options = field(default_factory=Options)

    def say(
        self, text: str, source: str, on_progress: Callable[[int, int], None] = _ignore
    ) -> Iterator[Spoken]:
        """Say a text passage by passage.

        What the model has no sounds for is left out.

        Parameters
        ----------
        on_progress : told the characters that are done, and those there are

        Raises
        ------
        InputError : there is nothing in the text that it can say
        """
        seconds = 0.0
        done = 0
        reader = Reader(longest=self.synthesiser.longest, language=self._language)
        all_passages = [p for p in reader.passages(plain_lines(text)) if p.text]
        total = sum(len(passage.text) for passage in all_passages)
        for number, passage in enumerate(all_passages):
            on_progress(done, total)
            done += len(passage.text)
            speech = self._speech(said(passage), number)
            if not speech.size:
                continue
            samples = _with_pause(speech, passage.pause, self.synthesiser.rate)
            end = seconds + speech.size / self.synthesiser.rate
            yield Spoken(self._segment(passage.text, seconds, end), samples)
            seconds += samples.size / self.synthesiser.rate
        if not seconds:
            raise self._nothing_said(text, source)

    def result(
        self, spoken: tuple[Segment, ...], source: str, duration: float, output: str | None
    ) -> Speech:
        """Gather what was said into a result."""
        options, delivery = self.options, self.options.delivery
        own_voice = delivery.voice or next(iter(self.synthesiser.voices), None)
        return Speech(
            source=source,
            duration=duration,
            model=self.model,
            parameters={
                "language": options.language,
                "speed": delivery.speed,
                "pitch": options.pitch,
                "likeness": options.likeness.name if options.likeness else None,
            },
            language=self._language,
            segments=spoken,
            voice=None if options.likeness else own_voice,
            seed=delivery.seed,
            rate=self.synthesiser.rate,
            output=output,
        )

    @property
    def _language(self) -> str | None:
        known = self.synthesiser.languages
        return self.options.language or (known[0] if len(known) == 1 else None)

    def _segment(self, text: str, start: float, end: float) -> Segment:
        return Segment(start=start, end=end, text=text, language=self._language)

    def _speech(self, text: str, number: int) -> NDArray[np.float32]:
        import numpy as np

        if not _is_in(self.synthesiser.scripts, text):
            return np.zeros(0, np.float32)
        delivery = replace(self.options.delivery, seed=self.options.delivery.seed + number)
        samples = said_at_pitch(self.synthesiser, text, delivery, self.options.pitch)
        return trimmed(samples, self.synthesiser.rate)

    def _nothing_said(self, text: str, source: str) -> InputError:
        if not text.strip():
            return InputError(source, "is empty: there is nothing to say")
        if not is_speakable(text):
            return InputError(source, "has no letter and no digit: there is nothing to say")
        known = ", ".join(self.synthesiser.languages)
        speaks = f" speaks {known} and" if known else ""
        return InputError(
            source,
            f"{self.model.name}{speaks} cannot pronounce any of it",
            "choose a model for its language: audiocli models list --task speak",
        )


def said_at_pitch(
    synthesiser: Synthesiser, text: str, delivery: Delivery, semitones: float
) -> NDArray[np.float32]:
    """Say a passage higher or lower: slower or faster, and then played at another speed.

    The sound stays clean, as nothing is stretched; the colour of the voice moves with it.
    """
    if not semitones:
        return synthesiser.synthesise(text, delivery)
    import soxr

    ratio = 2 ** (semitones / 12)
    slower = replace(delivery, speed=delivery.speed / ratio)
    samples = synthesiser.synthesise(text, slower)
    played: NDArray[np.float32] = soxr.resample(samples, synthesiser.rate * ratio, synthesiser.rate)
    return played


def trimmed(samples: NDArray[np.float32], rate: int) -> NDArray[np.float32]:
    """Cut the silence at both ends, so that all models pause alike.

    Parameters
    ----------
    samples : shape (time,)
    """
    import numpy as np

    loud = np.flatnonzero(np.abs(samples) > QUIET)
    if not loud.size:
        return samples[:0]
    edge = round(EDGE * rate)
    return samples[max(0, loud[0] - edge) : loud[-1] + edge]


def script_of(character: str) -> str:
    """The script of a letter, as the first word of its Unicode name: LATIN, CJK, GREEK."""
    return unicodedata.name(character, "").partition(" ")[0]


def _is_in(scripts: tuple[str, ...], text: str) -> bool:
    """Whether at least half of the letters belong to the scripts; digits are read in any."""
    letters = [c for c in text if c.isalpha()]
    if not scripts or not letters:
        return True
    return 2 * sum(script_of(c) in scripts for c in letters) >= len(letters)


def _with_pause(speech: NDArray[np.float32], pause: float, rate: int) -> NDArray[np.float32]:
    import numpy as np

    silence: Any = np.zeros(round(pause * rate), np.float32)
    return np.concatenate([speech, silence])
