from collections.abc import Mapping
from typing import Any

from django import forms

from arena.models import Arena, Competitor
from arena.models.endpoints import DOLLAR
from arena.views.run_forms import CapForm
from judges.wishes import MOST_BATTLES, MOST_GAMES, MOST_REPEATS, Wish, judge_choices

PLANS = [
    ("standing", "battles that are here"),
    ("all", "every pair of competitors, on prompts that both answered"),
    ("baseline", "every competitor against one"),
]
ORDERS = [("both", "both: each battle twice, sides swapped"), ("one", "one, drawn: half and half")]


class JudgeRunForm(CapForm):
    """What is to be judged, by whom, and for how much."""

    judges = forms.MultipleChoiceField(
        label="Judges", widget=forms.CheckboxSelectMultiple, error_messages={"required": "Choose at least one judge."}
    )
    plan = forms.ChoiceField(label="Battles", choices=PLANS)
    baseline = forms.ModelChoiceField(
        Competitor.objects.none(), label="The one all others meet", required=False, empty_label="none",
        help_text="For the plan of everyone against one.",
    )  # fmt: skip
    battles = forms.IntegerField(
        label="How many battles, at most", min_value=1, max_value=MOST_BATTLES, initial=200,
        help_text=f"Where there are more they are drawn by the seed. Over {MOST_BATTLES:,}: manage.py judge.",
    )  # fmt: skip
    orders = forms.ChoiceField(label="Orders", choices=ORDERS)
    repeats = forms.IntegerField(label="Repeats", min_value=1, max_value=MOST_REPEATS, initial=1)
    seed = forms.IntegerField(label="Seed", min_value=0, max_value=2**31, initial=1, help_text="The same seed draws the same.")

    field_order = ["judges", "plan", "baseline", "battles", "orders", "repeats", "seed", "cap"]

    def __init__(self, data: Mapping[str, Any] | None = None, *, arena: Arena) -> None:
        super().__init__(data)
        self.fields["judges"].choices = judge_choices()  # type: ignore[attr-defined]
        self.fields["baseline"].queryset = arena.competitors.all()  # type: ignore[attr-defined]
        self.fields["cap"].label = "Cap in dollars"
        self.fields["cap"].help_text = "The run pauses before it would cost more; empty for none."

    def clean(self) -> dict[str, Any]:
        cleaned: dict[str, Any] = super().clean() or {}
        if cleaned.get("plan") == "baseline" and cleaned.get("baseline") is None and "baseline" not in self.errors:
            self.add_error("baseline", "Name the competitor that all others meet.")
        if not self.errors and (n_games := _games_at_most(cleaned)) > MOST_GAMES:
            fewer = "choose fewer, or use manage.py judge"
            self.add_error(None, f"That is up to {n_games:,} games, and {MOST_GAMES:,} are counted here at once: {fewer}.")
        return cleaned

    def wish(self) -> Wish:
        said = self.cleaned_data
        baseline = said["baseline"].pk if said["plan"] == "baseline" else None
        return Wish(
            tuple(said["judges"]), said["plan"], baseline, n_battles=said["battles"], orders=said["orders"],
            repeats=said["repeats"], seed=said["seed"],
        )  # fmt: skip

    def cap_in_micros(self) -> int | None:
        """None for no cap."""
        dollars = self.cleaned_data["cap"]
        return None if dollars is None else int(dollars * DOLLAR)

    def said(self) -> dict[str, Any]:
        """What was chosen, to be sent back as it is."""
        chosen = {name: self.cleaned_data[name] for name in ("judges", "plan", "battles", "orders", "repeats", "seed")}
        baseline, cap = self.cleaned_data["baseline"], self.cleaned_data["cap"]
        return chosen | {"baseline": baseline.pk if baseline else "", "cap": "" if cap is None else str(cap)}


def _games_at_most(said: Mapping[str, Any]) -> int:
    n_orders = 2 if said["orders"] == "both" else 1
    return len(said["judges"]) * int(said["battles"]) * n_orders * int(said["repeats"])
