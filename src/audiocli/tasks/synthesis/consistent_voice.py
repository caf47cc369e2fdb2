"""One voice from beginning to end, of models that speak each passage as somebody else."""

from __future__ import annotations

from dataclasses import replace
from itertools import islice
from typing import TYPE_CHECKING

from audiocli.tasks.synthesis.passages import passage_audio
from audiocli.text.passages import spoken_text

if TYPE_CHECKING:
    from audiocli.tasks.synthesis.text_to_speech import TextToSpeech
    from audiocli.text.script import SpeechScript

MIN_REFERENCE = 1.0  # seconds of a voice that tell anything of it
MAX_REFERENCE = 15.0  # seconds that a model can go on from
_MAX_ATTEMPTS = 3  # passages, of which one should be as long


def with_consistent_voice(speaker: TextToSpeech, script: SpeechScript) -> TextToSpeech:
    """Let a model that can go on from a recording go on from its own first words.

    They are said once more for it, so that a script that was broken off goes on as it began.
    """
    delivery = speaker.options.delivery
    if delivery.reference_audio is not None or not speaker.synthesiser.accepts_reference:
        return speaker
    for number, passage in enumerate(islice(speaker.passages(script), _MAX_ATTEMPTS)):
        words = spoken_text(passage)
        if not words:
            continue
        as_numbered = replace(delivery, seed=delivery.seed + number)
        spoken = passage_audio(speaker.synthesiser, passage, as_numbered, 0.0).samples
        if MIN_REFERENCE <= spoken.size / speaker.rate <= MAX_REFERENCE:
            going_on = replace(delivery, reference_audio=spoken, reference_text=words)
            return replace(speaker, options=replace(speaker.options, delivery=going_on))
    return speaker
