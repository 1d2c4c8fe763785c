"""Files of judgements and labels whose columns somebody has named: each row is read as Agon's own files are."""

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from django.utils.translation import gettext_lazy

from arena.importing.files.notes import FileNote
from arena.importing.files.reading import Row
from arena.importing.formats.battles.pairs import folded_word
from arena.importing.formats.format import Format
from arena.importing.formats.mapped import MappedColumns
from judges.importing.formats.format import JudgementFormat, LabelFormat
from judges.importing.formats.judgements.plain import PlainGrades, PlainPairs
from judges.importing.formats.labels.answers import PlainAnswers
from judges.importing.formats.labels.pairs import PlainLabels
from judges.importing.rows import JudgementRow, LabelRow

COMMON = {
    "prompt": gettext_lazy("What was asked"),
    "prompt_id": gettext_lazy("The prompt's id"),
    "answer_a": gettext_lazy("The first answer"),
    "answer_b": gettext_lazy("The second answer"),
    "competitor_a": gettext_lazy("The model of the first answer"),
    "competitor_b": gettext_lazy("The model of the second answer"),
}
ALONE = {
    "answer": gettext_lazy("The answer, where each row has one"),
    "competitor": gettext_lazy("The model that answered"),
}
JUDGEMENT_FIELDS: Mapping[str, Any] = {
    **COMMON,
    "order": gettext_lazy("Which answer was shown first"),
    "label": gettext_lazy("Which is better"),
    "probability": gettext_lazy("How likely the first is better"),
    "score_a": gettext_lazy("Points of the first answer"),
    "score_b": gettext_lazy("Points of the second answer"),
    **ALONE,
    "score": gettext_lazy("The points of that answer"),
    "judge": gettext_lazy("Who judged"),
    "judge_model": gettext_lazy("The model that judged"),
    "reply": gettext_lazy("What the judge wrote"),
    "cost": gettext_lazy("What it cost, in dollars"),
    "repeat": gettext_lazy("Which of several judgements of the same"),
}
LABEL_FIELDS: Mapping[str, Any] = {
    **COMMON,
    "label": gettext_lazy("Which is better"),
    **ALONE,
    "is_right": gettext_lazy("Whether that answer is right"),
    "grade": gettext_lazy("The grade of that answer"),
    "origin": gettext_lazy("Subject or source"),
}


class _Mapped[T](MappedColumns[T]):
    def __init__(self, path: Path) -> None:
        self._path = path

    def take(self, options: Mapping[str, Any]) -> None:
        super().take(options)
        self._values = {folded_word(word): side for word, side in self.column_map.meanings.items()}
        self._own = self.own()(self._path)
        self._own.take(options)

    def own(self) -> type[Format[T]]:
        """Agon's own format of such rows."""
        raise NotImplementedError

    @property
    def is_alone(self) -> bool:
        """Whether a row has one answer."""
        return not self.column_map.columns.keys().isdisjoint(ALONE) and "label" not in self.column_map.columns

    def rows(self, line: int, row: Row) -> Iterator[T]:
        cells = self.renamed(row)
        if not self.wants(cells, "label"):
            return
        if "label" in cells and (side := self._values.get(folded_word(cells["label"]))):
            cells["label"] = side
        yield from self._own.rows(line, cells)

    def notes(self) -> list[FileNote]:
        return [*self._own.notes(), *self.about_left_out()]


class MappedJudgements(_Mapped[JudgementRow], JudgementFormat):
    def own(self) -> type[JudgementFormat]:
        return PlainGrades if self.is_alone else PlainPairs


class MappedLabels(_Mapped[LabelRow], LabelFormat):
    def own(self) -> type[LabelFormat]:
        return PlainAnswers if self.is_alone else PlainLabels
