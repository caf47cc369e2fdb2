"""Batches of equal padded length while the source is read ahead."""

from __future__ import annotations

import threading
from collections.abc import Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass

import pytest
from hypothesis import given
from hypothesis import strategies as st

from audiocli.tasks.common.batching import BatchScheduler


@dataclass(frozen=True, eq=False)
class Job:
    seconds: float


def doubled(jobs: Sequence[Job]) -> list[float]:
    return [job.seconds * 2 for job in jobs]


@given(
    lengths=st.lists(st.floats(0, 30), max_size=40),
    workers=st.integers(1, 3),
    batch=st.floats(1, 100),
)
def test_each_item_is_returned_once_with_its_output(
    lengths: list[float], workers: int, batch: float
) -> None:
    jobs = [Job(length) for length in lengths]
    scheduler: BatchScheduler[Job, float] = BatchScheduler(
        work=doubled, workers=workers, batch_seconds=batch
    )
    outcomes = list(scheduler.run(jobs))
    assert {id(job) for job, _ in outcomes} == {id(job) for job in jobs}
    assert len(outcomes) == len(jobs)
    assert all(answer == (job.seconds * 2 if job.seconds else None) for job, answer in outcomes)


def test_batches_have_one_padded_length_and_a_maximum_size() -> None:
    batches: list[list[float]] = []
    all_read = threading.Event()

    def work(jobs: Sequence[Job]) -> list[float]:
        all_read.wait(5)
        batches.append([job.seconds for job in jobs])
        return doubled(jobs)

    def jobs() -> Iterator[Job]:
        yield Job(1.0)
        for _ in range(6):
            yield from (Job(10.0), Job(2.0))
        all_read.set()

    scheduler: BatchScheduler[Job, float] = BatchScheduler(work=work, workers=1, batch_seconds=40.0)
    assert len(list(scheduler.run(jobs()))) == 13
    assert all(max(batch) * len(batch) <= 40 for batch in batches)
    assert [10.0] * 4 in batches
    assert [2.0] * 6 in [sorted(batch) for batch in batches]


def test_reading_pauses_at_the_lookahead() -> None:
    read = 0
    release = threading.Event()

    def jobs() -> Iterator[Job]:
        nonlocal read
        for _ in range(1000):
            read += 1
            yield Job(1.0)

    def work(batch: Sequence[Job]) -> list[float]:
        release.wait(5)
        return doubled(batch)

    scheduler: BatchScheduler[Job, float] = BatchScheduler(work=work, workers=1, batch_seconds=5.0)
    outcomes = scheduler.run(jobs())
    first = threading.Thread(target=lambda: next(outcomes))
    first.start()
    first.join(0.3)
    assert read <= scheduler.lookahead + 1
    release.set()
    first.join()
    assert sum(1 for _ in outcomes) == 999


def test_errors_of_source_and_work_are_raised() -> None:
    def broken() -> Iterator[Job]:
        yield Job(1.0)
        raise OSError("disk gone")

    with pytest.raises(OSError, match="disk gone"):
        list(BatchScheduler(work=doubled, workers=1, batch_seconds=5.0).run(broken()))

    def failing(_: Sequence[Job]) -> list[float]:
        raise MemoryError

    with pytest.raises(MemoryError):
        list(BatchScheduler(work=failing, workers=2, batch_seconds=5.0).run([Job(1.0)]))


def test_stopping_early_closes_the_source() -> None:
    closed = threading.Event()

    def jobs() -> Iterator[Job]:
        try:
            while True:
                yield Job(1.0)
        finally:
            closed.set()

    scheduler: BatchScheduler[Job, float] = BatchScheduler(
        work=doubled, workers=1, batch_seconds=5.0
    )
    with closing(scheduler.run(jobs())) as outcomes:
        next(outcomes)
    assert closed.wait(5)


def test_items_that_may_not_start_are_delayed() -> None:
    together: list[int] = []
    first, second = Job(3.0), Job(3.0)
    first_is_done = threading.Event()

    def work(jobs: Sequence[Job]) -> list[float]:
        together.append(len(jobs))
        first_is_done.set()
        return doubled(jobs)

    scheduler: BatchScheduler[Job, float] = BatchScheduler(
        work=work,
        workers=2,
        batch_seconds=6.0,
        may_start=lambda job: job is first or first_is_done.is_set(),
    )
    order = [job for job, _ in scheduler.run([first, second])]
    assert order == [first, second]
    assert together == [1, 1]
