"""Finds stored games whose request lacked a part of their battle, using the sent messages that every attempt keeps.

A version before this one left out of some requests the prompt, an answer, or all turns but the first, and read replies to such
requests again for other texts. A game is amiss where a text that its protocol needs stands in no block of the request that was
answered, or, where the reply was read from another game, in another way than in this game's battle.
"""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import batched

from django.db.models import Q, QuerySet

from arena.llm.wires.messages import Message
from arena.models import Attempt
from judges.games.battle_texts import JudgedBattle, contests_of
from judges.games.request_builder import RequestBuilder
from judges.models import Game, Judge
from judges.safeguards.delimiters import lacking_in, read_back
from judges.verdicts.verdict import Order

GAMES_AT_ONCE = 500
NAMES = {"prompt": "the prompt", "answer": "the answer", "answer_1": "the first answer", "answer_2": "the second answer"}
COPIED = "its reply was read from a game about other texts"


@dataclass(slots=True)
class Checked:
    """The result: `amiss` holds the ids of the games by reason."""

    n_games: int = 0
    n_unknown: int = 0  # nothing of their request, or of their texts, is here
    n_changed: int = 0  # their texts stand in the request in another way than they are stored now
    amiss: dict[str, list[int]] = field(default_factory=dict)
    judges: Counter[str] = field(default_factory=Counter)

    @property
    def n_amiss(self) -> int:
        return sum(map(len, self.amiss.values()))


def checked(games: QuerySet[Game]) -> Checked:
    """Check all games among these with a counted verdict from a model that was asked."""
    asked = games.filter(state=Game.State.OK, is_counted=True, judge__kind=Judge.Kind.CALLED)
    rows = asked.filter(Q(call__isnull=False) | Q(copied_from__isnull=False)).order_by("pk")
    result, askers = Checked(), dict[int, RequestBuilder]()
    for chunk in batched(rows.values_list("pk", flat=True).iterator(), GAMES_AT_ONCE):
        for game, fault in _faults(chunk, askers):
            result.n_games += 1
            if fault is None:
                result.n_unknown += 1
            elif fault == "changed":
                result.n_changed += 1
            elif fault:
                result.amiss.setdefault(fault, []).append(game.pk)
                result.judges[str(game.judge)] += 1
    return result


def _faults(pks: Sequence[int], askers: dict[int, RequestBuilder]) -> Iterator[tuple[Game, str | None]]:
    """Each game with its fault: empty where there is none, None where it is unknown."""
    games = list(Game.objects.filter(pk__in=pks).select_related("judge__endpoint", "copied_from").order_by("pk"))
    calls = {game.pk: (game.copied_from or game).call_id for game in games}
    answered = Attempt.objects.filter(call__in={call for call in calls.values() if call}, state=Attempt.State.OK)
    sent = {each.call_id: each for each in answered.only("call", "request", "fence").order_by("pk")}  # the last one decided
    contests = {contest.battle_id: contest for contest in contests_of({game.battle_id for game in games})}
    for game in games:
        attempt, contest = sent.get(calls[game.pk] or 0), contests.get(game.battle_id)
        if attempt is None or contest is None or not attempt.fence or not attempt.request:
            yield game, None
            continue
        if game.judge_id not in askers:
            askers[game.judge_id] = RequestBuilder.of(game.judge)
        yield game, _fault(game, attempt, contest, askers[game.judge_id])


def _fault(game: Game, attempt: Attempt, contest: JudgedBattle, asker: RequestBuilder) -> str | None:
    messages = [Message(message["role"], str(message["content"])) for message in attempt.request]
    slots = _needed(asker, contest, "ab" if game.order == Game.Order.AB else "ba")
    try:
        shown, lacking = read_back(messages, attempt.fence), lacking_in(messages, slots, fence=attempt.fence)
    except ValueError:
        return None
    if not lacking:
        return ""
    if absent := sorted({_slot(name) for name in lacking} - {_slot(name) for name in shown}):
        return f"its request lacked {' and '.join(NAMES[name] for name in absent)}"
    n_turns = len(contest.item.turns)
    if n_turns > 1 and shown.get("prompt") == contest.item.turns[0]:
        return f"its request showed the first of {n_turns} turns alone"
    if missing := sorted(set(lacking) - set(shown)):
        return f"its request lacked {', '.join(missing)}"
    return COPIED if game.copied_from_id else "changed"


def _needed(asker: RequestBuilder, contest: JudgedBattle, order: Order) -> Mapping[str, str | Sequence[str]]:
    """What the request had to hold; criteria may have been edited since, and a game keeps its own."""
    slots = asker.protocol.slots(contest.seen_by(asker.parameters), order=order)
    return {name: slots[name] for name in sorted(asker.protocol.needed - {"checklist"})}


def _slot(block: str) -> str:
    """The slot of a block: turns of it are blocks of their own."""
    return block.partition(" ")[0]
