"""The steps in which a new run of judges is put together: one short form each.

What the other steps hold is carried along in hidden inputs, so they work without a script and going back loses nothing.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from django.http import QueryDict
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from arena.models import Arena
from judges.models import Judge
from judges.protocols.plain_words import IN_A_SENTENCE, calls_in_words
from judges.views.run_forms import JudgeRunForm

WHO, WHICH, HOW, CAP, ESTIMATE = "who", "which", "how", "cap", "estimate"
TITLES = {
    WHO: gettext_lazy("Judges"),
    WHICH: gettext_lazy("Battles"),
    HOW: gettext_lazy("How many"),
    CAP: gettext_lazy("Cap"),
    ESTIMATE: gettext_lazy("Estimate and start"),
}
ORDER = list(TITLES)
OF_BATTLES = ("baseline", "numbers", "battles", "pool", "competitors", "orders")  # what some plans have no use for
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
class RunStep:
    """A step as the page lists it."""

    number: int
    key: str
    title: str
    is_current: bool


@dataclass(frozen=True, slots=True)
class CarriedValue:
    """A hidden input."""

    name: str
    value: Any


@dataclass(frozen=True, slots=True)
class ExplainedChoice:
    """A box or a button to tick, with a sentence about it."""

    choice: Any
    sentence: str


def fields_of(step: str, form: JudgeRunForm) -> list[str]:
    """The fields of a step: those that apply to the plan, and any in which something is wrong."""
    if step == HOW:
        plan = plan_of(form)
        own = {"given": ["numbers"], "baseline": ["baseline", "battles"]}.get(plan, ["battles"])
        scope = [] if plan == "given" else ["pool", "competitors"]
        names = [*own, *scope, *([] if plan == "tournament" else ["orders"]), "repeats", "again"]
        wrong = form.errors if form.is_bound else {}
        return [*names, *(name for name in OF_BATTLES if name in wrong and name not in names)]
    return {WHO: ["judges"], WHICH: ["plan"], CAP: ["cap", "seed"], ESTIMATE: []}[step]


def completed(sent: QueryDict) -> QueryDict:
    """What was sent, with the usual value of each field that no step has asked about yet."""
    data = sent.copy()
    for name, field in JudgeRunForm.base_fields.items():
        if name not in data and field.initial not in (None, ""):
            data[name] = str(field.initial)
    if data["plan"] == "tournament":  # its form has no other choice
        data["orders"] = "both"
    return data


def afresh(form: JudgeRunForm, arena: Arena) -> JudgeRunForm:
    """The same values in a form that complains of nothing: its later steps were not asked yet."""
    return JudgeRunForm(arena=arena, initial={name: form[name].value() for name in form.fields})


def next_step(form: JudgeRunForm, step: str, *, is_back: bool) -> str:
    """Where to go from a step; it stays where one of its own fields is wrong."""
    place = ORDER.index(step)
    if is_back:
        return ORDER[max(place - 1, 0)]
    if set(fields_of(step, form)) & set(form.errors):
        return step
    return ORDER[place + 1] if place + 1 < len(ORDER) else step


def step_to_show(form: JudgeRunForm) -> str:
    """The first step with an error; what concerns the plan as a whole stands where the battles are counted."""
    if not form.is_bound:
        return WHO
    wrong = next((step for step in ORDER if set(fields_of(step, form)) & set(form.errors)), None)
    return wrong or HOW


def plan_of(form: JudgeRunForm) -> str:
    return str(form["plan"].value() or "standing")


def steps_context(form: JudgeRunForm, step: str) -> dict[str, Any]:
    """For the template: the list of steps, the fields of this one, and the values that it carries along."""
    shown = fields_of(step, form)
    if plan_of(form) == "tournament":
        form.fields["battles"].label = _("How many prompts, at most")
        form.fields["battles"].help_text = _("Where there are more they are drawn by the seed.")
    return {
        "step": step,
        "steps": [RunStep(number, key, str(title), key == step) for number, (key, title) in enumerate(TITLES.items(), 2)],
        "shown_fields": [form[name] for name in shown],
        "carried": [value for name in form.fields if name not in shown for value in _carried(form, name)],
        "choices": _explained(form, step),
        "plan": plan_of(form),
    }


def _carried(form: JudgeRunForm, name: str) -> Iterator[CarriedValue]:
    value = form[name].value()
    if isinstance(value, list | tuple):
        yield from (CarriedValue(name, each) for each in value)
    elif value is True:
        yield CarriedValue(name, "on")
    elif value not in (None, "", False):
        yield CarriedValue(name, value)


def _explained(form: JudgeRunForm, step: str) -> list[ExplainedChoice]:
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
