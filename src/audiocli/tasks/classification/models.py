"""Load the model of a classification task."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from audiocli.errors import ModelUnavailable, UsageError
from audiocli.models import registry
from audiocli.models.base import DeviceOptions
from audiocli.models.protocols.classification import (
    Classifier,
    LanguageIdClassifier,
    ZeroShotClassifier,
)
from audiocli.results import ModelInfo
from audiocli.tasks.classification.classifier import SoundClassifier
from audiocli.tasks.classification.label_tasks import (
    CLASSIFICATION_TASKS,
    ClassificationTask,
    ClassificationTaskName,
)
from audiocli.tasks.classification.options import ClassificationOptions

if TYPE_CHECKING:
    from audiocli.models.store.model_store import Store


@dataclass(frozen=True)
class LoadedClassifier:
    """A classifier for a task.

    Attributes
    ----------
    answer_labels : labels that belong to the task
    """

    classifier: Classifier
    info: ModelInfo
    answer_labels: tuple[str, ...]
    task: ClassificationTaskName

    @property
    def onset(self) -> float:
        """Default score at which an event starts."""
        return 0.3 if self.classifier.multi_label else 0.5

    def with_options(self, options: ClassificationOptions) -> SoundClassifier:
        """Return the classifier of recordings."""
        return SoundClassifier(
            classifier=self.classifier,
            model=self.info,
            options=options,
            task=self.task,
            answer_labels=self.answer_labels,
        )


def load_classifier(
    name: str | None,
    task: ClassificationTaskName,
    device_options: DeviceOptions,
    store: Store,
    labels: Sequence[str] = (),
    prompt: str = "{}",
) -> LoadedClassifier:
    """Load a model by name, or the default model of a task.

    Parameters
    ----------
    labels, prompt : for zero-shot models

    Raises
    ------
    ModelUnavailable : the model is unknown, not available, or does not perform the task
    UsageError : labels for a model with fixed labels, or none for a zero-shot model
    """
    if name is not None:
        loaded = _load(name, task, device_options, store)
    else:
        loaded = _load_default(CLASSIFICATION_TASKS[task], task, device_options, store)
    model, info = loaded
    if isinstance(model, ZeroShotClassifier):
        if not labels:
            raise UsageError(f"{info.name} needs labels", "--labels 'rain,dog barking'")
        model = model.with_labels(labels, prompt)
    elif labels:
        raise UsageError(
            f"{info.name} has {len(model.labels)} fixed labels",
            "--labels-like selects some of them; CLAP models accept any labels",
        )
    answer_labels = (
        tuple(model.labels) if name else CLASSIFICATION_TASKS[task].select_labels(model.labels)
    )
    return LoadedClassifier(model, info, answer_labels, task)


def _load(
    name: str, task: ClassificationTaskName, device_options: DeviceOptions, store: Store
) -> registry.LoadedModel:
    """Load a classifier; the task "language" also accepts a multilingual recogniser."""
    if task == "language" and registry.resolve(name, None, store).family.task == "transcribe":
        recogniser, info = registry.load(name, "transcribe", device_options, store)
        if len(recogniser.languages) < 2:
            raise ModelUnavailable(f"{name} does not detect languages", "-m whisper-base")
        return registry.LoadedModel(LanguageIdClassifier(recogniser), info)
    return registry.load(name, "classify", device_options, store)


def _load_default(
    default: ClassificationTask,
    task: ClassificationTaskName,
    device_options: DeviceOptions,
    store: Store,
) -> registry.LoadedModel:
    try:
        return _load(default.model, task, device_options, store)
    except ModelUnavailable as error:
        if default.is_embedded:
            raise
        raise ModelUnavailable(
            f"--task {task} needs a model from the hub, such as {default.model} "
            f"({default.description}): {error.message}",
            error.hint,
        ) from error
