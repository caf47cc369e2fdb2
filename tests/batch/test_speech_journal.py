"""Speech is kept on disk: no passage is lost or repeated, wherever a run stops."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from audiocli.batch.sound_output import chapters_of
from audiocli.batch.speech_journal import open_journal
from audiocli.errors import OutputError
from audiocli.results import Moment, Segment, Word
from audiocli.tasks.synthesis.placement import SynthesisedPassage


def spoken(number: int, chapter: str | None = None) -> SynthesisedPassage:
    """Return a passage whose samples encode its number."""
    samples = np.full(100 + number, (number + 1) / 100, np.float32)
    word = Word(start=0.0, end=1.0, text="á")
    segment = Segment(start=0.0, end=1.0, text=f"á {number}", words=(word,))
    return SynthesisedPassage(
        segment, samples, number, chapter, (Moment(time=1.0, name=f"m{number}"),)
    )


class KilledError(Exception):
    """Stands for SIGKILL."""


def say(path: Path, numbers: range, key: str = "k") -> None:
    with open_journal(path, key) as journal:
        for number in numbers:
            journal.add(spoken(number))
        raise KilledError


@settings(max_examples=30)
@given(stop=st.integers(1, 6), lost=st.integers(0, 400), torn=st.integers(0, 120))
def test_a_run_resumes_after_the_last_synced_passage(
    tmp_path_factory: pytest.TempPathFactory, stop: int, lost: int, torn: int
) -> None:
    """The audio is complete whichever part of either file is lost."""
    path = tmp_path_factory.mktemp("j") / "a.wav"
    with pytest.raises(KilledError):
        say(path, range(stop))
    folder = path.with_name(".a.wav.speaking")
    for file, gone in ((folder / "sound.pcm", lost), (folder / "journal.jsonl", torn)):
        file.write_bytes(file.read_bytes()[: max(0, file.stat().st_size - gone)])
    with open_journal(path, "k") as journal:
        assert journal.done <= stop
        for number in range(journal.done, 8):
            journal.add(spoken(number))
        journal.finish()
        sound = np.concatenate(list(journal.blocks()))
        texts = [segment.text for segment in journal.segments()]
        marks = [mark.name for mark in journal.marks()]
    assert texts == [f"á {n}" for n in range(8)]
    assert marks == [f"m{n}" for n in range(8)]
    assert np.allclose(sound, np.concatenate([spoken(n).samples for n in range(8)]), atol=1e-4)
    assert not folder.exists()


def test_a_signal_while_the_journal_is_synced_repeats_no_passage(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    calls = iter(range(100))

    def interrupted(_: int) -> None:
        if next(calls) == 1:  # the first is that of the samples
            raise KeyboardInterrupt

    with (
        pytest.raises(KeyboardInterrupt),
        monkeypatch.context() as patch,
        open_journal(tmp_path / "a.wav", "k") as journal,
    ):
        journal.add(spoken(0))
        patch.setattr("os.fsync", interrupted)
        journal.finish()
    with open_journal(tmp_path / "a.wav", "k") as journal:
        assert [segment.text for segment in journal.segments()] == ["á 0"]


def test_another_text_discards_the_journal(tmp_path: Path) -> None:
    with pytest.raises(KilledError):
        say(tmp_path / "a.wav", range(3))
    with open_journal(tmp_path / "a.wav", "other") as journal:
        assert (journal.done, journal.samples, journal.segments()) == (0, 0, ())


def test_a_complete_speech_is_not_synthesized_again(tmp_path: Path) -> None:
    with pytest.raises(KilledError), open_journal(tmp_path / "a.wav", "k") as journal:
        journal.add(spoken(0, "One"))
        journal.finish()
        raise KilledError
    with open_journal(tmp_path / "a.wav", "k") as journal:
        assert journal.is_whole
        assert journal.chapters(100) == (Moment(time=0.0, name="One"),)
        assert journal.segments()[0].words[0].text == "á"


def test_two_runs_do_not_write_one_file(tmp_path: Path) -> None:
    with open_journal(tmp_path / "a.wav", "k") as journal:
        journal.add(spoken(0))
        with (
            pytest.raises(OutputError, match="another run"),
            open_journal(tmp_path / "a.wav", "k"),
        ):
            pass
    assert list(tmp_path.iterdir()) == []


def test_an_empty_journal_is_removed(tmp_path: Path) -> None:
    with pytest.raises(KilledError), open_journal(tmp_path / "a.wav", "k"):
        raise KilledError
    assert list(tmp_path.iterdir()) == []


def test_chapters_leave_no_gap() -> None:
    begins = [Moment(time=5.0, name="One"), Moment(time=9.0, name="Two")]
    assert chapters_of(begins, 20.0, "Book") == [
        (0.0, 5.0, "Book"),
        (5.0, 9.0, "One"),
        (9.0, 20.0, "Two"),
    ]
    assert chapters_of([Moment(time=0.0, name="One")], 2.0, "Book") == [(0.0, 2.0, "One")]
    assert chapters_of([], 2.0, "Book") == []


def test_silence_is_written_in_blocks(tmp_path: Path) -> None:
    """The samples of a passage follow the silence before it."""
    path = tmp_path / "a.wav"
    with open_journal(path, "k") as journal:
        journal.add(replace(spoken(0), silence=200_000))
        sound = np.concatenate(list(journal.blocks()))
        assert journal.samples == sound.size == 200_100
        assert not sound[:200_000].any()
        assert sound[200_000:].all()
