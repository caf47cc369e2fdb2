from audiocli.results import Diarization, ModelInfo, Segment, Transcript, Turn, Word
from audiocli.tasks.diarization.merging import assign_speakers

MODEL = ModelInfo("m")


def merged(text: str, *turns: tuple[float, float, str], keep: bool = True) -> list[tuple]:
    """Split a segment of one word a second by speakers; return pairs of speaker and text."""
    words = tuple(
        Word(start=n + 0.1, end=n + 0.9, text=word) for n, word in enumerate(text.split())
    )
    segment = Segment(
        start=0.1, end=len(words) - 0.1, text=text, language="en", words=words if keep else ()
    )
    transcript = Transcript(source="a", duration=60, model=MODEL, segments=(segment,))
    exclusive = tuple(Turn(start=a, end=b, speaker=name) for a, b, name in turns)
    found = assign_speakers(
        transcript, Diarization(source="a", duration=60, model=MODEL, exclusive=exclusive)
    )
    for part in found.segments:
        assert {word.speaker for word in part.words} <= {part.speaker}
        assert part.language == "en"
    return [(part.speaker, part.text) for part in found.segments]


def test_a_segment_is_cut_where_the_speaker_changes() -> None:
    found = merged("how are you fine thanks", (0, 2.95, "A"), (3.05, 5, "B"))
    assert found == [("A", "how are you"), ("B", "fine thanks")]


def test_a_word_outside_all_turns_goes_to_the_nearest() -> None:
    assert merged("one two three", (0, 0.5, "A"), (2.3, 9, "B")) == [
        ("A", "one"),
        ("B", "two three"),
    ]


def test_segment_without_words_gets_the_speaker_with_the_largest_overlap() -> None:
    assert merged("a b c d", (0, 1, "A"), (1, 4, "B"), keep=False) == [("B", "a b c d")]


def test_short_parts_at_segment_edges_are_joined() -> None:
    words = (
        Word(start=0.0, end=0.2, text="So"),
        Word(start=0.3, end=0.9, text="we"),
        Word(start=1.0, end=2.0, text="go."),
    )
    segment = Segment(start=0, end=2, text="So we go.", words=words)
    transcript = Transcript(source="a", duration=2, model=MODEL, segments=(segment,))
    turns = (Turn(start=0, end=0.25, speaker="A"), Turn(start=0.25, end=2, speaker="B"))
    about = Diarization(source="a", duration=2, model=MODEL, exclusive=turns)
    (found,) = assign_speakers(transcript, about).segments
    assert found.speaker == "B"
    assert [word.speaker for word in found.words] == ["B"] * 3


def test_without_turns_speakers_stay_none() -> None:
    assert merged("a b") == [(None, "a b")]
