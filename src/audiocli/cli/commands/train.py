"""`audiocli train`: classifiers for labels of your own."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from audiocli.cli import options as opt
from audiocli.cli.emit import open_emitter
from audiocli.cli.requests import DeviceRequest, ModelRequest, refuse
from audiocli.context import Context
from audiocli.errors import ExitCode, UsageError
from audiocli.models.protocols.encoders import Pooling
from audiocli.results import Training

if TYPE_CHECKING:
    from audiocli.batch.training_plan import TrainingPlan

_TRAINING = "Training options"
_FINE_TUNING = "Fine-tuning options"


@dataclass(frozen=True, kw_only=True)
class TrainingRequest(DeviceRequest, ModelRequest):
    """The options of `audiocli train`."""

    inputs: Annotated[
        list[str],
        typer.Argument(
            metavar="LABELLED",
            help="Folders whose subfolders are labels, or .csv and .tsv tables with the columns "
            "path and label.",
        ),
    ]
    output_dir: Annotated[Path, opt.output_dir_option("Folder of the new model.")]
    test: Annotated[
        list[str] | None,
        typer.Option(
            "--test",
            metavar="LABELLED",
            help="Held-out clips for evaluation; repeatable.",
            show_default=False,
            rich_help_panel=opt.INPUT,
        ),
    ] = None
    model: opt.EncoderOption = None
    layer: opt.LayerOption = None
    pooling: Annotated[
        Pooling,
        opt.pooling_option(
            "How to pool frames into a vector. `none` is not supported; `attention` needs a model "
            "with attention pooling. Default: mean."
        ),
    ] = "mean"
    window: Annotated[float, opt.window_option("Window length.")] = 5.0
    head: Annotated[
        Literal["auto", "logistic", "mlp", "prototypes"],
        typer.Option(
            "--head",
            help="Type of classifier; auto is logistic, or prototypes with one example a label.",
            rich_help_panel=_TRAINING,
        ),
    ] = "auto"
    folds: Annotated[
        int,
        typer.Option(
            "--folds",
            min=2,
            metavar="N",
            help="Number of cross-validation folds.",
            rich_help_panel=_TRAINING,
        ),
    ] = 5
    group: Annotated[
        str | None,
        typer.Option(
            "--group",
            metavar="COLUMN|REGEX",
            help="Column name, or regular expression on the path, whose value keeps clips in "
            "one fold.",
            show_default=False,
            rich_help_panel=_TRAINING,
        ),
    ] = None
    balance: Annotated[
        bool,
        typer.Option(
            "--balance/--no-balance",
            help="Weight labels equally, whatever their number of clips.",
            rich_help_panel=_TRAINING,
        ),
    ] = True
    seed: Annotated[int, opt.seed_option(_TRAINING)] = 0
    finetune: Annotated[
        Literal["adapter", "full"] | None,
        typer.Option(
            "--finetune",
            help="Train an adapter between encoder and labels, or the whole encoder (needs torch).",
            show_default=False,
            rich_help_panel=_FINE_TUNING,
        ),
    ] = None
    epochs: Annotated[
        int | None,
        typer.Option(
            "--epochs",
            min=1,
            metavar="N",
            help="Number of epochs. Default: 50 for an adapter, 10 for full fine-tuning.",
            show_default=False,
            rich_help_panel=_FINE_TUNING,
        ),
    ] = None
    learning_rate: Annotated[
        float | None,
        typer.Option(
            "--learning-rate",
            min=1e-9,
            metavar="RATE",
            help="Initial learning rate. Default: 1e-3 for an adapter, 3e-5 for full fine-tuning.",
            show_default=False,
            rich_help_panel=_FINE_TUNING,
        ),
    ] = None
    format: Annotated[
        list[str] | None, opt.result_format_option(Training, has_output=False, several=False)
    ] = None
    overwrite: opt.OverwriteOption = False


def train(context: Context, request: TrainingRequest) -> int:
    """Train a classifier on labelled clips: a light head on a frozen encoder.

    The folder is a model for `audiocli classify --model`; the report goes to stdout.

    Examples:

      audiocli train sounds/ -d birds        # sounds/robin/*.wav, sounds/wren/*.wav ...

      audiocli train clips.csv --group speaker --test held-out.csv -d keywords

      audiocli train sounds/ --finetune adapter -m facebook/wav2vec2-base -d keywords

      audiocli classify day.flac --model ./birds --events
    """
    if request.pooling == "none":
        raise UsageError("--pooling none keeps every frame, and a head takes one vector a window")
    if request.finetune:
        refuse(request, ("head", "layer", "pooling"), "does not apply with --finetune")
    else:
        refuse(request, ("epochs", "learning_rate"), "requires --finetune")
    from audiocli.batch.model_folder import check_replaceable
    from audiocli.cli.finetuning import run_finetuning
    from audiocli.cli.training import run_training

    check_replaceable(request.output_dir, request.overwrite)
    plan = _plan(context, request)
    with open_emitter(context, Training, formats=request.format, single_format=True) as emitter:
        if request.finetune:
            result = run_finetuning(context, plan, request.finetune)
        else:
            result = run_training(context, plan)
        emitter.emit(None, result)
    return ExitCode.SOME_FAILED if result.failed else ExitCode.OK


def _plan(context: Context, request: TrainingRequest) -> TrainingPlan:
    from audiocli.batch.training_plan import TrainingPlan
    from audiocli.tasks.embedding.options import EmbeddingOptions

    window = request.window
    return TrainingPlan(
        train=request.inputs,
        test=request.test or [],
        group=request.group,
        model=request.model,
        options=EmbeddingOptions(
            layer=request.layer, pool=request.pooling, window=window, hop=window
        ),
        device_options=request.device_options(context),
        head=None if request.head == "auto" else request.head,
        folds=request.folds,
        balance=request.balance,
        seed=request.seed,
        finetune=request.finetune,
        epochs=request.epochs,
        learning_rate=request.learning_rate,
        output=request.output_dir,
        overwrite=request.overwrite,
    )
