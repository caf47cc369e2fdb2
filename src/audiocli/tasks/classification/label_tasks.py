"""What `classify` can be asked for, and the model that answers when nobody names one."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

ClassificationTaskName = Literal["events", "language", "emotion", "music", "speaker", "gender"]


@dataclass(frozen=True)
class ClassificationTask:
    """One thing to be told of a recording.

    Attributes
    ----------
    model : a name of ours, or a repository of the hub
    description : what it knows, for those who have to fetch it
    label_ranges : first and last label of each run of labels that answer the question;
        empty takes all
    """

    model: str
    description: str = ""
    label_ranges: tuple[tuple[str, str], ...] = ()

    @property
    def is_embedded(self) -> bool:
        """Whether its model can be had without the hub."""
        return "/" not in self.model

    def select_labels(self, labels: Sequence[str]) -> tuple[str, ...]:
        """Those of the model's labels that answer the question."""
        if not self.label_ranges:
            return tuple(labels)
        runs = [(labels.index(first), labels.index(last)) for first, last in self.label_ranges]
        return tuple(label for first, last in runs for label in labels[first : last + 1])


CLASSIFICATION_TASKS: Mapping[ClassificationTaskName, ClassificationTask] = {
    "events": ClassificationTask("yamnet"),
    # AudioSet lists singing, and instruments, genres and moods of music, side by side.
    "music": ClassificationTask(
        "yamnet", label_ranges=(("Singing", "Humming"), ("Music", "Scary music"))
    ),
    "language": ClassificationTask("whisper-base"),
    "emotion": ClassificationTask(
        "superb/wav2vec2-base-superb-er", "neutral, happy, angry or sad, Apache-2.0, 380 MB"
    ),
    "speaker": ClassificationTask(
        "superb/wav2vec2-base-superb-sid", "1251 voices of VoxCeleb1, Apache-2.0, 380 MB"
    ),
    "gender": ClassificationTask(
        "alefiury/wav2vec2-large-xlsr-53-gender-recognition-librispeech",
        "male or female, Apache-2.0, 1.3 GB",
    ),
}
