"""Battles as Chatbot Arena and its kin published them: each row is a battle of its own, with one vote.

The files of 2023, of 100k and of 140k battles give both conversations, WSDM's the prompt and both answers, the oldest ones the
names alone. A row that was read before its texts were keeps the key that it had.
"""

from collections.abc import Sequence, Set
from pathlib import Path
from types import MappingProxyType
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext_lazy

from arena.importing.files import fields
from arena.importing.files.looks import ANY_SHAPE
from arena.importing.files.notes import FileNote, note
from arena.importing.files.problems import RowProblem
from arena.importing.files.reading import Row
from arena.importing.files.rows import BattleRow, PromptRow, VoteRow
from arena.importing.formats.battles.pairs import winner_in
from arena.importing.formats.battles.sides import must_differ
from arena.importing.formats.battles.vote_details import DETAILS, with_details
from arena.importing.formats.conversations import conversation, from_json
from arena.importing.formats.format import Format
from arena.outcomes import Outcome
from arena.texts.languages import code_of

WINNERS = {
    "model_a": Outcome.A,
    "model_b": Outcome.B,
    "tie": Outcome.TIE,
    "tie (bothbad)": Outcome.BOTH_BAD,
    "both_bad": Outcome.BOTH_BAD,  # as newer files of the arena write it
}
ALSO = {
    "bothbad": Outcome.BOTH_BAD, "tie (both bad)": Outcome.BOTH_BAD, "tie (inconsistent)": Outcome.TIE, "a": Outcome.A,
    "b": Outcome.B,
}  # fmt: skip
CONVERSATIONS = ("conversation_a", "conversation_b")
RESPONSES = ("response_a", "response_b")
NAMES_VISIBLE = "names were visible"
NO_CODE = "?"


_NO_PROMPT = ngettext_lazy(
    "%(n)s row with a language but no prompt: a language is kept with its prompt, so these are left out.",
    "%(n)s rows with a language but no prompt: a language is kept with its prompt, so these are left out.",
    "n",
)
_NO_CODE = ngettext_lazy(
    "%(n)s row with a language that has no known code (%(examples)s): read as unknown.",
    "%(n)s rows with a language that has no known code (%(examples)s): read as unknown.",
    "n",
)


_ASKED_DIFFERENTLY = ngettext_lazy(
    "%(n)s row whose two conversations ask different things: a battle on the first one's prompt, without answers.",
    "%(n)s rows whose two conversations ask different things: battles on the first one's prompt, without answers.",
    "n",
)
_PICTURES = ngettext_lazy(
    "%(n)s row with pictures: a mark stands for each in the prompt, which is a draft, because it cannot be shown.",
    "%(n)s rows with pictures: a mark stands for each in the prompts, which are drafts, because they cannot be shown.",
    "n",
)


def both_answers(first: tuple[str, ...], second: tuple[str, ...]) -> dict[str, Any]:
    """Fields of a battle: the answers, and their turns where there are several. A turn that is missing is an empty one."""
    n = max(len(first), len(second))
    first, second = (each + ("",) * (n - len(each)) for each in (first, second))
    turns = (first if len(first) > 1 else (), second if len(second) > 1 else ())
    return {"answers": ("\n\n".join(first), "\n\n".join(second)), "turns": turns}


class ChatbotArena(Format[BattleRow]):
    name = "chatbot-arena"
    title = gettext_lazy("Chatbot Arena and its kin: model_a, model_b, winner")
    link = "https://huggingface.co/datasets/lmsys/chatbot_arena_conversations"
    has_own_ids = False
    shapes = ANY_SHAPE
    needed: tuple[str, ...] = ("model_a", "model_b", "winner")
    read = frozenset(
        {
            *needed, "id", "question_id", "prompt", "judge", "anony", "language", "tstamp", "timestamp", *CONVERSATIONS,
            *RESPONSES, "judge_hash", "category_tag", "occupational_tags", "is_code",
            *DETAILS,
        }
    )  # fmt: skip
    other_words = MappingProxyType(
        {"judge": ("evaluation_session_id", "voter"), "question_id": ("prompt_id",), "tstamp": ("voted_at",)}
    )  # also as Agon's own exports call them

    @classmethod
    def recognised_by(cls, names: Set[str], rows: Sequence[Row]) -> tuple[str, ...]:
        """Its text columns tell it from other files with these three."""
        columns = super().recognised_by(names, rows)
        return (*columns, *(name for name in (*CONVERSATIONS, *RESPONSES) if name in names)) if columns else ()

    def __init__(self, path: Path) -> None:
        self._name = fields.Remembered(fields.name)
        self._identifier = fields.Remembered(fields.optional_identifier)
        self._language = fields.Remembered(self._read_language)
        self._bare_prompts: dict[tuple[str, str], PromptRow] = {}
        self._n_languages_without_prompt = self._n_asked_differently = self._n_pictures = 0
        self._unknown_languages: dict[str, int] = {}

    def row(self, line: int, row: Row) -> BattleRow:
        try:
            # Nearly every row repeats names that were checked before.
            first, second = self._name.known[row["model_a"]], self._name.known[row["model_b"]]
            outcome = WINNERS[row["winner"]]
        except (KeyError, TypeError):
            first, second = self._name(row, "model_a"), self._name(row, "model_b")
            outcome = winner_in(row, WINNERS, first, second, also=ALSO)
        must_differ(first, second)
        voter = self.voter(row)
        set_aside = NAMES_VISIBLE if "anony" in row and not fields.truth(row, "anony", default=True) else ""
        happened = fields.moment(row, "tstamp") if "tstamp" in row else None
        language = self._language_of(row) if "language" in row else ""
        vote = VoteRow(voter, outcome, set_aside)
        if "strength" in row or "reasons" in row:
            vote = with_details(vote, row)
        battle = BattleRow(line, "", first, second, self._prompt(line, row, language), (vote,), None, happened)
        if "conversation_a" in row or "response_a" in row or "timestamp" in row:
            battle = self._with_texts(row, battle, language)
        if language and battle.prompt is None:
            self._n_languages_without_prompt += 1
        return battle

    def voter(self, row: Row) -> str:
        """Empty where the file does not say who voted."""
        column = "judge" if "judge" in row else "judge_hash"
        return self._identifier(row, column) if column in row else ""

    def _with_texts(self, row: Row, battle: BattleRow, language: str) -> BattleRow:
        """With what was asked and answered. Rows that an older version could tell apart keep their keys."""
        has_key = (battle.prompt is not None and bool(battle.prompt.key or battle.prompt.turns)) or battle.happened is not None
        known_as = _without_hash(row, battle) if has_key else None
        happened = battle.happened if battle.happened is not None else fields.moment(row, "timestamp")
        battle = battle._replace(happened=happened, known_as=known_as, called=fields.optional_identifier(row, "id"))
        if row.get("conversation_a") is not None:
            return self._with_conversations(row, battle, language)
        if row.get("response_a") is not None:
            answers = fields.text(row, "response_a"), fields.text(row, "response_b", default="")
            return battle._replace(answers=answers) if battle.prompt is not None else battle
        return battle

    def _with_conversations(self, row: Row, battle: BattleRow, language: str) -> BattleRow:
        first, second = conversation(row, "conversation_a"), conversation(row, "conversation_b")
        if first.is_blank:
            return battle
        key = battle.prompt.key if battle.prompt else ""
        if first.asked == second.asked:
            first = first.up_to_answers(max(len(first.answered), len(second.answered)))
            second = second.up_to_answers(len(first.asked))
        self._n_pictures += bool(first.n_pictures)
        # Neither people nor models can be asked about what cannot be shown.
        status = "draft" if first.n_pictures else ""
        prompt = PromptRow(
            battle.line, key, first.asked, first.system_prompt, language=language, tags=_tags(row), status=status
        )  # fmt: skip
        if first.asked != second.asked:
            self._n_asked_differently += 1
            return battle._replace(prompt=prompt)
        return battle._replace(prompt=prompt, **both_answers(first.answered, second.answered))

    def notes(self) -> list[FileNote]:
        """What was unusual, and how it was read."""
        notes = [note(gettext_lazy("model_a is taken as the answer that was shown first."))]
        if self._n_languages_without_prompt:
            notes.append(note(_NO_PROMPT, n=self._n_languages_without_prompt))
        if self._n_asked_differently:
            notes.append(note(_ASKED_DIFFERENTLY, n=self._n_asked_differently))
        if self._n_pictures:
            notes.append(note(_PICTURES, n=self._n_pictures))
        if self._unknown_languages:
            examples = ", ".join(list(self._unknown_languages)[:5])
            n_rows = sum(self._unknown_languages.values())
            notes.append(note(_NO_CODE, n=n_rows, examples=examples))
        return notes

    def _prompt(self, line: int, row: Row, language: str) -> PromptRow | None:
        key = self._identifier(row, "question_id") if "question_id" in row else ""
        text = fields.text(row, "prompt", default="") if "prompt" in row else ""
        if text and not text.isspace():
            return PromptRow(line, key, (text,), language=language)
        if key:
            return self._bare_prompts.get((key, language)) or self._bare_prompt(line, key, language)
        return None

    def _bare_prompt(self, line: int, key: str, language: str) -> PromptRow:
        """Cached: many rows name it."""
        new = PromptRow(line, key, language=language)
        if len(self._bare_prompts) < fields.MOST_REMEMBERED:
            self._bare_prompts[key, language] = new
        return new

    def _language_of(self, row: Row) -> str:
        code = self._language(row, "language")
        if code == NO_CODE:
            written = str(row["language"])[:40]
            if len(self._unknown_languages) < fields.MOST_REMEMBERED or written in self._unknown_languages:
                self._unknown_languages[written] = self._unknown_languages.get(written, 0) + 1
            return ""
        return code

    @staticmethod
    def _read_language(row: fields.Row, column: str) -> str:
        code = code_of(fields.text(row, column, default=""))
        return NO_CODE if code is None else code


def _without_hash(row: Row, battle: BattleRow) -> BattleRow:
    """As a row of 100k battles was read when its hash was not yet known to be a voter's."""
    if "judge" in row or "judge_hash" not in row:
        return battle
    return battle._replace(votes=tuple(vote._replace(voter="") for vote in battle.votes))


def _tags(row: Row) -> tuple[str, ...]:
    """The categories of a prompt: `category_tag` lists them in groups, `occupational_tags` at once, each true or false."""
    groups = [*_flags(row, "category_tag").values(), _flags(row, "occupational_tags")]
    names = [name for group in groups if isinstance(group, dict) for name, is_so in group.items() if is_so is True]
    if "is_code" in row and fields.truth(row, "is_code", default=False):
        names.append("code")
    return tuple(dict.fromkeys(fields.as_name("category_tag", name) for name in names))


def _flags(row: Row, column: str) -> dict[str, Any]:
    flags = from_json(row.get(column)) or {}
    if not isinstance(flags, dict):
        raise RowProblem(column, flags, _("an object is needed, such as {...}"))
    return flags
