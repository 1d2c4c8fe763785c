"""Judges and plans to choose from in a new run, with a sentence about each."""

from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from arena.views.starting.run_forms import WHICH, WHO
from judges.models import Judge
from judges.protocols.plain_words import IN_A_SENTENCE, calls_in_words
from judges.views.run_forms import JudgeRunForm

PLANS_IN_A_SENTENCE = {
    "standing": gettext_lazy(
        "Pairs of answers that are stored already: those of people's votes, of imports and of earlier runs."
    ),
    "all": gettext_lazy("Every model meets every other on each prompt. Most battles, and the surest board."),
    "baseline": gettext_lazy("Cheaper with many models: each meets only the one that you choose."),
    "active": gettext_lazy("For a board that exists: new pairs for models whose order is still open."),
    "tournament": gettext_lazy(
        "Losers drop out, so there is one match less than models on each prompt. Where judges are not sure, a lot decides."
    ),
    "given": gettext_lazy("Exactly the battles whose numbers you list."),
}


@dataclass(frozen=True, slots=True)
class ExplainedChoice:
    """A box or a button to tick, with a sentence about it."""

    choice: Any
    sentence: str


def explained(form: JudgeRunForm, step: str) -> list[ExplainedChoice]:
    """The choices of a step, where each has a sentence."""
    if step == WHICH:
        return [ExplainedChoice(each, str(PLANS_IN_A_SENTENCE[each.data["value"]])) for each in form["plan"]]
    if step != WHO:
        return []
    keys = [int(key.removeprefix("card:")) for key, _ in form.fields["judges"].choices if key.startswith("card:")]  # type: ignore[attr-defined]
    cards = {f"card:{judge.pk}": judge for judge in Judge.objects.filter(pk__in=keys)}
    return [ExplainedChoice(each, _about(cards.get(str(each.data["value"])))) for each in form["judges"]]


def _about(judge: Judge | None) -> str:
    if judge is None or not judge.is_called:
        return _("A program: no call, no cost.")
    says = IN_A_SENTENCE.get(judge.protocol, "")
    return " ".join(filter(None, (says and _(says), _(calls_in_words(judge.protocol)))))
