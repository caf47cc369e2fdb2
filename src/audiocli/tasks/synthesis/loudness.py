"""Normalise the loudness of speech."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from audiocli.audio.loudness import LoudnessMeter, limited
from audiocli.audio.temporary import TemporaryFile
from audiocli.tasks.synthesis.placement import SILENCE_BLOCK, SynthesisedPassage

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Blocks = Iterable[NDArray[np.float32]]

CEILING = 0.891  # -1 dBFS; higher peaks may distort in lossy codecs
MAX_LIMITING = 6.0  # maximum peak reduction in dB; more is audible
TOLERANCE, AUDIBLE = 0.1, 0.5  # LU: accepted difference, and difference that is reported
_ROUNDS = 4
_BLOCK = 1 << 16  # samples


@dataclass(frozen=True)
class LoudnessGain:
    """A gain with an optional limiter.

    Attributes
    ----------
    gain : factor
    limits : whether peaks above the ceiling must be limited
    """

    gain: float = 1.0
    limits: bool = False

    def applied(self, blocks: Blocks, rate: int) -> Iterator[NDArray[np.float32]]:
        """Apply the gain to mono audio; block sizes may change."""
        amplified = (block * block.dtype.type(self.gain) for block in blocks)
        return limited(amplified, rate, CEILING) if self.limits else amplified


def gain_for_loudness(
    blocks: Callable[[], Blocks], rate: int, target: float, warn: Callable[[str], None]
) -> LoudnessGain:
    """Return the gain that reaches a loudness in LUFS, as far as the peaks permit.

    Parameters
    ----------
    blocks : return the audio from its start, at each call
    """
    loudness, peak = _measured(blocks(), rate)
    if not peak or loudness == -math.inf:  # too short or too soft to measure
        return LoudnessGain()
    gain = _factor(target - loudness)
    if gain * peak <= CEILING:
        return LoudnessGain(gain)
    max_gain = CEILING / peak * _factor(MAX_LIMITING)
    for _ in range(_ROUNDS):  # limiting lowers the loudness, so the gain is increased
        level = LoudnessGain(min(gain, max_gain), limits=True)
        reached, _ = _measured(level.applied(blocks(), rate), rate)
        if level.gain == max_gain or reached > target - TOLERANCE:
            break
        gain = level.gain * _factor(target - reached)
    if reached < target - AUDIBLE:
        warn(
            f"{target:g} LUFS would need too much limiting; "
            f"the loudness of the speech is {reached:.1f} LUFS"
        )
    return level


def normalise_loudness(
    spoken: Iterable[SynthesisedPassage], rate: int, target: float, warn: Callable[[str], None]
) -> Iterator[SynthesisedPassage]:
    """Yield passages normalised to a loudness in LUFS with a common gain.

    All passages are read before the first is returned; their samples are kept in a temporary
    file.
    """
    import numpy as np

    from audiocli.audio.mixing import BlockBuffer

    empty = np.zeros(0, np.float32)
    given: list[tuple[SynthesisedPassage, int]] = []
    with TemporaryFile() as spool:
        for passage in spoken:
            for block in passage.blocks():
                spool.write(block.tobytes())
            given.append((replace(passage, samples=empty), passage.samples.size))
        level = gain_for_loudness(lambda: _blocks(spool), rate, target, warn)
        at_level = BlockBuffer(level.applied(_blocks(spool), rate))
        for passage, length in given:
            for start in range(0, passage.silence, SILENCE_BLOCK):
                at_level.take(min(SILENCE_BLOCK, passage.silence - start))
            yield replace(passage, samples=at_level.take(length))


def _blocks(spool: TemporaryFile) -> Iterator[NDArray[np.float32]]:
    import numpy as np

    spool.seek(0)
    while data := spool.read(4 * _BLOCK):
        yield np.frombuffer(data, np.float32)


def _measured(blocks: Blocks, rate: int) -> tuple[float, float]:
    """Return the loudness in LUFS and the largest absolute sample."""
    meter = LoudnessMeter(rate)
    for block in blocks:
        meter.add(block)
    return meter.finish(), meter.peak


def _factor(decibels: float) -> float:
    factor: float = 10 ** (decibels / 20)
    return factor
