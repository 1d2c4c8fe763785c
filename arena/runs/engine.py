"""The engine: a loop that stores replies and sends calls, with one committed transaction per turn.

Several engines, in several processes, may work on the same run: each claims calls under its own token. A call held by a dead
engine becomes free when its lease expires.
"""

import secrets
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from threading import Event

import structlog
from django.db import DatabaseError, transaction
from django.utils import timezone

from arena.clock import is_to_come
from arena.models import Allowance, Call, Endpoint, Run
from arena.runs import budget, control, dispatch, recovery
from arena.runs.dispatch import SendableCall
from arena.runs.kinds import Composed, Held, ReplyResult, kind_of
from arena.runs.pacing import circuit_breaker
from arena.runs.pacing.allowances import Address, address_of, exchange, known, most
from arena.runs.pacing.circuit_breaker import longest_probe
from arena.runs.results import Stored, store
from arena.runs.sender_threads import FinishedJob, Job, Senders

log = structlog.get_logger(__name__)

N_THREADS = 64
TURN_SECONDS = 0.01
REST_SECONDS = 0.1  # between looks while nothing may be sent
LOOK_SECONDS = 0.5  # how long cached endpoints and allowances are used
LEASE_SECONDS = 60.0
IDLE_SECONDS = 20.0  # a longer wait is left to the sweep, which rings again
MOST_FAULTS = 20
SCAN = 500
SWITCH_SECONDS = 0.001  # this thread serves all senders and may not wait for each of them after each query


class RunGone(RuntimeError):
    """Its arena was removed while it was under way."""

    def __init__(self, pk: int) -> None:
        super().__init__(
            f"run {pk} ended: its arena was removed while it was under way. What was asked until then was paid, and is gone"
        )


@dataclass(slots=True)
class _Sight:
    """The last view of the run's endpoints; nothing is taken on it."""

    at: float = -1e9
    endpoints: dict[int, Endpoint] = field(default_factory=dict)
    allowances: dict[Address, Allowance] = field(default_factory=dict)


class Engine:
    def __init__(
        self, run: Run, *, n_threads: int = N_THREADS, lease_seconds: float = LEASE_SECONDS, idle_seconds: float = IDLE_SECONDS
    ) -> None:
        self.run, self.token = run, secrets.token_hex(16)
        self.stopped = Event()
        self._kind = kind_of(run.kind)
        self._senders = Senders(self._kind.read, n_threads=n_threads)
        self._lease, self._idle = timedelta(seconds=lease_seconds), idle_seconds
        self._unstored: list[FinishedJob] = []
        self._under_way: dict[int, int] = {}  # by endpoint id
        self._sight = _Sight()
        self._renewed = time.monotonic()
        self._closed = -1e9
        self._n_dear = 0  # calls that the last turn found to cost more than what is left
        self._n_decided = 0  # calls that the last turn decided without asking
        self._dry_until = -1e9
        self._full_until: dict[Address, float] = {}  # where an address just granted nothing
        self._n_faults = 0
        self._held = ""  # why the last turn found that the run has to pause

    def work(self, *, seconds: float | None = None, progress: Callable[[], None] | None = None) -> None:
        """Work until nothing is left to claim, the run is paused, or so many seconds have passed; then wait for replies
        under way.
        """
        sys.setswitchinterval(SWITCH_SECONDS)
        recovery.free_the_lost()  # of other runs, too: they count against the concurrency of an endpoint
        ends_at = None if seconds is None else time.monotonic() + seconds
        active_at = time.monotonic()
        try:
            while not self._is_over(ends_at, active_at):
                if self._turn(is_claiming=True):
                    active_at = time.monotonic()
                if progress is not None:
                    progress()
            self._give_back()
            while self._senders.n_under_way or self._unstored:
                self._turn(is_claiming=False)
        except Exception as error:
            if not Run.objects.filter(pk=self.run.pk).exists():
                raise RunGone(self.run.pk) from None
            control.stop_for_fault(self.run.pk, error)
            raise
        finally:
            self._senders.stop()
        control.close(self.run.pk)

    def _is_over(self, ends_at: float | None, active_at: float) -> bool:
        if self.stopped.is_set() or self.run.state != Run.State.RUNNING:
            return True
        now = time.monotonic()
        if ends_at is not None and now >= ends_at:
            return True
        if self._senders.n_under_way or self._unstored:
            return False
        if now - active_at > REST_SECONDS and now - self._closed > LOOK_SECONDS:
            self._closed = now
            recovery.free_the_lost()
            control.close(self.run.pk)
            self.run.refresh_from_db()
        return now - active_at > self._idle or self.run.state != Run.State.RUNNING

    def _turn(self, *, is_claiming: bool) -> bool:
        """Whether anything came in or went out."""
        began = time.monotonic()
        self._renew()
        has_room = is_claiming and self._senders.n_room > 0
        is_busy = self._senders.n_under_way > 0
        is_quick = has_room and (is_busy or self._n_decided > 0)
        self._unstored += self._senders.replies(seconds=TURN_SECONDS if is_quick else REST_SECONDS)
        if not self._unstored and not has_room:
            return False
        jobs = self._transacted(is_claiming=is_claiming)
        for job in jobs or ():
            self._senders.send(job)
        time.sleep(max(TURN_SECONDS - (time.monotonic() - began), 0))
        return bool(jobs) or jobs is None or self._n_dear + self._n_decided > 0

    def _transacted(self, *, is_claiming: bool) -> list[Job] | None:
        """The jobs that may be sent; None if only replies were stored. An unavailable database is asked again."""
        replies = list(self._unstored)
        if not replies and (time.monotonic() < self._dry_until or not self._may_claim()):
            return []
        try:
            with transaction.atomic():
                jobs = self._exchanged(replies, is_claiming=is_claiming)
        except DatabaseError as error:
            self._n_faults += 1
            if self._n_faults > MOST_FAULTS:
                raise
            log.warning(
                "a turn of a run was not committed", run=self.run.pk, error=type(error).__name__, detail=str(error)[:300]
            )
            self._sight.at = -1e9
            time.sleep(min(0.05 * 2**self._n_faults, 2.0))
            return []
        self._n_faults = 0
        self._unstored.clear()
        self._count(replies, jobs)
        return jobs if jobs or not replies else None

    def _count(self, replies: Sequence[FinishedJob], jobs: Sequence[Job]) -> None:
        for reply in replies:
            self._under_way[reply.job.endpoint.pk] -= 1
        for job in jobs:
            self._under_way[job.endpoint.pk] = self._under_way.get(job.endpoint.pk, 0) + 1

    def _exchanged(self, replies: Sequence[FinishedJob], *, is_claiming: bool) -> list[Job]:
        now = timezone.now()
        stored = store(replies, self.token, self._kind, self.run, now=now)
        for endpoint in stored.endpoints:
            self._sight.endpoints[endpoint.pk] = endpoint
        for reply in replies:  # it has room again
            self._full_until.pop(address_of(reply.job.endpoint), None)
        self._held = ""
        offers = self._offers(stored, now) if is_claiming else {}
        self._n_dear = 0
        if not offers and not self._n_decided:
            self._dry_until = time.monotonic() + REST_SECONDS
        run = self.run = budget.locked(self.run.pk)
        budget.settle(run, released=stored.released, spent=stored.spent, bounded=stored.bounded)
        if self._held:
            control.hold(run, self._held)
        return self._taken(run, offers, stored, now)

    def _offers(self, stored: Stored, now: datetime) -> dict[int, list[SendableCall]]:
        """For each endpoint, the calls that could be sent; those that need no request are decided at once."""
        room = self._senders.n_room
        offers = {}
        endpoints = self._callable(now)
        more, self._n_decided = 2 * self._n_decided, 0  # what needs no request waits for no allowance
        for endpoint in endpoints:
            n = min(room, self._share(endpoint, len(endpoints)), self._most(endpoint, room, now))
            if n > 0 and self._n_dear:  # little money is left: look for those that it pays for
                n = max(n, SCAN)
            n = min(n + more, SCAN)
            left = None if self.run.left is None else self.run.left + stored.released - stored.spent
            tries = self._is_trying(endpoint)
            calls = dispatch.candidates(self.run.pk, endpoint, n, left=left, now=now, is_trying=tries) if n > 0 else []
            pieces = list(dispatch.composed(calls, self._kind))
            readings = [(call, piece) for call, piece in pieces if isinstance(piece, ReplyResult)]
            dispatch.decide(readings, self._kind, now=now)
            self._n_decided += len(readings)
            self._held = next((piece.reason for _, piece in pieces if isinstance(piece, Held)), self._held)
            sendable = [dispatch.offer(call, piece, endpoint) for call, piece in pieces if isinstance(piece, Composed)]
            if sendable:
                offers[endpoint.pk] = sendable
                room -= len(sendable)
        return offers

    def _taken(self, run: Run, offers: dict[int, list[SendableCall]], stored: Stored, now: datetime) -> list[Job]:
        """Budget, then allowance, then the claim: calls that are not granted stay as they were."""
        jobs: list[Job] = []
        # By address: engines of other runs, too, come to the allowances in the same order.
        for pk in sorted({*offers, *stored.reports}, key=lambda pk: (address_of(self._sight.endpoints[pk]), pk)):
            endpoint = self._sight.endpoints[pk]
            chosen, is_probe = self._affordable(run, offers.get(pk, []), endpoint, now)
            tokens = [each.tokens for each in chosen]
            granted, allowance = exchange(endpoint, stored.reports.get(pk, []), tokens, now=now)
            self._sight.allowances[address_of(endpoint)] = allowance
            if is_probe and not granted:
                circuit_breaker.end_probe(endpoint)
            if chosen and not granted:
                self._full_until[address_of(endpoint)] = time.monotonic() + REST_SECONDS
            if not granted:
                continue
            budget.reserve(run, sum(each.bound for each in chosen[:granted]))
            jobs += dispatch.open_attempts(
                chosen[:granted], endpoint, self.token, lease=self._lease, now=now, is_probe=is_probe
            )
        return jobs

    def _affordable(
        self, run: Run, offers: list[SendableCall], endpoint: Endpoint, now: datetime
    ) -> tuple[list[SendableCall], bool]:
        if run.state != Run.State.RUNNING or not offers:
            return [], False
        fits = budget.fitting(run.left, [each.bound for each in offers])
        dear = [each for each, fit in zip(offers, fits, strict=True) if not fit]
        dispatch.remember_dear(dear)
        self._n_dear += len(dear)
        chosen = [each for each, fit in zip(offers, fits, strict=True) if fit]
        room = min(self._senders.n_room, self._share(endpoint, len(self._sight.endpoints)))
        return dispatch.probing(chosen[: max(room, 0)], endpoint, now=now)

    def _may_claim(self) -> bool:
        """Checks without a transaction whether one is worthwhile; also refreshes the view."""
        now = timezone.now()
        room = self._senders.n_room
        return any(self._most(endpoint, room, now) > 0 for endpoint in self._callable(now))

    def _callable(self, now: datetime) -> list[Endpoint]:
        self._look(now)
        return [endpoint for endpoint in self._sight.endpoints.values() if circuit_breaker.is_closed(endpoint, now)]

    def _look(self, now: datetime) -> None:
        if time.monotonic() - self._sight.at < LOOK_SECONDS:
            return
        waiting = Call.objects.waiting().filter(run_id=self.run.pk).values("endpoint").distinct()
        self._sight.endpoints |= {endpoint.pk: endpoint for endpoint in Endpoint.objects.filter(pk__in=waiting)}
        for endpoint in self._sight.endpoints.values():
            self._sight.allowances[address_of(endpoint)] = known(endpoint, now=now)
        self.run.refresh_from_db()
        self._sight.at = time.monotonic()

    def _most(self, endpoint: Endpoint, room: int, now: datetime) -> int:
        if is_to_come(endpoint.probe_until, now, at_most=longest_probe(endpoint)):
            return 0
        address = address_of(endpoint)
        if time.monotonic() < self._full_until.get(address, -1e9):
            return 0
        allowance = self._sight.allowances.get(address)
        return room if allowance is None else most(allowance, endpoint, room, now=now)

    def _is_trying(self, endpoint: Endpoint) -> bool:
        """Whether a single call goes first: at an endpoint that is new, was down, or refused the last call."""
        allowance = self._sight.allowances.get(address_of(endpoint))
        is_refused = allowance is not None and allowance.n_refused > 0
        return is_refused or not endpoint.is_proven or endpoint.open_until is not None

    def _share(self, endpoint: Endpoint, n_endpoints: int) -> int:
        """Keep a slow endpoint from taking all threads."""
        n_threads = self._senders.n_threads + self._senders.n_ahead
        most = n_threads if n_endpoints < 2 else n_threads - n_threads // 4
        return most - self._under_way.get(endpoint.pk, 0)

    def _renew(self) -> None:
        """The heartbeat: one UPDATE for everything that this engine holds."""
        if not self._senders.n_under_way or time.monotonic() - self._renewed < self._lease.total_seconds() / 4:
            return
        try:
            until = timezone.now() + self._lease
            Call.objects.filter(lease_token=self.token).update(lease_until=until)
            self._renewed = time.monotonic()
        except DatabaseError as error:  # the next one may be in time
            log.warning("a lease was not renewed", run=self.run.pk, error=type(error).__name__)

    def _give_back(self) -> None:
        unsent = self._senders.take_back()
        for job in unsent:
            self._under_way[job.endpoint.pk] -= 1
        with transaction.atomic():
            dispatch.give_back(unsent, self.token)
