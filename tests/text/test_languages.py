"""Names, codes and locales of languages."""

from __future__ import annotations

import pytest

from audiocli.errors import UsageError
from audiocli.text.languages import (
    base_code,
    is_language,
    iso_639_3,
    language_code,
    language_name,
    parse_languages,
)


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("en", "en"),
        ("EN", "en"),
        ("English", "en"),
        ("en-US", "en"),
        ("pt_BR.UTF-8", "pt"),
        ("Portuguese", "pt"),
        ("zh-Hant-TW", "zh"),
        ("Mandarin", "zh"),
        ("Haitian Creole", "ht"),
        ("nb-NO", "no"),
        ("iw", "he"),
        ("abk", "abk"),
        ("Irish", "ga"),
    ],
)
def test_codes_names_and_locales_are_understood(text: str, code: str) -> None:
    assert language_code(text) == code


@pytest.mark.parametrize(
    ("code", "name"),
    [("gl", "Galician"), ("nn", "Nynorsk"), ("jw", "Javanese"), ("fra", "French"), ("xx", None)],
)
def test_codes_have_names(code: str, name: str | None) -> None:
    assert language_name(code) == name


@pytest.mark.parametrize("text", ["Klingon", "e1", "", "english please"])
def test_unknown_languages_are_refused(text: str) -> None:
    with pytest.raises(UsageError, match="unknown language"):
        language_code(text)


@pytest.mark.parametrize(
    ("code", "base"),
    [
        ("fra", "fr"),
        ("fre", "fr"),
        ("fr-CA", "fr"),
        ("JPN", "ja"),
        ("nob", "no"),
        ("zho", "zh"),
        ("yue", "yue"),
        ("haw", "haw"),
        ("jav", "jw"),
        ("abx", "abx"),
        ("", ""),
    ],
)
def test_codes_of_all_standards_have_one_base(code: str, base: str) -> None:
    assert base_code(code) == base


@pytest.mark.parametrize(
    ("code", "wanted", "expected"),
    [
        ("ger", "de", True),
        ("de-AT", "German", True),
        ("chi", "yue", True),  # Cantonese is often tagged as Chinese
        ("yue", "zh", False),
        ("fil", "fi", False),
        ("", "de", False),
        ("und", "x", False),
        ("abx", "abx", True),
    ],
)
def test_codes_are_compared_across_standards(code: str, wanted: str, expected: bool) -> None:
    assert is_language(code, wanted) is expected


def test_no_code_stands_for_two_languages() -> None:
    from audiocli.text.languages import _ROWS

    codes = [code for row, _ in _ROWS for code in row]
    assert len(codes) == len(set(codes)) > 350


def test_a_list_gives_the_candidates_of_detection() -> None:
    assert parse_languages(None) == (None, ())
    assert parse_languages("auto") == ("auto", ())
    assert parse_languages("German") == ("de", ())
    assert parse_languages("en, Spanish,en-GB") == (None, ("en", "es"))
    with pytest.raises(UsageError, match="empty"):
        parse_languages(",")


@pytest.mark.parametrize(
    ("code", "long"),
    [("de", "deu"), ("sw", "swh"), ("ger", "deu"), ("fra", "fra"), ("it", "ita"), ("iw", "heb")],
)
def test_codes_have_their_iso_639_3_code(code: str, long: str) -> None:
    assert iso_639_3(code) == long


@pytest.mark.parametrize("code", ["kab", "uzb-script_cyrillic"])
def test_codes_outside_the_table_are_returned_unchanged(code: str) -> None:
    assert iso_639_3(code) == code
