"""Language codes, and the names, locales and other codes that map to them."""

from __future__ import annotations

import re

from audiocli.errors import UsageError

# Codes and English name of each language. The first code is the one that audiocli uses: that of
# Whisper if it supports the language, else of ISO 639-1. The others are those of ISO 639-2 and
# 639-3, which containers and MMS models use; the last one is that of ISO 639-3.
_LANGUAGES = """
aa/aar afar; ab/abk abkhaz; af/afr afrikaans; ak/aka akan; am/amh amharic; an/arg aragonese;
ar/ara arabic; as/asm assamese; av/ava avaric; ay/aym aymara; az/aze azerbaijani; ba/bak bashkir;
be/bel belarusian; bg/bul bulgarian; bi/bis bislama; bm/bam bambara; bn/ben bengali;
bo/tib/bod tibetan; br/bre breton; bs/bos bosnian; ca/cat catalan; ce/che chechen;
ch/cha chamorro; co/cos corsican; cr/cre cree; cs/cze/ces czech; cv/chv chuvash; cy/wel/cym welsh;
da/dan danish; de/ger/deu german; dv/div divehi; dz/dzo dzongkha; ee/ewe ewe; el/gre/ell greek;
en/eng english; eo/epo esperanto; es/spa spanish; et/est estonian; eu/baq/eus basque;
fa/per/fas persian; ff/ful fulah; fi/fin finnish; fj/fij fijian; fo/fao faroese;
fr/fre/fra french; fy/fry west frisian; ga/gle irish; gd/gla scottish gaelic; gl/glg galician;
gn/grn guarani; gu/guj gujarati; gv/glv manx; ha/hau hausa; haw hawaiian; he/heb hebrew;
hi/hin hindi; hr/hrv croatian; ht/hat haitian creole; hu/hun hungarian; hy/arm/hye armenian;
hz/her herero; id/ind indonesian; ig/ibo igbo; ii/iii sichuan yi; ik/ipk inupiaq;
is/ice/isl icelandic; it/ita italian; iu/iku inuktitut; ja/jpn japanese; jw/jav javanese;
ka/geo/kat georgian; kg/kon kongo; ki/kik kikuyu; kj/kua kuanyama; kk/kaz kazakh;
kl/kal kalaallisut; km/khm khmer; kn/kan kannada; ko/kor korean; kr/kau kanuri; ks/kas kashmiri;
ku/kur kurdish; kv/kom komi; kw/cor cornish; ky/kir kyrgyz; la/lat latin; lb/ltz luxembourgish;
lg/lug ganda; li/lim limburgan; ln/lin lingala; lo/lao lao; lt/lit lithuanian;
lu/lub luba-katanga; lv/lav latvian; mg/mlg malagasy; mh/mah marshallese; mi/mao/mri maori;
mk/mac/mkd macedonian; ml/mal malayalam; mn/mon mongolian; mr/mar marathi; ms/may/msa malay;
mt/mlt maltese; my/bur/mya burmese; na/nau nauru; nd/nde northern ndebele; ne/nep nepali;
ng/ndo ndonga; nl/dut/nld dutch; nn/nno nynorsk; no/nor/nob norwegian; nr/nbl southern ndebele;
nv/nav navajo; ny/nya chichewa; oc/oci occitan; oj/oji ojibwa; om/orm oromo; or/ori oriya;
os/oss ossetian; pa/pan punjabi; pi/pli pali; pl/pol polish; ps/pus pashto; pt/por portuguese;
qu/que quechua; rm/roh romansh; rn/run rundi; ro/rum/ron romanian; ru/rus russian;
rw/kin kinyarwanda; sa/san sanskrit; sc/srd sardinian; sd/snd sindhi; se/sme northern sami;
sg/sag sango; si/sin sinhala; sk/slo/slk slovak; sl/slv slovenian; sm/smo samoan; sn/sna shona;
so/som somali; sq/alb/sqi albanian; sr/srp serbian; ss/ssw swati; st/sot southern sotho;
su/sun sundanese; sv/swe swedish; sw/swa/swh swahili; ta/tam tamil; te/tel telugu; tg/tgk tajik;
th/tha thai; ti/tir tigrinya; tk/tuk turkmen; tl/tgl tagalog; tn/tsn tswana; to/ton tongan;
tr/tur turkish; ts/tso tsonga; tt/tat tatar; tw/twi twi; ty/tah tahitian; ug/uig uyghur;
uk/ukr ukrainian; ur/urd urdu; uz/uzb uzbek; ve/ven venda; vi/vie vietnamese; wa/wln walloon;
wo/wol wolof; xh/xho xhosa; yi/yid yiddish; yo/yor yoruba; yue cantonese; za/zha zhuang;
zh/chi/zho/cmn chinese; zu/zul zulu
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
_ROWS = [
    (codes.split("/"), name)
    for codes, _, name in (row.strip().partition(" ") for row in _LANGUAGES.split(";"))
]
_BY_NAME = {name: codes[0] for codes, name in _ROWS} | _OTHER_NAMES
_BY_CODE = _OTHER_NAMES | {code: codes[0] for codes, _ in _ROWS for code in codes}
_ISO_639_3 = {codes[0]: codes[-1] for codes, _ in _ROWS}
_NAMES = {codes[0]: name for codes, name in _ROWS}
# Cantonese tracks are often tagged as Chinese.
_MACROLANGUAGES = {"yue": "zh"}
_MAX_CODE = 3  # letters of an ISO 639 code


def language_code(text: str) -> str:
    """Return the code of a language that is given as a code, a locale or an English name.

    `en`, `EN`, `en-US`, `en_GB.UTF-8` and `English` are all `en`. Other codes,
    such as the three-letter codes of MMS models, are returned unchanged.

    Raises
    ------
    UsageError : no language has that name
    """
    name = text.strip().lower()
    if name in _BY_NAME:
        return _BY_NAME[name]
    code = name.replace("_", "-").split("-")[0].split(".")[0]
    if not code.isalpha() or len(code) > _MAX_CODE:
        raise UsageError(
            f"unknown language {text!r}", "give a code such as en, or a name such as English"
        )
    return _BY_NAME.get(code, code)


def base_code(code: str) -> str:
    """Return the code that audiocli uses for a code or locale: `fr` for `fra` and `fr-CA`."""
    base = re.split("[-_]", code.strip().lower())[0]
    return _BY_CODE.get(base, base)


def iso_639_3(code: str) -> str:
    """Return the ISO 639-3 code of a language code; other codes are returned unchanged.

    A macrolanguage that one language represents has the code of that language: `swh` for `sw`.
    """
    return _ISO_639_3.get(_BY_CODE.get(code, code), code)


def language_name(code: str) -> str | None:
    """Return the English name of a language, such as `Galician` for `gl`; None if unknown."""
    name = _NAMES.get(base_code(code))
    return name.title() if name else None


def is_language(code: str, wanted: str) -> bool:
    """Return whether a code belongs to a language.

    Parameters
    ----------
    code : a code or locale, such as the `ger` of a sound track
    wanted : a code, a locale or an English name
    """
    language = _BY_NAME.get(wanted.strip().lower()) or base_code(wanted)
    return base_code(code) in {language, _MACROLANGUAGES.get(language)}


def parse_languages(text: str | None) -> tuple[str | None, tuple[str, ...]]:
    """Split the value of `--language` into one language and the candidates of detection.

    Returns
    -------
    language : a code, "auto", or None to detect one
    candidates : codes that detection chooses from, from a list such as `en,es`; may be empty

    Raises
    ------
    UsageError : a language is unknown, or the list is empty
    """
    if text is None or text.strip().lower() == "auto":
        return (text and "auto"), ()
    codes = tuple(dict.fromkeys(language_code(part) for part in text.split(",") if part.strip()))
    if not codes:
        raise UsageError("--language is empty", "give a code such as en, or leave it out")
    return (codes[0], ()) if len(codes) == 1 else (None, codes)
