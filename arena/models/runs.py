"""Paid work: a run is a plan with a budget, a call is one piece of it, an attempt is one request that was sent."""

import secrets

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext_lazy

from arena.leases import FREE, Leased, LeasedQuerySet
from arena.models.arenas import Arena
from arena.models.competitors import Competitor
from arena.models.endpoints import Endpoint
from arena.models.names import NameField
from arena.models.prompts import Prompt


class RunQuerySet(models.QuerySet["Run"]):
    def going(self) -> "RunQuerySet":
        return self.filter(state=Run.State.RUNNING)


class Run(models.Model):
    """What is to be asked, in which order, and what it may cost."""

    class Kind(models.TextChoices):
        JUDGE = "judge", gettext_lazy("judge battles")
        GENERATE = "generate", gettext_lazy("generate answers")
        CHECKLIST = "checklist", gettext_lazy("write checklists")

    class State(models.TextChoices):
        RUNNING = "running", gettext_lazy("running")
        PAUSED = "paused", gettext_lazy("paused")
        CANCELLED = "cancelled", pgettext_lazy("a run", "cancelled")
        DONE = "done", pgettext_lazy("a run", "done")
        FAILED = "failed", gettext_lazy("failed")  # over, and every call that was sent failed

    arena = models.ForeignKey(Arena, on_delete=models.CASCADE, related_name="runs")
    kind = models.CharField(max_length=10, choices=Kind)
    name = NameField(max_length=120)
    plan = models.JSONField(default=dict, help_text=gettext_lazy("What was asked for, to make the same run again."))
    seed = models.PositiveBigIntegerField(default=1)
    state = models.CharField(max_length=10, choices=State, default=State.RUNNING)
    paused_because = models.TextField(blank=True, default="")
    cap = models.PositiveBigIntegerField(
        null=True, blank=True, help_text=gettext_lazy("Micro-dollars it may cost. Empty for no cap.")
    )
    reserved = models.PositiveBigIntegerField(
        default=0, help_text=gettext_lazy("Micro-dollars held for calls that are under way.")
    )
    spent = models.PositiveBigIntegerField(
        default=0, help_text=gettext_lazy("Micro-dollars of finished attempts, failed and lost ones too.")
    )
    bounded = models.PositiveBigIntegerField(
        default=0,
        help_text=gettext_lazy("Of what is spent, micro-dollars that are bounds: the server did not say what was used."),
    )
    created_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.SET_NULL, related_name="+")
    created_at = models.DateTimeField(auto_now_add=True)
    finished_at = models.DateTimeField(null=True, blank=True)

    objects = RunQuerySet.as_manager()

    class Meta:
        ordering = ["-pk"]
        constraints = [
            # The reservation is on disk before the call is sent. Where a server charges more than that, the run pauses.
            models.CheckConstraint(
                condition=Q(cap=None) | Q(cap__gte=F("reserved") + F("spent")) | ~Q(state="running"), name="never_over_the_cap"
            )
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def left(self) -> int | None:
        """Micro-dollars that are neither spent nor held; None without a cap."""
        return None if self.cap is None else max(self.cap - self.reserved - self.spent, 0)


class CallQuerySet(LeasedQuerySet["Call"]):
    def waiting(self) -> "CallQuerySet":
        return self.filter(state=Call.State.WAITING)


class Call(Leased):
    """One piece of a run, until it is decided or given up. Its lease token is that of the engine which holds it."""

    class State(models.TextChoices):
        WAITING = "waiting", gettext_lazy("waiting")  # also while an engine holds it: see the lease
        DONE = "done", gettext_lazy("done")
        FAILED = "failed", gettext_lazy("failed")
        CANCELLED = "cancelled", gettext_lazy("cancelled")

    run = models.ForeignKey(Run, on_delete=models.CASCADE, related_name="calls")
    endpoint = models.ForeignKey(Endpoint, on_delete=models.PROTECT, related_name="calls")
    state = models.CharField(max_length=10, choices=State, default=State.WAITING)
    place = models.PositiveBigIntegerField(help_text=gettext_lazy("Its place in the run's random order."))
    not_before = models.DateTimeField(
        null=True, blank=True, help_text=gettext_lazy("A retry is a state of the row: when it may be sent again.")
    )
    max_tokens_factor = models.PositiveSmallIntegerField(default=1, help_text=gettext_lazy("2 after a reply that was cut."))
    bound = models.PositiveBigIntegerField(
        null=True,
        blank=True,
        help_text=gettext_lazy("Micro-dollars that it may cost, where it did not fit into what was left."),
    )
    n_sent = models.PositiveSmallIntegerField(default=0, help_text=gettext_lazy("Attempts sent."))
    n_refusals = models.PositiveSmallIntegerField(
        default=0, help_text=gettext_lazy("Attempts that were refused for speed alone.")
    )
    outcome = models.CharField(
        max_length=20, blank=True, default="", help_text=gettext_lazy("End state: ok, truncated, refused, error ...")
    )
    reason = models.TextField(blank=True, default="", help_text=gettext_lazy("Why it has no result, for people."))
    finished_at = models.DateTimeField(null=True, blank=True)

    objects = CallQuerySet.as_manager()

    class Meta:
        ordering = ["run", "place"]
        indexes = [
            models.Index(fields=["run", "endpoint", "place"], condition=Q(state="waiting"), name="call_waiting"),
            models.Index(fields=["lease_token"], condition=~Q(lease_token=FREE), name="call_held"),
            models.Index(fields=["run", "state", "outcome"], name="call_progress"),
        ]

    def __str__(self) -> str:
        return _("call %(number)s of %(run)s") % {"number": self.pk, "run": self.run_id}


class Assignment(models.Model):
    """What a call of a generate run is to answer: a turn of a prompt, for a competitor. Whole answers become responses."""

    call = models.OneToOneField(Call, on_delete=models.CASCADE, primary_key=True, related_name="assignment")
    prompt = models.ForeignKey(Prompt, on_delete=models.CASCADE, related_name="+")
    competitor = models.ForeignKey(Competitor, on_delete=models.CASCADE, related_name="+")
    repeat = models.PositiveSmallIntegerField(default=0)
    earlier = models.JSONField(default=list, help_text=gettext_lazy("The answers to the turns before it, with what they cost."))

    def __str__(self) -> str:
        values = {"competitor": self.competitor_id, "prompt": self.prompt_id, "repeat": self.repeat}
        return _("%(competitor)s on %(prompt)s, repeat %(repeat)s") % values


def attempt_key() -> str:
    return secrets.token_hex(16)


class Attempt(models.Model):
    """One request that was sent, or was about to be when its engine died: what it asked, what came back, what it cost."""

    class State(models.TextChoices):
        OPEN = "open", gettext_lazy("under way")
        OK = "ok", pgettext_lazy("an attempt", "answered")
        FAILED = "failed", pgettext_lazy("an attempt", "failed")
        LOST = "lost", gettext_lazy("lost: nobody knows what came back")
        LATE = "late", gettext_lazy("answered after its lease had run out: paid, not counted")

    call = models.ForeignKey(Call, on_delete=models.CASCADE, related_name="attempts")
    endpoint = models.ForeignKey(Endpoint, on_delete=models.PROTECT, related_name="+")
    key = models.CharField(
        max_length=32, unique=True, default=attempt_key, help_text=gettext_lazy("Sent along as X-Agon-Attempt.")
    )
    state = models.CharField(max_length=10, choices=State, default=State.OPEN)
    request = models.JSONField(default=list, help_text=gettext_lazy("The messages as sent."))
    fence = models.CharField(max_length=64, blank=True, default="")
    reply = models.TextField(blank=True, default="", help_text=gettext_lazy("The body as received, keys taken out."))
    text = models.TextField(null=True, help_text=gettext_lazy("The answer in it; null where there is none."))  # noqa: DJ001  # "" is an answer
    thinking = models.TextField(
        blank=True, default="", help_text=gettext_lazy("What was thought before the answer; no part of it.")
    )
    finish = models.CharField(max_length=20, blank=True, default="", help_text=gettext_lazy("How the reply ended."))
    word = models.CharField(
        max_length=40, blank=True, default="", help_text=gettext_lazy("The provider's own word for how it ended.")
    )
    error = models.TextField(blank=True, default="")
    status = models.PositiveSmallIntegerField(null=True)
    model = models.CharField(
        max_length=200, blank=True, default="", help_text=gettext_lazy("The model string that was returned.")
    )
    parameters = models.JSONField(default=dict, help_text=gettext_lazy("As sent, without those that the endpoint refuses."))
    request_id = models.CharField(max_length=120, blank=True, default="", help_text=gettext_lazy("The provider's own."))
    reserved = models.PositiveBigIntegerField(default=0, help_text=gettext_lazy("Micro-dollars held for it."))
    cost = models.PositiveBigIntegerField(
        default=0, help_text=gettext_lazy("Micro-dollars: by usage, or what was held where nobody knows.")
    )
    tokens_in = models.PositiveIntegerField(null=True)
    tokens_out = models.PositiveIntegerField(null=True)
    latency_ms = models.PositiveIntegerField(null=True)
    sent_at = models.DateTimeField()
    finished_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ["pk"]
        indexes = [models.Index(fields=["endpoint"], condition=Q(state="open"), name="attempt_open")]

    @property
    def cost_is_bound(self) -> bool:
        """Whether the cost is only the most that it can have been."""
        return bool(self.cost) and self.tokens_in is None

    def __str__(self) -> str:
        return self.key
