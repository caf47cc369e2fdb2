"""Runs `audiocli train --finetune`: trains with checkpoints, writes the model folder."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from dataclasses import asdict
from typing import TYPE_CHECKING, Any, Literal

from audiocli.cli.batch import RunSummary, recording
from audiocli.cli.progress import open_loader, sound_progress
from audiocli.cli.training import TrainingPlan, report_of, two_labels, write_folder
from audiocli.context import Context
from audiocli.errors import UsageError, input_failure
from audiocli.results import Training

if TYPE_CHECKING:
    from audiocli.batch.labelled import LabelledClip
    from audiocli.models.store.model_store import Store
    from audiocli.tasks.embedding.embedder import SoundEncoder
    from audiocli.tasks.training.fine_tuner import AudioExample, FineTuner

FineTuningKind = Literal["adapter", "full"]
CHECKPOINT = "checkpoint.pt"
_EPOCHS = {"adapter": 50, "full": 10}
_RATES = {"adapter": 1e-3, "full": 3e-5}


def run_finetuning(context: Context, plan: TrainingPlan, kind: FineTuningKind) -> Training:
    """Fine-tune the encoder, or an adapter; resume from the checkpoint of an interrupted run.

    Raises
    ------
    UsageError : the clips have fewer than two labels, or the model cannot be fine-tuned
    ModelUnavailable : the encoder cannot be loaded
    """
    from audiocli.batch.labelled import find_labelled_clips
    from audiocli.models.torch_layer import require_extra

    require_extra("torch", "--finetune")
    clips = two_labels(plan, find_labelled_clips(plan.train, plan.group))
    test_clips = find_labelled_clips(plan.test, plan.group)
    with open_loader(context, plan.device_options) as loader:
        encoder = loader.encoder(plan.model, plan.options)
        store = loader.store
    summary = RunSummary(context)
    examples = _examples(context, clips, encoder, summary)
    test = _examples(context, test_clips, encoder, summary)
    checkpoint = plan.output / CHECKPOINT
    tuner = _tuner(plan, kind, encoder, examples)
    if tuner.checkpoint:
        context.warn(f"resuming from {checkpoint}")
    outcome = tuner.train(examples, test)
    saved = _saved_encoder(plan, encoder, store) if kind == "full" else None
    result = report_of(plan, outcome, encoder, summary.failed, clips)
    write_folder(plan, outcome, encoder, result, saved)
    checkpoint.unlink(missing_ok=True)
    return result


def _tuner(
    plan: TrainingPlan,
    kind: FineTuningKind,
    encoder: SoundEncoder,
    examples: Sequence[AudioExample],
) -> FineTuner:
    """Return the tuner, with the checkpoint of an interrupted run if there is one."""
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
            fingerprint=_fingerprint(plan, encoder, examples),
        ),
        balance=plan.balance,
        folds=plan.folds,
        checkpoint=path.read_bytes() if path.is_file() and not plan.overwrite else None,
        save=save,
    )


def _examples(
    context: Context, clips: Sequence[LabelledClip], encoder: SoundEncoder, summary: RunSummary
) -> list[AudioExample]:
    """Decode clips and cut them into windows; report those that fail."""
    from audiocli.audio.selection import Selection

    examples: list[AudioExample] = []
    with sound_progress(context, [one.input for one in clips]) as progress:
        for one in clips:
            sound = progress.watched(recording(one.input, context, Selection()))
            try:
                examples.append(_windowed(one, sound, encoder))
            except Exception as error:
                summary.fail(input_failure(error, one.input.name))
                progress.settle(one.input, failed=True)
            else:
                progress.update(sum(clip.example.clip.duration for clip in examples))
                progress.settle(one.input)
    return examples


def _windowed(one: LabelledClip, sound: Any, encoder: SoundEncoder) -> AudioExample:
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


def _fingerprint(
    plan: TrainingPlan, encoder: SoundEncoder, examples: Sequence[AudioExample]
) -> str:
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


def _saved_encoder(
    plan: TrainingPlan, encoder: SoundEncoder, store: Store
) -> dict[str, str | None]:
    """Save the fine-tuned encoder in the new folder; return its name and revision."""
    from audiocli.models import registry
    from audiocli.models.common.transformers_encoders import TransformersEncoder
    from audiocli.models.families.trained import ENCODER

    assert isinstance(encoder.encoder, TransformersEncoder)
    folder = plan.output / ENCODER
    encoder.encoder.model.save_pretrained(folder)
    encoder.encoder.extractor.save_pretrained(folder)
    return {"name": None, "revision": registry.resolve(str(folder), "embed", store).spec.revision}
