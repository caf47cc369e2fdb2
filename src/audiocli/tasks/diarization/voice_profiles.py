"""Compute the voice of a person from recordings."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from audiocli.errors import InputError, failing_input
from audiocli.models.protocols.speakers import SpeakerCount, SpeakerModel
from audiocli.tasks.diarization.clustering import find_speakers
from audiocli.tasks.diarization.engines import BLOCK, THRESHOLD
from audiocli.tasks.diarization.segmentation import segment_and_embed

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from audiocli.tasks.common.events import Recording

MIN_SPEECH = 0.5  # minimum seconds of speech for a voice


@dataclass(frozen=True, eq=False)
class VoiceProfile:
    """The voice of a person.

    Attributes
    ----------
    vector : of unit length, shape (dimension,)
    seconds : seconds of speech that it was computed from
    speakers : number of speakers found in the recording
    """

    vector: NDArray[np.float32]
    seconds: float
    speakers: int


def extract_voice(recording: Recording, model: SpeakerModel) -> VoiceProfile:
    """Compute a voice from the speech of a recording.

    Raises
    ------
    InputError : the recording cannot be read, or has too little speech
    """
    with failing_input(recording.name), recording.open(model.segmenter.rate) as stream:
        blocks = (block[0] for block in stream.blocks(BLOCK))
        segmented = segment_and_embed(blocks, model, lambda _: None)
    seconds = (segmented.spans[:, 3] - segmented.spans[:, 2]) * segmented.grid.seconds
    if seconds.sum() < MIN_SPEECH:
        problem = "has too little speech for a voice print"
        raise InputError(recording.name, problem, f"at least {MIN_SPEECH:g} s are needed")
    found = find_speakers(segmented.vectors, seconds, THRESHOLD, SpeakerCount())
    return VoiceProfile(_unit(seconds @ segmented.vectors), float(seconds.sum()), len(found))


def average_voices(voices: Iterable[VoiceProfile]) -> VoiceProfile:
    """Average the voices of several recordings of one person."""
    several = list(voices)
    vector = np.sum([voice.vector * voice.seconds for voice in several], axis=0)
    seconds = sum(voice.seconds for voice in several)
    return VoiceProfile(_unit(vector), seconds, max(voice.speakers for voice in several))


def _unit(vector: NDArray[np.floating[Any]]) -> NDArray[np.float32]:
    unit: NDArray[np.float32] = (vector / np.linalg.norm(vector)).astype(np.float32)
    return unit
