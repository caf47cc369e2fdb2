"""Import torch, torchaudio, transformers and pyannote.audio safely.

The torchaudio wheel on the package index is linked against CUDA. With a CPU build of
torch, `import torchaudio` raises OSError (RuntimeError if the CUDA versions differ), and
transformers and pyannote, which import it if it is installed, fail with it. All code of
audiocli imports these packages through this module.

Only a few functions need the compiled extension of torchaudio (`forced_align`, the RNN-T
loss, the CUDA CTC decoder). Without it, resampling, spectrograms, mel filters, MFCC and
`compliance.kaldi` still work.
"""

from __future__ import annotations

import functools
import json
import os
import sys
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from pickle import UnpicklingError
from threading import Lock
from types import ModuleType
from typing import TYPE_CHECKING, Any

from audiocli.errors import MissingExtra, ModelUnavailable, UsageError
from audiocli.models.telemetry import import_silenced

if TYPE_CHECKING:
    from audiocli.models.base import DeviceOptions

_EXTRAS = {
    "torch": ("torch", "torchaudio", "transformers"),
    "diarize": ("torch", "torchaudio", "pyannote.audio"),
}
_NOISY = ("torch", "torchaudio", "transformers", "pyannote", "lightning", "pytorch_lightning")


def require_extra(extra: str, what: str) -> None:
    """Raise `MissingExtra` unless the packages of an optional extra are installed.

    Parameters
    ----------
    extra : "torch" or "diarize"
    what : the model or feature that needs it, for the message
    """
    if not all(_is_installed(module) for module in _EXTRAS[extra]):
        raise MissingExtra(what, extra)


def import_torch(*, verbose: bool = True) -> ModuleType:
    """Import torch; suppress library warnings unless `verbose`."""
    _hush_warnings(verbose)
    return import_module("torch")


def import_torchaudio(*, verbose: bool = True) -> ModuleType:
    """Import torchaudio; replace its compiled extension if that cannot be loaded."""
    import_torch(verbose=verbose)
    try:
        return import_module("torchaudio")
    except (OSError, RuntimeError):
        for name in [n for n in sys.modules if n == "torchaudio" or n.startswith("torchaudio.")]:
            del sys.modules[name]
        sys.modules["torchaudio._extension"] = _extension_stub()
        return import_module("torchaudio")


def import_transformers(*, verbose: bool = True) -> ModuleType:
    """Import transformers without its log messages, after a safe import of torchaudio."""
    import_torchaudio(verbose=verbose)
    transformers = import_silenced("transformers")
    if not verbose:
        transformers.logging.set_verbosity_error()
        transformers.logging.disable_progress_bar()
    return transformers


def pretrained(kind: Any, folder: Path, **options: Any) -> Any:
    """Load a transformers object from a folder without running code from the folder.

    All calls of `from_pretrained` go through here. Without `trust_remote_code=False`,
    transformers asks on stdout whether to run custom code.

    Parameters
    ----------
    kind : class with a `from_pretrained` method

    Raises
    ------
    ModelUnavailable : the checkpoint needs custom code, or its weights are a pickle that
        contains objects other than tensors
    """
    _refuse_kernels(folder)
    try:
        return kind.from_pretrained(
            folder, trust_remote_code=False, local_files_only=True, **options
        )
    except ValueError as error:
        if "trust_remote_code" not in str(error):
            raise
        raise ModelUnavailable(
            f"{folder.name} needs Python code of its own, and audiocli runs no code of a model",
            "choose a checkpoint of an architecture that transformers has",
        ) from error
    except UnpicklingError as error:
        raise code_in_weights(folder) from error


def code_in_weights(path: Path) -> ModelUnavailable:
    """Return the error for pickled weights that are damaged or would run code."""
    return ModelUnavailable(
        f"{path.name}: the weights are damaged or hold more than tensors, "
        "and audiocli runs no code of a model",
        "choose a checkpoint with safetensors weights",
    )


def _refuse_kernels(folder: Path) -> None:
    """Refuse configurations that make transformers import other code: peft, hub kernels."""
    if (folder / "adapter_config.json").is_file():
        raise ModelUnavailable(
            f"{folder.name} is an adapter of peft, not a model", "merge it into its base model"
        )
    for path in folder.glob("*config.json"):
        try:
            config = json.loads(path.read_bytes())
        except (OSError, ValueError, RecursionError):
            continue  # transformers raises its own error
        if _names_kernel(config):
            raise ModelUnavailable(
                f"{folder.name}: {path.name} names a kernel to be fetched and run, "
                "and audiocli runs no code of a model",
                "delete attn_implementation from it",
            )


def _names_kernel(config: Any) -> bool:
    """Return whether a config names a hub repository as attention implementation."""
    if isinstance(config, list):
        return any(map(_names_kernel, config))
    if not isinstance(config, dict):
        return False
    return any(
        ("attn_implementation" in key and "/" in str(value)) or _names_kernel(value)
        for key, value in config.items()
    )


def loader_of(name: str) -> Callable[[Path, DeviceOptions], Any]:
    """Return a `Family.load` that loads a checkpoint with a class of transformers."""

    def load(folder: Path, device_options: DeviceOptions) -> Any:
        transformers: Any = import_transformers(verbose=device_options.library_messages)
        return pretrained(getattr(transformers, name), folder).eval()

    return load


def import_pyannote(*, verbose: bool = True) -> ModuleType:
    """Import pyannote.audio without telemetry, after a safe import of torchaudio."""
    # pyannote reads it on every call, and sets it to true at import if it is unset.
    os.environ.setdefault("PYANNOTE_METRICS_ENABLED", "0")
    import_torchaudio(verbose=verbose)
    return import_silenced("pyannote.audio")


def set_threads(device_options: DeviceOptions) -> None:
    """Set the number of CPU threads of torch, if one is given."""
    if device_options.threads:
        torch: Any = import_torch(verbose=device_options.library_messages)
        torch.set_num_threads(device_options.threads)


def pick_device(device: str) -> str:
    """Return the torch device; `auto` selects CUDA, else MPS, else the CPU.

    Raises
    ------
    UsageError : torch does not find the device
    """
    torch: Any = import_torch()
    here = {"cuda": torch.cuda.is_available, "mps": torch.backends.mps.is_available}
    if device == "auto":
        return next((name for name, is_here in here.items() if is_here()), "cpu")
    kind = device.partition(":")[0]  # as in cuda:1
    if kind in here and not here[kind]():
        raise UsageError(f"torch finds no {kind} device on this machine", "--device auto")
    return device


class _HubSwitch:
    """Count the active loads that disable the hub, so that loads may overlap in threads."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._users = 0
        self._before = False

    def off(self) -> None:
        from huggingface_hub import constants

        with self._lock:
            if not self._users:
                self._before, constants.HF_HUB_OFFLINE = constants.HF_HUB_OFFLINE, True
            self._users += 1

    def restore(self) -> None:
        from huggingface_hub import constants

        with self._lock:
            self._users -= 1
            if not self._users:
                constants.HF_HUB_OFFLINE = self._before


_HUB_SWITCH = _HubSwitch()


@contextmanager
def hub_switched_off() -> Iterator[None]:
    """Disable the hub while libraries load a folder that has already been verified.

    Some libraries look up names from a config file on the hub, at no pinned revision.
    HF_HUB_OFFLINE is read from the environment only at import, so the constant of
    huggingface_hub is set.
    """
    _HUB_SWITCH.off()
    try:
        yield
    finally:
        _HUB_SWITCH.restore()


def _is_installed(module: str) -> bool:
    try:
        return find_spec(module) is not None
    except ModuleNotFoundError:  # the parent package of a dotted name
        return False


def _hush_warnings(verbose: bool) -> None:
    """Suppress deprecation and similar warnings of the libraries."""
    if not verbose:
        for library in _NOISY:
            warnings.filterwarnings("ignore", module=rf"{library}(\.|$)")


def _extension_stub() -> ModuleType:
    """Return a module that reports that torchaudio was built without its extension."""
    stub: Any = ModuleType("torchaudio._extension")
    stub._IS_TORCHAUDIO_EXT_AVAILABLE = False
    stub.fail_if_no_align = _unavailable
    return stub  # type: ignore[no-any-return]


def _unavailable(function: Callable[..., Any]) -> Callable[..., Any]:
    @functools.wraps(function)
    def refuse(*_args: Any, **_options: Any) -> Any:
        raise RuntimeError(f"{function.__name__}: torchaudio's compiled part does not fit torch")

    return refuse
