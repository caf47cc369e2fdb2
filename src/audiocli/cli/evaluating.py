"""Runs `audiocli eval`: reads the manifest, runs models or reads results, scores them."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any

from audiocli.batch.references import has_values, selected_rows
from audiocli.cli.evaluation_systems import SystemEvaluator, spoken_language
from audiocli.cli.run_summary import RunSummary
from audiocli.cli.task_models import open_scorer
from audiocli.context import Context
from audiocli.errors import ExitCode, MissingExtra, UsageError
from audiocli.results import EvaluationReport, ModelInfo
from audiocli.tasks.evaluation.report import ScoredSystem, score_systems
from audiocli.tasks.evaluation.statistics import Bootstrap

if TYPE_CHECKING:
    from audiocli.batch.manifests import ManifestRow
    from audiocli.cli.commands.eval import EvaluationRequest

_PACKAGES = {
    "transcribe": ("jiwer", "whisper_normalizer", "scipy"),
    "diarize": ("pyannote.metrics",),
    "embed": ("sklearn",),
    "enhance": ("pystoi",),
}


def run_evaluation(
    context: Context, request: EvaluationRequest
) -> tuple[EvaluationReport | None, ExitCode]:
    """Return the scores, or None if no recording could be scored, and the exit code.

    Raises
    ------
    UsageError : the manifest cannot be read, or no recordings are selected
    ModelUnavailable : a model or a package cannot be had
    """
    _check_packages(request.task)
    scorer = open_scorer(
        request.task,
        normalizer=request.normalizer,
        language=spoken_language(request),
        collar=request.collar,
        skip_overlap=request.skip_overlap,
        label_map=_read_label_map(request.label_map),
    )
    summary = RunSummary(context)
    rows, is_stream = _rows(context, request)
    evaluator = SystemEvaluator(context, request, scorer, summary, rows, is_stream)
    scored = [system for system in evaluator.systems() if system.recordings]
    if not scored:
        return None, summary.exit_code
    if request.task == "classify":
        _warn_of_unknown_labels(context, scored)
    report = EvaluationReport(
        source=str(request.manifest or request.dataset),
        duration=max(sum(r.duration for r in s.recordings.values()) for s in scored),
        model=ModelInfo("eval"),
        parameters=_parameters(request),
        task=request.task,
        systems=score_systems(scored, scorer, Bootstrap(request.bootstrap, request.seed)),
    )
    return report, summary.exit_code


def _check_packages(task: str) -> None:
    """Refuse a task whose metrics need packages that are not installed."""
    for name in _PACKAGES.get(task, ()):
        try:
            found = find_spec(name)
        except ModuleNotFoundError:  # the parent package of a dotted name
            found = None
        if found is None:
            raise MissingExtra(f"audiocli eval --task {task}", "eval")


def _read_label_map(path: Path | None) -> Mapping[str, list[str]]:
    """Read --label-map.

    Raises
    ------
    UsageError : it is not a JSON object of lists of labels
    """
    if path is None:
        return {}
    from audiocli.batch.texts import read_text

    hint = 'write {"dog": ["Dog", "Bark"], ...}'
    try:
        labels = json.loads(read_text(path))
    except ValueError as error:
        raise UsageError(f"{path}: is not JSON", hint) from error
    if not isinstance(labels, dict) or not labels:
        raise UsageError(f"{path}: is not an object of labels", hint)
    for names in labels.values():
        if not isinstance(names, list) or not all(isinstance(name, str) for name in names):
            raise UsageError(f"{path}: a label has no list of labels", hint)
    return labels


def _warn_of_unknown_labels(context: Context, systems: Sequence[ScoredSystem]) -> None:
    from audiocli.tasks.evaluation.label_scores import unknown_labels

    for system in systems:
        tallies = [one.tally for one in system.recordings.values()]
        if unknown := unknown_labels(tallies):
            listed = ", ".join(unknown[:3]) + (" ..." if len(unknown) > 3 else "")
            context.warn(
                f"warning: no result of {system.name} has the labels {listed} "
                "(--label-map names the labels that stand for them)"
            )


def _parameters(request: EvaluationRequest) -> dict[str, Any]:
    """Return the options that affect the scores of the task."""
    names = {
        "transcribe": ("language", "diarize", "normalizer"),
        "align": ("language",),
        "diarize": ("collar", "skip_overlap"),
        "classify": ("label_map",),
    }
    common = (
        "split",
        "limit",
        "shuffle",
        "where",
        "reference_column",
        "group_by",
        "bootstrap",
        "seed",
    )
    chosen = (*names.get(request.task, ()), *common)
    return {name: getattr(request, name) for name in chosen}


def _rows(
    context: Context, request: EvaluationRequest
) -> tuple[Callable[[], Iterable[ManifestRow]], bool]:
    """Return a function that reads the labelled recordings, and whether they are a stream.

    Raises
    ------
    UsageError : there are none, or there are both a manifest and a dataset
    """
    from audiocli.batch.manifests import ManifestRow, read_manifest

    where = _where(request)
    dataset = request.dataset_options(context)
    if dataset:
        from audiocli.batch.datasets.dataset_inputs import open_dataset

        folder = Path(dataset.spec) if Path(dataset.spec).is_dir() else Path()

        def samples() -> Iterable[ManifestRow]:
            rows = (ManifestRow(one, one.columns, folder) for one in open_dataset(dataset))
            return (row for row in rows if has_values(row, where))

        return samples, True
    assert request.manifest
    rows = selected_rows(read_manifest(request.manifest), request.task, where)
    if not rows:
        problem = f"{request.manifest}: no recordings of this task or with these values"
        raise UsageError(problem, "change --task or --where")
    if request.group_by and not any(request.group_by in row.columns for row in rows):
        problem = f"{request.manifest}: has no column {request.group_by}"
        raise UsageError(problem, "change --group-by")
    return lambda: rows, False


def _where(request: EvaluationRequest) -> dict[str, str]:
    """Read the values of --where.

    Raises
    ------
    UsageError : one is not COLUMN=VALUE
    """
    found = {}
    for text in request.where or ():
        column, equals, value = text.partition("=")
        if not (equals and column):
            raise UsageError(f"--where {text}: not COLUMN=VALUE", "--where set=test")
        found[column] = value
    return found
