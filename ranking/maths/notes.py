"""Notes: what a reader must know of a result, as a sentence with a code that programs go by."""

from typing import Self


class Note(str):
    """A sentence for people; programs go by its `code` and never read the sentence.

    Parameters
    ----------
    text : str
    code : str
        What the note is about, such as "few_clusters".

    Examples
    --------
    >>> note = Note("only 3 prompts: holds for these prompts", "few_clusters")
    >>> note, note.code
    ('only 3 prompts: holds for these prompts', 'few_clusters')
    """

    __slots__ = ("code",)
    code: str

    def __new__(cls, text: str, code: str) -> Self:
        note = super().__new__(cls, text)
        note.code = code
        return note

    def __getnewargs__(self) -> tuple[str, str]:  # type: ignore[override]
        return str(self), self.code


def code_of(note: str) -> str:
    """The code of a note; empty for a sentence without one."""
    return note.code if isinstance(note, Note) else ""


def numbered(n: float, noun: str = "comparison") -> str:
    """`1 comparison`, `2.5 comparisons`."""
    return f"{n:g} {noun}{'' if n == 1 else 's'}"
