"""The tasks of `audiocli classify`, and their default models."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

ClassificationTaskName = Literal["events", "language", "emotion", "music", "speaker", "gender"]


@dataclass(frozen=True)
class ClassificationTask:
    """A task with its default model.

    Attributes
    ----------
    model : name in the registry or id on the hub
    description : labels, licence and size of a model from the hub
    label_ranges : first and last label of each range of labels that belong to the task;
        empty takes all labels
    """

    model: str
    description: str = ""
    label_ranges: tuple[tuple[str, str], ...] = ()

    @property
    def is_embedded(self) -> bool:
        """Whether the default model is available without the hub."""
        return "/" not in self.model

    def select_labels(self, labels: Sequence[str]) -> tuple[str, ...]:
        """Return the labels of a model that belong to the task."""
        if not self.label_ranges:
            return tuple(labels)
        runs = [(labels.index(first), labels.index(last)) for first, last in self.label_ranges]
        return tuple(label for first, last in runs for label in labels[first : last + 1])


CLASSIFICATION_TASKS: Mapping[ClassificationTaskName, ClassificationTask] = {
    "events": ClassificationTask("yamnet"),
    # In AudioSet, the labels of singing and of music are consecutive.
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
