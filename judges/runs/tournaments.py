"""Tournaments as runs: one run and one budget, to which the next round is added when a round is over.

The run's plan holds who enters with which answer and what every round came to, as it stood when the round was over. So answers
that arrive later change nothing, and neither do verdicts: who has lost is out, even if a failed game is played again.
"""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

from django.db import IntegrityError, transaction
from django.utils import timezone

from arena.llm import pricing
from arena.llm.wires.messages import Usage
from arena.models import Arena, Call, Run
from arena.runs import budget
from arena.runs.planning import Estimate, one_call
from judges.games.battle_texts import against_themselves
from judges.games.request_builder import RequestBuilder
from judges.models import Judge
from judges.runs.battle_selection import battles_of
from judges.runs.brackets import Brackets, Entrants, results_of
from judges.runs.planning import CardOutdated, JudgingDraft, add_games, draw_up
from judges.safeguards.delimiters import new_delimiter
from judges.sayings import counted_in_english

N_ORDERS = 2


def is_one(run: Run) -> bool:
    return "tournament" in run.plan


def draw_up_tournament(
    arena: Arena, judges: Sequence[Judge], entrants: Entrants, *, repeats: int = 1, seed: int = 1, now: datetime | None = None
) -> JudgingDraft:
    """The first round, and what all of them come to at the most."""
    brackets = Brackets(entrants, seed=seed)
    draft = draw_up(arena, judges, battles_of(arena, brackets.meetings, now=now), repeats=repeats, seed=seed)
    _count_later(draft, judges, entrants, repeats)
    written = {str(prompt): {str(pk): answer for pk, answer in answers.items()} for prompt, answers in entrants.items()}
    added = {"n_battles": brackets.n_matches, "tournament": {"entrants": written, "results": []}}
    return replace(
        draft, goes_on=True, n_later=brackets.n_later * N_ORDERS * repeats,
        plan=draft.plan | added | _where(brackets, judges, repeats),
        name=f"{', '.join(map(str, judges[:3]))}: knock-out on {counted_in_english(brackets.n_prompts, 'prompt', 'prompts')}",
    )  # fmt: skip


def go_on(run: Run) -> bool:
    """Write down what the round came to and add the next one, until one needs calls; False where all of them are over."""
    while True:
        run.refresh_from_db()
        brackets, judges = replayed(run)
        if not brackets.meetings:
            return False
        battles = battles_of(run.arena, brackets.meetings)
        if run.state != Run.State.RUNNING or _is_held_up(run, battles, judges):
            return True
        if not _step(run, brackets, results_of(battles, judges), judges):
            return True
        if Call.objects.waiting().filter(run=run).exists():
            return True


def replayed(run: Run) -> tuple[Brackets, list[Judge]]:
    """The brackets as the run's plan holds them: rounds that are over, and who meets now."""
    tournament = run.plan["tournament"]
    entrants = {
        int(prompt): {int(pk): answer for pk, answer in answers.items()} for prompt, answers in tournament["entrants"].items()
    }
    known = {judge.identity: judge for judge in Judge.objects.filter(identity__in=run.plan["judges"])}
    return Brackets(entrants, seed=run.seed, results=tournament["results"]), [
        known[identity] for identity in run.plan["judges"]
    ]


def _is_held_up(run: Run, battles: Sequence[int], judges: Sequence[Judge]) -> bool:
    """Whether games of this round are under way in other runs; where those are paused, so is this one."""
    calls = Call.objects.waiting().filter(run__arena=run.arena_id, game__judge__in=judges)
    others = calls.exclude(run=run).exclude(run__state=Run.State.CANCELLED).order_by()
    rows, mine = others.values_list("game__battle", "run", "run__state"), set(battles)
    states = {pk: state for battle, pk, state in rows if battle in mine}
    if states and Run.State.RUNNING not in states.values():
        named = ", ".join(f"run {pk}" for pk in sorted(states))
        _pause(run, f"{named} has games of this round and is paused: resume or cancel it, then resume this one")
    return bool(states)


def _step(run: Run, brackets: Brackets, results: str, judges: Sequence[Judge]) -> bool:
    """From one round to the next; False where another process was quicker, or it cannot be done now."""
    n_before, repeats = brackets.round - 1, run.plan["repeats"]
    brackets.advance(results)
    try:
        battles = battles_of(run.arena, brackets.meetings)
    except IntegrityError:
        _pause(run, "an answer that is in this tournament is gone: start another run")
        return False
    try:
        draft = draw_up(run.arena, judges, battles, repeats=repeats, seed=run.seed)
        with transaction.atomic():
            locked = budget.locked(run.pk)
            tournament, calls = locked.plan["tournament"], Call.objects.filter(run=run)
            if locked.state != Run.State.RUNNING or len(tournament["results"]) != n_before or calls.waiting().exists():
                return False
            tournament["results"].append(results)
            Run.objects.filter(pk=run.pk).update(plan=locked.plan | _where(brackets, judges, repeats))
            add_games(locked, draft, now=timezone.now(), first_place=calls.count())
    except CardOutdated as reason:
        _pause(run, f"{reason}, then start another run")
        return False
    except IntegrityError:  # another run planned some of these games meanwhile: they are under way there, next time
        return False
    return True


def _where(brackets: Brackets, judges: Sequence[Judge], repeats: int) -> dict[str, Any]:
    """For the run's page: the round that is played, past the last once all are over, and at most how many calls follow."""
    n_asked = sum(judge.is_called for judge in judges)
    to_come = brackets.n_later * N_ORDERS * repeats * n_asked
    return {"round": brackets.round, "n_rounds": brackets.n_rounds, "to_come": to_come}


def _pause(run: Run, reason: str) -> None:
    Run.objects.going().filter(pk=run.pk).update(state=Run.State.PAUSED, paused_because=reason)


# --- what later rounds come to at the most ----------------------------------------------------------------------------


def _count_later(draft: JudgingDraft, judges: Sequence[Judge], entrants: Entrants, repeats: int) -> None:
    """Who meets whom is not known yet: every meeting is counted as one of the two longest answers."""
    n_games = {prompt: N_ORDERS * repeats * _n_later(len(answers)) for prompt, answers in entrants.items()}
    n_games = {prompt: n for prompt, n in n_games.items() if n}
    draft.counts.n_battles += sum(n_games.values()) // (N_ORDERS * repeats)
    for judge in judges if n_games else ():
        if judge.is_called:
            for prompt, bound in _longest(judge, {prompt: entrants[prompt] for prompt in n_games}).items():
                draft.counts.n_games += n_games[prompt]
                draft.ask(judge, bound.times(n_games[prompt]))
        else:
            draft.counts.n_games += sum(n_games.values())
            draft.counts.n_offline += sum(n_games.values())


def _n_later(n_competitors: int) -> int:
    """Matches after the first round."""
    return n_competitors - 1 - n_competitors // 2


def _longest(judge: Judge, entrants: Entrants) -> dict[int, Estimate]:
    """By prompt: the most that a game on two of its answers can take; nothing where the protocol cannot ask about it.

    A request is as long as its parts, so that of two answers has the mean length of those of each beside itself.
    """
    asker, fence = RequestBuilder.of(judge), new_delimiter()
    sizes: dict[int, list[int]] = defaultdict(list)
    answers = sorted(answer for answers_of_prompt in entrants.values() for answer in answers_of_prompt.values())
    for prompt, contest in against_themselves(answers):
        if not asker.misfit(contest):
            shown = asker.may_show_reference(contest)
            request = asker.request(contest, "ab", with_reference=shown, fence=fence, repeat=0)
            sizes[prompt].append(pricing.tokens_in_bound(request))
    return {prompt: _bound(judge, sorted(answers_of_prompt)[-2:]) for prompt, answers_of_prompt in sizes.items()}


def _bound(judge: Judge, sizes: Sequence[int]) -> Estimate:
    endpoint, max_tokens = judge.endpoint, RequestBuilder.of(judge).parameters.max_tokens
    if endpoint is None:
        raise ValueError(f"{judge} has no endpoint to ask")
    return one_call(Usage(-(-sum(sizes) // len(sizes)), max_tokens), endpoint)
