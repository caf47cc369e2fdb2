"""NPZ: the values with their axes, and all else as JSON, for `numpy.load`."""

from __future__ import annotations

import json
from dataclasses import replace
from io import BytesIO
from typing import Any

from audiocli.render.base import BinaryRenderer, Layout
from audiocli.results import Result, Spectrogram
from audiocli.schema import to_dict


class Npz(BinaryRenderer):
    """Arrays `values` (bins, frames), `times` and `bins`; `metadata` is a JSON text.

    A curve is a pair of arrays more: `curve_NAME_times` and `curve_NAME_values`.
    """

    name = "npz"
    extension = "npz"
    accepts = (Spectrogram,)

    def encode(self, result: Result, layout: Layout) -> bytes:  # noqa: ARG002
        """Give the file."""
        import numpy as np

        assert isinstance(result, Spectrogram)
        arrays: dict[str, Any] = {
            "values": np.asarray(result.values, np.float32),
            "times": np.asarray(result.times, np.float64),
            "bins": np.asarray(result.bins, np.float64),
        }
        for curve in result.curves:
            arrays[f"curve_{curve.name}_times"] = np.asarray(curve.times, np.float64)
            arrays[f"curve_{curve.name}_values"] = np.asarray(curve.values, np.float64)
        rest = to_dict(replace(result, values=[], times=[], bins=[], curves=()))
        told = {key: value for key, value in rest.items() if value or key in {"start"}}
        out = BytesIO()
        np.savez_compressed(out, metadata=np.array(json.dumps(told)), **arrays)
        return out.getvalue()


RENDERER = Npz()
