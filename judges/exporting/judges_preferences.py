"""Judges' opinions on two answers: one per judge and battle. A judge that contradicts itself has none."""

from collections import Counter, defaultdict
from itertools import groupby

from django.db.models import QuerySet

from arena.exporting.preferences import MUCH, PairTally, TwoAnswers
from arena.models import Arena, Battle
from judges.judge_choices import choices_in
from judges.models import BASELINES, Game, Judge, JudgeAudit, JudgeChoice
from judges.verdicts.combiners import combine

BOTH_ORDERS, ANY_ORDER = "consistent_only", "majority_of_repeats"


def judges_that_count(arena: Arena) -> dict[int, str]:
    """Names of the judges whose verdicts count by default: no baselines, and none that is unusable here or was excluded."""
    choices = choices_in(arena.pk)
    unusable = set(JudgeAudit.objects.filter(arena=arena, is_usable=False).values_list("judge", flat=True))
    names: dict[int, str] = {}
    for judge in Judge.objects.exclude(kind=Judge.Kind.OFFLINE, protocol__in=BASELINES).only("name", "version"):
        choice = choices.get(judge.pk)
        is_in = judge.pk not in unusable if choice is None else choice.says == JudgeChoice.Says.INCLUDE
        if is_in:
            names[judge.pk] = str(judge)
    return names


def tallies_of_judges(battles: "QuerySet[Battle]", names: dict[int, str], *, both_orders: bool) -> dict[TwoAnswers, PairTally]:
    """Of those who are named; `battles` are those of `with_two_answers`."""
    games = Game.objects.counted().filter(battle__in=battles.order_by().values("pk"), judge__in=names)
    ordered = games.select_related("battle").order_by("battle", "judge", "pk")
    ordered = ordered.only(
        "judge_id", "order", "repeat", "winner", "strength", "score_first", "score_second",
        "battle__prompt_id", "battle__response_a_id", "battle__response_b_id",
    )  # fmt: skip
    outcomes: dict[TwoAnswers, Counter[str]] = defaultdict(Counter)
    strong: dict[TwoAnswers, Counter[str]] = defaultdict(Counter)
    judges: dict[TwoAnswers, set[str]] = defaultdict(set)
    for (_battle, judge), games_of in groupby(ordered.iterator(2_000), key=lambda game: (game.battle_id, game.judge_id)):
        played = list(games_of)
        outcome = combine(BOTH_ORDERS if both_orders else ANY_ORDER, [game.played for game in played]).outcome
        if outcome is None:
            continue
        battle = played[0].battle
        answers = TwoAnswers(battle.prompt_id or 0, battle.response_a_id or 0, battle.response_b_id or 0)
        outcomes[answers][outcome] += 1
        strong[answers][outcome] += all(game.strength == MUCH for game in played)
        judges[answers].add(names[judge])
    return {
        answers: PairTally(outcomes[answers], strong[answers], tuple(sorted(judges[answers]))) for answers in sorted(outcomes)
    }
