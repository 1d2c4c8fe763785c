"""Exports of an arena over REST: the list of what can be exported, and a file of each kind of rows."""

from collections.abc import Mapping
from typing import Any, ClassVar

from django.http import HttpResponseBase
from django.urls import URLPattern, path, reverse
from django.utils import translation
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, OpenApiResponse, extend_schema, extend_schema_view
from rest_framework import serializers
from rest_framework.exceptions import NotAuthenticated, PermissionDenied, ValidationError
from rest_framework.renderers import BaseRenderer
from rest_framework.request import Request
from rest_framework.response import Response

from arena import access
from arena.api.filters import SLUG_SCHEMA
from arena.api.long_tables import LongFile
from arena.api.paging import HIDDEN
from arena.api.read_views import ReadView, arenas_asked_for
from arena.api.schema import OTHER_RESPONSES
from arena.exporting.access import Reader, RefusedExport
from arena.exporting.forms import FORMS, FORMULA_SAFE_COLUMN, Form, MissingLibrary
from arena.exporting.registry import tables
from arena.exporting.tables import MOST_COUNTED, ExportTable, FileColumn, Holds, Option, WrongChoice, rows_for
from arena.models import Arena
from arena.wording import sentence

WITHHELD = OpenApiParameter(
    HIDDEN, int, OpenApiParameter.HEADER, response=[200],
    description="How many rows the file leaves out for now, as a pair on their prompt is open to a voter.",
)  # fmt: skip
FOR_EXCEL = "With `format=excel` it begins with a byte-order mark, by which Excel reads accents rightly; the rest is the same."
ARENA = OpenApiParameter("arena", SLUG_SCHEMA, required=True, description="Slug of the arena.")
JSON_TYPES: Mapping[Holds, Mapping[str, Any]] = {
    Holds.TEXT: {"type": "string"},
    Holds.INTEGER: {"type": "integer"},
    Holds.NUMBER: {"type": "number"},
    Holds.TRUTH: {"type": "boolean"},
    Holds.TIME: {"type": "string", "format": "date-time"},
    Holds.TEXTS: {"type": "array", "items": {"type": "string"}},
    Holds.MESSAGES: {
        "type": "array",
        "items": {"type": "object", "properties": {"role": {"type": "string"}, "content": {"type": "string"}}},
    },
    Holds.OBJECT: {},
}


class ColumnSerializer(serializers.Serializer[FileColumn]):
    name = serializers.CharField(read_only=True)
    kind = serializers.ChoiceField(choices=[kind.value for kind in Holds], read_only=True)
    description = serializers.CharField(read_only=True, help_text="What the column contains.")


class OptionSerializer(serializers.Serializer[Option]):
    name = serializers.CharField(read_only=True, help_text="Name of the parameter.")
    description = serializers.CharField(read_only=True, help_text="What it does.")
    words = serializers.ListField(
        child=serializers.CharField(), read_only=True, help_text="Allowed values; none: a whole number."
    )
    unless_given = serializers.SerializerMethodField(help_text="The default; null: none.")

    def get_unless_given(self, option: Option) -> str | None:
        return None if option.default is None else str(option.default)


class ExportSerializer(serializers.Serializer[dict[str, Any]]):
    """One kind of rows that can be exported."""

    key = serializers.CharField(read_only=True)
    title = serializers.CharField(read_only=True)
    description = serializers.CharField(read_only=True, help_text="What the rows are.")
    address = serializers.CharField(read_only=True, help_text="Of the file; add `&format=csv` for another form.")
    formats = serializers.ListField(
        child=serializers.CharField(), read_only=True, help_text="Formats that this site can write."
    )
    columns = ColumnSerializer(many=True, read_only=True, help_text="Columns that you may read.")
    options = OptionSerializer(many=True, read_only=True)
    n_rows = serializers.IntegerField(
        read_only=True, allow_null=True, min_value=0,
        help_text=f"Now, for you; counted to {MOST_COUNTED:,}, and one more where there are more. Null where it is refused, or "
        "where only the writing tells.",
    )  # fmt: skip
    refused = serializers.CharField(read_only=True, help_text="Why you may not have it; empty where you may.")


class ExportsSerializer(serializers.Serializer[dict[str, Any]]):
    """What can be exported from one arena."""

    arena = serializers.CharField(read_only=True, help_text="Slug of the arena.")
    exports = ExportSerializer(many=True, read_only=True)


class ExportView(ReadView[Arena]):
    queryset = Arena.objects.none()
    parameters: frozenset[str] = frozenset()

    def known_parameters(self) -> frozenset[str]:
        return frozenset({"arena", "format"}) | self.parameters

    def arena(self, request: Request) -> Arena:
        if "arena" not in request.query_params:
            raise ValidationError({"arena": ["It is needed: the slug of the arena."]})
        return arenas_asked_for(request, access.arenas_for(request.user)).get()


class ExportList(ExportView):
    """What can be exported from an arena, with the columns of each file and the number of rows that you may read now."""

    serializer_class = ExportsSerializer  # type: ignore[assignment]

    @extend_schema(parameters=[ARENA])
    def get(self, request: Request) -> Response:
        arena, reader = self.arena(request), Reader.of(request._request, request.user)
        listed = [_listed(table, reader, arena) for table in tables().values()]
        return Response(ExportsSerializer({"arena": arena.slug, "exports": listed}).data)


def _listed(table: ExportTable, reader: Reader, arena: Arena) -> dict[str, Any]:
    refused = table.refusal(reader, arena)
    return {
        "key": table.key, "title": table.title, "description": table.description,
        "address": f"{reverse(f'api-export-{table.key}')}?arena={arena.slug}",
        "formats": [form.key for form in FORMS.values() if form.is_there],
        "columns": (*table.columns_for(reader), FORMULA_SAFE_COLUMN),
        "options": table.options, "n_rows": None if refused else table.count(reader, arena), "refused": refused,
    }  # fmt: skip


class ExportFile(ExportView):
    """One kind of rows as a file."""

    table: ClassVar[ExportTable]

    def get(self, request: Request) -> HttpResponseBase:
        arena, reader = self.arena(request), Reader.of(request._request, request.user)
        form = FORMS[str(request.accepted_renderer.format)]
        written = {name: str(value) for name, value in request.query_params.items() if name in self.parameters}
        try:
            chosen = self.table.chosen(written)
            rows = rows_for(self.table, reader, arena, chosen)
            parts = form.parts(self.table.columns_for(reader), rows)
        except RefusedExport as reason:
            raise (PermissionDenied if request.user.is_authenticated else NotAuthenticated)(sentence(reason)) from None
        except WrongChoice as wrong:
            raise ValidationError({wrong.name: [f"{wrong.description}."]}) from None
        except MissingLibrary as reason:
            raise ValidationError({"format": [f"{reason}."]}) from None
        filename = form.filename(f"{arena.slug}-{self.table.key}")
        n_withheld = self.table.n_withheld(reader, arena, chosen)
        if request.method == "HEAD":
            file = LongFile(iter(()), filename, _content_type(form), has_place=False)
        else:
            LongFile.take_place()
            file = LongFile(parts, filename, _content_type(form), has_place=True)
        file[HIDDEN] = str(n_withheld)
        return file


def _content_type(form: Form) -> str:
    return form.media_type if form.library else f"{form.media_type}; charset=utf-8"


def _renderer(form: Form) -> type[BaseRenderer]:
    """Declares this format; the view streams the rows itself."""
    attributes = {"media_type": form.media_type, "format": form.key, "charset": None if form.library else "utf-8"}
    return type(f"As{form.key.title()}", (BaseRenderer,), attributes)


def file_paths() -> list[URLPattern]:
    """An address for each table of the house, so that the schema tells the columns of each."""
    renderers = [_renderer(form) for form in FORMS.values()]
    with translation.override("en"):  # the schema is English
        return [_path(table, renderers) for table in tables().values()]


def _path(table: ExportTable, renderers: list[type[BaseRenderer]]) -> URLPattern:
    fields = {"table": table, "parameters": frozenset(option.name for option in table.options), "renderer_classes": renderers}
    named = "".join(word.title() for word in table.key.split("-"))
    view: Any = type(f"Export{named}", (ExportFile,), fields | {"__doc__": str(table.description)})
    described = extend_schema(
        operation_id=f"exports_{table.key.replace('-', '_')}_read",
        description=f"{table.description} A file of all rows that you may read, as long as it is; few go out at a time.",
        parameters=[ARENA, WITHHELD, *map(_parameter, table.options)],
        responses=_responses(table) | OTHER_RESPONSES,
    )
    view = extend_schema_view(get=described)(view)
    pattern: URLPattern = path(f"exports/{table.key}/", view.as_view(), name=f"api-export-{table.key}")
    return pattern


def _parameter(option: Option) -> OpenApiParameter:
    default = {} if option.default is None else {"default": option.default}
    kind = (
        {"type": "string", "enum": list(option.words)}
        if option.words
        else {"type": "integer", "minimum": 1, "maximum": option.most}
    )
    return OpenApiParameter(option.name, kind | default, description=str(option.description))


def _responses(table: ExportTable) -> dict[Any, Any]:
    properties = {
        column.name: {**JSON_TYPES[column.kind], "nullable": True, "description": _described(column)}
        for column in table.columns
    }
    row = {"type": "object", "properties": properties, "description": "A line; empty cells are null."}
    return {
        (200, "application/jsonl"): OpenApiResponse(row, description="A line a row, each a JSON object."),
        (200, "text/csv"): OpenApiResponse(
            OpenApiTypes.STR, description=f"The same columns and formula_safe; lists are JSON. {FOR_EXCEL}"
        ),
        (200, "application/vnd.apache.parquet"): OpenApiResponse(OpenApiTypes.BINARY, description="The same columns."),
    }


def _described(column: FileColumn) -> str:
    return f"{column.description} For curators only." if column.for_curators else str(column.description)
