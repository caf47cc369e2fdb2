"""Speech brought to a loudness: measured whole, then made louder or softer."""

from __future__ import annotations

import math
import tempfile
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from typing import IO, TYPE_CHECKING

from audiocli.audio.loudness import LoudnessMeter, limited
from audiocli.tasks.synthesis.placement import SynthesisedPassage

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Blocks = Iterable[NDArray[np.float32]]

CEILING = 0.891  # -1 dBFS: louder peaks would distort in lossy codecs
MAX_LIMITING = 6.0  # decibels that peaks are pressed down at most: more is heard
TOLERANCE, AUDIBLE = 0.1, 0.5  # LU
_ROUNDS = 4
_BLOCK = 1 << 16  # samples


@dataclass(frozen=True)
class LoudnessGain:
    """What brings a speech to its loudness.

    Attributes
    ----------
    gain : factor
    limits : whether that would drive peaks over the ceiling, so that they are pressed down
    """

    gain: float = 1.0
    limits: bool = False

    def applied(self, blocks: Blocks, rate: int) -> Iterator[NDArray[np.float32]]:
        """Bring mono sound to the level; as much comes out, maybe in other blocks."""
        louder = (block * block.dtype.type(self.gain) for block in blocks)
        return limited(louder, rate, CEILING) if self.limits else louder


def gain_for_loudness(
    blocks: Callable[[], Blocks], rate: int, target: float, warn: Callable[[str], None]
) -> LoudnessGain:
    """Find how a speech comes to a loudness in LUFS, or as near as its peaks allow.

    Parameters
    ----------
    blocks : gives the sound from its beginning, each time it is called
    """
    loudness, peak = _measured(blocks(), rate)
    if not peak or loudness == -math.inf:  # too short or too soft to be measured
        return LoudnessGain()
    gain = _factor(target - loudness)
    if gain * peak <= CEILING:
        return LoudnessGain(gain)
    most = CEILING / peak * _factor(MAX_LIMITING)
    for _ in range(_ROUNDS):  # what is pressed down is missing in the loudness
        level = LoudnessGain(min(gain, most), limits=True)
        reached, _ = _measured(level.applied(blocks(), rate), rate)
        if level.gain == most or reached > target - TOLERANCE:
            break
        gain = level.gain * _factor(target - reached)
    if reached < target - AUDIBLE:
        warn(f"{target:g} LUFS would flatten the peaks: the speech is at {reached:.1f} LUFS")
    return level


def normalise_loudness(
    spoken: Iterable[SynthesisedPassage], rate: int, target: float, warn: Callable[[str], None]
) -> Iterator[SynthesisedPassage]:
    """Give passages at a loudness in LUFS, all at one level.

    The first comes when the last has been measured; meanwhile the samples lie in a
    temporary file.
    """
    from audiocli.audio.mixing import BlockBuffer

    given: list[tuple[SynthesisedPassage, int]] = []
    with tempfile.TemporaryFile(prefix="audiocli-") as spool:
        for passage in spoken:
            spool.write(passage.samples.tobytes())
            given.append((replace(passage, samples=passage.samples[:0]), passage.samples.size))
        level = gain_for_loudness(lambda: _blocks(spool), rate, target, warn)
        at_level = BlockBuffer(level.applied(_blocks(spool), rate))
        for passage, length in given:
            yield replace(passage, samples=at_level.take(length))


def _blocks(spool: IO[bytes]) -> Iterator[NDArray[np.float32]]:
    import numpy as np

    spool.seek(0)
    while data := spool.read(4 * _BLOCK):
        yield np.frombuffer(data, np.float32)


def _measured(blocks: Blocks, rate: int) -> tuple[float, float]:
    """The loudness in LUFS, and the largest absolute sample."""
    meter = LoudnessMeter(rate)
    for block in blocks:
        meter.add(block)
    return meter.finish(), meter.peak


def _factor(decibels: float) -> float:
    factor: float = 10 ** (decibels / 20)
    return factor
