"""Diarize recordings with one speaker per channel, such as calls and podcasts."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from audiocli.errors import InputError
from audiocli.models.protocols.speakers import SpeakerModel
from audiocli.tasks.diarization.engines import BLOCK, DiarizationOptions, DiarizedStream
from audiocli.tasks.diarization.grid import STEP, WINDOW, FrameGrid
from audiocli.tasks.diarization.streaming import window_batches
from audiocli.tasks.diarization.turns import (
    exclusive_turns,
    rename_speakers,
    smooth_activity,
    turns_from_frames,
)

if TYPE_CHECKING:
    from audiocli.audio.decode import AudioStream

    Samples = NDArray[np.float32]

CROSSTALK = 15.0  # dB; speech this much softer than the loudest channel is crosstalk
LOUDNESS = 0.5  # seconds over which loudness is averaged


@dataclass(frozen=True)
class ChannelEngine:
    """Detect the speech of each channel; the speakers are CHANNEL_1, CHANNEL_2 ..."""

    model: SpeakerModel

    @property
    def rate(self) -> int:
        """Sample rate of the segmentation in Hz."""
        return self.model.segmenter.rate

    def diarize(
        self,
        stream: AudioStream,
        options: DiarizationOptions,  # noqa: ARG002
        on_progress: Callable[[float], None],
    ) -> DiarizedStream:
        """Diarize all channels of a stream.

        Raises
        ------
        InputError : there is only one channel
        """
        if stream.channels < 2:
            raise InputError(stream.name, "has only one channel", "leave out --channel-speakers")
        segmenter = self.model.segmenter
        grid = FrameGrid(segmenter.rate, segmenter.hop, segmenter.first)
        active: list[NDArray[np.bool_]] = []
        length = 0
        for batch in window_batches(
            stream.blocks(BLOCK), segmenter.window(WINDOW), STEP * grid.hop
        ):
            speech = [segmenter.activities(channel).any(axis=-1) for channel in batch.windows]
            active.extend(np.stack(speech, axis=-1) & _is_loud(batch.windows, grid))
            length = batch.length
            on_progress(length / grid.rate)
        duration = length / grid.rate
        speaks = smooth_activity(_majority(active), grid)
        turns, order = turns_from_frames(speaks.T, grid, duration)
        names = {name: f"CHANNEL_{channel + 1}" for channel, name in order.items()}
        named = list(rename_speakers(turns, names))
        return DiarizedStream(named, exclusive_turns(named), duration)


def _is_loud(windows: Samples, grid: FrameGrid) -> NDArray[np.bool_]:
    """Return where a channel is not much softer than the loudest: (windows, WINDOW, channels)."""
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
    """Merge windows: a frame is speech if it is speech in the majority of its windows."""
    votes = np.zeros(((len(active) - 1) * STEP + WINDOW, active[0].shape[1]), np.int16)
    seen = np.zeros((len(votes), 1), np.int16)
    for number, window in enumerate(active):
        votes[number * STEP : number * STEP + WINDOW] += window
        seen[number * STEP : number * STEP + WINDOW] += 1
    majority: NDArray[np.bool_] = 2 * votes > seen
    return majority
