from django.db import models
from django.db.models import Q
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from arena.models.battles import Battle
from arena.models.found_rows import found_by_another, of_counting_import
from arena.models.imports import SAMPLE_FORMAT, Import
from arena.models.voters import Voter
from arena.outcomes import SHORT_NAMES, Outcome, Side


class VoteQuerySet(models.QuerySet["Vote"]):
    def counted(self) -> "VoteQuerySet":
        return self.filter(is_counted=True).filter(of_counting_import("vote"))

    def set_aside(self) -> "VoteQuerySet":
        """By themselves, or with all imports that brought them."""
        with_import = Q(source__state=Import.State.SET_ASIDE) & ~Q(found_by_another("vote"))
        return self.filter(Q(is_counted=False) | with_import)

    def simulated(self) -> "VoteQuerySet":
        """Those that the sample arena comes with: nobody cast them."""
        return self.filter(source__format=SAMPLE_FORMAT)


class Vote(models.Model):
    """What one voter said of one battle, as it stands now; the ledger holds how it came to stand so. Never deleted."""

    battle = models.ForeignKey(Battle, on_delete=models.PROTECT, related_name="votes", db_index=False)
    voter = models.ForeignKey(Voter, null=True, blank=True, on_delete=models.PROTECT, related_name="votes")
    outcome = models.CharField(max_length=8, choices=Outcome)
    first_shown = models.CharField(max_length=1, choices=Side, blank=True, default="")
    strength = models.PositiveSmallIntegerField(null=True, blank=True, help_text=gettext_lazy("1 better, 2 much better."))
    reasons = models.JSONField(default=list, blank=True)
    comment = models.CharField(max_length=500, blank=True, default="")
    dwell_ms = models.PositiveIntegerField(null=True, blank=True, help_text=gettext_lazy("Milliseconds from shown to voted."))
    is_counted = models.BooleanField(default=True)
    set_aside_reason = models.CharField(max_length=200, blank=True, default="")
    source = models.ForeignKey(Import, null=True, blank=True, on_delete=models.PROTECT, related_name="votes", db_index=False)
    voted_at = models.DateTimeField()

    objects = VoteQuerySet.as_manager()

    class Meta:
        ordering = ["pk"]
        constraints = [
            models.UniqueConstraint(fields=["battle", "voter"], name="one_vote_a_battle_and_voter"),
            models.CheckConstraint(condition=Q(outcome__in=Outcome.values), name="vote_outcome_is_known"),
        ]

    def __str__(self) -> str:
        return _("vote %(number)s: %(outcome)s") % {"number": self.pk, "outcome": SHORT_NAMES[Outcome(self.outcome)]}

    @property
    def counts_as(self) -> str:
        """The outcome it counts as, or an empty string where it is set aside: what the ledger's events say before and after."""
        return self.outcome if self.is_counted else ""
