"""Tests of the readers of plain text, Markdown, HTML, EPUB, subtitles and dialogue."""

# ruff: noqa: E501 (a document or a case a line)

from __future__ import annotations

import zipfile
from pathlib import Path

import pytest

from audiocli.errors import InputError, UsageError
from audiocli.text.readers import read_book, read_script
from audiocli.text.readers.dialogue import parse_voices, with_voices
from audiocli.text.script import LINE, PARAGRAPH, CueTimes, ScriptLine


def read(text: str, suffix: str) -> list[ScriptLine]:
    return list(read_script(text, f"talk{suffix}", suffix).lines())


def chapters(lines: list[ScriptLine]) -> dict[str, str]:
    return {line.chapter: line.text for line in lines if line.chapter}


def test_headings_of_plain_text_begin_chapters() -> None:
    text = "CHAPTER I. The Cave\n\nIt was dark.\n\nChapter two of the law,\n\nis long.\n\nEPILOGUE\n\nEnd."
    assert chapters(read(text, ".txt")) == {
        "CHAPTER I. The Cave": "CHAPTER I. The Cave",
        "EPILOGUE": "EPILOGUE",
    }


@pytest.mark.parametrize(
    ("text", "lines"),
    [
        (  # ragged, with words divided at line ends
            "He bought a new com-\nputer and a self-\nmade desk in the\nmorning of a long day\nthat never ended.\nThen he left.",
            ["He bought a new computer and a self-made desk in the morning of a long day that never ended.", "Then he left."],
        ),
        (
            "It had been raining for a long time\nwhen the doctor, Mr.\nquick by name, came\nto see what had happened there.",
            ["It had been raining for a long time when the doctor, Mr. quick by name, came to see what had happened there."],
        ),
        (
            "The road went on through the hills\nand did not end until the evening.\nNobody followed them down there.",
            ["The road went on through the hills and did not end until the evening.", "Nobody followed them down there."],
        ),
        ("eggs\nmilk\nbread", ["eggs", "milk", "bread"]),
        ("a state-of-the-\nart thing", ["a state-of-the-art thing"]),
        ("Tom &amp; Jerry&nbsp;&#8212; R&D &c.", ["Tom & Jerry — R&D &c."]),
    ],
)  # fmt: skip
def test_wrapped_lines_of_plain_text_are_joined(text: str, lines: list[str]) -> None:
    assert [line.text for line in read(text, ".txt")] == lines


NOTES = """<p>Text<a epub:type="noteref" href="#n1">1</a> here.</p>
<aside epub:type="footnote" id="n1"><p>A note.</p></aside>
<section role="doc-endnotes"><h2>Notes</h2><ol><li epub:type="rearnote">More.
<a role="doc-backlink" href="#r">back</a></li></ol></section>
<p role="note">Take care.</p>"""


def test_notes_are_skipped_unless_asked_for() -> None:
    assert [line.text for line in read(NOTES, ".html")] == ["Text here.", "Take care."]
    with_notes = read_script(NOTES, "a.html", ".html", notes=True)
    assert [line.text for line in with_notes.lines()] == [
        "Text here.", "A note.", "Notes", "More.", "Take care.",
    ]  # fmt: skip


def test_html_elements() -> None:
    page = """<!doctype html><html><head><title>A Title</title><style>p {}</style></head><body>
    <h1>One &amp; <em>only</em></h1><p>First<br>second.<script>alert(1)</script></p>
    <ul><li>egg<li>ham</ul><p hidden>no</p><div aria-hidden="true">no<img>no</div>
    <p>Note<a role="doc-noteref" epub:type="noteref" href="#n"><sup>1</sup></a>.</p>
    <table><tr><td>a</td><td>b</td></tr></table>tail <h2>Two</h2></body></html>"""
    script = read_script(page, "a.html", ".html")
    found = list(script.lines())
    assert script.tags == {"title": "A Title"}
    assert [line.text for line in found] == [
        "One & only", "First", "second.", "egg", "ham", "Note.", "a", "b", "tail", "Two",
    ]  # fmt: skip
    assert [line.pause for line in found[:4]] == [PARAGRAPH, LINE, PARAGRAPH, LINE]
    assert set(chapters(found)) == {"One & only", "Two"}


def test_hidden_elements_and_note_numbers_are_skipped() -> None:
    page = """<p>Seen<a href="#n1"><sup>1</sup></a>, 10<sup>6</sup> and <a href="#c2">chapter 2</a>.
    <a id="x">3</a> The end.<sup>4</sup> 1<sup>st</sup> km<sup>2</sup></p><p style="Display : none">no</p><p hidden>no</p><p aria-hidden="true">no</p>
    <p><a href="#top">12</a> Twelve.</p>"""
    assert [n.text for n in read(page, ".html")] == [
        "Seen, 10^6 and chapter 2. 3 The end. 1st km^2",
        "12 Twelve.",
    ]


def test_malformed_html_is_read() -> None:
    assert [n.text for n in read("<p>a<b>b</i></p></div><<p>c &nope; <script>x", ".html")] == [
        "ab",
        "<",
        "c &nope;",
    ]


def test_markdown_with_front_matter() -> None:
    text = "---\ntitle: 'A Walk'\nauthor: Ann\n---\n# One\n\nSome *fine*\ntext, [a link](http://x.org).\n\n- a\n- b\n\n```\ncode\n```\n"
    script = read_script(text, "a.md", ".md")
    assert script.tags == {"title": "A Walk", "artist": "Ann"}
    assert [line.text for line in script.lines()] == [
        "One",
        "Some fine text, a link.",
        "a",
        "b",
        "code",
    ]
    assert set(chapters(list(script.lines()))) == {"One"}


VTT = "WEBVTT\n\nNOTE no\n\n1\n00:01.000 --> 00:02.500 align:start\n<v Alice>Hi <i>there</i>\nyou\n\n00:03.000 --> 00:04.000\n[door slams] Tea &amp; cake\n\n00:05.000 --> 00:06.000\n♪\n"
SRT = "1\n00:00:03,000 --> 00:00:04,000\n- Second\n\n2\n00:00:01,000 --> 00:00:02,500\n<i>First</i>\nline\n"


@pytest.mark.parametrize(
    ("text", "suffix", "cues"),
    [
        (VTT, ".vtt", [("Hi there you", CueTimes(1.0, 2.5)), ("Tea & cake", CueTimes(3.0, 4.0))]),
        (SRT, ".srt", [("First line", CueTimes(1.0, 2.5)), ("Second", CueTimes(3.0, 4.0))]),
    ],
)
def test_subtitles(text: str, suffix: str, cues: list[tuple[str, CueTimes]]) -> None:
    assert [(line.text, line.cue) for line in read(text, suffix)] == cues


def test_webvtt_voice_spans_name_the_speaker() -> None:
    cue = "<v Ann>Hi. <v.loud Bob Lee>Yo."
    script = read_script(f"WEBVTT\n\n00:01.000 --> 00:02.000\n{cue}\n", "a.vtt", ".vtt")
    assert [(n.speaker, n.text, n.prosody.voice) for n in script.lines()] == [
        ("Ann", "Hi.", None),
        ("Bob Lee", "Yo.", None),
    ]
    warned: list[str] = []
    cast = with_voices(script, {"bob lee": "jm_kumo"}, warned.append)
    assert [(n.text, n.prosody.voice) for n in cast.lines()] == [("Hi.", None), ("Yo.", "jm_kumo")]
    assert warned == ["Ann has no voice in --voices-map: the usual one speaks"]


@pytest.mark.parametrize("text", ["", "only words", "WEBVTT\n\n"])
def test_invalid_subtitles_are_refused(text: str) -> None:
    with pytest.raises(InputError, match=r"talk\.srt: "):
        read(text, ".srt")


def test_dialogue_has_voices() -> None:
    warned: list[str] = []
    script = read_script(
        "ALICE: Good day, Bob.\n\nBob: It's 5 p.m.: late.\n\nCAROL: Me?\n\nNote: x", "a", ".txt"
    )
    voices = parse_voices("Alice=heart, BOB = jm_kumo")
    found = list(with_voices(script, voices, warned.append).lines())
    assert [(n.speaker, n.prosody.voice, n.text) for n in found] == [
        ("ALICE", "heart", "Good day, Bob."),
        ("Bob", "jm_kumo", "It's 5 p.m.: late."),
        (None, None, "CAROL: Me?"),
        (None, None, "Note: x"),
    ]
    assert warned == ["CAROL has no voice in --voices-map: read as it is written"]


@pytest.mark.parametrize("written", ["", "ALICE", "=heart", "ALICE=", "a=b,c"])
def test_invalid_voice_maps_are_refused(written: str) -> None:
    with pytest.raises(UsageError):
        parse_voices(written)


# --- EPUB ------------------------------------------------------------------------

CONTAINER = """<?xml version="1.0"?><container xmlns="urn:oasis:names:tc:opendocument:xmlns:container">
<rootfiles><rootfile full-path="OPS/book.opf"/></rootfiles></container>"""
PACKAGE = """<?xml version="1.0"?><package xmlns="http://www.idpf.org/2007/opf"><metadata
 xmlns:dc="http://purl.org/dc/elements/1.1/"><dc:title>The Book</dc:title><dc:creator>Ann</dc:creator>
 <dc:language>en</dc:language></metadata><manifest><item id="n" href="nav.xhtml" {nav}/>
 <item id="t" href="toc.ncx"/><item id="a" href="text/a%20b.xhtml"/><item id="b" href="text/b.xhtml"/>
 <item id="c" href="cover.xhtml"/></manifest><spine toc="t"><itemref idref="c" linear="no"/>
 <itemref idref="a"/><itemref idref="b"/></spine></package>"""
NAV = """<html xmlns="http://www.w3.org/1999/xhtml" xmlns:epub="http://www.idpf.org/2007/ops"><body>
<nav epub:type="landmarks"><a href="text/b.xhtml">no</a></nav><nav epub:type="toc"><ol>
<li><a href="text/a%20b.xhtml">First</a></li><li><a href="text/b.xhtml#two">Second</a></li></ol></nav></body></html>"""
NCX = """<?xml version="1.0"?><!DOCTYPE ncx PUBLIC "-//NISO//DTD ncx 2005-1//EN"
"http://www.daisy.org/z3986/2005/ncx-2005-1.dtd"><ncx xmlns="http://www.daisy.org/z3986/2005/ncx/"><navMap>
<navPoint><navLabel><text>First</text></navLabel><content src="text/a%20b.xhtml"/></navPoint>
<navPoint><navLabel><text>Second</text></navLabel><content src="text/b.xhtml#two"/></navPoint></navMap></ncx>"""
MEMBERS = {
    "META-INF/container.xml": CONTAINER,
    "OPS/book.opf": PACKAGE.format(nav='properties="nav"'),
    "OPS/nav.xhtml": NAV,
    "OPS/toc.ncx": NCX,
    "OPS/cover.xhtml": "<p>cover</p>",
    "OPS/text/a b.xhtml": "<html><head><title>x</title></head><body><h1>I</h1><p>Begin&nbsp;here.</p></body></html>",
    "OPS/text/b.xhtml": "<body><p>Still the first.</p><h1 id='two'>II</h1><p>On.</p></body>",
}


def epub(path: Path, **changed: str) -> Path:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, text in (MEMBERS | changed).items():
            archive.writestr(name, text)
    return path


@pytest.mark.parametrize("nav", ['properties="nav"', ""])
def test_epub_with_either_table_of_contents(tmp_path: Path, nav: str) -> None:
    script = read_book(epub(tmp_path / "b.epub", **{"OPS/book.opf": PACKAGE.format(nav=nav)}))
    assert script.tags == {"title": "The Book", "artist": "Ann", "language": "en"}
    found = list(script.lines())
    assert [line.text for line in found] == ["I", "Begin here.", "Still the first.", "II", "On."]
    assert chapters(found) == {"First": "I", "Second": "II"}
    assert list(script.lines()) == found


def test_the_notes_of_a_book_are_skipped_unless_asked_for(tmp_path: Path) -> None:
    book = epub(tmp_path / "b.epub", **{"OPS/text/b.xhtml": f"<body>{NOTES}</body>"})
    texts = [[line.text for line in read_book(book, notes=n).lines()][2:] for n in (False, True)]
    assert texts[0] == ["Text here.", "Take care."]
    assert texts[1] == ["Text here.", "A note.", "Notes", "More.", "Take care."]


@pytest.mark.parametrize(
    ("changed", "problem"),
    [
        ({"META-INF/container.xml": "<a"}, "damaged: META-INF/container.xml"),
        ({"META-INF/container.xml": "<a/>"}, "names no book"),
        (
            {"META-INF/container.xml": CONTAINER.replace("book.opf", "no.opf")},
            "it has no OPS/no.opf",
        ),
        ({"OPS/book.opf": '<!DOCTYPE a [<!ENTITY x "y">]><a>&x;</a>'}, "refused"),
        (
            {"META-INF/encryption.xml": '<a><CipherReference URI="OPS/text/b.xhtml"/></a>'},
            "protected",
        ),
    ],
)
def test_damaged_epubs_are_refused(tmp_path: Path, changed: dict[str, str], problem: str) -> None:
    with pytest.raises(InputError, match=problem):
        read_book(epub(tmp_path / "b.epub", **changed))


def test_oversized_epub_documents_are_refused(tmp_path: Path) -> None:
    book = epub(tmp_path / "b.epub", **{"OPS/text/b.xhtml": "a" * (65 << 20)})
    assert book.stat().st_size < 1 << 20
    with pytest.raises(InputError, match="unpacks to more than 64 MiB"):
        list(read_book(book).lines())


def test_other_files_are_not_epubs(tmp_path: Path) -> None:
    (tmp_path / "b.epub").write_bytes(b"PK\3\4 no")
    with pytest.raises(InputError, match="is not an EPUB file"):
        read_book(tmp_path / "b.epub")
    with pytest.raises(InputError, match="no such file"):
        read_book(tmp_path / "none.epub")
