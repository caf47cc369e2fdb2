"""Speech brought to a loudness: measured whole, then made louder or softer."""

from __future__ import annotations

import math
import tempfile
from collections.abc import Callable, Iterable, Iterator
from typing import TYPE_CHECKING

from audiocli.audio.loudness import LoudnessMeter
from audiocli.tasks.speak import Spoken

if TYPE_CHECKING:
    from audiocli.results import Segment

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
    lengths: list[tuple[Segment, int]] = []
    with tempfile.TemporaryFile(prefix="audiocli-") as spool:
        for passage in spoken:
            meter.add(passage.samples)
            spool.write(passage.samples.tobytes())
            lengths.append((passage.segment, passage.samples.size))
        gain = _gain(meter, target, warn)
        spool.seek(0)
        for segment, length in lengths:
            samples = np.frombuffer(spool.read(4 * length), np.float32)
            yield Spoken(segment, samples * np.float32(gain))


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
