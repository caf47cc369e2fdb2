"""Metrics as functions of weighted recordings, and their bootstrap confidence intervals.

The intervals are percentiles over resampled recordings (Bisani and Ney 2004, "Bootstrap
estimates for confidence intervals in ASR performance evaluation"). Two systems are compared
on the same resamples.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from audiocli.results.evaluation import MetricScore, ScoreUnit

if TYPE_CHECKING:
    from numpy.typing import NDArray

_MAX_VALUES = 1 << 22  # weights in memory at a time
_PERCENTILES = (2.5, 97.5)

# Takes weights of shape (resamples, recordings), returns values of shape (resamples,).
Statistic = Callable[["NDArray[Any]"], "NDArray[Any]"]


@dataclass(frozen=True)
class Metric:
    """A metric of several recordings.

    Attributes
    ----------
    statistic : values of the metric for resampled recordings
    has_interval : whether recordings can be resampled
    """

    name: str
    unit: ScoreUnit
    statistic: Statistic
    has_interval: bool = True

    def value(self, recordings: int) -> float:
        """Return the value over all recordings; NaN if it is not defined."""
        return float(self.statistic(np.ones((1, recordings)))[0])


@dataclass(frozen=True)
class Bootstrap:
    """Options of the bootstrap.

    Attributes
    ----------
    resamples : number of resamples; 0 for no intervals
    seed : seed of the random number generator
    """

    resamples: int = 1000
    seed: int = 0

    def score(self, metric: Metric, recordings: int) -> MetricScore:
        """Return the value of a metric with its interval."""
        low = high = None
        if metric.has_interval:
            low, high = self._interval(metric.statistic, recordings)
        return _scored(metric, metric.value(recordings), low, high)

    def difference(self, metric: Metric, baseline: Metric, recordings: int) -> MetricScore:
        """Return the difference of two systems on the same recordings, with its interval."""
        low = high = None
        if metric.has_interval:

            def difference(weights: NDArray[Any]) -> NDArray[Any]:
                return metric.statistic(weights) - baseline.statistic(weights)

            low, high = self._interval(difference, recordings)
        return _scored(metric, metric.value(recordings) - baseline.value(recordings), low, high)

    def _interval(
        self, statistic: Statistic, recordings: int
    ) -> tuple[float, float] | tuple[None, None]:
        if recordings < 2 or not self.resamples:
            return None, None
        values = np.concatenate([statistic(weights) for weights in self._weights(recordings)])
        if np.isnan(values).all():
            return None, None
        low, high = np.nanpercentile(values, _PERCENTILES)
        return float(low), float(high)

    def _weights(self, recordings: int) -> Any:
        """Yield how often each recording is drawn, of shape (resamples, recordings)."""
        random = np.random.default_rng(self.seed)
        left, block = self.resamples, max(1, _MAX_VALUES // recordings)
        shares = np.full(recordings, 1 / recordings)
        while left > 0:
            yield random.multinomial(recordings, shares, size=min(left, block)).astype(float)
            left -= block


def ratio(
    name: str, numerators: Sequence[float], denominators: Sequence[float], unit: ScoreUnit = "ratio"
) -> Metric:
    """Return the metric that divides a sum over recordings by another."""
    above, below = np.asarray(numerators, float), np.asarray(denominators, float)

    def statistic(weights: NDArray[Any]) -> NDArray[Any]:
        return divided(weights @ above, weights @ below)

    return Metric(name, unit, statistic)


def mean(name: str, values: Sequence[float], unit: ScoreUnit = "ratio") -> Metric:
    """Return the metric that is the mean over recordings."""
    return ratio(name, values, np.ones(len(values)).tolist(), unit)


def divided(above: NDArray[Any], below: NDArray[Any]) -> NDArray[Any]:
    """Return a quotient, NaN where the divisor is 0."""
    quotient: NDArray[Any] = np.full(np.shape(below), np.nan)
    np.divide(above, below, out=quotient, where=below != 0)
    return quotient


def _scored(metric: Metric, value: float, low: float | None, high: float | None) -> MetricScore:
    known = None if np.isnan(value) else value
    return MetricScore(metric=metric.name, unit=metric.unit, value=known, low=low, high=high)
