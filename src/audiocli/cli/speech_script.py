"""Read the texts of `audiocli speak`, with lexicons, dialogue voices and word times."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING

from audiocli.context import Context

if TYPE_CHECKING:
    from audiocli.batch.texts import SpeechSource
    from audiocli.models.base import DeviceOptions
    from audiocli.tasks.synthesis.text_to_speech import TextToSpeech
    from audiocli.text.readers.lexicon import Lexicon

_NAME = "audiocli-words.toml"  # lexicon of a project, in the working folder
_USERS = "words.toml"  # lexicon of the user
_SHOWN = 300  # maximum passage length of most models


@dataclass(frozen=True)
class ScriptSettings:
    """Settings for reading texts.

    Attributes
    ----------
    voices : the voice of each name of a dialogue, in lower case
    notes : whether footnotes and endnotes are read
    """

    lexicon: Lexicon
    voices: Mapping[str, str] = field(default_factory=dict)
    notes: bool = False

    @classmethod
    def of(
        cls, context: Context, lexicons: Sequence[Path], voices: str | None, *, notes: bool = False
    ) -> ScriptSettings:
        """Read the lexicons of the user, of the project, and those given; the last one wins.

        Raises
        ------
        InputError : one of them cannot be read
        UsageError : the map of voices is malformed
        """
        from audiocli.text.readers.dialogue import parse_voices
        from audiocli.text.readers.lexicon import read_lexicons

        return cls(
            read_lexicons([*usual_lexicons(context), *lexicons]),
            parse_voices(voices) if voices else {},
            notes,
        )


def usual_lexicons(context: Context) -> tuple[Path, ...]:
    """Return the lexicons of the user and of the project that exist."""
    return tuple(path for path in (_users(context), Path(_NAME)) if path.is_file())


def _users(context: Context) -> Path:
    if configured := context.environ.get("AUDIOCLI_LEXICON"):
        return Path(configured).expanduser()
    from platformdirs import user_config_path

    return user_config_path("audiocli") / _USERS


def show(
    context: Context,
    texts: Sequence[SpeechSource],
    reading: ScriptSettings,
    model: str | None,
    language: str | None,
) -> None:
    """Print the normalized text, one passage per line, without loading a model.

    Raises
    ------
    InputError : a text cannot be read
    """
    from audiocli.text.passages import PassageSplitter, spoken_text
    from audiocli.text.readers.dialogue import with_voices

    spoken = language.lower() if language else ("en" if model is None else _language(model))
    reader = PassageSplitter(
        max_chars=_SHOWN, language=spoken, add_readings=reading.lexicon.add_readings
    )
    for text in texts:
        script = text.script(reading.voices, notes=reading.notes)
        if reading.voices:
            script = with_voices(script, reading.voices, context.warn)
        for passage in reader.passages(script.lines()):
            if words := spoken_text(passage):
                context.print_row(words)


def _language(model: str) -> str | None:
    """Return the language of a registered model that has only one."""
    from audiocli.models import registry

    known = [s for s in registry.registered_specs(lambda _: None) if model in (s.name, *s.aliases)]
    languages = known[0].languages if known else ()
    return languages[0] if len(languages) == 1 else None


def equipped(
    speaker: TextToSpeech,
    reading: ScriptSettings,
    context: Context,
    device_options: DeviceOptions,
    *,
    word_times: bool,
) -> TextToSpeech:
    """Return the model with the lexicon, a finder for voices of other models, and an aligner.

    Raises
    ------
    ModelUnavailable : the alignment model cannot be loaded
    """
    _warn_about_phonemes(speaker, reading, context)
    others: dict[str, TextToSpeech] = {}

    def find_voice(voice: str) -> TextToSpeech:
        if voice not in others:
            others[voice] = _speaking_with(voice, speaker, context, device_options)
        return others[voice]

    aligner = None
    if word_times:
        from audiocli.cli.progress import open_loader

        with open_loader(context, device_options) as loader:
            aligner = loader.auxiliary.model(None, "transcribe").model
    return replace(
        speaker, add_readings=reading.lexicon.add_readings, find_voice=find_voice, aligner=aligner
    )


def _speaking_with(
    voice: str, speaker: TextToSpeech, context: Context, device_options: DeviceOptions
) -> TextToSpeech:
    """Load the model that has a voice."""
    from audiocli.cli.progress import open_loader

    options = speaker.options
    synthesis = replace(options.synthesis.without_cloning(), voice=voice)
    own = replace(options, synthesis=synthesis, reference_file=None, reference_text=None)
    with open_loader(context, device_options) as loader:
        return loader.auxiliary.text_to_speech(None, own)


def _warn_about_phonemes(speaker: TextToSpeech, reading: ScriptSettings, context: Context) -> None:
    entries = reading.lexicon.entries.items()
    unread = [word for word, entry in entries if entry.ipa and not entry.say]
    if unread and not speaker.synthesiser.accepts_phonemes:
        context.warn(
            f"{speaker.model.name} reads no phonemes: {', '.join(unread)} need `say` in the lexicon"
        )
