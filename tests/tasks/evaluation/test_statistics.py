"""Bootstrap intervals."""

from __future__ import annotations

import numpy as np
import pytest

from audiocli.tasks.evaluation.statistics import Bootstrap, mean, ratio


def test_the_interval_of_a_mean_is_that_of_theory() -> None:
    values = np.random.default_rng(1).normal(5.0, 2.0, 400)
    score = Bootstrap(4000).score(mean("m", values.tolist()), 400)
    error = 1.96 * values.std() / 20
    assert score.value == pytest.approx(values.mean())
    assert score.low == pytest.approx(values.mean() - error, abs=error / 10)
    assert score.high == pytest.approx(values.mean() + error, abs=error / 10)


def test_whole_recordings_are_resampled() -> None:
    """A long recording with all the errors makes the interval wide, whatever its words."""
    score = Bootstrap(500).score(ratio("wer", [100, *[0] * 9], [1000, *[10] * 9]), 10)
    assert score.low == 0.0
    assert score.high is not None and score.high > 0.09


def test_a_seed_gives_the_same_interval() -> None:
    metric = mean("m", [0.0, 1.0, 3.0, 9.0])
    assert Bootstrap(50, 1).score(metric, 4) == Bootstrap(50, 1).score(metric, 4)
    assert Bootstrap(50, 1).score(metric, 4) != Bootstrap(50, 2).score(metric, 4)


@pytest.mark.parametrize(("resamples", "values"), [(0, [1.0, 2.0]), (100, [1.0])])
def test_there_may_be_no_interval(resamples: int, values: list[float]) -> None:
    score = Bootstrap(resamples).score(mean("m", values), len(values))
    assert (score.value, score.low, score.high) == (np.mean(values), None, None)


def test_an_undefined_value_is_null() -> None:
    score = Bootstrap(100).score(ratio("wer", [0, 0], [0, 0]), 2)
    assert (score.value, score.low, score.high) == (None, None, None)


def test_weights_are_made_in_blocks(monkeypatch: pytest.MonkeyPatch) -> None:
    metric = mean("m", [0.0, 1.0, 3.0, 9.0])
    whole = Bootstrap(50).score(metric, 4)
    monkeypatch.setattr("audiocli.tasks.evaluation.statistics._MAX_VALUES", 12)
    assert Bootstrap(50).score(metric, 4) == whole
