"""Event detection on given scores."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from audiocli.results import SoundEvent
from audiocli.tasks.classification.event_detection import EventDetectionOptions, EventDetector

LABELS = ("dog", "rain")
RULE: dict[str, Any] = {"onset": 0.5, "offset": 0.25}


def find(dog: Sequence[float], start: float = 0.0, **rule: float) -> list[SoundEvent]:
    """Detect events in windows of 2 s every second; the scores of rain are 0."""
    finder = EventDetector(LABELS, EventDetectionOptions(**{**RULE, **rule}))
    for second, score in enumerate(dog):
        scores = np.array([score, 0.1], np.float32)
        finder.feed(scores, start + second, start + second + 2)
    return list(finder.finish(start + len(dog) + 1))


def times(events: Sequence[SoundEvent]) -> list[tuple[float, float]]:
    return [(event.start, event.end) for event in events]


def test_event_lasts_until_the_offset_threshold() -> None:
    (event,) = find([0, 0.4, 0.6, 0.9, 0.3, 0.2, 0.4, 0])
    assert (event.label, event.start, event.end) == ("dog", 2.5, 5.5)
    assert event.score == pytest.approx(0.9)


def test_events_reach_the_ends_of_the_recording() -> None:
    assert times(find([0.9, 0, 0.9], start=60)) == [(60, 61.5), (62.5, 64)]


def test_close_events_are_merged_and_short_ones_dropped() -> None:
    scores = [0.9, 0, 0.8, 0, 0, 0, 0.7]
    assert times(find(scores)) == [(0, 1.5), (2.5, 3.5), (6.5, 8)]
    assert times(find(scores, max_gap=1.0)) == [(0, 3.5), (6.5, 8)]
    assert times(find(scores, max_gap=1.0, min_duration=2.0)) == [(0, 3.5)]
    assert find(scores, max_gap=1.0)[0].score == pytest.approx(0.9)


def test_smoothing_fills_a_dip_and_levels_a_spike() -> None:
    assert times(find([0.9, 0.9, 0, 0.9, 0.9], smooth=3)) == [(0, 6)]
    assert find([0, 0, 0.9, 0, 0], smooth=3) == []


@given(st.lists(st.floats(0, 1), min_size=1, max_size=40), st.sampled_from([1, 3, 5, 9]))
def test_events_are_ordered_and_do_not_overlap(scores: list[float], smooth: int) -> None:
    events = find(scores, smooth=smooth)
    ends = [0.0, *(event.end for event in events)]
    assert all(end <= event.start < event.end for end, event in zip(ends, events, strict=False))
    assert ends[-1] <= len(scores) + 1
    if smooth == 1:
        assert bool(events) == (max(scores) >= 0.5)
