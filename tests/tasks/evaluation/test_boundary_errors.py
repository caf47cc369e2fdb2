"""Errors of the boundaries of alignments."""

from __future__ import annotations

import numpy as np
import pytest

from audiocli.errors import InputError
from audiocli.results import Alignment, ModelInfo, Segment, Word
from audiocli.tasks.evaluation.boundary_errors import BoundaryScorer, WeightedMedian
from audiocli.tasks.evaluation.reference import Reference


def alignment(words: list[tuple[str, float, float]], unspoken: tuple[Word, ...] = ()) -> Alignment:
    spoken = tuple(Word(start=start, end=end, text=text) for text, start, end in words)
    segment = Segment(start=0.0, end=9.0, text=" ".join(w.text for w in spoken), words=spoken)
    return Alignment(
        source="x",
        duration=9.0,
        model=ModelInfo("m"),
        script="t",
        segments=(segment,),
        unspoken=unspoken,
    )


def reference(*spans: tuple[str, float, float]) -> Reference:
    segments = tuple(Segment(start=start, end=end, text=text) for text, start, end in spans)
    return Reference(name="x", segments=segments)


def test_words() -> None:
    """Errors of 10, 40, 30 and 120 ms."""
    scorer = BoundaryScorer()
    tally = scorer.tally(
        reference(("one", 1.0, 1.5), ("two", 2.0, 2.5)),
        alignment([("one", 1.01, 1.54), ("two", 1.97, 2.62)]),
    )
    got = {metric.name: metric.value(1) for metric in scorer.metrics([tally])}
    assert got == {
        "boundary_median": pytest.approx(0.035),
        "boundary_mean": pytest.approx(0.05),
        "within_20ms": 0.25,
        "within_50ms": 0.75,
        "within_100ms": 0.75,
        "unaligned": 0.0,
    }


def test_the_boundaries_of_a_line_are_those_of_its_words() -> None:
    tally = BoundaryScorer().tally(
        reference(("one two", 1.0, 2.5), ("three", 3.0, 3.5)),
        alignment([("one", 1.1, 1.5), ("two", 2.0, 2.7), ("three", 3.0, 3.5)]),
    )
    assert tally.errors == pytest.approx((0.1, 0.2, 0.0, 0.0))


def test_words_that_are_not_aligned_are_counted_apart() -> None:
    missing = (Word(start=1.9, end=1.9, text="two"),)
    tally = BoundaryScorer().tally(
        reference(("one", 1.0, 1.5), ("two", 2.0, 2.5)), alignment([("one", 1.0, 1.5)], missing)
    )
    assert (tally.errors, tally.missing) == ((0.0, 0.0), 2)


def test_another_text_is_refused() -> None:
    with pytest.raises(InputError, match="the alignment has 1 words, the reference 2"):
        BoundaryScorer().tally(reference(("one two", 1.0, 2.5)), alignment([("one", 1.0, 1.5)]))


def test_the_median_of_resamples_is_that_of_numpy() -> None:
    errors = [np.array([0.3, 0.1]), np.array([0.2]), np.empty(0), np.array([0.9, 0.5, 0.4])]
    weights = np.array([[1, 1, 1, 1], [0, 3, 1, 0], [2, 0, 0, 2], [0, 0, 4, 0]], float)
    drawn = [
        np.concatenate([np.tile(e, int(n)) for e, n in zip(errors, row, strict=True)])
        for row in weights
    ]
    expected = [np.median(one) if len(one) else np.nan for one in drawn]
    assert WeightedMedian(errors)(weights) == pytest.approx(expected, nan_ok=True)
