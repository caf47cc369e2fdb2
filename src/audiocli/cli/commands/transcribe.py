"""`audiocli transcribe`: speech to text."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, fields, replace
from functools import partial
from typing import TYPE_CHECKING, Annotated, Any, Literal

import typer

from audiocli.cli import options as opt
from audiocli.cli.batch import Run, run_batch
from audiocli.cli.checkpoints import Checkpoints
from audiocli.cli.commands.classify import ClassificationRequest, classify
from audiocli.cli.emit import Emitter
from audiocli.cli.inputs import find_batch
from audiocli.cli.live import check_live, transcribe_live
from audiocli.cli.provenance import Dependencies, ModelChoices
from audiocli.cli.requests import (
    BatchRequest,
    CommandRequest,
    DatasetRequest,
    DeviceRequest,
    InputRequest,
    ModelRequest,
    SourceRequest,
    SubtitleRequest,
    other_fields,
    refuse,
)
from audiocli.cli.speaker_options import SPEAKERS, SpeakerRequest
from audiocli.context import Context
from audiocli.errors import ExitCode, UsageError
from audiocli.results import Conversation, Emissions, Result, Segment, Transcript

if TYPE_CHECKING:
    from audiocli.batch.inputs import Input
    from audiocli.models.base import DeviceOptions
    from audiocli.tasks.transcription.options import TranscriptionOptions
    from audiocli.tasks.transcription.transcriber import Transcriber

_LIVE = "Live options"


@dataclass(frozen=True, kw_only=True)
class SpeakerLabelRequest(CommandRequest):
    """Whether the words of a transcript are labelled with speakers, and by which model."""

    diarize: Annotated[
        bool,
        typer.Option(
            "--diarize",
            help="Identify speakers and label each word; the other speaker options, except "
            "--channel-speakers, require it.",
            rich_help_panel=SPEAKERS,
        ),
    ] = False
    diarize_model: Annotated[
        str | None,
        opt.model_option(
            "diarize",
            "Diarization model, as in `audiocli diarize --model`.",
            "--diarize-model",
            panel=SPEAKERS,
        ),
    ] = None


@dataclass(frozen=True, kw_only=True)
class TranscriptionRequest(
    SpeakerRequest,
    SpeakerLabelRequest,
    BatchRequest,
    SubtitleRequest,
    DeviceRequest,
    ModelRequest,
    InputRequest,
):
    """The options of `audiocli transcribe`."""

    model: Annotated[
        str | None,
        opt.model_option(
            "transcribe",
            "A name from `audiocli models list`, a folder, or a hub id. Default: whisper-base.",
        ),
    ] = None
    backend: Annotated[
        Literal["auto", "transformers"],
        typer.Option(
            "--backend",
            help="Library that runs Whisper: transformers runs on any torch device, such as mps.",
            rich_help_panel=opt.MODEL,
        ),
    ] = "auto"
    language: Annotated[
        str | None,
        opt.language_option(
            "Spoken language (en, en-US, English), or a list of candidates (en,es). `auto` detects "
            "the language of each window. Default: detect it once per recording.",
            opt.DECODING,
        ),
    ] = None
    detect_language: Annotated[
        bool,
        typer.Option(
            "--detect-language",
            help="Print the language instead of a transcript, like "
            "`audiocli classify --task language`.",
            rich_help_panel=opt.DECODING,
        ),
    ] = False
    translate: Annotated[
        bool,
        typer.Option(
            "--translate", help="Translate the speech to English.", rich_help_panel=opt.DECODING
        ),
    ] = False
    beam_size: Annotated[
        int,
        typer.Option(
            "--beam-size",
            min=1,
            metavar="N",
            help="Number of beams in beam search; 1 decodes greedily, which is fastest.",
            rich_help_panel=opt.DECODING,
        ),
    ] = 3
    prompt: Annotated[
        str,
        typer.Option(
            "--prompt",
            metavar="TEXT",
            help="Text that primes the model with names, spelling and style.",
            show_default=False,
            rich_help_panel=opt.DECODING,
        ),
    ] = ""
    hotwords: Annotated[
        str,
        typer.Option(
            "--hotwords",
            metavar="WORD,...",
            help="Words to boost during decoding.",
            show_default=False,
            rich_help_panel=opt.DECODING,
        ),
    ] = ""
    lm: Annotated[
        str,
        typer.Option(
            "--lm",
            metavar="FILE",
            help="N-gram language model (ARPA or KenLM) for CTC beam search.",
            show_default=False,
            rich_help_panel=opt.DECODING,
        ),
    ] = ""
    vad: Annotated[
        bool,
        typer.Option(
            "--vad/--no-vad",
            help="Transcribe only where voice activity is detected.",
            rich_help_panel=opt.DECODING,
        ),
    ] = True
    hallucination_filter: Annotated[
        bool,
        typer.Option(
            "--hallucination-filter/--no-hallucination-filter",
            help="Decode again where the text looks hallucinated, or where speech gave no words.",
            rich_help_panel=opt.DECODING,
        ),
    ] = True
    align_model: Annotated[
        str | None,
        opt.model_option(
            "transcribe",
            "CTC model for word timestamps, by forced alignment.",
            "--align-model",
            panel=opt.DECODING,
        ),
    ] = None
    explain: Annotated[
        Literal["ctc"] | None,
        typer.Option(
            "--explain",
            help="Write the token of each frame of a CTC model, and how repeats and blanks "
            "are merged.",
            show_default=False,
            rich_help_panel=opt.OUTPUT,
        ),
    ] = None
    word_timestamps: opt.WordTimestampsOption = False
    exclusive: opt.ExclusiveOption = False
    stats: opt.StatsOption = False
    live: Annotated[
        bool,
        typer.Option(
            "--live",
            help="Transcribe a stream on stdin as it arrives.",
            rich_help_panel=_LIVE,
        ),
    ] = False
    mic: Annotated[
        bool,
        typer.Option(
            "--mic",
            help="Transcribe the microphone; Ctrl-C ends the recording.",
            rich_help_panel=_LIVE,
        ),
    ] = False
    format: Annotated[
        list[str] | None,
        opt.result_format_option(
            Transcript, other_kinds={"--explain": Emissions, "--stats": Conversation}
        ),
    ] = None

    @property
    def kind(self) -> type[Result]:
        """The kind of result that the options select."""
        if self.explain:
            return Emissions
        return Conversation if self.stats else Transcript


def transcribe(context: Context, request: TranscriptionRequest) -> int:
    """Transcribe speech to text, with timestamps, as text, subtitles or JSON.

    Examples:

      audiocli transcribe talk.m4a -f srt > talk.srt

      audiocli transcribe interviews/ -d out -f json

      cat clip.m4a | audiocli transcribe - -f jsonl | jq .text

      audiocli transcribe --mic -o minutes.txt

      arecord -f cd | audiocli transcribe - --live
    """
    _check(request)
    if request.detect_language:
        return _detect_language(context, request)
    is_live = request.mic or request.live
    dependencies = _depends_on(context, request)
    with (
        Checkpoints(context, request, dependencies) as checkpoints,
        request.emitter(context, request.kind, None if is_live else checkpoints) as emitter,
    ):
        if request.mic:
            return _transcribe(context, request, emitter, [])
        inputs = find_batch(context, emitter, request, dependencies)
        return _transcribe(context, request, emitter, inputs) if inputs else ExitCode.OK


def _check(request: TranscriptionRequest) -> None:
    """Refuse options that do not apply in the requested mode."""
    if request.detect_language:
        shared = {field.name for field in fields(ClassificationRequest)}
        unused = other_fields(request, shared | {"detect_language"})
        refuse(request, unused, "does not apply with --detect-language")
    if not request.diarize:
        speakers = {field.name for field in fields(SpeakerRequest)} - {"channel_speakers"}
        refuse(request, ["diarize_model", *sorted(speakers), *_TURNS], "requires --diarize")
    if request.explain:
        refuse(request, _NOT_EXPLAINED, "does not apply with --explain")
    if request.channel_speakers:
        refuse(
            request, ["diarize", "live", "mic", "channel"], "does not apply with --channel-speakers"
        )
    if request.stats:
        refuse(request, ["exclusive", "word_timestamps"], "does not apply with --stats")
    if request.live or request.mic:
        mode = "--mic" if request.mic else "--live"
        check_live(request.inputs or [], request.mic)
        groups = (SourceRequest, DatasetRequest)
        sources = {field.name for group in groups for field in fields(group)} - {"inputs"}
        refuse(request, ["diarize", "start", *sorted(sources)], f"does not apply with {mode}")
        if request.mic:
            refuse(request, ["live", "track"], "does not apply with --mic")


_TURNS = ("exclusive", "stats")
_NOT_EXPLAINED = (
    *("translate", "beam_size", "prompt", "hotwords", "lm", "hallucination_filter"),
    *("align_model", "word_timestamps", "diarize", "channel_speakers", "live", "mic"),
)


def _depends_on(context: Context, request: TranscriptionRequest) -> Dependencies:
    from audiocli.cli.commands.diarize import voice_files

    models: ModelChoices = {"model": (request.model, "transcribe")}
    if request.align_model:
        models["align_model"] = (request.align_model, "transcribe")
    if request.diarize:
        models["diarize_model"] = (request.diarize_model, "diarize")
    return Dependencies(
        command="transcribe",
        models=models,
        files=("lm",),
        more_files=voice_files(context, request),
    )


def _detect_language(context: Context, request: TranscriptionRequest) -> int:
    groups = (InputRequest, ModelRequest, DeviceRequest, BatchRequest)
    names = [field.name for group in groups for field in fields(group)]
    values = {name: getattr(request, name) for name in names}
    return classify(context, ClassificationRequest(task="language", **values))


def _transcribe(
    context: Context, request: TranscriptionRequest, emitter: Emitter, inputs: Iterable[Input]
) -> int:
    """Transcribe the inputs, or a live stream, in the requested mode."""
    part = request.selection
    device_options = replace(request.device_options(context), backend=request.backend)
    words = request.word_timestamps or bool(request.align_model) or emitter.wants_words
    options = _options(request, words or request.diarize)
    load = partial(_transcriber, context, request.model, device_options, options)
    if request.live or request.mic:
        return transcribe_live(context, emitter, request.mic, part, load)
    transcriber = load()
    run: Run = transcriber.run
    if request.explain:
        run = _explaining(transcriber)
    elif request.diarize:
        run = _diarizing(context, transcriber, device_options, request, words)
    elif request.channel_speakers:
        from audiocli.tasks.transcription.channel_transcripts import ChannelTranscriber

        part = replace(part, channel="all")
        run = ChannelTranscriber(transcriber).run
    elif isinstance(inputs, list) and len(inputs) == 1 and emitter.is_live:
        return _write_live(context, request, emitter, inputs[0], transcriber)
    return run_batch(context, emitter, inputs, part, run, request.batch)


def _options(request: TranscriptionRequest, words: bool) -> TranscriptionOptions:
    from audiocli.models.protocols.recognition import DecodingOptions
    from audiocli.tasks.transcription.options import TranscriptionOptions
    from audiocli.tasks.transcription.speech_windows import NO_VAD, VadOptions
    from audiocli.text.languages import parse_languages

    code, candidates = parse_languages(request.language)
    hotwords = (word.strip() for word in request.hotwords.split(","))
    return TranscriptionOptions(
        language=code,
        candidates=candidates,
        word_timestamps=words,
        align_model=request.align_model,
        decoding=DecodingOptions(
            task="translate" if request.translate else "transcribe",
            beam_size=request.beam_size,
            prompt=request.prompt,
            hotwords=tuple(word for word in hotwords if word),
            hallucination_filter=request.hallucination_filter,
            language_model=request.lm,
        ),
        vad_options=VadOptions() if request.vad else NO_VAD,
    )


def _transcriber(
    context: Context, model: str | None, device_options: Any, options: TranscriptionOptions
) -> Transcriber:
    from audiocli.cli.allocator import keep_large_blocks
    from audiocli.cli.progress import open_loader

    keep_large_blocks()
    with open_loader(context, device_options) as loader:
        return loader.transcriber(model, options)


def _explaining(transcriber: Transcriber) -> Run:
    """Return a function that writes the CTC tokens of each frame.

    Raises
    ------
    UsageError : the model has no CTC head
    """
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
    request: TranscriptionRequest,
    keep_words: bool,
) -> Run:
    """Return the run that also identifies speakers."""
    from audiocli.cli.commands.diarize import open_diarizer
    from audiocli.tasks.common.events import map_results
    from audiocli.tasks.diarization.from_transcript import diarization_of, with_exclusive_turns
    from audiocli.tasks.diarization.statistics import conversation
    from audiocli.tasks.transcription.speaker_transcripts import SpeakerTranscriber

    auxiliary = replace(device_options, strict=False)
    diarizer = open_diarizer(context, request, request.diarize_model, auxiliary)
    run = SpeakerTranscriber(transcriber, diarizer, keep_words).run
    if request.stats:
        return map_results(run, lambda result: conversation(diarization_of(result, result.source)))
    return map_results(run, with_exclusive_turns) if request.exclusive else run


def _write_live(
    context: Context,
    request: TranscriptionRequest,
    emitter: Emitter,
    input: Input,
    transcriber: Transcriber,
) -> ExitCode:
    """Write the segments of a single recording to stdout as they are transcribed."""
    from audiocli.cli.batch import recording
    from audiocli.cli.progress import sound_progress
    from audiocli.tasks.common.events import Failed
    from audiocli.tasks.transcription.transcriber import NewSegments

    def segments() -> Iterator[Segment]:
        one = progress.watched(recording(input, context, request.selection))
        for event in transcriber.run([one], progress.update):
            if isinstance(event, NewSegments):
                yield from event.segments
            elif isinstance(event, Failed):
                raise event.error  # before the end of the format is written

    with sound_progress(context, [input]) as progress:
        for _ in emitter.live(Transcript, segments()):
            pass
    return ExitCode.OK
