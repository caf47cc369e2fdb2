"""Language codes, and what people write for them: names, locales and old codes."""

from __future__ import annotations

from audiocli.errors import UsageError

# English names of the languages that Whisper transcribes, with their codes (ISO 639-1, else -3).
_NAMES = """
af afrikaans; am amharic; ar arabic; as assamese; az azerbaijani; ba bashkir; be belarusian;
bg bulgarian; bn bengali; bo tibetan; br breton; bs bosnian; ca catalan; cs czech; cy welsh;
da danish; de german; el greek; en english; es spanish; et estonian; eu basque; fa persian;
fi finnish; fo faroese; fr french; gl galician; gu gujarati; ha hausa; haw hawaiian; he hebrew;
hi hindi; hr croatian; ht haitian creole; hu hungarian; hy armenian; id indonesian; is icelandic;
it italian; ja japanese; jw javanese; ka georgian; kk kazakh; km khmer; kn kannada; ko korean;
la latin; lb luxembourgish; ln lingala; lo lao; lt lithuanian; lv latvian; mg malagasy; mi maori;
mk macedonian; ml malayalam; mn mongolian; mr marathi; ms malay; mt maltese; my burmese;
ne nepali; nl dutch; nn nynorsk; no norwegian; oc occitan; pa punjabi; pl polish; ps pashto;
pt portuguese; ro romanian; ru russian; sa sanskrit; sd sindhi; si sinhala; sk slovak;
sl slovenian; sn shona; so somali; sq albanian; sr serbian; su sundanese; sv swedish; sw swahili;
ta tamil; te telugu; tg tajik; th thai; tk turkmen; tl tagalog; tr turkish; tt tatar;
uk ukrainian; ur urdu; uz uzbek; vi vietnamese; yi yiddish; yo yoruba; yue cantonese; zh chinese
"""
_OTHER_NAMES = {
    "bangla": "bn",
    "bokmål": "no",
    "castilian": "es",
    "farsi": "fa",
    "filipino": "tl",
    "flemish": "nl",
    "haitian": "ht",
    "mandarin": "zh",
    "moldavian": "ro",
    "myanmar": "my",
    "panjabi": "pa",
    "pushto": "ps",
    "sinhalese": "si",
    "valencian": "ca",
    # codes that were replaced, or that Whisper has under another one
    "fil": "tl",
    "in": "id",
    "iw": "he",
    "ji": "yi",
    "jv": "jw",
    "nb": "no",
}
_CODES = {
    name: code for code, _, name in (entry.strip().partition(" ") for entry in _NAMES.split(";"))
} | _OTHER_NAMES
_MAX_CODE = 3  # letters of an ISO 639 code


def language_code(text: str) -> str:
    """Return the code of a language that is given as a code, a locale or an English name.

    `en`, `EN`, `en-US`, `en_GB.UTF-8` and `English` are all `en`. Codes that are not in
    the table are returned as they are: models know more languages than it lists.

    Raises
    ------
    UsageError : no language has that name
    """
    name = text.strip().lower()
    if name in _CODES:
        return _CODES[name]
    code = name.replace("_", "-").split("-")[0].split(".")[0]
    if not code.isalpha() or len(code) > _MAX_CODE:
        raise UsageError(
            f"unknown language {text!r}", "give a code such as en, or a name such as English"
        )
    return _CODES.get(code, code)


def parse_languages(text: str | None) -> tuple[str | None, tuple[str, ...]]:
    """Split the value of `--language` into one language and the candidates of detection.

    Returns
    -------
    language : a code, "auto", or None to detect one
    candidates : codes that detection chooses from, from a list such as `en,es`; may be empty
    """
    if text is None or text.strip().lower() == "auto":
        return (text and "auto"), ()
    codes = tuple(dict.fromkeys(language_code(part) for part in text.split(",") if part.strip()))
    if not codes:
        raise UsageError("--language is empty", "give a code such as en, or leave it out")
    return (codes[0], ()) if len(codes) == 1 else (None, codes)
