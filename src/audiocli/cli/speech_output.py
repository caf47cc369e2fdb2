"""Outputs of `audiocli speak`: the audio, and the transcript beside it."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from audiocli import render
from audiocli.batch.output import check_writable, output_exists
from audiocli.cli.format_choice import refuse_unused_layout, split_names
from audiocli.cli.requests import SubtitleRequest, refuse
from audiocli.context import Context
from audiocli.errors import NO_SUCH_FILE, InputError, UsageError, failing_input
from audiocli.render.base import Renderer
from audiocli.results import Speech

if TYPE_CHECKING:
    from audiocli.batch.sound_output import Destination
    from audiocli.batch.texts import SpeechSource


def formats(named: Sequence[str]) -> tuple[str | None, list[Renderer]]:
    """Split --format into the audio format and the renderers of the transcript.

    Raises
    ------
    UsageError : two audio formats are named, or a format that cannot show speech
    """
    from audiocli.audio.writer import AUDIO_FORMATS

    named = split_names(named)
    sound = [name for name in named if name in AUDIO_FORMATS]
    if len(sound) > 1:
        raise UsageError(f"choose one audio format, not {' and '.join(sound)}")
    renderers = [render.get(name) for name in named if name not in AUDIO_FORMATS]
    for renderer in renderers:
        if not issubclass(Speech, renderer.accepts):
            raise UsageError(f"cannot write {Speech.kind} as {renderer.name}")
    return (sound[0] if sound else None), renderers


def check_layout(
    request: SubtitleRequest, coding: str | None, renderers: Sequence[Renderer]
) -> None:
    """Refuse options that no format follows.

    Raises
    ------
    UsageError : an option needs a format that is not named
    """
    refuse_unused_layout(request.layout_options(), renderers, request.given_fields)
    if not renderers:
        refuse(request, ["word_timestamps"], "requires a transcript format, such as -f json")
    if coding and getattr(request, "play", False):
        raise UsageError(f"--format {coding} does not apply with --play")


def destination(
    context: Context, coding: str | None, output: Path | None, output_dir: Path | None, play: bool
) -> Destination:
    """Return where the audio goes.

    Raises
    ------
    UsageError : several places are named, stdout is a terminal, or no format fits
    """
    from audiocli.audio.writer import AUDIO_FORMATS
    from audiocli.batch.sound_output import Destination, choose_format

    if sum(map(bool, (output, output_dir, play))) > 1:
        raise UsageError("--output, --output-dir and --play exclude each other")
    if output == Path("-"):
        output = None
    elif not (output or output_dir or play) and context.stdout.isatty():
        raise UsageError(
            "audio is not written to a terminal", "use --output FILE, --play or a pipe"
        )
    if play:
        from audiocli.audio.player import require_player

        require_player()
    chosen = choose_format(coding, output)
    found = Destination(format=chosen, file=output, folder=output_dir, play=play)
    if found.is_pipe and not AUDIO_FORMATS[chosen].streams:
        raise UsageError(f"{chosen} cannot be written to a pipe", "--output FILE, or -f mp3")
    return found


def check_mix(destination: Destination, background: Path | None, duck: bool) -> None:
    """Refuse --mix-with and --duck where they do not apply.

    Raises
    ------
    UsageError : the speech is not written to a file, or --mix-with is missing
    InputError : the background does not exist
    """
    if duck and not background:
        raise UsageError("--duck requires --mix-with")
    if not background:
        return
    if not (destination.file or destination.folder):
        raise UsageError("--mix-with requires --output or --output-dir")
    with failing_input(background):
        if not background.is_file():
            raise InputError(background, *NO_SUCH_FILE)


def _files(
    text: SpeechSource, destination: Destination, renderers: Sequence[Renderer]
) -> list[Path]:
    """Return the files of a text: the audio and the transcripts."""
    path = destination.path_for(text.stem)
    return [path, *(path.with_suffix(f".{r.extension}") for r in renderers)] if path else []


def check_paths(
    destination: Destination, renderers: Sequence[Renderer], texts: Sequence[SpeechSource]
) -> None:
    """Refuse outputs that would overwrite one another, or a text.

    Raises
    ------
    UsageError : outputs would overwrite one another or a text, or more files are needed
    """
    if len(texts) > 1 and not destination.folder and not destination.play:
        raise UsageError("several texts need one file each", "--output-dir DIR")
    if renderers and destination.is_pipe:
        raise UsageError(
            f"the audio is written to stdout, so {renderers[0].name} needs a file",
            "--output FILE writes the audio, and the transcript next to it",
        )
    origins = (text.origin for text in texts)
    taken = {_key(origin) for origin in origins if isinstance(origin, Path)}
    for text in texts:
        for path in _files(text, destination, renderers):
            if _key(path) in taken:
                raise UsageError(f"{path}: would be written twice, or over a text")
            taken.add(_key(path))


def _key(path: Path) -> str:
    """Return a key that is equal for two names of one file, on any file system."""
    return os.path.realpath(path).casefold()


def check_file(
    text: SpeechSource, destination: Destination, renderers: Sequence[Renderer], *, overwrite: bool
) -> None:
    """Refuse a single output that exists, unless it is that of an interrupted run.

    Raises
    ------
    UsageError : the output exists
    OutputError : it cannot be written
    """
    from audiocli.batch.speech_journal import unfinished_key

    if destination.file:
        check_writable(destination.file)
    files = _files(text, destination, renderers)
    if overwrite or (files and unfinished_key(files[0])):
        return
    for path in files:
        refuse_to_replace(path)


def refuse_to_replace(path: Path) -> None:
    """Refuse an existing file as output; devices and pipes may be written to.

    Raises
    ------
    UsageError : the file exists
    """
    if output_exists(path) and path.is_file():
        raise UsageError(f"{path}: exists already", "--overwrite replaces it")
