"""The PandaLM test set: two answers to one instruction, with the labels of three people."""

from collections import Counter
from itertools import chain
from pathlib import Path
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext_lazy

from arena.importing.files import fields
from arena.importing.files.columns import Columns
from arena.importing.files.looks import OF_OBJECTS
from arena.importing.files.notes import FileNote, note, what_is_so
from arena.importing.files.problems import EMPTY, MISSING, Problems, RowProblem, either
from arena.importing.files.reading import Row, read_rows
from arena.importing.files.rows import BattleRow, PromptRow, VoteRow
from arena.importing.formats.format import Format
from arena.outcomes import Outcome

LABELS = {0: Outcome.TIE, 1: Outcome.A, 2: Outcome.B}
ANNOTATORS = ("annotator1", "annotator2", "annotator3")


class PandaLm(Format[BattleRow]):
    name = "pandalm"
    title = gettext_lazy("PandaLM test set: cmp_key, two responses, three annotators")
    link = "https://github.com/WeOpenML/PandaLM"
    has_own_ids = True
    shapes = OF_OBJECTS
    needed = ("idx", "cmp_key", "instruction", "response1", "response2", *ANNOTATORS)
    read = frozenset({*needed, "input"})

    def __init__(self, path: Path) -> None:
        self._pairs = split_pairs(_cmp_keys(path))
        self._words: Counter[str] = Counter()
        self._texts: dict[int, set[int]] = {}

    def row(self, line: int, row: Row) -> BattleRow:
        first, second = self._pair(row)
        answers = self._answer(row, "response1"), self._answer(row, "response2")
        prompt = PromptRow(line, "", (_question(row),))
        votes = tuple(VoteRow(annotator, _label(row, annotator)) for annotator in ANNOTATORS)
        for model, answer in zip((first, second), answers, strict=True):
            self._texts.setdefault(hash((prompt.turns[0], model)), set()).add(hash(answer))
        return BattleRow(line, fields.identifier(row, "idx"), first, second, prompt, votes, answers)

    def notes(self) -> list[FileNote]:
        n_several = sum(len(texts) > 1 for texts in self._texts.values())
        return what_is_so(
            [
                (True, note(_ASKED)),
                (True, note(_LABELLED)),
                *((True, _about_word(word, n_times)) for word, n_times in sorted(self._words.items())),
                (n_several, note(_SEVERAL, n=len(self._texts), n_several=n_several)),
            ]
        )

    def _pair(self, row: Row) -> tuple[str, str]:
        key = fields.text(row, "cmp_key")
        splits = self._pairs.get(key, [])
        if len(splits) != 1:
            pairs = [_("%(first)s against %(second)s") % {"first": one, "second": other} for one, other in splits[:3]]
            allowed = _("model1_model2 has to name two different models; here it could mean %(found)s")
            raise RowProblem("cmp_key", key, allowed % {"found": either(pairs) if pairs else _("no two names")})
        first, second = splits[0]
        return fields.as_name("cmp_key", first), fields.as_name("cmp_key", second)

    def _answer(self, row: Row, column: str) -> str:
        if isinstance(row.get(column), bool):
            word = "true" if row[column] else "false"
            self._words[word] += 1
            return word
        return fields.text(row, column)


_ASKED = gettext_lazy("The prompt is the instruction and, below it, the input; response1 is taken as the answer shown first.")
_LABELLED = gettext_lazy("Labels: 0 is a tie, 1 and 2 the better response; the three annotators are three voters.")
_SEVERAL = ngettext_lazy(
    "%(n_several)s of %(n)s pair of prompt and model with different texts: each text is stored as a repeat of its own.",
    "%(n_several)s of %(n)s pairs of prompt and model with different texts: each text is stored as a repeat of its own.",
    "n",
)
_WORD = ngettext_lazy(
    '%(n)s answer in JSON\'s word %(word)s instead of a text: read as the text "%(word)s".',
    '%(n)s answers in JSON\'s word %(word)s instead of a text: read as the text "%(word)s".',
    "n",
)


def _about_word(word: str, n_times: int) -> FileNote:
    return note(_WORD, n=n_times, word=word)


def split_pairs(keys: Counter[str]) -> dict[str, list[tuple[str, str]]]:
    """Every way to read `model1_model2`; names may hold _ themselves, so names known from other keys decide."""
    ways = {key: _ways(key) for key in keys}
    known = set(chain.from_iterable(splits[0] for splits in ways.values() if len(splits) == 1))
    while True:
        for key, splits in ways.items():
            best = max((len(known & set(split)) for split in splits), default=0)
            ways[key] = [split for split in splits if len(known & set(split)) == best]
        more = set(chain.from_iterable(splits[0] for splits in ways.values() if len(splits) == 1))
        if more <= known:
            return ways
        known |= more


def _ways(key: str) -> list[tuple[str, str]]:
    places = [at for at, each in enumerate(key) if each == "_"][:100]
    splits = [(key[:at].strip(), key[at + 1 :].strip()) for at in places]
    return [(first, second) for first, second in splits if first and second and first != second]


def _cmp_keys(path: Path) -> Counter[str]:
    """The reading that follows reports what is wrong with the file."""
    rows = read_rows(path, problems=Problems(path.name), columns=Columns(read=PandaLm.read))
    return Counter(key[:1000] for _, row in rows if isinstance(key := row.get("cmp_key"), str))


def _question(row: Row) -> str:
    parts = fields.text(row, "instruction").strip(), fields.text(row, "input", default="").strip()
    question = "\n\n".join(part for part in parts if part)
    if not question:
        raise RowProblem("instruction", EMPTY, _("an instruction or an input is needed"))
    return question


def _label(row: Row, annotator: str) -> Outcome:
    label: Any = fields.without_point(row.get(annotator))
    if isinstance(label, bool) or not isinstance(label, int) or label not in LABELS:
        raise RowProblem(annotator, MISSING if annotator not in row else label, _("allowed are 0 (tie), 1, 2"))
    return LABELS[label]
