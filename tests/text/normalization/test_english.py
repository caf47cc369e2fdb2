"""Tests of text normalization; the cases are in english_cases.tsv."""

from __future__ import annotations

from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from audiocli.text.normalization import Reading, readings, spoken_form

CASES = [
    line.split("\t")
    for line in (Path(__file__).parent / "english_cases.tsv").read_text("utf-8").splitlines()
    if "\t" in line
]


@pytest.mark.parametrize(("written", "spoken"), CASES, ids=[written for written, _ in CASES])
def test_case(written: str, spoken: str) -> None:
    assert spoken_form(written, readings(written, "en")) == spoken


def test_cases_in_one_sentence() -> None:
    text = "Dr. Lee paid $3.50 for 1/2 kg on 3 May 2020, at 5 pm, see www.bbc.co.uk."
    assert spoken_form(text, readings(text, "eng")) == (
        "Doctor Lee paid three dollars and fifty cents for half a kilogram on the third of May"
        " twenty twenty, at five P.M., see W.W.W. dot B.B.C. dot co dot U.K."
    )


def test_settled_readings_stay() -> None:
    settled = [Reading(0, 4, "nineteen hundred and ninety-nine")]
    assert spoken_form("1999 it was", readings("1999 it was", "en", settled)) == (
        "nineteen hundred and ninety-nine it was"
    )


@given(st.text(alphabet="09 ./:,-–$€%°'’#@&½abAIVXMst:\n😀\u200d", max_size=40))
def test_readings_never_overlap(text: str) -> None:
    found = readings(text, "en")
    assert all(a.end <= b.start for a, b in pairwise(found))
    spoken_form(text, found)


@pytest.mark.parametrize(
    ("language", "written", "spoken"),
    [
        ("de", "Am 3. Mai kamen 21 Leute.", "Am dritten Mai kamen einundzwanzig Leute."),
        (
            "de",
            "1999 waren es 3,5 %.",
            "neunzehnhundertneunundneunzig waren es drei Komma fünf Prozent.",
        ),
        ("fr", "le 1er chapitre, 80 pages", "le premier chapitre, quatre-vingts pages"),
        ("es", "Cuesta 1.250 pesos", "Cuesta mil doscientos cincuenta pesos"),
        ("es", "sin cifras", "sin cifras"),
        ("zz", "12 Dinge", "12 Dinge"),
    ],
)
def test_numbers_of_other_languages(language: str, written: str, spoken: str) -> None:
    assert spoken_form(written, readings(written, language)) == spoken
