"""Text files in the encodings that editors and shells write."""

from __future__ import annotations

import codecs
import io
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest

from audiocli.batch.inputs import find_inputs
from audiocli.batch.labelled import find_labelled_clips
from audiocli.errors import InputError
from audiocli.text.encodings import decode, decode_markup
from inprocess import Ran

Run = Callable[..., Ran]
SSML = '<?xml version="1.0" encoding="{}"?>\n<speak>Señor Núñez.</speak>'
WAYS = ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "utf-32", "utf-32-le"]
MARKED = ["utf-8", "utf-8-sig", "utf-16", "utf-32"]


@pytest.mark.parametrize("way", WAYS)
def test_unicode_is_read_with_and_without_a_mark(way: str) -> None:
    assert decode("Señor Núñez 我".encode(way), "a") == "Señor Núñez 我"


@pytest.mark.parametrize("mark", [codecs.BOM_UTF16_BE, codecs.BOM_UTF32_BE])
def test_big_endian_with_a_mark(mark: bytes) -> None:
    way = "utf-16-be" if len(mark) == 2 else "utf-32-be"
    assert decode(mark + "Señor".encode(way), "a") == "Señor"


@pytest.mark.parametrize("way", [*WAYS, "iso-8859-1", "windows-1252", "cp850"])
def test_ssml_in_its_declared_encoding_is_spoken(run: Run, tmp_path: Path, way: str) -> None:
    path = tmp_path / "a.ssml"
    declared = way.removesuffix("-sig").removesuffix("-le").removesuffix("-be")
    for text in (SSML.format(declared), "<speak>Señor Núñez.</speak>"):
        if "xml" not in text and way not in WAYS:
            continue
        path.write_bytes(text.encode(way))
        assert run("speak", "--file", path, "--show-text") == (0, "Señor Núñez.\n", "")


CONVERT = "(convert it with iconv -t utf-8)"
WRONG = {
    "declares the unknown encoding 'klingon' (convert it with iconv -t utf-8)": (
        "klingon",
        "utf-8",
    ),
    "declares the unknown encoding 'base64' (convert it with iconv -t utf-8)": ("base64", "utf-8"),
    "declares the encoding UTF-16, but is UTF-8 (correct or remove the declaration)": (
        "UTF-16",
        "utf-8",
    ),
    "declares the encoding utf-8, but is UTF-16 (correct or remove the declaration)": (
        "utf-8",
        "utf-16",
    ),
    f"is not UTF-8 text (byte 48) {CONVERT}": ("utf-8", "latin-1"),
}


@pytest.mark.parametrize("message", WRONG)
def test_wrong_declarations_are_one_line(run: Run, tmp_path: Path, message: str) -> None:
    declared, way = WRONG[message]
    path = tmp_path / "a.ssml"
    path.write_bytes(SSML.format(declared).encode(way))
    assert run("speak", "--file", path, "--show-text") == (4, "", f"error: {path}: {message}\n")


@pytest.mark.parametrize("way", MARKED)
def test_documents_lexicons_and_results(run: Run, tmp_path: Path, jfk: Path, way: str) -> None:
    def written(name: str, text: str) -> Path:
        path = tmp_path / name
        path.write_bytes(text.encode(way))
        return path

    srt = written("a.srt", "1\n00:00:01,000 --> 00:00:02,000\nSeñor.\n")
    vtt = written("a.vtt", "WEBVTT\n\n00:01.000 --> 00:02.000\nSeñor.\n")
    html = written("a.html", "<html><body><p>Señor.</p></body></html>")
    for path in (srt, vtt, html, written("a.txt", "Señor."), written("a.md", "# Señor.")):
        assert run("speak", "--file", path, "--show-text") == (0, "Señor.\n", "")
    lexicon = written("a.toml", '[words]\n"Señor" = "Mister"\n')
    said = run("speak", "Señor.", "--lexicon", lexicon, "--show-text")
    assert said == (0, "Mister.\n", "")
    result = written("a.json", run("features", jfk, "-f", "json").stdout)
    assert run("convert", result, "-f", "csv").code == 0


@pytest.mark.parametrize("way", [*MARKED, "iso-8859-1"])
def test_books(run: Run, tmp_path: Path, way: str) -> None:
    declared = f'<?xml version="1.0" encoding="{way.removesuffix("-sig")}"?>'
    members = {
        "META-INF/container.xml": '<container><rootfile full-path="a.opf"/></container>',
        "a.opf": '<package><item id="d" href="d.xhtml"/><itemref idref="d"/></package>',
        "d.xhtml": "<html><body><p>Señor Núñez.</p></body></html>",
    }
    path = tmp_path / "a.epub"
    with zipfile.ZipFile(path, "w") as book:
        for name, text in members.items():
            book.writestr(name, (declared + text).encode(way))
    assert run("speak", "--file", path, "--show-text") == (0, "Señor Núñez.\n", "")


@pytest.mark.parametrize("way", MARKED)
def test_lists_and_tables(tmp_path: Path, way: str) -> None:
    names = tmp_path / "list.txt"
    names.write_bytes("señor.wav\r\ntwo.wav\r\n".encode(way))
    found = find_inputs([f"@{names}"], stdin=io.BytesIO())
    assert [one.name for one in found] == ["señor.wav", "two.wav"]
    table = tmp_path / "clips.csv"
    table.write_bytes("path,label\r\na.wav,señor\r\nb.wav,two\r\n".encode(way))
    assert [one.label for one in find_labelled_clips([str(table)], None)] == ["señor", "two"]


def test_html_in_its_declared_encoding() -> None:
    page = '<html><meta charset="windows-1252"><p>Señor “x”</p>'
    assert decode_markup(page.encode("cp1252"), "a") == page
    with pytest.raises(InputError, match=r"a: is not UTF-8 text \(byte 11\)"):
        decode_markup("<html><p>Señor".encode("cp1252"), "a")
