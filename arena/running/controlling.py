"""What people do with a run, and what they see of it. Every change is a conditional UPDATE."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import Count, Exists, OuterRef, Q
from django.utils import timezone

from arena.leases import FREE
from arena.models import Call, Endpoint, Run
from arena.running import budget
from arena.running.kinds import kind_of

RATE_SECONDS = 60


class NotPossible(ValueError):
    """The run is in no state for it; the message says what to do."""


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
    n_cancelled: int
    outcomes: dict[str, int]
    per_minute: float
    spent: int
    reserved: int
    cap: int | None
    seconds_left: float | None
    stage: str = ""

    @property
    def n_over(self) -> int:
        return self.n_done + self.n_failed + self.n_cancelled


def progress(run: Run, *, now: datetime | None = None) -> Progress:
    """As the rows stand now."""
    now = now or timezone.now()
    run.refresh_from_db()
    calls = Call.objects.filter(run=run).order_by()
    counts = {(row["state"], row["outcome"]): row["n"] for row in calls.values("state", "outcome").annotate(n=Count("pk"))}
    states = {state: sum(n for (each, _), n in counts.items() if each == state) for state in Call.State.values}
    n_recent = calls.filter(finished_at__gt=now - timedelta(seconds=RATE_SECONDS)).exclude(state=Call.State.CANCELLED).count()
    seconds = min(max((now - run.created_at).total_seconds(), 1.0), float(RATE_SECONDS))
    per_minute = 60 * n_recent / seconds
    waiting, to_come = states[Call.State.WAITING], _to_come(run)
    return Progress(
        n_calls=sum(states.values()) + to_come, n_waiting=waiting,
        n_under_way=calls.waiting().exclude(lease_token=FREE).count(),
        n_done=states[Call.State.DONE], n_failed=states[Call.State.FAILED], n_cancelled=states[Call.State.CANCELLED],
        outcomes={outcome: n for (_, outcome), n in sorted(counts.items()) if outcome},
        per_minute=per_minute, spent=run.spent, reserved=run.reserved, cap=run.cap,
        seconds_left=60 * (waiting + to_come) / per_minute if per_minute else None, stage=str(run.plan.get("stage", "")),
    )  # fmt: skip


def _to_come(run: Run) -> int:
    """Calls that its kind is going to add, at the most: the plan says how many."""
    return int(run.plan.get("to_come", 0)) if run.state in {Run.State.RUNNING, Run.State.PAUSED} else 0


def pause(run: Run, *, reason: str = "paused by hand") -> None:
    """Nothing more is sent; what is under way comes in and counts."""
    _change(run, {Run.State.RUNNING}, "only a running run can be paused", state=Run.State.PAUSED, paused_because=reason)


def resume(run: Run) -> None:
    """Go on, where the money allows it; endpoints that are paused stay so until their cause is put right."""
    with transaction.atomic():
        Call.objects.waiting().filter(run=run).exclude(bound=None).update(bound=None)
        _change(run, {Run.State.PAUSED}, "only a paused run can be resumed", state=Run.State.RUNNING, paused_because="")


def cancel(run: Run) -> None:
    """No call is sent any more; replies that are under way are paid, and count."""
    now = timezone.now()
    with transaction.atomic():  # calls before their run, as engines lock them
        _cancel_free(run.pk, now)
        _change(
            run, {Run.State.RUNNING, Run.State.PAUSED}, "the run is over already", state=Run.State.CANCELLED,
            paused_because="", finished_at=now,
        )  # fmt: skip


def raise_cap(run: Run, cap: int | None) -> None:
    """A new cap in micro-dollars, None for none; a run that paused for its budget goes on."""
    with transaction.atomic():
        Call.objects.waiting().filter(run=run).exclude(bound=None).update(bound=None)  # before the run, as engines lock them
        locked = budget.locked(run.pk)
        used = locked.reserved + locked.spent
        if cap is not None and cap < used:
            raise NotPossible(f"{budget.dollars(used)} are spent or held already: the cap cannot be {budget.dollars(cap)}")
        Run.objects.filter(pk=run.pk).update(cap=cap)
        Run.objects.filter(pk=run.pk, state=Run.State.PAUSED, paused_because__startswith=budget.BUDGET).update(
            state=Run.State.RUNNING, paused_because=""
        )
    run.refresh_from_db()


def again(run: Run, *, outcomes: set[str] | None = None) -> int:
    """Failed calls once more, all or those of some outcomes; how many those are."""
    with transaction.atomic():
        if budget.locked(run.pk).state == Run.State.CANCELLED:
            raise NotPossible("a cancelled run is not started again: make a new one")
        failed = Call.objects.filter(run=run, state=Call.State.FAILED)
        if outcomes is not None:
            failed = failed.filter(outcome__in=outcomes)
        n_again = failed.update(
            state=Call.State.WAITING, outcome="", reason="", finished_at=None, not_before=None, bound=None,
            max_tokens_factor=1, n_sent=0, n_refusals=0,
        )  # fmt: skip
        if n_again:
            Run.objects.filter(pk=run.pk, state=Run.State.DONE).update(state=Run.State.RUNNING, finished_at=None)
    run.refresh_from_db()
    return n_again


def close(run_id: int) -> None:
    """Done where no call waits and none comes after; paused where none could be sent, with the reason; otherwise as it is."""
    waiting = Call.objects.waiting().filter(run=OuterRef("pk"))
    ended = Run.objects.going().filter(~Exists(waiting), pk=run_id)
    run = ended.first()
    if run is not None and not kind_of(run.kind).more(run):
        with transaction.atomic():
            budget.locked(run_id)  # asked once more, by a look that begins now: failed calls may have been started again
            ended.update(state=Run.State.DONE, finished_at=timezone.now())
        return
    if Run.objects.filter(pk=run_id, state=Run.State.CANCELLED).exists():
        _cancel_free(run_id, timezone.now())  # a reply that came in since then wanted another try
    with transaction.atomic():
        run = budget.locked(run_id)
        if run.state == Run.State.RUNNING and not budget.pause_if_used_up(run):
            _pause_without_endpoints(run)


def _cancel_free(run_id: int, now: datetime) -> None:
    free = Call.objects.waiting().filter(run=run_id, lease_token=FREE)
    free.update(state=Call.State.CANCELLED, finished_at=now)


def stop_for_fault(run_id: int, error: Exception) -> None:
    """A fault of the program would pay for the same calls again and again."""
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
        raise NotPossible(f"run {run.pk} is {run.get_state_display()}: {otherwise}")
    run.refresh_from_db()
