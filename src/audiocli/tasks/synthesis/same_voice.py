"""One voice from beginning to end, of models that speak each passage as somebody else."""

from __future__ import annotations

from dataclasses import replace
from itertools import islice
from typing import TYPE_CHECKING

from audiocli.models.protocols.synthesis import Reference
from audiocli.tasks.synthesis.passages import utter
from audiocli.text.passages import spoken_text

if TYPE_CHECKING:
    from audiocli.tasks.synthesis.speaker import Speaker
    from audiocli.text.script import SpeechScript

SHORTEST = 1.0  # seconds of a voice that tell anything of it
LONGEST = 15.0  # seconds that a model can go on from
_TRIED = 3  # passages, of which one should be as long


def in_one_voice(speaker: Speaker, script: SpeechScript) -> Speaker:
    """Let a model that can go on from a recording go on from its own first words.

    They are said once more for it, so that a script that was broken off goes on as it began.
    """
    delivery = speaker.options.delivery
    if delivery.reference or not speaker.synthesiser.has_reference:
        return speaker
    for number, passage in enumerate(islice(speaker.passages(script), _TRIED)):
        words = spoken_text(passage)
        if not words:
            continue
        as_numbered = replace(delivery, seed=delivery.seed + number)
        spoken = utter(speaker.synthesiser, passage, as_numbered, 0.0).samples
        if SHORTEST <= spoken.size / speaker.rate <= LONGEST:
            going_on = replace(delivery, reference=Reference(spoken, words))
            return replace(speaker, options=replace(speaker.options, delivery=going_on))
    return speaker
