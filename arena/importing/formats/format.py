from pathlib import Path

from arena.importing.reading import Row, Shape
from arena.importing.rows import BattleRow, PromptRow, ResponseRow


class Format[T: (BattleRow, PromptRow, ResponseRow)]:
    """How one kind of file is read: made for one reading of one file, it makes typed rows of raw ones."""

    name: str
    title: str
    shapes: frozenset[Shape]
    needed: tuple[str, ...]
    has_own_ids: bool = False  # of battles: rows with one id are one battle
    read: frozenset[str]  # columns that are looked at; others are reported as not read

    def __init__(self, path: Path) -> None:
        """A format that must know the whole file first reads it here."""

    def row(self, line: int, row: Row) -> T:
        """Raises RowProblem."""
        raise NotImplementedError

    def notes(self) -> list[str]:
        """After the last row: what was odd, and how it was read."""
        return []
