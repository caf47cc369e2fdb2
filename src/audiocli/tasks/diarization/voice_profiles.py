"""The voice of one person, from recordings of that person."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from audiocli.errors import InputError
from audiocli.models.protocols.speakers import SpeakerCount, SpeakerModel
from audiocli.tasks.diarization.clustering import find_speakers
from audiocli.tasks.diarization.engines import BLOCK, THRESHOLD
from audiocli.tasks.diarization.segmentation import segment_and_embed

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from audiocli.tasks.common.events import Recording

MIN_SPEECH = 0.5  # seconds of speech that say anything of a voice


@dataclass(frozen=True, eq=False)
class VoiceProfile:
    """How somebody sounds.

    Attributes
    ----------
    vector : of unit length, shape (dimension,)
    seconds : of speech it was made from
    speakers : people heard; a voice of several is nobody's
    """

    vector: NDArray[np.float32]
    seconds: float
    speakers: int


def extract_voice(recording: Recording, model: SpeakerModel) -> VoiceProfile:
    """Make a voice from the speech of a recording.

    Raises
    ------
    InputError : it cannot be read, or holds no speech
    """
    with recording.open(model.segmenter.rate) as stream:
        blocks = (block[0] for block in stream.blocks(BLOCK))
        heard = segment_and_embed(blocks, model, lambda _: None)
    seconds = (heard.pieces[:, 3] - heard.pieces[:, 2]) * heard.grid.seconds
    if seconds.sum() < MIN_SPEECH:
        raise InputError(recording.name, "holds too little speech to tell a voice")
    found = find_speakers(heard.vectors, seconds, THRESHOLD, SpeakerCount())
    return VoiceProfile(_unit(seconds @ heard.vectors), float(seconds.sum()), len(found))


def average_voices(voices: Iterable[VoiceProfile]) -> VoiceProfile:
    """Make one voice of several recordings of one person."""
    several = list(voices)
    vector = np.sum([voice.vector * voice.seconds for voice in several], axis=0)
    seconds = sum(voice.seconds for voice in several)
    return VoiceProfile(_unit(vector), seconds, max(voice.speakers for voice in several))


def _unit(vector: NDArray[np.floating[Any]]) -> NDArray[np.float32]:
    unit: NDArray[np.float32] = (vector / np.linalg.norm(vector)).astype(np.float32)
    return unit
