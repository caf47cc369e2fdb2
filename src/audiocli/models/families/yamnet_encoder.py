"""Embeddings of YAMNet: the input of its last layer, of dimension 1024, without torch.

They are the means of the last convolution over time and frequency.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from audiocli.models.base import Family, LoadOptions
from audiocli.models.families import yamnet

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Samples = NDArray[np.float32]


class YAMNetEncoder:
    """One embedding per patch; implements `AudioEncoder`."""

    rate = yamnet.YAMNet.rate
    dimension = 1024
    layers = 0
    step = yamnet.YAMNet.hop
    window = yamnet.YAMNet.window
    hop = yamnet.YAMNet.hop
    max_seconds = float("inf")
    batch_seconds = yamnet.YAMNet.batch_seconds

    def __init__(self, session: Any, workers: int) -> None:
        self._session = session
        self.workers = workers

    def encode(
        self,
        windows: Sequence[Samples],
        layer: int | None = None,  # noqa: ARG002 (it has only one)
    ) -> list[NDArray[np.float32]]:
        """Return the embeddings of each window: shape (frames, 1024), one frame per 0.48 s."""
        import numpy as np

        from audiocli.audio.features.yamnet import yamnet_patches

        patches = [yamnet_patches(samples) for samples in windows]
        vectors = yamnet.run_patches(self._session, np.concatenate(patches))
        return np.split(vectors, np.cumsum([len(part) for part in patches])[:-1])


def load(folder: Path, load_options: LoadOptions) -> YAMNetEncoder:
    """Load the network, which runs batches in parallel, one thread each."""
    import os

    graph = yamnet.float_graph(folder, load_options.derived_folder, classify=False)
    session = yamnet.open_session(graph, load_options)
    return YAMNetEncoder(session, workers=load_options.threads or os.cpu_count() or 1)


def _recognises(config: Mapping[str, Any]) -> bool:  # noqa: ARG001
    return False  # no config.json: found by name only


FAMILY = Family(
    name="yamnet-encoder",
    task="embed",
    recognises=_recognises,
    load=load,
    specs=(
        replace(
            yamnet.FAMILY.specs[0],
            task="embed",
            family="yamnet-encoder",
            note="the default: dimension 1024, a frame for each patch of 0.96 s",
        ),
    ),
)
