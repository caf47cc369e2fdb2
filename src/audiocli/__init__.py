"""Audio analysis on the command line and from Python.

>>> import audiocli
>>> audiocli.transcribe("talk.mp3").text
"""

from __future__ import annotations

__version__ = "0.1.0"

TYPE_CHECKING = False  # without an import, so that little is left in which Ctrl-C is a traceback
if TYPE_CHECKING:
    from typing import Any

    from audiocli.api import (
        classify,
        diarize,
        embed,
        features,
        load,
        spectrogram,
        transcribe,
        write,
    )

__all__ = [
    "__version__",
    "classify",
    "diarize",
    "embed",
    "features",
    "load",
    "spectrogram",
    "transcribe",
    "write",
]


def __getattr__(name: str) -> Any:
    """Import the API when it is first used: `import audiocli` costs nothing."""
    if name in __all__:
        from importlib import import_module

        return getattr(import_module("audiocli.api"), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
