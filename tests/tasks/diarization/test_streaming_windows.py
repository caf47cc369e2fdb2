import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from audiocli.tasks.diarization.streaming import window_batches


@given(st.lists(st.integers(1, 40), min_size=1, max_size=30))
def test_windows_cover_a_stream_for_any_blocks(lengths: list[int]) -> None:
    whole = np.arange(1, sum(lengths) + 1, dtype=np.float32)
    blocks = np.split(whole, np.cumsum(lengths)[:-1])
    found = list(window_batches(blocks, size=8, step=2))
    assert [batch.is_last for batch in found] == [False] * (len(found) - 1) + [True]
    count = 0
    for batch in found:
        assert batch.first == count
        for n, window in enumerate(batch.windows):
            start = batch.start(n)
            expected = whole[start : start + 8]
            np.testing.assert_array_equal(window[: len(expected)], expected)
            assert not window[len(expected) :].any()
        count += len(batch.windows)
    assert found[-1].length == len(whole)
    assert 2 * (count - 1) + 8 >= len(whole) > 2 * (count - 2) + 8 or count == 1
