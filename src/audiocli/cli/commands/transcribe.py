"""`audiocli transcribe`: what was said, and when."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING, Annotated, Any, Literal

import typer

from audiocli.cli import options as opt
from audiocli.cli import speaker_options
from audiocli.cli.batch import Run, run_batch
from audiocli.cli.emit import Emitter, open_emitter
from audiocli.cli.inputs import selection, waiting_inputs
from audiocli.cli.live import check_live, transcribe_live
from audiocli.cli.speaker_options import SpeakerOptions
from audiocli.context import Context
from audiocli.errors import ExitCode, UsageError
from audiocli.render import names_for
from audiocli.results import Emissions, Segment, Transcript

if TYPE_CHECKING:
    from audiocli.audio.selection import Selection
    from audiocli.batch.inputs import Input
    from audiocli.models.base import DeviceOptions
    from audiocli.tasks.transcription.options import TranscriptionOptions
    from audiocli.tasks.transcription.transcriber import Transcriber


def transcribe(
    ctx: typer.Context,
    inputs: opt.InputsArgument = None,
    files_from: opt.FilesFromOption = None,
    model: Annotated[
        str | None,
        opt.model_option(
            "transcribe",
            "A name of `audiocli models list`, a folder, or a hub id. Default: whisper-base.",
        ),
    ] = None,
    language: Annotated[
        str | None,
        typer.Option(
            "--language",
            "-l",
            metavar="LANGUAGE",
            help="Language spoken (en, en-US, English), or a list to choose from (en,es); "
            "auto detects it for each window. Default: detected once for each recording.",
        ),
    ] = None,
    detect_language: Annotated[
        bool,
        typer.Option(
            "--detect-language",
            help="Only tell the language, as `audiocli classify --task language` does.",
        ),
    ] = False,
    task: Annotated[
        Literal["transcribe", "translate"], typer.Option(help="translate gives English.")
    ] = "transcribe",
    word_timestamps: Annotated[
        bool, typer.Option("--word-timestamps", "-w", help="Keep the times of words.")
    ] = False,
    beam_size: Annotated[
        int, typer.Option(min=1, help="Hypotheses kept while decoding; 1 is greedy, the quickest.")
    ] = 3,
    prompt: Annotated[
        str, typer.Option(help="Text that comes before: names, spelling, style.")
    ] = "",
    hotwords: Annotated[str, typer.Option(help="Words to expect.")] = "",
    lm: Annotated[
        str,
        typer.Option(
            "--lm",
            metavar="FILE",
            help="Search with this n-gram model (ARPA or KenLM); for CTC models.",
        ),
    ] = "",
    align_model: Annotated[
        str | None,
        typer.Option(
            "--align-model",
            metavar="NAME",
            help="Time the words by forced alignment with this CTC model.",
            show_default=False,
        ),
    ] = None,
    explain: Annotated[
        Literal["ctc"] | None,
        typer.Option(help="Show what a CTC model emits frame by frame, and how it collapses."),
    ] = None,
    vad: Annotated[
        bool, typer.Option("--vad/--no-vad", help="Listen only where there is speech.")
    ] = True,
    guards: Annotated[
        bool,
        typer.Option(
            "--guards/--no-guards", help="Re-decode likely hallucinations and speech without words."
        ),
    ] = True,
    diarize: Annotated[
        bool,
        typer.Option(
            "--diarize",
            help="Tell who says what, as `audiocli diarize` does.",
            rich_help_panel=speaker_options.SPEAKERS,
        ),
    ] = False,
    diarize_model: Annotated[
        str | None,
        opt.model_option(
            "diarize",
            "With --diarize: a model, as `audiocli diarize --model` takes it.",
            "--diarize-model",
            panel=speaker_options.SPEAKERS,
        ),
    ] = None,
    num_speakers: speaker_options.NumSpeakersOption = None,
    min_speakers: speaker_options.MinSpeakersOption = None,
    max_speakers: speaker_options.MaxSpeakersOption = None,
    threshold: speaker_options.ThresholdOption = None,
    voices: speaker_options.VoicesOption = False,
    link_speakers: speaker_options.LinkSpeakersOption = False,
    channel_speakers: speaker_options.ChannelSpeakersOption = False,
    live: Annotated[
        bool,
        typer.Option("--live", help="With - as the input: write what is said while it is said."),
    ] = False,
    mic: Annotated[
        bool, typer.Option("--mic", help="Listen to the microphone, live; Ctrl-C ends it.")
    ] = False,
    channel: opt.ChannelOption = "mix",
    track: opt.TrackOption = None,
    start: opt.StartOption = None,
    end: opt.EndOption = None,
    format: Annotated[list[str] | None, opt.format_option(names_for(Transcript))] = None,
    output: opt.OutputOption = None,
    output_dir: opt.OutputDirOption = None,
    overwrite: opt.OverwriteOption = False,
    max_line_width: opt.MaxLineWidthOption = 42,
    max_lines: opt.MaxLinesOption = 2,
    device: opt.DeviceOption = "auto",
    compute_type: opt.ComputeTypeOption = "default",
    threads: opt.ThreadsOption = 0,
    library: Annotated[
        Literal["auto", "transformers"],
        typer.Option(
            "--runtime",
            help="transformers runs Whisper on any device of torch, such as mps; slower on a CPU.",
        ),
    ] = "auto",
) -> None:
    """Write down what was said, with times.

    Examples:

      audiocli transcribe talk.m4a -f srt > talk.srt

      audiocli transcribe interviews/ -d out -f json

      cat clip.m4a | audiocli transcribe - -f jsonl | jq .text

      audiocli transcribe --mic -o minutes.txt

      arecord -f cd | audiocli transcribe - --live
    """
    context = ctx.find_object(Context)
    assert context is not None
    if detect_language:
        from audiocli.cli.commands.classify import classify

        classify(
            ctx,
            inputs,
            files_from,
            model,
            task="language",
            channel=channel,
            track=track,
            start=start,
            end=end,
            format=format,
            output=output,
            output_dir=output_dir,
            overwrite=overwrite,
            device=device,
            compute_type=compute_type,
            threads=threads,
        )
    speakers = SpeakerOptions(
        model=diarize_model,
        num_speakers=num_speakers,
        min_speakers=min_speakers,
        max_speakers=max_speakers,
        threshold=threshold,
        voices=voices,
        link_speakers=link_speakers,
    )
    if speakers.given and not diarize:
        raise UsageError(f"{speakers.given[0]} goes with --diarize")
    from audiocli.models.base import DeviceOptions

    device_options = DeviceOptions(
        device=device,
        compute_type=compute_type,
        threads=threads,
        verbose=context.verbose,
        backend=library,
    )
    part = selection(channel, start, end, track)
    if live or mic:
        check_live(inputs or [], mic, diarize, part)
    if explain and (live or mic or diarize):
        raise UsageError("--explain goes with none of --live, --mic and --diarize")
    if channel_speakers:
        if diarize or explain or live or mic or channel != "mix":
            raise UsageError(
                "--channel-speakers goes with none of --diarize, --channel, --explain, --live"
                " and --mic"
            )
        part = replace(part, channel="all")
    with open_emitter(
        context,
        Emissions if explain else Transcript,
        formats=format,
        output=output,
        output_dir=output_dir,
        overwrite=overwrite,
        max_line_width=max_line_width,
        max_lines=max_lines,
    ) as emitter:
        waiting = [] if mic else waiting_inputs(context, emitter, inputs or [], files_from)
        if not waiting and not mic:
            raise typer.Exit(ExitCode.OK)
        words = word_timestamps or bool(align_model) or emitter.wants_words
        decoding = _decoding(task, beam_size, prompt, hotwords, guards, lm)
        chosen = _options(language, words or diarize, decoding, vad, align_model)
        load = partial(_transcriber, context, model, device_options, chosen)
        if live or mic:
            raise typer.Exit(transcribe_live(context, emitter, mic, part, load))
        transcriber = load()
        if explain:
            code = run_batch(context, emitter, waiting, part, _explaining(transcriber))
        elif diarize:
            run = _diarizing(context, transcriber, device_options, speakers, words)
            code = run_batch(context, emitter, waiting, part, run)
        elif channel_speakers:
            from audiocli.tasks.transcription.channel_transcripts import ChannelTranscriber

            run = ChannelTranscriber(transcriber).run
            code = run_batch(context, emitter, waiting, part, run)
        elif len(waiting) == 1 and emitter.is_live:
            code = _write_live(context, emitter, waiting[0], part, transcriber)
        else:
            code = run_batch(context, emitter, waiting, part, transcriber.run)
    raise typer.Exit(code)


def _decoding(task: Any, beam_size: int, prompt: str, hotwords: str, guards: bool, lm: str) -> Any:
    from audiocli.models.protocols.recognition import DecodingOptions

    words = tuple(word.strip() for word in hotwords.split(",") if word.strip())
    return DecodingOptions(
        task=task,
        beam_size=beam_size,
        prompt=prompt,
        hotwords=words,
        hallucination_filter=guards,
        language_model=lm,
    )


def _options(
    language: str | None, words: bool, decoding: Any, vad: bool, align_model: str | None
) -> TranscriptionOptions:
    from audiocli.tasks.transcription.options import TranscriptionOptions
    from audiocli.tasks.transcription.speech_windows import NO_VAD, VadOptions
    from audiocli.text.languages import parse_languages

    code, candidates = parse_languages(language)
    return TranscriptionOptions(
        language=code,
        candidates=candidates,
        word_timestamps=words,
        align_model=align_model,
        decoding=decoding,
        vad_options=VadOptions() if vad else NO_VAD,
    )


def _transcriber(
    context: Context, model: str | None, device_options: Any, chosen: TranscriptionOptions
) -> Transcriber:
    from audiocli.cli.allocator import keep_large_blocks
    from audiocli.cli.progress import open_loader

    keep_large_blocks()
    with open_loader(context, device_options) as loader:
        return loader.transcriber(model, chosen)


def _explaining(transcriber: Transcriber) -> Run:
    """Make a run that shows frames."""
    from audiocli.tasks.alignment.explain import Explainer

    if not hasattr(transcriber.recogniser, "emissions"):
        raise UsageError(
            f"{transcriber.model.name} has no CTC head to explain",
            "name a CTC model by --model, such as facebook/wav2vec2-base-960h",
        )
    return Explainer(transcriber).run


def _diarizing(
    context: Context,
    transcriber: Transcriber,
    device_options: DeviceOptions,
    speakers: SpeakerOptions,
    keep_words: bool,
) -> Run:
    """Make a run that also tells who says what."""
    from audiocli.cli.commands.diarize import open_diarizer
    from audiocli.tasks.transcription.speaker_transcripts import SpeakerTranscriber

    diarizer = open_diarizer(context, speakers, device_options)
    return SpeakerTranscriber(transcriber, diarizer, keep_words).run


def _write_live(
    context: Context,
    emitter: Emitter,
    input: Input,
    part: Selection,
    transcriber: Transcriber,
) -> ExitCode:
    """Write the segments of a single recording to stdout as they come."""
    from audiocli.cli.batch import recording
    from audiocli.cli.progress import sound_progress
    from audiocli.tasks.common.events import Failed
    from audiocli.tasks.transcription.transcriber import NewSegments

    def segments() -> Iterator[Segment]:
        one = progress.watched(recording(input, context, part))
        for event in transcriber.run([one], progress.update):
            if isinstance(event, NewSegments):
                yield from event.segments
            elif isinstance(event, Failed):
                raise event.error  # before the format's last, or only, words are written

    with sound_progress(context, [input]) as progress:
        for _ in emitter.live(Transcript, segments()):
            pass
    return ExitCode.OK
