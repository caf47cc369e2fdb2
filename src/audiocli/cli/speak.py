"""`audiocli speak`: natural speech out of text."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, BinaryIO, cast

import typer

from audiocli import render
from audiocli.cli import options as opt
from audiocli.context import Context
from audiocli.errors import AudioCliError, ExitCode, UsageError
from audiocli.render.base import Layout, Renderer
from audiocli.results import Segment, Speech

if TYPE_CHECKING:
    from audiocli.batch.sound_output import Destination
    from audiocli.batch.texts import Text
    from audiocli.tasks.speak import Speaker, Spoken


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
        typer.Option(
            "--model",
            "-m",
            metavar="NAME",
            help="A name of `audiocli models list`, a folder, or a hub id. Default: hibari.",
            autocompletion=opt.complete_model("speak"),
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
    seed: Annotated[int, typer.Option(min=0, help="Another seed gives another rendering.")] = 0,
    loudness: Annotated[
        float | None,
        typer.Option(
            min=-60.0, max=0.0, metavar="LUFS", help="Bring the speech to this loudness, as -16."
        ),
    ] = None,
    speaker: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE.npy", help="Speaker embedding, for models that ask for one (SpeechT5)."
        ),
    ] = None,
    vocoder: Annotated[
        str | None,
        typer.Option(metavar="NAME", help="Folder or hub id of a vocoder, in place of the usual."),
    ] = None,
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
    """
    context: Context = ctx.obj
    if voices:
        from audiocli.cli.progress import open_store
        from audiocli.tasks.speak_voices import list_voices

        with open_store(context) as store:
            _print_voices(context, list_voices(store))
        raise typer.Exit(ExitCode.OK)
    from audiocli.batch.texts import find_texts
    from audiocli.models.base import Runtime

    texts = find_texts(text or [], file or [], context.stdin)
    coding, renderers = _formats(format or [])
    destination = _destination(context, coding, output, output_dir, play)
    _check_room(destination, renderers, texts)
    waiting = _waiting(context, texts, destination, renderers, overwrite)
    if not waiting:
        raise typer.Exit(ExitCode.OK)
    runtime = Runtime(device=device, threads=threads, verbose=context.verbose)
    chosen = _options(language, voice, speed, seed, speaker)
    run = _Run(
        context=context,
        speaker=_speaker(context, model, vocoder, runtime, chosen),
        destination=destination,
        renderers=renderers,
        layout=Layout(max_line_width=max_line_width, max_lines=max_lines),
        loudness=loudness,
        cloned=speaker,
    )
    raise typer.Exit(run.all(waiting))


# --- what is asked for ---------------------------------------------------------


def _formats(named: Sequence[str]) -> tuple[str | None, list[Renderer]]:
    """Part the formats named into the one of the sound and those of the text beside it."""
    from audiocli.audio.encoder import CODINGS

    sound = [name for name in named if name in CODINGS]
    if len(sound) > 1:
        raise UsageError(f"one sound format at a time, not {' and '.join(sound)}")
    renderers = [render.get(name) for name in named if name not in CODINGS]
    for renderer in renderers:
        if not issubclass(Speech, renderer.accepts):
            raise UsageError(f"{renderer.name} cannot show a {Speech.kind}")
    return (sound[0] if sound else None), renderers


def _destination(
    context: Context, coding: str | None, output: Path | None, output_dir: Path | None, play: bool
) -> Destination:
    from audiocli.batch.sound_output import Destination, choose_coding

    if sum(map(bool, (output, output_dir, play))) > 1:
        raise UsageError("--output, --output-dir and --play exclude each other")
    if output == Path("-"):
        output = None
    elif not (output or output_dir or play) and context.stdout.isatty():
        raise UsageError(
            "sound does not go to a terminal", "--output FILE, --play, or a pipe takes it"
        )
    chosen = choose_coding(coding, output)
    return Destination(coding=chosen, file=output, folder=output_dir, play=play)


def _files(text: Text, destination: Destination, renderers: Sequence[Renderer]) -> list[Path]:
    """The files that come of a text: its sound, and what is said when."""
    path = destination.path_for(text.stem)
    return [path, *(path.with_suffix(f".{r.extension}") for r in renderers)] if path else []


def _check_room(
    destination: Destination, renderers: Sequence[Renderer], texts: Sequence[Text]
) -> None:
    """Refuse what would lie on top of one another, or on a text."""
    if len(texts) > 1 and not destination.folder and not destination.play:
        raise UsageError("several texts need a file each", "--output-dir DIR")
    if renderers and destination.is_pipe:
        raise UsageError(
            f"the sound takes stdout, and {renderers[0].name} needs a place of its own",
            "--output FILE writes the sound, and the text beside it",
        )
    taken = {text.origin.resolve() for text in texts if isinstance(text.origin, Path)}
    for text in texts:
        for path in _files(text, destination, renderers):
            if path.resolve() in taken:
                raise UsageError(f"{path}: would be written twice, or over a text")
            taken.add(path.resolve())


def _waiting(
    context: Context,
    texts: Sequence[Text],
    destination: Destination,
    renderers: Sequence[Renderer],
    overwrite: bool,
) -> list[Text]:
    """List the texts whose files are not all there yet."""
    if overwrite:
        return list(texts)
    if not destination.folder:
        for path in _files(texts[0], destination, renderers):
            if path.is_file():
                raise UsageError(f"{path}: exists already", "--overwrite replaces it")
        return list(texts)
    waiting = [t for t in texts if not all(p.exists() for p in _files(t, destination, renderers))]
    if kept := len(texts) - len(waiting):
        context.warn(f"{kept} of {len(texts)} are done already (--overwrite does them again)")
    return waiting


def _options(
    language: str | None, voice: str | None, speed: float, seed: int, speaker: Path | None
) -> Any:
    from audiocli.models.synthesis import Delivery
    from audiocli.tasks.speak import Options
    from audiocli.tasks.speak_voices import read_speaker

    embedding = read_speaker(speaker) if speaker else None
    return Options(
        language=language.lower() if language else None,
        delivery=Delivery(voice=voice, speed=speed, seed=seed, speaker=embedding),
    )


def _speaker(
    context: Context, model: str | None, vocoder: str | None, runtime: Any, chosen: Any
) -> Speaker:
    from audiocli.cli.progress import open_store
    from audiocli.tasks.speak_voices import load_speaker

    with open_store(context) as store:
        return load_speaker(model, vocoder, chosen, runtime, store)


# --- what is done --------------------------------------------------------------


@dataclass(frozen=True, kw_only=True)
class _Run:
    """Everything that is the same for all texts of a run."""

    context: Context
    speaker: Speaker
    destination: Destination
    renderers: Sequence[Renderer]
    layout: Layout
    loudness: float | None
    cloned: Path | None

    def all(self, texts: Iterable[Text]) -> ExitCode:
        """Say the texts one after another; one that fails does not stop the others."""
        from audiocli.cli.batch import Tally

        tally = Tally(self.context)
        if self.cloned:
            self.context.warn(f"speaking with the voice of {self.cloned}; the file says so")
        for text in texts:
            try:
                self.one(text)
            except AudioCliError as error:
                tally.fail(error)
            else:
                tally.succeed()
        return tally.exit_code

    def one(self, text: Text) -> None:
        """Say a text, and write what was said beside it."""
        from audiocli.batch.sound_output import open_sink

        path = self.destination.path_for(text.stem)
        rate = self.speaker.synthesiser.rate
        segments: list[Segment] = []
        samples = 0
        spoken = self._spoken(text)
        first = next(spoken)  # an error leaves no header on stdout
        pipe = cast(BinaryIO, getattr(self.context.stdout, "buffer", None))
        with open_sink(self.destination, path, pipe, rate, self._tags()) as sink:
            for passage in chain((first,), spoken):
                sink.write(passage.samples)
                segments.append(passage.segment)
                samples += passage.samples.size
        output = str(path) if path else None
        self._describe(
            self.speaker.result(tuple(segments), text.name, samples / rate, output), path
        )

    def _spoken(self, text: Text) -> Iterator[Spoken]:
        spoken = self.speaker.say(text.read(), text.name)
        if self.loudness is None:
            return spoken
        from audiocli.tasks.levelling import levelled

        rate = self.speaker.synthesiser.rate
        return levelled(spoken, rate, self.loudness, self.context.warn)

    def _tags(self) -> dict[str, str]:
        """Say in the file's metadata that nobody said this."""
        from audiocli import __version__

        made = f"synthetic speech, made by audiocli {__version__} with {self.speaker.model.name}"
        likeness = f", in the voice of {self.cloned.name}" if self.cloned else ""
        return {"comment": made + likeness}

    def _describe(self, result: Speech, path: Path | None) -> None:
        """Write what was said when, beside the sound, or to stdout where that is played."""
        for renderer in self.renderers:
            text = renderer.head(Speech) + "".join(renderer.body(result, self.layout))
            if path is None:
                self.context.stdout.write(text)
                continue
            from audiocli.batch.output import atomic_writer

            with atomic_writer(path.with_suffix(f".{renderer.extension}")) as out:
                out.write(text)


def _print_voices(context: Context, found: Iterable[Any]) -> None:
    """Print a line a voice: name, model, languages, licence, whether it is here."""
    for row in found:
        print(*row, sep="\t", file=context.stdout)
