"""Battles of stored answers, and votes on them, as programs send them: all are written, or none."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import batched
from typing import Any, NamedTuple

from django.contrib.auth.models import User
from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _

from arena.clock import SLACK
from arena.evidence.external_votes import ExternalVote, cast_external, external_voters
from arena.importing.checks.plausibility import refuse
from arena.importing.checks.sent_votes import BATTLES_AGAIN, oddities_of_votes, repeated
from arena.importing.files import fields
from arena.importing.files.notes import Oddity
from arena.importing.files.problems import MISSING, Problems, RowProblem
from arena.importing.loading import bulk
from arena.importing.rows_by_program import SENT, TakenRows, in_words, read
from arena.importing.sent_fields import BATTLE_FIELDS, VOTE_FIELDS
from arena.models import Arena, Battle, Response, Vote
from arena.models.responses import NO_TEXT
from arena.outcomes import Outcome, Side

AT_ONCE = 5_000
_MOMENT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{1,6})?(Z|[+-]\d\d:\d\d)\Z", re.ASCII)


class SentBattle(NamedTuple):
    line: int
    response_a: int
    response_b: int


@dataclass(frozen=True)
class SentVote:
    line: int
    battle: int | None
    answers: tuple[int, int] | None
    voter: str
    outcome: Outcome
    first_shown: str
    strength: int | None
    voted_at: datetime


@dataclass(frozen=True)
class Readable:
    """What the sender may read now: nothing on prompts on which the sender has a ballot open."""

    battles: QuerySet[Battle]
    answers: QuerySet[Response]


class Sides(NamedTuple):
    """A battle, and whether it has the two answers the other way round than they were named."""

    battle: int
    is_turned: bool


def read_battles(raw: Sequence[Any]) -> list[SentBattle]:
    """Raises ImportProblems."""
    return read(raw, BATTLE_FIELDS, lambda line, row: SentBattle(line, int(row["response_a"]), int(row["response_b"])))


def read_votes(raw: Sequence[Any]) -> list[SentVote]:
    """Raises ImportProblems."""
    latest = timezone.now() + SLACK
    return read(raw, VOTE_FIELDS, lambda line, row: _vote_row(line, row, latest))


def _vote_row(line: int, row: dict[str, Any], latest: datetime) -> SentVote:
    answers = [int(row[name]) for name in ("response_a", "response_b") if name in row]
    if ("battle" in row) == bool(answers) or len(answers) == 1:
        allowed = _("either battle, or response_a and response_b, is needed")
        raise RowProblem("battle", row.get("battle", MISSING), allowed)
    outcome, strength = Outcome(row["outcome"]), int(row["strength"]) if "strength" in row else None
    if strength is not None and outcome not in {Outcome.A, Outcome.B}:
        raise RowProblem("strength", strength, _("strength applies only to a winner: leave it out"))
    return SentVote(
        line, int(row["battle"]) if "battle" in row else None, (answers[0], answers[1]) if answers else None,
        fields.name(row, "voter"), outcome, row.get("first_shown", ""), strength, _moment(row, latest),
    )  # fmt: skip


def _moment(row: Mapping[str, Any], latest: datetime) -> datetime:
    if "voted_at" not in row:
        return latest - SLACK
    allowed = _("a date and time with a time zone, such as 2026-01-31T12:00:00Z, not in the future")
    seconds = fields.moment(row, "voted_at") if _MOMENT.match(row["voted_at"]) else None
    if seconds is None or seconds > latest.timestamp():
        raise RowProblem("voted_at", row["voted_at"], allowed)
    return datetime.fromtimestamp(seconds, tz=UTC)


def take_battles(arena: Arena, rows: Sequence[SentBattle], readable: Readable, *, strict: bool = False) -> TakenRows:
    """An existing battle is used, whoever created it. With `strict` nothing is written where something looks wrong."""
    with transaction.atomic():
        bulk.wait_for_loads(arena.pk)
        problems = Problems(SENT)
        pairs = {row.line: (row.response_a, row.response_b) for row in rows}
        sides, n_added = _battles_of(arena, pairs, readable, problems)
        problems.stop_if_any()
        again = repeated((row.line, sides[row.line].battle) for row in rows)
        notes = _noted([again.oddity(BATTLES_AGAIN)] if again.n else [], problems, strict=strict)
    return TakenRows([sides[row.line].battle for row in rows], n_added, notes)


def take_votes(arena: Arena, rows: Sequence[SentVote], readable: Readable, user: User, *, strict: bool = False) -> TakenRows:
    """A stored vote stays as it is, and must be given unchanged. With `strict` nothing is written if something looks wrong."""
    with transaction.atomic():
        bulk.wait_for_loads(arena.pk)
        problems = Problems(SENT)
        sides, _n_new = _battles_of(arena, {row.line: row.answers for row in rows if row.answers}, readable, problems)
        sides |= _battles_called({row.line: row.battle for row in rows if row.battle is not None}, readable, problems)
        problems.stop_if_any()
        given = [(row.line, row.voter, sides[row.line].battle) for row in rows]
        notes = _noted(oddities_of_votes(given), problems, strict=strict)
        voters = external_voters(arena, user, list(dict.fromkeys(row.voter for row in rows)))
        votes = {row.line: _as_cast(row, sides[row.line], voters[row.voter]) for row in rows}
        numbers, new = _known_votes(votes, problems)
        problems.stop_if_any()
        made = dict(zip(((vote.battle, vote.voter) for vote in new), cast_external(arena, new), strict=True))
    ids = numbers | made
    return TakenRows([ids[votes[row.line].battle, votes[row.line].voter] for row in rows], len(made), notes)


def _noted(oddities: Sequence[Oddity], problems: Problems, *, strict: bool) -> list[str]:
    """What is said of rows that look wrong; with `strict`, raises ImportProblems where there are some."""
    if strict:
        refuse(oddities, problems, what=_("the row"))
    return in_words(each.note for each in oddities)


def _as_cast(row: SentVote, sides: Sides, voter: int) -> ExternalVote:
    outcome, first = row.outcome, row.first_shown
    if sides.is_turned:
        outcome = outcome.swapped()
        first = {Side.A.value: Side.B.value, Side.B.value: Side.A.value}.get(first, "")
    return ExternalVote(sides.battle, voter, outcome, first, row.strength, row.voted_at)


def _known_votes(
    votes: Mapping[int, ExternalVote], problems: Problems
) -> tuple[dict[tuple[int, int], int], list[ExternalVote]]:
    """Ids of stored votes, and the new ones; two that contradict each other are a problem."""
    here: dict[tuple[int, int], tuple[int, str]] = {}
    for some in batched({vote.voter for vote in votes.values()}, AT_ONCE):
        known = Vote.objects.filter(voter__in=some).values_list("battle_id", "voter_id", "pk", "outcome")
        here |= {(battle, voter): (pk, outcome) for battle, voter, pk, outcome in known if voter is not None}
    numbers, new = {at: pk for at, (pk, _outcome) in here.items()}, dict[tuple[int, int], ExternalVote]()
    for line, vote in votes.items():
        at = (vote.battle, vote.voter)
        known_outcome = here[at][1] if at in here else new.setdefault(at, vote).outcome
        if known_outcome != vote.outcome:
            allowed = _("a voter has one vote per battle, and the stored one, or that of an earlier row, has another outcome")
            problems.add(line, "outcome", vote.outcome.value, allowed)
    return numbers, list(new.values())


def _battles_called(asked: Mapping[int, int], readable: Readable, problems: Problems) -> dict[int, Sides]:
    known: set[int] = set()
    for some in batched(set(asked.values()), AT_ONCE):
        known |= set(readable.battles.filter(pk__in=some).values_list("pk", flat=True))
    for line, battle in asked.items():
        if battle not in known:
            problems.add(line, "battle", battle, _("there is no battle with this number in the arena, or you may not read it"))
    return {line: Sides(battle, False) for line, battle in asked.items()}


class _AnswerToCompare(NamedTuple):
    pk: int
    prompt: int
    competitor: int
    text: str  # its hash


def _battles_of(
    arena: Arena, pairs: Mapping[int, tuple[int, int]], readable: Readable, problems: Problems
) -> tuple[dict[int, Sides], int]:
    """The battle of each pair of answers, made where there is none; and how many are new."""
    answers = _answers({pk for pair in pairs.values() for pk in pair}, readable)
    answers_of: dict[int, tuple[_AnswerToCompare, _AnswerToCompare]] = {}
    for line, (first, second) in pairs.items():
        try:
            answers_of[line] = _comparable(answers, first, second)
        except RowProblem as problem:
            problems.add_row(line, problem)
    problems.stop_if_any()
    ordered = {line: _in_order(*pair) for line, pair in answers_of.items()}
    known = _known_battles({(a.pk, b.pk) for a, b in ordered.values()})
    new = {(a.pk, b.pk): (a, b) for a, b in ordered.values() if (a.pk, b.pk) not in known}
    made = Battle.objects.bulk_create(
        Battle(
            arena=arena, prompt_id=a.prompt, competitor_a_id=a.competitor, competitor_b_id=b.competitor,
            response_a_id=a.pk, response_b_id=b.pk, created_at=timezone.now(),
        )
        for a, b in new.values()
    )  # fmt: skip
    known |= {pair: battle.pk for pair, battle in zip(new, made, strict=True)}
    return {line: Sides(known[a.pk, b.pk], answers_of[line][0] is not a) for line, (a, b) in ordered.items()}, len(new)


def _in_order(first: _AnswerToCompare, second: _AnswerToCompare) -> tuple[_AnswerToCompare, _AnswerToCompare]:
    """As battles have them."""
    return (first, second) if first.competitor < second.competitor else (second, first)


def _answers(numbers: set[int], readable: Readable) -> dict[int, _AnswerToCompare]:
    by_number: dict[int, _AnswerToCompare] = {}
    columns = ("pk", "prompt_id", "competitor_id", "content_hash")
    for some in batched(numbers, AT_ONCE):
        by_number |= {row[0]: _AnswerToCompare(*row) for row in readable.answers.filter(pk__in=some).values_list(*columns)}
    return by_number


def _known_battles(pairs: set[tuple[int, int]]) -> dict[tuple[int, int], int]:
    """The oldest battle of each pair, except those of imports that do not count."""
    by_answers: dict[tuple[int, int], int] = {}
    for some in batched({a for a, _b in pairs}, AT_ONCE):
        rows = Battle.objects.published().filter(response_a__in=some).order_by("-pk")
        for a, b, pk in rows.values_list("response_a_id", "response_b_id", "pk"):
            if a is not None and b is not None and (a, b) in pairs:
                by_answers[a, b] = pk
    return by_answers


def _comparable(answers: Mapping[int, _AnswerToCompare], first: int, second: int) -> tuple[_AnswerToCompare, _AnswerToCompare]:
    for name, pk in (("response_a", first), ("response_b", second)):
        if pk not in answers:
            raise RowProblem(name, pk, _("there is no answer with this number in the arena, or you may not read it"))
        if answers[pk].text == NO_TEXT:
            raise RowProblem(name, pk, _("this answer has no text: nobody can be asked about it"))
    a, b = answers[first], answers[second]
    if a.prompt != b.prompt:
        raise RowProblem("response_b", second, _("it answers another prompt than response_a"))
    if a.competitor == b.competitor:
        raise RowProblem("response_b", second, _("both answers are of one competitor"))
    if a.text == b.text:
        raise RowProblem("response_b", second, _("both answers say the same: there is nothing to compare"))
    return a, b
