"""Addresses that are told what happens in an arena, and each message to one of them: a row that is sent until it is taken."""

import secrets
from datetime import datetime

from django.conf import settings
from django.core.exceptions import ValidationError
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from arena.clock import to_come
from arena.leases import FREE, LONGEST, Leased, LeasedQuerySet
from arena.llm.addresses import checked_address
from arena.llm.failures.errors import LLMError
from arena.models.arenas import Arena


def check_webhook_address(value: str) -> None:
    """The rule of endpoints, before anything is looked up."""
    try:
        checked_address(value)
    except LLMError:
        message = _("Write https://host[:port]/path: no user, no query, and international names in their xn-- form.")
        raise ValidationError(message) from None


def webhook_nonce() -> str:
    return secrets.token_hex(16)


class WebhookEvent(models.TextChoices):
    """What a webhook may be told."""

    SNAPSHOT = "snapshot.published", gettext_lazy("a board has a new snapshot")
    RUN = "run.ended", gettext_lazy("a run is over: done, failed or cancelled")
    IMPORT = "import.ended", gettext_lazy("a file is imported, or failed")


TEST_EVENT = "webhook.test"


class Webhook(models.Model):
    """Where to send word of what happens in an arena. Its secret is not stored: it is made of the nonce and the site's key."""

    arena = models.ForeignKey(Arena, on_delete=models.CASCADE, related_name="webhooks")
    address = models.CharField(
        max_length=300, validators=[check_webhook_address],
        help_text=gettext_lazy("https, and a public host unless whoever runs this site allows another one."),
    )  # fmt: skip
    events = models.JSONField(default=list, help_text=gettext_lazy("The events that it receives."))
    nonce = models.CharField(max_length=32, unique=True, default=webhook_nonce, editable=False)
    is_active = models.BooleanField(
        default=True,
        help_text=gettext_lazy("While it is switched off it receives nothing, and what waits for it stays unsent."),
    )
    created_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.SET_NULL, related_name="+")
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["-pk"]

    def __str__(self) -> str:
        return self.address


def delivery_key() -> str:
    return secrets.token_hex(16)


class DeliveryQuerySet(LeasedQuerySet["Delivery"]):
    def waiting(self) -> "DeliveryQuerySet":
        return self.filter(state=Delivery.State.WAITING)

    def under_way(self, now: datetime) -> "DeliveryQuerySet":
        """Those that a worker is sending."""
        return self.waiting().exclude(lease_token=FREE).filter(to_come("lease_until", now, at_most=LONGEST))


class Delivery(Leased):
    """One message to one webhook, until it is taken or given up."""

    class State(models.TextChoices):
        WAITING = "waiting", gettext_lazy("waiting")
        DELIVERED = "delivered", gettext_lazy("delivered")
        GIVEN_UP = "given_up", gettext_lazy("given up")

    webhook = models.ForeignKey(Webhook, on_delete=models.CASCADE, related_name="deliveries")
    key = models.CharField(
        max_length=40, unique=True, default=delivery_key, help_text=gettext_lazy("Sent along: the same at every attempt.")
    )
    event = models.CharField(max_length=30)
    about = models.CharField(
        max_length=120,
        blank=True,
        default="",
        help_text=gettext_lazy("The board: a newer message on it takes its place."),
    )
    data = models.JSONField(default=dict, help_text=gettext_lazy("What it names: ids alone."))
    state = models.CharField(max_length=10, choices=State, default=State.WAITING)
    not_before = models.DateTimeField(null=True, blank=True, help_text=gettext_lazy("When it is sent again."))
    n_sent = models.PositiveSmallIntegerField(default=0, help_text=gettext_lazy("Times that it was sent."))
    status = models.PositiveSmallIntegerField(null=True, help_text=gettext_lazy("What the server answered last."))
    error = models.CharField(max_length=500, blank=True, default="", help_text=gettext_lazy("Why it was not taken."))
    created_at = models.DateTimeField()
    finished_at = models.DateTimeField(null=True, blank=True)

    objects = DeliveryQuerySet.as_manager()

    class Meta:
        ordering = ["-pk"]
        verbose_name = "webhook message"
        indexes = [
            models.Index(fields=["webhook", "id"], condition=Q(state="waiting"), name="delivery_waiting"),
            models.Index(fields=["finished_at"], name="delivery_by_age"),
        ]

    def __str__(self) -> str:
        return self.key
