"""Events become rows in the transaction in which they happen: nothing is announced that did not happen."""

from collections.abc import Collection, Mapping
from typing import Any

from django.conf import settings
from django.core.exceptions import ValidationError
from django.utils import timezone
from django.utils.translation import gettext as _

from arena.leases import FREE
from arena.llm.addresses import Resolve, place_of, resolve_host
from arena.llm.deadlines import deadline_in
from arena.llm.failures.errors import Cause, LLMError
from arena.models import Arena, Delivery, Import, Run, Webhook, WebhookEvent
from arena.models.webhooks import TEST_EVENT, delivery_key
from arena.wording import number, sentence

MOST_WEBHOOKS = 20  # an arena
LOOK_UP_SECONDS = 3.0  # of a new address


def make_webhook(
    arena: Arena, address: str, events: Collection[str], *, created_by: Any, resolve: Resolve = resolve_host
) -> Webhook:
    """A new address that is told these events. Raises ValidationError with the words of the model, or of the endpoint rule."""
    wrong = sorted(set(events) - set(WebhookEvent.values))
    if wrong or not events:
        message = _("Choose at least one of these: %(names)s.") % {"names": ", ".join(WebhookEvent.values)}
        raise ValidationError({"events": message})
    if Webhook.objects.filter(arena=arena, is_active=True).count() >= MOST_WEBHOOKS:
        message = _("The arena has %(n)s webhooks: switch some off that nobody reads.") % {"n": number(MOST_WEBHOOKS)}
        raise ValidationError({"address": message})
    ordered = [event for event in WebhookEvent.values if event in events]
    webhook = Webhook(arena=arena, address=address.strip(), events=ordered, created_by=created_by)
    webhook.clean_fields(exclude=["arena", "events", "created_by"])
    _must_be_allowed(webhook.address, resolve)
    webhook.save()
    return webhook


def _must_be_allowed(address: str, resolve: Resolve) -> None:
    """As at each message. A host that cannot be looked up just now may be there later."""
    try:
        with deadline_in(LOOK_UP_SECONDS):
            place_of(address, allowed=allowed_hosts(), resolve=resolve)
    except LLMError as error:
        if error.cause == Cause.ADDRESS:
            raise ValidationError({"address": sentence(error)}) from None


def announce(arena_id: int, event: WebhookEvent, data: Mapping[str, Any], *, about: str = "") -> None:
    """A row for each webhook that is told this event. `about`: a message on the same that still waits gives its place to it."""
    wanted = [hook for hook in Webhook.objects.filter(arena=arena_id, is_active=True) if event in hook.events]
    if not wanted:
        return
    slug = Arena.objects.values_list("slug", flat=True).get(pk=arena_id)
    for webhook in wanted:
        _add(webhook, event, {"arena": slug, **data}, about)


def announce_run(run: Run) -> None:
    announce(run.arena_id, WebhookEvent.RUN, {"run": run.pk})


def announce_import(source: Import) -> None:
    announce(source.arena_id, WebhookEvent.IMPORT, {"import": source.pk})


def send_test(webhook: Webhook) -> Delivery:
    """A message without content, to see whether it arrives."""
    return _made(webhook, TEST_EVENT, {"arena": webhook.arena.slug, "webhook": webhook.pk}, "")


def _add(webhook: Webhook, event: str, data: dict[str, Any], about: str) -> None:
    if about:
        waiting = Delivery.objects.waiting().filter(webhook=webhook, event=event, about=about, lease_token=FREE)
        newest = waiting.order_by("-pk").values_list("pk", flat=True).first()
        values = {"data": data, "key": delivery_key(), "created_at": timezone.now()}
        # Asked once more with the change: a worker may have taken it meanwhile, and then the news is another message.
        if newest is not None and waiting.filter(pk=newest).update(**values):
            return
    _made(webhook, event, data, about)


def _made(webhook: Webhook, event: str, data: dict[str, Any], about: str) -> Delivery:
    return Delivery.objects.create(webhook=webhook, event=event, data=data, about=about, created_at=timezone.now())


def send_again(delivery: Delivery) -> bool:
    """A message that was delivered or given up, from the beginning; False where it waits already."""
    over = Delivery.objects.filter(pk=delivery.pk).exclude(state=Delivery.State.WAITING)
    fresh = {"state": Delivery.State.WAITING, "not_before": None, "n_sent": 0, "status": None, "error": "", "finished_at": None}
    return bool(over.update(**fresh))


def allowed_hosts() -> frozenset[str]:
    """Places that need not be public: what endpoints are allowed."""
    return frozenset(settings.ENDPOINTS_ALLOWED)
