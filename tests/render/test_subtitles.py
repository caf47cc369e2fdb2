"""Subtitle layout: natural breaks, and times that players accept."""

from __future__ import annotations

from collections.abc import Iterator

from hypothesis import given
from hypothesis import strategies as st

from audiocli.escaping import plain
from audiocli.render.base import Layout
from audiocli.render.subtitles import READABLE, Cue, cues
from audiocli.render.subtitles.units import columns, units_of
from audiocli.results import Segment, Word
from strategies import segments

LATIN = Layout()
CHINESE = Layout(max_line_width=32)
EPSILON = 0.0011  # seconds; times are rounded to milliseconds


def lay_out(text: str, layout: Layout = LATIN, end: float = 12.0, label: str = "") -> list[Cue]:
    segment = Segment(start=0.0, end=end, text=text, speaker="S")
    return list(cues([segment], layout, label))


def lines_of(text: str, layout: Layout = LATIN, label: str = "") -> list[tuple[str, ...]]:
    return [cue.lines for cue in lay_out(text, layout, label=label)]


# --- where text breaks -------------------------------------------------------


def test_cues_end_at_sentences_and_commas() -> None:
    assert lines_of(
        "And so, my fellow Americans, ask not what your country can do for you, ask what you can "
        "do for your country. We observe today not a victory of party but a celebration."
    ) == [
        ("And so, my fellow Americans,", "ask not what your country can do for you,"),
        ("ask what you can do for your country.",),
        ("We observe today not a victory", "of party but a celebration."),
    ]


def test_lines_are_balanced_and_short_words_stay_with_the_next() -> None:
    text = "Similes drawn from eating and its results occur readily"
    assert lines_of(text) == [("Similes drawn from eating", "and its results occur readily")]


def test_a_title_ends_no_sentence() -> None:
    text = "I would like you to meet my old friend Mr. Quilter of the city."
    (lines,) = lines_of(text)
    assert not any(line.endswith("Mr.") for line in lines)


def test_chinese_counts_double_and_breaks_after_punctuation() -> None:
    text = "我们今天在这里庆祝的不是政党的胜利，而是自由的庆典。这象征着结束，也象征着开始。"
    assert lines_of(text, CHINESE) == [
        ("我们今天在这里庆祝的不是政", "党的胜利，而是自由的庆典。"),
        ("这象征着结束，也象征着开始。",),
    ]


def test_japanese_brackets_and_small_kana_stay_where_they_belong() -> None:
    text = "「コーヒーを飲みたい」と彼は言ったっけ。"
    for width in range(4, 40):
        for line in (
            line for lines in lines_of(text, Layout(max_line_width=width)) for line in lines
        ):
            assert line[0] not in "ーみ」っ。" or line[0] == "み"
            assert not line.endswith("「")


def test_korean_breaks_at_spaces_only() -> None:
    text = "나는 오늘 아침에 커피를 마시고 산책을 했습니다"
    for cue in lay_out(text, Layout(max_line_width=16)):
        for line in cue.lines:
            assert set(line.split()) <= set(text.split())


def test_thai_breaks_between_words_where_they_are_known() -> None:
    spoken = ["สวัสดี", "ครับ", "ผม", "ชื่อ", "สมชาย"]
    words = tuple(Word(start=i, end=i + 1.0, text=word) for i, word in enumerate(spoken))
    segment = Segment(start=0, end=5, text="".join(spoken), words=words)
    (cue,) = cues([segment], Layout(max_line_width=10))
    assert cue.lines == ("สวัสดีครับ", "ผมชื่อสมชาย"[:11])
    assert all(columns(line) <= 10 for line in cue.lines)


def test_a_word_wider_than_the_line_gets_a_line_of_its_own() -> None:
    word = "Donaudampfschifffahrtsgesellschaft"
    assert lines_of(f"Die {word} fuhr.", Layout(max_line_width=20)) == [("Die", word), ("fuhr.",)]


def test_the_label_takes_columns_of_the_first_line() -> None:
    text = "and we are glad to welcome his gospel"
    assert lines_of(text, label="[ANNA {}] ") == [
        ("[ANNA S] and we are glad", "to welcome his gospel")
    ]
    narrow = Layout(max_line_width=20, max_lines=1)
    assert all(columns(line) <= 20 for (line,) in lines_of(text, narrow, label="[{}] "))


# --- times -------------------------------------------------------------------


def test_a_long_silence_parts_cues_at_the_times_of_the_words() -> None:
    words = (
        Word(start=1.0, end=1.4, text="Wait,"),
        Word(start=1.4, end=2.0, text="listen"),
        Word(start=6.0, end=6.5, text="now"),
        Word(start=6.5, end=7.5, text="again"),
    )
    segment = Segment(start=0.5, end=8.0, text="Wait, listen now again", words=words)
    assert list(cues([segment], LATIN)) == [
        Cue(1.0, 2.0, ("Wait, listen",)),
        Cue(6.0, 7.5, ("now again",)),
    ]


def test_words_that_do_not_match_the_text_are_ignored() -> None:
    words = (Word(start=3.0, end=4.0, text="other"),)
    (cue,) = cues([Segment(start=1.0, end=9.0, text="corrected by hand", words=words)], LATIN)
    assert (cue.start, cue.end) == (1.0, 9.0)


def test_a_short_cue_stays_until_the_next_at_most() -> None:
    spoken = [(0.0, 0.1), (0.5, 0.6), (10.0, 10.0), (20.0, 20.1)]
    laid = cues([Segment(start=a, end=b, text="No.") for a, b in spoken], LATIN)
    assert [(cue.start, cue.end) for cue in laid] == [
        (0.0, 0.5),
        (0.5, 0.5 + READABLE),
        (10.0, 10.0 + READABLE),
        (20.0, 20.0 + READABLE),
    ]


# --- properties --------------------------------------------------------------

scripts = st.sampled_from(
    [
        "a",
        "the",
        "country,",
        "freedom.",
        "extraordinarily",
        "“Hi”",
        "我们今天",
        "，庆典。",
        "「コーヒー」",
        "나는",
        "สวัสดี",
        "👩\u200d👩\u200d👧",
        "é",
        "x" * 50,
    ]
)
layouts = st.builds(Layout, max_line_width=st.integers(1, 50), max_lines=st.integers(1, 4))


@st.composite
def speech(draw: st.DrawFn) -> list[Segment]:
    """Draw consecutive segments, some with words, at a natural speaking rate."""
    result, clock = [], 0.0
    for _ in range(draw(st.integers(0, 4))):
        clock += draw(st.floats(0, 3))
        start, words = clock, []
        for text in draw(st.lists(scripts, min_size=1, max_size=25)):
            clock += draw(st.sampled_from([0.0, 0.0, 0.4, 1.5]))
            length = 0.05 * len(text)
            words.append(Word(start=clock, end=clock + length, text=text))
            clock += length
        text = draw(st.sampled_from([" ", ""])).join(word.text for word in words)
        kept = tuple(words) if draw(st.booleans()) else ()
        result.append(Segment(start=start, end=clock, text=text, words=kept))
    return result


def letters(text: str) -> str:
    return "".join(text.split())


@given(speech(), layouts)
def test_text_is_kept_in_order_and_lines_fit(spoken: list[Segment], layout: Layout) -> None:
    laid = list(cues(spoken, layout))
    assert letters("".join("".join(cue.lines) for cue in laid)) == letters(
        "".join(segment.text for segment in spoken)
    )
    unbreakable = {unit.text for segment in spoken for unit in units_of(segment)}
    for cue in laid:
        assert 1 <= len(cue.lines) <= layout.max_lines
        for line in cue.lines:
            assert columns(line) <= layout.max_line_width or line in unbreakable


@given(speech(), layouts)
def test_cues_stay_in_the_time_of_their_segment(spoken: list[Segment], layout: Layout) -> None:
    laid = cues(spoken, layout)
    for segment in spoken:
        missing = len(letters(segment.text))
        while missing:
            cue = next(laid)
            missing -= len(letters("".join(cue.lines)))
            assert segment.start - EPSILON <= cue.start
            assert cue.end <= max(segment.end, cue.start + READABLE) + EPSILON
    assert next(laid, None) is None


@given(st.lists(segments, max_size=6), layouts)
def test_cues_never_overlap_whatever_the_segments(given: list[Segment], layout: Layout) -> None:
    clock = 0.0
    for cue in cues(given, layout, "[{}] "):
        assert clock <= cue.start < cue.end
        assert all(line == plain(line) for line in cue.lines)
        clock = cue.end


@given(speech())
def test_only_short_cues_are_held(spoken: list[Segment]) -> None:
    whole = list(cues(spoken, LATIN))
    seen: list[Cue] = []

    def arriving() -> Iterator[Segment]:
        so_far: list[Segment] = []
        for segment in spoken:
            certain = list(cues(so_far, LATIN))
            if certain and round(certain[-1].end - certain[-1].start, 3) <= READABLE:
                certain.pop()
            assert seen == certain
            yield segment
            so_far.append(segment)

    for cue in cues(arriving(), LATIN):
        seen.append(cue)
    assert seen == whole
