"""`audiocli train`: a classifier with labels of your own."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Literal

import typer

from audiocli.cli import options as opt
from audiocli.cli.emit import open_emitter
from audiocli.context import Context
from audiocli.errors import ExitCode, UsageError
from audiocli.models.protocols.encoders import Pooling
from audiocli.render import names_for
from audiocli.results import Training


def train(
    ctx: typer.Context,
    inputs: Annotated[
        list[str],
        typer.Argument(
            metavar="LABELLED...",
            help="Folders whose folders are labels, or tables: .csv or .tsv with path and label.",
        ),
    ],
    output: Annotated[
        Path,
        typer.Option("--output", "-o", metavar="DIR", help="The folder of the new model."),
    ],
    test: Annotated[
        list[str] | None,
        typer.Option(
            metavar="LABELLED",
            help="Clips to judge by that are not learned from.",
            show_default=False,
        ),
    ] = None,
    model: opt.EncoderOption = None,
    layer: opt.LayerOption = None,
    pool: Annotated[
        Pooling, typer.Option(help="How frames become a vector; attention where a model has it.")
    ] = "mean",
    window: Annotated[
        float, typer.Option(min=0.02, metavar="SECONDS", help="Sound that is judged at once.")
    ] = 5.0,
    head: Annotated[
        Literal["auto", "logistic", "mlp", "prototypes"],
        typer.Option(help="What is trained; auto is logistic, prototypes for single examples."),
    ] = "auto",
    folds: Annotated[int, typer.Option(min=2, help="Of the cross-validation.")] = 5,
    group: Annotated[
        str | None,
        typer.Option(
            metavar="COLUMN|REGEX",
            help="Keep clips together that are not independent: a column of the table, or of "
            "folders what this finds in a path.",
            show_default=False,
        ),
    ] = None,
    finetune: Annotated[
        Literal["adapter", "full"] | None,
        typer.Option(
            help="Train a layer between encoder and labels, or the whole encoder (needs torch).",
            show_default=False,
        ),
    ] = None,
    epochs: Annotated[
        int | None,
        typer.Option(
            min=1, help="Of --finetune. Default: 50 of an adapter, 10 in full.", show_default=False
        ),
    ] = None,
    learning_rate: Annotated[
        float | None,
        typer.Option(
            min=1e-9,
            help="Of --finetune. Default: 1e-3 of an adapter, 3e-5 in full.",
            show_default=False,
        ),
    ] = None,
    balance: Annotated[
        bool, typer.Option(help="Let labels count the same, however many clips they have.")
    ] = True,
    seed: Annotated[int, typer.Option(min=0, help="Of everything random.")] = 0,
    format: Annotated[
        list[str] | None, opt.format_option(names_for(Training), several=False)
    ] = None,
    overwrite: opt.OverwriteOption = False,
    device: opt.DeviceOption = "auto",
    compute_type: opt.ComputeTypeOption = "default",
    threads: opt.ThreadsOption = 0,
) -> None:
    """Learn labels from examples: a light head on an encoder that stays as it is.

    The folder is a model for `audiocli classify --model`; the report goes to stdout.

    Examples:

      audiocli train sounds/ -o birds        # sounds/robin/*.wav, sounds/wren/*.wav ...

      audiocli train clips.csv --group speaker --test held-out.csv -o keywords

      audiocli train sounds/ --finetune adapter -m facebook/wav2vec2-base -o keywords

      audiocli classify day.flac --model ./birds --events
    """
    context = ctx.find_object(Context)
    assert context is not None
    if pool == "none":
        raise UsageError("--pool none keeps every frame, and a head takes one vector a window")
    _refuse_without_effect(
        finetune,
        of_heads={"--head": head != "auto", "--layer": layer is not None, "--pool": pool != "mean"},
        of_finetuning={"--epochs": bool(epochs), "--learning-rate": learning_rate is not None},
    )
    from audiocli.cli.training import Plan, refuse_to_replace, run_training
    from audiocli.models.base import DeviceOptions
    from audiocli.tasks.embedding.options import EmbeddingOptions

    refuse_to_replace(output, overwrite)
    plan = Plan(
        learn=inputs,
        test=test or [],
        group=group,
        model=model,
        options=EmbeddingOptions(layer=layer, pool=pool, window=window, hop=window),
        device_options=DeviceOptions(
            device=device, compute_type=compute_type, threads=threads, verbose=context.verbose
        ),
        head=None if head == "auto" else head,
        folds=folds,
        balance=balance,
        seed=seed,
        output=output,
        overwrite=overwrite,
    )
    with open_emitter(context, Training, formats=format, one_format=True) as emitter:
        if finetune:
            from audiocli.cli.finetuning import Finetuning, run_finetuning

            wanted = Finetuning(kind=finetune, epochs=epochs, rate=learning_rate)
            result = run_finetuning(context, plan, wanted)
        else:
            result = run_training(context, plan)
        emitter.emit(None, result)
    raise typer.Exit(ExitCode.SOME_FAILED if result.failed else ExitCode.OK)


def _refuse_without_effect(
    finetune: str | None, of_heads: Mapping[str, bool], of_finetuning: Mapping[str, bool]
) -> None:
    """Refuse options that the training asked for would ignore."""
    for option, is_given in (of_heads if finetune else of_finetuning).items():
        if is_given and finetune:
            raise UsageError(f"{option} does not go with --finetune", "it settles that by itself")
        if is_given:
            raise UsageError(f"{option} is of fine-tuning", "say --finetune adapter or full too")
