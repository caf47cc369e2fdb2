"""`audiocli speak`: natural speech out of text."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from audiocli.cli import options as opt
from audiocli.cli import speech_output, speech_script
from audiocli.cli.speaking import Speaking
from audiocli.context import Context
from audiocli.errors import ExitCode, UsageError
from audiocli.render.base import Layout

if TYPE_CHECKING:
    from audiocli.models.protocols.synthesis import SynthesisOptions
    from audiocli.tasks.synthesis.text_to_speech import SynthesisRequestOptions, TextToSpeech


def speak(
    ctx: typer.Context,
    text: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="TEXT...", help="The words to say; - reads all of stdin.", show_default=False
        ),
    ] = None,
    file: Annotated[
        list[Path] | None,
        typer.Option(metavar="FILE", help="A file of text; may be given several times."),
    ] = None,
    output: Annotated[
        Path | None,
        typer.Option(
            "--output", "-o", metavar="FILE", help="Sound file; its ending tells the format."
        ),
    ] = None,
    output_dir: Annotated[
        Path | None,
        typer.Option(
            "--output-dir", "-d", metavar="DIR", file_okay=False, help="A sound file for each text."
        ),
    ] = None,
    format: Annotated[
        list[str] | None,
        typer.Option(
            "--format",
            "-f",
            metavar="NAME",
            help="wav, flac, opus, mp3 or raw (16 bit) for the sound; srt, vtt, json ... write "
            "what is said when into a file beside it. May be given several times.",
        ),
    ] = None,
    play: Annotated[bool, typer.Option("--play", help="Play the speech.")] = False,
    overwrite: opt.OverwriteOption = False,
    model: Annotated[
        str | None,
        opt.model_option(
            "speak",
            "A name of `audiocli models list`, a folder, or a hub id. Default: hibari.",
        ),
    ] = None,
    voice: Annotated[
        str | None, typer.Option(metavar="NAME", help="A voice of the model, or of --voices.")
    ] = None,
    voices: Annotated[bool, typer.Option("--voices", help="List the voices, and stop.")] = False,
    language: Annotated[
        str | None,
        typer.Option("--language", "-l", metavar="CODE", help="Language of the text, such as en."),
    ] = None,
    speed: Annotated[
        float, typer.Option(min=0.25, max=4.0, help="2 is twice as fast, 0.5 half.")
    ] = 1.0,
    pitch: Annotated[
        float,
        typer.Option(
            min=-6.0, max=6.0, metavar="SEMITONES", help="Speak so much higher, or lower by -2."
        ),
    ] = 0.0,
    seed: Annotated[int, typer.Option(min=0, help="Another seed gives another rendering.")] = 0,
    loudness: Annotated[
        float | None,
        typer.Option(
            min=-60.0, max=0.0, metavar="LUFS", help="Bring the speech to this loudness, as -16."
        ),
    ] = None,
    reference: Annotated[
        Path | None,
        typer.Option(
            metavar="CLIP",
            help="Speak with the voice of this recording (SpeechT5, CSM, Dia); the file says so.",
        ),
    ] = None,
    reference_text: Annotated[
        str | None,
        typer.Option(metavar="TEXT", help="What is said in --reference, for CSM and Dia."),
    ] = None,
    speaker: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE.npy",
            help="Speak with the voice of an embedding, for models that take one (SpeechT5).",
        ),
    ] = None,
    vocoder: Annotated[
        str | None,
        typer.Option(metavar="NAME", help="Folder or hub id of a vocoder, in place of the usual."),
    ] = None,
    show_text: Annotated[
        bool, typer.Option("--show-text", help="Print the words as they would be said, and stop.")
    ] = False,
    lexicon: Annotated[
        list[Path] | None,
        typer.Option(
            metavar="FILE.toml", help="How names and words are said; may be given several times."
        ),
    ] = None,
    voices_map: Annotated[
        str | None,
        typer.Option(
            metavar="NAME=VOICE,...", help="Who says which lines of a dialogue, as ALICE=heart."
        ),
    ] = None,
    notes: Annotated[
        bool, typer.Option("--notes", help="Read the footnotes and endnotes of EPUB and HTML.")
    ] = False,
    word_timestamps: Annotated[
        bool,
        typer.Option(
            "--word-timestamps",
            "-w",
            help="Find when each word is said, by Whisper if the model cannot tell.",
        ),
    ] = False,
    fit: Annotated[
        bool, typer.Option("--fit", help="Say each cue of subtitles at its time.")
    ] = False,
    mix_with: Annotated[
        Path | None,
        typer.Option(metavar="SOUND", help="Lay the speech over this recording."),
    ] = None,
    duck: Annotated[
        bool, typer.Option("--duck", help="Make that recording softer during speech.")
    ] = False,
    max_line_width: opt.MaxLineWidthOption = 42,
    max_lines: opt.MaxLinesOption = 2,
    device: opt.DeviceOption = "auto",
    threads: opt.ThreadsOption = 0,
) -> None:
    """Say a text.

    Examples:

      audiocli speak "Good morning." -o morning.wav

      cat story.txt | audiocli speak - | ffplay -

      audiocli speak --file story.txt -o story.mp3 -f srt --speed 1.1 --loudness -16

      audiocli speak book.epub -o book.m4b

      audiocli speak talk.srt --fit --mix-with talk.mp4 --duck -o dubbed.mp3
    """
    context: Context = ctx.obj
    if voices:
        from audiocli.cli.progress import open_store
        from audiocli.tasks.synthesis.voices import list_voices

        with open_store(context) as store:
            _print_voices(context, list_voices(store))
        raise typer.Exit(ExitCode.OK)
    from audiocli.batch.texts import find_speech_sources
    from audiocli.models.base import DeviceOptions
    from audiocli.models.protocols.synthesis import SynthesisOptions

    texts = find_speech_sources(text or [], file or [], context.stdin)
    if notes and not any(text.may_have_notes for text in texts):
        raise UsageError("--notes is for EPUB and HTML", "name a .epub or .html file")
    written = speech_script.ScriptSettings.of(context, lexicon or [], voices_map, notes=notes)
    if show_text:
        speech_script.show(context, texts, written, model, language)
        raise typer.Exit(ExitCode.OK)
    coding, renderers = speech_output.formats(format or [])
    destination = speech_output.destination(context, coding, output, output_dir, play)
    speech_output.check_mix(destination, mix_with, duck)
    speech_output.check_room(destination, renderers, texts)
    waiting = speech_output.waiting(context, texts, destination, renderers, overwrite)
    if not waiting:
        raise typer.Exit(ExitCode.OK)
    device_options = DeviceOptions(device=device, threads=threads, verbose=context.verbose)
    synthesis = SynthesisOptions(voice=voice, speed=speed, seed=seed)
    chosen = _options(synthesis, language, pitch, reference, reference_text, speaker)
    speaker_found = _speaker(context, model, vocoder, device_options, chosen)
    speaking = Speaking(
        context=context,
        speaker=speech_script.equipped(
            speaker_found, written, context, device_options, word_times=word_timestamps
        ),
        destination=destination,
        renderers=renderers,
        layout=Layout(max_line_width=max_line_width, max_lines=max_lines),
        loudness=loudness,
        voices=written.voices,
        notes=notes,
        fits=fit,
        background=mix_with,
        ducks=duck,
        settings=repr(written.lexicon.entries),
        overwrite=overwrite,
    )
    raise typer.Exit(speaking.all(waiting))


def _options(
    synthesis: SynthesisOptions,
    language: str | None,
    pitch: float,
    reference: Path | None,
    words: str | None,
    speaker: Path | None,
) -> SynthesisRequestOptions:
    """Gather how to speak; the files named are checked before a model is loaded."""
    from audiocli.tasks.synthesis.reference_voice import check_recording
    from audiocli.tasks.synthesis.text_to_speech import SynthesisRequestOptions
    from audiocli.tasks.synthesis.voices import read_speaker_embedding

    if sum(map(bool, (reference, speaker, synthesis.voice))) > 1:
        raise UsageError("--voice, --reference and --speaker exclude each other")
    if words and not reference:
        raise UsageError("--reference-text tells what is said in --reference, which is missing")
    if reference:
        check_recording(reference)
    embedding = read_speaker_embedding(speaker) if speaker else None
    return SynthesisRequestOptions(
        language=language.lower() if language else None,
        pitch=pitch,
        synthesis=replace(synthesis, speaker_embedding=embedding),
        reference_file=reference or speaker,
        reference_text=words,
    )


def _speaker(
    context: Context,
    model: str | None,
    vocoder: str | None,
    device_options: Any,
    chosen: SynthesisRequestOptions,
) -> TextToSpeech:
    from audiocli.cli.progress import open_loader

    with open_loader(context, device_options) as loader:
        return loader.text_to_speech(model, chosen, vocoder)


def _print_voices(context: Context, found: Iterable[Any]) -> None:
    """Print a line a voice: name, model, languages, licence, whether it is here."""
    for row in found:
        print(*row, sep="\t", file=context.stdout)
