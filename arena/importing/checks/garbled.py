"""Texts that were read, or written, in a wrong encoding: `Ã¤` in place of `ä`."""

from collections import Counter
from collections.abc import Iterable, Iterator

from django.utils.translation import ngettext_lazy

from arena.importing.checks.first_lines import FirstLines
from arena.importing.files.notes import Oddity
from arena.importing.files.problems import either, shown
from arena.texts.encodings import UTF8, read_wrongly

LONGEST_EXAMPLE = 40


class GarbledTexts:
    """Looks at the texts of rows as they come."""

    def __init__(self) -> None:
        self._utf8, self._others = FirstLines(), FirstLines()
        self._encodings: Counter[str] = Counter()
        self._examples: dict[bool, tuple[str, str]] = {}  # as they stand there and as they were meant

    def see(self, line: int, texts: Iterable[str]) -> None:
        for text in texts:
            if text.isascii():  # nearly all
                continue
            encodings, meant = read_wrongly(text)
            if encodings:
                self._add(line, encodings, text, meant)
                return

    def _add(self, line: int, encodings: list[str], text: str, meant: str) -> None:
        is_utf8 = encodings == [UTF8]
        self._examples.setdefault(is_utf8, (text[:LONGEST_EXAMPLE], meant[:LONGEST_EXAMPLE]))
        if is_utf8:
            self._utf8.add(line)
        else:
            self._others.add(line)
            self._encodings.update(encodings)

    def oddities(self) -> Iterator[Oddity]:
        if self._utf8.n:
            garbled, meant = map(shown, self._examples[True])
            yield self._utf8.oddity(_UTF8, garbled=garbled, meant=meant)
        if self._others.n:
            garbled, meant = map(shown, self._examples[False])
            names = [name for name, _n in self._encodings.most_common()]
            yield self._others.oddity(_OTHERS, garbled=garbled, meant=meant, encodings=either(names), likeliest=names[0])


_UTF8 = ngettext_lazy(
    "%(n)s row with a text in UTF-8 that was read as Latin-1 (%(garbled)s in place of %(meant)s), in %(lines)s. If you gave "
    "an encoding, give utf-8; if not, the file was saved like this: save it again from its source.",
    "%(n)s rows with texts in UTF-8 that were read as Latin-1 (%(garbled)s in place of %(meant)s), in %(lines)s. If you gave "
    "an encoding, give utf-8; if not, the file was saved like this: save it again from its source.",
    "n",
)
_OTHERS = ngettext_lazy(
    "%(n)s row with a text that looks like %(encodings)s read as Latin-1 (%(garbled)s in place of %(meant)s), in %(lines)s. "
    "Save the file again from its source as UTF-8, or give its encoding at the command line: --encoding %(likeliest)s.",
    "%(n)s rows with texts that look like %(encodings)s read as Latin-1 (%(garbled)s in place of %(meant)s), in %(lines)s. "
    "Save the file again from its source as UTF-8, or give its encoding at the command line: --encoding %(likeliest)s.",
    "n",
)
