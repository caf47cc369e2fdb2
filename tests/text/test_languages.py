"""Languages as people write them."""

from __future__ import annotations

import pytest

from audiocli.errors import UsageError
from audiocli.text.languages import language_code, parse_languages


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
    ],
)
def test_codes_names_and_locales_are_understood(text: str, code: str) -> None:
    assert language_code(text) == code


@pytest.mark.parametrize("text", ["Klingon", "e1", "", "english please"])
def test_what_is_no_language_is_refused(text: str) -> None:
    with pytest.raises(UsageError, match="unknown language"):
        language_code(text)


def test_a_list_gives_the_candidates_of_detection() -> None:
    assert parse_languages(None) == (None, ())
    assert parse_languages("auto") == ("auto", ())
    assert parse_languages("German") == ("de", ())
    assert parse_languages("en, Spanish,en-GB") == (None, ("en", "es"))
    with pytest.raises(UsageError, match="empty"):
        parse_languages(",")
