"""What to train, from which clips, and the result of a training."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from audiocli.errors import UsageError
from audiocli.models.base import DeviceOptions
from audiocli.results import Training
from audiocli.tasks.embedding.options import EmbeddingOptions

if TYPE_CHECKING:
    from audiocli.batch.labelled import LabelledClip
    from audiocli.batch.vector_cache import VectorCache
    from audiocli.tasks.embedding.embedder import SoundEncoder
    from audiocli.tasks.training.fitting import HeadKind
    from audiocli.tasks.training.head_training import TrainingOutcome


@dataclass(frozen=True, kw_only=True)
class TrainingPlan:
    """What to train, how, and where to write it.

    Attributes
    ----------
    train, test : folders and tables of labelled clips
    head : None chooses by the number of examples
    finetune : None trains a head on the frozen encoder
    epochs, learning_rate : None takes the defaults of fine-tuning
    """

    train: Sequence[str]
    test: Sequence[str]
    group: str | None
    model: str | None
    options: EmbeddingOptions
    device_options: DeviceOptions
    head: HeadKind | None
    folds: int
    balance: bool
    seed: int
    finetune: Literal["adapter", "full"] | None
    epochs: int | None
    learning_rate: float | None
    output: Path
    overwrite: bool


def two_labels(plan: TrainingPlan, clips: Sequence[LabelledClip]) -> Sequence[LabelledClip]:
    """Return the clips if they have at least two labels.

    Raises
    ------
    UsageError : there are no clips, or only one label
    """
    if len({one.label for one in clips}) > 1:
        return clips
    where = ", ".join(plan.train)
    if not clips:
        raise UsageError(f"{where}: contains no audio", "a folder for each label, clips inside")
    raise UsageError(
        f"{where}: contains only the label {clips[0].label!r}",
        "give two labels or more, such as one called 'other'",
    )


def vector_cache(folder: Path, encoder: SoundEncoder, plan: TrainingPlan) -> VectorCache:
    """Return the cache of the vectors that the encoder computes with the options of the plan."""
    from audiocli.batch.vector_cache import VectorCache

    settings = {
        "model": asdict(encoder.model),
        "options": asdict(encoder.options),
        "compute_type": plan.device_options.compute_type,
    }
    return VectorCache(folder, settings)


def training_result(
    plan: TrainingPlan,
    outcome: TrainingOutcome,
    encoder: SoundEncoder,
    failed: int,
    given: Sequence[LabelledClip],
) -> Training:
    """Return the result of a training, with a warning for each label without a readable clip.

    Parameters
    ----------
    given : the clips, those that could not be read too
    """
    warnings = list(outcome.warnings)
    if lost := sorted({one.label for one in given} - set(outcome.clips.names)):
        warnings.append(f"no clip could be read of: {', '.join(lost)}")
    clips = outcome.clips
    return Training(
        source=str(plan.output),
        duration=sum(clip.duration for clip in clips.clips),
        model=encoder.model,
        parameters={
            **asdict(plan.options),
            "group": plan.group,
            "balance": plan.balance,
            "seed": plan.seed,
        },
        labels=clips.names,
        clips=len(clips),
        failed=failed,
        windows=len(clips.clip_indices),
        groups=len(set(clips.groups.tolist())),
        head=outcome.kind,
        folds=outcome.folds,
        temperature=round(outcome.head.temperature, 4),
        validation=outcome.validation,
        test=outcome.test,
        cautions=tuple(warnings),
        losses=outcome.losses,
    )
