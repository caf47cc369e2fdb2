"""The index compared with an exhaustive search of a list of vectors."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from audiocli.errors import UsageError

pytest.importorskip("apsw")
pytest.importorskip("sqlite_vec")

from audiocli.batch.index_entries import FileStamp, IndexSettings
from audiocli.batch.sound_index import SoundIndex

DIMENSION = 8
SETTINGS = IndexSettings(
    model="toy", revision="1", dimension=DIMENSION, layer=None, pool="mean", window=1.0, hop=1.0
)


def vectors_of(seed: int, count: int) -> np.ndarray:
    return np.random.default_rng(seed).standard_normal((count, DIMENSION)).astype(np.float32)


def put(index: SoundIndex, path: str, vectors: np.ndarray) -> None:
    times = np.arange(len(vectors), dtype=float)
    stamp = FileStamp(len(vectors), 0, "0" * 64)
    starts, ends = times.tolist(), (times + 1).tolist()
    index.put(path, stamp, float(len(vectors)), starts, ends, vectors)


def by_hand(kept: dict[str, np.ndarray], query: np.ndarray) -> list[tuple[float, str, int]]:
    """Return similarity, path and number of every vector, nearest first."""
    found = [
        (float(v @ query / np.linalg.norm(v) / np.linalg.norm(query)), path, number)
        for path, vectors in kept.items()
        for number, v in enumerate(vectors)
    ]
    return sorted(found, reverse=True)


steps = st.lists(
    st.tuples(
        st.sampled_from(["put", "remove", "reopen"]),
        st.sampled_from("abcde"),
        st.integers(0, 10**6),
        st.integers(1, 6),
    ),
    max_size=15,
)


@settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(steps=steps, seed=st.integers(0, 1000))
def test_results_are_right_whatever_was_added_and_removed(
    tmp_path: Path, steps: list[tuple[str, str, int, int]], seed: int
) -> None:
    path = tmp_path / "sounds.index"
    path.unlink(missing_ok=True)
    kept: dict[str, np.ndarray] = {}
    index = SoundIndex(path, SETTINGS)
    for what, name, number, count in steps:
        if what == "put":
            kept[name] = vectors_of(number, count)
            put(index, name, kept[name])
        elif what == "remove":
            kept.pop(name, None)
            index.remove(name)
        else:
            index.__exit__()
            index = SoundIndex(path)
    with index:
        assert {one.path: one.windows for one in index.recordings()} == {
            name: len(vectors) for name, vectors in kept.items()
        }
        query = vectors_of(seed, 1)[0]
        expected = by_hand(kept, query)
        found = index.nearest(query, 5)
        assert [near.similarity for near in found] == pytest.approx(
            [similarity for similarity, *_ in expected[:5]], abs=1e-5
        )
        each = index.nearest(query, 3, one_each=True, without="a")
        best: dict[str, float] = {}
        for similarity, name, _ in expected:
            if name != "a":
                best.setdefault(name, similarity)
        assert [near.path for near in each] == list(best)[:3]
        assert len(list(index.windows())) == sum(map(len, kept.values()))


def test_one_each_searches_further_if_one_recording_has_all_matches(tmp_path: Path) -> None:
    query = np.eye(DIMENSION, dtype=np.float32)[0]
    with SoundIndex(tmp_path / "i", SETTINGS) as index:
        put(index, "near", query + vectors_of(0, 300) * 0.01)
        put(index, "far", -query[None] + vectors_of(1, 3) * 0.01)
        assert [near.path for near in index.nearest(query, 2, one_each=True)] == ["near", "far"]
        assert len({near.path for near in index.nearest(query, 20)}) == 1


def test_zero_vectors_are_skipped(tmp_path: Path) -> None:
    with SoundIndex(tmp_path / "i", SETTINGS) as index:
        put(index, "a", np.concatenate([vectors_of(0, 2), np.zeros((1, DIMENSION), np.float32)]))
        assert index.recordings()[0].windows == 2
        assert all(np.isfinite(n.similarity) for n in index.nearest(vectors_of(1, 1)[0], 9))


def test_files_that_are_not_an_index(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="no such index"):
        SoundIndex(tmp_path / "missing")
    (tmp_path / "text").write_text("this is no database, however long it may be " * 40)
    with pytest.raises(UsageError, match="is not an audiocli index"):
        SoundIndex(tmp_path / "text")
