"""Write arrays as bytes, including arrays on disk that are too large for memory."""

from __future__ import annotations

from collections.abc import Iterator
from io import BytesIO
from typing import Any


def blocks(values: Any) -> Iterator[Any]:
    """Yield the values of a spectrogram as arrays of shape (some frames, bins)."""
    import numpy as np

    if hasattr(values, "blocks"):
        yield from values.blocks()
    else:
        yield np.asarray(values).T


def npy(values: Any) -> Iterator[bytes]:
    """Yield the parts of an NPY file; arrays on disk are written as float32."""
    import numpy as np

    out = BytesIO()
    if not hasattr(values, "blocks"):
        np.save(out, values, allow_pickle=False)
        yield out.getvalue()
        return
    # In Fortran order, because values are read frame by frame.
    head = {"descr": "<f4", "fortran_order": True, "shape": values.shape}
    np.lib.format.write_array_header_1_0(out, head)
    yield out.getvalue()
    for block in values.blocks():
        yield block.astype("<f4", copy=False).tobytes()
