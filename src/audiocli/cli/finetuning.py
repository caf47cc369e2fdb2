"""Runs `audiocli train --finetune`: trains with checkpoints, writes the model folder."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from audiocli.batch.fine_tuning import FineTuningKind, open_tuner, windowed_example
from audiocli.batch.model_folder import CHECKPOINT, save_encoder, write_model_folder
from audiocli.batch.training_plan import TrainingPlan, training_result, two_labels
from audiocli.cli.batch import recording
from audiocli.cli.progress import open_loader, sound_progress
from audiocli.cli.run_summary import RunSummary
from audiocli.context import Context
from audiocli.errors import input_failure
from audiocli.results import Training

if TYPE_CHECKING:
    from audiocli.batch.labelled import LabelledClip
    from audiocli.tasks.embedding.embedder import SoundEncoder
    from audiocli.tasks.training.fine_tuner import AudioExample


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
    tuner = open_tuner(plan, kind, encoder, examples)
    if tuner.checkpoint:
        context.warn(f"resuming from {checkpoint}")
    outcome = tuner.train(examples, test)
    saved = save_encoder(plan, encoder, store) if kind == "full" else None
    result = training_result(plan, outcome, encoder, summary.failed, clips)
    write_model_folder(plan, outcome, encoder, result, saved)
    checkpoint.unlink(missing_ok=True)
    return result


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
                examples.append(windowed_example(one, sound, encoder))
            except Exception as error:
                summary.fail(input_failure(error, one.input.name))
                progress.settle(one.input, failed=True)
            else:
                progress.update(sum(clip.example.clip.duration for clip in examples))
                progress.settle(one.input)
    return examples
