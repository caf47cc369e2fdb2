"""`audiocli classify`: what is heard, and when."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from audiocli.cli import options as opt
from audiocli.cli.batch import run_batch
from audiocli.cli.emit import open_emitter
from audiocli.cli.inputs import selection, waiting_inputs
from audiocli.context import Context
from audiocli.errors import ExitCode, UsageError
from audiocli.render import names_for
from audiocli.render.base import PictureOptions
from audiocli.results import Classification
from audiocli.tasks.classification.label_tasks import ClassificationTaskName

if TYPE_CHECKING:
    from audiocli.models.base import DeviceOptions
    from audiocli.tasks.classification.models import LoadedClassifier


def classify(
    ctx: typer.Context,
    inputs: opt.InputsArgument = None,
    files_from: opt.FilesFromOption = None,
    model: Annotated[
        str | None,
        opt.model_option(
            "classify",
            "A name of `audiocli models list`, a folder, or a hub id. Default: by --task.",
        ),
    ] = None,
    task: Annotated[
        ClassificationTaskName,
        typer.Option("--task", "-t", help="What to tell; picks the model where none is named."),
    ] = "events",
    top_k: Annotated[int, typer.Option("--top-k", "-k", min=1, help="Labels to keep.")] = 5,
    threshold: Annotated[
        float | None,
        typer.Option(
            min=0.0,
            max=1.0,
            help="Leave out labels below this score; events set in at it. Default: keep all "
            "labels; events at 0.3, at 0.5 where scores sum to one.",
            show_default=False,
        ),
    ] = None,
    reject: Annotated[
        float,
        typer.Option(min=0.0, max=1.0, help='Say "unknown" where no label has this score.'),
    ] = 0.0,
    labels_like: Annotated[
        str | None,
        typer.Option(metavar="REGEX", help="Listen only for labels like this: 'siren|alarm'."),
    ] = None,
    pooling: Annotated[
        Literal["mean", "max"],
        typer.Option(help="How scores of windows become those of the recording."),
    ] = "mean",
    windows: Annotated[
        bool, typer.Option("--windows", help="Keep the labels of each window.")
    ] = False,
    window: Annotated[
        float | None,
        typer.Option(
            min=0.02,
            metavar="SECONDS",
            help="Length of a window; keeps them. Default: the model's own.",
            show_default=False,
        ),
    ] = None,
    hop: Annotated[
        float | None,
        typer.Option(
            min=0.01,
            metavar="SECONDS",
            help="Time from window to window. Default: the model's own, or --window.",
            show_default=False,
        ),
    ] = None,
    events: Annotated[
        bool, typer.Option("--events", "-e", help="Find out when each sound begins and ends.")
    ] = False,
    offset: Annotated[
        float | None,
        typer.Option(
            min=0.0,
            max=1.0,
            help="An event ends below this score. Default: half of --threshold.",
            show_default=False,
        ),
    ] = None,
    smooth: Annotated[
        int, typer.Option(min=1, metavar="WINDOWS", help="Average scores over so many windows.")
    ] = 1,
    min_duration: Annotated[
        float, typer.Option(min=0.0, metavar="SECONDS", help="Leave out shorter events.")
    ] = 0.0,
    max_gap: Annotated[
        float, typer.Option(min=0.0, metavar="SECONDS", help="Join events this near.")
    ] = 0.5,
    labels: Annotated[
        str | None,
        typer.Option(
            metavar="A,B,...", help="What to tell apart, in your words, by a zero-shot model."
        ),
    ] = None,
    labels_file: Annotated[
        Path | None,
        typer.Option(metavar="FILE", exists=True, dir_okay=False, help="The same, a label a line."),
    ] = None,
    prompt_template: Annotated[
        str, typer.Option(metavar="TEXT", help="Sentence that {} in it makes of a label.")
    ] = "This is a sound of {}.",
    channel: opt.ChannelOption = "mix",
    track: opt.TrackOption = None,
    start: opt.StartOption = None,
    end: opt.EndOption = None,
    format: Annotated[list[str] | None, opt.format_option(names_for(Classification))] = None,
    output: opt.OutputOption = None,
    output_dir: opt.OutputDirOption = None,
    overwrite: opt.OverwriteOption = False,
    width: opt.WidthOption = PictureOptions.width,
    style: opt.StyleOption = "light",
    device: opt.DeviceOption = "auto",
    compute_type: opt.ComputeTypeOption = "default",
    threads: opt.ThreadsOption = 0,
) -> None:
    """Tell what is heard: sounds, music, a language, or labels of your own.

    Examples:

      audiocli classify street.wav

      audiocli classify day.flac --events --labels-like 'siren|alarm' -f audacity -o day.txt

      audiocli classify clips/ -f jsonl | jq -r '[.source, .labels[0].label] | @tsv'

      audiocli classify talk.mp3 --task language

      audiocli classify *.wav -m laion/clap-htsat-unfused --labels "dog barking,rain on a roof"
    """
    context = ctx.find_object(Context)
    assert context is not None
    from audiocli.models.base import DeviceOptions

    device_options = DeviceOptions(
        device=device, compute_type=compute_type, threads=threads, verbose=context.verbose
    )
    part = selection(channel, start, end, track)
    own_labels = _own_labels(labels, labels_file, prompt_template)
    with open_emitter(
        context,
        Classification,
        formats=format,
        output=output,
        output_dir=output_dir,
        overwrite=overwrite,
        picture=PictureOptions(width=width, style=style),
    ) as emitter:
        waiting = waiting_inputs(context, emitter, inputs or [], files_from)
        if not waiting:
            raise typer.Exit(ExitCode.OK)
        chosen = _chosen(context, model, task, device_options, own_labels, prompt_template)
        from audiocli.tasks.classification.classifier import SoundClassifier
        from audiocli.tasks.classification.event_detection import EventDetectionOptions
        from audiocli.tasks.classification.options import ClassificationOptions

        onset = threshold if threshold is not None else chosen.onset
        rule = EventDetectionOptions(
            onset=onset,
            offset=onset / 2 if offset is None else min(offset, onset),
            smooth=smooth,
            min_duration=min_duration,
            max_gap=max_gap,
        )
        wants_events = events or emitter.wants_events
        options = ClassificationOptions(
            top_k=top_k,
            threshold=threshold or 0.0,
            reject=reject,
            pooling=pooling,
            labels_like=labels_like,
            window=window,
            hop=hop,
            windows=windows or (bool(window or hop) and not wants_events),
            events=rule if wants_events else None,
        )
        classifier = SoundClassifier(
            classifier=chosen.classifier,
            model=chosen.info,
            options=options,
            task=task,
            answer_labels=chosen.answer_labels,
        )
        code = run_batch(context, emitter, waiting, part, classifier.run)
    raise typer.Exit(code)


def _own_labels(labels: str | None, file: Path | None, prompt: str) -> tuple[str, ...]:
    """Read --labels and --labels-file; refuse a prompt that no label would change."""
    from audiocli.batch.texts import read_text

    lines = (labels or "").split(",")
    if file:
        lines += read_text(file).splitlines()
    found = tuple(dict.fromkeys(line.strip() for line in lines if line.strip()))
    if (labels is not None or file) and len(found) < 2:
        raise UsageError("zero-shot classification tells labels apart", "name two or more")
    if "{}" not in prompt:
        raise UsageError(f"--prompt-template {prompt!r} has no {{}}", "write {} for the label")
    return found


def _chosen(
    context: Context,
    model: str | None,
    task: ClassificationTaskName,
    device_options: DeviceOptions,
    own_labels: tuple[str, ...],
    prompt: str,
) -> LoadedClassifier:
    from audiocli.cli.progress import open_loader

    with open_loader(context, device_options) as loader:
        return loader.classifier(model, task, own_labels, prompt)
