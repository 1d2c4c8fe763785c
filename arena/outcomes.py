"""What one comparison said: answer a is better, answer b is better, both are good, both are bad."""

from django.db import models
from django.utils.translation import gettext_lazy


class Outcome(models.TextChoices):
    A = "a", gettext_lazy("A is better")
    B = "b", gettext_lazy("B is better")
    TIE = "tie", gettext_lazy("both good")
    BOTH_BAD = "both_bad", gettext_lazy("both bad")

    def swapped(self) -> "Outcome":
        """The same judgement with the two answers exchanged."""
        return {Outcome.A: Outcome.B, Outcome.B: Outcome.A}.get(self, self)

    def score(self) -> float:
        """Points of answer a: 1 for a win, 1/2 for a tie or both bad, 0 for a loss."""
        return {Outcome.A: 1.0, Outcome.B: 0.0}.get(self, 0.5)


SHORT_NAMES = {
    Outcome.A: gettext_lazy("a"),
    Outcome.B: gettext_lazy("b"),
    Outcome.TIE: gettext_lazy("tie"),
    Outcome.BOTH_BAD: gettext_lazy("both_bad"),
}
"""In the name of a vote, as the ledger spells them."""


class Side(models.TextChoices):
    A = "a", "A"
    B = "b", "B"
