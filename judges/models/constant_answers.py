from django.db import models
from django.utils.translation import gettext_lazy

from arena.models import Competitor
from arena.wording import counted


class ConstantAnswers(models.Model):
    """Texts with which one competitor answers several prompts, as found when its answers were last looked at."""

    competitor = models.OneToOneField(Competitor, on_delete=models.CASCADE, primary_key=True, related_name="constant_answers")
    n_answers = models.PositiveBigIntegerField(
        help_text=gettext_lazy("How many answers it had then: with more of them it is looked at again.")
    )
    found = models.JSONField(
        default=list, help_text=gettext_lazy("Objects with text, n_prompts and share; empty for almost all.")
    )
    looked_at = models.DateTimeField()

    class Meta:
        ordering = ["competitor"]

    def __str__(self) -> str:
        return f"{self.competitor}: {counted(len(self.found), 'text', 'texts')}"
