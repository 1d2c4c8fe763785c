"""What every format of judgements and of labels is."""

from collections.abc import Iterator
from typing import Literal

from arena.importing.files.reading import Row
from arena.importing.formats.format import Format
from judges.importing.rows import JudgementRow, LabelRow


class JudgementFormat(Format[JudgementRow]):
    """`options` are given with the file: `order` (of all its judgements), `baseline`, `scale`."""

    found_by: Literal["texts", "pandalm", "auto-j", "exports"] = (
        "texts"  # how rows find their battles: see `judges.importing.loading.contests`
    )
    asked_for: tuple[str, ...] = ()  # options that it reads
    has_rows_of_several = True

    def row(self, line: int, row: Row) -> JudgementRow:
        raise NotImplementedError("rows of judgements come several at a time")

    def rows(self, line: int, row: Row) -> Iterator[JudgementRow]:
        """Raises RowProblem."""
        raise NotImplementedError


class LabelFormat(Format[LabelRow]):
    origin: str = ""  # the source of the labels, for the gold set; empty: the format's name
    grades_decide = False  # of two answers with different grades, the better one is the label
