from django.core.exceptions import ValidationError
from django.core.validators import RegexValidator
from django.db import models
from django.utils.translation import gettext_lazy

from arena.llm.addresses import checked_address
from arena.llm.failures.errors import LLMError
from arena.models.archiving import Archivable, ArchivableQuerySet
from arena.models.names import NameField
from arena.wording import sentence

DOLLAR = 1_000_000
"""Money is counted in micro-dollars."""


def check_address(value: str) -> None:
    try:
        checked_address(value)
    except LLMError as reason:
        raise ValidationError(sentence(reason)) from None


class EndpointQuerySet(ArchivableQuerySet["Endpoint"]):
    def callable(self) -> "EndpointQuerySet":
        return self.filter(paused_because="")


class Endpoint(Archivable):
    """A model behind an address: where requests go, what they cost, and what was learnt about it. Superusers make them."""

    class Wire(models.TextChoices):
        OPENAI = "openai", gettext_lazy("OpenAI chat completions")
        ANTHROPIC = "anthropic", gettext_lazy("Anthropic messages")

    name = NameField(max_length=120, unique=True)
    wire = models.CharField(max_length=10, choices=Wire, default=Wire.OPENAI)
    base_url = models.CharField(
        gettext_lazy("base address"), max_length=300, validators=[check_address],
        help_text=gettext_lazy(
            "For example https://api.openai.com/v1 or http://vllm:8000/v1. The path of a call is removed from its end."
        ),
    )  # fmt: skip
    model = models.CharField(max_length=200, help_text=gettext_lazy("As the provider spells it."))
    key_name = models.CharField(
        max_length=80, blank=True, default="",
        validators=[
            RegexValidator(r"^AGON_KEY_[A-Z0-9_]+$", gettext_lazy("A key is named by an environment variable AGON_KEY_..."))
        ],
        help_text=gettext_lazy("The environment variable that holds its key, as AGON_KEY_OPENAI; empty where none is needed."),
    )  # fmt: skip
    price_in = models.PositiveBigIntegerField(default=0, help_text=gettext_lazy("Micro-dollars per million input tokens."))
    price_out = models.PositiveBigIntegerField(default=0, help_text=gettext_lazy("Micro-dollars per million output tokens."))
    timeout_seconds = models.PositiveIntegerField(default=120)
    requests_per_minute = models.PositiveIntegerField(
        null=True,
        blank=True,
        help_text=gettext_lazy("Leave empty if unknown; the rate then rises slowly until the server refuses."),
    )
    tokens_per_minute = models.PositiveIntegerField(null=True, blank=True, help_text=gettext_lazy("Leave empty if unknown."))
    max_concurrency = models.PositiveIntegerField(
        null=True, blank=True, help_text=gettext_lazy("Most calls at once. Leave empty for no limit.")
    )
    # what was learnt, and is forgotten when the endpoint is edited
    refused_parameters = models.JSONField(default=list, blank=True, help_text=gettext_lazy("Parameters that it does not take."))
    is_proven = models.BooleanField(
        default=False, help_text=gettext_lazy("It has answered once since it was edited; until then one call at a time.")
    )
    proven_with = models.JSONField(
        default=list,
        blank=True,
        help_text=gettext_lazy("Optional parts of a request that it has answered; a new one is tried by one call."),
    )
    paused_because = models.TextField(
        blank=True, default="", help_text=gettext_lazy("Why no calls are sent. Clear it to resume.")
    )
    is_pause_learnt = models.BooleanField(
        default=False,
        editable=False,
        help_text=gettext_lazy("A reply or a check paused it: a run that is resumed tries it again."),
    )
    n_failures = models.PositiveIntegerField(
        default=0, editable=False, help_text=gettext_lazy("Failures in a row; they open the circuit.")
    )
    open_until = models.DateTimeField(null=True, blank=True, editable=False)
    probe_until = models.DateTimeField(
        null=True,
        blank=True,
        editable=False,
        help_text=gettext_lazy("One call is trying it out; the others wait for what it learns."),
    )
    created_at = models.DateTimeField(auto_now_add=True)

    objects = EndpointQuerySet.as_manager()

    LEARNT_FROM = ("wire", "base_url", "model", "key_name")

    class Meta:
        ordering = ["name"]

    def __str__(self) -> str:
        return self.name

    def forget(self) -> None:
        """What was learnt holds for what it was: an edited endpoint is a new one."""
        self.refused_parameters, self.is_proven, self.paused_because, self.is_pause_learnt = [], False, "", False
        self.proven_with, self.n_failures, self.open_until, self.probe_until = [], 0, None, None


class Allowance(models.Model):
    """How fast one address may be called with one key, for all workers together: a bucket that fills, and what was learnt."""

    base_url = models.CharField(max_length=300)
    key_name = models.CharField(max_length=80, blank=True, default="")
    per_minute = models.FloatField(help_text=gettext_lazy("Requests a minute believed to be allowed."))
    ceiling = models.FloatField(
        null=True, help_text=gettext_lazy("What got through when it was last refused: approached slowly.")
    )
    requests = models.FloatField(default=1.0, help_text=gettext_lazy("Requests that may be sent now."))
    tokens_per_minute = models.FloatField(
        null=True, help_text=gettext_lazy("As the server's headers say, or the endpoint's settings.")
    )
    tokens = models.FloatField(null=True, help_text=gettext_lazy("Tokens that may be sent now. Empty where there is no limit."))
    filled_at = models.DateTimeField()
    started_at = models.DateTimeField(help_text=gettext_lazy("Since when it has been asked without a longer rest."))
    grown_at = models.DateTimeField(help_text=gettext_lazy("When the rate was last looked at."))
    passed = models.JSONField(
        default=list, help_text=gettext_lazy("Calls that got through, second by second, of the last two minutes.")
    )
    blocked_until = models.DateTimeField(null=True, help_text=gettext_lazy("The server asked to wait."))
    n_refused = models.PositiveIntegerField(default=0, help_text=gettext_lazy("Refusals since a call last got through."))
    first_refused_at = models.DateTimeField(null=True, help_text=gettext_lazy("The first of them."))
    refused_at = models.DateTimeField(
        null=True, help_text=gettext_lazy("The last of them; calls sent before it show nothing new.")
    )
    version = models.PositiveBigIntegerField(
        default=0, help_text=gettext_lazy("Counts changes: a change is written only on what was read.")
    )

    class Meta:
        constraints = [models.UniqueConstraint(fields=["base_url", "key_name"], name="one_allowance_an_address_and_key")]

    def __str__(self) -> str:
        return f"{self.base_url} {self.key_name}"
