"""Convert English text to the phonemes of hibari and Kokoro.

Uses the grapheme-to-phoneme converter of hibari-tts, which accepts `[word](/phonemes/)`. Its
phoneme set is that of misaki (https://github.com/hexgrad/misaki): a diphthong is one
letter, and stress marks precede the vowel.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from typing import Any, NamedTuple

from audiocli.errors import InputError
from audiocli.models.protocols.synthesis import Pronunciation

# Replacements of equal length, so that positions in the text do not change.
_PLAIN = str.maketrans({"’": "'", "‘": "'", "\u00a0": " ", "‒": "-", "―": "—", "[": "(", "]": ")"})
_SEVERAL = {
    "tʃ": "ʧ",
    "dʒ": "ʤ",
    "eɪ": "A",
    "aɪ": "I",
    "aʊ": "W",
    "ɔɪ": "Y",
    "oʊ": "O",
    "əʊ": "O",
    "ɛə": "ɛɹ",
    "ɪə": "ɪɹ",
    "ʊə": "ʊɹ",
    "ɜː": "ɜɹ",
    "ɑː": "ɑ",
}
_BRITISH = {"əʊ": "Q", "ɜː": "ɜː", "ɑː": "ɑː", "ɒ": "ɒ", "a": "a", "ː": "ː", "o": "Q"}
_ONE = {
    "g": "ɡ",
    "r": "ɹ",
    "ʁ": "ɹ",
    "ʀ": "ɹ",
    "ɾ": "T",
    "ʔ": "t",
    "ɫ": "l",
    "ɚ": "əɹ",
    "ɝ": "ɜɹ",
    "ɒ": "ɑ",
    "e": "ɛ",
    "a": "ɑ",
    "o": "O",
    "y": "u",
    "ø": "ɜ",
    "œ": "ɜ",
    "ɨ": "ɪ",
    "ɵ": "ə",
    "ɲ": "nj",
    "ʎ": "lj",
    "x": "k",
    "χ": "k",
    "ç": "h",
    "β": "b",
    "c": "k",
    "q": "k",
    "ʂ": "ʃ",
    "ɕ": "ʃ",
    "ʐ": "ʒ",
    "ʑ": "ʒ",
    "ʋ": "v",
    "ɥ": "w",
    "ː": "",
    ".": "",
    "ʰ": "",
    "ʲ": "",
    "'": "ˈ",
}
_VOWELS = "AIWYOQaiuæɑɐɒɔəɛɜɪʊʌᵊᵻ"
_STRESS = "ˈˌ"
_KNOWN = frozenset(f"{_VOWELS}{_STRESS} ː bdfhjklmnpstvwzðŋɡɹʃʒʤʧθT")


class PhonemizedText(NamedTuple):
    """The phonemes of a text.

    Attributes
    ----------
    phonemes : one character per phoneme
    places : position in the text of each phoneme, and of the end of the last
    """

    phonemes: str
    places: list[float]


def phonemize_english(
    reader: Any, text: str, pronunciations: Sequence[Pronunciation] = ()
) -> PhonemizedText:
    """Convert a text to phonemes.

    Parameters
    ----------
    reader : `G2P` of hibari
    pronunciations : pronunciations of parts of the text, in order

    Raises
    ------
    InputError : a pronunciation has a phoneme that English does not have
    """
    text = text.translate(_PLAIN)
    tokens = reader.phonemize_tokens(reader.tokenize(_marked(text, pronunciations, reader.british)))
    phonemes, position = "", 0
    places: list[float] = []
    for token in tokens:
        start = max(position, text.find(token.text, position))
        position = start + len(token.text)
        said = token.phonemes or ""
        phonemes += said
        places += (start + n * len(token.text) / len(said) for n in range(len(said)))
        if token.whitespace:
            phonemes += " "
            places.append(position)
    return PhonemizedText(phonemes, [*places, len(text)])


def _marked(text: str, pronunciations: Sequence[Pronunciation], british: bool) -> str:
    marked, position = "", 0
    for start, end, ipa in pronunciations:
        marked += f"{text[position:start]}[{text[start:end]}](/{from_ipa(ipa, british=british)}/)"
        position = end
    return marked + text[position:]


def from_ipa(ipa: str, *, british: bool = False) -> str:
    """Convert phonemes from the International Phonetic Alphabet to the set of misaki.

    Raises
    ------
    InputError : English does not have a phoneme
    """
    several, one = (_SEVERAL | _BRITISH, _ONE | _BRITISH) if british else (_SEVERAL, _ONE)
    plain = unicodedata.normalize("NFD", ipa.strip().strip("/[]"))
    plain = re.sub("([ln])\u0329", r"ᵊ\1", plain)
    plain = "".join(c for c in plain if not unicodedata.combining(c))
    for written, letter in several.items():
        plain = plain.replace(written, letter)
    letters = "".join(one.get(letter, letter) for letter in plain)
    if strange := set(letters) - _KNOWN:
        raise InputError(
            f"/{ipa}/", f"English has no phoneme {min(strange)!r}", "use IPA of English"
        )
    # Move stress marks from the start of the syllable to its vowel.
    letters = re.sub(rf"([{_STRESS}])([^{_VOWELS}{_STRESS} ]+)(?=[{_VOWELS}])", r"\2\1", letters)
    if not any(mark in letters for mark in _STRESS):
        letters = re.sub(rf"(?=[{_VOWELS}])", _STRESS[0], letters, count=1)
    return letters
