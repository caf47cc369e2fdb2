"""One passage as sound: its voice, pace, pitch and volume, and when each word is said."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any, NamedTuple

from audiocli.models.protocols.synthesis import (
    Pronunciation,
    SynthesisedSpeech,
    Synthesiser,
    SynthesisOptions,
)
from audiocli.results import Word
from audiocli.text.normalization.reading import spoken_with_origins
from audiocli.text.script import ScriptLine

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from audiocli.models.protocols.recognition import Aligner

QUIET = 0.003  # of full scale, about -50 dB: what a model adds before and after its speech
EDGE = 0.04  # seconds of it that stay, so that no breath and no echo is cut


class PassageAudio(NamedTuple):
    """A passage that was said.

    Attributes
    ----------
    samples : float32, shape (time,)
    words : as written, in seconds from the first sample; empty where the model does not tell
    """

    samples: NDArray[np.float32]
    words: tuple[Word, ...] = ()


def passage_audio(
    synthesiser: Synthesiser, passage: ScriptLine, delivery: SynthesisOptions, pitch: float
) -> PassageAudio:
    """Say a passage in its prosody, beside that of the whole.

    Parameters
    ----------
    delivery : voice, speed and seed; the prosody of the passage changes the speed
    pitch : semitones above the voice's own; the prosody of the passage adds to it
    """
    text, origins = spoken_with_origins(passage.text, passage.readings)
    prosody = passage.prosody
    told = _synthesised(
        synthesiser,
        text,
        _sounds(passage, origins) if synthesiser.accepts_phonemes else (),
        replace(delivery, speed=delivery.speed * prosody.speed),
        pitch + prosody.pitch,
    )
    first, last = _loud(told.samples, synthesiser.rate)
    words: tuple[Word, ...] = ()
    if told.character_starts is not None and last > first:
        starts = (told.character_starts - first / synthesiser.rate).clip(
            0.0, (last - first) / synthesiser.rate
        )
        words = tuple(_words(passage.text, origins, starts))
    gain = 10 ** (prosody.gain / 20)
    samples = told.samples[first:last]
    return PassageAudio(samples if gain == 1.0 else samples * samples.dtype.type(gain), words)


def with_aligned_words(
    uttered: PassageAudio, text: str, rate: int, language: str | None, aligner: Aligner
) -> PassageAudio:
    """Find in the sound when each word, as it is written, is said.

    Parameters
    ----------
    rate : of the samples, in Hz
    language : ISO 639-1 code, None to have it detected
    """
    import soxr

    from audiocli.models.protocols.recognition import AudioChunk

    samples = soxr.resample(uttered.samples, rate, aligner.rate)
    chunk = AudioChunk(samples=samples, language=language)
    (words,) = aligner.align([chunk], [text.split()])
    return uttered._replace(words=tuple(words))


def _loud(samples: NDArray[np.float32], rate: int) -> tuple[int, int]:
    """Where the sound begins and ends, a little silence included."""
    import numpy as np

    loud = np.flatnonzero(np.abs(samples) > QUIET)
    if not loud.size:
        return 0, 0
    edge = round(EDGE * rate)
    return max(0, int(loud[0]) - edge), min(samples.size, int(loud[-1]) + edge)


def _synthesised(
    synthesiser: Synthesiser,
    text: str,
    sounds: Sequence[Pronunciation],
    delivery: SynthesisOptions,
    semitones: float,
) -> SynthesisedSpeech:
    """Say a text at a speed and a pitch.

    The pitch is moved by speaking slower or faster, and playing that at another speed:
    the sound stays clean; the colour of the voice moves with it. What the model cannot
    do about its speed is done to its sound.
    """
    ratio = 2 ** (semitones / 12)
    tempo = delivery.speed / ratio
    if synthesiser.has_speed:
        said = synthesiser.synthesise_timed(text, sounds, replace(delivery, speed=tempo))
    else:
        from audiocli.audio.stretch import stretched

        plain = synthesiser.synthesise_timed(text, sounds, replace(delivery, speed=1.0))
        said = _with_samples(plain, stretched(plain.samples, synthesiser.rate, tempo))
    if ratio == 1.0:
        return said
    import soxr

    rate = synthesiser.rate
    return _with_samples(said, soxr.resample(said.samples, rate * ratio, rate))


def _with_samples(speech: SynthesisedSpeech, samples: Any) -> SynthesisedSpeech:
    """The same, longer or shorter."""
    if speech.character_starts is None:
        return SynthesisedSpeech(samples)
    scale = samples.size / max(1, speech.samples.size)
    return SynthesisedSpeech(samples, speech.character_starts * scale)


def _sounds(passage: ScriptLine, origins: Sequence[float]) -> list[Pronunciation]:
    """The sounds that are given, at their places in what is said."""
    found = []
    for reading in passage.readings:
        places = [n for n, origin in enumerate(origins) if reading.start <= origin < reading.end]
        if reading.phonemes and places:
            found.append(Pronunciation(places[0], places[-1] + 1, reading.phonemes))
    return found


def _words(text: str, origins: Sequence[float], starts: Any) -> Iterator[Word]:
    """The words as they are written, each with the time its characters are said in.

    What is not said, such as a dash, belongs to the word before it.
    """
    waiting: Word | None = None
    place, before = 0, ""
    for word in re.finditer(r"\S+", text):
        first = place
        while place < len(origins) and origins[place] < word.end():
            place += 1
        if place == first:
            before = f"{before} {word[0]}".strip()
            if waiting:
                waiting, before = replace(waiting, text=f"{waiting.text} {before}"), ""
            continue
        if waiting:
            yield waiting
        start, end = float(starts[first]), float(starts[place])
        waiting = Word(start=start, end=end, text=f"{before} {word[0]}".strip())
        before = ""
    if waiting:
        yield waiting
