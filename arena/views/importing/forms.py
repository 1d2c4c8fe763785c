from typing import TYPE_CHECKING, Any

from django import forms
from django.utils.text import slugify
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from arena.importing.files.receiving import KeptFile
from arena.importing.formats import formats_of
from arena.importing.formats.column_map import ColumnMap
from arena.importing.intake import FileRequest, free_name
from arena.importing.kinds import FileOption, kinds_of_rooms
from arena.importing.voters_that_judge import JUDGES, PEOPLE
from arena.models import Arena, Import
from arena.models.names import check_name

if TYPE_CHECKING:
    _ArenaChoice = forms.ModelChoiceField[Arena]
else:
    _ArenaChoice = forms.ModelChoiceField

VOTERS = [(PEOPLE, gettext_lazy("people")), (JUDGES, gettext_lazy("judges"))]


def format_choices() -> list[tuple[str, Any]]:
    """Formats grouped by kind; first, the choice to recognise it."""
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


def _option_field(option: FileOption) -> forms.Field:
    if option.choices:
        return forms.ChoiceField(label=option.label, help_text=option.help_text, choices=option.choices, required=False)
    return forms.CharField(label=option.label, help_text=option.help_text, max_length=option.most, required=False)


class ArenaField(_ArenaChoice):
    def label_from_instance(self, obj: Arena) -> str:
        """Two arenas may have one name, but not one address."""
        return f"{obj.name} ({obj.slug})"


class UploadForm(forms.Form):
    """A file, its destination and its options. A file that is already waiting need not be chosen again."""

    file = forms.FileField(
        label=gettext_lazy("File"),
        allow_empty_file=True,
        required=False,
        help_text=gettext_lazy(
            "Choose a file or drop it here: CSV, JSON lines, a JSON array or Parquet, packed with gzip or zstd if you like."
        ),
    )
    new_arena = forms.CharField(
        label=gettext_lazy("Name of the new arena"),
        required=False,
        max_length=120,
        validators=[check_name],
        help_text=gettext_lazy("Created by the import. Leave empty to use the name of the file."),
    )
    arena = ArenaField(
        Arena.objects.in_use().order_by("name"),
        label=gettext_lazy("Arena"),
        required=False,
        to_field_name="slug",
        empty_label=gettext_lazy("a new one"),
    )
    what = forms.ChoiceField(label=gettext_lazy("What the file holds"), required=False)
    pool = forms.SlugField(
        label=gettext_lazy("Pool"),
        required=False,
        max_length=50,
        help_text=gettext_lazy("For prompts: the pool they belong to. Leave empty for main."),
    )
    competitor = forms.CharField(
        label=gettext_lazy("Model"),
        required=False,
        max_length=200,
        help_text=gettext_lazy("For answers: the model they belong to, if the file does not name one."),
    )
    replace = forms.BooleanField(
        label=gettext_lazy("Replace"),
        required=False,
        help_text=gettext_lazy(
            "For answers: the file corrects stored answers that have another text; battles keep the text that was judged."
        ),
    )
    voters = forms.ChoiceField(
        label=gettext_lazy("Voters"),
        required=False,
        choices=[("", gettext_lazy("ask if a name looks like a model's")), *VOTERS],
        help_text=gettext_lazy("For battles: whether the voters in the file are people or judges."),
    )
    ignore_ids = forms.BooleanField(
        label=gettext_lazy("Ignore the file's ids"),
        required=False,
        help_text=gettext_lazy(
            "For files in which one id stands for different texts: prompts are recognised by text, battles by content."
        ),
    )
    strict = forms.BooleanField(
        label=gettext_lazy("Refuse the file if something in it looks wrong"),
        required=False,
        help_text=gettext_lazy(
            "Repeated votes, names that differ only by case, error messages in place of answers, and the like."
        ),
    )

    def __init__(self, *args: Any, held: KeptFile | None = None, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.held = held
        self.fields["what"].choices = format_choices()  # type: ignore[attr-defined]
        self.of_rooms = {name: option for _kind, room in kinds_of_rooms() for name, option in room.options.items()}
        self.fields |= {name: _option_field(option) for name, option in self.of_rooms.items()}
        for field in self.fields.values():
            field.widget.attrs.pop("maxlength", None)

    @property
    def leaves_out(self) -> bool:
        """Set by a button on the page that lists the rows."""
        return "leave_out" in self.data

    def main(self) -> list[Any]:
        """The fields that everyone needs; the others are folded away."""
        return [self["file"], self["new_arena"], self["arena"]]

    def more(self) -> list[Any]:
        return [self["what"], self["pool"], self["competitor"], self["voters"], *map(self.__getitem__, self.of_rooms),
                self["replace"], self["ignore_ids"], self["strict"]]  # fmt: skip

    def hidden_values(self) -> list[Any]:
        """All but the file, to be sent again; an unticked box is no value."""
        return [field for field in (*self.main()[1:], *self.more()) if field.value() not in {None, "", False}]

    @property
    def has_folded_input(self) -> bool:
        """Whether one of the folded fields has something to show."""
        return any(field.errors or field.value() for field in self.more())

    def clean(self) -> dict[str, Any]:
        cleaned: dict[str, Any] = super().clean() or {}
        cleaned["kind"], cleaned["format"] = cleaned.get("what", "").partition(":")[::2]
        arena, name = cleaned.get("arena"), cleaned.get("new_arena", "").strip()
        if len(getattr(self.files, "getlist", lambda name: [])("file")) > 1:
            self.add_error("file", _("Choose one file now and the others after it."))
        for part in self.fields:
            if len(getattr(self.data, "getlist", lambda name: [])(part)) > 1:
                self.add_error(part, _("Both were given: choose one."))
        if self.held is None and "file" not in self.errors:
            self.add_error("file", _("Choose a file."))
        if arena is not None and name:
            self.add_error("new_arena", _("Choose an arena or name a new one, not both."))
        if arena is not None:
            cleaned["slug"] = arena.slug
        elif name and slugify(name):
            cleaned["slug"] = slugify(name)[:50]
        elif name:
            self.add_error("new_arena", _("Give it a name with at least one letter or digit (a-z, 0-9)."))
        elif self.held is not None:
            cleaned["new_arena"], cleaned["slug"] = free_name(self.held.filename)
        return cleaned

    def request(self, columns: tuple[str, ColumnMap] | None = None) -> FileRequest:
        """The form's choices; `columns`: the kind of file and its column map, if columns were named."""
        cleaned = self.cleaned_data
        kind, named = columns or (cleaned["kind"], None)
        return FileRequest(
            slug=cleaned["slug"],
            name=cleaned["new_arena"],
            kind=kind,
            format="" if named else cleaned["format"],
            pool=cleaned["pool"],
            competitor=cleaned["competitor"],
            voters=cleaned["voters"],
            columns=named,
            is_strict=cleaned["strict"],
            is_replacing=cleaned["replace"],
            leaves_out=self.leaves_out,
            ignores_ids=cleaned["ignore_ids"],
            more={name: cleaned[name] for name in self.of_rooms},
        )


class SetAsideForm(forms.Form):
    reason = forms.CharField(label=gettext_lazy("Why"), max_length=200)
