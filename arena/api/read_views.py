"""Base of all REST views: they set who may cache the answer, and answer 304 if nothing has changed."""

import re
from functools import cached_property
from typing import Any

from django.db.models import Model, QuerySet
from django.shortcuts import get_object_or_404
from django.utils.cache import patch_cache_control, patch_vary_headers
from django.views.decorators.http import conditional_page
from rest_framework.exceptions import NotFound, ValidationError
from rest_framework.generics import GenericAPIView, ListAPIView, RetrieveAPIView
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from arena import access
from arena.api.callers.scopes import has_method
from arena.api.callers.throttling import Quota
from arena.api.paging import Paging, WithHidden
from arena.models import Arena, Visibility, Voter
from arena.visitors.voter_identity import voter_of

SLUG = re.compile(r"[-a-zA-Z0-9_]{1,50}\Z")


class ApiView(APIView):
    """Every view here, reading or writing: it says what is left to the caller and who may keep the answer, and refuses unknown
    parameters, as a misspelt filter must not give the wrong rows."""

    is_for_everybody = False

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        super().initial(request, *args, **kwargs)
        if has_method(request, self):
            self._check_parameters(request)

    def _check_parameters(self, request: Request) -> None:
        known = self.known_parameters() if request.method in {"GET", "HEAD"} else frozenset({"format"})
        there_are = f"There is no such parameter here. Available: {', '.join(sorted(known))}."
        errors: dict[str, list[str]] = {}
        for name, values in request.query_params.lists():
            if name not in known:
                errors[name] = [there_are]
            elif "" in values:
                errors[name] = ["It is empty: give it a value or leave it out."]
            elif len(values) > 1:
                errors[name] = [f"It is given {len(values)} times: give it once."]
        if errors:
            raise ValidationError(errors)

    def known_parameters(self) -> frozenset[str]:
        return frozenset({"format"})

    def finalize_response(self, request: Request, response: Response, *args: Any, **kwargs: Any) -> Response:
        response = super().finalize_response(request, response, *args, **kwargs)
        # The answer depends on the caller, and the next vote may change it: caches may keep it, but must revalidate it.
        patch_cache_control(response, no_cache=True, **{"public" if self.is_for_everybody else "private": True})
        patch_vary_headers(response, ["Accept", "Authorization", "Cookie"])
        quota: Quota | None = getattr(request, "quota", None)
        for name, value in (quota.headers() if quota else {}).items():
            response[name] = value
        return response


class ReadView[Row: Model](ApiView, GenericAPIView[Row]):
    """A view that only reads."""

    http_method_names = ["get", "head"]
    filterset_class: Any = None

    @classmethod
    def as_view(cls, **initkwargs: Any) -> Any:
        """Add the hash of the answer as its ETag, unless the view has set a cheaper one."""
        return conditional_page(super().as_view(**initkwargs))

    def known_parameters(self) -> frozenset[str]:
        if not isinstance(self, ListAPIView):
            return super().known_parameters()
        filters = self.filterset_class.base_filters if self.filterset_class else ()
        return Paging.names | {"format"} | frozenset(filters)


class InArena[Row: Model](ReadView[Row]):
    """Rows whose visibility `arena.access` decides arena by arena, knowing the visitor as a voter in each."""

    queryset: QuerySet[Row]
    arena_path = "arena"

    def of(self, arena: Arena, voter: Voter | None) -> QuerySet[Row]:
        raise NotImplementedError

    def readable(self, arena: Arena) -> QuerySet[Row]:
        return self.of(arena, voter_of(self.request._request, arena, create=False))


class ListInArenas[Row: Model](InArena[Row], ListAPIView[Row]):
    pagination_class: type[Paging] = Paging

    def list(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        self.filter_queryset(self.queryset)  # reports wrong values even if there is no arena to search
        rows = self.pages.paginate_all([self.filter_queryset(self.readable(arena)) for arena in self.arenas], request)
        return self.pages.get_paginated_response(self.get_serializer(rows, many=True).data)

    @cached_property
    def arenas(self) -> tuple[Arena, ...]:
        return tuple(arenas_asked_for(self.request, access.contents_for(self.request.user)))

    @cached_property
    def pages(self) -> Paging:
        return self.pagination_class()


class ListWithHidden[Row: Model](ListInArenas[Row]):
    """A list that also says how many rows are hidden for now."""

    pagination_class: type[WithHidden] = WithHidden

    def hidden(self, arena: Arena, voter: Voter | None) -> QuerySet[Row]:
        raise NotImplementedError

    @cached_property
    def pages(self) -> WithHidden:
        paginator = self.pagination_class()
        voters = {arena: voter_of(self.request._request, arena, create=False) for arena in self.arenas}
        paginator.n_hidden = sum(self.hidden(arena, voter).count() for arena, voter in voters.items())
        return paginator


class OneInArena[Row: Model](InArena[Row], RetrieveAPIView[Row]):
    def get_queryset(self) -> QuerySet[Row]:
        row = self.queryset.model._default_manager.filter(pk=self.kwargs["pk"])
        return self.readable(get_object_or_404(Arena, pk__in=row.values(self.arena_path)))


class UnknownPath(ReadView[Arena]):
    """Any other address below the interface's root."""

    schema = None

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        raise NotFound(f"There is nothing at {request.path}: see the list of addresses in the documentation.")

    def get(self, request: Request, **kwargs: Any) -> Response:
        raise NotFound


def arenas_asked_for(request: Request, readable: QuerySet[Arena]) -> QuerySet[Arena]:
    """The arenas that this visitor may read, or the one of them that `?arena=` names. Lists leave out what is archived and
    not named."""
    slug = request.query_params.get("arena")
    if slug is None:
        return readable.filter(archived_at=None) if isinstance(request.parser_context.get("view"), ListAPIView) else readable
    if not SLUG.match(slug):
        raise ValidationError({"arena": [f"{slug!r} is not a slug: letters, digits, - and _, at most 50 of them."]})
    asked_for = readable.filter(slug=slug)
    if not asked_for.exists():
        raise NotFound(_why_not(request, slug))
    return asked_for


def _why_not(request: Request, slug: str) -> str:
    """403 for an arena that the list of arenas shows; 404 for any other, so that nobody can tell whether it exists."""
    arena = access.arenas_for(request.user).filter(slug=slug).first()
    if arena is None:
        return f"There is no arena {slug!r} here that you may read."
    content, board = (Visibility(each).label for each in (arena.content_visibility, arena.board_visibility))
    return (
        f"This is not for you to read in the arena {slug!r}: who may read its prompts, answers, battles and games: {content}; "
        f"its boards, competitors and judges: {board}. Curators can change both in the admin."
    )
