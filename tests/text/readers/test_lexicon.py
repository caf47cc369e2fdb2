"""Tests of pronunciation lexicons."""

from __future__ import annotations

from pathlib import Path

import pytest

from audiocli.errors import InputError
from audiocli.text.normalization import Reading, readings, spoken_form
from audiocli.text.readers.lexicon import read_lexicons

WORDS = """
[words]
Nguyen = "win"
gif = "jif"
US = { say = "United States", case = true }
nasa = { say = "the agency", case = true }
"New York" = "Noo Yawk"
"Siobhán" = { ipa = "ʃɪˈvɔːn" }
"$5" = "a fiver"
"""


def test_case_of_words(tmp_path: Path) -> None:
    path = tmp_path / "words.toml"
    path.write_text(WORDS, "utf-8")
    lexicon = read_lexicons([path])
    text = "Nguyen's GIF, nguyen, us in the US, NASA, nasa, New  York, Nguyens, $5."
    said = spoken_form(text, readings(text, "en", lexicon.add_readings(text, [])))
    assert said == (
        "win's jif, nguyen, us in the United States, NASA, the agency, Noo Yawk, Nguyens, a fiver."
    )
    (name,) = lexicon.add_readings("Siobhán", [])
    assert name == Reading(0, 7, "Siobhán", "ʃɪˈvɔːn")
    given = [Reading(0, 3, "x")]
    assert lexicon.add_readings("gif", given) == given


def test_later_lexicons_override_earlier_ones(tmp_path: Path) -> None:
    for name, said in (("user", "jif"), ("project", "ghif")):
        (tmp_path / name).write_text(f'[words]\ngif = "{said}"\n', "utf-8")
    lexicon = read_lexicons([tmp_path / "user", tmp_path / "project"])
    assert lexicon.entries["gif"].say == "ghif"
    assert read_lexicons([]).add_readings("gif", []) == []


@pytest.mark.parametrize(
    ("content", "problem"),
    [
        ("[words\n", "is not valid TOML: .*line 1"),
        ("a = 1\n", "is not a lexicon"),
        ("[words]\na = 1\n", "a: is not a text or a table"),
        ("[words]\na = {}\n", "a: needs say or ipa"),
        ('[words]\na = {say = "b", volume = 1}\n', "a: is not a text or a table"),
        ('[words]\na = ""\n', "a: needs say"),
    ],
)
def test_invalid_lexicons_are_refused(tmp_path: Path, content: str, problem: str) -> None:
    (tmp_path / "words.toml").write_text(content, "utf-8")
    with pytest.raises(InputError, match=problem):
        read_lexicons([tmp_path / "words.toml"])
