"""The sentence of a code with its parameters, in any language.

Programs go by codes alone. `gettext_noop` and `ngettext_lazy` are called as Django's are, so that `makemessages` finds the
texts; without a catalogue all is English. A text that begins with a parameter begins with a name or a number, and takes no
capital. In a text `%(n)s` groups a whole number by thousands, `%(n)d` and `%(n)g` do not.

A code is a subject and, behind a dot, which of its sentences it is: "few_clusters.prompts".
"""

from collections.abc import Callable, Mapping
from typing import Any, NamedTuple


class TwoForms(NamedTuple):
    """A text in two forms, by the parameter `number`."""

    one: str
    many: str
    number: str = "n"


def gettext_noop(text: str) -> str:
    """Mark a text for catalogues."""
    return text


def ngettext_lazy(one: str, many: str, number: str = "n") -> TwoForms:
    """Mark a text in two forms for catalogues."""
    return TwoForms(one, many, number)


type Text = str | TwoForms
type Texts = Mapping[str, Text]


def _either(one: str, many: str, n: int) -> str:
    return one if n == 1 else many


def _grouped(n: int) -> str:
    return f"{n:,}"


def _as_it_is(template: str, values: Mapping[str, Any]) -> str:
    return template


class Words(NamedTuple):
    """How a language writes texts, plurals and whole numbers."""

    gettext: Callable[[str], str] = str
    ngettext: Callable[[str, str, int], str] = _either
    number: Callable[[int], str] = _grouped
    signed: Callable[[str, Mapping[str, Any]], str] = _as_it_is  # fills in numbers with signs of its own


ENGLISH = Words()


def in_words(texts: Texts, code: str, parameters: Mapping[str, Any], words: Words = ENGLISH) -> str:
    """The sentence of a code with its parameters.

    Examples
    --------
    >>> in_words({"few": TwoForms("only %(n)g prompt", "only %(n)g prompts")}, "few", {"n": 1})
    'only 1 prompt'
    >>> in_words({"and_more": "%(names)s and %(n)s more"}, "and_more", {"names": ["x", "y"], "n": 3_000})
    'x, y and 3,000 more'
    """
    template = template_of(texts[code], parameters, words)
    values = {name: _shown(texts, value, words) for name, value in parameters.items()}
    return words.signed(template, values) % values


def template_of(text: Text, parameters: Mapping[str, Any], words: Words = ENGLISH) -> str:
    """The text in a language, in the form that its number asks for."""
    if isinstance(text, str):
        return words.gettext(text)
    return words.ngettext(text.one, text.many, _counting(parameters[text.number]))


def _counting(n: float) -> int:
    """A whole number with the plural of this one: parts of something are never one."""
    return int(n) if n == int(n) else max(2, round(n))


def _shown(texts: Texts, value: Any, words: Words) -> Any:
    if isinstance(value, Mapping):
        if "msgid" in value:
            return words.gettext(value["msgid"])
        if "parts" in value:
            return str(value["between"]).join(str(_shown(texts, each, words)) for each in value["parts"])
        return in_words(texts, value["code"], value["parameters"], words)
    if isinstance(value, list):
        return ", ".join(str(_shown(texts, each, words)) for each in value)
    return _Whole.of(value, words) if type(value) is int else value


class _Whole(int):
    """A whole number that `%s` shows grouped, and `%d` and `%g` as it is."""

    words: Words

    @classmethod
    def of(cls, n: int, words: Words) -> "_Whole":
        """The number in a language."""
        whole = cls(n)
        whole.words = words
        return whole

    def __str__(self) -> str:
        return self.words.number(int(self))
