import hashlib
import json
from collections.abc import Mapping
from typing import Any

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext, gettext_lazy

from arena.models import Archivable, ArchivableQuerySet, Endpoint, NameField

BASELINES = frozenset({"longer", "random"})
"""Programs that look at no reference: what no judgement at all looks like. They never count."""

SCRIPTED = "(scripted)"
"""How the name of a model ends that is a script: the sample's judges have it."""


class JudgeQuerySet(ArchivableQuerySet["Judge"]):
    def current(self) -> "JudgeQuerySet":
        """The newest version of every judge."""
        return self.filter(superseded_by=None)


class Judge(Archivable):
    """One version of a judge: all that decides what it says. `identity` is a hash of it; a changed judge is another row.

    It keeps address and model as they were when it was made: an endpoint that is edited needs a new version to be asked again.
    """

    class Kind(models.TextChoices):
        CALLED = "called", gettext_lazy("language model")
        OFFLINE = "offline", gettext_lazy("program")
        IMPORTED = "imported", gettext_lazy("imported verdicts")

    name = NameField(max_length=120)
    version = models.PositiveIntegerField(default=1)
    kind = models.CharField(max_length=10, choices=Kind, default=Kind.CALLED)
    endpoint = models.ForeignKey(
        Endpoint,
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="judges",
        help_text=gettext_lazy("Where it is asked."),
    )
    base_url = models.CharField(max_length=300, blank=True, default="", editable=False)
    model = models.CharField(
        max_length=200, blank=True, default="", help_text=gettext_lazy("The model's name, as the provider spells it.")
    )
    protocol = models.CharField(max_length=60, help_text=gettext_lazy("Key of the protocol, or of the offline judge."))
    template = models.TextField(
        blank=True, default="", help_text=gettext_lazy("What it is asked, with slots such as {prompt}.")
    )
    wording = models.CharField(
        max_length=64, blank=True, default="", editable=False, help_text=gettext_lazy("Hash of all fixed words.")
    )
    parameters = models.JSONField(
        default=dict, blank=True, help_text=gettext_lazy("What of its protocol it does in its own way.")
    )
    parser_version = models.CharField(max_length=40, blank=True, default="", editable=False)
    family = NameField(
        max_length=120,
        blank=True,
        default="",
        help_text=gettext_lazy("Organisation of the model: answers of the same one are its family's."),
    )
    identity = models.CharField(max_length=64, unique=True, editable=False)
    superseded_by = models.ForeignKey(
        "self", null=True, blank=True, editable=False, on_delete=models.PROTECT, related_name="supersedes"
    )
    created_at = models.DateTimeField(auto_now_add=True)

    objects = JudgeQuerySet.as_manager()

    class Meta:
        ordering = ["name", "-version"]
        constraints = [
            models.UniqueConstraint(fields=["name", "version"], name="judge_version"),
            models.CheckConstraint(
                condition=Q(kind="called", endpoint__isnull=False) | ~Q(kind="called") & Q(endpoint=None),
                name="who_is_asked_has_an_endpoint",
            ),
        ]

    def __str__(self) -> str:
        return self.name if self.version == 1 else f"{self.name} v{self.version}"

    @property
    def kind_in_words(self) -> str:
        """What it is to readers: a server that plays judges by a script is called like a model, and is none."""
        return gettext("scripted (simulated)") if self.model.endswith(SCRIPTED) else self.get_kind_display()

    @property
    def is_called(self) -> bool:
        return self.kind == self.Kind.CALLED

    @property
    def margin(self) -> float:
        """By how much one grade must exceed the other to win; in the units of the judge's scale."""
        return float(self.parameters.get("margin", 0))

    @property
    def is_known_by_games(self) -> bool:
        """Whether it came with exported games alone: it has the identity of a judge elsewhere, and not its card."""
        card = (self.base_url, self.template, self.wording, self.parser_version)
        return not self.is_called and not any(card) and not self.parameters and self.identity != identity_of(self.saying())

    def saying(self) -> dict[str, Any]:
        """What its identity is made of."""
        return {
            "kind": self.kind,
            "base_url": self.base_url,
            "model": self.model,
            "protocol": self.protocol,
            "template": self.template,
            "wording": self.wording,
            "parameters": self.parameters,
            "parser": self.parser_version,
        } | ({"name": self.name} if self.kind == self.Kind.IMPORTED else {})

    def identity_apart(self) -> str:
        """The identity of a judge that says the same as another one, and asks through an endpoint of its own."""
        return identity_of(self.saying() | {"endpoint": self.endpoint_id})

    @property
    def is_apart(self) -> bool:
        return self.is_called and self.identity == self.identity_apart()

    def save(self, *args: Any, **kwargs: Any) -> None:
        if self._state.adding and not self.identity:
            self.identity = identity_of(self.saying())
        super().save(*args, **kwargs)


def identity_of(saying: Mapping[str, object]) -> str:
    """SHA-256 over the card, whatever the order of its parts."""
    written = json.dumps(saying, sort_keys=True, ensure_ascii=False, separators=(",", ":"))
    return hashlib.sha256(written.encode("utf-8", "surrogatepass")).hexdigest()
