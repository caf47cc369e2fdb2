"""NPY: the values alone, as NumPy loads them."""

from __future__ import annotations

from io import BytesIO

from audiocli.render.base import BinaryRenderer, Layout
from audiocli.results import Result, Spectrogram


class Npy(BinaryRenderer):
    """One array, float32, shape (bins, frames)."""

    name = "npy"
    extension = "npy"
    accepts = (Spectrogram,)

    def encode(self, result: Result, layout: Layout) -> bytes:  # noqa: ARG002
        """Give the file."""
        import numpy as np

        assert isinstance(result, Spectrogram)
        out = BytesIO()
        np.save(out, np.asarray(result.values, np.float32), allow_pickle=False)
        return out.getvalue()


RENDERER = Npy()
