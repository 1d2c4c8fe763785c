"""MT-bench and FastChat: questions of two turns with references, the answers of a model, what people said of two answers."""

from collections.abc import Iterator, Sequence, Set
from pathlib import Path
from types import MappingProxyType
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext_lazy

from arena.importing.files import fields
from arena.importing.files.looks import ANY_SHAPE, OF_OBJECTS
from arena.importing.files.notes import FileNote, lazy_lines_of, note
from arena.importing.files.problems import RowProblem
from arena.importing.files.reading import Row
from arena.importing.files.rows import BattleRow, PromptRow, ResponseRow, VoteRow, without_thinking
from arena.importing.formats.battles.chatbot_arena import ALSO, WINNERS, both_answers
from arena.importing.formats.battles.pairs import winner_in
from arena.importing.formats.battles.sides import must_differ
from arena.importing.formats.conversations import conversation
from arena.importing.formats.format import Format
from arena.importing.formats.prompt_files import category_path
from arena.outcomes import Outcome

LINK = "https://github.com/lm-sys/FastChat/tree/main/fastchat/llm_judge"
FIRST_TURN = "{} turn 1"  # the id of a question whose first turn alone was judged


class MtBenchQuestions(Format[PromptRow]):
    name = "mt-bench"
    title = gettext_lazy("MT-bench and Arena-Hard v0.1 questions: question_id, category, turns")
    link = LINK
    shapes = OF_OBJECTS
    needed = ("question_id", "turns")
    signature = ("question_id", "turns", "category")
    read = frozenset({*signature, "reference", "cluster"})
    other_words = MappingProxyType({"question_id": ("prompt_id",), "turns": ("prompt",)})  # as on the Hub

    @classmethod
    def recognised_by(cls, names: Set[str], rows: Sequence[Row]) -> tuple[str, ...]:
        """Prompts of one text each are Agon's own."""
        are_lists = any(isinstance(row.get("turns"), list) for row in rows)
        return super().recognised_by(names, rows) if are_lists else ()

    def row(self, line: int, row: Row) -> PromptRow:
        return question_row(line, row)


class ModelAnswers(Format[ResponseRow]):
    name = "model-answers"
    title = gettext_lazy("FastChat's model_answer: question_id, model_id, choices")
    link = LINK
    shapes = OF_OBJECTS
    needed = ("question_id", "model_id", "choices")
    read = frozenset(needed)
    has_rows_of_several = True

    def rows(self, line: int, row: Row) -> Iterator[ResponseRow]:
        return choice_rows(line, row)


class MtBenchVotes(Format[BattleRow]):
    name = "mt-bench-votes"
    title = gettext_lazy("MT-bench human judgements: question_id, model_a, model_b, winner, judge, conversations, turn")
    link = "https://huggingface.co/datasets/lmsys/mt_bench_human_judgments"
    shapes = ANY_SHAPE
    needed = ("question_id", "model_a", "model_b", "winner", "judge", "conversation_a", "conversation_b", "turn")
    read = frozenset(needed)

    @classmethod
    def recognised_by(cls, names: Set[str], rows: Sequence[Row]) -> tuple[str, ...]:
        """Files of the arena have these columns too, and more."""
        is_arena = names & {"anony", "tstamp", "language", "timestamp"}
        return () if is_arena else super().recognised_by(names, rows)

    def __init__(self, path: Path) -> None:
        self._n_first = 0
        self._better: dict[int, bool] = {}  # hash of question, voter, models and turn -> whether the first by name is better
        self._turned: list[int] = []  # lines

    def row(self, line: int, row: Row) -> BattleRow:
        first, second = fields.name(row, "model_a"), fields.name(row, "model_b")
        must_differ(first, second)
        turn = fields.whole_number(row, "turn")
        if turn not in {1, 2}:
            raise RowProblem("turn", row.get("turn"), _("allowed are %(values)s") % {"values": "1, 2"})
        vote = VoteRow(fields.optional_identifier(row, "judge"), winner_in(row, WINNERS, first, second, also=ALSO))
        self._compare_turns(line, row, turn, vote.outcome if first < second else vote.outcome.swapped())
        conversations = [conversation(row, column) for column in ("conversation_a", "conversation_b")]
        asked, key = conversations[0].asked[:turn], fields.identifier(row, "question_id")
        if turn < len(conversations[0].asked):
            self._n_first += 1
            key = FIRST_TURN.format(key)
        return BattleRow(
            line, "", first, second, PromptRow(line, key, asked, conversations[0].system_prompt), (vote,),
            **both_answers(conversations[0].answered[:turn], conversations[1].answered[:turn]),
        )  # fmt: skip

    def notes(self) -> list[FileNote]:
        notes = [note(gettext_lazy("model_a is taken as the answer that was shown first."))]
        if self._turned:
            notes.append(note(_TURNED, n=len(self._turned), lines=lazy_lines_of(self._turned)))
        return [*notes, note(_TURNS)] if self._n_first else notes

    def _compare_turns(self, line: int, row: Row, turn: int, outcome: Outcome) -> None:
        """Whether this voter preferred the other model on the other turn of the same two conversations."""
        voter = fields.optional_identifier(row, "judge")
        if not voter or outcome not in {Outcome.A, Outcome.B}:
            return
        models = frozenset((fields.name(row, "model_a"), fields.name(row, "model_b")))
        of = (fields.identifier(row, "question_id"), voter, models)
        self._better[hash((of, turn))] = outcome == Outcome.A
        other = self._better.get(hash((of, 3 - turn)))
        if other is not None and other != (outcome == Outcome.A):
            self._turned.append(line)


_TURNED = ngettext_lazy(
    "%(n)s vote, in %(lines)s, prefers the other model than the same voter's vote on the other turn of the same conversations: "
    "both count, each on its own prompt.",
    "%(n)s votes, in %(lines)s, prefer the other model than the same voter's vote on the other turn of the same conversations: "
    "all count, each on its own prompt.",
    "n",
)
_TURNS = gettext_lazy(
    "A judgement of the first turn is a battle on the first turn alone; the question with both turns is another prompt."
)


def question_row(line: int, row: Row) -> PromptRow:
    turns = tuple(_content(turn, "turns") for turn in _list(row, "turns"))
    if not turns or not all(turn.strip() for turn in turns):
        raise RowProblem("turns", row.get("turns"), _("a list of texts is needed, none of them empty"))
    category = fields.text(row, "category", default="")
    cluster = fields.text(row, "cluster", default="")
    # A / inside a name is no path; the category of Arena-Hard's first file is the name of the file itself.
    path = category_path((cluster or category).replace("/", "-"))
    references = "\n\n".join(fields.texts(row, "reference"))
    return PromptRow(line, fields.identifier(row, "question_id"), turns, reference=references, category=path)


def choice_rows(line: int, row: Row) -> Iterator[ResponseRow]:
    """Every answer of a model to a question."""
    key, model = fields.identifier(row, "question_id"), fields.name(row, "model_id")
    for choice in _list(row, "choices"):
        yield _choice_row(line, key, model, choice)


def _choice_row(line: int, key: str, model: str, choice: Any) -> ResponseRow:
    """One of the answers in `choices`: a list of turns, each a text or an object that holds it as `content`."""
    if not isinstance(choice, dict):
        raise RowProblem("choices", choice, _("a list of objects with turns is needed"))
    turns = tuple(_content(turn, "choices") for turn in _list(choice, "turns", _("turns of choices")))
    index = fields.whole_number(choice, "index")
    several = turns if len(turns) > 1 else ()
    return without_thinking(
        ResponseRow(line, key, model, "\n\n".join(turns), several, repeat=index or None)
    )  # fmt: skip


def _list(row: Row, column: str, shown_as: str = "") -> list[Any]:
    value = row.get(column)
    if not isinstance(value, list) or not value:
        raise RowProblem(shown_as or column, value, _("a list is needed, not empty"))
    return value


def _content(turn: Any, column: str) -> str:
    return fields.text({column: turn.get("content") if isinstance(turn, dict) else turn}, column)
