"""The statements of every vote, compiled once (see `compiled_query`). All others go through Django as usual.

Only what runs at each vote stands here: composing these anew was two thirds of what a vote cost. Each is the queryset that its
function returns, or the `create` of its model, and `tests/arena/statements/test_vote_statements.py` compares the two. What a
statement means is decided by the modules that use it.
"""

from datetime import datetime, timedelta
from typing import Any

from django.db.models import Case, Count, Exists, F, OuterRef, Q, QuerySet, Subquery, Value, When
from django.db.models.functions import Coalesce

from arena.models import Arena, Ballot, Battle, Competitor, Event, Lot, Prompt, RateWindow, Response, Vote, Voter
from arena.models.found_rows import of_counting_import
from arena.statements.compiled_query import CompiledInsert, Values, compiled, compiled_update

LOTS_LOOKED_AT = 20  # the first ones may be such as this voter knows
READING_TIME = timedelta(hours=1)  # so long a drawn battle that somebody reads is offered to nobody else
TAKEN_BACK = "taken back by its voter"

_BATTLE = [f"battle__{column}_id" for column in ("competitor_a", "competitor_b", "prompt", "response_a", "response_b")]

new_battle, new_ballot = CompiledInsert(Battle), CompiledInsert(Ballot)
new_vote, new_event = CompiledInsert(Vote), CompiledInsert(Event)

# --- who asks --------------------------------------------------------------------------------------------------------


@compiled
def arenas_called(*, slug: str) -> QuerySet[Arena]:
    return Arena.objects.filter(slug=slug).order_by()


@compiled
def voters_known_as(*, arena: int, kind: str, key: str) -> QuerySet[Voter]:
    return Voter.objects.filter(arena=arena, kind=kind, key=key).order_by()


@compiled_update
def counted_in_window(*, key: str, starts_at: datetime, at_most: int) -> tuple[QuerySet[RateWindow], Values]:
    return RateWindow.objects.filter(key=key, starts_at=starts_at, count__lt=at_most), {"count": F("count") + 1}


# --- ballots and votes -----------------------------------------------------------------------------------------------


@compiled
def ballots_called(*, key: str, voter: int) -> QuerySet[Ballot]:
    """With everything that is shown after the vote."""
    names = ("battle__arena", "battle__competitor_a", "battle__competitor_b")
    return Ballot.objects.filter(key=key, voter=voter).select_related(*names).order_by()


@compiled
def ballots_open_to(*, voter: int) -> QuerySet[Ballot]:
    return Ballot.objects.filter(voter=voter, state=Ballot.State.OPEN).select_related("battle").order_by("pk")


@compiled
def battles_with_texts(*, battle: int) -> QuerySet[Battle]:
    return Battle.objects.filter(pk=battle).select_related("prompt", "response_a", "response_b").order_by()


@compiled_update
def ballot_moved(*, ballot: int, state: str, note: str) -> tuple[QuerySet[Ballot], Values]:
    """Out of OPEN by one conditional UPDATE: of two requests that race, one finds the ballot open."""
    return Ballot.objects.filter(pk=ballot, state=Ballot.State.OPEN), {"state": state, "note": note}


@compiled_update
def ballot_read(*, ballot: int, now: datetime) -> tuple[QuerySet[Ballot], Values]:
    """Record the first time that it is shown, unless another request did."""
    return Ballot.objects.filter(pk=ballot, shown_at=None), {"shown_at": now}


@compiled_update
def next_ballot_read(*, voter: int, now: datetime) -> tuple[QuerySet[Ballot], Values]:
    """The first open ballot, unless its voter is reading it already."""
    first = Ballot.objects.filter(voter=voter, state=Ballot.State.OPEN).order_by("pk").values("pk")[:1]
    return Ballot.objects.filter(pk__in=first, shown_at=None), {"shown_at": now}


@compiled
def votes_cast_by(*, voter: int) -> QuerySet[Vote, tuple[int]]:
    """How many, in one row; no row where there are none."""
    votes = Vote.objects.filter(voter=voter).exclude(set_aside_reason=TAKEN_BACK).order_by()
    return votes.values("voter").annotate(n=Count("pk")).values_list("n")


@compiled
def tallies_beside(*, vote: int) -> QuerySet[Vote, tuple[int, int, int]]:
    """What is shown after a vote: how many others there are on its battle, how many of them agree, how many its voter cast."""
    others = Vote.objects.counted().filter(battle=OuterRef("battle")).exclude(pk=OuterRef("pk"))
    cast = Vote.objects.filter(voter=OuterRef("voter")).exclude(set_aside_reason=TAKEN_BACK)
    n_others, n_agree = _number(others, "battle"), _number(others.filter(outcome=OuterRef("outcome")), "battle")
    tallies = {"n_others": n_others, "n_agree": n_agree, "n_cast": _number(cast, "voter")}
    return Vote.objects.filter(pk=vote).order_by().annotate(**tallies).values_list(*tallies)


def _number(votes: QuerySet[Vote], by: str) -> Coalesce:
    return Coalesce(Subquery(votes.order_by().values(by).annotate(n=Count("pk")).values("n")), 0)


# --- the next pair ---------------------------------------------------------------------------------------------------


@compiled
def pairs_had_by(*, voter: int) -> QuerySet[Any, tuple[Any, ...]]:
    """The pairs of answers that this voter has had, and whether the names were shown."""
    voted = Vote.objects.filter(voter=voter, battle__response_a__isnull=False).annotate(is_told=Value(1))
    unvoted = Ballot.objects.filter(voter=voter).exclude(state=Ballot.State.VOTED).annotate(is_told=Value(0))
    columns = (*_BATTLE, "is_told")
    return voted.order_by().values_list(*columns).union(unvoted.order_by().values_list(*columns), all=True).order_by()


@compiled
def lots_waiting(*, arena: int, read_since: datetime) -> QuerySet[Lot]:
    """Drawn battles that can be shown and have neither a vote that counts nor a reader."""
    competitors = Competitor.objects.servable()
    votes = Vote.objects.counted().filter(battle=OuterRef("battle"))
    readers = Ballot.objects.filter(battle=OuterRef("battle"), state=Ballot.State.OPEN, served_at__gt=read_since)
    shown = Battle.objects.published().comparable().with_standing_answers().filter(
        arena=arena, prompt__in=Prompt.objects.servable(), competitor_a__in=competitors, competitor_b__in=competitors,
    )  # fmt: skip
    lots = Lot.objects.filter(~Exists(votes), ~Exists(readers), arena=arena, place__lt=1, battle__in=shown)
    return lots.select_related("battle").order_by("place", "pk")[:LOTS_LOOKED_AT]


@compiled
def answers_to_pair(*, prompt: int, competitor_a: int, competitor_b: int) -> QuerySet[Response, tuple[int, int, str]]:
    """The servable answers of two competitors to one prompt: competitor, id and text hash."""
    sides = Q(pk=competitor_a) | Q(pk=competitor_b)
    answers = Response.objects.in_use().delivered().with_text().filter(
        prompt__in=Prompt.objects.servable().filter(pk=prompt), competitor__in=Competitor.objects.servable().filter(sides),
    )  # fmt: skip
    return answers.order_by("pk").values_list("competitor_id", "pk", "content_hash")


@compiled
def battles_of_answers(*, response_a: int, response_b: int) -> QuerySet[Battle]:
    """The battle of these two that is to be served: the first published one, else the one that was made to be served."""
    is_published = of_counting_import("battle")
    battles = Battle.objects.filter(is_published | Q(row_key=None), response_a=response_a, response_b=response_b)
    return battles.order_by(Case(When(is_published, then=0), default=1), "pk")[:1]
