"""Finds the inputs of a command, and those that need results."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING, Any

import typer

from audiocli.cli import report
from audiocli.cli.emit import Emitter
from audiocli.cli.folder_output import FolderPolicy, InputPlan, plan_messages
from audiocli.cli.provenance import Dependencies, provenance
from audiocli.cli.requests import SourceRequest
from audiocli.context import Context
from audiocli.errors import ExitCode, InputError
from audiocli.escaping import escaped

if TYPE_CHECKING:
    from audiocli.batch.inputs import Input


def find_batch(
    context: Context, emitter: Emitter, request: Any, dependencies: Dependencies
) -> list[Input]:
    """Return the inputs of a request that need results, in the given order.

    With an output folder, these are the inputs whose results do not exist or are stale. With
    --dry-run, what would be done with each input is printed, and the list is empty.

    Raises
    ------
    UsageError : there are no inputs, the output cannot hold all results, or it has results of
        other inputs or of another command
    """
    inputs = list(requested_inputs(context, request))
    check_outputs(emitter, inputs)
    return refuse_if_all_fail(context, due_inputs(context, emitter, inputs, request, dependencies))


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
    if emitter.folder:
        found = provenance(context, request, dependencies)
        checksum = emitter.folder.policy.checksum
        origin_of = partial(dependencies.origin_of, checksum=checksum)
        plans = emitter.folder.plan(inputs, found, origin_of)
        return _due(context, emitter.folder.policy, plans)
    return inputs


def requested_inputs(context: Context, request: SourceRequest) -> Iterator[Input]:
    """Yield the inputs that a request names.

    Raises
    ------
    UsageError : there are none, or an option does not apply to them
    """
    from audiocli.batch.folder_search import folder_filter
    from audiocli.batch.inputs import find_inputs

    return find_inputs(
        request.inputs or [],
        stdin=context.stdin,
        files_from=request.files_from,
        filter=folder_filter(request.include, request.exclude, request.hidden),
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
    states = {"failed"} if policy.retry_failed else {"new", "failed", "stale", "kept"}
    due = (plan for plan in plans if plan.state in states)
    return [
        replace(plan.input, problem=plan.problem or plan.input.problem)
        for plan in due
        if plan.targets or plan.problem
    ]


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
    problems = [problem for input in inputs if (problem := _problem(input))]
    if inputs and len(problems) == len(inputs):
        for problem in problems:
            report(problem, context)
        raise typer.Exit(ExitCode.ALL_FAILED)
    return inputs


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
