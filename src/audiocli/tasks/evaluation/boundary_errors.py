"""Errors of the start and end times of aligned words or lines."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np

from audiocli.errors import InputError
from audiocli.results import Alignment, Result, Segment, Word
from audiocli.tasks.alignment.scripts import AlignmentScript
from audiocli.tasks.evaluation.reference import Reference
from audiocli.tasks.evaluation.statistics import Metric, ratio

if TYPE_CHECKING:
    from numpy.typing import NDArray

_LIMITS = (20, 50, 100)  # milliseconds


@dataclass(frozen=True)
class BoundaryTally:
    """Boundaries of one recording.

    Attributes
    ----------
    errors : absolute errors of starts and ends, in seconds
    missing : boundaries of spans that are not aligned
    """

    errors: tuple[float, ...]
    missing: int


@dataclass(frozen=True)
class BoundaryScorer:
    """Scores the start and the end of each span of the reference: a word, or a line.

    The boundaries of a span are the start of its first and the end of its last word. The text
    of the alignment must be that of the spans, in their order.
    """

    of_recording: ClassVar[tuple[str, ...]] = (
        *("boundary_median", "boundary_mean", "unaligned"),
        *(f"within_{limit}ms" for limit in _LIMITS),
    )

    def tally(self, reference: Reference, result: Result) -> BoundaryTally:
        """Compare the times of an alignment.

        Raises
        ------
        InputError : the words of the result are not those of the reference
        """
        assert isinstance(result, Alignment)
        words = sorted(
            [*(word for segment in result.segments for word in segment.words), *result.unspoken],
            key=lambda word: (word.start, word.end),
        )
        counts = [len(AlignmentScript.of("", span.text).words) for span in reference.segments]
        if sum(counts) != len(words):
            problem = f"the alignment has {len(words)} words, the reference {sum(counts)}"
            raise InputError(reference.name, problem, "align the text of the reference")
        errors: list[float] = []
        missing = 0
        following = iter(words)
        for span, count in zip(reference.segments, counts, strict=True):
            found = _errors(span, [next(following) for _ in range(count)])
            errors += found
            missing += 2 - len(found) if count else 0
        return BoundaryTally(tuple(errors), missing)

    def metrics(self, tallies: Sequence[BoundaryTally]) -> list[Metric]:
        """Return median and mean error, the shares within limits, and that of missing ones."""
        errors = [np.asarray(tally.errors) for tally in tallies]
        counts = [len(one) for one in errors]
        totals = [len(tally.errors) + tally.missing for tally in tallies]
        return [
            Metric("boundary_median", "seconds", WeightedMedian(errors)),
            ratio("boundary_mean", [float(one.sum()) for one in errors], counts, "seconds"),
            *(
                ratio(f"within_{limit}ms", [int((e <= limit / 1000).sum()) for e in errors], counts)
                for limit in _LIMITS
            ),
            ratio("unaligned", [tally.missing for tally in tallies], totals),
        ]


def _errors(span: Segment, words: Sequence[Word]) -> list[float]:
    """Return the absolute errors of both boundaries; empty if one is not aligned."""
    edges = [*words[:1], *words[-1:]]
    if not edges or any(word.end <= word.start for word in edges):
        return []
    return [abs(edges[0].start - span.start), abs(edges[1].end - span.end)]


class WeightedMedian:
    """Median of the errors of resampled recordings.

    Parameters
    ----------
    errors : errors of each recording
    """

    def __init__(self, errors: Sequence[NDArray[Any]]) -> None:
        values = np.concatenate([np.empty(0), *errors])
        order = np.argsort(values)
        self._values = values[order]
        self._recording = np.repeat(np.arange(len(errors)), [len(one) for one in errors])[order]

    def __call__(self, weights: NDArray[Any]) -> NDArray[Any]:
        """Return the medians of resamples."""
        return np.array([self._median(row[self._recording].astype(int)) for row in weights])

    def _median(self, counts: NDArray[Any]) -> float:
        drawn = np.repeat(self._values, counts)
        return float(np.median(drawn)) if len(drawn) else np.nan
