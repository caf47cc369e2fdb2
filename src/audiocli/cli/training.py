"""Runs `audiocli train`: embeds the clips, trains a head, writes the model folder."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from audiocli.cli.batch import RunSummary, finished
from audiocli.cli.progress import open_loader
from audiocli.context import Context
from audiocli.errors import MissingExtra, UsageError, input_failure
from audiocli.models.base import DeviceOptions
from audiocli.results import Training
from audiocli.tasks.embedding.options import EmbeddingOptions

if TYPE_CHECKING:
    from audiocli.batch.labelled import LabelledClip
    from audiocli.batch.vector_cache import VectorCache
    from audiocli.tasks.embedding.embedder import SoundEncoder
    from audiocli.tasks.training.fitting import HeadKind
    from audiocli.tasks.training.head_training import Example, TrainingOutcome

REPORT = "report.json"
UNFINISHED = {"checkpoint.pt", "encoder", "head.npz", REPORT}  # config.json comes last


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


def refuse_to_replace(output: Path, overwrite: bool) -> None:
    """Refuse a folder that holds more than a run that was stopped left, before any work."""
    from audiocli.batch.output import check_writable

    if output.exists() and not overwrite:
        _refuse_other_files(output)
    check_writable(output / "config.json")


def _refuse_other_files(output: Path) -> None:
    left = {path.name for path in output.iterdir()} if output.is_dir() else {""}
    if {name for name in left if not name.endswith(".part")} - UNFINISHED:
        raise UsageError(f"{output}: exists already", "--overwrite replaces the model in it")


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
    result = report_of(plan, learned, encoder, summary.failed, learned_from)
    write_folder(plan, learned, encoder, result)
    return result


def two_labels(plan: TrainingPlan, clips: Sequence[LabelledClip]) -> Sequence[LabelledClip]:
    """Refuse clips that leave nothing to tell apart, before any work."""
    if len({one.label for one in clips}) > 1:
        return clips
    where = ", ".join(plan.train)
    if not clips:
        raise UsageError(f"{where}: holds no sound", "a folder for each label, clips inside")
    raise UsageError(
        f"{where}: holds only the label {clips[0].label!r}: nothing to tell apart",
        "give two labels or more, such as one called 'other'",
    )


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

    cache = _cache(context, encoder, plan)
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


def _cache(context: Context, encoder: SoundEncoder, plan: TrainingPlan) -> VectorCache:
    from audiocli.batch.vector_cache import VectorCache

    settings = {
        "model": asdict(encoder.model),
        "options": asdict(encoder.options),
        "compute_type": plan.device_options.compute_type,
    }
    return VectorCache(context.cache_dir / "vectors", settings)


def report_of(
    plan: TrainingPlan,
    outcome: TrainingOutcome,
    encoder: SoundEncoder,
    failed: int,
    given: Sequence[LabelledClip],
) -> Training:
    """Say what training came to.

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


def write_folder(
    plan: TrainingPlan,
    outcome: TrainingOutcome,
    encoder: SoundEncoder,
    result: Training,
    trained_encoder: dict[str, str | None] | None = None,
) -> None:
    """Write the folder; `config.json`, which makes it a model, comes last.

    Parameters
    ----------
    trained_encoder : where the encoder lies, if it is not the one that was given
    """
    from audiocli.batch.output import atomic_writer
    from audiocli.models.common.linear_heads import files_of
    from audiocli.models.registry import stable_name
    from audiocli.schema import dumps

    about: dict[str, Any] = {
        "encoder": trained_encoder
        or {"name": stable_name(encoder.model.name), "revision": encoder.model.revision},
        "layer": encoder.layer,
        "pool": encoder.options.pool,
        "window": encoder.options.window,
    }
    if outcome.layer_weights:
        about["layer_weights"] = outcome.layer_weights
    files = {REPORT: (dumps(result, indent=2) + "\n").encode(), **files_of(outcome.head, about)}
    for name, content in files.items():
        with atomic_writer(plan.output / name, binary=True) as out:
            out.write(content)
