"""What an audit reads of the database, as plain rows: a judge's games, and its battles with what people said of them."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from statistics import fmean

from arena.models import Arena, Battle, Competitor, Vote
from judges.audit_grades import grade, judged_grade, knows_strengths, middle_grade
from judges.audit_position import of_the_judge
from judges.audit_rows import AuditGame, AuditItem, Looks, by_battle
from judges.combining import combine
from judges.models import Game, Judge
from judges.models.games import WITH_VERDICT
from judges.states import GameState
from judges.verdicts import Side, Verdict, scored
from ranking.own_answers import own_competitors

RULE = "consistent_only"
GAME_COLUMNS = (
    "cost", "battle_id", "battle__prompt_id", "battle__competitor_a_id", "battle__competitor_b_id", "order", "repeat",
    "state", "winner", "strength", "score_first", "score_second", "taints",
)  # fmt: skip
LOOK_COLUMNS = tuple(f"response_{side}__{name}" for side in "ab" for name in ("n_characters", "n_list_items", "n_bold"))


def games_of(judge: Judge, arena: Arena) -> Iterator[tuple[int, AuditGame]]:
    """Its games in this arena with their cost, failed ones too; those that were set aside are left out."""
    names = dict(Competitor.objects.filter(arena=arena).values_list("pk", "name"))
    rows = Game.objects.over().filter(judge=judge, battle__arena=arena, is_counted=True).order_by("pk")
    for row in rows.values_list(*GAME_COLUMNS).iterator(chunk_size=5_000):
        cost, battle, prompt, a, b, order, repeat, state, winner, strength, first, second, taints = row
        counts = state in WITH_VERDICT and not taints  # what was tainted carries no verdict
        both = None if first is None or second is None else (first, second)
        yield (
            cost,
            AuditGame(
                battle=str(battle),
                prompt=str(prompt or f"of battle {battle}"),
                a=names[a],
                b=names[b],
                order=order,
                repeat=repeat,
                verdict=Verdict(winner, strength or 1, both) if counts and winner else None,
                state=GameState(state),
                score=first if counts and not winner else None,
            ),
        )


def items_of(
    judge: Judge, arena: Arena, games: Iterable[AuditGame], *, labels: Mapping[int, Side], margin: float
) -> Iterator[AuditItem]:
    """Its battles, decided by the default rule, with what people or gold labels say and what the answers look like."""
    played, said = by_battle(games), people_on(arena)
    outcomes: Mapping[int, Side] = {**said.outcomes, **labels}
    has_strengths = knows_strengths(judge.protocol)
    own = _own_names(judge, arena)
    for battle, looks_a, looks_b in _looks(judge, arena):
        its = played.get(str(battle))
        if not its:
            continue
        said_itself = of_the_judge(its)  # a rule of ours neither agrees nor disagrees with people
        decided = graded_side(said_itself, margin=margin) or combine(RULE, [game.played for game in said_itself]).outcome
        yield AuditItem(
            battle=its[0].battle,
            prompt=its[0].prompt,
            a=its[0].a,
            b=its[0].b,
            judged=decided,
            human=outcomes.get(battle),
            looks_a=looks_a,
            looks_b=looks_b,
            own_a=its[0].a in own,
            own_b=its[0].b in own,
            judged_grade=judged_grade(its, decided) if has_strengths else None,
            human_grade=said.grades.get(battle),
        )


def graded_side(games: Sequence[AuditGame], *, margin: float) -> Side | None:
    """Where answers were graded one by one: the better mean, if it leads by more than the margin."""
    points: dict[str, list[float]] = defaultdict(list)
    for game in games:
        if game.score is not None:
            points[game.order].append(game.score)
    return scored(fmean(points["ab"]), fmean(points["ba"]), margin=margin).by_side("ab") if len(points) == 2 else None


@dataclass(frozen=True, slots=True)
class People:
    """What people said of battles.

    `outcomes`: what more voters said than anything else; battles on which they are split are left out. `grades`: the mean
    on five points of the votes that have one.
    """

    outcomes: dict[int, Side] = field(default_factory=dict)
    grades: dict[int, int] = field(default_factory=dict)


def people_on(arena: Arena) -> People:
    votes = Vote.objects.counted().filter(battle__arena=arena).order_by()
    rows = list(votes.values_list("battle_id", "outcome", "strength", "source_id").iterator(chunk_size=10_000))
    # Where nobody could say "much better", a tie is no middle of five points.
    with_strengths = {source for _, _, strength, source in rows if strength is not None}
    counts: dict[int, Counter[str]] = defaultdict(Counter)
    graded: dict[int, list[int]] = defaultdict(list)
    for battle, outcome, strength, source in rows:
        counts[battle][outcome] += 1
        if source in with_strengths and (points := grade(outcome, strength)) is not None:  # type: ignore[arg-type]
            graded[battle].append(points)
    majorities = {battle: said.most_common(2) for battle, said in counts.items()}
    outcomes = {battle: top[0][0] for battle, top in majorities.items() if len(top) == 1 or top[0][1] > top[1][1]}
    grades = {battle: points for battle, said in graded.items() if (points := middle_grade(said)) is not None}
    return People(outcomes, grades)  # type: ignore[arg-type]  # a constraint says so


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
