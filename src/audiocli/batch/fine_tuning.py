"""Fine-tuning that is resumed from a checkpoint in the folder of the model."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from dataclasses import asdict
from typing import TYPE_CHECKING, Any, Literal

from audiocli.batch.model_folder import CHECKPOINT
from audiocli.errors import UsageError

if TYPE_CHECKING:
    from audiocli.batch.labelled import LabelledClip
    from audiocli.batch.training_plan import TrainingPlan
    from audiocli.tasks.embedding.embedder import SoundEncoder
    from audiocli.tasks.training.fine_tuner import AudioExample, FineTuner

FineTuningKind = Literal["adapter", "full"]
_EPOCHS = {"adapter": 50, "full": 10}
_RATES = {"adapter": 1e-3, "full": 3e-5}


def open_tuner(
    plan: TrainingPlan,
    kind: FineTuningKind,
    encoder: SoundEncoder,
    examples: Sequence[AudioExample],
) -> FineTuner:
    """Return the tuner, with the checkpoint of an interrupted run if there is one.

    Raises
    ------
    UsageError : the encoder cannot be fine-tuned
    """
    from audiocli.batch.output import atomic_writer
    from audiocli.models.common.transformers_encoders import TransformersEncoder
    from audiocli.tasks.training.fine_tuner import FineTuner
    from audiocli.tasks.training.finetuning import FineTuningOptions

    if not isinstance(encoder.encoder, TransformersEncoder):
        raise UsageError(
            f"{encoder.model.name} cannot be fine-tuned",
            "--model names a Wav2Vec2, HuBERT, WavLM or AST checkpoint",
        )
    path = plan.output / CHECKPOINT

    def save(checkpoint: bytes) -> None:
        with atomic_writer(path, binary=True) as out:
            out.write(checkpoint)

    return FineTuner(
        encoder=encoder.encoder,
        kind=kind,
        tuning=FineTuningOptions(
            epochs=plan.epochs or _EPOCHS[kind],
            learning_rate=plan.learning_rate or _RATES[kind],
            seed=plan.seed,
            fingerprint=fingerprint(plan, encoder, examples),
        ),
        balance=plan.balance,
        folds=plan.folds,
        checkpoint=path.read_bytes() if path.is_file() and not plan.overwrite else None,
        save=save,
    )


def windowed_example(one: LabelledClip, sound: Any, encoder: SoundEncoder) -> AudioExample:
    """Cut a clip into the windows that `classify` uses."""
    import numpy as np

    from audiocli.batch.vector_cache import file_sha256
    from audiocli.tasks.training.clips import EmbeddedClip
    from audiocli.tasks.training.fine_tuner import AudioExample
    from audiocli.tasks.training.head_training import Example

    assert one.input.path is not None
    digest = file_sha256(one.input.path)
    *items, end = encoder.windowing.windows([sound])
    if end.error:
        raise end.error
    clip = EmbeddedClip(
        sha256=digest,
        duration=end.end - end.start,
        starts=np.array([item.start for item in items]),
        ends=np.array([item.end for item in items]),
        vectors=np.zeros((len(items), 0), np.float32),
    )
    windows = tuple(item.window.samples for item in items if item.window)
    return AudioExample(Example(one.input.name, clip, one.label, one.group), windows)


def fingerprint(plan: TrainingPlan, encoder: SoundEncoder, examples: Sequence[AudioExample]) -> str:
    """Return a hash of the model, the options, and the clips with their labels."""
    labelled = [one.example for one in examples]
    settings = {
        "model": asdict(encoder.model),
        "options": asdict(plan.options),
        "finetuning": [plan.finetune, plan.epochs, plan.learning_rate],
        "plan": [plan.seed, plan.folds, plan.balance],
        "clips": [(one.clip.sha256, one.label, one.group) for one in labelled],
    }
    return hashlib.sha256(json.dumps(settings, sort_keys=True).encode()).hexdigest()
