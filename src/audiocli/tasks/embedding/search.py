"""Search an index by clip, text or voice, and find duplicates in it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from audiocli.results import Duplicate, Hit, ModelInfo, Search
from audiocli.tasks.common.events import Done, Failed, Progress, Recording
from audiocli.tasks.embedding.embedder import SoundEncoder

Vectors = NDArray[np.float32]

_BLOCK = 4096  # vectors compared in one matrix product


class MatchedWindow(Protocol):
    """A window found for a query."""

    @property
    def path(self) -> str: ...
    @property
    def start(self) -> float: ...
    @property
    def end(self) -> float: ...
    @property
    def similarity(self) -> float: ...


class IndexedVector(Protocol):
    """A window of an index, with a vector of unit length."""

    @property
    def recording(self) -> int: ...
    @property
    def start(self) -> float: ...
    @property
    def end(self) -> float: ...
    @property
    def vector(self) -> Vectors: ...


# Return the windows nearest to a vector, without those of the recording at a path.
FindNearest = Callable[[Vectors, str | None], Sequence[MatchedWindow]]


@dataclass(frozen=True, kw_only=True)
class Searcher:
    """Search an index.

    Attributes
    ----------
    find_nearest : return the nearest windows of the index
    max_hits : maximum number of hits
    one_per_recording : keep only the best window of each recording
    """

    find_nearest: FindNearest
    index: str
    model: ModelInfo
    max_hits: int
    one_per_recording: bool = False

    def run(
        self,
        recordings: Iterable[Recording],
        on_progress: Progress,
        *,
        encoder: SoundEncoder,
        path_of: Callable[[Any], str | None],
    ) -> Iterator[Done[Search] | Failed]:
        """Search for each recording; a hit has the similarity of its best matching window.

        Parameters
        ----------
        path_of : return the path of a recording by its key, to exclude it from its own hits
        """
        for event in encoder.run(recordings, on_progress):
            if isinstance(event, Failed):
                yield event
                continue
            embedding = event.result
            found = self._search(np.asarray(embedding.vectors), path_of(event.key))
            yield Done(
                event.key,
                replace(
                    found, source=embedding.source, duration=embedding.duration, query_type="clip"
                ),
            )

    def by_vectors(self, name: str, query: str, vectors: Vectors) -> Search:
        """Search for the vectors of a text or a voice."""
        return replace(self._search(vectors, None), source=name, query_type=query)

    def _search(self, vectors: Vectors, without: str | None) -> Search:
        best: dict[tuple[str, float | None], Hit] = {}
        for vector in vectors:
            for near in self.find_nearest(vector, without):
                key = near.path, None if self.one_per_recording else near.start
                if key not in best or best[key].similarity < near.similarity:
                    best[key] = Hit(
                        source=near.path,
                        start=near.start,
                        end=near.end,
                        similarity=round(near.similarity, 4),
                    )
        hits = sorted(best.values(), key=lambda hit: -hit.similarity)[: self.max_hits]
        return Search(
            source="",
            duration=0.0,
            model=self.model,
            query_type="",
            index=self.index,
            hits=tuple(hits),
        )


def find_duplicates(
    windows: Callable[[], Iterable[IndexedVector]], threshold: float, path_of: Callable[[int], str]
) -> list[Duplicate]:
    """Find stretches of audio that two recordings share.

    Consecutive similar windows with the same time shift form one stretch.

    Parameters
    ----------
    windows : return all windows, in the same order each time
    threshold : minimum cosine similarity of two windows
    """
    pairs = sorted(
        _similar_pairs(windows, threshold), key=lambda p: (p[0].recording, p[1].recording)
    )
    runs: dict[tuple[int, int, float], list[list[tuple[IndexedVector, IndexedVector, float]]]] = {}
    for a, b, similarity in sorted(pairs, key=lambda pair: pair[0].start):
        shift = round(b.start - a.start, 1)
        rows = runs.setdefault((a.recording, b.recording, shift), [[]])
        if rows[-1] and a.start > rows[-1][-1][0].end:
            rows.append([])
        rows[-1].append((a, b, similarity))
    found = [_duplicate_of(row, path_of) for rows in runs.values() for row in rows]
    return sorted(_longest(found), key=lambda pair: (pair.source, pair.start, pair.other))


def _longest(found: Iterable[Duplicate]) -> list[Duplicate]:
    """Keep only the longest of duplicates that overlap in both recordings."""
    kept: dict[tuple[str, str], list[Duplicate]] = {}
    for one in sorted(found, key=lambda pair: (pair.start - pair.end, -pair.similarity)):
        others = kept.setdefault((one.source, one.other), [])
        if not any(_overlap(one, other) for other in others):
            others.append(one)
    return [one for several in kept.values() for one in several]


def _overlap(a: Duplicate, b: Duplicate) -> bool:
    apart = a.end <= b.start or b.end <= a.start
    others_apart = a.other_end <= b.other_start or b.other_end <= a.other_start
    return not (apart and others_apart)


def _duplicate_of(
    row: Sequence[tuple[IndexedVector, IndexedVector, float]], path_of: Callable[[int], str]
) -> Duplicate:
    (first, other_first, _), (last, other_last, _) = row[0], row[-1]
    return Duplicate(
        source=path_of(first.recording),
        start=first.start,
        end=last.end,
        other=path_of(other_first.recording),
        other_start=other_first.start,
        other_end=other_last.end,
        similarity=round(float(np.mean([similarity for *_, similarity in row])), 4),
    )


def _similar_pairs(
    windows: Callable[[], Iterable[IndexedVector]], threshold: float
) -> Iterator[tuple[IndexedVector, IndexedVector, float]]:
    """Yield similar windows of different recordings; two blocks are kept in memory."""
    for number, block in enumerate(_blocks(windows())):
        here = np.stack([window.vector for window in block])
        for other_number, other in enumerate(_blocks(windows())):
            if other_number < number:
                continue
            cosines = here @ np.stack([window.vector for window in other]).T
            for i, j in zip(*np.nonzero(cosines >= threshold), strict=True):
                a, b = block[i], other[j]
                if a.recording < b.recording:
                    yield a, b, float(cosines[i, j])
                elif a.recording > b.recording and other_number > number:
                    yield b, a, float(cosines[i, j])


def _blocks(windows: Iterable[IndexedVector]) -> Iterator[list[IndexedVector]]:
    block: list[IndexedVector] = []
    for window in windows:
        block.append(window)
        if len(block) == _BLOCK:
            yield block
            block = []
    if block:
        yield block
