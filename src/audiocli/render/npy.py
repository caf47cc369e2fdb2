"""NPY: the values as a NumPy array."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from audiocli.render.arrays import npy
from audiocli.render.base import BinaryRenderer, Layout
from audiocli.results import Embedding, Result, Spectrogram


class Npy(BinaryRenderer):
    """A float32 array: (bins, frames) of a spectrogram, (vectors, dimension) of embeddings."""

    name = "npy"
    extension = "npy"
    accepts = (Spectrogram, Embedding)
    gathers = (Embedding,)

    def encode(self, result: Result, layout: Layout) -> bytes:
        """Return the file."""
        return b"".join(self.pieces(result, layout))

    def pieces(self, result: Result, layout: Layout) -> Iterator[bytes]:
        """Yield the file in parts."""
        import numpy as np

        if not isinstance(result, Spectrogram):
            yield self.encode_all([result], layout)
        elif hasattr(result.values, "blocks"):
            yield from npy(result.values)
        else:
            yield from npy(np.asarray(result.values, np.float32))

    def encode_all(self, results: Sequence[Result], layout: Layout) -> bytes:  # noqa: ARG002
        """Return one array with the vectors of all results."""
        import numpy as np

        vectors = np.concatenate([r.vectors for r in results if isinstance(r, Embedding)])
        return b"".join(npy(vectors.astype(np.float32, copy=False)))


RENDERER = Npy()
