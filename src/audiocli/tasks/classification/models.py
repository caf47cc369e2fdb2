"""From a name, or a task alone, to a classifier that is ready to run."""

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
from audiocli.tasks.classification.label_tasks import (
    CLASSIFICATION_TASKS,
    ClassificationTask,
    ClassificationTaskName,
)

if TYPE_CHECKING:
    from audiocli.models.store.model_store import Store


@dataclass(frozen=True)
class LoadedClassifier:
    """A classifier for a task.

    Attributes
    ----------
    answer_labels : the labels that answer the question
    """

    classifier: Classifier
    info: ModelInfo
    answer_labels: tuple[str, ...]

    @property
    def onset(self) -> float:
        """The score at which an event sets in, where the user names none."""
        return 0.3 if self.classifier.multi_label else 0.5


def load_classifier(
    name: str | None,
    task: ClassificationTaskName,
    device_options: DeviceOptions,
    store: Store,
    labels: Sequence[str] = (),
    prompt: str = "{}",
) -> LoadedClassifier:
    """Load the model named, else the one of the task.

    Parameters
    ----------
    labels, prompt : for models that take any labels

    Raises
    ------
    ModelUnavailable : it cannot be had, or cannot perform the task
    UsageError : labels for a model that has its own, or none for one that has not
    """
    if name is not None:
        loaded = _load(name, task, device_options, store)
    else:
        loaded = _load_default(CLASSIFICATION_TASKS[task], task, device_options, store)
    model, info = loaded
    if isinstance(model, ZeroShotClassifier):
        if not labels:
            raise UsageError(f"{info.name} has no labels of its own", "--labels 'rain,dog barking'")
        model = model.with_labels(labels, prompt)
    elif labels:
        raise UsageError(
            f"{info.name} knows only its own {len(model.labels)} labels",
            "--labels-like chooses among them; CLAP models take any",
        )
    answer_labels = (
        tuple(model.labels) if name else CLASSIFICATION_TASKS[task].select_labels(model.labels)
    )
    return LoadedClassifier(model, info, answer_labels)


def _load(
    name: str, task: ClassificationTaskName, device_options: DeviceOptions, store: Store
) -> registry.LoadedModel:
    """Load a classifier; for languages, a recogniser of speech that tells them will do."""
    if task == "language" and registry.resolve(name, None, store).family.task == "transcribe":
        recogniser, info = registry.load(name, "transcribe", device_options, store)
        if len(recogniser.languages) < 2:
            raise ModelUnavailable(f"{name} does not tell languages apart", "-m whisper-base")
        return registry.LoadedModel(LanguageIdClassifier(recogniser), info)
    return registry.load(name, "classify", device_options, store)


def _load_default(
    task_model: ClassificationTask,
    task: ClassificationTaskName,
    device_options: DeviceOptions,
    store: Store,
) -> registry.LoadedModel:
    try:
        return _load(task_model.model, task, device_options, store)
    except ModelUnavailable as error:
        if task_model.is_embedded:
            raise
        raise ModelUnavailable(
            f"--task {task} needs a model from the hub, such as {task_model.model} "
            f"({task_model.description}): {error.message}",
            error.hint,
        ) from error
