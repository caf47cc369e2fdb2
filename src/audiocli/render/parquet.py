"""Parquet, for pandas, Polars, DuckDB and Arrow: the rows of CSV with types, or vectors."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import replace
from importlib.util import find_spec
from io import BytesIO
from typing import Any

from audiocli.errors import MissingExtra
from audiocli.render.base import BinaryRenderer, Layout
from audiocli.render.csv import Csv, rows_of
from audiocli.results import Embedding, Result
from audiocli.schema import to_dict

# Columns that stay text where every value is a number.
_TEXT = frozenset(
    {"source", "text", "token", "label", "speaker", "language", "other", "query", "role", "model"}
    | {"system", "group", "metric", "unit", "same_speaker"}
)


class Parquet(BinaryRenderer):
    """A table; of an embedding, columns `source`, `start`, `end` and `vector`.

    Columns of a dataset are added as `columns.NAME`.

    The metadata key `audiocli` of an embedding is JSON.
    """

    name = "parquet"
    extension = "parquet"
    accepts = (Embedding, *Csv.accepts)
    gathers = (Embedding, *Csv.accepts)

    def check(self) -> None:
        """Raise `MissingExtra` if pyarrow is not installed."""
        if find_spec("pyarrow") is None:
            raise MissingExtra("--format parquet", "parquet")

    def encode(self, result: Result, layout: Layout) -> bytes:
        """Return the file."""
        return self.encode_all([result], layout)

    def encode_all(self, results: Sequence[Result], layout: Layout) -> bytes:  # noqa: ARG002
        """Return one file of several results."""
        import pyarrow as pa
        import pyarrow.parquet as pq

        out = BytesIO()
        embeddings = [result for result in results if isinstance(result, Embedding)]
        table = _vectors(pa, embeddings) if embeddings else _rows(pa, results)
        pq.write_table(table, out)
        return out.getvalue()


def _rows(pa: Any, results: Sequence[Result]) -> Any:
    """Return the rows of CSV; numbers are float64, and empty cells null."""
    kind = rows_of(type(results[0]))
    columns: list[list[Any]] = [[] for _ in kind.COLUMNS]
    of_row: list[Result] = []
    for result in results:
        for row in kind.rows(result):
            of_row.append(result)
            for column, value in zip(columns, row, strict=True):
                column.append(value if value not in (None, "") else None)
    named = zip(kind.COLUMNS, columns, strict=True)
    table = {name: _array(pa, name, column) for name, column in named}
    return pa.table(table | _dataset_columns(pa, of_row))


def _dataset_columns(pa: Any, of_row: Sequence[Result]) -> dict[str, Any]:
    """Return the columns of the dataset as `columns.NAME`, as in JSON; mixed types become text.

    Parameters
    ----------
    of_row : the result of each row
    """
    names = dict.fromkeys(name for result in of_row for name in result.columns)
    found = {}
    for name in names:
        values = [result.columns.get(name) for result in of_row]
        kinds = {type(value) for value in values if value is not None}
        if len(kinds) > 1 and not kinds <= {int, float}:
            values = [None if value is None else str(value) for value in values]
        found[f"columns.{name}"] = pa.array(values)
    return found


def _array(pa: Any, name: str, values: list[Any]) -> Any:
    if name in _TEXT:
        return pa.array([None if v is None else str(v) for v in values], pa.string())
    return pa.array([None if v is None else float(v) for v in values], pa.float64())


def _vectors(pa: Any, results: Sequence[Embedding]) -> Any:
    import numpy as np

    vectors = np.concatenate([result.vectors for result in results]).astype(np.float32)
    values = pa.array(vectors.reshape(-1), pa.float32())
    columns = {
        "source": pa.array([r.source for r in results for _ in r.starts], pa.string()),
        "start": pa.array(np.concatenate([r.starts for r in results]), pa.float64()),
        "end": pa.array(np.concatenate([r.ends for r in results]), pa.float64()),
        "vector": pa.FixedSizeListArray.from_arrays(values, results[0].dimension),
    }
    columns |= _dataset_columns(pa, [r for r in results for _ in r.starts])
    document = to_dict(replace(results[0], vectors=[], starts=[], ends=[]))
    shared = {key: document[key] for key in ("schema", "model", "parameters", "layer", "pool")}
    return pa.table(columns).replace_schema_metadata({"audiocli": json.dumps(shared)})


RENDERER = Parquet()
