"""Which column is which: names match in any case and with blanks around them, and some by another word."""

from collections.abc import Iterable, Mapping

from arena.importing.files.notes import FileNote, gettext_lazy, note

MOST_REMEMBERED = 1_000


class Columns:
    """What a format reads. `other_words` are names that a column may have if its own is absent, the best one first."""

    def __init__(
        self, needed: Iterable[str] = (), read: Iterable[str] = (), other_words: Mapping[str, tuple[str, ...]] | None = None
    ) -> None:
        self.needed, self._read, self._other_words = tuple(needed), sorted(read), other_words or {}
        self._known: dict[tuple[str, ...], dict[str, str]] = {}
        self._by_other_words: dict[str, str] = {}
        self._written: dict[tuple[str, ...], tuple[str, ...]] = {}

    def renamed(self, names: Iterable[str]) -> dict[str, str]:
        """Of columns that are named otherwise: the name in the file -> the name that is read."""
        header = tuple(names)
        if header not in self._known:
            if len(self._known) >= MOST_REMEMBERED:
                self._known.clear()
                self._written.clear()
            renamed = self._known[header] = self._renamed(header)
            self._written[tuple(renamed.get(name, name) for name in header)] = header
        return self._known[header]

    def as_written(self, names: Iterable[str]) -> tuple[str, ...]:
        """The file's own words for the columns of a row that was read."""
        read = tuple(names)
        return self._written.get(read, read)

    def _renamed(self, header: tuple[str, ...]) -> dict[str, str]:
        plain: dict[str, str] = {}
        for name in header:
            plain.setdefault(name.strip().casefold(), name)
        spelt = {plain[name]: name for name in self._read if name not in header and name in plain}
        taken = {*header, *spelt.values()}
        for name, words in self._other_words.items():
            word = next((word for word in words if word in plain and plain[word] not in spelt), None)
            if name not in taken and word is not None:
                spelt[plain[word]] = name
                self._by_other_words[plain[word]] = name
        return spelt

    def notes(self) -> list[FileNote]:
        text = gettext_lazy("The column %(word)s is read as %(name)s.")
        return [note(text, word=word.strip(), name=name) for word, name in sorted(self._by_other_words.items())]
