"""Speech without words is decoded again, and reported if it still has none."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import soundfile as sf

from audiocli.models.protocols.recognition import AudioChunk, DecodingOptions, Recognition
from audiocli.results import Word
from audiocli.tasks.transcription import coverage
from audiocli.tasks.transcription.coverage import CoverageRecogniser, best_split
from audiocli.tasks.transcription.speech_windows import intersect_spans
from audiocli.tasks.transcription.stretched_words import anchor_words, is_similar, shorten_words
from conftest import DATA, Ran

Run = Callable[..., Ran]
RATE = 16_000


class ScriptedRecogniser:
    """Recognises a chunk as the words of the script that lie in it.

    Parameters
    ----------
    lost : decoded seconds after which words are lost, as at a change of the speaker
    """

    rate = RATE

    def __init__(self, words: Sequence[Word], lost: Callable[[float, float], float]) -> None:
        self.words = words
        self.lost = lost
        self.decoded: list[float] = []

    def recognise(
        self,
        chunks: Sequence[AudioChunk],
        decoding: DecodingOptions,  # noqa: ARG002
    ) -> list[Recognition]:
        return [self._recognise(chunk) for chunk in chunks]

    def _recognise(self, chunk: AudioChunk) -> Recognition:
        start = float(chunk.samples[0])  # the value of each sample is its time
        length = len(chunk.samples) / RATE
        self.decoded.append(length)
        end = min(start + length, self.lost(start, length))
        inside = [w for w in self.words if w.start >= start - 1e-3 and w.end <= end + 1e-3]
        words = tuple(replace(w, start=w.start - start, end=w.end - start) for w in inside)
        return Recognition(words=words, language="en")


def words_every(seconds: float, until: float) -> list[Word]:
    times = np.arange(0.0, until, seconds)
    return [Word(start=t, end=t + 0.9 * seconds, text=f"w{n}") for n, t in enumerate(times)]


def chunk(seconds: float, speech_probability: float = 1.0) -> AudioChunk:
    times = np.arange(round(seconds * RATE), dtype=np.float32) / RATE
    return AudioChunk(
        samples=times.astype(np.float32),
        speech_spans=np.array([[0.0, seconds]]),
        speech_probability=speech_probability,
    )


def test_uncovered_speech_at_the_end_is_decoded_again() -> None:
    words = words_every(0.5, 12.0)
    scripted: Any = ScriptedRecogniser(words, lost=lambda start, _: 5.0 if start == 0.0 else 99.0)
    (found,) = CoverageRecogniser(recogniser=scripted).recognise([chunk(12.0)], DecodingOptions())
    assert [word.text for word in found.words] == [word.text for word in words]
    assert found.unrecognised == ()
    assert len(scripted.decoded) == 2


def test_an_utterance_without_words_is_decoded_in_halves() -> None:
    words = words_every(0.5, 12.0)
    scripted: Any = ScriptedRecogniser(words, lost=lambda start, n: start if n > 8.0 else 99.0)
    (found,) = CoverageRecogniser(recogniser=scripted).recognise([chunk(12.0)], DecodingOptions())
    assert [word.text for word in found.words] == [word.text for word in words]


def test_possible_noise_is_not_decoded_in_halves() -> None:
    scripted: Any = ScriptedRecogniser([], lost=lambda *_: 99.0)
    CoverageRecogniser(recogniser=scripted).recognise([chunk(12.0, 0.8)], DecodingOptions())
    assert scripted.decoded == [12.0]


def test_speech_that_never_gives_words_is_reported() -> None:
    words = words_every(0.5, 5.0)
    scripted: Any = ScriptedRecogniser(words, lost=lambda *_: 99.0)
    (found,) = CoverageRecogniser(recogniser=scripted).recognise([chunk(8.0)], DecodingOptions())
    ((start, end),) = found.unrecognised
    assert (start, end) == (pytest.approx(4.95, abs=0.2), 8.0)


def test_overlong_word_is_replaced_by_decoded_words() -> None:
    words = words_every(0.5, 8.0)
    long = Word(start=2.0, end=6.0, text="long")

    class Stretching(ScriptedRecogniser):
        def _recognise(self, chunk: AudioChunk) -> Recognition:
            if not self.decoded:
                self.decoded.append(8.0)
                kept = [w for w in words if w.end <= 2.0 or w.start >= 6.0]
                return Recognition(words=(*kept[:4], long, *kept[4:]), language="en")
            return super()._recognise(chunk)

    scripted: Any = Stretching(words, lost=lambda *_: 99.0)
    (found,) = CoverageRecogniser(recogniser=scripted).recognise([chunk(8.0)], DecodingOptions())
    texts = [word.text for word in found.words]
    assert "long" not in texts
    assert set(texts) >= {f"w{n}" for n in range(5, 11)}


def test_without_guards_nothing_is_decoded_again() -> None:
    scripted: Any = ScriptedRecogniser([], lost=lambda *_: 99.0)
    plain = DecodingOptions(hallucination_filter=False)
    CoverageRecogniser(recogniser=scripted).recognise([chunk(12.0)], plain)
    assert scripted.decoded == [12.0]


def test_over_long_words_keep_the_side_that_touches_another_word() -> None:
    speech = np.array([[0.0, 10.0]])
    first, long, last = (
        Word(start=0.0, end=1.0, text="a"),
        Word(start=2.0, end=6.0, text="b"),
        Word(start=6.1, end=7.0, text="c"),
    )
    short = shorten_words([first, long, last], speech)[1]
    assert (short.start, short.end) == (4.5, 6.0)


def test_a_stretch_is_split_at_its_longest_central_pause() -> None:
    speech = np.array([[0.0, 1.0], [3.0, 5.0], [5.4, 9.0], [9.1, 10.0]])
    assert best_split(speech) == pytest.approx(5.2)
    assert best_split(np.array([[0.0, 10.0]])) == 5.0
    assert intersect_spans(speech, 4.0, 6.0).tolist() == [[4.0, 5.0], [5.4, 6.0]]


@pytest.fixture
def two_voices(tmp_path: Path) -> Path:
    """Return two clips of different speakers without a gap between them."""
    parts = [sf.read(DATA / name)[0] for name in ("hold-on.flac", "account.flac")]
    path = tmp_path / "two.wav"
    sf.write(path, np.concatenate(parts), RATE)
    return path


def test_the_second_voice_of_a_recording_is_transcribed(
    run: Run, two_voices: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    said = ("hold on, hold", "genius", "account of himself", "else he said")
    ran = run("transcribe", two_voices, "-f", "json")
    assert (ran.code, ran.stderr) == (0, "")
    assert all(phrase in ran.json["text"].lower() for phrase in said)
    assert ran.json["unrecognised"] == []
    monkeypatch.setattr(coverage, "MAX_PASSES", 0)
    ran = run("transcribe", two_voices, "-f", "json")
    assert not all(phrase in ran.json["text"].lower() for phrase in said)
    assert ran.json["unrecognised"]
    assert "no words recognised in" in ran.stderr


@pytest.mark.parametrize(
    "text, seconds",
    [
        ("Kate", 1.5),
        ("K-A-T-E.", 2.4),
        ("1967.", 2.4),
        ("NASA", 2.4),
        ("Straßenbahnhaltestelle", 2.2),
    ],
)
def test_spelled_and_long_words_may_last_longer(text: str, seconds: float) -> None:
    word = Word(start=0.0, end=4.0, text=text)
    speech = np.array([[0.0, 4.0]])
    assert shorten_words([word], speech)[0].end == pytest.approx(seconds)


def test_spelled_letters_are_not_decoded_again() -> None:
    scripted: Any = ScriptedRecogniser(
        [Word(start=0, end=3, text="K-A-U-F-M-A-N.")], lambda *_: 99.0
    )
    (found,) = CoverageRecogniser(recogniser=scripted).recognise([chunk(3.0)], DecodingOptions())
    assert [word.text for word in found.words] == ["K-A-U-F-M-A-N."]
    assert found.unrecognised == ()
    assert scripted.decoded == [3.0]


class FirstPassRecogniser(ScriptedRecogniser):
    """Returns fixed words for the whole chunk, and the words of the script for its parts."""

    def __init__(self, whole: Sequence[Word], words: Sequence[Word]) -> None:
        super().__init__(words, lost=lambda *_: 99.0)
        self.whole = tuple(whole)

    def _recognise(self, chunk: AudioChunk) -> Recognition:
        found = super()._recognise(chunk)
        is_first = len(self.decoded) == 1
        return Recognition(words=self.whole, language="en") if is_first else found


def two_turns(first: str, second: str) -> tuple[AudioChunk, list[Word]]:
    """Return two words of a second with a pause of two seconds between them."""
    part = replace(chunk(5.0), speech_spans=np.array([[0.5, 1.5], [3.5, 4.5]]))
    return part, [
        Word(start=0.5, end=1.5, text=first),
        Word(start=3.5, end=4.5, text=second),
    ]


def test_a_first_word_stretched_over_lost_speech_stays_with_the_words_after_it() -> None:
    part, spoken = two_turns("1233.", "Janet")
    last = Word(start=4.4, end=4.5, text="said.")
    stretched = Word(start=0.0, end=4.4, text="Janet")
    scripted: Any = FirstPassRecogniser([stretched, last], spoken[:1])
    (found,) = CoverageRecogniser(recogniser=scripted).recognise([part], DecodingOptions())
    assert [word.text for word in found.words] == ["1233.", "Janet", "said."]
    assert found.words[1].start >= 3.5
    assert found.unrecognised == ()


def test_a_word_found_again_where_it_is_spoken_is_not_doubled() -> None:
    part, spoken = two_turns("1233.", "J-A-N-E-T.")
    stretched = Word(start=0.0, end=4.6, text="J-N-E-T")
    scripted: Any = FirstPassRecogniser([stretched], spoken)
    (found,) = CoverageRecogniser(recogniser=scripted).recognise([part], DecodingOptions())
    assert [word.text for word in found.words] == ["1233.", "J-A-N-E-T."]
    assert found.unrecognised == ()


@pytest.mark.parametrize(
    "one, other, expected",
    [
        ("8-8-4-3648", "884-3648", True),
        ("Hello,", "hello", True),
        ("J-N-E-T", "J-A-N-E-T.", True),
        ("yes", "no", False),
        ("the", "them", True),
        ("...", "", True),
    ],
)
def test_similar_words(one: str, other: str, expected: bool) -> None:
    assert is_similar(one, other) is expected


@pytest.mark.parametrize(
    ("again", "start", "expected"),
    [
        ("67.", 2.1, [("March", 0.5), ("1967.", 2.9)]),
        ("1967.", 2.1, [("March", 0.5), ("1967.", 2.0), ("1967.", 2.9)]),
        ("68.", 2.1, [("March", 0.5), ("1967.", 2.0), ("68.", 2.9)]),
        ("67.", 2.3, [("March", 0.5), ("1967.", 2.0), ("67.", 2.9)]),
    ],
)
def test_the_end_of_a_number_is_not_doubled(
    again: str, start: float, expected: list[tuple[str, float]]
) -> None:
    """The time of "1967" covers "nineteen", and "sixty-seven" is decoded again."""

    class Twice(ScriptedRecogniser):
        def _recognise(self, chunk: AudioChunk) -> Recognition:
            words = self.words if not self.decoded else [Word(start=start, end=2.9, text=again)]
            self.decoded.append(0.0)
            offset = float(chunk.samples[0])
            moved = (replace(w, start=w.start - offset, end=w.end - offset) for w in words)
            return Recognition(words=tuple(moved), language="en")

    said = [Word(start=0.0, end=0.5, text="March"), Word(start=0.5, end=2.0, text="1967.")]
    twice: Any = Twice(said, lambda _, length: length)
    (found,) = CoverageRecogniser(recogniser=twice).recognise([chunk(3.0)], DecodingOptions())
    assert [(word.text, pytest.approx(word.end, abs=0.01)) for word in found.words] == expected


def test_a_run_of_stretched_words_moves_together() -> None:
    speech = np.array([[0.3, 4.8], [6.7, 10.2], [11.8, 14.0]])
    the = Word(start=0.0, end=8.9, text="The")
    earliest = Word(start=8.9, end=12.4, text="earliest")
    book = Word(start=12.4, end=12.8, text="book")
    anchored = anchor_words([the, earliest, book], speech)
    assert [(w.start, w.end) for w in anchored[1:]] == [(11.8, 12.4), (12.4, 12.8)]
    assert anchored[0].end == 11.8
    backwards = anchor_words([book, replace(the, start=12.8, end=25.0)], np.array([[12.0, 20.0]]))
    assert backwards[1].end == pytest.approx(13.3)


@pytest.mark.parametrize(
    "speech_probability, expected", [(1.0, ["Yes,", "Janet"]), (0.8, ["Janet"])]
)
def test_a_short_span_between_pauses_is_decoded_where_speech_is_certain(
    speech_probability: float, expected: list[str]
) -> None:
    spans = np.array([[0.3, 0.7], [2.7, 4.0]])
    part = replace(chunk(4.5, speech_probability), speech_spans=spans)
    janet = Word(start=2.7, end=4.0, text="Janet")
    scripted: Any = FirstPassRecogniser([janet], [Word(start=0.3, end=0.7, text="Yes,"), janet])
    (found,) = CoverageRecogniser(recogniser=scripted).recognise([part], DecodingOptions())
    assert [word.text for word in found.words] == expected
    assert found.unrecognised == ()
