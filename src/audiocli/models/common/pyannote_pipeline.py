"""Load a pyannote pipeline from a folder without running code from the folder.

pyannote imports the classes that `config.yaml` or a checkpoint names, and unpickles
checkpoints without restriction. This module accepts only known keys and class names, and
checkpoints of tensors, plain values and the classes of `_safe_classes`. It passes pyannote a
configuration and checkpoints that contain only these.
"""

from __future__ import annotations

from collections.abc import Mapping
from inspect import signature
from io import BytesIO
from pathlib import Path
from pickle import UnpicklingError
from typing import Any

from audiocli.errors import ModelUnavailable
from audiocli.models.store import hub
from audiocli.models.torch_layer import code_in_weights

PIPELINES = (
    "pyannote.audio.pipelines.SpeakerDiarization",
    "pyannote.audio.pipelines.speaker_diarization.SpeakerDiarization",
)

_KEYS = {"version", "dependencies", "pipeline", "params", "freeze"}
_PARAMETERS = {
    "legacy",
    "segmentation",
    "segmentation_step",
    "segmentation_batch_size",
    "embedding",
    "embedding_exclude_overlap",
    "embedding_batch_size",
    "plda",
    "clustering",
}
_MODELS = ("segmentation", "embedding")
_CHECKPOINT = "pytorch_model.bin"
_ARCHITECTURES = {
    "pyannote.audio.models.segmentation": {"PyanNet"},
    "pyannote.audio.models.embedding": {
        "XVectorSincNet",
        "XVectorMFCC",
        "WeSpeakerResNet34",
        "WeSpeakerResNet152",
        "WeSpeakerResNet221",
        "WeSpeakerResNet293",
    },
}


def open_pipeline(pyannote: Any, folder: Path) -> Any:
    """Return the pipeline of a folder.

    Raises
    ------
    ModelUnavailable : a key or class is not supported, a checkpoint contains other objects
        than weights, or a model named in the configuration is not in the cache
    """
    config = _checked(folder)
    parameters = config["pipeline"]["params"]
    for name in _MODELS:
        if name not in parameters:
            raise _refused(folder, f"names no {name} model")
    files = {name: _checkpoint(folder, parameters[name]) for name in _MODELS}
    if missing := [str(parameters[name]) for name in _MODELS if files[name] is None]:
        raise _elsewhere(folder, missing)
    for name, file in files.items():
        assert file is not None
        parameters[name] = _model(pyannote, file)
    if "plda" in parameters:
        parameters["plda"] = _plda(folder, parameters["plda"])
    return pyannote.Pipeline.from_pretrained(config)


def _checked(folder: Path) -> dict[str, Any]:
    """Read config.yaml; raise an error for unknown keys and names."""
    import yaml

    config = yaml.safe_load((folder / "config.yaml").read_bytes())
    pipeline = config["pipeline"]
    if unknown := set(config) - _KEYS:
        raise _refused(folder, f"has the key {min(map(str, unknown))}, which is not supported")
    if pipeline.get("name") not in PIPELINES or set(pipeline) - {"name", "params"}:
        raise _refused(folder, f"describes {pipeline.get('name')}, which is not supported")
    parameters = pipeline.setdefault("params", {})
    if not isinstance(parameters, dict):
        raise _refused(folder, "has parameters that are not a mapping")
    if unknown := set(parameters) - _PARAMETERS:
        raise _refused(
            folder, f"has the parameter {min(map(str, unknown))}, which is not supported"
        )
    return config  # type: ignore[no-any-return]


def _refused(folder: Path, what: str) -> ModelUnavailable:
    return ModelUnavailable(
        f"{folder.name}: config.yaml {what}",
        f"only {PIPELINES[0]} with its own models is supported",
    )


def _elsewhere(folder: Path, names: list[str]) -> ModelUnavailable:
    return ModelUnavailable(
        f"{folder.name} needs {' and '.join(names)}, which is not downloaded",
        "accept the licence of each on the hub, then hf download each",
    )


def _place(folder: Path, named: Any, file: str) -> Path | None:
    """Return a file of a model that the configuration names by path or hub repository."""
    if isinstance(named, Mapping):
        if set(named) - {"checkpoint", "subfolder", "revision"} or "checkpoint" not in named:
            raise _refused(folder, "names a model in a form that is not supported")
        parts = [named["checkpoint"], named.get("subfolder")]
        named = "/".join(str(part) for part in parts if part)
    if not isinstance(named, str):
        raise _refused(folder, "names a model in a form that is not supported")
    if named.startswith("$model"):
        path = folder / named.removeprefix("$model").lstrip("/")
    else:
        path = Path(named).expanduser()
    if path.is_file():
        return path
    if (path / file).is_file():
        return path / file
    name, _, revision = named.partition("@")
    repo, inside = "/".join(name.split("/")[:2]), "/".join(name.split("/")[2:])
    if named.startswith(("$", ".", "/")) or repo.count("/") != 1:
        return None
    wanted = f"{inside}/{file}" if inside else file
    snapshot = hub.cached(repo, revision or None, [wanted])
    return snapshot / wanted if snapshot else None


def _checkpoint(folder: Path, named: Any) -> Path | None:
    return _place(folder, named, _CHECKPOINT)


def _plda(folder: Path, named: Any) -> str:
    """Return the folder of the PLDA; pyannote reads its files without pickles."""
    place = _place(folder, named, "plda.npz")
    if place is None:
        raise _elsewhere(folder, [str(named)])
    return str(place.parent)


def _model(pyannote: Any, path: Path) -> Any:
    """Load a model from a checkpoint that is reduced to its verified contents."""
    import torch

    checkpoint = _plain_checkpoint(path)
    out = BytesIO()
    torch.save(checkpoint, out)
    out.seek(0)
    return pyannote.Model.from_pretrained(out).eval()


def _plain_checkpoint(path: Path) -> dict[str, Any]:
    import torch

    try:
        with torch.serialization.safe_globals(_safe_classes()):
            whole = torch.load(path, map_location="cpu", weights_only=True)
    except (UnpicklingError, RuntimeError, EOFError) as error:
        raise code_in_weights(path) from error
    try:
        about = whole["pyannote.audio"]
        module, name = about["architecture"]["module"], about["architecture"]["class"]
    except (KeyError, TypeError) as error:
        raise _no_checkpoint(path) from error
    kind = _architecture(path, module, name)
    try:
        known = set(signature(kind.__init__).parameters) - {"self", "task"}
        parameters = whole.get("hyper_parameters", {})
        return {
            "state_dict": whole["state_dict"],
            "hyper_parameters": {k: v for k, v in parameters.items() if k in known},
            "pyannote.audio": {
                name: about[name] for name in ("versions", "architecture", "specifications")
            },
            "pytorch-lightning_version": str(whole.get("pytorch-lightning_version", "2.0.0")),
        }
    except (KeyError, TypeError, AttributeError) as error:
        raise _no_checkpoint(path) from error


def _no_checkpoint(path: Path) -> ModelUnavailable:
    return ModelUnavailable(f"{path} is not a checkpoint of pyannote", "download the model again")


def _architecture(path: Path, module: str, name: str) -> Any:
    """Return the class of a checkpoint if it is one of the supported ones."""
    from importlib import import_module

    for package, classes in _ARCHITECTURES.items():
        if name in classes and (module == package or module.startswith(f"{package}.")):
            kind = getattr(import_module(package), name)
            if kind.__module__ == module or module == package:
                return kind
    raise ModelUnavailable(
        f"{path}: {module}.{name} is not a supported architecture",
        "supported are PyanNet, XVector and WeSpeakerResNet",
    )


def _safe_classes() -> list[Any]:
    """Return the classes that checkpoints may contain; creating them has no side effects."""
    from pyannote.audio.core.task import Problem, Resolution, Specifications
    from torch.torch_version import TorchVersion

    return [Problem, Resolution, Specifications, TorchVersion]
