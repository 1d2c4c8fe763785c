"""The superusers' form for an endpoint: the address may be pasted as copied, and prices are in dollars."""

from typing import TYPE_CHECKING, Any

from django import forms
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from arena.admin.prices import PriceField
from arena.llm.addresses import base_address, other_wire
from arena.models import Endpoint
from arena.models.endpoints import check_address
from arena.runs.endpoint_checks import key_line, trouble_with_address, trouble_with_key
from arena.wording import sentence

if TYPE_CHECKING:
    ModelForm = forms.ModelForm[Endpoint]
else:
    ModelForm = forms.ModelForm


def _code(line: str) -> SafeString:
    """Escape a value for a help text, which the admin shows as HTML."""
    return format_html("<code>{}</code>", line)


class EndpointForm(ModelForm):
    """Refuses what cannot work when the form is sent, not in the middle of a run."""

    price_in = PriceField(
        empty_value=0,
        label=gettext_lazy("Price in"),
        help_text=gettext_lazy("Dollars per million input tokens, such as 0.15. Empty or 0: it costs nothing."),
    )
    price_out = PriceField(
        empty_value=0,
        label=gettext_lazy("Price out"),
        help_text=gettext_lazy("Dollars per million output tokens, such as 0.15. Empty or 0: it costs nothing."),
    )

    class Meta:
        model = Endpoint
        fields = "__all__"  # the fieldsets say which

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["key_name"].help_text = self._key_help()

    def clean_base_url(self) -> str:
        address = base_address(str(self.cleaned_data["base_url"]))
        check_address(address)
        if trouble := trouble_with_address(address):
            raise forms.ValidationError(sentence(trouble))
        return address

    def clean(self) -> dict[str, Any]:
        """Remove the path of a call from the address; a path of the other wire shows that the wire is wrong."""
        cleaned: dict[str, Any] = super().clean() or self.cleaned_data
        wire = str(cleaned.get("wire", ""))
        if path := other_wire(str(self.data.get(self.add_prefix("base_url"), "")), wire):
            other = Endpoint.Wire.ANTHROPIC if wire == Endpoint.Wire.OPENAI else Endpoint.Wire.OPENAI
            message = _(
                "The base address ends in %(path)s, which belongs to the API format %(wire)s. Choose that format, or remove "
                "%(path)s if the server supports this format, too."
            )
            self.add_error("wire", message % {"path": path, "wire": other.label})
        return cleaned

    def _key_help(self) -> str:
        """The exact environment variable for this endpoint's key, and whether it is set and usable now."""
        if not self.instance.pk:
            form = key_line("https://api.openai.com/v1", "AGON_KEY_OPENAI")
            return _(
                "The environment variable that holds its key; empty where none is needed. Agon is started with the host, a "
                "space and the key in it, such as %(line)s, in its environment or its .env file."
            ) % {"line": _code(form)}
        now = _("Agon is started with %(line)s.") % {"line": _code(key_line(self.instance.base_url, self.instance.key_name))}
        if not self.instance.key_name:
            none_is_sent = _("No key is sent. Where one is needed, name a variable AGON_KEY_... here.")
            return f"{none_is_sent} {now}"
        if trouble := trouble_with_key(self.instance.base_url, self.instance.key_name):
            state = _("Not usable as this process has it: %(trouble)s.") % {"trouble": trouble}
        else:
            state = _("It is set, for this host.")
        return f"{now} {state}"
