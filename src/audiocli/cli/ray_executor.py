"""Runs a command on a Ray cluster (`--executor ray`).

Ray Data distributes inputs, of which only names and paths travel, over a pool of actors. Each
actor has one worker process (`audiocli.cli.worker`), which loads the models once and writes the
results to the output folder.
"""

from __future__ import annotations

import os
import pickle
import signal
import socket
import threading
import time
import warnings
from collections.abc import Generator, Iterator, Mapping, Sequence
from contextlib import closing, contextmanager, redirect_stdout, suppress
from dataclasses import dataclass, field
from io import BytesIO, StringIO
from pathlib import Path
from queue import Empty, SimpleQueue
from typing import TYPE_CHECKING, Any

import typer

from audiocli.cli.run_summary import Outcome
from audiocli.context import Context
from audiocli.errors import InputError, MissingExtra, UsageError

if TYPE_CHECKING:
    from audiocli.batch.inputs import Input
    from audiocli.cli.batch_policy import BatchPolicy, RayOptions
    from audiocli.cli.folder_output import FolderOutput
    from audiocli.cli.progress import SoundProgress

_MAX_BATCH = 32  # inputs of one task of Ray
_BATCHES_PER_WORKER = 8  # at least, so that the workers end at about the same time
_TRIES = 2  # of a batch whose actor dies
_CONNECT_TIMEOUT = 10.0  # seconds
_CLAIM_TIMEOUT = 10.0  # seconds until a process that lost its actor has ended
_TICK = 0.2  # seconds between checks for that
_ENVIRONMENT = {
    "RAY_USAGE_STATS_ENABLED": "0",  # telemetry
    "RAY_BACKEND_LOG_LEVEL": "fatal",  # on stderr of this process
    "RAY_ACCEL_ENV_VAR_OVERRIDE_ON_ZERO": "0",  # else a warning about the next version
}
_PASSED = ("AUDIOCLI_", "HF_HUB_OFFLINE")  # prefixes of variables that workers get; no tokens

_Numbered = tuple[int, "Input"]


@dataclass(frozen=True)
class WorkerSetup:
    """What an actor needs to run the command.

    Attributes
    ----------
    arguments : the command line
    timeout : seconds for each input
    folder : current folder of the driver, against which paths are resolved
    environ : environment variables
    """

    arguments: tuple[str, ...]
    timeout: float | None
    folder: str
    environ: Mapping[str, str]


@dataclass(frozen=True)
class BatchReply:
    """What became of the inputs of a batch.

    Attributes
    ----------
    outcomes : number and values of the outcome of each input, without the input
    lines : what was printed on stderr
    exit_code : of a worker that cannot run the command
    """

    outcomes: Sequence[tuple[int, dict[str, Any]]] = ()
    lines: Sequence[str] = ()
    exit_code: int | None = None


@dataclass
class _ActorContext(Context):
    """Keeps the lines for stderr."""

    lines: SimpleQueue[str] = field(default_factory=SimpleQueue)

    def print_stderr(self, line: str) -> None:
        self.lines.put(line)

    def taken(self) -> list[str]:
        """Return the lines since the last call."""
        lines = []
        with suppress(Empty):
            while True:
                lines.append(self.lines.get_nowait())
        return lines


class BatchTask:
    """Processes batches of inputs in a worker process; the class that `map_batches` calls."""

    def __init__(self, setup: WorkerSetup) -> None:
        from audiocli.cli.progress import SoundProgress
        from audiocli.cli.workers import WorkerPool

        os.environ.update(setup.environ)
        self._folder = setup.folder
        self._context = _ActorContext(BytesIO(), StringIO(), StringIO())
        self._queue: SimpleQueue[Input] = SimpleQueue()
        pool = WorkerPool(
            self._context, setup.arguments, SoundProgress(()), jobs=1, timeout=setup.timeout
        )
        self._outcomes = pool.run(iter(self._queue.get, None))

    def __call__(self, batch: dict[str, Any]) -> dict[str, Any]:
        """Return a row with the pickled `BatchReply` for rows of pickled numbers and inputs."""
        return {"reply": [pickle.dumps(self._process([*map(pickle.loads, batch["input"])]))]}

    def _process(self, numbered: Sequence[_Numbered]) -> BatchReply:
        try:
            os.chdir(self._folder)
        except OSError:
            line = f"error: {self._folder}: no such folder on a node of the cluster"
            return BatchReply(lines=[f"{line} (share it with all nodes)"], exit_code=2)
        numbers = {input: number for number, input in numbered}
        for input in numbers:
            self._queue.put(input)
        outcomes = []
        try:
            while numbers:
                values = {**vars(next(self._outcomes))}
                outcomes.append((numbers.pop(values.pop("input")), values))
        except typer.Exit as exit:
            return BatchReply(lines=self._context.taken(), exit_code=exit.exit_code)
        return BatchReply(outcomes, self._context.taken())


def run_on_ray(
    context: Context,
    inputs: Sequence[Input],
    folder: FolderOutput[Input],
    policy: BatchPolicy,
    progress: SoundProgress,
) -> Generator[Outcome]:
    """Process inputs on a cluster, and yield what became of each.

    A batch whose actor dies is tried once more, and then its inputs one by one.

    Raises
    ------
    UsageError : the cluster cannot be reached or is too small, or an input cannot be passed to it
    MissingExtra : Ray is not installed
    typer.Exit : a worker cannot run the command; it has printed why
    """
    assert policy.ray
    _refuse_content(inputs)
    waiting = dict(enumerate(inputs))
    with _cluster(context, policy.ray):
        for size in (_batch_size(len(inputs), policy.ray), 1):
            left = []
            with closing(_replies(context, waiting, size, policy)) as replies:
                for number, values in replies:
                    if values["is_left"]:
                        left.append(number)
                        continue
                    outcome = Outcome(waiting.pop(number), **values)
                    progress.opened(outcome.input, outcome.duration)
                    progress.settle(outcome.input, failed=outcome.error is not None)
                    yield outcome
            for number, outcome in _settled_elsewhere(waiting, left, folder):
                del waiting[number]
                progress.settle(outcome.input)
                yield outcome
            if not waiting:
                return
    for input in waiting.values():
        progress.settle(input, failed=True)
        hint = "is there enough memory on the nodes?"
        yield Outcome(input, InputError(input.name, "its worker was killed repeatedly", hint))


def _settled_elsewhere(
    inputs: Mapping[int, Input], left: Sequence[int], folder: FolderOutput[Input]
) -> Iterator[tuple[int, Outcome]]:
    """Yield the outcomes of inputs that another process claimed or finished.

    That may be a worker of this run whose actor died: an input that it finished is processed,
    and one that it did not finish has no outcome yet.
    """
    deadline = time.monotonic() + _CLAIM_TIMEOUT if left else 0.0
    for number in left:
        input = inputs[number]
        while not (is_done := folder.is_done(input)) and not (is_free := folder.claim(input)):
            if time.monotonic() > deadline:
                break
            time.sleep(_TICK)
        if is_done:
            yield number, Outcome(input, outputs=folder.paths(input))
        elif is_free:
            folder.release(input)
        else:
            yield number, Outcome(input, is_left=True)


def _refuse_content(inputs: Sequence[Input]) -> None:
    """Refuse samples whose audio is in a file of their dataset, and stdin."""
    for input in inputs:
        if input.name == "-":
            raise UsageError("- (stdin) cannot be read with --executor ray", "give a file")
        if isinstance(getattr(input, "audio", None), bytes):
            raise UsageError(
                f"{input.name}: the audio of the dataset is embedded in its files, and --executor "
                "ray passes paths",
                "use --shard instead",
            )


def _batch_size(count: int, options: RayOptions) -> int:
    workers = options.max_workers or os.cpu_count() or 1
    return max(1, min(_MAX_BATCH, count // (workers * _BATCHES_PER_WORKER)))


def _replies(
    context: Context, inputs: Mapping[int, Input], size: int, policy: BatchPolicy
) -> Generator[tuple[int, dict[str, Any]]]:
    """Yield the number and the outcome of each input as its batch completes."""
    import ray.data

    options = policy.ray
    assert options
    data_context = ray.data.DataContext.get_current()
    data_context.enable_progress_bars = False
    data_context.max_errored_blocks = -1  # a batch is lost with its actor, not the run
    items = [{"input": pickle.dumps(item)} for item in inputs.items()]
    blocks = -(-len(items) // size)
    minimum = min(options.min_workers, blocks)
    maximum = min(options.max_workers or blocks, blocks)
    with warnings.catch_warnings(action="ignore"):  # no named parameters for retries yet
        rows = ray.data.from_items(items, override_num_blocks=blocks).map_batches(
            BatchTask,
            batch_size=None,  # the whole block
            compute=ray.data.ActorPoolStrategy(
                min_size=minimum, max_size=max(minimum, maximum), max_tasks_in_flight_per_actor=2
            ),
            fn_constructor_args=[_setup(context, policy)],
            num_cpus=options.num_cpus,
            num_gpus=options.num_gpus,
            max_restarts=-1,
            max_task_retries=_TRIES - 1,
        )
    for batch in rows.iter_batches(batch_size=None, prefetch_batches=0):
        for pickled in batch["reply"]:
            reply = pickle.loads(pickled)
            for line in reply.lines:
                context.print_stderr(line)
            if reply.exit_code is not None:
                raise typer.Exit(reply.exit_code)
            yield from reply.outcomes


def _setup(context: Context, policy: BatchPolicy) -> WorkerSetup:
    assert policy.ray
    name, *options = context.arguments
    if policy.ray.sets_threads:
        options = ["--threads", str(max(1, int(policy.ray.num_cpus))), *options]
    environ = {key: value for key, value in context.environ.items() if key.startswith(_PASSED)}
    return WorkerSetup((name, *options), policy.timeout, str(Path.cwd()), environ)


@contextmanager
def _cluster(context: Context, options: RayOptions) -> Iterator[None]:
    """Connect to a cluster, or start one on this machine that ends with the block."""
    address = options.address or context.environ.get("RAY_ADDRESS") or "local"
    _check_address(address)
    with _environment(), _handlers_kept():
        try:
            import ray.data
        except ImportError as error:
            raise MissingExtra("--executor ray", "ray") from error
        is_local = address == "local"
        try:
            with _stderr_discarded():
                ray.init(
                    address,
                    include_dashboard=False if is_local else None,
                    log_to_driver=False,
                    logging_level="critical",
                )
        except (ConnectionError, RuntimeError, ValueError, OSError) as error:
            problem = str(error).partition("\n")[0].rstrip(".")
            hint = "it must run the same version of Ray; if it requires a token, set RAY_AUTH_TOKEN"
            raise UsageError(f"--address {address}: {problem}", hint) from error
        _silence()
    with open(os.devnull, "w") as null, redirect_stdout(null):  # noqa: PTH123 (deaths of actors)
        try:
            _check_size(context, options, is_local)
            yield
        finally:
            ray.shutdown()


def _check_address(address: str) -> None:
    """Check that a server listens, for which Ray would wait for minutes.

    Raises
    ------
    UsageError : it is not an address, or nothing listens there
    """
    if address in {"local", "auto"}:
        return
    host, _, port = address.rpartition(":")
    if not host or "://" in address or not port.isdecimal():
        raise UsageError(
            f"--address {address!r} is not valid", "HOST:PORT of the head node, auto, or local"
        )
    try:
        socket.create_connection((host.strip("[]"), int(port)), _CONNECT_TIMEOUT).close()
    except (OSError, OverflowError) as error:
        problem = f"--address {address}: no cluster can be reached"
        raise UsageError(problem, "start one with `ray start --head`") from error


def _check_size(context: Context, options: RayOptions, is_local: bool) -> None:
    """Check that a worker fits on a node; clusters that can grow are only warned about.

    Raises
    ------
    UsageError : it does not fit on this machine
    """
    import ray

    needed = {"CPU": options.num_cpus, "GPU": options.num_gpus}
    nodes = [node["Resources"] for node in ray.nodes() if node["Alive"]]
    if any(all(node.get(kind, 0) >= many for kind, many in needed.items()) for node in nodes):
        return
    told = f"{options.num_cpus:g} CPUs and {options.num_gpus:g} GPUs for a worker"
    if is_local:
        raise UsageError(f"this machine has not {told}", "lower --num-cpus and --num-gpus")
    context.warn(f"warning: no node has {told}; waiting for one")


def _silence() -> None:
    """Keep the messages of Ray off stderr."""
    import logging

    for name in ("ray", "ray.data"):
        logging.getLogger(name).setLevel(logging.CRITICAL)


@contextmanager
def _stderr_discarded() -> Iterator[None]:
    """Discard what native code writes to stderr, which no level of logging prevents."""
    kept = os.dup(2)
    with open(os.devnull, "w") as null:  # noqa: PTH123
        os.dup2(null.fileno(), 2)
    try:
        yield
    finally:
        os.dup2(kept, 2)
        os.close(kept)


@contextmanager
def _environment() -> Iterator[None]:
    """Set the variables that Ray reads when it starts, unless they are set."""
    added = {name: value for name, value in _ENVIRONMENT.items() if name not in os.environ}
    os.environ.update(added)
    try:
        yield
    finally:
        for name in added:
            os.environ.pop(name, None)


@contextmanager
def _handlers_kept() -> Iterator[None]:
    """Restore the handler of SIGTERM, which Ray replaces."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    handler = signal.getsignal(signal.SIGTERM)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, handler)
