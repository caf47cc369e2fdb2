from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from audiocli.results import Diarization, ModelInfo, Turn
from audiocli.tasks.diarization.grid import FrameGrid
from audiocli.tasks.diarization.naming import VoiceMatcher
from audiocli.tasks.diarization.statistics import conversation
from audiocli.tasks.diarization.turns import (
    exclusive_turns,
    lanes_of,
    smooth_activity,
    turns_from_frames,
)

GRID = FrameGrid(rate=100, hop=5, first=0)  # a frame is 0.05 s


def turn(start: float, end: float, speaker: str) -> Turn:
    return Turn(start=start, end=end, speaker=speaker)


def diarization(*turns: Turn, duration: float = 10.0) -> Diarization:
    return Diarization(
        source="a.wav",
        duration=duration,
        model=ModelInfo("m"),
        turns=turns,
        speakers=tuple(dict.fromkeys(t.speaker for t in turns)),
    )


def frames(*lanes: str) -> np.ndarray:
    return np.array([[c == "x" for c in lane] for lane in lanes]).T


def lanes(speaks: np.ndarray) -> list[str]:
    return ["".join("x" if on else "." for on in lane) for lane in speaks.T]


def test_turns_are_extended_and_short_pauses_filled() -> None:
    close, far = "." * 24, "." * 25
    assert lanes(smooth_activity(frames(f"...x{close}x{far}x."), GRID)) == [
        f"..x{'x' * 26}xx{'.' * 21}xxx."
    ]


def test_pauses_between_speakers_stay_and_no_overlap_is_added() -> None:
    both = frames("xxx.........", "........xxxx")
    assert lanes(smooth_activity(both, GRID)) == ["xxxxx.......", "......xxxxxx"]


@pytest.mark.parametrize("speakers", [1, 8, 11])
def test_packed_frames(speakers: int) -> None:
    """One bit for each speaker gives the same turns as one byte."""
    speaks = np.random.default_rng(speakers).random((400, speakers)) < 0.02
    smooth = smooth_activity(speaks, GRID)
    packed = smooth_activity(np.packbits(speaks, axis=1), GRID)
    np.testing.assert_array_equal(np.stack([*lanes_of(packed, speakers)], axis=1), smooth)


def test_speakers_are_numbered_in_order_of_their_first_words() -> None:
    turns, names = turns_from_frames(frames("...xx.", "xx....").T, GRID, duration=0.22)
    assert names == {1: "SPEAKER_00", 0: "SPEAKER_01"}
    assert turns == [turn(0.0, 0.1, "SPEAKER_00"), turn(0.15, 0.22, "SPEAKER_01")]


def test_short_turn_splits_a_longer_one_in_exclusive_turns() -> None:
    assert exclusive_turns([turn(0, 10, "A"), turn(4, 5, "B")]) == [
        turn(0, 4, "A"),
        turn(4, 5, "B"),
        turn(5, 10, "A"),
    ]


times = st.tuples(st.integers(0, 50), st.integers(1, 20), st.sampled_from("ABC"))


@given(st.lists(times, max_size=12))
def test_the_exclusive_form_covers_all_speech_and_never_overlaps(
    drawn: list[tuple[int, int, str]],
) -> None:
    turns = [turn(start, start + length, name) for start, length, name in drawn]
    alone = exclusive_turns(turns)
    assert all(a.end <= b.start for a, b in pairwise(alone))
    spoken = {t for x in turns for t in range(int(x.start), int(x.end))}
    assert {t for x in alone for t in range(int(x.start), int(x.end))} == spoken


def test_statistics_count_time_turns_interruptions_and_overlap() -> None:
    talk = conversation(
        diarization(turn(0, 4, "A"), turn(3, 6, "B"), turn(7, 9, "B"), turn(7.5, 8, "A"))
    )
    a, b = talk.speakers
    assert (talk.speech, talk.overlap, talk.silence) == (8.0, 1.5, 2.0)
    assert (a.seconds, a.turns, a.interruptions, a.interrupted, a.overlap) == (4.5, 2, 0, 1, 1.5)
    assert (b.seconds, b.turns, b.interruptions, b.interrupted) == (5.0, 1, 1, 0)
    assert a.share + b.share == pytest.approx(1.0)


def test_names_are_unique_and_unknown_speakers_are_linked() -> None:
    ann, bo, eve = np.eye(3, dtype=np.float32)
    near_ann = (0.8 * ann + 0.6 * eve).astype(np.float32)
    names = VoiceMatcher({"Ann": ann}, link=True)
    assert names.names({"x": near_ann, "y": ann, "z": bo}) == {
        "y": "Ann",
        "x": "SPEAKER_00",
        "z": "SPEAKER_01",
    }
    assert names.names({"p": bo}) == {"p": "SPEAKER_01"}
    assert VoiceMatcher({"Ann": ann}).names({"x": bo}) == {}
