from django.db import models
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from arena.models import Arena, Event
from judges.models.cards import Judge


class JudgeChoice(models.Model):
    """A curator's word on a judge in an arena, whatever the rule of usability says. Never changed: a newer one takes its place.

    `event` is its place in the ledger, with who said it.
    """

    class Says(models.TextChoices):
        INCLUDE = "include", gettext_lazy("It counts, whatever the rule says")
        EXCLUDE = "exclude", gettext_lazy("It does not count, whatever the rule says")
        RULE = "rule", gettext_lazy("As the rule says")
        RETIRED = "retired", gettext_lazy("It is retired: it counts only on boards that name it")

    arena = models.ForeignKey(Arena, on_delete=models.CASCADE, related_name="judge_choices", db_index=False)
    judge = models.ForeignKey(Judge, on_delete=models.PROTECT, related_name="choices")
    says = models.CharField(gettext_lazy("what it comes to"), max_length=10, choices=Says)
    reason = models.CharField(max_length=200, help_text=gettext_lazy("Readers of the arena's boards see it."))
    event = models.OneToOneField(Event, on_delete=models.PROTECT, related_name="judge_choice")

    class Meta:
        ordering = ["-pk"]
        indexes = [models.Index(fields=["arena", "judge", "-id"], name="choice_of_judge")]
        verbose_name = gettext_lazy("decision on a judge")
        verbose_name_plural = gettext_lazy("decisions on judges")

    def __str__(self) -> str:
        values = {"judge": self.judge, "arena": self.arena, "says": self.get_says_display()}
        return _("%(judge)s in %(arena)s: %(says)s") % values
