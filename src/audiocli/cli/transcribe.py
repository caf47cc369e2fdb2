"""`audiocli transcribe`: what was said, and when."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from enum import StrEnum
from typing import TYPE_CHECKING, Annotated, Any

import typer

from audiocli.cli import options as opt
from audiocli.cli.emit import Emitter, open_emitter
from audiocli.cli.inputs import selection as selected
from audiocli.cli.inputs import waiting_inputs
from audiocli.cli.tally import Tally
from audiocli.context import Context
from audiocli.errors import ExitCode, UsageError
from audiocli.results import Segment, Transcript

if TYPE_CHECKING:
    from audiocli.audio.selection import Selection
    from audiocli.batch.inputs import Input
    from audiocli.tasks.transcribe import Event, Options, Recording, Transcriber


class Task(StrEnum):
    """What Whisper does with speech."""

    transcribe = "transcribe"
    translate = "translate"


def transcribe(
    ctx: typer.Context,
    inputs: opt.InputsArgument = None,
    files_from: opt.FilesFromOption = None,
    model: Annotated[
        str | None,
        typer.Option(
            "--model",
            "-m",
            metavar="NAME",
            help="A name of `audiocli models list`, a folder, or a hub id. Default: whisper-base.",
            autocompletion=opt.complete_model("transcribe"),
        ),
    ] = None,
    language: Annotated[
        str | None,
        typer.Option(
            "--language",
            "-l",
            metavar="CODE",
            help="Language spoken, such as en; auto looks anew in each window. "
            "Default: found out once for each recording.",
        ),
    ] = None,
    task: Annotated[Task, typer.Option(help="translate gives English.")] = Task.transcribe,
    word_timestamps: Annotated[
        bool, typer.Option("--word-timestamps", "-w", help="Keep the times of words.")
    ] = False,
    beam_size: Annotated[
        int, typer.Option(min=1, help="Hypotheses kept while decoding; 1 is greedy, the quickest.")
    ] = 5,
    prompt: Annotated[
        str, typer.Option(help="Text that comes before: names, spelling, style.")
    ] = "",
    hotwords: Annotated[str, typer.Option(help="Words to expect.")] = "",
    vad: Annotated[
        bool, typer.Option("--vad/--no-vad", help="Listen only where there is speech.")
    ] = True,
    guards: Annotated[
        bool,
        typer.Option("--guards/--no-guards", help="Decode anew what looks like an invention."),
    ] = True,
    channel: opt.ChannelOption = "mix",
    start: opt.StartOption = None,
    end: opt.EndOption = None,
    format: opt.FormatOption = None,
    output: opt.OutputOption = None,
    output_dir: opt.OutputDirOption = None,
    overwrite: opt.OverwriteOption = False,
    max_line_width: opt.MaxLineWidthOption = 42,
    max_lines: opt.MaxLinesOption = 2,
    device: opt.DeviceOption = "auto",
    compute_type: opt.ComputeTypeOption = "default",
    threads: opt.ThreadsOption = 0,
) -> None:
    """Write down what was said, with times.

    Examples:

      audiocli transcribe talk.m4a -f srt > talk.srt

      audiocli transcribe interviews/ -d out -f json

      cat clip.m4a | audiocli transcribe - -f jsonl | jq .text
    """
    context = ctx.find_object(Context)
    assert context is not None
    from audiocli.models.base import Runtime

    runtime = Runtime(
        device=device, compute_type=compute_type, threads=threads, verbose=context.verbose
    )
    selection = selected(channel, start, end)
    tally = Tally(context)
    with open_emitter(
        context,
        Transcript,
        format=format,
        output=output,
        output_dir=output_dir,
        overwrite=overwrite,
        max_line_width=max_line_width,
        max_lines=max_lines,
    ) as emitter:
        waiting = waiting_inputs(context, emitter, inputs or [], files_from)
        if not waiting:
            raise typer.Exit(ExitCode.OK)
        decoding = _decoding(task, beam_size, prompt, hotwords, guards)
        chosen = _options(language, word_timestamps or emitter.renderer.wants_words, decoding, vad)
        transcriber = _transcriber(context, model, runtime, chosen)
        recordings = (_recording(input, context, selection) for input in waiting)
        _write(context, emitter, waiting, transcriber, recordings, tally)
    raise typer.Exit(tally.exit_code)


def _decoding(task: Task, beam_size: int, prompt: str, hotwords: str, guards: bool) -> Any:
    from audiocli.models.speech import Decoding

    words = tuple(word.strip() for word in hotwords.split(",") if word.strip())
    return Decoding(
        task=task.value, beam_size=beam_size, prompt=prompt, hotwords=words, guards=guards
    )


def _options(language: str | None, words: bool, decoding: Any, vad: bool) -> Options:
    from audiocli.tasks.transcribe import Options
    from audiocli.tasks.windows import EVERYTHING, Cutting

    return Options(
        language=language.lower() if language else None,
        word_timestamps=words,
        decoding=decoding,
        cutting=Cutting() if vad else EVERYTHING,
    )


def _transcriber(context: Context, model: str | None, runtime: Any, chosen: Options) -> Transcriber:
    """Load the models; a language that they do not know is refused before any work."""
    from audiocli.cli.progress import open_store
    from audiocli.models import registry
    from audiocli.tasks.transcribe import Transcriber

    with open_store(context) as store:
        recogniser, info = registry.load(model, "transcribe", runtime, store)
        vad = registry.load(None, "vad", runtime, store).model
    known = recogniser.languages
    if chosen.code and known and chosen.code not in known:
        raise UsageError(
            f"{info.name} does not know the language {chosen.code!r}",
            f"one of: {', '.join(sorted(known))}",
        )
    return Transcriber(recogniser=recogniser, vad=vad, model=info, options=chosen)


def _recording(input: Input, context: Context, selection: Selection) -> Recording:
    from audiocli.tasks.transcribe import Recording

    def open_stream(rate: int) -> Any:
        return input.open(context.stdin, rate=rate, selection=selection, offline=context.offline)

    return Recording(input, input.name, open_stream)


def _write(
    context: Context,
    emitter: Emitter,
    inputs: list[Input],
    transcriber: Transcriber,
    recordings: Iterable[Recording],
    tally: Tally,
) -> None:
    """Write each result as soon as it is whole; the segments of a single one as they come."""
    from audiocli.cli.progress import sound_progress

    with sound_progress(context, len(inputs)) as progress:
        events = transcriber.run(map(progress.watched, recordings), progress.update)
        if len(inputs) == 1 and emitter.is_live:
            for _ in emitter.live(Transcript, _segments(events, tally)):
                pass
        else:
            _write_whole(emitter, events, inputs, tally)


def _segments(events: Iterable[Event], tally: Tally) -> Iterator[Segment]:
    """Yield the segments of a single recording; an error is reported when it comes."""
    from audiocli.tasks.transcribe import Failed, Heard

    for event in events:
        if isinstance(event, Heard):
            yield from event.segments
        elif isinstance(event, Failed):
            tally.fail(event.error)
        else:
            tally.succeed()


def _write_whole(
    emitter: Emitter, events: Iterable[Event], inputs: list[Input], tally: Tally
) -> None:
    """Write whole results: into a folder as they come, into one stream in the inputs' order."""
    from audiocli.tasks.transcribe import Done, Failed, Heard

    whole = (event for event in events if not isinstance(event, Heard))
    for event in whole if emitter.output_dir else _in_order(whole, inputs):
        if isinstance(event, Failed):
            tally.fail(event.error)
        elif isinstance(event, Done):
            emitter.emit(event.key, event.transcript)
            tally.succeed()


def _in_order(events: Iterable[Event], inputs: Iterable[Input]) -> Iterator[Event]:
    """Hold events back until it is their input's turn."""
    held = {}
    turn = iter(inputs)
    awaited = next(turn, None)
    for event in events:
        held[event.key] = event
        while awaited in held:
            yield held.pop(awaited)
            awaited = next(turn, None)
