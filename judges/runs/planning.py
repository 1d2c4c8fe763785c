"""Plans of judging: the games to be played, the rules that decide some of them without a call, and the cost of the rest.

draw_up(...) -> Draft (nothing is written) -> start(draft) -> Run with its calls and games, in one transaction.
A game with a verdict is never played again; if its request was answered before, the stored reply is read.
Rounds that a run goes on to (`judges.runs.tournaments`) are drawn up in the same way, and added to it by `add_games`.
"""

from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass, field, replace
from datetime import datetime
from itertools import batched
from random import Random
from typing import Any, Self

from django.conf import settings
from django.contrib.auth.models import User
from django.db import IntegrityError, transaction
from django.db.models import QuerySet
from django.utils import timezone, translation
from django.utils.translation import gettext as _

from arena.archiving.plans import must_be_plannable, must_be_startable
from arena.models import Arena, Battle, Call, Endpoint, Prompt, PromptStatus, Run
from arena.runs import control
from arena.runs.planning import PILOT, CannotPlan, Draft, Estimate, PlanStale, drawn, one_request, total
from arena.webhooks.announcing import announce_run
from judges.cards import is_up_to_date
from judges.games.battle_texts import JudgedBattle, contests_of
from judges.games.game_orders import Orders, PlannedGame, planned_games
from judges.games.no_call_rules import DecidedWithoutCall, ruling_on
from judges.games.offline_games import decide_offline
from judges.games.recording import BEGINNING, end_game, file_ended, give_verdict, update_games
from judges.games.request_builder import RequestBuilder, learnt_of
from judges.models import Game, Judge
from judges.models.games import WITH_VERDICT
from judges.runs.earlier_checklists import n_on_earlier_lists
from judges.safeguards.constant_answer_flags import constant_flags
from judges.safeguards.delimiters import IncompleteRequest, new_delimiter
from judges.sayings import counted_in_english
from judges.translated_sayings import translated
from judges.verdicts.game_states import FINAL, GameState
from judges.verdicts.verdict import Verdict

BATTLES_AT_ONCE = 1_000
ROWS_A_STATEMENT = 2_000
LATER = ("tournament", "round", "n_rounds", "to_come")  # of a plan, what a pilot leaves to the run that follows it

type Place = tuple[int, str, int]  # battle, order, repeat
type Piece = tuple[Game, Estimate]
type Drafted = tuple[Game, Estimate | None]  # a game that has to be asked, unless the cache knows it, has a bound


class CardOutdated(CannotPlan):
    """The judge's endpoint, or Agon's own wording, has changed since its card was made."""


@dataclass(slots=True)
class PlannedCounts:
    """A plan in numbers of games; `n_calls` of them have to be sent."""

    n_battles: int = 0
    n_games: int = 0
    n_calls: int = 0
    n_known: int = 0  # have their verdict
    n_under_way: int = 0
    n_failed_before: int = 0  # a reply decided nothing, and they are left so
    n_again: int = 0  # of those to be played: a reply decided nothing before
    n_earlier: int = 0  # of those with a verdict: it rests on a checklist that was edited since
    n_cached: int = 0  # the same request was answered before
    n_ruled: int = 0  # decided by a rule
    n_offline: int = 0  # decided by a program
    n_not_asked: int = 0  # left out by the card, or for want of an answer
    n_failed: int = 0  # ended without a verdict and without a call
    n_misfits: int = 0  # the protocol cannot ask them


@dataclass(frozen=True, kw_only=True)
class JudgingDraft(Draft[Judge]):
    """A plan of judging: games that are new, and games that are played again.

    Games that later rounds will bring are counted, at the most, but not among its games. What it holds grows while it is drawn
    up.
    """

    plan: dict[str, Any]
    seed: int
    counts: PlannedCounts
    estimates: dict[Judge, Estimate] = field(default_factory=dict)
    n_wanted: int = 0  # games to play now
    runs: set[int] = field(default_factory=set)
    games: list[Game] = field(default_factory=list)
    bounds: list[Estimate | None] = field(default_factory=list)  # of each of the games; none where it is not asked
    goes_on: bool = False  # the run is not over when these games are
    n_later: int = 0  # games of each judge in later rounds
    misfits: dict[str, int] = field(default_factory=dict)  # why -> how many
    failures: dict[str, int] = field(default_factory=dict)  # why nobody is asked, though the protocol could -> how many
    constants: Sequence[str] = ()  # competitors that answer many prompts alike: flagged, but judged

    def ask(self, judge: Judge, each: Estimate) -> None:
        """Count calls of this judge, each with so much at the most."""
        self.counts.n_calls += each.n_calls
        self.estimates[judge] = self.estimates.get(judge, Estimate()) + each

    @property
    def to_ask(self) -> list[Piece]:
        return [(game, bound) for game, bound in zip(self.games, self.bounds, strict=True) if bound and not game.state]

    @property
    def is_something_left(self) -> bool:
        """Whether there are games to play now, or later rounds while this round's games are over."""
        return super().is_something_left or (self.n_later > 0 and not self.n_under_way)

    def similar_calls(self, asked: Judge) -> QuerySet[Call]:
        return Call.objects.filter(game__judge=asked)

    def expected(self) -> dict[Judge, Estimate]:
        """Later rounds by the mean of the first."""
        by_judge = {judge: [bound for _, bound in pieces] for judge, pieces in self._by_judge().items()}
        return {judge: total(bounds).times((len(bounds) + self.n_later) / len(bounds)) for judge, bounds in by_judge.items()}

    def pilot(self, n: int = PILOT) -> Self | None:
        by_judge = self._by_judge()
        if (some := drawn(by_judge, n, seed=self.seed)) is None:
            return None
        plan = {name: value for name, value in self.plan.items() if name not in LATER} | {"pilot": self.in_figures()}
        n_calls = counted_in_english(self.counts.n_calls, "call", "calls")
        name = f"{', '.join(map(str, list(by_judge)[:3]))}: {len(some):,} of {n_calls} first"
        draft = replace(
            self, plan=plan, name=name, goes_on=False, n_later=0, n_wanted=len(some), estimates={},
            counts=PlannedCounts(n_battles=len({game.battle_id for game, _ in some}), n_games=len(some)),
            games=[game for game, _ in some], bounds=[bound for _, bound in some],
        )  # fmt: skip
        for game, bound in some:
            draft.ask(game.judge, bound)
        return draft

    def in_figures(self) -> dict[str, int]:
        """What it comes to, for the run's own record."""
        return asdict(self.counts) | asdict(self.estimate)

    def _by_judge(self) -> dict[Judge, list[Piece]]:
        pieces_by_judge: dict[Judge, list[Piece]] = {}
        for piece in self.to_ask:
            pieces_by_judge.setdefault(piece[0].judge, []).append(piece)
        return pieces_by_judge


def plan_judging(
    arena: Arena, judges: Sequence[Judge], battles: Iterable[int], *, cap: int | None = None, **options: Any
) -> tuple[Run, PlannedCounts]:
    """Draw up and start at once."""
    draft = draw_up(arena, judges, battles, **options)
    return start(draft, cap=cap), draft.counts


def draw_up(
    arena: Arena,
    judges: Sequence[Judge],
    battles: Iterable[int],
    *,
    orders: Orders = "both",
    repeats: int = 1,
    seed: int = 1,
    again: bool = True,
) -> JudgingDraft:
    """What playing these battles would come to. `again`: those that a reply left undecided are played again, too."""
    must_be_plannable(arena, *judges, *(judge.endpoint for judge in judges))
    pairs = _pairs(arena, battles)
    plan = {"judges": [judge.identity for judge in judges], "orders": orders, "repeats": repeats, "n_battles": len(pairs)}
    constants = constant_flags(competitor for pair in pairs.values() for competitor in pair)
    if constants:
        plan["constant_answers"] = list(map(str, constants))
    counts = PlannedCounts(n_battles=len(pairs))
    draft = JudgingDraft(arena=arena, plan=plan, seed=seed, counts=counts, constants=list(map(translated, constants)))
    for judge in dict.fromkeys(judges):
        if not is_up_to_date(judge):
            outdated = _(
                "the judge %(judge)s cannot be asked: its endpoint or our wording was changed since the card was made. "
                "Make a new version of the judge: save its card once more"
            )
            raise CardOutdated(outdated % {"judge": judge})
        _add_games_of(judge, draft, pairs, again=again)
    counts.n_games = len(draft.games) + counts.n_known + counts.n_under_way + counts.n_failed_before
    return replace(draft, n_wanted=len(draft.games), n_here=counts.n_known, n_under_way=counts.n_under_way)


def start(draft: JudgingDraft, *, cap: int | None = None, created_by: User | None = None) -> Run:
    """Write the plan down: a run with a call for every game that has to be asked, in a random order."""
    is_over = not draft.to_ask and not draft.goes_on
    now = timezone.now()
    try:
        with transaction.atomic():
            judges = Judge.objects.filter(identity__in=draft.plan["judges"]).select_related("endpoint")
            must_be_startable([draft.arena, *judges, *(judge.endpoint for judge in judges)])
            run = Run.objects.create(
                arena=draft.arena, kind=Run.Kind.JUDGE, seed=draft.seed, cap=cap, created_by=created_by,
                name=(draft.name or _name(draft))[:120], plan=_plan_of(draft),
                state=Run.State.DONE if is_over else Run.State.RUNNING, finished_at=now if is_over else None,
            )  # fmt: skip
            add_games(run, draft, now=now)
            if is_over:
                run.finished_at = timezone.now()
                run.save(update_fields=["finished_at"])
                announce_run(run)
    except IntegrityError as error:
        raise PlanStale(_("some of these games were planned by somebody else meanwhile: draw the plan up again")) from error
    if not is_over and not draft.to_ask:
        control.close(run.pk)  # its rounds need no call, so no reply would close it
        run.refresh_from_db()
    return run


def _plan_of(draft: JudgingDraft) -> dict[str, Any]:
    """With the prompts that are out of play by now: only those that are retired later are left out of the run."""
    retired = Prompt.objects.filter(arena=draft.arena, status=PromptStatus.RETIRED).order_by("pk")
    return draft.plan | {"counts": draft.in_figures(), "retired": list(retired.values_list("pk", flat=True))}


def add_games(run: Run, draft: JudgingDraft, *, now: datetime, first_place: int = 0) -> None:
    """The draft's games, with a call in a random order for each that has to be asked; inside a transaction."""
    _lock_replayed(draft.games)
    _make_calls(run, [game for game, _ in draft.to_ask], first_place, rng=Random(draft.seed))  # noqa: S311  # an order, no secret  # nosec B311
    _write_games(run, draft.games, now)


# --- drawing up ------------------------------------------------------------------------------------------------------


def _pairs(arena: Arena, battles: Iterable[int]) -> dict[int, tuple[int, int]]:
    """The pair of every battle, in the order of the battles' ids: the same whatever order they were given in."""
    pairs: dict[int, tuple[int, int]] = {}
    wanted = sorted(set(battles))
    for chunk in batched(wanted, ROWS_A_STATEMENT):
        rows = Battle.objects.in_use().showable().published().filter(arena=arena, pk__in=chunk).order_by("pk")
        pairs |= {pk: (a, b) for pk, a, b in rows.values_list("pk", "competitor_a_id", "competitor_b_id")}
    return pairs


def _add_games_of(judge: Judge, draft: JudgingDraft, pairs: dict[int, tuple[int, int]], *, again: bool) -> None:
    standing = _standing(judge, pairs)
    # By what it is, not by its name or address: the same plan elsewhere is the same plan.
    rng = Random(f"{draft.seed}|{judge.model}|{judge.protocol}")  # noqa: S311  # an order, no secret  # nosec B311
    taken = [PlannedGame(battle, order, repeat) for battle, order, repeat in standing]  # type: ignore[arg-type]
    replaced = {(slot.battle_id, slot.repeat) for slot in taken if standing[_place(slot)].is_to_ask_again}
    options = {"orders": draft.plan["orders"], "repeats": draft.plan["repeats"], "rng": rng}
    slots = planned_games(pairs, standing=taken, replaced=replaced, **options)
    known = [standing[_place(slot)].pk for slot in slots if _place(slot) in standing]
    draft.counts.n_earlier += n_on_earlier_lists(judge, known)
    again = again or not judge.is_called  # a program costs nothing
    open_slots = [slot for slot in slots if _is_open(standing.get(_place(slot)), draft, again=again)]
    by_battle: dict[int, list[PlannedGame]] = {}
    for slot in open_slots:
        by_battle.setdefault(slot.battle_id, []).append(slot)
    planner = _Planner(judge, draft, standing)
    for chunk in batched(by_battle, BATTLES_AT_ONCE):
        drafted = [each for contest in contests_of(chunk) for each in planner.games(contest, by_battle[contest.battle_id])]
        _read_from_cache(drafted, draft)
        draft.games.extend(game for game, _ in drafted)
        draft.bounds.extend(bound for _, bound in drafted)


@dataclass(frozen=True, slots=True)
class _Standing:
    """A stored game."""

    pk: int
    state: str
    is_under_way: bool
    is_to_ask_again: bool = False
    run: int | None = None

    @property
    def is_taken(self) -> bool:
        return self.is_under_way or self.state in WITH_VERDICT


def _standing_of(
    pk: int, state: str, call: str | None, run: str | None, to_ask_again: bool | None = None, number: int | None = None
) -> _Standing:
    is_waiting = call == Call.State.WAITING and run != Run.State.CANCELLED
    return _Standing(pk, state, is_waiting and state not in WITH_VERDICT, bool(to_ask_again), number)


def _standing(judge: Judge, battles: Iterable[int]) -> dict[Place, _Standing]:
    standing_games: dict[Place, _Standing] = {}
    columns = ("battle_id", "order", "repeat", "pk", "state", "call__state", "run__state", "to_ask_again", "run_id")
    for chunk in batched(battles, ROWS_A_STATEMENT):
        for battle, order, repeat, *columns_of_game in Game.objects.filter(judge=judge, battle__in=chunk).values_list(*columns):
            standing_games[battle, order, repeat] = _standing_of(*columns_of_game)
    return standing_games


def _place(slot: PlannedGame) -> Place:
    return slot.battle_id, slot.order, slot.repeat


def _is_open(standing: _Standing | None, draft: JudgingDraft, *, again: bool) -> bool:
    """Whether the game has to be played now."""
    if standing is None:
        return True
    counts = draft.counts
    if standing.is_under_way and standing.run:
        draft.runs.add(standing.run)
    is_known = standing.state in WITH_VERDICT
    counts.n_known += is_known
    counts.n_under_way += standing.is_under_way
    if is_known or standing.is_under_way:
        return False
    is_undecided = standing.state in FINAL and not standing.is_to_ask_again
    is_left = is_undecided and not again
    counts.n_failed_before += is_left
    counts.n_again += is_undecided and again
    return not is_left


class _Planner:
    """Makes the games of one judge: ended ones, and ones to ask."""

    def __init__(self, judge: Judge, draft: JudgingDraft, standing: dict[Place, _Standing]) -> None:
        self.judge, self.draft, self.standing = judge, draft, standing
        self.asker = RequestBuilder.of(judge) if judge.is_called else None
        self.parameters = self.asker.parameters if self.asker else None
        # As it is now: the judge's own may have been read before the last run taught it something.
        self.learnt = learnt_of(Endpoint.objects.get(pk=judge.endpoint_id)) if judge.endpoint_id else {}
        self.fence = new_delimiter()  # for names in the cache and for lengths: the requests themselves get new ones

    def games(self, contest: JudgedBattle, slots: Sequence[PlannedGame]) -> list[Drafted]:
        if (why := self.asker.misfit(contest) if self.asker else None) is not None:
            misfit = translated(why)
            self.draft.counts.n_misfits += len(slots)
            self.draft.misfits[misfit] = self.draft.misfits.get(misfit, 0) + len(slots)
            return []
        ruling, taints = ruling_on(contest, self.parameters), contest.taints()
        return [self._drafted(self._game(slot, taints), contest, slot, ruling) for slot in slots]

    def _drafted(self, game: Game, contest: JudgedBattle, slot: PlannedGame, ruling: DecidedWithoutCall | None) -> Drafted:
        if ruling is not None:
            end_game(game, ruling.state, reason=ruling.reason)
            self._say(game, ruling.verdict(slot.order), "n_ruled")
            return game, None
        if self.asker is not None:
            return game, self._prepare(self.asker, game, contest, slot)
        self._decide_offline(game, contest, slot)
        return game, None

    def _game(self, slot: PlannedGame, taints: list[str]) -> Game:
        standing = self.standing.get(_place(slot))
        return Game(
            pk=standing.pk if standing else None, battle_id=slot.battle_id, judge=self.judge, order=slot.order,
            repeat=slot.repeat, taints=taints,
        )  # fmt: skip

    def _say(self, game: Game, verdict: Verdict | None, counter: str) -> None:
        counts = self.draft.counts
        if verdict is None:
            name = "n_not_asked" if game.state == GameState.NOT_ASKED else "n_failed"
            setattr(counts, name, getattr(counts, name) + 1)
            return
        give_verdict(game, verdict)
        setattr(counts, counter, getattr(counts, counter) + 1)

    def _decide_offline(self, game: Game, contest: JudgedBattle, slot: PlannedGame) -> None:
        with translation.override(settings.LANGUAGE_CODE):  # its reason is stored
            ruling = decide_offline(self.judge, contest, order=slot.order, repeat=slot.repeat, seed=self.draft.seed)
        end_game(game, ruling.state, reason=ruling.reason)
        game.reference_given = ruling.reference_given
        self._say(game, ruling.verdict, "n_offline")

    def _prepare(self, asker: RequestBuilder, game: Game, contest: JudgedBattle, slot: PlannedGame) -> Estimate | None:
        shown = asker.reference_for(contest, seed=self.draft.seed, repeat=slot.repeat)
        try:
            request = asker.request(contest, slot.order, with_reference=shown, fence=self.fence, repeat=slot.repeat)
        except IncompleteRequest as reason:
            end_game(game, GameState.ERROR, reason=str(reason))
            self._say(game, None, "")
            why = translated(reason.saying)
            self.draft.failures[why] = self.draft.failures.get(why, 0) + 1
            return None
        game.reference_given = shown
        game.request_key = asker.key(
            request, self.fence, repeat=slot.repeat, contest=contest, order=slot.order, learnt=self.learnt
        )
        endpoint = self.judge.endpoint
        if endpoint is None:
            raise ValueError(f"{self.judge} has no endpoint to ask")
        return one_request(request, endpoint)


def _read_from_cache(drafted: Sequence[Drafted], draft: JudgingDraft) -> None:
    """Games whose request was answered before take that reply; the rest has to be sent."""
    known: dict[str, Game] = {}
    for chunk in batched([game.request_key for game, bound in drafted if bound], ROWS_A_STATEMENT):
        answered = Game.objects.filter(request_key__in=chunk, state=Game.State.OK, is_counted=True).order_by("-pk")
        known |= {game.request_key: game for game in answered}
    for game, bound in drafted:
        if bound is not None and (source := known.get(game.request_key)) is not None:
            _copy(source, game)
            draft.counts.n_cached += 1
        elif bound is not None:
            draft.ask(game.judge, bound)


COPIED = ("state", "winner", "strength", "score_first", "score_second", "label", "label_start", "label_end", "criteria")


def _copy(source: Game, game: Game) -> None:
    for name in COPIED:
        setattr(game, name, getattr(source, name))
    game.copied_from_id = source.copied_from_id or source.pk


# --- starting --------------------------------------------------------------------------------------------------------


def _name(draft: JudgingDraft) -> str:
    judges = list(dict.fromkeys(str(game.judge) for game in draft.games))
    battles = counted_in_english(draft.counts.n_battles, "battle", "battles")
    return f"{', '.join(judges[:3]) or 'nothing to do'} on {battles}"


def _lock_replayed(games: Sequence[Game]) -> None:
    """Another run may have begun or ended one of them since the plan was drawn up, and its paid verdict would be lost."""
    for chunk in batched(sorted(game.pk for game in games if game.pk), ROWS_A_STATEMENT):
        rows = Game.objects.select_for_update(of=("self",)).filter(pk__in=chunk).order_by("pk")
        if any(_standing_of(*row).is_taken for row in rows.values_list("pk", "state", "call__state", "run__state")):
            raise IntegrityError("a game that was to be played again is not open any more")


def _make_calls(run: Run, games: Sequence[Game], first_place: int, *, rng: Random) -> None:
    places = rng.sample(range(first_place, first_place + len(games)), len(games))
    calls = [Call(run=run, endpoint=game.judge.endpoint, place=place) for game, place in zip(games, places, strict=True)]
    for game, call in zip(games, Call.objects.bulk_create(calls, batch_size=ROWS_A_STATEMENT), strict=True):
        game.call = call


def _write_games(run: Run, games: Sequence[Game], now: datetime) -> None:
    for game in games:
        game.run = run
    file_ended([game for game in games if game.state], arena_id=run.arena_id, now=now, reason=f"run {run.pk}: without a call")
    update_games([game for game in games if game.pk], BEGINNING)
    Game.objects.bulk_create([game for game in games if not game.pk], batch_size=ROWS_A_STATEMENT)
