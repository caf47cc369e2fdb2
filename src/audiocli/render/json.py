"""Indented JSON; several results are concatenated (`jq -s` combines them)."""

from __future__ import annotations

from collections.abc import Iterator

from audiocli.render.base import Layout, Renderer
from audiocli.results import Result


class Json(Renderer):
    """One indented document per result."""

    name = "json"
    extension = "json"
    accepts = (Result,)
    allows_many = True
    max_values = 4_000_000  # which need half a gigabyte of memory

    def body(self, result: Result, layout: Layout) -> Iterator[str]:  # noqa: ARG002
        """Yield the document."""
        from audiocli.schema import dumps

        yield dumps(result, indent=2) + "\n"


RENDERER = Json()
