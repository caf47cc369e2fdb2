"""The folder that `audiocli train` writes: a model, its report, and checkpoints before that."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from audiocli.errors import UsageError
from audiocli.results import Training

if TYPE_CHECKING:
    from audiocli.batch.training_plan import TrainingPlan
    from audiocli.models.store.model_store import Store
    from audiocli.tasks.embedding.embedder import SoundEncoder
    from audiocli.tasks.training.head_training import TrainingOutcome

CHECKPOINT = "checkpoint.pt"
REPORT = "report.json"
UNFINISHED = {CHECKPOINT, "encoder", "head.npz", REPORT}  # config.json comes last


def check_replaceable(output: Path, overwrite: bool) -> None:
    """Refuse a folder that holds more than a run that was stopped left, before any work."""
    from audiocli.batch.output import check_writable

    if output.exists() and not overwrite:
        _refuse_other_files(output)
    check_writable(output / "config.json")


def _refuse_other_files(output: Path) -> None:
    left = {path.name for path in output.iterdir()} if output.is_dir() else {""}
    if {name for name in left if not name.endswith(".part")} - UNFINISHED:
        raise UsageError(f"{output}: exists already", "--overwrite replaces the model in it")


def write_model_folder(
    plan: TrainingPlan,
    outcome: TrainingOutcome,
    encoder: SoundEncoder,
    result: Training,
    trained_encoder: dict[str, str | None] | None = None,
) -> None:
    """Write the folder of a trained model; `config.json`, which makes it a model, comes last.

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


def save_encoder(plan: TrainingPlan, encoder: SoundEncoder, store: Store) -> dict[str, str | None]:
    """Save a fine-tuned encoder in the folder of the model; return its name and revision."""
    from audiocli.models import registry
    from audiocli.models.common.transformers_encoders import TransformersEncoder
    from audiocli.models.families.trained import ENCODER

    assert isinstance(encoder.encoder, TransformersEncoder)
    folder = plan.output / ENCODER
    encoder.encoder.model.save_pretrained(folder)
    encoder.encoder.extractor.save_pretrained(folder)
    return {"name": None, "revision": registry.resolve(str(folder), "embed", store).spec.revision}
