"""NPY: the values alone, as NumPy loads them."""

from __future__ import annotations

from collections.abc import Sequence
from io import BytesIO
from typing import Any

from audiocli.render.base import BinaryRenderer, Layout
from audiocli.results import Embedding, Result, Spectrogram


class Npy(BinaryRenderer):
    """One array, float32: a spectrogram's (bins, frames), embeddings' (vectors, dimension)."""

    name = "npy"
    extension = "npy"
    accepts = (Spectrogram, Embedding)
    gathers = (Embedding,)

    def encode(self, result: Result, layout: Layout) -> bytes:
        """Give the file."""
        if isinstance(result, Spectrogram):
            return _file(result.values)
        return self.encode_all([result], layout)

    def encode_all(self, results: Sequence[Result], layout: Layout) -> bytes:  # noqa: ARG002
        """Give one array, the vectors of a result below those of the one before."""
        import numpy as np

        return _file(np.concatenate([r.vectors for r in results if isinstance(r, Embedding)]))


def _file(values: Any) -> bytes:
    import numpy as np

    out = BytesIO()
    np.save(out, np.asarray(values, np.float32), allow_pickle=False)
    return out.getvalue()


RENDERER = Npy()
