"""The curators' form for prompts: turns and tags are written as text rather than as JSON."""

from typing import TYPE_CHECKING, Any

from django import forms
from django.utils.text import format_lazy
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from arena.models import Prompt
from arena.texts.languages import code_of
from arena.texts.verifiers import EXAMPLE, check_verifier
from arena.wording import sentence

if TYPE_CHECKING:
    ModelForm = forms.ModelForm[Prompt]
else:
    ModelForm = forms.ModelForm

NEXT_TURN = "=== next turn ==="


class TurnsField(forms.CharField):
    """The turns one below the other, separated by a line that no prompt contains by chance."""

    widget = forms.Textarea(attrs={"rows": 12, "cols": 80})

    def prepare_value(self, value: Any) -> Any:
        return f"\n{NEXT_TURN}\n".join(map(str, value)) if isinstance(value, list) else value

    def to_python(self, value: Any) -> Any:
        lines = str(super().to_python(value) or "").replace("\r\n", "\n").split("\n")
        turns: list[list[str]] = [[]]
        for line in lines:
            if line.strip() == NEXT_TURN:
                turns.append([])
            else:
                turns[-1].append(line)
        return [turn for turn in ("\n".join(part).strip() for part in turns) if turn]


class TagsField(forms.CharField):
    def prepare_value(self, value: Any) -> Any:
        return ", ".join(map(str, value)) if isinstance(value, list) else value

    def to_python(self, value: Any) -> Any:
        tags = (tag.strip() for tag in str(super().to_python(value) or "").split(","))
        return list(dict.fromkeys(tag for tag in tags if tag))


def read_language(written: str) -> str:
    """The language's code; a word that is not a language is refused."""
    code = code_of(written)
    if code is None:
        message = _("%(written)r is not a language: write a code such as en or de, or its English name.")
        raise forms.ValidationError(message % {"written": written})
    return code


class PromptForm(ModelForm):
    turns = TurnsField(
        label=gettext_lazy("Turns"),
        help_text=format_lazy(
            "{} <code>{}</code>", gettext_lazy("What the user says. Separate several turns with a line that says"), NEXT_TURN
        ),
    )
    language = forms.CharField(
        label=gettext_lazy("Language"), required=False, max_length=40,
        help_text=gettext_lazy("A code such as en, or an English name."),
    )  # fmt: skip
    tags = TagsField(label=gettext_lazy("Tags"), required=False, help_text=gettext_lazy("Divided by commas."))

    class Meta:
        model = Prompt
        fields = "__all__"

    def clean_language(self) -> str:
        return read_language(self.cleaned_data["language"])

    def clean_verifier(self) -> Any:
        verifier = self.cleaned_data["verifier"]
        if verifier is None or verifier in ("", {}, []):
            return None
        try:
            check_verifier(verifier)
        except ValueError as error:
            example = _("Such as %(example)s.") % {"example": EXAMPLE}
            raise forms.ValidationError(f"{sentence(error)} {example}") from None
        return verifier

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        pool, arena = cleaned.get("pool"), cleaned.get("arena")
        if pool and arena and pool.arena_id != arena.pk:
            message = _("%(pool)s is a pool of %(owner)s: choose one of %(arena)s.")
            self.add_error("pool", message % {"pool": pool, "owner": pool.arena, "arena": arena})
        return cleaned


class TaggingForm(forms.Form):
    add = TagsField(required=False, label=gettext_lazy("Tags to add"), help_text=gettext_lazy("Divided by commas."))
    remove = TagsField(required=False, label=gettext_lazy("Tags to remove"), help_text=gettext_lazy("Divided by commas."))

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        if not cleaned.get("add") and not cleaned.get("remove"):
            raise forms.ValidationError(_("Name at least one tag."))
        return cleaned


class FilingForm(forms.Form):
    category = forms.CharField(
        label=gettext_lazy("Category"),
        required=False,
        max_length=200,
        help_text=gettext_lazy("A path, such as coding/python. Leave it empty to keep what is there."),
    )
    language = forms.CharField(
        label=gettext_lazy("Language"),
        required=False,
        max_length=40,
        help_text=gettext_lazy("A code such as en, or an English name. Leave it empty to keep what is there."),
    )

    def clean_language(self) -> str:
        return read_language(self.cleaned_data["language"])

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        if not cleaned.get("category") and not cleaned.get("language"):
            raise forms.ValidationError(_("Name a category, a language or both."))
        return cleaned
