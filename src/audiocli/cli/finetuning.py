"""The steps of `audiocli train --finetune`: cut, train with checkpoints, write."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any, Literal

from audiocli.cli.batch import Tally, recording
from audiocli.cli.progress import open_loader, sound_progress
from audiocli.cli.training import Plan, report_of, two_labels, write_folder
from audiocli.context import Context
from audiocli.errors import UsageError, input_failure
from audiocli.results import Training

if TYPE_CHECKING:
    from audiocli.batch.labelled import LabelledClip
    from audiocli.models.store.model_store import Store
    from audiocli.tasks.embedding.embedder import SoundEncoder
    from audiocli.tasks.training.fine_tuner import AudioExample

CHECKPOINT = "checkpoint.pt"
_EPOCHS = {"adapter": 50, "full": 10}
_RATES = {"adapter": 1e-3, "full": 3e-5}


@dataclass(frozen=True, kw_only=True)
class Finetuning:
    """What `--finetune` was asked for; None takes what is usual."""

    kind: Literal["adapter", "full"]
    epochs: int | None
    rate: float | None


def run_finetuning(context: Context, plan: Plan, wanted: Finetuning) -> Training:
    """Train on the sound itself; go on from a checkpoint that a stopped run left.

    Raises
    ------
    UsageError : there is nothing to learn from, or the model cannot be trained so
    ModelUnavailable : the encoder cannot be had
    """
    from audiocli.batch.labelled import find_labelled_clips
    from audiocli.batch.output import atomic_writer
    from audiocli.models.torch_layer import require_extra

    require_extra("torch", "--finetune")
    learned_from = two_labels(plan, find_labelled_clips(plan.learn, plan.group))
    tested_on = find_labelled_clips(plan.test, plan.group)
    with open_loader(context, plan.device_options) as loader:
        encoder = loader.encoder(plan.model, plan.options)
        store = loader.store
    from audiocli.models.common.transformers_encoders import TransformersEncoder
    from audiocli.tasks.training.fine_tuner import FineTuner
    from audiocli.tasks.training.finetuning import FineTuningOptions

    if not isinstance(encoder.encoder, TransformersEncoder):
        raise UsageError(
            f"{encoder.model.name} cannot be fine-tuned",
            "--model names a Wav2Vec2, HuBERT, WavLM or AST checkpoint",
        )
    tally = Tally(context)
    heard = _heard(context, learned_from, encoder, tally)
    test = _heard(context, tested_on, encoder, tally)
    kept = plan.output / CHECKPOINT

    def save(checkpoint: bytes) -> None:
        with atomic_writer(kept, binary=True) as out:
            out.write(checkpoint)

    tuner = FineTuner(
        encoder=encoder.encoder,
        kind=wanted.kind,
        tuning=FineTuningOptions(
            epochs=wanted.epochs or _EPOCHS[wanted.kind],
            learning_rate=wanted.rate or _RATES[wanted.kind],
            seed=plan.seed,
            fingerprint=_fingerprint(plan, wanted, encoder, heard),
        ),
        balance=plan.balance,
        folds=plan.folds,
        checkpoint=kept.read_bytes() if kept.is_file() and not plan.overwrite else None,
        save=save,
    )
    if tuner.checkpoint:
        context.warn(f"going on from {kept}")
    learned = tuner.train(heard, test)
    named = _saved_encoder(plan, encoder, store) if wanted.kind == "full" else None
    result = report_of(plan, learned, encoder, tally.failed, learned_from)
    write_folder(plan, learned, encoder, result, named)
    kept.unlink(missing_ok=True)
    return result


def _heard(
    context: Context, clips: Sequence[LabelledClip], encoder: SoundEncoder, tally: Tally
) -> list[AudioExample]:
    """Decode and cut clips; those that fail are reported."""
    from audiocli.audio.selection import Selection

    heard: list[AudioExample] = []
    with sound_progress(context, [one.input for one in clips]) as progress:
        for one in clips:
            sound = progress.watched(recording(one.input, context, Selection()))
            try:
                heard.append(_cut(one, sound, encoder))
            except Exception as error:
                tally.fail(input_failure(error, one.input.name))
                progress.settle(one.input, failed=True)
            else:
                progress.update(sum(clip.example.clip.duration for clip in heard))
                progress.settle(one.input)
    return heard


def _cut(one: LabelledClip, sound: Any, encoder: SoundEncoder) -> AudioExample:
    """Cut a clip as `classify` will."""
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
    plan: Plan, wanted: Finetuning, encoder: SoundEncoder, heard: Sequence[AudioExample]
) -> str:
    """Tell trainings apart: by the model, the options, and the clips with their labels."""
    examples = [one.example for one in heard]
    told = {
        "model": asdict(encoder.model),
        "options": asdict(plan.options),
        "finetuning": asdict(wanted),
        "plan": [plan.seed, plan.folds, plan.balance],
        "clips": [(one.clip.sha256, one.label, one.group) for one in examples],
    }
    return hashlib.sha256(json.dumps(told, sort_keys=True).encode()).hexdigest()


def _saved_encoder(plan: Plan, encoder: SoundEncoder, store: Store) -> dict[str, str | None]:
    """Save the trained encoder inside the new folder, and say how to ask for it."""
    from audiocli.models import registry
    from audiocli.models.common.transformers_encoders import TransformersEncoder
    from audiocli.models.families.trained import ENCODER

    assert isinstance(encoder.encoder, TransformersEncoder)
    folder = plan.output / ENCODER
    encoder.encoder.model.save_pretrained(folder)
    encoder.encoder.extractor.save_pretrained(folder)
    return {"name": None, "revision": registry.resolve(str(folder), "embed", store).spec.revision}
