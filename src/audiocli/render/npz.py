"""NPZ: the values with their axes, and all else as JSON, for `numpy.load`."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import replace
from io import BytesIO
from typing import Any

from audiocli.render.base import BinaryRenderer, Layout
from audiocli.results import Embedding, Result, Spectrogram
from audiocli.schema import to_dict


class Npz(BinaryRenderer):
    """Named arrays; `metadata` is a JSON text.

    Of a spectrogram: `values` (bins, frames), `times` and `bins`, and for each curve
    `curve_NAME_times` and `curve_NAME_values`.

    Of embeddings: `vectors` (vectors, dimension), `starts` and `ends` in seconds, `sources`
    with a name a vector; `metadata` is a list, a document a recording.
    """

    name = "npz"
    extension = "npz"
    accepts = (Spectrogram, Embedding)
    gathers = (Embedding,)

    def encode(self, result: Result, layout: Layout) -> bytes:
        """Give the file."""
        if isinstance(result, Spectrogram):
            return _of_spectrogram(result)
        return self.encode_all([result], layout)

    def encode_all(self, results: Sequence[Result], layout: Layout) -> bytes:  # noqa: ARG002
        """Give one file of several embeddings."""
        return _of_embeddings([result for result in results if isinstance(result, Embedding)])


def _of_spectrogram(result: Spectrogram) -> bytes:
    import numpy as np

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
    return _file(told, arrays)


def _of_embeddings(results: Sequence[Embedding]) -> bytes:
    import numpy as np

    arrays: dict[str, Any] = {
        "vectors": np.concatenate([result.vectors for result in results]).astype(np.float32),
        "starts": np.concatenate([result.starts for result in results]),
        "ends": np.concatenate([result.ends for result in results]),
        "sources": np.array([r.source for r in results for _ in r.starts], np.str_),
    }
    rest = [to_dict(replace(result, vectors=[], starts=[], ends=[])) for result in results]
    emptied = {"vectors", "starts", "ends"}
    return _file([{k: v for k, v in one.items() if k not in emptied} for one in rest], arrays)


def _file(metadata: Any, arrays: Mapping[str, Any]) -> bytes:
    import numpy as np

    out = BytesIO()
    np.savez_compressed(out, metadata=np.array(json.dumps(metadata)), **arrays)
    return out.getvalue()


RENDERER = Npz()
