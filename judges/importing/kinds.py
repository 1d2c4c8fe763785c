"""Judgements and gold labels as kinds of files that the import page takes: see `arena.importing.kinds`."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from types import MappingProxyType
from typing import Any, cast

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from arena.importing.files.columns import folded
from arena.importing.files.reports import ImportReport
from arena.importing.files.rows import PromptRow
from arena.importing.formats import format_of
from arena.importing.kinds import FileOption, FileTaken, FileToRead
from arena.importing.loading.room_steps import ALL_AT_ONCE, Steps
from arena.models import Arena, Import
from arena.outcomes import Outcome
from arena.wording import figure
from judges.importing.formats import JUDGEMENT_FORMATS, LABEL_FORMATS
from judges.importing.formats.format import JudgementFormat, LabelFormat
from judges.importing.formats.judgements.plain import PlainGrades, PlainPairs
from judges.importing.formats.labels.answers import PlainAnswers
from judges.importing.formats.labels.pairs import PlainLabels
from judges.importing.formats.mapped import ALONE, JUDGEMENT_FIELDS, LABEL_FIELDS, MappedJudgements, MappedLabels
from judges.importing.loading.judgements import JudgementChoices, load_judgements
from judges.importing.notes import of_columns, of_repeated_games, of_undecided_pairs
from judges.importing.reading import ReadFile, read_by
from judges.importing.rows import JudgementRow, LabelledAnswer, LabelRow, NamedAnswer
from judges.importing.taking_in import (
    Home,
    Labelled,
    counts_of_judgements,
    counts_of_labels,
    in_arena,
    label,
    name_of_set,
)
from judges.verdicts.game_states import GameState
from judges.verdicts.verdict import Verdict

NO_LIMIT = 10**6  # new competitors are asked for by the page
SIDES: Mapping[str, Any] = {
    Outcome.A.value: gettext_lazy("the first is better"),
    Outcome.B.value: gettext_lazy("the second is better"),
    Outcome.TIE.value: gettext_lazy("a tie"),
    Outcome.BOTH_BAD.value: gettext_lazy("both bad"),
}
GOLD = FileOption(
    gettext_lazy("Gold set"), gettext_lazy("For gold labels: the name of their set. Leave empty to use the file's name.")
)
SLOTS = {"first": gettext_lazy("first shown"), "second": gettext_lazy("second shown"), "tie": gettext_lazy("a tie"),
         "both_bad": gettext_lazy("both bad")}  # fmt: skip
LONGEST_CELL = 120


def _words(*formats: type[Any]) -> Mapping[str, tuple[str, ...]]:
    """Other names for the columns of our fields."""
    names: dict[str, tuple[str, ...]] = {}
    for each in formats:
        for name in sorted(each.read):
            names[name] = tuple(dict.fromkeys((*names.get(name, ()), name, *each.other_words.get(name, ()))))
    return names


def _short(text: str) -> str:
    return text if len(text) <= LONGEST_CELL else f"{text[: LONGEST_CELL - 1]}…"


def _asked(prompt: PromptRow) -> str:
    return _short("\n\n".join(prompt.turns)) or prompt.key


def _answers(answers: Sequence[NamedAnswer | LabelledAnswer]) -> dict[str, str]:
    heads = [_("Answer a"), _("Answer b")] if len(answers) > 1 else [_("Answer")]
    names = [" ".join(part for part in (answer.competitor, _short(answer.text or "")) if part) for answer in answers]
    return dict(zip(heads, names, strict=False))


class JudgementFiles:
    formats: Mapping[str, type[JudgementFormat]] = JUDGEMENT_FORMATS
    by_hand = MappedJudgements
    fields = JUDGEMENT_FIELDS
    value_field, values = "label", SIDES
    names = MappingProxyType({name: each for name, each in _words(PlainPairs, PlainGrades).items() if name in JUDGEMENT_FIELDS})
    options = MappingProxyType(
        {
            "judge": FileOption(
                gettext_lazy("Judge"),
                gettext_lazy("For judgements: the judge. Leave empty to use the name in the rows, or the file's."),
            ),
            "gold": GOLD,
            "order": FileOption(
                gettext_lazy("Order"),
                gettext_lazy("For judgements whose rows do not say which answer the judge was shown first."),
                choices=[
                    ("", gettext_lazy("as the rows say")),
                    ("ab", gettext_lazy("a first")),
                    ("ba", gettext_lazy("b first")),
                ],
            ),
            "scale": FileOption(
                gettext_lazy("Scale"),
                gettext_lazy("For judgements that are grades of single answers."),
                choices=[("", gettext_lazy("from 1 to 10")), ("1-5", gettext_lazy("from 1 to 5"))],
            ),
            "baseline": FileOption(
                gettext_lazy("Baseline"),
                gettext_lazy("For judgements against one model, such as Arena-Hard's, where no row names it."),
            ),
        }
    )
    command = "import_judgements"
    sample = (
        "prompt,answer_a,answer_b,order,label,judge\n"
        "What is the capital of France?,Paris.,It is Lyon.,ab,a,careful-judge\n"
        "What is 2 + 3?,5,6,ba,a,careful-judge\n"
    )
    _own = frozenset({"order", "reply", "raw_reply", "probability", "judge_model", "cost", "score_a", "score_b"})

    def surely_has(self, names: Sequence[str]) -> bool:
        plain = set(map(folded, names))
        return folded("gold_set") not in plain and not plain.isdisjoint(map(folded, self._own))  # labels know an order, too

    def lacks(self, columns: Mapping[str, str]) -> Any:
        if not columns.keys() & {"prompt", "prompt_id"}:
            return self.fields["prompt"]
        if columns.keys().isdisjoint(ALONE) and not any(
            {f"{side}_a", f"{side}_b"} <= columns.keys() for side in ("answer", "competitor")
        ):
            return _("two answers, or the names of two models")
        verdicts = {"label", "probability", "score_a", "score", "reply"}
        return "" if columns.keys() & verdicts else self.fields["label"]

    def check(self, file: FileToRead, arena: Arena | None, slug: str) -> ImportReport:
        read = self._read(file)
        with in_arena(Home(slug), n_to_try=len(read.rows)) as home:
            taken = load_judgements(file.path, read, home, self._choices(file.options))
        repeated = [of_repeated_games(taken.n_repeated)] if taken.n_repeated else []
        counts = counts_of_judgements(taken)
        return ImportReport(taken.n_rows, counts, [*taken.notes, *repeated], amiss=taken.warnings, odd=read.odd)

    def load(self, source: Import, file: FileToRead, steps: Steps) -> FileTaken:
        choices = replace(self._choices(file.options, source), steps=steps)
        return FileTaken(load_judgements(file.path, self._read(file), source.arena, choices).notes)

    def cells(self, row: JudgementRow) -> dict[str, str]:
        verdict, order = row.judgement.verdict, {"ab": _("a first"), "ba": _("b first")}[row.order]
        if isinstance(verdict, Verdict):
            shown = str(SLOTS[verdict.winner])
        else:
            shown = _("no verdict") if verdict is None else figure(f"{verdict:g}")
        if row.judgement.state != GameState.OK and row.judgement.reason:
            shown = _(row.judgement.reason)
        return {
            _("Judge"): row.judge, _("Prompt"): _asked(row.prompt), **_answers(row.answers),
            **({} if row.is_single else {_("Order"): order}), _("Verdict"): shown, _("Reply"): _short(row.reply),
        }  # fmt: skip

    def _read(self, file: FileToRead) -> Any:
        format_class = cast("type[JudgementFormat]", format_of(Import.Kind.JUDGEMENTS, file.format))
        return read_by(format_class, file.path, file.filename, file.options)

    def _choices(self, options: Mapping[str, Any], source: Import | None = None) -> JudgementChoices:
        return JudgementChoices(options.get("judge", ""), options.get("gold", ""), NO_LIMIT, source)


class LabelFiles:
    formats: Mapping[str, type[LabelFormat]] = LABEL_FORMATS
    by_hand = MappedLabels
    fields = LABEL_FIELDS
    value_field, values = "label", SIDES
    names = MappingProxyType({name: each for name, each in _words(PlainLabels, PlainAnswers).items() if name in LABEL_FIELDS})
    options = MappingProxyType({"gold": GOLD})
    command = "import_gold"
    sample = "prompt,answer_a,answer_b,gold\nWhat is the capital of France?,Paris.,It is Lyon.,a\nWhat is 2 + 3?,5,6,a\n"
    _own = frozenset({"gold", "gold_set", "is_right", "is_correct", "preference_strength"})
    _own_pair = frozenset({"chosen", "rejected"})
    _of_kto = frozenset({"prompt", "completion", "label"})  # of single answers, where there are no two
    _of_two = frozenset(map(folded, ("answer_a", "model_a", *PlainLabels.other_words["answer_a"])))

    def surely_has(self, names: Sequence[str]) -> bool:
        plain = set(map(folded, names))
        is_kto = self._of_kto <= plain and plain.isdisjoint(self._of_two)
        return not plain.isdisjoint(map(folded, self._own)) or self._own_pair <= plain or is_kto

    def lacks(self, columns: Mapping[str, str]) -> Any:
        if not columns.keys() & {"prompt", "prompt_id"}:
            return self.fields["prompt"]
        if "answer" in columns:
            return "" if columns.keys() & {"is_right", "grade"} else self.fields["is_right"]
        if not {"answer_a", "answer_b"} <= columns.keys():
            return _("two answers, or one with whether it is right")
        return "" if "label" in columns else self.fields["label"]

    def check(self, file: FileToRead, arena: Arena | None, slug: str) -> ImportReport:
        read = self._read(file)
        labelled = self._labelled(file, read, Home(slug), is_check=True)
        counts, warnings = counts_of_labels(labelled), list(labelled.loaded.warnings())
        return ImportReport(labelled.n_rows, counts, self._notes(labelled), amiss=warnings, odd=read.odd)

    def load(self, source: Import, file: FileToRead, steps: Steps) -> FileTaken:
        labelled = self._labelled(file, self._read(file), Home(source.arena.slug), source=source, steps=steps)
        return FileTaken(self._notes(labelled))

    def cells(self, row: LabelRow) -> dict[str, str]:
        cells = {_("Prompt"): _asked(row.prompt), **_answers(row.answers)}
        if row.is_pair:
            return cells | {_("Better"): str(SIDES[row.label]) if row.label else _("nobody says")}
        return cells | {_("Label"): "; ".join(map(_of_answer, row.answers))}

    def _read(self, file: FileToRead) -> ReadFile[LabelRow]:
        return read_by(self._format(file), file.path, file.filename, file.options)

    def _format(self, file: FileToRead) -> type[LabelFormat]:
        return cast("type[LabelFormat]", format_of(Import.Kind.LABELS, file.format))

    def _labelled(
        self, file: FileToRead, read: ReadFile[LabelRow], home: Home, *, source: Import | None = None, is_check: bool = False,
        steps: Steps = ALL_AT_ONCE,
    ) -> Labelled:  # fmt: skip
        return label(
            home, file.options.get("gold") or name_of_set(read), read.rows, origin=read.format, filename=file.filename,
            grades_decide=self._format(file).grades_decide, most_new=NO_LIMIT, is_check=is_check, source=source, steps=steps,
            file_notes=[*read.notes, *of_columns(read.ignored)],
        )  # fmt: skip

    def _notes(self, labelled: Labelled) -> list[Any]:
        n_undecided = labelled.loaded.n_without_label
        return [*labelled.notes, *labelled.loaded.notes(), *([of_undecided_pairs(n_undecided)] if n_undecided else [])]


def _of_answer(answer: LabelledAnswer) -> str:
    words = [] if answer.is_right is None else [_("right") if answer.is_right else _("wrong")]
    return ", ".join([*words, *([] if answer.grade is None else [figure(f"{answer.grade:g}")])])
