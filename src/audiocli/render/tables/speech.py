"""Table of synthesized speech: that of its transcript."""

from __future__ import annotations

from audiocli.render.tables.transcript import table

__all__ = ["table"]
