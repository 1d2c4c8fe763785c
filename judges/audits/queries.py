"""Rows that an audit reads from the database: a judge's games, and its battles with people's votes.

The same data give the same rows whatever their ids: the side of a battle that is called a is that of the competitor whose name
comes first, and rows are clustered by their prompt's key. Ids are only used to link to battles.
"""

from collections import Counter, defaultdict
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from statistics import fmean
from typing import cast

from arena.models import Arena, Battle, Competitor, Vote
from judges.audits.figures.five_point_grades import grade, graded_sides, judged_grade, knows_strengths, middle_grade
from judges.audits.figures.inputs import AuditGame, AuditItem, Looks, Unlabelled, by_battle
from judges.audits.figures.position import of_the_judge
from judges.games.game_orders import OTHER
from judges.models import Game, Judge
from judges.models.games import WITH_VERDICT
from judges.own_models import own_competitors
from judges.protocols import PROTOCOLS, SingleProtocol
from judges.verdicts.combiners import ORDERS, combine, outcome_of_order
from judges.verdicts.game_states import GameState
from judges.verdicts.marked_verdicts import Marked
from judges.verdicts.verdict import Side, graded_verdict, stored_verdict

RULE = "consistent_only"
GAME_COLUMNS = (
    "cost", "battle_id", "battle__prompt__key", "battle__competitor_a_id", "battle__competitor_b_id", "battle__response_a_id",
    "battle__response_b_id", "order", "repeat", "state", "winner", "strength", "score_first", "score_second", "taints",
)  # fmt: skip
LOOK_COLUMNS = tuple(f"response_{side}__{name}" for side in "ab" for name in ("n_characters", "n_list_items", "n_bold"))
SWAPPED: Mapping[Side, Side] = {"a": "b", "b": "a", "tie": "tie", "both_bad": "both_bad"}


@dataclass(frozen=True, slots=True)
class GamesRead:
    """A judge's games in an arena.

    Parameters
    ----------
    games : list of AuditGame
        Those that count in figures, failed ones too.
    left_out : list of AuditGame
        Those that do not, because an answer seems to speak to its judge.
    marked : list of AuditGame
        All verdicts on such answers, whether they count or not.
    turned : set of int
        Battles whose side b is called a here.
    cost : int
        Micro-dollars of all.
    """

    games: list[AuditGame] = field(default_factory=list)
    left_out: list[AuditGame] = field(default_factory=list)
    marked: list[AuditGame] = field(default_factory=list)
    turned: set[int] = field(default_factory=set)
    cost: int = 0


def games_of(judge: Judge, arena: Arena, *, marked: Marked) -> GamesRead:
    """Its games in this arena, without those that were set aside."""
    names = dict(Competitor.objects.filter(arena=arena).values_list("pk", "name"))
    rows = Game.objects.over().filter(judge=judge, battle__arena=arena, is_counted=True).order_by("pk")
    read, cost = GamesRead(), 0
    for row in rows.values_list(*GAME_COLUMNS).iterator(chunk_size=5_000):
        its_cost, battle, prompt, a, b, answer_a, answer_b, order, repeat, state, winner, strength, first, second, taints = row
        cost += its_cost
        has_verdict, is_turned = state in WITH_VERDICT, names[a] > names[b]
        is_single = has_verdict and not winner
        game = AuditGame(
            battle=str(battle),
            prompt=prompt or f"of battle {battle}",
            a=names[b if is_turned else a],
            b=names[a if is_turned else b],
            order=OTHER[order] if is_turned else order,
            repeat=repeat,
            verdict=stored_verdict(winner, strength, first, second),
            state=GameState(state),
            score=first if is_single else None,
            answer=str((answer_a if order == Game.Order.AB else answer_b) or "") if is_single else "",
        )
        is_marked = bool(taints) and game.is_of_the_judge
        (read.left_out if is_marked and marked == "leave_out" else read.games).append(game)
        if is_marked and has_verdict:
            read.marked.append(game)
        if is_turned:
            read.turned.add(battle)
    return replace(read, cost=cost)


def items_of(
    judge: Judge,
    arena: Arena,
    played: GamesRead,
    *,
    labels: Mapping[int, Side],
    contradicted: Collection[int] = (),
    margin: float,
) -> Iterator[AuditItem]:
    """Its battles, decided by the default rule, with what is right and what the answers look like.

    The right outcome is that of most voters; where they did not vote, or are split, that of the gold label.
    """
    by_id, people = by_battle(played.games), people_on(arena)
    has_strengths, is_grader = knows_strengths(judge.protocol), isinstance(PROTOCOLS.get(judge.protocol), SingleProtocol)
    own, with_chances = _own_names(judge, arena), states_chances(played.games)
    for battle, *looks in _looks(judge, arena):
        games_of_battle = by_id.get(str(battle))
        if not games_of_battle:
            continue
        asked = of_the_judge(games_of_battle)  # a no-call rule neither agrees nor disagrees with people
        is_graded = is_grader or any(game.score is not None for game in asked)
        human, is_gold = people.outcomes.get(battle), battle not in people.outcomes
        human = labels.get(battle) if human is None else human
        points = people.grades.get(battle)
        if battle in played.turned:
            looks.reverse()
            human, points = human and SWAPPED[human], None if points is None else -points
        unlabelled: Unlabelled = "" if human else "split" if battle in people.split else ""
        if battle in contradicted and human is None:
            unlabelled = "contradicted"
        if human and not asked:
            human, unlabelled = None, "unasked"
        decided = graded_side(asked, margin=margin) if is_graded else _decided(asked)
        yield AuditItem(
            battle=games_of_battle[0].battle,
            prompt=games_of_battle[0].prompt,
            a=games_of_battle[0].a,
            b=games_of_battle[0].b,
            judged=decided,
            human=human,
            looks_a=looks[0],
            looks_b=looks[1],
            own_a=games_of_battle[0].a in own,
            own_b=games_of_battle[0].b in own,
            judged_grade=judged_grade(games_of_battle, decided) if has_strengths else None,
            human_grade=points,
            replies=_replies(asked, is_graded=is_graded, margin=margin),
            is_graded=is_graded,
            is_gold=bool(human) and is_gold,
            unlabelled=unlabelled,
            probability=_mean_chance(asked) if with_chances else None,
            votes=_votes(people, battle, is_turned=battle in played.turned),
        )


def states_chances(games: Sequence[AuditGame]) -> bool:
    """Whether its points are chances: those of every game add up to 1, and some are no bare yes or no."""
    points = [game.verdict.scores for game in games if game.verdict is not None and game.verdict.scores is not None]
    add_up = all(min(pair) >= 0 and abs(sum(pair) - 1) < 1e-9 for pair in points)
    return add_up and any(0 < pair[0] < 1 for pair in points)


def _mean_chance(games: Sequence[AuditGame]) -> float | None:
    """The chance that a is better, each order alike."""
    chances: dict[str, list[float]] = defaultdict(list)
    for game in games:
        if game.verdict is not None and game.verdict.scores is not None:
            chances[game.order].append(game.verdict.scores[0 if game.order == "ab" else 1])
    return fmean(map(fmean, chances.values())) if chances else None


def _votes(people: "People", battle: int, *, is_turned: bool) -> tuple[int, int, int]:
    """For a, for b, and for neither."""
    counts = people.counts.get(battle, {})
    a, b = counts.get("a", 0), counts.get("b", 0)
    level = counts.get("tie", 0) + counts.get("both_bad", 0)
    return (b, a, level) if is_turned else (a, b, level)


def _decided(games: Sequence[AuditGame]) -> Side | None:
    """By the default rule; for a battle that was judged in one order only, the outcome of that order."""
    played, orders = [game.played for game in games], {game.order for game in games}
    return outcome_of_order(played, *orders) if len(orders) == 1 else combine(RULE, played).outcome


def _replies(games: Sequence[AuditGame], *, is_graded: bool, margin: float) -> tuple[tuple[Side | None, ...], ...]:
    if is_graded:
        return (tuple(graded_sides(games, margin=margin)),) if games else ()
    ordered = sorted(games, key=lambda game: game.repeat)
    replies = (tuple(game.played.outcome for game in ordered if game.order == order) for order in ORDERS)
    return tuple(each for each in replies if each)


def graded_side(games: Sequence[AuditGame], *, margin: float) -> Side | None:
    """Where answers were graded one by one: the better mean, if it leads by more than the margin."""
    verdict = graded_verdict([(game.order, game.score) for game in games], margin=margin)
    return None if verdict is None else verdict.by_side("ab")


@dataclass(frozen=True, slots=True)
class People:
    """People's votes on battles.

    `outcomes`: the outcome with the most votes, where a tie and "both bad" count together: neither answer wins.
    `split`: battles with two leading outcomes. `grades`: the mean on five points of the votes that have one.
    `counts`: how many say what.
    """

    outcomes: dict[int, Side] = field(default_factory=dict)
    split: set[int] = field(default_factory=set)
    grades: dict[int, int] = field(default_factory=dict)
    counts: Mapping[int, Mapping[Side, int]] = field(default_factory=dict)


def people_on(arena: Arena) -> People:
    votes = Vote.objects.counted().filter(battle__arena=arena).order_by()
    rows = list(votes.values_list("battle_id", "outcome", "strength", "source_id").iterator(chunk_size=10_000))
    # Where no voter could choose "much better", a tie is no middle of five points.
    with_strengths = {source for _, _, strength, source in rows if strength is not None}
    counts: dict[int, Counter[Side]] = defaultdict(Counter)
    graded: dict[int, list[int]] = defaultdict(list)
    for battle, outcome, strength, source in rows:
        counts[battle][cast(Side, outcome)] += 1  # a constraint says so
        if source in with_strengths and (points := grade(cast(Side, outcome), strength)) is not None:
            graded[battle].append(points)
    majorities = {battle: plurality(count) for battle, count in counts.items()}
    outcomes = {battle: outcome for battle, outcome in majorities.items() if outcome is not None}
    grades = {battle: points for battle, its_grades in graded.items() if (points := middle_grade(its_grades)) is not None}
    return People(outcomes, counts.keys() - outcomes.keys(), grades, counts)


def plurality(votes: Mapping[Side, int]) -> Side | None:
    """The outcome with the most votes; None where two lead.

    Examples
    --------
    >>> plurality({"a": 2, "tie": 1, "both_bad": 2}), plurality({"a": 1, "b": 1})
    ('both_bad', None)
    """
    n_level = votes.get("tie", 0) + votes.get("both_bad", 0)
    level: Side = "both_bad" if votes.get("both_bad", 0) > votes.get("tie", 0) else "tie"
    counts: dict[Side, int] = {"a": votes.get("a", 0), "b": votes.get("b", 0), level: n_level}
    most = max(counts.values())
    first, *others = [side for side, n in counts.items() if n == most]
    return None if others or not most else first


def _looks(judge: Judge, arena: Arena) -> Iterator[tuple[int, Looks | None, Looks | None]]:
    """Its battles with what can be counted in their answers, None where an answer is not here."""
    battles = Battle.objects.filter(pk__in=Game.objects.filter(judge=judge, battle__arena=arena).values("battle")).order_by()
    columns = ("pk", "response_a_id", "response_b_id", *LOOK_COLUMNS)
    for battle, a, b, *looks in battles.values_list(*columns).iterator(chunk_size=5_000):
        yield battle, Looks(*looks[:3]) if a else None, Looks(*looks[3:]) if b else None


def _own_names(judge: Judge, arena: Arena) -> frozenset[str]:
    """Competitors of its model or family, as boards see them."""
    own = own_competitors(arena.pk, [judge]).get(judge.pk, frozenset())
    return frozenset(Competitor.objects.filter(pk__in=own).values_list("name", flat=True))
