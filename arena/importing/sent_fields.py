"""The fields of rows that programs send, each with its type: what is checked of a row, and what the REST schema says of it."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Any

from django.utils.translation import gettext as _

from arena.importing.files import fields
from arena.importing.files.fields import LONGEST_CATEGORY, LONGEST_NAME
from arena.importing.files.problems import MISSING, PlainWords, RowProblem
from arena.importing.formats.prompt_files import MOST_TURNS, STATUSES
from arena.importing.formats.response_files import FINISHES, MOST_REPEATS
from arena.models import CompetitorStatus, Visibility, Voting
from arena.outcomes import Outcome
from arena.wording import number

BIGGEST = 2**31 - 1


class FieldKind(StrEnum):
    TEXT = "text"
    TEXTS = "texts"
    NUMBER = "number"
    AMOUNT = "amount"
    DATE = "date"
    TIME = "time"
    CHOICE = "choice"
    OBJECT = "object"
    NAMES = "names"
    NUMBERS = "numbers"
    TRUTH = "truth"


@dataclass(frozen=True)
class SentField:
    """One field of a row. Null is the same as leaving an optional field out."""

    kind: FieldKind
    description: str
    is_needed: bool = False
    is_usual: bool = False  # it stands in examples, though a row may do without it
    most: int = 0  # characters of a text, texts of a list, or the biggest number
    least: int = 0  # of a number
    choices: tuple[str, ...] = ()
    may_be_empty: bool = False  # of a list of numbers

    def check(self, name: str, value: Any) -> None:
        """Raises RowProblem if the type is wrong: 1 is not a text, and "1" is not a number."""
        wrong, allowed = False, ""
        match self.kind:
            case FieldKind.TEXT | FieldKind.DATE | FieldKind.TIME:
                fields.text({name: value}, name)
                if self.most and len(value) > self.most:
                    text = _("at most %(most)s characters are allowed") % {"most": number(self.most)}
                    raise RowProblem(name, value, text)
            case FieldKind.TEXTS:
                wrong = not isinstance(value, list) or bool(self.most and len(value) > self.most)
                allowed = _("a list of at most %(most)d texts is needed") % {"most": self.most}
                for each in () if wrong else value:
                    fields.text({name: each}, name)
            case FieldKind.NUMBER:
                is_whole = isinstance(value, int) or (isinstance(value, float) and value.is_integer())
                wrong = isinstance(value, bool) or not is_whole or not self.least <= value <= self.most
                text = _("a whole number from %(least)d to %(most)d is needed")
                allowed = text % {"least": self.least, "most": self.most}
            case FieldKind.AMOUNT:
                wrong = isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value <= self.most
                allowed = _("a number from 0 to %(most)d is needed") % {"most": self.most}
            case FieldKind.CHOICE:
                wrong = value not in self.choices if isinstance(value, str) else True
                allowed = _("allowed are %(values)s") % {"values": ", ".join(self.choices)}
            case FieldKind.OBJECT:
                wrong, allowed = not isinstance(value, dict), _("a JSON object is needed")
            case FieldKind.NAMES:
                wrong = not isinstance(value, dict) or not 0 < len(value) <= self.most
                allowed = _("an object of 1 to %(most)d texts is needed") % {"most": self.most}
                for each in () if wrong else value.values():
                    fields.text({name: each}, name)
            case FieldKind.NUMBERS:
                least = 0 if self.may_be_empty else 1
                wrong = not isinstance(value, list) or not least <= len(value) <= self.most or not all(map(_is_number, value))
                allowed = _("a list of %(least)d to %(most)d numbers is needed") % {"least": least, "most": self.most}
            case FieldKind.TRUTH:
                wrong, allowed = not isinstance(value, bool), _("allowed are %(values)s") % {"values": "true, false"}
        if wrong:
            raise RowProblem(name, value, allowed)


def _is_number(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and 0 < value <= 2**53


type SentFields = Mapping[str, SentField]


def checked_row(row: Any, columns: SentFields) -> dict[str, Any]:
    """The row without its nulls. Raises RowProblem for unknown fields, which must not be dropped silently."""
    if not isinstance(row, dict):
        raise RowProblem(_("the row"), row, _("a JSON object is needed"))
    for name in row:
        if name not in columns:
            text = _("there is no such field; the fields are %(names)s") % {"names": ", ".join(columns)}
            raise RowProblem(_("a field"), name, text)
    values = {name: value for name, value in row.items() if value is not None or columns[name].is_needed}
    for name, column in columns.items():
        if name in values:
            column.check(name, values[name])
        elif column.is_needed:
            raise RowProblem(name, MISSING if name not in row else PlainWords("null"), _("it is needed"))
    return values


def _text(description: str, **more: Any) -> SentField:
    return SentField(FieldKind.TEXT, description, **more)


def _number(description: str, **more: Any) -> SentField:
    return SentField(FieldKind.NUMBER, description, **{"most": BIGGEST} | more)


def _choice(description: str, choices: tuple[str, ...], **more: Any) -> SentField:
    return SentField(FieldKind.CHOICE, description, choices=choices, **more)


PROMPT_FIELDS: SentFields = {
    "id": _text("Id by which answers and battles refer to it; without one, its text.", most=LONGEST_NAME, is_usual=True),
    "turns": SentField(FieldKind.TEXTS, "What the user says, turn by turn.", most=MOST_TURNS),
    "prompt": _text("What the user says, where it is one turn.", is_usual=True),
    "system_prompt": _text("Before the first turn."),
    "reference": _text("A right answer; never public."),
    "category": _text("A path such as coding/python.", most=LONGEST_CATEGORY),
    "language": _text("Code such as en; recognised from the text where there is none.", most=40),
    "tags": SentField(FieldKind.TEXTS, "Words to find it by.", most=100),
    "verifier": SentField(FieldKind.OBJECT, "A check that a program can make of an answer; never public."),
    "status": _choice("Drafts are not served; active where it is left out.", tuple(STATUSES)),
}
RESPONSE_FIELDS: SentFields = {
    "prompt": _text("Id of a prompt in the arena.", is_needed=True, most=LONGEST_NAME),
    "competitor": _text("Name of the competitor; a new one is made.", is_needed=True, most=LONGEST_NAME),
    "text": _text("The answer; thinking in <think> is stored apart.", is_usual=True),
    "turns": SentField(FieldKind.TEXTS, "The answers turn by turn, where there are several.", most=MOST_TURNS),
    "finish": _choice("Why the model stopped; stop where it is left out.", tuple(FINISHES)),
    "tokens_in": _number("Tokens of the request."),
    "tokens_out": _number("Tokens of the answer."),
    "latency_ms": _number("Milliseconds that it took."),
    "cost": SentField(FieldKind.AMOUNT, "Dollars.", most=1_000_000),
    "repeat": _number("Index of the repeat, from 0; the next free one where it is left out.", most=MOST_REPEATS),
}
COMPETITOR_FIELDS: SentFields = {
    "name": _text("Unique in the arena.", is_needed=True, most=LONGEST_NAME),
    "organisation": _text("Who made it.", most=120),
    "licence": _text("Such as Apache-2.0.", most=120),
    "description": _text("Some sentences."),
    "price_in": SentField(FieldKind.AMOUNT, "Dollars per million input tokens.", most=1_000_000),
    "price_out": SentField(FieldKind.AMOUNT, "Dollars per million output tokens.", most=1_000_000),
    "released_on": SentField(FieldKind.DATE, "Day, such as 2026-01-31.", most=10),
    "status": _choice("Retired ones are not served.", tuple(each for each in CompetitorStatus if each != "unnamed")),
}
ARENA_FIELDS: SentFields = {
    "slug": _text("The short name in addresses.", is_needed=True, most=50),
    "name": _text("The name on pages.", is_needed=True, most=120),
    "description": _text("Some sentences."),
    "guidelines": _text("Shown to voters: what makes an answer better here."),
    "notice": _text("Shown on every page of the arena."),
    "board_visibility": _choice("Who may read the leaderboards; public where it is left out.", tuple(Visibility.values)),
    "content_visibility": _choice(
        "Who may read prompts, answers and battles; curators where it is left out.", tuple(Visibility.values)
    ),
    "voting": _choice("Who may vote; accounts where it is left out.", tuple(Voting.values)),
}
ARENA_CHANGES: SentFields = {
    **{name: replace(field, is_needed=False) for name, field in ARENA_FIELDS.items() if name != "slug"},
    "asked_share": SentField(
        FieldKind.AMOUNT, "Of the battles that judges are asked about, the share that voters are asked about too.", most=1
    ),
}
COMPETITOR_CHANGES: SentFields = {name: replace(field, is_needed=False) for name, field in COMPETITOR_FIELDS.items()}
BATTLE_FIELDS: SentFields = {
    "response_a": _number("Number of an answer.", is_needed=True, least=1, most=2**53),
    "response_b": _number("Number of another competitor's answer to the same prompt.", is_needed=True, least=1, most=2**53),
}
VOTE_FIELDS: SentFields = {
    "battle": _number("Number of the battle; or give both answers.", least=1, most=2**53, is_usual=True),
    "response_a": _number("Number of an answer, with response_b, where no battle is given.", least=1, most=2**53),
    "response_b": _number("Number of the other answer.", least=1, most=2**53),
    "voter": _text("Your own id of the voter, which must not reveal who it is: one vote per voter and battle.",
                   is_needed=True, most=120),
    "outcome": _choice("Who is better: a and b as the battle has them, or as response_a and response_b name them.",
                       tuple(Outcome.values), is_needed=True),
    "first_shown": _choice("The side that stood first, where it is known.", ("a", "b")),
    "strength": _number("1 better, 2 much better; only with a winner.", least=1, most=2),
    "voted_at": SentField(FieldKind.TIME, "When, such as 2026-01-31T12:00:00Z; now where it is left out.", most=40),
}  # fmt: skip
