"""Import libraries with their telemetry disabled.

The libraries read these environment variables once, at import. The variables are set only
during the import, unless they are already set, and removed afterwards.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from importlib import import_module
from threading import RLock
from types import ModuleType

_OFF = {
    "ORT_DISABLE_TELEMETRY": "1",  # ONNX Runtime: a device id, an event store, uploads
    "HF_HUB_DISABLE_TELEMETRY": "1",  # huggingface-hub, and transformers through it
    "HF_UPDATE_DOWNLOAD_COUNTS": "0",  # datasets: a request for each dataset that is opened
    "DO_NOT_TRACK": "1",
}
_LOCK = RLock()


@contextmanager
def telemetry_off() -> Iterator[None]:
    """Disable the telemetry of libraries that are imported inside the context."""
    with _LOCK:
        added = {name: value for name, value in _OFF.items() if name not in os.environ}
        os.environ.update(added)
        try:
            yield
        finally:
            for name in added:
                os.environ.pop(name, None)


def import_silenced(name: str) -> ModuleType:
    """Import a module with the telemetry of it and its dependencies disabled."""
    with telemetry_off():
        return import_module(name)


def import_onnxruntime() -> ModuleType:
    """Import ONNX Runtime without telemetry; call it before importing libraries that use it."""
    # If a signal interrupts native code that imports NumPy, it prints a traceback.
    import numpy  # noqa: F401

    return import_silenced("onnxruntime")
