"""Scripts spoken by the embedded voice: prosody, pronunciations, word times and cues."""

from __future__ import annotations

from functools import cache
from itertools import pairwise

import numpy as np
import pytest

from audiocli.errors import InputError
from audiocli.loading import default_store
from audiocli.models.base import DeviceOptions
from audiocli.models.common.english_g2p import from_ipa
from audiocli.tasks.synthesis.cue_fitting import MIN_REPORTED_DELAY, CueFitter
from audiocli.tasks.synthesis.placement import SynthesisedPassage
from audiocli.tasks.synthesis.text_to_speech import SynthesisRequestOptions, TextToSpeech
from audiocli.tasks.synthesis.voices import load_text_to_speech
from audiocli.text.readers import read_script
from audiocli.text.script import CueTimes, ScriptLine, SpeechScript

RATE = 24_000


@cache
def speaker() -> TextToSpeech:
    return load_text_to_speech(
        None, None, SynthesisRequestOptions(), DeviceOptions(), default_store()
    )


def synthesise(inside: str) -> list[SynthesisedPassage]:
    script = read_script(f"<speak>{inside}</speak>", "talk", ".ssml")
    return list(speaker().synthesise(script, "talk"))


def speech(inside: str) -> np.ndarray:
    return np.concatenate([block for spoken in synthesise(inside) for block in spoken.blocks()])


def test_prosody_changes_the_speech() -> None:
    plain = speech("The weather is fine today.").size
    fast = speech("<prosody rate='150%'>The weather is fine today.</prosody>")
    assert fast.size - 0.8 * RATE == pytest.approx((plain - 0.8 * RATE) / 1.5, rel=0.15)
    loud, soft = (
        np.abs(speech(f"<prosody volume='{volume}'>Fine.</prosody>")).max()
        for volume in ("+0dB", "-12dB")
    )
    assert soft == pytest.approx(loud / 4, rel=0.02)
    assert not speech("<prosody volume='silent'>Fine.</prosody> Fine.")[: RATE // 4].any()


def test_breaks_are_silence_of_that_length() -> None:
    with_break, without = speech("One.<break time='2s'/>Two."), speech("One.<break time='0s'/>Two.")
    assert with_break.size - without.size == 2 * RATE
    assert not speech("<break time='1s'/>One.")[: RATE - 1].any()


def test_given_pronunciations_are_spoken() -> None:
    given = speech("<phoneme ph='ˈkæt'>dog</phoneme>")
    assert np.array_equal(given, speech("cat"))
    assert not np.array_equal(given, speech("dog"))


@pytest.mark.parametrize(
    ("ipa", "misaki"),
    [
        ("ˈwɪn", "wˈɪn"),
        ("/ʃɪˈvɔːn/", "ʃɪvˈɔn"),
        ("ˈtʃɑːkələt", "ʧˈɑkələt"),
        ("ˈsteɪʃən", "stˈAʃən"),
        ("kæt", "kˈæt"),
        ("ˈbɝd", "bˈɜɹd"),
        ("ˈbʌtn̩", "bˈʌtᵊn"),
        ("ɡoʊ", "ɡˈO"),
    ],
)
def test_phonetic_alphabet(ipa: str, misaki: str) -> None:
    assert from_ipa(ipa) == misaki


def test_unsupported_phonemes_are_refused() -> None:
    with pytest.raises(InputError, match="English has no phoneme 'ǃ'"):
        synthesise("<phoneme ph='ǃa'>x</phoneme>")


def test_words_have_their_times() -> None:
    (spoken,) = synthesise("Dr. Lee — paid $3.50 on 3 May, <mark name='now'/>today.")
    assert spoken.segment
    words = spoken.segment.words
    assert [word.text for word in words] == [
        *("Dr.", "Lee", "—", "paid", "$3.50", "on", "3", "May,", "today."),
    ]
    assert all(a.end <= b.start + 1e-6 for a, b in pairwise(words))
    assert all(word.end > word.start for word in words)
    assert words[-1].end <= spoken.segment.end
    assert words[4].end - words[4].start > 2 * (words[5].end - words[5].start)
    assert [(mark.name, mark.time) for mark in spoken.marks] == [("now", words[-1].start)]


def test_word_times_match_forced_alignment(default_models: None) -> None:  # noqa: ARG001
    """The times of the network are compared with those of a forced alignment by Whisper."""
    from dataclasses import replace

    from audiocli.models import registry
    from audiocli.tasks.synthesis.passages import PassageAudio, with_aligned_words

    text = "The quick brown fox jumps over the lazy dog near the river."
    (spoken,) = synthesise(text)
    assert spoken.segment
    aligner = registry.load(None, "transcribe", DeviceOptions(), default_store()).model
    heard = with_aligned_words(PassageAudio(spoken.samples), text, RATE, "en", aligner).words
    assert [word.text for word in heard] == [word.text for word in spoken.segment.words]
    starts = [(a.start, b.start) for a, b in zip(heard, spoken.segment.words, strict=True)]
    assert float(np.median([abs(a - b) for a, b in starts])) < 0.2
    assert replace(speaker(), aligner=aligner).aligner is aligner


# --- cues ------------------------------------------------------------------------

CUES = (
    (1.0, 3.0, "The quick brown fox jumps over the lazy dog."),
    (3.1, 4.2, "And then it runs away through the wood as fast as it can go."),
    (6.0, 8.0, "Silence. It sleeps."),
    (8.0, 8.5, "This is far too much to say in half a second."),
    (8.5, 10.0, "The end."),
)


def fit(cues: tuple[tuple[float, float, str], ...]) -> tuple[list[SynthesisedPassage], list[str]]:
    lines = [ScriptLine(text=text, cue=CueTimes(start, end)) for start, end, text in cues]
    warned: list[str] = []
    fitting = CueFitter(tts=speaker(), warn=warned.append)
    script = SpeechScript(lines=lambda: iter(lines))
    return list(fitting.synthesise(script, "a.srt", lambda *_: None)), warned


def test_cues_start_on_time_without_overlap() -> None:
    spoken, warned = fit(CUES)
    sound = np.concatenate([block for part in spoken for block in part.blocks()])
    segments = [part.segment for part in spoken if part.segment]
    for (start, _, _), segment in zip(CUES, segments, strict=True):
        assert segment.start == pytest.approx(start, abs=1e-3)
        heard = np.abs(sound[round(start * RATE) :]) > 0.02
        assert np.argmax(heard) / RATE < 0.05
    assert all(a.end <= b.start for a, b in pairwise(segments))
    assert segments[1].end <= 6.0
    assert segments[3].text != CUES[3][2]
    assert CUES[3][2].startswith(segments[3].text)
    (warning,) = warned
    assert warning.startswith("cue 4 at 0:08.0: ")
    assert warning.endswith(f"left out: {CUES[3][2][len(segments[3].text) + 1 :]}")


def test_simultaneous_cues_follow_one_another() -> None:
    spoken, warned = fit(((0.0, 1.0, "One."), (0.0, 1.0, "Two."), (2.0, 3.0, "Three.")))
    segments = [part.segment for part in spoken if part.segment]
    assert all(a.end <= b.start + 1e-6 for a, b in pairwise(segments))
    assert segments[-1].start == pytest.approx(2.0)
    assert [segment.text for segment in segments] == ["One.", "Two.", "Three."]
    assert all("late" in warning for warning in warned)
    assert segments[1].start > MIN_REPORTED_DELAY
    assert len(warned) == 1


def test_unpronounceable_cues_are_an_error() -> None:
    with pytest.raises(InputError, match="cannot pronounce any of it"):
        fit(((0.0, 1.0, "Привет."),))


def test_text_without_cues_is_refused() -> None:
    fitting = CueFitter(tts=speaker(), warn=lambda _: None)
    script = SpeechScript(lines=lambda: iter([ScriptLine(text="One.")]))
    with pytest.raises(InputError, match="no cues"):
        list(fitting.synthesise(script, "a.txt", lambda *_: None))


def test_cue_without_time_for_a_word_is_silent() -> None:
    spoken, warned = fit(((0.0, 1.0, "One."), (2.0, 2.0, "Nothing."), (2.1, 3.0, "Three.")))
    assert [part.segment.text if part.segment else None for part in spoken] == [
        "One.",
        None,
        "Three.",
    ]
    assert warned[0].endswith("left out: Nothing.")


def test_a_silence_of_hours_is_not_held_in_memory() -> None:
    """The silence before a cue is a number, and is returned in blocks."""
    cue = CueTimes(36_000.0, 36_001.0)
    script = SpeechScript(lines=lambda: iter([ScriptLine(text="Hello.", cue=cue)]))
    fitting = CueFitter(tts=speaker(), warn=lambda _: None)
    (spoken,) = fitting.synthesise(script, "a.srt", lambda *_: None)
    assert spoken.silence == 36_000 * RATE
    assert spoken.samples.size < 2 * RATE
    assert max(block.size for block, _ in zip(spoken.blocks(), range(9), strict=False)) < 1 << 20
    assert spoken.size == spoken.silence + spoken.samples.size


def test_a_cue_after_many_days_is_refused() -> None:
    """No disk holds the silence before it."""
    cue = CueTimes(360_001.0, 360_002.0)
    script = SpeechScript(lines=lambda: iter([ScriptLine(text="Hello.", cue=cue)]))
    fitting = CueFitter(tts=speaker(), warn=lambda _: None)
    with pytest.raises(InputError, match="at most 100 hours"):
        next(fitting.synthesise(script, "a.srt", lambda *_: None))
