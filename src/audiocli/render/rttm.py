"""RTTM, the standard format of diarization: a line with start and duration for each turn.

The columns are defined by NIST's Rich Transcription evaluations (RT-09 plan, appendix A).
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import PurePath

from audiocli.escaping import plain
from audiocli.render.base import Layout, Renderer
from audiocli.results import Diarization, Result


class Rttm(Renderer):
    """SPEAKER lines; the file is named without folder and suffix, as scoring tools expect."""

    name = "rttm"
    extension = "rttm"
    accepts = (Diarization,)
    default_for = (Diarization,)
    allows_many = True

    def body(self, result: Result, layout: Layout) -> Iterator[str]:  # noqa: ARG002
        """Yield each line."""
        assert isinstance(result, Diarization)
        recording = _joined(PurePath(result.source).stem)
        for turn in result.turns:
            times = f"{turn.start:.3f} {turn.end - turn.start:.3f}"
            yield f"SPEAKER {recording} 1 {times} <NA> <NA> {_joined(turn.speaker)} <NA> <NA>\n"


def _joined(name: str) -> str:
    return plain(name).replace(" ", "_") or "-"


RENDERER = Rttm()
