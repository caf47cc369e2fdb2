"""A pool of work that batches like with like, while its source is read ahead.

Items come from an iterator that is read in a thread, as far ahead as `lookahead`
allows. Whenever a worker is free, it takes the oldest item that may start and others
of like length: nothing waits for ever, and little of a batch is padding.
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
    """An item that knows its length; an item of no length needs no work."""

    @property
    def seconds(self) -> float:
        """Length in seconds of sound."""
        ...


ItemT = TypeVar("ItemT", bound=HasDuration)
OutputT = TypeVar("OutputT")


@dataclass(kw_only=True)
class BatchScheduler(Generic[ItemT, OutputT]):
    """Runs `work` over batches of items.

    Attributes
    ----------
    work : takes a batch, gives an answer for each item; called in several threads
    workers : batches worked on at the same time
    batch_seconds : what the items of a batch take up together stays below this
    room : seconds that an item of some length takes up; all items of a batch take the same
    may_start : whether an item may start yet
    """

    work: Callable[[Sequence[ItemT]], Sequence[OutputT]]
    workers: int
    batch_seconds: float
    room: Callable[[float], float] = ceil
    may_start: Callable[[ItemT], bool] = lambda item: True  # noqa: ARG005
    _waiting: list[ItemT] = field(default_factory=list)

    @property
    def lookahead(self) -> float:
        """Seconds of sound read ahead: enough to find like with like."""
        return 4 * self.workers * self.batch_seconds

    def run(self, items: Iterable[ItemT]) -> Generator[tuple[ItemT, OutputT | None], None, None]:
        """Yield every item with its answer, as they come; without work, the answer is None."""
        with (
            closing(_BackgroundReader(items, self.lookahead)) as reader,
            ThreadPoolExecutor(self.workers, "worker") as executor,
        ):
            in_work: dict[Future[Sequence[OutputT]], list[ItemT]] = {}
            while not reader.finished or self._waiting or in_work:
                self._start_batches(executor, in_work, reader.news)
                news = reader.news.get()
                if isinstance(news, Future):
                    batch = in_work.pop(news)
                    yield from zip(batch, news.result(), strict=True)
                    reader.release(sum(item.seconds for item in batch))
                elif reader.item(news) is not None:
                    item: ItemT = news
                    if item.seconds:
                        self._waiting.append(item)
                    else:
                        yield item, None

    def _start_batches(
        self,
        executor: ThreadPoolExecutor,
        in_work: dict[Future[Sequence[OutputT]], list[ItemT]],
        news: SimpleQueue[Any],
    ) -> None:
        while len(in_work) < self.workers:
            batch = self._next_batch()
            if not batch:
                return
            future = executor.submit(self.work, batch)
            in_work[future] = batch
            future.add_done_callback(news.put)

    def _next_batch(self) -> list[ItemT]:
        """Take the oldest item that may start, and others of like length."""
        ready = [item for item in self._waiting if self.may_start(item)]
        if not ready:
            return []
        room = self.room(ready[0].seconds)
        alike = [item for item in ready if self.room(item.seconds) == room]
        batch = alike[: max(1, int(self.batch_seconds / room))]
        chosen = set(map(id, batch))
        self._waiting = [item for item in self._waiting if id(item) not in chosen]
        return batch


class _EndOfItems:
    """Says that the source has no more items, or why it broke."""

    def __init__(self, error: BaseException | None = None) -> None:
        self.error = error


class _BackgroundReader:
    """Reads an iterable in a thread into a queue, and waits while too much is unworked.

    Attributes
    ----------
    news : the items as they come; others may put their news here too
    """

    def __init__(self, items: Iterable[Any], limit: float) -> None:
        self.news: SimpleQueue[Any] = SimpleQueue()
        self.finished = False
        self._limit = limit
        self._held = 0.0
        self._closed = False
        self._changed = Condition()
        self._thread = Thread(target=self._read, args=(items,), name="reader", daemon=True)
        self._thread.start()

    def item(self, news: Any) -> Any:
        """Give back an item; None for the end, whose error is raised."""
        if not isinstance(news, _EndOfItems):
            return news
        self.finished = True
        if news.error:
            raise news.error
        return None

    def release(self, seconds: float) -> None:
        """Say that so much has been worked off."""
        with self._changed:
            self._held -= seconds
            self._changed.notify()

    def close(self) -> None:
        """Stop reading."""
        with self._changed:
            self._closed = True
            self._changed.notify()
        self._thread.join()

    def _read(self, items: Iterable[Any]) -> None:
        error: BaseException | None = None
        try:
            for item in items:
                self.news.put(item)
                if not self._may_go_on(item.seconds):
                    break
        except BaseException as caught:  # the main thread raises it
            error = caught
        finally:
            # Closes what the source has open, here, where it was opened.
            if hasattr(items, "close"):
                items.close()
            self.news.put(_EndOfItems(error))

    def _may_go_on(self, seconds: float) -> bool:
        with self._changed:
            self._held += seconds
            self._changed.wait_for(lambda: self._held < self._limit or self._closed)
            return not self._closed
