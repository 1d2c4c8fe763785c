"""Texts in an encoding that nobody named, and texts that were read in a wrong one. Candidates are named; nothing is changed."""

import codecs
import re
from collections.abc import Callable, Iterator, Mapping
from itertools import groupby

LONGEST_LOOKED_AT = 2_000
FEWEST_SIGNS = 3
MOST_LIKELY = 0.7  # of the signs of a text: so many have to be usual ones
UTF8 = "utf-8"

_LETTERS = re.compile("[^\\W\\d_]+")
_SEQUENCE = re.compile(rb"[\xc2-\xdf][\x80-\xbf]|[\xe0-\xef][\x80-\xbf]{2}|[\xf0-\xf4][\x80-\xbf]{3}")
_OF_WINDOWS = {bytes([byte]).decode("windows-1252", errors="ignore"): byte for byte in range(0x80, 0xA0)}
_OF_WINDOWS.pop("", None)
_HIGH = "\x80-\xff" + re.escape("".join(_OF_WINDOWS))
_TWO_HIGH = re.compile(f"[{_HIGH}][{_HIGH}]")
_OTHER = re.compile(f"[^\x00-\x7f{_HIGH}]")


def likely_encodings(raw: bytes) -> list[str]:
    """
    Encodings that bytes which are not UTF-8 may be in, the likeliest first; none where they do not tell.

    Examples
    --------
    >>> likely_encodings("Столица Франции".encode("windows-1251")), likely_encodings("Größe".encode("latin-1"))
    (['windows-1251'], [])
    """
    shares = {name: _share(raw[:LONGEST_LOOKED_AT], name, usual) for name, usual in _USUAL.items()}
    return sorted((name for name, share in shares.items() if share >= MOST_LIKELY), key=lambda name: -shares[name])


def read_wrongly(text: str) -> tuple[list[str], str]:
    """
    The encodings that a text which was read as Latin-1 or Windows-1252 may have been in, and the text as it was meant.

    Examples
    --------
    >>> read_wrongly("GrÃ¶ÃŸe"), read_wrongly("Ïðèâåò, ìèð"), read_wrongly("Größe")
    ((['utf-8'], 'Größe'), (['windows-1251'], 'Привет, мир'), ([], ''))
    """
    text = text[:LONGEST_LOOKED_AT]
    if text.isascii() or not _TWO_HIGH.search(text) or _OTHER.search(text):
        return [], ""
    raw = bytes(_OF_WINDOWS.get(sign, ord(sign) & 0xFF) for sign in text)
    n_high = sum(byte > 0x7F for byte in raw)
    if 10 * sum(map(len, _SEQUENCE.findall(raw))) >= 9 * n_high:
        return [UTF8], raw.decode(errors="replace")
    names = likely_encodings(raw)
    return names, raw.decode(names[0], errors="replace") if names else ""


def _share(raw: bytes, encoding: str, usual: Callable[[str], int]) -> float:
    """Of the signs above ASCII that are usual ones in such a text; 0 where the bytes cannot be of this encoding."""
    try:
        text = codecs.getincrementaldecoder(encoding)().decode(raw)  # its end may be cut
    except UnicodeDecodeError:
        return 0.0
    n_signs = sum(not sign.isascii() for sign in text)
    return usual(text) / n_signs if n_signs >= FEWEST_SIGNS else 0.0


def _cyrillic(text: str) -> int:
    """Letters of words that are Cyrillic as a whole and not in capitals after a small one.

    One of them has to be long: of accented Latin letters only few ever stand in a row.
    """
    words = [word for word in _LETTERS.findall(text) if all("\u0400" <= letter <= "\u04ff" for letter in word)]
    if not any(len(word) > 4 and word[1:].islower() for word in words):
        return 0
    return sum(len(word) for word in words if word[1:].islower() or word.isupper())


def _runs(text: str, is_usual: Callable[[str], bool]) -> Iterator[int]:
    """Lengths of runs of at least two usual signs."""
    lengths = (sum(1 for _sign in run) for is_so, run in groupby(text, is_usual) if is_so)
    return (length for length in lengths if length > 1)


def _in_runs(is_usual: Callable[[str], bool]) -> Callable[[str], int]:
    return lambda text: sum(_runs(text, is_usual))


def _lead_byte(sign: str, encoding: str) -> int:
    try:
        raw = sign.encode(encoding)
    except UnicodeEncodeError:
        return 0
    return raw[0] if len(raw) == 2 else 0


def _is_japanese(sign: str) -> bool:
    return "\u3040" <= sign <= "\u30ff" or "\u3000" < sign <= "\u3002"


def _japanese(text: str) -> int:
    """All signs, if kana are among them in number: no Japanese text is without."""
    n_signs, n_kana = sum(not sign.isascii() for sign in text), sum(map(_is_japanese, text))
    return n_signs if 4 * n_kana >= n_signs else 0


_USUAL: Mapping[str, Callable[[str], int]] = {
    "windows-1251": _cyrillic,
    "koi8-r": _cyrillic,
    "gbk": _in_runs(lambda sign: 0xB0 <= _lead_byte(sign, "gb2312") <= 0xD7 or sign in "，。、；：？！"),
    "shift_jis": _japanese,
    "euc-jp": _japanese,
    "euc-kr": _in_runs(lambda sign: "\uac00" <= sign <= "\ud7a3"),
    "big5": _in_runs(lambda sign: 0xA4 <= _lead_byte(sign, "big5") <= 0xC6 or sign in "，。、；：？！"),
}
"""By encoding: how many signs of a text are as they are in the languages that are written in it."""
