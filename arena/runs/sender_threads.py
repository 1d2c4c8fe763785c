"""Threads that send: a job in, a reply out. They never touch the database."""

import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from queue import Empty, SimpleQueue

import structlog
from django.utils import timezone

from arena.llm.client import complete
from arena.llm.failures.errors import Cause, Kind, LLMError
from arena.llm.wires.messages import Completion, Target
from arena.models import Attempt, Call, Endpoint
from arena.runs.kinds import Composed, ReplyResult

FEW = 32
log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Job:
    """A call that is paid for in advance and may be sent."""

    call: Call
    attempt: Attempt
    endpoint: Endpoint
    composed: Composed
    target: Target
    features: frozenset[str]
    is_probe: bool


@dataclass(frozen=True, slots=True)
class FinishedJob:
    """What became of a job; `reading` where there is a completion."""

    job: Job
    result: Completion | LLMError
    reading: ReplyResult | None
    finished_at: datetime


class Senders:
    """As many threads as calls may be under way; further jobs wait their turn here."""

    def __init__(self, read: Callable[[Composed, Completion], ReplyResult], *, n_threads: int) -> None:
        self.n_threads, self.n_under_way = n_threads, 0
        # This many more are ready for threads that finish between two turns; if the process is killed they count as lost, too.
        self.n_ahead = n_threads // 4 if n_threads >= FEW else 0
        self._read = read
        self._jobs: SimpleQueue[Job | None] = SimpleQueue()
        self._replies: SimpleQueue[FinishedJob] = SimpleQueue()
        self._threads: list[threading.Thread] = []

    @property
    def n_room(self) -> int:
        return self.n_threads + self.n_ahead - self.n_under_way

    def send(self, job: Job) -> None:
        self.n_under_way += 1
        if len(self._threads) < min(self.n_under_way, self.n_threads):
            thread = threading.Thread(target=self._work, name=f"sender-{len(self._threads)}", daemon=True)
            self._threads.append(thread)
            thread.start()
        self._jobs.put(job)

    def replies(self, *, seconds: float) -> list[FinishedJob]:
        """All replies so far; waits up to this long for the first."""
        finished = []
        try:
            finished.append(self._replies.get(timeout=seconds))
            while True:
                finished.append(self._replies.get_nowait())
        except Empty:
            pass
        self.n_under_way -= len(finished)
        return finished

    def take_back(self) -> list[Job]:
        """Jobs that no thread has taken yet, so they were not sent."""
        unsent = []
        try:
            while True:
                job = self._jobs.get_nowait()
                if job is not None:
                    unsent.append(job)
        except Empty:
            pass
        self.n_under_way -= len(unsent)
        return unsent

    def stop(self) -> None:
        for _ in self._threads:
            self._jobs.put(None)

    def _work(self) -> None:
        while (job := self._jobs.get()) is not None:
            self._replies.put(self._sent(job))

    def _sent(self, job: Job) -> FinishedJob:
        result = _answer(job)
        reading = None if isinstance(result, LLMError) else self._understood(job, result)
        return FinishedJob(job, result, reading, timezone.now())

    def _understood(self, job: Job, completion: Completion) -> ReplyResult:
        try:
            return self._read(job.composed, completion)
        except Exception as error:  # a reply of a model must not end a thread
            log.exception("a reply could not be read", attempt=job.attempt.key)
            return ReplyResult("error", reason=f"the reply could not be read ({type(error).__name__}): see the log")


def _answer(job: Job) -> Completion | LLMError:
    try:
        return complete(job.target, job.composed.request, attempt=job.attempt.key)
    except LLMError as error:
        if error.cause == Cause.NO_MODEL and not job.endpoint.is_proven:  # nor was one ever there, as far as is known
            return replace(error, kind=Kind.ENDPOINT)
        return error
    except Exception as error:
        log.error("a call ended unexpectedly", attempt=job.attempt.key, error=type(error).__name__)
        return LLMError(f"unexpected: {type(error).__name__}", kind=Kind.GAME, cause=Cause.NO_COMPLETION)


def target_of(endpoint: Endpoint, allowed: frozenset[str]) -> Target:
    return Target(
        wire="anthropic" if endpoint.wire == Endpoint.Wire.ANTHROPIC else "openai",
        base_url=endpoint.base_url, model=endpoint.model, key_name=endpoint.key_name,
        timeout=float(endpoint.timeout_seconds), refused=frozenset(endpoint.refused_parameters), allowed=allowed,
    )  # fmt: skip


def features_of(composed: Composed) -> frozenset[str]:
    """The optional parts of a request: an endpoint may refuse each of them."""
    request = composed.request
    parts: Mapping[str, object] = {
        "temperature": request.temperature, "seed": request.seed, "schema": request.schema,
        "system": next((message for message in request.messages if message.role == "system"), None),
    }  # fmt: skip
    return frozenset(name for name, value in parts.items() if value is not None)
