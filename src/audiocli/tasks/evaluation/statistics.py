"""Metrics as functions of weighted recordings, and their bootstrap confidence intervals.

The intervals are percentiles over resampled recordings (Bisani and Ney 2004, "Bootstrap
estimates for confidence intervals in ASR performance evaluation"). Two systems are compared
on the same resamples.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from audiocli.results.evaluation import MetricScore, ScoreUnit

if TYPE_CHECKING:
    from numpy.typing import NDArray

_MAX_VALUES = 1 << 22  # weights in memory at a time
_PERCENTILES = (2.5, 97.5)

Interval = tuple[float, float] | tuple[None, None]
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

    def scores(self, metrics: Sequence[Metric], recordings: int) -> tuple[MetricScore, ...]:
        """Return the value of each metric with its interval."""
        intervals = self._intervals(metrics, recordings)
        return tuple(
            _scored(metric, metric.value(recordings), interval)
            for metric, interval in zip(metrics, intervals, strict=True)
        )

    def differences(
        self, metrics: Sequence[Metric], baselines: Sequence[Metric], recordings: int
    ) -> tuple[MetricScore, ...]:
        """Return the difference of each metric to that of another system, with its interval."""
        pairs = zip(metrics, baselines, strict=True)
        return self.scores([_difference(own, other) for own, other in pairs], recordings)

    def _intervals(self, metrics: Sequence[Metric], recordings: int) -> Iterator[Interval]:
        """Yield the interval of each metric; all are of the same resamples."""
        values: list[list[NDArray[Any]]] = [[] for _ in metrics]
        if recordings > 1:
            for weights in self._weights(recordings):
                for metric, found in zip(metrics, values, strict=True):
                    if metric.has_interval:
                        found.append(metric.statistic(weights))
        for found in values:
            resampled = np.concatenate(found) if found else np.full(1, np.nan)
            if np.isnan(resampled).all():
                yield None, None
            else:
                low, high = np.nanpercentile(resampled, _PERCENTILES)
                yield float(low), float(high)

    def _weights(self, recordings: int) -> Iterator[NDArray[Any]]:
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


def _difference(metric: Metric, baseline: Metric) -> Metric:
    def statistic(weights: NDArray[Any]) -> NDArray[Any]:
        return metric.statistic(weights) - baseline.statistic(weights)

    return Metric(metric.name, metric.unit, statistic, metric.has_interval)


def _scored(metric: Metric, value: float, interval: Interval) -> MetricScore:
    known = None if np.isnan(value) else value
    low, high = interval
    return MetricScore(metric=metric.name, unit=metric.unit, value=known, low=low, high=high)
