"""How curators write prompts: turns and tags as text rather than as JSON."""

from typing import TYPE_CHECKING, Any

from django import forms

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
    """Turns below each other, with a line between them that no prompt contains by chance."""

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
    """Its code; a word that is no language is refused."""
    code = code_of(written)
    if code is None:
        raise forms.ValidationError(f"{written!r} is no language: write a code such as en or de, or its English name.")
    return code


class PromptForm(ModelForm):
    turns = TurnsField(help_text=f"What the user says. Several turns are divided by a line that says {NEXT_TURN}")
    language = forms.CharField(required=False, max_length=40, help_text="A code such as en, or an English name.")
    tags = TagsField(required=False, help_text="Divided by commas.")

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
            raise forms.ValidationError(f"{sentence(error)} Such as {EXAMPLE}.") from None
        return verifier

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        pool, arena = cleaned.get("pool"), cleaned.get("arena")
        if pool and arena and pool.arena_id != arena.pk:
            self.add_error("pool", f"{pool} is a pool of {pool.arena}: choose one of {arena}.")
        return cleaned


class TaggingForm(forms.Form):
    add = TagsField(required=False, label="Tags to add", help_text="Divided by commas.")
    remove = TagsField(required=False, label="Tags to remove", help_text="Divided by commas.")

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        if not cleaned.get("add") and not cleaned.get("remove"):
            raise forms.ValidationError("Name at least one tag.")
        return cleaned


class FilingForm(forms.Form):
    category = forms.CharField(required=False, max_length=200, help_text="A path, such as coding/python. Empty: as it is.")
    language = forms.CharField(
        required=False, max_length=40, help_text="A code such as en, or an English name. Empty: as it is."
    )

    def clean_language(self) -> str:
        return read_language(self.cleaned_data["language"])

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        if not cleaned.get("category") and not cleaned.get("language"):
            raise forms.ValidationError("Name a category, a language or both.")
        return cleaned
