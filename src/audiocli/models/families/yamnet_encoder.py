"""YAMNet without its last layer: 1024 numbers for each second of sound, without torch.

They are what the 521 classes are told from: the means over time and frequency of the
last convolution (`yamnet.py` of YAMNet in tensorflow/models calls them embeddings).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from audiocli.models.base import DeviceOptions, Family
from audiocli.models.families import yamnet

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Samples = NDArray[np.float32]


class YAMNetEncoder:
    """A vector a patch; see `audiocli.models.protocols.encoders.AudioEncoder`."""

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
        """Encode windows: a row every 0.48 s."""
        import numpy as np

        from audiocli.audio.features.yamnet import yamnet_patches

        patches = [yamnet_patches(samples) for samples in windows]
        vectors = yamnet.run_patches(self._session, np.concatenate(patches))
        return np.split(vectors, np.cumsum([len(part) for part in patches])[:-1])


def load(folder: Path, device_options: DeviceOptions) -> YAMNetEncoder:
    """Open the network: one thread for each batch, as many batches as threads."""
    import os

    graph = yamnet.float_graph(folder, device_options.derived_folder, classify=False)
    session = yamnet.open_session(graph, device_options)
    return YAMNetEncoder(session, workers=device_options.threads or os.cpu_count() or 1)


def _recognises(config: Mapping[str, Any]) -> bool:  # noqa: ARG001
    return False  # there is no config.json: known by name only


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
            note="the default: 1024 numbers for each patch of 0.96 s",
        ),
    ),
)
