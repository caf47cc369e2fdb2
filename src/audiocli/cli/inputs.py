"""Finds the inputs of a command, and those that need results."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from functools import partial
from itertools import islice
from typing import TYPE_CHECKING, Any, TypeAlias

import typer

from audiocli.cli import report
from audiocli.cli.batch import conclude
from audiocli.cli.emit import Emitter
from audiocli.cli.executors import run_in_workers, run_on_cluster
from audiocli.cli.folder_output import (
    FolderOutput,
    FolderPolicy,
    InputPlan,
    State,
    count_messages,
    plan_messages,
)
from audiocli.cli.provenance import Dependencies, provenance
from audiocli.cli.requests import InputRequest, SourceRequest, refuse
from audiocli.cli.run_summary import Outcome
from audiocli.cli.watching import WatchContext
from audiocli.cli.worker import WorkerContext
from audiocli.context import Context
from audiocli.errors import ExitCode, InputError, UsageError
from audiocli.escaping import escaped

if TYPE_CHECKING:
    from audiocli.batch.inputs import Input
    from audiocli.cli.combined_output import CombinedOutput

# Stands for the inputs of a worker process, which `run_batch` takes from the main process.
FROM_MAIN_PROCESS: list[Any] = [None]


class StreamedInputs:
    """Inputs of unknown number, which can be iterated once."""

    def __init__(self, inputs: Iterator[Input]) -> None:
        self._inputs = inputs

    def __iter__(self) -> Iterator[Input]:
        return self._inputs


Inputs: TypeAlias = "Sequence[Input] | StreamedInputs"


def find_batch(
    context: Context, emitter: Emitter, request: Any, dependencies: Dependencies
) -> Inputs:
    """Return the inputs of a request that need results, in the given order.

    With an output folder, these are the inputs whose results do not exist or are stale. With
    --dry-run, what would be done with each input is printed, and the list is empty. The samples
    of a dataset are found while they are processed.

    Raises
    ------
    UsageError : there are no inputs, the output cannot hold all results, or it has results of
        other inputs or of another command
    """
    if isinstance(context, WorkerContext):
        _expect(context, emitter, request, dependencies)
        return FROM_MAIN_PROCESS
    inputs: Inputs
    if isinstance(context, WatchContext):
        raise typer.Exit(_watch(context, emitter, request, dependencies))
    if request.dataset is not None:
        inputs = stream_batch(context, emitter, request, dependencies)
    else:
        found = list(requested_inputs(context, request))
        check_outputs(emitter, found)
        found = list(in_shard(found, request.shard))
        if emitter.combined:
            emitter.combined.expect(found)
        inputs = due_inputs(context, emitter, found, request, dependencies)
    batch = request.batch
    if isinstance(inputs, Sequence) and (failed := _failed_outcomes(inputs)):
        raise typer.Exit(conclude(context, emitter, failed, batch, len(failed)))
    if not inputs and not request.dry_run:
        conclude(context, emitter, (), batch, 0)
    elif inputs and emitter.folder and batch.ray:
        raise typer.Exit(run_on_cluster(context, emitter, list(inputs), batch))
    elif inputs and emitter.folder and (batch.jobs > 1 or batch.timeout is not None):
        raise typer.Exit(run_in_workers(context, emitter, inputs, request))
    return inputs


def _watch(
    context: WatchContext, emitter: Emitter, request: Any, dependencies: Dependencies
) -> ExitCode:
    """Process the files of a watched folder until it is idle.

    Raises
    ------
    UsageError : inputs are given, there is no output folder, or an option does not apply
    """
    from audiocli.batch.folder_search import folder_filter

    if not emitter.folder:
        raise UsageError(f"watch requires --output-dir of {context.arguments[0]}")
    refused = ("inputs", "files_from", "dataset", "dry_run", "retry_failed", "shard", "executor")
    refuse(request, refused, "does not apply with watch")
    _expect(context, emitter, request, dependencies)
    filter = folder_filter(
        request.include, request.exclude, request.hidden, offline=context.offline
    )
    arrived: Iterable[Input] = context.arrivals(filter)
    if emitter.combined:
        arrived = _expected(emitter.combined, arrived)
    inputs = StreamedInputs(_due_samples(context, emitter.folder, arrived))
    return run_in_workers(context, emitter, inputs, request)


def due_inputs(
    context: Context,
    emitter: Emitter,
    inputs: list[Input],
    request: Any,
    dependencies: Dependencies,
) -> list[Input]:
    """Return the inputs whose results do not exist or are stale; all without an output folder.

    Raises
    ------
    UsageError : the output has results of other inputs or of another command
    """
    if not emitter.folder:
        return inputs
    _expect(context, emitter, request, dependencies)
    plans = emitter.folder.plan(inputs)
    if emitter.checkpoints and not emitter.folder.policy.dry_run:
        done = (plan.input for plan in plans if plan.state == "done")
        emitter.checkpoints.discard(map(emitter.checkpointed_output, done))
    return _due(context, emitter.folder.policy, plans)


def _expect(context: Context, emitter: Emitter, request: Any, dependencies: Dependencies) -> None:
    """Set what the results in the output folder depend on."""
    assert emitter.folder
    found = provenance(context, request, dependencies)
    checksum = emitter.folder.policy.checksum
    emitter.folder.expect(found, partial(dependencies.origin_of, checksum=checksum))


def in_shard(inputs: Iterable[Input], shard: str | None) -> Iterator[Input]:
    """Return an iterator over the inputs of a shard `I/N`: every N-th, from the I-th.

    Raises
    ------
    UsageError : it is not valid
    """
    if shard is None:
        return iter(inputs)
    match = re.fullmatch(r"(\d{1,9})/(\d{1,9})", shard)
    number, count = map(int, match.groups()) if match else (0, 0)
    if not 1 <= number <= count:
        raise UsageError(f"--shard {shard!r} is not valid", "such as 3/8: the third of eight parts")
    return islice(inputs, number - 1, None, count)


def stream_batch(
    context: Context, emitter: Emitter, request: Any, dependencies: Dependencies
) -> Inputs:
    """Return the samples of a dataset that need results, which are read one by one.

    Raises
    ------
    UsageError : the dataset cannot be read, or the output cannot hold several results
    """
    emitter.expect(request.limit or 2)
    inputs = in_shard(requested_inputs(context, request), request.shard)
    if emitter.folder:
        _expect(context, emitter, request, dependencies)
        if emitter.combined:
            inputs = _expected(emitter.combined, inputs)
        inputs = _due_samples(context, emitter.folder, inputs)
        if emitter.folder.policy.dry_run:
            return list(inputs)
    return StreamedInputs(inputs)


def _expected(combined: CombinedOutput, inputs: Iterable[Input]) -> Iterator[Input]:
    for input in inputs:
        combined.expect([input])
        yield input


def _due_samples(
    context: Context, folder: FolderOutput[Input], inputs: Iterable[Input]
) -> Iterator[Input]:
    """Yield the samples that need results, and report what is done with the others at the end."""
    counts: Counter[tuple[State, str]] = Counter()
    for input in inputs:
        try:
            plan = folder.plan_one(input)
        except UsageError as error:  # the result of another input: it fails only this one
            plan = InputPlan(input, "new", problem=str(error))
        counts[plan.state, plan.reason] += 1
        if folder.policy.dry_run:
            print(_line(plan), file=context.stdout)
        elif due := _due_input(folder.policy, plan):
            yield due
        else:
            folder.forget(input)
    if not folder.policy.dry_run:
        for message in count_messages(counts):
            context.warn(message)


def requested_inputs(context: Context, request: SourceRequest | InputRequest) -> Iterator[Input]:
    """Yield the inputs that a request names.

    Raises
    ------
    UsageError : there are none, or an option does not apply to them
    """
    from audiocli.batch.folder_search import folder_filter
    from audiocli.batch.inputs import find_inputs

    if isinstance(request, InputRequest) and (dataset := request.dataset_options(context)):
        from audiocli.batch.datasets.dataset_inputs import open_dataset

        return open_dataset(dataset)
    return find_inputs(
        request.inputs or [],
        stdin=context.stdin,
        files_from=request.files_from,
        filter=folder_filter(
            request.include, request.exclude, request.hidden, offline=context.offline
        ),
    )


def check_outputs(emitter: Emitter, inputs: Sequence[Input]) -> None:
    """Refuse inputs whose results the output cannot hold.

    Raises
    ------
    UsageError : the format holds one result, or two results would have the same file
    """
    emitter.expect(len(inputs))
    if emitter.folder:
        emitter.folder.check_targets(inputs)


def _due(context: Context, policy: FolderPolicy, plans: Sequence[InputPlan[Input]]) -> list[Input]:
    """Return the inputs that need results, and report what is done with the others."""
    if policy.dry_run:
        for plan in plans:
            print(_line(plan), file=context.stdout)
        return []
    for message in plan_messages(plans):
        context.warn(message)
    return [due for plan in plans if (due := _due_input(policy, plan))]


def _due_input(policy: FolderPolicy, plan: InputPlan[Input]) -> Input | None:
    """Return the input of a plan if it needs results, with the problem of the plan."""
    states = {"failed"} if policy.retry_failed else {"new", "failed", "stale", "kept"}
    if plan.state not in states or not (plan.targets or plan.problem):
        return None
    return replace(plan.input, problem=plan.problem or plan.input.problem)


def _line(plan: InputPlan[Input]) -> str:
    """Return a plan as tab-separated values: the state, the input, and the reason."""
    state: str
    state, reason = plan.state, plan.reason
    if problem := _problem(replace(plan.input, problem=plan.problem or plan.input.problem)):
        state, reason = "unreadable", problem.message.removeprefix(f"{problem.source}: ")
    columns = (state, plan.input.name, reason)
    return "\t".join(map(escaped, columns)).rstrip()


def refuse_if_all_fail(context: Context, inputs: list[Input]) -> list[Input]:
    """Return the inputs; report all and exit if none can be read, before a model is downloaded."""
    if failed := _failed_outcomes(inputs):
        for outcome in failed:
            assert outcome.error
            report(outcome.error, context)
        raise typer.Exit(ExitCode.ALL_FAILED)
    return inputs


def _failed_outcomes(inputs: Sequence[Input]) -> list[Outcome]:
    """Return the failure of each input if none can be read, else an empty list."""
    found = [Outcome(input, problem) for input in inputs if (problem := _problem(input))]
    return found if len(found) == len(inputs) else []


def _problem(input: Input) -> InputError | None:
    """Return the error of an input that can be detected without decoding it."""
    from audiocli.audio.source import refuse_json
    from audiocli.batch.inputs import path_problem

    if input.problem:
        return InputError(input.name, input.problem)
    if not input.path:
        return None
    if problem := path_problem(input.path):
        return InputError(input.name, problem)
    try:
        refuse_json(input.path, input.name)
    except InputError as error:
        return error
    return None
