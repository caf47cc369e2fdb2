"""Processes inputs in several worker processes (`audiocli.cli.worker`)."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from multiprocessing.connection import Connection
from queue import Empty, Queue
from threading import Semaphore, Thread
from typing import TYPE_CHECKING, Any

import typer

from audiocli.cli.run_summary import Outcome
from audiocli.cli.worker import Advanced, Ask, Opened, Reply, Restored, Settled
from audiocli.context import Context
from audiocli.errors import InputError

if TYPE_CHECKING:
    from audiocli.batch.inputs import Input
    from audiocli.cli.progress import SoundProgress

_TICK = 0.2  # seconds between checks for inputs that are overdue
_PATIENCE = 5.0  # seconds until a worker that was asked to end is killed
_ENDED = object()  # message: the output of a worker ended
_ARRIVED = object()  # message: an input is waiting, or there are no more


@dataclass(eq=False)
class _Worker:
    """A worker process.

    Attributes
    ----------
    inputs : those at hand, by number
    since : when it took the latest
    is_ready : it has loaded its model
    is_asking : it waits for a reply
    is_overdue : it was killed because of the time limit
    finished : seconds of audio
    """

    process: subprocess.Popen[bytes]
    events: Connection
    replies: Connection
    inputs: dict[int, Input] = field(default_factory=dict)
    since: float = 0.0
    is_ready: bool = False
    is_asking: bool = False
    is_overdue: bool = False
    finished: float = 0.0

    def reply(self, reply: Reply) -> None:
        """Send the reply to a question."""
        self.is_asking = False
        with suppress(OSError):  # it was killed
            self.replies.send(reply)

    def end(self) -> None:
        """Terminate the process, and kill it if that takes too long."""
        if self.process.poll() is None:
            self.process.terminate()
        self.replies.close()
        try:
            self.process.wait(_PATIENCE)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()


class WorkerPool:
    """Worker processes that run one command line.

    The first worker loads the model alone, so that a download and the errors of loading are
    reported once. An input whose worker dies is tried once more, alone.

    Parameters
    ----------
    arguments : the command line
    jobs : number of workers
    timeout : seconds for each input; workers then have one input at a time
    """

    def __init__(
        self,
        context: Context,
        arguments: Iterable[str],
        progress: SoundProgress,
        *,
        jobs: int,
        timeout: float | None = None,
    ) -> None:
        self._context = context
        self._command = [sys.executable, "-m", "audiocli.cli.worker", *arguments]
        self._progress = progress
        self._jobs = jobs
        self._timeout = timeout
        self._messages: Queue[tuple[_Worker | None, Any]] = Queue()
        self._workers: list[_Worker] = []
        self._again: list[tuple[int, Input]] = []  # inputs of workers that died
        self._died: set[int] = set()  # numbers of inputs whose worker died
        self._retired = 0.0  # seconds of audio of workers that ended
        self._is_relaying = True

    def run(self, inputs: Iterable[Input]) -> Iterator[Outcome]:
        """Yield what became of each input.

        Raises
        ------
        typer.Exit : a worker cannot run the command; it has printed why
        """
        self._waiting = _ReadAhead(inputs, self._jobs, lambda: self._put(None, _ARRIVED))
        self._start()
        try:
            while self._workers:
                try:
                    worker, message = self._messages.get(timeout=_TICK if self._timeout else None)
                except Empty:
                    self._kill_overdue()
                    continue
                yield from self._receive(worker, message)
                self._serve()
        finally:
            self._is_relaying = False
            for worker in self._workers:
                worker.end()

    def _put(self, worker: _Worker | None, message: Any) -> None:
        self._messages.put((worker, message))

    def _start(self) -> None:
        process = subprocess.Popen(
            self._command,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            start_new_session=True,  # Ctrl-C goes to this process only
        )
        assert process.stdin
        assert process.stdout
        events = Connection(os.dup(process.stdout.fileno()), writable=False)
        replies = Connection(os.dup(process.stdin.fileno()), readable=False)
        process.stdin.close()
        process.stdout.close()
        worker = _Worker(process, events, replies)
        self._workers.append(worker)
        relay = Thread(target=self._relay, args=[process], daemon=True)
        relay.start()
        Thread(target=self._listen, args=[worker, relay], daemon=True).start()

    def _listen(self, worker: _Worker, relay: Thread) -> None:
        """Queue the messages of a worker."""
        with suppress(EOFError, OSError), worker.events:
            while True:
                self._put(worker, worker.events.recv())
        relay.join()
        self._put(worker, _ENDED)

    def _relay(self, process: subprocess.Popen[bytes]) -> None:
        """Print the lines that a worker writes to stderr."""
        assert process.stderr
        for line in process.stderr:
            if self._is_relaying:
                self._context.print_stderr(line.decode(errors="backslashreplace").rstrip("\n"))

    def _receive(self, worker: _Worker | None, message: Any) -> Iterator[Outcome]:
        if worker is None:
            return
        match message:
            case Ask():
                worker.is_asking = worker.is_ready = True
            case Opened(number, duration):
                self._progress.opened(worker.inputs[number], duration)
            case Advanced(finished):
                worker.finished = finished
                self._progress.update(self._retired + sum(one.finished for one in self._workers))
            case Restored(seconds):
                self._progress.restore(seconds)
            case Settled(number, values):
                outcome = Outcome(worker.inputs.pop(number), **values)
                self._progress.settle(outcome.input, failed=outcome.error is not None)
                yield outcome
            case _ if message is _ENDED:
                yield from self._ended(worker)

    def _serve(self) -> None:
        """Give inputs to the workers that ask, and start more workers while there are inputs."""
        for worker in [worker for worker in self._workers if worker.is_asking]:
            is_full = worker.inputs and (
                self._timeout is not None or not self._died.isdisjoint(worker.inputs)
            )
            if not is_full and (item := self._next(alone=not worker.inputs)):
                worker.inputs[item[0]] = item[1]
                worker.since = time.monotonic()
                worker.reply(item)
            elif worker.inputs:
                worker.reply("pause")
        if any(worker.inputs for worker in self._workers):
            is_short = len(self._workers) < self._jobs
            if is_short and self._workers[0].is_ready and (self._again or self._waiting.has_next):
                self._start()
        elif self._waiting.is_over and not self._again:
            for worker in self._workers:
                if worker.is_asking:
                    worker.reply("end")

    def _next(self, *, alone: bool) -> tuple[int, Input] | None:
        """Return the next input; one whose worker died is given only to an idle worker."""
        if self._again:
            return self._again.pop() if alone else None
        return self._waiting.pop()

    def _ended(self, worker: _Worker) -> Iterator[Outcome]:
        """Remove a worker; fail its inputs, or try them again.

        Raises
        ------
        typer.Exit : it could not run the command
        """
        code = worker.process.wait()
        self._workers.remove(worker)
        worker.replies.close()
        self._retired += worker.finished
        is_killed = code < 0 or code == 128 + signal.SIGTERM
        if not is_killed and code:
            raise typer.Exit(code)
        for number, input in worker.inputs.items():
            if worker.is_overdue or number in self._died or not worker.is_ready:
                error = self._timed_out(input) if worker.is_overdue else _killed(input, code)
                self._progress.settle(input, failed=True)
                yield Outcome(input, error)
            else:
                self._died.add(number)
                self._again.append((number, input))
        if not self._workers and (self._again or not self._waiting.is_over):
            self._start()

    def _kill_overdue(self) -> None:
        assert self._timeout
        for worker in self._workers:
            if worker.inputs and time.monotonic() - worker.since > self._timeout:
                worker.is_overdue = True
                worker.process.kill()

    def _timed_out(self, input: Input) -> InputError:
        return InputError(
            input.name, f"not finished after {self._timeout:g} s", "raise --timeout, or use --end"
        )


def _killed(input: Input, code: int) -> InputError:
    name = signal.Signals(-code).name if code < 0 else "SIGTERM"
    return InputError(
        input.name, f"its process was ended by {name}", "is there enough memory? try --jobs 1"
    )


class _ReadAhead:
    """Takes inputs from an iterator in a thread, some ahead.

    Parameters
    ----------
    on_arrival : called when an input is waiting, and at the end
    """

    def __init__(self, inputs: Iterable[Input], ahead: int, on_arrival: Callable[[], None]) -> None:
        self._inputs = inputs
        self._queue: Queue[tuple[int, Input]] = Queue()
        self._free = Semaphore(ahead)
        self._on_arrival = on_arrival
        self._is_read = False
        self._error: BaseException | None = None
        Thread(target=self._read, daemon=True).start()

    @property
    def has_next(self) -> bool:
        """Whether an input is waiting."""
        return not self._queue.empty()

    @property
    def is_over(self) -> bool:
        """Whether all inputs have been taken; raises the error of the iterator."""
        if self._is_read and self._error and not self.has_next:
            raise self._error
        return self._is_read and not self.has_next

    def pop(self) -> tuple[int, Input] | None:
        """Return an input that is waiting, with its number, or None."""
        try:
            item = self._queue.get_nowait()
        except Empty:
            return None
        self._free.release()
        return item

    def _read(self) -> None:
        try:
            for item in enumerate(self._inputs):
                self._free.acquire()
                self._queue.put(item)
                self._on_arrival()
        except BaseException as error:
            self._error = error
        self._is_read = True
        self._on_arrival()
