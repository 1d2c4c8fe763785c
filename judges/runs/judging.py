"""The calls of a judging run: from battle to request, and from reply to verdict or the reason why there is none."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from django.db.models import Count, Q, QuerySet, Sum
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from arena.llm.wires.messages import Completion
from arena.models import Archivable, Attempt, Battle, Call, Competitor, Prompt, PromptStatus, Response, Run
from arena.runs.kinds import NOT_ASKED, RETIRED_MEANWHILE, Composed, FinishedCall, Held, Link, ReplyResult
from judges.cards import is_up_to_date
from judges.games.battle_texts import JudgedBattle, as_rows, contests_of
from judges.games.recording import ENDING, end_game, file_ended, give_verdict, note_label, update_games
from judges.games.request_builder import RequestBuilder, asker_of, fence_for, learnt_of
from judges.models import Game, Judge
from judges.protocols.judge_input import JudgeInput
from judges.replies.parsing import Parsed
from judges.runs import tournaments
from judges.safeguards.delimiters import IncompleteRequest
from judges.verdicts.game_states import GameState
from judges.verdicts.verdict import Order, Verdict

ANEW = "cancel this run, save the judge's card once more, and plan again: that asks its new version"
MOST_JUDGES = 8  # that are linked one by one
_PATHS: Mapping[type[Archivable], tuple[str, ...]] = {
    Prompt: ("prompt",),
    Competitor: ("competitor_a", "competitor_b"),
    Response: ("response_a", "response_b"),
}
NOT_OVER = frozenset({"cancelled"})  # the call has one, the game has not


@dataclass(frozen=True, slots=True)
class JudgingContext:
    """What reading the reply needs to know about its request."""

    asker: RequestBuilder
    item: JudgeInput
    key: str  # of the request as it is sent: an endpoint may have taught us more since it was planned

    @property
    def criteria(self) -> list[list[object]] | None:
        """For the game to keep; None where the protocol asks by no checklist."""
        return as_rows(self.item.checklist) if "checklist" in self.asker.protocol.needed else None


@dataclass(frozen=True, slots=True)
class LabelMeaning:
    """A label and its meaning: a verdict on the two slots, or points for the one answer shown."""

    parsed: Parsed
    asked: JudgingContext
    meaning: Verdict | float | None = None


class Judging:
    """The run kind "judge"."""

    def compose(self, calls: Sequence[Call]) -> Mapping[int, Composed | ReplyResult | Held]:
        waiting = Game.objects.undecided().filter(call__in=[call.pk for call in calls])
        games = list(waiting.select_related("judge__endpoint"))
        outdated = {judge.pk for judge in {game.judge for game in games} if not is_up_to_date(judge)}
        retired = _retired_meanwhile(games)
        contests = {contest.battle_id: contest for contest in contests_of({game.battle_id for game in games})}
        composed: dict[int, Composed | ReplyResult | Held] = {}
        for game in games:
            contest, call = contests.get(game.battle_id), game.call_id or 0
            if game.battle_id in retired:
                composed[call] = ReplyResult(NOT_ASKED, reason=RETIRED_MEANWHILE)
            elif game.judge_id in outdated:
                composed[call] = Held(_why_outdated(game.judge))
            elif contest is not None:  # a battle without answers is left out: there is nothing to ask about
                composed[call] = _composed(game, contest)
        return composed

    def read(self, composed: Composed, completion: Completion) -> ReplyResult:
        asked = composed.context
        if not isinstance(asked, JudgingContext):
            raise TypeError(f"{asked!r} is not what `compose` made")
        n_criteria = len(asked.item.checklist)
        parsed = asked.asker.protocol.read(completion.text, completion.finish, fence=composed.fence, n_criteria=n_criteria)
        if parsed.state is not GameState.OK or parsed.label is None:
            return ReplyResult(parsed.state.value, LabelMeaning(parsed, asked), parsed.reason)
        return ReplyResult(parsed.state.value, LabelMeaning(parsed, asked, asked.asker.verdict(parsed.label, asked.item)))

    def settle(self, decided: Sequence[FinishedCall]) -> None:
        """Only games that wait for exactly these calls: a stored verdict is never overwritten."""
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

    def asking(self, going: QuerySet[Run], rows: Sequence[Archivable]) -> set[int]:
        """Of judges every run that is planned with them: a tournament has rounds to come."""
        if isinstance(rows[0], Judge):
            identities = {row.identity for row in rows if isinstance(row, Judge)}
            plans = going.filter(kind=Run.Kind.JUDGE).values_list("pk", "plan")
            return {pk for pk, plan in plans if identities & set(plan.get("judges", ()))}
        concerned, pks = Q(), [row.pk for row in rows]
        for path in _PATHS.get(type(rows[0]), ()):
            concerned |= Q(**{f"battle__{path}__in": pks})
        if not concerned:
            return set()
        waiting = Game.objects.undecided().filter(concerned, run__in=going)
        return set(waiting.values_list("run", flat=True)) | _tournaments(going, type(rows[0]), pks)

    def without_call(self, run: Run) -> int:
        """Games that a program decided, or for which the same question had been answered before."""
        return Game.objects.decided().filter(run=run, call=None).count()

    def undecided(self, run: Run) -> Mapping[str, int]:
        without = Game.objects.failed().filter(run=run, call=None).order_by()
        return dict(without.values_list("reason").annotate(n=Count("pk")).order_by("-n", "reason"))

    def results(self, run: Run) -> Sequence[Link]:
        asked = Game.objects.filter(run=run).order_by().values("judge")
        judges = Judge.objects.filter(pk__in=asked).order_by("name", "-version")[:MOST_JUDGES]
        return [
            Link(_("Verdicts of this run"), f"{reverse('admin:judges_game_changelist')}?run__id__exact={run.pk}"),
            *(
                Link(_("Judge %(judge)s") % {"judge": judge}, reverse("judge", args=[run.arena.slug, judge.pk]))
                for judge in judges
            ),
            Link(_("All judges"), reverse("judges", args=[run.arena.slug])),
            Link(_("Board"), reverse("leaderboard", args=[run.arena.slug])),
        ]


def _tournaments(going: QuerySet[Run], model: type[Archivable], pks: Sequence[int]) -> set[int]:
    """Those in the same arena: who meets in their next round is not known yet."""
    path = "prompt__arena" if model is Response else "arena"
    arenas = model._default_manager.filter(pk__in=pks).values(path)
    return set(going.filter(arena__in=arenas, plan__has_key="tournament").values_list("pk", flat=True))


def _why_outdated(judge: Judge) -> str:
    endpoint = judge.endpoint
    if endpoint is not None and (judge.base_url, judge.model) != (endpoint.base_url, endpoint.model):
        return (
            f"the judge {judge} was made for {judge.model} at {judge.base_url}, and its endpoint {endpoint.name} asks "
            f"{endpoint.model} at {endpoint.base_url} now. Put the endpoint back and resume this run; or {ANEW}"
        )
    return f"our own wording was changed since the card of the judge {judge} was made: {ANEW}"


def _retired_meanwhile(games: Sequence[Game]) -> set[int]:
    """Battles on prompts that were still in play when the run of these games was planned."""
    retired = Battle.objects.filter(pk__in={game.battle_id for game in games}, prompt__status=PromptStatus.RETIRED)
    prompts = dict(retired.values_list("pk", "prompt"))
    before = set(games[0].run.plan.get("retired", ())) if prompts and games[0].run else set()
    return {battle for battle, prompt in prompts.items() if prompt not in before}


def _composed(game: Game, contest: JudgedBattle) -> Composed | ReplyResult:
    """A request that holds what it asks about; else the reason, and nothing is sent."""
    asker, fence = asker_of(game.judge), fence_for(contest)
    if misfit := asker.misfit(contest):
        return ReplyResult(GameState.ERROR.value, reason=f"not asked: {misfit}")
    order: Order = "ab" if game.order == Game.Order.AB else "ba"
    try:
        request = asker.request(contest, order, with_reference=game.reference_given, fence=fence, repeat=game.repeat)
    except IncompleteRequest as reason:
        return ReplyResult(GameState.ERROR.value, reason=str(reason))
    learnt = learnt_of(game.judge.endpoint) if game.judge.endpoint else {}
    key = asker.key(request, fence, repeat=game.repeat, contest=contest, order=order, learnt=learnt)
    return Composed(request, fence, JudgingContext(asker, contest.item, key))


def _end(game: Game, reading: ReplyResult) -> None:
    game_reading = reading.result if isinstance(reading.result, LabelMeaning) else None
    end_game(game, _state(reading.outcome), reason=reading.reason)
    if game_reading is not None:
        note_label(game, game_reading.parsed)
        game.request_key, game.criteria = game_reading.asked.key, game_reading.asked.criteria
    if game.state != GameState.OK:
        return
    if game_reading is None or game_reading.meaning is None:
        # A reply read without a result is a bug in this program, not a verdict.
        end_game(game, GameState.ERROR, reason="the reply was read without a result")
        return
    give_verdict(game, game_reading.meaning)


def _state(outcome: str) -> GameState:
    """Outcomes of the engine that are no state of a game are errors; none of them is a verdict."""
    return GameState(outcome) if outcome in set(GameState) - {GameState.RULE} else GameState.ERROR
