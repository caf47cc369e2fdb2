"""Runs `audiocli train`: embeds the clips, trains a head, writes the model folder."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from audiocli.batch.model_folder import write_model_folder
from audiocli.batch.training_plan import TrainingPlan, training_result, two_labels, vector_cache
from audiocli.cli.batch import finished
from audiocli.cli.progress import open_loader
from audiocli.cli.run_summary import RunSummary
from audiocli.context import Context
from audiocli.errors import MissingExtra, input_failure
from audiocli.results import Training

if TYPE_CHECKING:
    from audiocli.batch.labelled import LabelledClip
    from audiocli.tasks.embedding.embedder import SoundEncoder
    from audiocli.tasks.training.head_training import Example


def run_training(context: Context, plan: TrainingPlan) -> Training:
    """Embed the clips, fit and judge a head, write the folder.

    Raises
    ------
    UsageError : there is nothing to learn from
    ModelUnavailable : the encoder cannot be had
    """
    from importlib.util import find_spec

    from audiocli.batch.labelled import find_labelled_clips
    from audiocli.tasks.training.fitting import HeadOptions
    from audiocli.tasks.training.head_training import default_head_kind, train_head

    if find_spec("sklearn") is None:
        raise MissingExtra("audiocli train", "train")
    learned_from = two_labels(plan, find_labelled_clips(plan.train, plan.group))
    tested_on = find_labelled_clips(plan.test, plan.group)
    with open_loader(context, plan.device_options) as loader:
        encoder = loader.encoder(plan.model, plan.options)
    summary = RunSummary(context)
    examples = _embedded(context, learned_from, encoder, plan, summary)
    test = _embedded(context, tested_on, encoder, plan, summary)
    kind = plan.head or default_head_kind(examples)
    learned = train_head(examples, test, HeadOptions(kind, plan.balance, plan.seed), plan.folds)
    result = training_result(plan, learned, encoder, summary.failed, learned_from)
    write_model_folder(plan, learned, encoder, result)
    return result


def _embedded(
    context: Context,
    clips: Sequence[LabelledClip],
    encoder: SoundEncoder,
    plan: TrainingPlan,
    summary: RunSummary,
) -> list[Example]:
    """Embed clips, or take their vectors from the cache; those that fail are reported."""
    from audiocli.batch.vector_cache import file_sha256
    from audiocli.tasks.training.head_training import Example

    cache = vector_cache(context.cache_dir / "vectors", encoder, plan)
    hashes, found = {}, {}
    for one in clips:
        path = one.input.path
        assert path is not None
        try:
            hashes[one.input] = file_sha256(path)
        except Exception as error:
            summary.fail(input_failure(error, one.input.name))
            continue
        if kept := cache.get(hashes[one.input]):
            found[one.input] = kept
    waiting = [one.input for one in clips if one.input in hashes and one.input not in found]
    for event in finished(context, waiting, encoder.run, summary):
        found[event.key] = cache.put(hashes[event.key], event.result)
    return [
        Example(one.input.name, found[one.input], one.label, one.group)
        for one in clips
        if one.input in found
    ]
