"""Sentences built for their reader: in English in code without Django, and in any language on pages.

`gettext_noop` and `ngettext_lazy` are called as Django's are, so that `makemessages` finds the texts. In a text `%(n)s` groups
a whole number as its reader does, `%(n)d` does not. What is stored is `str(saying)`, which is English.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple

type Gettext = Callable[[str], str]
type Ngettext = Callable[[str, str, int], str]
type Signed = Callable[[str, Mapping[str, Any]], str]

AS_IT_IS = "%(text)s"


class Plural(NamedTuple):
    """A text in two forms, by the parameter `number`."""

    one: str
    many: str
    number: str


def gettext_noop(text: str) -> str:
    """Marks a text for catalogues."""
    return text


def ngettext_lazy(one: str, many: str, number: str = "n") -> Plural:
    """Marks a text in two forms."""
    return Plural(one, many, number)


def grouped(n: int) -> str:
    """`1,000`."""
    return f"{n:,}"


def plainly(text: str, values: Mapping[str, Any]) -> str:
    """As `%` has it."""
    return text


def counted_in_english(n: int, one: str, many: str) -> str:
    """`1 battle`, `2 battles`: where it is stored, whoever reads the page on which that happens."""
    return f"{grouped(n)} {either(one, many, n)}"


class GroupedNumber(int):
    """A whole number that `%s` shows grouped, and `%d` plain."""

    def __new__(cls, n: int, show: Callable[[int], str] = grouped) -> "GroupedNumber":
        number = super().__new__(cls, n)
        number.show = show
        return number

    show: Callable[[int], str]

    def __str__(self) -> str:
        return self.show(int(self))


@dataclass(frozen=True, slots=True)
class Saying:
    """A marked text with its values; a value may be a saying itself, or several.

    Examples
    --------
    >>> games = ngettext_lazy("%(n)s game", "%(n)s games")
    >>> print(Saying(games, {"n": 1_000}), Saying("left out: %(what)s", {"what": Saying(games, {"n": 1})}), sep="; ")
    1,000 games; left out: 1 game
    """

    text: str | Plural
    values: Mapping[str, Any] = field(default_factory=dict, hash=False)

    def __str__(self) -> str:
        return self.translated()

    def as_stored(self) -> dict[str, Any]:
        """For JSON; where its text is reworded later, no catalogue has it, and it is told in English as it was.

        Examples
        --------
        >>> saying = Saying("left out: %(what)s", {"what": Saying(ngettext_lazy("%(n)s game", "%(n)s games"), {"n": 2})})
        >>> Saying.of(saying.as_stored()) == saying, str(Saying.of(saying.as_stored()))
        (True, 'left out: 2 games')
        """
        values = {name: value.as_stored() if isinstance(value, Saying) else value for name, value in self.values.items()}
        return {"text": self.text, "values": values}

    @classmethod
    def of(cls, stored: Mapping[str, Any]) -> "Saying":
        text = stored["text"]
        values = {name: cls.of(value) if isinstance(value, Mapping) else value for name, value in stored["values"].items()}
        return cls(Plural(*text) if isinstance(text, list | tuple) else text, values)

    def translated(
        self,
        gettext: Gettext = str,
        ngettext: Ngettext | None = None,
        *,
        number: Callable[[int], str] = grouped,
        signed: Signed = plainly,
    ) -> str:
        """The sentence by a catalogue; without one in English. `signed` fills in numbers with signs of its own."""
        values = {name: _shown(value, gettext, ngettext, number, signed) for name, value in self.values.items()}
        if isinstance(self.text, Plural):
            text = (ngettext or either)(self.text.one, self.text.many, self.values[self.text.number])
        else:
            text = self.text if self.text == AS_IT_IS else gettext(self.text)
        return signed(text, values) % values


def as_it_is(text: str) -> Saying:
    """Words of others, which no catalogue has."""
    return Saying(AS_IT_IS, {"text": text})


class Refused(ValueError):
    """Why something is refused; `saying` gives it in the reader's language."""

    def __init__(self, text: str | Plural, **values: Any) -> None:
        self.saying = Saying(text, values)
        super().__init__(str(self.saying))


def either(one: str, many: str, n: int) -> str:
    """In English."""
    return one if n == 1 else many


def _shown(value: Any, gettext: Gettext, ngettext: Ngettext | None, number: Callable[[int], str], signed: Signed) -> Any:
    if isinstance(value, Saying):
        return value.translated(gettext, ngettext, number=number, signed=signed)
    return GroupedNumber(value, number) if type(value) is int else value
