from typing import Any

from django import forms
from django.utils.text import slugify
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from arena.importing.formats import formats_of
from arena.models import Arena, Import


def format_choices() -> list[tuple[str, list[tuple[str, str]]]]:
    """Formats under the kind of thing that they bring."""
    return [
        (kind.label.capitalize(), [(f"{kind}:{name}", str(each.title)) for name, each in formats_of(kind).items()])
        for kind in Import.Kind
    ]


class UploadForm(forms.Form):
    what = forms.ChoiceField(label=gettext_lazy("What the file holds"))
    file = forms.FileField(
        label=gettext_lazy("File"),
        allow_empty_file=True,
        help_text=gettext_lazy("CSV, JSON lines or a JSON array, in UTF-8 or UTF-16."),
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
            self.add_error("arena", _("Answers belong to prompts: choose the arena that has them."))
        elif arena is None and not slugify(name)[:50]:
            self.add_error("new_arena", _("Choose an arena, or name a new one with at least one letter or digit (a-z, 0-9)."))
        elif arena is not None and name:
            self.add_error("new_arena", _("Either an arena that is here, or the name of a new one."))
        elif arena is None:
            cleaned["arena"] = Arena.objects.filter(slug=slugify(name)[:50]).first()
        cleaned["slug"] = cleaned["arena"].slug if cleaned.get("arena") else slugify(name)[:50]
        return cleaned


class SetAsideForm(forms.Form):
    reason = forms.CharField(label=gettext_lazy("Why"), max_length=200)
