"""Notes: what a reader must know of a result, as a sentence with a code that programs go by."""

from collections.abc import Mapping, Sequence
from typing import Any, Self

import numpy as np

from ranking.note_texts.of_the_library import OF_THE_LIBRARY
from ranking.note_texts.words import Text, Texts, in_words


class Note(str):
    """A sentence for people; programs go by its `code` and never read the sentence.

    Parameters
    ----------
    text : str
    code : str
        What the note is about, such as "few_clusters".
    parameters : mapping of str to anything, optional
        What the sentence says in numbers and names, so that it can be made again from `code` in another language.

    Examples
    --------
    >>> note = Note("only 3 prompts, so results may differ with other prompts", "few_clusters")
    >>> note, note.code
    ('only 3 prompts, so results may differ with other prompts', 'few_clusters')
    """

    __slots__ = ("code", "parameters")
    code: str
    parameters: Mapping[str, Any]

    def __new__(cls, text: str, code: str, parameters: Mapping[str, Any] | None = None) -> Self:
        note = super().__new__(cls, text)
        note.code, note.parameters = code, dict(parameters or {})
        return note

    def __getnewargs__(self) -> tuple[str, str, Mapping[str, Any]]:  # type: ignore[override]
        return str(self), self.code, self.parameters


def code_of(note: str) -> str:
    """The code of a note; empty for a sentence without one."""
    return note.code if isinstance(note, Note) else ""


def parameters_of(note: str) -> Mapping[str, Any] | None:
    """What a note says in numbers and names; None for a sentence without a code."""
    return note.parameters if isinstance(note, Note) and note.code else None


def text_of(note: str) -> Text | None:
    """The text behind a note of the library; None for any other sentence."""
    return OF_THE_LIBRARY.get(code_of(note))


def noted(code: str, texts: Texts | None = None, /, **parameters: Any) -> Note:
    """The note of a code, in English; a parameter may be a note itself, or a list of names or notes.

    Parameters
    ----------
    code : str
        One of `texts`.
    texts : mapping of str to text, optional
        Those of the library where none are given.
    **parameters
        What the text names.

    Examples
    --------
    >>> note = noted("few_clusters.prompts", n=3)
    >>> note, note.code, note.parameters
    ('only 3 prompts, so results may differ with other prompts', 'few_clusters.prompts', {'n': 3})
    """
    known = OF_THE_LIBRARY if texts is None else texts
    plain = {name: _plain(value, known) for name, value in parameters.items()}
    return Note(in_words(known, code, plain), code, plain)


def joined(parts: Sequence[str], between: str = "; ") -> dict[str, Any]:
    """Parts of a note with something other than a comma between them.

    Examples
    --------
    >>> joined(["x", "y"])
    {'parts': ['x', 'y'], 'between': '; '}
    """
    return {"parts": list(parts), "between": between}


def marked_text(text: str) -> dict[str, str]:
    """A text that is marked for catalogues where it stands: one of a few that another part says.

    Examples
    --------
    >>> marked_text("without games")
    {'msgid': 'without games'}
    """
    return {"msgid": text}


def shortened(names: Sequence[str], most: int) -> Note:
    """The first names, and how many more there are.

    Examples
    --------
    >>> shortened(["x", "y", "z"], 2), shortened(["x", "y"], 2)
    ('x, y and 1 more', 'x, y')
    """
    if len(names) <= most:
        return noted("names", names=list(names))
    return noted("and_more", names=list(names[:most]), n=len(names) - most)


def _plain(value: Any, known: Texts) -> Any:
    """As JSON holds it; a note of another table as its sentence."""
    if isinstance(value, Note):
        return {"code": value.code, "parameters": value.parameters} if value.code in known else str(value)
    if isinstance(value, Mapping):
        return {name: _plain(each, known) for name, each in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(each, known) for each in value]
    return value.item() if isinstance(value, np.generic) else value


def by_column(code: str, column: str) -> str:
    """The code of a sentence on clusters of one column: of prompts it is for catalogues, of others for the library alone.

    Examples
    --------
    >>> by_column("few_clusters", "prompt"), by_column("few_clusters", "voter")
    ('few_clusters.prompts', 'few_clusters.others')
    """
    return f"{code}.{'prompts' if column == 'prompt' else 'others'}"


def numbered(n: float, noun: str = "comparison") -> str:
    """`1 comparison`, `2.5 comparisons`."""
    return f"{n:g} {noun}{'' if n == 1 else 's'}"
