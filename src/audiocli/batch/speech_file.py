"""The audio file of synthesized speech: its metadata, loudness, background and chapters."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO, cast

from audiocli.batch.sound_output import Destination, chapters_of, open_output
from audiocli.batch.speech_mix import open_mix

if TYPE_CHECKING:
    from audiocli.batch.speech_journal import SpeechJournal
    from audiocli.tasks.synthesis.text_to_speech import TextToSpeech
    from audiocli.text.script import SpeechScript


def speech_tags(model: TextToSpeech, script: SpeechScript) -> dict[str, str]:
    """Return the metadata of a file, which marks it as synthetic speech."""
    from audiocli import __version__

    reference = model.options.reference_file
    cloned = f", voice cloned from {reference.name}" if reference else ""
    name = model.model.name
    if (folder := Path(name)).is_dir():
        name = folder.resolve().name  # without the path on this machine
    made = f"made by audiocli {__version__} with {name}"
    return {**script.tags, "comment": f"synthetic speech{cloned}, {made}"}


def write_speech(
    journal: SpeechJournal,
    path: Path,
    destination: Destination,
    rate: int,
    tags: Mapping[str, str],
    *,
    loudness: float | None,
    background: Path | None,
    duck: bool,
    warn: Callable[[str], None],
    before_replace: Callable[[Path], None],
) -> None:
    """Write the audio file of a finished journal.

    Parameters
    ----------
    rate : of the speech, in Hz
    loudness : target in LUFS; None leaves it as it is
    background : recording to mix the speech into
    duck : whether the level of the background is lowered during speech
    warn : takes one line if the target loudness is not reached
    before_replace : see `atomic_writer`

    Raises
    ------
    InputError : the background cannot be decoded
    OutputError : the file cannot be written
    """
    blocks = journal.blocks()
    if loudness is not None:
        from audiocli.tasks.synthesis.loudness import gain_for_loudness

        blocks = gain_for_loudness(journal.blocks, rate, loudness, warn).applied(blocks, rate)
    title = tags.get("title", path.stem)
    chapters = chapters_of(journal.chapters(rate), journal.samples / rate, title)
    spoken = [(s.start, s.end) for s in journal.segments()] if duck else []
    pipe = cast(BinaryIO, None)
    with (
        open_mix(background, blocks, rate, spoken) as mix,
        open_output(
            destination, path, pipe, mix.rate, tags, chapters, mix.channels, before_replace
        ) as sink,
    ):
        for block in mix.blocks:
            sink.write(block)
