"""Table of a verification: one line."""

from __future__ import annotations

from rich.text import Text

from audiocli.escaping import plain
from audiocli.results import Verification


def table(result: Verification) -> Text:
    """Return the decision and the similarity."""
    verdict = "the same person as" if result.same_speaker else "another person than"
    sign = "≥" if result.same_speaker else "<"
    figures = f"similarity {result.similarity:.3f} {sign} {result.threshold:.2f}"
    return Text(f"{verdict} {plain(result.other)}  ({figures})")
