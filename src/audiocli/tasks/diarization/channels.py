"""Diarization of recordings with one speaker a channel, as calls and podcasts have."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from audiocli.errors import InputError
from audiocli.models.protocols.speakers import SpeakerModel
from audiocli.tasks.diarization.engines import BLOCK, Found, Options
from audiocli.tasks.diarization.grid import STEP, WINDOW, Grid
from audiocli.tasks.diarization.streaming import batches
from audiocli.tasks.diarization.turns import exclusive, renamed, smoothed, turns_of

if TYPE_CHECKING:
    from audiocli.audio.decode import AudioStream

    Samples = NDArray[np.float32]

CROSSTALK = 15.0  # decibels below the loudest channel; softer speech has leaked from there
LOUDNESS = 0.5  # seconds over which loudness is compared


@dataclass(frozen=True)
class ChannelEngine:
    """Finds the speech of each channel; the speakers are CHANNEL_1, CHANNEL_2 ..."""

    model: SpeakerModel

    @property
    def rate(self) -> int:
        """What the segmentation takes."""
        return self.model.segmenter.rate

    def diarize(
        self,
        stream: AudioStream,
        options: Options,  # noqa: ARG002
        on_progress: Callable[[float], None],
    ) -> Found:
        """Go through all channels together.

        Raises
        ------
        InputError : there is only one channel
        """
        if stream.channels < 2:
            raise InputError(
                stream.name, "has one channel, which tells no speakers", "no --channel-speakers"
            )
        segmenter = self.model.segmenter
        grid = Grid(segmenter.rate, segmenter.hop, segmenter.first)
        active: list[NDArray[np.bool_]] = []
        length = 0
        for batch in batches(stream.blocks(BLOCK), segmenter.window(WINDOW), STEP * grid.hop):
            speech = [segmenter.activities(channel).any(axis=-1) for channel in batch.windows]
            active.extend(np.stack(speech, axis=-1) & _own(batch.windows, grid))
            length = batch.length
            on_progress(length / grid.rate)
        duration = length / grid.rate
        turns, order = turns_of(smoothed(_majority(active), grid), grid, duration)
        names = {name: f"CHANNEL_{channel + 1}" for channel, name in order.items()}
        named = list(renamed(turns, names))
        return Found(named, exclusive(named), duration)


def _own(windows: Samples, grid: Grid) -> NDArray[np.bool_]:
    """Say where a channel is about as loud as the loudest: (windows, WINDOW, channels)."""
    sound = windows[..., grid.first : grid.first + WINDOW * grid.hop]
    power = np.square(sound).reshape(*sound.shape[:2], WINDOW, grid.hop).mean(axis=-1)
    span = grid.frames(LOUDNESS)
    total = np.cumsum(np.pad(power, [(0, 0), (0, 0), (span // 2 + 1, span // 2)]), axis=-1)
    loudness = np.moveaxis(total[..., span:] - total[..., :-span], 0, -1)[:, :WINDOW]
    near: NDArray[np.bool_] = loudness >= loudness.max(axis=-1, keepdims=True) / 10 ** (
        CROSSTALK / 10
    )
    return near


def _majority(active: list[NDArray[np.bool_]]) -> NDArray[np.bool_]:
    """Join windows: a frame counts where most of those that see it say so."""
    votes = np.zeros(((len(active) - 1) * STEP + WINDOW, active[0].shape[1]), np.int16)
    seen = np.zeros((len(votes), 1), np.int16)
    for number, window in enumerate(active):
        votes[number * STEP : number * STEP + WINDOW] += window
        seen[number * STEP : number * STEP + WINDOW] += 1
    most: NDArray[np.bool_] = 2 * votes > seen
    return most
