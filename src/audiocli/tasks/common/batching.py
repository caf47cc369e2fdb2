"""Schedule batches of items of similar length while their source is read ahead.

A thread reads the items, up to `lookahead` seconds ahead. Whenever a worker is free, it
takes the oldest item that may start, together with others of the same padded length. So
no item is delayed indefinitely, and batches contain little padding.
"""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import closing
from dataclasses import dataclass, field
from math import ceil
from queue import SimpleQueue
from threading import Condition, Thread
from typing import Any, Generic, Protocol, TypeVar


class HasDuration(Protocol):
    """An item with a length; items of length 0 need no work."""

    @property
    def seconds(self) -> float:
        """Length in seconds of audio."""
        ...


ItemT = TypeVar("ItemT", bound=HasDuration)
OutputT = TypeVar("OutputT")


@dataclass(kw_only=True)
class BatchScheduler(Generic[ItemT, OutputT]):
    """Run a function on batches of items in several threads.

    Attributes
    ----------
    work : return an output for each item of a batch; called from several threads
    workers : number of batches processed at the same time
    batch_seconds : maximum padded seconds in a batch
    padded_seconds : padded length of an item, by its length in seconds; a batch only has
        items of one padded length
    may_start : whether an item may be processed yet
    """

    work: Callable[[Sequence[ItemT]], Sequence[OutputT]]
    workers: int
    batch_seconds: float
    padded_seconds: Callable[[float], float] = ceil
    may_start: Callable[[ItemT], bool] = lambda item: True  # noqa: ARG005
    _waiting: list[ItemT] = field(default_factory=list)

    @property
    def lookahead(self) -> float:
        """Seconds of audio read ahead, to find items of the same padded length."""
        return 4 * self.workers * self.batch_seconds

    def run(self, items: Iterable[ItemT]) -> Generator[tuple[ItemT, OutputT | None], None, None]:
        """Yield each item with its output as it is finished; the output is None for length 0."""
        with (
            closing(_BackgroundReader(items, self.lookahead)) as reader,
            ThreadPoolExecutor(self.workers, "worker") as executor,
        ):
            running: dict[Future[Sequence[OutputT]], list[ItemT]] = {}
            while not reader.finished or self._waiting or running:
                self._start_batches(executor, running, reader.queue)
                entry = reader.queue.get()
                if isinstance(entry, Future):
                    batch = running.pop(entry)
                    yield from zip(batch, entry.result(), strict=True)
                    reader.release(sum(item.seconds for item in batch))
                elif reader.item_or_end(entry) is not None:
                    item: ItemT = entry
                    if item.seconds:
                        self._waiting.append(item)
                    else:
                        yield item, None

    def _start_batches(
        self,
        executor: ThreadPoolExecutor,
        running: dict[Future[Sequence[OutputT]], list[ItemT]],
        queue: SimpleQueue[Any],
    ) -> None:
        while len(running) < self.workers:
            batch = self._next_batch()
            if not batch:
                return
            future = executor.submit(self.work, batch)
            running[future] = batch
            future.add_done_callback(queue.put)

    def _next_batch(self) -> list[ItemT]:
        """Take the oldest item that may start, and others of the same padded length."""
        ready = [item for item in self._waiting if self.may_start(item)]
        if not ready:
            return []
        padded = self.padded_seconds(ready[0].seconds)
        same_length = [item for item in ready if self.padded_seconds(item.seconds) == padded]
        batch = same_length[: max(1, int(self.batch_seconds / padded))]
        taken = set(map(id, batch))
        self._waiting = [item for item in self._waiting if id(item) not in taken]
        return batch


class _EndOfItems:
    """Marks the end of the source, with the exception that ended it, if any."""

    def __init__(self, error: BaseException | None = None) -> None:
        self.error = error


class _BackgroundReader:
    """Read an iterable into a queue in a thread; pause while too many seconds are unprocessed.

    Attributes
    ----------
    queue : the items as they are read; finished batches are put here too
    """

    def __init__(self, items: Iterable[Any], limit: float) -> None:
        self.queue: SimpleQueue[Any] = SimpleQueue()
        self.finished = False
        self._limit = limit
        self._unprocessed = 0.0
        self._closed = False
        self._changed = Condition()
        self._thread = Thread(target=self._read, args=(items,), name="reader", daemon=True)
        self._thread.start()

    def item_or_end(self, entry: Any) -> Any:
        """Return an entry that is an item; for the end, return None or raise its exception."""
        if not isinstance(entry, _EndOfItems):
            return entry
        self.finished = True
        if entry.error:
            raise entry.error
        return None

    def release(self, seconds: float) -> None:
        """Report seconds of items as processed."""
        with self._changed:
            self._unprocessed -= seconds
            self._changed.notify()

    def close(self) -> None:
        """Stop reading and wait for the thread."""
        with self._changed:
            self._closed = True
            self._changed.notify()
        self._thread.join()

    def _read(self, items: Iterable[Any]) -> None:
        error: BaseException | None = None
        try:
            for item in items:
                self.queue.put(item)
                if not self._wait_for_capacity(item.seconds):
                    break
        except BaseException as caught:  # raised again in the main thread
            error = caught
        finally:
            # Files of a generator must be closed in the thread that opened them.
            if hasattr(items, "close"):
                items.close()
            self.queue.put(_EndOfItems(error))

    def _wait_for_capacity(self, seconds: float) -> bool:
        """Count an item as unprocessed and wait below the limit; return False if closed."""
        with self._changed:
            self._unprocessed += seconds
            self._changed.wait_for(lambda: self._unprocessed < self._limit or self._closed)
            return not self._closed
