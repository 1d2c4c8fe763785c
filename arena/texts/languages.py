"""Languages: names and codes as files write them, and detection from a text.

A guess is made only where it is good: the text has enough letters, the recogniser is sure, and the language has a name here.
Otherwise the language is unknown, which is no wrong answer.
"""

import re
from functools import lru_cache
from typing import TYPE_CHECKING

from django.conf.locale import LANG_INFO
from django.utils.translation import gettext

from arena.lazy_patterns import LazyPattern

if TYPE_CHECKING:
    from py3langid.langid import LanguageIdentifier

LEAST_LETTERS = 20
LEAST_SIGNS = 8  # where a sign is a syllable or a word: Chinese, Japanese, Korean
LEAST_CONFIDENCE = 0.8
LOOKED_AT = 2_000  # characters; more make a guess no better

_CODE = LazyPattern(r"[A-Za-z]{2,3}([-_][A-Za-z0-9]{2,8})*")
_LONGEST_CODE = 16
_FENCED = LazyPattern(r"^(```|~~~).*?(^\1|\Z)", re.MULTILINE | re.DOTALL)
# Quoted words: between quotation marks, or in lines that begin with >.
_QUOTED = LazyPattern(
    '"[^"]+"|\u201c[^\u201d]+\u201d|\u201e[^\u201c\u201d]+[\u201c\u201d]|\u00ab[^\u00bb]+\u00bb|\u300c[^\u300d]+\u300d'
    "|\u300e[^\u300f]+\u300f|^>.*$",
    re.MULTILINE,
)
_LEAST_AROUND = 5  # letters around what is quoted
_SYLLABIC = LazyPattern("[\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af\uf900-\ufaff]")

_MORE_NAMES = {
    "am": "Amharic", "as": "Assamese", "ba": "Bashkir", "dz": "Dzongkha", "fo": "Faroese", "gu": "Gujarati", "ha": "Hausa",
    "jv": "Javanese", "ku": "Kurdish", "la": "Latin", "lg": "Ganda", "ln": "Lingala", "lo": "Lao", "mg": "Malagasy",
    "mt": "Maltese", "oc": "Occitan", "om": "Oromo", "or": "Odia", "ps": "Pashto", "qu": "Quechua", "rw": "Kinyarwanda",
    "sa": "Sanskrit", "sd": "Sindhi", "si": "Sinhala", "sn": "Shona", "so": "Somali", "st": "Southern Sotho", "su": "Sundanese",
    "tl": "Tagalog", "wo": "Wolof", "xh": "Xhosa", "yi": "Yiddish", "yo": "Yoruba", "yue": "Cantonese", "zh": "Chinese",
    "zu": "Zulu",
}  # fmt: skip
_OTHER_NAMES = {
    "bangla": "bn", "bokmal": "nb", "cantonese chinese": "yue", "castilian": "es", "european portuguese": "pt",
    "farsi": "fa", "filipino": "tl", "flemish": "nl", "greek, modern": "el", "haitian": "ht", "mandarin": "zh",
    "mandarin chinese": "zh", "modern greek": "el", "myanmar": "my", "norwegian bokmål": "nb", "nynorsk": "nn", "oriya": "or",
    "panjabi": "pa", "portuguese (brazil)": "pt-br", "chinese (simplified)": "zh-hans", "chinese (traditional)": "zh-hant",
    "american english": "en", "sinhalese": "si", "slovene": "sl", "us english": "en", "uighur": "ug", "western frisian": "fy",
    "scots gaelic": "gd", "kirghiz": "ky",
}  # fmt: skip
_THREE_LETTERS = {
    "ara": "ar", "arb": "ar", "ces": "cs", "cze": "cs", "chi": "zh", "cmn": "zh", "zho": "zh", "dan": "da", "deu": "de",
    "ger": "de", "dut": "nl", "nld": "nl", "ell": "el", "gre": "el", "eng": "en", "fas": "fa", "per": "fa", "pes": "fa",
    "fin": "fi", "fra": "fr", "fre": "fr", "heb": "he", "hin": "hi", "hun": "hu", "ind": "id", "ita": "it", "jpn": "ja",
    "kor": "ko", "nor": "no", "pol": "pl", "por": "pt", "ron": "ro", "rum": "ro", "rus": "ru", "spa": "es", "swe": "sv",
    "tha": "th", "tur": "tr", "ukr": "uk", "vie": "vi",
}  # fmt: skip
_UNKNOWN = {"", "unknown", "und", "none", "null", "n/a", "other", "mul", "zxx"}

NAMES: dict[str, str] = {code: str(info["name"]) for code, info in LANG_INFO.items() if "name" in info} | _MORE_NAMES
"""English names by code."""
_FALLBACKS: dict[str, str] = {code: info["fallback"][0] for code, info in LANG_INFO.items() if "fallback" in info}
_CODES = {name.lower(): code for code, name in NAMES.items()} | _OTHER_NAMES


def language_name(code: str) -> str:
    """
    The English name of a language, or its code where it has none here.

    Examples
    --------
    >>> language_name("zh"), language_name("pt-br"), language_name("zh-cn"), language_name("tlh")
    ('Chinese', 'Brazilian Portuguese', 'Simplified Chinese', 'tlh')
    """
    return NAMES.get(code.lower()) or NAMES.get(_FALLBACKS.get(code.lower(), "")) or code


def language_shown(code: str) -> str:
    """The name of a language in the reader's language."""
    return gettext(language_name(code))


def code_of(written: str) -> str | None:
    """
    The code for a code or an English name in any case; empty for "unknown"; None where it is neither.

    Examples
    --------
    >>> [code_of(each) for each in ("Chinese", "German", "EN", "eng", "pt_BR", "deu_Latn", "zh-CN", "unknown", "Deutsch")]
    ['zh', 'de', 'en', 'en', 'pt-BR', 'de', 'zh-Hans', '', None]
    """
    name = " ".join(written.split()).lower()
    if name in _UNKNOWN:
        return ""
    if name in _CODES:
        return _cased(_CODES[name])
    if not _CODE.fullmatch(name) or len(name) > _LONGEST_CODE:
        return None
    code = name.replace("_", "-")
    language, _, script = code.partition("-")
    if language in _THREE_LETTERS and len(script) == 4:  # deu_Latn; Chinese alone is written in two
        code = f"zh-{script}" if _THREE_LETTERS[language] == "zh" else language
    return _cased(_FALLBACKS.get(code) or _THREE_LETTERS.get(code) or code)


def _cased(code: str) -> str:
    """As RFC 5646 writes it: pt-BR, zh-Hans; so that one language has one code."""
    language, *parts = code.split("-")
    return "-".join(
        [language, *(part.upper() if len(part) == 2 else part.title() if len(part) == 4 else part for part in parts)]
    )


def recognised_language(text: str) -> str:
    """The language of a text, the same every time; empty where it is too short or too mixed to tell."""
    words = _FENCED.sub(" ", text[: 2 * LOOKED_AT])[:LOOKED_AT]
    n_letters = sum(map(str.isalpha, words))
    if n_letters < LEAST_LETTERS and len(_SYLLABIC.findall(words)) < LEAST_SIGNS:
        return ""
    code, confidence = _recogniser().classify(words)
    around = _QUOTED.sub(" ", words)
    if around != words and sum(map(str.isalpha, around)) >= _LEAST_AROUND:
        own_code, own_confidence = _recogniser().classify(around)
        if own_code != code:  # the quotation is in another language than what is asked about it
            code, confidence = own_code, own_confidence
    is_filler = code == "la" and "lorem ipsum" in words.lower()
    return str(code) if confidence >= LEAST_CONFIDENCE and code in NAMES and not is_filler else ""


@lru_cache(maxsize=1)
def _recogniser() -> "LanguageIdentifier":
    from py3langid.langid import MODEL_FILE, LanguageIdentifier  # its model is large, and most processes never need it

    return LanguageIdentifier.from_model_file(MODEL_FILE, norm_probs=True)
