"""Rows of a classification: one for each event, else for each label of windows or the whole."""

from __future__ import annotations

from collections.abc import Iterator

from audiocli.escaping import plain
from audiocli.results import Classification

COLUMNS = ("source", "start", "end", "label", "score")


def rows(result: Classification) -> Iterator[tuple[str | None, ...]]:
    """Yield events, labels of windows, or labels of the whole; "unknown" has no score."""
    source = plain(result.source)
    for start, end, label, score in _answers(result):
        written = None if score is None else f"{score:.4f}"
        yield source, f"{start:.3f}", f"{end:.3f}", plain(label), written


def _answers(result: Classification) -> Iterator[tuple[float, float, str, float | None]]:
    if result.events is not None:
        yield from ((e.start, e.end, e.label, e.score) for e in result.events)
    elif result.windows is not None:
        for window in result.windows:
            yield from ((window.start, window.end, x.label, x.score) for x in window.labels)
    else:
        end = result.start + result.duration
        yield from ((result.start, end, x.label, x.score) for x in result.labels)
