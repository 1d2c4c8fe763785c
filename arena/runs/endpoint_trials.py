"""One call that tries an endpoint out, outside of any run: the reply, its cost, and what it taught about the endpoint."""

from dataclasses import dataclass, replace
from secrets import token_hex

from django.conf import settings
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import override

from arena.llm.client import complete
from arena.llm.failures.errors import LLMError
from arena.llm.wires.messages import Completion, Message, Request, Target
from arena.models import Attempt, Call, Endpoint
from arena.runs import budget
from arena.runs.endpoint_checks import trouble_with
from arena.runs.kinds import Composed
from arena.runs.pacing import circuit_breaker
from arena.runs.sender_threads import FinishedJob, Job, features_of, target_of

REQUEST = Request(
    (Message("system", "You answer in one word."), Message("user", "Say the word: ready")), max_tokens=256, temperature=0.0
)
LONGEST_SECONDS = 60.0  # a person waits for the page


class TooDear(ValueError):
    """A price was raised since the cost was shown; nothing was sent."""


@dataclass(frozen=True, slots=True)
class EndpointTrial:
    """`problem` where nothing was sent; otherwise `result`, its cost in micro-dollars, and lessons for people."""

    result: Completion | LLMError | None
    cost: int = 0
    is_bound: bool = False
    lessons: tuple[str, ...] = ()
    problem: str = ""

    @property
    def completion(self) -> Completion | None:
        return self.result if isinstance(self.result, Completion) else None

    @property
    def failure(self) -> LLMError | None:
        return self.result if isinstance(self.result, LLMError) else None


def most(endpoint: Endpoint) -> int:
    """Micro-dollars that the call can cost."""
    return budget.bound(REQUEST, endpoint)


def try_out(endpoint: Endpoint, *, told: int) -> EndpointTrial:
    """Sends one call, which costs no more than `told`; a pause that was learnt ends where it brings an answer."""
    if most(endpoint) > told:
        now = _("it may now cost %(cost)s, more than the %(told)s shown before: review it and confirm again")
        raise TooDear(now % {"cost": budget.dollars(most(endpoint)), "told": budget.dollars(told)})
    if problem := trouble_with(endpoint):
        return EndpointTrial(None, problem=problem)
    target = target_of(endpoint, frozenset(settings.ENDPOINTS_ALLOWED))
    result = _asked(replace(target, timeout=min(target.timeout, LONGEST_SECONDS)))
    before = endpoint.paused_because, tuple(endpoint.refused_parameters)
    composed = Composed(REQUEST)
    job = Job(Call(), Attempt(), endpoint, composed, target, features_of(composed), is_probe=True)
    with transaction.atomic():
        if isinstance(result, Completion) and endpoint.is_pause_learnt:
            Endpoint.objects.filter(pk=endpoint.pk).update(paused_because="", is_pause_learnt=False)
        circuit_breaker.learn([FinishedJob(job, result, None, timezone.now())], now=timezone.now())
    endpoint.refresh_from_db()
    cost = budget.cost_of(result, endpoint, reserved=told)
    return EndpointTrial(result, cost, budget.is_bound(result, cost), tuple(_lessons(endpoint, *before)))


def _asked(target: Target) -> Completion | LLMError:
    with override(settings.LANGUAGE_CODE):  # why it failed is stored
        try:
            return complete(target, REQUEST, attempt=token_hex(16))
        except LLMError as error:
            return error


def _lessons(endpoint: Endpoint, paused_because: str, refused: tuple[str, ...]) -> list[str]:
    lessons = [
        _("It does not accept %(name)s, which will be left out, or asked for in another way, from now on. Test it again.")
        % {"name": name}
        for name in endpoint.refused_parameters
        if name not in refused
    ]
    if endpoint.paused_because and endpoint.paused_because != paused_because:
        lessons.append(_("It is paused: %(reason)s") % {"reason": endpoint.paused_because})
    if paused_because and not endpoint.paused_because:
        lessons.append(_("It answers, so it is no longer paused. Resume the runs that wait for it on their pages."))
    return lessons
