"""Speaker embeddings of CAM++ as an encoder.

The network and the embeddings are those of `diarize`, `voices` and `verify`.
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
    """One embedding of unit length per window; implements `AudioEncoder`."""

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
        """Encode windows; the embedding of a window shorter than 35 ms is zero."""
        return list(self._embedder.embed(windows)[:, None])


def load(folder: Path, device_options: DeviceOptions) -> SpeakerEncoder:
    """Load the speaker embedding network."""
    return SpeakerEncoder(diarization.load(folder, device_options).embedder)


def _recognises(config: Mapping[str, Any]) -> bool:  # noqa: ARG001
    return False  # ONNX files without config.json: found by name only


FAMILY = Family(
    name="campplus-encoder",
    task="embed",
    recognises=_recognises,
    load=load,
    devices=diarization.FAMILY.devices,
    specs=(
        replace(
            diarization.FAMILY.specs[0],
            name="campplus",
            aliases=("speaker",),
            task="embed",
            family="campplus-encoder",
            note="speaker embeddings of dimension 192, as in diarize and voices",
        ),
    ),
)
