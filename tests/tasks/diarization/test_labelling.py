import numpy as np
import pytest

from audiocli.tasks.diarization import labelling
from audiocli.tasks.diarization.grid import STEP, WINDOW, FrameGrid
from audiocli.tasks.diarization.labelling import label_frames
from audiocli.tasks.diarization.segmentation import SegmentedRecording

GRID = FrameGrid(16_000, 270, 495)


def random_recording(windows: int, voices: np.ndarray) -> SegmentedRecording:
    """Return random tracks and spans, which use every rule of the labelling."""
    rng = np.random.default_rng(windows)
    active = np.repeat(rng.random((windows, WINDOW // 37, 3)) < 0.4, 37, axis=1)
    spans = []
    for window in range(windows):
        for start in sorted(rng.integers(0, WINDOW - 100, size=rng.integers(0, 5))):
            spans.append((window, rng.integers(3), start, start + rng.integers(20, 100)))
    vectors = voices[rng.integers(len(voices), size=len(spans))]
    vectors = vectors + 0.2 * rng.normal(size=vectors.shape)
    return SegmentedRecording(
        grid=GRID,
        packed=np.packbits(active, axis=1),
        spans=np.array(spans, int),
        vectors=vectors.astype(np.float32),
        duration=windows * 2.5,
    )


@pytest.mark.parametrize("at_once", [1, 3, 7])
def test_labelling_in_parts_gives_the_same_frames(
    monkeypatch: pytest.MonkeyPatch, at_once: int
) -> None:
    voices = np.eye(8, dtype=np.float32)[:4]
    recording = random_recording(29, voices)
    whole = label_frames(recording, voices)
    monkeypatch.setattr(labelling, "AT_ONCE", at_once)
    assert whole.shape == (28 * STEP + WINDOW, 1)
    assert np.unpackbits(whole, axis=1, count=4).any(axis=0).all()
    np.testing.assert_array_equal(label_frames(recording, voices), whole)
