"""Keep what the networks of the built-in diarization return, so that a killed run can continue.

The batches of a recording depend only on its audio, so a resumed run computes the same keys.
"""

from __future__ import annotations

import hashlib
import time
import zlib
from base64 import b64decode, b64encode
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from audiocli.models.protocols.speakers import Segmenter, SpeakerEmbedder, SpeakerModel
from audiocli.tasks.diarization.grid import STEP

if TYPE_CHECKING:
    from audiocli.tasks.common.checkpoints import Checkpoint

    Samples = NDArray[np.float32]


def kept_model(model: SpeakerModel, checkpoint: Checkpoint) -> SpeakerModel:
    """Return a model that takes known outputs from a checkpoint, and keeps new ones there."""
    return SpeakerModel(
        segmenter=_KeptSegmenter(model.segmenter, checkpoint),
        embedder=_KeptEmbedder(model.embedder, checkpoint),
    )


class _KeptSegmenter:
    """A segmenter with a checkpoint; implements `Segmenter`."""

    def __init__(self, segmenter: Segmenter, checkpoint: Checkpoint) -> None:
        self._segmenter = segmenter
        self._checkpoint = checkpoint
        self.rate = segmenter.rate
        self.hop = segmenter.hop
        self.first = segmenter.first
        self.window = segmenter.window

    def activities(self, windows: Samples) -> NDArray[np.bool_]:
        """Detect active speakers: (windows, samples) to (windows, frames, tracks)."""
        return _remembered(
            self._checkpoint,
            "activities",
            [windows],
            lambda: self._segmenter.activities(windows),
            seconds=len(windows) * STEP * self.hop / self.rate,
        )


class _KeptEmbedder:
    """An embedder with a checkpoint; implements `SpeakerEmbedder`."""

    def __init__(self, embedder: SpeakerEmbedder, checkpoint: Checkpoint) -> None:
        self._embedder = embedder
        self._checkpoint = checkpoint
        self.name = embedder.name
        self.rate = embedder.rate
        self.dimension = embedder.dimension

    def embed(self, clips: Sequence[Samples]) -> Samples:
        """Embed mono clips: shape (clips, dimension)."""
        return _remembered(
            self._checkpoint, "embeddings", clips, lambda: self._embedder.embed(clips)
        )


def _remembered(
    checkpoint: Checkpoint,
    what: str,
    arrays: Sequence[Samples],
    compute: Callable[[], NDArray[Any]],
    seconds: float = 0.0,
) -> NDArray[Any]:
    """Return the output for some arrays; compute and keep it if it is not kept yet."""
    digest = hashlib.sha256(repr((what, [array.shape for array in arrays])).encode())
    for array in arrays:
        digest.update(np.ascontiguousarray(array).data)
    key = digest.hexdigest()
    if (found := checkpoint.get(key, seconds)) is not None:
        dtype, shape, data = found
        return np.frombuffer(zlib.decompress(b64decode(data)), dtype).reshape(shape)
    begin = time.monotonic()
    output = compute()
    data = b64encode(zlib.compress(output.tobytes())).decode()
    checkpoint.put(key, [output.dtype.str, output.shape, data], time.monotonic() - begin)
    return output
