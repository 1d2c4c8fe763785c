from typing import Any

from django import forms
from django.utils.text import slugify
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from arena.importing.formats import formats_of
from arena.models import Arena, Import


def format_choices() -> list[tuple[str, Any]]:
    """Formats under the kind of thing that they bring; first, what is left to be recognised."""
    return [
        ("", _("recognise it by its columns")),
        *(
            (
                kind.label.capitalize(),
                [
                    (f"{kind}:", _("%(kind)s: recognise the format") % {"kind": kind.label}),
                    *((f"{kind}:{name}", str(each.title)) for name, each in formats_of(kind).items()),
                ],
            )
            for kind in Import.Kind
        ),
    ]


class UploadForm(forms.Form):
    what = forms.ChoiceField(label=gettext_lazy("What the file holds"), required=False)
    file = forms.FileField(
        label=gettext_lazy("File"),
        allow_empty_file=True,
        help_text=gettext_lazy("CSV, JSON lines, a JSON array or Parquet; packed by gzip or zstd if you like."),
    )
    arena = forms.ModelChoiceField(
        Arena.objects.order_by("name"),
        label=gettext_lazy("Arena"),
        required=False,
        to_field_name="slug",
        empty_label=gettext_lazy("a new one"),
    )
    new_arena = forms.CharField(label=gettext_lazy("Name of the new arena"), required=False, max_length=120)
    pool = forms.SlugField(
        label=gettext_lazy("Pool"),
        required=False,
        max_length=50,
        help_text=gettext_lazy("For prompts: the set they belong to; main where it is empty."),
    )

    competitor = forms.CharField(
        label=gettext_lazy("Competitor"),
        required=False,
        max_length=200,
        help_text=gettext_lazy("For answers: whose they are, where the file does not name a model."),
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["what"].choices = format_choices()  # type: ignore[attr-defined]
        for field in self.fields.values():
            field.widget.attrs.pop("maxlength", None)

    def clean(self) -> dict[str, Any]:
        cleaned: dict[str, Any] = super().clean() or {}
        kind, cleaned["format"] = cleaned.get("what", "").partition(":")[::2]
        cleaned["kind"] = kind
        arena, name = cleaned.get("arena"), cleaned.get("new_arena", "")
        if arena is None and kind == Import.Kind.RESPONSES:
            self.add_error("arena", _NO_PROMPTS)
        elif arena is None and not slugify(name)[:50]:
            self.add_error("new_arena", _("Choose an arena, or name a new one with at least one letter or digit (a-z, 0-9)."))
        elif arena is not None and name:
            self.add_error("new_arena", _("Either an arena that is here, or the name of a new one."))
        elif arena is None:
            cleaned["arena"] = Arena.objects.filter(slug=slugify(name)[:50]).first()
        cleaned["slug"] = cleaned["arena"].slug if cleaned.get("arena") else slugify(name)[:50]
        return cleaned

    def with_kind(self, recognised: tuple[str, str] | None, columns: str) -> dict[str, Any]:
        """All that was said, with the kind that the file was recognised as where nobody said one.

        Raises ValidationError where it was not recognised, or is nothing that makes an arena.
        """
        said = self.cleaned_data
        if said["kind"]:
            return said
        if recognised is None:
            told = _("Choose what the file holds: its columns (%(columns)s) do not tell.") if columns else _NO_COLUMNS
            raise forms.ValidationError(told % {"columns": columns})
        if recognised[0] == Import.Kind.RESPONSES and said["arena"] is None:
            raise forms.ValidationError(_("The file holds answers. %(rule)s") % {"rule": _NO_PROMPTS})
        return {**said, "kind": recognised[0]}


_NO_COLUMNS = gettext_lazy("Choose what the file holds: it has no columns that tell.")
_NO_PROMPTS = gettext_lazy("Answers belong to prompts: choose the arena that has them.")


class SetAsideForm(forms.Form):
    reason = forms.CharField(label=gettext_lazy("Why"), max_length=200)
