"""Keep one voice in models that speak each passage with a random voice."""

from __future__ import annotations

from dataclasses import replace
from itertools import islice
from typing import TYPE_CHECKING

from audiocli.tasks.synthesis.passages import passage_audio
from audiocli.text.passages import spoken_text

if TYPE_CHECKING:
    from audiocli.tasks.synthesis.text_to_speech import TextToSpeech
    from audiocli.text.script import SpeechScript

MIN_REFERENCE = 1.0  # minimum seconds of a reference recording
MAX_REFERENCE = 15.0  # maximum seconds of a reference recording
_MAX_ATTEMPTS = 3  # passages tried to get a reference of suitable length


def with_consistent_voice(tts: TextToSpeech, script: SpeechScript) -> TextToSpeech:
    """Use the first passage as the reference voice of models that accept a reference.

    The passage is synthesised again for each run, so that an interrupted script continues
    with the same voice.
    """
    synthesis = tts.options.synthesis
    if synthesis.reference_audio is not None or not tts.synthesiser.accepts_reference:
        return tts
    for number, passage in enumerate(islice(tts.passages(script), _MAX_ATTEMPTS)):
        words = spoken_text(passage)
        if not words:
            continue
        as_numbered = replace(synthesis, seed=synthesis.seed + number)
        spoken = passage_audio(tts.synthesiser, passage, as_numbered, 0.0).samples
        if MIN_REFERENCE <= spoken.size / tts.rate <= MAX_REFERENCE:
            with_reference = replace(synthesis, reference_audio=spoken, reference_text=words)
            return replace(tts, options=replace(tts.options, synthesis=with_reference))
    return tts
