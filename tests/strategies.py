"""Hypothesis strategies for results, and a small transcript of unusual text."""

from __future__ import annotations

from hypothesis import strategies as st

from audiocli.results import ModelInfo, Segment, Transcript, Turn, Word

SENTENCE = "And so, my fellow Americans: ask not what your country can do for you."

AWKWARD = Transcript(
    source='talks/"größe", \x1b[31m.wav',
    duration=3702.5,
    model=ModelInfo("whisper-base", "0123456789abcdef"),
    parameters={"task": "transcribe", "beam_size": 5, "temperature": 0.0},
    language="en",
    language_probability=0.98765,
    segments=(
        Segment(
            start=0.5,
            end=4.2,
            text=SENTENCE,
            speaker="SPEAKER_00",
            confidence=0.91234,
            words=tuple(
                Word(start=0.5 + 0.25 * i, end=0.7 + 0.25 * i, text=text, confidence=0.5 + i / 40)
                for i, text in enumerate(SENTENCE.split())
            ),
        ),
        Segment(start=4.2, end=4.4, text="No.", language="en"),
        Segment(
            start=6.0,
            end=11.0,
            text="我们今天在这里庆祝的不是政党的胜利，而是自由的庆典。",
            language="zh",
            speaker="Dr. <Who>, {PhD}",
        ),
        Segment(
            start=12.0,
            end=15.25,
            text='[00:99.00] "Quotes" --> <b>bold</b> & {\\an8}\\N back\tslash,\nnew line \x1b[2J',
            language="en",
        ),
        Segment(start=16.0, end=17.0, text="   "),
        Segment(start=3700.0, end=3700.0, text="An hour late, and no time at all.", speaker="S 2"),
    ),
)

seconds = st.floats(0, 1e5).map(lambda value: round(value, 3))
probabilities = st.floats(0, 1).map(lambda value: round(value, 4))
# Without lone surrogates, which occur only in names of files and have their own tests.
texts = st.text(st.characters(codec="utf-8"), max_size=30)
speakers = st.none() | st.sampled_from(["SPEAKER_00", "SPEAKER_01"])
json_values = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False, allow_infinity=False)
    | texts,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(texts, inner, max_size=3),
    max_leaves=5,
)

words = st.builds(
    Word,
    start=seconds,
    end=seconds,
    text=texts,
    confidence=st.none() | probabilities,
    speaker=speakers,
)
segments = st.builds(
    Segment,
    start=seconds,
    end=seconds,
    text=texts,
    language=st.none() | st.just("de"),
    speaker=speakers,
    confidence=st.none() | probabilities,
    words=st.lists(words, max_size=4).map(tuple),
)
turns = st.builds(Turn, start=seconds, end=seconds, speaker=texts)
transcripts = st.builds(
    Transcript,
    source=texts,
    duration=seconds,
    model=st.builds(ModelInfo, name=texts, revision=st.none() | texts),
    parameters=st.dictionaries(texts, json_values, max_size=3),
    language=st.none() | st.just("de"),
    language_probability=st.none() | probabilities,
    segments=st.lists(segments, max_size=4).map(tuple),
    start=seconds,
    turns=st.none() | st.lists(turns, max_size=3).map(tuple),
)
