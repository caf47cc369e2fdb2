"""Diarization error rate, its parts, and Jaccard error rate; pyannote.metrics counts."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

from audiocli.results import Diarization, Result, Turn
from audiocli.tasks.evaluation.reference import Reference
from audiocli.tasks.evaluation.statistics import Metric, mean, ratio

_PARTS = {
    "missed": "missed detection",
    "false_alarm": "false alarm",
    "confusion": "confusion",
}


@dataclass(frozen=True)
class DiarizationTally:
    """Components of the metrics of one recording, by pyannote.metrics' names.

    Attributes
    ----------
    der, jer : components, in seconds and in speakers
    has_right_count : whether the number of speakers is right
    """

    der: Mapping[str, float]
    jer: Mapping[str, float]
    has_right_count: bool


@dataclass(frozen=True)
class DiarizationScorer:
    """Scores speaker turns by DER and JER over the whole recording.

    Attributes
    ----------
    collar : seconds left out on each side of a reference boundary, as in NIST's md-eval
    skip_overlap : leave out where reference speakers overlap
    """

    collar: float = 0.0
    skip_overlap: bool = False
    of_recording: ClassVar[tuple[str, ...]] = ("der", *_PARTS, "jer", "speaker_count_accuracy")

    def tally(self, reference: Reference, result: Result) -> DiarizationTally:
        """Compare the turns of a recording."""
        from pyannote.core import Segment, Timeline
        from pyannote.metrics.diarization import DiarizationErrorRate, JaccardErrorRate

        assert isinstance(result, Diarization) and reference.turns is not None
        expected, found = _annotation(reference.turns), _annotation(result.turns)
        ends = [turn.end for turn in (*reference.turns, *result.turns)]
        duration = reference.duration or result.duration or max(ends, default=0.0)
        whole = Timeline([Segment(0, duration)])
        # pyannote's collar is the length of both sides together.
        options = {"collar": 2 * self.collar, "skip_overlap": self.skip_overlap}
        der, jer = (
            metric(**options)(expected, found, uem=whole, detailed=True)
            for metric in (DiarizationErrorRate, JaccardErrorRate)
        )
        return DiarizationTally(der, jer, len(expected.labels()) == len(found.labels()))

    def metrics(self, tallies: Sequence[DiarizationTally]) -> list[Metric]:
        """Return DER, its parts, JER, and the share of recordings with the right count."""
        total = [tally.der["total"] for tally in tallies]
        parts = {
            name: [tally.der[component] for tally in tallies] for name, component in _PARTS.items()
        }
        errors = [sum(values) for values in zip(*parts.values(), strict=True)]
        speaker_errors = [tally.jer["speaker error"] for tally in tallies]
        speakers = [tally.jer["speaker count"] for tally in tallies]
        return [
            ratio("der", errors, total),
            *(ratio(name, values, total) for name, values in parts.items()),
            ratio("jer", speaker_errors, speakers),
            mean("speaker_count_accuracy", [float(tally.has_right_count) for tally in tallies]),
        ]


def _annotation(turns: Iterable[Turn]) -> Any:
    from pyannote.core import Annotation, Segment

    made = Annotation()
    for number, turn in enumerate(turns):
        if turn.end > turn.start:
            made[Segment(turn.start, turn.end), number] = turn.speaker
    return made
