"""DER and JER are those of pyannote.metrics over all recordings together."""

from __future__ import annotations

from typing import Any

import pytest
from pyannote.core import Annotation, Segment, Timeline
from pyannote.metrics.diarization import DiarizationErrorRate, JaccardErrorRate

from audiocli.results import Diarization, ModelInfo, Turn
from audiocli.tasks.evaluation.reference import Reference
from audiocli.tasks.evaluation.speaker_errors import DiarizationScorer

Spans = list[tuple[float, float, str]]
CASES: list[tuple[Spans, Spans, float]] = [
    (
        [(0.0, 4.0, "a"), (3.5, 8.0, "b"), (9.0, 12.0, "a")],
        [(0.2, 4.4, "x"), (4.4, 8.1, "y"), (8.9, 12.0, "y")],
        14.0,
    ),
    ([(1.0, 5.0, "a")], [(1.0, 3.0, "x"), (3.0, 6.0, "y")], 7.0),
    ([(0.5, 2.0, "a"), (2.0, 3.0, "b")], [], 3.0),
]


def turns(spans: Spans) -> tuple[Turn, ...]:
    return tuple(Turn(start=start, end=end, speaker=name) for start, end, name in spans)


def annotation(spans: Spans) -> Any:
    made = Annotation()
    for number, (start, end, name) in enumerate(spans):
        made[Segment(start, end), number] = name
    return made


@pytest.mark.parametrize(("collar", "skip_overlap"), [(0.0, False), (0.25, False), (0.1, True)])
def test_rates_are_those_of_pyannote(collar: float, skip_overlap: bool) -> None:
    scorer = DiarizationScorer(collar, skip_overlap)
    options: Any = {"collar": 2 * collar, "skip_overlap": skip_overlap}
    der, jer = DiarizationErrorRate(**options), JaccardErrorRate(**options)
    tallies = []
    for expected, found, duration in CASES:
        reference = Reference(name="x", turns=turns(expected))
        result = Diarization(
            source="x", duration=duration, model=ModelInfo("m"), turns=turns(found)
        )
        tallies.append(scorer.tally(reference, result))
        whole = Timeline([Segment(0, duration)])
        for metric in (der, jer):
            metric(annotation(expected), annotation(found), uem=whole)
    got = {metric.name: metric.value(len(CASES)) for metric in scorer.metrics(tallies)}
    total = der["total"]
    assert got == {
        "der": pytest.approx(abs(der)),
        "missed": pytest.approx(der["missed detection"] / total),
        "false_alarm": pytest.approx(der["false alarm"] / total),
        "confusion": pytest.approx(der["confusion"] / total),
        "jer": pytest.approx(abs(jer)),
        "speaker_count_accuracy": pytest.approx(1 / 3),
    }


def test_a_collar_is_left_out_on_each_side() -> None:
    """A boundary that is 0.2 s off is right within a collar of 0.2 s, not of 0.15 s."""
    reference = Reference(name="x", turns=turns([(1.0, 5.0, "a")]))
    result = Diarization(
        source="x", duration=8.0, model=ModelInfo("m"), turns=turns([(1.2, 5.2, "x")])
    )
    rates = [
        (scorer := DiarizationScorer(collar)).metrics([scorer.tally(reference, result)])[0].value(1)
        for collar in (0.2, 0.15)
    ]
    assert rates[0] == pytest.approx(0.0, abs=1e-9) and rates[1] > 0
