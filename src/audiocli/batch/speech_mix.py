"""Synthesized speech, alone or mixed with a background recording."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Blocks = Iterator[NDArray[np.float32]]


@dataclass(frozen=True, eq=False)
class MixedAudio:
    """Audio to write, as blocks of shape (time,) or (channels, time)."""

    blocks: Blocks
    rate: int
    channels: int


@contextmanager
def open_mix(
    background: Path | None, speech: Blocks, rate: int, spoken: Sequence[tuple[float, float]]
) -> Iterator[MixedAudio]:
    """Mix speech with a background, at the sampling rate of the background.

    A background with more than two channels is mixed to mono.

    Parameters
    ----------
    background : a recording; None returns the speech unchanged
    speech : blocks of shape (time,)
    rate : sampling rate of the speech, in Hz
    spoken : segments in which the background is attenuated, in seconds

    Raises
    ------
    InputError : the background cannot be decoded
    """
    if background is None:
        yield MixedAudio(speech, rate, 1)
        return
    from audiocli.audio.decode import open_audio
    from audiocli.audio.mixing import mixed
    from audiocli.audio.resample import resampled
    from audiocli.audio.selection import Selection

    with open_audio(background, selection=Selection(channel="all")) as recording:
        at_rate = speech
        if recording.rate != rate:
            planes = resampled((block[None] for block in speech), rate, recording.rate, 1)
            at_rate = (plane[0] for plane in planes)
        planes = iter(recording)
        if recording.channels > 2:
            planes = (block.mean(axis=0, keepdims=True) for block in recording)
        channels = recording.channels if recording.channels <= 2 else 1
        yield MixedAudio(mixed(planes, at_rate, recording.rate, spoken), recording.rate, channels)
