"""The table of made speech: a row a passage, as of any transcript."""

from __future__ import annotations

from audiocli.render.tables.transcript import table

__all__ = ["table"]
