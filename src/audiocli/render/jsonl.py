"""JSON lines: one result a line."""

from __future__ import annotations

from collections.abc import Iterator

from audiocli.render.base import Layout, Renderer
from audiocli.results import Result


class JsonLines(Renderer):
    """One compact document a line."""

    name = "jsonl"
    extension = "jsonl"
    accepts = (Result,)
    allows_many = True
    max_values = 4_000_000  # they take half a gigabyte on the way
    line_based = True

    def body(self, result: Result, layout: Layout) -> Iterator[str]:  # noqa: ARG002
        """Yield the line."""
        from audiocli.schema import dumps

        yield dumps(result) + "\n"


RENDERER = JsonLines()
