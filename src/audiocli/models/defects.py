"""Distinguish programming errors from models that cannot be loaded."""

from __future__ import annotations

from pathlib import Path
from types import TracebackType

_PACKAGE = Path(__file__).parents[1]
# KeyError, ValueError and OSError are not listed: damaged model files cause them.
_DEFECTS = (AssertionError, AttributeError, NameError, NotImplementedError, TypeError)


def is_defect(error: Exception) -> bool:
    """Return whether an error of `Family.load` is a defect of audiocli.

    A defect is a programming error raised in a frame of this package. Errors raised in
    libraries do not count, because libraries raise them for damaged checkpoints too.
    """
    if isinstance(error, ImportError):
        return bool(error.name) and str(error.name).partition(".")[0] == _PACKAGE.name
    return isinstance(error, _DEFECTS) and _raised_by_us(error.__traceback__)


def _raised_by_us(traceback: TracebackType | None) -> bool:
    """Return whether the innermost frame is in this package."""
    if traceback is None:
        return False
    while traceback.tb_next is not None:
        traceback = traceback.tb_next
    return _PACKAGE in Path(traceback.tb_frame.f_code.co_filename).parents
