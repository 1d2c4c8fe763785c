"""Which rows of a list: one form a list, whose errors name the wrong value. The arena is narrowed by the view, before it asks
who may read what; its field stands here for the form and for the schema."""

from typing import Any

from django import forms
from django.db.models import Model, Q, QuerySet
from django_filters import CharFilter, ChoiceFilter, Filter, FilterSet
from drf_spectacular.utils import extend_schema_field

from arena.api.paging import BIGGEST_ID
from arena.models import Arena, Battle, Competitor, CompetitorStatus, Prompt, PromptStatus, Response

SLUG_SCHEMA = {"type": "string", "pattern": "^[-a-zA-Z0-9_]+$", "minLength": 1, "maxLength": 50}
NUMBER_SCHEMA = {"type": "integer", "minimum": 1, "maximum": BIGGEST_ID}


def text_schema(most: int) -> dict[str, Any]:
    """Text without NUL characters, which the databases cannot store."""
    return {"type": "string", "pattern": "^[^\\u0000]*$", "minLength": 1, "maxLength": most}


class WholeNumber(forms.IntegerField):
    """Only digits: no sign, no 1.0, no white space."""

    def to_python(self, value: Any) -> int | None:
        if value in self.empty_values:
            return None
        if not (isinstance(value, str) and value.isascii() and value.isdigit() and len(value) <= len(str(BIGGEST_ID))):
            value_shown = repr(str(value)[:80])  # a parameter, not part of the message: it may hold a %
            raise forms.ValidationError(f"%(said)s is not a whole number from 1 to {BIGGEST_ID}.", params={"said": value_shown})
        return int(value)


class NumberFilter(Filter):  # type: ignore[misc]
    field_class = WholeNumber

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, min_value=1, max_value=BIGGEST_ID, **kwargs)


class ArenaFilter(CharFilter):  # type: ignore[misc]
    def filter(self, qs: QuerySet[Model], value: str) -> QuerySet[Model]:
        return qs


def by_arena() -> Filter:
    return extend_schema_field(SLUG_SCHEMA | {"description": "Slug of the arena."})(ArenaFilter())


class ArchivedFilter(ChoiceFilter):  # type: ignore[misc]
    """Rows in use where nothing is said."""

    def __init__(self, *, path: str = "") -> None:
        choices = [("no", "in use"), ("only", "archived"), ("all", "both")]
        super().__init__(choices=choices, help_text="What is archived is left out, unless it is asked for.")
        self._column = f"{path}archived_at__isnull"

    def filter(self, qs: QuerySet[Model], value: str) -> QuerySet[Model]:
        return qs if value == "all" else qs.filter(**{self._column: value != "only"})


def by_text(most: int, help_text: str, **options: Any) -> Filter:
    described = text_schema(most) | {"description": help_text}
    return extend_schema_field(described)(CharFilter(max_length=most, strip=False, **options))


def by_number(help_text: str, **options: Any) -> Filter:
    return extend_schema_field(NUMBER_SCHEMA | {"description": help_text})(NumberFilter(**options))


def by_yes_or_no(help_text: str, **options: Any) -> Filter:
    described = {"type": "boolean", "description": help_text}
    choices = [("true", "true"), ("false", "false")]
    return extend_schema_field(described)(ChoiceFilter(choices=choices, **options))


def numbers_of(name: str) -> list[int]:
    """Competitors of this name, looked up first: joined, their names would be read beside every row."""
    return list(Competitor.objects.filter(name=name).values_list("pk", flat=True))


class ArenaFilters(FilterSet):  # type: ignore[misc]
    archived = ArchivedFilter()

    class Meta:
        model = Arena
        fields: list[str] = []


class CompetitorFilters(FilterSet):  # type: ignore[misc]
    arena = by_arena()
    status = ChoiceFilter(choices=[each for each in CompetitorStatus.choices if each[0] != CompetitorStatus.UNNAMED])
    name = by_text(200, "The whole name.")
    archived = ArchivedFilter()

    class Meta:
        model = Competitor
        fields: list[str] = []


class PromptFilters(FilterSet):  # type: ignore[misc]
    arena = by_arena()
    category = by_text(200, "A path such as coding: prompts there and below.", method="under_category")
    language = by_text(16, "Code such as en.")
    status = ChoiceFilter(choices=PromptStatus.choices)
    archived = ArchivedFilter()

    class Meta:
        model = Prompt
        fields: list[str] = []

    def under_category(self, prompts: QuerySet[Prompt], name: str, value: str) -> QuerySet[Prompt]:
        path = value.rstrip("/")
        return prompts.filter(Q(category=path) | Q(category__startswith=f"{path}/"))


class ResponseFilters(FilterSet):  # type: ignore[misc]
    arena = by_arena()
    prompt = by_number("Number of the prompt.", field_name="prompt_id")
    competitor = by_text(200, "Name of the competitor.", method="of_competitor")
    archived = ArchivedFilter()

    class Meta:
        model = Response
        fields: list[str] = []

    def of_competitor(self, responses: QuerySet[Response], name: str, value: str) -> QuerySet[Response]:
        return responses.filter(competitor__in=numbers_of(value))


class BattleFilters(FilterSet):  # type: ignore[misc]
    arena = by_arena()
    prompt = by_number("Number of the prompt.", field_name="prompt_id")
    competitor = by_text(200, "Name of a competitor on either side.", method="with_competitor")
    category = by_text(200, "Prompts of this category and below.", method="under_category")
    language = by_text(16, "Code such as en.", field_name="prompt__language")

    class Meta:
        model = Battle
        fields: list[str] = []

    def with_competitor(self, battles: QuerySet[Battle], name: str, value: str) -> QuerySet[Battle]:
        named = numbers_of(value)
        return battles.filter(Q(competitor_a__in=named) | Q(competitor_b__in=named))

    def under_category(self, battles: QuerySet[Battle], name: str, value: str) -> QuerySet[Battle]:
        path = value.rstrip("/")
        return battles.filter(Q(prompt__category=path) | Q(prompt__category__startswith=f"{path}/"))
