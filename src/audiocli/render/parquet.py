"""Parquet with a row for each vector, for pandas, Polars, DuckDB and Arrow."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import replace
from importlib.util import find_spec
from io import BytesIO
from typing import Any

from audiocli.errors import MissingExtra
from audiocli.render.base import BinaryRenderer, Layout
from audiocli.results import Embedding, Result
from audiocli.schema import to_dict


class Parquet(BinaryRenderer):
    """Columns `source`, `start`, `end` and `vector`; the metadata key `audiocli` is JSON."""

    name = "parquet"
    extension = "parquet"
    accepts = (Embedding,)
    gathers = (Embedding,)

    def check(self) -> None:
        """Raise `MissingExtra` if pyarrow is not installed."""
        if find_spec("pyarrow") is None:
            raise MissingExtra("--format parquet", "parquet")

    def encode(self, result: Result, layout: Layout) -> bytes:
        """Return the file."""
        return self.encode_all([result], layout)

    def encode_all(self, results: Sequence[Result], layout: Layout) -> bytes:  # noqa: ARG002
        """Return one file of several embeddings."""
        import pyarrow as pa
        import pyarrow.parquet as pq

        out = BytesIO()
        embeddings = [result for result in results if isinstance(result, Embedding)]
        pq.write_table(_table(pa, embeddings), out)
        return out.getvalue()


def _table(pa: Any, results: Sequence[Embedding]) -> Any:
    import numpy as np

    vectors = np.concatenate([result.vectors for result in results]).astype(np.float32)
    values = pa.array(vectors.reshape(-1), pa.float32())
    columns = {
        "source": pa.array([r.source for r in results for _ in r.starts], pa.string()),
        "start": pa.array(np.concatenate([r.starts for r in results]), pa.float64()),
        "end": pa.array(np.concatenate([r.ends for r in results]), pa.float64()),
        "vector": pa.FixedSizeListArray.from_arrays(values, results[0].dimension),
    }
    document = to_dict(replace(results[0], vectors=[], starts=[], ends=[]))
    shared = {key: document[key] for key in ("schema", "model", "parameters", "layer", "pool")}
    return pa.table(columns).replace_schema_metadata({"audiocli": json.dumps(shared)})


RENDERER = Parquet()
