from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from django import forms
from django.http import QueryDict
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext_lazy

from arena.models import Arena, Endpoint, Prompt
from arena.models.endpoints import DOLLAR
from arena.run_kinds.answer_plans import LONGEST_NAME, ResponsesRequest
from arena.run_kinds.generation import MAX_TOKENS, GenerationSettings
from arena.runs.endpoint_checks import held_up_by
from arena.wording import number

if TYPE_CHECKING:
    _EndpointChoice = forms.ModelChoiceField[Endpoint]
else:
    _EndpointChoice = forms.ModelChoiceField

MOST_ANSWERS = 10_000  # counted while somebody waits
MOST_TOKENS = 200_000
N_AUTHORS = 6
ENDPOINT = gettext_lazy("Endpoint")
WHO, WHICH, HOW, CAP, ESTIMATE = "who", "which", "how", "cap", "estimate"
"""Keys of the steps in which a run is put together; a form may have fewer."""


@dataclass(frozen=True, slots=True)
class FormStep:
    """A step of a form: its title, and the fields that it asks for."""

    key: str
    title: str | Promise
    fields: list[str]


class CapForm(forms.Form):
    """What a run may cost in all, in dollars; empty for no cap."""

    cap = forms.DecimalField(min_value=0, max_value=1_000_000, decimal_places=6, required=False)

    def cap_in_micros(self) -> int | None:
        """None for no cap."""
        dollars = self.cleaned_data["cap"]
        return None if dollars is None else int(dollars * DOLLAR)


class RunForm(CapForm):
    """What a new run is to do, and for how much."""

    shows_whole = WHICH  # the step that says what is wrong with the plan as a whole

    def __init__(self, data: Mapping[str, Any] | None = None, *, initial: Mapping[str, Any] | None = None) -> None:
        super().__init__(data, initial=dict(initial or {}))
        self.fields["cap"].label = _("Cap in dollars")
        self.fields["cap"].help_text = _("The run pauses before it would cost more; empty for none.")

    @classmethod
    def completed(cls, sent: QueryDict) -> QueryDict:
        """What was sent, with the usual value of each field that no step has asked about yet."""
        data = sent.copy()
        for name, field in cls.base_fields.items():
            if name not in data and field.initial not in (None, ""):
                data[name] = str(field.initial)
        return data

    def steps(self) -> list[FormStep]:
        """The steps in their order; the last one has no fields."""
        return [FormStep(CAP, gettext_lazy("Cap"), ["cap", "seed"]), FormStep(ESTIMATE, gettext_lazy("Estimate and start"), [])]

    def as_sent(self) -> dict[str, Any]:
        """What was chosen, to be sent back as it is."""
        return {name: _plain(self.fields[name].prepare_value(value)) for name, value in self.cleaned_data.items()}


class PromptsForm(RunForm):
    """Which prompts of an arena are asked about, and how."""

    which: Any = gettext_lazy("The first ones.")
    pools = forms.MultipleChoiceField(
        label=gettext_lazy("Pools"),
        required=False,
        widget=forms.CheckboxSelectMultiple,
        help_text=gettext_lazy("None chosen: the prompts of all."),
    )
    prompts = forms.IntegerField(
        label=gettext_lazy("How many prompts, at most"), min_value=1, max_value=MOST_ANSWERS, initial=200
    )
    max_tokens = forms.IntegerField(
        label=gettext_lazy("Tokens of a reply, at most"), min_value=1, max_value=MOST_TOKENS, initial=MAX_TOKENS,
        help_text=gettext_lazy("Thinking included."),
    )  # fmt: skip
    seed = forms.IntegerField(
        label=gettext_lazy("Seed"),
        min_value=0,
        max_value=2**31,
        initial=1,
        help_text=gettext_lazy("Of the order of the calls."),
    )

    def __init__(
        self, data: Mapping[str, Any] | None = None, *, arena: Arena, initial: Mapping[str, Any] | None = None
    ) -> None:
        super().__init__(data, initial=initial)
        pools = [(pool.slug, pool.name) for pool in arena.pools.filter(is_active=True)]
        self.fields["pools"].choices = pools  # type: ignore[attr-defined]
        if len(pools) < 2:
            del self.fields["pools"]
        n_prompts = Prompt.objects.servable().filter(arena=arena).count()
        count_text = _("%(arena)s has %(n)s that are active.") % {"arena": arena.name, "n": number(n_prompts)}
        self.fields["prompts"].help_text = f"{self.which} {count_text}"

    def of_prompts(self) -> list[str]:
        return [name for name in ("pools", "prompts") if name in self.fields]


class AnswersForm(PromptsForm):
    """Who answers, through which endpoint, and at what cost."""

    repeats = forms.IntegerField(label=gettext_lazy("Answers to each prompt"), min_value=1, max_value=20, initial=1)
    temperature = forms.FloatField(
        label=gettext_lazy("Temperature"),
        min_value=0,
        max_value=2,
        required=False,
        help_text=gettext_lazy("Leave empty for the provider's default."),
    )

    again = forms.BooleanField(
        label=gettext_lazy("Ask again where the provider withheld the answer"), required=False,
        help_text=gettext_lazy("Most will be withheld again, and charged again."),
    )  # fmt: skip

    field_order = ["pools", "prompts", "repeats", "max_tokens", "temperature", "seed", "again", "cap"]

    def __init__(
        self, data: Mapping[str, Any] | None = None, *, arena: Arena, initial: Mapping[str, Any] | None = None
    ) -> None:
        super().__init__(data, arena=arena, initial=initial)
        self.known = list(arena.competitors.servable().values_list("name", flat=True)[:300])
        for place in range(N_AUTHORS):
            name = forms.CharField(label=_("Model"), max_length=LONGEST_NAME, required=False)
            name.widget.attrs |= {"list": "known", "autocomplete": "off"}
            self.fields[f"competitor_{place}"] = name
            self.fields[f"endpoint_{place}"] = EndpointField(required=False)

    def steps(self) -> list[FormStep]:
        rows = [field.name for row in self.authors() for field in row]
        return [
            FormStep(WHO, gettext_lazy("Models"), rows),
            FormStep(WHICH, gettext_lazy("Prompts"), [*self.of_prompts(), "repeats"]),
            FormStep(HOW, gettext_lazy("Replies"), ["max_tokens", "temperature", "again"]),
            *super().steps(),
        ]

    def authors(self) -> list[tuple[forms.BoundField, forms.BoundField]]:
        """The rows in which a competitor is named beside its endpoint."""
        return [(self[f"competitor_{place}"], self[f"endpoint_{place}"]) for place in range(N_AUTHORS)]

    def clean(self) -> dict[str, Any]:
        cleaned: dict[str, Any] = super().clean() or {}
        rows = [(cleaned.get(f"competitor_{place}"), cleaned.get(f"endpoint_{place}")) for place in range(N_AUTHORS)]
        for place, (name, endpoint) in enumerate(rows):
            if name and endpoint is None and f"endpoint_{place}" not in self.errors:
                self.add_error(f"endpoint_{place}", _("Choose an endpoint for this model."))
            if endpoint is not None and not name and f"competitor_{place}" not in self.errors:
                self.add_error(f"competitor_{place}", _("Name the model for this endpoint."))
        n_named = sum(bool(name) for name, _ in rows)
        if not n_named and not self.errors:
            self.add_error("competitor_0", _("Name at least one model."))
        if not self.errors and (n_most := n_named * cleaned["prompts"] * cleaned["repeats"]) > MOST_ANSWERS:
            message = _(
                "That is up to %(n)s answers, and this page plans at most %(most)s at a time: choose fewer, or use %(command)s."
            )
            figures = {"n": number(n_most), "most": number(MOST_ANSWERS), "command": "manage.py generate"}
            self.add_error(None, message % figures)
        return cleaned

    def wish(self) -> ResponsesRequest:
        cleaned = self.cleaned_data
        rows = [(cleaned[f"competitor_{place}"], cleaned[f"endpoint_{place}"]) for place in range(N_AUTHORS)]
        return ResponsesRequest(
            tuple((name, endpoint) for name, endpoint in rows if name),
            GenerationSettings(cleaned["max_tokens"], cleaned["temperature"], cleaned["repeats"]),
            tuple(cleaned.get("pools", ())), cleaned["prompts"], cleaned["seed"], cleaned["again"],
        )  # fmt: skip


class EndpointField(_EndpointChoice):
    """An endpoint, with the model behind it and whether it is paused."""

    def __init__(self, *, label: Any = ENDPOINT, required: bool = True) -> None:
        none = pgettext_lazy("an endpoint", "none")
        super().__init__(Endpoint.objects.in_use(), label=label, required=required, empty_label=none)

    def label_from_instance(self, obj: Any) -> str:
        reason = held_up_by(obj)
        if not reason:
            return f"{obj.name}: {obj.model}"
        label = _("%(name)s: %(model)s, paused: %(reason)s")
        if not obj.paused_because:
            label = _("%(name)s: %(model)s, cannot be called: %(reason)s")
        return label % {"name": obj.name, "model": obj.model, "reason": reason}


def _plain(value: Any) -> Any:
    """For JSON, as a form takes it."""
    if value is None:
        return ""
    return str(value) if isinstance(value, Decimal) else value
