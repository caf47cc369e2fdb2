from itertools import permutations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.cluster.hierarchy import fcluster, linkage

from audiocli.models.protocols.speakers import SpeakerCount
from audiocli.tasks.diarization import clustering
from audiocli.tasks.diarization.clustering import average_linkage, find_speakers
from audiocli.tasks.diarization.labelling import best_assignment

seeds = st.integers(0, 10_000)


def voices(seed: int, speakers: int, each: int, noise: float = 0.5) -> np.ndarray:
    """Return vectors of alternating speakers, shape (speakers * each, 16)."""
    rng = np.random.default_rng(seed)
    centres = np.linalg.qr(rng.normal(size=(16, 16)))[0][:speakers]
    vectors = np.tile(centres, (each, 1)) + rng.normal(size=(speakers * each, 16)) * noise / 4
    return (vectors / np.linalg.norm(vectors, axis=1, keepdims=True)).astype(np.float32)


@given(seeds, st.integers(1, 40), st.floats(0.05, 1.5))
def test_average_linkage_matches_scipy(seed: int, count: int, threshold: float) -> None:
    vectors = np.random.default_rng(seed).normal(size=(count, 5)).astype(np.float32)
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    ours = average_linkage(vectors, threshold)
    assert sorted(set(ours)) == list(range(ours.max() + 1))
    if count > 1:
        tree = linkage(vectors.astype(np.float64), "average", "cosine")
        theirs = fcluster(tree, threshold, "distance")
        assert {frozenset(np.flatnonzero(ours == k)) for k in set(ours)} == {
            frozenset(np.flatnonzero(theirs == k)) for k in set(theirs)
        }


@pytest.mark.parametrize("seed", [3, 4, 9])  # rounding errors made these cyclic
def test_identical_vectors_are_clustered(seed: int) -> None:
    vectors = np.random.default_rng(seed).normal(size=(7, 192)).astype(np.float32)
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    labels = average_linkage(np.tile(vectors, (40, 1)), 0.6)
    assert (labels.reshape(40, 7) == labels[:7]).all() and len(set(labels)) == 7


@given(seeds, st.integers(1, 4), st.integers(1, 6))
def test_best_assignment_matches_exhaustive_search(seed: int, rows: int, columns: int) -> None:
    gain = np.random.default_rng(seed).random((rows, columns)).astype(np.float32)
    pairs = best_assignment(gain)
    assert len(pairs) == len({r for r, _ in pairs}) == len({c for _, c in pairs})
    wide = gain if rows <= columns else gain.T
    best = max(
        sum(wide[row, column] for row, column in enumerate(chosen))
        for chosen in permutations(range(wide.shape[1]), wide.shape[0])
    )
    assert sum(gain[row, column] for row, column in pairs) == pytest.approx(best)


@pytest.mark.parametrize("threshold", [0.35, 0.40, 0.45, 0.50, 0.55])
@pytest.mark.parametrize("speakers", [1, 2, 5, 10])
def test_thresholds_are_not_critical(speakers: int, threshold: float) -> None:
    vectors = voices(speakers, speakers, each=20)
    found = find_speakers(vectors, np.full(len(vectors), 1.5), threshold, SpeakerCount())
    assert len(found) == speakers


def test_a_known_number_of_speakers_is_kept() -> None:
    vectors = voices(3, speakers=3, each=20)
    lengths = np.full(len(vectors), 1.5)

    def count(**known: int) -> int:
        return len(find_speakers(vectors, lengths, 0.45, SpeakerCount(**known)))

    assert [count(num_speakers=n) for n in (1, 2, 3, 5)] == [1, 2, 3, 5]
    assert [count(min_speakers=2), count(max_speakers=2)] == [3, 2]
    assert count(min_speakers=4) >= 4


def test_many_spans_are_clustered_in_parts(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(clustering, "AT_ONCE", 50)
    vectors = voices(4, speakers=4, each=100)
    assert len(find_speakers(vectors, np.full(400, 1.5), 0.45, SpeakerCount())) == 4


def near(voice: np.ndarray, distance: float, axis: int) -> np.ndarray:
    """Return a vector at a cosine distance from another, towards an orthogonal axis."""
    other = np.zeros_like(voice)
    other[axis] = 1
    return (1 - distance) * voice + np.sqrt(1 - (1 - distance) ** 2) * other


@pytest.mark.parametrize(
    ("distance", "seconds", "speakers"),
    [(0.9, 0.8, 1), (0.9, 1.2, 2), (0.7, 1.2, 1), (0.7, 1.8, 2), (0.61, 1.8, 1), (0.61, 3.0, 2)],
)
def test_speakers_with_little_speech_need_a_larger_distance(
    distance: float, seconds: float, speakers: int
) -> None:
    main = np.eye(16, dtype=np.float32)[0]
    vectors = np.stack([main] * 12 + [near(main, distance, axis=1)])
    lengths = np.array([2.0] * 12 + [seconds])
    assert len(find_speakers(vectors, lengths, 0.45, SpeakerCount())) == speakers


def test_outliers_are_not_a_speaker() -> None:
    main = np.eye(16, dtype=np.float32)[0]
    vectors = np.stack([main] * 1000 + [near(main, 0.55, axis=1)] * 20)
    assert len(find_speakers(vectors, np.full(1020, 2.0), 0.45, SpeakerCount())) == 1


def test_half_a_second_of_speech_is_not_a_speaker() -> None:
    main = np.eye(16, dtype=np.float32)[0]
    vectors = np.stack([main, near(main, 0.9, axis=1)])
    assert len(find_speakers(vectors, np.array([1.8, 0.6]), 0.45, SpeakerCount())) == 1
