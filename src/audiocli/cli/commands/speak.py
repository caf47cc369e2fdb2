"""`audiocli speak`: text to speech."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import closing, nullcontext
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from audiocli.cli import options as opt
from audiocli.cli import speech_output, speech_script
from audiocli.cli.provenance import Dependencies, ModelChoices, provenance
from audiocli.cli.requests import DeviceRequest, ModelRequest, SubtitleRequest, other_fields, refuse
from audiocli.cli.speaking import SpeechRun
from audiocli.cli.speech_folder import open_speech_folder, texts_to_speak
from audiocli.context import Context
from audiocli.errors import ExitCode, UsageError
from audiocli.render.base import Layout, Renderer

if TYPE_CHECKING:
    from audiocli.batch.sound_output import Destination
    from audiocli.batch.texts import SpeechSource
    from audiocli.cli.folder_output import FolderOutput
    from audiocli.cli.speech_script import ScriptSettings
    from audiocli.models.base import DeviceOptions
    from audiocli.tasks.synthesis.text_to_speech import SynthesisRequestOptions, TextToSpeech

_TEXT = "Text options"
_VOICE = "Voice options"
_MIX = "Mixing options"


@dataclass(frozen=True, kw_only=True)
class SpeechRequest(SubtitleRequest, DeviceRequest, ModelRequest):
    """The options of `audiocli speak`."""

    text: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="TEXT",
            help="Text to speak. If every argument names a text file, such as book.epub, the files "
            "are read. - reads stdin.",
            show_default=False,
        ),
    ] = None
    file: Annotated[
        list[Path] | None,
        typer.Option(
            "--file",
            metavar="FILE",
            help="Text file to speak; repeatable.",
            show_default=False,
            rich_help_panel=_TEXT,
        ),
    ] = None
    show_text: Annotated[
        bool,
        typer.Option(
            "--show-text",
            help="Print the normalized text instead of speaking it.",
            rich_help_panel=_TEXT,
        ),
    ] = False
    lexicon: Annotated[
        list[Path] | None,
        typer.Option(
            "--lexicon",
            metavar="FILE",
            help="Pronunciation lexicon (TOML); repeatable.",
            show_default=False,
            rich_help_panel=_TEXT,
        ),
    ] = None
    notes: Annotated[
        bool,
        typer.Option(
            "--notes",
            help="Speak the footnotes and endnotes of EPUB and HTML files.",
            rich_help_panel=_TEXT,
        ),
    ] = False
    language: Annotated[
        str | None, opt.language_option("Language of the text, such as en.", _TEXT)
    ] = None
    model: Annotated[
        str | None,
        opt.model_option(
            "speak", "A name from `audiocli models list`, a folder, or a hub id. Default: hibari."
        ),
    ] = None
    vocoder: Annotated[
        str | None,
        opt.model_option(
            "vocoder", "Vocoder: a folder or a hub id. Default: chosen by --model.", "--vocoder"
        ),
    ] = None
    voice: Annotated[
        str | None,
        typer.Option(
            "--voice",
            metavar="NAME",
            help="Voice to speak with; --list-voices lists them.",
            show_default=False,
            rich_help_panel=_VOICE,
        ),
    ] = None
    list_voices: Annotated[
        bool,
        typer.Option("--list-voices", help="List all voices and exit.", rich_help_panel=_VOICE),
    ] = False
    voices_map: Annotated[
        str | None,
        typer.Option(
            "--voices-map",
            metavar="NAME=VOICE,...",
            help="Voices of the speakers in a dialogue, such as ALICE=heart,BOB=emma.",
            show_default=False,
            rich_help_panel=_VOICE,
        ),
    ] = None
    reference: Annotated[
        Path | None,
        typer.Option(
            "--reference",
            metavar="FILE",
            help="Clone the voice of a recording (SpeechT5, CSM, Dia). The metadata of the output "
            "names the recording.",
            show_default=False,
            rich_help_panel=_VOICE,
        ),
    ] = None
    reference_text: Annotated[
        str | None,
        typer.Option(
            "--reference-text",
            metavar="TEXT",
            help="Transcript of --reference (CSM, Dia).",
            show_default=False,
            rich_help_panel=_VOICE,
        ),
    ] = None
    speaker_embedding: Annotated[
        Path | None,
        typer.Option(
            "--speaker-embedding",
            metavar="FILE",
            help="Speaker embedding (.npy) of the voice to speak with (SpeechT5).",
            show_default=False,
            rich_help_panel=_VOICE,
        ),
    ] = None
    speed: Annotated[
        float,
        typer.Option(
            "--speed",
            min=0.25,
            max=4.0,
            metavar="FACTOR",
            help="Speaking rate; 2 is twice as fast.",
            rich_help_panel=_VOICE,
        ),
    ] = 1.0
    pitch_shift: Annotated[
        float,
        typer.Option(
            "--pitch-shift",
            min=-6.0,
            max=6.0,
            metavar="SEMITONES",
            help="Raise the pitch, or lower it with a negative number.",
            rich_help_panel=_VOICE,
        ),
    ] = 0.0
    seed: Annotated[int, opt.seed_option(_VOICE)] = 0
    loudness: Annotated[
        float | None,
        typer.Option(
            "--loudness",
            min=-60.0,
            max=0.0,
            metavar="LUFS",
            help="Normalize the loudness to this level, such as -16.",
            show_default=False,
            rich_help_panel=_MIX,
        ),
    ] = None
    fit: Annotated[
        bool,
        typer.Option(
            "--fit",
            help="Start each cue at its subtitle time, speeding up speech that is too long.",
            rich_help_panel=_MIX,
        ),
    ] = False
    mix_with: Annotated[
        Path | None,
        typer.Option(
            "--mix-with",
            metavar="FILE",
            help="Mix the speech into this recording.",
            show_default=False,
            rich_help_panel=_MIX,
        ),
    ] = None
    duck: Annotated[
        bool,
        typer.Option(
            "--duck",
            help="Lower the level of the --mix-with recording while speech plays.",
            rich_help_panel=_MIX,
        ),
    ] = False
    format: Annotated[
        list[str] | None,
        typer.Option(
            "--format",
            "-f",
            metavar="FORMAT",
            help="wav, flac, opus, mp3, m4b or raw (16 bit) for the audio; srt, vtt, json ... also "
            "write a transcript beside the audio file. Repeatable; commas separate several. "
            "Default: by the suffix of --output, else wav.",
            show_default=False,
            rich_help_panel=opt.OUTPUT,
        ),
    ] = None
    output: Annotated[
        Path | None, opt.output_option("Audio file to write; its suffix selects the format.")
    ] = None
    output_dir: Annotated[
        Path | None, opt.output_dir_option("Write one audio file per text to this folder.")
    ] = None
    play: Annotated[
        bool,
        typer.Option(
            "--play",
            help="Play the speech on the default output device.",
            rich_help_panel=opt.OUTPUT,
        ),
    ] = False
    word_timestamps: opt.WordTimestampsOption = False


def speak(context: Context, request: SpeechRequest) -> int:
    """Synthesize speech from text, books, subtitles or SSML.

    Examples:

      audiocli speak "Good morning." -o morning.wav

      cat story.txt | audiocli speak - | ffplay -

      audiocli speak --file story.txt -o story.mp3 -f srt --speed 1.1 --loudness -16

      audiocli speak book.epub -o book.m4b

      audiocli speak talk.srt --fit --mix-with talk.mp4 --duck -o dubbed.mp3
    """
    if request.list_voices:
        refuse(request, other_fields(request, ["list_voices"]), "does not apply with --list-voices")
        return _print_voices(context)
    from audiocli.batch.texts import find_speech_sources

    if request.show_text:
        refuse(request, other_fields(request, _SHOWN), "does not apply with --show-text")
    texts = find_speech_sources(request.text or [], request.file or [], context.stdin)
    if request.notes and not any(text.may_have_notes for text in texts):
        raise UsageError("--notes is for EPUB and HTML", "name a .epub or .html file")
    script = speech_script.ScriptSettings.of(
        context, request.lexicon or [], request.voices_map, notes=request.notes
    )
    if request.show_text:
        speech_script.show(context, texts, script, request.model, request.language)
        return ExitCode.OK
    return _speak(context, request, texts, script)


_SHOWN = ("text", "file", "show_text", "lexicon", "voices_map", "notes", "model", "language")


def _speak(
    context: Context, request: SpeechRequest, texts: list[SpeechSource], script: ScriptSettings
) -> ExitCode:
    """Speak the texts whose outputs do not exist yet."""
    coding, renderers = speech_output.formats(request.format or [])
    speech_output.check_layout(request, coding, renderers)
    destination = speech_output.destination(
        context, coding, request.output, request.output_dir, request.play
    )
    speech_output.check_mix(destination, request.mix_with, request.duck)
    speech_output.check_paths(destination, renderers, texts)
    layout = Layout(max_line_width=request.max_line_width, max_lines=request.max_lines)
    folder = open_speech_folder(destination, renderers, layout, overwrite=request.overwrite)
    with closing(folder) if folder else nullcontext():
        if folder:
            found = provenance(context, request, _depends_on(context, request))
            texts = texts_to_speak(context, folder, texts, found)
        else:
            speech_output.check_file(texts[0], destination, renderers, overwrite=request.overwrite)
        if not texts:
            return ExitCode.OK
        run = _run(context, request, script, destination, renderers, layout, folder)
        return run.speak_all(texts)


def _depends_on(context: Context, request: SpeechRequest) -> Dependencies:
    models: ModelChoices = {"model": (request.model, "speak")}
    if request.vocoder:
        models["vocoder"] = (request.vocoder, "vocoder")
    return Dependencies(
        command="speak",
        models=models,
        files=("lexicon", "reference", "speaker_embedding", "mix_with"),
        more_files=speech_script.usual_lexicons(context),
        ignored=("text", "file", "play", "show_text", "list_voices"),
    )


def _run(
    context: Context,
    request: SpeechRequest,
    script: ScriptSettings,
    destination: Destination,
    renderers: Sequence[Renderer],
    layout: Layout,
    folder: FolderOutput[SpeechSource] | None,
) -> SpeechRun:
    """Load the model, and return the run that speaks texts with it."""
    device_options = request.device_options(context)
    model = _model(context, request, device_options)
    return SpeechRun(
        context=context,
        model=speech_script.equipped(
            model, script, context, device_options, word_times=request.word_timestamps
        ),
        destination=destination,
        renderers=renderers,
        layout=layout,
        folder=folder,
        loudness=request.loudness,
        voices=script.voices,
        notes=request.notes,
        fit=request.fit,
        background=request.mix_with,
        duck=request.duck,
        lexicon=repr(script.lexicon.entries),
        overwrite=request.overwrite,
    )


def _options(request: SpeechRequest) -> SynthesisRequestOptions:
    """Return the synthesis options; the files they name are read before a model is loaded."""
    from audiocli.models.protocols.synthesis import SynthesisOptions
    from audiocli.tasks.synthesis.reference_voice import check_recording
    from audiocli.tasks.synthesis.text_to_speech import SynthesisRequestOptions
    from audiocli.tasks.synthesis.voices import read_speaker_embedding

    path = request.speaker_embedding
    if sum(map(bool, (request.reference, path, request.voice))) > 1:
        raise UsageError("--voice, --reference and --speaker-embedding exclude each other")
    if not request.reference:
        refuse(request, ["reference_text"], "requires --reference")
    else:
        check_recording(request.reference)
    return SynthesisRequestOptions(
        language=request.language.lower() if request.language else None,
        pitch=request.pitch_shift,
        synthesis=SynthesisOptions(
            voice=request.voice,
            speed=request.speed,
            seed=request.seed,
            speaker_embedding=read_speaker_embedding(path) if path else None,
        ),
        reference_file=request.reference or path,
        reference_text=request.reference_text,
    )


def _model(context: Context, request: SpeechRequest, device_options: DeviceOptions) -> TextToSpeech:
    from audiocli.cli.progress import open_loader

    options = _options(request)
    with open_loader(context, device_options) as loader:
        return loader.text_to_speech(request.model, options, request.vocoder)


def _print_voices(context: Context) -> ExitCode:
    """Print one line per voice: name, model, languages, licence, whether it is downloaded."""
    from audiocli.cli.progress import open_store
    from audiocli.cli.terminal import print_rows
    from audiocli.tasks.synthesis.voices import list_voices

    with open_store(context) as store:
        headings = ("voice", "model", "languages", "licence", "status")
        print_rows(context, headings, list_voices(store))
    return ExitCode.OK
