"""Comma-separated values (RFC 4180, with plain line ends): a row a segment."""

from __future__ import annotations

import csv
from collections.abc import Iterable, Iterator
from io import StringIO

from audiocli.render.base import Layout, Renderer, plain
from audiocli.results import Result, Transcript

_COLUMNS = ("source", "start", "end", "speaker", "language", "confidence", "text")


class Csv(Renderer):
    """Rows that say which input they are from, so that one file can hold many."""

    name = "csv"
    extension = "csv"
    accepts = (Transcript,)
    many = True

    def head(self, kind: type[Result]) -> str:  # noqa: ARG002
        """Names of the columns."""
        return _row(_COLUMNS)

    def body(self, result: Result, layout: Layout) -> Iterator[str]:  # noqa: ARG002
        """Yield each row; what nobody knows is empty, `language` falls back to the transcript's."""
        assert isinstance(result, Transcript)
        for segment in result.segments:
            yield _row(
                (
                    plain(result.source),
                    f"{segment.start:.3f}",
                    f"{segment.end:.3f}",
                    plain(segment.speaker or ""),
                    segment.language or result.language,
                    None if segment.confidence is None else f"{segment.confidence:.4f}",
                    plain(segment.text),
                )
            )


def _row(values: Iterable[str | None]) -> str:
    out = StringIO()
    csv.writer(out, lineterminator="\n").writerow(values)
    return out.getvalue()


RENDERER = Csv()
