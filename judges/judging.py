"""What a run of judging does with its calls: a battle becomes a request, a reply a verdict or the reason why there is none."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from django.db.models import Sum
from django.utils import timezone

from arena.llm.messages import Completion
from arena.models import Attempt, Call, Run
from arena.running.kinds import Composed, Decided, Reading
from judges import tournaments
from judges.asking import Asker, asker_of, fence_for
from judges.cards import is_up_to_date
from judges.items import Contest, contests_of
from judges.models import Game
from judges.parsing import Parsed
from judges.protocols.item import Item
from judges.recording import ENDING, end_game, file_ended, give_verdict, note_label, update_games
from judges.states import GameState
from judges.verdicts import Order, Verdict

OUTDATED = "its endpoint or our wording was changed since the judge's card was made: plan again with its new version"
NOT_OVER = frozenset({"cancelled"})  # the call is, the game is not


@dataclass(frozen=True, slots=True)
class Asked:
    """What reading the reply needs to know of its request."""

    asker: Asker
    item: Item


@dataclass(frozen=True, slots=True)
class Said:
    """A label and what it means: a verdict of the two slots, or points of the one answer that was shown."""

    parsed: Parsed
    meaning: Verdict | float | None = None


class Judging:
    """The run kind "judge"."""

    def compose(self, calls: Sequence[Call]) -> Mapping[int, Composed | Reading]:
        waiting = Game.objects.undecided().filter(call__in=[call.pk for call in calls])
        games = list(waiting.select_related("judge__endpoint"))
        outdated = {judge.pk for judge in {game.judge for game in games} if not is_up_to_date(judge)}
        contests = {contest.battle_id: contest for contest in contests_of({game.battle_id for game in games})}
        composed: dict[int, Composed | Reading] = {}
        for game in games:
            contest, call = contests.get(game.battle_id), game.call_id or 0
            if game.judge_id in outdated:
                composed[call] = Reading(GameState.ERROR.value, reason=OUTDATED)
            elif contest is not None:  # a battle without answers is left out: there is nothing to ask about
                composed[call] = _composed(game, contest)
        return composed

    def read(self, composed: Composed, completion: Completion) -> Reading:
        asked = composed.context
        if not isinstance(asked, Asked):
            raise TypeError(f"{asked!r} is not what `compose` made")
        n_criteria = len(asked.item.checklist)
        parsed = asked.asker.protocol.read(completion.text, completion.finish, fence=composed.fence, n_criteria=n_criteria)
        if parsed.state is not GameState.OK or parsed.label is None:
            return Reading(parsed.state.value, Said(parsed), parsed.reason)
        return Reading(parsed.state.value, Said(parsed, asked.asker.verdict(parsed.label, asked.item)))

    def settle(self, decided: Sequence[Decided]) -> None:
        """Only games that wait for exactly these calls: a verdict that was written once is not written again."""
        over = {one.call.pk: one for one in decided if one.reading.outcome not in NOT_OVER}
        waiting = Game.objects.undecided().select_for_update(of=("self",)).filter(call__in=over)
        games = list(waiting.select_related("run").order_by("pk"))
        costs = dict(Attempt.objects.filter(call__in=over).order_by().values_list("call").annotate(Sum("cost")))
        for game in games:
            _end(game, over[game.call_id or 0].reading)
            game.cost = costs.get(game.call_id, 0)
        now = timezone.now()
        for arena_id, run_id in sorted({(game.run.arena_id, game.run.pk) for game in games if game.run}):
            ended = [game for game in games if game.run_id == run_id]
            file_ended(ended, arena_id=arena_id, now=now, reason=f"run {run_id}")
        update_games(games, ENDING)

    def more(self, run: Run) -> bool:
        return tournaments.is_one(run) and tournaments.go_on(run)


def _composed(game: Game, contest: Contest) -> Composed:
    asker, fence = asker_of(game.judge), fence_for(contest)
    order: Order = "ab" if game.order == Game.Order.AB else "ba"
    request = asker.request(contest, order, with_reference=game.reference_given, fence=fence, repeat=game.repeat)
    return Composed(request, fence, Asked(asker, contest.item))


def _end(game: Game, reading: Reading) -> None:
    said = reading.result if isinstance(reading.result, Said) else None
    end_game(game, _state(reading.outcome), reason=reading.reason)
    if said is not None:
        note_label(game, said.parsed)
    if game.state != GameState.OK:
        return
    if said is None or said.meaning is None:
        # A reply that reads as well but says nothing is a fault of ours, and no verdict.
        end_game(game, GameState.ERROR, reason="the reply was read, and nothing was found in it")
        return
    give_verdict(game, said.meaning)


def _state(outcome: str) -> GameState:
    """Outcomes of the engine that are no state of a game are errors; none of them is a verdict."""
    return GameState(outcome) if outcome in set(GameState) - {GameState.RULE} else GameState.ERROR
