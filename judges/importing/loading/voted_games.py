"""Votes of judges in a file of battles -> games of imported judges: see `arena.importing.voters_that_judge`."""

from collections import defaultdict
from collections.abc import Iterable, Sequence

from django.contrib.auth.models import User
from django.utils import timezone

from arena.importing.voters_that_judge import VotedVerdict
from arena.models import Import
from arena.outcomes import Outcome
from judges.games import curation
from judges.games.battle_texts import contests_of
from judges.games.recording import end_game, file_ended, give_verdict
from judges.importing.imported_judges import imported_judge
from judges.importing.undoing import reason_of
from judges.models import Game, Judge
from judges.verdicts.game_states import GameState
from judges.verdicts.verdict import Verdict, Winner

LAYOUT, PROTOCOL = "votes", "pairwise"
WINNERS: dict[Outcome, Winner] = {
    Outcome.A: "first", Outcome.B: "second", Outcome.TIE: "tie", Outcome.BOTH_BAD: "both_bad",
}  # fmt: skip
ROWS_A_STATEMENT = 2_000


def take(source: Import, verdicts: Iterable[Sequence[VotedVerdict]]) -> int:
    """How many games are new. In a transaction."""
    return sum(_take(source, some) for some in verdicts)


def _take(source: Import, verdicts: Sequence[VotedVerdict]) -> int:
    by_judge: dict[str, list[VotedVerdict]] = defaultdict(list)
    for one in verdicts:
        by_judge[one.vote.voter].append(one)
    n_new = 0
    for name, verdicts_of in by_judge.items():
        judge = imported_judge(name, PROTOCOL, layout=LAYOUT, otherwise=name, digest=source.digest)
        n_new += _add(source, judge, verdicts_of)
    return n_new


def _add(source: Import, judge: Judge, verdicts: Sequence[VotedVerdict]) -> int:
    here = set(
        Game.objects.filter(judge=judge, battle__in={one.battle_id for one in verdicts}).values_list("battle_id", "order")
    )
    new: dict[tuple[int, str], Game] = {}
    taints = {each.battle_id: each.taints() for each in contests_of(dict.fromkeys(one.battle_id for one in verdicts))}
    for one in verdicts:
        key = (one.battle_id, "ab" if one.first_is_a else "ba")
        if key in here or key in new:
            continue
        game = Game(judge=judge, battle_id=key[0], order=key[1], taints=taints.get(key[0], []))
        end_game(game, GameState.OK)
        give_verdict(game, Verdict(WINNERS[one.vote.outcome]))
        game.label = one.vote.outcome.value
        game.is_counted, game.set_aside_reason = not one.vote.set_aside, one.vote.set_aside
        new[key] = game
    games = list(new.values())
    reason = f"judgements of {judge} out of {source.filename}"
    file_ended(games, arena_id=source.arena_id, now=timezone.now(), reason=reason)
    Game.objects.bulk_create(games, batch_size=ROWS_A_STATEMENT)
    return len(games)


def count(source: Import, *, is_counted: bool, reason: str, actor: User | None) -> None:
    """The games are set aside and restored with their import; those set aside individually stay so."""
    games = Game.objects.filter(battle__source=source, judge__kind=Judge.Kind.IMPORTED)
    if is_counted:
        curation.restore_games(games.filter(set_aside_reason__startswith=reason_of(source)), actor)
    else:
        curation.set_aside_games(games, f"{reason_of(source)}: {reason}", actor)
