"""Users' actions on a run, and the figures that they see. Every change is a conditional UPDATE."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.db import transaction
from django.db.models import Count, Exists, OuterRef, Q, Sum
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import override

from arena.clock import SLACK
from arena.exit_codes import Exit
from arena.leases import FREE
from arena.models import Arena, Attempt, Call, Endpoint, Run
from arena.runs import budget, holdups
from arena.runs.endpoint_checks import trouble_with
from arena.runs.holdups import HoldUp
from arena.runs.kinds import NOT_ASKED, Held, kind_of
from arena.webhooks.announcing import announce_run

RATE_SECONDS = 60
MOST_REASONS = 10


class NotPossible(ValueError):
    """The run's state does not allow it; the message names the next step."""


@dataclass(frozen=True, slots=True)
class Progress:
    """A run in figures. Money in micro-dollars.

    `n_calls` has those in it that are still to be added, at the most, where a run is drawn up stage by stage.
    """

    n_calls: int
    n_waiting: int
    n_under_way: int
    n_done: int
    n_failed: int
    n_cancelled: int  # those of the next three lines
    n_left_out: int  # on purpose, such as for a prompt that was retired
    n_never_sent: int  # the run was cancelled before
    n_given_up: int  # sent, and the run was cancelled before a reply that counts
    outcomes: dict[str, int]
    per_minute: float
    spent: int
    reserved: int
    cap: int | None
    bounded: int  # of what is spent: known as a bound alone
    lost: int  # of that: for calls whose reply was lost because their worker ended
    seconds_left: float | None  # None while unknown: no call came back lately, it does not run, or endpoints hold it up
    held: tuple[HoldUp, ...] = ()
    is_new: bool = False  # begun within the last minute
    stage: str = ""

    @property
    def unsaid(self) -> int:
        """The part of the spending that is an upper bound: for calls whose server gave no usage, or none that is credible."""
        return max(self.bounded - self.lost, 0)

    @property
    def over(self) -> int:
        """By how much the cap is exceeded: a server charged more than was reserved for its call."""
        return 0 if self.cap is None else max(self.reserved + self.spent - self.cap, 0)

    @property
    def n_over(self) -> int:
        """Calls that ended by themselves, without those that a cancelled run never finished."""
        return self.n_done + self.n_failed + self.n_left_out

    @property
    def can_be_tried(self) -> bool:
        return any(each.can_be_tried for each in self.held)


def progress(run: Run, *, now: datetime | None = None) -> Progress:
    """As the rows stand now."""
    now = now or timezone.now()
    run.refresh_from_db()
    calls = Call.objects.filter(run=run).order_by()
    unsent = Count("pk", filter=Q(n_sent=0))
    rows = calls.values("state", "outcome").annotate(n=Count("pk"), unsent=unsent)
    counts = {(row["state"], row["outcome"]): row["n"] for row in rows}
    n_left_out = counts.get((Call.State.CANCELLED, NOT_ASKED), 0)
    n_never_sent = sum(row["unsent"] for row in rows if (row["state"], row["outcome"]) == (Call.State.CANCELLED, ""))
    states = {state: sum(n for (each, _), n in counts.items() if each == state) for state in Call.State.values}
    recent = calls.filter(finished_at__gt=now - timedelta(seconds=RATE_SECONDS), finished_at__lte=now + SLACK)
    n_recent = recent.exclude(state=Call.State.CANCELLED).count()
    seconds = min(max((now - run.created_at).total_seconds(), 1.0), float(RATE_SECONDS))
    per_minute = 60 * n_recent / seconds
    waiting, to_come = states[Call.State.WAITING], _to_come(run)
    is_running = run.state == Run.State.RUNNING
    held = tuple(holdups.of(run, now=now)) if waiting and is_running else ()
    n_cancelled = states[Call.State.CANCELLED]
    return Progress(
        n_calls=sum(states.values()) + to_come, n_waiting=waiting,
        n_under_way=calls.waiting().exclude(lease_token=FREE).count(),
        n_done=states[Call.State.DONE], n_failed=states[Call.State.FAILED], n_cancelled=n_cancelled,
        n_left_out=n_left_out, n_never_sent=n_never_sent, n_given_up=n_cancelled - n_left_out - n_never_sent,
        outcomes={outcome: n for (state, outcome), n in sorted(counts.items()) if outcome},
        per_minute=per_minute, spent=run.spent, reserved=run.reserved, cap=run.cap, bounded=run.bounded, lost=_lost(run),
        seconds_left=60 * (waiting + to_come) / per_minute if per_minute and is_running and not held else None, held=held,
        is_new=now - run.created_at < timedelta(seconds=RATE_SECONDS),
        stage=_stage(run.plan),
    )  # fmt: skip


def doubtful(run: Run) -> list[dict[str, Any]]:
    """How many replies had no finish reason or an unknown one, by that word."""
    replies = Attempt.objects.filter(call__run=run, state=Attempt.State.OK, finish__in=["unsaid", "unknown"]).order_by()
    counted = replies.values("word").annotate(n=Count("pk")).order_by("-n", "word")[:10]
    return [{"word": row["word"], "n": row["n"]} for row in counted]


def _lost(run: Run) -> int:
    lost = Attempt.objects.filter(call__run=run, state=Attempt.State.LOST)
    return (lost.aggregate(cost=Sum("cost"))["cost"] or 0) if run.bounded else 0


def _stage(plan: Mapping[str, Any]) -> str:
    """Where a run that is drawn up round by round has come to."""
    if "round" not in plan:
        return ""
    if plan["round"] > plan["n_rounds"]:
        return _("all rounds are over")
    return _("round %(round)d of %(n_rounds)d") % {"round": plan["round"], "n_rounds": plan["n_rounds"]}


def _to_come(run: Run) -> int:
    """At most how many calls its kind is going to add, from the plan."""
    return int(run.plan.get("to_come", 0)) if run.state in {Run.State.RUNNING, Run.State.PAUSED} else 0


def pause(run: Run, *, reason: str = "paused by hand") -> None:
    """Nothing more is sent; replies under way still come in and count."""
    _change(run, {Run.State.RUNNING}, _("only a running run can be paused"), state=Run.State.PAUSED, paused_because=reason)


def resume(run: Run) -> None:
    """Go on, where the money allows it, and where an endpoint may be called; a pause that was learnt is looked at anew.

    What can be checked without a call is checked here; the rest is found out by the one call that tries an endpoint out.
    """
    if run.state == Run.State.PAUSED:
        _look_again(run)
    with transaction.atomic():
        Call.objects.waiting().filter(run=run).exclude(bound=None).update(bound=None)
        if (locked := budget.locked(run.pk)).state == Run.State.PAUSED:
            _check_cap(locked, _("run %(run)d stays paused: %(reason)s"))
        _change(run, {Run.State.PAUSED}, _("only a paused run can be resumed"), state=Run.State.RUNNING, paused_because="")


def _check_cap(run: Run, otherwise: str) -> None:
    """No run goes on above its cap, whatever the cause: the database refuses it."""
    if budget.is_over(run):
        raise NotPossible(otherwise % {"run": run.pk, "reason": budget.over_in_words(run)})


def _look_again(run: Run) -> None:
    waiting = Call.objects.waiting().filter(run=run)
    asked = list(Endpoint.objects.filter(pk__in=waiting.order_by().values("endpoint")))
    with override(settings.LANGUAGE_CODE):  # reasons are stored
        for endpoint in asked:
            if endpoint.paused_because and endpoint.is_pause_learnt:
                endpoint.paused_because, endpoint.is_proven = trouble_with(endpoint), False
                endpoint.save(update_fields=["paused_because", "is_proven"])
        reason = ""
        if asked and all(endpoint.paused_because for endpoint in asked):
            reason = "; ".join(f"{endpoint.name}: {endpoint.paused_because}" for endpoint in asked[:5])
        reason = reason or _held(run, asked)
    if reason:
        Run.objects.filter(pk=run.pk, state=Run.State.PAUSED).update(paused_because=reason)
        run.refresh_from_db()
        raise NotPossible(_("run %(run)d stays paused. %(reason)s") % {"run": run.pk, "reason": reason})


def _held(run: Run, asked: Sequence[Endpoint]) -> str:
    """Why the next call to one of these may not be sent at present; checked without sending anything."""
    free = Call.objects.waiting().filter(run=run, lease_token=FREE).order_by("place")
    calls = [call for endpoint in asked if (call := free.filter(endpoint=endpoint).first()) is not None]
    pieces = kind_of(run.kind).compose(calls) if calls else {}
    return next((piece.reason for piece in pieces.values() if isinstance(piece, Held)), "")


def hold(run: Run, reason: str) -> None:
    """Pause a run that an engine has locked: its calls keep their places."""
    if Run.objects.going().filter(pk=run.pk).update(state=Run.State.PAUSED, paused_because=reason):
        run.state, run.paused_because = Run.State.PAUSED, reason


def try_now(run: Run) -> int:
    """Try endpoints that do not answer at once with one call each, without waiting for their rest to end; returns how many."""
    now = timezone.now()
    run.refresh_from_db()
    if run.state != Run.State.RUNNING:
        raise NotPossible(_in_state(run, _("only a running run tries its endpoints")))
    silent = [endpoint.pk for endpoint in holdups.silent(run, now=now)]
    Call.objects.waiting().filter(run=run, endpoint__in=silent, lease_token=FREE).update(not_before=None)
    Endpoint.objects.filter(pk__in=silent, open_until__gt=now).update(open_until=now)
    return len(silent)


def cancel(run: Run) -> None:
    """No more calls are sent; replies under way are paid, and count."""
    now = timezone.now()
    with transaction.atomic():  # calls before their run, as engines lock them
        _cancel_free(run.pk, now)
        _change(
            run, {Run.State.RUNNING, Run.State.PAUSED}, _("the run is over already"), state=Run.State.CANCELLED,
            paused_because="", finished_at=now,
        )  # fmt: skip
        announce_run(run)


def end_runs(arena: Arena, reason: str) -> int:
    """Cancel the arena's unfinished runs for a reason; returns how many."""
    now = timezone.now()
    going = Run.objects.filter(arena=arena, state__in=[Run.State.RUNNING, Run.State.PAUSED])
    ids = list(going.values_list("pk", flat=True))
    for pk in ids:
        _cancel_free(pk, now)
    return going.filter(pk__in=ids).update(state=Run.State.CANCELLED, paused_because=reason, finished_at=now)


def raise_cap(run: Run, cap: int | None) -> None:
    """A new cap in micro-dollars, None for none; a run that paused for its budget goes on: see `budget.is_pausing`."""
    with transaction.atomic():
        Call.objects.waiting().filter(run=run).exclude(bound=None).update(bound=None)  # before the run, as engines lock them
        locked = budget.locked(run.pk)
        used = locked.reserved + locked.spent
        if cap is not None and cap < used:
            message = _("%(used)s are spent or held already: the cap cannot be %(cap)s")
            raise NotPossible(message % {"used": budget.dollars(used), "cap": budget.dollars(cap)})
        Run.objects.filter(pk=run.pk).update(cap=cap)
        Run.objects.filter(pk=run.pk, state=Run.State.PAUSED, paused_because__startswith=budget.BUDGET).update(
            state=Run.State.RUNNING, paused_because=""
        )
    run.refresh_from_db()


def again(run: Run, *, outcomes: set[str] | None = None) -> int:
    """Retry failed calls, all or those with some outcomes; returns how many."""
    with transaction.atomic():
        locked = budget.locked(run.pk)
        if locked.state == Run.State.CANCELLED:
            raise NotPossible(_("a cancelled run cannot be restarted: start a new one"))
        if locked.state in {Run.State.DONE, Run.State.FAILED}:
            _check_cap(locked, _("run %(run)d stays as it is: %(reason)s"))
        failed = Call.objects.filter(run=run, state=Call.State.FAILED)
        if outcomes is not None:
            failed = failed.filter(outcome__in=outcomes)
        n_again = failed.update(
            state=Call.State.WAITING, outcome="", reason="", finished_at=None, not_before=None, bound=None,
            max_tokens_factor=1, n_sent=0, n_refusals=0,
        )  # fmt: skip
        if n_again:
            over = Run.objects.filter(pk=run.pk, state__in=[Run.State.DONE, Run.State.FAILED])
            over.update(state=Run.State.RUNNING, finished_at=None)
    run.refresh_from_db()
    return n_again


def close(run_id: int) -> None:
    """Close the run if no call waits and none will follow; pause it, with the reason, if none could be sent; otherwise leave
    it.
    """
    waiting = Call.objects.waiting().filter(run=OuterRef("pk"))
    ended = Run.objects.going().filter(~Exists(waiting), pk=run_id)
    run = ended.first()
    if run is not None and not kind_of(run.kind).more(run):
        with transaction.atomic():
            budget.locked(run_id)  # asked once more, by a look that begins now: failed calls may have been started again
            if ended.update(state=_end_of(run_id), finished_at=timezone.now()):
                announce_run(run)
        return
    if Run.objects.filter(pk=run_id, state=Run.State.CANCELLED).exists():
        _cancel_free(run_id, timezone.now())  # a reply that came in since then wanted another try
    with transaction.atomic():
        run = budget.locked(run_id)
        if run.state == Run.State.RUNNING and not budget.pause_if_used_up(run):
            _pause_without_endpoints(run)


def reasons(run: Run) -> list[dict[str, Any]]:
    """Why calls ended without a result: rows of `outcome`, `reason` and `n` calls, the most frequent first."""
    failed = Call.objects.filter(run=run, state=Call.State.FAILED).exclude(reason="").order_by()
    counted = failed.values("outcome", "reason").annotate(n=Count("pk")).order_by("-n", "reason")[:MOST_REASONS]
    return [{"outcome": row["outcome"], "reason": row["reason"], "n": row["n"]} for row in counted]


def ending(run: Run) -> Exit:
    """The exit code of a command that worked on the run. A reply that decides nothing is a result; no reply is a failure."""
    if run.state == Run.State.FAILED:
        return Exit.FAILED
    if run.state in {Run.State.RUNNING, Run.State.PAUSED, Run.State.CANCELLED}:
        return Exit.PAUSED
    without = Call.objects.filter(run=run, state=Call.State.FAILED)
    is_partly = without.exists() if run.kind == Run.Kind.GENERATE else without.filter(outcome="error").exists()
    return Exit.PARTLY if is_partly else Exit.DONE


def _end_of(run_id: int) -> Run.State:
    """Failed if no call had a result."""
    counts = Call.objects.filter(run=run_id).aggregate(
        done=Count("pk", filter=Q(state=Call.State.DONE)), failed=Count("pk", filter=Q(state=Call.State.FAILED))
    )
    return Run.State.FAILED if counts["failed"] and not counts["done"] else Run.State.DONE


def _cancel_free(run_id: int, now: datetime) -> None:
    free = Call.objects.waiting().filter(run=run_id, lease_token=FREE)
    free.update(state=Call.State.CANCELLED, finished_at=now)


def stop_for_fault(run_id: int, error: Exception) -> None:
    """A bug would pay for the same calls again and again."""
    reason = f"stopped by a fault ({type(error).__name__}): see the log, then resume"
    Run.objects.going().filter(pk=run_id).update(state=Run.State.PAUSED, paused_because=reason)


def _pause_without_endpoints(run: Run) -> None:
    calls = Call.objects.waiting().filter(run=run)
    if calls.filter(Q(endpoint__paused_because="") | ~Q(lease_token=FREE)).exists():
        return
    endpoints = Endpoint.objects.filter(pk__in=calls.values("endpoint")).exclude(paused_because="")
    reasons = [f"{endpoint.name}: {endpoint.paused_because}" for endpoint in endpoints[:5]]
    if reasons:
        Run.objects.going().filter(pk=run.pk).update(state=Run.State.PAUSED, paused_because="; ".join(reasons))


def _change(run: Run, allowed: set[Run.State], otherwise: str, **changes: object) -> None:
    if not Run.objects.filter(pk=run.pk, state__in=allowed).update(**changes):
        run.refresh_from_db()
        raise NotPossible(_in_state(run, otherwise))
    run.refresh_from_db()


def _in_state(run: Run, why: str) -> str:
    return _("run %(run)d is %(state)s: %(why)s") % {"run": run.pk, "state": run.get_state_display(), "why": why}
