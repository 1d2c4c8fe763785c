"""Text that remembers where each of its characters stood in the reply as received, through cuts and folding."""

import re
import unicodedata
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from arena.lazy_patterns import LazyPattern

# What NFKC leaves alone although judges write it for the same thing; None is dropped, since it is not to be seen.
_SPECIAL = {
    "≫": ">>", "»": ">>", "≪": "<<", "«": "<<", "⟦": "[[", "⟧": "]]", "〚": "[[", "〛": "]]", "【": "[", "】": "]",
    "\u200b": "", "\u200c": "", "\u200d": "", "\u2060": "", "\ufeff": "", "\u00ad": "", "\ufe0e": "", "\ufe0f": "",
}  # fmt: skip
_WRAPPER = LazyPattern(
    r"(?:\\\[\s{0,3}(?=\\boxed|\\fbox))?\\(?:(?P<box>boxed|fbox)|text|textbf|mathbf|mathrm|mathtt|texttt)"
    r"[ \t]{0,3}\{(?P<inside>[^{}]{0,80})\}(?(box)(?:\s{0,3}\\\])?)"
)
_MARK = LazyPattern(
    r"\*+|`+|_{2,}|~~|\$|\\(?=[\[\]<>=*_])|</?(?:b|strong|i|em|u|code|p|br|span|center|h[1-6])(?:\s[^<>]{0,60})?/?>"
)
_PLAIN_MARK = LazyPattern(
    r"\*+|_{2,}|~~|\$|\\[()]|\\(?=[\[\]<>=*_])"
    r"|</?(?P<line>br|p|div|li|ul|ol|tr|table|tbody|h[1-6]|section)(?:\s[^<>\n]{0,60})?/?>"
    r"|<(?P<named>verdict|winner|score|rating|result|answer|final_?answer|final_?verdict|decision|judge?ment)>"
    r"|</?(?P<cell>t[dh])(?:\s[^<>\n]{0,60})?>"
    r"|<[/!|]?[a-z|][^<>\[\]\n]{0,60}>"
)
_DEEPEST = 4  # wrappers inside wrappers: \boxed{\text{[[A]]}}


@dataclass(frozen=True, slots=True)
class OffsetText:
    """A text with, for each of its characters, the place of the one it came from.

    Examples
    --------
    >>> text = OffsetText.of("so: ［［Ａ］］").folded()
    >>> text.text, text.span(4, 9)
    ('so: [[a]]', (4, 9))
    """

    text: str
    places: Sequence[int]

    @classmethod
    def of(cls, text: str) -> "OffsetText":
        return cls(text, range(len(text)))

    def span(self, start: int, end: int) -> tuple[int, int]:
        """The place of this piece in the reply as received; never empty for a piece that is not empty."""
        return self.places[start], self.places[end - 1] + 1

    def cut(self, spans: Iterable[tuple[int, int]], *, fill: str = "\n") -> "OffsetText":
        """The text without these pieces, given in order and not touching; line breaks stay, so that no lines are joined."""
        return self.put((start, end, fill) for start, end in spans)

    def put(self, pieces: Iterable[tuple[int, int, str]]) -> "OffsetText":
        """The text with replacements for these pieces, given in order and not touching."""
        texts: list[str] = []
        places: list[int] = []
        at = 0
        for start, end, text in pieces:
            texts += (self.text[at:start], text)
            places.extend(self.places[at:start])
            places.extend([self.places[min(start, len(self.text) - 1)]] * len(text))
            at = end
        if not texts:
            return self
        return OffsetText("".join([*texts, self.text[at:]]), [*places, *self.places[at:]])

    def folded(self) -> "OffsetText":
        """The text in NFKC, case folded, without bold, code, \\boxed and similar markup."""
        text = self._unwrapped(boxes=("", ""))
        return text.cut((match.span() for match in _MARK.finditer(text.text)), fill="")

    def plain(self) -> "OffsetText":
        """Folded as well, but quotation and code marks stay, `\\boxed{a}` is `[a]`, and tags become what they stand for."""
        text = self._unwrapped(boxes=("[", "]"))
        return text.put((*match.span(), _instead(match)) for match in _PLAIN_MARK.finditer(text.text))

    def _unwrapped(self, *, boxes: tuple[str, str]) -> "OffsetText":
        text = self if self.text.isascii() else self._mapped(_fold)
        text = OffsetText(text.text.lower(), text.places) if text.text.isascii() else text
        for _ in range(_DEEPEST):
            wrappers = list(_WRAPPER.finditer(text.text))
            if not wrappers:
                break
            text = text.put(piece for match in wrappers for piece in _around(match, boxes))
        return text

    def _mapped(self, change: Callable[[str], str]) -> "OffsetText":
        changed = {character: change(character) for character in set(self.text)}
        texts = [changed[character] for character in self.text]
        places = [place for place, text in zip(self.places, texts, strict=True) for _ in text]
        return OffsetText("".join(texts), places)


def _fold(character: str) -> str:
    special = _SPECIAL.get(character)
    return unicodedata.normalize("NFKC", character).casefold() if special is None else special


def _around(wrapper: re.Match[str], boxes: tuple[str, str]) -> tuple[tuple[int, int, str], tuple[int, int, str]]:
    """The command with its opening brace, and its closing brace, with what stands for them."""
    is_box = (
        wrapper["box"]
        and not wrapper["inside"].lstrip().startswith(("[", "\\["))
        and wrapper.string[wrapper.start() - 1 : wrapper.start()] != "["
    )
    begin, end = boxes if is_box else ("", "")
    return (wrapper.start(), wrapper.start("inside"), begin), (wrapper.end("inside"), wrapper.end(), end)


def _instead(mark: re.Match[str]) -> str:
    """A line break, a cell's bar or a lead-in where the mark stands for one, else nothing."""
    if mark["named"]:
        return f"\n{mark['named'].replace('_', ' ')}: "
    return "\n" if mark["line"] else "|" if mark["cell"] else ""
