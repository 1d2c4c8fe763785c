"""Money: the upper bound of a call's cost is reserved before it is sent, and replaced by its actual cost when it is back.

A call that could exceed the cap is not sent; a run whose cap allows none of its remaining calls pauses (`pause_if_used_up`).
"""

from collections.abc import Sequence

from django.db.models import F, Q
from django.utils.translation import gettext as _

from arena.leases import FREE
from arena.llm import pricing
from arena.llm.failures.errors import LLMError
from arena.llm.wires.messages import Completion, Request, Usage
from arena.models import Call, Endpoint, Run
from arena.models.endpoints import DOLLAR
from arena.wording import figure

BUDGET = "budget"  # the beginning of the reason for a pause


class OverTheCap(RuntimeError):
    """The reservation did not fit: nothing was booked."""


def dollars(micro: int) -> str:
    """
    An amount for people.

    Examples
    --------
    >>> dollars(1_500_000), dollars(1_234), dollars(0), dollars(2_345_600_000)
    ('$1.50', '$0.001234', '$0.00', '$2,345.60')
    """
    text = f"{micro / DOLLAR:,.6f}".rstrip("0")
    return figure(f"${text}" + "0" * max(2 - len(text.partition(".")[2]), 0))


def spent_in_words(spent: int, bounded: int) -> str:
    """
    An amount that may hold bounds of single calls.

    Examples
    --------
    >>> spent_in_words(1_500_000, 0), spent_in_words(1_500_000, 2_000)
    ('$1.50', 'at most $1.50')
    """
    return _("at most %(amount)s") % {"amount": dollars(spent)} if bounded else dollars(spent)


def is_over(run: Run) -> bool:
    """
    Whether more is spent or held than the cap allows, so that the run cannot go on.

    The cap is kept when a call is sent. A server may charge more than was held for it: for thinking beyond the limit, at most
    `arena.llm.wires.usage.OVERSHOOT` times the reply, on the calls that are under way. The run pauses then, and sends nothing.
    """
    return run.cap is not None and run.reserved + run.spent > run.cap


def is_pausing(run: Run) -> bool:
    """Whether the run is paused for its budget: a higher cap lets it go on at once."""
    return run.state == Run.State.PAUSED and run.paused_because.startswith(BUDGET)


def over_in_words(run: Run) -> str:
    """Says what is spent, what is allowed, and what to do."""
    used, cap = dollars(run.reserved + run.spent), dollars(run.cap or 0)
    return _(
        "%(used)s are spent or held, over its cap of %(cap)s: set a cap of %(used)s or more, or none, to go on; or cancel the "
        "run, and what came back counts"
    ) % {"used": used, "cap": cap}


def bound(request: Request, endpoint: Endpoint) -> int:
    return pricing.upper_bound(request, endpoint.price_in, endpoint.price_out)


def fitting(left: int | None, bounds: Sequence[int]) -> list[bool]:
    """Which of the calls fit into the remaining budget, in order."""
    fits = []
    for amount in bounds:
        fits.append(left is None or amount <= left)
        if fits[-1] and left is not None:
            left -= amount
    return fits


def cost_of(result: Completion | LLMError, endpoint: Endpoint, *, reserved: int) -> int:
    """By usage; zero if nothing was sent or the server refused; the reserved amount if the usage is unknown."""
    if result.usage is not None:
        return pricing.cost(_whole(result.usage), endpoint.price_in, endpoint.price_out)
    if isinstance(result, Completion):
        return reserved
    if result.doubt:  # it charges an unknown amount
        return reserved
    return 0 if result.was_refused or not result.was_sent else reserved


def is_bound(result: Completion | LLMError, cost: int) -> bool:
    """Whether a cost is only an upper bound, because the usage is unknown."""
    return bool(cost) and result.usage is None


def _whole(usage: Usage) -> Usage:
    """Counts are the server's claim: a negative one would give money back."""
    return Usage(max(usage.tokens_in, 0), max(usage.tokens_out, 0))


def locked(run_id: int) -> Run:
    """The run as it stands; no other process books on it until the transaction ends."""
    return Run.objects.select_for_update().defer("plan").get(pk=run_id)


def settle(run: Run, *, released: int, spent: int, bounded: int = 0) -> None:
    """Release the reservation and book the cost; `bounded` is the part of that which is only known as a bound."""
    if not released and not spent and not bounded:
        return
    run.reserved, run.spent = max(run.reserved - released, 0), max(run.spent + spent, 0)
    run.bounded = max(run.bounded + bounded, 0)
    changes: dict[str, object] = {"reserved": run.reserved, "spent": run.spent, "bounded": run.bounded}
    if is_over(run) and run.state == Run.State.RUNNING:
        run.state, run.paused_because = (
            Run.State.PAUSED,
            f"{BUDGET}: a server charged more than its call was to cost. {over_in_words(run)}.",
        )
        changes |= {"state": run.state, "paused_because": run.paused_because}
    Run.objects.filter(pk=run.pk).update(**changes)


def reserve(run: Run, amount: int) -> None:
    """Hold money for calls that go out when this transaction is committed; the cap stands inside the UPDATE."""
    if not amount:
        return
    within = Q(cap=None) | Q(cap__gte=F("reserved") + F("spent") + amount)
    if not Run.objects.filter(within, pk=run.pk, state=Run.State.RUNNING).update(reserved=F("reserved") + amount):
        raise OverTheCap(f"run {run.pk}: {dollars(amount)} more does not fit under its cap")
    run.reserved += amount


def pause_if_used_up(run: Run) -> bool:
    """Whether nothing is under way, calls are waiting, and the remaining budget pays for none of them."""
    if run.left is None or run.reserved:
        return False
    waiting = Call.objects.waiting().filter(run_id=run.pk, lease_token=FREE, endpoint__paused_because="")
    dear = waiting.filter(bound__gt=run.left).order_by("bound").values_list("bound", flat=True).first()
    if dear is None or waiting.filter(Q(bound=None) | Q(bound__lte=run.left)).exists():
        return False
    reason = (
        f"{BUDGET}: {dollars(run.spent)} of {dollars(run.cap or 0)} spent, and the next call may cost {dollars(dear)}. "
        "Raise the cap to go on."
    )
    return bool(
        Run.objects.filter(pk=run.pk, state=Run.State.RUNNING, reserved=0).update(state=Run.State.PAUSED, paused_because=reason)
    )
