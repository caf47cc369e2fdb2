"""Abbreviations whose full stop does not by itself end a sentence.

The words are in lower case, without the last full stop. Those of a language other than
English apply only where the language of the text is known, since many of them are
ordinary words elsewhere (`ex`, `on`, `art`).
"""

from __future__ import annotations

import re


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


# Titles and words that introduce what follows: never the last word of a sentence.
BEFORE_NAME = _words(
    "mr mrs ms mx dr drs prof st ste rev hon gen brig col maj capt cmdr cdr lt sgt cpl pvt adm"
    " sen rep gov pres supt insp det messrs mme mlle srta mt"
    " e.g i.e cf vs viz approx"
)
BEFORE_NAME_BY_LANGUAGE = {
    "de": _words(
        "hr hrn fr frl dipl ing mag nr bzw vgl bspw sog evtl ggf inkl exkl einschl ca abb str z.b"
        " d.h u.a o.ä i.d.r geb hl mio mrd tsd tel"
    ),
    "fr": _words("m mm mme mmes mlle mlles me mgr dr pr p.ex ex env av apr chap boul bd fig vol"),
    "es": _words(
        "sr sra sres sras srta dr dra d dña ud uds vd vds prof profa lic ing arq gral ee avda av"
        " núm pág págs p.ej ej"
    ),
    "it": _words(
        "sig sigg sig.ra sig.na dott dott.ssa prof prof.ssa avv ing geom rag spett egr gent mons"
        " on pag es"
    ),
    "pt": _words("sr sra srs sras srta dr dra drs dras prof profa eng exmo exma av pág ex"),
    "nl": _words("dhr mevr mw dr drs ir ing prof mr ds bijv blz nr o.a d.w.z t.a.v ca"),
    "sv": _words("t.ex bl.a dvs kl ca nr s.k"),
    "da": _words("f.eks bl.a dvs kl ca nr hr fru"),
    "no": _words("f.eks bl.a dvs kl ca nr"),
    "fi": _words("esim ns mm nro"),
    "pl": _words("ul al pl np tzn inż mgr św godz im prof dr nr tzw"),
    "cs": _words("např tzv tj č str sv ul ing mgr"),
    "tr": _words("örn sn av doç yrd prof dr no sok cad"),
    "ru": _words("ул пр пер кв стр им св проф акад т.е т.к тел см гос"),
    "uk": _words("вул просп кв стор ім св проф акад т.зв див"),
}

# Words that end a sentence only where one of STARTERS follows: "Acme Inc. He left."
MAY_END = _words(
    "inc corp co ltd bros plc llc jr sr esq ave blvd rd ln sq hwy dept univ assn est ft sec min"
    " chr uu sra ud uds"
)

# Words that keep their full stop before a number: "No. 5", but "No. He left."
BEFORE_NUMBER = _words(
    "no nos nr fig figs vol vols p pp fn l ll ext tel lat rm apt rte ch chap art sec eq op bd ca"
    " c env núm pág stor str abb kap sr ste"
)
MONTHS = _words("jan feb mar apr jun jul aug sep sept oct nov dec")
DAYS = _words("mon tue tues wed weds thu thur thurs fri sat sun")

# Words that begin a sentence far more often than they are a name or go on.
_STARTERS = {
    "en": "a|after|all|an|and|any|as|at|because|before|both|but|did|do|does|each|even|every"
    "|everybody|everyone|everything|few|for|from|he|her|here|his|how|however|i|if|in|is|it|its"
    "|many|maybe|meanwhile|most|my|no|nobody|none|nothing|now|of|on|once|one|or|our|perhaps"
    "|several|she|since|so|some|somebody|someone|something|still|that|the|their|then|there|these"
    "|they|this|those|though|to|today|until|was|we|were|what|when|where|which|while|who|why"
    "|with|yes|yesterday|yet|you|your",
    "de": "aber|also|als|auch|bei|da|danach|dann|das|dem|den|der|die|dies|diese|dieser|doch|ein"
    "|eine|er|es|für|heute|hier|ich|ihr|im|in|ja|jetzt|man|mein|mit|nach|nein|nun|seit|sie|so"
    "|trotzdem|und|was|wenn|wer|wie|wir|wo|zu",
    "fr": "alors|après|au|aux|avec|avant|bien|c['’]est|ce|ces|cet|cette|comme|dans|des|donc|elle"
    "|elles|en|et|il|ils|je|j['’]|la|le|les|l['’]|mais|mon|non|nous|on|oui|où|par|pour|puis"
    "|quand|que|qui|son|un|une|vous",
    "es": "ahora|al|aquí|así|como|con|cuando|de|después|el|ella|ellas|ellos|en|entonces|era|es"
    "|esta|este|esto|la|las|lo|los|me|mi|no|nosotros|para|pero|por|que|qué|se|si|sí|su|también"
    "|un|una|y|ya|yo",
    "it": "allora|anche|che|ci|come|con|così|di|dopo|è|e|era|gli|ha|i|il|in|io|la|le|lei|lo|loro"
    "|lui|ma|mi|no|noi|non|ora|per|perché|poi|quando|quello|questa|questo|se|sì|si|sono|un|una",
    "pt": "a|agora|ainda|as|assim|com|como|de|depois|e|ela|elas|ele|eles|em|então|era|é|essa|esse"
    "|esta|este|eu|isso|já|mas|me|na|no|não|nós|o|os|para|por|quando|que|se|sim|um|uma",
    "nl": "als|daar|dan|dat|de|die|dit|een|en|er|het|hier|hij|ik|in|ja|je|maar|met|nee|nu|om|op"
    "|toen|wat|we|wij|wie|ze|zij|zo",
    "ru": "а|в|вот|все|вы|да|для|его|если|еще|ещё|и|из|или|как|когда|кто|мы|на|нет|но|он|она|они"
    "|оно|по|потом|с|так|там|то|тогда|ты|что|это|этот|эта|я",
}
STARTERS = {
    language: re.compile(rf"(?:{words})\b(?!\.)", re.IGNORECASE)  # but not the initial A.
    for language, words in _STARTERS.items()
}

# Languages that write ordinals as a number and a full stop: "am 3. Oktober".
ORDINAL_LANGUAGES = _words("da de cs et fi hr hu is lv nb nn no pl sk sl sr")
