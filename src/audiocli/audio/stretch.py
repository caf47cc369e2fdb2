"""Sound made longer or shorter without another pitch, by FFmpeg's atempo filter.

It overlaps and adds pieces where their waveforms match (WSOLA: Verhelst and Roelands,
1993). Above twice the tempo several run one after another: one alone would skip sound.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from audiocli.audio.filters import FilterChain, samples_of

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

_MAX_STEP = 2.0  # times faster or slower by one filter


def stretched(samples: NDArray[np.float32], rate: int, tempo: float) -> NDArray[np.float32]:
    """Play mono sound at another tempo.

    Parameters
    ----------
    samples : shape (time,)
    tempo : 2 makes it half as long

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
    """The tempos of filters that together have one."""
    while tempo > _MAX_STEP or tempo < 1 / _MAX_STEP:
        step = _MAX_STEP if tempo > 1 else 1 / _MAX_STEP
        yield step
        tempo /= step
    yield tempo
