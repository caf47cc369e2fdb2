"""Change the tempo of audio without changing its pitch, with FFmpeg's atempo filter.

The filter overlaps and adds windows where their waveforms match (WSOLA: Verhelst and
Roelands, 1993). For factors above 2, filters are chained, because one would skip samples.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from audiocli.audio.filters import FilterChain, samples_of

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

_MAX_STEP = 2.0  # factor of a single filter


def stretched(samples: NDArray[np.float32], rate: int, tempo: float) -> NDArray[np.float32]:
    """Change the tempo of mono samples.

    Parameters
    ----------
    samples : shape (time,)
    tempo : factor of the tempo; 2 halves the duration

    Returns
    -------
    shape (round(time / tempo),)
    """
    import numpy as np

    size = round(samples.size / tempo)
    if tempo == 1.0 or not samples.size:
        return samples
    chain = FilterChain(rate, *(("atempo", f"{step:.6f}") for step in _steps(tempo)))
    found = [*samples_of(chain.push(samples)), *samples_of(chain.finish())]
    played = np.concatenate([np.zeros(0, np.float32), *found])[:size]
    return np.pad(played, (0, size - played.size))


def _steps(tempo: float) -> Iterator[float]:
    """Yield the tempos of chained filters whose product is `tempo`."""
    while tempo > _MAX_STEP or tempo < 1 / _MAX_STEP:
        step = _MAX_STEP if tempo > 1 else 1 / _MAX_STEP
        yield step
        tempo /= step
    yield tempo
