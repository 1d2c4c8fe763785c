"""Text that remembers where each of its characters stood in the reply as received, through cuts and folding."""

import re
import unicodedata
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

# What NFKC leaves alone although judges write it for the same thing; None is dropped, since it is not to be seen.
_SPECIAL = {
    "≫": ">>", "»": ">>", "≪": "<<", "«": "<<", "⟦": "[[", "⟧": "]]", "〚": "[[", "〛": "]]", "【": "[", "】": "]",
    "\u200b": "", "\u200c": "", "\u200d": "", "\u2060": "", "\ufeff": "", "\u00ad": "", "\ufe0e": "", "\ufe0f": "",
}  # fmt: skip
_WRAPPER = re.compile(r"\\(?:boxed|fbox|text|textbf|mathbf|mathrm|mathtt|texttt)[ \t]{0,3}\{([^{}]{0,80})\}")
_MARK = re.compile(
    r"\*+|`+|_{2,}|~~|\$|\\(?=[\[\]<>=*_])|</?(?:b|strong|i|em|u|code|p|br|span|center|h[1-6])(?:\s[^<>]{0,60})?/?>"
)
_DEEPEST = 4  # wrappers inside wrappers: \boxed{\text{[[A]]}}


@dataclass(frozen=True, slots=True)
class Traced:
    """A text with, for each of its characters, the place of the one it came from.

    Examples
    --------
    >>> text = Traced.of("so: ［［Ａ］］").folded()
    >>> text.text, text.span(4, 9)
    ('so: [[a]]', (4, 9))
    """

    text: str
    places: Sequence[int]

    @classmethod
    def of(cls, text: str) -> "Traced":
        return cls(text, range(len(text)))

    def span(self, start: int, end: int) -> tuple[int, int]:
        """Where this piece stood at first; never empty for a piece that is not empty."""
        return self.places[start], self.places[end - 1] + 1

    def cut(self, spans: Iterable[tuple[int, int]], *, fill: str = "\n") -> "Traced":
        """Without these pieces, which come in order and apart; a line break stays, so that nothing new meets."""
        texts: list[str] = []
        places: list[int] = []
        at = 0
        for start, end in spans:
            texts.append(self.text[at:start])
            places.extend(self.places[at:start])
            if fill:
                texts.append(fill)
                places.extend([self.places[min(start, len(self.text) - 1)]] * len(fill))
            at = end
        if not texts:
            return self
        return Traced("".join([*texts, self.text[at:]]), [*places, *self.places[at:]])

    def folded(self) -> "Traced":
        """NFKC, case folded, bold, code, \\boxed and their like taken off."""
        text = self if self.text.isascii() else self._mapped(_fold)
        text = Traced(text.text.lower(), text.places) if text.text.isascii() else text
        for _ in range(_DEEPEST):
            wrappers = list(_WRAPPER.finditer(text.text))
            if not wrappers:
                break
            ends = [(span[0], span[1]) for found in wrappers for span in _around(found)]
            text = text.cut(ends, fill="")
        return text.cut((found.span() for found in _MARK.finditer(text.text)), fill="")

    def _mapped(self, change: Callable[[str], str]) -> "Traced":
        changed = {character: change(character) for character in set(self.text)}
        texts = [changed[character] for character in self.text]
        places = [place for place, text in zip(self.places, texts, strict=True) for _ in text]
        return Traced("".join(texts), places)


def _fold(character: str) -> str:
    special = _SPECIAL.get(character)
    return unicodedata.normalize("NFKC", character).casefold() if special is None else special


def _around(found: re.Match[str]) -> tuple[tuple[int, int], tuple[int, int]]:
    """The command with its opening brace, and its closing brace."""
    return (found.start(), found.start(1)), (found.end(1), found.end())
