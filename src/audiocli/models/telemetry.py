"""Import libraries that report their use, with that switched off.

A library reads its variable once, while it is imported. So the variable is set for the
import alone, and where nobody else has set it: the environment of the process stays as
it was.
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
    "DO_NOT_TRACK": "1",
}
_LOCK = RLock()


@contextmanager
def telemetry_off() -> Iterator[None]:
    """Tell libraries that are imported meanwhile to report nothing."""
    with _LOCK:
        added = {name: value for name, value in _OFF.items() if name not in os.environ}
        os.environ.update(added)
        try:
            yield
        finally:
            for name in added:
                os.environ.pop(name, None)


def import_silenced(name: str) -> ModuleType:
    """Import a module that reports its use, or that imports one which does."""
    with telemetry_off():
        return import_module(name)


def import_onnxruntime() -> ModuleType:
    """Import ONNX Runtime, its telemetry off; call it before a library that imports it too."""
    return import_silenced("onnxruntime")
