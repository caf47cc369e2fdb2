"""`audiocli eval`: scores of models on labelled recordings."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import typer

from audiocli.cli import options as opt
from audiocli.cli.requests import DatasetRequest, DeviceRequest, StreamRequest, refuse
from audiocli.context import Context
from audiocli.errors import UsageError
from audiocli.results import EvaluationReport
from audiocli.tasks.evaluation.normalizers import NormalizerName
from audiocli.tasks.evaluation.reference import EvaluationTaskName

_SCORING = "Scoring options"


@dataclass(frozen=True, kw_only=True)
class EvaluationRequest(StreamRequest, DatasetRequest, DeviceRequest):
    """The options of `audiocli eval`."""

    manifest: Annotated[
        Path | None,
        typer.Argument(
            metavar="MANIFEST",
            help="JSON lines, CSV or TSV with a recording and its reference on each line.",
            show_default=False,
        ),
    ] = None
    task: Annotated[
        EvaluationTaskName,
        typer.Option("--task", "-t", help="Task to score.", rich_help_panel=opt.INPUT),
    ]
    where: Annotated[
        list[str] | None,
        typer.Option(
            "--where",
            metavar="COLUMN=VALUE",
            help="Use only the recordings with this value; repeatable.",
            show_default=False,
            rich_help_panel=opt.INPUT,
        ),
    ] = None
    reference_column: Annotated[
        str | None,
        typer.Option(
            "--reference-column",
            metavar="COLUMN",
            help="Column of the reference. Default: by task, such as text, rttm or label.",
            show_default=False,
            rich_help_panel=opt.INPUT,
        ),
    ] = None
    hypotheses: Annotated[
        list[Path] | None,
        typer.Option(
            "--hypotheses",
            metavar="FILE|DIR",
            help="Score these results, and run no model: a folder, or a file of JSON lines or "
            "RTTM; repeatable.",
            show_default=False,
            rich_help_panel=opt.INPUT,
        ),
    ] = None
    model: opt.ModelsOption = None
    language: opt.SpokenLanguageOption = None
    diarize: Annotated[
        bool,
        typer.Option(
            "--diarize",
            help="Identify speakers too, and compute cpWER.",
            rich_help_panel=opt.MODEL,
        ),
    ] = False
    normalizer: Annotated[
        NormalizerName,
        typer.Option(
            "--normalizer",
            help="Normalizer of texts: that of Whisper for the language, its basic one, or none.",
            rich_help_panel=_SCORING,
        ),
    ] = "whisper"
    collar: Annotated[
        float,
        typer.Option(
            "--collar",
            min=0.0,
            metavar="SECONDS",
            help="Time left out on each side of the boundaries of reference turns.",
            rich_help_panel=_SCORING,
        ),
    ] = 0.0
    skip_overlap: Annotated[
        bool,
        typer.Option(
            "--skip-overlap",
            help="Leave out where reference speakers overlap.",
            rich_help_panel=_SCORING,
        ),
    ] = False
    label_map: Annotated[
        Path | None,
        typer.Option(
            "--label-map",
            metavar="FILE",
            exists=True,
            dir_okay=False,
            help="JSON object of reference labels, each with the labels of the model that stand "
            "for it.",
            show_default=False,
            rich_help_panel=_SCORING,
        ),
    ] = None
    group_by: Annotated[
        str | None,
        typer.Option(
            "--group-by",
            metavar="COLUMN",
            help="Score the recordings of each value of this column too.",
            show_default=False,
            rich_help_panel=_SCORING,
        ),
    ] = None
    bootstrap: Annotated[
        int,
        typer.Option(
            "--bootstrap",
            min=0,
            max=100_000,
            metavar="N",
            help="Number of resamples for confidence intervals; 0 for none.",
            rich_help_panel=_SCORING,
        ),
    ] = 1000
    seed: Annotated[int, opt.seed_option(_SCORING)] = 0
    save_hypotheses: Annotated[
        Path | None,
        typer.Option(
            "--save-hypotheses",
            metavar="DIR",
            file_okay=False,
            help="Write the results as JSON, with a folder for each of several models; an "
            "interrupted run continues there.",
            show_default=False,
            rich_help_panel=opt.OUTPUT,
        ),
    ] = None
    format: Annotated[
        list[str] | None, opt.result_format_option(EvaluationReport, several=False)
    ] = None


def eval(context: Context, request: EvaluationRequest) -> int:
    """Score models, or results made earlier, on labelled recordings.

    Prints error rates or other metrics of the task with 95 % confidence intervals.

    Examples:

      audiocli eval manifest.jsonl --task transcribe

      audiocli eval manifest.jsonl -t transcribe -m whisper-base -m whisper-tiny.en -l en

      audiocli eval calls.csv -t diarize --hypotheses rttm/ --collar 0.25

      audiocli eval clips.tsv -t classify --group-by microphone -f json -o report.json
    """
    from audiocli.cli.evaluating import run_evaluation

    _check(request)
    with request.emitter(context, EvaluationReport) as emitter:
        report, code = run_evaluation(context, request)
        if report:
            emitter.emit(None, report)
    return code


_OF_TASKS = {
    "language": ("transcribe", "align"),
    "diarize": ("transcribe",),
    "normalizer": ("transcribe",),
    "collar": ("diarize",),
    "skip_overlap": ("diarize",),
    "label_map": ("classify",),
}
_OF_MODELS = ("model", "diarize", "save_hypotheses", "device", "compute_type", "threads")


def _check(request: EvaluationRequest) -> None:
    """Refuse options that do not apply to the task or the source, or without a model."""
    if request.dataset:
        refuse(request, ["manifest"], "does not apply with --dataset")
        hint = "write results by the command of the task with --output-dir; add --hypotheses DIR"
        refuse(request, ["save_hypotheses"], "does not apply with --dataset", hint)
    elif request.manifest is None:
        raise UsageError("no manifest given", "name a file, or a dataset by --dataset")
    for name, tasks in _OF_TASKS.items():
        if request.task not in tasks:
            refuse(request, [name], f"does not apply to --task {request.task}")
    if request.hypotheses:
        refuse(request, _OF_MODELS, "does not apply with --hypotheses")
    elif request.task == "enhance":
        raise UsageError("--task enhance scores recordings made earlier", "add --hypotheses DIR")
