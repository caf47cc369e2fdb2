"""Speech brought to a loudness: measured whole, then made louder or softer."""

from __future__ import annotations

import math
import tempfile
from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from typing import TYPE_CHECKING

from audiocli.audio.loudness import LoudnessMeter
from audiocli.tasks.spoken import Spoken

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

CEILING = 0.891  # -1 dBFS: louder peaks would distort in lossy codecs


def levelled(
    spoken: Iterable[Spoken], rate: int, target: float, warn: Callable[[str], None]
) -> Iterator[Spoken]:
    """Give passages at a loudness in LUFS, all by one gain.

    The first comes when the last has been measured; meanwhile the samples lie in a
    temporary file. Where the gain would drive peaks over -1 dBFS it stops there.
    """
    import numpy as np

    meter = LoudnessMeter(rate)
    given: list[tuple[Spoken, int]] = []
    with tempfile.TemporaryFile(prefix="audiocli-") as spool:
        for passage in spoken:
            meter.add(passage.samples)
            spool.write(passage.samples.tobytes())
            given.append((replace(passage, samples=passage.samples[:0]), passage.samples.size))
        gain = _gain(meter, target, warn)
        spool.seek(0)
        for passage, length in given:
            samples = np.frombuffer(spool.read(4 * length), np.float32)
            yield replace(passage, samples=samples * np.float32(gain))


def gain_of(
    blocks: Iterable[NDArray[np.float32]], rate: int, target: float, warn: Callable[[str], None]
) -> float:
    """The factor that brings sound to a loudness in LUFS, or as near as its peaks allow."""
    meter = LoudnessMeter(rate)
    for block in blocks:
        meter.add(block)
    return _gain(meter, target, warn)


def _gain(meter: LoudnessMeter, target: float, warn: Callable[[str], None]) -> float:
    loudness = meter.finish()
    if not meter.peak or loudness == -math.inf:  # too short or too soft to be measured
        return 1.0
    wanted: float = 10 ** ((target - loudness) / 20)
    possible = CEILING / meter.peak
    if wanted > possible:
        reached = loudness + 20 * math.log10(possible)
        warn(f"{target:g} LUFS would clip the peaks: the speech is at {reached:.1f} LUFS")
    return min(wanted, possible)
