from django.db import models
from django.utils.translation import gettext_lazy

from arena.models.archiving import Archivable, ArchivableQuerySet
from arena.models.arenas import Arena
from arena.models.names import NameField


class CompetitorStatus(models.TextChoices):
    ACTIVE = "active", gettext_lazy("active")
    PROVISIONAL = "provisional", gettext_lazy("provisional")
    RETIRED = "retired", gettext_lazy("retired")
    UNNAMED = (
        "unnamed",
        gettext_lazy("unnamed"),
    )  # a side of gold labels whose model nobody named: audits judges, and is no competitor


class CompetitorQuerySet(ArchivableQuerySet["Competitor"]):
    def servable(self) -> "CompetitorQuerySet":
        return self.in_use().exclude(status__in=[CompetitorStatus.RETIRED, CompetitorStatus.UNNAMED])

    def named(self) -> "CompetitorQuerySet":
        """Those that are models: on boards, in lists and filters. The others are sides of gold labels of nobody knows whom."""
        return self.exclude(status=CompetitorStatus.UNNAMED)


class Competitor(Archivable):
    """A language model (with its settings) that stands on the board."""

    arena = models.ForeignKey(Arena, on_delete=models.CASCADE, related_name="competitors")
    name = NameField(max_length=200)
    organisation = NameField(max_length=120, blank=True, default="")
    licence = models.CharField(max_length=120, blank=True, default="")
    description = models.TextField(blank=True, default="")
    price_in = models.PositiveBigIntegerField(
        null=True, blank=True, help_text=gettext_lazy("Micro-dollars per million input tokens.")
    )
    price_out = models.PositiveBigIntegerField(
        null=True, blank=True, help_text=gettext_lazy("Micro-dollars per million output tokens.")
    )
    released_on = models.DateField(null=True, blank=True)
    status = models.CharField(max_length=12, choices=CompetitorStatus, default=CompetitorStatus.ACTIVE)
    endpoint = models.CharField(
        max_length=200,
        blank=True,
        default="",
        help_text=gettext_lazy("Where its answers are generated; empty for imported answers."),
    )
    created_at = models.DateTimeField(auto_now_add=True)

    objects = CompetitorQuerySet.as_manager()

    class Meta:
        ordering = ["name", "pk"]
        constraints = [models.UniqueConstraint(fields=["arena", "name"], name="competitor_name_in_arena")]

    def __str__(self) -> str:
        return self.name

    @property
    def price(self) -> float | None:
        """Dollars per million output tokens."""
        return None if self.price_out is None else self.price_out / 1_000_000
