"""`audiocli classify`: labels of sound, and sound events."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from audiocli.cli import options as opt
from audiocli.cli.batch import run_batch
from audiocli.cli.inputs import find_batch
from audiocli.cli.provenance import Dependencies
from audiocli.cli.requests import (
    BatchRequest,
    DeviceRequest,
    InputRequest,
    ModelRequest,
    PictureRequest,
    refuse,
)
from audiocli.context import Context
from audiocli.errors import ExitCode, UsageError
from audiocli.results import Classification
from audiocli.tasks.classification.label_tasks import ClassificationTaskName

if TYPE_CHECKING:
    from audiocli.tasks.classification.classifier import SoundClassifier

_LABELS = "Label options"
_EVENTS = "Event options"


@dataclass(frozen=True, kw_only=True)
class ClassificationRequest(
    BatchRequest, PictureRequest, DeviceRequest, ModelRequest, InputRequest
):
    """The options of `audiocli classify`."""

    model: Annotated[
        str | None,
        opt.model_option(
            "classify",
            "A name from `audiocli models list`, a folder, or a hub id. Default: chosen by --task.",
        ),
    ] = None
    task: Annotated[
        ClassificationTaskName,
        typer.Option(
            "--task",
            "-t",
            help="What to classify; selects the default model.",
            rich_help_panel=_LABELS,
        ),
    ] = "events"
    labels: Annotated[
        str | None,
        typer.Option(
            "--labels",
            metavar="LABEL,...",
            help="Labels for zero-shot classification with a CLAP model.",
            show_default=False,
            rich_help_panel=_LABELS,
        ),
    ] = None
    labels_file: Annotated[
        Path | None,
        typer.Option(
            "--labels-file",
            metavar="FILE",
            exists=True,
            dir_okay=False,
            help="Read labels for zero-shot classification from a file, one per line.",
            show_default=False,
            rich_help_panel=_LABELS,
        ),
    ] = None
    prompt_template: Annotated[
        str,
        typer.Option(
            "--prompt-template",
            metavar="TEXT",
            help="Prompt for zero-shot classification; {} is replaced by the label.",
            rich_help_panel=_LABELS,
        ),
    ] = "This is a sound of {}."
    labels_like: Annotated[
        str | None,
        typer.Option(
            "--labels-like",
            metavar="REGEX",
            help="Consider only labels that match this regular expression, like 'siren|alarm'.",
            show_default=False,
            rich_help_panel=_LABELS,
        ),
    ] = None
    top_k: Annotated[int, opt.top_k_option("Number of labels to keep.", _LABELS)] = 5
    threshold: Annotated[
        float | None,
        typer.Option(
            "--threshold",
            min=0.0,
            max=1.0,
            metavar="SCORE",
            help="Minimum score of a label, and score at which an event starts. Default: 0 for "
            "labels; 0.3 for events, or 0.5 if the scores sum to one.",
            show_default=False,
            rich_help_panel=_LABELS,
        ),
    ] = None
    reject: Annotated[
        float,
        typer.Option(
            "--reject",
            min=0.0,
            max=1.0,
            metavar="SCORE",
            help="Report `unknown` if no label reaches this score.",
            rich_help_panel=_LABELS,
        ),
    ] = 0.0
    per_window: Annotated[
        bool,
        typer.Option(
            "--per-window", help="Write the labels of each window.", rich_help_panel=opt.WINDOWS
        ),
    ] = False
    window: Annotated[
        float | None,
        opt.window_option("Window length; implies --per-window. Default: that of the model."),
    ] = None
    hop: Annotated[float | None, opt.hop_option("that of the model, or --window")] = None
    aggregation: Annotated[
        Literal["mean", "max"],
        opt.aggregation_option("How to combine the scores of all windows.", opt.WINDOWS),
    ] = "mean"
    events: Annotated[
        bool,
        typer.Option(
            "--events",
            "-e",
            help="Detect the start and end time of each sound event.",
            rich_help_panel=_EVENTS,
        ),
    ] = False
    offset: Annotated[
        float | None,
        typer.Option(
            "--offset",
            min=0.0,
            max=1.0,
            metavar="SCORE",
            help="Score below which an event ends. Default: half of --threshold.",
            show_default=False,
            rich_help_panel=_EVENTS,
        ),
    ] = None
    smooth: Annotated[
        int,
        typer.Option(
            "--smooth",
            min=1,
            metavar="WINDOWS",
            help="Average the scores over this many windows; even numbers are rounded up.",
            rich_help_panel=_EVENTS,
        ),
    ] = 1
    min_duration: Annotated[
        float,
        typer.Option(
            "--min-duration",
            min=0.0,
            metavar="SECONDS",
            help="Drop events shorter than this.",
            rich_help_panel=_EVENTS,
        ),
    ] = 0.0
    max_gap: Annotated[
        float,
        typer.Option(
            "--max-gap",
            min=0.0,
            metavar="SECONDS",
            help="Merge events of one label that are at most this far apart.",
            rich_help_panel=_EVENTS,
        ),
    ] = 0.5
    format: Annotated[list[str] | None, opt.result_format_option(Classification)] = None


def classify(context: Context, request: ClassificationRequest) -> int:
    """Classify sound and detect sound events, music, language or emotion.

    Examples:

      audiocli classify street.wav

      audiocli classify day.flac --events --labels-like 'siren|alarm' -f audacity -o day.txt

      audiocli classify clips/ -f jsonl | jq -r '[.source, .labels[0].label] | @tsv'

      audiocli classify talk.mp3 --task language

      audiocli classify *.wav -m laion/clap-htsat-unfused --labels "dog barking,rain on a roof"
    """
    part = request.selection
    labels = _own_labels(request)
    with request.emitter(context, Classification) as emitter:
        finds_events = request.events or emitter.wants_events
        if not finds_events:
            refuse(request, _EVENT_OPTIONS, "requires --events")
        inputs = find_batch(context, emitter, request, _depends_on(request, finds_events))
        if not inputs:
            return ExitCode.OK
        run = _classifier(context, request, labels, finds_events).run
        return run_batch(context, emitter, inputs, part, run, request.batch)


_EVENT_OPTIONS = ("offset", "smooth", "min_duration", "max_gap")


def _depends_on(request: ClassificationRequest, finds_events: bool) -> Dependencies:
    from audiocli.tasks.classification.label_tasks import CLASSIFICATION_TASKS

    name = request.model or CLASSIFICATION_TASKS[request.task].model
    return Dependencies(
        command="classify",
        models={"model": (name, None if request.task == "language" else "classify")},
        files=("labels_file",),
        options={"--events": finds_events},
    )


def _own_labels(request: ClassificationRequest) -> tuple[str, ...]:
    """Read --labels and --labels-file.

    Raises
    ------
    UsageError : there is only one label, or an option has no effect without labels
    """
    from audiocli.batch.texts import read_text

    if request.labels is None and request.labels_file is None:
        refuse(request, ["prompt_template"], "requires --labels or --labels-file")
        return ()
    refuse(request, ["task"], "does not apply to labels of your own")
    lines = (request.labels or "").split(",")
    if request.labels_file:
        lines += read_text(request.labels_file).splitlines()
    labels = tuple(dict.fromkeys(line.strip() for line in lines if line.strip()))
    if len(labels) < 2:
        raise UsageError("zero-shot classification needs two labels or more")
    if "{}" not in request.prompt_template:
        raise UsageError(
            f"--prompt-template {request.prompt_template!r} has no {{}}", "write {} for the label"
        )
    return labels


def _classifier(
    context: Context, request: ClassificationRequest, labels: tuple[str, ...], finds_events: bool
) -> SoundClassifier:
    from audiocli.cli.progress import open_loader
    from audiocli.tasks.classification.event_detection import EventDetectionOptions
    from audiocli.tasks.classification.options import ClassificationOptions

    with open_loader(context, request.device_options(context)) as loader:
        loaded = loader.classifier(request.model, request.task, labels, request.prompt_template)
    events = EventDetectionOptions.with_defaults(
        loaded.onset,
        onset=request.threshold,
        offset=request.offset,
        smooth=request.smooth,
        min_duration=request.min_duration,
        max_gap=request.max_gap,
    )
    has_length = bool(request.window or request.hop)
    return loaded.with_options(
        ClassificationOptions(
            top_k=request.top_k,
            threshold=request.threshold or 0.0,
            reject=request.reject,
            pooling=request.aggregation,
            labels_like=request.labels_like,
            window=request.window,
            hop=request.hop,
            windows=request.per_window or (has_length and not finds_events),
            events=events if finds_events else None,
        )
    )
