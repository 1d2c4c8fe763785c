"""Typed rows of files of judgements or labels, before their battles are looked up."""

from typing import Literal, NamedTuple

from arena.importing.files.rows import PromptRow
from judges.verdicts.game_states import GameState
from judges.verdicts.verdict import Order, Side, Verdict

type Place = Literal["line", "row"]
"""What the number of a row counts: lines of a file, or rows that a program sent."""


class NamedAnswer(NamedTuple):
    """One of the answers in a row."""

    competitor: str = ""  # empty: the file does not say whose it is
    text: str | None = None  # None: the arena's answer of this competitor


class Judgement(NamedTuple):
    """A judgement: how it ended, and its verdict if it has one."""

    state: GameState
    verdict: Verdict | float | None = None  # of the slots; a number where one answer was graded
    label: str = ""  # as the file spells it
    reason: str = ""  # why there is no verdict
    start: int | None = None  # where the label stands in the reply
    end: int | None = None


class NamedBattle(NamedTuple):
    """How Agon's own files name a battle: by its id and by its answers."""

    key: str
    prompt: str  # the prompt's id; empty where it is not known
    names: tuple[str, str]
    repeats: tuple[int, int] | None  # which answers of the two; None where one of them is not in the file's arena any more


class ExportedGame(NamedTuple):
    """Fields that only Agon's own files of games have."""

    battle: NamedBattle
    identity: str  # of the judge
    version: int
    kind: str  # of `Judge.Kind`, where it was exported
    family: str
    reference_given: bool
    set_aside: str  # why it does not count; empty where it counts


class ExportedLabel(NamedTuple):
    """Fields that only Agon's own files of gold labels have."""

    battle: NamedBattle
    gold_set: str
    set_origin: str
    order: Order
    is_counted: bool


class ExportedAnswer(NamedTuple):
    """Fields that only Agon's own files of labels of single answers have."""

    gold_set: str
    set_origin: str
    repeat: int  # which of the competitor's answers to the prompt
    is_counted: bool


class JudgementRow(NamedTuple):
    """One judgement: of two answers, or a grade of one."""

    line: int
    protocol: str  # key of the protocol that it resembles
    answers: tuple[NamedAnswer, ...]  # in the order of the file, whichever was shown first
    judgement: Judgement
    prompt: PromptRow = PromptRow(0, "")
    order: Order = "ab"  # "ab" showed the first answer of the row first
    reply: str = ""
    judge: str = ""  # empty: the file does not say whose
    model: str = ""  # the model's name, as its provider spells it
    cost: int = 0  # micro-dollars
    repeat: int = 0
    turn: int = 0  # 1: of the first turn alone
    pair: str = ""  # the test set's own number of the pair, where that is all that names it
    label: Side | None = None  # what is known to be right, where the file says it; "a" is the first answer
    origin: str = ""  # subject or source, for figures by group
    contradicts: str = ""  # what the reply says if that differs from the label
    exported: ExportedGame | None = None

    @property
    def is_single(self) -> bool:
        return len(self.answers) == 1


class LabelledAnswer(NamedTuple):
    """An answer known to be right or wrong, or with a known grade."""

    competitor: str
    text: str | None  # None: the arena's answer of this competitor
    is_right: bool | None = None
    grade: float | None = None


class LabelRow(NamedTuple):
    """Known truth about the answers to one prompt: which of two is better, or how good each is."""

    line: int
    key: str  # the set's own number of it; empty: the line
    prompt: PromptRow
    answers: tuple[LabelledAnswer, ...]
    label: Side | None = None  # of two answers; "a" is the first
    is_pair: bool = False  # where two answers were compared, even if nobody could say which is better
    origin: str = ""
    exported: ExportedLabel | ExportedAnswer | None = None
