"""CAM++ alone: what a voice is like, whatever it says.

The network and its vectors are those of `diarize`, `voices` and `verify`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from audiocli.models.base import DeviceOptions, Family
from audiocli.models.families import diarization

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from audiocli.models.protocols.speakers import SpeakerEmbedder

    Samples = NDArray[np.float32]


class SpeakerEncoder:
    """One unit vector a window; see `audiocli.models.protocols.encoders.AudioEncoder`."""

    layers = 0
    window = hop = step = 10.0
    max_seconds = float("inf")
    batch_seconds = 40.0
    workers = 1  # the network takes all threads

    def __init__(self, embedder: SpeakerEmbedder) -> None:
        self._embedder = embedder
        self.rate = embedder.rate
        self.dimension = embedder.dimension

    def encode(
        self,
        windows: Sequence[Samples],
        layer: int | None = None,  # noqa: ARG002 (it has only one)
    ) -> list[NDArray[np.float32]]:
        """Encode windows; one shorter than 35 ms gives zeros."""
        return list(self._embedder.embed(windows)[:, None])


def load(folder: Path, device_options: DeviceOptions) -> SpeakerEncoder:
    """Open the embedder."""
    return SpeakerEncoder(diarization.load(folder, device_options).embedder)


def _recognises(config: Mapping[str, Any]) -> bool:  # noqa: ARG001
    return False  # bare ONNX files: known by name only


FAMILY = Family(
    name="campplus-encoder",
    task="embed",
    recognises=_recognises,
    load=load,
    specs=(
        replace(
            diarization.FAMILY.specs[0],
            name="campplus",
            aliases=("speaker",),
            task="embed",
            family="campplus-encoder",
            note="voices: 192 numbers, the same as those of diarize and voices",
        ),
    ),
)
