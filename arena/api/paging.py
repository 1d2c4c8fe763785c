"""Long lists, a page at a time. Every list is ordered by a unique number; the next page begins behind the last one's number,
so that a page deep in a million rows costs what the first one costs, and rows that arrive meanwhile shift nothing."""

from collections.abc import Iterable
from operator import attrgetter
from typing import Any

from django.db.models import QuerySet
from rest_framework.exceptions import ValidationError
from rest_framework.pagination import BasePagination
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.utils.urls import replace_query_param
from rest_framework.views import APIView

BIGGEST_ID = 2**63 - 1
HIDDEN = "Agon-Hidden"  # a header of files: a line of its own would be read as a row


def whole_number(request: Request, name: str, *, least: int, most: int) -> int | None:
    """A query parameter as a number; None if it is not given."""
    if name not in request.query_params:
        return None
    text = request.query_params[name]
    if not (text.isascii() and text.isdigit() and len(text) <= len(str(most)) and least <= int(text) <= most):
        raise ValidationError({name: [f"{text!r} is not a whole number from {least} to {most}."]})
    return int(text)


class Paging(BasePagination):
    """`?limit=` rows from behind `?cursor=`; `next` is the address of the page after this one, or null."""

    default_limit = 100
    most = 500
    newest_first = False

    def paginate_queryset(self, queryset: Any, request: Request, view: APIView | None = None) -> list[Any]:
        return self.paginate_all([queryset], request)

    def paginate_all(self, querysets: Iterable[QuerySet[Any]], request: Request) -> list[Any]:
        """A page merged from several lists, each read by its own index, which one query over all of them would not use."""
        limit = whole_number(request, "limit", least=1, most=self.most) or self.default_limit
        cursor = whole_number(request, "cursor", least=1, most=BIGGEST_ID)
        rows = [row for queryset in querysets for row in self._first(queryset, cursor, limit + 1)]
        rows.sort(key=attrgetter("pk"), reverse=self.newest_first)
        self.next = None
        if len(rows) > limit:
            self.next = replace_query_param(request.build_absolute_uri(), "cursor", str(rows[limit - 1].pk))
        return rows[:limit]

    def _first(self, queryset: QuerySet[Any], cursor: int | None, n_rows: int) -> Iterable[Any]:
        if cursor is not None:
            queryset = queryset.filter(pk__lt=cursor) if self.newest_first else queryset.filter(pk__gt=cursor)
        return queryset.order_by("-pk" if self.newest_first else "pk")[:n_rows]

    def get_paginated_response(self, data: Any) -> Response:
        return Response({"next": self.next} | self.beside() | {"results": data})

    def beside(self) -> dict[str, Any]:
        """What a list contains besides its rows."""
        return {}

    def get_paginated_response_schema(self, schema: dict[str, Any]) -> dict[str, Any]:
        link = {
            "type": "string",
            "format": "uri",
            "nullable": True,
            "description": "Address of the next page; null on the last one.",
        }
        return {
            "type": "object",
            "required": ["next", "results"],
            "properties": {"next": link, "results": schema | {"maxItems": self.most}},
        }

    def get_schema_operation_parameters(self, view: APIView) -> list[dict[str, Any]]:
        limit = {"type": "integer", "minimum": 1, "maximum": self.most, "default": self.default_limit}
        cursor = {"type": "integer", "minimum": 1, "maximum": BIGGEST_ID}
        return [
            {"name": "limit", "in": "query", "required": False, "description": "How many rows.", "schema": limit},
            {
                "name": "cursor",
                "in": "query",
                "required": False,
                "description": "The cursor from the link `next`.",
                "schema": cursor,
            },
        ]

    names = frozenset({"limit", "cursor"})


class WithHidden(Paging):
    """A list that also says how many rows are hidden for now, so that sums over it can be compared with a board."""

    n_hidden = 0
    hidden_help = (
        "How many battles of these arenas, whatever the other filters, are hidden for now, as a pair on their prompt is open "
        "to a voter. With them the list adds up to the boards."
    )

    def beside(self) -> dict[str, Any]:
        return {"hidden": self.n_hidden}

    def get_paginated_response_schema(self, schema: dict[str, Any]) -> dict[str, Any]:
        page = super().get_paginated_response_schema(schema)
        hidden = {"type": "integer", "minimum": 0, "description": self.hidden_help}
        return page | {"required": ["next", "hidden", "results"], "properties": {"hidden": hidden} | page["properties"]}


class NewestFirst(Paging):
    newest_first = True
