"""Synthesise one passage with its prosody and word times."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any, NamedTuple

from audiocli.models.protocols.synthesis import (
    Pronunciation,
    Synthesiser,
    SynthesisOptions,
    TimedSpeech,
)
from audiocli.results import Word
from audiocli.text.normalization.reading import spoken_with_origins
from audiocli.text.script import ScriptLine

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from audiocli.models.protocols.recognition import Aligner

QUIET = 0.003  # of full scale, about -50 dB; softer audio before and after speech is cut
EDGE = 0.04  # seconds of it that are kept


class PassageAudio(NamedTuple):
    """The audio of a passage.

    Attributes
    ----------
    samples : float32, shape (time,)
    words : as written, in seconds from the first sample; empty if the model gives no timing
    """

    samples: NDArray[np.float32]
    words: tuple[Word, ...] = ()


def passage_audio(
    synthesiser: Synthesiser, passage: ScriptLine, synthesis: SynthesisOptions, pitch: float
) -> PassageAudio:
    """Synthesise a passage.

    Parameters
    ----------
    synthesis : voice, speed and seed; the prosody of the passage multiplies the speed
    pitch : semitones above the voice; the prosody of the passage is added
    """
    text, origins = spoken_with_origins(passage.text, passage.readings)
    prosody = passage.prosody
    speech = _synthesised(
        synthesiser,
        text,
        _sounds(passage, origins) if synthesiser.accepts_phonemes else (),
        replace(synthesis, speed=synthesis.speed * prosody.speed),
        pitch + prosody.pitch,
    )
    first, last = _loud(speech.samples, synthesiser.rate)
    words: tuple[Word, ...] = ()
    if speech.character_starts is not None and last > first:
        starts = (speech.character_starts - first / synthesiser.rate).clip(
            0.0, (last - first) / synthesiser.rate
        )
        words = tuple(_words(passage.text, origins, starts))
    gain = 10 ** (prosody.gain / 20)
    samples = speech.samples[first:last]
    return PassageAudio(samples if gain == 1.0 else samples * samples.dtype.type(gain), words)


def with_aligned_words(
    audio: PassageAudio, text: str, rate: int, language: str | None, aligner: Aligner
) -> PassageAudio:
    """Add word times by forced alignment.

    Parameters
    ----------
    text : as written
    rate : of the samples, in Hz
    language : ISO 639-1 code; None detects it
    """
    import soxr

    from audiocli.models.protocols.recognition import AudioChunk

    samples = soxr.resample(audio.samples, rate, aligner.rate)
    chunk = AudioChunk(samples=samples, language=language)
    (words,) = aligner.align([chunk], [text.split()])
    return audio._replace(words=tuple(words))


def _loud(samples: NDArray[np.float32], rate: int) -> tuple[int, int]:
    """Return the first and the last sample of the speech, with a margin."""
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
    synthesis: SynthesisOptions,
    semitones: float,
) -> TimedSpeech:
    """Synthesise a text at a speed and a pitch.

    The pitch is changed by synthesis at another speed and resampling, which keeps the sound
    clean but also shifts the formants. Models without speed control are time-stretched.
    """
    ratio = 2 ** (semitones / 12)
    tempo = synthesis.speed / ratio
    if synthesiser.has_speed:
        speech = synthesiser.synthesise_timed(text, sounds, replace(synthesis, speed=tempo))
    else:
        from audiocli.audio.stretch import stretched

        plain = synthesiser.synthesise_timed(text, sounds, replace(synthesis, speed=1.0))
        speech = _with_samples(plain, stretched(plain.samples, synthesiser.rate, tempo))
    if ratio == 1.0:
        return speech
    import soxr

    rate = synthesiser.rate
    return _with_samples(speech, soxr.resample(speech.samples, rate * ratio, rate))


def _with_samples(speech: TimedSpeech, samples: Any) -> TimedSpeech:
    """Return speech with new samples and scaled character times."""
    if speech.character_starts is None:
        return TimedSpeech(samples)
    scale = samples.size / max(1, speech.samples.size)
    return TimedSpeech(samples, speech.character_starts * scale)


def _sounds(passage: ScriptLine, origins: Sequence[float]) -> list[Pronunciation]:
    """Return the pronunciations of a passage at their positions in the spoken text."""
    found = []
    for reading in passage.readings:
        places = [n for n, origin in enumerate(origins) if reading.start <= origin < reading.end]
        if reading.phonemes and places:
            found.append(Pronunciation(places[0], places[-1] + 1, reading.phonemes))
    return found


def _words(text: str, origins: Sequence[float], starts: Any) -> Iterator[Word]:
    """Yield the words as written, with the times of their characters.

    Text that is not spoken, such as a dash, belongs to the word before it.
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
