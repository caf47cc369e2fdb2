"""A worker process, which runs a command over the inputs that the main process gives it.

    python -m audiocli.cli.worker ARGUMENT...

It asks for an input when the task takes one (`Ask`) and writes the results to the output folder.
Inputs arrive on stdin and events go to stdout, pickled.
"""

from __future__ import annotations

import os
import signal
import sys
import threading
import time
from collections import deque
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from itertools import chain
from queue import Queue
from typing import TYPE_CHECKING, Any, Literal

from audiocli.cli.progress import SoundProgress
from audiocli.context import Context
from audiocli.errors import ExitCode

if TYPE_CHECKING:
    from multiprocessing.connection import Connection

    from audiocli.audio.selection import Selection
    from audiocli.batch.inputs import Input
    from audiocli.cli.batch import Run
    from audiocli.cli.emit import Emitter
    from audiocli.cli.run_summary import Outcome

_INTERVAL = 0.1  # seconds between messages of progress
_PATIENCE = 5.0  # seconds until a worker without a main process ends at once


@dataclass(frozen=True)
class Ask:
    """The task takes another input; the reply is a `Reply`."""


# An input with its number; "pause": finish the inputs at hand first; "end": there are no more.
Reply = tuple[int, "Input"] | Literal["pause", "end"]


@dataclass(frozen=True)
class Opened:
    """A recording was opened, and its duration in seconds is known, or None."""

    number: int
    duration: float | None


@dataclass(frozen=True)
class Advanced:
    """Seconds of audio that the worker has processed."""

    finished: float


@dataclass(frozen=True)
class Restored:
    """Seconds of audio that an interrupted run had processed."""

    seconds: float


@dataclass(frozen=True)
class Settled:
    """An input is finished; `outcome` is that of `cli.batch`, without its input."""

    number: int
    outcome: dict[str, Any]


class Link:
    """The streams between a worker and the main process; the worker ends if that process does."""

    def __init__(self, replies: Connection, events: Connection) -> None:
        self._replies: Queue[Reply] = Queue()
        self._events = events
        self._lock = threading.Lock()  # of events: recordings are opened in threads
        self._numbers: dict[Input, int] = {}
        threading.Thread(target=self._read, args=[replies], daemon=True).start()

    def _read(self, replies: Connection) -> None:
        """Queue the replies of the main process; terminate when it has ended."""
        with suppress(EOFError, OSError):
            while True:
                self._replies.put(replies.recv())
        os.kill(os.getpid(), signal.SIGTERM)
        time.sleep(_PATIENCE)
        os._exit(ExitCode.TERMINATED)

    def send(self, event: Any) -> None:
        """Send an event."""
        with self._lock:
            self._events.send(event)

    def ask(self) -> Input | Literal["pause", "end"]:
        """Ask for an input and wait for the reply."""
        self.send(Ask())
        reply = self._replies.get()
        if isinstance(reply, str):
            return reply
        number, input = reply
        self._numbers[input] = number
        return input

    def number(self, input: Input) -> int:
        """Return the number of an input at hand."""
        return self._numbers[input]

    def settle(self, outcome: Outcome) -> None:
        """Send the outcome of an input."""
        values = {**vars(outcome)}
        self.send(Settled(self._numbers.pop(values.pop("input")), values))


class _RelayedProgress(SoundProgress):
    """Sends the progress to the main process."""

    def __init__(self, link: Link) -> None:
        super().__init__(())
        self._link = link
        self._earlier = 0.0  # seconds, before the last pause
        self._latest = 0.0
        self._sent = 0.0  # time of the last message

    def opened(self, input: Input, seconds: float | None) -> None:
        if seconds:
            self._lengths[input] = seconds
        self._link.send(Opened(self._link.number(input), seconds))

    def update(self, finished: float) -> None:
        self._latest = self._earlier + finished
        if time.monotonic() - self._sent >= _INTERVAL:
            self._sent = time.monotonic()
            self._link.send(Advanced(self._latest))

    def restore(self, seconds: float) -> None:
        self._link.send(Restored(seconds))

    def settle(self, input: Input, *, failed: bool = False) -> None:  # noqa: ARG002
        """Forget the duration; the outcome is sent when the result is written."""
        self._lengths.pop(input, None)

    def pause(self) -> None:
        """Begin to count anew, for another call of the task."""
        self._earlier = self._latest


@dataclass
class WorkerContext(Context):
    """The context of a worker."""

    link: Link = field(kw_only=True)

    def work(self, emitter: Emitter, selection: Selection, run: Run) -> ExitCode:
        """Process inputs until the main process has no more."""
        from audiocli.cli import print_traceback
        from audiocli.cli.batch import outcomes

        progress = _RelayedProgress(self.link)
        while (first := self.link.ask()) != "end":
            if first == "pause":
                continue
            inputs = chain([first], self._until_pause())
            for outcome in outcomes(self, emitter, inputs, selection, run, progress, deque()):
                if self.verbose and outcome.error:
                    print_traceback(outcome.error, self)
                self.link.settle(outcome)
            progress.pause()
        return ExitCode.OK

    def _until_pause(self) -> Iterator[Input]:
        while not isinstance(input := self.link.ask(), str):
            yield input


def main() -> int:
    """Run the command line as a worker."""
    from multiprocessing.connection import Connection

    from audiocli import cli

    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the main process ends its workers
    link = Link(Connection(os.dup(0), writable=False), Connection(os.dup(1), readable=False))
    os.dup2(2, 1)  # whatever libraries print
    with open(os.devnull) as sys.stdin:  # noqa: PTH123
        context = WorkerContext(**vars(Context.of_process()), link=link)
        with cli.signals_raise(context, is_process=True):
            return cli.main(sys.argv[1:], context)


if __name__ == "__main__":
    from audiocli.cli import worker  # not __main__, so that messages and checks of types agree

    raise SystemExit(worker.main())
