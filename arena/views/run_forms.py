from django import forms


class CapForm(forms.Form):
    """What a run may cost in all, in dollars; empty for no cap."""

    cap = forms.DecimalField(min_value=0, max_value=1_000_000, decimal_places=6, required=False)
