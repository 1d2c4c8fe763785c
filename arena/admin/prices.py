"""Form fields for money: people enter dollars, and the tables store micro-dollars."""

from decimal import Decimal
from typing import TYPE_CHECKING, Any

from django import forms
from django.utils.translation import gettext_lazy

from arena.models import Competitor
from arena.models.endpoints import DOLLAR

if TYPE_CHECKING:
    ModelForm = forms.ModelForm[Competitor]
    DecimalField = forms.DecimalField
else:
    ModelForm, DecimalField = forms.ModelForm, forms.DecimalField


class PriceField(DecimalField):
    """Dollars per million tokens, stored as micro-dollars per million; `empty_value` is stored for an empty field."""

    def __init__(self, *, label: Any, help_text: Any, empty_value: int | None) -> None:
        super().__init__(
            label=label, min_value=0, max_value=1_000_000, decimal_places=6, required=False, help_text=help_text,
        )  # fmt: skip
        self.empty_value = empty_value

    def prepare_value(self, value: Any) -> Any:
        if not isinstance(value, int):
            return value
        return format((Decimal(value) / DOLLAR).normalize(), "f")

    def clean(self, value: Any) -> Any:
        dollars = super().clean(value)
        return self.empty_value if dollars is None else int(dollars * DOLLAR)

    def has_changed(self, initial: Any, data: Any) -> bool:
        try:
            return bool((self.empty_value if initial is None else int(initial)) != self.clean(data))
        except forms.ValidationError:
            return True


class CompetitorForm(ModelForm):
    price_in = PriceField(
        empty_value=None,
        label=gettext_lazy("Price in"),
        help_text=gettext_lazy("Dollars per million input tokens, such as 0.15. Leave empty if unknown."),
    )
    price_out = PriceField(
        empty_value=None,
        label=gettext_lazy("Price out"),
        help_text=gettext_lazy("Dollars per million output tokens, such as 0.15. Leave empty if unknown."),
    )

    class Meta:
        model = Competitor
        fields = "__all__"  # the fieldsets say which
