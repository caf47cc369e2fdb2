"""Properties of sliding windows for any length, hop and block size."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from audiocli.tasks.common.sliding_windows import sliding_windows


@given(
    length=st.integers(1, 300),
    size=st.integers(1, 60),
    hop=st.integers(1, 80),
    block=st.integers(1, 90),
)
def test_windows_cover_the_stream(length: int, size: int, hop: int, block: int) -> None:
    samples = np.arange(length, dtype=np.float32)
    blocks = (samples[at : at + block] for at in range(0, length, block))
    windows = list(sliding_windows(blocks, size, hop))
    assert [w.start for w in windows[:-1]] == [n * hop for n in range(len(windows) - 1)]
    for window in windows:
        assert len(window.samples) == min(size, length)
        np.testing.assert_array_equal(
            window.samples, samples[window.start : window.start + len(window.samples)]
        )
        assert 0 < window.fresh <= max(hop, length)
    left_out = length - (windows[-1].start + len(windows[-1].samples))
    assert left_out <= max(hop // 20, hop - size)


def test_last_window_ends_with_the_stream() -> None:
    windows = list(sliding_windows([np.zeros(100, np.float32)], 40, 20))
    assert [(w.start, w.fresh) for w in windows] == [(0, 20), (20, 20), (40, 20), (60, 20)]
    windows = list(sliding_windows([np.zeros(110, np.float32)], 40, 20))
    assert [(w.start, w.fresh) for w in windows[-2:]] == [(60, 20), (70, 10)]
