"""Bootstrap intervals."""

from __future__ import annotations

import numpy as np
import pytest

from audiocli.results import MetricScore
from audiocli.tasks.evaluation.statistics import Bootstrap, Metric, mean, ratio


def score(bootstrap: Bootstrap, metric: Metric, recordings: int) -> MetricScore:
    (found,) = bootstrap.scores([metric], recordings)
    return found


def test_the_interval_of_a_mean_is_that_of_theory() -> None:
    values = np.random.default_rng(1).normal(5.0, 2.0, 400)
    found = score(Bootstrap(4000), mean("m", values.tolist()), 400)
    error = 1.96 * values.std() / 20
    assert found.value == pytest.approx(values.mean())
    assert found.low == pytest.approx(values.mean() - error, abs=error / 10)
    assert found.high == pytest.approx(values.mean() + error, abs=error / 10)


def test_whole_recordings_are_resampled() -> None:
    """A long recording with all the errors makes the interval wide, whatever its words."""
    found = score(Bootstrap(500), ratio("wer", [100, *[0] * 9], [1000, *[10] * 9]), 10)
    assert found.low == 0.0
    assert found.high is not None and found.high > 0.09


def test_a_seed_gives_the_same_interval() -> None:
    metric = mean("m", [0.0, 1.0, 3.0, 9.0])
    assert score(Bootstrap(50, 1), metric, 4) == score(Bootstrap(50, 1), metric, 4)
    assert score(Bootstrap(50, 1), metric, 4) != score(Bootstrap(50, 2), metric, 4)


@pytest.mark.parametrize(("resamples", "values"), [(0, [1.0, 2.0]), (100, [1.0])])
def test_there_may_be_no_interval(resamples: int, values: list[float]) -> None:
    found = score(Bootstrap(resamples), mean("m", values), len(values))
    assert (found.value, found.low, found.high) == (np.mean(values), None, None)


def test_an_undefined_value_is_null() -> None:
    found = score(Bootstrap(100), ratio("wer", [0, 0], [0, 0]), 2)
    assert (found.value, found.low, found.high) == (None, None, None)


def test_weights_are_made_in_blocks(monkeypatch: pytest.MonkeyPatch) -> None:
    metric = mean("m", [0.0, 1.0, 3.0, 9.0])
    whole = score(Bootstrap(50), metric, 4)
    monkeypatch.setattr("audiocli.tasks.evaluation.statistics._MAX_VALUES", 12)
    assert score(Bootstrap(50), metric, 4) == whole
