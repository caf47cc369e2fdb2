"""Sound made longer or shorter without another pitch, by FFmpeg's atempo filter.

It overlaps and adds pieces where their waveforms match (WSOLA: Verhelst and Roelands,
1993). Above twice the tempo several run one after another: one alone would skip sound.
"""

from __future__ import annotations

from fractions import Fraction
from itertools import pairwise
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

_MOST = 2.0  # times faster or slower by one filter


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
    import av
    import numpy as np

    size = round(samples.size / tempo)
    if tempo == 1.0 or not samples.size:
        return samples
    graph, sink = _graph(rate, tempo)
    frame = av.AudioFrame.from_ndarray(
        np.ascontiguousarray(samples[None], np.float32), format="flt", layout="mono"
    )
    frame.sample_rate, frame.pts, frame.time_base = rate, 0, Fraction(1, rate)
    graph.push(frame)
    graph.push(None)
    found = [np.zeros(0, np.float32)]
    while True:
        try:
            found.append(sink.pull().to_ndarray().reshape(-1))
        except (av.BlockingIOError, av.EOFError):
            break
    played = np.concatenate(found)[:size]
    return np.pad(played, (0, size - played.size))


def _graph(rate: int, tempo: float) -> tuple[Any, Any]:
    import av

    graph = av.filter.Graph()
    source = graph.add_abuffer(
        sample_rate=rate, format="flt", layout="mono", time_base=Fraction(1, rate)
    )
    chain = [source]
    while tempo > _MOST or tempo < 1 / _MOST:
        step = _MOST if tempo > 1 else 1 / _MOST
        chain.append(graph.add("atempo", f"{step}"))
        tempo /= step
    chain += [graph.add("atempo", f"{tempo:.6f}"), graph.add("abuffersink")]
    for one, other in pairwise(chain):
        one.link_to(other)
    graph.configure()
    return graph, chain[-1]
