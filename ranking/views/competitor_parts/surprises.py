"""The battles of a model whose outcomes were least likely by the ratings."""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from django.db.models import Q, QuerySet

from arena.models import Battle, Vote
from arena.outcomes import Outcome
from ranking.views.competitor_parts.opponents import Opponent

MOST = 10
MOST_IN_PLAY = 10  # more of them are looked up: some battles may be hidden from the reader


@dataclass(frozen=True, slots=True)
class Rare:
    """What happened against one opponent, how often, and the chance that the ratings gave it."""

    opponent: Opponent
    is_won: bool
    chance: float
    n: int

    def outcome(self, competitor: int) -> Outcome:
        """As battles store it: the side with the smaller number is A."""
        is_a = competitor < self.opponent.entry.competitor_id
        return Outcome.A if self.is_won == is_a else Outcome.B


@dataclass(frozen=True, slots=True)
class Surprise:
    battle: int
    against: str
    is_won: bool
    percent: float  # the chance that it would end so
    prompt: str  # its first words; "" where it has no text


def rarest(opponents: Sequence[Opponent]) -> list[Rare]:
    """Decided outcomes that are enough for a list, the least likely first. Ties are left out: ratings give them no chance."""
    seen = [
        Rare(opponent, is_won, opponent.fitted / 100 if is_won else 1 - opponent.fitted / 100, n)
        for opponent in opponents
        if opponent.fitted is not None
        for is_won, n in ((True, opponent.wins), (False, opponent.losses))
        if n
    ]
    chosen: list[Rare] = []
    for each in sorted(seen, key=lambda rare: (rare.chance, rare.opponent.entry.pk)):
        if each.chance >= 0.5 or sum(rare.n for rare in chosen) >= MOST + MOST_IN_PLAY:
            break
        chosen.append(each)
    return chosen


def surprises_of(competitor: int, rare: Sequence[Rare], readable: QuerySet[Battle]) -> list[Surprise]:
    """The battles behind them that the reader may see, at most `MOST`, in two questions at most.

    What happened often comes last in `rare` and is asked for by itself, so that no question sorts all the votes of a pair.
    """
    by_pair = {(each.opponent.entry.competitor_id, each.outcome(competitor)): each for each in rare}
    seldom, often = [each for each in rare if each.n <= MOST], [each for each in rare if each.n > MOST]
    rows = [row for part in (seldom, often) if part for row in _votes(competitor, part, readable)]
    surprises: dict[int, Surprise] = {}
    for battle, outcome, a, b, turns in rows:
        each = by_pair[b if a == competitor else a, Outcome(outcome)]
        text = " ".join(str(turns[0]).split()) if turns else ""
        surprises[battle] = Surprise(battle, each.opponent.name, each.is_won, 100 * each.chance, text)
    return sorted(surprises.values(), key=lambda surprise: (surprise.percent, -surprise.battle))[:MOST]


def _votes(competitor: int, rare: Sequence[Rare], readable: QuerySet[Battle]) -> Iterator[tuple[int, str, int, int, list[str]]]:
    """Battle, outcome, both sides and the turns of its prompt."""
    others: dict[tuple[bool, Outcome], list[int]] = defaultdict(list)
    for each in rare:
        other = each.opponent.entry.competitor_id
        others[competitor < other, each.outcome(competitor)].append(other)
    happened = Q()
    for (is_a, outcome), numbers in others.items():
        sides = {"battle__competitor_a": competitor, "battle__competitor_b__in": numbers}
        swapped = {"battle__competitor_b": competitor, "battle__competitor_a__in": numbers}
        happened |= Q(outcome=outcome, **(sides if is_a else swapped))
    votes = Vote.objects.counted().filter(happened, battle__in=readable).order_by("-battle")
    columns = ("battle", "outcome", "battle__competitor_a", "battle__competitor_b", "battle__prompt__turns")
    # A battle with several votes of one outcome is shown once.
    return votes.values_list(*columns)[: 4 * MOST].iterator()
