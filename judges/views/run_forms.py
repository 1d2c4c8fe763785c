import re
from collections.abc import Mapping
from typing import Any

from django import forms
from django.http import QueryDict
from django.utils.functional import lazy
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext_lazy

from arena.models import Arena, Competitor, PromptPool
from arena.runs.planning import CannotPlan
from arena.views.starting.run_forms import HOW, WHICH, WHO, FormStep, RunForm
from arena.wording import number, sentence
from judges.runs.plan_request import MOST_BATTLES, MOST_GAMES, MOST_REPEATS, JudgingRequest, is_program, judge_choices, too_many
from judges.runs.scope import Scope, check_competitors

PLANS = [
    ("standing", gettext_lazy("battles that are here")),
    ("all", gettext_lazy("every pair of models, on prompts that both answered")),
    ("baseline", gettext_lazy("every model against one")),
    ("active", gettext_lazy("pairs that nobody has judged, where most is to be learnt")),
    ("tournament", gettext_lazy("a tournament: knock-out on every prompt")),
    ("given", gettext_lazy("given ones, by their numbers")),
]
ORDERS = [
    ("both", gettext_lazy("both: each battle twice, sides swapped")),
    ("one", gettext_lazy("one, drawn: half and half")),
]
OF_BATTLES = ("baseline", "numbers", "battles", "pool", "competitors", "orders")  # what some plans have no use for
LONGEST = 18  # digits of a number


class NumbersField(forms.CharField):
    """Numbers of battles, as people write lists: with spaces, commas, lines or # between them."""

    widget = forms.Textarea(attrs={"rows": 3})

    def clean(self, value: Any) -> tuple[int, ...]:
        words = [word for word in re.split(r"[\s,;#]+", super().clean(value) or "") if word]
        wrong = [word for word in words if not (word.isascii() and word.isdigit() and len(word) <= LONGEST)]
        if wrong:
            raise forms.ValidationError(_("%(word)s is not the number of a battle.") % {"word": repr(wrong[0][:40])})
        if len(set(words)) > MOST_BATTLES:
            message = _("At most %(most)s battles are estimated here; manage.py judge takes more.")
            raise forms.ValidationError(message % {"most": number(MOST_BATTLES)})
        return tuple(dict.fromkeys(int(word) for word in words))


def _about_most() -> str:
    text = _("Where there are more they are drawn by the seed. Over %(most)s: manage.py judge.")
    return text % {"most": number(MOST_BATTLES)}


_most_battles = lazy(_about_most, str)()


class _JudgesField(forms.MultipleChoiceField):
    def valid_value(self, value: str) -> bool:
        """A page from before a program got its card still names the program."""
        return super().valid_value(value) or is_program(value)


class JudgeRunForm(RunForm):
    """The form of a new run: judges, battles and the cap."""

    shows_whole = HOW

    judges = _JudgesField(
        label=gettext_lazy("Judges"),
        widget=forms.CheckboxSelectMultiple,
        error_messages={"required": gettext_lazy("Choose at least one judge.")},
    )
    plan = forms.ChoiceField(label=gettext_lazy("Battles"), choices=PLANS, initial="standing", widget=forms.RadioSelect)
    baseline = forms.ModelChoiceField(
        Competitor.objects.none(), label=gettext_lazy("The one all others meet"), required=False,
        empty_label=pgettext_lazy("a model", "none"),
        help_text=gettext_lazy("Every other model meets this one on each prompt."),
    )  # fmt: skip
    numbers = NumbersField(
        label=gettext_lazy("Numbers of given battles"),
        required=False,
        help_text=gettext_lazy("Such as 17, 18, 23; a battle's page shows its number."),
    )
    pool = forms.ModelChoiceField(
        PromptPool.objects.none(), label=gettext_lazy("Prompt pool"), required=False, empty_label=gettext_lazy("all of them")
    )
    competitors = forms.ModelMultipleChoiceField(
        Competitor.objects.none(), label=gettext_lazy("Models"), required=False, widget=forms.CheckboxSelectMultiple,
        help_text=gettext_lazy("Two or more; none for all of them."),
    )  # fmt: skip
    battles = forms.IntegerField(
        label=gettext_lazy("How many battles, at most"), min_value=1, max_value=MOST_BATTLES, initial=200,
        help_text=_most_battles,
    )  # fmt: skip
    orders = forms.ChoiceField(label=gettext_lazy("Orders"), choices=ORDERS, initial="both")
    repeats = forms.IntegerField(label=gettext_lazy("Repeats"), min_value=1, max_value=MOST_REPEATS, initial=1)
    seed = forms.IntegerField(
        label=gettext_lazy("Seed"),
        min_value=0,
        max_value=2**31,
        initial=1,
        help_text=gettext_lazy("The same seed draws the same."),
    )

    again = forms.BooleanField(
        label=gettext_lazy("Ask again what a reply left undecided"), required=False,
        help_text=gettext_lazy("Most judges give the same reply again, and every call is paid for again."),
    )  # fmt: skip

    field_order = [
        "judges", "plan", "baseline", "numbers", "pool", "competitors", "battles", "orders", "repeats", "seed", "again", "cap",
    ]  # fmt: skip

    def __init__(
        self, data: Mapping[str, Any] | None = None, *, arena: Arena, initial: Mapping[str, Any] | None = None
    ) -> None:
        super().__init__(data, initial=initial)
        self.fields["judges"].choices = judge_choices()  # type: ignore[attr-defined]
        models = arena.competitors.in_use().named()
        for name, rows in (("baseline", models), ("competitors", models), ("pool", arena.pools.all())):
            self.fields[name].queryset = rows  # type: ignore[attr-defined]

    @classmethod
    def completed(cls, sent: QueryDict) -> QueryDict:
        data = super().completed(sent)
        if data["plan"] == "tournament":  # its form has no other choice
            data["orders"] = "both"
        return data

    def steps(self) -> list[FormStep]:
        return [
            FormStep(WHO, gettext_lazy("Judges"), ["judges"]),
            FormStep(WHICH, gettext_lazy("Battles"), ["plan"]),
            FormStep(HOW, gettext_lazy("How many"), self._of_battles()),
            *super().steps(),
        ]

    @property
    def plan_now(self) -> str:
        return str(self["plan"].value() or "standing")

    def _of_battles(self) -> list[str]:
        """The fields that apply to the plan, and any in which something is wrong."""
        plan = self.plan_now
        own = {"given": ["numbers"], "baseline": ["baseline", "battles"]}.get(plan, ["battles"])
        scope = [] if plan == "given" else ["pool", "competitors"]
        names = [*own, *scope, *([] if plan == "tournament" else ["orders"]), "repeats", "again"]
        wrong = self.errors if self.is_bound else {}
        return [*names, *(name for name in OF_BATTLES if name in wrong and name not in names)]

    def clean(self) -> dict[str, Any]:
        cleaned: dict[str, Any] = super().clean() or {}
        plan = cleaned.get("plan")
        if plan == "baseline" and cleaned.get("baseline") is None and "baseline" not in self.errors:
            self.add_error("baseline", _("Name the model that all others meet."))
        if plan == "given" and not cleaned.get("numbers") and "numbers" not in self.errors:
            self.add_error("numbers", _("Give the numbers of the battles: a battle's page shows its own."))
        if plan == "tournament" and cleaned.get("orders") == "one":
            self.add_error("orders", _("A tournament needs both orders: one order cannot decide a match."))
        try:
            check_competitors(cleaned.get("competitors") or (), cleaned.get("baseline") if plan == "baseline" else None)
        except CannotPlan as reason:
            self.add_error("competitors", sentence(reason))
        if not self.errors and (n_games := _games_at_most(cleaned)) > MOST_GAMES:
            self.add_error(None, sentence(too_many(n_games)))
        return cleaned

    def wish(self) -> JudgingRequest:
        data = self.cleaned_data
        scope = Scope(data["pool"] and data["pool"].pk, frozenset(each.pk for each in data["competitors"]))
        return JudgingRequest(
            plan=data["plan"], scope=scope, baseline=data["baseline"] if data["plan"] == "baseline" else None,
            numbers=data["numbers"], most=data["battles"], orders=data["orders"], repeats=data["repeats"], seed=data["seed"],
            again=data["again"],
        )  # fmt: skip

    def chosen(self) -> list[tuple[str, list[str]]]:
        """The chosen judges and battles, for the page with the estimate; defaults are left out."""
        data = self.cleaned_data
        names, plan = dict(self.fields["judges"].choices), str(dict(PLANS)[data["plan"]])  # type: ignore[attr-defined]
        lines = {
            "judges": [names.get(key, key) for key in data["judges"]],
            "plan": [f"{plan}: {data['baseline']}" if data["plan"] == "baseline" else plan],
            "pool": [str(data["pool"])] if data["pool"] else [],
            "competitors": [", ".join(each.name for each in data["competitors"])] if data["competitors"] else [],
            "orders": [str(dict(ORDERS)[data["orders"]])],
            "repeats": [number(data["repeats"])] if data["repeats"] > 1 else [],
        }
        return [(str(self.fields[name].label), values) for name, values in lines.items() if values]

    def as_sent(self) -> dict[str, Any]:
        """The choices as JSON, to be sent back as they are or to fill another form."""
        data = self.cleaned_data
        chosen = {name: data[name] for name in ("judges", "plan", "battles", "orders", "repeats", "seed", "again")}
        return chosen | {
            "baseline": data["baseline"].pk if data["baseline"] else "", "pool": data["pool"].pk if data["pool"] else "",
            "competitors": [each.pk for each in data["competitors"]], "numbers": ", ".join(map(str, data["numbers"])),
            "cap": "" if data["cap"] is None else str(data["cap"]),
        }  # fmt: skip


def _games_at_most(data: Mapping[str, Any]) -> int:
    """The number of games before the plan is made; a tournament is counted later, when its entrants are known."""
    n_orders = 2 if data["orders"] == "both" else 1
    n_battles = {"given": len(data["numbers"]), "tournament": 0}.get(data["plan"], data["battles"])
    return len(data["judges"]) * int(n_battles) * n_orders * int(data["repeats"])
