"""Agon's own files of battles: the prompt, two answers or two models, and which is better."""

import re
from collections.abc import Iterable, Mapping, Sequence, Set
from pathlib import Path
from types import MappingProxyType
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from arena.importing.files import fields
from arena.importing.files.columns import folded
from arena.importing.files.looks import ANY_SHAPE
from arena.importing.files.notes import FileNote, note
from arena.importing.files.problems import EMPTY, MISSING, RowProblem
from arena.importing.files.reading import Row
from arena.importing.files.rows import BattleRow, PromptRow, VoteRow
from arena.importing.formats.battles.sides import ANSWERS, MODELS, UnnamedSides, must_differ
from arena.importing.formats.battles.vote_details import DETAILS, with_details
from arena.importing.formats.format import Format
from arena.importing.formats.prompt_files import IDS, category_path, language_of
from arena.outcomes import Outcome

SIDES = {
    Outcome.A: ("a", "answer_a", "response_a", "output_a", "model_a", "1", "answer1", "answer_1", "response1", "response_1",
                "output_1", "left", "first", "a>b", "a>>b"),
    Outcome.B: ("b", "answer_b", "response_b", "output_b", "model_b", "2", "answer2", "answer_2", "response2", "response_2",
                "output_2", "right", "second", "b>a", "a<b", "b>>a", "a<<b"),
    Outcome.TIE: ("tie", "equal", "same", "draw", "both", "a=b", "both good", "both_good"),
    Outcome.BOTH_BAD: ("both_bad", "both bad", "bothbad", "tie (bothbad)", "neither"),
}  # fmt: skip
WORDS = {word: outcome for outcome, words in SIDES.items() for word in words}
_FOLDED = {folded(word): outcome for word, outcome in WORDS.items()}
_IS_BETTER = re.compile(r"(?:is|was|are|the)?(?:much|slightly)?(?:better|best|wins|won|winner)[.!]?\Z")
_SIDE = r"(?=(?:a|b|1|2|first|second|left|right)\Z)"
_NAMED_FIRST = re.compile(rf"(?:the)?(?:model|answer|response|output|option|assistant|completion|candidate)?{_SIDE}")


def outcome_of(value: str) -> Outcome | None:
    """
    What one of the usual words says, whatever its case, blanks, hyphens and underscores; 1.0 is 1.

    Examples
    --------
    >>> outcome_of("A is better"), outcome_of("Answer A"), outcome_of("Left"), outcome_of("Both bad"), outcome_of("maybe")
    (Outcome.A, Outcome.A, Outcome.A, Outcome.BOTH_BAD, None)
    """
    word = folded(fields.without_point(value))
    return _FOLDED.get(word) or _FOLDED.get(_NAMED_FIRST.sub("", _IS_BETTER.sub("", word), count=1))


SHOWN = ("a", "b", "tie", "both_bad")
MORE_SHOWN = (
    "answer a, model a, response 1, a is better, left, first, a>b (and so for b)", "equal, same, draw, both, both good, a=b",
    "neither, both bad",
)  # fmt: skip


class OwnPairs(Format[BattleRow]):
    name = "pairs"
    title = gettext_lazy("Agon's own: prompt, answer_a, answer_b, winner; model_a, model_b, voter if there")
    shapes = ANY_SHAPE
    needed = ("winner",)
    prompts_by_id_or_text = True
    read = frozenset(
        {
            "prompt_id", "prompt", "system_prompt", "category", "language", *ANSWERS, *MODELS, "winner", "voter", "voted_at",
            *DETAILS,
        }
    )  # fmt: skip
    other_words = MappingProxyType(
        {
            "winner": ("better", "preferred", "preference", "label", "choice", "chosen", "verdict", "vote"),
            "prompt": ("question", "instruction", "input", "query", "text"),
            "answer_a": ("response_a", "output_a", "answer1", "answer_1", "response1", "response_1", "output_1", "text_a", "a"),
            "answer_b": ("response_b", "output_b", "answer2", "answer_2", "response2", "response_2", "output_2", "text_b", "b"),
            "model_a": ("competitor_a", "model_1", "model1", "generator_1"),
            "model_b": ("competitor_b", "model_2", "model2", "generator_2"),
            "voter": ("judge", "annotator", "rater", "user", "worker", "labeler", "annotator_id", "user_id"),
            "voted_at": ("timestamp", "tstamp", "created_at", "date", "time"),
            "prompt_id": IDS,
        }
    )

    @classmethod
    def recognised_by(cls, names: Set[str], rows: Sequence[Row]) -> tuple[str, ...]:
        """Which is better, and of which two answers or models."""
        sides = [name for both in (ANSWERS, MODELS) if names >= set(both) for name in both]
        return ("winner", *sides) if "winner" in names and sides else ()

    def __init__(self, path: Path) -> None:
        self._unnamed = UnnamedSides()
        self._meant: dict[str, Outcome] = {}

    def take(self, options: Mapping[str, Any]) -> None:
        """`models`: whose answers the two columns hold; `values`: what the words of the winner mean."""
        super().take(options)
        self._unnamed.take(options)
        self._meant = {folded_word(word): Outcome(outcome) for word, outcome in (options.get("values") or {}).items()}

    @property
    def unnamed(self) -> tuple[str, str] | None:
        """The models of rows that name none, where there are such rows."""
        return self._unnamed.used

    def row(self, line: int, row: Row) -> BattleRow:
        first, second = self._models(row)
        voter = fields.optional_identifier(row, "voter")
        answers = self._answers(row)
        vote = with_details(VoteRow(voter, self._winner(row, first, second)), row)
        happened = fields.moment(row, "voted_at")
        return BattleRow(line, "", first, second, _prompt(line, row), (vote,), answers, happened)

    def notes(self) -> list[FileNote]:
        notes = [note(gettext_lazy("The first model and answer of each row are taken as what was shown first."))]
        return [*notes, *self._unnamed.notes()]

    def _models(self, row: Row) -> tuple[str, str]:
        """The two columns stand for them where the row names none."""
        if not any(row.get(column) for column in MODELS):
            if not any(column in row for column in ANSWERS):
                raise RowProblem("model_a", MISSING, _("two answers or the names of two models are needed"))
            return self._unnamed.names()
        first, second = fields.name(row, "model_a"), fields.name(row, "model_b")
        must_differ(first, second)
        return first, second

    def _answers(self, row: Row) -> tuple[str, str] | None:
        if not any(column in row for column in ANSWERS):
            return None
        return fields.text(row, "answer_a"), fields.text(row, "answer_b")

    def _winner(self, row: Row, first: str, second: str) -> Outcome:
        """The meaning that was chosen for the word, else its usual one."""
        meant = self._meant.get(folded_word(row.get("winner"))) if self._meant else None
        return meant or _winner(row, first, second)


def _prompt(line: int, row: Row) -> PromptRow | None:
    key, text = fields.optional_identifier(row, "prompt_id"), fields.text(row, "prompt", default="")
    if not text.strip():
        if any(column in row for column in ANSWERS):
            raise RowProblem("prompt", EMPTY if "prompt" in row else MISSING, _("a non-empty text is needed"))
        return PromptRow(line, key) if key else None
    return PromptRow(
        line, key, (text,), fields.text(row, "system_prompt", default=""),
        category=category_path(fields.text(row, "category", default="")), language=language_of(row),
    )  # fmt: skip


def folded_word(value: object) -> str:
    """A cell's word; labelling tools write a list of one."""
    if isinstance(value, list) and len(value) == 1:
        value = value[0]
    return str(fields.without_point(value)).strip().casefold()


def rule_for_winners(words: Iterable[str]) -> str:
    """Everything that may tell who is better, beginning with these words."""
    rule = _("allowed are %(values)s, or the name of one of the two models; also %(more)s, in upper or lower case")
    return rule % {"values": ", ".join(words), "more": "; ".join(MORE_SHOWN)}


def side_of(name: str, first: str, second: str) -> Outcome | None:
    """The side that a model's name tells, where only one of the two has it."""
    word, one, other = (each.strip().casefold() for each in (name, first, second))
    return None if one == other else {one: Outcome.A, other: Outcome.B}.get(word)


def winner_in(
    row: Row, words: Mapping[str, Outcome], first: str, second: str, *, also: Mapping[str, Outcome] = MappingProxyType({})
) -> Outcome:
    """By the layout's own words, else by the name of one of the two models or one of the usual words. Raises RowProblem."""
    value = row.get("winner")
    word = value.strip().casefold() if isinstance(value, str) else ""
    if outcome := words.get(word) or side_of(word, first, second) or also.get(word) or outcome_of(word):
        return outcome
    raise RowProblem("winner", MISSING if "winner" not in row else value, rule_for_winners(words))


def _winner(row: Row, first: str, second: str) -> Outcome:
    """One of the usual words, a list of one as labelling tools write it, or the name of one of the two models."""
    value = row.get("winner")
    if isinstance(value, list) and len(value) == 1:
        value = value[0]
    value = fields.without_point(value)
    if isinstance(value, int) and not isinstance(value, bool):
        value = str(value)
    word = value.strip().casefold() if isinstance(value, str) else ""
    if outcome := side_of(word, first, second) or outcome_of(word):
        return outcome
    allowed = rule_for_winners((*SHOWN, _("1 and 2")))
    if word == "0":
        allowed = _("0 and 1 are ambiguous; %(allowed)s") % {"allowed": allowed}
    raise RowProblem("winner", MISSING if "winner" not in row else EMPTY if value == "" else value, allowed)
