"""Parquet tables of results."""

from __future__ import annotations

from io import BytesIO
from typing import Any

import pytest

from audiocli.render import get
from audiocli.render.base import BinaryRenderer, Layout
from audiocli.results import Segment, Transcript
from strategies import AWKWARD

pq = pytest.importorskip("pyarrow.parquet")


def table(*results: Transcript) -> Any:
    renderer = get("parquet")
    assert isinstance(renderer, BinaryRenderer)
    return pq.read_table(BytesIO(renderer.encode_all(results, Layout())))


def test_rows_of_several_transcripts_have_types() -> None:
    numbers = Transcript(
        source="1.wav",
        duration=2.0,
        model=AWKWARD.model,
        language=None,
        segments=(Segment(start=0.0, end=1.5, text="1984", words=()),),
    )
    read = table(AWKWARD, numbers)
    assert read.num_rows == len(AWKWARD.segments) + 1
    last = read.slice(read.num_rows - 1).to_pylist()[0]
    assert (last["source"], last["start"], last["end"]) == ("1.wav", 0.0, 1.5)
    assert (last["text"], last["speaker"], last["language"]) == ("1984", None, None)


def test_a_table_without_rows_has_the_columns() -> None:
    empty = table(Transcript(source="a", duration=1.0, model=AWKWARD.model, segments=()))
    assert (empty.num_rows, empty.column_names[:3]) == (0, ["source", "start", "end"])
