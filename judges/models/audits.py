"""What a judge is worth in an arena: its newest audit."""

from datetime import datetime

from django.db import models
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from arena import leases
from arena.clock import is_to_come
from arena.leases import LONGEST_REST, Leased, LeasedQuerySet
from arena.models import Arena
from judges.models.cards import Judge
from judges.verdicts.marked_verdicts import IN_WORDS, MARKED


class JudgeAuditQuerySet(LeasedQuerySet["JudgeAudit"]):
    def made(self) -> "JudgeAuditQuerySet":
        return self.exclude(made_at=None).select_related("judge", "arena")

    def listed(self) -> "JudgeAuditQuerySet":
        """Without what only the page of one judge shows."""
        return self.made().defer("battle_sets", "boards", "answered")


class JudgeAudit(Leased):
    """What one judge is worth in one arena, as the newest audit found it."""

    judge = models.ForeignKey(Judge, on_delete=models.CASCADE, related_name="audits")
    arena = models.ForeignKey(Arena, on_delete=models.CASCADE, related_name="judge_audits", db_index=False)
    rule = models.CharField(
        max_length=40, blank=True, default="", help_text=gettext_lazy("How games become one decision a battle.")
    )
    seed = models.PositiveIntegerField(default=1, help_text=gettext_lazy("Of the bootstraps."))
    read_to = models.BigIntegerField(default=0, help_text=gettext_lazy("Ledger position up to which evidence was read."))
    n_games = models.PositiveIntegerField(default=0)
    cost = models.PositiveBigIntegerField(default=0, help_text=gettext_lazy("Micro-dollars of its games here."))
    figures = models.JSONField(default=dict, help_text=gettext_lazy("Figures by section."))
    coverage = models.JSONField(default=dict, help_text=gettext_lazy("How games ended, by competitor."))
    battle_sets = models.JSONField(
        default=dict, help_text=gettext_lazy("The battles behind the figures, the newest of each kind.")
    )
    boards = models.JSONField(
        default=list, help_text=gettext_lazy("The board that its games make under each rule, the default first.")
    )
    answered = models.JSONField(
        default=dict, help_text=gettext_lazy("Models and parameters that answered, and what was not sent.")
    )
    is_usable = models.BooleanField(default=True)
    is_measured = models.BooleanField(default=False)
    reasons = models.JSONField(
        default=list, help_text=gettext_lazy("Why its verdicts do not count by the rule, or what is not known.")
    )
    reason_notes = models.JSONField(default=list, help_text=gettext_lazy("Code and parameters of each of the reasons."))
    marked = models.CharField(
        max_length=10, choices=[(each, gettext_lazy(IN_WORDS[each])) for each in MARKED], blank=True, default="",
        help_text=gettext_lazy(
            "What its figures do with verdicts on answers that seem to speak to a judge. Empty for the default of its kind."
        ),
    )  # fmt: skip
    made_at = models.DateTimeField(null=True)
    not_before = models.DateTimeField(null=True)
    error = models.TextField(
        blank=True, default="", help_text=gettext_lazy("Why the newest audit failed. Empty if it did not.")
    )

    objects = JudgeAuditQuerySet.as_manager()

    class Meta:
        db_table = "ranking_judgeaudit"
        constraints = [models.UniqueConstraint(fields=["arena", "judge"], name="one_audit_a_judge_and_arena")]

    def __str__(self) -> str:
        return _("%(judge)s in %(arena)s") % {"judge": self.judge, "arena": self.arena}

    def rests(self, now: datetime) -> bool:
        return is_to_come(self.not_before, now, at_most=LONGEST_REST)

    def is_held(self, now: datetime) -> bool:
        return is_to_come(self.lease_until, now, at_most=leases.LONGEST)
