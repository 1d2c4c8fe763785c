"""Offline judges: a program's verdicts on a battle's answers, without a call."""

from dataclasses import dataclass

from judges.cards import stored_judge
from judges.games.battle_texts import JudgedBattle
from judges.games.offline_judges import OFFLINE_JUDGES, OfflineGame, judge_offline
from judges.models import BASELINES, Judge
from judges.verdicts.game_states import GameState
from judges.verdicts.verdict import Order, Verdict


@dataclass(frozen=True, slots=True)
class OfflineSaying:
    state: GameState
    verdict: Verdict | None
    reason: str
    reference_given: bool


def offline_judge(kind: str) -> Judge:
    """The card of an offline judge."""
    if kind not in OFFLINE_JUDGES:
        raise ValueError(f"offline judge {kind!r} is unknown; allowed are {', '.join(OFFLINE_JUDGES)}")
    return stored_judge(Judge.Kind.OFFLINE, kind, name=kind, parameters={})


def decide_offline(judge: Judge, contest: JudgedBattle, *, order: Order, repeat: int, seed: int) -> OfflineSaying:
    """One game. Random choices derive from names and the seed, so they are the same for the same arena elsewhere."""
    first, second = ("\n\n".join(turns) for turns in contest.item.in_slots(order))
    game = OfflineGame(
        judge=f"{judge.name} {seed}", battle="\n".join((contest.prompt_key, *contest.pair)), order=order, repeat=repeat,
        first=first, second=second, reference=contest.reference, verifier=contest.verifier,
    )  # fmt: skip
    reply = judge_offline(judge.protocol, game)
    given = judge.protocol not in BASELINES and bool(contest.reference or contest.verifier)
    return OfflineSaying(reply.state, reply.verdict, reply.reason, given)
