"""Tests of SSML: elements, attributes, and errors with line and column."""

# ruff: noqa: E501 (a document or a case a line)

from __future__ import annotations

import math

import pytest

from audiocli.errors import InputError
from audiocli.text.normalization import spoken_form
from audiocli.text.passages import PassageSplitter, spoken_text
from audiocli.text.readers import read_script
from audiocli.text.script import PARAGRAPH, SENTENCE, Mark, Prosody, ScriptLine


def lines(inside: str) -> list[ScriptLine]:
    return list(read_script(f"<speak>{inside}</speak>", "talk.ssml", ".ssml").lines())


def spoken(inside: str) -> list[str]:
    """Return the spoken text of each passage."""
    reader = PassageSplitter(max_chars=300, language="en")
    return [spoken_text(passage) for passage in reader.passages(lines(inside)) if passage.text]


def test_paragraphs_and_sentences_pause() -> None:
    found = lines("<p><s>One.</s><s>Two.</s></p><p>Three.</p>")
    assert [(line.text, line.pause) for line in found] == [
        ("One.", SENTENCE),
        ("Two.", PARAGRAPH),
        ("Three.", PARAGRAPH),
    ]


@pytest.mark.parametrize(
    ("attributes", "seconds"),
    [
        ("time='500ms'", 0.5),
        ("time='1.5s'", 1.5),
        ("time='+2s'", 2.0),
        ("strength='none'", 0.0),
        ("strength='x-strong'", 1.2),
        ("", 0.4),
    ],
)
def test_breaks_replace_other_pauses(attributes: str, seconds: float) -> None:
    found = lines(f"<s>One.</s><break {attributes}/><s>Two.</s>")
    assert [(line.text, line.pause) for line in found][:2] == [("One.", 0.0), ("", seconds)]


@pytest.mark.parametrize(
    ("attributes", "prosody"),
    [
        ("rate='slow'", Prosody(speed=0.8)),
        ("rate='150%'", Prosody(speed=1.5)),
        ("rate='+50%'", Prosody(speed=1.5)),
        ("rate='1.5'", Prosody(speed=1.5)),
        ("pitch='+2st'", Prosody(pitch=2.0)),
        ("pitch='-100%' rate='fast'", None),
        ("pitch='high'", Prosody(pitch=2.0)),
        ("volume='+6dB'", Prosody(gain=6.0)),
        ("volume='silent'", Prosody(gain=-math.inf)),
        ("volume='100'", Prosody()),
        ("volume='loud' rate='50%'", Prosody(speed=0.5, gain=4.0)),
        ("rate='900%'", None),
        ("rate='quick'", None),
        ("pitch='120Hz'", None),
        ("volume='-5'", None),
        ("", None),
    ],
)
def test_prosody(attributes: str, prosody: Prosody | None) -> None:
    inside = f"<prosody {attributes}>Hello.</prosody>"
    if prosody is None:
        with pytest.raises(InputError, match="line 1, column 8"):
            lines(inside)
    else:
        assert [line.prosody for line in lines(inside)] == [prosody]


def test_prosody_nests_and_ends() -> None:
    found = lines(
        "a <prosody rate='200%'>b <emphasis level='strong'>c</emphasis> d</prosody>"
        " <voice name='emma'>e <prosody pitch='+1st'>f</prosody></voice> g"
    )
    assert [(n.text, n.prosody.speed, n.prosody.pitch, n.prosody.voice) for n in found] == [
        ("a", 1.0, 0.0, None),
        ("b", 2.0, 0.0, None),
        ("c", 1.7, 1.0, None),
        ("d", 2.0, 0.0, None),
        ("e", 1.0, 0.0, "emma"),
        ("f", 1.0, 1.0, "emma"),
        ("g", 1.0, 0.0, None),
    ]
    assert [line.pause for line in found] == [0.0] * 6 + [PARAGRAPH]


@pytest.mark.parametrize(
    ("inside", "words"),
    [
        ("<say-as interpret-as='characters'>AB-1</say-as>", "ay, B, dash, one"),
        ("<say-as interpret-as='spell-out'>cat</say-as>", "C, ay, T"),
        ("<say-as interpret-as='cardinal'>1,024</say-as>", "one thousand twenty-four"),
        ("<say-as interpret-as='number'>-2.5</say-as>", "minus two point five"),
        ("<say-as interpret-as='ordinal'>21</say-as>", "twenty-first"),
        ("<say-as interpret-as='ordinal'>XIV</say-as>", "fourteenth"),
        ("<say-as interpret-as='digits'>1999</say-as>", "one nine nine nine"),
        ("<say-as interpret-as='fraction'>3 1/2</say-as>", "three and a half"),
        ("<say-as interpret-as='fraction'>7/365</say-as>", "seven over three hundred sixty-five"),
        ("<say-as interpret-as='telephone'>+1 555 0199</say-as>", "plus one, five five five, zero one nine nine"),
        ("<say-as interpret-as='date' format='dmy'>3/4/2024</say-as>", "April third, twenty twenty-four"),
        ("<say-as interpret-as='date' format='my'>4/2024</say-as>", "April twenty twenty-four"),
        ("<say-as interpret-as='date'>2024-04-03</say-as>", "April third, twenty twenty-four"),
        ("<say-as interpret-as='time'>3:30pm</say-as>", "three thirty P.M."),
        ("<say-as interpret-as='currency'>$5.10</say-as>", "five dollars and ten cents"),
        ("<say-as interpret-as='unit'>5 km</say-as>", "five kilometers"),
        ("<sub alias='World Wide Web Consortium'>W3C</sub> rules", "World Wide Web Consortium rules"),
        ("x &lt; 5 &amp; &#x41;.", "x less than five and A."),
        ("<![CDATA[a & b]]>", "a and b"),
    ],
)  # fmt: skip
def test_words(inside: str, words: str) -> None:
    assert spoken(inside) == [words]


def test_phonemes_and_marks_keep_their_place() -> None:
    (line,) = lines("Say  <phoneme alphabet='ipa' ph='wɪn'>Nguyen</phoneme>, <mark name='m'/>now.")
    assert line.text == "Say Nguyen, now."
    assert [(line.text[r.start : r.end], r.phonemes) for r in line.readings] == [("Nguyen", "wɪn")]
    assert line.marks == (Mark("m", line.text.index("now")),)
    assert spoken_form(line.text, line.readings) == line.text


def test_marks_stay_with_their_sentences() -> None:
    inside = "One. <mark name='b'/>Two <mark name='c'/>three. <mark name='d'/>"
    found = PassageSplitter(max_chars=300, language="en").passages(
        lines(f"<mark name='a'/>{inside}")
    )
    assert [(p.text, p.marks) for p in found] == [
        ("One.", (Mark("a", 0),)),
        ("Two three.", (Mark("b", 0), Mark("c", 4), Mark("d", 10))),
    ]


@pytest.mark.parametrize(
    ("document", "place"),
    [
        ("<speak>\n  <audio src='x.wav'/>\n</speak>", "line 2, column 3: <audio> is not known"),
        ("<speak>\n<p>a\n<s>b</p></speak>", "line 3, column 7: mismatched tag"),
        ("<speak>a & b</speak>", "line 1, column 11: not well-formed"),
        ("<speak>a</speak><speak>b</speak>", "line 1, column 17: junk after document element"),
        ("<speak><break time='1h'/></speak>", "line 1, column 8: a break of '1h'"),
        ("<speak><break>a</break></speak>", "has no content"),
        ("<speak><break pause='1s'/></speak>", "has no attribute 'pause'"),
        ("<speak><sub>a</sub></speak>", "needs the attribute 'alias'"),
        ("<speak><sub alias='x'><p>a</p></sub></speak>", "cannot stand in <sub>"),
        ("<speak><phoneme alphabet='x-sampa' ph='a'>a</phoneme></speak>", "only ipa"),
        ("<speak><say-as interpret-as='cardinal'>many</say-as></speak>", "'many' cannot be said"),
        ("<speak><say-as interpret-as='vowels'>a</say-as></speak>", "'vowels' is not known"),
        ("<speak><emphasis level='huge'>a</emphasis></speak>", "level 'huge'"),
        ("<speak><speak>a</speak></speak>", "cannot stand in <speak>"),
        ("<speak><?php echo 1 ?>a</speak>", "<\\?php\\?> is not read"),
        ("<speak>\n <say-as interpret-as='date'>40/40</say-as></speak>", "line 2, column 2"),
        (
            "<speak><prosody rate='3'><prosody rate='3'>a</prosody></prosody></speak>",
            "column 26: the elements around this make the rate 900%",
        ),
        (
            "<speak><prosody pitch='8st'><emphasis><prosody pitch='4st'>a</prosody></emphasis>"
            "</prosody></speak>",
            r"make the pitch \+12.5st",
        ),
        ("<speak ", "line 1, column"),
        ("<voice name='a'>b</voice>", "begins with <speak>"),
    ],
)
def test_errors_name_line_and_column(document: str, place: str) -> None:
    with pytest.raises(InputError, match=place) as caught:
        read_script(document, "talk.ssml", ".ssml")
    assert str(caught.value).startswith("talk.ssml: line ")


BOMB = "".join(f'<!ENTITY l{n} "{f"&l{n - 1};" * 10}">' for n in range(1, 10))


@pytest.mark.parametrize(
    "prolog",
    [
        f'<!DOCTYPE speak [<!ENTITY l0 "lol">{BOMB}]>',
        '<!DOCTYPE speak [<!ENTITY x SYSTEM "file:///etc/passwd">]>',
        '<!DOCTYPE speak [<!ENTITY % x SYSTEM "http://127.0.0.1/x"> %x;]>',
        '<!DOCTYPE speak SYSTEM "http://127.0.0.1/speak.dtd">',
        '<!DOCTYPE speak PUBLIC "-//W3C//DTD SYNTHESIS 1.0//EN" "synthesis.dtd">',
        f'<!DOCTYPE speak [<!ENTITY x "{"a" * 100_000}">]>',
    ],
)
def test_hostile_documents_are_refused(prolog: str) -> None:
    document = f'<?xml version="1.0"?>{prolog}<speak>&l9;&x;</speak>'
    with pytest.raises(InputError, match=r"line 1, column \d+: .* refused"):
        read_script(document, "talk.ssml", ".ssml")


def test_deep_and_long_documents() -> None:
    deep = "<emphasis level='none'>" * 2000 + "a" + "</emphasis>" * 2000
    assert [line.text for line in lines(deep)] == ["a"]
    assert len(lines("<s>a b.</s>" * 20_000)) == 20_000
