"""audiocli: turn sound into answers, on the command line or from Python."""

from __future__ import annotations

__version__ = "0.1.0"
