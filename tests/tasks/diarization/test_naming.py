"""Speakers are named by the known voices that are similar enough."""

from __future__ import annotations

import numpy as np
import pytest

from audiocli.errors import UsageError
from audiocli.tasks.diarization.naming import match_voices

ADA = np.array([1.0, 0.0, 0.0], np.float32)
BOB = np.array([0.0, 1.0, 0.0], np.float32)


def test_the_best_pairs_are_matched_first() -> None:
    between = np.array([0.6, 0.8, 0.0], np.float32)
    assert match_voices({"A": between, "B": BOB}, {"Ada": ADA, "Bob": BOB}) == {
        "B": "Bob",
        "A": "Ada",
    }


def test_a_known_voice_of_another_length_is_refused() -> None:
    with pytest.raises(UsageError, match="the voice of Ada has 2 values, not 3") as raised:
        match_voices({"A": ADA}, {"Bob": BOB, "Ada": ADA[:2]})
    assert raised.value.hint == "enroll it again: audiocli voices enroll 'Ada' CLIP"
