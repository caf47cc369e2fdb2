"""audiocli: turn sound into answers, on the command line or from Python.

>>> import audiocli
>>> audiocli.transcribe("talk.mp3").text
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

__version__ = "0.1.0"

if TYPE_CHECKING:
    from audiocli.api import classify, diarize, embed, features, transcribe
    from audiocli.tasks.visualization.spectrogram import spectrogram

__all__ = ["__version__", "classify", "diarize", "embed", "features", "spectrogram", "transcribe"]

_HOMES = {
    **dict.fromkeys(("classify", "diarize", "embed", "features", "transcribe"), "audiocli.api"),
    "spectrogram": "audiocli.tasks.visualization.spectrogram",
}


def __getattr__(name: str) -> Any:
    """Import the API when it is first used: `import audiocli` costs nothing."""
    if name in _HOMES:
        from importlib import import_module

        return getattr(import_module(_HOMES[name]), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
