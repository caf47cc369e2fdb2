"""NPZ: arrays of values and axes, and the other fields as JSON, for `numpy.load`."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any
from zipfile import ZIP_DEFLATED, ZipFile

from audiocli.render.arrays import npy
from audiocli.render.base import BinaryRenderer, Layout
from audiocli.results import Embedding, Result, Spectrogram
from audiocli.schema import to_dict


class Npz(BinaryRenderer):
    """Named arrays; `metadata` is JSON text.

    Spectrograms: `values` (bins, frames), `times` and `bins`, and for each curve
    `curve_NAME_times` and `curve_NAME_values`.

    Embeddings: `vectors` (vectors, dimension), `starts` and `ends` in seconds, and `sources`
    with the source of each vector; `metadata` is a list with a document for each recording.
    """

    name = "npz"
    extension = "npz"
    accepts = (Spectrogram, Embedding)
    gathers = (Embedding,)

    def encode(self, result: Result, layout: Layout) -> bytes:
        """Return the file."""
        return b"".join(self.pieces(result, layout))

    def pieces(self, result: Result, layout: Layout) -> Iterator[bytes]:  # noqa: ARG002
        """Yield the file in parts."""
        if isinstance(result, Spectrogram):
            return _of_spectrogram(result)
        assert isinstance(result, Embedding)
        return _of_embeddings([result])

    def encode_all(self, results: Sequence[Result], layout: Layout) -> bytes:  # noqa: ARG002
        """Return one file of several embeddings."""
        embeddings = [result for result in results if isinstance(result, Embedding)]
        return b"".join(_of_embeddings(embeddings))


def _of_spectrogram(result: Spectrogram) -> Iterator[bytes]:
    import numpy as np

    is_long = hasattr(result.values, "blocks")
    arrays: dict[str, Any] = {
        "values": result.values if is_long else np.asarray(result.values, np.float32),
        "times": np.asarray(result.times, np.float64),
        "bins": np.asarray(result.bins, np.float64),
    }
    for curve in result.curves:
        arrays[f"curve_{curve.name}_times"] = np.asarray(curve.times, np.float64)
        arrays[f"curve_{curve.name}_values"] = np.asarray(curve.values, np.float64)
    rest = to_dict(replace(result, values=[], times=[], bins=[], curves=()))
    metadata = {key: value for key, value in rest.items() if value or key in {"start"}}
    return _archive(metadata, arrays)


def _of_embeddings(results: Sequence[Embedding]) -> Iterator[bytes]:
    import numpy as np

    arrays: dict[str, Any] = {
        "vectors": np.concatenate([result.vectors for result in results]).astype(np.float32),
        "starts": np.concatenate([result.starts for result in results]),
        "ends": np.concatenate([result.ends for result in results]),
        "sources": np.array([r.source for r in results for _ in r.starts], np.str_),
    }
    rest = [to_dict(replace(result, vectors=[], starts=[], ends=[])) for result in results]
    removed = {"vectors", "starts", "ends"}
    return _archive([{k: v for k, v in one.items() if k not in removed} for one in rest], arrays)


def _archive(metadata: Any, arrays: Mapping[str, Any]) -> Iterator[bytes]:
    """Yield the parts of an archive like that of `numpy.savez_compressed`."""
    import numpy as np

    sink = _ByteBuffer()
    with ZipFile(sink, "w", ZIP_DEFLATED) as archive:  # type: ignore[call-overload]
        named = {"metadata": np.array(json.dumps(metadata)), **arrays}
        for name, array in named.items():
            with archive.open(f"{name}.npy", "w", force_zip64=True) as member:
                for piece in npy(array):
                    member.write(piece)
                    yield sink.taken()
    yield sink.taken()


class _ByteBuffer:
    """A writable buffer that is emptied by `taken`."""

    def __init__(self) -> None:
        self._pieces: list[bytes] = []

    def write(self, piece: bytes) -> int:
        self._pieces.append(bytes(piece))
        return len(piece)

    def flush(self) -> None:
        """Do nothing."""

    def taken(self) -> bytes:
        joined, self._pieces = b"".join(self._pieces), []
        return joined


RENDERER = Npz()
