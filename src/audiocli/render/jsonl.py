"""JSON lines: one result per line."""

from __future__ import annotations

from collections.abc import Iterator

from audiocli.render.base import Layout, Renderer
from audiocli.results import Result


class JsonLines(Renderer):
    """One compact document per line."""

    name = "jsonl"
    extension = "jsonl"
    accepts = (Result,)
    allows_many = True
    max_values = 4_000_000  # which need half a gigabyte of memory
    line_based = True

    def body(self, result: Result, layout: Layout) -> Iterator[str]:  # noqa: ARG002
        """Yield the line."""
        from audiocli.schema import dumps

        yield dumps(result) + "\n"


RENDERER = JsonLines()
