"""Notes: what a reader must know of a result, as a sentence with a code that programs go by."""

from collections.abc import Mapping
from typing import Any, Self


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
    >>> note = Note("only 3 prompts: holds for these prompts", "few_clusters")
    >>> note, note.code
    ('only 3 prompts: holds for these prompts', 'few_clusters')
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


def numbered(n: float, noun: str = "comparison") -> str:
    """`1 comparison`, `2.5 comparisons`."""
    return f"{n:g} {noun}{'' if n == 1 else 's'}"
