"""`audiocli verify`: whether two recordings are of one person."""

from __future__ import annotations

from typing import Annotated

import typer

from audiocli.cli import options as opt
from audiocli.cli.commands.voices import load_speaker_model
from audiocli.cli.emit import open_emitter
from audiocli.cli.inputs import selection
from audiocli.context import Context
from audiocli.errors import UsageError
from audiocli.render import names_for
from audiocli.results import ModelInfo, Verification


def verify(
    ctx: typer.Context,
    first: Annotated[str, typer.Argument(metavar="A", help="A recording of one person.")],
    second: Annotated[str, typer.Argument(metavar="B", help="Another recording.")],
    threshold: Annotated[
        float | None,
        typer.Option(
            min=-1.0,
            max=1.0,
            help="Cosine similarity from which they are one person. Default: 0.45.",
            show_default=False,
        ),
    ] = None,
    channel: opt.ChannelOption = "mix",
    track: opt.TrackOption = None,
    format: Annotated[
        list[str] | None, opt.format_option(names_for(Verification), several=False)
    ] = None,
    output: opt.OutputOption = None,
    overwrite: opt.OverwriteOption = False,
    threads: opt.ThreadsOption = 0,
) -> None:
    """Tell whether two recordings are of one person.

    Examples:

      audiocli verify monday.wav tuesday.wav

      audiocli verify a.wav b.wav -f json | jq .same_speaker
    """
    context = ctx.find_object(Context)
    assert context is not None
    from audiocli.batch.inputs import find_inputs
    from audiocli.cli.batch import recording
    from audiocli.tasks.diarization.naming import MIN_SIMILARITY
    from audiocli.tasks.diarization.voice_profiles import extract_voice

    inputs = list(find_inputs([first, second], stdin=context.stdin))
    if len(inputs) != 2:
        raise UsageError(f"two recordings are compared, and these are {len(inputs)}")
    with open_emitter(
        context, Verification, formats=format, one_format=True, output=output, overwrite=overwrite
    ) as emitter:
        model = load_speaker_model(context, threads)
        part = selection(channel, None, None, track)
        a, b = (extract_voice(recording(input, context, part), model) for input in inputs)
        similarity = round(float(a.vector @ b.vector), 4)
        limit = MIN_SIMILARITY if threshold is None else threshold
        emitter.emit(
            inputs[0],
            Verification(
                source=inputs[0].name,
                other=inputs[1].name,
                duration=a.seconds + b.seconds,
                model=ModelInfo(model.embedder.name),
                similarity=similarity,
                threshold=limit,
                same_speaker=similarity >= limit,
            ),
        )
