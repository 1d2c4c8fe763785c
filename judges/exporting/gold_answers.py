"""Gold labels of single answers as rows, for curators only, as those of pairs are."""

from collections.abc import Iterator

from django.db.models import QuerySet
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from arena import access
from arena.exporting.access import Reader
from arena.exporting.answers import readable_answers
from arena.exporting.tables import Chosen, ExportTable, FileColumn, Holds, Row, counted, walk
from arena.models import Arena, Response
from judges.models import GoldAnswer

AT_ONCE = 1_000
COLUMNS = (
    FileColumn("gold_set", Holds.TEXT, gettext_lazy("The name of the set."), for_curators=True),
    FileColumn("prompt_id", Holds.TEXT, gettext_lazy("The prompt’s id."), for_curators=True),
    FileColumn("competitor", Holds.TEXT, gettext_lazy("The model that answers."), for_curators=True),
    FileColumn("repeat", Holds.INTEGER, gettext_lazy("0; higher if the model answered more than once."), for_curators=True),
    FileColumn("is_right", Holds.TRUTH, gettext_lazy("Whether it is right, where the source says so."), for_curators=True),
    FileColumn("grade", Holds.NUMBER, gettext_lazy("In the points of its source, where it gives them."), for_curators=True),
    FileColumn("note", Holds.TEXT, gettext_lazy("Such as the source’s own number of the answer."), for_curators=True),
    FileColumn("is_counted", Holds.TRUTH, gettext_lazy("False where it was set aside."), for_curators=True),
    FileColumn("origin", Holds.TEXT, gettext_lazy("Where the labels of the set come from."), for_curators=True),
)


class GoldAnswerTable(ExportTable):
    key = "gold-answers"
    title = gettext_lazy("Gold labels of answers")
    description = gettext_lazy("Which answers are known to be right or wrong, or how good: of answers that are in use.")
    columns = COLUMNS
    goes_in_as = "import_gold"

    def refusal(self, reader: Reader, arena: Arena) -> str:
        return super().refusal(reader, arena) or ("" if reader.is_curator else _("gold labels are for curators"))

    def count(self, reader: Reader, arena: Arena) -> int:
        return counted(_readable(reader, arena))

    def n_withheld(self, reader: Reader, arena: Arena, chosen: Chosen) -> int:
        answers = access.responses_in_play(reader.visitor, arena, reader.voter_in(arena)).with_text()  # type: ignore[attr-defined]
        return _of(answers, arena).count()

    def rows(self, reader: Reader, arena: Arena, chosen: Chosen) -> Iterator[Row]:
        named = ("gold_set", "response__prompt", "response__competitor")
        for labels in walk(lambda: _readable(reader, arena).select_related(*named).defer("response__text"), AT_ONCE):
            yield from map(_row, labels)


def _readable(reader: Reader, arena: Arena) -> "QuerySet[GoldAnswer]":
    return _of(readable_answers(reader, arena), arena)


def _of(answers: "QuerySet[Response]", arena: Arena) -> "QuerySet[GoldAnswer]":
    in_use = answers.filter(archived_at=None)
    return GoldAnswer.objects.filter(gold_set__arena=arena, response__in=in_use.values("pk"))


def _row(label: GoldAnswer) -> Row:
    answer = label.response
    return {
        "gold_set": label.gold_set.name, "prompt_id": answer.prompt.key, "competitor": answer.competitor.name,
        "repeat": answer.repeat, "is_right": label.is_right, "grade": label.grade, "note": label.note or None,
        "is_counted": label.is_counted, "origin": label.gold_set.origin or None,
    }  # fmt: skip
