"""Previews of a card's requests for a real battle, without sending them; and a trial call, which is a run of one game."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from itertools import islice

from django.contrib.auth.models import User
from django.utils.translation import gettext as _

from arena.llm.wires.messages import Request
from arena.models import Arena, Attempt, Battle, Run
from arena.runs.planning import Estimate, one_request
from judges.games.battle_texts import JudgedBattle, contests_of
from judges.games.no_call_rules import ruling_on
from judges.games.request_builder import RequestBuilder, fence_for
from judges.models import Game, Judge
from judges.runs.planning import JudgingDraft, draw_up, start
from judges.safeguards.delimiters import IncompleteRequest
from judges.translated_sayings import translated
from judges.verdicts.verdict import Order

LOOKED_AT = 300  # battles, the newest first, among which one is sought that shows all slots


@dataclass(frozen=True, slots=True)
class Preview:
    """One request as it would be sent; `problem` is why it would not."""

    battle: int
    order: Order
    with_reference: bool
    request: Request | None
    bound: Estimate | None
    problem: str = ""


def newest_battles(arena: Arena | None = None) -> list[int]:
    rows = Battle.objects.showable().published().exclude(prompt=None, response_a=None, response_b=None)
    rows = rows if arena is None else rows.filter(arena=arena)
    return list(rows.order_by("-pk").values_list("pk", flat=True)[:LOOKED_AT])


def telling_battle(judge: Judge) -> int | None:
    """A battle on which the card shows most of what it can: one that it fits, with a reference where it shows one."""
    asker, first = RequestBuilder.of(judge), None
    for contest in contests_of(newest_battles()):
        if asker.misfit(contest) or ruling_on(contest, asker.parameters):
            continue
        if asker.may_show_reference(contest) or asker.parameters.reference == "none":
            return contest.battle_id
        first = first or contest.battle_id
    return first


def previews(judge: Judge, battle: int, order: Order = "ab") -> list[Preview]:
    """The request; where it shows a reference, also as it is without one, as for prompts that have none."""
    contest = next(contests_of([battle]), None)
    if contest is None:
        return [
            Preview(
                battle,
                order,
                False,
                None,
                None,
                _("there is no battle %(battle)d with two answers: choose another") % {"battle": battle},
            )
        ]
    asker = RequestBuilder.of(judge)
    shown = [True, False] if asker.may_show_reference(contest) else [False]
    return [_preview(asker, contest, order, with_reference=each) for each in shown]


def _preview(asker: RequestBuilder, contest: JudgedBattle, order: Order, *, with_reference: bool) -> Preview:
    seen = Preview(contest.battle_id, order, with_reference, None, None)
    if misfit := asker.misfit(contest):
        return replace(seen, problem=translated(misfit))
    if ruling := ruling_on(contest, asker.parameters):
        return replace(seen, problem=_("nobody would be asked: %(reason)s") % {"reason": translated(ruling.why)})
    try:
        request = asker.request(contest, order, with_reference=with_reference, fence=fence_for(contest), repeat=0)
    except IncompleteRequest as reason:
        return replace(seen, problem=translated(reason.saying))
    endpoint = asker.judge.endpoint
    return replace(seen, request=request, bound=one_request(request, endpoint) if endpoint else None)


# --- the trial call ----------------------------------------------------------------------------------------------------


def drafted_trial(judge: Judge, battle: int) -> JudgingDraft:
    """One game on this battle, drawn up as any run is: rules, stored replies and verdicts that are here come first."""
    arena = Battle.objects.select_related("arena").get(pk=battle).arena
    draft = draw_up(arena, [judge], [battle], orders="one")
    return replace(draft, name=f"trial of {judge}", plan=draft.plan | {"trial": True})


def start_trial(draft: JudgingDraft, *, cap: int, created_by: User) -> Run:
    """Start the trial with the confirmed cost as its cap: it costs no more, whatever a price has become since."""
    return start(draft, cap=cap, created_by=created_by)


@dataclass(frozen=True, slots=True)
class CardTrial:
    """What became of it: the game, and each attempt with its request, reply and cost."""

    run: Run
    game: Game | None
    attempts: tuple[Attempt, ...]

    @property
    def is_over(self) -> bool:
        return self.game is not None and bool(self.game.state)


def trial_of(run: Run) -> CardTrial:
    game = Game.objects.filter(run=run).select_related("judge", "copied_from").first()
    return CardTrial(run, game, tuple(islice(_attempts(game), 12)) if game else ())


def _attempts(game: Game) -> Iterator[Attempt]:
    call = (game.copied_from or game).call
    if call is not None:
        yield from call.attempts.order_by("pk")
