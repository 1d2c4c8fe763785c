"""A language made of English with accents, and what a reader of a page sees that is not in it."""

import re
from gettext import NullTranslations
from html.parser import HTMLParser

LANGUAGE = "ia"  # one that Django knows and that has no formats of its own: its own catalogue is not looked into
_PLAIN = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
_ACCENTED = "áƀćđéƒǵħíĵķłɱńóṕɋŕśţúṽŵẋýžÁƁĆĐÉƑǴĦÍĴĶŁṀŃÓṔɊŔŚŢÚṼŴẊÝŽ"
ACCENTS = str.maketrans(_PLAIN, _ACCENTED)
# What a translator leaves alone: placeholders, entities, and tags but for attributes that are read out.
_KEPT = re.compile(r"(%\(\w+\)[-+.\d]*[a-z]|%[sd]|\{\w*\}|<[^>]*>|&#?\w+;)")
_READ_OUT = re.compile(r'((?:title|aria-label)=")([^"%]*)')
_FORMAT = re.compile(r"[NjYFmdPHiyDl.:,/\s-]+")  # Django's catalogues hold formats of dates: not words

SILENT = {"code", "kbd", "pre", "script", "style", "svg", "var", "textarea", "bdi"}
VOID = {"area", "base", "br", "col", "embed", "hr", "img", "input", "link", "meta", "source", "track", "wbr"}
READ_OUT = {"aria-label", "title", "placeholder", "alt", "data-l", "data-copy", "data-copied", "data-not-copied", "label"}
WORD = re.compile(r"[A-Za-z]{2,}")


def accented(message: str) -> str:
    return "".join(
        _READ_OUT.sub(lambda said: said[1] + said[2].translate(ACCENTS), part) if index % 2 else part.translate(ACCENTS)
        for index, part in enumerate(_KEPT.split(message))
    )


def has_words(message: str) -> bool:
    """Apart from what a translator leaves alone: such a message as `%(text)s` is nothing to translate."""
    return bool(WORD.search(_KEPT.sub(" ", message)))


class PseudoCatalogue(NullTranslations):
    """Every message has a translation here; what was asked for is remembered."""

    domain = "django"

    def __init__(self) -> None:
        super().__init__()
        self.asked: set[str] = set()

    def gettext(self, message: str) -> str:
        self.asked.add(message)
        message = message.rpartition("\x04")[2]  # pgettext puts its context in front
        return message if _FORMAT.fullmatch(message) else accented(message)

    def ngettext(self, msgid1: str, msgid2: str, n: int) -> str:
        self.asked |= {msgid1, msgid2}
        return accented(msgid1 if n == 1 else msgid2).rpartition("\x04")[2]

    def language(self) -> str:
        return LANGUAGE

    def to_language(self) -> str:
        return LANGUAGE


class _Reader(HTMLParser):
    """Text and what is read out; `class="mono"` marks keys, hashes and addresses."""

    def __init__(self) -> None:
        super().__init__()
        self.open: list[tuple[str, bool]] = []
        self.seen: list[str] = []

    @property
    def is_silent(self) -> bool:
        return any(silent for _, silent in self.open)

    def handle_starttag(self, tag, attrs):
        given = dict(attrs)
        silent = tag in SILENT or "mono" in (given.get("class") or "").split()
        if not self.is_silent:
            self.seen += [value for name, value in attrs if name in READ_OUT and value]
            if tag == "input" and given.get("type") in {"submit", "button", "reset"}:
                self.seen.append(given.get("value") or "")
        if tag not in VOID:
            self.open.append((tag, silent))

    def handle_endtag(self, tag):
        while self.open and any(known == tag for known, _ in self.open):
            if self.open.pop()[0] == tag:
                break

    def handle_data(self, data):
        if not self.is_silent:
            self.seen.append(data)


def english_in(html: str, *, beside: frozenset[str] = frozenset()) -> list[str]:
    """Words of ASCII letters that a reader sees or hears, each piece of text once; `beside` are names."""
    reader = _Reader()
    reader.feed(html)
    reader.close()
    pieces = {" ".join(piece.split()) for piece in reader.seen}
    return sorted(piece for piece in pieces if any(word not in beside for word in WORD.findall(piece)))
