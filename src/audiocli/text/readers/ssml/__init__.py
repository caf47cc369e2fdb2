"""Read Speech Synthesis Markup Language."""

from __future__ import annotations

from audiocli.text.readers.ssml.document import read_ssml

__all__ = ["read_ssml"]
