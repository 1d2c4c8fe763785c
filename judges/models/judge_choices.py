from django.db import models

from arena.models import Arena, Event
from judges.models.cards import Judge


class JudgeChoice(models.Model):
    """A curator's word on a judge in an arena, whatever the rule of usability says. Never changed: a newer one takes its place.

    `event` is its place in the ledger, with who said it.
    """

    class Says(models.TextChoices):
        INCLUDE = "include", "It counts, whatever the rule says"
        EXCLUDE = "exclude", "It does not count, whatever the rule says"
        RULE = "rule", "As the rule says"

    arena = models.ForeignKey(Arena, on_delete=models.CASCADE, related_name="judge_choices", db_index=False)
    judge = models.ForeignKey(Judge, on_delete=models.PROTECT, related_name="choices")
    says = models.CharField("what it comes to", max_length=10, choices=Says)
    reason = models.CharField(max_length=200, help_text="Readers of the arena's boards see it.")
    event = models.OneToOneField(Event, on_delete=models.PROTECT, related_name="judge_choice")

    class Meta:
        ordering = ["-pk"]
        indexes = [models.Index(fields=["arena", "judge", "-id"], name="choice_of_judge")]
        verbose_name = "judge included or excluded"
        verbose_name_plural = "judges included or excluded"

    def __str__(self) -> str:
        return f"{self.judge} in {self.arena}: {self.get_says_display()}"
