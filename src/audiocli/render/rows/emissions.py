"""Rows of emissions: one for each frame."""

from __future__ import annotations

from collections.abc import Iterator

from audiocli.escaping import plain
from audiocli.results import Emissions

COLUMNS = ("source", "start", "token", "probability", "role", "text")


def rows(emissions: Emissions) -> Iterator[tuple[str | None, ...]]:
    """Yield each frame; text that is a space is kept."""
    for frame in emissions.frames:
        yield (
            plain(emissions.source),
            f"{frame.start:.3f}",
            plain(frame.token),
            f"{frame.probability:.4f}",
            plain(frame.role),
            " " if frame.text == " " else plain(frame.text),
        )
